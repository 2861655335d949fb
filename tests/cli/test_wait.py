"""The line for an answer that takes long, on a terminal: it comes, names whom the program waits for, and goes again."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

import served_engine

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEIGHBOURS = os.path.join(TESTS, "engines/docker-26.1-neighbours")
ERASED = "\r\x1b[K"


def read_all(terminal):
    """What a program wrote to the other side of a terminal that it has closed."""
    text = b""
    try:
        while piece := os.read(terminal, 65536):
            text += piece
    except OSError:
        pass
    os.close(terminal)
    return text.decode()


class Wait(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.socket = os.path.join(self.folder, "engine.sock")

    def serve(self, *faults, address=None):
        served_engine.serve(self, os.path.join(self.folder, "log"), address or self.socket, NEIGHBOURS, *faults)

    def ask(self, *arguments, columns=80, stderr=None, **environment):
        """-> (exit code, standard output, what standard error shows when it is a terminal)"""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        base = {"PATH": os.environ["PATH"], "HOME": self.folder, "DOCKER_HOST": "unix://" + self.socket,
                "TERM": "xterm"}
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env={**base, **environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr or theirs, text=True,
                              timeout=60, check=False)
        os.close(theirs)
        return done.returncode, done.stdout, read_all(ours)

    def test_a_slow_engine_is_waited_for_and_the_line_goes(self):
        self.serve("/containers/json=late:2")
        code, text, shown = self.ask("--no-host", "--docker", "3000")
        self.assertEqual(code, 0)
        self.assertIn("old-grafana", text)
        self.assertEqual(shown, f"kportscan: waiting for the engine at unix://{self.socket}"[:79] + ERASED)

    def test_an_engine_that_answers_at_once_makes_no_line(self):
        self.serve()
        self.assertEqual(self.ask("--no-host", "--docker", "3000")[2], "")

    def test_a_short_row_is_not_broken(self):
        self.serve("/containers/json=late:2")
        shown = self.ask("--no-host", "--docker", "3000", columns=30)[2]
        self.assertEqual(shown, "kportscan: waiting for the engine"[:29] + ERASED)

    def test_whoever_cannot_see_or_erase_it_gets_none(self):
        self.serve("/containers/json=late:1.5")
        for arguments, environment, stderr in [((), {"TERM": "dumb"}, None), (("-q",), {}, None),
                                               ((), {}, subprocess.PIPE)]:
            shown = self.ask("--no-host", "--docker", "3000", *arguments, stderr=stderr, **environment)[2]
            self.assertEqual(shown, "", (arguments, environment, stderr))

    def test_the_line_goes_before_what_is_said_next(self):
        self.serve("/containers/json=silent")
        code, _, shown = self.ask("--no-host", "--docker", "3000", "-v", "--timeout", "2")
        self.assertEqual(code, 3)
        line, _, rest = shown.partition(ERASED)
        self.assertTrue(line.startswith("kportscan: waiting for the engine at "), shown)
        self.assertTrue(rest.startswith("kportscan: engine: cannot ask the engine"), shown)

    def test_a_slow_cluster(self):
        os.symlink(os.path.join(TESTS, "support/fake_cluster.py"), os.path.join(self.folder, "kubectl"))
        shown = self.ask("--cluster", "8080", PATH=self.folder + ":" + os.environ["PATH"], TMPDIR=self.folder,
                         FAKE_CLUSTER=os.path.join(TESTS, "cluster/recorded"), FAKE_CLUSTER_FAULTS="late=2")[2]
        self.assertIn("kportscan: waiting for the cluster" + ERASED, shown)


if __name__ == "__main__":
    unittest.main()
