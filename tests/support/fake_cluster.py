#!/usr/bin/env python3
"""A Kubernetes API server made of recorded answers, for tests of what reads a cluster.

usage: fake_cluster.py (--unix PATH | --port PORT) [--log FILE] [--fault WHAT]... [--cert FILE --key FILE] [--token FILE]
                       FOLDER
       kubectl proxy --unix-socket=PATH ...      (called by the name of kubectl: what kubectl's proxy does)

FOLDER holds an answer a file, named after its path: api_v1_pods.json for /api/v1/pods. Lists are cut into pages as
`limit` and `continue` say. Called as kubectl, folder, log and faults come from FAKE_CLUSTER, FAKE_CLUSTER_LOG and
FAKE_CLUSTER_FAULTS (separated by blanks).

With --cert and --key it speaks TLS; with --token a request without the token that FILE has now is answered with 401.
`kubectl config view` prints FAKE_CLUSTER_NAMESPACE.

Faults: RESOURCE=STATUS           every request of the resource (pods, nodes, …; all) has this status
        RESOURCE=STATUS*N         only the first N requests
        RESOURCE=STATUS@N         only the N-th request
        RESOURCE=cut              the body breaks off
        RESOURCE=html             a web page
        RESOURCE=empty            {} with status 200
        RESOURCE=failure          a Status of a failure with status 200
        RESOURCE=same-token       the next page is always the same
        RESOURCE=hang             no answer
        RESOURCE=huge             a body without an end
        namespace-only            lists of all namespaces are forbidden
        late=SECONDS              the socket appears late; refuse=TEXT: kubectl ends with TEXT on stderr
        die=N                     the server ends at the N-th request
"""

import base64
import json
import os
import re
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse


class World:
    def __init__(self, folder, faults, log):
        self.folder, self.log = folder, log
        self.faults = dict(fault.split("=", 1) if "=" in fault else (fault, "") for fault in faults)
        self.counts, self.requests, self.token = {}, 0, None
        self.lock = threading.Lock()

    def fault(self, resource):
        """The fault of this request of a resource."""
        text = self.faults.get(resource, self.faults.get("all", ""))
        status, _, most = text.partition("*")
        status, _, only = status.partition("@")
        with self.lock:
            count = self.counts[resource] = self.counts.get(resource, 0) + 1
            return "" if (most and count > int(most)) or (only and count != int(only)) else status


def failure(code, message):
    return code, json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                             "message": message, "code": code}).encode()


