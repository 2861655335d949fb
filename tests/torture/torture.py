#!/usr/bin/env python3
"""Fail every allocation and many system calls of small runs, one after another.

usage: torture.py KPORTSCAN FAILING_ALLOC.so RELAY [SECONDS]

Each run must end by itself, without a signal, and tell the truth: an allocation that fails ends in exit code 2 (or the
answer of the undisturbed run, where a library did without the memory), a failing system call in any answer but a clean
one that differs. What is printed as JSON is complete, or nothing. Exit 77: strace may not trace here, system calls are
then left out. SECONDS bounds the whole (default 900): each mode has its share, so that no mode is left out. Engine and API
server are the fakes of tests/support, behind RELAY (relay.c) where the program starts ssh or kubectl.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, LIBRARY, RELAY = map(os.path.abspath, sys.argv[1:4])
SECONDS = float(sys.argv[4]) if len(sys.argv) > 4 else 900
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENGINE = os.path.join(TESTS, "engines/docker-20.10")
CLUSTER = os.path.join(TESTS, "cluster/recorded")
CALLS = ("openat", "read", "fstat,newfstatat", "lseek", "getdents64", "write", "socket", "connect", "sendto,sendmsg",
         "recvfrom,recvmsg", "poll")
COMPOSE = """services:
  web: {image: x, ports: ["${PORT:-8080}:80"]}
  db: {image: x, ports: ["8080:5432"], env_file: [more.env]}
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: a, image: x, ports: [{containerPort: 80, hostPort: 9100}]}
  - {name: b, image: x, ports: [{containerPort: 80}]}
