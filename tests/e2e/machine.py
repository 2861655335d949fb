#!/usr/bin/env python3
"""Checks against a machine on which something runs: each scenario ends with the real `docker compose up -d` deciding.

usage: machine.py installed|next|newest[-noproxy] TOOLS KPORTSCAN MKPORT [SCENARIO...]

What kportscan calls an error must make `up` fail, and `up` must succeed when it called nothing an error; where only a
warning can be right the scenario says what `up` does. Beside that each scenario names the rules it must see (of KP3xx,
notes left out), and where it has commands that free the port, they are pasted into a shell and `up` is tried again.
"""

import json
import os
import re
import shutil
import subprocess

import harness

PORT = 21500


def service(*ports, **keys):
    lines = [f"image: {harness.IMAGE}", *(f"{key}: {value}" for key, value in keys.items())]
    if ports:
        lines.append("ports: [" + ", ".join(f'"{port}"' for port in ports) + "]")
    return "{" + ", ".join(lines) + "}"


def compose(name="shop", tail="", **services):
    return f"name: {name}\nservices:\n" + "".join(f"  {key}: {body}\n" for key, body in services.items()) + tail


def is_one(finding):
    return finding["port"] is None or finding["port"]["first"] == finding["port"]["last"]


class World:
    """One engine with all that a scenario needs; told what went wrong."""

    def __init__(self, engine, name, tools, program, mkport):
        self.engine, self.name, self.tools = engine, name, tools
        self.kportscan, self.mkport = os.path.abspath(program), os.path.abspath(mkport)
        self.program = harness.compose_program(name, tools)
        self.faults, self.decided, self.title, self.notes = [], 0, "", []
        self.round = 0 # of a scenario that is played again
        self.has_proxy = not engine.options

    def folder(self, name):
        path = os.path.join(self.engine.folder, "projects", name)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, text, at="shop"):
        folder = self.folder(at)
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return folder

    def compose(self, *arguments, at="shop"):
        return harness.run(self.program, *arguments, check=False, cwd=self.folder(at), env=self.engine.environment())

    def up(self, text, *arguments, at="shop"):
        """Makes the scenery: must succeed."""
        self.write(text, at)
        done = self.compose(*arguments, "up", "-d", at=at)
        if done.returncode:
            raise RuntimeError(f"{self.title}: the scenery does not stand\n{done.stdout}")

    def make(self, name, *arguments, **more):
        done = self.engine.make(name, *arguments, **more)
        if done.returncode:
            raise RuntimeError(f"{self.title}: the scenery does not stand\n{done.stdout}")

    def sockets(self, *specs, netns=None):
        prefix = self.engine.entry() if netns is None else netns
        return harness.Sockets(self.mkport, prefix, *specs)

    def ask(self, *arguments, at="shop", url=None, environment=()):
        done = subprocess.run([*self.engine.entry(), self.kportscan, "-o", "json", *arguments], cwd=self.folder(at),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                              env={**self.engine.environment(url), **dict(environment)})
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{self.title}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        report = json.loads(done.stdout)
        self.notes = [finding for finding in report["findings"] if finding["severity"] == "note"]
        return [finding for finding in report["findings"] if finding["severity"] != "note"]

    def run_inside(self, *command, at="shop", text=None):
        return subprocess.run([*self.engine.entry(), *command], cwd=self.folder(at), env=self.engine.environment(), text=True,
                              input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)

    def answer(self, port, says=(), never=()):
        """Looks for words in the answer to `kportscan PORT`."""
        printed = " ".join(self.run_inside(self.kportscan, "-o", "text", str(port)).stdout.split())
        self.faults += [f"{self.title}: the answer lacks {word!r}: {printed}" for word in says if word not in printed]
        self.faults += [f"{self.title}: the answer has {word!r}: {printed}" for word in never if word in printed]

    def diagnose(self, said, says=(), never=(), at="shop"):
        """Looks for words in the diagnosis of a message. Return: its findings."""
        printed = self.run_inside(self.kportscan, "--no-config", "--diagnose", "-o", "json", at=at, text=said).stdout
        findings = json.loads(printed)["findings"]
        printed = json.dumps(findings)
        self.faults += [f"{self.title}: the diagnosis lacks {word!r}: {printed}" for word in says if word not in printed]
        self.faults += [f"{self.title}: the diagnosis has {word!r}: {printed}" for word in never if word in printed]
        return findings

    def fault(self, text):
        self.faults.append(f"{self.title}: {text}")

    def decide(self, text, rules=(), fails=False, at="shop", options=(), targets=(), says=(), frees=False, warns=False):
        """Asks kportscan about the project, then lets `up` decide. `warns`: no error, although `up` fails."""
        self.write(text, at)
        findings = self.ask(*options, *[word for target in targets for word in ("--service", target)], at=at)
        got = sorted(finding["rule"] for finding in findings if finding["rule"].startswith("KP3"))
        has_error = any(finding["severity"] == "error" for finding in findings)
        shown = "; ".join(f"{finding['rule']} {finding['severity']}: {finding['message']}" for finding in findings)
        done = self.compose("up", "-d", *targets, at=at)
        self.decided += 1
        if (done.returncode != 0) != fails:
            self.fault(f"'up' exits with {done.returncode}\n{done.stdout}")
        if has_error != (done.returncode != 0) and not (warns and findings):
            self.fault(f"'up' exits with {done.returncode}, kportscan says {shown or 'nothing'}\n{done.stdout}")
        if got != sorted(rules):
            self.fault(f"{got} instead of {sorted(rules)}: {shown}")
        everything = json.dumps(findings)
        self.faults += [f"{self.title}: does not say {word!r}: {shown}" for word in says if word not in everything]
        for finding in findings:
            foretold = finding.get("up_error")
            if done.returncode and foretold and not harness.is_foretold(foretold, done.stdout, self.engine.major,
                                                                        is_one(finding),
                                                                        finding["rule"] != "KP103"):
                self.fault(f"foretold {foretold!r}\n{done.stdout}")
        if frees:
            self.follow(findings, at)

    def follow(self, findings, at):
        """Pastes the first command of each finding into a shell; then nothing is to be said, and `up` succeeds."""
        for finding in findings:
            commands = [entry["command"] for entry in finding["help"] if "command" in entry]
            if not commands:
                self.fault("there is no command")
                return
            # `docker compose` is the plugin that the test has as a program of its own
            command = commands[0].replace("docker compose", self.program, 1)
            done = subprocess.run(["sh", "-c", command], cwd=self.folder(at), env=self.engine.environment(), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                self.fault(f"'{commands[0]}' exits with {done.returncode}: {done.stdout}")
        left = [finding for finding in self.ask(at=at) if finding["severity"] == "error"]
        if left:
            self.fault(f"after the advice: {left[0]['message']}")
        done = self.compose("up", "-d", at=at)
        if done.returncode:
            self.fault(f"after the advice 'up' exits with {done.returncode}\n{done.stdout}")


WEB = compose(web=service(f"{PORT}:80"))


def same_project_twice(w):
    w.up(WEB)
    w.decide(WEB)


def changed_ports(w):
    w.up(WEB)
    w.decide(compose(web=service(f"{PORT + 1}:80")))


def changed_target(w):
    w.up(WEB)
    w.decide(compose(web=service(f"{PORT}:81")))


def swapped_ports(w):
    w.up(compose(a=service(f"{PORT}:80"), b=service(f"{PORT + 1}:80")))
    w.decide(compose(a=service(f"{PORT + 1}:80"), b=service(f"{PORT}:80")))


def swapped_but_only_one_started(w):
    w.up(compose(a=service(f"{PORT}:80"), b=service(f"{PORT + 1}:80")))
    w.decide(compose(a=service(f"{PORT + 1}:80"), b=service(f"{PORT}:80")), ["KP302"], True, targets=["a"],
             says=["is not to be started"])


def port_moves_to_a_new_service(w):
    w.up(WEB)
    w.decide(compose(web=service(f"{PORT + 1}:80"), new=service(f"{PORT}:80")))


def orphan(w):
    w.up(compose(old=service(f"{PORT}:80")))
    w.decide(WEB, ["KP302"], True, says=["orphan", "--remove-orphans"], frees=True)


def other_project(w):
    w.up(compose("blog", site=service(f"{PORT}:80")), at="blog")
    w.decide(WEB, ["KP302"], True, says=["'blog'", "'site'"], frees=True)


def other_project_given_too(w):
    """Both are asked for: the files say it, and the container is not named a second time."""
    blog = compose("blog", site=service(f"{PORT}:80"))
    w.up(blog, at="blog")
    w.write(WEB)
    findings = w.ask("compose.yaml", os.path.join(w.folder("blog"), "compose.yaml"))
    if [finding["rule"] for finding in findings] != ["KP108"]:
        w.fault(f"{[finding['message'] for finding in findings]}")


def plain_container(w):
    w.make("old-grafana", "--restart", "unless-stopped", "-p", f"{PORT}:80")
    w.decide(WEB, ["KP302"], True, says=["docker stop old-grafana", "unless-stopped"], frees=True)


def paused_container(w):
    w.make("sleeper", "-p", f"{PORT}:80")
    w.engine.docker("pause", "sleeper")
    w.decide(WEB, ["KP302"], True)


def stopped_with_restart_policy(w):
    w.make("sleeper", "--restart", "always", "-p", f"{PORT}:80")
    w.engine.docker("stop", "-t", "1", "sleeper")
    w.decide(WEB, ["KP303"], says=["always", "docker update --restart=no sleeper"])


def created_container(w):
    w.make("sleeper", "-p", f"{PORT}:80", start=False)
    w.decide(WEB, ["KP303"], says=["docker rm sleeper"])


def stopped_container_of_the_service(w):
    w.up(WEB)
    w.compose("stop", "-t", "1")
    w.decide(WEB)


def one_off_container(w):
    w.write(WEB)
    w.compose("run", "-d", "--service-ports", "web")
    w.decide(WEB, ["KP302"], True, says=["docker compose run"], frees=True)


def service_of_another_profile(w):
    extra = service(f"{PORT}:80", profiles="[extra]")
    w.up(compose(extra=extra), "--profile", "extra")
    w.decide(compose(web=service(f"{PORT}:80"), extra=extra), ["KP302"], True)


def container_on_the_hosts_network(w):
    w.make("direct", "--network", "host", command=[f"tcp:{PORT}"])
    w.decide(WEB, ["KP302"], True, says=["'direct'"], frees=True)


def service_on_the_hosts_network(w):
    """Two services of one project, one of which binds on the host by itself: nobody can know that from the file."""
    host = service(network_mode="host", command=f'["tcp:{PORT}"]')
    w.up(compose(direct=host))
    w.decide(compose(direct=host, web=service(f"{PORT}:80")), ["KP302"], True, warns=True)


def shared_namespace(w):
    """The engine never looks: the second listener ends, and 'up' does not say so."""
    w.decide(compose(a=service(f"{PORT}:80", command='["tcp:80"]'),
                     b=service(network_mode='"service:a"', command='["tcp:80"]')))


def network_of_a_container(w):
    """A service that joins a container's network meets who listens there, and nobody outside; not itself."""
    w.make("vpn", command=["tcp:81"])
    w.make("other", command=["tcp:80"])
    w.engine.docker("commit", "--change", 'CMD ["tcp:80"]', "vpn", "nginx:e2e")
    w.engine.docker("tag", "nginx:e2e", "redis:e2e")
    joined = compose(web='{image: "nginx:e2e", network_mode: "container:vpn"}')
    w.decide(joined)
    w.decide(joined)
    if w.ask():
        w.fault("it meets itself")
    w.compose("down")
    w.engine.docker("exec", "-d", "vpn", "/hold", "tcp:80")
    w.decide(joined, says=["which container 'vpn' has", '"KP105"'])
    code = w.engine.docker("wait", "shop-web-1").stdout.strip()
    if code == "0":
        w.fault("it found the port free")
    w.decide(compose(web='{image: "redis:e2e", network_mode: "container:vpn"}'))
    if w.ask():
        w.fault(f"said of another port: {w.ask()}")


def what_an_image_exposes(w):
    """The file does not say where the service listens; its image does, and the engine knows that."""
    w.make("maker", command=["tcp:81"])
    w.engine.docker("commit", "--change", f'CMD ["tcp:{PORT}"]', "--change", f"EXPOSE {PORT}", "maker", "site:e2e")
    direct = compose(direct='{image: "site:e2e", network_mode: host}')
    w.decide(direct)
    if w.ask():
        w.fault("it meets itself")
    w.compose("down")
    with w.sockets(f"tcp,0.0.0.0,{PORT}"):
        w.decide(direct, ["KP301"], says=[f"'direct' probably listens on host port {PORT}/tcp", '"possible"'])
        w.compose("down")
    with w.sockets(f"tcp,0.0.0.0,{PORT + 1}"):
        done = harness.run(*w.engine.entry(), w.kportscan, "--free", str(PORT), "compose.yaml", check=False,
                           cwd=w.folder("shop"), env=w.engine.environment())
        if done.stdout.split() != [str(PORT + 2)]:
            w.fault(f"--free says {done.stdout!r} where {PORT} is exposed and {PORT + 1} held")
    w.make("other", "-p", f"{PORT}:80")
    w.decide(direct, ["KP302"], says=["which container 'other' has"])
    w.compose("down")
    shared = compose(a='{image: "site:e2e"}', b='{image: "site:e2e", network_mode: "service:a"}')
    w.decide(shared, says=[f"two services want {PORT}/tcp in one shared network", f"runs an image that exposes {PORT}"])


def process(w):
    with w.sockets(f"tcp,0.0.0.0,{PORT}"):
        w.decide(WEB, ["KP301"], True, says=["kill "], frees=True)


def advised_port_is_free(w):
    """The ports above are taken by a process and a container: the edit that is offered names one that nobody has."""
    w.make("other", "-p", f"{PORT + 2}:80")
    with w.sockets(f"tcp,0.0.0.0,{PORT}", f"tcp,127.0.0.1,{PORT + 1}"):
        w.write(WEB)
        [finding] = w.ask()
        edit = finding["fixes"][0]["edits"][0]["text"]
        if edit != str(PORT + 3) or f"{edit} is free on this machine" not in json.dumps(finding["help"]):
            w.fault(f"{finding['fixes']} {finding['help']}")
        w.decide(compose(web=service(f"{edit}:80")))


def advised_port_lingers(w):
    """Nobody listens on the port above, but a closed connection blocks it for a minute."""
    port = PORT + 50 + 100 * w.round
    with w.sockets(f"tcp,0.0.0.0,{port}", f"tcp,127.0.0.1,{port + 1},timewait"):
        w.write(compose(web=service(f"{port}:80")))
        [finding] = w.ask()
        edit = finding["fixes"][0]["edits"][0]["text"]
        if edit != str(port + 2):
            w.fault(f"{finding['fixes']}")
        w.decide(compose(web=service(f"{edit}:80")))


def process_elsewhere(w):
    """The same port in another network namespace is none of the engine's."""
    with w.sockets("--netns", "new", f"tcp,0.0.0.0,{PORT}", netns=[]):
        w.decide(WEB)


def other_protocol(w):
    with w.sockets(f"udp,0.0.0.0,{PORT}"):
        w.decide(WEB)


def udp(w):
    with w.sockets(f"udp,127.0.0.1,{PORT}"):
        w.decide(compose(dns=service(f"{PORT}:53/udp")), ["KP301"], True, says=["the holder has 127.0.0.1 alone"])
        w.decide(compose(dns=service(f"127.0.0.2:{PORT}:53/udp")))


def other_address(w):
    with w.sockets(f"tcp,127.0.0.2,{PORT}"):
        w.decide(compose(web=service(f"127.0.0.1:{PORT}:80")))


def address_that_is_not_here(w):
    w.decide(compose(web=service(f"203.0.113.9:{PORT}:80")), ["KP308"], True)
    w.decide(compose(web=service(f"127.9.9.9:{PORT}:80")))
    w.decide(compose(web=service("203.0.113.9::80")), ["KP308"], True)
    text = compose(web=service(f"[2001:db8:77::9]:{PORT}:80"))
    w.decide(text, ["KP308"] if w.has_proxy else [], w.has_proxy)
    try:
        w.engine.inside("ip", "route", "add", "local", "203.0.113.0/24", "dev", "lo")
        w.decide(compose(web=service(f"203.0.113.9:{PORT}:80")))
    finally:
        w.engine.inside("ip", "route", "del", "local", "203.0.113.0/24", "dev", "lo")
    try:
        w.engine.inside("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind")
        w.decide(compose(web=service(f"203.0.113.9:{PORT}:80")), ["KP308"], says=["ip_nonlocal_bind"])
    finally:
        w.engine.inside("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_nonlocal_bind")


def ipv6_only(w):
    with w.sockets(f"tcp,::1,{PORT}"):
        w.decide(WEB, ["KP301"] if w.has_proxy else [], w.has_proxy)


def ipv6_only_beside_ipv4(w):
    with w.sockets(f"tcp,::,{PORT},v6only=1"):
        w.decide(compose(web=service(f"0.0.0.0:{PORT}:80")))


def bound_only(w):
    with w.sockets(f"tcp,127.0.0.1,{PORT},bound"):
        w.decide(WEB, ["KP301"], True, warns=True)


def bound_only_in_a_range(w):
    """The engine passes over the port from 28 on; with SO_REUSEADDR it takes the port, which another service needs. It
    begins a range that it has not seen before with the first port."""
    if w.engine.major < 28 or not w.has_proxy:
        return
    for flag, port in (",reuseaddr", PORT + 60 + 100 * w.round), ("", PORT + 70 + 100 * w.round):
        with w.sockets(f"tcp,::,{port},bound,v6only=1{flag}"):
            w.decide(compose(web=service(f"{port}-{port + 1}:80"), api=service(f"0.0.0.0:{port}:80", depends_on="[web]")),
                     fails=bool(flag), warns=True)
        w.compose("down")


def routed_network(w):
    """Engines from 27 on publish no host port there; IPv6 comes through docker-proxy still."""
    tail = "networks: {default: {driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}}\n"
    is_old = w.engine.major < 27
    with w.sockets(f"tcp,0.0.0.0,{PORT}"):
        w.decide(compose(tail=tail, web=service(f"{PORT}:80")), ["KP301"] if is_old else [], is_old)
    w.compose("down")
    with w.sockets(f"tcp,::,{PORT},v6only=1"):
        w.decide(compose(tail=tail, web=service(f"{PORT}:80")), ["KP301"] if w.has_proxy else [], w.has_proxy)


def range_published_twice(w):
    """One port for both addresses: from 28 on the second socket cannot listen, before it cannot be bound."""
    text = compose(web=service(f"{PORT}-{PORT + 2}:80", f"127.0.0.1:{PORT}-{PORT + 2}:80"))
    if w.engine.major >= 28:
        w.decide(text, [], True)
    udp = compose(web=service(f"{PORT}-{PORT + 2}:80/udp", f"127.0.0.1:{PORT}-{PORT + 2}:80/udp"))
    if w.engine.major == 28:
        w.decide(udp)


def bound_only_with_reuseaddr(w):
    """The engine's socket has the option, too: `up` succeeds, and nobody is to be ended."""
    with w.sockets(f"tcp,127.0.0.1,{PORT},bound,reuseaddr"):
        w.decide(WEB)
        if [(note["rule"], note["help"]) for note in w.notes] != [("KP301", [])]:
            w.fault(f"{w.notes}")


# What connections leave behind stays for a minute: each of these scenarios, and each of its rounds, has its own port.
def outbound_connection(w):
    port = PORT + 10 + 100 * w.round
    with w.sockets(f"tcp,127.0.0.1,{port},outbound"):
        w.decide(compose(web=service(f"{port}:80")), ["KP307"], True, warns=True)


def accepted_connection(w):
    port = PORT + 20 + 100 * w.round
    with w.sockets(f"tcp,127.0.0.1,{port},accepted"):
        w.decide(compose(web=service(f"{port}:80")), ["KP307"], True, warns=True)


def accepted_connection_of_a_server_that_reuses(w):
    """The socket tells its option: the engine gets past it, as past a bound one."""
    port = PORT + 30 + 100 * w.round
    with w.sockets(f"tcp,127.0.0.1,{port},accepted,reuseaddr"):
        w.decide(compose(web=service(f"{port}:80")))
        if [(note["rule"], note["help"]) for note in w.notes] != [("KP301", [])]:
            w.fault(f"{w.notes}")


def time_wait(w):
    port = PORT + 40 + 100 * w.round
    with w.sockets(f"tcp,127.0.0.1,{port},timewait"):
        w.decide(compose(web=service(f"{port}:80")), ["KP307"], True, warns=True, says=["by itself"])


def left_over_proxy(w):
    words = ["--", "docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", str(PORT), "-container-ip",
             "172.30.0.99", "-container-port", "80"]
    with w.sockets(f"tcp,0.0.0.0,{PORT}", *words):
        w.decide(WEB, ["KP306"], True)


def inside_a_container(w):
    """The engine's socket is mounted, the networks are the container's own: what listens outside is not seen."""
    w.write(WEB)
    recorder = harness.Recorder(w.engine)
    script = ("hostname box && mount -t tmpfs none /run && touch /run/.containerenv && exec \"$0\" -o json")
    done = subprocess.run(["unshare", "--uts", "--net", "--mount", "sh", "-c", script, w.kportscan], check=False,
                          cwd=w.folder("shop"), text=True, capture_output=True,
                          env=w.engine.environment(recorder.url))
    if done.returncode != 3 or "outside this container" not in done.stdout:
        w.fault(f"exit {done.returncode}: {done.stdout}{done.stderr}")


def inside_a_container_without_the_engine(w):
    """Neither the engine's socket nor the host's networks: never a silent success."""
    w.write(WEB)
    environment = {name: value for name, value in w.engine.environment().items() if not name.startswith("DOCKER_")}
    script = ("mount -t tmpfs none /run && touch /run/.containerenv && "
              "{ [ ! -d /var/run/docker ] || mount -t tmpfs none /var/run; } && exec \"$0\" \"$@\"")
    for question in ([], [str(PORT)]):
        done = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", script, w.kportscan, "-o", "json", *question],
                              check=False, cwd=w.folder("shop"), text=True, capture_output=True, env=environment)
        if done.returncode != 3 or "KP907" not in done.stdout or "outside this container" not in done.stdout:
            w.fault(f"exit {done.returncode}: {done.stdout}{done.stderr}")


