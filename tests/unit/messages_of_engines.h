#ifndef MESSAGES_OF_ENGINES_H
#define MESSAGES_OF_ENGINES_H

/*
 * Messages of container engines and Kubernetes. "observed": the text was recorded with real engines
 * and a real control plane (see the specification); the other texts are from the sources of the
 * programs or from reports of users.
 */
static const struct message ENGINES[] = {
    {"observed: Docker Engine 20.10.24 and 26.1.5, compose.md 6.1",
     "Error response from daemon: driver failed programming external connectivity on endpoint "
     "shop-web-1 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for 0.0.0.0:8080 "
     "failed: port is "
     "already allocated",
     "allocated 0.0.0.0|8080/? the Docker Engine <shop-web-1>"},
    {"observed: the same on [::]",
     "Error response from daemon: driver failed programming external connectivity on endpoint v6 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for :::8080 failed: "
     "port is already "
     "allocated",
     "allocated ::|8080/? the Docker Engine <v6>"},
    {"observed: the same on [::1]",
     "Error response from daemon: driver failed programming external connectivity on endpoint v6 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for ::1:8080 "
     "failed: port is already "
     "allocated",
     "allocated ::1|8080/? the Docker Engine <v6>"},
    {"observed: the proxy",
     "Error response from daemon: driver failed programming external connectivity on endpoint "
     "shop-db-1 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Error starting userland "
     "proxy: listen tcp4 "
     "0.0.0.0:5432: bind: address already in use",
     "engine-in-use 0.0.0.0|5432/tcp the Docker Engine <shop-db-1>"},
    {"observed: the proxy on [::]",
     "Error response from daemon: driver failed programming external connectivity on endpoint db "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Error starting userland "
     "proxy: listen tcp6 "
     "[::]:5432: bind: address already in use",
     "engine-in-use ::|5432/tcp the Docker Engine <db>"},
    {"observed: the proxy, UDP",
     "Error response from daemon: driver failed programming external connectivity on endpoint dns "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Error starting userland "
     "proxy: listen udp4 "
     "0.0.0.0:53: bind: address already in use",
     "engine-in-use 0.0.0.0|53/udp the Docker Engine <dns>"},
    {"observed: --userland-proxy=false",
     "Error response from daemon: driver failed programming external connectivity on endpoint db "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): listen tcp4 "
     "127.0.0.1:5432: bind: address "
     "already in use",
     "engine-in-use 127.0.0.1|5432/tcp the Docker Engine <db>"},
    {"observed: an address that is not here",
     "Error response from daemon: driver failed programming external connectivity on endpoint db "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Error starting userland "
     "proxy: listen tcp4 "
     "10.99.9.9:5432: bind: cannot assign requested address",
     "no-address 10.99.9.9|5432/tcp the Docker Engine <db>"},
    {"Docker Engine 27",
     "Error response from daemon: driver failed programming external connectivity on endpoint web "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): failed to bind port "
     "0.0.0.0:8080/tcp: "
     "address already in use",
     "engine-in-use 0.0.0.0|8080/tcp the Docker Engine <web>"},
    {"Docker Engine 28",
     "Error response from daemon: failed to set up container networking: driver failed programming "
     "external "
     "connectivity on endpoint web "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): failed to bind "
     "host port for 0.0.0.0:8080:172.17.0.2:80/udp: address already in use",
     "engine-in-use 0.0.0.0|8080/udp the Docker Engine <web>"},
    {"Docker Engine 29",
     "Error response from daemon: failed to set up container networking: driver failed programming "
     "external "
     "connectivity on endpoint web "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): failed to bind "
     "host port 0.0.0.0:8080/tcp: address already in use",
     "engine-in-use 0.0.0.0|8080/tcp the Docker Engine <web>"},
    {"observed: a range that is used up, compose.md 5",
     "Error response from daemon: driver failed programming external connectivity on endpoint "
     "grid-node-4 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): all ports are allocated",
     "exhausted ?|0/? the Docker Engine <grid-node-4>"},
    {"Docker Compose v1",
     "ERROR: for web  Cannot start service web: driver failed programming external connectivity on "
     "endpoint shop_web_1 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for 0.0.0.0:8080 "
     "failed: port is "
     "already allocated\n"
     "ERROR: Encountered errors while bringing up the project.",
     "allocated 0.0.0.0|8080/? the Docker Engine <shop_web_1>"},
    {"docker compose up",
     " Network shop_default  Created\n"
     " Container shop-web-1  Created\n"
     " Container shop-web-1  Starting\n"
     "Error response from daemon: driver failed programming external connectivity on endpoint "
     "shop-web-1 "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for 0.0.0.0:8080 "
     "failed: port is "
     "already allocated",
     "allocated 0.0.0.0|8080/? the Docker Engine <shop-web-1>"},
    {"docker run",
     "docker: Error response from daemon: driver failed programming external connectivity on "
     "endpoint jolly_hopper "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Bind for 0.0.0.0:80 "
     "failed: port is already "
     "allocated.\n"
     "ERRO[0000] error waiting for container:",
     "allocated 0.0.0.0|80/? the Docker Engine <jolly_hopper>"},
    {"Docker Desktop 4.10, for-mac#6461",
     "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5000 -> "
     "0.0.0.0:0: listen tcp "
     "0.0.0.0:5000: bind: address already in use",
     "unavailable 0.0.0.0|5000/tcp Docker Desktop"},
    {"Docker Desktop 3",
     "Error response from daemon: Ports are not available: listen tcp 0.0.0.0:5000: bind: address "
     "already in use",
     "unavailable 0.0.0.0|5000/tcp Docker Desktop"},
    {"Docker Desktop on Windows, for-win#14385",
     "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5432 -> "
     "0.0.0.0:0: listen tcp "
     "0.0.0.0:5432: bind: An attempt was made to access a socket in a way forbidden by its access "
     "permissions.",
     "forbidden 0.0.0.0|5432/tcp Docker Desktop"},
    {"Docker Desktop on Windows, two",
     "Error response from daemon: Ports are not available: exposing port UDP 0.0.0.0:53 -> "
     "0.0.0.0:0: listen udp "
     "0.0.0.0:53: bind: Only one usage of each socket address (protocol/network address/port) is "
     "normally permitted.",
     "unavailable 0.0.0.0|53/udp Docker Desktop"},
    {"observed: swarm on 26.1.5, compose.md 6.5",
     "Error response from daemon: rpc error: code = InvalidArgument desc = port '23000' is already "
     "in use by service "
     "'s1' (ld3kx5tq9sh0cxqw1zqcwh5xp) as an ingress port",
     "swarm-ingress ?|23000/? the swarm held by s1"},
    {"observed: swarm, mode host",
     "1/1: no suitable node (host-mode port already in use on 1 node)",
     "swarm-node ?|0/? the swarm"},
    {"Podman 4", "Error: rootlessport listen tcp 0.0.0.0:8080: bind: address already in use",
     "engine-in-use 0.0.0.0|8080/tcp Podman"},
    {"Podman, rootful",
     "Error: cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use",
     "engine-in-use *|8080/tcp Podman"},
    {"Podman, rootless below 1024",
     "Error: rootlessport cannot expose privileged port 80, you can add "
     "'net.ipv4.ip_unprivileged_port_start=80' to "
     "/etc/sysctl.conf (currently 1024), or choose a larger port number (>= 1024): listen tcp "
     "0.0.0.0:80: bind: "
     "permission denied",
     "privileged 0.0.0.0|80/tcp the rootless engine"},
    {"Docker rootless below 1024",
     "docker: Error response from daemon: driver failed programming external connectivity on "
     "endpoint web "
     "(3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7d3f2a9c1e5b7dabcd): Error starting userland "
     "proxy: error while "
     "calling PortManager.AddPort(): cannot expose privileged port 80, you can add "
     "'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf (currently 1024), or set "
     "CAP_NET_BIND_SERVICE on "
     "rootlesskit binary, or choose a larger port number (>= 1024): listen tcp4 0.0.0.0:80: bind: "
     "permission denied.",
     "privileged 0.0.0.0|80/tcp the rootless engine <web>"},
    {"observed: kubernetes.md 2.1, kubectl get events -A",
     "NAMESPACE   LAST SEEN   TYPE      REASON             OBJECT                     MESSAGE\n"
     "shop        12s         Warning   FailedScheduling   pod/web-7d9f4c8b6d-x2kqp   0/2 nodes "
     "are available: 1 "
     "node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't match Pod's "
     "node affinity/selector. "
     "no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims "
     "found for incoming "
     "pod, 1 Preemption is not helpful for scheduling.",
     "pod-pending ?|0/? the scheduler <shop/web-7d9f4c8b6d-x2kqp>"},
    {"kubectl get events -o yaml: a quote in quotes",
     "  message: '0/1 nodes are available: 1 node(s) didn''t have free ports for the requested pod "
     "ports. preemption: "
     "0/1'",
     "pod-pending ?|0/? the scheduler"},
    {"observed: kubectl get events",
     "LAST SEEN   TYPE      REASON             OBJECT   MESSAGE\n"
     "3m5s        Warning   FailedScheduling   pod/b    0/1 nodes are available: 1 node(s) didn't "
     "have free ports for "
     "the requested pod ports.",
     "pod-pending ?|0/? the scheduler <b>"},
    {"kubectl describe pod",
     "  Warning  FailedScheduling  12s   default-scheduler  0/1 nodes are available: 1 node(s) "
     "didn't have free ports "
     "for the requested pod ports. preemption: 0/1 nodes are available: 1 No preemption victims "
     "found for incoming "
     "pod.",
     "pod-pending ?|0/? the scheduler"},
    {"kubelet, kubernetes.md 2.5",
     "default     5s          Warning   NodePorts   pod/static-web   Predicate NodePorts failed: "
     "node(s) didn't have "
     "free ports for the requested pod ports",
     "pod-refused ?|0/? the kubelet <default/static-web>"},
    {"observed: kubernetes.md 5",
     "The Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is "
     "already allocated",
     "node-port ?|30080/? the API server <b>"},
    {"observed: healthCheckNodePort",
     "Error from server (InternalError): error when creating \"manifest.yaml\": Internal error "
     "occurred: failed to "
     "allocate requested HealthCheck NodePort 30080: provided port is already allocated",
     "node-port ?|30080/? the API server"},
    {"kubectl, outside the range",
     "The Service \"web\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is "
     "not in the valid "
     "range. The range of valid ports is 30000-32767",
     "node-port-range ?|80/? the API server <web>"},
    {"kube-apiserver repair",
     "default   1s   Warning   PortAlreadyAllocated   service/web   Port 30080 was assigned to "
     "multiple services; "
     "please recreate service",
     "node-port ?|30080/? the API server"},
    {"docker compose logs, node inside",
     "web-1  | node:events:502\n"
     "web-1  |       throw er; // Unhandled 'error' event\n"
     "web-1  |       ^\n"
     "web-1  | \n"
     "web-1  | Error: listen EADDRINUSE: address already in use :::3000\n"
     "web-1  |     at Server.setupListenHandle [as _listen2] (node:net:1908:16) {\n"
     "web-1  |   code: 'EADDRINUSE',\n"
     "web-1  |   errno: -98,\n"
     "web-1  |   syscall: 'listen',\n"
     "web-1  |   address: '::',\n"
     "web-1  |   port: 3000\n"
     "web-1  | }",
     "in-use *|3000/tcp Node.js <web-1>"},
    {"two services, interleaved",
     "cache-1  | 1:M 23 Nov 2026 09:38:51.186 # Warning: Could not create server TCP listening "
     "socket *:6379: bind: "
     "Address already in use\n"
     "web-1    | OSError: [Errno 98] Address already in use\n"
     "cache-1  | 1:M 23 Nov 2026 09:38:51.186 # Failed listening on port 6379 (TCP), aborting.",
     "in-use *|6379/tcp Redis <cache-1>; in-use ?|0/? a Python program <web-1>"},
};

#endif
