"""The containers of manifests/kubernetes as an engine runs them with the same rights: owners of every user are named.

usage: test_node.py installed|next[-noproxy] TOOLS KPORTSCAN MKPORT

The image's files are those of the Dockerfile (manifests/image/rootfs.sh), made here. Exit 77: no engine can run here.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

from manifests import ROOT, container_of, read

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import harness  # noqa: E402

IMAGE = "kportscan:node"
USER, PORT, LATER = 33, 28080, 28081
FAULTS = []


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def flags(workload, without=None):
    """What docker run calls the settings of a pod; `without` is a capability to leave out."""
    pod = workload["spec"]["template"]["spec"]
    rights = container_of(workload)["securityContext"]
    made = ["--user", f"{rights['runAsUser']}:{rights['runAsGroup']}"]
    made += ["--network", "host"] if pod["hostNetwork"] else []
    made += ["--pid", "host"] if pod["hostPID"] else []
    made += ["--read-only"] if rights["readOnlyRootFilesystem"] else []
    made += [] if rights["allowPrivilegeEscalation"] else ["--security-opt", "no-new-privileges"]
    made += ["--security-opt", "apparmor=unconfined"] if rights["appArmorProfile"]["type"] == "Unconfined" else []
    for verb, names in rights["capabilities"].items():
        made += [f"--cap-{verb}={name}" for name in names if name != without]
    return made


def make_image(engine, program):
    files = os.path.join(engine.folder, "image")
    harness.run("sh", os.path.join(ROOT, "manifests/image/rootfs.sh"), program, files)
    with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
        changes = re.findall(r"^((?:USER|ENTRYPOINT|WORKDIR) .*)$", file.read(), re.M)[-3:]
    options = [word for change in changes for word in ("--change", change)]
    with subprocess.Popen(["tar", "-C", files, "-c", "."], stdout=subprocess.PIPE) as tar:
        done = subprocess.run(["docker", "import", *options, "-", IMAGE], stdin=tar.stdout, capture_output=True,
                              env=engine.environment(), text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)


def ask(engine, options, arguments):
    done = subprocess.run(["docker", "run", "--rm", "--label", harness.LABEL, *options, IMAGE, *arguments],
                          env=engine.environment(), capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"{options}: exit {done.returncode}: {done.stdout[-500:]}{done.stderr}")
    return json.loads(done.stdout)


def owner(report, port):
    found = [claim["owner"] for claim in report["claims"] if claim["first"] == port]
    expect(len(found) == 1, f"port {port} has {len(found)} owners")
    return found[0] if found else {}


@contextlib.contextmanager
def unit_folder():
    """A control group where systemd would make that of a unit; None where none can be made. It is removed at the end,
    when its processes must have ended."""
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        folder = os.path.join(mount, f"kps-node-{os.getpid()}.service")
        if os.path.exists(os.path.join(mount, "cgroup.controllers")):
            with contextlib.suppress(OSError):
                os.mkdir(folder)
                break
    else:
        folder = None
    try:
        yield folder
    finally:
        if folder:
            os.rmdir(folder)


def join(folder, pid):
    """Puts a process into the control group. Return: the unit's name; None where that cannot be done."""
    if folder:
        with contextlib.suppress(OSError):
            with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write(str(pid))
            return os.path.basename(folder)
    print("no control group can be used here: the names of units are left out")
    return None


def check_job(engine, listener, unit):
    job = read("job.yaml")
    arguments = container_of(job)["args"]
    for namespace in ("host", "private"):
        held = owner(ask(engine, [*flags(job), "--cgroupns", namespace], arguments), PORT)
        told = {key: held.get(key) for key in ("kind", "name", "pid", "uid", "hidden")}
        expect(told == {"kind": "process", "name": "mkport", "pid": listener.pid, "uid": USER, "hidden": None},
               f"control groups of {namespace}: {told}")
        expect(unit is None or held.get("unit") == unit, f"control groups of {namespace}: unit {held.get('unit')}")
    for capability in container_of(job)["securityContext"]["capabilities"]["add"]:
        held = owner(ask(engine, flags(job, without=capability), arguments), PORT)
        expect(held.get("hidden") == "permission", f"{capability} is not needed: {held}")


def reports_of(engine, name, at_least):
    """The reports in a container's log, once there are enough of them or half a minute is over."""
    for _ in range(60):
        log = engine.docker("logs", name).stdout
        reports = [json.loads(line) for line in log.splitlines()]
        if len(reports) >= at_least:
            return reports
        time.sleep(0.5)
    return reports


def check_daemonset(engine, mkport):
    daemonset = read("daemonset.yaml")
    arguments = [re.sub(r"^--watch=\d+$", "--watch=0.2", word) for word in container_of(daemonset)["args"]]
    engine.docker("run", "-d", "--name", "node", "--label", harness.LABEL, *flags(daemonset), IMAGE, *arguments)
    first = reports_of(engine, "node", 1)
    expect(len(first) == 1, f"{len(first)} reports where nothing changes")
    with harness.Sockets(mkport, engine.entry(), "--user", str(USER), f"tcp,127.0.0.1,{LATER}") as later:
        more = reports_of(engine, "node", 2)
        expect(len(more) == 2, f"{len(more)} reports after a port was taken")
        held = owner(more[-1], LATER)
        expect((held.get("pid"), owner(more[-1], PORT).get("uid")) == (later.pid, USER), f"the second one says {held}")
    engine.docker("stop", "-t", "20", "node")
    state = json.loads(engine.docker("inspect", "node").stdout)[0]["State"]
    expect(state["ExitCode"] == 0, f"asked to end it ends with {state['ExitCode']}")


def scenario(name, tools, program, mkport):
    with harness.Engine(name, tools) as engine:
        make_image(engine, os.path.abspath(program))
        listening = harness.Sockets(mkport, engine.entry(), "--user", str(USER), f"tcp,127.0.0.1,{PORT}")
        with unit_folder() as folder, listening as listener:
            check_job(engine, listener, join(folder, listener.pid))
            check_daemonset(engine, mkport)
    return FAULTS


if __name__ == "__main__":
    harness.main(scenario)
