#!/usr/bin/env python3
"""usage: test_machines.py KPORTSCAN - several projects and their machines: --together, and `machines:`."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))


def project(*ports):
    services = "".join(f"  s{i}:\n    image: x\n    ports: ['{port}']\n" for i, port in enumerate(ports))
    return "services:\n" + services


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kportscan-machines-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, files):
        for path, text in files.items():
            path = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def run_it(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "HOME": self.root, "LC_ALL": "C.UTF-8",
                       **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        done = subprocess.run([PROGRAM, *arguments], cwd=self.root, env=environment, timeout=60, check=False,
                              capture_output=True, text=True)
        self.assertNotIn("Sanitizer", done.stderr)
        return done


class Together(Tree):
    STACKS = {"stacks/a/compose.yaml": project("8080:80"), "stacks/b/compose.yaml": project("8080:81"),
              "stacks/c/docker-compose.media.yml": project("9090:80"),
              "stacks/d/compose.yml": project("9090:80")}

    def test_projects_below_a_folder_are_apart_and_a_hint_names_two(self):
        self.write(self.STACKS)
        done = self.run_it("--lint", "-o", "short", "stacks")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in ("'stacks/a/compose.yaml'", "'stacks/b/compose.yaml'", "8080/tcp", "1 more port", "--together"):
            self.assertIn(word, done.stderr)
        self.assertEqual(self.run_it("--lint", "-q", "stacks").stderr, "")

    def test_together_they_clash(self):
        self.write(self.STACKS)
        done = self.run_it("--lint", "-o", "short", "--together", "stacks")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("[KP108]"), 2, done.stdout)
        self.assertEqual(done.stderr, "")

    def test_what_lies_beside_a_standard_file_is_a_variant(self):
        self.write({"shop/compose.yaml": project("8080:80"), "shop/compose.dev.yaml": project("8080:80")})
        for options in ([], ["--together"]):
            done = self.run_it("--lint", "-o", "short", *options, "shop")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_units_of_several_folders(self):
        container = "[Container]\nImage=x\nPublishPort=8080:80\n"
        self.write({"a/web.container": container, "b/api.container": container})
        self.assertIn("--together", self.run_it("--lint", "-o", "short", ".").stderr)
        done = self.run_it("--lint", "-o", "short", "--together", ".")
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)

    def test_no_hint_without_a_meeting(self):
        self.write({"a/compose.yaml": project("8080:80"), "b/compose.yaml": project("8080:80/udp"),
                    "c/compose.yaml": project("127.0.0.1:70:80"), "d/compose.yaml": project("127.0.0.2:70:80")})
        self.assertEqual(self.run_it("--lint", ".").stderr, "")


LAB = """machines:
  nas:
    inputs: [nas/, media/compose.yaml]
  pi:
    inputs: pi
