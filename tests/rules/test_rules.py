#!/usr/bin/env python3
"""usage: test_rules.py KPORTSCAN ROOT - the texts of the rules: complete, and every example an example of its rule.

The files of an example are written down and kportscan is run as the text says; the rule must be among the findings.
Examples that need a machine (no --lint in their command) are left to tests/e2e; tests/lint/rules.sh sees to it that each
rule has a case there.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import rule_source

PROGRAM, ROOT = map(os.path.abspath, sys.argv[1:3])
del sys.argv[1:3]
DEFINITIONS = rule_source.read_definitions(os.path.join(ROOT, "pkgsrc/diag/rules.def"))
RULES = rule_source.read_all(os.path.join(ROOT, "pkgsrc/rules"))


def findings_of(rule):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in rule.files().items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        done = subprocess.run([PROGRAM, *rule.command(), "-o", "json"], cwd=folder, env={}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout)["findings"]


class Rules(unittest.TestCase):
    def test_texts_and_rules_are_the_same(self):
        self.assertEqual([rule.id for rule in RULES], sorted(DEFINITIONS))
        for rule in RULES:
            self.assertEqual(rule.name, DEFINITIONS[rule.id][1], rule.id)

    def test_lines_are_short_outside_of_quoted_messages(self):
        for rule in RULES:
            prose = re.sub(r"^```text\n.*?^```$", "", rule.text, flags=re.MULTILINE | re.DOTALL)
            for line in prose.splitlines():
                self.assertLessEqual(len(line), 100, f"{rule.id}: {line}")
                self.assertEqual(line, line.rstrip(), rule.id)

    def test_every_error_is_quoted_or_said_not_to_exist(self):
        for rule in RULES:
            if not rule.blocks("Error"):
                self.assertTrue(rule.sections["Error"].startswith("There is none"), rule.id)

    def test_diagnose_understands_every_quoted_error(self):
        """Texts about ports: each line is a port error of its own, or one of the rule that quotes it."""
        for rule in RULES:
            if rule.id.startswith("KP9"):
                continue
            quoted = [line for _, _, text in rule.blocks("Error") for line in text.splitlines()]
            for line in quoted:
                done = subprocess.run([PROGRAM, "--no-config", "--diagnose", "--lint", "-o", "json"], env={}, input=line,
                                      capture_output=True, text=True, timeout=60, check=False)
                found = json.loads(done.stdout)["findings"]
                self.assertEqual(len(found), 1, f"{rule.id} quotes '{line}'")
                port = re.search(r"(?:\d|\]):(\d+)(?: failed|: bind|/tcp:)|hostPort: Invalid value: (\d+)|TCP//(\d+)", line)
                if port:
                    first = int(next(filter(None, port.groups())))
                    self.assertEqual(found[0]["port"]["first"], first, f"{rule.id} quotes '{line}'")
                elif "already in use" not in line and rule.id not in ("KP102", "KP104", "KP203", "KP204", "KP205",
                                                                     "KP213", "KP215"):
                    self.assertEqual(found[0]["rule"], rule.id, line)

    def test_every_example_shows_its_rule(self):
        shown = 0
        for rule in RULES:
            if "--lint" not in rule.command():
                continue
            with self.subTest(rule=rule.id):
                self.assertIn(rule.id, [finding["rule"] for finding in findings_of(rule)])
                shown += 1
        self.assertGreater(shown, 30)


def run(*arguments, **environment):
    return subprocess.run([PROGRAM, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


class Shown(unittest.TestCase):
    def test_every_rule_is_explained_in_80_columns(self):
        for rule in RULES:
            done = run("--explain", rule.id)
            self.assertEqual((done.returncode, done.stderr), (0, ""), rule.id)
            self.assertTrue(done.stdout.startswith(f"{rule.severity}[{rule.id}]: {rule.name}\n\n  "), rule.id)
            for _, _, text in rule.blocks("Example"):
                for line in text.splitlines():
                    self.assertIn(("    " + line).rstrip() + "\n", done.stdout)
            shown = " ".join(done.stdout.split())
            for _, _, text in rule.blocks("Error"):
                for line in text.splitlines():
                    self.assertIn(" ".join(line.split()), shown)
            self.assertNotIn("```", done.stdout)
            self.assertNotRegex(done.stdout, "[^\n -~]")
            for line in done.stdout.splitlines():
                self.assertTrue(len(line) <= 80 or " " not in line.strip(), f"{rule.id}: {line}")
            coloured = run("--explain", rule.id, "--color=always").stdout
            self.assertNotEqual(coloured, done.stdout)
            self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", coloured), done.stdout, rule.id)

    def test_a_coloured_list_paints_words_and_no_blanks(self):
        coloured = run("--list-rules", "--color=always").stdout
        self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", coloured), run("--list-rules").stdout)
        self.assertIn("\x1b[1;38;5;16;48;5;220mwarning\x1b[0m  ", coloured)
        self.assertNotRegex(coloured, " \x1b\\[0m")

    def test_marks_of_code_become_quotes(self):
        self.assertIn("'127.0.0.1' is part of '0.0.0.0'", run("--explain", "KP101").stdout)
        self.assertIn('host port: "8081:3000".', run("--explain", "KP101").stdout)

    def test_a_rule_is_found_by_id_name_and_beginning(self):
        text = run("--explain", "KP101").stdout
        for word in ("kp101", "compose-host-port-clash", "compose-host-p"):
            self.assertEqual(run("--explain", word).stdout, text, word)
        self.assertEqual([line[:5] for line in run("--explain", "KP21").stdout.splitlines()],
                         [f"KP{number}" for number in range(210, 219)])
        self.assertEqual(len(run("--explain", "compose-").stdout.splitlines()), 11)

    def test_no_such_rule(self):
        for word, words in [("compose-host-prot-clash", "did you mean 'compose-host-port-clash'?"), ("KP1000", ""), ("", ""),
                            ("\x1b[31m", "'\\x1b[31m'")]:
            done = run("--explain", word)
            self.assertEqual((done.returncode, done.stdout), (2, ""), word)
            self.assertIn("there is no rule '", done.stderr)
            self.assertIn(words, done.stderr)

    def test_the_list_is_complete(self):
        lines = run("--list-rules").stdout.splitlines()
        self.assertEqual([tuple(line.split(maxsplit=3)) for line in lines],
                         [(rule.id, rule.severity, rule.name, DEFINITIONS[rule.id][2]) for rule in RULES])

    def test_the_list_as_json(self):
        report = json.loads(run("--list-rules", "-o", "json").stdout)
        self.assertEqual((report["format"], report["format_version"]), ("kportscan-rules", 1))
        self.assertEqual(report["rules"], [
            {"id": rule.id, "name": rule.name, "severity": rule.severity, "title": DEFINITIONS[rule.id][2],
             "summary": rule.summary, **{name.lower(): body for name, body in rule.sections.items()}} for rule in RULES])
        one = json.loads(run("--explain", "KP305", "-o", "json").stdout)["rules"]
        self.assertEqual([rule["id"] for rule in one], ["KP305"])

    def test_other_formats_are_refused(self):
        for arguments in (["-o", "json=rules.json"], ["-o", "sarif"]):
            for mode in (["--list-rules"], ["--explain", "KP101"]):
                done = run(*mode, *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
                self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
