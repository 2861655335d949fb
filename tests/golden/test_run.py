"""The golden runner itself: a case passes only when every expectation is there and equal."""

import os
import stat
import tempfile
import unittest

import run

PROGRAM = """#!/bin/sh
case $4 in
crash) kill -SEGV $$ ;;
esac
echo "$* $WORD $(cat)"
ls
exit 1
"""


class Golden(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.program = self.write("program", PROGRAM)
        os.chmod(self.program, stat.S_IRWXU)
        self.case = os.path.join(self.dir.name, "case")
        os.mkdir(self.case)
        self.write("case/cmd", "a 'b c'\n")
        self.write("case/env", "WORD=word\n")
        self.write("case/stdin", "input")
        self.write("case/setup.sh", "echo x >made\n")

    def write(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.case, name), encoding="utf-8") as file:
            return file.read()

    def wrong(self, bless=False):
        return run.run_case(self.program, self.case, bless)

    def test_bless_then_pass(self):
        self.assertEqual(self.wrong(bless=True), [])
        self.assertEqual(self.read("expected.txt"), "-o text --lint a b c word input\nmade\n")
        self.assertEqual(self.read("expected.exit"), "1\n")
        self.assertEqual(self.wrong(), [])

    def test_machine_leaves_lint_away(self):
        self.write("case/machine", "")
        self.wrong(bless=True)
        self.assertEqual(self.read("expected.short"), "-o short a b c word input\nmade\n")

    def test_missing_expectation(self):
        self.wrong(bless=True)
        os.remove(os.path.join(self.case, "expected.short"))
        self.assertEqual(self.wrong(), ["expected.short is missing"])

    def test_other_output(self):
        self.wrong(bless=True)
        self.write("case/expected.json", "other\n")
        self.assertIn("-other", self.wrong())

    def test_other_exit_code(self):
        self.wrong(bless=True)
        self.write("case/expected.exit", "0\n")
        self.assertIn("-0", self.wrong())

    def test_crash_is_never_blessed(self):
        self.write("case/cmd", "crash\n")
        self.assertEqual(len([line for line in self.wrong(bless=True) if "exit -11" in line]), 3)
        self.assertFalse(os.path.exists(os.path.join(self.case, "expected.txt")))

    def test_exit_code_that_depends_on_the_format(self):
        self.write("program", "#!/bin/sh\n[ $2 = short ]\n")
        self.assertIn("the exit code depends on the format: [1, 0, 1]", self.wrong(bless=True))

    def test_no_command(self):
        os.remove(os.path.join(self.case, "cmd"))
        self.assertEqual(self.wrong(), ["there is no cmd"])


if __name__ == "__main__":
    unittest.main()
