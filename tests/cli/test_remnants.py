#!/usr/bin/env python3
"""usage: test_remnants.py KPORTSCAN - ports without a listener that connections take: the answers against binds."""

import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import own_network

PROGRAM = os.path.abspath(sys.argv.pop(1))
PORT = 26342


def run_it(*arguments, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run([PROGRAM, "--no-docker", *arguments], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False, **more)


def refuse_netlink():
    """Let socket(AF_NETLINK) fail in this process, by a filter of seccomp(2)."""
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    code = b"".join(struct.pack("HBBI", *step) for step in (
        (0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, socket.AF_NETLINK),
        (0x06, 0, 0, 0x00050000 | errno.EAFNOSUPPORT), (0x06, 0, 0, 0x7fff0000)))
    kept = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(kept)))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
        raise OSError("no filter")


def findings_of(*ports, **more):
    """The findings of a Compose project that publishes the ports."""
    with tempfile.TemporaryDirectory(prefix="kportscan-remnants-") as folder:
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            json.dump({"services": {"web": {"image": "nginx", "ports": list(ports)}}}, file)
        done = run_it("--json", folder, **more)
        return json.loads(done.stdout)["findings"], done.returncode


def can_bind(address, port=PORT, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
        except OSError:
            return False
        return True


class Remnants(unittest.TestCase):
    def connection(self, address, port=PORT, to=None, reuse=False):
        """An accepted connection whose listener is closed -> both ends."""
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
            if ":" in address:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((address, port))
            listener.listen(1)
            client = socket.create_connection((to or address, port))
            server = listener.accept()[0]
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end leaves no TIME_WAIT
        self.addCleanup(server.close)
        self.addCleanup(client.close)
        return server, client

    def test_a_connection_of_ipv6_takes_0_0_0_0_too(self):
        self.connection("::", to="::1")
        for address, free in ("0.0.0.0", False), ("::1", False), ("127.0.0.1", True):
            self.assertEqual(can_bind(address), free, address)
            place = f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"
            self.assertEqual(run_it(place).returncode, int(free), address)
            self.assertEqual([f["rule"] for f in findings_of(f"{place}:80")[0]], [] if free else ["KP307"], address)

    def test_a_connected_udp_socket_of_ipv6_takes_0_0_0_0_too(self):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(("::", PORT))
            sock.connect(("::1", PORT + 1))
            for address, free in ("0.0.0.0", False), ("127.0.0.1", True):
                self.assertEqual(can_bind(address, kind=socket.SOCK_DGRAM), free, address)
                self.assertEqual(run_it(f"{address}:{PORT}/udp").returncode, int(free), address)
                self.assertEqual(len(findings_of(f"{address}:{PORT}:80/udp")[0]), 1 - free, address)

    def test_what_a_living_socket_says_decides(self):
        for reuse, address, rules in (False, "127.0.0.1", ["KP307"]), (True, "127.0.0.1", ["KP301"]), (False, "::", ["KP307"]):
            server, client = self.connection(address, to="::1" if ":" in address else None, reuse=reuse)
            self.assertEqual(can_bind("0.0.0.0"), reuse)
            findings, code = findings_of(f"0.0.0.0:{PORT}:80")
            self.assertEqual([f["rule"] for f in findings], rules)
            self.assertEqual((code, findings[0]["severity"]), (0, "note") if reuse else (1, "error"))
            client.close()
            server.close()

    def test_udp_is_refused_whatever_the_option(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", PORT))
            sock.connect(("127.0.0.1", PORT + 1))
            findings, code = findings_of(f"{PORT}:80/udp")
            self.assertEqual((code, findings[0]["rule"], findings[0]["severity"]), (1, "KP307", "error"))
            self.assertNotIn("SO_REUSEADDR", str(findings))

    def test_an_address_got_by_bind_takes_no_ipv4(self):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", PORT))
            sock.connect(("::1", PORT + 1))
            self.assertTrue(can_bind("0.0.0.0", kind=socket.SOCK_DGRAM))
            self.assertEqual((run_it(f"0.0.0.0:{PORT}/udp").returncode, findings_of(f"0.0.0.0:{PORT}:80/udp")), (1, ([], 0)))

    def test_free_ports_nearby_are_free(self):
        with socket.create_server(("127.0.0.1", PORT)):
            self.connection("127.0.0.1", PORT + 1)
            server, client = self.connection("127.0.0.1", PORT + 2)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
            server.close()
            client.close()
            done = run_it("-o", "text", str(PORT))
            self.assertRegex(done.stdout, rf"free near +{PORT + 3} {PORT + 4} {PORT + 5}")
            self.assertEqual(run_it("--free", str(PORT)).stdout, f"{PORT + 3}\n")

    @unittest.skipUnless(os.uname().machine in ("x86_64", "aarch64"), "a system call's number is not known")
    def test_without_netlink_bound_sockets_are_not_seen(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", PORT))
            done = run_it(str(PORT), preexec_fn=refuse_netlink)
            self.assertEqual(done.returncode, 3)
            self.assertIn("bound and do not listen were not looked at", done.stdout + done.stderr)
            findings, code = findings_of(f"{PORT}:80", preexec_fn=refuse_netlink)
            self.assertEqual((code, [f["rule"] for f in findings]), (3, ["KP907"]))
            self.assertEqual(run_it(f"{PORT}/udp", preexec_fn=refuse_netlink).returncode, 1)
            sock.listen(1)
            self.assertEqual(run_it(str(PORT), preexec_fn=refuse_netlink).returncode, 0)

    def test_a_socket_among_the_descriptors_of_a_thread(self):
        alone, ends = threading.Event(), threading.Event()

        def hold():
            if ctypes.CDLL(None).unshare(0x400) == 0:  # CLONE_FILES
                alone.set()
                ends.wait()

        sock = socket.create_server(("127.0.0.1", PORT))
        thread = threading.Thread(target=hold)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ends.set)
        self.assertTrue(alone.wait(10))
        sock.close()
        owner = json.loads(run_it("--json", str(PORT)).stdout)["claims"][0]["owner"]
        self.assertEqual((owner["pid"], owner["hidden"]), (os.getpid(), None))

    def test_words_of_a_closed_connection(self):
        server, client = self.connection("127.0.0.1", PORT + 9, reuse=True)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        server.close()
        client.close()
        said = run_it("-o", "text", str(PORT + 9)).stdout
        self.assertRegex(said, r"\n +ends +the kernel frees the port in \d+ s")
        self.assertIn("a server that sets SO_REUSEADDR may have the port now", " ".join(said.split()))
        self.assertTrue(can_bind("127.0.0.1", PORT + 9))

    def test_no_port_of_elsewhere_is_called_free(self):
        said = run_it("-o", "text", "203.0.113.9:8080").stdout
        self.assertIn("203.0.113.9:8080: nothing listens on it", said)
        self.assertIn("no address of this machine", said)


if __name__ == "__main__":
    own_network.enter()
    unittest.main()
