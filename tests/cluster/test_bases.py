#!/usr/bin/env python3
"""Manifests against six clusters, and what a real control plane did with them: a dump, and an API server with the same
objects, give the same findings, with the recorded number of Pending pods, refusals and evictions.

usage: test_bases.py KPORTSCAN

bases/NAME/dump.json    the cluster, without what ports and placement do not need
bases/NAME/cases.txt    "#### CASE ANSWER", then the manifest. ANSWER: `pending` pods for want of a host port, those that
                        the `kubelet` refuses, `refused` Services, `evicts` (a running pod loses its place), `rule` (refused
                        for what the manifest says), `open` (not judged here: a later run, an address); {}: all went well
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SERVER = HERE.parent / "support" / "fake_cluster.py"
PATHS = {"Node": "api_v1_nodes", "Pod": "api_v1_pods", "Service": "api_v1_services",
         "Deployment": "apis_apps_v1_deployments", "ReplicaSet": "apis_apps_v1_replicasets",
         "DaemonSet": "apis_apps_v1_daemonsets", "StatefulSet": "apis_apps_v1_statefulsets", "Job": "apis_batch_v1_jobs",
         "PriorityClass": "apis_scheduling.k8s.io_v1_priorityclasses"}


class Bases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kps-bases-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        (self.path / "bin").mkdir()
        (self.path / "bin" / "kubectl").symlink_to(SERVER)

    def serve(self, dump):
        """Write the objects of a dump as the answers of an API server; the fake kubectl serves these."""
        lists = {kind: [] for kind in PATHS}
        for item in json.loads(dump.read_text(encoding="utf-8"))["items"]:
            lists[item["kind"]].append({name: value for name, value in item.items() if name not in ("kind", "apiVersion")})
        folder = self.path / "api"
        folder.mkdir(exist_ok=True)
        (folder / "version.json").write_text('{"gitVersion": "v1.36.2"}', encoding="utf-8")
        for kind, items in lists.items():
            answer = {"kind": kind + "List", "metadata": {"resourceVersion": "1"}, "items": items}
            (folder / (PATHS[kind] + ".json")).write_text(json.dumps(answer), encoding="utf-8")

    def ask(self, *arguments):
        environment = {"PATH": f"{self.path / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(self.path),
                       "HOME": str(self.path), "FAKE_CLUSTER": str(self.path / "api"),
                       "FAKE_CLUSTER_FAULTS": "page-size=7", "ASAN_OPTIONS": "exitcode=99"}
        done = subprocess.run([KPORTSCAN, "--no-config", "-o", "json", *arguments], cwd=self.path, env=environment,
                              text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, json.loads(done.stdout)["findings"]

    def check(self, answer, code, findings):
        errors = [finding for finding in findings if finding["severity"] == "error"]
        rules = [finding["rule"] for finding in errors]
        self.assertEqual(code, 1 if answer else 0, findings)
        self.assertEqual(bool(errors), bool(answer))
        if "rule" in answer:
            self.assertIn(answer["rule"], rules)
            return
        told = [finding["message"] for finding in errors if finding["rule"] == "KP401"]
        if answer.get("evicts"):
            told = [note for finding in errors for note in finding["notes"] if "Pending in all" in note][:1]
        pending = sum(int(re.match(r"\d+", words)[0]) for words in told)
        self.assertEqual(pending, answer.get("pending", 0) + answer.get("kubelet", 0), findings)
        self.assertEqual(sum("by the kubelet" in words for words in told), "kubelet" in answer)
        self.assertEqual(rules.count("KP402"), answer.get("refused", 0))
        self.assertEqual("KP403" in rules, answer.get("evicts", False))

    def test_bases(self):
        n = 0
        for base in sorted((HERE / "bases").glob("*/dump.json")):
            self.serve(base)
            for part in (base.parent / "cases.txt").read_text(encoding="utf-8").split("#### ")[1:]:
                head, _, manifest = part.partition("\n")
                name, _, answer = head.partition(" ")
                answer = json.loads(answer)
                (self.path / "apply.yaml").write_text(manifest, encoding="utf-8")
                n += 1
                with self.subTest(base=base.parent.name, case=name):
                    code, findings = self.ask("--against", str(base), "apply.yaml")
                    self.assertEqual(self.ask("--cluster", "apply.yaml"), (code, findings))
                    if not answer.get("open"):
                        self.check(answer, code, findings)
        self.assertEqual(n, 119)


if __name__ == "__main__":
    KPORTSCAN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
