#ifndef MESSAGES_WITH_PLACES_H
#define MESSAGES_WITH_PLACES_H

/*
 * Numbers, names and addresses that look like places and are none, and places that people hide
 * before they paste a log. Siblings of messages in public reports; names and ports are made up.
 */
static const struct message PLACES[] = {
    {"a key is no word for a port",
     "{\"level\":50,\"pid\":4711,\"msg\":\"bind: Address already in use\"}", "in-use ?|0/?"},
    {"a key is no word for a port", "{'line':42,'msg':'listen: address already in use'}",
     "in-use ?|0/?"},
    {"a key is no word for a port", "{\"code2\":9001,\"msg\":\"Address already in use\"}",
     "in-use ?|0/?"},
    {"a key that is one", "{\"pid\":4711,\"port\":8085,\"msg\":\"bind: Address already in use\"}",
     "in-use ?|8085/tcp"},
    {"a key that is one",
     "{\"pid\":4711,\"server.port\":8085,\"msg\":\"bind: Address already in use\"}",
     "in-use ?|8085/tcp"},
    {"an address in quotes", "could not bind to '127.0.0.1':8086: Address already in use",
     "in-use 127.0.0.1|8086/tcp"},
    {"an error code", "socket_bind(): unable to bind address [98]: Address already in use",
     "in-use ?|0/?"},
    {"an error code", "socket_bind(): unable to bind address [48]: Address already in use",
     "in-use ?|0/?"},
    {"an error code", "error tcp 98: address already in use", "in-use ?|0/tcp"},
    {"an error code", "Error binding 2/1/6: 98 Address already in use", "in-use ?|0/?"},
    {"an error code beside a port", "unable to bind address [98] 0.0.0.0:8087: Address in use",
     "in-use 0.0.0.0|8087/tcp"},
    {"a number in brackets", "unable to bind address [8088]: Address already in use",
     "in-use ?|8088/tcp"},
    {"a hidden address",
     "nginx: [emerg] bind() to xx.xx.xx.xx:443 failed (98: Address already in "
     "use)",
     "in-use ?|443/tcp nginx"},
    {"a hidden address", "listen tcp 10.0.0.xxx:8080: bind: address already in use",
     "in-use ?|8080/tcp"},
    {"a hidden address", "listen tcp 61.XX.1XX.XX:8200: bind: cannot assign requested address",
     "no-address ?|8200/tcp"},
    {"a hidden address", "bind to 10.x.x.x:5301 failed: Address already in use",
     "in-use ?|5301/tcp"},
    {"a hidden address", "listen tcp ***.***.***.***:8080: bind: address already in use",
     "in-use ?|8080/tcp"},
    {"a hidden address",
     "Socket bind failed on local address [AF_INET]xx.yy.zz.xx:8443: Address "
     "already in use (errno=98)",
     "in-use ?|8443/tcp"},
    {"a hidden host", "listen tcp <redacted>:8080: bind: address already in use",
     "in-use ?|8080/tcp"},
    {"a hidden host", "Couldn't bind to [my-ip]:19134: Address already in use",
     "in-use ?|19134/tcp"},
    {"port 0",
     "dial 192.168.1.2:46174 --> 192.168.1.2:50392 error: listen udp :0: bind: address "
     "already in use",
     "in-use ?|0/udp"},
    {"port 0", "http://10.0.0.1:8080: could not bind on port 0: Address already in use",
     "in-use ?|0/?"},
    {"a protocol in a name",
     "service udp-relay: Bind for 0.0.0.0:8080 failed: port is already "
     "allocated",
     "allocated 0.0.0.0|8080/? the Docker Engine"},
    {"a protocol in a name",
     "endpoint stack-udp-1: Bind for 0.0.0.0:8080 failed: port is already "
     "allocated",
     "allocated 0.0.0.0|8080/? the Docker Engine"},
    {"a protocol before a dash", "UDP-Port 8089 ist bereits belegt", "in-use ?|8089/udp"},
    {"a source file is no socket",
     "could not bind [/src/UDPServerSocket]: 0.0.0.0:8090: Address already in use",
     "in-use 0.0.0.0|8090/tcp"},
    {"a key in a text of JSON",
     "{\"message\":\"spec.ports[0].nodePort: Invalid value: 30080: provided port is already "
     "allocated\",\"body\":\"{\\\"reason\\\":\\\"Invalid\\\",\\\"code\\\":422}\"}",
     "node-port ?|30080/? the API server"},
    {"a sentence is no error object",
     "The server socket has failed to listen on any local network address. port: 29500, useIpv6: "
     "false, code: -98, name: EADDRINUSE, message: address already in use",
     "in-use ?|29500/tcp"},
    {"Ruby's pair", "Could not start TCP server: Address in use {:host=>\"0.0.0.0\", :port=>5001}",
     "in-use 0.0.0.0|5001/tcp"},
    {"a cluster of Node.js", "bind EACCES 0.0.0.0:443", "privileged 0.0.0.0|443/tcp Node.js"},
    {"a cluster of Node.js", "bind EACCES 0.0.0.0:53", "privileged 0.0.0.0|53/? Node.js"},
};

#endif
