#!/usr/bin/env python3
"""Files beside Compose and Kubernetes with recorded answers: the first line of each file says who answered, and which
sockets then listened or words of the refusal.

- tests/cases-kube-play: Podman 5.4.2 (`podman kube play`). 4.3.1 answered the same but for DaemonSets and Jobs, which it
  does not know, and replicas, which it starts.
- tests/cases-kind, tests/cases-k3d: engine 28.5.2 with the `docker run -p …` that kind's provision.go and k3d's ports.go
  make of the file, or what their own validation refuses (kind 2026-08, k3d 5.9).

    units.py PROGRAM FOLDER [OPTION...]"""

import glob
import json
import os
import re
import subprocess
import sys


def ask(program, path, options):
    done = subprocess.run([program, "--lint", "--no-config", *options, "-o", "json", "--claims", path],
                          capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def sockets_of(report):
    """The claims as `ss` prints sockets. Nobody holds a socket for sctp."""
    found = []
    for claim in report["claims"]:
        addresses = [claim["address"]] if claim["address"] else ["0.0.0.0", "::"]
        if not claim["first"] or claim.get("discarded") or claim["protocol"] == "sctp":
            continue
        for address in addresses:
            shown = f"[{address}]" if ":" in address else address
            found += [f"{claim['protocol']} {shown}:{claim['first'] + i}" for i in range(claim["take"])]
    return sorted(found)


def judge(answer, code, report):
    if answer.startswith("publishes another"):
        return code == 2 # Podman cuts the number: an error, and no port
    if answer.startswith("publishes"):
        listening = [] if answer.endswith("nothing") else sorted(answer[len("publishes "):].split(", "))
        return code == 0 and sockets_of(report) == listening
    words = answer[len("refused: "):]
    said = " ".join(f"{finding.get('up_error') or ''} {finding['message']}" for finding in report["findings"])
    if words.startswith(("cannot listen", "PortMappings", "port mapping with same")):
        return words in said
    if words == "port is already allocated":
        return code == 1
    return code == 2 or not report["claims"]


def main(program, folder, *options):
    faults, n = [], 0
    for path in sorted(glob.glob(os.path.join(folder, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            answer = re.match(r"# \w+: (.*)\n", file.readline())[1]
        code, report = ask(program, path, options)
        if not judge(answer, code, report):
            faults.append(f"{os.path.basename(path)}: recorded '{answer}', kportscan exit {code}, {sockets_of(report)}, "
                          f"{[finding['message'] for finding in report['findings']]}")
        n += 1
    print(f"{n} files, {len(faults)} differences")
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
