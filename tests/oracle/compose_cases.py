#!/usr/bin/env python3
"""Holds kportscan against tests/cases-compose: small projects with the answers that Docker Compose gave.

usage: compose_cases.py KPORTSCAN [CASE...]

A case's command line says `docker compose [FLAGS] config --format json [SERVICES]`; the same FLAGS go to kportscan, the
services as --service. Where Compose published something, the claims must be equal, service by service, with project
name and replicas. An answer is that of 2.26.1, or there is one `by_version` (newest: the loader of Compose 5); kportscan
is asked with --compose-version. Where Compose failed, kportscan must report a finding of the class that belongs to the error (CLASSES).
"""

import json
import os
import re
import shlex
import sys

import published

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases-compose")

# Cases that ask Compose for something kportscan has no counterpart of.
NOT_COMPARABLE = {
    "z-no-interpolate": "config --no-interpolate shows the file, not what would be published",
}

# Errors of Compose by class: (pattern, class). The first that matches decides.
PATTERNS = [
    (r"required variable|parsing \"\": invalid syntax", "variable"),
    (r"invalid hostport|invalid containerport|invalid ip address|invalid proto|no port specified"
     r"|missing a target port|invalid type float64 for port|\.published must be|services\.\w+\.ports must be"
     r"|services\.\w+\.ports\.\d+ must be|overflows uint|failed to cast to expected type"
     r"|non-string key in services\.\w+\.ports", "port"),
    (r"services\.\w+\.ports\.\d+ additional property", "refused"),
    (r"'\[\d+\]\.path'.* invalid type|'\[\d+\]' expected a map", "yaml"),
    (r"invalid interpolation format", "interpolation"),
    (r"failed to read .*\.env: line", "unreadable"),
    (r"no such file or directory", "missing"),
    (r"mapping key .* already defined", "yaml"),
    (r"circular reference|cannot extend service", "extends"),
    (r"invalid project name|project name must not be empty", "name"),
    (r"neither an image|undefined service|mutually exclusive|distinct values|container_name|no such service"
     r"|conflicts with imported resource|additional property|services must be a mapping", "refused"),
]

# What kportscan has to say for a class: rules of which one must be among the findings, the severities it may have, and
# the exit codes. A wrong port or a file that cannot be read must not pass. A variable without a value (KP904, or KP905
# where it is in a service that would not be started) and what has no bearing on ports may be a note.
ERROR = {"error"}
ANY = {"error", "warning", "note"}
CLASSES = {
    "port": ({"KP109", "KP902"}, ERROR, {1, 2}),
    "variable": ({"KP904", "KP905"}, ANY, {0, 1, 2}),
    "interpolation": ({"KP109", "KP902", "KP904"}, ERROR, {1, 2}),
    "unreadable": ({"KP901", "KP902"}, ERROR, {2}),
    "missing": ({"KP901"}, ERROR, {2}),
    "yaml": ({"KP902"}, ERROR, {2}),
    "extends": ({"KP902"}, ERROR, {2}),
    "name": ({"KP902", "KP905"}, ANY, {0, 1, 2}),
    "refused": ({"KP902", "KP905", "KP908", "KP106"}, ANY, {0, 1, 2}),
}


class Command:
    """A command line of a case, in the parts that matter: folder, variables, stdin, flags, services."""

    def __init__(self, case, text):
        self.cwd = os.path.join(CASES, case)
        self.variables = {}
        self.stdin = b""
        words = shlex.split(text)
        if words[0] == "cd":
            self.cwd = os.path.join(self.cwd, words[1])
            words = words[3:]
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            self.variables[name] = value
        assert words[:2] == ["docker", "compose"], text
        if "<" in words:
            at = words.index("<")
            with open(os.path.join(self.cwd, words[at + 1]), "rb") as file:
                self.stdin = file.read()
            words = words[:at]
        at = words.index("config")
        self.flags = words[2:at]
        rest = [word for word in words[at + 1:] if word != "--no-normalize"]
        assert rest[:2] == ["--format", "json"], text
        self.services = rest[2:]

    def arguments(self):
        return self.flags + [word for service in self.services for word in ("--service", service)]


