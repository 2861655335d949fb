"""Who holds a port: the query modes against sockets of this test's own, on loopback. No engine is asked."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import other_user

PROGRAM = os.path.abspath(sys.argv.pop(1))
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../manifests/schema/report.schema.json")

MANIFEST = """apiVersion: v1
kind: Pod
metadata: {{name: agent}}
spec:
  containers:
    - name: agent
      image: agent
      ports:
        - containerPort: 80
          hostPort: {}
"""


def run_it(*arguments, **extra):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    program = other_user.copy_of(PROGRAM) if "user" in extra else PROGRAM
    return subprocess.run([program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, timeout=60, check=False,
                          **extra)


def report_of(*arguments):
    done = run_it("-o", "json", "--no-docker", *arguments)
    report = json.loads(done.stdout)
    try:
        import jsonschema
    except ImportError:
        return done.returncode, report
    with open(SCHEMA, encoding="utf-8") as file:
        jsonschema.validate(report, json.load(file))
    return done.returncode, report


def free_port():
    return int(run_it("--no-docker", "--free", "20000").stdout)


class Query(unittest.TestCase):
    def hold(self, kind=socket.SOCK_STREAM, address="127.0.0.1", listens=True, family=socket.AF_INET):
        """-> the port of a socket of ours"""
        held = socket.socket(family, kind)
        self.addCleanup(held.close)
        held.bind((address, 0))
        if listens and kind == socket.SOCK_STREAM:
            held.listen(1)
        return held.getsockname()[1]

    def test_a_listener_is_us(self):
        port = self.hold()
        for arguments in [(str(port),), ("--host", str(port)), (f"{port}/tcp",), (f"127.0.0.1:{port}",),
                          (f"0.0.0.0:{port}",)]:
            code, report = report_of(*arguments)
            self.assertEqual(code, 0, arguments)
            self.assertEqual(report["mode"], "host" if "--host" in arguments else "ports")
            [claim] = report["claims"]
            self.assertEqual((claim["basis"], claim["address"], claim["first"], claim["scope"]),
                             ("held", "127.0.0.1", port, "host"))
            self.assertEqual((claim["owner"]["kind"], claim["owner"]["pid"]), ("process", os.getpid()))
            self.assertEqual(claim["owner"]["parents"][0]["pid"], os.getppid())

    def test_forms_that_people_paste(self):
        port = self.hold()
        for word in [f":{port}", f"*:{port}", f"localhost:{port}", f"http://localhost:{port}/x", f"tcp://127.0.0.1:{port}",
                     f"{port},{port}", f"{port}:80", f"127.0.0.1:{port}:80", f"tcp/{port}", f"127.0.0.1%lo:{port}",
                     f"*%lo:{port}", f"tcp://u:secret@127.0.0.1:{port}/x"]:
            code, report = report_of(word)
            self.assertEqual((code, [claim["first"] for claim in report["claims"]]), (0, [port]), word)
            self.assertEqual(report_of("--port", word)[0], 0)
        for word in [f"[::1]:{port}", f"udp/{port}", f"http://[::1]:{port}", f"[::1]%lo:{port}", f"[::1%lo]:{port}"]:
            self.assertEqual(report_of(word)[0], 1, word)
        done = run_it(f"http://example.org:{port}/")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"is a place on host 'example.org', not this machine; type: kportscan {port}", done.stderr)

    def test_a_password_is_never_echoed(self):
        for words in (["postgres://u:secret@example.org:5432/db"], ["postgres://u:secret@localhost:99999/db"],
                      ["postgres://u:secret@localhost:54x/db"], ["other://u:secret@localhost/db"],
                      ["--port", "postgres://u:secret@x:5/"], ["--free", "postgres://u:secret@localhost:5x/"],
                      ["postgres://u:secret@localhost:5432/db", "compose.yaml"], ["-H", "tcp://u:secret@x:1/", "80"]):
            done = run_it(*words)
            self.assertIn(done.returncode, (2, 3), words)
            self.assertIn("u:***@", done.stdout + done.stderr)
            self.assertNotIn("secret", done.stdout + done.stderr)
        with subprocess.Popen([PROGRAM, "--no-docker", "postgres://u:secret@localhost:17397/a-b", "--watch"],
                              stdout=subprocess.PIPE, text=True) as program:
            self.assertIn("  postgres://u:***@localhost:17397/a-b  free", program.stdout.readline())
            program.send_signal(signal.SIGINT)

    def test_both_protocols_of_one_process_are_one_block(self):
        port = self.hold()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(udp.close)
        udp.bind(("127.0.0.1", port))
        text = run_it("-o", "text", "--no-docker", str(port)).stdout
        self.assertTrue(text.startswith(f"{port}/tcp and {port}/udp are held by "), text)
        self.assertEqual(text.count(f"(pid {os.getpid()})"), 2, text) # in the title and at its block
        self.assertIn(f"    listens on    127.0.0.1:{port} (tcp and udp)\n", text)
        self.assertEqual(len(report_of(str(port))[1]["claims"]), 2)

    def test_a_hidden_process_is_a_process(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody from whom processes are hidden")
        port = self.hold()
        done = run_it("-o", "json", "--no-docker", str(port), user=other_user.NOBODY)
        self.assertEqual(done.returncode, 0)
        owner = json.loads(done.stdout)["claims"][0]["owner"]
        self.assertEqual([owner[key] for key in ("kind", "hidden", "pid", "name", "cmdline")],
                         ["process", "permission", None, None, None])
        self.assertIn(f"{port}/tcp is held by", run_it("-o", "text", "--no-docker", str(port), user=other_user.NOBODY).stdout)

    def test_a_connection_is_no_listener(self):
        """The port of a client's own end blocks a server all the same."""
        with socket.create_connection(("127.0.0.1", self.hold())) as client:
            port = client.getsockname()[1]
            text = run_it("-o", "text", "--no-docker", str(port)).stdout
        self.assertIn(f"holds         127.0.0.1:{port}, for a connection; it does not listen", text)

    def test_nobody(self):
        port = self.hold()
        for word in [f"{port}/udp", f"127.0.0.2:{port}", f"[::1]:{port}", "1"]:
            code, report = report_of(word)
            self.assertEqual((code, report["claims"]), (1, []), word)
        done = run_it("-o", "text", "--no-docker", f"{port}/udp")
        self.assertTrue(done.stdout.startswith(f"{port}/udp is free: nothing listens on it\n"), done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_every_state_is_found(self):
        listener = self.hold()
        connection = socket.create_connection(("127.0.0.1", listener))
        self.addCleanup(connection.close)
        ports = [listener, connection.getsockname()[1], self.hold(socket.SOCK_DGRAM)]
        if tuple(int(number) for number in os.uname().release.split(".")[:2]) >= (6, 8):
            ports.append(self.hold(listens=False)) # older kernels do not list it
        for port in ports + [free_port()]:
            done = run_it("-o", "json", "--no-docker", str(port))
            self.assertEqual(done.returncode, 0 if port in ports else 1)

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_questions_bind_nothing(self):
        for words in (["1"], [str(self.hold())], ["--host"], ["1-40000"], ["127.0.0.9:1"], ["10.255.255.1:1"]):
            done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=bind", "-o", "/dev/stderr", PROGRAM, "--no-docker",
                                   *words], capture_output=True, text=True,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            if "ptrace" in done.stderr:
                self.skipTest("strace may not trace here")
            self.assertNotIn("bind(", done.stderr, words)

    def test_nothing_is_left_of_a_question(self):
        port = free_port()
        for _ in range(20):
            self.assertEqual(run_it("--no-docker", str(port)).returncode, 1)
            with socket.socket() as ours:
                ours.bind(("127.0.0.1", port))

    def test_many_at_once_do_not_see_each_other(self):
        port = str(free_port())
        for _ in range(6):
            asked = [subprocess.Popen([PROGRAM, "--no-docker", "-o", "short", port], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True) for _ in range(16)]
            answers = [one.communicate() + (one.returncode,) for one in asked]
            self.assertEqual(set(answers), {("", "", 1)})

    def test_a_range_names_its_ports(self):
        port = self.hold()
        text = run_it("-o", "text", "--no-docker", f"{port}-{port + 1}").stdout
        self.assertTrue(text.startswith(f"{port}-{port + 1}: "), text)
        self.assertIn(f"  {port}/tcp  python", text)

    def test_an_address_of_elsewhere(self):
        done = run_it("-o", "text", "--no-docker", f"192.0.2.1:{free_port()}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("192.0.2.1 is no address of this machine", done.stdout)
        self.assertNotIn("no address", run_it("-o", "text", "--no-docker", f"127.0.0.1:{free_port()}").stdout)

    def test_udp_and_ranges(self):
        udp = self.hold(socket.SOCK_DGRAM)
        code, report = report_of(f"{max(udp - 2, 1)}-{min(udp + 2, 65535)}/udp")
        self.assertEqual(code, 0)
        self.assertIn((udp, "udp"), [(claim["first"], claim["protocol"]) for claim in report["claims"]])

    def test_both_families_are_one_holder(self):
        if not socket.has_dualstack_ipv6():
            self.skipTest("no IPv6 here")
        port = self.hold(address="::", family=socket.AF_INET6)
        _, report = report_of(str(port))
        self.assertEqual([claim["address"] for claim in report["claims"]], [None])
        text = run_it("-o", "text", "--no-docker", str(port)).stdout
        self.assertIn("    listens on    every address\n", text)

    def test_the_list(self):
        port = self.hold()
        code, report = report_of("--host")
        self.assertEqual(code, 0)
        self.assertIn(port, [claim["first"] for claim in report["claims"]])
        lines = run_it("--no-docker", "--host").stdout.splitlines()
        self.assertEqual(len([line for line in lines if line.startswith(f"{port}/tcp 127.0.0.1 held ")]), 1)

    def test_sockets_of_sctp_are_not_looked_at(self):
        done = run_it("-o", "text", "--no-docker", f"{free_port()}/sctp")
        self.assertEqual(done.returncode, 3)
        self.assertIn("sockets were not looked at", done.stdout)
        for form in ("short", "json"):
            done = run_it("-o", form, "--no-docker", f"{free_port()}/sctp")
            self.assertEqual(done.returncode, 3)
            self.assertIn("sockets of sctp were not looked at", done.stdout)
            self.assertIn("KP907", done.stdout)

    def test_ports_in_one_argument(self):
        done = run_it("3000 5432")
        self.assertEqual(done.returncode, 2)
        self.assertIn("type: kportscan 3000 5432", done.stdout + done.stderr)

    def test_a_remnant_is_named_once(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            client = socket.create_connection(("127.0.0.1", port))
            inside, _ = server.accept()
            inside.close()
            client.close()
        text = run_it("-o", "short", "--no-docker", str(port)).stdout
        self.assertRegex(text, "TIME_WAIT of 1 closed connection\n")

    def test_several_questions(self):
        first, second = self.hold(), self.hold()
        text = run_it("-o", "text", "--no-docker", str(first), "1", str(second)).stdout
        self.assertLess(text.index(f"{first}/tcp is held"), text.index("1 is free"))
        self.assertLess(text.index("1 is free"), text.index(f"{second}/tcp is held"))
        self.assertIn(f"kill {os.getpid()}", text)

    def test_localhost_is_two(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        port = self.hold()
        script = ("import socket, sys; s = socket.socket(socket.AF_INET6); s.bind(('::1', int(sys.argv[1]))); "
                  "s.listen(1); print('ready', flush=True); sys.stdin.read()")
        with subprocess.Popen([sys.executable, "-c", script, str(port)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as other:
            if other.stdout.readline() != b"ready\n":
                self.skipTest("no ::1 here")
            _, report = report_of(str(port))
            other.stdin.close()
        self.assertEqual(len(report["claims"]), 2)
        [note] = report["notes"]
        self.assertIn(f"127.0.0.1:{port} reaches", note)
        self.assertIn(f"(pid {os.getpid()}), [::1]:{port} reaches", note)
        self.assertIn(f"(pid {other.pid})", note)

    def test_shared_by_reuseport(self):
        ours = socket.socket()
        self.addCleanup(ours.close)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ours.bind(("127.0.0.1", 0))
        ours.listen(1)
        port = ours.getsockname()[1]
        script = ("import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); "
                  "s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(1); print('ready', flush=True); sys.stdin.read()")
        with subprocess.Popen([sys.executable, "-c", script, str(port)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as other:
            self.assertEqual(other.stdout.readline(), b"ready\n")
            _, report = report_of(str(port))
            other.stdin.close()
        self.assertEqual(len(report["claims"]), 2)
        self.assertIn("share the address (SO_REUSEPORT)", report["notes"][0])

    def test_a_free_port_that_connections_may_get(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first = int(file.read().split()[0])
        free = next(port for port in range(first, first + 100) if report_of(str(port))[0] == 1)
        self.assertIn("ip_local_port_range", report_of(str(free))[1]["notes"][0])

    def test_an_engine_that_was_named_must_answer(self):
        done = run_it("-H", "unix:///nonexistent/docker.sock", "1")
        self.assertEqual(done.returncode, 3)
        self.assertIn("/nonexistent/docker.sock", done.stdout)

    def test_a_machine_is_a_node_on_demand(self):
        port = self.hold()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pod.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(MANIFEST.format(port))
            self.assertEqual(report_of(path)[1]["findings"], [])
            code, report = report_of("--host", path)
        self.assertEqual(code, 0)
        [finding] = report["findings"]
        self.assertEqual((finding["rule"], finding["severity"], finding["certainty"]), ("KP301", "warning", "possible"))
        self.assertEqual([party["kind"] for party in finding["parties"]], ["k8s-container", "process"])
        self.assertEqual(finding["parties"][1]["pid"], os.getpid())

    def test_watch(self):
        held = socket.socket()
        held.bind(("127.0.0.1", 0))
        held.listen(1)
        port = held.getsockname()[1]
        with subprocess.Popen([PROGRAM, "--no-docker", str(port), "--watch", "0.05"], stdout=subprocess.PIPE,
                              text=True) as program:
            self.assertIn(f"  {port}  held: ", program.stdout.readline())
            held.close()
            self.assertRegex(program.stdout.readline(), rf"  {port}  free: .* \(pid {os.getpid()}\) on .* let go\n")
            held = socket.socket()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", port))
            held.listen(1)
            line = program.stdout.readline()
            held.close()
            program.send_signal(signal.SIGINT)
            self.assertEqual(program.wait(30), 0)
        self.assertRegex(line, rf"  {port}  came back after [0-9.]+ s: .* \(pid {os.getpid()}\) on 127.0.0.1:{port}, "
                               rf"started by .* \(pid {os.getppid()}\)\n")

    def test_watch_in_a_format(self):
        """Each change is a whole report: the first at once, also of everything that listens."""
        for ask in ("--host", "--host {}"):
            with self.subTest(ask), socket.socket() as first, socket.socket() as second:
                first.bind(("127.0.0.1", 0))
                first.listen(1)
                port = first.getsockname()[1]
                command = [PROGRAM, *ask.format(port).split(), "-o", "json", "--watch=0.05"]
                with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
                    watchdog = threading.Timer(30, program.kill)
                    watchdog.start()
                    report = self.next_report(program)
                    self.assertEqual((report["mode"], self.addresses(report, port)), ("host", {"127.0.0.1"}))
                    second.bind(("127.0.0.2", port))
                    second.listen(1)
                    while len(self.addresses(report, port)) < 2:
                        report = self.next_report(program)
                    watchdog.cancel()
                    program.send_signal(signal.SIGTERM)
                    self.assertEqual(program.wait(30), 0)

    @staticmethod
    def next_report(program):
        """A report is a line. Other sockets of the machine come and go."""
        return json.loads(program.stdout.readline())

    @staticmethod
    def addresses(report, port):
        return {claim["address"] for claim in report["claims"] if claim["first"] == port}

    def test_watch_ends_when_nobody_reads_it(self):
        for form in ([], ["-o", "json"]):
            for has_read in (False, True):
                with subprocess.Popen([PROGRAM, "--no-docker", "17399", "--watch=3600", *form], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) as program:
                    if has_read:
                        program.stdout.readline()
                    program.stdout.close()
                    self.assertEqual(program.wait(30), -signal.SIGPIPE)
                    self.assertEqual(program.stderr.read(), b"")

    def test_watch_is_silent(self):
        with subprocess.Popen([PROGRAM, "--no-docker", "17398", "--watch=0.05", "-qq"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as program:
            time.sleep(0.5)
            program.send_signal(signal.SIGINT)
            self.assertEqual((program.communicate(timeout=30)[0], program.returncode), (b"", 0))

    def test_watch_ends_when_a_report_cannot_be_written(self):
        done = run_it("--host", "-o", "json=/dev/full", "--watch")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("cannot write '/dev/full'", done.stderr)

    def test_formats_for_checks_are_refused(self):
        done = run_it("-o", "sarif", "1")
        self.assertEqual((done.returncode, done.stdout), (2, ""))


class Helpers(unittest.TestCase):
    """Programs of engines, as a process shows them: by its name and its arguments."""

    HOLD = "import socket,sys,time; s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET); " \
           "s.family == socket.AF_INET6 and s.setsockopt(41, 26, 1); s.bind((sys.argv[1], int(sys.argv[2]))); " \
           "s.listen(1); print(flush=True); time.sleep(600)"

    def hold(self, name, address, port, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            os.symlink(os.path.realpath(sys.executable), path)
            code = self.HOLD.replace("sys.argv[1]", repr(address)).replace("sys.argv[2]", repr(port))
            held = subprocess.Popen([path, "-S", "-E", "-c", code, *arguments], stdout=subprocess.PIPE)
            self.addCleanup(held.stdout.close)
            self.addCleanup(held.wait)
            self.addCleanup(held.kill)
            held.stdout.readline()
            return held.pid

    def proxies(self, name, port):
        """docker-proxy under a name of its own, for both families"""
        return [self.hold(name, address, port, "-proto", "tcp", "-host-ip", address, "-host-port", str(port),
                          "-container-ip", "172.17.0.2", "-container-port", "80") for address in ("0.0.0.0", "::")]

    def test_proxies_by_their_arguments(self):
        for name in ("docker-proxy", "docker-proxy-26.1", "forward"):
            port = free_port()
            pids = self.proxies(name, port)
            report = report_of(str(port))[1]
            self.assertEqual([(c["owner"]["name"], c["owner"]["pid"]) for c in report["claims"]],
                             [("docker-proxy", pid) for pid in pids])
            text = run_it("--no-docker", "-o", "text", str(port)).stdout
            self.assertNotIn("kill ", text)
            self.assertIn("container 172.17.0.2:80 has it, and no engine was asked", " ".join(text.split()))
            self.assertIn(f"kportscan {port}", text)
        port = free_port()
        self.hold("forward", "0.0.0.0", port, "-proto", "tcp", "-host-port", str(port), "-container-ip", "172.17.0.2",
                  "-container-port", "80")
        self.assertIn("kill ", run_it("--no-docker", "-o", "text", str(port)).stdout)

    def test_dockerd_beside_others(self):
        for name, is_ended in ("dockerd-26.1", False), ("dockerd", False), ("dockerd-exporter", True):
            port = free_port()
            self.hold(name, "0.0.0.0", port)
            self.assertEqual("kill " in run_it("--no-docker", "-o", "text", str(port)).stdout, is_ended, name)

    def test_two_holders_beside_manifests_are_one_finding(self):
        port = free_port()
        pids = self.proxies("docker-proxy", port)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pod.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(MANIFEST.format(port) + "---\n" + MANIFEST.format(port).replace("agent", "other"))
            findings = [f for f in report_of("--host", path)[1]["findings"] if f["rule"][:3] == "KP3"]
            self.assertEqual([f["rule"] for f in findings], ["KP302"])
            self.assertEqual([(p["role"], p.get("pid")) for p in findings[0]["parties"]],
                             [("primary", None), ("holder", pids[0]), ("holder", pids[1]), ("other", None)])
            self.hold("node", "127.0.0.1", port + 1)
            self.hold("postgres", "::1", port + 1)
            with open(path, "w", encoding="utf-8") as file:
                file.write(MANIFEST.format(port + 1))
            findings = report_of("--host", path)[1]["findings"]
        self.assertEqual([f["rule"] for f in findings], ["KP301"])
        self.assertEqual([p["name"] for p in findings[0]["parties"][1:]], ["node", "postgres"])


if __name__ == "__main__":
    unittest.main()
