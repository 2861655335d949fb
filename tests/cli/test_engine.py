"""The program beside engines that fail: what is said, how long it takes, and how it exits. On every machine."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import other_user
import served_engine

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEIGHBOURS = os.path.join(TESTS, "engines/docker-26.1-neighbours")
LIST = "/containers/json"
FREE = "services: {web: {image: a, ports: ['4321:80']}}\n"
TAKEN = "services: {web: {image: a, ports: ['8080:80']}}\n"


# In a container the engine of another name is that of the machine outside, whose sockets nobody sees here (KP907).
IN_CONTAINER = os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv")


class Engine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.socket = os.path.join(self.folder, "engine.sock")

    def serve(self, *faults, folder=NEIGHBOURS):
        log = os.path.join(self.folder, "log")
        served_engine.serve(self, log, self.socket, folder, *faults)
        return log

    def run_it(self, *arguments, text=FREE, user=None, host=None, more=None):
        with open(os.path.join(self.folder, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                       "DOCKER_HOST": host or "unix://" + self.socket, **(more or {})}
        started = time.monotonic()
        program = PROGRAM if user is None else other_user.copy_of(PROGRAM)
        done = subprocess.run([program, *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                              user=user)
        self.seconds = time.monotonic() - started
        return done

    def check(self, *arguments, **more):
        """-> exit code, the report"""
        done = self.run_it("-o", "json", "--no-host", *arguments, **more)
        return done.returncode, json.loads(done.stdout)

    def test_libcurl_is_named_where_it_asks(self):
        """libcurl is loaded for an engine behind TCP alone, and -v has its version then."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % free.getsockname()[1]
        served_engine.serve(self, os.path.join(self.folder, "log"), address, NEIGHBOURS)
        done = self.run_it("--docker", "-v", host="tcp://" + address)
        if "is not installed" in done.stderr or "built without libcurl" in done.stderr:
            self.skipTest("there is no libcurl")
        self.assertRegex(done.stderr, r"(?m)^kportscan: libcurl: [0-9]+\.[0-9]+\.[0-9]+")
        self.serve()
        self.assertNotIn("libcurl", self.run_it("--docker", "-v").stderr)

    def test_engines_that_fail(self):
        """Whatever comes instead of a list of containers: one line that says so, and exit 3 in a check and a query."""
        whole = os.path.getsize(os.path.join(NEIGHBOURS, "containers/json.json"))
        for fault, words in [
            ("silent", "no answer within 1 s"), ("slow", "no answer within 1 s"), ("close", "hung up"),
            (f"cut:{whole // 2}", "broke off after"), ("cutchunks", "broke off after"),
            ("status:500", "500: something went wrong inside"), ("plain:500", "500"),
            ("html", "web page"), ("garbage", "HTTP"), ("huge:100", "MiB"), ("endless", "MiB"), ("head", "KiB"),
            ("body:[{", "breaks off"), ("body:null", "list of containers"), ("body:{}", "list of containers"),
        ]:
            with self.subTest(fault=fault):
                self.setUp()
                self.serve(f"{LIST}={fault}")
                code, report = self.check("--timeout", "1")
                [finding] = report["findings"]
                self.assertEqual((code, finding["rule"], finding["severity"]), (3, "KP907", "note"), finding)
                self.assertIn(words, finding["message"])
                self.assertNotEqual(report["engine"]["status"], "ok")
                self.assertFalse(report["summary"]["complete"])
                self.assertEqual(report["inputs"][0]["status"], "ok")
                self.assertLess(self.seconds, 20)
                self.assertEqual(self.run_it("--docker", "8080", "--timeout", "1").returncode, 3)
                listed = self.run_it("--docker", "-o", "text", "--timeout", "1")
                self.assertIn("incomplete", listed.stdout)
                self.assertNotIn("0 published", listed.stdout)

    def test_the_rest_of_the_report_is_complete(self):
        """What the file says by itself is an error as ever: exit 1, and a word about the engine."""
        self.serve("*=close")
        code, report = self.check(text="services: {a: {image: a, ports: ['80:80']}, b: {image: b, ports: ['80:81']}}\n")
        self.assertEqual(code, 1)
        self.assertEqual(sorted(finding["rule"] for finding in report["findings"]), ["KP101", "KP907"])

    def test_one_container_that_cannot_be_looked_at(self):
        """Its claims are known from the list all the same, and those of the others from themselves."""
        with open(os.path.join(NEIGHBOURS, "containers/json.json"), encoding="utf-8") as file:
            ids = {item["Names"][0]: item["Id"] for item in json.load(file)}
        self.serve(f"/containers/{ids['/blog-site-1']}/json=status:500")
        code, report = self.check(text=TAKEN)
        self.assertEqual(code, 1)
        self.assertEqual(sorted(finding["rule"] for finding in report["findings"]), ["KP302", "KP907"])

    def test_ways_of_answering_that_are_no_fault(self):
        for fault in ["chunks", "once"]:
            with self.subTest(fault=fault):
                self.setUp()
                self.serve(f"*={fault}")
                code, report = self.check(text=TAKEN)
                self.assertEqual((code, report["engine"]["status"]), (1, "ok"))
                self.assertEqual([finding["rule"] for finding in report["findings"]], ["KP302"])

    def test_an_engine_elsewhere_is_not_mixed_with_our_sockets(self):
        """This one says that it runs on another host: what a process here listens on does not concern it."""
        self.serve()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            text = FREE.replace("4321", str(listener.getsockname()[1]))
            done = self.run_it("-o", "json", text=text)
            rules = [finding["rule"] for finding in json.loads(done.stdout)["findings"]]
            self.assertEqual((done.returncode, rules), (3, ["KP907"]) if IN_CONTAINER else (0, []))
            done = self.run_it("-o", "json", "--no-docker", text=text)
            rules = {finding["rule"] for finding in json.loads(done.stdout)["findings"]}
            self.assertEqual((done.returncode, rules - {"KP305"}), (1, {"KP301"}))

    def test_commands_reach_the_engine_that_was_asked(self):
        """What our own options chose has to be said again to docker; what its environment says holds for it too."""
        self.serve()
        for arguments, command in [((), "docker stop old-grafana"),
                                   (("-H", "unix://" + self.socket), f"docker -H unix://{self.socket} stop old-grafana")]:
            _, report = self.check(*arguments, text=FREE.replace("4321", "3000"))
            self.assertEqual(report["findings"][0]["help"][0]["command"], command)

    def test_commands_reach_the_engine_of_a_context(self):
        self.serve()
        meta = os.path.join(self.folder, "docker/contexts/meta/x")
        os.makedirs(meta)
        with open(os.path.join(meta, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": "lab", "Endpoints": {"docker": {"Host": "unix://" + self.socket}}}, file)
        _, report = self.check("--context", "lab", text=FREE.replace("4321", "3000"),
                               more={"DOCKER_CONFIG": os.path.join(self.folder, "docker")})
        self.assertEqual(report["findings"][0]["help"][0]["command"], "docker --context lab stop old-grafana")

    def test_a_proxy_whose_engine_is_not_asked(self):
        """It may be that of the project's own container: a warning, not an error."""
        code = ("import socket, sys; s = socket.create_server(('127.0.0.1', 0)); "
                "print(s.getsockname()[1], flush=True); sys.stdin.read()")
        proxy = subprocess.Popen([sys.executable, "-c", code, "--", "docker-proxy", "-proto", "tcp", "-host-ip",
                                  "127.0.0.1", "-host-port", "1", "-container-ip", "172.30.0.9", "-container-port", "80"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.stdout.close)
        self.addCleanup(proxy.stdin.close)
        port = proxy.stdout.readline().strip()
        done = self.run_it("-o", "json", "--no-docker", text=FREE.replace("4321", port))
        [finding] = [found for found in json.loads(done.stdout)["findings"] if found["rule"] != "KP305"]
        self.assertEqual((done.returncode, finding["rule"], finding["severity"], finding["certainty"]),
                         (0, "KP302", "warning", "likely"))
        self.assertIn("no engine was asked", " ".join(finding["notes"]))

    def test_what_a_container_or_a_project_publishes(self):
        self.serve()
        for names, ports in [(["old-grafana"], {3000}), (["08812c3c727a"], {3000}), (["shop"], {8000, 8001, 8443}),
                             (["shop-web-1", "metrics"], {8443, 9100})]:
            code, report = self.check("--docker", *names)
            self.assertEqual((code, {claim["first"] for claim in report["claims"]}), (0, ports), names)
        done = self.run_it("--docker", "nobody", "-o", "short")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "kportscan: no container and no Compose project is called 'nobody'\n"))
        self.assertEqual(self.run_it("--docker", "compose.yaml").returncode, 3 if IN_CONTAINER else 0) # a file is checked

    def test_nothing_but_get(self):
        log = self.serve()
        self.assertEqual(self.check(text=TAKEN)[0], 1)
        self.assertEqual(self.run_it("--docker").returncode, 0)
        self.assertEqual(self.run_it("8080").returncode, 0)
        with open(log, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertGreater(len(lines), 5)
        self.assertEqual([line for line in lines if not line.startswith("GET ")], [])

    def test_lint_asks_nobody(self):
        log = self.serve()
        for arguments in [("--lint",), ("--static",), ("--no-docker", "--no-host"), ("--files",)]:
            self.assertEqual(self.run_it(*arguments, text=TAKEN).returncode, 0, arguments)
        self.assertFalse(os.path.exists(log) and os.path.getsize(log))
        self.assertEqual(self.run_it(text="services: {web: {image: a}}\n").returncode, 0)
        self.assertFalse(os.path.exists(log) and os.path.getsize(log), "nothing is published, and the engine was asked")

    def test_denied(self):
        """A socket of somebody else: the group docker, or sudo."""
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody who is denied")
        self.socket = os.path.join(self.folder, "docker.sock")
        self.serve()
        os.chmod(self.socket, 0o600)
        os.chmod(self.folder, 0o755)
        done = self.run_it("--no-host", "-o", "text", user=other_user.NOBODY)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("this user may not connect to", " ".join(done.stdout.split()))
        self.assertIn("sudo", done.stdout)
        self.assertIn("group docker", " ".join(done.stdout.split()))
        self.assertEqual(self.run_it("--docker", "8080", user=other_user.NOBODY).returncode, 3)
        self.assertEqual(self.run_it("--no-host", text=TAKEN.replace("]", ", '8080:81']"), user=other_user.NOBODY).returncode, 1)

    def test_refused_and_missing(self):
        """A socket that nobody serves, and none, are failures when they were configured."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.socket)
        listener.close()
        for host in ["unix://" + self.socket, "unix:///nonexistent/docker.sock"]:
            code, report = self.check(host=host)
            self.assertEqual((code, report["findings"][0]["rule"], report["engine"]["status"]),
                             (3, "KP907", "unreachable"))

    def test_absent(self):
        """No engine at all is worth a word only under -v."""
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_RUNTIME_DIR": self.folder}
        with open(os.path.join(self.folder, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FREE)
        if any(os.path.exists(path) for path in ("/var/run/docker.sock", "/run/podman/podman.sock")):
            self.skipTest("there is an engine here")
        for verbose in (False, True):
            done = subprocess.run([PROGRAM, "--no-host", *["-v"] * verbose], cwd=self.folder, env=environment,
                                  text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertEqual("there is no container engine" in done.stderr, verbose, done.stderr)

    def test_what_an_engine_says_never_reaches_the_terminal_raw(self):
        name = "x\\u001b]0;owned\\u0007"
        item = ('[{"Id": "%s", "Names": ["/%s"], "Image": "a;b", "State": "running", "Status": "Up", "Ports": '
                '[{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}], "Labels": {}, '
                '"HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": {}}}]' % ("7" * 64, name))
        self.serve(f"{LIST}=body:{item}", "/containers/" + "7" * 64 + "/json=status:500")
        for fmt in ("text", "short", "json"):
            done = self.run_it("-o", fmt, "--no-host", text=TAKEN)
            self.assertEqual(done.returncode, 1)
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            self.assertNotIn("\x07", done.stdout + done.stderr)
        self.assertIn("docker stop " + "7" * 12, self.run_it("-o", "text", "--no-host", text=TAKEN).stdout)


if __name__ == "__main__":
    unittest.main()
