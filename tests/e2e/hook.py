#!/usr/bin/env python3
"""The error hook as the real Docker CLI calls it and shows its answer, after commands that fail on a taken port.

usage: hook.py installed|next|newest[-noproxy] TOOLS KPORTSCAN

The CLI is KPORTSCAN_DOCKER_CLI, else TOOLS/newest/docker-cli, else TOOLS/docker-cli, else the docker in PATH; it knows
hooks from 26.1 on. Before 29.3 it passes no failure of Compose on, and knows no error-hooks; no Debian suite has a newer
one, so CONTRIBUTING.md tells how to build it. The configuration is the one that `kportscan --explain docker-hook` prints.
"""

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading

import harness

HOLD = ("import socket, time\nheld = [socket.create_server(('127.0.0.1', port)) for port in (21002, 21003, 21004, 21005)]\n"
        "print('ready', flush=True)\ntime.sleep(600)\n")
SHOP = """services:
  web: {image: IMAGE, ports: ["127.0.0.1:21000:80"]}
  ok: {image: IMAGE, ports: ["127.0.0.1:21500:80"]}
"""
LAYER = """services:
  web: {ports: ["127.0.0.1:${P:-21600}:80"]}
  debug: {image: IMAGE, profiles: [debug], ports: ["127.0.0.1:21001:80"]}
"""
MANY = """services:
  web: {image: IMAGE, ports: ["127.0.0.1:21002:80", "127.0.0.1:21003:81", "127.0.0.1:21004:82", "127.0.0.1:21005:83"]}
"""


def find_cli(tools):
    """Return: the CLI's path and its version, (29, 8)."""
    places = [os.environ.get("KPORTSCAN_DOCKER_CLI"), os.path.join(tools, "newest/docker-cli"),
              os.path.join(tools, "docker-cli"), shutil.which("docker")]
    for path in places:
        if path and os.access(path, os.X_OK):
            found = re.search(r"version (\d+)\.(\d+)", harness.run(path, "--version").stdout)
            version = (int(found[1]), int(found[2])) if found else (0, 0)
            if version >= (26, 1):
                return os.path.abspath(path), version
    raise harness.Skip("there is no docker command of 26.1 or later: see CONTRIBUTING.md")


