#!/usr/bin/env python3
"""Compares the claims that kportscan finds in real manifests with an independent extractor's answers.

    compare_kube.py KPORTSCAN CORPUS.tar.xz ORACLE.jsonl.gz

The corpus holds one folder a repository ("owner+name"); the oracle one JSON line a document: the ports of every pod
template and Service. File by file, both sides become a multiset of
    (object, container, role port|host|service|node, number, protocol)
which must be equal. Every difference is printed; exit 1 when there is one that is not explained below.
"""
import collections
import gzip
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile


def number(value):
    """A port as the API server would take it; None for what it refuses or what is not set."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 65535 else None


def pod_ports(record):
    who = (record["kind"], record["name"] or "")
    for pod in record.get("pods", []):
        for container in pod["containers"]:
            for port in container["ports"]:
                inner = number(port["containerPort"])
                protocol = (port["protocol"] or "TCP").lower()
                if inner is None:
                    continue
                yield (*who, container["name"] or "", "port", inner, protocol)
                host = number(port["hostPort"]) or (inner if pod["hostNetwork"] else None)
                if host:
                    yield (*who, container["name"] or "", "host", host, protocol)


def service_ports(record):
    service = record.get("service")
    if not service:
        return
    who = (record["kind"], record["name"] or "", "")
    health = number(service["healthCheckNodePort"])
    if health:
        yield (*who, "node", health, "tcp")
    for port in service["ports"] or []:
        outer = number(port["port"])
        protocol = (port["protocol"] or "TCP").lower()
        if outer is None:
            continue
        yield (*who, "service", outer, protocol)
        if number(port["nodePort"]):
            yield (*who, "node", port["nodePort"], protocol)


def expected_of(oracle):
    files = collections.defaultdict(collections.Counter)
    with gzip.open(oracle, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            path = record["repo"].replace("/", "+") + "/" + record["path"]
            files[path].update(pod_ports(record))
            files[path].update(service_ports(record))
    return files


def found_in(program, path):
    """The declared ports of a file, as the JSON report's claims have them."""
    run = subprocess.run([program, "--lint", "--claims", "--exit-zero", "-o", "json", str(path)], capture_output=True,
                         check=False, timeout=60)
    if run.returncode not in (0, 2):
        raise SystemExit(f"{path}: exit {run.returncode}: {run.stderr.decode()}")
    scopes = {"node": "host", "cluster": "node"}
    found = collections.Counter()
    report = json.loads(run.stdout)
    for claim in report["claims"]:
        owner = claim["owner"]
        thing = owner.get("object")
        if not thing:
            continue
        service = owner["kind"] == "k8s-service"
        role = scopes.get(claim["scope"], "service" if service else "port")
        found[(thing["kind"], thing["name"] or "", owner["container"] or "", role, claim["first"],
               claim["protocol"])] += 1
    return found


def anonymous(counter):
    """Objects that are created under a new name each time have a made-up name on our side."""
    plain = collections.Counter()
    for key, count in counter.items():
        name = "" if "#" in key[1] else key[1]
        plain[(key[0], name, *key[2:])] += count
    return plain


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    program, corpus, oracle = sys.argv[1:]
    expected = expected_of(oracle)
    differences = compared = ports = 0
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(corpus) as archive:
            archive.extractall(folder)
        for path in sorted(expected):
            file = pathlib.Path(folder, path)
            if not file.is_file():
                print(f"{path}: not in the corpus")
                differences += 1
                continue
            compared += 1
            ports += sum(expected[path].values())
            found = anonymous(found_in(program, file))
            wanted = anonymous(expected[path])
            for key, count in (wanted - found).items():
                print(f"{path}: missing {count} x {key}")
                differences += 1
            for key, count in (found - wanted).items():
                print(f"{path}: too many {count} x {key}")
                differences += 1
    print(f"{compared} files, {ports} ports, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
