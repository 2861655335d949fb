#!/usr/bin/env python3
"""kportscan beside the manager of a swarm: a file for `docker stack deploy` against the services that run there. The
manager accepts or refuses what kportscan says beforehand."""

import json
import os

import harness


class Stacks:
    """Stacks of one manager."""

    def __init__(self, engine, kportscan):
        self.engine, self.kportscan = engine, kportscan

    def write(self, name, ports):
        path = os.path.join(self.engine.folder, name + "-stack.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"version: '3.8'\nservices:\n  web:\n    image: {harness.IMAGE}\n    ports: [{ports}]\n")
        return path

    def deploy(self, path, name):
        done = self.engine.docker("stack", "deploy", "--resolve-image", "never", "-c", path, name, check=False)
        return "" if done.returncode == 0 else done.stdout.strip()

    def ask(self, path, *options):
        """Return: the exit code and the findings of a check against the manager."""
        done = self.engine.inside(self.kportscan, "--no-config", "-o", "json", *options, path, check=False,
                                  env=self.engine.environment())
        return done.returncode, json.loads(done.stdout[done.stdout.index("{"):])["findings"]


def expect(faults, why, answer, code, words=""):
    found, findings = answer
    said = [finding["severity"] + ": " + finding["message"] for finding in findings if finding["severity"] != "note"]
    if found != code or (words not in "\n".join(said) if words else said):
        faults.append(f"{why}: exit {found}, {said}")


def scenario(name, tools, kportscan):
    faults = []
    with harness.Engine(name, tools) as engine:
        stacks = Stacks(engine, os.path.abspath(kportscan))
        mesh, again, host = (stacks.write(name, ports) for name, ports in
                             (("mesh", "'8080:80'"), ("again", "'8080:80'"),
                              ("host", "{target: 80, published: 8080, mode: host}")))
        engine.make("local", "-p", "8080:80")
        expect(faults, "without a swarm the stack is for another machine", stacks.ask(mesh), 0)
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
        expect(faults, "a container of this node", stacks.ask(mesh), 0, "used on this node by container 'local'")
        if stacks.deploy(mesh, "shop"):
            faults.append("the manager refuses a port of a container")
        engine.docker("rm", "-f", "local")
        expect(faults, "the same stack again", stacks.ask(mesh), 0)
        expect(faults, "the same stack by its name", stacks.ask(again, "-p", "shop"), 0)
        expect(faults, "another stack", stacks.ask(again, "-p", "other"), 1, "error: port 8080/tcp of the swarm")
        expect(faults, "a port of the node", stacks.ask(host, "-p", "other"), 1, "error: port 8080/tcp of the swarm")
        for path in (again, host):
            said = stacks.deploy(path, "other")
            foretold = stacks.ask(path, "-p", "other")[1][0].get("up_error")
            if not foretold or foretold not in said:
                faults.append(f"the manager says {said!r}, foretold was {foretold!r}")
        engine.docker("stack", "rm", "shop", "other", check=False)
        if stacks.deploy(host, "node"):
            faults.append("the manager refuses a port in mode host")
        expect(faults, "both in mode host", stacks.ask(host, "-p", "other"), 0, "warning: port 8080/tcp of the swarm")
        expect(faults, "the mesh beside mode host", stacks.ask(mesh, "-p", "other"), 1,
               "error: port 8080/tcp of the swarm")
    print(f"{name}: {len(faults)} faults")
    return faults


if __name__ == "__main__":
    harness.main(scenario)
