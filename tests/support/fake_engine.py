#!/usr/bin/env python3
"""A container engine that is none: serves recorded answers over HTTP, with faults on demand.

usage: fake_engine.py [--log FILE] [--api VERSION] [--tls CERT KEY [CA]] ADDRESS FOLDER [PATH=FAULT...]

ADDRESS is a socket's path or HOST:PORT (port 0: one that is free). When it listens it prints "ready ADDRESS" on stdout.
It ends when its stdin does, so that it never outlives the test that started it.

FOLDER/headers   header lines of every answer; --api says another Api-Version
FOLDER/PATH      the answer to GET /PATH or /v1.N/PATH, also as FOLDER/PATH.json; the query does not count
Without a file the answer is 404 as engines have it. FOLDER "many:N" makes up N running containers instead.

A FAULT holds for one path ("/containers/json"; "*" is every one):
  silent       takes the request and never answers
  late:S       waits S seconds and then answers
  slow         sends a byte every 100 ms
  close        hangs up without an answer
  cut:N        hangs up after N bytes of the body, of a length that was announced
  chunks       sends the body in chunks of 7 bytes: no fault, but another way
  cutchunks    hangs up in the middle of a chunk
  once         answers, then closes the connection without having said so
  status:N     answers with this status and an engine's error message
  plain:N      the same as plain text, as engine 20.10 does for an old client
  html         answers 200 with a web page
  garbage      speaks something else than HTTP
  huge:N       announces and sends N MiB
  endless      sends body for ever, in chunks
  head         sends header lines for ever
  body:TEXT    answers 200 with this text
  follow:FILE  answers without an end: what is written to FILE of FOLDER from now on, as an engine tells its events
"""

import argparse
import json
import os
import re
import select
import socket
import ssl
import sys
import threading
import time


def many(count):
    """The list of an engine with so many containers, each as large as Docker Compose makes them."""
    containers = []
    for i in range(count):
        port = 10000 + i
        containers.append({
            "Id": f"{i:064x}", "Names": [f"/shop-web-{i}"], "Image": "registry.example.com/shop/web:1.25",
            "ImageID": f"sha256:{i:064x}", "Command": "/docker-entrypoint.sh nginx -g 'daemon off;'",
            "Created": 1700000000 + i,
            "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": port, "Type": "tcp"},
                      {"IP": "::", "PrivatePort": 80, "PublicPort": port, "Type": "tcp"},
                      {"PrivatePort": 443, "Type": "tcp"}],
            "Labels": {"com.docker.compose.config-hash": f"{i:064x}", "com.docker.compose.container-number": "1",
                       "com.docker.compose.depends_on": "", "com.docker.compose.image": f"sha256:{i:064x}",
                       "com.docker.compose.oneoff": "False", "com.docker.compose.project": f"shop{i}",
                       "com.docker.compose.project.config_files": f"/srv/shop{i}/compose.yaml",
                       "com.docker.compose.project.working_dir": f"/srv/shop{i}",
                       "com.docker.compose.service": "web", "com.docker.compose.version": "2.26.1",
                       "maintainer": "NGINX Docker Maintainers <docker-maint@nginx.com>"},
            "State": "running", "Status": "Up 2 hours (healthy)",
            "HostConfig": {"NetworkMode": f"shop{i}_default"},
            "NetworkSettings": {"Networks": {f"shop{i}_default": {
                "IPAMConfig": None, "Links": None, "Aliases": None, "MacAddress": "02:42:ac:12:00:02",
                "NetworkID": f"{i:064x}", "EndpointID": f"{i:064x}", "Gateway": "172.18.0.1",
                "IPAddress": f"172.{16 + i // 65536}.{i // 256 % 256}.{i % 256}", "IPPrefixLen": 16,
                "IPv6Gateway": "", "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DriverOpts": None,
                "DNSNames": None}}},
            "Mounts": []})
    return json.dumps(containers, separators=(",", ":")).encode()


class Recordings:
    def __init__(self, folder, api):
        self.folder = folder
        self.headers = b"Api-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\nSwarm: inactive\r\n"
        self.made_up = {}
        if folder.startswith("many:"):
            self.made_up = {"containers/json": many(int(folder[5:])), "_ping": b"OK"}
        elif os.path.exists(os.path.join(folder, "headers")):
            with open(os.path.join(folder, "headers"), "rb") as file:
                self.headers = b"".join(line.rstrip() + b"\r\n" for line in file if line.strip())
        if api:
            self.headers = re.sub(rb"(?m)^(Api-Version: )[0-9.]+", rb"\g<1>" + api.encode(), self.headers)

    def answer(self, path):
        """Status and body for a path without version and query."""
        name = path.strip("/")
        if name in self.made_up:
            return 200, self.made_up[name]
        for candidate in (name, name + ".json"):
            at = os.path.join(self.folder, candidate)
            if not self.made_up and ".." not in name and os.path.isfile(at):
                with open(at, "rb") as file:
                    return 200, file.read()
        if name == "_ping":
            return 200, b"OK"
        return 404, json.dumps({"message": "No such container: " + name}).encode()


