#!/usr/bin/env python3
"""Lets the real Docker Engine and Docker Compose judge kportscan's verdicts: `docker compose up -d` on every project of
projects.py must fail exactly when `kportscan --lint` reported an error. What it printed when the engine refused a port
is given to `kportscan --diagnose`, which must read the port in it and find who has it."""

import json
import os
import re
import subprocess

import harness
import projects


def verdict(kportscan, folder):
    done = subprocess.run([kportscan, "--lint", "-o", "json"], cwd=folder, capture_output=True, text=True, check=False)
    return [finding["message"] for finding in json.loads(done.stdout)["findings"] if finding["severity"] == "error"]


def misread(kportscan, engine, said):
    """`docker compose up 2>&1 | kportscan --diagnose`. Return: what is wrong with the answer, else None."""
    if not re.search(r"port is already allocated|address already in use|all ports are allocated", said):
        return None
    done = subprocess.run(engine.entry() + [kportscan, "--no-config", "--diagnose", "-o", "json"], input=said,
                          text=True, capture_output=True, env=engine.environment(), check=False)
    findings = json.loads(done.stdout)["findings"]
    if done.returncode or not findings:
        return f"--diagnose exits with {done.returncode} and finds {findings}"
    finding = findings[0]
    if "all ports are allocated" in said: # which, the engine does not say
        return None if "no port is left" in finding["message"] else f"--diagnose says '{finding['message']}'"
    held = [party["name"] for party in finding["parties"] if party["role"] == "holder"]
    of_others = re.search(r"Container project-[b-z]-\d+ +Starting", said)
    if "failed to listen on" in said: # Engine 28 names no port, and the answer says so
        return None if finding["port"] is None else f"--diagnose says '{finding['message']}'"
    if finding["port"]["first"] == 0 or (of_others and not held):
        return f"--diagnose says '{finding['message']}', held by {held}"
    return None


def check(engine, compose, kportscan, why, text):
    """Return: a line for a wrong verdict, else None."""
    folder = os.path.join(engine.folder, "project")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    errors = verdict(kportscan, folder)
    up = harness.run(compose, "up", "-d", check=False, cwd=folder, env=engine.environment())
    wrong = misread(kportscan, engine, up.stdout) if up.returncode else None
    harness.run(compose, "down", "-t", "0", check=False, cwd=folder, env=engine.environment())
    if wrong:
        return f"{why}: {wrong}\n{text}{up.stdout}"
    if (up.returncode != 0) == bool(errors):
        return None
    return f"{why}: 'up' exits with {up.returncode}, kportscan says {errors or 'nothing'}\n{text}{up.stdout}"


def scenario(name, tools, kportscan):
    compose = harness.compose_program(name, tools)
    with harness.Engine(name, tools) as engine:
        said = [check(engine, compose, os.path.abspath(kportscan), why, text)
                for why, text in projects.projects(harness.IMAGE)]
    faults = [line for line in said if line]
    print(f"{len(said)} projects, {len(faults)} verdicts differ from what 'docker compose up' did")
    return faults


if __name__ == "__main__":
    harness.main(scenario)
