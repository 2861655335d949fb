#ifndef MESSAGES_IN_OTHER_WORDS_H
#define MESSAGES_IN_OTHER_WORDS_H

/*
 * Messages that say it in words of their own, or in another language: of programs in the field,
 * shortened; names and ports are made up.
 */
static const struct message OTHER_WORDS[] = {
    {"Ruby",
     "time=1 level=error error_class=Errno::EADDRINUSE error=\"Address already in use - "
     "bind(2) for \"127.0.0.1\" port 5601\"",
     "in-use 127.0.0.1|5601/tcp a Ruby program"},
    {"Ruby", "'new': Address already in use - bind(2) (Errno::EADDRINUSE)",
     "in-use ?|0/? a Ruby program"},
    {"Elixir",
     "** (EXIT) shutdown: failed to start child: {:listen_error, MyApp.Endpoint.HTTP, "
     ":eaddrinuse}",
     "in-use ?|0/? an Erlang program"},
    {"Rust, the reason below",
     "Error: failed to bind to 0.0.0.0:8088\n"
     "Caused by:\n"
     "    Address already in use (os error 98)",
     "in-use 0.0.0.0|8088/tcp a Rust program"},
    {"Rust, no IPv6",
     "ERROR server: failed to bind to [::]:8788 address\n"
     "Caused by:\n"
     "    Address family not supported by protocol (os error 97)",
     ""},
    {"Redis, no IPv6",
     "Warning: Could not create server TCP listening socket ::*:6380: unable to bind "
     "socket, errno: 97",
     ""},
    {"PostgreSQL 9",
     "LOG:  could not bind Unix socket: Address already in use\n"
     "HINT:  Is another postmaster already running on port 5433? If not, remove socket file "
     "\"/tmp/.s.PGSQL.5433\" and retry.",
     "socket-file /tmp/.s.PGSQL.5433 PostgreSQL"},
    {"PostgreSQL 9, without its hint", "LOG:  could not bind Unix socket: Address already in use",
     "socket-file ?|0/? PostgreSQL"},
    {"Redis", "# Creating Server TCP listening socket *:6381: unable to bind socket",
     "no reason, in-use *|6381/tcp Redis"},
    {"MySQL on Windows",
     "[ERROR] Can't start server: Bind on TCP/IP port: No such file or directory\n"
     "[ERROR] Do you already have another mysqld server running on port: 3307 ?",
     "no reason, in-use ?|3307/tcp MySQL or MariaDB"},
    {"MySQL, a socket file",
     "[ERROR] Can't start server : Bind on unix socket: Address already in use\n"
     "[ERROR] Do you already have another mysqld server running on socket: "
     "/run/mysqld/mysqld.sock ?",
     "socket-file /run/mysqld/mysqld.sock MySQL or MariaDB"},
    {"Vagrant",
     "on these ports. The forwarded port to 8001 is already in use\n"
     "on the host machine.",
     "in-use ?|8001/tcp Vagrant"},
    {"Vagrant, moved", "==> web: Fixed port collision for 22 => 2223. Now on port 2201.",
     "moved ?|2223/tcp -> 2201 Vagrant"},
    {"Vagrant, none left",
     "Vagrant found a port collision for the specified port and virtual machine.\n"
     "auto-correction range are all also used.\n"
     "\n"
     "VM: web\n"
     "Forwarded port: 3307 => 33070",
     "in-use ?|33070/tcp Vagrant"},
    {"Jupyter", "[W 10:00:00.000 NotebookApp] Permission to listen on port 8887 denied",
     "privileged ?|8887/tcp"},
    {"ssh -R", "Warning: remote port forwarding failed for listen port 52700",
     "no reason, in-use ?|52700/tcp sshd on the other machine"},
    {"ssh -R -v", "debug1: remote forward failure for: listen 52701, connect localhost:22",
     "no reason, in-use ?|52701/tcp sshd on the other machine"},
    {"Qt", "QTcpServer: The bound address is already in use", "in-use ?|0/?"},
    {"frp", "[W] [control.go:179] [web] start error: port already used", "in-use ?|0/?"},
    {"frp", "[W] [control.go:179] [web] start error: port unavailable", "in-use ?|0/? frp"},
    {"Glowstone",
     "java.lang.RuntimeException: Failed to bind to address. Maybe it is already in use?",
     "in-use ?|0/?"},
    {"Steam", "CreateBoundSocket: ::bind couldn't find an open port between 27016 and 27016",
     "no reason, in-use ?|27016/udp a Steam program"},
    {"slirp4netns", "map[desc:bad request: add_hostfwd: slirp_add_hostfwd failed]",
     "no reason, engine-in-use ?|0/? slirp4netns"},
    {"HTTP.sys",
     "      Listening on prefix: http://+:8081/shop/\n"
     "fail: HttpSysListener[0]\n"
     "Microsoft.AspNetCore.Server.HttpSys.HttpSysException (0x80004005): The process cannot "
     "access the file because it is being used by another process",
     "in-use ?|8081/tcp a .NET program"},
    {"HTTP.sys",
     "HttpListenerException (32): The process cannot access the file because it is being "
     "used by another process",
     "in-use ?|0/? a .NET program"},
    {"IIS Express",
     "Failed to register URL \"http://localhost:8085/\" for site \"web\" application \"/\". "
     "Error description: The process cannot access the file because it is being used by "
     "another process. (0x80070020)",
     "in-use 127.0.0.1|8085/tcp a .NET program"},
    {"IIS",
     "Cannot register the URL prefix 'http://*:8086/' for site 'web'. The necessary network "
     "binding may already be in use.",
     "in-use *|8086/tcp"},
    {"win-acme",
     "Unable to activate HttpListener, this may be due to non-Microsoft webserver using "
     "port 80",
     "in-use ?|80/tcp"},
    {"Windows containers",
     "hnsCall failed in Win32: The specified port already exists. (0x803b0013)",
     "engine-in-use ?|0/? the Docker Engine"},
    {"SQL Server",
     "Server TCP provider failed to listen on [ 'any' <ipv4> 1434]. Tcp port is already in "
     "use.",
     "in-use ?|1434/tcp SQL Server"},
    {"Zabbix",
     "listener failed: bind() for [[-]:10051] failed with error 98: Address already in use",
     "in-use ?|10051/tcp Zabbix"},
    {"QEMU",
     "-netdev user,id=n,hostfwd=tcp::2224-:22: Could not set up host forwarding rule "
     "'tcp::2224-:22'",
     "no reason, in-use ?|2224/tcp QEMU"},
    {"QEMU", "Could not set up host forwarding rule 'tcp:127.0.0.1:2225-:22'",
     "no reason, in-use ?|2225/tcp QEMU"},
    {"QEMU", "Could not set up host forwarding rule 'udp::5355-:53'",
     "no reason, in-use ?|5355/udp QEMU"},
    {"Bitcoin",
     "Unable to bind to 0.0.0.0:8334 on this computer. Bitcoin Core is probably already "
     "running.",
     "in-use 0.0.0.0|8334/tcp"},
    {"Oracle",
     "Error listening on: (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db)(PORT=1522)))\n"
     " TNS-12542: TNS:address already in use",
     "in-use ?|1522/tcp"},
    {"Azure Functions",
     "Port 7072 is unavailable. Close the process using that port, or specify another port "
     "using --port [-p].",
     "in-use ?|7072/tcp"},
    {"GlassFish",
     "There is a process already using the admin port 4849 -- it probably is another "
     "instance of a GlassFish server.",
     "in-use ?|4849/tcp"},
    {"Dask",
     "Port 8788 is already in use.\n"
     "  Hosting the HTTP server on port 40123 instead",
     "in-use ?|8788/tcp"},
    {"Dask", "Port 8788 is already in use. Hosting the HTTP server on port 40123 instead",
     "moved ?|8788/tcp -> 40123"},
    {"Puma", "There is already a server bound to: 127.0.0.1:3001", "in-use 127.0.0.1|3001/tcp"},
    {"git daemon", "fatal: unable to allocate any listen sockets on port 9419",
     "no reason, in-use ?|9419/tcp"},
    {"systemd-resolved", "Another process is already listening on UDP socket 127.0.0.54:53.",
     "in-use 127.0.0.54|53/udp"},
    {"Nomad", "Dimension \"network: reserved port collision http=8080\" exhausted on 1 nodes",
     "in-use ?|0/? Nomad"},
    {"Kubernetes 1.0", "Failed for reason PodFitsPorts and possibly others",
     "pod-pending ?|0/? the scheduler"},
    {"kubectl port-forward on Windows",
     "Unable to listen on port 8089: Listeners failed to create with the following errors: "
     "[unable to create listener: Error listen tcp4 127.0.0.1:8089: bind: An attempt was "
     "made to access a socket in a way forbidden by its access permissions.]\n"
     "error: unable to listen on any of the requested ports: [{8089 8089}]",
     "forbidden 127.0.0.1|8089/tcp"},
    {"behind a time", "#12 3.456 端口 9091 已被占用", "in-use ?|9091/tcp"},
    {"Chinese", "端口号：9091， 启动失败，请检查端口是否被占用！", "no reason, in-use ?|9091/tcp"},
    {"Chinese", "错误：端口 9092 已被占用", "in-use ?|9092/tcp"},
    {"Chinese, Windows",
     "cannot bind to 127.0.0.1:5741: 以一种访问权限不允许的方式做了一个访问套接字的尝试。 (10013)",
     "forbidden 127.0.0.1|5741/tcp"},
    {"Chinese (Taiwan), Windows",
     "listen tcp 127.0.0.1:5742: bind: 一次只能用一個通訊端位址 (通訊協定/網路位址/連接埠)。",
     "in-use 127.0.0.1|5742/tcp"},
    {"Japanese", "ポート 9093 は既に使用されています", "in-use ?|9093/tcp"},
    {"Japanese, Windows",
     "listen tcp 127.0.0.1:5743: bind: "
     "アクセス許可で禁じられた方法でソケットにアクセスしようとしました。",
     "forbidden 127.0.0.1|5743/tcp"},
    {"Korean", "포트 9094이(가) 이미 사용 중입니다", "in-use ?|9094/tcp"},
    {"Korean, Windows",
     "listen tcp 127.0.0.1:5744: bind: 각 소켓 주소(프로토콜/네트워크 주소/포트)는 하나만 사용할 "
     "수 있습니다.",
     "in-use 127.0.0.1|5744/tcp"},
    {"Korean, glibc", "bind 10.1.1.1:9095: 요청한 주소를 배정할 수 없습니다",
     "no-address 10.1.1.1|9095/tcp"},
    {"Russian", "Порт 9096 уже занят другим процессом", "in-use ?|9096/tcp"},
    {"Russian, Windows",
     "listen tcp 127.0.0.1:5745: bind: Сделана попытка доступа к сокету методом, "
     "запрещенным правами доступа.",
     "forbidden 127.0.0.1|5745/tcp"},
    {"German", "Der Port 9097 wird bereits verwendet.", "in-use ?|9097/tcp"},
    {"German, Windows",
     "listen tcp 127.0.0.1:5746: bind: Der Zugriff auf einen Socket war aufgrund der "
     "Zugriffsrechte des Sockets unzulässig.",
     "forbidden 127.0.0.1|5746/tcp"},
    {"French", "Le port 9098 est déjà utilisé par une autre application", "in-use ?|9098/tcp"},
    {"French, Windows",
     "listen tcp 127.0.0.1:5747: bind: Une tentative d’accès à un socket de manière "
     "interdite par ses autorisations d’accès a été tentée.",
     "forbidden 127.0.0.1|5747/tcp"},
    {"French, glibc", "bind 10.1.1.1:9099: Ne peut attribuer l’adresse demandée",
     "no-address 10.1.1.1|9099/tcp"},
    {"Spanish", "Error: el puerto 9100 ya está en uso", "in-use ?|9100/tcp"},
    {"Spanish, Windows",
     "listen tcp 127.0.0.1:5748: bind: Intento de acceso a un socket no permitido por sus "
     "permisos de acceso.",
     "forbidden 127.0.0.1|5748/tcp"},
    {"Portuguese", "A porta 9101 já está em uso", "in-use ?|9101/tcp"},
    {"Italian", "La porta 9102 è già in uso", "in-use ?|9102/tcp"},
    {"Chinese, the number before the word", "检测到9103端口已被占用", "in-use ?|9103/tcp"},
    {"Korean, the number before the word", "9104번 포트가 이미 사용 중입니다", "in-use ?|9104/tcp"},
    {"Spanish", "El puerto 9105 está siendo utilizado por otra aplicación", "in-use ?|9105/tcp"},
    {"JSch", "PortForwardingL: local port 127.0.0.1:9106 cannot be bound.",
     "no reason, in-use 127.0.0.1|9106/tcp"},
    {"dynmap",
     "Failed to start WebServer on address 10.1.1.1:9107 : Failed to bind to /10.1.1.1:9107",
     "no reason, in-use 10.1.1.1|9107/tcp"},
    {"Webots",
     "Could not listen to port 9108. Cannot set the server in listen mode: The bound address is "
     "already in use. Using port 9109 instead.",
     "moved ?|9108/tcp -> 9109"},
    {"Node.js, with a retry",
     "Error: listen EADDRINUSE: address already in use :::3010, trying port 3011",
     "moved *|3010/tcp -> 3011 Node.js"},
    {"a plugin", "Failed to bind UDP port. Is another program using it? retrying...",
     "in-use ?|0/udp"},
    {"DGD", "critical:Panic: failed to open HTTP port: 10081", "no reason, in-use ?|10081/tcp"},
    {"Java", "java.net.BindException: Permission denied (Bind failed)",
     "privileged ?|0/? a Java program"},
    {"a line that was cut", "listen tcp 0.0.0.0:8443: bind: address alread>",
     "in-use 0.0.0.0|8443/tcp"},
    {"a line that was cut", "listen tcp 0.0.0.0:8443: bind: address already\xe2\x80\xa6",
     "in-use 0.0.0.0|8443/tcp"},
    {"JSON, another reason",
     "{\"m\":\"error while attempting to bind on address (\\\"10.0.0.1\\\", 8088): x\"}", ""},
    {"JSON",
     "{\"m\":\"[Errno 98] error while attempting to bind on address (\\\"10.0.0.1\\\", 8088)\"}",
     "in-use 10.0.0.1|8088/tcp a Python program"},
    {"JSON in JSON",
     "{\\\"m\\\":\\\"[Errno 98] while binding on (\\\\\\\"10.0.0.1\\\\\\\", 8088)\\\"}",
     "in-use 10.0.0.1|8088/tcp a Python program"},
    {"JSON",
     "{\"m\":\"Failed to start connector [Connector[\\\"http-nio-8084\\\"]]\",\"t\":\"Caused by: "
     "java.net.BindException: Address already in use\"}",
     "in-use ?|8084/tcp Tomcat"},
    {"JSON",
     "{\"m\":\"The Service \\\"web\\\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: "
     "provided port is already allocated\"}",
     "node-port ?|30080/? the API server <web>"},
    {"a number behind the reason",
     "Caused by: java.net.BindException: Address already in use: 8086",
     "in-use ?|8086/tcp a Java program"},
    {"a number of an error behind the reason", "bind: Address already in use: 98", "in-use ?|0/?"},
    {"RakNet", "Failed to bind server on [0.0.0.0]/19132, is the port free?",
     "no reason, in-use 0.0.0.0|19132/?"},
    {"Factorio", "MultiplayerManager failed: Host address is already in use.", "in-use ?|0/?"},
    {"strace",
     "bind(15, {sa_family=AF_INET6, sin6_port=htons(5683), inet_pton(AF_INET6, \"fe80::1\", "
     "&sin6_addr), sin6_flowinfo=0}, 28) = -1 EADDRINUSE (Address already in use)",
     "in-use fe80::1|5683/?"},
    {"German", "Port 8101 wird bereits von einem anderen Prozess verwendet.", "in-use ?|8101/tcp"},
    {"French", "le port 8102 est déjà pris", "in-use ?|8102/tcp"},
    {"Spanish", "el puerto 8103 ya está siendo utilizado por otro programa", "in-use ?|8103/tcp"},
    {"Spanish", "el puerto 8104 ya está ocupado", "in-use ?|8104/tcp"},
    {"Italian", "la porta 8105 è già occupata", "in-use ?|8105/tcp"},
    {"Portuguese", "a porta 8106 já está em uso por outro processo", "in-use ?|8106/tcp"},
    {"Polish", "port 8107 jest już zajęty przez inny proces", "in-use ?|8107/tcp"},
    {"Dutch", "poort 8108 is al in gebruik", "in-use ?|8108/tcp"},
    {"Turkish", "8109 portu zaten kullanımda", "in-use ?|8109/tcp"},
    {"Swedish", "port 8110 är redan upptagen", "in-use ?|8110/tcp"},
    {"Swedish", "port 8111 används redan", "in-use ?|8111/tcp"},
    {"Danish", "port 8112 er allerede i brug", "in-use ?|8112/tcp"},
    {"Chinese", "8113 端口被其他程序占用", "in-use ?|8113/tcp"},
    {"Chinese, a guess", "请检查 8114 端口是否被其他程序占用", "no reason, in-use ?|8114/tcp"},
    {"a number of an error", "bind failed on port 8126 with error: 10048", "in-use ?|8126/tcp"},
    {"a number of an error", "bind failed on port 8127: WSAGetLastError 10013",
     "forbidden ?|8127/tcp"},
    {"Japanese", "ポート 8115 は既に使われています", "in-use ?|8115/tcp"},
    {"Java on Windows", "java.net.BindException: Cannot assign requested address: bind",
     "no-address ?|0/? a Java program"},
};

#endif
