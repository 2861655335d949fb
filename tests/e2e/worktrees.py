#!/usr/bin/env python3
"""kportscan --assign beside a real engine: twenty git worktrees of one project, assigned one after another and all at the
same time. Every `docker compose up -d` starts, `docker compose config` shows the numbers, and a later run prints the same.

The projects are written here. Where KPORTSCAN_CORPUS names a folder of Compose projects, those of its projects that
KPORTSCAN_CORPUS_PROJECTS lists (paths below it, by a colon) are taken instead: their services with the ports as written,
all other keys left out, and the image replaced."""

import json
import os
import re
import subprocess

import harness

TREES = 20
# five ports with a variable, one of them a range of two, and two without
PROJECTS = {"shop": """services:
  web:
    image: IMAGE
    ports: ["${WEB_PORT:-8080}:80", "${METRICS_PORT:-9100}:9100", "127.0.0.1:9229:9229"]
  mail:
    image: IMAGE
    ports:
      - {target: 25, published: "${SMTP_PORT:-1025}"}
      - "${POP_PORTS:-1110-1111}:110-111"
      - "${DNS_PORT:-5353}:53/udp"
  db:
    image: IMAGE
    ports: ["5432:5432"]
""", "search": """services:
  node:
    image: IMAGE
    ports: ["9200:9200", "9300:9300"]
  intake:
    image: IMAGE
    ports: ["5044:5044", "50000:50000/tcp", "50000:50000/udp", "9600:9600"]
  board:
    image: IMAGE
    ports: ["${BOARD_PORT-5601}:5601", "${BOARD_ADMIN_PORT:?a port}:5602"]
"""}
ENVIRONMENT = {"search": "BOARD_ADMIN_PORT=5602\n"}
OUTPUTS = ["-o", "env=.env", "-o", "override=compose.override.yaml"]


