#!/usr/bin/env python3
"""Fail every allocation and many system calls of small runs, one after another.

usage: torture.py KPORTSCAN FAILING_ALLOC.so [SECONDS]

Each run must end by itself, without a signal, and tell the truth: an allocation that fails ends in exit code 2 (or the
answer of the undisturbed run, where a library did without the memory), a failing system call in any answer but a clean
one that differs. What is printed as JSON is complete, or nothing. Exit 77: strace may not trace here, system calls are
then left out. SECONDS bounds the whole (default 900).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

PROGRAM, LIBRARY = map(os.path.abspath, sys.argv[1:3])
DEADLINE = time.monotonic() + (float(sys.argv[3]) if len(sys.argv) > 3 else 900)
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
    "folder": ["--lint", "-o", "json", "."],
    "diagnose": ["--diagnose", "--no-docker", "--no-host", "-o", "json", "log"],
    "query": ["--no-docker", "-o", "json", "65001"],
    "list": ["--host", "--no-docker", "-o", "json"],
    "explain": ["--explain", "KP101"],
    "rules": ["--list-rules", "-o", "json"],
}


class Fault(Exception):
    pass


def run(arguments, folder, **environment):
    done = subprocess.run(arguments, cwd=folder, env={"PATH": os.environ["PATH"], **environment}, capture_output=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


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
            json.loads(out)
        except ValueError as error:
            raise Fault(f"{mode}, {what}: exit {code} with broken JSON: {error}") from None
    if code == clean[0] and mode not in ("list", "query"):
        return
    if code in (0, 1) and code != clean[0] and b"incomplete" not in out and b'"complete": false' not in out:
        raise Fault(f"{mode}, {what}: exit {code} instead of {clean[0]}, and nothing says why")


def fail_allocations(mode, folder):
    arguments = [PROGRAM, *MODES[mode]]
    counted = os.path.join(folder, ".count")
    clean = run(arguments, folder, LD_PRELOAD=LIBRARY, KPS_COUNT_ALLOCS=counted)
    with open(counted, encoding="utf-8") as file:
        most = int(file.read())
    os.unlink(counted)
    runs = 0
    for number in range(1, most + 1):
        if time.monotonic() > DEADLINE:
            return runs, most
        got = run(arguments, folder, LD_PRELOAD=LIBRARY, KPS_FAIL_ALLOC=str(number))
        runs += 1
        check(mode, f"allocation {number} of {most}", clean, got)
        if got[0] == 2 and clean[0] != 2 and not got[2]:
            raise Fault(f"{mode}, allocation {number} of {most}: exit 2 without a word")
    return runs, most


def fail_calls(mode, folder, call):
    arguments = [PROGRAM, *MODES[mode]]
    clean = run(arguments, folder)
    runs = 0
    for error in ("EIO", "ENOMEM"):
        for number in range(1, 40):
            if time.monotonic() > DEADLINE:
                return runs
            log = os.path.join(folder, ".strace")
            got = run(["strace", "-f", "-o", log, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}",
                       *arguments], folder)
            with open(log, encoding="utf-8", errors="replace") as file:
                hit = re.search(r"\(INJECTED\)", file.read())
            os.unlink(log)
            if not hit:
                break
            runs += 1
            check(mode, f"{call} number {number} with {error}", clean, got)
    # for ever interrupted
    got = run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EINTR:when=60+",
               *arguments], folder)
    check(mode, f"{call} interrupted for ever", clean, got)
    return runs + 1


def main():
    faults, runs, skipped = [], 0, False
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("compose.yaml", COMPOSE), ("more.env", "A=1\n"), (".env", "B=2\n"), ("pod.yaml", POD),
                           ("log", LOG)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        for mode in MODES:
            try:
                done, most = fail_allocations(mode, folder)
                runs += done
                print(f"{mode}: {done} of {most} allocations failed, one a run", flush=True)
            except Fault as fault:
                faults.append(str(fault))
        try:
            skipped = b"ptrace" in run(["strace", "-o", "/dev/null", "true"], folder)[2]
        except FileNotFoundError:
            skipped = True
        for mode in () if skipped else MODES:
            for call in CALLS:
                try:
                    runs += fail_calls(mode, folder, call)
                except Fault as fault:
                    faults.append(str(fault))
                except subprocess.TimeoutExpired:
                    faults.append(f"{mode}, {call}: does not end")
    for fault in faults:
        print("FAULT:", fault)
    late = " (the time was up)" if time.monotonic() > DEADLINE else ""
    print(f"torture: {runs} runs, {len(faults)} faults{late}")
    if skipped:
        print("SKIP: strace is missing or may not trace; no system call failed")
    return 1 if faults else 77 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