def other_engine(w):
    """A second dockerd beside the first, as a snap beside a package: its docker-proxy is no leftover."""
    if not w.has_proxy:
        return
    with harness.Engine(w.name, w.tools, beside=w.engine) as other:
        made = other.make("foreign", "-p", f"{PORT}:80")
        if made.returncode:
            raise RuntimeError(made.stdout)
        with harness.called("dockerd"):
            w.decide(WEB, ["KP302"], True, says=[f"dockerd, pid {other.process.pid}", f"at {other.url}",
                                                 f"docker -H {other.url} ps"])
            w.answer(PORT, says=["another engine", other.url], never=["leftover", "kill"])


def failed_start(w):
    """A container that could not start keeps the engine's words: the reason, and who wanted the port."""
    with w.sockets(f"tcp,0.0.0.0,{PORT}"):
        w.engine.make("late", "-p", f"{PORT}:80")
        for _ in range(5):  # a busy machine may lack other things
            if "address already in use" in w.engine.docker("inspect", "late").stdout:
                break
            w.engine.docker("start", "late", check=False)
        w.answer(PORT, says=["late", "not up", "address already in use"])
        w.diagnose(f"listen tcp4 0.0.0.0:{PORT}: bind: address already in use",
                   says=["container 'late' is not up", "driver failed programming"])
    w.answer(PORT, says=["free now", "container late", "not up"])
    w.decide(WEB, ["KP303"], says=["its last start failed", "address already in use"])


