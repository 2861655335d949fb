#!/usr/bin/env python3
"""Hostile files for every reader: any one byte many times, pieces of syntax many times, good files with a part missing or
another byte in any place.

usage: hostile.py [--bytes N] [--seconds N] [--kinds KIND,...] [--readers NAME,...] KPORTSCAN

KINDS are bytes (all 256), tokens, layers, cuts and swaps; N (default 65536) is the size of the first three. Each run ends by itself
with an exit code of the manual, within SECONDS of CPU (the kernel ends it else) and MEGABYTES of memory; what is printed
is JSON, with no character that a terminal must not get raw. A line for each reader names the run with the most CPU, the
last line the one of all. A run's memory counts from that of this program on, which reads reports of 32 MB: where this
program had more than MEGABYTES, its own peak is the bound.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile

SECONDS = 10  # without --seconds
MEGABYTES = 256
COMPOSE = b"""name: shop
services:
  web: {image: x, ports: ["${PORT:-8080}:80", "127.0.0.1:8080-8081:81/udp"], env_file: [more.env]}
  db:
    extends: {service: web}
    ports: [{target: 80, published: "8080", protocol: tcp}]
"""
POD = b"""apiVersion: apps/v1
kind: Deployment
metadata: {name: p, annotations: {kportscan/ignore: KP201 -- known}}
spec:
  replicas: 2
  template:
    spec:
      containers: [{name: a, ports: [{containerPort: 80, hostPort: 9100}]}, {name: b, ports: [{containerPort: 80}]}]