class Checkouts:
    """Worktrees of one repository, with a runtime folder of their own."""

    def __init__(self, engine, compose, kportscan, name, project):
        self.engine, self.compose, self.kportscan = engine, compose, kportscan
        text, variables = project
        self.top = os.path.join(engine.folder, name)
        self.runtime = os.path.join(self.top, "run")
        os.makedirs(self.runtime, mode=0o700)
        main = os.path.join(self.top, "main")
        os.mkdir(main)
        with open(os.path.join(main, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("IMAGE", harness.IMAGE))
        with open(os.path.join(main, "defaults.env"), "w", encoding="utf-8") as file:
            file.write(variables)
        self.variables = variables
        git = ["git", "-C", main, "-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            harness.run(*git, *words)
        self.folders = [os.path.join(self.top, f"{name}-{i}") for i in range(TREES)]
        for folder in self.folders:
            harness.run(*git, "worktree", "add", "-q", folder)
        self.count = len(self.numbers(self.folders[0]))

    def assign(self, folder, *outputs):
        """A run that has begun; in the engine's network namespace, where the ports are bound."""
        environment = {**self.environment(folder), "XDG_RUNTIME_DIR": self.runtime}
        return subprocess.Popen([*self.engine.entry(), self.kportscan, "--assign", *outputs], cwd=folder, env=environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def environment(self, folder):
        """A checkout without an .env reads the project's own variables, as a developer's first `cp` would give them."""
        own = os.path.join(folder, ".env")
        if self.variables and not os.path.exists(own):
            return {**self.engine.environment(), "COMPOSE_ENV_FILES": "defaults.env"}
        if self.variables:
            return {**self.engine.environment(), "COMPOSE_ENV_FILES": "defaults.env,.env"}
        return self.engine.environment()

    def numbers(self, folder):
        """The host ports that Compose reads, as {port/protocol}."""
        done = harness.run(self.compose, "config", "--format", "json", cwd=folder, env=self.environment(folder))
        services = json.loads(done.stdout[done.stdout.index("{"):])["services"]
        return {f"{port['published']}/{port['protocol']}" for service in services.values()
                for port in service.get("ports", []) if port.get("published")}

    def up(self, folder):
        done = harness.run(self.compose, "up", "-d", check=False, cwd=folder, env=self.environment(folder))
        return [] if done.returncode == 0 else [f"{folder}: 'up' fails\n{done.stdout}"]

    def close(self):
        for folder in self.folders:
            harness.run(self.compose, "down", "-t", "0", check=False, cwd=folder, env=self.environment(folder))


def finish(run):
    text = run.communicate(timeout=120)[0]
    return [] if run.returncode == 0 else [f"--assign exits with {run.returncode}\n{text}"]


def judge(checkouts, why):
    """Start every checkout. Return: a line for each fault."""
    seen, faults = set(), []
    for folder in checkouts.folders:
        numbers = checkouts.numbers(folder)
        assigned = [number for number in numbers if 20000 <= int(number.split("/")[0]) <= 29999]
        if len(numbers) != checkouts.count or len(assigned) != checkouts.count or seen & numbers:
            faults.append(f"{why}: {folder} has {sorted(numbers)}")
        seen |= numbers
        faults += [f"{why}: {line}" for line in checkouts.up(folder)]
    for folder in checkouts.folders: # all are up: the numbers stay
        before = checkouts.numbers(folder)
        faults += finish(checkouts.assign(folder, *OUTPUTS))
        if checkouts.numbers(folder) != before:
            faults.append(f"{why}: the numbers of {folder} changed")
        check = checkouts.assign(folder, "--check")
        if finish(check):
            faults.append(f"{why}: --check finds a clash in {folder}")
    print(f"{why}: {len(seen)} ports of {len(checkouts.folders)} checkouts, {len(faults)} faults")
    return faults


def stopped_containers(checkouts):
    """A checkout that is down, with its containers removed or stopped, keeps its ports from others."""
    first, second = checkouts.folders[:2]
    harness.run(checkouts.compose, "stop", "-t", "0", cwd=first, env=checkouts.engine.environment())
    # WEB_PORT is a TCP port: the same number over UDP would be free for it
    taken = min(number for number in checkouts.numbers(first) if number.endswith("/tcp")).split("/")[0]
    with open(os.path.join(second, ".env"), "w", encoding="utf-8") as file:
        file.write(f"WEB_PORT={taken}\n")
    run = checkouts.assign(second)
    text = run.communicate(timeout=120)[0]
    expected = rf"^WEB_PORT=(?!{taken}\b)\d+  # {taken}: container \S+ of \.\./"
    return [] if re.search(expected, text) else [f"a stopped container's port {taken} is given away:\n{text}"]


def from_corpus(folder, names):
    """Projects of a corpus: (text, variables) by name. The text keeps of each service the ports and profiles."""
    import yaml # only here: not every machine has it
    found = {}
    for name in names:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as file:
            model = yaml.safe_load(file)
        services = {key: {"image": "IMAGE", **{part: service[part] for part in ("ports", "profiles") if part in service}}
                    for key, service in model["services"].items()}
        variables = os.path.join(os.path.dirname(path), ".env")
        text = ""
        if os.path.exists(variables):
            with open(variables, encoding="utf-8") as file:
                text = file.read()
        found[name] = (yaml.safe_dump({"services": services}), text)
    return found


def projects():
    folder = os.environ.get("KPORTSCAN_CORPUS")
    if folder:
        return from_corpus(folder, os.environ["KPORTSCAN_CORPUS_PROJECTS"].split(":"))
    return {name: (text, ENVIRONMENT.get(name, "")) for name, text in PROJECTS.items()}


def try_project(engine, compose, kportscan, number, project):
    checkouts = Checkouts(engine, compose, kportscan, f"after{number}", project)
    faults = [line for folder in checkouts.folders for line in finish(checkouts.assign(folder, *OUTPUTS))]
    faults += judge(checkouts, f"{checkouts.count} ports, one after another")
    faults += stopped_containers(checkouts) if "WEB_PORT" in project[0] else []
    checkouts.close()
    checkouts = Checkouts(engine, compose, kportscan, f"beside{number}", project)
    runs = [checkouts.assign(folder, *OUTPUTS) for folder in checkouts.folders]
    faults += [line for run in runs for line in finish(run)]
    faults += judge(checkouts, f"{checkouts.count} ports, at the same time")
    checkouts.close()
    return faults


def scenario(name, tools, kportscan):
    compose = harness.compose_program(name, tools)
    harness.need("git")
    faults = []
    with harness.Engine(name, tools) as engine:
        for number, (label, project) in enumerate(projects().items()):
            print(label)
            faults += try_project(engine, compose, os.path.abspath(kportscan), number, project)
    return faults


if __name__ == "__main__":
    harness.main(scenario)