def udp_with_reuseaddr(w):
    """From 28 to before 29 the engine sets the option too, and both get the port."""
    with w.sockets(f"udp,0.0.0.0,{PORT},reuseaddr"):
        w.decide(compose(dns=service(f"{PORT}:53/udp")), ["KP301"], w.engine.major != 28,
                 says=["SO_REUSEADDR"] if w.engine.major == 28 else [])


def message_from_a_shared_network(w):
    """Two services with one network: the sibling's processes are named, and no process of the host is."""
    both = compose(a=service(command='["tcp:80"]'), b=service(network_mode='"service:a"', command='["tcp:80"]'))
    with w.sockets("tcp,0.0.0.0,80"):
        w.up(both)
        w.engine.docker("wait", "shop-b-1")
        said = "b-1  | Error: listen EADDRINUSE: address already in use :::80"
        w.diagnose(said, says=["'shop-a-1'", "there run now: /hold tcp:80", "docker top shop-a-1", "docker logs --tail 50 shop-b-1"],
                   never=["mkport", "docker top shop-b-1", "docker exec"])


def message_of_a_double_listen(w):
    """Nobody else is in the container's network: the program listens twice."""
    w.up(compose(web=service(f"{PORT}:80", command='["tcp:80", "tcp:80"]')))
    w.engine.docker("wait", "shop-web-1")
    w.diagnose("web-1  | Error: listen EADDRINUSE: address already in use :::80",
               says=["listened on port 80/tcp twice", "docker logs --tail 50 shop-web-1"], never=["docker top", "docker stop"])