"""
LIST = (b'{"kind":"List","apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"nodeName":'
        b'"n","containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":9100}]}]},"status":{"phase":"Running"}}]}')
# Name: the file, the arguments, what stands before the hostile bytes, a good file.
READERS = {
    "compose": ("compose.yaml", ["--lint", "compose.yaml"], b"", COMPOSE),
    "ports": ("compose.yaml", ["--lint", "compose.yaml"], b'services: {a: {image: x, ports: ["', b"8080:80"),
    "marks": ("compose.yaml", ["--lint", "compose.yaml"], b"# kportscan: ignore KP101 -- x\n" * 800, b"services: {}\n"),
    "dotenv": (".env", ["--lint", "-f", "good.yaml"], b"", b"PORT=${A:-80} # x\nexport B='c'\nC=\"$B\\n\"\n"),
    "value": (".env", ["--lint", "-f", "good.yaml"], b"PORT=", b"${A:-${B-8080}}"),
    "stdin": ("-", ["--lint", "-"], b"", COMPOSE),
    "manifest": ("pod.yaml", ["--lint", "pod.yaml"], b"apiVersion: v1\nkind: Pod\nx: ", POD),
    "kustomize": ("kustomization.yaml", ["--lint", "."], b"",
                  b"namePrefix: a-\nresources: [good.yaml]\npatches: [{target: {kind: Pod}, patch: '[]'}]\n"),
    "log": ("log", ["--diagnose", "--no-docker", "--no-host", "log"], b"",
            b"web-1 | Error: listen EADDRINUSE: address already in use :::3000\nBind for 0.0.0.0:80 failed: port is "
            b"already allocated\nlisten tcp 127.0.0.1:443: bind: permission denied\n"),
    "settings": (".kportscan.yaml", ["--lint", "-f", "good.yaml"], b"",
                 b"fail-on: warning\nexclude: ['a/**']\nrules: {KP305: off}\nnodes: 3\n"),
    "baseline": ("base", ["--lint", "--baseline", "base", "-f", "good.yaml"], b"",
                 b"version: 1\nfindings:\n- {fingerprint: 0123456789abcdef, rule: KP101, path: a, message: b}\n"),
    "quadlet": ("x.container", ["--lint", "x.container"], b"", b"[Container]\nImage=x\nPublishPort=127.0.0.1:80-81:80\n"),
    "socket": ("x.socket", ["--lint", "x.socket"], b"[Socket]\nListenStream=", b"[::1]:80\nListenDatagram=%i\n"),
    "kind": ("kind.yaml", ["--lint", "kind.yaml"], b"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: ",
             b"[{role: worker, extraPortMappings: [{containerPort: 80, hostPort: 80}]}]\n"),
    "kube-play": ("play.yaml", ["--lint", "--kube-play", "play.yaml"], b"", POD),
    "dump": ("dump.json", ["--against", "dump.json", "--", "good-pod.yaml"], b"", LIST),
    "items": ("dump.json", ["--against", "dump.json"], b'{"kind":"List","apiVersion":"v1","items":[', b"{}]}"),
    "docker": ("docker/config.json", ["--docker", "--no-host"], b"", b'{"currentContext": "lab", "auths": {"a": {}}}'),
    "context": ("docker/contexts/meta/a/meta.json", ["--docker", "--no-host", "--context", "lab"], b"",
                b'{"Name": "lab", "Endpoints": {"docker": {"Host": "unix:///nowhere.sock", "SkipTLSVerify": false}}}'),
}
TOKENS = ("[", "{", "- ", "a: ", "a: b\n", "? ", "&a [*a, ", "*a ", "<<: *a\n", "!!binary ", "%TAG ! x\n", "---\n", "...\n",
          "${A:-", "$A", "$$", "'", '"', "\\", '\\"', "\\n", ",", "],", "{},", '{"a":', "[1,", "1e9", "0x", "#", "# x\n", "\r\n",
          "\t", "\ufeff", "\u202e", "\u0085", "\U0001f600", "8080:80\n", "- 8080:80\n", "services:\n", "kind: Pod\n---\n",
          "A=$A$A\n", "A=1\n", "export ", "EADDRINUSE ", ":::3000 ", "0.0.0.0:", "[::]:80 ", "127.0.0.1:80->80/tcp, ",
          "port is already allocated ", "listen tcp 0.0.0.0:80: bind: address already in use ", "Error: ", "web-1  | ",
          "Bind for 0.0.0.0:8080 failed: port is already allocated\n", "at x (y:1:2)\n", "port ", "ListenStream=80\n",
          "PublishPort=80\n", "[Container]\n", "%i", "%%", "${a:", "<<a", "{a", "__A_", "@A", ";", "=", "KP101 ", "kportscan: ignore KP101 -- x\n", "../", "a/**",
          "resources:\n- .\n", "port in use ", "port taken ", "code 98 ", "EADDRINUSE: ", "[errno 98] ", "using 80 ", "x-a: 1\n",
          "- $A\n", "{{ .Values.x }}", '{"kind":"Pod"},', "|\n  ", ">-\n", "a\x00b", "\x1b[31m")
OTHERS = b"\x00\xff\n\"'{[:,$\\9"


def layers(size):
    """Files of a project in which documents of a line and services change what others of many lines have."""
    n = size // 2 // 20
    one_service = b"services:\n  a:\n    image: x\n    ports:\n" + b"".join(b"    - '%d'\n" % (i % 60000 + 1) for i in range(n))
    services = b"services:\n" + b"".join(b"  s%d: {image: x}\n" % i for i in range(n))
    volumes = b"volumes:\n" + b"".join(b"  v%d: {driver: local}\n" % i for i in range(n))
    environment = b"services:\n  a:\n    image: x\n    environment:\n" + b"".join(b"      V%d: x\n" % i for i in range(n))
    one_line = b"---\nservices: {a: {image: x}}\n"
    yield "documents over many ports", repeat(one_service, b"---\nservices: {a: {ports: ['1']}}\n", size)
    yield "documents over ports of a service", repeat(one_service, one_line, size)
    yield "documents over many services", repeat(services, b"---\nservices: {s1: {tty: true}}\n", size)
    yield "documents over many volumes", repeat(b"services: {a: {image: x}}\n" + volumes, one_line, size)
    yield "documents over one of many volumes", repeat(volumes, b"---\nvolumes: {v1: {driver: local}}\n", size)
    yield "documents over many variables", repeat(environment, b"---\nservices: {a: {environment: {V1: y}}}\n", size)
    yield "services over many services", (services, b"---\n", services)
    yield "bases of many ports", (one_service, *(b"  s%d: {extends: a}\n" % i for i in range(size // 2 // 24)))


def repeat(head, text, size):
    """The head and `text` up to so many bytes, in parts: the memory of a program counts from that of this one on."""
    n = (size - len(head)) // len(text)
    block = text * min(n, 65536 // len(text))
    n_blocks = n // (len(block) // len(text)) if block else 0
    return (head, *[block] * n_blocks, text * (n - n_blocks * len(block) // len(text)))


def hostile_files(kinds, size, head, good):
    """Yields (what it is, the parts of its bytes)."""
    if "bytes" in kinds:
        for byte in range(256):
            yield f"byte {byte:#x}", repeat(head, bytes([byte]), size)
    if "tokens" in kinds:
        for token in TOKENS:
            text = token.encode()
            yield f"token {token!r}", repeat(head, text, size)
    if "layers" in kinds and good is COMPOSE:
        yield from layers(size)
    if "cuts" in kinds:
        for at in range(len(good)):
            yield f"cut at {at}", (head, good[:at])
            yield f"without byte {at}", (head, good[:at], good[at + 1:])
    if "swaps" in kinds:
        for at in range(len(good)):
            for other in OTHERS:
                yield f"{other:#x} at {at}", (head, good[:at], bytes([other]), good[at + 1:])


def write(path, *parts):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.writelines(parts)


def is_safe(text):
    return all(c in "\n\t" or c.isprintable() for c in text)


def complaint_of(code, out, err, usage):
    if code not in (0, 1, 2, 3):
        return f"exit {code}: {err[-300:]!r}"
    if usage.ru_maxrss > max(MEGABYTES << 10, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss):
        return f"{usage.ru_maxrss >> 10} MB of memory"
    try:
        if out:
            json.loads(out)
    except ValueError as error:
        return f"broken JSON: {error}"
    if not is_safe(err.decode("utf-8", "surrogateescape")):
        return f"raw characters on stderr: {err[-300:]!r}"
    return None


def run_once(program, folder, reader, content, seconds=SECONDS):
    """-> (complaint, CPU seconds)"""
    name, arguments, _, _ = READERS[reader]
    shutil.rmtree(folder, ignore_errors=True)
    write(f"{folder}/good.yaml", b"services: {a: {image: x, ports: ['${PORT:-80}:80']}}\n")
    write(f"{folder}/good-pod.yaml", POD)
    write(f"{folder}/{name if name != '-' else 'input'}", *content)
    environment = {"PATH": os.defpath, "HOME": folder, "DOCKER_CONFIG": f"{folder}/docker", "LC_ALL": "C.UTF-8"}

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with open(f"{folder}/input" if name == "-" else os.devnull, "rb") as stdin, tempfile.TemporaryFile() as out, \
            tempfile.TemporaryFile() as err:
        child = subprocess.Popen([program, "-o", "json", *arguments], cwd=folder, env=environment, stdin=stdin, stdout=out,
                                 stderr=err, preexec_fn=limit)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return (complaint_of(child.returncode, out.read(), err.read(), usage), usage.ru_utime + usage.ru_stime)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=65536)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--kinds", default="bytes,tokens,layers,cuts,swaps")
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument("kportscan")
    options = parser.parse_args()
    program, faults, runs, most = os.path.abspath(options.kportscan), [], 0, (0, "")
    workers = os.cpu_count()
    with tempfile.TemporaryDirectory() as parent, concurrent.futures.ThreadPoolExecutor(workers) as pool:
        folders = queue.SimpleQueue()
        for worker in range(workers):
            folders.put(os.path.join(parent, str(worker)))

        def work(reader, content):
            folder = folders.get()
            try:
                return run_once(program, folder, reader, content, options.seconds)
            finally:
                folders.put(folder)
        for reader in options.readers.split(","):
            waiting, slowest = [], (0, "")
            files = hostile_files(options.kinds.split(","), options.bytes, *READERS[reader][2:])
            for what, content in itertools.chain(files, [(None, ())]):
                if what:
                    waiting.append((what, pool.submit(work, reader, content)))
                while waiting and (len(waiting) > 2 * workers or not what):
                    what_was, result = waiting.pop(0)
                    complaint, seconds = result.result()
                    runs += 1
                    slowest = max(slowest, (seconds, f"{reader}, {what_was}"))
                    if complaint:
                        faults.append(f"{reader}, {what_was}: {complaint}")
            most = max(most, slowest)
            print(f"hostile: {slowest[0]:.2f} s, {slowest[1]}", flush=True)
    for fault in faults[:50]:
        print("FAULT:", fault)
    print(f"hostile: {runs} files, {len(faults)} faults; the most CPU: {most[0]:.2f} s, {most[1]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
