#!/usr/bin/env python3
"""usage: test_remnants.py KPORTSCAN - ports without a listener that connections take: the answers against binds."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest

import own_network

PROGRAM = os.path.abspath(sys.argv.pop(1))
PORT = 26342


def run_it(*arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run([PROGRAM, "--no-docker", *arguments], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False)


def findings_of(*ports):
    """The findings of a Compose project that publishes the ports."""
    with tempfile.TemporaryDirectory(prefix="kportscan-remnants-") as folder:
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            json.dump({"services": {"web": {"image": "nginx", "ports": list(ports)}}}, file)
        done = run_it("--json", folder)
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
        self.addCleanup(client.close)
        self.addCleanup(server.close)
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


if __name__ == "__main__":
    own_network.enter()
    unittest.main()