def external_networks(w):
    """The engine knows what an external network is: nothing is published from an internal one."""
    w.engine.docker("network", "create", "--internal", "inner")
    w.engine.docker("network", "create", "outer")
    tail = "networks: {a: {external: true, name: inner}, b: {external: true, name: outer}}\n"
    with w.sockets(f"tcp,0.0.0.0,{PORT}"):
        w.decide(compose(tail=tail, web=service(f"{PORT}:80", networks="[a]")))
        w.compose("down")
        w.decide(compose(tail=tail, web=service(f"{PORT}:80", networks="[b]")), ["KP301"], True)
        w.decide(compose(tail=tail, web=service(f"{PORT}:80", networks="[a, b]")), ["KP301"], True)
    w.compose("down")
    w.engine.docker("network", "rm", "inner", "outer")


def external_networks_with_options(w):
    """An external network may give another address, or route its families."""
    bridge = "com.docker.network.bridge."
    w.engine.docker("network", "create", "-o", bridge + "host_binding_ipv4=127.0.0.1", "home")
    w.engine.docker("network", "create", "-o", bridge + "gateway_mode_ipv4=routed", "lan")
    tail = "networks: {a: {external: true, name: home}, b: {external: true, name: lan}}\n"
    is_old = w.engine.major < 27
    with w.sockets(f"tcp,127.0.0.2,{PORT}"):
        w.decide(compose(tail=tail, web=service(f"{PORT}:80", networks="[a]")))
        w.compose("down")
    with w.sockets(f"tcp,127.0.0.1,{PORT}"):
        w.decide(compose(tail=tail, web=service(f"{PORT}:80", networks="[a]")), ["KP301"], True)
        w.decide(compose(tail=tail, web=service(f"0.0.0.0:{PORT}:80", networks="[b]")), ["KP301"] if is_old else [], is_old)
    w.compose("down")
    w.engine.docker("network", "rm", "home", "lan")


