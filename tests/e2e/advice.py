#!/usr/bin/env python3
"""Types every command that kportscan prints in the scenarios of machine.py, and looks whether it did what was said.

usage: advice.py installed|next|newest[-noproxy] TOOLS KPORTSCAN MKPORT [SCENARIO...]

In each scenario the commands of the findings, of the answer to `kportscan PORT` and of the diagnosis of what `up` said are
collected. Each is typed on the scenery for which it was printed: a command that changes something ends the scenario, which
is set up again for the next one. EFFECTS says for each form of command what must be true afterwards; a command without an
entry is a fault, so that none is forgotten. UNTYPED has the few that cannot be typed here, with the reason.
"""

import json
import os
import re
import shutil
import subprocess
import time

import harness
import machine

ANSWER_COMMAND = re.compile(r"(?: {4}\x1b\[[\d;]*mto free it\x1b\[0m {4}| {18})\x1b\[1m(.*)\x1b\[0m$")
UNTYPED = [
    (r"systemctl .*", "no systemd runs the processes of the test"),
    (r"kubectl .*", "there is no cluster"),
    (r"podman .*", "Podman's commands are typed where Podman is installed"),
    (r"(net|netsh|netstat|lsof) .*", "for Windows and macOS"),
]


class Typed(Exception):
    """The scenery is spent."""


def shape(command):
    """A command without what differs from round to round."""
    return re.sub(r"unix://\S+|[0-9a-f]{12,}|\d+", "N", command)


def ports_of(value):
    """The numbers of "40000-40009,40011"; the kernel joins neighbours."""
    pairs = [(part + "-" + part).split("-")[:2] for part in value.split(",")]
    return {number for first, last in pairs for number in range(int(first), int(last) + 1)}


class Effects:
    """What must be true after a command. Each form returns a complaint, or None; those in CHANGES spend the scenery."""

    def __init__(self, world):
        self.world = world

    def inspect(self, name):
        done = self.world.engine.docker("inspect", name, check=False)
        return json.loads(done.stdout)[0] if done.returncode == 0 else None

    def of_service(self, project, service):
        label = [f"label=com.docker.compose.project={project}", f"label=com.docker.compose.service={service}"]
        return self.world.engine.docker("ps", "-aq", "--filter", label[0], "--filter", label[1]).stdout.split()

    def stopped(self, match, *_):
        item = self.inspect(match[1])
        return None if item and not item["State"]["Running"] else f"{match[1]} is {item and item['State']['Status']}"

    def service_stopped(self, match, *_):
        running = [name for name in self.of_service(match[1], match[2]) if self.inspect(name)["State"]["Running"]]
        return f"{running} still run" if running else None

    def removed(self, match, *_):
        return f"{match[1]} is still there" if self.inspect(match[1]) else None

    def service_removed(self, match, *_):
        left = self.of_service(match[1], match[2])
        return f"{left} are still there" if left else None

    def no_restart(self, match, *_):
        policy = self.inspect(match[1])["HostConfig"]["RestartPolicy"]["Name"]
        return None if policy == "no" else f"the restart policy is {policy}"

    def ended(self, match, *_):
        for _ in range(50):
            try:
                with open(f"/proc/{match[1]}/stat", encoding="ascii") as stat:
                    if stat.read().rpartition(")")[2].split()[0] == "Z":
                        return None
            except FileNotFoundError:
                return None
            time.sleep(0.05)
        return f"process {match[1]} still runs"

    def says_something(self, _, output, *__):
        return None if output.strip() else "it prints nothing"

    def lists(self, _, output, *__):
        """There is a row below the titles."""
        return None if len(output.splitlines()) > 1 else f"it lists nothing: {output!r}"

    def is_free(self, _, output, *__):
        port = output.strip()
        if not port.isdigit():
            return f"it prints {output!r}"
        asked = self.world.run_inside(self.world.kportscan, "-qq", port)
        return f"{port} is held" if asked.returncode == 0 else None

    def setting(self, match, *_):
        path = "/proc/sys/" + match[1].replace(".", "/")
        value = self.world.engine.inside("cat", path).stdout.strip()
        return None if ports_of(value) == ports_of(match[2]) else f"{match[1]} is {value}"

    def no_service(self, match, *_):
        listed = self.world.engine.docker("service", "ls", "--format", "{{.Name}}").stdout.split()
        return f"{match[1]} is still there" if match[1] in listed else None

    def unpublished(self, match, *_):
        item = json.loads(self.world.engine.docker("service", "inspect", match[3]).stdout)[0]
        ports = [port for port in item["Spec"]["EndpointSpec"].get("Ports") or []
                 if port["TargetPort"] == int(match[1]) and port["Protocol"] == (match[2] or "tcp")]
        return f"{ports} are still published" if ports else None

    def orphans_gone(self, _, output, *__):
        return None if "emoved" in output or "tarted" in output else f"it says {output!r}"

    def patch(self, match, output, finding):
        """The edit; nothing where the sentence says so, and the files are without a clash."""
        said = [entry["text"] for entry in finding["help"] if entry.get("command") == match[0]] if finding else []
        may_be_none = any("if the file still has the clash" in text for text in said)
        return None if output.startswith("--- ") or (may_be_none and not output) else f"no patch: {output!r}"

    NAME = r"docker(?: (?:-H|--context) \S+)?"
    CHANGES = [
        (NAME + r" stop (\S+)", stopped),
        (r"docker compose -p (\S+) stop (\S+)", service_stopped),
        (NAME + r" rm (?:-f )?(\S+)", removed),
        (r"docker compose -p (\S+) rm (\S+)", service_removed),
        (NAME + r" update --restart=no (\S+)", no_restart),
        (r"kill (\d+)", ended),
        (r"sysctl -w (net\.\S+)=(\S+)", setting),
        (NAME + r" service rm (\S+)", no_service),
        (NAME + r" service update --publish-rm (?:mode=host,target=)?(\d+)(?:/|,protocol=)?(tcp|udp)? (\S+)", unpublished),
        (r"docker compose(?: -p \S+)? up -d --remove-orphans", orphans_gone),
    ]
    READS = [
        (r"kportscan --free \S+(?: .*)?", is_free),
        (r"kportscan --diff(?: .*)?", patch),
        (r"kportscan --(host|docker)", None), # a list, of nothing where nothing listens
        (r"kportscan .*", says_something),
        (NAME + r" ps -a", lists),
        (NAME + r" ps --filter publish=\d+", lists),
        (NAME + r" top (\S+)", says_something),
        (NAME + r" logs --tail \d+ (\S+)", None),
        (r"ip -brief address", says_something),
    ]


