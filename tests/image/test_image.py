"""The Dockerfile: really built and really run, with an engine of the test's own and without a registry.

usage: test_image.py installed|next[-noproxy] TOOLS PROGRAM

The base image is made from this machine's packages (base.py) and given the name that the Dockerfile asks for, and the
build gets no network. Exit 77: no engine can run here, or a package that the build needs is not installed.
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]

import base  # noqa: E402
import harness  # noqa: E402

IMAGE = "kportscan:test"
IMAGE_LIMIT = 30_000_000  # bytes
CONFINED = ["--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
EXAMPLE = os.path.join(ROOT, "manifests/examples/compose/services-clash")
FAULTS = []


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def needed_packages():
    """What ./dev says a build and an image need on Debian: the third column of its table."""
    rows = re.findall(r"^(?:build|image)\s+\S+\s+(\S+)", text("dev"), re.M)
    return sorted(name for name in set(rows) if name != "-")


def import_base(engine):
    packages = base.closure(needed_packages())
    if packages is None:
        raise harness.Skip(f"not all of these are installed: {' '.join(needed_packages())}")
    name = re.search(r"^ARG BASE=(\S+)$", text("Dockerfile"), re.M).group(1)
    with subprocess.Popen(["docker", "import", "-", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=engine.environment()) as importing:
        with importing.stdin:
            base.write(packages, importing.stdin)
        if importing.wait():
            raise RuntimeError(f"docker import: exit {importing.returncode}")


def build(engine):
    done = subprocess.run(["docker", "build", "--network", "none", "--build-arg", "REVISION=abc", "-t", IMAGE, ROOT],
                          env={**engine.environment(), "DOCKER_BUILDKIT": "0"}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docker build: exit {done.returncode}\n{done.stdout[-6000:]}")


def run_image(engine, *arguments):
    """docker run with `arguments`: options of docker run, "--", the arguments of the program."""
    where = arguments.index("--")
    command = ["docker", "run", "--rm", "--label", harness.LABEL, *arguments[:where], IMAGE, *arguments[where + 1:]]
    return subprocess.run(command, env=engine.environment(), capture_output=True, text=True, check=False)


def check_image(engine):
    image = json.loads(engine.docker("image", "inspect", IMAGE).stdout)[0]
    print(f"the image: {image['Size']} bytes, limit {IMAGE_LIMIT}")
    expect(image["Size"] < IMAGE_LIMIT, f"the image has {image['Size']} bytes, the limit is {IMAGE_LIMIT}")
    config = image["Config"]
    expect(re.fullmatch(r"[1-9][0-9]*(:[0-9]+)?", config["User"]), f"the user is '{config['User']}', not a number")
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    version = re.search(r"^project\(kportscan VERSION (\S+)", text("CMakeLists.txt"), re.M).group(1)
    expect(labels.get("version") == version, f"labelled as version {labels.get('version')}, which is {version}")
    expect(labels.get("revision") == "abc", "the build argument REVISION is not in the label")
    for label in ("title", "description", "licenses", "created"):
        expect(labels.get(label), f"no label {label}")


def check_lint(engine, program):
    """Files only, with nothing that a container can do without: the same words as the program outside."""
    for options in (["-o", "short"], ["-o", "json"], ["-o", "text"]):
        outside = subprocess.run([program, "--lint", *options, "compose.yaml"], cwd=EXAMPLE, capture_output=True,
                                 text=True, check=False)
        inside = run_image(engine, *CONFINED, "-v", f"{EXAMPLE}:/project:ro", "--", "--lint", *options, "compose.yaml")
        expect(outside.returncode == inside.returncode == 1,
               f"{options}: exit {outside.returncode} outside, {inside.returncode} inside: {inside.stderr}")
        expect(outside.stdout == inside.stdout,
               f"{options}: the image says\n{inside.stdout}instead of\n{outside.stdout}")
    named = run_image(engine, *CONFINED, "-v", f"{EXAMPLE}:/project:ro", "--", "--lint")
    expect(named.returncode == 1 and "KP101" in named.stdout, f"/project is not what it looks at: {named}")
    piped = subprocess.run(["docker", "run", "--rm", "-i", *CONFINED, IMAGE, "--lint", "-"], text=True, check=False,
                           input=text("manifests/examples/compose/self-clash/compose.yaml"),
                           env=engine.environment(), capture_output=True)
    expect(piped.returncode == 1 and "KP103" in piped.stdout, f"standard input: {piped}")


def scenario(name, tools, program):
    program = os.path.abspath(program)
    with harness.Engine(name, tools) as engine:
        import_base(engine)
        build(engine)
        check_image(engine)
        check_lint(engine, program)
    return FAULTS


if __name__ == "__main__":
    harness.main(scenario)