def project_of(expected):
    project = published.Project()
    project.name = expected["project"]
    entries = {name: [] for name in expected["services"]}
    for port in expected["ports"]:
        entries[port["service"]].append(port)
    for name, ports in entries.items():
        replicas = ports[0]["replicas"] if ports else None
        published.add_service(project, name, ports, None, replicas)
    return project


def check_error(expected, answer):
    """Lines that say why `answer` is no fitting reply to Compose's error."""
    text = expected["error"].lower()
    kind = next((name for pattern, name in PATTERNS if re.search(pattern, text)), None)
    if kind is None:
        return [f"no class is known for the error: {expected['error']}"]
    rules, severities, exits = CLASSES[kind]
    lines = []
    if not any(rule in rules and severity in severities for rule, severity in answer.findings()):
        lines.append(f"Compose fails ({kind}: {expected['error'].splitlines()[0]}), but kportscan has no "
                     f"{' or '.join(sorted(rules))} among {answer.findings()}")
    if answer.exit not in exits:
        lines.append(f"Compose fails ({kind}), but kportscan exits with {answer.exit}")
    return lines


def check_ports(expected, answer):
    project = project_of(expected)
    lines = project.differences(published.of_report(answer.report))
    if answer.exit == 2:
        lines.append(f"only kportscan fails: {answer.findings()}")
    if sum(project.refused.values()) and ("KP109", "error") not in answer.findings():
        lines.append("the Engine would refuse a port at `up`, and no KP109 says so")
    return lines


def check_version(program, command, version, expected):
    options = [] if version == "newest" else ["--compose-version", version]
    answer = published.run_kportscan(program, options + command.arguments(), command.cwd, command.variables,
                                     command.stdin)
    if answer.exit not in (0, 1, 2) or answer.report is None:
        return [f"exit {answer.exit}, {'a' if answer.report else 'no'} report", *answer.stderr.splitlines()[:5]]
    return check_ports(expected, answer) if expected["exit"] == 0 else check_error(expected, answer)


def ports_of(answer):
    if answer["exit"]:
        return None
    return sorted([str(port[key]) for key in ("service", "host_ip", "published", "target", "protocol")]
                  for port in answer["ports"])


def check_difference(program, command, answers):
    """Where versions differ on a port, the report of the newest says so, or says that it refuses."""
    newest = answers.get("newest")
    if newest is None or newest["exit"] or all(ports_of(answer) == ports_of(newest) for answer in answers.values()):
        return []
    answer = published.run_kportscan(program, command.arguments(), command.cwd, command.variables, command.stdin)
    return [] if any(rule == "KP908" for rule, _ in answer.findings()) else ["versions differ, and no KP908 says so"]


def check(program, case):
    with open(os.path.join(CASES, case, "cmd.txt"), encoding="utf-8") as file:
        command = Command(case, file.read().strip())
    with open(os.path.join(CASES, case, "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)
    answers = expected.get("by_version", {"2.26.1": expected})
    lines = [f"{version}: {line}" for version, answer in answers.items()
             for line in check_version(program, command, version, answer)]
    return lines + check_difference(program, command, answers)


def main(arguments):
    if not arguments:
        print(__doc__)
        return 2
    cases = arguments[1:] or sorted(os.listdir(CASES))
    agree = differ = 0
    for case in cases:
        if case in NOT_COMPARABLE:
            print(f"{case}: not compared: {NOT_COMPARABLE[case]}")
            continue
        lines = check(arguments[0], case)
        if not lines:
            agree += 1
            continue
        differ += 1
        print(f"{case}: DIFFERS", *lines, sep="\n    ")
    print(f"{agree} cases agree with Docker Compose, {differ} differ")
    return 1 if differ or not agree else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
