"""manifests/kubernetes: linted by kportscan, complete, without a right that it does not need.

usage: test_cluster.py KPORTSCAN manifests|kustomize
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import manifests
from manifests import FOLDER, ROOT, container_of, parse, read

PROGRAM = os.path.abspath(sys.argv.pop(1))
WORKLOADS = ("daemonset.yaml", "job.yaml")


def run_it(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, **more)


def kustomize():
    """The command that renders a folder: kustomize, or a kubectl that is new enough to know patches with a target."""
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if not shutil.which("kubectl"):
        return None
    done = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True, check=False)
    version = re.search(r'"gitVersion": *"v1\.(\d+)', done.stdout)
    return ["kubectl", "kustomize"] if version and int(version.group(1)) >= 21 else None


class Manifests(unittest.TestCase):
    def test_lint(self):
        done = run_it("--lint", "--no-config", "-o", "json", FOLDER)
        report = json.loads(done.stdout)
        self.assertEqual((done.returncode, report["findings"], report["summary"]["complete"]), (0, [], True))
        inputs = [(os.path.basename(item["path"]), item["kind"], item["status"]) for item in report["inputs"]]
        self.assertEqual(inputs, [("kubernetes", "kubernetes", "ok")])  # the kustomization is built as a whole

    def test_kustomization_lists_every_file(self):
        self.assertEqual(sorted(read("kustomization.yaml")["resources"]),
                         sorted(self.files() - {"kustomization.yaml"}))

    def test_the_image_is_this_version(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"^project\(kportscan VERSION (\S+)", file.read(), re.M).group(1)
        [image] = read("kustomization.yaml")["images"]
        self.assertEqual((image["name"], image["newTag"]), ("kportscan", version))

    def test_rights(self):
        for name in WORKLOADS:
            with self.subTest(name):
                pod = read(name)["spec"]["template"]["spec"]
                self.assertEqual((pod["hostNetwork"], pod["hostPID"], pod.get("hostIPC", False)), (True, True, False))
                self.assertIs(pod["automountServiceAccountToken"], False)
                self.assertFalse(pod.get("volumes"))
                container = container_of(read(name))
                self.assertFalse(container.get("volumeMounts"))
                self.assertTrue(container["resources"]["limits"].keys() >= {"cpu", "memory"})
                self.assertEqual(container["securityContext"], {
                    "runAsUser": 0, "runAsGroup": 0, "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True, "seccompProfile": {"type": "RuntimeDefault"},
                    "capabilities": {"drop": ["ALL"], "add": ["DAC_READ_SEARCH", "SYS_PTRACE"]},
                    "appArmorProfile": {"type": "Unconfined"}})

    def test_every_node(self):
        for name in WORKLOADS:
            workload = read(name)
            pod = workload["spec"]["template"]["spec"]
            self.assertIn({"operator": "Exists", "effect": "NoSchedule"}, pod["tolerations"], name)
            self.assertNotIn("nodeSelector", pod)
        labels = read("daemonset.yaml")["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(read("daemonset.yaml")["spec"]["selector"]["matchLabels"], labels)
        job = read("job.yaml")["spec"]["template"]
        rules = job["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        self.assertEqual(rules, [{"topologyKey": "kubernetes.io/hostname",
                                  "labelSelector": {"matchLabels": job["metadata"]["labels"]}}])
        self.assertNotEqual(job["metadata"]["labels"], labels, "the Job would stay away from the DaemonSet")

    def test_the_job_ends_with_a_report(self):
        done = run_it(*container_of(read("job.yaml"))["args"])
        self.assertEqual((done.returncode, json.loads(done.stdout)["mode"], done.stderr), (0, "host", ""))

    def test_the_daemonset_reports_and_stays(self):
        command = [PROGRAM, *container_of(read("daemonset.yaml"))["args"]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            watchdog = threading.Timer(60, program.kill)
            watchdog.start()
            self.assertEqual(json.loads(program.stdout.readline())["mode"], "host")
            self.assertIsNone(program.poll(), "a container that ends is started again and again")
            program.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait(30), 0)
            watchdog.cancel()

    @staticmethod
    def files():
        return {name for name in os.listdir(FOLDER) if name.endswith(".yaml")}


class Kustomize(unittest.TestCase):
    def render(self, folder):
        done = subprocess.run([*kustomize(), folder], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_as_it_is(self):
        text = self.render(FOLDER)
        rendered = {document["kind"]: document for document in parse(text)}
        self.assertEqual(set(rendered), {"Namespace", "DaemonSet", "Job"})
        self.assertEqual({rendered[kind]["metadata"]["namespace"] for kind in ("DaemonSet", "Job")},
                         {rendered["Namespace"]["metadata"]["name"]})
        counts = rendered["Job"]["spec"]
        self.assertEqual(counts["parallelism"], counts["completions"])
        self.assertGreater(counts["parallelism"], read("job.yaml")["spec"]["parallelism"], "the patch did nothing")
        done = run_it("--lint", "--no-config", "-o", "json", "-", input=text)
        report = json.loads(done.stdout)
        self.assertEqual((done.returncode, report["findings"], report["summary"]["complete"]), (0, [], True))

    def test_another_image(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
            settings = read("kustomization.yaml")
            settings["images"][0].update({"newName": "registry.example.com/tools/kportscan", "newTag": "7"})
            with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
                manifests.yaml.safe_dump(settings, file)
            rendered = {document["kind"]: document for document in parse(self.render(folder))}
        for kind in ("DaemonSet", "Job"):
            self.assertEqual(container_of(rendered[kind])["image"], "registry.example.com/tools/kportscan:7")


if __name__ == "__main__":
    part = sys.argv.pop(1)
    if part == "kustomize" and kustomize() is None:
        print("SKIP: there is neither kustomize nor a kubectl of 1.21 or newer")
        sys.exit(77)
    unittest.main(defaultTest=part.capitalize())
