#!/usr/bin/env python3
"""`kportscan --docker --watch` beside a real engine: its events are heard, and nothing else is asked meanwhile.

usage: watch.py installed|next|newest TOOLS KPORTSCAN
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

SECONDS = 60


def read_until(fd, pattern, faults):
    """The text of a descriptor up to a pattern."""
    seen = ""
    end = time.monotonic() + SECONDS
    while not re.search(pattern, seen):
        if time.monotonic() > end or not select.select([fd], [], [], SECONDS)[0]:
            faults.append(f"no {pattern} in {seen!r}")
            break
        seen += os.read(fd, 65536).decode()
    return seen


def watch_in_a_pipe(engine, program, faults):
    recorder = harness.Recorder(engine)
    with subprocess.Popen([*engine.entry(), program, "--docker", "--watch"], stdout=subprocess.PIPE,
                          env=engine.environment(recorder.url)) as watching:
        fd = watching.stdout.fileno()
        engine.make("before", "-p", "21000:80")
        read_until(fd, r"[=+] 21000/tcp  \*  before", faults)
        time.sleep(9) # the lists are read again 1, 3 and 7 seconds after an event, next after 15
        quiet = len(recorder.requests)
        time.sleep(4)
        if len(recorder.requests) != quiet or not any(" /events?" in line for line in recorder.requests):
            faults.append(f"asked without an event: {recorder.requests}")
        engine.make("web", "-p", "127.0.0.1:21001:80")
        read_until(fd, r"\+ 21001/tcp  127\.0\.0\.1  web", faults)
        engine.docker("stop", "-t", "0", "web")
        read_until(fd, r"[*] 21001/tcp  127\.0\.0\.1  web .*exited|- 21001/tcp  127\.0\.0\.1  web", faults)
        engine.docker("rm", "web")
        read_until(fd, r"- 21001/tcp  127\.0\.0\.1  web", faults)
        watching.send_signal(signal.SIGTERM)
    if watching.returncode:
        faults.append(f"SIGTERM: exit {watching.returncode}")
    faults.extend(f"not a GET: {fault}" for fault in recorder.faults)


def watch_on_a_terminal(engine, program, faults):
    ours, theirs = pty.openpty()
    with subprocess.Popen([*engine.entry(), program, "--docker", "--watch"], stdin=theirs, stdout=theirs,
                          env={**engine.environment(), "TERM": "xterm"}) as watching:
        read_until(ours, r"watching the engine's events", faults)
        engine.make("late", "-p", "21002:80")
        read_until(ours, r"\+ .*21002.*late", faults)
        os.write(ours, b"q")
    if watching.returncode:
        faults.append(f"q: exit {watching.returncode}")
    os.close(theirs)
    os.close(ours)


def scenario(name, tools, program):
    faults = []
    with harness.Engine(name, tools) as engine:
        watch_in_a_pipe(engine, os.path.abspath(program), faults)
        watch_on_a_terminal(engine, os.path.abspath(program), faults)
    return faults


harness.main(scenario)
