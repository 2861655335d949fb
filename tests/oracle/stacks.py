#!/usr/bin/env python3
"""Files for `docker stack deploy`, with the recorded answers of managers 20.10.24 and 28.5.2: the first line of each file
of tests/cases-stack, "deployed" or words of the refusal. NAME.before.yml, where there is one, is deployed first.

    stacks.py PROGRAM CASES          kportscan says the same
    stacks.py --record ENGINE TOOLS CASES    a manager (tests/e2e/harness.py) is asked again; differences are printed
"""

import glob
import json
import os
import re
import subprocess
import sys
import time


def cases(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.yml"))):
        if not path.endswith(".before.yml"):
            with open(path, encoding="utf-8") as file:
                answer = re.match(r"# manager: (.*)\n", file.readline())[1]
            before = path.replace(".yml", ".before.yml")
            yield path, before if os.path.exists(before) else None, answer


def compare(program, folder):
    faults, n = [], 0
    for path, before, answer in cases(folder):
        files = [before, path] if before else [path]
        done = subprocess.run([program, "--lint", "--no-config", "--swarm", "-o", "json", *files], capture_output=True,
                              text=True, check=False)
        findings = json.loads(done.stdout)["findings"]
        said = [finding.get("up_error") or "" for finding in findings]
        is_right = any(words and words in answer for words in said) if answer != "deployed" else not findings
        # tasks that wait for a node are no refusal
        waits = answer.startswith("no suitable node")
        is_right = is_right and (done.returncode == 0) == (answer == "deployed" or waits or "Additional" in answer)
        if not is_right:
            faults.append(f"{os.path.basename(path)}: the manager says '{answer}', kportscan "
                          f"{[finding['message'] for finding in findings]}, exit {done.returncode}")
        n += 1
    print(f"{n} stacks, {len(faults)} differences")
    return faults


def record(engine_name, tools, folder):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
    import harness
    faults = []

    def deploy(engine, path, name):
        with open(path, encoding="utf-8") as file:
            text = "version: '3.8'\n" + file.read().replace("IMAGE", harness.IMAGE)
        target = os.path.join(engine.folder, "stack.yml")
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
        return engine.docker("stack", "deploy", "--resolve-image", "never", "-c", target, name, check=False)

    with harness.Engine(engine_name, tools) as engine:
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
        for n, (path, before, answer) in enumerate(cases(folder)):
            if before:
                deploy(engine, before, f"before{n}")
            done = deploy(engine, path, f"case{n}")
            said = "deployed" if done.returncode == 0 else done.stdout.strip().splitlines()[-1]
            for _ in range(40 if answer.startswith("no suitable") else 0):
                waiting = [engine.docker("service", "ps", "--no-trunc", service, check=False).stdout
                           for service in engine.docker("service", "ls", "-q").stdout.split()]
                if any(answer in text for text in waiting):
                    said = answer
                    break
                time.sleep(0.25)
            if answer not in said:
                faults.append(f"{os.path.basename(path)}: recorded '{answer}', now '{said}'")
            for service in engine.docker("service", "ls", "-q").stdout.split():
                engine.docker("service", "rm", service)
            engine.docker("stack", "rm", f"case{n}", f"before{n}", check=False)
    print(f"{engine_name}: {len(faults)} differences")
    return faults


if __name__ == "__main__":
    found = record(*sys.argv[2:]) if sys.argv[1] == "--record" else compare(*sys.argv[1:])
    for line in found:
        print("FAULT:", line)
    sys.exit(1 if found else 0)
