#!/usr/bin/env python3
"""Compares kportscan with Docker Compose on every Compose file of a tree, file by file.

usage: compare_compose.py KPORTSCAN TREE --compose PROGRAM      asks the real docker-compose (v2)
       compare_compose.py KPORTSCAN TREE --recorded FILE        uses what it said before (JSON lines, .gz or plain)

kportscan reads each file as the version of that program does; records are of 2.26.1. Each file is a project of its own (`-f FILE`) and is read in up to three passes: as it is, with every profile, and, where
Compose refuses the file, without its consistency checks. Compared are project name, published ports and replicas of
every service. Where Compose refuses a file, kportscan must say something of it too (an error, or a KP904/KP905 note),
unless the reason is one that kportscan does not look at (UNSEEN).

In a record, one line is one file and pass: repo, path, profile_pass, ok, error, project_name, services; the file lies at
TREE/<repo with "/" as "+">/<path>. Exits with 1 when there is a difference nobody has explained.
"""

import argparse
import collections
import concurrent.futures
import functools
import gzip
import itertools
import json
import os
import re
import subprocess
import sys

import published

PASSES = {"default": [], "all": ["--profile", "*"], "noconsistency": []}

# Reasons for which Compose refuses a file and that have no bearing on ports: kportscan may be silent about them.
UNSEEN = [
    r"undefined (network|volume|config|secret)",
    r"invalid spec: |volumes?[.\[ ]|mount",
    r"env file .* not found",
    r"shm_size|mem_limit|invalid size|ulimits",
    r"services\.[^.]+\.(environment|labels|healthcheck|logging|volumes|command|entrypoint|build|secrets|configs)\b",
    r"services\.[^. ]+ additional property",
]

# What `config` lets pass and `up` does not, so that kportscan's KP905 is right.
FAIL_AT_UP = [r"is no number of replicas", r"container name '[^']*' is given to two services"]

Case = collections.namedtuple("Case", "path name kind arguments oracle")
Said = collections.namedtuple("Said", "ok error project")


def is_compose_file(path):
    name = os.path.basename(path)
    if not re.fullmatch(r".+\.ya?ml", name):
        return False
    if re.match(r"(docker-)?compose", name):
        return True
    with open(path, "rb") as file:
        return re.search(rb"^services[ \t]*:", file.read(1 << 20), re.M) is not None


def files_below(tree):
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if not name.startswith(".git"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and is_compose_file(path):
                yield path


def ask_compose(program, path, arguments, options):
    environment = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, "-f", os.path.basename(path), *arguments, "config", "--format", "json", *options],
                          cwd=os.path.dirname(path), env=environment, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "level=warning" not in line]
        return Said(False, "\n".join(lines), None)
    return Said(True, None, published.of_config(json.loads(done.stdout)))


def live_cases(tree, program):
    """Per file a function that asks Compose and gives the cases."""
    def ask(path, name):
        default = ask_compose(program, path, [], [])
        cases = [Case(path, name, "default", [], default),
                 Case(path, name, "all", PASSES["all"], ask_compose(program, path, PASSES["all"], []))]
        if not default.ok:
            cases.append(Case(path, name, "noconsistency", [], ask_compose(program, path, [], ["--no-consistency"])))
        return cases

    for path in files_below(tree):
        yield functools.partial(ask, os.path.abspath(path), os.path.relpath(path, tree))