class Shell:
    """A user's terminal in the network of the engine."""

    def __init__(self, engine, compose, kportscan, tools):
        self.engine, self.faults, self.asked = engine, [], 0
        cli, self.version = find_cli(os.path.abspath(tools))
        self.passes_compose = self.version >= (29, 3)
        self.config = os.path.join(engine.folder, "docker-config")
        self.project = os.path.join(engine.folder, "shop")
        for folder in (self.config + "/cli-plugins", self.config + "/bin", self.project + "/below"):
            os.makedirs(folder)
        os.symlink(cli, self.config + "/bin/docker")
        os.symlink(os.path.abspath(kportscan), self.config + "/cli-plugins/docker-kportscan")
        os.symlink(compose, self.config + "/cli-plugins/docker-compose")
        self.write_config(kportscan)
        for name, text in (("compose.yaml", SHOP), ("layer.yaml", LAYER), ("many.yaml", MANY), ("{{.Name}} $(x).yaml", SHOP),
                           ("p.env", "P=21000\n"), ("stack.yaml", SHOP.replace("127.0.0.1:21000", "21100"))):
            with open(os.path.join(self.project, name), "w", encoding="utf-8") as file:
                file.write(text.replace("IMAGE", harness.IMAGE))

    def write_config(self, kportscan):
        """The lines that kportscan prints; the key of the older CLIs holds the same commands."""
        told = harness.run(kportscan, "--explain", "docker-hook").stdout
        start = told.index("    {\n")
        config = json.loads(told[start:told.index("    }\n\n", start) + 5])
        if self.version < (29, 3):
            plugin = config["plugins"]["kportscan"]
            plugin["hooks"] = plugin.pop("error-hooks")
        with open(self.config + "/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file)

    def docker(self, *arguments, folder=None):
        """Return: the exit code and standard error; standard output is a terminal."""
        master, slave = pty.openpty()
        environment = {**self.engine.environment(), "DOCKER_CONFIG": self.config, "TERM": "dumb"}
        with subprocess.Popen([*self.engine.entry(), self.config + "/bin/docker", *arguments], stdin=subprocess.DEVNULL,
                              cwd=folder or self.project, env=environment, stdout=slave, stderr=subprocess.PIPE,
                              text=True) as process:
            os.close(slave)

            def drain():
                with contextlib.suppress(OSError):
                    while os.read(master, 65536):
                        pass
            reader = threading.Thread(target=drain)
            reader.start()
            said = process.stderr.read()
            process.wait(120)
            reader.join()
        os.close(master)
        return process.returncode, said

    def answer(self, *arguments, folder=None):
        """Return: the exit code, and the lines below "What's next:"."""
        code, said = self.docker(*arguments, folder=folder)
        lines = said[said.index("What's next:"):].split("\n")[1:] if "What's next:" in said else []
        end = [i for i, line in enumerate(lines) if not line.startswith("    ")]
        return code, [line[4:] for line in lines[:end[0] if end else None]], said

    def expect(self, first, *arguments, command=None, folder=None):
        """The command fails, and the answer's first line has the words; none: nothing is shown. On a loaded machine
        the hook's time may be over, which shows nothing: the command is typed again then."""
        is_shown = first is not None and (arguments[0] != "compose" or self.passes_compose)
        for _ in range(3):
            code, lines, said = self.answer(*arguments, folder=folder)
            if lines or not is_shown:
                break
            if arguments[0] == "run":
                self.engine.docker("rm", "-f", "new", check=False)
        self.asked += 1
        fits = (lines and lines[0].startswith(first) and all(len(line) <= 130 for line in lines) and len(lines) <= 8 and
                (command is None or any(line == command or line.startswith(command + " (") for line in lines)))
        if (is_shown and (code == 0 or not fits)) or (not is_shown and lines):
            self.faults.append(f"docker {' '.join(arguments)}: exit {code}, shows {lines}, wanted {first!r}\n{said}")

    def compose(self, first, *arguments, folder=None):
        """The same for a project, which is taken down again."""
        self.expect(first, "compose", *arguments, folder=folder)
        verbs = ("up", "start", "restart", "run", "create")
        options = arguments[:min(arguments.index(verb) for verb in verbs if verb in arguments)]
        self.docker("compose", *options, "down", "--timeout", "0", folder=folder)


def judge_compose(shell):
    held, of_other = "port 21000/tcp is held by container 'holder'", "port 21001/tcp is held by container 'other'"
    shell.compose(held, "up")
    shell.compose(held, "up", "-d")
    shell.compose(held, "up", "-d", "--wait", "web")
    shell.compose(None, "up", "-d", "ok")
    shell.compose(None, "create")
    for verb in ("start", "restart"):
        shell.docker("compose", "create")
        shell.compose(held, verb)
    shell.compose(held, "run", "--rm", "--service-ports", "web")
    shell.compose(held, "run", "--rm", "-P", "web")
    shell.compose("port 21002/tcp is held by process", "run", "--rm", "-p", "127.0.0.1:21002:80", "ok")
    layers = ("-f", "compose.yaml", "-f", "layer.yaml")
    shell.compose(held, *layers, "up", "-d")
    shell.compose(held, "-f", "layer.yaml", "-f", "compose.yaml", "--env-file", "p.env", "up", "-d")
    shell.compose(of_other, *layers, "--profile", "debug", "-p", "other-name", "up", "-d", "debug")
    shell.compose(held, "-f", "shop/compose.yaml", "up", "-d", folder=shell.engine.folder)
    shell.compose(held, "--project-directory", shell.project, "up", "-d", folder=shell.engine.folder)
    shell.compose(held, "up", "-d", folder=shell.project + "/below")
    shell.compose(held, "-f", "{{.Name}} $(x).yaml", "up", "-d")
    shell.compose("port 21002/tcp is held by process", "-f", "many.yaml", "up", "-d")
    for words in (("logs", "nobody"), ("exec", "web", "x"), ("-f", "none.yaml", "ps"), ("config", "--no-such")):
        shell.expect(None, "compose", *words)


def judge_containers(shell):
    held = "port 21000/tcp is held by container 'holder'"
    image = harness.IMAGE
    publish = ("-p", "127.0.0.1:21000:80")
    shell.expect(held, "run", "-d", "--name", "new", *publish, image, command="docker stop holder")
    shell.expect(held, "start", "new", command="docker stop holder")
    shell.expect(held, "container", "start", "new")
    shell.expect(held, "restart", "new")
    shell.expect(held, "container", "run", "-d", *publish, image)
    shell.expect("port 21002/tcp is held by process", "run", "-d", "-p", "127.0.0.1:21002:80", image)
    shell.expect(None, "run", "--rm", image, "exit")
    shell.expect(None, "create", "-p", "127.0.0.1:99000:80", image)
    shell.expect(None, "run", "--rm", "--pull", "never", "no-such-image:1")
    long_name = "x" * 200
    shell.engine.make(long_name, "-p", "127.0.0.1:21006:80")
    shell.expect("port 21006/tcp is held by container 'xxx", "run", "-d", "-p", "127.0.0.1:21006:80", image)


def judge_swarm(shell):
    shell.engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
    publish = ("--detach", "-p", "21100:80", harness.IMAGE)
    shell.engine.docker("service", "create", "--name", "first", *publish)
    held = "port 21100/tcp is held by swarm service 'first'"
    shell.expect(held, "service", "create", "--name", "second", *publish)
    shell.expect(held, "stack", "deploy", "--resolve-image", "never", "-c", "stack.yaml", "shop")
    shell.engine.docker("swarm", "leave", "--force")


def scenario(name, tools, kportscan):
    compose = harness.compose_program(name, tools)
    with harness.Engine(name, tools) as engine:
        shell = Shell(engine, os.path.realpath(compose), kportscan, tools)
        engine.make("holder", "-p", "127.0.0.1:21000:80")
        engine.make("other", "-p", "127.0.0.1:21001:80")
        with subprocess.Popen([*engine.entry(), sys.executable, "-c", HOLD, "{{.X}}", "\x1b[31mred"],
                              stdout=subprocess.PIPE, text=True) as holder:
            holder.stdout.readline()
            judge_compose(shell)
            judge_containers(shell)
            judge_swarm(shell)
            holder.terminate()
    print(f"docker {'.'.join(map(str, shell.version))}, engine {engine.major}: {shell.asked} commands, "
          f"{len(shell.faults)} faults")
    return shell.faults


if __name__ == "__main__":
    harness.main(scenario)
