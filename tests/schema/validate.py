#!/usr/bin/env python3
"""Holds reports of kportscan against manifests/schema/report.schema.json.

usage: validate.py KPORTSCAN ROOT

Every Compose case and every example is checked with --claims, and what the schema cannot say is checked here: the order
of the lists, that the summary counts what is listed, that two runs print the same bytes. Then reports are spoiled in one
place each, to see the schema object. Exit 77 when python3-jsonschema is missing.
"""

import copy
import glob
import json
import os
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("SKIP: python3-jsonschema is not installed")
    sys.exit(77)


def run(program, folder):
    # Files alone: what listens here changes between two runs, and a configuration may set what fails.
    done = subprocess.run([program, "--lint", "--no-config", "-o", "json", "--claims"], cwd=folder, capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1, 2, 3):
        raise AssertionError(f"exit {done.returncode}: {done.stderr.decode()}")
    return done.returncode, done.stdout


def place_of(location):
    if not location:
        return (0,)
    return (1, location["path"].encode(), location["line"], location["column"])


def check_beyond_schema(code, report):
    """-> complaints"""
    findings = report["findings"]
    places = [(*place_of(f["parties"][0]["location"] if f["parties"] else None), f["rule"]) for f in findings]
    if places != sorted(places):
        yield "findings are not sorted by path, line, column, rule"
    claims = [place_of(claim["location"]) for claim in report["claims"]]
    if claims != sorted(claims):
        yield "claims are not sorted by place"
    inputs = [entry["path"].encode() for entry in report["inputs"]]
    if inputs != sorted(inputs):
        yield "inputs are not sorted by path"
    summary = report["summary"]
    if summary["claims"] != len(report["claims"]) or summary["inputs"] != len(inputs):
        yield "the summary does not count claims or inputs"
    shown = [f for f in findings if f["suppressed"] is None]
    for severity in ("error", "warning", "note"):
        if summary[severity + "s"] != sum(f["severity"] == severity for f in shown):
            yield f"the summary does not count {severity}s"
    failed = [entry for entry in report["inputs"] if entry["status"] == "failed"]
    if summary["inputs_failed"] != len(failed):
        yield "the summary does not count failed inputs"
    if code == 1 and summary["errors"] == 0:
        yield "exit 1 without an error"
    if code == 0 and summary["errors"]:
        yield "exit 0 with an error"
    for claim in report["claims"]:
        if claim["first"] and not claim["first"] <= claim["last"] <= 65535:
            yield "a claim's range is upside down"


def folders_of(root):
    for base in ("tests/cases-compose", "manifests/examples/compose", "tests/cases"):
        for at, _, files in sorted(os.walk(os.path.join(root, base))):
            if any(name.startswith(("compose", "docker-compose")) for name in files):
                yield at


# What must not pass: a path to something in the report, and what is put there (None: it is removed).
SPOILS = [
    (("format_version",), 2), (("findings",), None), (("summary", "complete"), None), (("mode",), "lint"),
    (("tool", "version"), ""), (("inputs", 0, "kind"), "swarm"), (("inputs", 0, "status"), "failed"),
    (("claims", 0, "address"), ""), (("claims", 0, "first"), 0), (("claims", 0, "last"), None),
    (("claims", 0, "scope"), "machine"), (("claims", 0, "owner", "name"), ""), (("claims", 0, "basis"), "hope"),
    (("findings", 0, "rule"), "101"), (("findings", 0, "fingerprint"), "v1:0"), (("findings", 0, "parties"), None),
    (("findings", 0, "parties", 0, "role"), "other"), (("findings", 0, "parties", 1, "role"), "primary"),
    (("findings", 0, "parties", 0, "kind"), "service"), (("findings", 0, "parties", 0, "location", "line"), 0),
    (("findings", 0, "port", "protocol"), "TCP"), (("findings", 0, "severity"), "fatal"),
    (("findings", 0, "help", 0, "text"), ""), (("findings", 0, "suppressed"), False),
    (("findings", 0, "suppressed"), "known"), (("findings", 0, "suppressed"), {"kind": "comment", "reason": "known"}),
    (("findings", 0, "suppressed"), {"kind": "hope", "reason": None, "location": None}),
]


def spoiled(report, path, value):
    other = copy.deepcopy(report)
    parent = other
    for key in path[:-1]:
        parent = parent[key]
    assert path[-1] in parent if isinstance(parent, dict) else path[-1] < len(parent), path
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return other


CLASH = """services:
  web:
    image: a
    ports: ["8080:80"]
  admin:
    image: b
    ports: ["127.0.0.1:8080:80"]
"""


def check_spoils(program, validator):
    done = subprocess.run([program, "--lint", "-p", "shop", "-o", "json", "--claims", "-"], input=CLASH.encode(),
                          capture_output=True, check=False)
    report = json.loads(done.stdout)
    errors = [error.message for error in validator.iter_errors(report)]
    for path, value in SPOILS:
        if validator.is_valid(spoiled(report, path, value)):
            errors.append(f"the schema accepts {value!r} at {path}")
    return errors


def main():
    program, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with open(os.path.join(root, "manifests/schema/report.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = check_spoils(program, validator)
    count = 0
    for folder in folders_of(root):
        count += 1
        code, text = run(program, folder)
        name = os.path.relpath(folder, root)
        if run(program, folder)[1] != text:
            wrong.append(f"{name}: two runs differ")
        report = json.loads(text)
        for error in validator.iter_errors(report):
            wrong.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
        wrong.extend(f"{name}: {complaint}" for complaint in check_beyond_schema(code, report))
    # What the golden cases expect was printed under all sorts of options, and beside engines.
    for path in sorted(glob.glob(os.path.join(root, "tests/cases/*/expected.json"))):
        count += 1
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for error in validator.iter_errors(json.loads(text)) if text.strip() else ():
            wrong.append(f"{os.path.relpath(path, root)}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    print(*wrong, sep="\n")
    print(f"{count} reports, {len(wrong)} complaints")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
