#!/usr/bin/env python3
"""usage: test_settings.py KPORTSCAN - where settings come from and which of them wins, as a user sees it."""

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
    ports: ["8080:80"]
  admin:
    image: b
    ports: ["127.0.0.1:8080:80"]
  late:
    image: c
    profiles: [late]
    ports: ["${PORT:-9090}:90"]
"""


class Settings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        os.mkdir(self.path(".git"))
        self.write("compose.yaml", CLASH)

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_it(self, *arguments, at=".", **environment):
        return subprocess.run([PROGRAM, "--lint", *arguments], cwd=self.path(at), stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True,
                              timeout=60, check=False)

    def report(self, *arguments, at=".", **environment):
        done = self.run_it("-o", "json", *arguments, at=at, **environment)
        return done.returncode, json.loads(done.stdout)

    def rules(self, *arguments, at=".", **environment):
        return [f["rule"] for f in self.report(*arguments, at=at, **environment)[1]["findings"]]

    def expect_broken(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_discovery(self):
        self.write("sub/compose.yaml", CLASH)
        self.assertEqual(self.rules(at="sub"), ["KP101"])
        self.write(".kportscan.yaml", "rules: {KP101: off}\n")
        self.assertEqual(self.rules(at="sub"), [])
        self.assertEqual(self.rules("--no-config", at="sub"), ["KP101"])
        self.write("sub/.kportscan.yaml", "rules: {KP101: note}\n")
        code, report = self.report(at="sub")
        self.assertEqual((code, report["summary"]["notes"]), (0, 1))
        self.assertEqual(self.rules("--config", "../.kportscan.yaml", at="sub"), [])
        self.assertEqual(self.rules(at="sub", KPORTSCAN_CONFIG="../.kportscan.yaml"), [])
        self.assertEqual(self.rules("--no-config", at="sub", KPORTSCAN_CONFIG="nosuch"), ["KP101"])
        self.write("repo/.git", "gitdir: elsewhere\n")
        self.write("repo/compose.yaml", CLASH)
        self.assertEqual(self.rules(at="repo"), ["KP101"])
        self.write("xdg/kportscan/config.yaml", "rules: {KP101: off}\n")
        self.assertEqual(self.rules(at="repo", XDG_CONFIG_HOME=self.path("xdg")), [])
        self.assertEqual(self.rules(at="sub", XDG_CONFIG_HOME=self.path("xdg")), ["KP101"])

    def test_what_was_read_is_told_when_asked(self):
        self.write(".kportscan.yaml", "fail-on: note\n")
        self.assertIn("kportscan: configuration: .kportscan.yaml\n", self.run_it("-v").stderr)
        self.assertEqual(self.run_it("--profile", "*").stderr, "")
        self.assertNotIn(".kportscan.yaml", self.run_it("--files").stdout)

    def test_services_that_no_profile_enables_are_mentioned(self):
        told = "kportscan: 1 service in profiles that are not active was not judged: --profile '*'\n"
        self.assertEqual(self.run_it().stderr, told)
        self.assertEqual(self.run_it("-q").stderr, "")
        self.assertEqual(self.run_it("--profile", "*").stderr, "")

    def test_the_version_of_compose(self):
        self.write("compose.yaml", "services:\n  a:\n    image: a\n    ports:\n"
                   "      - {target: 80, published: '1', host_ip: '${NONE:-}'}\n")
        self.assertEqual(self.rules(), ["KP109"])
        self.assertEqual(self.rules("--compose-version", "2.26"), [])
        self.write(".kportscan.yaml", "compose-version: '2.26'\n")
        self.assertEqual(self.rules(), [])
        self.assertEqual(self.rules("--compose-version", "5"), ["KP109"])
        for text in ("1.29", "2.", "two", "2.40.3.1", ""):
            self.assertEqual(self.run_it("--compose-version", text).returncode, 2)

    def test_precedence(self):
        self.write(".kportscan.yaml", "rules: {KP101: warning}\nfail-on: warning\nformat: json\n")
        self.assertEqual(self.run_it().returncode, 1)
        self.assertEqual(self.run_it(KPORTSCAN_FAIL_ON="error").returncode, 0)
        self.assertEqual(self.run_it("--fail-on", "warning", KPORTSCAN_FAIL_ON="never").returncode, 1)
        self.assertEqual(self.run_it("--exit-zero").returncode, 0)
        self.assertEqual(self.run_it(KPORTSCAN_FAIL_ON="").returncode, 1)
        self.assertTrue(self.run_it().stdout.startswith("{"))
        self.assertTrue(self.run_it(KPORTSCAN_FORMAT="short").stdout.startswith("compose.yaml:8:14: warning: "))
        self.assertTrue(self.run_it("-o", "short", KPORTSCAN_FORMAT="json").stdout.startswith("compose.yaml:8:14: "))

    def test_rules_from_everywhere(self):
        self.write(".kportscan.yaml", "rules: {KP1: off, KP109: on}\n")
        self.write("compose.yaml", CLASH.replace("9090", "70000").replace("    profiles: [late]\n", ""))
        self.assertEqual(self.rules(), ["KP109"])
        self.assertEqual(self.rules("--select", "KP101"), ["KP101"])
        self.assertEqual(self.rules("--select", "KP1"), ["KP101", "KP109"])
        self.assertEqual(self.rules("--select", "KP1", "--ignore", "KP109"), ["KP101"])
        self.assertEqual(self.rules("--ignore", "KP109"), [])
        self.assertEqual(self.rules(KPORTSCAN_SELECT="KP101"), ["KP101"])
        self.assertEqual(self.rules("--select", "KP109", KPORTSCAN_SELECT="KP101"), ["KP109"])
        self.assertEqual(self.rules("--select", "KP1", KPORTSCAN_IGNORE="compose-port-invalid"), ["KP101"])

    def test_severities(self):
        self.write(".kportscan.yaml", "rules: {KP1: note}\nseverity: warning\n")
        code, report = self.report()
        self.assertEqual((code, report["findings"]), (0, []))
        code, report = self.report("-S", "note", "--fail-on", "note")
        self.assertEqual((code, report["findings"][0]["severity"]), (1, "note"))
        self.assertEqual(self.run_it("--fail-on", "note").returncode, 1)  # what is not shown counts all the same
        self.assertEqual(self.rules(KPORTSCAN_SEVERITY="note"), ["KP101"])

    def test_colour(self):
        self.write(".kportscan.yaml", "color: always\n")
        self.assertIn("\x1b[", self.run_it().stdout)
        self.assertNotIn("\x1b[", self.run_it(NO_COLOR="1").stdout)
        self.assertNotIn("\x1b[", self.run_it(KPORTSCAN_COLOR="never").stdout)
        self.assertIn("\x1b[", self.run_it(NO_COLOR="1", KPORTSCAN_COLOR="always").stdout)
        self.assertNotIn("\x1b[", self.run_it("--color", "never", KPORTSCAN_COLOR="always").stdout)
        self.write(".kportscan.yaml", "color: never\n")
        self.assertIn("\x1b[", self.run_it(FORCE_COLOR="1").stdout)

    def test_the_project(self):
        self.write("up/ci.env", "PORT=8080\n")
        self.write("up/.kportscan.yaml", "profiles: [late]\nenv-files: [ci.env]\n")
        ports = [f["parties"] for f in self.report("--config", "up/.kportscan.yaml")[1]["findings"]]
        self.assertEqual([len(parties) for parties in ports], [3])
        ports = [f["parties"] for f in self.report("--config", "up/.kportscan.yaml", COMPOSE_PROFILES="x")[1]["findings"]]
        self.assertEqual([len(parties) for parties in ports], [2])
        self.write("other.env", "")
        ports = [f["parties"] for f in
                 self.report("--config", "up/.kportscan.yaml", "--env-file", "other.env")[1]["findings"]]
        self.assertEqual([len(parties) for parties in ports], [2])

    def test_exclude(self):
        self.write("vendor/compose.yaml", CLASH)
        self.write("old/compose.yaml", CLASH)
        self.assertEqual(len(self.rules(".")), 3)
        self.write(".kportscan.yaml", "exclude: [vendor, old/]\n")
        self.assertEqual(len(self.rules(".")), 1)
        self.assertEqual(len(self.rules("--exclude", "vendor", ".")), 2)  # it replaces the list
        for glob in ("**/vendor", "./vendor", "vendor/**", "**/vendor/**", "**/**/vendor/*.yaml"):
            self.assertEqual(len(self.rules("--exclude", glob, ".")), 2, glob)

    def test_the_cluster(self):
        self.write("k.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                   "spec: {type: NodePort, ports: [{port: 1, nodePort: 8080}]}\n")
        self.assertEqual(self.rules("k.yaml"), ["KP207"])
        self.write(".kportscan.yaml", "node-port-range: 8000-9000\n")
        self.assertEqual(self.rules("k.yaml"), [])
        self.assertEqual(self.rules("--node-port-range", "30000-32767", "k.yaml"), ["KP207"])

    def test_ports_that_the_node_and_sidecars_hold(self):
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {mesh: %s}}\nspec:\n  containers:\n"
               "  - {name: %s, image: x, ports: [{containerPort: 8200, hostPort: %d, protocol: %s}]}\n")
        self.write(".kportscan.yaml", "node-reserved-ports: [{port: 9100-9110, used-by: exporter}, 53/udp]\n"
                   "sidecars: [{name: vault-agent, ports: [8200], when: {mesh: 'on'}}]\n")
        for values, rules, words in [
            (("a", "'no'", "c", 9105, "TCP"), ["KP209"], "hostPort 9105/tcp of Pod a is held by 'exporter' on every node"),
            (("a", "'no'", "c", 9111, "TCP"), [], None), (("a", "'no'", "c", 9105, "UDP"), [], None),
            (("exporter", "'no'", "c", 9105, "TCP"), [], None),
            (("a", "'no'", "c", 53, "UDP"), ["KP209"], "hostPort 53/udp of Pod a is held by something else on every node"),
            (("a", "'on'", "c", 1, "TCP"), ["KP210"], "container port 8200/tcp of 'c' is taken by the injected vault-agent"),
            (("a", "'on'", "vault-agent", 1, "TCP"), [], None), (("a", "'on'", "c", 1, "UDP"), [], None),
        ]:
            self.write("pod.yaml", pod % values)
            findings = self.report("pod.yaml")[1]["findings"]
            self.assertEqual([f["rule"] for f in findings], rules, values)
            if words:
                self.assertEqual(findings[0]["message"], words)
        self.write(".kportscan.yaml", "sidecars: [{name: vault-agent, ports: [8200-8201]}]\n")
        self.write("pod.yaml", pod % ("a", "'no'", "c", 1, "TCP"))
        self.assertEqual(self.rules("pod.yaml"), ["KP210"])

    def test_broken_configurations(self):
        for text, place in [
            ("fail-on: sometimes\n", ".kportscan.yaml:1:10: error: fail-on 'sometimes' is none of error, warning, note, never"),
            ("severity: never\n", ".kportscan.yaml:1:11: error: severity 'never' is none of error, warning, note"),
            ("format: xml\n", ".kportscan.yaml:1:9: error: format: there is no format 'xml'"),
            ("format: json=x\n", ".kportscan.yaml:1:9: error: format: a file to write to can only be named in"),
            ("color: red\n", ".kportscan.yaml:1:8: error: color 'red' is none of auto, always, never"),
            ("nodes: many\n", ".kportscan.yaml:1:8: error: nodes 'many' is not a number of nodes"),
            ("node-port-range: 5\n", ".kportscan.yaml:1:18: error: node-port-range '5' is not like 30000-32767"),
            ("kubernetes-version: new\n", ".kportscan.yaml:1:21: error: kubernetes-version 'new' is not like 1.30"),
            ("# x\nrules:\n  KP999: off\n", ".kportscan.yaml:3:3: error: there is no rule 'KP999'"),
            ("a: [\n", ".kportscan.yaml:2:1: error: "),
            ("a: \xff".encode("latin-1").decode("utf-8", "surrogateescape"), None),
        ]:
            with open(self.path(".kportscan.yaml"), "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
            self.expect_broken(self.run_it(), "kportscan: " + (place or ".kportscan.yaml:1:4: error: byte 0xff"))
            self.expect_broken(self.run_it("-o", "text"))
            self.assertEqual(self.run_it("--no-config").returncode, 1)
            code, report = self.report()
            self.assertEqual((code, report["inputs"], report["summary"]["complete"]), (2, [], False))
            self.assertEqual(report["findings"][0]["parties"][0]["location"]["path"], ".kportscan.yaml")
            done = self.run_it("-o", "json=report.json")
            self.expect_broken(done)
            with open(self.path("report.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["summary"]["errors"], len(report["findings"]))

    def test_a_mistake_counts_even_where_the_value_would_not(self):
        self.write(".kportscan.yaml", "fail-on: sometimes\n")
        self.expect_broken(self.run_it("--fail-on", "error"), "1:10")

    def test_an_unknown_key_is_a_warning(self):
        self.write(".kportscan.yaml", "fial-on: never\nx-notes: {a: 1}\n")
        done = self.run_it("--profile", "*")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "kportscan: .kportscan.yaml:1:1: warning: there is no key 'fial-on'; did you "
                         "mean 'fail-on'?\n")

    def test_queries_read_it_too(self):
        self.write(".kportscan.yaml", "format: json\n")
        query = ["--no-docker", "1"]
        done = subprocess.run([PROGRAM, *query], cwd=self.root, env={}, capture_output=True, text=True, check=False)
        self.assertEqual(json.loads(done.stdout)["mode"], "ports")
        self.write(".kportscan.yaml", "format: xml\n")
        done = subprocess.run([PROGRAM, *query], cwd=self.root, env={}, capture_output=True, text=True, check=False)
        self.expect_broken(done, "kportscan: .kportscan.yaml:1:9: error: ")

    def test_what_shells_read_stays_as_it_is(self):
        """PORT=$(kportscan --free 20000) works whatever format the settings name; the command line may ask for another."""
        for name, text, variables in [(".kportscan.yaml", "format: json\n", {}), ("x", "", {"KPORTSCAN_FORMAT": "json"})]:
            self.write(name, text)
            for words, first in [(["--free", "20000"], r"\d+\n"), (["--assign"], r"\w+=\d+|#"), (["--free", "20000", "--json"], r"\{")]:
                done = subprocess.run([PROGRAM, "--no-docker", *words], cwd=self.root, env=variables, capture_output=True,
                                      text=True, check=False)
                self.assertRegex(done.stdout, r"\A" + first, (words, done))
            os.remove(self.path(name))

    def test_settings_that_cannot_be_read(self):
        os.mkfifo(self.path(".kportscan.yaml"))
        self.expect_broken(self.run_it(), "the configuration '.kportscan.yaml' is not a regular file")
        os.remove(self.path(".kportscan.yaml"))
        os.symlink("nowhere", self.path(".kportscan.yaml"))
        self.expect_broken(self.run_it(), "cannot read the configuration '.kportscan.yaml': No such file or directory")

    def test_a_context_is_no_matter_of_files(self):
        self.assertEqual(self.run_it("--lint", "--context", "nosuch", "-o", "short").stderr, self.run_it("--lint", "-o", "short").stderr)

    def test_broken_environment_and_missing_files(self):
        self.expect_broken(self.run_it(KPORTSCAN_FAIL_ON="x"), "kportscan: KPORTSCAN_FAIL_ON 'x' is none of error, ")
        self.expect_broken(self.run_it(KPORTSCAN_FORMAT="x"), "kportscan: KPORTSCAN_FORMAT: there is no format 'x'")
        self.expect_broken(self.run_it(KPORTSCAN_SELECT="x"), "kportscan: KPORTSCAN_SELECT: there is no rule 'x'")
        self.expect_broken(self.run_it(KPORTSCAN_COLOR="x"), "kportscan: KPORTSCAN_COLOR 'x' is none of auto, ")
        self.expect_broken(self.run_it("--config", "nosuch.yaml"),
                           "kportscan: cannot read the configuration 'nosuch.yaml': No such file or directory")
        self.expect_broken(self.run_it(KPORTSCAN_CONFIG="nosuch.yaml"), "nosuch.yaml")
        self.expect_broken(self.run_it("--config", "."), "cannot read the configuration '.': Is a directory")
        self.expect_broken(self.run_it("--config", "x", "--no-config"), "exclude each other")
        self.write("esc\x1b.yaml", "\x1b: 1\n")
        self.assertNotIn("\x1b", self.run_it("--config", "esc\x1b.yaml").stderr)
        os.mkdir(self.path(".kportscan.yaml"))
        self.expect_broken(self.run_it(), "cannot read the configuration '.kportscan.yaml': Is a directory")


if __name__ == "__main__":
    unittest.main()
