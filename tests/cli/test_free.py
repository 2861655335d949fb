"""--free: ports that nothing holds and nothing claims. Sockets are this test's own, on loopback; no engine is asked."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))


def run_it(*arguments, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run([PROGRAM, "--no-docker", "--free", *arguments], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False, **more)


def ports_of(*arguments):
    return [int(line) for line in run_it(*arguments).stdout.split()]


def held(kind=socket.SOCK_STREAM, address="127.0.0.1", reuse=False):
    """-> a bound socket with two free ports above its own, and its port"""
    while True:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        if reuse:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, 0))
        port = sock.getsockname()[1]
        if port < 65000 and ports_of(f"{port + 1}-{port + 2}", "-n", "2") == [port + 1, port + 2]:
            return sock, port
        sock.close()


class Free(unittest.TestCase):
    def test_nothing_but_the_port(self):
        done = run_it("20000")
        self.assertRegex(done.stdout, r"\A[0-9]+\n\Z")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_listens_is_passed_over(self):
        sock, port = held()
        with sock:
            sock.listen(1)
            self.assertEqual(ports_of(f"{port}"), [port + 1])
            self.assertEqual(ports_of(f"{port}", "-n", "2"), [port + 1, port + 2])
            self.assertEqual(ports_of(f"{port}/udp"), [port])
            self.assertEqual(ports_of(f"127.0.0.2:{port}"), [port])
            self.assertEqual(ports_of(f"127.0.0.1:{port}"), [port + 1])
            done = run_it(f"{port}-{port}", "-v")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"{port} is held by python", done.stderr)

    def test_a_port_of_outgoing_connections_that_was_asked_for(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
        done = run_it(f"{first}", "-v")
        self.assertTrue(first <= int(done.stdout) <= last)
        self.assertIn(f"{done.stdout.strip()} is free, but outgoing connections may get it", done.stderr)

    def test_a_url_is_one_port(self):
        self.assertEqual(ports_of("http://localhost:20100/a-b", "-n", "3"), ports_of("127.0.0.1:20100", "-n", "3"))

    def test_a_kernel_without_the_protocol(self):
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
            self.skipTest("this kernel has sctp")
        except OSError as error:
            if error.errno != errno.EPROTONOSUPPORT:
                raise
        for words in ["8080/sctp"], ["8080-8090/sctp", "-n", "2"]:
            done = run_it(*words, "-v")
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertEqual(done.stderr.count("this kernel lacks the protocol"), 2)
            self.assertIn("no port of sctp can be tried", done.stderr)

    def test_a_range_that_is_full(self):
        first, port = held()
        with first, socket.socket() as second:
            second.bind(("127.0.0.1", port + 1))
            first.listen(1)
            second.listen(1)
            done = run_it(f"{port}-{port + 1}")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, f"none of {port}-{port + 1}/tcp is offered: each is held by ")
            self.assertRegex(run_it(f"{port}-{port}").stderr, f"{port}/tcp is held by ")
            done = run_it(f"{port}-{port + 2}", "-n", "2")
            self.assertEqual((done.returncode, done.stdout), (1, f"{port + 2}\n"))
            self.assertIn("only some", done.stderr)

    def test_bound_without_listening_is_found_by_the_probe(self):
        sock, port = held()
        with sock:
            self.assertEqual(ports_of(f"{port}"), [port + 1])

    def test_udp(self):
        sock, port = held(socket.SOCK_DGRAM)
        with sock:
            self.assertEqual(ports_of(f"{port}/udp"), [port + 1])

    def test_ipv6_alone_is_in_the_way(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        try:
            sock, port = held(address="::1")
        except OSError:
            self.skipTest("no ::1 here")
        with sock:
            sock.listen(1)
            self.assertEqual(ports_of(f"{port}"), [port + 1])
            self.assertEqual(ports_of(f"0.0.0.0:{port}"), [port])

    def test_what_files_ask_for(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "compose.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("services: {web: {image: a, ports: ['20000:80', '20001:81/udp', '20002-20005:90-93']}}\n")
            self.assertEqual(ports_of("20000", path), [20001])
            self.assertEqual(ports_of("20000", "-n", "2", path), [20001, 20006])
            self.assertEqual(ports_of("20001/udp", path), [20002])
            done = run_it("20000", "-v", path)
            self.assertIn("20000 is asked for by service web", done.stderr)
            self.assertEqual(run_it("20000", path + ".no").returncode, 2)

    def test_browsers_refuse(self):
        done = run_it("6665-6669", "-v")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("6667 is refused by browsers", done.stderr)
        for words, reason in ("6665-6669", "none of 6665-6669/tcp is offered: each is refused by browsers"), (
                "6667-6667", "6667/tcp is refused by browsers"):
            self.assertIn(reason, run_it(words).stderr)
        self.assertEqual(ports_of("6667/udp"), [6667])

    def test_ports_that_connections_may_get_come_last(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
        if first < 2000 or last > 65000:
            self.skipTest("no port outside of the range")
        found = ports_of(f"{first - 1}", "-n", "2")
        self.assertTrue(found[0] < first and found[1] > last, found)
        found = ports_of(f"{first - 1}-{first + 50}", "-n", "2")
        self.assertTrue(found[0] < first <= found[1], found)
        self.assertTrue(first <= ports_of(f"{first}")[0] <= last)

    def test_reserved_ports_are_passed_over(self):
        if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("sysctl"):
            self.skipTest("no network namespace of its own, or no sysctl")
        settings = "net.ipv4.ip_local_port_range='32768 60999' net.ipv4.ip_local_reserved_ports=33000-33005"
        script = f"sysctl -qw {settings} && exec '{PROGRAM}' --no-docker --free"
        for asked, port in ("33000", "33006"), ("32767", "32767"), ("32768", "32768"):
            done = subprocess.run(["unshare", "-n", "sh", "-c", f"{script} {asked}"], capture_output=True, text=True,
                                  check=False)
            if done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual(done.stdout.split(), [port])
        done = subprocess.run(["unshare", "-n", "sh", "-c", f"{script} 33000-33001"], capture_output=True, text=True,
                              check=False)
        self.assertIn("none of 33000-33001/tcp is offered: each is reserved", done.stderr)

    def test_an_address_of_elsewhere(self):
        done = run_it("192.0.2.1:20000")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("192.0.2.1 is no address of this machine", done.stderr)

    def test_wrong_words(self):
        for words in [("0",), ("70000",), ("9-8",), ("x",), ("20000", "-n", "0"), ("20000", "-o", "sarif"), ("20000", "80")]:
            done = run_it(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)

    def test_json(self):
        report = json.loads(run_it("20000", "-n", "2", "-o", "json").stdout)
        self.assertEqual((report["mode"], len(report["free_ports"])), ("free", 2))
        self.assertEqual(json.loads(run_it("6665-6669", "-o", "json").stdout)["free_ports"], [])


if __name__ == "__main__":
    unittest.main()