def container_whose_network_is_joined(w):
    """No port, but `up` fails where the container does not run."""
    text = compose(web="{image: " + harness.IMAGE + ", network_mode: 'container:vpn'}")

    def note(says):
        said = [finding["message"] + " " + finding["up_error"] for finding in w.notes if finding["rule"] == "KP905"]
        if len(said) != (1 if says else 0) or (says and says not in said[0]):
            w.fault(f"{said}")
        done = w.compose("up", "-d")
        if (done.returncode != 0) != bool(says) or (says and w.notes[0]["up_error"] not in done.stdout):
            w.fault(done.stdout)

    w.write(text)
    w.ask()
    note("does not exist")
    w.make("vpn", start=False)
    w.ask()
    note("does not run")
    w.engine.docker("start", "vpn")
    w.ask()
    note("")
    w.compose("down")
    for name, own in (("shop-web-1", ""), ("lan", ", container_name: lan")):  # a container that the project itself makes
        side = "{image: " + harness.IMAGE + ", network_mode: 'container:" + name + "', depends_on: [web]}"
        w.write(compose(web="{image: " + harness.IMAGE + own + "}", side=side))
        w.ask()
        note("")
        w.compose("down")


def free_port_twice(w):
    """From 28 on the engine chooses one port for entries that differ in their address alone."""
    one_port = w.engine.major >= 28
    for entries in (["80", "127.0.0.1::80"], ["80-81", "127.0.0.1::81"]):
        w.decide(compose(web=service(*entries)), [], one_port)
    w.decide(compose(web=service("80", "[::]::80")), [], one_port and w.has_proxy)  # IPv6 comes through docker-proxy
    for entries in (["127.0.0.1::80", "127.0.0.2::80"], ["80", "127.0.0.1::81"], ["80", f"127.0.0.1:{PORT}:80"],
                    ["0.0.0.0::80", "[::]::80"]) + ((["80/udp", "127.0.0.1::80/udp"],) if w.engine.major < 29 else ()):
        w.decide(compose(web=service(*entries)))


