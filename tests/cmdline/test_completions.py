#!/usr/bin/env python3
"""usage: test_completions.py KPORTSCAN PRINT_COMPLETIONS ROOT - the completions in real shells: what TAB makes of a line.

bash and zsh run on a pseudo-terminal and are typed at; fish says itself what it would offer. A shell that is not
installed is skipped, and said so; without any the test exits with 77.
"""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, PRINT, ROOT = map(os.path.abspath, sys.argv[1:4])
del sys.argv[1:4]
FOLDER = os.path.join(ROOT, "manifests/completions")
FILES = {"bash": "kportscan.bash", "zsh": "_kportscan", "fish": "kportscan.fish"}
SECONDS = 30

# what is typed before TAB, and what stands there after it
LINES = [
    ("--fo", "--format"),
    ("--lin", "--lint"),
    ("--fail-on ne", "--fail-on never"),
    ("--fail-on=ne", "--fail-on=never"),
    ("--severity wa", "--severity warning"),
    ("--color=al", "--color=always"),
    ("-o js", "-o json"),
    ("--format js", "--format json"),
    ("--explain privi", "--explain privileged-port"),
    ("--select compose-se", "--select compose-self-clash"),
    ("--ignore KP101,compose-se", "--ignore KP101,compose-self-clash"),
    ("--context coli", "--context colima-for-test"),
    ("-f only-fi", "-f only-file.yaml"),
    ("only-fi", "only-file.yaml"),
    ("--project-directory only-fo", "--project-directory only-folder/"),
    ("--lint --no-hos", "--lint --no-host"),
]
# zsh takes the slash away again when something else than a name follows
ALSO = {("zsh", "--project-directory only-fo"): "--project-directory only-folder"}


class Terminal:
    """A shell on a pseudo-terminal, in a folder and with the environment of the test."""

    def __init__(self, words, folder, environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, environment)
        self.seen = ""

    def wait_for(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.seen:
            if time.monotonic() > end or not select.select([self.fd], [], [], SECONDS)[0]:
                raise AssertionError(f"no '{text}' in {self.seen!r}")
            self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@unittest.skipUnless(shutil.which("bash") or shutil.which("zsh") or shutil.which("fish"), "no shell")
class Completions(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.mkdir(os.path.join(self.folder.name, "only-folder"))
        os.mkdir(os.path.join(self.folder.name, "bin"))
        docker = os.path.join(self.folder.name, "bin", "docker")
        with open(docker, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n[ \"$*\" != 'context ls -q' ] || printf 'default\\ncolima-for-test\\n'\n")
        os.chmod(docker, 0o755)
        os.symlink(PROGRAM, os.path.join(self.folder.name, "bin", "kportscan"))
        with open(os.path.join(self.folder.name, "only-file.yaml"), "w", encoding="ascii"):
            pass
        self.environment = {"PATH": os.path.join(self.folder.name, "bin") + ":" + os.environ["PATH"], "TERM": "xterm",
                            "HOME": self.folder.name, "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null"}

    def typed(self, words, prepare):
        """What each line becomes; TAB is typed after it, and the rest makes a command that prints the line."""
        terminal = Terminal(words, self.folder.name, self.environment)
        self.addCleanup(terminal.close)
        terminal.type(prepare + "; printf 'rea%s\\n' dy\n")
        terminal.wait_for("ready\r\n")
        found = {}
        for line, _ in LINES:
            terminal.type(f"kportscan {line}\t")
            time.sleep(0.05)
            terminal.type("\x05 'en''d'\x01printf '<%s>' 'begi''n' \n")  # end of line, begin of line
            terminal.wait_for("<begin>")
            words = terminal.wait_for("<end>").replace("<kportscan>", "", 1).strip("<>").split("><")
            found[line] = " ".join(words)
        return found

    def check(self, shell, found):
        self.assertEqual(found, {line: ALSO.get((shell, line), expected) for line, expected in LINES})

    @unittest.skipUnless(shutil.which("bash"), "bash is not installed")
    def test_bash(self):
        self.check("bash", self.typed(["bash", "--noprofile", "--norc", "-i"],
                                      f"PS1=; source '{FOLDER}/kportscan.bash'"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        self.check("zsh", self.typed(["zsh", "-f", "-i"],
                                     f"PS1=; unsetopt zle_bracketed_paste; bindkey -e; fpath=('{FOLDER}' $fpath); "
                                     "autoload -Uz compinit; compinit -u -D"))

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        found = {}
        for line, expected in LINES:
            done = subprocess.run(["fish", "--no-config", "-c", f"source '{FOLDER}/kportscan.fish'; complete -C \"$argv\"",
                                   f"kportscan {line}"], cwd=self.folder.name, env=self.environment, check=True,
                                  capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
            head, _, word = line.rpartition(" ")
            offered = [(head + " " + offer.split("\t")[0]).strip() for offer in done.stdout.splitlines()]
            found[line] = expected if expected in offered else offered
        self.check("fish", found)

    def test_no_other_option_is_offered(self):
        if shutil.which("fish"):
            done = subprocess.run(["fish", "--no-config", "-c", f"source '{FOLDER}/kportscan.fish'; complete -C 'kportscan --'"],
                                  cwd=self.folder.name, env=self.environment, check=True, capture_output=True, text=True,
                                  timeout=SECONDS, stdin=subprocess.DEVNULL)
            self.assertNotIn("completions", done.stdout)
            self.assertGreater(len(done.stdout.splitlines()), 30)

    def test_the_files_are_what_the_program_prints(self):
        for shell, name in FILES.items():
            printed = subprocess.run([PRINT, shell], check=True, capture_output=True, text=True,
                                     timeout=SECONDS, stdin=subprocess.DEVNULL).stdout
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                self.assertEqual(file.read(), printed, "not current: sh tests/cmdline/make_completions.sh PRINT_COMPLETIONS")
        done = subprocess.run([PRINT, "tcsh"], check=False, capture_output=True, text=True,
                              timeout=SECONDS, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (2, ""))


if __name__ == "__main__":
    for shell in FILES:
        if not shutil.which(shell):
            print(f"SKIP: {shell} is not installed")
    unittest.main()
