#!/usr/bin/env python3
"""Lets the real Docker Engine and Docker Compose judge kportscan's verdicts: `docker compose up -d` on every project of
projects.py must fail exactly when `kportscan --lint` reported an error."""

import json
import os
import subprocess

import harness
import projects


def verdict(kportscan, folder):
    done = subprocess.run([kportscan, "--lint", "-o", "json"], cwd=folder, capture_output=True, text=True, check=False)
    return [finding["message"] for finding in json.loads(done.stdout)["findings"] if finding["severity"] == "error"]


def check(engine, compose, kportscan, why, text):
    """Return: a line for a wrong verdict, else None."""
    folder = os.path.join(engine.folder, "project")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    errors = verdict(kportscan, folder)
    up = harness.run(compose, "up", "-d", check=False, cwd=folder, env=engine.environment())
    harness.run(compose, "down", "-t", "0", check=False, cwd=folder, env=engine.environment())
    if (up.returncode != 0) == bool(errors):
        return None
    return f"{why}: 'up' exits with {up.returncode}, kportscan says {errors or 'nothing'}\n{text}{up.stdout}"


def scenario(name, tools, kportscan):
    compose = harness.compose_program(tools)
    if not compose:
        raise harness.Skip("docker-compose was not fetched: tests/oracle/get-compose build/oracle does it")
    with harness.Engine(name, tools) as engine:
        said = [check(engine, compose, os.path.abspath(kportscan), why, text)
                for why, text in projects.projects(harness.IMAGE)]
    faults = [line for line in said if line]
    print(f"{len(said)} projects, {len(faults)} verdicts differ from what 'docker compose up' did")
    return faults


if __name__ == "__main__":
    harness.main(scenario)