"""
LOG = "Error: listen EADDRINUSE: address already in use :::3000\n"
MODES = {
    "compose": ["--lint", "-o", "json", "compose.yaml"],
    "compose-text": ["--lint", "-o", "text", "compose.yaml"],
    "compose-sarif": ["--lint", "-o", "sarif", "compose.yaml"],
    "diff": ["--lint", "--diff", "compose.yaml"],
    "kube": ["--lint", "-o", "json", "pod.yaml"],
    "folder": ["--lint", "-o", "json", "project"],
    "diagnose": ["--diagnose", "--no-docker", "--no-host", "-o", "json", "log"],
    "query": ["--no-docker", "-o", "json", "65001"],
    "list": ["--host", "--no-docker", "-o", "json"],
    "explain": ["--explain", "KP101"],
    "rules": ["--list-rules", "-o", "json"],
    "engine": ["--docker", "--no-host", "-o", "json"],
    "engine-check": ["--no-host", "-o", "json", "compose.yaml"],
    "engine-log": ["--diagnose", "--no-host", "-o", "json", "log"],
    "contexts": ["--docker", "--no-host", "--context", "*", "-o", "json"],
    "ssh": ["--docker", "--docker-host", "ssh://nas", "-o", "json"],
    "cluster": ["--cluster", "-o", "json"],
    "apply": ["--cluster", "-o", "json", "pod.yaml"],
    "against": ["--against", "dump.json", "-o", "json", "pod.yaml"],
    "assign": ["--assign", "--no-docker", "-o", "json", "compose.yaml"],
    "hook": ["kportscan", "docker-cli-plugin-hooks",
             '{"RootCmd": "compose", "CommandError": "Bind for 0.0.0.0:8080 failed: port is already allocated"}'],
    "watch": ["--watch=0.1", "--no-docker", "-o", "json", "65001"],
}
# The answer depends on the moment, so it may differ from the undisturbed one.
OF_THE_MOMENT = ("list", "query", "watch", "assign")
WATCH_SECONDS, WATCH_SECONDS_TRACED = 0.4, 1.5


class Fault(Exception):
    pass


def command_of(mode, folder):
    program = os.path.join(folder, "bin/docker-kportscan") if mode == "hook" else PROGRAM
    return [program, *MODES[mode]]


def end(child):
    """A signal to the whole group: strace ends without its child, and may keep a signal to the child for itself."""
    for _ in range(30):
        os.killpg(child.pid, signal.SIGTERM)
        try:
            return child.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            pass
    os.killpg(child.pid, signal.SIGKILL)
    raise subprocess.TimeoutExpired(child.args, 60)


def run(mode, command, folder, **environment):
    """-> (exit code, stdout, stderr). --watch has no end of its own: it gets a signal, and may end by it."""
    environment.update(PATH=f"{folder}/bin:{os.environ['PATH']}", HOME=folder, TMPDIR=folder, XDG_RUNTIME_DIR=folder,
                       DOCKER_CONFIG=f"{folder}/docker", KPS_ENGINE_SOCKET=f"{folder}/engine.sock",
                       KPS_CLUSTER_SOCKET=f"{folder}/cluster.sock")
    if mode not in ("contexts", "ssh"):
        environment["DOCKER_HOST"] = f"unix://{folder}/engine.sock"
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, start_new_session=True)
    seconds = WATCH_SECONDS_TRACED if command[0] == "strace" else WATCH_SECONDS
    try:
        out, err = child.communicate(timeout=seconds if mode == "watch" else 60)
    except subprocess.TimeoutExpired:
        if mode != "watch":
            child.kill()
            child.communicate()
            raise
        out, err = end(child)
    return 0 if mode == "watch" and child.returncode == -signal.SIGTERM else child.returncode, out, err


def is_json(mode):
    return "json" in MODES[mode] or "sarif" in MODES[mode]


def check(mode, what, clean, got):
    code, out, err = got
    if code < 0 or code > 3:
        if code == 127 and b"shared librar" in err:
            return  # the loader failed, the program never ran
        raise Fault(f"{mode}, {what}: exit {code}: {err[-200:]!r}")
    if is_json(mode) and out and code != 2:
        try:
            for text in out.splitlines() if mode == "watch" else [out]:
                json.loads(text)
        except ValueError as error:
            raise Fault(f"{mode}, {what}: exit {code} with broken JSON: {error}") from None
    if code == clean[0] or mode in OF_THE_MOMENT or mode == "hook":
        return
    if code in (0, 1) and code != clean[0] and b"incomplete" not in out and b'"complete": false' not in out:
        raise Fault(f"{mode}, {what}: exit {code} instead of {clean[0]}, and nothing says why")


def fail_allocations(mode, folder, deadline):
    arguments = command_of(mode, folder)
    counted = os.path.join(folder, ".count")
    clean = run(mode, arguments, folder, LD_PRELOAD=LIBRARY, KPS_COUNT_ALLOCS=counted)
    if mode == "watch":
        return fail_some_allocations(mode, folder, clean)
    with open(counted, encoding="utf-8") as file:
        most = int(file.read())
    os.unlink(counted)
    numbers = range(1, most + 1)
    for runs, number in enumerate(numbers):
        if time.monotonic() > deadline:
            return runs, most
        fail_allocation(mode, folder, clean, number)
    return most, most


def fail_allocation(mode, folder, clean, number):
    got = run(mode, command_of(mode, folder), folder, LD_PRELOAD=LIBRARY, KPS_FAIL_ALLOC=str(number))
    check(mode, f"allocation {number}", clean, got)
    if got[0] == 2 and clean[0] != 2 and not got[2]:
        raise Fault(f"{mode}, allocation {number}: exit 2 without a word")


def fail_some_allocations(mode, folder, clean):
    """A run of --watch takes long, and ends by a signal before it could count: the first ones, then fewer and fewer."""
    numbers = [*range(1, 60), *range(60, 600, 20)]
    for number in numbers:
        fail_allocation(mode, folder, clean, number)
    return len(numbers), len(numbers)


def was_hit(log):
    """Whether strace made a call fail; it may not have begun before --watch got its signal."""
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            return "(INJECTED)" in file.read()
    except FileNotFoundError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(log)


def fail_calls(mode, folder, call, deadline):
    arguments = command_of(mode, folder)
    clean = run(mode, arguments, folder)
    runs = 0
    for error in ("EIO", "ENOMEM"):
        for number in range(1, 40):
            if time.monotonic() > deadline:
                return runs
            log = os.path.join(folder, ".strace")
            got = run(mode, ["strace", "-f", "-o", log, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}",
                       *arguments], folder)
            if not was_hit(log):
                break
            runs += 1
            check(mode, f"{call} number {number} with {error}", clean, got)
    # for ever interrupted
    got = run(mode, ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EINTR:when=60+",
               *arguments], folder)
    check(mode, f"{call} interrupted for ever", clean, got)
    return runs + 1


def prepare(folder):
    """The inputs, two docker contexts, and the programs that lead to the servers."""
    for name, text in (("compose.yaml", COMPOSE), ("more.env", "A=1\n"), (".env", "B=2\n"), ("pod.yaml", POD),
                       ("log", LOG), ("project/compose.yaml", COMPOSE), ("project/k8s/pod.yaml", POD)):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    for name in ("lab", "nas"):
        context = os.path.join(folder, "docker/contexts/meta", name)
        os.makedirs(context)
        with open(os.path.join(context, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": name, "Endpoints": {"docker": {"Host": f"unix://{folder}/engine.sock"}}}, file)
    items = []
    for name in ("nodes", "pods", "services"):
        with open(os.path.join(CLUSTER, f"api_v1_{name}.json"), encoding="utf-8") as file:
            items += json.load(file)["items"][:8]
    with open(os.path.join(folder, "dump.json"), "w", encoding="utf-8") as file:
        json.dump({"kind": "List", "apiVersion": "v1", "items": items}, file)
    os.mkdir(os.path.join(folder, "bin"))
    os.chmod(folder, 0o700)
    for name in ("ssh", "kubectl"):
        shutil.copy(RELAY, os.path.join(folder, "bin", name))
    os.symlink(PROGRAM, os.path.join(folder, "bin/docker-kportscan"))


def serve(folder):
    """-> the servers, which are there when this returns."""
    support = os.path.join(TESTS, "support")
    servers = [subprocess.Popen([sys.executable, os.path.join(support, "fake_engine.py"), f"{folder}/engine.sock",
                                 ENGINE], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL),
               subprocess.Popen([sys.executable, os.path.join(support, "fake_cluster.py"), "--unix",
                                 f"{folder}/cluster.sock", CLUSTER], stderr=subprocess.DEVNULL)]
    late = time.monotonic() + 30
    while not all(os.path.exists(f"{folder}/{name}.sock") for name in ("engine", "cluster")):
        if time.monotonic() > late:
            raise Fault("the servers do not start")
        time.sleep(0.05)
    return servers


def can_trace():
    try:
        done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return b"ptrace" not in done.stderr


def torture(folder):
    """-> (runs, faults, whether system calls failed). Allocations have the first half of the time."""
    faults, runs, start = [], 0, time.monotonic()
    traces = can_trace()
    for at, mode in enumerate(MODES):
        try:
            share = (at + 1) / len(MODES) / (2 if traces else 1)
            done, most = fail_allocations(mode, folder, start + SECONDS * share)
            runs += done
            print(f"{mode}: {done} of {most} allocations failed, one a run", flush=True)
        except Fault as fault:
            faults.append(str(fault))
    begin, steps = time.monotonic(), [(mode, call) for mode in MODES for call in CALLS]
    left = start + SECONDS - begin
    for at, (mode, call) in enumerate(steps if traces else ()):
        try:
            runs += fail_calls(mode, folder, call, begin + left * (at + 1) / len(steps))
        except Fault as fault:
            faults.append(str(fault))
        except subprocess.TimeoutExpired:
            faults.append(f"{mode}, {call}: does not end")
    return runs, faults, traces


def main():
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        servers = serve(folder)
        try:
            runs, faults, traces = torture(folder)
        finally:
            for server in servers:
                server.kill()
                server.wait()
    for fault in faults:
        print("FAULT:", fault)
    print(f"torture: {runs} runs, {len(faults)} faults")
    if not traces:
        print("SKIP: strace is missing or may not trace; no system call failed")
    return 1 if faults else 0 if traces else 77


if __name__ == "__main__":
    sys.exit(main())
