"""The fake engine of tests/support for as long as one test runs."""

import os
import subprocess
import sys

FAKE_ENGINE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support/fake_engine.py")


def serve(test, log, socket, folder, *faults):
    """Serve `folder` on `socket` until `test` (a TestCase) ends; requests are written to `log`. Return: the process, which
    ends when its standard input does."""
    engine = subprocess.Popen([sys.executable, FAKE_ENGINE, "--log", log, socket, folder, *faults],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    test.addCleanup(engine.wait)
    test.addCleanup(engine.stdout.close)
    test.addCleanup(engine.stdin.close)
    engine.stdout.readline()  # it is ready
    return engine
