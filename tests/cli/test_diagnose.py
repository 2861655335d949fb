"""--diagnose: streams, bounds, and who holds the port, against sockets of this test's own on loopback."""

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../manifests/schema/report.schema.json")
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def run_it(*arguments, text="", **more):
    if "stdin" not in more:
        more["input"] = text
    return subprocess.run([PROGRAM, "--diagnose", *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=600, check=False, **more)


def report_of(*arguments, text):
    done = run_it("--no-docker", "-o", "json", *arguments, text=text)
    report = json.loads(done.stdout)
    with contextlib.suppress(ImportError):
        import jsonschema
        with open(SCHEMA, encoding="utf-8") as file:
            jsonschema.validate(report, json.load(file))
    return done.returncode, report


class Streams(unittest.TestCase):
    TEXT = "Error: listen EADDRINUSE: address already in use :::3000\n"

    def start(self, *arguments):
        child = subprocess.Popen([PROGRAM, "--diagnose", "--lint", *arguments], env=ENVIRONMENT, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stdin.close)
        return child

    def test_file_pipe_and_dash_are_the_same(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write(self.TEXT)
            log.flush()
            found = [run_it("--lint", log.name), run_it("--lint", text=self.TEXT), run_it("--lint", "-", text=self.TEXT)]
            with open(log.name, encoding="utf-8") as file:
                found.append(run_it("--lint", stdin=file))
            name = log.name
        self.assertEqual([done.returncode for done in found], [0, 0, 0, 0])
        self.assertEqual(len({done.stdout.replace(name, "<stdin>") for done in found}), 1)
        self.assertIn("port 3000/tcp is in use", found[0].stdout)

    def test_a_failure_without_a_rule_in_each_format(self):
        text = "listen tcp 192.0.2.1:80: bind: cannot assign requested address\n"
        for name in "text", "short", "json", "html":
            with self.subTest(format=name):
                done = run_it("--lint", "-o", name, text=text)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("192.0.2.1", done.stdout)

    def test_the_engine_speaks_of_the_machine(self):
        text = ("driver failed programming external connectivity on endpoint web (0f1e): Error starting userland proxy: "
                "listen tcp4 192.0.2.1:443: bind: cannot assign requested address\n")
        self.assertIn("192.0.2.1 is no address of the machine: the Docker Engine could not", run_it("--lint", text=text).stdout)

    def test_a_name_for_standard_input(self):
        done = run_it("--lint", "--stdin-filename", "up.log", text=self.TEXT)
        self.assertTrue(done.stdout.startswith("up.log:1:"), done.stdout)

    def test_the_message_itself(self):
        message = "Bind for 0.0.0.0:3000 failed: port is already allocated"
        done = run_it("--lint", message)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("<message>:1:"), done.stdout)
        self.assertIn("port 3000 is published by another container", done.stdout)
        self.assertEqual(run_it("--lint", "listen EADDRINUSE:::3000").returncode, 0)
        done = run_it("--lint", "all is well with it")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        done = run_it("--lint", "no-such-file.log")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot read 'no-such-file.log'", done.stdout)

    def test_a_port_that_is_free_now(self):
        for message, words in [("listen EADDRINUSE: address already in use 127.0.0.1:1",
                                "port 1/tcp was in use; nothing here has it now"),
                               ("failed to bind host port 0.0.0.0:1/tcp: address already in use",
                                "port 1/tcp was in use; nothing here has it now"),
                               ("Bind for 0.0.0.0:1 failed: port is already allocated",
                                "no engine could be asked here")]:
            for form in ("short", "text", "json"):
                done = run_it("--no-docker", "-o", form, message)
                self.assertIn(words, " ".join(done.stdout.split()), form)
                self.assertNotIn("another container has", done.stdout)
            self.assertNotIn("; or ", run_it("--no-docker", "-o", "short", message).stdout)
        self.assertNotIn("twice", run_it("--no-docker", "-o", "text", "Bind for 0.0.0.0:1 failed: port is already allocated").stdout)

    def test_a_failure_without_a_reason(self):
        for message in "Failed to bind to 127.0.0.1:1", "error: failed to listen on port 1":
            done = run_it("--no-docker", "-o", "text", message)
            words = " ".join(done.stdout.split())
            self.assertIn("does not say why; nothing here has it now", words)
            self.assertIn("there are several reasons", words)
            self.assertNotIn("KP301", words)
            self.assertNotIn("was in use", words)

    def test_every_part_of_a_long_line(self):
        """The message begins at each kind of place: at a seam of two pieces, beside one, far behind."""
        message = "listen EADDRINUSE: address already in use 127.0.0.1:3000"
        for before in (0, 2560, 3070, 3550, 4090, 6140, 200000):
            done = run_it("--lint", "-o", "text", text="x" * before + " " + message + " " + "y" * 20000 + "\n")
            self.assertEqual((before, done.returncode), (before, 0))
            self.assertEqual((before, done.stdout.count("port 3000/tcp is in use")), (before, 1))
            self.assertNotIn("times in the log", done.stdout)

    def test_a_log_among_the_inputs_of_a_check(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text, words in [("up.log", self.TEXT, "kportscan --diagnose up.log"),
                                      ("compose.yaml", "# " + self.TEXT + "services: {}\n", "")]:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run([PROGRAM, "--lint", name], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                                      timeout=60, check=False)
                self.assertEqual((done.returncode == 2, words in done.stdout), (bool(words), True), done.stdout)

    def test_a_message_without_quotes(self):
        done = run_it("Bind", "for", "0.0.0.0:3000", "failed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("a message goes in quotes", done.stderr)

    def test_a_file_named_like_a_port(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "3000"), "w", encoding="utf-8") as log:
                log.write(self.TEXT)
            self.assertEqual(run_it("--lint", "3000", cwd=folder).returncode, 0)

    def test_the_answer_does_not_wait_for_the_end(self):
        """docker compose up runs on, and Ctrl-C ends both."""
        child = self.start()
        child.stdin.write(b"web-1  | " + self.TEXT.encode())
        child.stdin.flush()
        self.assertIn(b"port 3000/tcp", child.stdout.readline())
        self.assertIsNone(child.poll())
        child.stdin.write(b"web-1  | " + self.TEXT.encode() + b"web-1  | Port 4000 is already in use\n")
        child.stdin.flush()
        self.assertIn(b"port 4000/tcp", child.stdout.readline())  # 3000 was told already
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(30), -signal.SIGINT)

    def test_a_writer_that_never_pauses(self):
        child = self.start()
        child.stdin.write(self.TEXT.encode())
        child.stdin.flush()
        os.set_blocking(child.stdout.fileno(), False)
        found = b""
        deadline = time.monotonic() + 30
        while not found and time.monotonic() < deadline:
            child.stdin.write(b"GET / 200\n")
            child.stdin.flush()
            time.sleep(0.02)
            found = child.stdout.readline() or b""
        self.assertIn(b"port 3000/tcp", found)

    def test_the_last_line_needs_no_end(self):
        self.assertEqual(run_it("--lint", text=self.TEXT.rstrip("\n")).returncode, 0)

    def test_a_trace_in_two_pieces_is_one_error(self):
        child = self.start()
        child.stdin.write(b"2026-11-23 UTC [1] LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use\n")
        child.stdin.flush()
        time.sleep(0.05)
        child.stdin.write(b"2026-11-23 UTC [1] HINT:  Is another postmaster already running on port 5432?\n")
        child.stdin.close()
        lines = child.stdout.read().decode().splitlines()
        self.assertEqual(len(lines), 1)
        self.assertIn("port 5432/tcp", lines[0])

    def test_a_terminal_gets_frames(self):
        master, slave = pty.openpty()
        with tempfile.NamedTemporaryFile("w") as log:
            log.write(self.TEXT)
            log.flush()
            done = subprocess.run([PROGRAM, "--diagnose", "--lint", log.name], env={**ENVIRONMENT, "TERM": "dumb"},
                                  stdout=slave, stderr=slave, stdin=subprocess.DEVNULL, timeout=60, check=False)
        os.close(slave)
        found = os.read(master, 65536).decode()
        os.close(master)
        self.assertEqual(done.returncode, 0)
        self.assertIn("^^^^", found)
        self.assertIn("= help:", found)


class BadInput(unittest.TestCase):
    def test_no_port_error_says_so(self):
        for text in ["", "Server listening on port 3000\n", "connect ECONNREFUSED 127.0.0.1:5432\n"]:
            done = run_it("--lint", text=text)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("no port error in '<stdin>'", done.stderr)
            self.assertEqual(run_it("--lint", "-qq", text=text).stderr, "")

    def test_json_is_complete_when_there_is_nothing(self):
        code, report = report_of("--lint", text="nothing\n")
        self.assertEqual((code, report["mode"], report["findings"], report["claims"]), (1, "diagnose", [], []))
        self.assertEqual(report["inputs"][0]["kind"], "log")

    def test_binary(self):
        with open(PROGRAM, "rb") as program:
            done = run_it("--lint", stdin=program)
        self.assertEqual(done.returncode, 2)
        self.assertIn("binary", done.stdout)
        with open(PROGRAM, "rb") as program:
            done = run_it("--lint", "-o", "json", stdin=program)
        self.assertEqual((done.returncode, json.loads(done.stdout)["inputs"][0]["status"]), (2, "failed"))

    def test_unreadable(self):
        for path, words in [("/nonexistent/x.log", "No such file"), ("/", "Is a directory")]:
            done = run_it("--lint", path)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stdout)

    def test_endless(self):
        for endless, code in [("y", 1), ("Error: Port 3000 is already in use", 0)]:
            yes = subprocess.Popen(["yes", endless], stdout=subprocess.PIPE)
            done = run_it("--lint", stdin=yes.stdout)
            yes.stdout.close()
            yes.wait(10)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn("only the first 32 MiB of '<stdin>' were read", done.stderr)
            self.assertLess(len(done.stdout), 1000)

    def test_one_endless_line(self):
        done = run_it("--lint", text="x" * (20 << 20) + " Error: Port 3000 is already in use\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("port 3000", done.stdout)


class Holders(unittest.TestCase):
    def hold(self, kind=socket.SOCK_STREAM):
        held = socket.socket(socket.AF_INET, kind)
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            held.listen(1)
        return held.getsockname()[1]

    def test_a_listener_is_us(self):
        port = self.hold()
        code, report = report_of(text=f"Error: listen EADDRINUSE: address already in use 127.0.0.1:{port}\n")
        self.assertEqual(code, 0)
        finding, = report["findings"]
        self.assertEqual((finding["rule"], finding["port"]), ("KP301", {"protocol": "tcp", "first": port, "last": port}))
        wanted, holder = finding["parties"]
        self.assertEqual((wanted["address"], wanted["location"]["line"]), ("127.0.0.1", 1))
        self.assertEqual((holder["role"], holder["kind"], holder["pid"]), ("holder", "process", os.getpid()))
        self.assertEqual([claim["basis"] for claim in report["claims"]], ["held", "wish"])
        self.assertIn(f"kill {os.getpid()}", [help_["command"] for help_ in finding["help"] if "command" in help_])

    def test_text_names_us(self):
        port = self.hold()
        done = run_it("--no-docker", "-o", "text", text=f"listen tcp 127.0.0.1:{port}: bind: address already in use\n")
        self.assertIn(f"held by: process {os.getpid()}", done.stdout)
        self.assertIn("by itself:", done.stdout)

    def test_udp_and_tcp_are_not_mixed_up(self):
        port = self.hold(socket.SOCK_DGRAM)
        _, report = report_of(text=f"Error: bind EADDRINUSE 127.0.0.1:{port}\n")
        self.assertEqual(report["findings"][0]["parties"][1]["pid"], os.getpid())
        _, report = report_of(text=f"Error: listen EADDRINUSE 127.0.0.1:{port}\n")
        self.assertEqual(len(report["findings"][0]["parties"]), 1)

    def test_another_address_is_not_in_the_way(self):
        port = self.hold()
        _, report = report_of(text=f"Error: listen EADDRINUSE: address already in use 127.0.0.2:{port}\n")
        self.assertEqual(len(report["findings"][0]["parties"]), 1)
        self.assertTrue(any("nothing on this machine has" in note for note in report["findings"][0]["notes"]))

    def test_inside_a_container_it_is_another_network(self):
        port = self.hold()
        _, report = report_of(text=f"web-1  | Error: listen EADDRINUSE: address already in use 127.0.0.1:{port}\n")
        self.assertTrue(any("ports of its own" in note for note in report["findings"][0]["notes"]))
        self.assertIn("which matters only if it uses the host's network", report["findings"][0]["parties"][1]["label"])


class SocketFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "app.sock")

    def notes(self):
        code, report = report_of(text=f'could not bind Unix address "{self.path}": Address already in use\n')
        self.assertEqual(code, 0)
        return report["findings"][0]

    def bind(self, kind=socket.SOCK_STREAM):
        held = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(held.close)
        held.bind(self.path)
        return held

    def test_live(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            held = self.bind(kind)
            if kind == socket.SOCK_STREAM:
                held.listen(1)
            finding = self.notes()
            self.assertTrue(any("it is live" in note for note in finding["notes"]), finding)
            self.assertIn(f"process {os.getpid()}", finding["parties"][1]["label"])
            held.close()
            os.unlink(self.path)

    def test_stale(self):
        self.bind().close()
        finding = self.notes()
        self.assertTrue(any("it is stale" in note for note in finding["notes"]), finding)
        self.assertIn(f"rm {self.path}", [help_.get("command") for help_ in finding["help"]])

    def test_replaced(self):
        """Two sockets with one path, the file is the second one's, which is closed: the first does not count."""
        self.bind().listen(1)
        os.unlink(self.path)
        self.bind().close()
        self.assertTrue(any("it is stale" in note for note in self.notes()["notes"]))

    def test_a_connection_left_over_is_no_listener(self):
        listener = self.bind()
        listener.listen(1)
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(self.path)
        served, _ = listener.accept()
        self.addCleanup(served.close)
        listener.close()
        self.assertTrue(any("it is stale" in note for note in self.notes()["notes"]))

    def test_absent_and_no_socket(self):
        self.assertTrue(any("no such file here" in note for note in self.notes()["notes"]))
        with open(self.path, "w", encoding="utf-8"):
            pass
        self.assertTrue(any("it is no socket" in note for note in self.notes()["notes"]))

    def test_it_is_not_touched(self):
        held = self.bind()
        held.listen(1)
        held.setblocking(False)
        self.notes()
        with self.assertRaises(BlockingIOError):
            held.accept()


if __name__ == "__main__":
    unittest.main()
