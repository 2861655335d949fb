#!/usr/bin/env python3
"""`kportscan --cluster`, asked of a fake API server with recorded answers: through a fake kubectl, and through the real
one where it is installed. The findings are those of a dump of the same cluster.

usage: test_live.py KPORTSCAN
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import yaml
except ImportError:
    yaml = None

TESTS = pathlib.Path(__file__).resolve().parent.parent
RECORDED = TESTS / "cluster" / "recorded"
CASES = TESTS / "cluster" / "cases"
SERVER = TESTS / "support" / "fake_cluster.py"
PENDING = """apiVersion: apps/v1
kind: Deployment
metadata: {name: newcomer}
spec:
  replicas: 5
  selector: {matchLabels: {app: newcomer}}
  template:
    metadata: {labels: {app: newcomer}}
    spec:
      containers:
        - {name: web, image: nginx, ports: [{containerPort: 80, hostPort: 8099}]}
"""
CLEAN = PENDING.replace("replicas: 5", "replicas: 1")


class Live(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="kps-live-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        (self.path / "bin").mkdir()
        (self.path / "bin" / "kubectl").symlink_to(SERVER)
        (self.path / "pending.yaml").write_text(PENDING, encoding="utf-8")
        (self.path / "clean.yaml").write_text(CLEAN, encoding="utf-8")

    def run_it(self, *arguments, faults="", program=None, path=None, input=None, **more):
        environment = {"PATH": path or f"{self.path / 'bin'}:{os.environ['PATH']}", "TMPDIR": self.folder.name,
                       "FAKE_CLUSTER": str(RECORDED), "FAKE_CLUSTER_FAULTS": faults, "HOME": self.folder.name,
                       "FAKE_CLUSTER_LOG": str(self.path / "log"), "ASAN_OPTIONS": "exitcode=99", **more}
        return subprocess.run([program or KPORTSCAN, *arguments], cwd=self.path, env=environment, text=True,
                              capture_output=True, timeout=60, check=False, input=input)

    def findings(self, *arguments, **more):
        done = self.run_it("--no-config", "-o", "json", *arguments, **more)
        self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)
        return done.returncode, json.loads(done.stdout)["findings"]

    def dump(self):
        items = []
        for file in sorted(RECORDED.glob("api*.json")):
            document = json.loads(file.read_text(encoding="utf-8"))
            group = "/".join(file.stem.split("_")[1:-1]).removeprefix("v1") or "v1"
            version = "v1" if file.stem.startswith("api_") else group
            kind = document["kind"].removesuffix("List")
            items += [{"apiVersion": version, "kind": kind, **item} for item in document["items"]]
        name = self.path / "dump.json"
        name.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
        return str(name)

    def test_same_as_a_dump(self):
        for name in ("pending.yaml", "clean.yaml"):
            code, live = self.findings("--cluster", name, faults="page-size=2")
            self.assertEqual((code, live), self.findings("--against", self.dump(), name), name)
        self.assertEqual([f["rule"] for f in self.findings("--cluster", "pending.yaml")[1]], ["KP401"])

    def test_recorded_cases(self):
        """A dump and the server give the same findings, and those are what a real control plane did."""
        answers = json.loads((CASES / "answers.json").read_text(encoding="utf-8"))
        dump = self.dump()
        for case in sorted(CASES.glob("*.yaml")):
            answer = answers.get(case.stem, {})
            code, found = self.findings("--against", dump, str(case))
            self.assertEqual(self.findings("--cluster", str(case), faults="page-size=5"), (code, found), case.stem)
            self.assertEqual(code, 1 if answer else 0, case.stem)
            errors = [finding["rule"] for finding in found if finding["severity"] == "error"]
            pending = [int(finding["message"].split()[0]) for finding in found if finding["rule"] == "KP401"]
            self.assertEqual(sum(pending), answer.get("pending", 0), case.stem)
            self.assertEqual(errors.count("KP402"), answer.get("refused", 0), case.stem)
            self.assertEqual("KP403" in errors, answer.get("evicts", False), case.stem)

    def test_dumps_in_yaml(self):
        """kubectl's -o yaml, as one List and as a document a list, holds the same as its JSON."""
        document = json.loads(pathlib.Path(self.dump()).read_text(encoding="utf-8"))
        pods = [item for item in document["items"] if item["kind"] == "Pod"]
        rest = [item for item in document["items"] if item["kind"] != "Pod"]
        parts = [{**document, "items": items} for items in (pods, rest)]
        write = yaml.safe_dump if yaml else json.dumps
        (self.path / "dump.yaml").write_text(write(document), encoding="utf-8")
        (self.path / "parts.yml").write_text("\n---\n".join(map(write, parts)), encoding="utf-8")
        for name in ("pending.yaml", "clean.yaml"):
            wanted = self.findings("--against", self.dump(), name)
            for dump in ("dump.yaml", "parts.yml"):
                self.assertEqual(self.findings("--against", dump, name), wanted)
        question = self.run_it("--no-config", "--against", "dump.yaml", "8080").stdout
        self.assertEqual(question, self.run_it("--no-config", "--against", self.dump(), "8080").stdout)
        self.assertIn("web/web-", question)

    def test_streamed_dumps(self):
        """Standard input, a pipe, UTF-16, raw lists behind each other, and one file a list give the same findings."""
        dump = pathlib.Path(self.dump())
        wanted = self.findings("--against", str(dump), "pending.yaml")
        lists = sorted(RECORDED.glob("api*.json"))
        (self.path / "utf16.json").write_text(dump.read_text(encoding="utf-8"), encoding="utf-16")
        (self.path / "lists.json").write_bytes(b"\n".join(file.read_bytes() for file in lists))
        self.assertEqual(self.findings("--against", "-", "pending.yaml", input=dump.read_text(encoding="utf-8")), wanted)
        self.assertEqual(self.findings("--against", "utf16.json", "pending.yaml"), wanted)
        self.assertEqual(self.findings("--against", "lists.json", "pending.yaml"), wanted)
        many = [word for file in lists for word in ("--against", str(file))]
        self.assertEqual(self.findings(*many, "pending.yaml"), wanted)
        pipe = self.path / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cp", "--", str(dump), str(pipe)]) as writer:
            self.assertEqual(self.findings("--against", str(pipe), "pending.yaml"), wanted)
            self.assertEqual(writer.wait(), 0)

    def test_long_list_as_input(self):
        """A list above 64 MiB is an input, as a file and through a pipe: the same findings at the same places."""
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"nodeName": "n1", "containers": [
            {"name": "é", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}}
        other = {**pod, "metadata": {"name": "b"}}
        lines = [json.dumps(item, ensure_ascii=False, indent=1) for item in (pod, other)]
        text = '{"apiVersion": "v1", "items": [\n' + (" " * 999 + "\n") * 68000 + ",\n".join(lines) + \
            '\n],\n"kind": "List"}\n'
        self.assertGreater(len(text.encode()), 64 << 20)
        long_list = self.path / "long.json"
        long_list.write_text(text, encoding="utf-8")
        done = self.run_it("--no-config", "--lint", "-o", "short", "long.json")
        self.assertEqual(done.returncode, 1, done.stderr)
        for at in (text.index("8080"), text.rindex("8080")):
            line = text.count("\n", 0, at) + 1
            self.assertIn(f"long.json:{line}:", done.stdout)
        (self.path / "folder").mkdir()
        (self.path / "folder" / "list.json").symlink_to("../long.json")
        walked = self.run_it("--no-config", "--lint", "-o", "short", "folder")
        self.assertEqual(walked.stdout, done.stdout.replace("long.json", "folder/list.json"))
        (self.path / "folder" / "data.json").write_text(" " * (65 << 20), encoding="utf-8")
        self.assertIn("'folder/data.json' was not looked into",
                      self.run_it("--no-config", "--lint", "-o", "short", "folder").stdout)
        piped = self.run_it("--no-config", "--lint", "-o", "short", "-", input=text)
        self.assertEqual(piped.stdout, done.stdout.replace("long.json", "<stdin>"))
        frame = self.run_it("--no-config", "--lint", "-o", "text", "long.json").stdout
        self.assertIn('"hostPort": 8080', frame)
        long_list.write_text(text[:-40], encoding="utf-8")
        self.assertEqual(self.run_it("--no-config", "--lint", "long.json").returncode, 2)
        self.assertEqual(os.listdir(self.path / "bin"), ["kubectl"])

    def test_bad_dumps(self):
        whole = pathlib.Path(self.dump()).read_bytes()
        (self.path / "cut.json").write_bytes(whole[:len(whole) // 2])
        (self.path / "empty.json").write_text('{"kind":"List","items":[]}', encoding="utf-8")
        (self.path / "status.json").write_text('{"kind":"Status","message":"pods is forbidden"}', encoding="utf-8")
        (self.path / "among.json").write_bytes(b'{"kind":"Status","message":"pods is forbidden"}' + whole)
        (self.path / "broken.yaml").write_text("items: [{", encoding="utf-8")
        (self.path / "text.txt").write_text(PENDING, encoding="utf-8")
        for name, words in (("cut.json", "breaks off"), ("empty.json", "no object in it"), (".", "Is a directory"),
                            ("status.json", "pods is forbidden"),
                            ("among.json", "pods is forbidden"), ("broken.yaml", "end of the file"),
                            ("text.txt", "line 1, column 1")):
            done = self.run_it("--no-config", "--against", name, "clean.yaml")
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(words, done.stdout, name)
        self.assertEqual(self.run_it("--against", "-", "-").returncode, 2)

    def test_nothing_but_get(self):
        self.run_it("--cluster", "clean.yaml")
        lines = (self.path / "log").read_text(encoding="utf-8").splitlines()
        resources = [line.split()[1].partition("?")[0].rpartition("/")[2] for line in lines]
        self.assertEqual(resources, ["version", "nodes", "pods", "services", "deployments", "priorityclasses",
                                     "horizontalpodautoscalers"])  # what a Deployment needs, and nothing else
        self.assertEqual({line.split()[0] for line in lines}, {"GET"})
        self.assertEqual({line.split()[2] for line in lines}, {"localhost"})

    def test_the_rights_are_what_is_read(self):
        """The ClusterRole of manifests/kubernetes-check lists each resource that a check can ask for, and no other."""
        spec = "template: {spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 8099}]}]}}"
        kinds = [("apps/v1", kind) for kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")]
        text = "---\n".join(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{{spec}}}\n"
                            for version, kind in [*kinds, ("batch/v1", "Job")])
        (self.path / "all.yaml").write_text(text, encoding="utf-8")
        self.run_it("--no-config", "--cluster", "all.yaml")
        lines = (self.path / "log").read_text(encoding="utf-8").splitlines()
        paths = [line.split()[1].partition("?")[0].split("/")[1:] for line in lines]
        asked = {(path[1] if path[0] == "apis" else "", path[-1]) for path in paths if path != ["version"]}
        rules = (TESTS.parent / "manifests/kubernetes-check/rbac.yaml").read_text(encoding="utf-8")
        granted = {(group, resource) for group, resources, verbs in
                   re.findall(r'apiGroups: \["?([^"\]]*)"?\]\n\s+resources: \[(.*)\]\n\s+verbs: \[(.*)\]', rules)
                   for resource in resources.split(", ") if verbs == "list"}
        self.assertEqual(rules.count("apiGroups:"), 5)
        self.assertEqual(asked, granted)

    def test_rights_in_one_namespace(self):
        """The context's namespace is that of objects without one, and is read where all are forbidden."""
        more = {"FAKE_CLUSTER_NAMESPACE": "web"}
        code, found = self.findings("--cluster", "clean.yaml", faults="namespace-only", **more)
        self.assertEqual(code, 3)
        words = [finding["message"] for finding in found]
        self.assertIn("only the pods of namespace 'web' could be read", " ".join(words))
        self.assertIn("GET /api/v1/namespaces/web/pods?", (self.path / "log").read_text(encoding="utf-8"))
        done = self.run_it("--no-config", "-o", "json", "--cluster", "pending.yaml", **more)
        self.assertIn('"namespace": "web"', done.stdout)
        done = self.run_it("--no-config", "-o", "json", "--cluster", "--namespace", "own", "pending.yaml", **more)
        self.assertIn('"namespace": "own"', done.stdout)

    def test_nothing_is_left_behind(self):
        before = set(os.listdir(self.path)) | {"log"}
        for faults in ("", "die=2", "refuse=no", "all=401"):
            self.run_it("--cluster", "clean.yaml", "--timeout", "2", faults=faults)
            self.assertEqual(set(os.listdir(self.path)), before, faults)

    def test_exit_codes(self):
        rows = [("pods=403", "clean.yaml", 3), ("pods=403", "pending.yaml", 3), ("nodes=403", "clean.yaml", 3),
                ("priorityclasses=403", "pending.yaml", 1), ("all=401", "clean.yaml", 3),
                ("refuse=error:_context_does_not_exist", "clean.yaml", 2)]
        for faults, name, code in rows:
            self.assertEqual(self.findings("--cluster", name, faults=faults)[0], code, faults)

    def test_number_of_nodes(self):
        """--nodes stands in for a list of nodes that is forbidden; nothing is certain then."""
        code, found = self.findings("--cluster", "--nodes", "4", "pending.yaml", faults="nodes=403")
        self.assertEqual((code, sorted((f["rule"], f["severity"]) for f in found)),
                         (3, [("KP401", "warning"), ("KP907", "warning")]))

    def test_words(self):
        refusal = 'refuse=error:_context_"zz"_does_not_exist'
        done = self.run_it("--no-config", "-o", "text", "--cluster", "clean.yaml", faults=refusal)
        self.assertIn('context "zz" does not exist', done.stdout)
        self.assertIn("prod, staging", done.stdout)
        done = self.run_it("--no-config", "--cluster", "clean.yaml", path="/nonexistent")
        self.assertIn("there is no kubectl in PATH", done.stdout)
        self.assertEqual(done.returncode, 2)
        for arguments in (["--cluster", "--lint", "clean.yaml"], ["--kube-context", "a", "clean.yaml"],
                          ["--cluster", "--against", "x", "clean.yaml"]):
            self.assertEqual(self.run_it(*arguments).returncode, 2, arguments)

    def test_plugin_of_kubectl(self):
        plugin = self.path / "kubectl-kportscan"
        plugin.symlink_to(KPORTSCAN)
        done = self.run_it("--no-config", "-o", "short", "pending.yaml", program=str(plugin))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("[KP401]", done.stdout)

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_real_kubectl(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, SERVER, "--port", str(port), "--log", self.path / "log", RECORDED]
        with subprocess.Popen(command) as server:
            try:
                self.wait_for(port)
                (self.path / "config").write_text(json.dumps({
                    "apiVersion": "v1", "kind": "Config", "current-context": "test",
                    "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                    "users": [{"name": "u", "user": {}}],
                    "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}]}), encoding="utf-8")
                code, live = self.findings("--cluster", "--kubeconfig", str(self.path / "config"), "pending.yaml",
                                           path=os.environ["PATH"])
                self.assertEqual((code, [f["rule"] for f in live]), (1, ["KP401"]))
                done = self.run_it("--no-config", "--cluster", "--kubeconfig", str(self.path / "config"),
                                   "--kube-context", "zz", "-o", "text", "clean.yaml", path=os.environ["PATH"])
                self.assertEqual(done.returncode, 2)
                self.assertIn("test", done.stdout)
                self.check_config_list(json.loads((self.path / "config").read_text(encoding="utf-8")), live)
            finally:
                server.terminate()

    def check_config_list(self, config, wanted):
        """KUBECONFIG is a list: clusters, users and contexts of all files, and a file that is missing is none."""
        for name, members in ("one", ("current-context", "contexts")), ("two", ("clusters", "users")):
            part = {"apiVersion": "v1", "kind": "Config", **{member: config[member] for member in members}}
            (self.path / name).write_text(json.dumps(part), encoding="utf-8")
        joined = ":".join(str(self.path / name) for name in ("one", "missing", "two"))
        more = {"KUBECONFIG": joined, "path": os.environ["PATH"]}
        self.assertEqual(self.findings("--cluster", "pending.yaml", **more), (1, wanted))
        more["KUBECONFIG"] = str(self.path / "one")
        self.assertIn(self.findings("--cluster", "pending.yaml", **more)[0], (2, 3))  # its cluster is in no file

    def wait_for(self, port):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("the fake API server does not start")


if __name__ == "__main__":
    KPORTSCAN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