def published_twice(w):
    """One container, one port, two entries: the words differ by version, and 28 starts UDP."""
    w.decide(compose(web=service(f"{PORT}:80", f"127.0.0.1:{PORT}:80")), [], True)
    w.decide(compose(web=service(f"{PORT}:80", f"127.0.0.1:{PORT}:81")), [], True)
    w.decide(compose(web=service(f"{PORT}:80/udp", f"127.0.0.1:{PORT}:80/udp")), [], w.engine.major != 28)


def crash_loop(w):
    """A container that ends at once and restarts: engine and kernel are read at different moments, and nobody else is
    named as the holder."""
    w.make("looper", "--restart", "always", "-p", f"{PORT}:80", command=["exit"])
    w.write(WEB)
    for _ in range(30):
        findings = w.ask()
        named = {party["name"] for finding in findings for party in finding["parties"] if party["role"] != "primary"}
        if named != {"looper"} or not {finding["rule"] for finding in findings} <= {"KP302", "KP303"}:
            w.fault(f"{[(finding['rule'], finding['message']) for finding in findings]}")


def range_with_one_taken(w):
    """Six ports are wanted, all of them."""
    with w.sockets(f"tcp,0.0.0.0,{PORT + 3}"):
        w.decide(compose(web=service(f"{PORT}-{PORT + 5}:80-85")), ["KP301"], True)


