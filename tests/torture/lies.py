#!/usr/bin/env python3
"""Engines that lie: each field of each recorded answer is left out, or has a value of another kind; and each way of the
fake engine to break a connection, in each answer.

usage: lies.py [--seconds S] KPORTSCAN

Each question ends by itself with an exit code of the manual. What is printed is complete JSON. An answer that is no JSON,
or a broken connection, in the list of containers ends in exit code 3: nobody says "not in use" of what was not read.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "support"))
import fake_engine  # noqa: E402

FOLDERS = ("docker-20.10", "docker-26.1", "podman-4.3")
MISSING = object()
LIES = (MISSING, None, True, 0, -1, 65536, 2**63, 1e300, "", "x" * 70000, "\x00\x1b[31m\u202e", "../../etc", "8080", [], {},
        [[]], [None], [{}], ["a", 1], {"a": None}, {"80/tcp": None}, {"80/tcp": [{"HostIp": 1, "HostPort": "99999"}]})
BROKEN = ("close", "cut:0", "cut:1", "cut:40", "cutchunks", "status:500", "status:404", "status:302", "plain:400", "html",
          "garbage", "huge:1", "huge:64", "body:", "body:[", "body:null", "body:{}", "body:[]", "body:[1]", "body:\"a\"", "body:[[[[",
          "chunks", "once", "slow", "silent", "endless", "head")
SLOW = ("slow", "silent", "endless", "head")  # these take the whole time limit
FAST = [fault for fault in BROKEN if fault not in SLOW]
UNREAD = ("close", "cut:0", "cut:1", "cutchunks", "status:500", "html", "garbage", "body:[", "body:", "silent", "endless", "head")
QUESTIONS = (["--docker"], ["--docker", "8080"])
SLOWEST = 30


def fields(value, path=()):
    """Yields the path of every field; of a list the first element stands for all."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from fields(item, (*path, key))


def with_lie(value, path, lie):
    if not path:
        return lie
    key, rest = path[0], path[1:]
    copy = value.copy()
    if not rest and lie is MISSING:
        del copy[key]
    else:
        copy[key] = with_lie(value[key], rest, lie)
    return copy


class Liar(fake_engine.Recordings):
    """Recorded answers, one of them with a lie."""

    def __init__(self, folder, path, body):
        super().__init__(folder, None)
        self.path, self.body = path, body

    def answer(self, path):
        status, body = super().answer(path)
        return (200, self.body) if self.body is not None and path.strip("/") == self.path else (status, body)


def recorded(folder):
    """Yields (path of the request, its answer)."""
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            if name != "headers":
                with open(os.path.join(at, name), encoding="utf-8") as file:
                    yield os.path.relpath(os.path.join(at, name), folder).removesuffix(".json"), json.load(file)


def lies_of(folder):
    """Yields (folder, what it is, the path, the body or None, faults of the connection)."""
    inspected = False
    for path, answer in recorded(folder):
        is_inspection = path.endswith("/json") is False and path.startswith("containers/") and path != "containers/json"
        if is_inspection and inspected:
            continue  # one inspection stands for all
        inspected = inspected or is_inspection
        request = path + "/json" if is_inspection else path
        for field, lie in itertools.product([(), *fields(answer)], LIES):
            if field or lie is not MISSING:
                body = json.dumps(with_lie(answer, field, lie)).encode()
                words = "missing" if lie is MISSING else repr(lie)[:40]
                yield folder, f"{request}: {'.'.join(map(str, field))} {words}", request, body, {}
        for fault in BROKEN if path.startswith("containers/") else FAST:
            yield folder, f"{request}: {fault}", request, None, {"/" + request: fault}


def ask(program, lie):
    """-> complaint or None"""
    folder, what, path, body, faults = lie
    with tempfile.TemporaryDirectory() as home:
        address = os.path.join(home, "engine.sock")
        engine = fake_engine.Engine(argparse.Namespace(folder=folder, api=None, faults=[], log=None, tls=None))
        engine.faults, engine.recordings = faults, Liar(folder, path, body)
        listener, _ = fake_engine.listen(address)
        threading.Thread(target=accept, args=(engine, listener), daemon=True).start()
        try:
            for question in QUESTIONS:
                complaint = judge(program, home, question, what, faults.get("/containers/json"))
                if complaint:
                    return f"{os.path.basename(folder)} {what}, {' '.join(question)}: {complaint}"
        finally:
            engine.over.set()
            listener.close()
    return None


def accept(engine, listener):
    try:
        engine.accept(listener)
    except OSError:
        pass  # closed: the question is answered


def judge(program, home, question, what, list_fault):
    try:
        done = subprocess.run([program, "--no-config", "--no-host", "--timeout", "2", "-o", "json", *question], cwd=home, capture_output=True,
                              env={"HOME": home, "DOCKER_HOST": f"unix://{home}/engine.sock"}, timeout=SLOWEST, check=False)
    except subprocess.TimeoutExpired:
        return "does not end"
    if done.returncode not in (0, 1, 2, 3):
        return f"exit {done.returncode}: {done.stderr[-300:]!r}"
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        return f"broken JSON: {error}: {done.stdout[-100:]!r}"
    if list_fault in UNREAD and (done.returncode != 3 or report["summary"]["complete"]):
        return f"exit {done.returncode} for a list that was not read"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("kportscan")
    options = parser.parse_args()
    program, late = os.path.abspath(options.kportscan), time.monotonic() + options.seconds
    faults, kinds = [], 0
    lies = [lie for name in FOLDERS for lie in lies_of(os.path.join(TESTS, "engines", name))]
    random.Random(1).shuffle(lies)  # a part of them is of every kind
    lies.sort(key=lambda lie: (bool(set(lie[-1].values()) & set(SLOW)), not lie[-1]))
    slow = [lie for lie in lies if set(lie[-1].values()) & set(SLOW)]
    lies = slow[:8] + lies[:-len(slow)] + slow[8:]

    def work(lie):
        return None if time.monotonic() > late else (ask(program, lie),)
    with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
        for result in pool.map(work, lies):
            kinds += result is not None
            if result and result[0]:
                faults.append(result[0])
    for fault in faults[:50]:
        print("FAULT:", fault)
    print(f"lies: {kinds} of {len(lies)} kinds of engines, {len(QUESTIONS)} questions to each, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