"""


class Machines(Tree):
    def lab(self, settings=LAB):
        self.write({".kportscan.yaml": settings,
                    "nas/web/compose.yaml": project("8080:80"), "nas/files/compose.yaml": project("8080:81"),
                    "media/compose.yaml": project("9090:80"), "nas/music/compose.yaml": project("9090:80"),
                    "pi/dns/compose.yaml": project("53:53/udp", "8080:80"), "pi/web/compose.yaml": project("53:53/udp"),
                    "other/compose.yaml": project("8080:80", "9090:80")})

    def rows(self, *arguments):
        done = self.run_it("--lint", "-o", "json", *arguments)
        report = json.loads(done.stdout)
        return done, [(finding["rule"], finding.get("machine"), finding["port"]["first"],
                       sorted(party["location"]["path"] for party in finding["parties"]))
                      for finding in report["findings"]], report

    def test_projects_of_one_machine_meet_and_no_others(self):
        self.lab()
        done, rows, report = self.rows(".")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(sorted(rows), [
            ("KP108", "nas", 8080, ["nas/files/compose.yaml", "nas/web/compose.yaml"]),
            ("KP108", "nas", 9090, ["media/compose.yaml", "nas/music/compose.yaml"]),
            ("KP108", "pi", 53, ["pi/dns/compose.yaml", "pi/web/compose.yaml"])])
        self.assertEqual({item["path"]: item.get("machine") for item in report["inputs"]}["other/compose.yaml"], None)
        self.assertEqual({item.get("machine") for item in report["inputs"]}, {"nas", "pi", None})
        self.assertIn("every address, on nas</td>", self.run_it("--lint", "-o", "html", ".").stdout)
        self.assertIn('"pi: 53/udp"', self.run_it("--lint", "-o", "mermaid", ".").stdout)
        short = self.run_it("--lint", "-o", "short", ".").stdout
        self.assertIn("published by two projects, on machine 'pi' (", short)

    def test_from_every_place_below(self):
        self.lab()
        done = subprocess.run([PROGRAM, "--lint", "-o", "short", "../nas", "../pi/dns/compose.yaml"], check=False,
                              cwd=os.path.join(self.root, "pi"), capture_output=True, text=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": self.root})
        self.assertEqual((done.returncode, done.stdout.count("on machine 'nas'"), done.stdout.count("pi'")), (1, 1, 0), done)

    def test_files_given_together_follow_their_machines(self):
        self.lab()
        done, rows, _ = self.rows("nas/web/compose.yaml", "pi/dns/compose.yaml")
        self.assertEqual((done.returncode, rows), (0, []))
        done, rows, _ = self.rows("nas/web/compose.yaml", "pi/dns/compose.yaml", "--no-config")
        self.assertEqual((done.returncode, [row[0] for row in rows]), (1, ["KP108"]))

    def test_the_longest_input_counts(self):
        self.lab("machines:\n  all: {inputs: .}\n  pi: {inputs: pi}\n")
        _, rows, _ = self.rows(".")
        self.assertEqual({(row[1], row[2], len(row[3])) for row in rows},
                         {("all", 8080, 3), ("all", 9090, 3), ("pi", 53, 2)})

    def test_an_alternative_has_to_be_named(self):
        files = {"nas/compose.yaml": project("8080:80"), "nas/compose.dev.yaml": project("8080:80")}
        self.write({".kportscan.yaml": "machines: {nas: {inputs: nas}}\n", **files})
        self.assertEqual(self.rows(".")[1], [])
        self.write({".kportscan.yaml": "machines: {nas: {inputs: [nas, nas/compose.dev.yaml]}}\n"})
        self.assertEqual([row[:3] for row in self.rows(".")[1]], [("KP108", "nas", 8080)])

    def test_settings_that_are_wrong(self):
        rows = {"machines: 3": "1:11: error: 'machines' wants a mapping",
                "machines: {nas: nas}": "1:17: error: a machine is a mapping",
                "machines: {nas: {context: x}}": "1:12: error: machine 'nas' has no 'inputs'",
                "machines: {nas: {inputs: []}}": "1:12: error: machine 'nas' has no 'inputs'",
                "machines: {nas: {inputs: [{}]}}": "1:27: error: 'inputs' wants a value",
                "machines: {nas: {inputs: ../x}}": "1:26: error: '../x' leaves the folder",
                "machines: {nas: {inputs: a/../../x}}": "1:26: error: 'a/../../x' leaves the folder",
                "machines: {a: {inputs: nas}, b: {inputs: nas/}}": "1:42: error: 'nas' is an input of machine 'a'",
                "machines: {a: {inputs: [nas, nas]}}": "1:30: error: 'nas' is an input of machine 'a'",
                "machines: {a: {inputs: nas}, a: {inputs: x}}": "1:30: error: ",
                "machines: {'': {inputs: nas}}": "1:12: error: a machine has a name",
                "machines: {a: {inputs: nas, contxt: x}}": "1:29: warning: there is no key 'contxt'",
                "machines: {a: {inputs: nass}}": "1:24: warning: there is no file or folder 'nass'"}
        self.write({"nas/compose.yaml": project("80:80"), "x/compose.yaml": project("80:80")})
        for text, words in rows.items():
            with self.subTest(text=text):
                self.write({".kportscan.yaml": text + "\n"})
                done = self.run_it("--lint", ".")
                self.assertEqual(done.returncode, 0 if "warning" in words else 2, done)
                self.assertIn(".kportscan.yaml:" + words, done.stderr)


if __name__ == "__main__":
    unittest.main()
