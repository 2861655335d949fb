#!/usr/bin/env python3
"""An engine behind ssh://, with a program `ssh` in PATH that plays recorded roles: how it is started, what is said of
each fault, and what is refused before anything starts. Without a network."""

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import served_engine

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEIGHBOURS = os.path.join(TESTS, "engines/docker-26.1-neighbours")
CHANGED = "@@@@\\r\\n@ WARNING @\\r\\nHost key for nas has changed and you have requested strict checking.\\r\\n" \
    "Host key verification failed.\\r\\n"


class Ssh(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        shutil.copy(os.path.join(TESTS, "support/fake_ssh.py"), os.path.join(self.bin, "ssh"))
        self.log = os.path.join(self.folder, "log")
        self.socket = os.path.join(self.folder, "engine.sock")

    def serve(self, *faults, folder=NEIGHBOURS):
        """An engine, and a program `docker` that leads to it."""
        log = os.path.join(self.folder, "requests")
        served_engine.serve(self, log, self.socket, folder, *faults)
        shutil.copy(os.path.join(TESTS, "support/fake_docker.py"), os.path.join(self.bin, "docker"))
        return log

    def environment(self, role="shell", **more):
        return {"PATH": self.bin + ":" + os.environ["PATH"], "HOME": self.folder, "FAKE_SSH_LOG": self.log,
                "FAKE_SSH_ROLE": role, "FAKE_DOCKER_SOCKET": self.socket, **more}

    def run_it(self, *arguments, role="shell", text=None, config=False, **more):
        if text:
            with open(os.path.join(self.folder, "compose.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
        started = time.monotonic()
        done = subprocess.run([PROGRAM, *([] if config else ["--no-config"]), *arguments], cwd=self.folder,
                              env=self.environment(role, **more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, check=False)
        self.seconds = time.monotonic() - started
        done.stdout = done.stdout.decode("utf-8", "surrogateescape")
        done.stderr = done.stderr.decode("utf-8", "surrogateescape")
        return done

    def starts(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_the_command_line(self):
        """docker's own, with BatchMode and a limit; the child leads a session and has no terminal."""
        for url, words in [
            ("ssh://me@nas:2222", ["-l", "me", "-p", "2222", "--", "nas", "docker system dial-stdio"]),
            ("ssh://nas", ["--", "nas", "docker system dial-stdio"]),
            ("ssh://me@[fe80::1%25eth0]:22", ["-l", "me", "-p", "22", "--", "fe80::1%eth0",
                                              "docker system dial-stdio"]),
            ("ssh://nas/run/it's/p.sock", ["--", "nas", "docker '--host=unix:///run/it'\\''s/p.sock' system "
                                           "dial-stdio"]),
        ]:
            with self.subTest(url=url):
                self.setUp()
                self.run_it("-H", url, "--docker", "--timeout", "3", role="exit:255:x")
                [start] = self.starts()
                self.assertEqual(start["argv"], ["-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-T", *words])
                self.assertTrue(start["leads_session"])
                self.assertFalse(start["has_terminal"])

    def test_every_place_of_an_address(self):
        self.run_it("--docker", role="exit:255:x", DOCKER_HOST="ssh://one")
        folder = os.path.join(self.folder, ".docker/contexts/meta/x")
        os.makedirs(folder)
        with open(os.path.join(folder, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": "lab", "Metadata": {}, "Endpoints": {"docker": {"Host": "ssh://two",
                                                                               "SkipTLSVerify": False}}}, file)
        self.run_it("--docker", "--context", "lab", role="exit:255:x")
        self.run_it("--docker", role="exit:255:x", DOCKER_CONTEXT="lab")
        self.assertEqual([start["argv"][-2] for start in self.starts()], ["one", "two", "two"])

    def test_faults(self):
        """Each is one line with ssh's own last line, made visible; exit 3, in a check and in questions."""
        for role, status, words in [
            ("exit:255:ssh: connect to host nas port 22: Connection refused\\r\\n", "unreachable",
             "ssh: connect to host nas port 22: Connection refused"),
            ("exit:255:banner\\r\\nme@nas: Permission denied (publickey).\\r\\n", "denied",
             "me@nas: Permission denied (publickey)."),
            ("exit:255:" + CHANGED, "unreachable",
             "Host key for nas has changed and you have requested strict checking."),
            ("exit:255:Host key verification failed.\\r\\n", "unreachable", "Host key verification failed."),
            ("exit:255:", "unreachable", "ssh failed without a message"),
            ("exit:127:sh: 1: docker: not found\\n", "unreachable",
             "docker is not found there: sh: 1: docker: not found"),
            ("exit:1:failed to open the raw stream connection: dial unix /x: connect: permission denied\\n", "denied",
             "failed to open the raw stream connection: dial unix /x: connect: permission denied"),
            ("exit:125:Error: failed to open connection to podman: no such file\\n", "unreachable",
             "Error: failed to open connection to podman: no such file"),
            ("exit:3:", "unreachable", "the command there ended without an answer, exit code 3"),
            ("exit:0:", "bad", "it hung up without an answer"),
            ("exit:255:\\033[31mred\\007\\377 words\\r\\n", "unreachable", "\\x1b[31mred\\x07\\xff words"),
            ("exit:255:" + "w" * 300 + "\\n", "unreachable", "w" * 200),
            ("silent", "unreachable", "no answer within 1 s"),
            ("deaf", "unreachable", "no answer within 1 s"),
            ("endless", "bad", "the shell there prints '" + "x" * 200 + "' before the answer"),
            ("chatty", "unreachable", "no answer within 1 s: debug1: line"),
            ("http:Welcome to nas\\n", "bad", "the shell there prints 'Welcome to nas' before the answer"),
            ("http:SSH-2.0-x\\r\\n", "bad", "the shell there prints 'SSH-2.0-x' before the answer"),
            ("http:HTTP/1.1 200 OK\\r\\n", "bad", "the answer is not HTTP"),
        ]:
            with self.subTest(role=role[:60]):
                self.setUp()
                url = "ssh://me@nas"
                done = self.run_it("-o", "json", "-H", url, "--timeout", "1", role=role,
                                   text="services: {web: {image: a, ports: ['4321:80']}}\n")
                report = json.loads(done.stdout)
                [finding] = report["findings"]
                self.assertEqual((done.returncode, finding["rule"], finding["severity"]), (3, "KP907", "note"))
                message = f"cannot ask the engine at '{url}': {words}"
                if role == "chatty":  # its last line may be half written
                    message = message.removesuffix(": debug1: line")
                    self.assertTrue(finding["message"].startswith(message), finding)
                else:
                    self.assertEqual(finding["message"], message)
                self.assertEqual((report["engine"]["status"], report["engine"]["elsewhere"]), (status, True))
                self.assertFalse(report["summary"]["complete"])
                self.assertLess(self.seconds, 5)
                self.assertEqual(len([start for start in self.starts() if "argv" in start]), 1)
                for start in self.starts():
                    self.assertFalse(is_running(start.get("pid") or start["child"]), start)
        for arguments in (["3000"], ["--docker"], ["--host", "3000"], ["--free", "3000"]):
            done = self.run_it(*arguments, "-H", "ssh://nas", role="exit:255:\\033no\\n")
            self.assertEqual(done.returncode, 3, (arguments, done))
            self.assertIn("cannot ask the engine at 'ssh://nas': \\x1bno", done.stdout + done.stderr)
            self.assertNotIn("\033no", done.stdout + done.stderr)

    def test_no_ssh(self):
        os.remove(os.path.join(self.bin, "ssh"))
        os.mkdir(os.path.join(self.folder, "empty"))
        done = self.run_it("-H", "ssh://nas", "3000", PATH=os.path.join(self.folder, "empty"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("ssh is not installed", done.stdout + done.stderr)

    def test_refused_before_anything_starts(self):
        for url, words in [
            ("ssh://-oProxyCommand=touch@nas", "begins with '-'"), ("ssh://-oProxyCommand=x", "begins with '-'"),
            ("ssh://me:secret@nas", "password"), ("ssh://nas?x=1", "query"), ("ssh://nas#f", "fragment"),
            ("ssh://", "no host"), ("ssh:///x", "no host"), ("ssh://na\ns", "control"), ("ssh://nas/%0a", "control"),
            ("ssh://nas:0", "port"), ("ssh://nas:99999", "port"), ("ssh://a%20b@nas", "blank"),
        ]:
            for arguments in ([], ["3000"], ["--docker"], ["--free", "3000"], ["--assign"],
                              ["--diagnose"], ["--diagnose", "nothing here"], ["3000", "--watch"]):
                with self.subTest(url=url, arguments=arguments):
                    done = self.run_it(*arguments, DOCKER_HOST=url,
                                       text="services: {web: {image: a, ports: ['${P:-4321}:80']}}\n")
                    self.assertEqual(done.returncode, 2, done)
                    self.assertNotIn("secret", done.stdout + done.stderr)
                    if arguments != ["--assign"]:
                        self.assertIn(words, done.stdout + done.stderr)
        self.assertEqual(self.starts(), [])

    def test_sockets_of_this_machine_are_never_mixed_in(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            for role in ("exit:255:no\\n", "exit:127:no\\n"):
                done = self.run_it("-o", "json", "-H", "ssh://nas", role=role,
                                   text=f"services: {{web: {{image: a, ports: ['{port}:80']}}}}\n")
                rules = {finding["rule"] for finding in json.loads(done.stdout)["findings"]}
                self.assertEqual((done.returncode, rules), (3, {"KP907"}))
                for arguments in ([str(port)], ["--host", str(port)], ["--free", f"{port}-{port}"]):
                    done = self.run_it("-H", "ssh://nas", *arguments, role=role)
                    self.assertEqual(done.returncode, 3, done)
                    self.assertNotIn("python", done.stdout)

    def test_an_engine(self):
        """The same report as through the engine's socket, with GET alone, all by one ssh."""
        log = self.serve()
        text = "services: {web: {image: a, ports: ['8080:80']}}\n"
        reports = []
        for host in ("unix://" + self.socket, "ssh://me@nas"):
            done = self.run_it("-o", "json", "--no-host", DOCKER_HOST=host, text=text)
            self.assertEqual(done.returncode, 1, done)
            report = json.loads(done.stdout)
            self.assertEqual(report["engine"].pop("endpoint"), host)
            report["engine"].pop("elsewhere")
            reports.append(report)
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(len(self.starts()), 1)
        with open(log, encoding="utf-8") as file:
            self.assertEqual({line.split()[0] for line in file}, {"GET"})

    def test_sockets_of_that_machine(self):
        """The same ssh prints the tables of /proc/net first; a socket there is a process without a name."""
        self.serve()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            text = f"services: {{web: {{image: a, ports: ['{port}:80']}}}}\n"
            done = self.run_it("-o", "json", "-H", "ssh://me@nas:22", text=text)
            self.assertEqual(done.returncode, 1, done)
            findings = [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] == "KP301"]
            self.assertIn(f"host port {port}/tcp is held by a process on nas", findings[0]["message"])
            self.assertIn(f"ssh -p 22 me@nas sudo ss -lptun sport = :{port}", json.dumps(findings))
            self.assertIn("is free on nas", json.dumps(findings))
            [start] = self.starts()
            self.assertRegex(start["argv"][-1], r"^cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; "
                             r"echo kportscan-[0-9a-f]{16}; exec docker system dial-stdio$")
            self.assertEqual(self.run_it("-H", "ssh://nas", "--free", f"{port}-{port}").returncode, 1)
            done = self.run_it("-H", "ssh://nas", str(port), "-o", "text")
            self.assertEqual(done.returncode, 0)
            self.assertIn("a process on nas", done.stdout)
            self.assertIn("ports only, no process names", " ".join(done.stdout.split()))
            done = self.run_it("-H", "ssh://nas", "--host", str(port), role="noise:hello\\n")
            self.assertIn("a process on nas", done.stdout)
            # Without docker there the tables come all the same.
            done = self.run_it("-H", "ssh://nas", str(port), role="no-docker")
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("a process on nas", done.stdout)
            self.assertIn("docker is not found there: ", done.stdout)
        done = self.run_it("-H", "ssh://nas", str(port), role="no-docker")
        self.assertEqual(done.returncode, 3, done)

    def add_context(self, name, host):
        folder = os.path.join(self.folder, ".docker/contexts/meta", name)
        os.makedirs(folder)
        with open(os.path.join(folder, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}, file)

    def test_several_machines(self):
        """Each has its own sockets; those of this machine are none of theirs."""
        self.serve()
        self.add_context("near", "ssh://nas")
        self.add_context("far", "ssh://box")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            done = self.run_it("--context", "near", "--context", "far", port, "--json", role="by-host:nas")
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("a process on nas", done.stdout)
            self.assertNotIn("a process on box", done.stdout)
            self.assertNotIn("python", done.stdout)
            self.assertIn("far: cannot ask the engine at 'ssh://box': ssh: no route", done.stdout)
            done = self.run_it("--context", "far", "--context", "near", "8080", role="by-host:nas")
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("blog-site-1", done.stdout)

    def test_machines_of_a_repository(self):
        """The projects of a machine behind ssh meet its sockets, and those of another machine do not."""
        self.serve()
        self.add_context("near", "ssh://nas")
        self.add_context("far", "ssh://box")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            for name in ("a", "b"):
                os.mkdir(os.path.join(self.folder, name))
                with open(os.path.join(self.folder, name, "compose.yaml"), "w", encoding="utf-8") as file:
                    file.write(f"services: {{web: {{image: a, ports: ['{port}:80']}}}}\n")
            with open(os.path.join(self.folder, ".kportscan.yaml"), "w", encoding="utf-8") as file:
                file.write("machines:\n  nas: {inputs: [a], context: near}\n  box: {inputs: [b], context: far}\n")
            done = self.run_it(".", "-o", "json", "--config", ".kportscan.yaml", role="by-host:nas", config=True)
            findings = [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] == "KP301"]
            self.assertEqual((done.returncode, len(findings)), (1, 1), done)
            self.assertIn("a/compose.yaml", json.dumps(findings))
            self.assertIn("held by a process on nas", findings[0]["message"])

    def test_sockets_that_cannot_be_seen(self):
        """A key that may only run docker, and a machine without /proc: the report is incomplete and says so."""
        self.serve()
        for role in ("forced", "no-proc"):
            with self.subTest(role=role):
                done = self.run_it("-o", "json", "-H", "ssh://nas", role=role,
                                   text="services: {web: {image: a, ports: ['4321:80']}}\n")
                report = json.loads(done.stdout)
                [finding] = report["findings"]
                self.assertEqual((done.returncode, finding["rule"], finding["severity"]), (3, "KP907", "note"))
                self.assertIn("the sockets of nas cannot be seen", finding["message"])
                self.assertFalse(report["summary"]["complete"])
                self.assertEqual(report["engine"]["status"], "ok")
                self.assertEqual(self.run_it("-H", "ssh://nas", "8080", role=role).returncode, 0)
                self.assertEqual(self.run_it("-H", "ssh://nas", "4321", role=role).returncode, 3)
                self.assertEqual(self.run_it("-H", "ssh://nas", "--no-host", "4321", role=role).returncode, 1)
                done = self.run_it("-H", "ssh://nas", "--free", "4321", role=role)
                self.assertEqual((done.returncode, done.stdout), (3, ""))

    def test_tables_that_are_none(self):
        """Text of a hostile machine between the tables: no crash, no clean answer, bounded time and memory."""
        heading = "  sl  local_address rem_address   st\\n"
        for role in ("http:" + heading + "x" * 5000, "tables:" + heading, "http:" + heading + "0: zz\\n" * 50,
                     "http:" + heading + "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK"):
            with self.subTest(role=role[:60]):
                done = self.run_it("-H", "ssh://nas", "4321", "--timeout", "2", role=role)
                self.assertEqual(done.returncode, 3, done)
                self.assertLess(self.seconds, 8)

    def test_an_engine_behind_a_start_up_file_that_prints(self):
        """What is found stands. docker itself fails there, and the report says so."""
        self.serve()
        done = self.run_it("-o", "json", "--no-host", "-H", "ssh://nas", "8080", role="noise:Hello\\nthere\\n")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("prints 'Hello' before the engine's answer", json.dumps(report))
        done = self.run_it("--no-host", "-H", "ssh://nas", "8081", role="noise:Hello\\nthere\\n")
        self.assertEqual(done.returncode, 3, done)
        done = self.run_it("--no-host", "-H", "ssh://nas", "8080", role="noise:" + "y" * 5000 + "\\n")
        self.assertEqual(done.returncode, 3, done)

    def test_an_engine_of_another_kind(self):
        """Each way of answering that is no fault on a socket is none behind ssh."""
        for faults, code in [(["*=chunks"], 1), (["*=once"], 3), (["/containers/json=status:500"], 3),
                             (["/containers/json=slow"], 3), (["/services=silent"], 1)]:
            with self.subTest(faults=faults):
                self.setUp()
                self.serve(*faults)
                done = self.run_it("-o", "json", "--no-host", "-H", "ssh://nas", "--timeout", "2",
                                   text="services: {web: {image: a, ports: ['8080:80']}}\n")
                self.assertEqual(done.returncode, code, done)

    def test_a_person_may_answer(self):
        """On a terminal ssh may ask: without BatchMode, in the foreground; the terminal comes back afterwards."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve("/bin/sh", ["sh", "-c", f"'{PROGRAM}' -H ssh://nas --docker; stty -a </dev/tty >/dev/null && "
                                  "read line && echo got $line"], self.environment("exit:255:no\\n"))
        os.write(terminal, b"answer\n")
        said = b""
        while True:
            try:
                more = os.read(terminal, 4096)
            except OSError:
                break
            if not more:
                break
            said += more
        os.waitpid(pid, 0)
        os.close(terminal)
        self.assertIn(b"got answer", said)
        [start] = self.starts()
        self.assertNotIn("BatchMode=yes", start["argv"])
        self.assertTrue(start["has_terminal"])


def is_running(pid):
    """A process that was killed may need a moment to end."""
    for _ in range(40):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return False
        except OSError:
            return False
        time.sleep(0.05)
    return True


if __name__ == "__main__":
    unittest.main(verbosity=0)
