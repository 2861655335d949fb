#ifndef MESSAGES_OF_PROGRAMS_H
#define MESSAGES_OF_PROGRAMS_H

/*
 * Messages of programs that cannot listen. "run:" and a version: the program was run against a port
 * in use and printed this text, with the port replaced by the usual port and long traces cut; the
 * other texts are from the sources of the programs or from reports of users.
 */
static const struct message PROGRAMS[] = {
    {"run: Node.js 20.20.2, listen(3000)",
     "node:events:502\n"
     "      throw er; // Unhandled 'error' event\n"
     "      ^\n"
     "\n"
     "Error: listen EADDRINUSE: address already in use :::3000\n"
     "    at Server.setupListenHandle [as _listen2] (node:net:1908:16)\n"
     "    at listenInCluster (node:net:1965:12)\n"
     "    at Server.listen (node:net:2067:7)\n"
     "Emitted 'error' event on Server instance at:\n"
     "    at emitErrorNT (node:net:1944:8)\n"
     "    at process.processTicksAndRejections (node:internal/process/task_queues:82:21) {\n"
     "  code: 'EADDRINUSE',\n"
     "  errno: -98,\n"
     "  syscall: 'listen',\n"
     "  address: '::',\n"
     "  port: 3000\n"
     "}\n"
     "\n"
     "Node.js v20.20.2\n",
     "in-use *|3000/tcp Node.js"},
    {"run: Node.js 20.20.2, listen(3000, '0.0.0.0')",
     "Error: listen EADDRINUSE: address already in use 0.0.0.0:3000",
     "in-use 0.0.0.0|3000/tcp Node.js"},
    {"run: Node.js 20.20.2, listen(3000, '127.0.0.1')",
     "Error: listen EADDRINUSE: address already in use 127.0.0.1:3000",
     "in-use 127.0.0.1|3000/tcp Node.js"},
    {"Node.js, IPv6 loopback", "Error: listen EADDRINUSE: address already in use ::1:3000",
     "in-use ::1|3000/tcp Node.js"},
    {"run: Node.js 20.20.2, the object logged",
     "  code: 'EADDRINUSE',\n"
     "  errno: -98,\n"
     "  syscall: 'listen',\n"
     "  address: '::',\n"
     "  port: 3000\n"
     "}\n",
     "in-use *|3000/tcp Node.js"},
    {"run: Node.js 20.20.2, the object as JSON",
     "{\"code\":\"EADDRINUSE\",\"errno\":-98,\"syscall\":\"listen\",\"address\":\"::\",\"port\":"
     "3000}",
     "in-use *|3000/tcp Node.js"},
    {"Node.js on macOS, the object on one line",
     "{ code: 'EADDRINUSE', errno: -48, syscall: 'listen', address: '127.0.0.1', port: 8081 }",
     "in-use 127.0.0.1|8081/tcp Node.js"},
    {"Node.js on Windows, the object",
     "{\n"
     "  code: 'EADDRINUSE',\n"
     "  errno: -4091,\n"
     "  syscall: 'listen',\n"
     "  address: '::',\n"
     "  port: 4200\n"
     "}",
     "in-use *|4200/tcp Node.js"},
    {"run: Node.js 20.20.2, dgram",
     "Error: bind EADDRINUSE 0.0.0.0:5353\n"
     "    at node:dgram:373:20\n"
     "    at process.processTicksAndRejections (node:internal/process/task_queues:83:21)\n"
     "Emitted 'error' event on Socket instance at:\n"
     "    at node:dgram:375:14 {\n"
     "  errno: -98,\n"
     "  code: 'EADDRINUSE',\n"
     "  syscall: 'bind',\n"
     "  address: '0.0.0.0',\n"
     "  port: 5353\n"
     "}\n",
     "in-use 0.0.0.0|5353/udp Node.js"},
    {"run: Node.js 20.20.2, a socket file",
     "Error: listen EADDRINUSE: address already in use /run/app.sock\n"
     "    at Server.setupListenHandle [as _listen2] (node:net:1886:21) {\n"
     "  code: 'EADDRINUSE',\n"
     "  errno: -98,\n"
     "  syscall: 'listen',\n"
     "  address: '/run/app.sock',\n"
     "  port: -1\n"
     "}\n",
     "socket-file /run/app.sock Node.js"},
    {"run: Node.js 20.20.2, port 80 as a user",
     "Error: listen EACCES: permission denied 0.0.0.0:80\n"
     "    at Server.setupListenHandle [as _listen2] (node:net:1886:21) {\n"
     "  code: 'EACCES',\n"
     "  errno: -13,\n"
     "  syscall: 'listen',\n"
     "  address: '0.0.0.0',\n"
     "  port: 80\n"
     "}",
     "privileged 0.0.0.0|80/tcp Node.js"},
    {"run: Node.js 20.20.2, a foreign address",
     "Error: listen EADDRNOTAVAIL: address not available 10.99.9.9:8080",
     "no-address 10.99.9.9|8080/tcp Node.js"},
    {"Node.js 6",
     "Error: listen EADDRINUSE :::3000\n"
     "    at Object.exports._errnoException (util.js:1018:11)",
     "in-use *|3000/tcp Node.js"},
    {"Node.js 0.10",
     "events.js:72\n"
     "        throw er; // Unhandled 'error' event\n"
     "              ^\n"
     "Error: listen EADDRINUSE\n"
     "    at errnoException (net.js:905:11)",
     "in-use ?|0/? Node.js"},
    {"run: vite 5.4.21", "Port 5173 is in use, trying another one...", "moved ?|5173/tcp"},
    {"run: vite 5.4.21, --strictPort",
     "error when starting dev server:\n"
     "Error: Port 5173 is already in use\n"
     "    at Server.onError (node_modules/vite/dist/node/chunks/dep-BK3b2jBa.js:45596:18)",
     "in-use ?|5173/tcp"},
    {"run: next 14, -p 3000",
     " ⨯ Failed to start server\n"
     "Error: listen EADDRINUSE: address already in use :::3000\n"
     "    at Server.setupListenHandle [as _listen2] (node:net:1908:16) {\n"
     "  code: 'EADDRINUSE',\n"
     "  errno: -98,\n"
     "  syscall: 'listen',\n"
     "  address: '::',\n"
     "  port: 3000\n"
     "}",
     "in-use *|3000/tcp Node.js"},
    {"next 14 without -p", " ⚠ Port 3000 is in use, trying 3001 instead.",
     "moved ?|3000/tcp -> 3001"},
    {"next 15 without -p",
     " ⚠ Port 3000 is in use by process 21093, using available port 3001 instead.",
     "moved ?|3000/tcp -> 3001"},
    {"react-scripts", "Something is already running on port 3000.", "in-use ?|3000/tcp"},
    {"run: webpack-dev-server 4",
     "/app/node_modules/webpack-dev-server/lib/Server.js:2557\n"
     "        throw error;\n"
     "        ^\n"
     "\n"
     "Error: listen EADDRINUSE: address already in use :::8080\n",
     "in-use *|8080/tcp Node.js"},
    {"Angular CLI", "Port 4200 is already in use. Use '--port' to specify a different port.",
     "in-use ?|4200/tcp"},
    {"Bun",
     "error: Failed to start server. Is port 3000 in use?\n"
     " syscall: \"listen\",\n"
     "   errno: 0,\n"
     "    code: \"EADDRINUSE\"",
     "in-use ?|3000/tcp Bun"},
    {"Deno", "error: Uncaught (in promise) AddrInUse: Address already in use (os error 98)",
     "in-use ?|0/? a Rust program"},
    {"run: Go 1.19, ListenAndServe(\":8080\")",
     "2026/11/23 09:38:56 listen tcp :8080: bind: address already in use", "in-use *|8080/tcp"},
    {"run: Go 1.19, ListenAndServe(\"127.0.0.1:8080\")",
     "2026/11/23 09:38:56 listen tcp 127.0.0.1:8080: bind: address already in use",
     "in-use 127.0.0.1|8080/tcp"},
    {"Go, log with the place",
     "2026/11/23 09:38:56 main.go:15: listen tcp4 0.0.0.0:8080: bind: address already in use",
     "in-use 0.0.0.0|8080/tcp"},
    {"run: Go 1.19, UDP", "2026/11/23 09:38:56 listen udp :5353: bind: address already in use",
     "in-use *|5353/udp"},
    {"run: Go 1.19, a socket file",
     "2026/11/23 09:38:56 listen unix /run/app.sock: bind: address already in use",
     "socket-file /run/app.sock"},
    {"run: Go 1.19, port 80 as a user",
     "2026/11/23 09:38:56 listen tcp :80: bind: permission denied", "privileged *|80/tcp"},
    {"run: Go 1.19, a foreign address",
     "2026/11/23 09:38:56 listen tcp 10.99.9.9:8080: bind: cannot assign requested address",
     "no-address 10.99.9.9|8080/tcp"},
    {"Go on Windows",
     "listen tcp :8080: bind: Only one usage of each socket address (protocol/network "
     "address/port) is normally "
     "permitted.",
     "in-use *|8080/tcp"},
    {"Go on Windows, a reserved range",
     "listen tcp 0.0.0.0:50051: bind: An attempt was made to access a socket in a way forbidden by "
     "its access "
     "permissions.",
     "forbidden 0.0.0.0|50051/tcp"},
    {"run: Caddy 2.6.2",
     "{\"level\":\"info\",\"ts\":1795426745.7836213,\"logger\":\"admin\",\"msg\":\"admin endpoint "
     "started\",\"address\":\"localhost:2019\",\"enforce_origin\":false,\"origins\":[\"//"
     "[::1]:2019\",\"//"
     "127.0.0.1:2019\",\"//localhost:2019\"]}\n"
     "Error: loading initial config: loading new config: http app module: start: listening on "
     ":8443: listen tcp :8443: "
     "bind: address already in use",
     "in-use *|8443/tcp"},
    {"Traefik",
     "time=\"2026-11-23T09:38:56Z\" level=error msg=\"Unable to start: error while building "
     "entryPoint web: error "
     "preparing server: error opening listener: listen tcp :80: bind: address already in use\"",
     "in-use *|80/tcp"},
    {"kubectl port-forward",
     "Unable to listen on port 8080: Listeners failed to create with the following errors: [unable "
     "to create listener: "
     "Error listen tcp4 127.0.0.1:8080: bind: address already in use unable to create listener: "
     "Error listen tcp6 "
     "[::1]:8080: bind: address already in use]\n"
     "error: unable to listen on any of the requested ports: [{8080 80}]",
     "in-use 127.0.0.1,::1|8080/tcp"},
    {"run: nginx 1.22.1",
     "2026/11/23 09:38:48 [emerg] 24807#24807: bind() to 0.0.0.0:80 failed (98: Address already in "
     "use)\n"
     "2026/11/23 09:38:48 [emerg] 24807#24807: bind() to [::]:80 failed (98: Address already in "
     "use)\n"
     "2026/11/23 09:38:48 [emerg] 24807#24807: bind() to 127.0.0.1:8081 failed (98: Address "
     "already in use)\n"
     "2026/11/23 09:38:48 [emerg] 24807#24807: bind() to unix:/run/app.sock failed (98: Address "
     "already in use)\n"
     "2026/11/23 09:38:48 [emerg] 24807#24807: bind() to 0.0.0.0:80 failed (98: Address already in "
     "use)\n"
     "2026/11/23 09:38:48 [emerg] 24807#24807: still could not bind()\n",
     "in-use 0.0.0.0,::|80/tcp nginx; in-use 127.0.0.1|8081/tcp nginx; socket-file /run/app.sock "
     "nginx"},
    {"run: nginx 1.22.1, as a user",
     "2026/11/23 09:38:51 [emerg] 25406#25406: bind() to 0.0.0.0:80 failed (13: Permission denied)",
     "privileged 0.0.0.0|80/tcp nginx"},
    {"nginx on macOS", "nginx: [emerg] bind() to 0.0.0.0:8080 failed (48: Address already in use)",
     "in-use 0.0.0.0|8080/tcp nginx"},
    {"run: Apache 2.4.71",
     "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:8080\n"
     "(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:8080\n"
     "no listening sockets available, shutting down\n"
     "AH00015: Unable to open logs",
     "in-use ::,0.0.0.0|8080/tcp Apache"},
    {"run: lighttpd 1.4.69",
     "2026-11-23 09:39:05: (network.c.537) can't bind to socket: 0.0.0.0:8080: Address already in "
     "use",
     "in-use 0.0.0.0|8080/tcp lighttpd"},
    {"run: HAProxy 2.6.12",
     "[ALERT]    (27048) : Binding [/etc/haproxy/haproxy.cfg:7] for frontend web: cannot bind "
     "socket (Address already "
     "in use) for [0.0.0.0:8080]\n"
     "[ALERT]    (27048) : [haproxy.main()] Some protocols failed to start their listeners! "
     "Exiting.",
     "in-use 0.0.0.0|8080/tcp HAProxy"},
    {"run: PostgreSQL 15.18",
     "2026-11-23 09:38:55.329 UTC [26158] LOG:  starting PostgreSQL 15.18 (Debian 15.18-0+deb12u1) "
     "on "
     "x86_64-pc-linux-gnu\n"
     "2026-11-23 09:38:55.329 UTC [26158] LOG:  could not bind IPv4 address \"127.0.0.1\": Address "
     "already in use\n"
     "2026-11-23 09:38:55.329 UTC [26158] HINT:  Is another postmaster already running on port "
     "5432? If not, wait a "
     "few seconds and retry.\n"
     "2026-11-23 09:38:55.329 UTC [26158] WARNING:  could not create listen socket for "
     "\"localhost\"\n"
     "2026-11-23 09:38:55.329 UTC [26158] FATAL:  could not create any TCP/IP sockets\n"
     "2026-11-23 09:38:55.332 UTC [26158] LOG:  database system is shut down\n",
     "in-use 127.0.0.1|5432/tcp PostgreSQL"},
    {"run: PostgreSQL 15.18, listen_addresses '*'",
     "2026-11-23 09:38:55.381 UTC [26163] LOG:  could not bind IPv4 address \"0.0.0.0\": Address "
     "already in use\n"
     "2026-11-23 09:38:55.381 UTC [26163] HINT:  Is another postmaster already running on port "
     "5432? If not, wait a "
     "few seconds and retry.\n"
     "2026-11-23 09:38:55.381 UTC [26163] LOG:  could not bind IPv6 address \"::\": Address "
     "already in use\n"
     "2026-11-23 09:38:55.381 UTC [26163] HINT:  Is another postmaster already running on port "
     "5432? If not, wait a "
     "few seconds and retry.\n"
     "2026-11-23 09:38:55.381 UTC [26163] WARNING:  could not create listen socket for \"*\"\n",
     "in-use 0.0.0.0,::|5432/tcp PostgreSQL"},
    {"run: Redis 7.0.15",
     "25411:M 23 Nov 2026 09:38:51.186 * monotonic clock: POSIX clock_gettime\n"
     "25411:M 23 Nov 2026 09:38:51.186 # Warning: Could not create server TCP listening socket "
     "*:6379: bind: Address "
     "already in use\n"
     "25411:M 23 Nov 2026 09:38:51.186 # Failed listening on port 6379 (TCP), aborting.\n",
     "in-use *|6379/tcp Redis"},
    {"run: Redis 7.0.15, --bind 127.0.0.1",
     "25418:M 23 Nov 2026 09:38:51.220 # Warning: Could not create server TCP listening socket "
     "127.0.0.1:6379: bind: "
     "Address already in use",
     "in-use 127.0.0.1|6379/tcp Redis"},
    {"run: MariaDB 10.11.19",
     "2026-11-23  9:39:09 0 [Note] Server socket created on IP: '0.0.0.0', port: '3306'.\n"
     "2026-11-23  9:39:09 0 [ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: "
     "Address already in use\n"
     "2026-11-23  9:39:09 0 [ERROR] Do you already have another server running on port: 3306 ?\n"
     "2026-11-23  9:39:09 0 [ERROR] Aborting\n",
     "in-use 0.0.0.0|3306/tcp MySQL or MariaDB"},
    {"MySQL 8",
     "2026-11-23T09:39:09.000000Z 0 [ERROR] [MY-010262] [Server] Can't start server: Bind on "
     "TCP/IP port: Address "
     "already in use\n"
     "2026-11-23T09:39:09.000000Z 0 [ERROR] [MY-010257] [Server] Do you already have another "
     "mysqld server running on "
     "port: 3306 ?\n",
     "in-use ?|3306/tcp MySQL or MariaDB"},
    {"MongoDB 6",
     "{\"t\":{\"$date\":\"2026-11-23T09:39:09.000+00:00\"},\"s\":\"E\",  \"c\":\"CONTROL\",  "
     "\"id\":20568,   "
     "\"ctx\":\"initandlisten\",\"msg\":\"Error setting up "
     "listener\",\"attr\":{\"error\":{\"code\":9001,\"codeName\":\"SocketException\",\"errmsg\":"
     "\"0.0.0.0:27017 :: "
     "caused by :: setup bind :: caused by :: Address already in use\"}}}",
     "in-use 0.0.0.0|27017/tcp MongoDB"},
    {"RabbitMQ 3",
     "ERROR: could not bind to distribution port 25672, it is in use by another node: rabbit@web",
     "in-use ?|25672/tcp RabbitMQ"},
    {"RabbitMQ 3, a listener",
     "Failed to start Ranch listener {acceptor,{0,0,0,0,0,0,0,0},15672} in "
     "ranch_tcp:listen([{cacerts,'...'},{key,'...'},{cert,'...'},{port,15672}]) for reason "
     "eaddrinuse (address already "
     "in use)",
     "in-use ?|15672/tcp an Erlang program"},
    {"Elasticsearch 8",
     "org.elasticsearch.http.BindHttpException: Failed to bind to 127.0.0.1:[9200-9300]",
     "no reason, in-use 127.0.0.1|9200-9300/tcp Elasticsearch"},
    {"Elasticsearch 7",
     "java.lang.IllegalStateException: BindHttpException[Failed to bind to [9200]]; nested: "
     "BindException[Address "
     "already in use];",
     "in-use ?|9200/tcp Elasticsearch"},
    {"run: memcached 1.6.18", "failed to listen on TCP port 11211: Address already in use",
     "in-use ?|11211/tcp memcached"},
    {"run: memcached 1.6.18, -l 127.0.0.1",
     "failed to listen on one of interface(s) 127.0.0.1: Address already in use",
     "in-use 127.0.0.1|0/? memcached"},
    {"run: Mosquitto 2.0.11",
     "1795426745: mosquitto version 2.0.11 starting\n"
     "1795426745: Config loaded from mosquitto.conf.\n"
     "1795426745: Opening ipv4 listen socket on port 1883.\n"
     "1795426745: Error: Address already in use",
     "in-use ?|1883/tcp Mosquitto"},
    {"run: OpenSSH 9.2, sshd",
     "Bind to port 2222 on 0.0.0.0 failed: Address already in use.\n"
     "Bind to port 2222 on :: failed: Address already in use.\n"
     "Cannot bind any address.",
     "in-use 0.0.0.0,::|2222/tcp sshd"},
    {"run: OpenSSH 9.2, ssh -L",
     "bind [127.0.0.1]:8080: Address already in use\n"
     "channel_setup_fwd_listener_tcpip: cannot listen to port: 8080\n"
     "Could not request local forwarding.",
     "in-use 127.0.0.1|8080/tcp"},
    {"run: dnsmasq 2.90",
     "\n"
     "dnsmasq: failed to create listening socket for port 53: Address already in use",
     "in-use ?|53/? dnsmasq"},
    {"run: dnsmasq 2.90, --bind-interfaces",
     "\n"
     "dnsmasq: failed to create listening socket for 127.0.0.1: Address already in use",
     "in-use 127.0.0.1|0/? dnsmasq"},
    {"systemd 252",
     "Nov 23 09:33:24 host systemd[1]: web.socket: Failed to create listening socket (0.0.0.0:80): "
     "Address already in "
     "use\n"
     "Nov 23 09:33:24 host systemd[1]: web.socket: Failed to listen on sockets: Address already in "
     "use",
     "in-use 0.0.0.0|80/? systemd <web.socket>"},
    {"run: socat 1.7.4",
     "2026/11/23 09:39:42 socat[31082] E bind(5, {AF=2 0.0.0.0:8080}, 16): Address already in use",
     "in-use 0.0.0.0|8080/? socat"},
    {"run: Python 3.11.7, http.server",
     "Traceback (most recent call last):\n"
     "  File \"<frozen runpy>\", line 198, in _run_module_as_main\n"
     "  File \"/usr/lib/python3.11/http/server.py\", line 136, in server_bind\n"
     "    socketserver.TCPServer.server_bind(self)\n"
     "  File \"/usr/lib/python3.11/socketserver.py\", line 472, in server_bind\n"
     "    self.socket.bind(self.server_address)\n"
     "OSError: [Errno 98] Address already in use\n",
     "in-use ?|0/? a Python program"},
    {"run: Python 3.11.2, http.server on port 80 as a user",
     "  File \"/usr/lib/python3.11/socketserver.py\", line 472, in server_bind\n"
     "    self.socket.bind(self.server_address)\n"
     "PermissionError: [Errno 13] Permission denied\n",
     "privileged ?|0/? a Python program"},
    {"Python on macOS", "OSError: [Errno 48] Address already in use",
     "in-use ?|0/? a Python program"},
    {"Python on Windows",
     "OSError: [WinError 10048] Only one usage of each socket address (protocol/network "
     "address/port) is normally "
     "permitted",
     "in-use ?|0/? a Python program"},
    {"run: Python 3.11.7, asyncio",
     "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address "
     "already in use",
     "in-use 127.0.0.1|8000/tcp a Python program"},
    {"Python, asyncio on [::]",
     "OSError: [Errno 98] error while attempting to bind on address ('::', 8000, 0, 0): address "
     "already in use",
     "in-use *|8000/tcp a Python program"},
    {"Python, an address that is not here",
     "ERROR:    [Errno 99] error while attempting to bind on address ('10.99.9.9', 8000): cannot "
     "assign requested "
     "address",
     "no-address 10.99.9.9|8000/tcp a Python program"},
    {"run: uvicorn 0.17",
     "INFO:     Started server process [27925]\n"
     "INFO:     Application startup complete.\n"
     "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address "
     "already in use\n"
     "INFO:     Waiting for application shutdown.",
     "in-use 127.0.0.1|8000/tcp a Python program"},
    {"run: gunicorn 20.1.0",
     "[2026-11-23 09:39:11 +0000] [27967] [INFO] Starting gunicorn 20.1.0\n"
     "[2026-11-23 09:39:11 +0000] [27967] [ERROR] Connection in use: ('127.0.0.1', 8000)\n"
     "[2026-11-23 09:39:11 +0000] [27967] [ERROR] Retrying in 1 second.\n"
     "[2026-11-23 09:39:12 +0000] [27967] [ERROR] Connection in use: ('127.0.0.1', 8000)\n"
     "[2026-11-23 09:39:16 +0000] [27967] [ERROR] Can't connect to ('127.0.0.1', 8000)",
     "in-use 127.0.0.1|8000/tcp gunicorn"},
    {"run: Flask 2.2",
     " * Serving Flask app 'app.py'\n"
     " * Debug mode: off\n"
     "Address already in use\n"
     "Port 5000 is in use by another program. Either identify and stop that program, or start the "
     "server with a "
     "different port.",
     "in-use ?|5000/tcp"},
    {"run: Django 3.2.25",
     "Django version 3.2.25, using settings 'dj.settings'\n"
     "Starting development server at http://127.0.0.1:8000/\n"
     "Quit the server with CONTROL-C.\n"
     "Error: That port is already in use.",
     "in-use 127.0.0.1|8000/tcp Django"},
    {"Jupyter",
     "[I 09:39:04.000 NotebookApp] The port 8888 is already in use, trying another port.",
     "moved ?|8888/tcp"},
    {"run: PHP 8.2.36",
     "[Mon Nov 23 09:39:04 2026] Failed to listen on localhost:8000 (reason: Address already in "
     "use)",
     "in-use 127.0.0.1|8000/tcp PHP"},
    {"run: Puma 5.6.5 on Ruby 3.1.7",
     "/usr/lib/ruby/gems/puma-5.6.5/lib/puma/binder.rb:341:in `initialize': Address already in use "
     "- bind(2) for "
     "\"0.0.0.0\" port 3000 (Errno::EADDRINUSE)\n"
     "\tfrom /usr/lib/ruby/gems/puma-5.6.5/lib/puma/binder.rb:341:in `new'",
     "in-use 0.0.0.0|3000/tcp a Ruby program"},
    {"run: Ruby 3.1.7, TCPServer without an address",
     "-e:1:in `initialize': Address already in use - bind(2) for nil port 47311 "
     "(Errno::EADDRINUSE)",
     "in-use ?|47311/tcp a Ruby program"},
    {"run: WEBrick 1.8.1 on Ruby 3.1.7",
     "/usr/lib/ruby/3.1.0/socket.rb:201:in `bind': Address already in use - bind(2) for [::]:3000 "
     "(Errno::EADDRINUSE)",
     "in-use ::|3000/tcp a Ruby program"},
    {"run: Ruby 3.1.7, a socket file",
     "-e:1:in `initialize': Address already in use - connect(2) for /run/app.sock "
     "(Errno::EADDRINUSE)",
     "socket-file /run/app.sock a Ruby program"},
    {"run: OpenJDK 17.0.15, ServerSocket",
     "Exception in thread \"main\" java.net.BindException: Address already in use\n"
     "\tat java.base/sun.nio.ch.Net.bind0(Native Method)\n"
     "\tat java.base/sun.nio.ch.Net.bind(Net.java:555)",
     "in-use ?|0/? a Java program"},
    {"Spring Boot 3",
     "***************************\n"
     "APPLICATION FAILED TO START\n"
     "***************************\n"
     "\n"
     "Description:\n"
     "\n"
     "Web server failed to start. Port 8080 was already in use.\n"
     "\n"
     "Action:\n"
     "\n"
     "Identify and stop the process that's listening on port 8080 or configure this application to "
     "listen on another "
     "port.",
     "in-use ?|8080/tcp Spring Boot"},
    {"Spring Boot 1",
     "The Tomcat connector configured to listen on port 8080 failed to start. The port may already "
     "be in use or the "
     "connector may be misconfigured.",
     "in-use ?|8080/tcp Spring Boot"},
    {"Tomcat 9",
     "23-Nov-2026 09:39:04.000 SEVERE [main] "
     "org.apache.catalina.util.LifecycleBase.handleSubClassException Failed to "
     "initialize component [Connector[HTTP/1.1-8080]]\n"
     "\torg.apache.catalina.LifecycleException: Protocol handler initialization failed\n"
     "\tCaused by: java.net.BindException: Address already in use\n",
     "in-use ?|8080/tcp Tomcat"},
    {"Tomcat 7", "java.net.BindException: Address already in use (Bind failed) <null>:8080",
     "in-use ?|8080/tcp a Java program"},
    {"Jetty",
     "Exception in thread \"main\" java.io.IOException: Failed to bind to 0.0.0.0/0.0.0.0:8080\n"
     "Caused by: java.net.BindException: Address already in use",
     "in-use 0.0.0.0|8080/tcp a Java program"},
    {"Netty",
     "io.netty.channel.unix.Errors$NativeIoException: bind(..) failed: Address already in use",
     "in-use ?|0/?"},
    {"Kafka",
     "org.apache.kafka.common.KafkaException: Socket server failed to bind to 0.0.0.0:9092: "
     "Address already in use.",
     "in-use 0.0.0.0|9092/tcp"},
    {"Kestrel",
     "System.IO.IOException: Failed to bind to address http://127.0.0.1:5000: address already in "
     "use.",
     "in-use 127.0.0.1|5000/tcp a .NET program"},
    {"run: rustc 1.95.0, ? in main",
     "Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
     "in-use ?|0/? a Rust program"},
    {"run: rustc 1.95.0, unwrap",
     "thread 'main' (26479) panicked at src/main.rs:2:137:\n"
     "called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: "
     "\"Address already in use\" "
     "}",
     "in-use ?|0/? a Rust program"},
    {"hyper",
     "error binding to 0.0.0.0:3000: error creating server listener: Address already in use (os "
     "error 98)",
     "in-use 0.0.0.0|3000/tcp a Rust program"},
    {"C, perror", "bind: Address already in use", "in-use ?|0/?"},
};

#endif
