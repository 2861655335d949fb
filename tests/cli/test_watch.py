"""--watch beside an engine that comes, goes and restarts a container: what is known is told, and nothing else."""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORT = 3000


class Watch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.answers = os.path.join(folder.name, "engine")
        shutil.copytree(os.path.join(TESTS, "engines/docker-26.1-neighbours"), self.answers)
        self.socket = os.path.join(folder.name, "engine.sock")
        self.engine = None
        listed = json.loads(self.read("containers/json.json"))
        self.container = next(c for c in listed if c["Names"] == ["/old-grafana"])
        self.inspected = glob.glob(os.path.join(self.answers, "containers", self.container["Id"], "json*"))[0]

    def read(self, name):
        with open(os.path.join(self.answers, name), encoding="utf-8") as file:
            return file.read()

    def serve(self):
        self.engine = subprocess.Popen([sys.executable, os.path.join(TESTS, "support/fake_engine.py"), self.socket,
                                        self.answers], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.engine.stdout.readline()

    def end_engine(self):
        if self.engine:
            self.engine.stdin.close()
            self.engine.stdout.close()
            self.engine.wait(30)
            self.engine = None
            if os.path.exists(self.socket):
                os.unlink(self.socket)

    def start(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": "unix://" + self.socket}
        arguments = arguments or ("--no-host", str(PORT))
        program = subprocess.Popen([PROGRAM, *arguments, "--watch=0.1"], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.send_signal, signal.SIGINT)
        self.addCleanup(self.end_engine)
        return program

    def change(self, restarts, since):
        """The container was started at another time; `restarts` are those by its policy."""
        with open(self.inspected, encoding="utf-8") as file:
            found = json.load(file)
        found["RestartCount"] = restarts
        found["State"]["StartedAt"] = since
        found["HostConfig"]["RestartPolicy"] = {"Name": "always"}
        with open(self.inspected + ".new", "w", encoding="utf-8") as file:
            json.dump(found, file)
        os.replace(self.inspected + ".new", self.inspected)

    def test_an_engine_that_comes_and_goes(self):
        program = self.start()
        self.assertIn(f"  {PORT}  unknown: ", program.stdout.readline())
        self.serve()
        self.assertRegex(program.stdout.readline(), rf"  {PORT}  held: .*old-grafana")
        self.end_engine()
        self.assertIn(f"  {PORT}  unknown: ", program.stdout.readline())
        self.serve()
        self.assertRegex(program.stdout.readline(), rf"  {PORT}  held: .*old-grafana")

    def list_as(self, state, name="old-grafana"):
        """The list of the engine has the container in this state."""
        listed = json.loads(self.read("containers/json.json"))
        for container in listed:
            if container["Names"] == ["/" + name]:
                container["State"] = state
        with open(os.path.join(self.answers, "new"), "w", encoding="utf-8") as file:
            json.dump(listed, file)
        os.replace(os.path.join(self.answers, "new"), os.path.join(self.answers, "containers/json.json"))

    def test_a_start_that_is_known_for_a_moment_is_no_change(self):
        """The engine is asked for details of a container until it lists it as running."""
        self.list_as("created")
        self.serve()
        program = self.start("--docker")
        while "old-grafana" not in program.stdout.readline():
            pass
        self.list_as("running")
        time.sleep(1)
        self.list_as("paused", "shop-frontend-1")
        lines = [program.stdout.readline()]
        while "paused" not in lines[-1]:
            lines.append(program.stdout.readline())
        self.assertFalse([line for line in lines if "old-grafana" in line], lines)

    def test_a_restart_policy_is_named_when_its_count_proves_it(self):
        self.change(0, "2026-03-01T10:00:00Z")
        self.serve()
        program = self.start()
        self.assertIn("held: ", program.stdout.readline())
        self.change(0, "2026-03-01T11:00:00Z")  # docker start
        line = program.stdout.readline()
        self.assertIn("started again: ", line)
        self.assertNotIn("policy", line)
        self.change(1, "2026-03-01T12:00:00Z")  # a crash
        self.assertRegex(program.stdout.readline(), r"started again: .*, started by its restart policy 'always'\n")


class Hostile(unittest.TestCase):
    def test_what_kubectl_prints_is_escaped(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "kubectl")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nprintf 'a \\033[2J\\033]0;b\\007 c\\n' >&2\nexit 1\n")
            os.chmod(path, 0o755)
            for arguments in (["3000"], []):
                with subprocess.Popen([PROGRAM, "--cluster", *arguments, "--watch=5"], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, env={"PATH": f"{folder}:{os.environ['PATH']}"}) as program:
                    line = program.stdout.readline()
                    program.send_signal(signal.SIGINT)
                self.assertIn(b"\\x1b[2J", line)
                self.assertNotIn(b"\\\\", line)
                self.assertNotRegex(line, b"[\x00-\x09\x0b-\x1f]")


class Relay(unittest.TestCase):
    HOLD = "import socket,sys,time; s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(1); " \
           "print(flush=True); time.sleep(float(sys.argv[2]))"

    def hold(self, name, port, seconds):
        """A process of that name listens for some time."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            os.symlink(os.path.realpath(sys.executable), path)
            done = subprocess.Popen([path, "-S", "-E", "-c", self.HOLD, str(port), str(seconds)], stdout=subprocess.PIPE)
            self.addCleanup(done.stdout.close)
            self.addCleanup(done.wait)
            self.addCleanup(done.kill)
            done.stdout.readline()
            return done

    def test_a_docker_proxy_alone_for_a_moment_is_no_holder(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = subprocess.Popen([PROGRAM, "--no-docker", str(port), "--watch=0.5"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.send_signal, signal.SIGINT)
        self.assertIn("  free", program.stdout.readline())
        self.hold("docker-proxy", port, 0.8).wait(30)
        self.hold("postgres", port, 30)
        self.assertIn("taken: postgres", program.stdout.readline())


if __name__ == "__main__":
    unittest.main()