def recorded_cases(tree, record):
    """Per line of the record a function that gives its case."""
    opener = gzip.open if record.endswith(".gz") else open
    with opener(record, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            folder = os.path.join(tree, entry["repo"].replace("/", "+"))
            kind = entry["profile_pass"]
            arguments = list(PASSES.get(kind, []))
            if entry.get("env_file"):
                arguments += ["--env-file", os.path.abspath(os.path.join(folder, entry["env_file"]))]
            project = published.Project()
            project.name = entry["project_name"]
            for service in entry["services"]:
                published.add_service(project, service["name"], service["ports"], service["scale"],
                                      service["replicas"])
            said = Said(entry["ok"], entry["error"], project if entry["ok"] else None)
            path = os.path.abspath(os.path.join(folder, entry["path"]))
            cases = [Case(path, f"{entry['repo']}/{entry['path']}", kind, arguments, said)]
            yield functools.partial(list, cases)


CLASHES = ("KP101", "KP102", "KP103", "KP105", "KP107", "KP108")
BAD = ("differ", "only Compose refuses")


def version_of(program):
    done = subprocess.run([program, "version", "--short"], capture_output=True, text=True, timeout=60, check=True)
    return re.match(r"v?(\d+\.\d+\.\d+)", done.stdout)[1]


def judge(program, version, case):
    """-> (verdict, lines, clashes): how kportscan compares in one case, and the rules of the clashes it reports."""
    try:
        answer = published.run_kportscan(program, ["--compose-version", version, *case.arguments, "-f",
                                                   os.path.basename(case.path)], os.path.dirname(case.path))
    except subprocess.TimeoutExpired:
        return "differ", ["kportscan does not come to an end"], []
    if answer.exit not in (0, 1, 2) or answer.report is None:
        return "differ", [f"kportscan exits with {answer.exit}", *answer.stderr.splitlines()[:5]], []
    findings = answer.findings()
    clashes = [rule for rule, severity in findings if rule in CLASHES and severity == "error"]
    refusals = [rule for rule, severity in findings
                if severity == "error" and (rule == "KP109" or rule.startswith("KP9")) or rule in ("KP904", "KP905", "KP908")]
    if case.oracle.ok:
        lines = case.oracle.project.differences(published.of_report(answer.report))
        if sum(case.oracle.project.refused.values()) and not refusals:
            lines.append("the Engine would refuse a port at `up`, and kportscan is silent")
        refusal = first(answer.report, "KP905")
        if case.kind != "noconsistency" and refusal and not any(re.search(known, refusal) for known in FAIL_AT_UP):
            lines.append(f"only kportscan says that Compose refuses it: {refusal}")
        if answer.exit == 2:
            lines.append(f"only kportscan refuses it: {first(answer.report, 'error')}")
        return ("differ" if lines else "agree"), lines, clashes
    reason = (case.oracle.error or "").splitlines()[:1]
    if refusals:
        return "both refuse", reason, clashes
    if any(re.search(pattern, case.oracle.error or "", re.I) for pattern in UNSEEN):
        return "only Compose refuses, for a reason not looked at", reason, clashes
    return "only Compose refuses", reason, clashes


def first(report, what):
    """The first finding of a rule or severity, in words."""
    return next((f"{f['rule']} {f['message']}" for f in report["findings"] if what in (f["rule"], f["severity"])), "")


def compare(program, version, sources, verbose):
    """-> (comparisons, unexplained differences); prints what it finds."""
    def work(source):
        return [(case, *judge(program, version, case)) for case in source()]

    counts = collections.Counter()
    clashing = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, verdict, lines, clashes in itertools.chain.from_iterable(pool.map(work, sources)):
            counts[case.kind, verdict] += 1
            clashing.update((case.name, rule) for rule in clashes)
            if verdict in BAD or verbose and verdict != "agree":
                print(f"{case.name} [{case.kind}]: {verdict}", *lines, sep="\n    ")
    if verbose:
        for name, rule in sorted(clashing):
            print(f"clash: {name}: {rule}")
    print_counts(counts)
    print(f"{len({name for name, _ in clashing})} files have a clash")
    return sum(counts.values()), sum(n for (_, verdict), n in counts.items() if verdict in BAD)


def print_counts(counts):
    width = max((len(verdict) for _, verdict in counts), default=0)
    for (kind, verdict), n in sorted(counts.items()):
        print(f"{kind:14} {verdict:{width}} {n:6}")


def main():
    parser = argparse.ArgumentParser(description="kportscan against Docker Compose, on a tree of Compose files")
    parser.add_argument("kportscan")
    parser.add_argument("tree")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--compose", help="the docker-compose (v2) program to ask")
    source.add_argument("--recorded", help="what Docker Compose said before")
    parser.add_argument("-v", "--verbose", action="store_true", help="list what both refuse, and every clash, too")
    options = parser.parse_args()
    cases = (live_cases(options.tree, os.path.abspath(options.compose)) if options.compose
             else recorded_cases(options.tree, options.recorded))
    version = version_of(options.compose) if options.compose else "2.26.1"
    compared, bad = compare(options.kportscan, version, cases, options.verbose)
    if not compared:
        print("nothing was compared", file=sys.stderr)
        return 2
    print(f"{compared} comparisons, {bad} unexplained differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
