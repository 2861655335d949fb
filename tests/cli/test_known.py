#!/usr/bin/env python3
"""usage: test_known.py KPORTSCAN - findings that people accepted: beside what they are about, or in a baseline."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))

CLASH = """name: shop
services:
  web:
    image: a
    ports:
      - "8080:80"{0}
  admin:
    image: b
    ports:
      - "127.0.0.1:8080:80"{1}
"""
THREE = CLASH + """  third:
    image: c
    ports:
      - "8080:81"{2}
"""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: {name}
{annotations}spec:
  nodeName: one
  containers:
    - name: c
      image: x
      ports:
        - containerPort: 80
          hostPort: 8080
"""


class Known(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.mkdir(self.path(".git"))

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_it(self, *arguments):
        return subprocess.run([PROGRAM, "--lint", *arguments], cwd=self.root, stdin=subprocess.DEVNULL, env={},
                              capture_output=True, text=True, timeout=60, check=False)

    def report(self, *arguments):
        done = self.run_it("-o", "json", *arguments)
        return done.returncode, json.loads(done.stdout)

    def check(self, text, *arguments, name="compose.yaml"):
        """-> exit code, reasons of the findings about ports (None: none, or not suppressed), lines of the KP906"""
        self.write(name, text)
        code, report = self.report(*arguments)
        findings = [f for f in report["findings"] if f["rule"][:3] in ("KP1", "KP2")]
        unused = [f["parties"][0]["location"]["line"] for f in report["findings"] if f["rule"] == "KP906"]
        return code, [f["suppressed"] and f["suppressed"]["reason"] for f in findings], unused

    def test_comments(self):
        ignore = "  # kportscan: ignore KP101 -- one at a time"
        above = "name: shop\nservices:\n  web:\n    ports:\n      # kportscan: ignore KP101 -- one at a time\n" \
                "{}      - \"8080:80\"\n  admin: {{ports: [\"8080:81\"]}}\n"
        for text, expected in [
            (CLASH.format(ignore, ""), (0, ["one at a time"], [])),
            (CLASH.format("", ignore), (0, ["one at a time"], [])),
            (CLASH.format(ignore, ignore), (0, ["one at a time"], [])),
            (CLASH.format("  #kportscan:ignore compose-host-port-clash", ""), (0, [""], [])),
            (CLASH.format("  # kportscan: ignore KP1: why", ""), (0, ["why"], [])),
            (CLASH.format("  # kportscan: ignore KP105,KP101 -- a", ""), (0, ["a"], [6])),
            (CLASH.format("  # kportscan: ignore KP103", ""), (1, [None], [6])),
            (above.format(""), (0, ["one at a time"], [])),
            (above.format("      # and another\n"), (0, ["one at a time"], [])),
            (above.format("\n"), (1, [None], [5])),
            # what is indented below the line
            (CLASH.format("", "").replace("  web:", "  web: # kportscan: ignore KP101 -- x"), (0, ["x"], [])),
            (CLASH.format("", "").replace("  web:", "  # kportscan: ignore KP101 -- x\n  web:"), (0, ["x"], [])),
            (CLASH.format("", "").replace("image: a", "image: a # kportscan: ignore KP101 -- x"), (1, [None], [4])),
            (CLASH.format("", "") + "# kportscan: ignore KP101 -- x\n", (1, [None], [11])),
            (CLASH.format("", "") + "# kportscan: ignore-file KP101 -- x\n", (0, ["x"], [])),
            ("# kportscan: ignore-file KP101, KP103\n" + CLASH.format("", ""), (0, [""], [1])),
            ("\ufeff# kportscan: ignore-file KP101 -- é\r\n" + CLASH.format("", ""), (0, ["é"], [])),
            # no comments at all
            (CLASH.format("", "") + "x-a: '# kportscan: ignore-file KP101'\n", (1, [None], [])),
            (CLASH.format("", "") + "x-a: \"\n  # kportscan: ignore-file KP101\"\n", (1, [None], [])),
            (CLASH.format("", "") + "x-a: |\n  # kportscan: ignore-file KP101\n", (1, [None], [])),
            (CLASH.format("", "") + "x-a: >\n  a\n  # kportscan: ignore-file KP999\n", (1, [None], [])),
            (CLASH.format("", "") + "x-a: a#kportscan:ignore-file KP101\n", (1, [None], [])),
            (CLASH.format("", "") + "x-a: | # kportscan: ignore-file KP101 -- head\n  a\n", (0, ["head"], [])),
            (CLASH.format("", "") + "# see 'kportscan: ignore KP101' in the manual\n", (1, [None], [])),
        ]:
            reasons = expected[1]
            expected = (expected[0], [r or None for r in reasons], expected[2])
            code, found, unused = self.check(text)
            self.assertEqual((code, found, unused), expected, text)

    def test_who_is_left_still_clashes(self):
        ignore = "  # kportscan: ignore KP101 -- x"
        self.assertEqual(self.check(THREE.format(ignore, "", "")), (1, [None], []))
        self.assertIn("only one side ignores this", self.run_it("-o", "text").stdout)
        self.assertEqual(self.check(THREE.format("", "", ignore)), (1, [None], []))
        self.assertEqual(self.check(THREE.format(ignore, "", ignore)), (0, ["x"], []))
        own = "services:\n  web:\n    ports:\n      - \"80:1\"{}\n      - \"80:2\"\n      - \"80:3\"{}\n"
        self.assertEqual(self.check(own.format("  # kportscan: ignore KP103", ""))[1], [None])
        self.assertEqual(self.check(own.format(*["  # kportscan: ignore KP103 -- x"] * 2))[1], ["x"])

    def test_very_many_parties(self):
        service = "  s%d:\n    ports:\n      - \"8080:80\"%s\n"
        for left, expected in [((4200, 4209), (1, [None], [])), ((), (0, ["x"], [])), ((4250,), (0, ["x"], []))]:
            text = "".join(service % (i, "" if i in left else " # kportscan: ignore KP101 -- x") for i in range(4300))
            self.assertEqual(self.check("services:\n" + text), expected, left)

    def test_comments_above_each_other(self):
        mark = "# kportscan: ignore KP101 -- x\n"
        for gap in ("# y\n", "\n", mark):
            text = "services:\n  a: {ports: [\"80:1\"]}\n" + mark * 500 + gap * 9000
            self.assertEqual(self.check(text + "  b: {ports: [\"80:2\"]}\n")[0], int(gap == "\n"))

    def test_on_the_way_to_the_place(self):
        text = ("x-ports: &ports\n  ports: [\"8080:80\"]\nservices:\n  web:\n    <<: *ports  # kportscan: ignore KP101 -- m\n"
                "  admin:\n    ports: [\"8080:81\"]\n")
        self.assertEqual(self.check(text), (0, ["m"], []))
        self.write("base.yaml", "services:\n  web:\n    ports:\n      - 8080:80 # kportscan: ignore KP101 -- b\n")
        text = "services:\n  web: {extends: {file: base.yaml, service: web}}\n  admin: {ports: [\"8080:81\"]}\n"
        self.assertEqual(self.check(text), (0, ["b"], []))

    def test_malformed_comments(self):
        for words, message, help_text in [
            ("ignore", "this suppression names no rule", "as in 'KP101 -- reason'"),
            ("ignore -- because", "this suppression names no rule", ""),
            ("ignore KP999 -- x", "there is no rule 'KP999' to ignore", "--list-rules"),
            ("ignore KP101 because", "there is no rule 'because' to ignore", "write a reason behind ' -- '"),
            ("ignore compose-host-port-crash", "there is no rule 'compose-host-port-crash'",
             "did you mean 'compose-host-port-clash'?"),
            ("ignroe KP101", "a comment cannot say 'ignroe' to kportscan", "did you mean 'ignore'?"),
            ("disable KP101", "a comment cannot say 'disable' to kportscan", "'ignore-file KP101 -- reason'"),
            ("", "this comment says nothing to kportscan", ""),
        ]:
            self.write("compose.yaml", CLASH.format("  # kportscan: " + words, ""))
            done = self.run_it("-o", "text")
            self.assertEqual(done.returncode, 2, words)
            text = " ".join(done.stdout.split())
            self.assertIn("error[KP902]: " + message, text)
            self.assertIn("--> compose.yaml:6:", text)
            self.assertIn(help_text, text)
            self.assertIn("KP101", text)  # the rest of the report is there

    def test_x_kportscan(self):
        def project(value):
            return CLASH.format("", "") + f"x-kportscan: {value}\n"

        def service(value):
            return CLASH.format("", "").replace("    image: a", f"    x-kportscan: {value}")

        for make in project, service:
            for value, reason in [
                ("{ignore: [\"KP101: why\"]}", "why"), ("{ignore: [KP101]}", None), ("{ignore: KP101}", None),
                ("{ignore: [{rule: KP101, reason: why}]}", "why"), ("{ignore: {KP101: why}}", "why"),
                ("{ignore: [{KP101: why}]}", "why"), ("{ignore: [KP101 -- why]}", "why"),
            ]:
                self.assertEqual(self.check(make(value)), (0, [reason], []), value)
            code, _, unused = self.check(make("{ignore: [KP103]}"))
            self.assertEqual((code, len(unused)), (1, 1))
            for value, message in [
                ("{ignore: [KP999]}", "there is no rule 'KP999' to ignore"), ("[KP101]", "x-kportscan wants a mapping"),
                ("{ignroe: [KP101]}", "there is no key 'ignroe' in x-kportscan"), ("{ignore: [[]]}", "names no rule"),
                ("{ignore: }", "names no rule"), ("{ignore: [{rule: KP101, resaon: a}]}", "names no rule"),
            ]:
                self.write("compose.yaml", make(value))
                done = self.run_it()
                self.assertEqual(done.returncode, 2, value)
                self.assertIn(message, done.stdout)

    def test_x_kportscan_reaches_the_layers(self):
        self.write("base.yaml", CLASH.format("", "") + "x-kportscan: {ignore: [\"KP101: p\"]}\n")
        self.write("more.yaml", "services: {third: {image: c, ports: [\"8080:81\"]}}\n")
        code, report = self.report("-f", "base.yaml", "-f", "more.yaml")
        self.assertEqual((code, [f["suppressed"]["reason"] for f in report["findings"]]), (0, ["p"]))
        self.write("base.yaml", CLASH.format("", "").replace("  admin", "  lone").replace(":8080:", ":9090:"))
        self.write("more.yaml", "services: {third: {image: c, x-kportscan: {ignore: [KP101]}}}\n")
        self.write("last.yaml", "services: {third: {ports: [\"8080:81\"]}}\n")
        code, report = self.report("-f", "base.yaml", "-f", "more.yaml", "-f", "last.yaml")
        self.assertEqual((code, [f["suppressed"]["kind"] for f in report["findings"]]), (0, ["x-kportscan"]))

    def test_annotations(self):
        def pods(*annotations):
            return "---\n".join(POD.format(name=f"p{i}", annotations=a) for i, a in enumerate(annotations))

        def note(text):
            return f"  annotations:\n    kportscan.dev/ignore: {text}\n"

        for text, expected in [
            (pods("", ""), (1, [None], [])),
            (pods(note("\"KP203: why\""), ""), (0, ["why"], [])),
            (pods("", note("KP203")), (0, [None], [])),
            (pods("", note("'KP208: a; KP203: b; c'")), (0, ["b; c"], [19])),
            (pods("", note("|\n      KP203: b\n      KP2: c")), (0, ["b"], [])),
            (pods("", "", note("KP203")), (1, [None], [])),
            (pods("", note("KP205")), (1, [None], [19])),
            (pods("", "").replace("- containerPort", "# kportscan: ignore KP203 -- i\n        - containerPort", 1),
             (0, ["i"], [])),
        ]:
            self.assertEqual(self.check(text, "pod.yaml", name="pod.yaml"), expected, text)
        deployment = ("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n"
                      "  template:\n    metadata: {labels: {a: b}, annotations: {kportscan.dev/ignore: \"KP203: t\"}}\n"
                      "    spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 8080}]}]}\n")
        self.assertEqual(self.check(deployment + "---\n" + pods(""), "pod.yaml", name="pod.yaml"), (0, ["t"], []))
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": n, "annotations": {"kportscan.dev/ignore": "KP203: j"} if n == "a" else {}},
             "spec": {"nodeName": "one", "containers": [{"name": "c", "image": "x",
                                                         "ports": [{"containerPort": 1, "hostPort": 80}]}]}}
            for n in "ab"]})
        self.assertEqual(self.check(items, "pod.json", name="pod.json"), (0, ["j"], []))
        # somebody else's text is no comment of this file
        config = ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  f: |\n"
                  "    # kportscan: ignore-file KP203\n---\n")
        self.assertEqual(self.check(config + pods("", ""), "pod.yaml", name="pod.yaml"), (1, [None], []))
        for text, message in [("KP999", "there is no rule 'KP999' to ignore"), ("''", "names no rule"),
                              ("[KP203]", "wants a text")]:
            self.write("pod.yaml", pods(note(text), ""))
            done = self.run_it("pod.yaml")
            self.assertEqual(done.returncode, 2)
            self.assertIn("pod.yaml:6:27: error: ", done.stdout)
            self.assertIn(message, done.stdout)

    def test_unused_is_told_only_where_it_can_be_known(self):
        text = CLASH.format("  # kportscan: ignore KP101, KP301", "")
        self.assertEqual(self.check(text)[2], [])  # --lint cannot show KP301
        self.assertEqual(self.check(text, "--ignore", "KP101")[2], [])
        self.assertEqual(self.check(text.replace("KP101", "KP103"))[2], [6])
        self.assertEqual(self.check(text.replace("KP101", "KP103"), "--ignore", "KP103")[2], [])
        self.assertEqual(self.check(text.replace("KP101", "KP103"), "--select", "KP101")[2], [])
        self.assertEqual(self.check(text.replace("KP101", "KP103"), "--service", "web")[2], [])
        self.assertEqual(self.check(text.replace("KP101", "KP103"), "compose.yaml", "nosuch.yaml")[2], [])
        both = CLASH.format("  # kportscan: ignore KP103", "") + "# kportscan: ignore-file KP906 -- fine\n"
        self.write("compose.yaml", both)
        found = [f["suppressed"] for f in self.report()[1]["findings"] if f["rule"] == "KP906"]
        self.assertEqual([f and f["reason"] for f in found], ["fine"])

    def test_what_people_see(self):
        self.write("compose.yaml", CLASH.format("  # kportscan: ignore KP101 -- \u202ered", ""))
        done = self.run_it("-o", "short")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertIn("1 suppressed", self.run_it("-o", "text").stdout)
        self.assertNotIn("\u202e", self.run_it("-v").stderr)
        self.write("compose.yaml", CLASH.format("  # kportscan: ignore KP101 -- why", ""))
        line = "kportscan: suppressed by comment at compose.yaml:6:40 -- why: compose.yaml:10:10: error: host port"
        self.assertIn(line, self.run_it("-v").stderr)

    def test_errors_of_the_input_cannot_be_accepted(self):
        self.assertEqual(self.check("# kportscan: ignore-file KP9 -- x\nservices: {a: {ports: [\"80:80\"]}}\nb: &\n")[0], 2)
        self.assertNotEqual(self.run_it().stdout, "")

    def test_a_port_that_the_api_server_refuses_can_be_ignored(self):
        self.write("k.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {kportscan.dev/ignore: KP217}}\n"
                   "spec: {ports: [{port: 99999}]}\n")
        for arguments in [], ["--ignore", "KP217"]:
            done = self.run_it("k.yaml", *arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_a_baseline(self):
        self.write("compose.yaml", CLASH.format("", ""))
        done = self.run_it("--write-baseline", "known.json")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(done.stderr, "kportscan: wrote 1 finding to the baseline 'known.json'\n")
        known = json.loads(self.read("known.json"))
        self.assertEqual((known["format"], known["format_version"]), ("kportscan-baseline", 1))
        entry = known["findings"][0]
        self.assertEqual((entry["rule"], entry["path"], entry["count"]), ("KP101", "compose.yaml", 1))
        self.assertNotIn("line", entry)
        # lines move
        self.write("compose.yaml", "\n\n\n" + CLASH.format("", ""))
        code, report = self.report("--baseline", "known.json")
        suppressed = report["findings"][0]["suppressed"]
        self.assertEqual((code, suppressed["kind"], report["summary"]["suppressed"]), (0, "baseline", 1))
        self.assertIn("baseline", suppressed["reason"])
        before = self.read("known.json")
        self.run_it("--baseline", "known.json", "--write-baseline", "known.json")
        self.assertEqual(self.read("known.json"), before)
        # checked out in a folder of another name, which is the project's when nobody gave it one
        prints = []
        for folder in ("here", "there"):
            os.mkdir(self.path(folder))
            self.write(f"{folder}/compose.yaml", CLASH.format("", "").replace("name: shop\n", ""))
            report = self.report(folder)[1]
            self.assertEqual(report["inputs"][0]["project"], folder)
            prints.append(report["findings"][0]["fingerprint"])
        self.assertEqual(prints[0], prints[1])
        self.assertEqual(self.report("-p", "shop", "here")[1]["findings"][0]["fingerprint"], entry["fingerprint"])
        self.assertNotEqual(prints[0], entry["fingerprint"])
        # something new
        self.write("compose.yaml", CLASH.format("", "\n      - \"80:1\"\n      - \"80:2\""))
        code, report = self.report("--baseline", "known.json")
        self.assertEqual(code, 1)
        self.assertEqual([f["suppressed"] is None for f in report["findings"]], [False, True])
        # gone
        self.write("compose.yaml", "services: {a: {image: x, ports: [\"80:1\"]}}\n")
        code, report = self.report("--baseline", "known.json")
        self.assertEqual((code, [f["rule"] for f in report["findings"]]), (0, ["KP906"]))
        self.assertEqual(report["findings"][0]["parties"][0]["location"]["path"], "known.json")
        self.assertEqual(self.report("--baseline", "known.json", "--ignore", "KP101")[1]["findings"], [])
        self.assertEqual(self.report("--baseline", "known.json", "--service", "a")[1]["findings"], [])

    def test_a_baseline_from_the_settings(self):
        os.mkdir(self.path("up"))
        self.write("compose.yaml", CLASH.format("", ""))
        self.write(".kportscan.yaml", "baseline: up/known.json\n")
        self.assertEqual(self.run_it().returncode, 2)  # it is not there yet
        self.assertEqual(self.run_it("--write-baseline", "up/known.json").returncode, 0)
        self.assertEqual(self.run_it().returncode, 0)
        self.assertEqual(self.run_it("--no-config").returncode, 1)

    def test_counts(self):
        self.write("compose.yaml", CLASH.format("", ""))
        self.run_it("--write-baseline", "known.json")
        known = json.loads(self.read("known.json"))
        known["findings"][0]["count"] = 3
        self.write("known.json", json.dumps(known))
        findings = self.report("--baseline", "known.json")[1]["findings"]
        self.assertEqual([f["rule"] for f in findings], ["KP101", "KP906"])
        self.assertIn("3 times, and it is there 1 times", findings[1]["message"])
        # two folders with the same project
        os.mkdir(self.path("sub"))
        self.write("sub/compose.yaml", CLASH.format("", ""))
        self.write("known.json", json.dumps(known).replace("\"count\": 3", "\"count\": 1"))
        code, report = self.report("--baseline", "known.json", ".")
        self.assertEqual((code, report["summary"]["suppressed"], report["summary"]["errors"]), (1, 1, 1))
        self.run_it("--write-baseline", "two.json", ".")
        self.assertEqual([e["count"] for e in json.loads(self.read("two.json"))["findings"]], [2])
        self.assertEqual(self.run_it("--baseline", "two.json", ".").returncode, 0)

    def test_broken_baselines(self):
        self.write("compose.yaml", CLASH.format("", ""))
        head = "{\"format\": \"kportscan-baseline\", \"format_version\": 1,\n \"findings\": ["
        for text, words in [
            (None, "cannot read the baseline 'b.json': No such file or directory"),
            ("", "b.json:1:1: error: this is no baseline: the file is empty"),
            ("{}", "b.json:1:1: error: this is no baseline: \"format\" is not"),
            ("[]", "b.json:1:1: error: this is no baseline: \"format\" is not"),
            ("hello", "b.json:1:1: error: this is no baseline"),
            ("{\"format\": \"kportscan-report\"}", "b.json:1:12: error: this is no baseline"),
            ("{\"format\": \"kportscan-baseline\", \"format_version\": 2}", "b.json:1:52: error: this version reads"),
            (head.replace(" \"findings\": [", "}"), "b.json:1:1: error: this baseline has no list of \"findings\""),
            (head, "b.json:2:"),
            (head + "{}]}", "b.json:2:15: error: this entry has no 'fingerprint'"),
            (head + "1]}", "b.json:2:15: error: this entry has no 'fingerprint'"),
            (head + "{\"fingerprint\": \"v2:1\"}]}", "b.json:2:31: error: 'v2:1' is no fingerprint"),
            (head + "{\"fingerprint\": \"v1:0123456789abcdef\", \"count\": 0}]}", "b.json:2:63: error: '0' is no count"),
            (head + "]}\n---\n{}", "b.json:4:1: error: found something behind the baseline"),
        ]:
            if text is not None:
                self.write("b.json", text)
            done = self.run_it("--baseline", "b.json")
            self.assertEqual((done.returncode, done.stdout), (2, ""), text)
            self.assertIn("kportscan: " + words, done.stderr)
            self.assertEqual(self.report("--baseline", "b.json")[0], 2)

    def test_a_baseline_that_cannot_be_written(self):
        self.write("compose.yaml", CLASH.format("", ""))
        for name in "nosuch/b.json", ".":
            done = self.run_it("--write-baseline", name)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"cannot write '{name}'", done.stderr)
            self.assertIn("KP101", done.stdout)
        self.assertEqual(self.run_it("--write-baseline", "/dev/full").returncode, 2)
        self.assertEqual(sorted(os.listdir(self.root)), [".git", "compose.yaml"])

    def test_a_baseline_replaces_baselines_alone(self):
        self.write("compose.yaml", CLASH.format("", ""))
        self.write("other.json", "{\"format\": \"kportscan-report\"}")
        self.write("notes.txt", "mine")
        os.link(self.path("compose.yaml"), self.path("linked.json"))
        for name in "compose.yaml", "other.json", "notes.txt", "linked.json":
            before = self.read(name)
            done = self.run_it("--write-baseline", name, "compose.yaml")
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(f"'{name}' exists and is no kportscan baseline", done.stderr)
            self.assertEqual(self.read(name), before)
        self.write("empty.json", "")
        for _ in range(2):
            self.assertEqual(self.run_it("--write-baseline", "empty.json", "compose.yaml").returncode, 0)
        done = self.run_it("--write-baseline", "new.json", "-o", "json=compose.yaml", "compose.yaml")
        self.assertEqual((done.returncode, done.stderr.count("is an input of this run")), (2, 1))
        self.assertFalse(os.path.exists(self.path("new.json")))


if __name__ == "__main__":
    unittest.main()