def neighbouring_ports_of_one_process(w):
    with w.sockets(*[f"tcp,0.0.0.0,{PORT + i}" for i in range(3)]):
        w.decide(compose(web=service(f"{PORT}-{PORT + 5}:80-85")), ["KP301"], True)


def any_of_a_range_beside_a_container(w):
    """The engine passes over what its own book has."""
    w.make("other", "-p", f"{PORT}:80")
    w.decide(compose(web=service(f"{PORT}-{PORT + 2}:80")))


def any_of_a_range_that_is_full(w):
    with w.sockets(*[f"tcp,0.0.0.0,{PORT + i}" for i in range(3)]):
        w.decide(compose(web=service(f"{PORT}-{PORT + 2}:80")), ["KP301"], True)


def replicas_in_a_range_with_one_taken(w):
    """Three of three are needed, and the engine passes over the taken one until none is left."""
    w.make("other", "-p", f"{PORT + 1}:80")
    w.decide(compose(web=service(f"{PORT}-{PORT + 2}:80", scale=3)), ["KP302"], True)


def scaled_service_again(w):
    text = compose(web=service(f"{PORT}-{PORT + 2}:80", deploy="{replicas: 3}"))
    w.up(text)
    w.decide(text)


def scaled_up(w):
    w.up(compose(web=service(f"{PORT}-{PORT + 2}:80", deploy="{replicas: 2}")))
    w.decide(compose(web=service(f"{PORT}-{PORT + 2}:80", deploy="{replicas: 3}")))


