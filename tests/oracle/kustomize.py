#!/usr/bin/env python3
"""Ports of a kustomization against those of its build.

usage: kustomize.py KPORTSCAN FOLDER          compare FOLDER/*/tree with FOLDER/*/build.yaml
       kustomize.py --record KUBECTL FOLDER   build each tree again with the real program
       kustomize.py --trees KPORTSCAN KUBECTL ROOT...   the same for every kustomization below ROOT

The comparison is of claims (object, container, scope, address, ports, copies) and of findings (rule, severity, ports).
Places differ: those of a tree lie in its bases and patches. The last line says how many are equal; exit 0 when all are.
"""

import collections
import json
import os
import subprocess
import sys

NAMES = {"kustomization.yaml", "kustomization.yml", "Kustomization"}
SECONDS = 120


def report(kportscan, path, text=None):
    command = [kportscan, "--no-config", "--lint", "-o", "json", "--claims", path]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=False, timeout=SECONDS)
    return json.loads(done.stdout)


def claims_of(result):
    claims = collections.Counter()
    for claim in result["claims"]:
        owner = claim["owner"] or {}
        thing = owner.get("object") or {}
        scope = "pod" if claim["scope"].startswith("netns") else claim["scope"]
        names = (thing.get("kind"), thing.get("namespace"), thing.get("name"), owner.get("container"))
        ports = (scope, claim["protocol"], claim["address"], claim["first"], claim["last"], claim["copies"])
        claims[names + ports] += 1
    return claims


def findings_of(result):
    return sorted((str(f["rule"]), f["severity"], str(f.get("ports") or f.get("port"))) for f in result["findings"])


def compare(name, tree, build):
    """Print what differs. Return: whether nothing does."""
    here, there = claims_of(tree), claims_of(build)
    equal = here == there and findings_of(tree) == findings_of(build)
    for claim in (there - here).elements():
        print(f"{name}: not seen: {claim}")
    for claim in (here - there).elements():
        print(f"{name}: not built: {claim}")
    if here == there and not equal:
        print(f"{name}: findings {findings_of(tree)}, of the build {findings_of(build)}")
    return equal


def kustomize(kubectl, folder):
    done = subprocess.run([kubectl, "kustomize", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          timeout=SECONDS)
    return done.stdout if done.returncode == 0 else None


def cases_of(folder):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if os.path.isdir(os.path.join(folder, name, "tree"))]


def kustomizations_below(roots):
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(set(folders) - {".git", "node_modules"})
            if NAMES & set(files):
                yield folder


def main(arguments):
    if arguments[0] == "--record":
        for case in cases_of(arguments[2]):
            built = kustomize(arguments[1], os.path.join(case, "tree"))
            if built is None:
                sys.exit(f"{case}: kubectl refuses the kustomization")
            with open(os.path.join(case, "build.yaml"), "wb") as file:
                file.write(built)
        return 0
    equal = total = 0
    if arguments[0] == "--trees":
        for folder in kustomizations_below(arguments[3:]):
            built = kustomize(arguments[2], folder)
            if built and built.strip():
                total += 1
                equal += compare(folder, report(arguments[1], folder), report(arguments[1], "-", built))
    else:
        for case in cases_of(arguments[1]):
            total += 1
            equal += compare(os.path.basename(case), report(arguments[0], os.path.join(case, "tree")),
                             report(arguments[0], os.path.join(case, "build.yaml")))
    print(f"{equal} of {total} are equal")
    return 0 if total and equal == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
