#!/usr/bin/env python3
"""usage: test_walk.py KPORTSCAN - a repository of 2,000 YAML files of which 200 concern kportscan: each is opened once.

Exit 77 where strace is missing or may not trace.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
COMPOSE = "services:\n  web: {{image: x, env_file: [], ports: [\"{0}:80\"]}}\n"
SHARED = "services:\n  base: {image: x}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{0}}}\nspec: {{containers: [{{name: c, image: x}}]}}\n"
OTHER = "".join(f"key-{i}: {{a: [1, 2, 3], b: \"text\"}}\n" for i in range(60))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make(root):
    write(f"{root}/shared.yaml", SHARED)
    for i in range(1999):
        folder = f"{root}/d{i % 40}/e{i % 7}"
        if i % 20 == 0:
            write(f"{folder}/p{i}/compose.yaml",
                  COMPOSE.format(1024 + i) + f"  more: {{extends: {{file: {root}/shared.yaml, service: base}}}}\n")
            write(f"{folder}/p{i}/.env", "A=1\n")
        elif i % 20 == 1:
            write(f"{folder}/m{i}.yaml", POD.format(i))
        else:
            write(f"{folder}/o{i}.yaml", OTHER)


def main():
    if not shutil.which("strace"):
        print("SKIP: strace is not installed")
        return 77
    with tempfile.TemporaryDirectory() as parent:
        root, log = os.path.realpath(parent) + "/repo", os.path.join(parent, "log")
        make(root)
        # LeakSanitizer cannot work beside another tracer
        environment = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run(["strace", "-f", "-o", log, "-e", "trace=openat", PROGRAM, "--lint", "-o", "json", "."],
                              cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False)
        if not done.stdout and "ptrace" in done.stderr.lower():
            print("SKIP: strace may not trace here")
            return 77
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["summary"]["inputs"] == 200, (done.returncode, report["summary"])
        with open(log, encoding="utf-8") as file:
            opened = re.findall(r'openat\(AT_FDCWD, "([^"]*\.(?:yaml|env))", [^)]*\) = \d', file.read())
        counts = collections.Counter(os.path.normpath(os.path.join(root, path)) for path in opened)
        twice = {path: count for path, count in counts.items() if count > 1}
        assert not twice, f"opened more than once: {twice}"
        assert len(counts) == 2000 + 100, f"{len(counts)} files were opened"
    print("2,000 YAML files and 100 .env files: each was opened once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
