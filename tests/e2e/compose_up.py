#!/usr/bin/env python3
"""Lets the real Docker Engine and Docker Compose judge kportscan's verdicts.

usage: compose_up.py KPORTSCAN DOCKER-COMPOSE

Starts an engine of its own in network and mount namespaces of its own, makes an image without a registry, and runs
`docker compose up -d` on every project of projects.py: it must fail exactly when `kportscan --lint` reported an error.
Exits with 77 where that cannot be done.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import projects

SLEEPER = """
#include <signal.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
int main(void) { signal(SIGTERM, end); for (;;) pause(); }
"""


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(77)


def enter_namespaces():
    """Runs this program again where its ports and mounts are nobody else's."""
    if os.environ.get("KPORTSCAN_E2E_INSIDE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        return
    if subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True).returncode != 0:
        skip("no right to make namespaces")
    os.environ["KPORTSCAN_E2E_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, *sys.argv])


class Engine:
    """A dockerd below a temporary folder."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = os.path.join(folder, "docker.sock")
        self.log = open(os.path.join(folder, "dockerd.log"), "w")
        # The plain file copy of vfs works on every file system a build machine may have.
        self.process = subprocess.Popen(
            ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid",
             "-H", f"unix://{self.socket}", "--storage-driver", "vfs"],
            stdout=self.log, stderr=self.log)
        os.environ["DOCKER_HOST"] = f"unix://{self.socket}"

    def wait(self):
        for _ in range(120):
            if self.process.poll() is not None:
                return False
            if subprocess.run(["docker", "version"], capture_output=True).returncode == 0:
                return True
            time.sleep(0.5)
        return False

    def make_image(self):
        source = os.path.join(self.folder, "sleeper.c")
        with open(source, "w") as file:
            file.write(SLEEPER)
        os.mkdir(os.path.join(self.folder, "root"))
        subprocess.run(["cc", "-static", "-o", os.path.join(self.folder, "root", "sleeper"), source], check=True)
        archive = subprocess.run(["tar", "-C", os.path.join(self.folder, "root"), "-c", "."], check=True,
                                 stdout=subprocess.PIPE).stdout
        subprocess.run(["docker", "import", "-c", 'CMD ["/sleeper"]', "-", projects.IMAGE], input=archive, check=True,
                       stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def check(kportscan, compose, folder, why, text):
    """Return: a line for a wrong verdict, else None."""
    os.mkdir(folder)
    with open(os.path.join(folder, "compose.yaml"), "w") as file:
        file.write(text)
    said = subprocess.run([kportscan, "--lint", "-o", "json"], cwd=folder, capture_output=True, text=True)
    errors = [finding["message"] for finding in json.loads(said.stdout)["findings"] if finding["severity"] == "error"]
    up = subprocess.run([compose, "up", "-d"], cwd=folder, capture_output=True, text=True)
    subprocess.run([compose, "down", "-t", "0"], cwd=folder, capture_output=True)
    shutil.rmtree(folder)
    if (up.returncode != 0) == bool(errors):
        return None
    return f"{why}: 'up' exits with {up.returncode}, kportscan says {errors or 'nothing'}\n{text}{up.stderr}"


def main(kportscan, compose):
    for program in ("dockerd", "docker", "ip", "unshare", "cc", "tar"):
        if not shutil.which(program):
            skip(f"{program} is not installed")
    if not os.access(compose, os.X_OK):
        skip("docker-compose was not fetched (tests/oracle/get-compose)")
    enter_namespaces()
    with tempfile.TemporaryDirectory(prefix="kportscan-e2e-") as folder:
        # What the engine mounts and forgets below it goes away with the memory it lies in.
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
        engine = Engine(folder)
        try:
            if not engine.wait():
                skip("dockerd does not start here")
            engine.make_image()
            lines = []
            count = 0
            for why, text in projects.projects():
                lines.append(check(kportscan, compose, os.path.join(folder, "project"), why, text))
                count += 1
        finally:
            engine.stop()
            subprocess.run(["umount", "-l", folder], check=True)
    wrong = [line for line in lines if line]
    print("\n".join(wrong))
    print(f"{count} projects, {len(wrong)} verdicts differ from what 'docker compose up' did")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
