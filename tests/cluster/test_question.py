#!/usr/bin/env python3
"""Questions about a live cluster (`kportscan --cluster [PORT...]`, --free, --watch), asked of the fake API server with
recorded answers: through a fake kubectl, and through the real one where it is installed.

usage: test_question.py KPORTSCAN
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
RECORDED = TESTS / "cluster" / "recorded"
SERVER = TESTS / "support" / "fake_cluster.py"
MANY = 500  # pods of the cluster that is timed


class Question(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="kps-question-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        (self.path / "bin").mkdir()
        (self.path / "bin" / "kubectl").symlink_to(SERVER)

    def environment(self, faults="", path=None, answers=RECORDED):
        return {"PATH": path or f"{self.path / 'bin'}:{os.environ['PATH']}", "TMPDIR": self.folder.name,
                "FAKE_CLUSTER": str(answers), "FAKE_CLUSTER_FAULTS": faults, "HOME": self.folder.name,
                "FAKE_CLUSTER_LOG": str(self.path / "log"), "ASAN_OPTIONS": "exitcode=99"}

    def ask(self, *arguments, program=None, **more):
        return subprocess.run([program or KPORTSCAN, "--no-config", *arguments], cwd=self.path, text=True,
                              env=self.environment(**more), capture_output=True, timeout=60, check=False)

    def report(self, *arguments, **more):
        done = self.ask("-o", "json", *arguments, **more)
        self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def recorded(self, resource):
        return json.loads((RECORDED / f"api_v1_{resource}.json").read_text(encoding="utf-8"))["items"]

    def declared(self):
        """(node, port, protocol, pod) of each host port that the recorded pods declare and have not given back."""
        found = set()
        for pod in self.recorded("pods"):
            spec, where = pod["spec"], pod["spec"].get("nodeName")
            for container in spec["containers"]:
                for port in container.get("ports", []):
                    number = port.get("hostPort") or (spec.get("hostNetwork") and port["containerPort"])
                    if number and where and pod["status"]["phase"] not in ("Succeeded", "Failed"):
                        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                        found.add((where, number, port.get("protocol", "TCP").lower(), name))
        return found

    def test_the_list_has_every_port(self):
        code, report = self.report("--cluster", faults="page-size=2")
        held = {(c["node"], c["first"], c["protocol"], "/".join(c["owner"]["object"][k] for k in ("namespace", "name")))
                for c in report["claims"] if c["scope"] == "node" and c["basis"] == "held"}
        self.assertEqual(held, self.declared())
        numbers = {p["nodePort"] for s in self.recorded("services") for p in s["spec"]["ports"] if "nodePort" in p}
        numbers |= {s["spec"]["healthCheckNodePort"] for s in self.recorded("services")
                    if "healthCheckNodePort" in s["spec"]}
        self.assertEqual({c["first"] for c in report["claims"] if c["scope"] == "cluster"}, numbers)
        self.assertEqual([node["name"] for node in report["nodes"]],
                         sorted(n["metadata"]["name"] for n in self.recorded("nodes")))
        self.assertEqual((code, [f["rule"] for f in report["findings"]]), (1, ["KP404"]))

    def test_pending_pods_decide_the_list_alone(self):
        self.assertEqual(self.report("--cluster", "--fail-on", "never")[0], 0)
        code, report = self.report("--cluster", "--ignore", "KP404")
        self.assertEqual((code, report["findings"]), (0, []))
        code, report = self.report("--cluster", "8080")
        self.assertEqual((code, [f["rule"] for f in report["findings"]]), (0, ["KP404"]))
        self.assertEqual(self.report("--cluster", "9100")[1]["findings"], [])

    def test_free_nodes_are_those_without_a_holder(self):
        for port in (80, 8080, 9100, 11211, 4711):
            held = {node for node, number, protocol, _ in self.declared() if (number, protocol) == (port, "tcp")}
            code, report = self.report("--cluster", f"{port}/tcp")
            free = {node["name"] for node in report["nodes"] if node["free"] == [f"{port}/tcp"]}
            self.assertEqual(free, {n["metadata"]["name"] for n in self.recorded("nodes")} - held, port)
            self.assertEqual(code, 0 if held else 1, port)

    def test_a_node_port_is_on_every_node(self):
        code, report = self.report("--cluster", "30080")
        self.assertEqual((code, {c["scope"] for c in report["claims"]}), (0, {"cluster"}))
        self.assertEqual([node["free"] for node in report["nodes"]], [[]] * len(report["nodes"]))

    def test_several_questions_and_ranges(self):
        done = self.ask("-o", "text", "--cluster", "8080/udp", "11211", "6000-6999")
        self.assertEqual(done.returncode, 0)
        self.assertIn("8080/udp is free on all 4 nodes", done.stdout)
        self.assertIn("11211 is held on 3 of 4 nodes", done.stdout)
        self.assertIn("6000-6999: held on 4 of 4 nodes", done.stdout)

    def test_free(self):
        held = {number for _, number, _, _ in self.declared()}
        numbers = {p["nodePort"] for s in self.recorded("services") for p in s["spec"]["ports"] if "nodePort" in p}
        for first, count in ((8080, 1), (80, 3), (30080, 2)):
            done = self.ask("--cluster", "--free", str(first), "-n", str(count))
            ports = [int(line) for line in done.stdout.split()]
            self.assertEqual((done.returncode, len(ports)), (0, count), done.stderr)
            self.assertFalse(set(ports) & (held | numbers | {10250}))
            self.assertTrue(all(port >= first for port in ports))
        self.assertEqual(self.ask("--cluster", "--free", "30000-32767").stdout, "30000\n")
        self.assertEqual(self.ask("--cluster", "--free", "30080-30080").returncode, 1)
        # a Service may get a node port at any time: the search goes around them
        self.assertEqual(self.ask("--cluster", "--free", "29999", "-n", "2").stdout, "29999\n32768\n")
        self.assertEqual(self.ask("--cluster", "--free", "10250").stdout, "10251\n")

    def test_missing_lists(self):
        rows = [("pods=403", ["8080"], 3), ("services=403", ["8080"], 0), ("services=403", ["30080"], 3),
                ("services=403", ["--ignore", "KP404"], 3), ("nodes=403", ["8080"], 0), ("pods=cut", ["11211"], 3),
                ("pods=empty", ["11211"], 3), ("pods=failure", ["11211"], 3),
                ("all=401", [], 3), ("all=401", ["8080"], 3), ("refuse=error:_no_context", [], 2),
                ("pods=403", ["--free", "8080"], 3), ("refuse=error:_no_context", ["--free", "8080"], 2)]
        for faults, arguments, code in rows:
            done = self.ask("-o", "short", "--cluster", *arguments, faults=faults)
            self.assertEqual(done.returncode, code, (faults, arguments, done.stdout, done.stderr))
            if "--free" in arguments:
                self.assertEqual(done.stdout, "")
        for port in ("8080", "30080"):
            done = self.ask("-o", "text", "--cluster", port, faults="pods=403")
            self.assertNotIn("is free", done.stdout)
        self.assertIn("as far as seen", self.ask("-o", "text", "--cluster", "8080", faults="services=403").stdout)
        report = self.report("--cluster", "8080", faults="pods=403")[1]
        self.assertEqual((report["summary"]["complete"], {n["free"] for n in report["nodes"]}), (False, {None}))
        done = self.ask("--cluster", path="/nonexistent")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no kubectl in PATH", done.stdout)

    def test_nodes_without_a_list(self):
        """Pods name their nodes, so that the holders are known."""
        report = self.report("--cluster", "8080", faults="nodes=403")[1]
        self.assertEqual([c["node"] for c in report["claims"] if c["basis"] == "held"],
                         [node for node, number, _, _ in sorted(self.declared()) if number == 8080])

    def test_only_three_lists_are_read(self):
        self.ask("--cluster", "8080")
        lines = (self.path / "log").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.split()[1].split("?")[0] for line in lines],
                         ["/version", "/api/v1/nodes", "/api/v1/pods", "/api/v1/services"])
        self.assertEqual({line.split()[0] for line in lines}, {"GET"})

    def test_wrong_command_lines(self):
        (self.path / "web.yaml").write_text("a: 1\n", encoding="utf-8")
        for arguments in (["--cluster", "8080", "web.yaml"], ["--cluster", "--docker"], ["--cluster", "--host", "80"],
                          ["--cluster", "--free", "80", "web.yaml"], ["--against", "x", "8080", "--watch"],
                          ["--cluster", "--against", "x"], ["--cluster", "--lint", "80"],
                          ["--cluster", "-o", "sarif"]):
            self.assertEqual(self.ask(*arguments).returncode, 2, arguments)

    def test_plugin_of_kubectl(self):
        plugin = self.path / "kubectl-kportscan"
        plugin.symlink_to(KPORTSCAN)
        done = self.ask("-o", "short", "11211", program=str(plugin))
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 3), done.stderr)

    @contextlib.contextmanager
    def watching(self, *arguments, **more):
        with subprocess.Popen([KPORTSCAN, "--no-config", "--cluster", *arguments], cwd=self.path, text=True,
                              env=self.environment(**more), stdout=subprocess.PIPE) as program:
            try:
                yield program
            finally:
                program.send_signal(signal.SIGTERM)
                program.wait(timeout=20)
        self.assertEqual(program.returncode, 0)

    def test_watch_uses_one_kubectl(self):
        before = set(os.listdir(self.path))
        answers = self.path / "answers"
        shutil.copytree(RECORDED, answers)
        with self.watching("8080", "--watch=0.2", answers=answers) as program:
            self.assertIn("held: pod web/web-", program.stdout.readline())
            sockets = [f for f in os.listdir(self.path) if f.startswith("kportscan-")]
            pods = json.loads((answers / "api_v1_pods.json").read_text(encoding="utf-8"))
            pods["items"] = [p for p in pods["items"] if not p["metadata"]["name"].startswith("web-")]
            (answers / "new.json").write_text(json.dumps(pods), encoding="utf-8")
            os.replace(answers / "new.json", answers / "api_v1_pods.json")
            self.assertIn("free: pod web/web-", program.stdout.readline())
            self.assertEqual([f for f in os.listdir(self.path) if f.startswith("kportscan-")], sockets)
            self.assertEqual(len(sockets), 1)
        shutil.rmtree(answers)
        self.assertEqual(set(os.listdir(self.path)), before | {"log"})
        versions = [line for line in (self.path / "log").read_text(encoding="utf-8").splitlines() if "/version" in line]
        self.assertGreaterEqual(len(versions), 2)

    def test_watch_reports_a_lost_cluster_and_comes_back(self):
        with self.watching("8080", "--watch=0.2", faults="die=6") as program:
            lines = [program.stdout.readline() for _ in range(3)]
        self.assertIn("held: ", lines[0])
        self.assertIn("unknown: ", lines[1])
        self.assertIn("held: ", lines[2])
        with self.watching("8080", "--watch=0.2", faults="refuse=error:_no_context") as program:
            self.assertIn("unknown: ", program.stdout.readline())

    def test_watch_of_the_list(self):
        with self.watching("--watch=0.2", "-o", "json") as program:
            self.assertEqual(json.loads(program.stdout.readline())["mode"], "cluster")
        with self.watching("--watch=0.2") as program:
            self.assertRegex(program.stdout.readline(), r"\A\d\d:\d\d:\d\d  = \d+/(tcp|udp)  \S")

    @contextlib.contextmanager
    def real_cluster(self, answers):
        """The options for the real kubectl against the fake API server."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with subprocess.Popen([sys.executable, SERVER, "--port", str(port), answers]) as server:
            try:
                for _ in range(200):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.05)
                config = self.path / "config"
                config.write_text(json.dumps({
                    "apiVersion": "v1", "kind": "Config", "current-context": "test",
                    "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                    "users": [{"name": "u", "user": {}}],
                    "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}]}), encoding="utf-8")
                yield ["--cluster", "--kubeconfig", str(config)]
            finally:
                server.terminate()

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_real_kubectl(self):
        with self.real_cluster(RECORDED) as options:
            for question in ([], ["8080"], ["30080", "4711/udp"]):
                through_real = self.report(*options, *question, path=os.environ["PATH"])
                self.assertEqual(through_real, self.report("--cluster", *question), question)
            done = self.ask(*options, "--free", "8080", path=os.environ["PATH"])
            self.assertEqual((done.returncode, done.stdout), (0, "8081\n"), done.stderr)

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_many_pods_take_less_than_a_second(self):
        answers = self.path / "answers"
        shutil.copytree(RECORDED, answers)
        pods = self.recorded("pods")
        some = [json.loads(json.dumps(pods[i % len(pods)])) for i in range(MANY)]
        for i, pod in enumerate(some):
            pod["metadata"]["name"] += f"-{i}"
        (answers / "api_v1_pods.json").write_text(
            json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": some}), encoding="utf-8")
        with self.real_cluster(answers) as options:
            begin = time.monotonic()
            subprocess.run(["kubectl", "--kubeconfig", options[2], "get", "--raw", "/version"], check=True,
                           capture_output=True, env={"HOME": self.folder.name, "PATH": os.environ["PATH"]})
            alone = time.monotonic() - begin
            begin = time.monotonic()
            done = self.ask("-o", "short", *options, "8080", path=os.environ["PATH"])
            whole = time.monotonic() - begin
        self.assertEqual(done.returncode, 0, done.stderr)
        print(f"{MANY} pods: {whole:.2f} s, kubectl alone {alone:.2f} s", file=sys.stderr)
        self.assertLess(whole - alone, 5)  # a second on an idle machine, without sanitizers


if __name__ == "__main__":
    KPORTSCAN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
