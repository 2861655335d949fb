#ifndef MESSAGES_IN_LINES_H
#define MESSAGES_IN_LINES_H

/*
 * Failures in several lines: the port stands above or below the reason, far away in a trace, or a
 * line is wrapped. The wordings are those of programs, shortened; names and ports are made up.
 */
#define FRAMES_4 "\tat a.b.C.d(C.java:1)\n\n\tat a.b.C.e(C.java:2)\n\t... 12 more\n"
#define FRAMES_16 FRAMES_4 FRAMES_4 FRAMES_4 FRAMES_4

#define FRAMES_BEHIND(prefix)                                                                      \
    prefix "\tat a.b.C.d(C.java:1)\n" prefix "\tat a.b.C.e(C.java:2)\n" prefix                     \
           "    ... 12 more\n" prefix "  from a.rb:4:in `f'\n"
#define MORE_FRAMES_BEHIND(prefix) FRAMES_BEHIND(prefix) FRAMES_BEHIND(prefix) FRAMES_BEHIND(prefix)

static const struct message IN_LINES[] = {
    /* traces behind the prefixes of logs */
    {"a stamp before each line",
     "2026-11-30T04:05:06.1234567Z Failed to start connector "
     "[Connector[HTTP/1.1-8183]]\n" MORE_FRAMES_BEHIND(
         "2026-11-30T04:05:06.1234567Z ") "2026-11-30T04:05:06.1234567Z Caused by: "
                                          "java.net.BindException: Address already in use",
     "in-use ?|8183/tcp Tomcat"},
    {"a pod before each line",
     "[pod/a/b] Failed to start connector [Connector[HTTP/1.1-8184]]\n" MORE_FRAMES_BEHIND(
         "[pod/a/b] ") "[pod/a/b] Caused by: java.net.BindException: Address already in use",
     "in-use ?|8184/tcp Tomcat"},
    {"Python behind a stamp",
     "T httpd = HTTPServer((\"\", 8190), H)\n"
     "T   File \"/a/server.py\", line 1, in a\nT     b()\n"
     "T   File \"/a/server.py\", line 2, in b\nT     c()\n"
     "T   File \"/a/server.py\", line 3, in c\nT     d()\n"
     "T   File \"/a/server.py\", line 4, in d\nT     e()\n"
     "T   File \"/a/server.py\", line 5, in e\nT     f()\n"
     "T OSError: [Errno 98] Address already in use",
     "in-use 0.0.0.0|8190/tcp a Python program"},
    {"JSON before each line",
     "{\"log\":\"Failed to start connector [Connector[HTTP/1.1-8186]]\\n\"}\n" MORE_FRAMES_BEHIND(
         "{\"log\":\"\\tat a\"}\n{\"log\":\"") "{\"log\":\"Caused by: java.net.BindException: "
                                               "Address already in use\\n\"}",
     "in-use ?|8186/tcp Tomcat"},
    {"Python in JSON",
     "{\"log\":\"httpd = HTTPServer((\\\"\\\", 8187), H)\"}\n"
     "{\"log\":\"  File \\\"/a.py\\\", line 1, in a\"}\n{\"log\":\"    b()\"}\n"
     "{\"log\":\"  File \\\"/a.py\\\", line 2, in b\"}\n{\"log\":\"    c()\"}\n"
     "{\"log\":\"  File \\\"/a.py\\\", line 3, in c\"}\n{\"log\":\"    d()\"}\n"
     "{\"log\":\"  File \\\"/a.py\\\", line 4, in d\"}\n{\"log\":\"    e()\"}\n"
     "{\"log\":\"  File \\\"/a.py\\\", line 5, in e\"}\n{\"log\":\"    f()\"}\n"
     "{\"log\":\"OSError: [Errno 98] Address already in use\"}",
     "in-use 0.0.0.0|8187/tcp a Python program"},
    {"no frames, as far above",
     "T Failed to start connector [Connector[HTTP/1.1-8185]]\n"
     "T at a\nT from b\nT at c\nT from d\nT at e\nT from f\nT at g\nT from h\nT at i\n"
     "T Caused by: java.net.BindException: Address already in use",
     "in-use ?|0/? a Java program"},
    {"the first line of a log calls bind",
     "    s.bind(('10.0.0.9', 8191))\nOSError: [Errno 49] Can't assign requested address",
     "no-address 10.0.0.9|8191/tcp"},
    /* the reason in the next row */
    {"a row of a table",
     "| a | Error starting userland proxy: listen tcp4 0.0.0.0:8192: bind: |\n"
     "|   | address already in use                                         |",
     "in-use 0.0.0.0|8192/tcp the Docker Engine"},
    {"the reason is told at once",
     "listen udp :8193: bind: permission denied\nbind: Address already in use",
     "privileged *|8193/udp; in-use ?|0/?"},
    {"a server, three messages above",
     "server running on http://127.0.0.1:8194\na\nb\n"
     "Error: Address already in use (os error 98)",
     "in-use 127.0.0.1|8194/tcp a Rust program"},
    {"Monero", "Binding on 0.0.0.0:8196\nError starting server: bind: Address already in use",
     "in-use 0.0.0.0|8196/tcp"},
    {"Snapcast",
     "Creating TCP acceptor for address: 0.0.0.0, port: 8197\n"
     "Creating HTTP acceptor for address: 0.0.0.0, port: 8198\n"
     "error creating HTTP acceptor: bind: Address already in use, code: asio.system:98",
     "in-use 0.0.0.0|8198/tcp"},
    {"a server of a kind",
     "Starting monitoring server on http://127.0.0.1:8199\na\nb\n"
     "Monitoring server error: Address already in use (os error 98)",
     "in-use 127.0.0.1|8199/tcp a Rust program"},
    {"a command line", "$ python3 -m http.server 8195\nOSError: [Errno 98] Address already in use",
     "in-use ?|8195/tcp a Python program"},
    {"adb",
     "* daemon not running; starting now at tcp:5037\nADB server didn't ACK\n"
     "error: could not install *smartsocket* listener: Address already in use",
     "in-use ?|5037/tcp adb"},
    {"Kamailio",
     "ERROR: <core> [core/udp_server.c:602]: udp_init(): bind(6, 0x7f, 16) on 10.0.0.4: Address "
     "already in use\n"
     "ERROR: <core> [main.c:1600]: main_loop(): failed to init udp socket 10.0.0.4:5060",
     "in-use 10.0.0.4|5060/udp"},
    /* traces between the place and the reason */
    {"Tomcat",
     "SEVERE: Failed to start connector [Connector[HTTP/1.1-8181]]\n"
     "a.b.LifecycleException: Protocol handler start failed\n" FRAMES_16 FRAMES_16
     "Caused by: java.net.BindException: Address already in use\n" FRAMES_4,
     "in-use ?|8181/tcp Tomcat"},
    {"Tomcat",
     "shop-1  | Failed to start component [Connector[\"http-nio-8282\"]]\n"
     "shop-1  | \tat a.b.C.d(C.java:1)\nshop-1  | \tat a.b.C.d(C.java:2)\n"
     "shop-1  | \tat a.b.C.d(C.java:3)\nshop-1  | \tat a.b.C.d(C.java:4)\n"
     "shop-1  | \tat a.b.C.d(C.java:5)\nshop-1  | \tat a.b.C.d(C.java:6)\n"
     "shop-1  | \tat a.b.C.d(C.java:7)\nshop-1  | \tat a.b.C.d(C.java:8)\n"
     "shop-1  | Caused by: java.net.BindException: Address already in use",
     "in-use ?|8282/tcp Tomcat <shop-1>"},
    {"a message far above",
     "Failed to start component [Connector[HTTP/1.1-8181]]\na\nb\nc\nd\ne\nf\ng\nh\n"
     "Caused by: java.net.BindException: Address already in use",
     "in-use ?|0/? a Java program"},
    {"Python",
     "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n"
     "    app.run(host='127.0.0.2', port=5055)\n  File \"b.py\", line 1, in run\n    c()\n"
     "  File \"b.py\", line 2, in c\n    d()\n  File \"b.py\", line 3, in d\n    e()\n"
     "  File \"b.py\", line 4, in e\n    f()\n  File \"b.py\", line 5, in f\n    g()\n"
     "OSError: [Errno 98] Address already in use",
     "in-use 127.0.0.2|5055/tcp a Python program"},
    {"Python",
     "  File \"a.py\", line 9, in <module>\n    s.bind(('', 6006))\n"
     "OSError: [Errno 48] Address already in use",
     "in-use 0.0.0.0|6006/tcp a Python program"},
    {"Python",
     ">>> s.bind(('::2', 7070, 0, 0))\nTraceback (most recent call last):\n"
     "  File \"<stdin>\", line 1, in <module>\n"
     "OSError: [Errno 99] Cannot assign requested address",
     "no-address ::2|7070/tcp"},
    {"strace",
     "bind(4, {sa_family=AF_INET, sin_port=htons(8088), sin_addr=inet_addr(\"127.0.0.3\")}, 16) = "
     "-1 EADDRINUSE (Address already in use)",
     "in-use 127.0.0.3|8088/tcp"},
    /* the line above announces the server */
    {"a Rust program",
     "INFO listening on http://127.0.0.1:4321\nError: Address already in use (os error 98)",
     "in-use 127.0.0.1|4321/tcp a Rust program"},
    {"Genie",
     "Web Server starting at http://0.0.0.0:8141 - press Ctrl/Cmd+C to stop the server.\n"
     "ERROR: IOError: listen: address already in use (EADDRINUSE)",
     "in-use 0.0.0.0|8141/tcp"},
    {"an older server", "INFO listening on http://127.0.0.1:4321\na\nb\nc\nError: address in use",
     "in-use ?|0/?"},
    {"two servers",
     "listening on http://127.0.0.1:4321\nlistening on http://127.0.0.1:4322\nError: address in "
     "use",
     "in-use ?|0/?"},
    {"the next server", "Error: address in use\nServer running on http://127.0.0.1:4321",
     "in-use ?|0/?"},
    {"another failure", "Server running on http://127.0.0.1:81\nbind: Permission denied\n",
     "privileged ?|0/?"},
    {"wstunnel",
     "Error: Cannot start UDP server on 127.0.0.1:5182\n\nCaused by:\n    0: Cannot create it\n"
     "    1: Address in use (os error 98)",
     "in-use 127.0.0.1|5182/udp a Rust program"},
    {"mongod",
     "I CONTROL options: { net: { bindIp: \"127.0.0.1\", port: 27117 }, storage: {} }\n"
     "E STORAGE Failed to set up listener: SocketException: Address already in use",
     "in-use 127.0.0.1|27117/tcp MongoDB"},
    {"systemctl status",
     "   Active: failed (Result: resources)\n   Listen: [::1]:2222 (Stream)\n\n"
     "a systemd[1]: b.socket: Failed to listen on sockets: Address already in use",
     "in-use ::1|2222/tcp systemd <b.socket>"},
    {"snmpd",
     "netsnmp_udpbase: open local UDP: [10.0.0.9]:161->[0.0.0.0]:0\n"
     "netsnmp_udpbase: failed to bind for clientaddr: 98 Address already in use",
     "in-use 10.0.0.9|161/udp"},
    {"adb",
     "error: cannot bind listener: Address already in use\n"
     "Error running 'adb -s e-1 forward tcp:9333 localabstract:x'",
     "in-use ?|9333/tcp"},
    {"Ray",
     "Failed to start the grpc server. The specified port is 8078. This means that nothing here "
     "will work as it should, and that one should look for the reason in the text of the server. "
     "If that is `Address already in use`, something listens there.",
     "in-use ?|8078/tcp"},
    /* reasons that do not count without a place */
    {"PostgreSQL",
     "LOG:  could not bind IPv4 socket: Can't assign requested address\n"
     "HINT:  Is another postmaster already running on port 5433? If not, wait",
     "no-address ?|5433/tcp PostgreSQL"},
    {"Minecraft",
     "Starting Minecraft server on 203.0.113.4:25570\n**** FAILED TO BIND TO PORT!\n"
     "The exception was: java.net.BindException: Cannot assign requested address: bind",
     "no-address 203.0.113.4|25570/tcp a Java program"},
    {"no hint", "LOG:  could not bind IPv4 socket: Can't assign requested address",
     "no-address ?|0/? PostgreSQL"},
    {"no place", "Fatal: listen tcp my_host:port: bind: cannot assign requested address",
     "no-address ?|0/tcp"},
    {"no place", "Can't create listen socket: Cannot assign requested address at app.pl line 6.",
     "no-address ?|0/?"},
    {"no place", "failed to bind socket: The requested address is not valid in its context",
     "no-address ?|0/?"},
    {"a connection", "listener: connect to db: Cannot assign requested address", ""},
    {"the address and the port, each in a line",
     "   => address: 203.0.113.5\n   => port: 8100\n   => log: normal\n"
     "Error: Rocket failed to bind network socket to given address/port.\n"
     "thread 'main' panicked at 'Cannot assign requested address (os error 99)', a.rs:1",
     "no-address 203.0.113.5|8100/tcp Rocket"},
    /* the failure above names its place, the reason below does not */
    {"a chain of reasons",
     "error: Failed to start metrics server at \"127.0.0.1:9191\"\n\nCaused by:\n"
     "    Address already in use (os error 98)",
     "in-use 127.0.0.1|9191/tcp a Rust program"},
    {"a chain of reasons",
     "Error: could not start the admin api on port 9192\nCaused by:\n    0: a\n"
     "    1: Address already in use (os error 98)",
     "in-use ?|9192/tcp a Rust program"},
    {"a start without a reason", "Failed to start the admin api on port 9192", ""},
    {"the place before the failure",
     "[a UTC] [0.0.0.0:1053] [UDP] Name server failed to bind.\n"
     "a.b.SocketException (98): Address already in use",
     "in-use 0.0.0.0|1053/udp"},
    {"the place before the failure, no reason", "[0.0.0.0:1053] [UDP] Name server failed to bind.",
     ""},
    {"a file below a failure", "Failed to bind 0.0.0.0:8142\nopen /certs/a.key: permission denied",
     "no reason, in-use 0.0.0.0|8142/tcp"},
    {"a mount",
     "Failed to bind mount /srv/a\nopen /srv/a: permission denied\nbinding to 0.0.0.0:8101", ""},
    {"a relay",
     "INFO: try to bind interface: ::0, port: 8102\nERROR: bind: Address already in use\n"
     "ERROR: Could not bind",
     "in-use *|8102/tcp"},
    {"a socket file below",
     "Starting the agent\nbind: Address already in use\n"
     "unix_listener: cannot bind to path: /tmp/agent.sock",
     "socket-file /tmp/agent.sock ssh"},
    {"CUPS",
     "D [1/1/2026] StartListening: address=7f000001 port=8103\n"
     "E [1/1/2026] StartListening: Unable to bind socket - Address already in use.",
     "in-use ?|8103/tcp CUPS"},
    {"QEMU",
     "bind: Address already in use\n"
     "qemu-system-x: -netdev socket,listen=:8104,id=n2: Device 'socket' could not be initialized",
     "in-use *|8104/tcp QEMU"},
    {"Logstash",
     "[a][INFO ][b] Starting UDP listener {:address=>\"0.0.0.0:8105\"}\n"
     "[a][WARN ][b] UDP listener died {:exception=>#<Errno::EADDRINUSE: Address already in use - "
     "bind - Address already in use: bind>",
     "in-use 0.0.0.0|8105/udp Logstash"},
    {"Logstash",
     "  Plugin: <LogStash::Inputs::Tcp port=>8106, codec=><LogStash::Codecs::Line id=>\"a\">>\n"
     "  Error: Address already in use",
     "in-use ?|8106/tcp Logstash"},
    /* Windows refuses the port, and the program guesses */
    {"a Python program",
     "    s.bind((host, port))\nPermissionError: [WinError 10013] An attempt was made to access a "
     "socket in a way forbidden by its access permissions\n\n"
     "The above exception was the direct cause of the following exception:\n\n"
     "OSError: Port 8107 is in use.",
     "forbidden ?|8107/tcp a Python program"},
    /* a failure in several lines of a tuple */
    {"an Erlang program",
     "Failed to start Ranch listener {acceptor,{0,0,0,0,0,0,0,0},8108} in "
     "ranch_tcp:listen([{port,\n"
     "      8108},\n     {ip,\n      {0,\n       0,\n       0,\n       0}},\n"
     "     inet6,\n     {backlog,\n      128}]) for reason eaddrinuse (address already in use)",
     "in-use *|8108/tcp an Erlang program"},
    {"no bind",
     "Starting development server at http://127.0.0.1:8000/\n"
     "open /var/lib/docker.sock: permission denied",
     ""},
    {"systemd",
     "a systemd[1]: b.socket failed to listen on sockets: Cannot assign requested address",
     "no-address ?|0/? systemd <b.socket>"},
    {"Ruby", "Errno::EADDRNOTAVAIL: Can't assign requested address - bind(2)",
     "no-address ?|0/? a Ruby program"},
    /* one failure, two messages */
    {"kubectl",
     "Unable to listen on port 81: [Error listen tcp4 127.0.0.1:81: bind: An attempt was made to "
     "access a socket in a way forbidden by its access permissions.]\n"
     "error: unable to listen on any of the requested ports: [{81 80}]",
     "forbidden 127.0.0.1|81/tcp"},
    {"Docker Desktop",
     "Ports are not available: listen tcp 0.0.0.0:5433: bind\n"
     ": An attempt was made to access a socket in a way forbidden by its access permissions.",
     "forbidden 0.0.0.0|5433/tcp Docker Desktop"},
    {"Docker Desktop",
     "Ports are not available: listen tcp 0.0.0.0:5433: bind: Only one usage of each socket "
     "address is permitted\n"
     "An attempt was made to access a socket in a way forbidden by its access permissions.",
     "unavailable 0.0.0.0|5433/tcp Docker Desktop; forbidden ?|0/?"},
    {"systemd",
     "a systemd[1]: Failed to create listening socket: Address already in use\n"
     "a systemd[1]: b.socket: Failed to listen on sockets: Address already in use",
     "in-use ?|0/? systemd <b.socket>"},
    {"adb",
     "error: could not install listener: cannot bind to 127.0.0.1:5038:\n"
     "Only one usage of each socket address (protocol/network address/port) is normall\n"
     "y permitted. (10048)",
     "in-use 127.0.0.1|5038/tcp"},
    {"a reason behind",
     "Error: failed to bind to 0.0.0.0:82\ncaused by: Permission denied (os error 13)",
     "privileged 0.0.0.0|82/tcp a Rust program"},
    {"two ports",
     "could not bind to port 7001\nError: listen EADDRINUSE: address already in use :::7002",
     "no reason, in-use ?|7001/tcp; in-use *|7002/tcp Node.js"},
    /* wrapped lines */
    {"a terminal",
     "2026-01-01 10:00:00 [WARN] java.net.BindException: cannot bind 10.0.0.1:7001: Address\n"
     "already in use",
     "in-use 10.0.0.1|7001/tcp a Java program"},
    {"a quotation",
     "> 2026-01-01 10:00:00 [WARN] java.net.BindException: cannot bind 10.0.0.1:7001: Address\n"
     "> already in use: JVM_Bind",
     "in-use 10.0.0.1|7001/tcp a Java program"},
    {"a word that is cut",
     "10:00:00 failed to create listening socket for port 54, whoever asks for it: Address alrea   "
     "   \n                             dy in use       ",
     "in-use ?|54/? dnsmasq"},
    {"a log with a prefix",
     "web-1  | the first server of this shop could not listen on 10.0.0.1:7002, address in\n"
     "web-1  | use by somebody",
     "in-use 10.0.0.1|7002/tcp <web-1>"},
    {"YAML",
     "    message: '0/3 nodes are available: 1 node(s) didn''t have free ports for the\n"
     "      requested pod ports, 2 node(s) had another fault.'",
     "pod-pending ?|0/? the scheduler"},
    {"a sentence",
     "The server of the shop could not be started as somebody told it: Port 7003 is already\n"
     "in use by another process",
     "in-use ?|7003/tcp"},
    {"a sentence",
     "The server of the shop could not be started as somebody told it: Port 7003 is\n"
     "already in use by another process",
     "in-use ?|7003/tcp"},
    {"an answer in the next line",
     "The server of the shop could not be started, it asked for 127.0.0.1:7004 as address\n"
     "already in use: listen tcp 127.0.0.1:7005: bind: address already in use",
     "in-use 127.0.0.1|7005/tcp"},
    {"a comma that goes on",
     "SocketException: Failed to create server socket (OS Error: An attempt was made to access a "
     "socket in a way forbidden by its access permissions.\n"
     ", errno = 10013), address = 127.0.0.1, port = 7008",
     "forbidden 127.0.0.1|7008/tcp"},
    {"a comma that goes on elsewhere",
     "Failed to create the server socket of the shop: Address already in use\n"
     ", and that is all we know",
     "in-use ?|0/?"},
    {"short lines", "bind 127.0.0.1:7006: Address\nalready in use", ""},
    {"a table",
     "the columns of this table, from left to right:  127.0.0.1:7007  Port  Address\n"
     "In use: no",
     ""},
    /* the port used instead */
    {"a notebook", "[I 1:2:3 App] The port 8899 is already in use, trying another port.[I 11:23:54",
     "moved ?|8899/tcp"},
    {"a program", "Port 3010 is in use, trying another one (pid 4711)", "moved ?|3010/tcp"},
    {"a program", "Port 3010 is in use, trying another port: 3011", "moved ?|3010/tcp -> 3011"},
    {"a program", "Port 3010 is in use, using port 3011 instead", "moved ?|3010/tcp -> 3011"},
    {"a program", "Port 3010 is in use, trying 3011 instead", "moved ?|3010/tcp -> 3011"},
    {"a program", "Port 3010 is in use, switching to http://localhost:3011/",
     "moved ?|3010/tcp -> 3011"},
};

#undef FRAMES_BEHIND
#undef MORE_FRAMES_BEHIND
#undef FRAMES_4
#undef FRAMES_16

#endif
