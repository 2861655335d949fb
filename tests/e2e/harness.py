"""Real container engines for the end-to-end tests.

Each engine is a dockerd of the test's own, with its data in a temporary folder and in a network namespace of its own, so
that it neither meets an engine of this machine nor anything outside. Nothing is installed and nothing is fetched here;
where something is missing the test says what and is skipped (exit 77).
"""

import contextlib
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LABEL = "dev.kportscan.e2e"
IMAGE = "kportscan-e2e:1"


class Skip(Exception):
    pass


def run(*command, check=True, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def find_engine(name, tools):
    """The dockerd and docker-proxy of "installed" (Debian's docker.io), "next" or "newest" (from get-engine)."""
    if os.geteuid() != 0:
        raise Skip("dockerd needs root")
    need("dockerd", "containerd", "runc", "iptables", "docker", "unshare", "nsenter", "ip", "cc")
    if name == "installed":
        return shutil.which("dockerd"), shutil.which("docker-proxy") or "/usr/sbin/docker-proxy"
    found = [os.path.join(tools_of(name, tools), program) for program in ("dockerd", "docker-proxy")]
    if not all(os.access(path, os.X_OK) for path in found):
        raise Skip(f"there is no {found[0]}: tests/e2e/get-engine fetches it")
    return found


def tools_of(name, tools):
    """The folder with the programs of the newest suite, or that of the suite before."""
    return os.path.join(os.path.abspath(tools), "newest" if name.startswith("newest") else "")


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("engine", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Sockets:
    """Sockets in a network namespace, as mkport makes them (tests/tools/mkport.c), for as long as the block lasts."""

    def __init__(self, mkport, prefix, *specs):
        self.command = [*prefix, mkport, *specs]
        self.process, self.pid = None, None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.pid = int(line)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()


class Engine:
    """A running dockerd: "installed", "next" or "newest", with "-noproxy" behind it without docker-proxy. With `beside`
    it shares the network namespace of another engine, and has a bridge of its own."""

    def __init__(self, name, tools, beside=None):
        self.beside = beside
        kind, _, without = name.partition("-")
        self.dockerd, self.proxy = find_engine(kind, tools)
        self.options = ["--userland-proxy=false"] if without == "noproxy" else []
        if beside:
            beside.inside("ip", "link", "add", "kps0", "type", "bridge")
            beside.inside("ip", "address", "add", "172.31.77.1/24", "dev", "kps0")
            beside.inside("ip", "link", "set", "kps0", "up")
            self.options.append("--bridge=kps0")
        version = run(self.dockerd, "--version").stdout
        self.major = int(re.search(r"version (\d+)", version)[1])
        self.folder = tempfile.mkdtemp(prefix="kps-e2e-")
        self.socket = os.path.join(self.folder, "docker.sock")
        self.url = "unix://" + self.socket
        self.process = None

    def __enter__(self):
        try:
            self.start()
            self.make_image()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        # A containerd of the machine would be used if its socket could be seen: /run/containerd is hidden.
        apart = ["unshare", "--net", "--mount"] if not self.beside else [*self.beside.entry(), "unshare", "--mount"]
        script = ("ip link set lo up && { [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd; } && "
                  "exec \"$0\" \"$@\"")
        inside = [self.dockerd, "--data-root", self.folder + "/data", "--exec-root", self.folder + "/exec",
                  "--pidfile", self.folder + "/pid", "--userland-proxy-path", self.proxy, "-H", self.url,
                  *self.options]
        with open(self.folder + "/log", "wb") as log:
            self.process = subprocess.Popen([*apart, "sh", "-c", script, *inside],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(300):
            if self.process.poll() is not None:
                break
            if os.path.exists(self.socket) and self.docker("version", check=False).returncode == 0:
                return
            time.sleep(0.1)
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as log:
            raise Skip("dockerd does not start here:\n" + log.read()[-2000:])

    def make_image(self):
        program = self.folder + "/hold"
        if run("cc", "-static", "-O1", "-o", program, HERE + "/hold.c", check=False).returncode:
            raise Skip("cc cannot link statically")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(program, "hold")
        done = subprocess.run(["docker", "import", "--change", 'ENTRYPOINT ["/hold"]', "-", IMAGE],
                              input=archive.getvalue(), env=self.environment(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def stop(self):
        if self.process and self.process.poll() is None:
            ours = self.docker("ps", "-aq", check=False).stdout.split()
            if ours:
                self.docker("rm", "-f", *ours, check=False)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.beside:
            self.beside.inside("ip", "link", "delete", "kps0", check=False)
        # The mounts below went with dockerd's mount namespace.
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, url=None):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))}
        return {**kept, "DOCKER_HOST": url or self.url, "DOCKER_CONFIG": self.folder + "/config"}

    def docker(self, *arguments, check=True):
        return run("docker", *arguments, check=check, env=self.environment())

    def make(self, name, *arguments, start=True, command=()):
        """A container named `name`; `arguments` are those of docker run, `command` is what hold is given."""
        verb = ["run", "-d"] if start else ["create"]
        return self.docker(*verb, "--name", name, "--label", LABEL, *arguments, IMAGE, *command, check=False)

    def entry(self):
        """What stands before a command that is to run in the engine's network namespace, where its ports are bound."""
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def inside(self, *command, **more):
        return run(*self.entry(), *command, **more)

    def api(self, method, path, body=None):
        """One request to the engine's API. Return: status, parsed answer (None when it is empty)."""
        connection = Connection(self.socket)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        with connection.getresponse() as response:
            answer = response.read()
        connection.close()
        return response.status, json.loads(answer) if answer.strip() else None

    def start_publishing(self, bindings, command=("exit",)):
        """Starts a container that publishes [(address, host port, container port, protocol)]. Return: the engine's
        complaint, or None when it started; with the default command it ends at once and is removed."""
        ports = {f"{target}/{protocol}": [{"HostIp": address, "HostPort": str(port)}]
                 for address, port, target, protocol in bindings}
        status, answer = self.api("POST", "/containers/create", {
            "Image": IMAGE, "Cmd": list(command), "ExposedPorts": {key: {} for key in ports},
            "HostConfig": {"PortBindings": ports, "AutoRemove": True}})
        if status != 201:
            return answer["message"]
        status, failure = self.api("POST", f"/containers/{answer['Id']}/start")
        if status == 204:
            return None
        self.api("DELETE", f"/containers/{answer['Id']}?force=1")
        return failure["message"]

    def clear(self):
        """Removes all containers, and the networks that compose made."""
        _, containers = self.api("GET", "/containers/json?all=1")
        for container in containers:
            self.api("DELETE", f"/containers/{container['Id']}?force=1")
        self.api("POST", "/networks/prune")

    def containers(self):
        """`docker ps -a`, and for each container `docker inspect`."""
        ids = self.docker("ps", "-aq", "--no-trunc").stdout.split()
        inspected = json.loads(self.docker("inspect", *ids).stdout) if ids else []
        rows = [json.loads(line) for line in
                self.docker("ps", "-a", "--no-trunc", "--format", "{{json .}}").stdout.splitlines()]
        details = {item["Id"]: item for item in inspected}
        return [(row, details[row["ID"]]) for row in rows]


class Recorder:
    """Stands between a client and the engine and writes down every request: nothing but GET may come."""

    def __init__(self, engine):
        self.engine = engine
        self.path = os.path.join(tempfile.mkdtemp(dir=engine.folder), "recorded.sock")
        self.url = "unix://" + self.path
        self.requests, self.faults = [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(self.engine.socket)
            threading.Thread(target=self.pump, args=(client, upstream, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(upstream, client, False), daemon=True).start()

    def pump(self, source, sink, is_client):
        pending = b""
        with contextlib.suppress(OSError):
            while True:
                more = source.recv(65536)
                if not more:
                    break
                if is_client:
                    pending = self.note(pending + more)
                sink.sendall(more)
        if pending:
            self.faults.append(f"not a whole request: {pending!r}")
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def note(self, pending):
        while b"\r\n\r\n" in pending:
            head, _, pending = pending.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.requests.append(lines[0])
            if not lines[0].startswith("GET "):
                self.faults.append(lines[0])
            if any(line.lower().startswith(("content-length", "transfer-encoding", "upgrade")) for line in lines):
                self.faults.append(head.decode("latin-1"))
        return pending


@contextlib.contextmanager
def called(name):
    """This process has another name meanwhile, as the kernel tells it to who connects."""
    with open("/proc/self/comm", "r+", encoding="ascii") as comm:
        before = comm.read().strip()
        comm.write(name)
        comm.flush()
        yield
        comm.write(before)


def compose_program(name, tools):
    path = os.path.join(tools_of(name, tools), "docker-compose")
    if not os.access(path, os.X_OK):
        raise Skip(f"there is no {path}: tests/oracle/get-compose fetches it")
    return path


def is_foretold(words, said, major, one_port=True, one_address=True):
    """The engine's answer has the words. From 28 on its allocator names one of two wildcards by chance; of several ports
    it refuses any one first, and of the addresses of one container's entries too."""
    def plain(text):
        if not one_address:
            text = re.sub(r"((?:tcp|udp)[46] |Bind for )\S+:", r"\1ANY:", text)
        if not one_port:
            text = re.sub(r"(:|host port )\d+", r"\1PORT", text)
        return re.sub(r"Bind for (::|0\.0\.0\.0):", "Bind for ANY:", text) if major >= 28 else text
    return plain(words) in plain(said)


def main(scenario):
    """Runs scenario(arguments) for the command line ENGINE TOOLS PROGRAM...; a scenario returns a list of faults."""
    if len(sys.argv) < 4:
        sys.exit(f"usage: {sys.argv[0]} installed|next|newest[-noproxy] TOOLS PROGRAM...")
    try:
        faults = scenario(*sys.argv[1:])
    except Skip as skip:
        print("SKIP:", skip)
        sys.exit(77)
    for fault in faults:
        print("FAULT:", fault)
    sys.exit(1 if faults else 0)