def page_of(world, path, query, fault):
    parts = path.strip("/").split("/")
    resource = parts[-1]
    namespace = ""
    if "namespaces" in parts:
        at = parts.index("namespaces")
        namespace = parts[at + 1]
        del parts[at:at + 2]
    elif "namespace-only" in world.faults and resource != "version":
        return failure(403, f'{resource} is forbidden: User "dev" cannot list resource "{resource}" in API group "" '
                            "at the cluster scope")
    name = os.path.join(world.folder, "_".join(parts) + ".json")
    if not os.path.exists(name):
        return 404, b"404 page not found\n"
    with open(name, "rb") as file:
        document = json.load(file)
    if "items" not in document:
        return 200, json.dumps(document).encode()
    items = [item for item in document["items"]
             if not namespace or item["metadata"].get("namespace") == namespace]
    limit = int(query.get("limit", ["0"])[0]) or len(items)
    if "page-size" in world.faults:
        limit = min(limit, int(world.faults["page-size"]))
    token = query.get("continue", [""])[0]
    first = int(base64.b64decode(token)) if token else 0
    document["items"] = items[first:first + limit]
    document["metadata"].pop("continue", None)
    if first + limit < len(items):
        document["metadata"]["continue"] = base64.b64encode(str(first + limit).encode()).decode()
    if fault == "same-token":
        document["metadata"]["continue"] = base64.b64encode(b"0").decode()
    return 200, json.dumps(document).encode()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            line = self.rfile.readline(65536).decode("latin-1").strip()
            if not line:
                return
            headers = {}
            while (header := self.rfile.readline(65536).decode("latin-1").strip()):
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            self.answer(line, headers)

    def answer(self, line, headers):
        world = self.server.world
        method, target, _ = line.split(" ", 2)
        with world.lock:
            world.requests += 1
            if world.log:
                with open(world.log, "a", encoding="utf-8") as log:
                    log.write(f"{method} {target} {headers.get('host', '')}\n")
            if world.requests == int(world.faults.get("die", "0")):
                os._exit(1)
        url = urllib.parse.urlsplit(target)
        resource = url.path.strip("/").split("/")[-1]
        fault = world.fault(resource)
        if fault == "hang":
            time.sleep(3600)
        code, body = page_of(world, url.path, urllib.parse.parse_qs(url.query), fault)
        extra = ""
        if method != "GET" or headers.get("host", "").split(":")[0] not in ("localhost", "127.0.0.1"):
            code, body = 403, b"Forbidden\n"
        elif world.token and headers.get("authorization") != "Bearer " + open(world.token, encoding="utf-8").read().strip():
            code, body = failure(401, "Unauthorized")
        elif fault.isdigit():
            code, body = failure(int(fault), "Unauthorized" if fault == "401" else f"{resource}: status {fault}")
            extra = "Retry-After: 1\r\n" if fault in ("429", "504") else ""
        elif fault == "html":
            body = b"<html><body>login</body></html>"
        elif fault == "empty":
            body = b"{}"
        elif fault == "failure":
            body = failure(0, "not today")[1]
        length = len(body)
        if fault == "cut":
            body = body[:len(body) // 2]
            length = len(body)
        if fault == "huge":
            body, length = b" " * 1024 * 1024, 1 << 40
        head = f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\n{extra}Content-Length: {length}\r\n\r\n"
        self.wfile.write(head.encode() + body)
        while fault == "huge":
            self.wfile.write(body)


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True


def serve(server, world):
    server.world = world
    server.serve_forever()


def as_kubectl(arguments):
    faults = os.environ.get("FAKE_CLUSTER_FAULTS", "").split()
    refused = [fault for fault in faults if fault.startswith("refuse=")]
    if arguments[:2] == ["config", "get-contexts"]:
        print("prod\nstaging")
        return
    if arguments[:2] == ["config", "view"]:
        print(os.environ.get("FAKE_CLUSTER_NAMESPACE", ""), end="")
        return
    if refused:
        sys.exit(refused[0].partition("=")[2].replace("_", " "))
    if os.environ.get("FAKE_CLUSTER_ARGV"):
        with open(os.environ["FAKE_CLUSTER_ARGV"], "w", encoding="utf-8") as file:
            file.write("\n".join(arguments))
    path = [re.sub("^--unix-socket=", "", word) for word in arguments if word.startswith("--unix-socket=")][0]
    world = World(os.environ["FAKE_CLUSTER"], faults, os.environ.get("FAKE_CLUSTER_LOG"))
    time.sleep(float(world.faults.get("late", "0")))
    serve(Unix(path, Handler), world)


def main():
    if os.path.basename(sys.argv[0]) == "kubectl":
        as_kubectl(sys.argv[1:])
        return
    options = {"--fault": [], "--log": None}
    words = sys.argv[1:]
    while words and words[0].startswith("--"):
        name, value = words[0], words[1]
        if name == "--fault":
            options[name].append(value)
        else:
            options[name] = value
        words = words[2:]
    world = World(words[0], options["--fault"], options["--log"])
    world.token = options.get("--token")
    if "--unix" in options:
        serve(Unix(options["--unix"], Handler), world)
        return
    server = Tcp(("127.0.0.1", int(options["--port"])), Handler)
    if "--cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["--cert"], options["--key"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    serve(server, world)


if __name__ == "__main__":
    main()