def scaled_to_none(w):
    w.up(compose(web=service(f"{PORT}:80")))
    w.decide(compose(web=service(f"{PORT}:80", deploy="{replicas: 0}"), new=service(f"{PORT}:80")))


def same_name_elsewhere(w):
    w.up(compose(web=service(f"{PORT}:80")), at="first")
    w.decide(compose(web=service(f"{PORT + 1}:80")), ["KP302"], at="second", says=["first"])


def port_of_outgoing_connections(w):
    """One note for a project, and only for ports that nobody reserved."""
    w.engine.inside("sysctl", "-qw", "net.ipv4.ip_local_reserved_ports=40000-40009")
    w.decide(compose(web=service("40005:80", "40010:81"), api=service("40011:80")))
    notes = w.notes
    if [(note["rule"], note["port"]["first"], note["port"]["last"]) for note in notes] != [("KP305", 40010, 40011)]:
        w.fault(f"{notes}")
    elif "ip_local_reserved_ports=40000-40009,40010-40011" not in json.dumps(notes):
        w.fault(f"{notes[0]['help']}")


def privileged_port_of_a_rootless_engine(w):
    """The engine here is root's and may bind all ports; one that lies in XDG_RUNTIME_DIR is a user's."""
    text = compose(web=service("81:80"))
    w.decide(text)
    w.write(text)
    findings = w.ask(environment={"XDG_RUNTIME_DIR": w.engine.folder})
    if [finding["rule"] for finding in findings] != ["KP304"]:
        w.fault(f"{[finding['message'] for finding in findings]}")


def swarm_service_in_host_mode(w):
    """Its task is stopped in vain: another is started. It is one tenant, and the service gives the port back."""
    w.engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    try:
        w.engine.docker("service", "create", "-q", "--name", "hm", "-p", f"mode=host,published={PORT},target=80",
                        "-p", f"mode=host,published={PORT},target=53,protocol=udp", harness.IMAGE)
        w.decide(WEB, ["KP302"], True, says=["mode=host,target=80 hm"], frees=True)
        w.decide(compose(web=service(f"{PORT}:80/udp")), ["KP302"], True, says=["protocol=udp hm"], frees=True)
    finally:
        w.engine.docker("swarm", "leave", "--force")


def task_of_a_removed_service(w):
    """The swarm gives a task its time to end, which `docker stop` would cut."""
    w.engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    try:
        w.engine.docker("service", "create", "-q", "--name", "hm", "-p", f"mode=host,published={PORT},target=80",
                        "--stop-grace-period", "8s", "--stop-signal", "SIGUSR1", harness.IMAGE) # which hold ignores
        w.engine.docker("service", "rm", "hm")
        w.write(WEB)
        findings = w.ask()
        said = json.dumps(findings)
        if [finding["rule"] for finding in findings] != ["KP302"] or "docker stop" in said or "wait until" not in said:
            w.fault(said)
    finally:
        w.engine.docker("swarm", "leave", "--force")


LISTS_AT_ONCE = "/containers/json?all=1" # without a version, which is not known yet


def nothing_but_get(w):
    """A recorder between them sees every request of a check that finds containers, stopped ones and networks."""
    w.make("old-grafana", "-p", f"{PORT}:80")
    w.make("sleeper", "-p", f"{PORT}:80", start=False)
    w.write(WEB)
    recorder = harness.Recorder(w.engine)
    for name in "python3", "dockerd": # who is known to be an engine is asked for several things at once
        with harness.called(name):
            findings = w.ask(url=recorder.url)
        if sorted(finding["rule"] for finding in findings) != ["KP302", "KP303"]:
            w.fault(f"{[finding['message'] for finding in findings]}")
        if (f"GET {LISTS_AT_ONCE} HTTP/1.1" in recorder.requests) != (name == "dockerd"):
            w.fault(f"{name} is asked {recorder.requests}")
    w.faults += [f"a request other than GET: {fault}" for fault in recorder.faults]
    if not recorder.requests:
        w.fault("the recorder saw nothing")


SCENARIOS = [value for value in list(globals().values())
             if callable(value) and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("w",)]


def scenario(name, tools, kportscan, mkport, *wanted):
    with harness.Engine(name, tools) as engine:
        world = World(engine, name, tools, kportscan, mkport)
        chosen = [play for play in SCENARIOS if not wanted or play.__name__ in wanted]
        for play in chosen:
            world.title = play.__name__.replace("_", " ")
            play(world)
            engine.clear()
            shutil.rmtree(os.path.join(engine.folder, "projects"), ignore_errors=True)
        print(f"{len(chosen)} scenarios, {world.decided} decided by 'docker compose up', {len(world.faults)} faults")
        return world.faults


if __name__ == "__main__":
    harness.main(scenario)
