#!/usr/bin/env python3
"""What reading a large live cluster costs: CPU time, memory and requests of `kportscan --cluster`, or of `--against` a
dump. The cluster is made here, page by page: 30 pods a node, of about 9.1 KB as an API server prints them.

usage: cluster_load.py [--pods N] [--nodes N] [--mode live|against|stdin|input] [--limits MB,SECONDS,GETS] KPORTSCAN

Prints one line. Exit 1: a limit was passed, or the verdict was wrong. The API server of the bench is no child of
kportscan, so its own costs are not counted; with kubectl in between its memory and CPU would come on top.
"""

import argparse
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PENDING = """apiVersion: apps/v1
kind: Deployment
metadata: {name: newcomer, namespace: team-1}
spec:
  replicas: 3
  selector: {matchLabels: {app: newcomer}}
  template:
    metadata: {labels: {app: newcomer}}
    spec:
      containers:
        - {name: web, image: registry.example/web:1, ports: [{containerPort: 9100, hostPort: 9100}]}
"""
KINDS = {"nodes": ("v1", "Node"), "pods": ("v1", "Pod"), "services": ("v1", "Service"),
         "deployments": ("apps/v1", "Deployment"), "replicasets": ("apps/v1", "ReplicaSet"),
         "daemonsets": ("apps/v1", "DaemonSet"), "statefulsets": ("apps/v1", "StatefulSet"), "jobs": ("batch/v1", "Job"),
         "priorityclasses": ("scheduling.k8s.io/v1", "PriorityClass"),
         "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler")}


def managed(names):
    """Fields that an API server adds, about half of a pod."""
    fields = {f"f:{name}": {".": {}, "f:type": {}, "f:status": {}, "f:lastTransitionTime": {}} for name in names}
    return [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
             "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:metadata": fields}},
            {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
             "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:status": fields}, "subresource": "status"}]


