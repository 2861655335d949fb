"""docs/editors.md, done: the recipe of each editor gets the finding of an example at its place.

usage: test_editors.py KPORTSCAN ROOT

The problem matcher of Visual Studio Code is applied to the lines, Vim runs `:make` with the compiler file of the page, and
Lua reads a line with the pattern for nvim-lint. A program that is not installed is skipped, and said so.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
del sys.argv[1:3]
EXAMPLE = os.path.join(ROOT, "manifests/examples/compose/services-clash")
LUA = next(filter(shutil.which, ("lua5.4", "lua5.3", "lua", "luajit")), None)
PLACE = ("compose.yaml", "11", "10")


class Editors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.project = os.path.join(self.home, "project")
        shutil.copytree(EXAMPLE, self.project, ignore=shutil.ignore_patterns("expected.*", "cmd"))
        os.mkdir(os.path.join(self.home, "bin"))
        os.symlink(PROGRAM, os.path.join(self.home, "bin/kportscan"))
        self.environment = {"PATH": os.path.join(self.home, "bin") + ":" + os.environ["PATH"], "HOME": self.home,
                            "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        with open(os.path.join(ROOT, "docs/editors.md"), encoding="utf-8") as file:
            page = file.read()
        self.blocks = {}
        for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.M | re.S):
            self.blocks.setdefault(language, []).append(text)

    def run_it(self, *words, **more):
        return subprocess.run(words, cwd=self.project, env=self.environment, text=True, capture_output=True, timeout=60,
                              check=False, **more)

    def test_visual_studio_code(self):
        [task] = json.loads(self.blocks["json"][0])["tasks"]
        lines = self.run_it("sh", "-c", task["command"]).stdout.splitlines()
        pattern = task["problemMatcher"]["pattern"]
        [found] = [re.search(pattern["regexp"], line) for line in lines]
        get = [found.group(pattern[key]) for key in ("file", "line", "column", "severity", "code")]
        self.assertEqual(get, [*PLACE, "error", "KP101"])
        self.assertTrue(os.path.exists(os.path.join(self.project, get[0])))

    @unittest.skipUnless(shutil.which("vim"), "vim is not installed")
    def test_vim(self):
        command, compiler = self.blocks["vim"]
        os.makedirs(os.path.join(self.home, ".vim/compiler"))
        for name, text in ((".vimrc", "filetype on\n" + command), (".vim/compiler/kportscan.vim", compiler)):
            with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
                file.write(text)
        script = ["edit compose.yaml", "silent make", "redir! > ../list",
                  "for e in getqflist() | echo bufname(e.bufnr) e.lnum e.col e.type | endfor", "redir END", "qa!"]
        self.run_it("vim", "-es", "-u", os.path.join(self.home, ".vimrc"), *[part for line in script for part in ("-c", line)],
                    stdin=subprocess.DEVNULL)
        with open(os.path.join(self.home, "list"), encoding="utf-8") as file:
            self.assertEqual(file.read().split(), [*PLACE, "e"])

    @unittest.skipUnless(LUA, "lua is not installed")
    def test_neovim(self):
        recipe = self.blocks["lua"][0]
        pattern = re.search(r'from_pattern\(\s*("[^"]*")', recipe).group(1)
        words = re.search(r"args = \{(.*)\}", recipe).group(1)
        name = os.path.join(self.project, "compose.yaml")
        words = re.sub(r"function\(\).*? end", f'"{name}"', words)  # the name of the buffer
        with open(name, encoding="utf-8") as file:
            buffer = file.read()
        done = self.run_it("kportscan", *json.loads(f"[{words}]"), input=buffer)
        found = self.run_it(LUA, "-e", f"print(string.match(io.read('l'), {pattern}))", input=done.stdout).stdout.split("\t")
        self.assertEqual(found[:4] + [found[5].strip()], [name, *PLACE[1:], "error", "KP101"])

    def test_a_buffer_that_is_not_saved(self):
        """The folder's .env counts, and the text is the buffer's, not the file's."""
        [command] = self.blocks[""]
        with open(os.path.join(self.project, "compose.yaml"), encoding="utf-8") as file:
            text = file.read()
        done = self.run_it("sh", "-c", command.replace("< compose.yaml", ""), input="# more\n" + text)
        self.assertRegex(done.stdout, r"\Acompose\.yaml:12:10: error: .*ADMIN_PORT=8081 in \.env:2")


if __name__ == "__main__":
    unittest.main()
