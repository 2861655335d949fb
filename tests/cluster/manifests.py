"""The files of manifests/kubernetes, read."""

import os
import sys

try:
    import yaml
except ImportError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(ROOT, "manifests", "kubernetes")


def parse(text):
    return [document for document in yaml.safe_load_all(text) if document]


def read(name):
    """The one document of a file."""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        [document] = parse(file)
    return document


def container_of(workload):
    """The one container of a DaemonSet or a Job."""
    pod = workload["spec"]["template"]["spec"]
    assert not pod.get("initContainers"), "an init container that no test knows"
    [container] = pod["containers"]
    return container
