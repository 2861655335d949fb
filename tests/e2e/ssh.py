#!/usr/bin/env python3
"""An engine behind a real sshd on 127.0.0.1: what kportscan reports through ssh:// is what it reports on the machine
itself, but for the names of processes, which no account sees from elsewhere.

usage: ssh.py installed|next|newest[-noproxy] TOOLS KPORTSCAN MKPORT

sshd has a configuration, keys and a port of its own and lives in the engine's network namespace. A wrapper named `ssh`
counts the starts and adds the client's configuration.
"""

import difflib
import json
import os
import pwd
import re
import shutil
import subprocess
import time

import harness

PORT = 2222
URL = f"ssh://root@nas:{PORT}"
PROJECT = "name: shop\nservices:\n" + "".join(
    f"  {name}: {{image: {harness.IMAGE}, ports: [\"{port}\"]}}\n" for name, port in
    [("web", "21000:80"), ("api", "21400:80"), ("dns", "127.0.0.1:21001:53/udp"), ("old", "21070:80")])


class Sshd:
    """A running sshd in the engine's network namespace."""

    def __init__(self, engine):
        self.engine = engine
        self.program = shutil.which("sshd") or "/usr/sbin/sshd"
        if not os.access(self.program, os.X_OK):
            raise harness.Skip("sshd is not installed (Debian: openssh-server)")
        harness.need("ssh", "ssh-keygen")
        try:
            pwd.getpwnam("sshd")
        except KeyError:
            raise harness.Skip("there is no user sshd") from None
        self.folder = os.path.join(engine.folder, "ssh")
        self.bin = os.path.join(self.folder, "bin")
        self.counter = os.path.join(self.folder, "starts")
        self.process = None

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def __enter__(self):
        os.makedirs(self.bin)
        os.makedirs("/run/sshd", exist_ok=True)
        for name in ("host", "user"):
            harness.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.folder, name))
        with open(os.path.join(self.folder, "user.pub"), encoding="utf-8") as file:
            self.keys = self.write("authorized_keys", file.read())
        with open(os.path.join(self.folder, "host.pub"), encoding="utf-8") as file:
            known = self.write("known_hosts", f"[127.0.0.1]:{PORT} {file.read()}")
        client = self.write("client", f"Host nas\n  HostName 127.0.0.1\n  IdentityFile {self.folder}/user\n"
                            f"  IdentitiesOnly yes\n  UserKnownHostsFile {known}\n  StrictHostKeyChecking yes\n")
        self.write("bin/ssh", f"#!/bin/sh\necho x >>{self.counter}\nexec {shutil.which('ssh')} -F {client} \"$@\"\n",
                   0o755)
        server = self.write("server", f"Port {PORT}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\n"
                            f"AuthorizedKeysFile {self.keys}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
                            f"PidFile none\nSetEnv DOCKER_HOST={self.engine.url}\n")
        self.process = subprocess.Popen([*self.engine.entry(), self.program, "-D", "-e", "-f", server],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        for _ in range(100):
            if self.process.poll() is not None:
                raise harness.Skip("sshd does not start here: " + self.process.stderr.read())
            if self.ssh("true").returncode == 0:
                return self
            time.sleep(0.1)
        raise RuntimeError(self.ssh("true").stdout)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stderr.close()

    def environment(self, url):
        kept = self.engine.environment(url)
        return {**kept, "PATH": self.bin + ":" + kept["PATH"]}

    def ssh(self, command):
        return harness.run(*self.engine.entry(), os.path.join(self.bin, "ssh"), "-T", "-p", str(PORT), "nas", command,
                           check=False)

    def restrict(self, options):
        """Restricts the key: the options stand before it."""
        with open(os.path.join(self.folder, "user.pub"), encoding="utf-8") as file:
            self.write("authorized_keys", f"{options} {file.read()}")

    def starts(self):
        """How often ssh was started since the last time."""
        count = os.path.getsize(self.counter) // 2 if os.path.exists(self.counter) else 0
        open(self.counter, "w", encoding="utf-8").close()
        return count


class Comparison:
    def __init__(self, engine, sshd, program):
        self.engine, self.sshd, self.program = engine, sshd, os.path.abspath(program)
        self.faults, self.compared = [], 0

    def run(self, *arguments, url=URL):
        return subprocess.run([*self.engine.entry(), self.program, "--no-config", *arguments], cwd=self.engine.folder,
                              env=self.sshd.environment(url), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)

    def fault(self, what, *details):
        self.faults.append(f"{what}: " + "\n".join(str(detail) for detail in details))

    def same(self, *arguments):
        """The report through ssh is that of the machine itself, byte for byte but for the source."""
        title = " ".join(arguments)
        here = self.run("-o", "json", *arguments, url=self.engine.url)
        self.sshd.starts()
        there = self.run("-o", "json", *arguments)
        starts = self.sshd.starts()
        self.compared += 1
        texts = [plain(done.stdout) for done in (here, there)]
        if here.returncode != there.returncode or texts[0] != texts[1]:
            lines = [text.splitlines() for text in texts]
            self.fault(title, f"exit {here.returncode} here, {there.returncode} there",
                       *list(difflib.unified_diff(*lines, "here", "there", lineterm="", n=2))[:60], there.stderr)
        if starts != 1:
            self.fault(title, f"ssh was started {starts} times")
        return here, there


def plain(text):
    """The report without its source: the engine's address, and what only this machine's processes and kernel tell."""
    report = json.loads(text)
    for name in ("endpoint", "elsewhere"):
        report["engine"].pop(name, None)
    if "findings" in report:
        report["findings"] = [finding for finding in report["findings"] if finding["rule"] != "KP305"]
        report.pop("summary", None)
    words = json.dumps(without_sockets(report), indent=1).replace("free on nas", "free on this machine")
    return re.sub(r"up (\d+|about an?|less than an?) (second|minute)s?", "up", words)


def without_sockets(value):
    """The processes behind a container's ports, docker-proxy and its like, are not seen from elsewhere."""
    if isinstance(value, dict):
        return {name: without_sockets(item) for name, item in value.items() if name not in ("sockets", "notes")}
    return [without_sockets(item) for item in value] if isinstance(value, list) else value


def populate(engine):
    engine.make("plain", "-p", "21000:80", "-p", "127.0.0.1:21001-21003:9001-9003/udp", "--restart", "unless-stopped")
    engine.make("v4", "-p", "0.0.0.0:21010:80")
    engine.make("range", "-p", "21020-21025:80")
    engine.make("paused", "-p", "21050:80")
    engine.docker("pause", "paused")
    engine.make("other-web-1", "-p", "21060:80", "--label", "com.docker.compose.project=other",
                "--label", "com.docker.compose.service=web", "--label", "com.docker.compose.oneoff=False",
                "--label", "com.docker.compose.container-number=1")
    engine.make("created", "-p", "21070:80", start=False)
    engine.make("host", "--network", "host", "--expose", "21080", command=["tcp:21080"])


def compare(comparison, mkport):
    engine = comparison.engine
    path = os.path.join(engine.folder, "compose.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROJECT)
    comparison.same("--docker")
    for port in ("21000", "21001/udp", "21010", "21022", "21050", "21060", "21070", "21099", "127.0.0.1:21000"):
        comparison.same(port)
    comparison.same("--docker", "other")
    comparison.same("compose.yaml")
    comparison.same("--free", "21000", "-n", "5")
    with harness.Sockets(mkport, engine.entry(), "tcp,127.0.0.1,21400"):
        held(comparison)


def held(comparison):
    """A program of the machine: seen without its name."""
    there = comparison.run("-o", "json", "compose.yaml")
    findings = {finding["rule"]: finding for finding in json.loads(there.stdout)["findings"]}
    if there.returncode != 1 or "held by a process on nas" not in findings.get("KP301", {}).get("message", ""):
        comparison.fault("a program there", there.stdout, there.stderr)
    for arguments, code, said in [(["21400"], 0, "a process on nas"), (["--free", "21400-21400"], 1, ""),
                                  (["--no-host", "21400"], 1, ""), (["21080"], 0, "container"),
                                  (["--host", "21400"], 0, "a process on nas")]:
        done = comparison.run(*arguments)
        if done.returncode != code or said not in done.stdout:
            comparison.fault(" ".join(arguments), f"exit {done.returncode}", done.stdout, done.stderr)


def restricted(comparison):
    """A key that may only run docker: the engine is read, and the report says what is missing."""
    comparison.sshd.restrict('command="docker system dial-stdio"')
    for arguments, code in [(["21000"], 0), (["21099"], 3), (["--free", "21099"], 3), (["--no-host", "21099"], 1)]:
        done = comparison.run(*arguments)
        says = "the sockets of nas cannot be seen" in done.stdout + done.stderr
        if done.returncode != code or says != ("--no-host" not in arguments):
            comparison.fault("restricted " + " ".join(arguments), f"exit {done.returncode}", done.stdout, done.stderr)
    comparison.sshd.restrict('command="exec no-such-program"')
    done = comparison.run("21000")
    if done.returncode != 3 or "docker is not found there: " not in done.stdout:
        comparison.fault("without docker", f"exit {done.returncode}", done.stdout)
    comparison.sshd.write("authorized_keys", "")
    done = comparison.run("21000")
    if done.returncode != 3 or "Permission denied (publickey" not in done.stdout:
        comparison.fault("a refused key", f"exit {done.returncode}", done.stdout)


def recorded(comparison):
    """Nothing but GET comes out of dial-stdio, beside the HEAD by which docker itself learns the engine's version."""
    recorder = harness.Recorder(comparison.engine)
    done = comparison.run("compose.yaml", url=URL + recorder.path)
    faults = [fault for fault in recorder.faults if fault != "HEAD /_ping HTTP/1.1"]
    if done.returncode != 1 or len(recorder.requests) < 4 or faults:
        comparison.fault("the recorder", f"exit {done.returncode}", recorder.requests, faults, done.stdout)


def measure(comparison):
    """ssh alone, and kportscan through it: the shortest of some runs."""
    def shortest(act):
        times = []
        for _ in range(5):
            started = time.monotonic()
            act()
            times.append(time.monotonic() - started)
        return min(times)
    alone = shortest(lambda: comparison.sshd.ssh("true"))
    whole = shortest(lambda: comparison.run("21000"))
    print(f"ssh alone {alone * 1000:.0f} ms, a question through it {whole * 1000:.0f} ms")


def scenario(name, tools, program, mkport):
    with harness.Engine(name, tools) as engine, Sshd(engine) as sshd:
        comparison = Comparison(engine, sshd, program)
        populate(engine)
        compare(comparison, os.path.abspath(mkport))
        recorded(comparison)
        measure(comparison)
        restricted(comparison)
    print(f"{comparison.compared} reports compared, {len(comparison.faults)} faults")
    return comparison.faults


if __name__ == "__main__":
    harness.main(scenario)
