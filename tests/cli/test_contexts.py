#!/usr/bin/env python3
"""usage: test_contexts.py KPORTSCAN - questions to the engines of several docker contexts, which are fakes."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "support"))
import fake_engine  # noqa: E402

# In a container the engine of another name is that of the machine outside, whose sockets nobody sees here (KP907).
ELSEWHERE = None if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv") else "nas.example"


def container(number, name, port, project=None, folder=None):
    """One running container: as the list has it, and as its inspection has it."""
    name, identity = "/" + name, f"{number:064x}"
    labels = {}
    if project:
        labels = {"com.docker.compose.project": project, "com.docker.compose.service": "s0",
                  "com.docker.compose.oneoff": "False", "com.docker.compose.container-number": "1",
                  "com.docker.compose.project.working_dir": folder}
    listed = {"Id": identity, "Names": [name], "Image": "nginx", "State": "running", "Status": "Up 2 hours",
              "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": port, "Type": "tcp"}], "Labels": labels,
              "HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": {}}}
    inspected = {"Id": identity, "Name": name,
                 "State": {"Status": "running", "Running": True, "Pid": 0, "StartedAt": "2024-01-01T00:00:00Z"},
                 "HostConfig": {"NetworkMode": "bridge", "RestartPolicy": {"Name": "no"},
                                "PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(port)}]}},
                 "Config": {"Image": "nginx", "Labels": labels}, "NetworkSettings": {"Networks": {}}}
    return identity, listed, inspected


class Engines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kportscan-contexts-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def context(self, name, host):
        folder = os.path.join(self.root, "docker/contexts/meta", re.sub(r"\W", "_", name))
        os.makedirs(folder)
        with open(os.path.join(folder, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": name, "Endpoints": {"docker": {"Host": host}}}, file)

    def engine(self, name, *containers, faults=(), machine=None):
        """An engine with these containers (number, name, port), and a context of its name."""
        folder = os.path.join(self.root, name)
        os.makedirs(os.path.join(folder, "containers"))
        made = [container(*one) for one in containers]
        files = {"containers/json.json": [listed for _, listed, _ in made]}
        for identity, _, inspected in made:
            os.makedirs(os.path.join(folder, "containers", identity))
            files[f"containers/{identity}/json.json"] = inspected
        if machine:
            files["info.json"] = {"Name": machine}
        for path, content in files.items():
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                json.dump(content, file)
        address = os.path.join(self.root, name + ".sock")
        engine = fake_engine.Engine(argparse.Namespace(folder=folder, api=None, faults=faults, log=None, tls=None))
        listener, _ = fake_engine.listen(address)
        self.addCleanup(listener.close)
        self.addCleanup(engine.over.set)
        threading.Thread(target=engine.accept, args=(listener,), daemon=True).start()
        self.context(name, "unix://" + address)

    def run_it(self, *arguments, **environment):
        environment = {"PATH": os.environ["PATH"], "HOME": self.root, "LC_ALL": "C.UTF-8", "COLUMNS": "100",
                       "DOCKER_CONFIG": os.path.join(self.root, "docker"), "NO_COLOR": "1",
                       **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}, **environment}
        started = time.monotonic()
        done = subprocess.run([PROGRAM, *arguments], cwd=self.root, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        self.seconds = time.monotonic() - started
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def report(self, *arguments, **environment):
        done = self.run_it("-o", "json", "--no-host", *arguments, **environment)
        return done.returncode, json.loads(done.stdout)


class Contexts(Engines):
    def two(self):
        self.engine("lab", (1, "web", 8080), (2, "db", 5432))
        self.engine("nas", (3, "media", 8080), machine=ELSEWHERE)

    def test_one_table(self):
        self.two()
        done = self.run_it("--docker", "-o", "text", "--context", "lab", "--context", "nas")
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(rows[0], ["CONTEXT", "PORT", "→", "IN", "OWNER"])
        self.assertEqual([(row[0], row[1], row[4]) for row in rows[1:4]],
                         [("lab", "5432", "db"), ("lab", "8080", "web"), ("nas", "8080", "media")])
        self.assertEqual(done.stdout.splitlines()[-1], "3 published ports of 2 engines; all tcp, on 0.0.0.0, image nginx, up")

    def test_each_entry_of_the_report_has_its_context(self):
        self.two()
        code, report = self.report("--docker", "--context", "lab", "--context", "nas")
        self.assertEqual((code, report["engine"]), (0, None))
        self.assertEqual([(engine["context"], engine["status"], engine["error"]) for engine in report["engines"]],
                         [("lab", "ok", None), ("nas", "ok", None)])
        self.assertEqual([(claim["context"], claim["owner"]["name"], claim["owner"]["context"])
                          for claim in report["claims"]],
                         [("lab", "db", "lab"), ("lab", "web", "lab"), ("nas", "media", "nas")])

    def test_one_context_is_as_ever(self):
        self.two()
        _, report = self.report("--docker", "--context", "lab")
        self.assertEqual(report["engine"]["status"], "ok")
        self.assertNotIn("engines", report)
        self.assertNotIn("context", report["claims"][0])
        self.assertNotIn("CONTEXT", self.run_it("--docker", "-o", "text", "--context", "lab").stdout)

    def test_every_context(self):
        self.two()
        self.context("far", "npipe:////./pipe/docker_engine")
        done = self.run_it("--docker", "-o", "text", "--context", "*", DOCKER_HOST="unix:///nonexistent/docker.sock")
        for line in ("default  cannot ask: there is no socket", "far      cannot ask: ", "nas      8080 → 80 "):
            self.assertIn(line, done.stdout)
        code, report = self.report("--context", "*", "8080", DOCKER_HOST="unix:///nonexistent/docker.sock")
        self.assertEqual(code, 0)
        self.assertEqual([engine["context"] for engine in report["engines"]], ["default", "far", "lab", "nas"])

    def test_a_port(self):
        self.two()
        done = self.run_it("8080", "-o", "text", "--no-host", "--context", "lab", "--context", "nas")
        self.assertEqual(done.returncode, 0)
        for line in ("docker --context lab stop web", "docker --context nas stop media", "  lab             web\n",
                     "  nas             media\n"):
            self.assertIn(line, done.stdout)
        done = self.run_it("5432", "-o", "text", "--no-host", "--context", "lab", "--context", "nas")
        self.assertIn("5432/tcp is published by container db of context lab", done.stdout)
        self.assertIn("  nas             no container publishes it\n", done.stdout)
        done = self.run_it("9999", "-o", "text", "--context", "lab", "--context", "nas")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("none of 2 engines publishes it", done.stdout)

    def test_free_on_all(self):
        self.engine("lab", (1, "web", 45001))
        self.engine("nas", (2, "media", 45002), machine=ELSEWHERE)
        done = self.run_it("--free", "45001-45010", "--context", "lab", "--context", "nas")
        self.assertEqual((done.returncode, done.stdout), (0, "45003\n"), done)
        self.assertEqual(self.run_it("--free", "45001-45010", "--context", "nas").stdout, "45001\n")

    def test_a_dead_engine_hides_no_other(self):
        self.two()
        self.engine("slow", (4, "late", 8080), faults=["*=silent"])
        names = [word for name in ("slow", "lab", "nas") for word in ("--context", name)]
        done = self.run_it("--docker", "-o", "text", "--timeout", "1", *names)
        self.assertEqual(done.returncode, 0)
        self.assertLess(self.seconds, 4)
        self.assertIn("slow     cannot ask: no answer within 1 s", done.stdout)
        self.assertIn("3 published ports", done.stdout)
        for question, code in (("8080", 0), ("9999", 3)):
            done = self.run_it(question, "-o", "text", "--no-host", "--timeout", "1", *names)
            self.assertEqual(done.returncode, code, done)
            self.assertIn("  slow            cannot ask: no answer within 1 s", done.stdout)
        self.assertIn("1 of 3 engines could not be asked", done.stdout)
        done = self.run_it("--free", "8080", "--timeout", "1", *names)
        self.assertEqual((done.returncode, done.stdout), (3, ""))

    def test_nothing_found_and_none_could_be_asked(self):
        self.context("a", "unix:///nonexistent/a.sock")
        self.context("b", "unix:///nonexistent/b.sock")
        for arguments in (["--docker"], ["--no-host", "80"]):
            code, report = self.report(*arguments, "--context", "a", "--context", "b")
            self.assertEqual((code, [engine["status"] for engine in report["engines"]]),
                             (3, ["unreachable", "unreachable"]))
            self.assertEqual([finding["rule"] for finding in report["findings"]], ["KP907", "KP907"])

    def test_two_names_of_one_engine(self):
        self.engine("lab", (1, "web", 8080))
        self.context("again", f"unix://{self.root}/./lab.sock")
        code, report = self.report("8080", "--context", "lab", "--context", "again")
        self.assertEqual((code, len(report["claims"])), (0, 1))
        self.assertEqual([engine["same_as"] for engine in report["engines"]], [None, "lab"])

    def test_fifty_engines_are_asked_at_the_same_time(self):
        for i in range(50):
            self.engine(f"e{i:02}", (i + 1, f"web{i}", 8000 + i), faults=["*=late:0.3"])
        code, _ = self.report("--docker", "--context", "e07")
        alone = self.seconds
        code, report = self.report("--docker", "--context", "*")
        self.assertEqual((code, len(report["claims"])), (0, 50))
        self.assertLess(self.seconds, 2 * alone + 1)

    def test_names_that_do_not_exist(self):
        self.two()
        for arguments in (["--docker"], ["80"], ["--free", "80"], ["--docker", "--context", "lab"],
                          ["--docker", "--context", "*"]):
            done = self.run_it(*arguments, "--context", "lap")
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("there is no docker context 'lap', there are: default, lab, nas; did you mean 'lab'?",
                          done.stderr)
        code, report = self.report("--docker", "--context", "\x1b[31m")
        self.assertEqual((code, [finding["rule"] for finding in report["findings"]]), (2, ["KP902"]))
        done = self.run_it("--docker", "--context", "\x1b[31m")
        self.assertNotIn("\x1b", done.stderr)
        self.assertEqual(self.run_it("--docker", "--context", "").returncode, 2)

    def test_a_context_that_cannot_be_read_may_be_the_one(self):
        self.two()
        broken = os.path.join(self.root, "docker/contexts/meta/broken")
        os.makedirs(broken)
        with open(os.path.join(broken, "meta.json"), "w", encoding="utf-8") as file:
            file.write("{")
        self.assertEqual(self.report("--docker", "--context", "lap")[0], 3)
        code, report = self.report("--no-host", "9999", "--context", "*")
        self.assertEqual(code, 3)
        self.assertIn("not every docker context was asked", json.dumps(report["findings"]))

    def test_a_check_has_one_engine(self):
        self.two()
        for arguments in ([], ["--assign"], ["--diagnose"]):
            done = self.run_it(*arguments, "--context", "lab", "--context", "nas")
            self.assertEqual(done.returncode, 2)
            self.assertIn("several contexts are for questions", done.stderr)
        done = self.run_it("--docker", "--context", "lab", "-H", "unix:///x")
        self.assertEqual(done.returncode, 2)


class Machines(Engines):
    """`machines:` of the settings: each machine is asked by its own context."""

    def lab(self, *more):
        self.engine("nas", (1, "media", 9090), (2, "web-s0-1", 8080, "web", os.path.join(self.root, "nas/web")), *more)
        self.engine("pi", (3, "dns", 8080))
        for path, ports in {"nas/web": ["8080:80"], "nas/films": ["9090:80"], "pi/web": ["8080:80"]}.items():
            os.makedirs(os.path.join(self.root, path))
            with open(os.path.join(self.root, path, "compose.yaml"), "w", encoding="utf-8") as file:
                file.write("services:\n  s0:\n    image: x\n    ports: " + json.dumps(ports) + "\n")
        self.settings("machines:\n  nas: {inputs: nas, context: nas}\n  pi: {inputs: pi, context: pi}\n")

    def settings(self, text):
        with open(os.path.join(self.root, ".kportscan.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def findings(self, report):
        return sorted((finding["rule"], finding.get("machine"), finding["parties"][0]["location"]["path"],
                       finding["parties"][1]["name"]) for finding in report["findings"] if len(finding["parties"]) > 1)

    def test_each_machine_has_its_own_engine(self):
        self.lab()
        code, report = self.report(".")
        self.assertEqual(code, 1)
        # web of nas is running there, as the labels say; the project of that name of pi is another one
        self.assertEqual(self.findings(report), [("KP302", "nas", "nas/films/compose.yaml", "media"),
                                                 ("KP302", "pi", "pi/web/compose.yaml", "dns")])
        self.assertEqual([(engine["machine"], engine["context"], engine["status"]) for engine in report["engines"]],
                         [("nas", "nas", "ok"), ("pi", "pi", "ok")])
        commands = [part.get("command") for finding in report["findings"] for part in finding["help"]]
        self.assertIn("docker --context pi stop dns", commands)
        code, report = self.report("nas/web")
        self.assertEqual((code, self.findings(report)), (0, []))
        self.assertEqual([engine["machine"] for engine in report["engines"]], ["nas"])

    def test_an_engine_that_is_down(self):
        self.lab()
        self.settings("machines:\n  nas: {inputs: nas, context: nas}\n  pi: {inputs: pi, context: gone}\n")
        self.context("gone", "unix:///nonexistent/x.sock")
        code, report = self.report(".")
        self.assertEqual((code, self.findings(report)), (1, [("KP302", "nas", "nas/films/compose.yaml", "media")]))
        self.assertIn("pi: cannot ask the engine", json.dumps(report["findings"]))
        self.assertFalse(report["summary"]["complete"])
        self.assertEqual(self.report("pi")[0], 3)
        lines = self.run_it(".", "-o", "text", "--no-host").stdout.splitlines()
        self.assertEqual(lines[-3:-1], ["  nas: 1 error in 2 inputs",
                                        "  pi: no conflict in 1 input; its engine could not be asked"])

    def test_a_machine_without_context_is_not_asked(self):
        self.lab()
        self.settings("machines:\n  nas: {inputs: nas}\n  pi: {inputs: pi}\n")
        code, report = self.report(".", DOCKER_HOST="unix:///nonexistent/x.sock")
        self.assertEqual((code, report["findings"]), (0, []))

    def test_contexts_that_do_not_exist(self):
        self.lab()
        self.settings("machines:\n  nas: {inputs: nas, context: nass}\n")
        done = self.run_it(".")
        self.assertEqual(done.returncode, 2)
        self.assertIn(".kportscan.yaml:2:31: error: there is no docker context 'nass', there are: default, nas, pi; "
                      "did you mean 'nas'?", done.stderr)
        self.assertEqual(self.run_it("--lint", ".").returncode, 0)
        self.assertEqual(self.run_it("--no-docker", "--no-host", ".").returncode, 0)

    def test_an_engine_of_the_command_line(self):
        self.lab()
        code, report = self.report("--context", "pi", "nas/web")
        self.assertEqual((code, self.findings(report)), (1, [("KP302", "nas", "nas/web/compose.yaml", "dns")]))
        code, report = self.report("--context", "pi", ".")
        self.assertEqual(code, 2)
        self.assertIn("the inputs run on several machines: nas, pi", json.dumps(report["findings"]))


if __name__ == "__main__":
    unittest.main()
