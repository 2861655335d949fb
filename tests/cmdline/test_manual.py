#!/usr/bin/env python3
"""usage: test_manual.py KPORTSCAN ROOT - help, manual pages, completions and settings name the same things.

The help and the manual are written by hand, and held against each other here, the table of options in
tests/unit/test_options.c. What the manual says of settings is held against the table of keys in pkgsrc/config/config.c, its examples are tried.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, ROOT = map(os.path.abspath, sys.argv[1:3])
del sys.argv[1:3]
MAN = os.path.join(ROOT, "manifests/man")


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], check=False, capture_output=True, text=True, timeout=60, env={},
                          stdin=subprocess.DEVNULL, **more)


HELP = run("--help").stdout
# {long name: (letter or "", what the value is called, with "=" when it is optional)}
OPTIONS = {name: (letter or "", value.strip()) for letter, name, value in re.findall(
    r"^  (?:-(\w), |    )--([a-z-]+)((?: [A-Z][^ \n]*|\[=\w+\])?)(?=  |\n| )", HELP, re.MULTILINE)}
PAGE = read("manifests/man/kportscan.1")


class Manual(unittest.TestCase):
    maxDiff = None

    def test_the_help_is_understood(self):
        self.assertGreater(len(OPTIONS), 35)
        self.assertEqual(OPTIONS["file"], ("f", "FILE"))
        self.assertEqual(OPTIONS["lint"], ("", ""))
        self.assertEqual(OPTIONS["watch"], ("", "[=SECONDS]"))
        self.assertEqual(OPTIONS["format"], ("o", "FMT[=FILE]"))
        self.assertEqual(len(OPTIONS), len(re.findall(r"^  (?:-\w, |    )--", HELP, re.MULTILINE)))

    def test_the_help_fits(self):
        for line in HELP.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_the_manual_has_every_option_and_no_other(self):
        found = {}
        for letter, name, value in re.findall(r"^\.It (?:Fl (\w) , )?Fl -([a-z-]+)(.*)$", PAGE, re.MULTILINE):
            value = value.replace(" Ns Op \\- Ns Ar PORT", "[-PORT]")
            value = value.replace(" Ns Op = Ns Ar FILE", "[=FILE]").replace(" Ns Op = Ns Ar ", "[=").replace(" Ar ", "")
            self.assertNotIn(name, found)
            found[name] = (letter, value + "]" if value.startswith("[=") else value)
        self.assertEqual(found, OPTIONS)

    def test_the_completions_have_every_option_and_no_other(self):
        letters = {letter for letter, _ in OPTIONS.values() if letter}
        bash = re.search(r'options="([^"]*)"', read("manifests/completions/kportscan.bash"))[1].split()
        self.assertEqual(sorted(bash), sorted(["--" + name for name in OPTIONS] + ["-" + letter for letter in letters]))
        fish = re.findall(r"^complete -c kportscan -l ([a-z-]+)(?: -s (\w))?", read("manifests/completions/kportscan.fish"),
                          re.MULTILINE)
        self.assertEqual({name: letter for name, letter in fish}, {name: letter for name, (letter, _) in OPTIONS.items()})
        zsh = re.findall(r"^        '\*?(?:'\{-(\w)\+?,)?--([a-z-]+)", read("manifests/completions/_kportscan"), re.MULTILINE)
        self.assertEqual({name: letter for letter, name in zsh}, {name: letter for name, (letter, _) in OPTIONS.items()})

    def test_the_manual_has_every_format(self):
        listed = re.findall(r"^\.It Cm (\w+)$", PAGE[PAGE.index("Fl -format"):PAGE.index("Fl -claims")], re.MULTILINE)
        table = re.search(r"kps_formats\[\] = \{(.*?)\n\};", read("pkgsrc/report/report.c"), re.DOTALL)[1]
        self.assertEqual(sorted(listed), sorted(re.findall(r'"(\w+)"', table)))

    def test_the_manual_has_every_variable(self):
        used = set()
        for folder in ("pkgsrc", "cmd"):
            for at, _, names in os.walk(os.path.join(ROOT, folder)):
                for name in names:
                    if name.endswith(".c"):
                        used |= set(re.findall(r'"((?:KPORTSCAN|COMPOSE|DOCKER)_[A-Z_]+)"', read(at, name)))
        rows = re.findall(r'\{"([a-z-]+)"[^{}]*\.has_variable', read("cmd/kportscan/option_table.c"))
        used |= {"KPORTSCAN_" + name.replace("-", "_").upper() for name in rows}
        self.assertGreater(len(used), 12)
        self.assertIn("KPORTSCAN_FAIL_ON", used)
        section = PAGE[PAGE.index(".Sh ENVIRONMENT"):PAGE.index(".Sh FILES")]
        self.assertEqual(used, set(re.findall(r"\b(?:KPORTSCAN|COMPOSE|DOCKER)_[A-Z_]+", section)))

    def test_every_key_of_the_settings_is_documented(self):
        page = read("manifests/man/kportscan.yaml.5")
        keys = re.findall(r"^    \[KPS_CONFIG_\w+\] = \{\"([a-z-]+)\"", read("pkgsrc/config/config.c"), re.MULTILINE)
        self.assertGreater(len(keys), 10)
        self.assertEqual(re.findall(r"^\.It Cm (\S+)$", page, re.MULTILINE), keys)

    def test_the_settings_of_the_manual_are_accepted(self):
        page = read("manifests/man/kportscan.yaml.5")
        example = re.search(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", page, re.MULTILINE | re.DOTALL)[1]
        with tempfile.TemporaryDirectory() as folder:
            for name, text in [("settings.yaml", example), ("compose.yaml", "services: {web: {image: a}}\n"), ("ci.env", "")]:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            done = run("--lint", "--config", "settings.yaml", cwd=folder)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_the_pages_are_well_formed(self):
        for name in sorted(os.listdir(MAN)):
            done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", os.path.join(MAN, name)], check=False,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (0, ""), name)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_examples_are_printed_as_they_are_typed(self):
        """A lone dot or bar is punctuation to mdoc, and loses the blank before it."""
        printed = subprocess.run(["mandoc", "-Tascii", "-O", "width=200", os.path.join(MAN, "kportscan.1")], check=True,
                                 capture_output=True, text=True, timeout=60).stdout
        printed = {line.strip() for line in re.sub(r".\x08", "", printed).splitlines()}
        examples = re.findall(r"^\.Dl (\$ .*)$", read("manifests/man/kportscan.1"), re.MULTILINE)
        self.assertGreaterEqual(len(examples), 5)
        for example in examples:
            self.assertIn(re.sub(r"\\&", "", example).replace("\\-", "-").replace("\\(aq", "'"), printed)


if __name__ == "__main__":
    if not shutil.which("mandoc"):
        print("SKIP: mandoc is not installed, the form of the manual pages is not looked at")
    unittest.main()
