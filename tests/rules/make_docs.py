#!/usr/bin/env python3
"""usage: make_docs.py [--check] ROOT - docs/rules from the texts of the rules in pkgsrc/rules.

--check writes nothing and fails when the pages are not what would be written.
"""

import argparse
import difflib
import os
import sys

import rule_source

HEADINGS = {
    "What": "What it is", "Why": "Why it matters", "Example": "Example", "Error": "What the error says",
    "Fix": "How to fix it", "Ignore": "When to ignore it",
}
FAMILIES = [("KP1", "Compose"), ("KP2", "Kubernetes"), ("KP3", "This machine"), ("KP9", "Input and run")]

INDEX = """<!-- Made by tests/rules/make_docs.py; the texts are in pkgsrc/rules. -->

# Rules

Every finding has a rule. Its id (`KP101`), its name (`compose-host-port-clash`) and the beginning of ids (`KP1`) can be
used wherever a rule is asked for: `--select`, `--ignore`, `--explain`. `kportscan --explain KP101` prints the page of a
rule, `kportscan --list-rules` this list, with `-o json` with all texts.

An *error* will fail, a *warning* may fail or fails depending on order, node or what a program really does, a *note* is
worth knowing. The severity below is the usual one; `.kportscan.yaml` can give a rule another one, or switch it off.

A finding that is accepted is suppressed where it stands:

```yaml
services:
  web:
    ports:
      - "8080:80" # kportscan: ignore KP101 -- moved to 8081 next week
```

`# kportscan: ignore-file KP101 -- reason` covers a file, `x-kportscan: {ignore: ["KP101: reason"]}` a Compose service, and
the annotation `kportscan.dev/ignore: "KP203: reason"` a Kubernetes object.
"""


def page_of(rule, title):
    parts = ["<!-- Made by tests/rules/make_docs.py from pkgsrc/rules/%s.md. -->" % rule.id,
             f"# {rule.id} {rule.name}",
             f"{rule.summary}",
             f"Usual severity: **{rule.severity.replace('/', '** or **')}**. It finds: {title}."]
    for name, body in rule.sections.items():
        parts += [f"## {HEADINGS[name]}", body]
    parts.append("[All rules](README.md)")
    return "\n\n".join(parts) + "\n"


def index_of(rules, definitions):
    parts = [INDEX]
    for prefix, family in FAMILIES:
        rows = [f"| [{rule.id}]({rule.id}.md) | {rule.name} | {definitions[rule.id][2]} | {rule.severity} |"
                for rule in rules if rule.id.startswith(prefix)]
        parts.append("\n".join([f"## {family}\n", "| id | name | what it finds | severity |", "| --- | --- | --- | --- |",
                                *rows]) + "\n")
    return "\n".join(parts)


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def main():
    parser = argparse.ArgumentParser(description="docs/rules; see the head of this file")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("root")
    options = parser.parse_args()
    rules = rule_source.read_all(os.path.join(options.root, "pkgsrc/rules"))
    definitions = rule_source.read_definitions(os.path.join(options.root, "pkgsrc/diag/rules.def"))
    folder = os.path.join(options.root, "docs/rules")
    pages = {f"{rule.id}.md": page_of(rule, definitions[rule.id][2]) for rule in rules}
    pages["README.md"] = index_of(rules, definitions)
    if not options.check:
        os.makedirs(folder, exist_ok=True)
        for name, text in pages.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    stale = 0
    for name in sorted(set(pages) | set(os.listdir(folder))):
        lines = list(difflib.unified_diff(read(os.path.join(folder, name)).splitlines(), pages.get(name, "").splitlines(),
                                          f"docs/rules/{name}", "as it should be", lineterm=""))
        stale += bool(lines)
        print(*lines, sep="\n", end="\n" if lines else "")
    if stale:
        print(f"{stale} pages are not current: python3 tests/rules/make_docs.py .")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
