#!/usr/bin/env python3
"""The reports for CI systems, held against what those systems accept.

usage: formats.py KPORTSCAN ROOT

Stories: a clean project, a clash, suppressed findings, a file that cannot be read, names that try to break out of each
format, 30,000 findings, and every example of ROOT. SARIF and GitLab's report are held against schemas of ours beside this
file (python3-jsonschema), JUnit's against an XML parser, workflow commands and pictures against their grammar. Exit 77
when python3-jsonschema is missing.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

try:
    import jsonschema
except ImportError:
    print("SKIP: python3-jsonschema is not installed")
    sys.exit(77)

PROGRAM, ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
del sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
FORMATS = ["sarif", "github", "gitlab", "junit", "rdjson", "markdown", "mermaid"]

CLASH = """services:
  web: {image: a, ports: ["8080:80"]}
  admin: {image: b, ports: ["127.0.0.1:8080:80"]}
"""
CLEAN = "services: {web: {image: a, ports: ['8080:80']}}\n"
SUPPRESSED = """services:
  web: {image: a, ports: ["8080:80"]}
  admin: {image: b, ports: ["127.0.0.1:8080:80"]} # kportscan: ignore KP101 -- never together
"""
# What would end a string, a comment, an element, a table or a command.
NASTY = 'a"b\'c<d>&e]]>f-->g|h`i%j::k,l\\n\\t#m;n(o)[p](q)\u202er\u0085s\U0001f433'


def load(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


SCHEMAS = {name: load(f"{name}.schema.json") for name in ("sarif", "gitlab", "rdjson")}


def check_sarif(text):
    report = json.loads(text)
    jsonschema.validate(report, SCHEMAS["sarif"])
    for run in report["runs"]:
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
            links = set(map(int, re.findall(r"(?<!\\)\]\(([0-9]+)\)", result["message"]["text"])))
            ids = {place["id"] for place in result.get("relatedLocations", [])}
            assert ids <= links, (ids, links)
            for place in result["locations"] + result.get("relatedLocations", []):
                region = place["physicalLocation"]["region"]
                assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"]), region
        for call in run["invocations"]:
            for note in call["toolExecutionNotifications"]:
                assert note.get("associatedRule", {"index": -1})["index"] < len(rules)
    return report


def check_gitlab(text):
    report = json.loads(text)
    jsonschema.validate(report, SCHEMAS["gitlab"])
    prints = [issue["fingerprint"] for issue in report]
    assert len(prints) == len(set(prints)), "equal fingerprints are shown as one"
    return report


def check_rdjson(text):
    report = json.loads(text)
    jsonschema.validate(report, SCHEMAS["rdjson"])
    for item in report["diagnostics"]:
        places = [item["location"], *(related["location"] for related in item["related_locations"])]
        for span in [place["range"] for place in places if "range" in place]:
            start, end = span["start"], span["end"]
            assert (start["line"], start["column"]) <= (end["line"], end["column"]), span
    return report["diagnostics"]


def check_junit(text):
    root = xml.etree.ElementTree.fromstring(text)
    suites = root.findall("testsuite")
    cases = root.findall("testsuite/testcase")
    failures = root.findall("testsuite/testcase/failure")
    assert root.tag == "testsuites" and int(root.get("tests")) == len(cases), root.attrib
    assert int(root.get("failures")) == len(failures)
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    return root


def check_github(text):
    commands = []
    for line in text.splitlines():
        if not line.startswith("::"):
            assert re.fullmatch(r"kportscan: [0-9]+ more findings?: .*", line), line
            continue
        match = re.fullmatch(r"::(error|warning|notice) ((?:[a-zA-Z]+=[^,:]*,?)+)::(.*)", line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match[2].split(",") if part)
        assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}, line
        assert "title" in properties
        commands.append((match[1], properties, match[3]))
    for kind in ("error", "warning", "notice"):
        assert sum(command[0] == kind for command in commands) <= 10
    order = ["error", "warning", "notice"]
    assert [order.index(command[0]) for command in commands] == sorted(order.index(c[0]) for c in commands)
    return commands


def check_markdown(text):
    """-> the rows of the table"""
    assert len(text.encode()) <= 1024 * 1024, "GitHub drops a longer summary"
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for row in rows:
        # a bar is escaped everywhere but between cells
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 5, row
        bare = re.sub(r"`[^`]*`", "", row).replace("<br>", "")
        assert "<" not in bare, row
    return rows[2:]


def check_mermaid(text):
    lines = text.splitlines()
    assert lines[0] == "flowchart LR"
    label = r'"(?:[^"#&<>`]|#(?:[0-9]+|quot|amp|lt|gt);)*"'
    node = rf"[psc][0-9]+(?:\(\[{label}\]\)|\[{label}\]|\({label}\))?"
    edges = 0
    known = set()
    for line in lines[1:]:
        if re.fullmatch(rf"  {node}(?: --> {node})*", line):
            edges += line.count(" --> ")
            for name, rest in re.findall(r"(?:^  | --> )([psc][0-9]+)(?=(.?))", line):
                assert (name not in known) == bool(rest in "([" and rest), line
                known.add(name)
            continue
        style = re.fullmatch(r"  linkStyle ([0-9,]+) stroke:red,stroke-width:3px", line)
        assert style or re.fullmatch(rf"  (?:none|rest)\[{label}\]", line), line
        if style:
            assert max(map(int, style[1].split(","))) < edges
    assert edges <= 500 and len(text) <= 50000, (edges, len(text))
    return lines


CHECKS = {"sarif": check_sarif, "github": check_github, "gitlab": check_gitlab, "junit": check_junit, "rdjson": check_rdjson,
          "markdown": check_markdown, "mermaid": check_mermaid}


class Formats(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.mkdir(os.path.join(self.folder.name, ".git"))

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)

    def reports(self, *arguments, cwd=None, code=None):
        """-> what each format gave, after its check; all are written in one run"""
        with tempfile.TemporaryDirectory() as out:
            outputs = [word for name in FORMATS for word in ("-o", f"{name}={out}/{name}")]
            done = subprocess.run([PROGRAM, "--lint", *outputs, *arguments], cwd=cwd or self.folder.name, timeout=300,
                                  capture_output=True, stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(done.stdout, b"")
            if code is not None:
                self.assertEqual(done.returncode, code, done.stderr)
            found = {}
            for name in FORMATS:
                with open(f"{out}/{name}", encoding="utf-8", newline="") as file:
                    found[name] = CHECKS[name](file.read())
            return found

    def test_clean(self):
        self.write("compose.yaml", CLEAN)
        found = self.reports(code=0)
        [run] = found["sarif"]["runs"]
        self.assertEqual((run["results"], run["tool"]["driver"]["rules"]), ([], []))
        self.assertTrue(run["invocations"][0]["executionSuccessful"])
        self.assertEqual((found["gitlab"], found["github"], found["markdown"]), ([], [], []))
        self.assertEqual(found["junit"].find("testsuite/testcase").get("name"), "no port conflict")
        self.assertFalse([line for line in found["mermaid"] if "linkStyle" in line])

    def test_clash(self):
        self.write("deploy/compose.yaml", CLASH)
        found = self.reports(cwd=os.path.join(self.folder.name, "deploy"), code=1)
        [result] = found["sarif"]["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"], {"uri": "deploy/compose.yaml", "uriBaseId": "SRCROOT"})
        self.assertEqual(place["region"], {"startLine": 3, "startColumn": 30, "endLine": 3, "endColumn": 44})
        self.assertEqual(len(result["relatedLocations"]), 1)
        [(kind, properties, message)] = found["github"]
        self.assertEqual((kind, properties["file"], properties["line"]), ("error", "deploy/compose.yaml", "3"))
        self.assertIn("'web' at compose.yaml:2", message)
        [issue] = found["gitlab"]
        self.assertEqual((issue["severity"], issue["location"]["path"]), ("critical", "deploy/compose.yaml"))
        self.assertEqual(len(found["junit"].findall("testsuite/testcase/failure")), 1)
        [item] = found["rdjson"]
        self.assertEqual((item["severity"], item["code"]["value"]), ("ERROR", "KP101"))
        self.assertEqual(item["location"], {"path": "deploy/compose.yaml", "range": {
            "start": {"line": 3, "column": 30}, "end": {"line": 3, "column": 44}}})
        self.assertEqual([related["location"]["range"]["start"]["line"] for related in item["related_locations"]], [2])
        self.assertIn("KP101", found["markdown"][0])
        self.assertTrue([line for line in found["mermaid"] if "linkStyle 0,1,2,3" in line])

    def test_columns_of_reviewdog_count_bytes(self):
        self.write("compose.yaml", "services:\n  a: {image: x, ports: ['8080:80']}\n"
                                   "  b: {image: 'äöü', ports: ['8080:81']}\n")
        found = self.reports(code=1)
        line = "  b: {image: 'äöü', ports: ['8080:81']}"
        [item] = found["rdjson"]
        self.assertEqual(item["location"]["range"]["start"]["column"], len(line.split("8080")[0].encode()) + 1)

    def test_suppressed(self):
        self.write("compose.yaml", SUPPRESSED)
        found = self.reports(code=0)
        [result] = found["sarif"]["runs"][0]["results"]
        self.assertEqual(result["suppressions"], [{"kind": "inSource", "justification": "never together"}])
        self.assertEqual((found["gitlab"], found["github"], found["markdown"]), ([], [], []))
        self.assertEqual(found["junit"].findall("testsuite/testcase/failure"), [])

    def test_an_input_that_failed(self):
        self.write("compose.yaml", CLASH)
        found = self.reports("compose.yaml", "nosuch.yaml", code=2)
        [call] = found["sarif"]["runs"][0]["invocations"]
        self.assertFalse(call["executionSuccessful"])
        self.assertIn("nosuch.yaml", call["toolExecutionNotifications"][0]["message"]["text"])
        self.assertEqual(len(found["gitlab"]), 2)
        self.assertEqual(len(found["junit"].findall("testsuite/testcase/failure")), 2)

    def test_names_that_try_to_break_out(self):
        for name in [NASTY, "\\x1b[31mred", "]]>", "-->", "::error::x", "x" * 5000, "| a | b |", "<script>", "`", '"', "%0A"]:
            quoted = json.dumps(name)
            self.write("compose.yaml", f'services:\n  {quoted}: {{image: a, ports: ["8080:80"]}}\n'
                                       f'  b: {{image: a, ports: [{quoted}, "8080:80"]}}\n')
            self.reports()
            self.write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  containers:\n"
                                   "    - {name: %s, image: a, ports: [{containerPort: 80, hostPort: 80}, "
                                   "{containerPort: 81, hostPort: 80, protocol: %s}]}\n" % (quoted, quoted, quoted))
            self.reports("pod.yaml")

    def test_names_of_files(self):
        for name in ['a"b<c>&d.yaml', "a b%c#d?e.yaml", "ü\u202e🐳.yaml", "a,b:c.yaml", "x|y`z.yaml", "a\nb.yaml", "bad\udcff.yaml"]:
            self.write(name, CLASH)
            self.reports("./" + name, code=1)

    def test_many(self):
        self.write("compose.yaml", "services:\n" + "".join(
            f'  s{port}: {{image: a, ports: ["127.0.0.1:{port}:80", "{port}:81"]}}\n' for port in range(20000, 50000)))
        found = self.reports(code=1)
        [run] = found["sarif"]["runs"]
        self.assertEqual(len(run["results"]), 25000)
        self.assertIn("left out: 5000 more results", run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"])
        self.assertEqual((len(found["github"]), len(found["gitlab"]), len(found["rdjson"])), (10, 30000, 30000))
        self.assertEqual(int(found["junit"].get("failures")), 30000)
        self.assertGreater(len(found["markdown"]), 1000)
        self.assertTrue([line for line in found["mermaid"] if "not drawn: " in line])

    def test_the_examples(self):
        for kind in ("compose", "kubernetes"):
            folder = os.path.join(ROOT, "manifests/examples", kind)
            for name in sorted(os.listdir(folder)):
                if os.path.isdir(os.path.join(folder, name)):
                    self.reports(".", cwd=os.path.join(folder, name))


if __name__ == "__main__":
    unittest.main()
