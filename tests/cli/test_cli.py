#!/usr/bin/env python3
"""usage: test_cli.py KPORTSCAN - the command line from outside: streams, exit codes, written files."""

import json
import os
import signal
import pty
import subprocess
import sys
import tempfile
import unittest

import other_user

PROGRAM = os.path.abspath(sys.argv.pop(1))

CLASH = """name: shop
services:
  web:
    image: a
    ports: ["18083:80"]
  admin:
    image: b
    ports: ["127.0.0.1:18083:80"]
"""
CLEAN = "services: {web: {image: a, ports: ['18083:80']}}\n"


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("compose.yaml", CLASH)
        self.write("clean.yaml", CLEAN)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_it(self, *arguments, stdout=subprocess.PIPE, **extra):
        environment = {"PATH": os.environ["PATH"], **extra.pop("environment", {})}
        program = other_user.copy_of(PROGRAM) if "user" in extra else PROGRAM
        return subprocess.run([program, *arguments], cwd=self.folder.name, env=environment, stdout=stdout,
                              stderr=subprocess.PIPE, stdin=extra.pop("stdin", subprocess.DEVNULL), text=True,
                              timeout=60, check=False, **extra)

    def test_exit_codes(self):
        for arguments, code in [
            ([], 1), (["clean.yaml"], 0), (["--exit-zero"], 0), (["--fail-on", "never"], 0), (["nosuch.yaml"], 2),
            (["nosuch.yaml", "compose.yaml"], 2), (["--nonsense"], 2), (["--ignore", "KP101"], 0), (["70000"], 2),
            (["--help"], 0), (["--version"], 0), (["--list-rules"], 0), (["-qq"], 1), (["--files"], 0),
            (["1/udp", "--no-docker"], 1), (["1", "compose.yaml"], 2),
            (["--diff", "--help"], 0), (["1", "--watch", "--help"], 0), (["--docker", "--lint", "--version"], 0),
        ]:
            self.assertEqual(self.run_it(*arguments).returncode, code, arguments)

    def test_a_finding_with_very_many_parties(self):
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec: {containers: [{name: c, image: x, ports: "
               "[{containerPort: 80, hostPort: 80}]}]}\n")
        for n in (200, 700):
            self.write("pods.yaml", "---\n".join(pod % i for i in range(n)))
            findings = json.loads(self.run_it("--lint", "-o", "json", "pods.yaml").stdout)["findings"]
            self.assertEqual([finding["rule"] for finding in findings], ["KP203"])
            names = [party["object"]["name"] if "object" in party else party["name"]
                     for party in findings[0]["parties"]]
            self.assertEqual(names, ["p%d" % (n - 1)] + ["p%d" % i for i in range(n - 1)])
            self.assertLess(list(findings[0]).index("port"), list(findings[0]).index("parties"))
            self.assertLess(list(findings[0]).index("parties"), list(findings[0]).index("notes"))

    def test_claims_of_manifests_change_no_finding(self):
        examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../manifests/examples/kubernetes")
        listed = 0
        for name in sorted(os.listdir(examples)):
            folder = os.path.join(examples, name)
            plain = json.loads(self.run_it("--lint", "-o", "json", folder).stdout)
            full = json.loads(self.run_it("--lint", "-o", "json", "--claims", folder).stdout)
            self.assertEqual(plain["findings"], full["findings"], name)
            self.assertEqual(plain["summary"], full["summary"], name)
            self.assertEqual(plain["claims"], [])
            self.assertEqual(len(full["claims"]), full["summary"]["claims"], name)
            listed += len(full["claims"])
        self.assertGreater(listed, 20)

    def test_a_failed_input_leaves_the_report_of_the_others_complete(self):
        done = self.run_it("-o", "json", "nosuch.yaml", "compose.yaml")
        report = json.loads(done.stdout)
        self.assertEqual({f["rule"] for f in report["findings"]}, {"KP101", "KP901"})
        self.assertEqual([i["status"] for i in report["inputs"]], ["ok", "failed"])
        self.assertFalse(report["summary"]["complete"])

    def test_only_results_go_to_stdout(self):
        done = self.run_it("-v", "-o", "json")
        json.loads(done.stdout)
        self.assertIn("shop", done.stderr)
        self.assertEqual(self.run_it("-qq").stdout, "")
        self.assertEqual(self.run_it("clean.yaml").stdout, "")
        wrong = self.run_it("--fromat", "json")
        self.assertEqual(wrong.stdout, "")
        self.assertIn("did you mean '--format'?", wrong.stderr)

    def test_a_pipe_gets_lines_a_terminal_gets_frames(self):
        self.assertTrue(self.run_it().stdout.startswith("compose.yaml:8:14: error: "))
        self.assertNotIn("\x1b", self.run_it("-o", "text").stdout)
        self.assertIn("\x1b[1;38;5;231;48;5;124merror", self.run_it("--color", "always").stdout)
        for environment, coloured in [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False),
                                      ({"TERM": "xterm", "NO_COLOR": "1"}, False)]:
            text = self.on_terminal(environment)
            self.assertIn("-->", text)
            self.assertEqual("\x1b[" in text, coloured, environment)

    def test_versions(self):
        self.assertRegex(self.run_it("--version").stdout, r"\Akportscan [0-9.]+\n\Z")
        for arguments in (["-v", "-V"], ["-V", "-v"], ["-vV"]):
            done = self.run_it(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\Akportscan [0-9.]+\nlibyaml [0-9.]+\njansson [0-9.]+\nlibcurl (not loaded|none): ")

    def on_terminal(self, environment):
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            self.run_it(stdout=theirs, environment=environment)
            os.close(theirs)
            text = b""
            try:
                while piece := screen.read(65536):
                    text += piece
            except OSError:
                pass
        return text.decode()

    def test_standard_output_that_takes_nothing(self):
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                for arguments in ([], ["-o", "json"], ["--help"], ["--files"]):
                    done = self.run_it(*arguments, stdout=full)
                    self.assertEqual(done.returncode, 2, arguments)
                    self.assertIn("cannot write to standard output: No space left", done.stderr)

    def test_reader_that_goes_away(self):
        """`| head -1` ends the program without a word, like any other tool."""
        reader, writer = os.pipe()
        os.close(reader)
        done = self.run_it("-o", "text", stdout=writer)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))

    def test_reports_in_files(self):
        done = self.run_it("-o", "json=out.json", "-o", "text=out.txt")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", ""))
        self.assertEqual(json.loads(self.read("out.json"))["summary"]["errors"], 1)
        self.assertIn("-->", self.read("out.txt"))
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["clean.yaml", "compose.yaml", "out.json", "out.txt"])
        done = self.run_it("-o", "json=out.json", "-o", "short")
        self.assertTrue(done.stdout.startswith("compose.yaml:8:14: "))

    def test_no_command_of_a_runner(self):
        """GitHub's runners take lines that begin with "::", and "##[" anywhere, for commands."""
        os.remove(self.path("compose.yaml"))
        self.write("::stop-commands::abc/compose.yaml", CLASH.replace("web:", "'##[stop-commands]abc':"))
        for arguments in (["-o", "short"], ["-o", "text"], ["--files"], ["--map", "-o", "short"], ["--map", "-o", "text"]):
            done = self.run_it("--lint", *arguments, ".")
            is_first = "--files" in arguments or arguments == ["-o", "short"]
            self.assertIn("./::stop-commands::" if is_first else " ::stop-commands::", done.stdout, arguments)
            self.assertNotRegex(done.stdout + done.stderr, r"(?m)^\s*::|##\[", arguments)

    def test_sarif_has_no_link_of_a_file(self):
        self.write("compose.yaml", CLASH.replace("web:", "'[here](https://evil.example/)\\':"))
        run = json.loads(self.run_it("--lint", "-o", "sarif").stdout)["runs"][0]
        text = run["results"][0]["message"]["text"]
        self.assertIn("\\[here\\](https://evil.example/)\\\\", text)
        self.assertNotRegex(text, r"(?<!\\)\]\(https")

    def test_a_report_replaces_a_file_whole_or_not_at_all(self):
        self.write("real.json", "before")
        os.symlink("real.json", self.path("link.json"))
        os.chmod(self.path("real.json"), 0o600)
        self.run_it("-o", "json=link.json")
        self.assertTrue(os.path.islink(self.path("link.json")))
        json.loads(self.read("real.json"))
        self.assertEqual(os.stat(self.path("real.json")).st_mode & 0o777, 0o600)
        os.mkdir(self.path("folder"))
        for target in ("folder", "nowhere/out.json"):
            done = self.run_it("-o", f"json={target}")
            self.assertEqual(done.returncode, 2, target)
            self.assertIn(f"cannot write '{target}'", done.stderr)
        self.assertEqual(os.listdir(self.path("folder")), [])

    def test_no_report_replaces_an_input(self):
        compose = self.read("compose.yaml")
        os.symlink("compose.yaml", self.path("link.yaml"))
        os.link(self.path("compose.yaml"), self.path("hard.yaml"))
        self.write(".env", "A=1\n")
        self.write(".kportscan.yaml", "fail-on: error\n")
        for target in "compose.yaml", "./compose.yaml", "link.yaml", "hard.yaml", ".env", ".kportscan.yaml":
            before = self.read(target)
            done = self.run_it("-o", "text=first.txt", "-o", f"json={target}")
            self.assertEqual((done.returncode, done.stdout), (2, ""), target)
            self.assertIn(f"'{target}' is an input of this run", done.stderr)
            self.assertEqual(self.read(target), before)
            self.assertFalse(os.path.exists(self.path("first.txt")))
        with open(self.path("compose.yaml"), encoding="utf-8") as text:
            done = self.run_it("-o", "json=compose.yaml", "-", stdin=text)
        self.assertEqual((done.returncode, self.read("compose.yaml")), (2, compose))
        for _ in range(2):
            self.assertEqual(self.run_it("-o", "json=out.json", ".").returncode, 1)

    def test_standard_input(self):
        for arguments, name in [(["-"], "<stdin>"), (["-f", "-"], "<stdin>"), (["-", "--stdin-filename", "x.yaml"], "x.yaml")]:
            with open(self.path("compose.yaml"), encoding="utf-8") as file:
                done = self.run_it(*arguments, stdin=file)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith(f"{name}:8:14: error"), done.stdout)

    def test_folders(self):
        self.write("one/compose.yaml", CLEAN)
        self.write("one/compose.override.yaml", "services: {web: {ports: ['8081:80']}}\n")
        self.write("two/docker-compose.yml", CLEAN)
        self.write("two/deep/compose.prod.yaml", CLEAN)
        self.write(".hidden/compose.yaml", CLASH)
        self.write("node_modules/x/compose.yaml", CLASH)
        os.symlink("..", self.path("two/loop"))
        # what was found below a folder is not judged against each other, what was named is
        done = self.run_it("-o", "json", "one", "two")
        self.assertEqual([f["rule"] for f in json.loads(done.stdout)["findings"]], ["KP108"])
        report = json.loads(self.run_it("-o", "json", ".").stdout)
        self.assertEqual([f["rule"] for f in report["findings"]], ["KP101"])
        self.assertEqual([i["files"] for i in report["inputs"]],
                         [["compose.yaml"], ["one/compose.yaml", "one/compose.override.yaml"],
                          ["two/deep/compose.prod.yaml"], ["two/docker-compose.yml"]])
        # once, however often it is met
        report = json.loads(self.run_it("-o", "json", "two", "two/docker-compose.yml", "two").stdout)
        self.assertEqual(len(report["inputs"]), 2)
        listed = self.run_it("--files", "--exclude", "deep", "--exclude", "one/", ".").stdout.split()
        self.assertEqual(listed, ["compose.yaml", "two/docker-compose.yml"])
        self.assertIn("cannot read 'nosuch'", self.run_it("--files", "nosuch").stderr)
        os.mkdir(self.path("empty"))
        self.assertEqual(self.run_it("empty").returncode, 2)

    def test_a_file_of_a_folder_that_may_not_be_read(self):
        """It may be a manifest: that nobody looked at it is told, and no success."""
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody who is denied")
        self.write("tree/compose.yaml", CLEAN)
        for name in ("tree/deploy.yaml", "tree/data.txt"):
            self.write(name, "a: 1\n")
            os.chmod(self.path(name), 0)
        os.chmod(self.folder.name, 0o755)
        done = self.run_it("--lint", "-o", "json", "tree", user=other_user.NOBODY)
        report = json.loads(done.stdout)
        self.assertEqual([(f["rule"], f["message"]) for f in report["findings"]],
                         [("KP907", "'tree/deploy.yaml' was not looked into: Permission denied")])
        self.assertEqual((done.returncode, report["summary"]["complete"]), (3, False))
        self.assertEqual(self.run_it("--lint", "--exclude", "deploy.yaml", "tree", user=other_user.NOBODY).returncode, 0)

    def test_a_word_of_docker_compose(self):
        done = self.run_it("-o", "text", "up")
        self.assertEqual(done.returncode, 2)
        self.assertIn("leave 'up' out", done.stdout)

    def test_a_word_that_looks_like_a_command(self):
        for words, form in [(["docker"], "kportscan --docker [PORT...]"), (["host"], "kportscan --host [PORT...]"),
                            (["free"], "kportscan --free PORT"), (["free", "8080"], "kportscan --free PORT"),
                            (["explain", "KP101"], "kportscan --explain RULE"), (["diagnose"], "--diagnose [FILE]"),
                            (["help"], "kportscan --help"), (["version"], "kportscan --version"),
                            (["check", "compose.yaml"], "kportscan [FILE...]"), (["lint"], "kportscan --lint [FILE...]"),
                            (["KP101"], "kportscan --explain KP101"),
                            (["compose-self-clash"], "kportscan --explain compose-self-clash"),
                            (["listen tcp :80: bind: address already in use"], "kportscan --diagnose")]:
            done = self.run_it("--no-docker", "--no-host", "-o", "short", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(form, done.stdout + done.stderr, words)

    def test_options_that_would_do_nothing(self):
        self.write("compose.yaml", CLASH)
        for words, reason in [(["--select", ""], "--select '' names no rule"), (["--select", " ,"], "--select ' ,' names no rule"),
                              (["--ignore", ""], "--ignore '' names no rule"),
                              (["--lint", "--write-baseline", "-"], "--write-baseline wants a file"),
                              (["--files", "-o", "json"], "--files lists files"), (["--files", "-o", "json=out"], "--files lists files"),
                              (["--explain", "KP101", "KP102"], "'KP102' is one word too many"),
                              (["--list-rules", "KP101"], "'KP101' is one word too many"),
                              (["--free", "8080", "--lint"], "--lint looks at files only"),
                              *((["3000", *option], f"{option[0]} is about files") for option in
                                (["--files"], ["--systemd"], ["--service", "web"], ["--scale", "web=2"], ["--diff"],
                                 ["--write-baseline", "out"]))]:
            done = self.run_it(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(reason, done.stderr)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_a_manifest_behind_file(self):
        self.write("web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
        done = self.run_it("--lint", "-o", "short", "-f", "web.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("name it without -f", done.stdout)

    def test_a_dash_is_standard_output(self):
        self.write("compose.yaml", CLASH)
        self.assertEqual(self.run_it("--lint", "-o", "json=-").stdout, self.run_it("--lint", "-o", "json").stdout)
        self.assertIn("two reports go to standard output", self.run_it("--lint", "-o", "json=-", "-o", "text").stderr)

    def test_what_is_left_out_is_said(self):
        os.makedirs(self.path("tree/.git"))
        self.write("tree/.gitignore", "shop\n")
        self.write("tree/shop/compose.yaml", CLASH)
        done = self.run_it("--lint", "-o", "text", "tree")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--no-ignore reads them", done.stdout)

    def test_a_message_without_quotes(self):
        done = self.run_it("--no-docker", *"listen tcp :80: bind: address already in use".split())
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("kportscan --diagnose 'listen tcp :80: bind: address already in use'", done.stderr)
        self.assertNotIn("--diagnose", self.run_it("--lint", "a.yaml", "b.yaml").stderr)

    def test_a_log_as_an_input(self):
        self.write("up.log", "Attaching to web-1\nweb-1  | Error: listen EADDRINUSE: address already in use :::3000\n")
        done = self.run_it("--lint", "up.log")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'up.log' is a log", done.stdout)
        self.assertIn("kportscan --diagnose up.log", done.stdout)
        self.write("odd.yaml", "services: [\n")
        self.assertNotIn("--diagnose", self.run_it("--lint", "odd.yaml").stdout)

    def test_a_file_of_that_name_is_no_command_and_no_port(self):
        for name in ("docker", "tcp:80", ":3000", "3000,3001"):
            self.write(name, CLEAN)
            done = self.run_it("--lint", "-o", "short", name)
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)


if __name__ == "__main__":
    unittest.main()