def pod_text():
    """A pod as text, with @NAME@ for what differs."""
    containers = [{"name": name, "image": f"registry.example/team/{name}@sha256:" + "a" * 64,
                   "ports": [{"name": f"http{port}", "containerPort": port, "protocol": "TCP"}],
                   "env": [{"name": f"SETTING_{i}", "value": f"value-{i} {{\\"} for i in range(8)],
                   "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                   "volumeMounts": [{"name": "token", "readOnly": True,
                                     "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
                   "livenessProbe": {"httpGet": {"path": "/healthz", "port": port, "scheme": "HTTP"},
                                     "timeoutSeconds": 1, "periodSeconds": 10},
                   "imagePullPolicy": "IfNotPresent"} for name, port in (("main", 8080), ("sidecar", 8081))]
    containers[0]["ports"].append("@PORT@")
    pod = {"metadata": {"name": "@NAME@", "namespace": "@SPACE@", "uid": "@UID@", "resourceVersion": "1234567",
                        "generateName": "app-5b8f7c9d6-", "creationTimestamp": "2026-01-01T00:00:00Z",
                        "labels": {"app": "@APP@", "pod-template-hash": "5b8f7c9d6", "team": "@SPACE@"},
                        "annotations": {"checksum/config": "b" * 64},
                        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "@KIND@", "name": "@OWNER@",
                                             "uid": "7d9c", "controller": True, "blockOwnerDeletion": True}],
                        "managedFields": managed([f"field-{i}" for i in range(34)])},
           "spec": {"nodeName": "@NODE@", "containers": containers, "restartPolicy": "Always",
                    "priority": 0, "schedulerName": "default-scheduler", "serviceAccountName": "default",
                    "volumes": [{"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}],
                    "tolerations": [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute",
                                     "tolerationSeconds": 300} for key in ("not-ready", "unreachable")]},
           "status": {"phase": "Running", "hostIP": "10.0.0.1", "podIP": "10.1.0.1", "qosClass": "Burstable",
                      "conditions": [{"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
                                     for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
                      "containerStatuses": [{"name": name, "ready": True, "restartCount": 0,
                                             "containerID": "containerd://" + "c" * 64,
                                             "imageID": "registry.example/x@sha256:" + "d" * 64}
                                            for name in ("main", "sidecar")]}}
    return json.dumps(pod, separators=(",", ":"))


POD = pod_text()
NODE = json.dumps({"metadata": {"name": "@NODE@", "labels": {"kubernetes.io/hostname": "@NODE@", "zone": "@SPACE@"},
                                "managedFields": managed([f"field-{i}" for i in range(20)])},
                   "spec": {"podCIDR": "10.1.0.0/24"},
                   "status": {"allocatable": {"pods": "110"}, "nodeInfo": {"kubeletVersion": "v1.36.2"},
                              "conditions": [{"type": "Ready", "status": "True"}],
                              "images": [{"names": ["registry.example/x@sha256:" + "e" * 64], "sizeBytes": 12345678}
                                         for _ in range(50)]}}, separators=(",", ":"))


def pod(number, nodes):
    """The pod with a number: the first of each node is a node exporter's, on port 9100."""
    node = number % nodes
    is_daemon = number < nodes
    words = {"NAME": f"exporter-{number}" if is_daemon else f"app-{number // 10}-5b8f7c9d6-{number}",
             "SPACE": f"team-{number // 10 % 50}", "UID": f"{number:08x}-5f0b-4c39-9a93-1d2f9c6a7b10",
             "APP": f"app-{number // 10}", "KIND": "DaemonSet" if is_daemon else "ReplicaSet",
             "OWNER": "exporter" if is_daemon else f"app-{number // 10}-5b8f7c9d6", "NODE": f"node-{node}"}
    port = '{"containerPort":9100,"hostPort":9100,"protocol":"TCP"}' if is_daemon else \
        '{"containerPort":9090,"protocol":"TCP"}'
    text = POD.replace('"@PORT@"', port)
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def node(number):
    return NODE.replace("@NODE@", f"node-{number}").replace("@SPACE@", f"zone-{number % 3}")


class Cluster:
    def __init__(self, pods, nodes):
        self.sizes = {"nodes": nodes, "pods": pods}
        self.nodes, self.gets, self.bytes = nodes, 0, 0

    def items(self, resource, first, end):
        make = node if resource == "nodes" else lambda number: pod(number, self.nodes)
        return [make(number) for number in range(first, min(end, self.sizes.get(resource, 0)))]

    def page(self, resource, first, limit):
        more = first + limit < self.sizes.get(resource, 0)
        metadata = {"resourceVersion": "9", **({"continue": str(first + limit)} if more else {})}
        version, kind = KINDS[resource]
        return (f'{{"kind":"{kind}List","apiVersion":"{version}","metadata":{json.dumps(metadata)},"items":['
                + ",".join(self.items(resource, first, first + limit)) + "]}").encode()

    def write_dump(self, file):
        """Write what `kubectl get nodes,pods,services -A -o json` prints."""
        file.write('{"apiVersion":"v1","items":[\n')
        comma = ""
        for resource in ("nodes", "pods"):
            version, kind = KINDS[resource]
            for first in range(0, self.sizes[resource], 500):
                for item in self.items(resource, first, first + 500):
                    file.write(f'{comma}{{"apiVersion":"{version}","kind":"{kind}",{item[1:]}\n')
                    comma = ","
        file.write(f'{comma}{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"kubernetes",'
                   '"namespace":"default"},"spec":{"type":"ClusterIP","ports":[{"port":443}]}}\n')
        file.write('],"kind":"List","metadata":{}}\n')


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline(65536).decode("latin-1").strip():
            while self.rfile.readline(65536).strip():
                pass
            url = urllib.parse.urlsplit(line.split(" ")[1])
            query = urllib.parse.parse_qs(url.query)
            resource = url.path.rsplit("/", 1)[-1]
            cluster = self.server.cluster
            cluster.gets += 1
            body = b'{"gitVersion":"v1.36.2"}' if resource == "version" else \
                cluster.page(resource, int(query.get("continue", ["0"])[0]), int(query["limit"][0]))
            cluster.bytes += len(body)
            self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def measure(command, environment, folder, feed=None):
    """Run a command. Return: its exit code, findings, CPU seconds, MB and wall seconds."""
    began = time.monotonic()
    with open(folder / "out", "wb") as out:
        source = subprocess.Popen(["cat", feed], stdout=subprocess.PIPE) if feed else None
        process = subprocess.Popen(command, stdout=out, env=environment, cwd=folder,
                                   stdin=source.stdout if source else subprocess.DEVNULL)
        if source:
            source.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if source:
            source.wait()
    rules = [finding["rule"] for finding in json.loads((folder / "out").read_text(encoding="utf-8"))["findings"]]
    return process.returncode, rules, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, \
        time.monotonic() - began


def run(options, folder):
    cluster = Cluster(options.pods, options.nodes)
    (folder / "pending.yaml").write_text(PENDING, encoding="utf-8")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "TMPDIR": str(folder)}
    command = [os.path.abspath(options.kportscan), "--no-config", "-o", "json", "--timeout", "900"]
    if options.mode == "live":
        kubectl = folder / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nfor word; do case $word in --unix-socket=*) ln -s "{folder}/api" '
                           '"${word#--unix-socket=}" ;; esac; done\nexec sleep 1000\n', encoding="utf-8")
        kubectl.chmod(0o755)
        server = Server(str(folder / "api"), Handler)
        server.cluster = cluster
        threading.Thread(target=server.serve_forever, daemon=True).start()
        result = measure([*command, "--cluster", "pending.yaml"], environment, folder)
    else:
        dump = folder / "dump.json"
        with open(dump, "w", encoding="utf-8") as file:
            cluster.write_dump(file)
        cluster.bytes = dump.stat().st_size
        words = {"against": ["--against", str(dump), "pending.yaml"], "stdin": ["--against", "-", "pending.yaml"],
                 "input": ["--lint", str(dump)], "pipe": ["--lint", "-"]}[options.mode]
        feed = str(dump) if options.mode in ("stdin", "pipe") else None
        result = measure([*command, *words], environment, folder, feed)
    return (*result, cluster)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pods", type=int, default=10000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--mode", choices=["live", "against", "stdin", "input", "pipe"], default="live")
    parser.add_argument("--limits", default="")
    parser.add_argument("kportscan")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kps-load-") as folder:
        code, rules, cpu, memory, wall, cluster = run(options, pathlib.Path(folder))
    print(f"{options.mode}: {options.pods} pods on {options.nodes} nodes, {cluster.bytes / 1e6:.0f} MB: "
          f"{memory:.0f} MB of memory, {cpu:.1f} s of CPU, {wall:.1f} s, {cluster.gets} GETs, exit {code}, "
          f"{', '.join(sorted(set(rules)))}")
    failed = options.mode not in ("input", "pipe") and rules.count("KP401") != 1
    if options.limits:
        most = [float(limit) for limit in options.limits.split(",")]
        failed = failed or any(value > limit for value, limit in zip((memory, cpu, cluster.gets), most))
    sys.exit(failed)


if __name__ == "__main__":
    main()
