#!/usr/bin/env python3
"""usage: test_rules.py KPORTSCAN ROOT - the texts of the rules: complete, and every example an example of its rule.

The files of an example are written down and kportscan is run as the text says; the rule must be among the findings.
Examples that need a machine (no --lint in their command) are left to tests/e2e: that
there is one for each is what tests/lint/rules.sh sees to.
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


def is_built(identifier):
    return subprocess.run(["grep", "-rqw", "--include=*.c", "KPS_RULE_" + identifier, "pkgsrc", "cmd"], cwd=ROOT,
                          check=False).returncode == 0


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

    def test_every_example_shows_its_rule(self):
        shown = 0
        for rule in RULES:
            if "--lint" not in rule.command():
                continue
            identifier = DEFINITIONS[rule.id][0]
            if not is_built(identifier):
                print(f"{rule.id}: not built yet, its example is not tried")
                continue
            with self.subTest(rule=rule.id):
                found = [finding["severity"] for finding in findings_of(rule) if finding["rule"] == rule.id]
                self.assertTrue(found, "the example does not show it")
                shown += 1
        self.assertGreater(shown, 30)


if __name__ == "__main__":
    unittest.main()