class Connection:
    def __init__(self, engine, peer):
        self.engine, self.peer = engine, peer
        self.pending = b""

    def request(self):
        """The next request line, or None at the end of the connection."""
        while b"\r\n\r\n" not in self.pending:
            more = self.peer.recv(65536)
            if not more:
                return None
            self.pending += more
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        return head.split(b"\r\n")[0].decode("latin-1")

    def head(self, status, length, kind="application/json"):
        own = b"Server: nginx\r\n" if kind == "text/html" else self.engine.recordings.headers
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        self.peer.sendall(f"HTTP/1.1 {status} Some Words\r\nContent-Type: {kind}\r\n{framing}\r\n".encode() +
                          own + b"\r\n")

    def whole(self, status, body, kind="application/json"):
        self.head(status, len(body), kind)
        self.peer.sendall(body)

    def chunks(self, body, of=7):
        for at in range(0, len(body), of):
            part = body[at:at + of]
            self.peer.sendall(b"%x\r\n%s\r\n" % (len(part), part))

    def follow(self, path):
        self.head(200, None)
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            while True:
                more = file.read()
                if more:
                    self.chunks(more, len(more))
                if select.select([self.peer], [], [], 0.02)[0] and not self.peer.recv(1):
                    return

    def fault(self, fault, status, body):
        """Plays a fault. Return: whether the connection goes on."""
        name, _, value = fault.partition(":")
        if name == "silent":
            self.engine.over.wait()
        elif name == "late":
            time.sleep(float(value))
            self.whole(status, body)
            return True
        elif name == "slow":
            self.head(status, len(body))
            for at in range(len(body)):
                self.peer.sendall(body[at:at + 1])
                time.sleep(0.1)
        elif name == "cut":
            self.head(status, len(body))
            self.peer.sendall(body[:int(value)])
        elif name in ("chunks", "cutchunks"):
            self.head(status, None)
            self.chunks(body if name == "chunks" else body[:len(body) // 2])
            self.peer.sendall(b"0\r\n\r\n" if name == "chunks" else b"40\r\n[")
            return name == "chunks"
        elif name == "once":
            self.whole(status, body)
        elif name == "status":
            self.whole(int(value), b'{"message":"something went wrong inside"}\n')
            return True
        elif name == "plain":
            self.whole(int(value), b"client version is too old\n", "text/plain; charset=utf-8")
            return True
        elif name == "html":
            self.whole(200, b"<!DOCTYPE html><html><body>Welcome to nginx!</body></html>\n", "text/html")
            return True
        elif name == "garbage":
            self.peer.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" * 3)
        elif name == "huge":
            self.head(200, int(value) << 20)
            self.peer.sendall(b"[" + b" " * ((1 << 20) - 1))
            for _ in range(int(value) - 1):
                self.peer.sendall(b" " * (1 << 20))
        elif name == "endless":
            self.head(200, None)
            self.chunks(b"[")
            while True:
                self.chunks(b" " * (1 << 20), 1 << 16)
        elif name == "head":
            self.peer.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.peer.sendall(b"X-Padding: " + b"x" * 1000 + b"\r\n")
        elif name == "body":
            self.whole(200, value.encode())
            return True
        elif name == "follow":
            self.follow(os.path.join(self.engine.recordings.folder, value))
        elif name != "close":
            sys.exit(f"unknown fault {fault}")
        return False

    def serve(self):
        goes_on = True
        while goes_on:
            line = self.request()
            if line is None:
                return
            self.engine.note(line)
            target = line.split(" ")[1].partition("?")[0]
            path = re.sub(r"^/v1\.\d+(?=/)", "", target)
            status, body = self.engine.recordings.answer(path)
            fault = self.engine.faults.get(path, self.engine.faults.get("*"))
            if fault:
                goes_on = self.fault(fault, status, body)
            else:
                self.whole(status, body)

    def run(self):
        try:
            self.serve()
        except OSError:
            pass  # the other side had enough, which is what several faults are for
        finally:
            self.peer.close()


class Engine:
    def __init__(self, arguments):
        self.recordings = Recordings(arguments.folder, arguments.api)
        self.faults = dict(fault.partition("=")[::2] for fault in arguments.faults)
        self.log = open(arguments.log, "a", encoding="utf-8") if arguments.log else None
        self.over = threading.Event()
        self.tls = None
        if arguments.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(arguments.tls[0], arguments.tls[1])
            if len(arguments.tls) > 2:
                self.tls.load_verify_locations(arguments.tls[2])
                self.tls.verify_mode = ssl.CERT_REQUIRED

    def note(self, line):
        if self.log:
            self.log.write(line + "\n")
            self.log.flush()

    def accept(self, listener):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=self.welcome, args=(peer,), daemon=True).start()

    def welcome(self, peer):
        if peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            try:
                peer = self.tls.wrap_socket(peer, server_side=True)
            except OSError:
                peer.close()
                return
        Connection(self, peer).run()


def listen(address):
    if "/" in address or ":" not in address:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
    else:
        host, _, port = address.rpartition(":")
        listener = socket.create_server((host, int(port)))
        address = "%s:%d" % listener.getsockname()[:2]
    listener.listen(16)
    return listener, address


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log")
    parser.add_argument("--api")
    parser.add_argument("--tls", nargs="+")
    parser.add_argument("address")
    parser.add_argument("folder")
    parser.add_argument("faults", nargs="*")
    arguments = parser.parse_args()
    listener, address = listen(arguments.address)
    engine = Engine(arguments)
    threading.Thread(target=engine.accept, args=(listener,), daemon=True).start()
    print("ready", address, flush=True)
    try:
        sys.stdin.buffer.read()
    except KeyboardInterrupt:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
