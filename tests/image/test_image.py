"""The Dockerfile: really built and really run, with an engine of the test's own and without a registry.

usage: test_image.py installed|next[-noproxy] TOOLS PROGRAM

The base image is made from this machine's packages (base.py) and given the name that the Dockerfile asks for, the
sources of the static program's libraries lie in build/static/sources, and the build gets no network. Exit 77: no engine
can run here, or a package that the build needs is not installed.
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

IMAGES = {"": ("kportscan:test", 1_500_000), "tls": ("kportscan:test-tls", 30_000_000)}  # target: name, most bytes
CONFINED = ["--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--security-opt", "seccomp=" + os.path.join(ROOT, "manifests/seccomp/lint.json")]
EXAMPLE = os.path.join(ROOT, "manifests/examples/compose/services-clash")
FAULTS = []


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def needed_packages():
    """The packages that ./dev names for the groups of the Dockerfile: the third column of its table."""
    rows = re.findall(r"^(?:build|image|static)\s+\S+\s+(\S+)", text("dev"), re.M)
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


def build(engine, target, image):
    which = ["--target", target] if target else []
    done = subprocess.run(["docker", "build", "--network", "none", "--build-arg", "REVISION=abc", *which, "-t", image,
                           ROOT], env={**engine.environment(), "DOCKER_BUILDKIT": "0"}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docker build: exit {done.returncode}\n{done.stdout[-6000:]}")


def run_image(engine, name, *arguments):
    """docker run with `arguments`: options of docker run, "--", the arguments of the program."""
    where = arguments.index("--")
    command = ["docker", "run", "--rm", "--label", harness.LABEL, *arguments[:where], name, *arguments[where + 1:]]
    return subprocess.run(command, env=engine.environment(), capture_output=True, text=True, check=False)


def check_image(engine, name, limit):
    image = json.loads(engine.docker("image", "inspect", name).stdout)[0]
    print(f"{name}: {image['Size']} bytes, limit {limit}")
    expect(image["Size"] <= limit, f"{name} has {image['Size']} bytes, the limit is {limit}")
    config = image["Config"]
    expect(re.fullmatch(r"[1-9][0-9]*(:[0-9]+)?", config["User"]), f"the user is '{config['User']}', not a number")
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    version = re.search(r"^project\(kportscan VERSION (\S+)", text("CMakeLists.txt"), re.M).group(1)
    expect(labels.get("version") == version, f"labelled as version {labels.get('version')}, which is {version}")
    expect(labels.get("revision") == "abc", "the build argument REVISION is not in the label")
    for label in ("title", "description", "licenses", "created"):
        expect(labels.get(label), f"no label {label}")


def check_lint(engine, name, program):
    """Files only, with nothing that a container can do without: the same words as the program outside."""
    for options in (["-o", "short"], ["-o", "json"], ["-o", "text"]):
        outside = subprocess.run([program, "--lint", *options, "compose.yaml"], cwd=EXAMPLE, capture_output=True,
                                 text=True, check=False)
        inside = run_image(engine, name, *CONFINED, "-v", f"{EXAMPLE}:/project:ro", "--", "--lint", *options, "compose.yaml")
        expect(outside.returncode == inside.returncode == 1,
               f"{options}: exit {outside.returncode} outside, {inside.returncode} inside: {inside.stderr}")
        expect(outside.stdout == inside.stdout,
               f"{options}: the image says\n{inside.stdout}instead of\n{outside.stdout}")
    named = run_image(engine, name, *CONFINED, "-v", f"{EXAMPLE}:/project:ro", "--", "--lint")
    expect(named.returncode == 1 and "KP101" in named.stdout, f"/project is not what it looks at: {named}")
    piped = subprocess.run(["docker", "run", "--rm", "-i", *CONFINED, name, "--lint", "-"], text=True, check=False,
                           input=text("manifests/examples/compose/self-clash/compose.yaml"),
                           env=engine.environment(), capture_output=True)
    expect(piped.returncode == 1 and "KP103" in piped.stdout, f"standard input: {piped}")


def check_engines(engine):
    """The small image asks the engine whose socket is mounted; only the other one has TLS for the engine elsewhere."""
    socket = engine.environment()["DOCKER_HOST"].removeprefix("unix://")
    for name, _ in IMAGES.values():
        done = run_image(engine, name, "--network", "none", "--user", "0", "-v", f"{socket}:/var/run/docker.sock:ro", "--",
                         "--docker")
        expect(done.returncode == 0, f"{name} --docker: {done}")
    answers = [run_image(engine, name, "--network", "none", "--", "-H", "tcp://127.0.0.1:1", "--docker")
               for name, _ in IMAGES.values()]
    small, large = [answer.stdout + answer.stderr for answer in answers]
    expect([answer.returncode for answer in answers] == [3, 3], f"an engine that is not there: {answers}")
    expect("libcurl" in small and "libcurl" not in large, f"tcp:// is answered by\n{small}and by\n{large}")


def fetch_sources():
    done = subprocess.run(["bash", os.path.join(ROOT, "manifests/static/sources.sh"),
                           os.path.join(ROOT, "build/static/sources")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise harness.Skip(f"the sources of the libraries cannot be fetched: {done.stderr.strip()[-300:]}")


def scenario(name, tools, program):
    program = os.path.abspath(program)
    fetch_sources()
    with harness.Engine(name, tools) as engine:
        import_base(engine)
        for target, (name, limit) in IMAGES.items():
            build(engine, target, name)
            check_image(engine, name, limit)
            check_lint(engine, name, program)
        check_engines(engine)
    return FAULTS


if __name__ == "__main__":
    harness.main(scenario)