class Typist(machine.World):
    """Goes through a scenario until it has typed one command that changes something, then ends it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.done, self.typed, self.left_out = set(), 0, {}
        self.step = 0
        self.bin = os.path.join(self.engine.folder, "bin")
        os.makedirs(self.bin, exist_ok=True)
        self.script("kportscan", f'exec {self.kportscan} "$@"')
        self.script("docker", 'if [ "$1" = compose ]; then shift; exec ' + self.program +
                    f' "$@"; fi\nexec {shutil.which("docker")} "$@"')

    def script(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    def run_typed(self, command, at):
        environment = self.engine.environment()
        environment["PATH"] = self.bin + ":" + environment["PATH"]
        return subprocess.run([*self.engine.entry(), "sh", "-c", command], cwd=self.folder(at), env=environment, text=True,
                              input="y\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)

    def type(self, finding, command, at):
        key = (self.title, self.step, shape(command))
        if key in self.done:
            return
        self.done.add(key)
        if os.geteuid() == 0 and "sudo" in command:
            self.fault(f"root is told {command!r}")
        for pattern, reason in UNTYPED:
            if re.fullmatch(pattern, command):
                self.left_out[shape(command)] = reason
                return
        for forms, changes in ((Effects.CHANGES, True), (Effects.READS, False)):
            for pattern, effect in forms:
                match = re.fullmatch(pattern, command)
                if match:
                    self.try_command(finding, command, at, match, effect)
                    if changes:
                        raise Typed
                    return
        self.fault(f"the test does not know what {command!r} should do")

    def try_command(self, finding, command, at, match, effect):
        self.typed += 1
        done = self.run_typed(command, at)
        complaint = effect(Effects(self), match, done.stdout, finding) if effect and done.returncode in (0, 1) else None
        if done.returncode not in ((0, 1) if command.startswith("kportscan") else (0,)) or complaint:
            self.fault(f"{command!r} exits with {done.returncode}: {complaint or done.stdout}")

    def commands_of(self, findings):
        return [(finding, entry["command"]) for finding in findings for entry in finding["help"] if entry.get("command")]

    def answers(self, findings, at):
        """The commands of `kportscan PORT` for the ports of the findings."""
        ports = {f"{finding['port']['first']}/{finding['port']['protocol']}" for finding in findings
                 if finding.get("port") and finding["port"]["first"]}
        return [(None, command) for port in sorted(ports) for command in self.printed_commands(port, at)]

    def printed_commands(self, port, at):
        printed = self.run_inside(self.kportscan, "-o", "text", "--color", "always", port, at=at).stdout
        return [found[1] for found in map(ANSWER_COMMAND.match, printed.splitlines()) if found]

    def answer(self, port, *_, at="shop", **__):
        self.step += 1
        for command in self.printed_commands(str(port), at):
            self.type(None, command, at)

    def diagnose(self, said, *_, at="shop", **__):
        self.step += 1
        for finding, command in self.commands_of(super().diagnose(said, at=at)):
            self.type(finding, command, at)

    def decide(self, text, *_, at="shop", options=(), targets=(), **__):
        self.step += 1
        self.write(text, at)
        findings = self.ask(*options, *[word for target in targets for word in ("--service", target)], at=at) + self.notes
        for finding, command in [*self.commands_of(findings), *self.answers(findings, at)]:
            self.type(finding, command, at)
        done = self.compose("up", "-d", *targets, at=at)
        self.decided += 1
        if done.returncode:
            self.diagnose(done.stdout, at=at)


def play_through(world, play):
    """The scenario again and again, until it has no command left."""
    for world.round in range(40):
        world.title, world.step = play.__name__.replace("_", " "), 0
        before = len(world.done)
        try:
            play(world)
        except Typed:
            pass
        world.engine.clear()
        shutil.rmtree(os.path.join(world.engine.folder, "projects"), ignore_errors=True)
        if len(world.done) == before:
            return
    world.fault("there is no end of commands")


def report(world, play, known):
    """A line for a scenario as soon as it is over."""
    faults = world.faults[known:]
    print(f"{play.__name__}: {world.typed} commands typed so far, {len(faults)} faults", flush=True)
    for fault in faults:
        print("  " + fault, flush=True)


def scenario(name, tools, kportscan, mkport, *wanted):
    with harness.Engine(name, tools) as engine:
        world = Typist(engine, name, tools, kportscan, mkport)
        chosen = [play for play in machine.SCENARIOS if not wanted or play.__name__ in wanted]
        for play in chosen:
            known = len(world.faults)
            play_through(world, play)
            report(world, play, known)
        print(f"{len(chosen)} scenarios, {world.typed} commands typed, {len(world.faults)} faults")
        for command, reason in sorted(world.left_out.items()):
            print(f"not typed: {command} ({reason})")
        return world.faults


if __name__ == "__main__":
    harness.main(scenario)
