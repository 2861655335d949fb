#!/usr/bin/env python3
"""usage: test_machines.py KPORTSCAN - several projects and their machines: --together, and the hint without it."""

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


if __name__ == "__main__":
    unittest.main()
