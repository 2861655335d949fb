"""docker kportscan and its hook, called as the Docker CLI does it: arguments, environment, parent process, pipes."""

import contextlib
import http.server
import json
import os
import pty
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from served_engine import serve

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.abspath(sys.argv.pop(1))
COMPOSE = "services:\n  web:\n    image: web:1\n    ports: [\"127.0.0.1:%d:80\"]\n"


class Plugin(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.plugin = os.path.join(self.folder, "docker-kportscan")
        os.symlink(PROGRAM, self.plugin)
        self.project = os.path.join(self.folder, "shop")
        os.mkdir(self.project)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": "docker",
                            "DOCKER_HOST": f"unix://{self.folder}/no.sock"}

    def write(self, name, text):
        with open(os.path.join(self.project, name), "w", encoding="utf-8") as file:
            file.write(text)

    def hold(self):
        held = socket.socket()
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        held.listen(1)
        return held.getsockname()[1]

    def serve_containers(self, container, bindings=None):
        """Serve an engine with one container, and let docker's environment lead to the engine."""
        folder, path = os.path.join(self.folder, "engine"), os.path.join(self.folder, "engine.sock")
        base = {"Image": "web:1", "ImageID": "", "Command": "x", "Created": 1700000000, "Ports": [], "Labels": {},
                "HostConfig": {"NetworkMode": "default"}, "NetworkSettings": {"Networks": {}}, "Mounts": [], **container}
        details = {**base, "Name": base["Names"][0], "Config": {"Labels": {}},
                   "State": {"Status": base["State"], "Running": base["State"] == "running"},
                   "HostConfig": {"PortBindings": bindings or {}, "RestartPolicy": {"Name": "no"}}}
        os.makedirs(os.path.join(folder, "containers", base["Id"]))
        for name in ("headers", "version.json"):
            shutil.copy(os.path.join(TESTS, "engines/docker-26.1", name), folder)
        here = {"Name": os.uname().nodename, "ServerVersion": "26.1.5", "OSType": "linux", "Swarm": {}}
        for name, answer in (("info", here), ("containers/json", [base]), (f"containers/{base['Id']}/json", details)):
            with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
                json.dump(answer, file)
        serve(self, os.path.join(self.folder, "log"), path, folder)
        self.environment["DOCKER_HOST"] = f"unix://{path}"

    def call(self, *arguments, **more):
        return subprocess.run([self.plugin, *arguments], cwd=self.project, env=self.environment, capture_output=True,
                              text=True, timeout=60, check=False, stdin=subprocess.DEVNULL, **more)


class Calls(Plugin):
    def test_metadata_is_a_constant(self):
        self.environment = {}
        done = self.call("docker-cli-plugin-metadata")
        data = json.loads(done.stdout)
        self.assertEqual((done.returncode, done.stderr, data["SchemaVersion"]), (0, "", "0.1.0"))
        self.assertTrue(data["Vendor"] and data["Version"] and data["ShortDescription"])
        with contextlib.suppress(FileNotFoundError):
            traced = subprocess.run(["strace", "-f", "-e", "trace=connect,socket", self.plugin,
                                     "docker-cli-plugin-metadata"], capture_output=True, text=True, check=False)
            self.assertNotIn("socket(", traced.stderr)

    def test_a_port(self):
        port = self.hold()
        done = self.call("kportscan", "--host", str(port))
        self.assertEqual(done.returncode, 0)
        self.assertIn(str(os.getpid()), done.stdout)

    def test_flags_of_docker_stand_in_front(self):
        done = self.call("-H", "unix:///nowhere.sock", "kportscan", "--docker", "-o", "json")
        self.assertEqual(done.returncode, 3)
        self.assertIn("/nowhere.sock", done.stdout)
        done = self.call("--context", "a", "-H", "b", "kportscan", "80")
        self.assertEqual(done.returncode, 2)
        self.assertIn("two engines", done.stderr)

    def test_help(self):
        for arguments in (["kportscan", "--help"], ["help", "kportscan"]):
            done = self.call(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn("--diagnose", done.stdout)

    def test_completion(self):
        self.assertIn("--free\t", self.call("__complete", "kportscan", "--fr").stdout)

    def test_by_its_own_name_it_is_no_plugin(self):
        done = subprocess.run([PROGRAM, "docker-cli-plugin-metadata"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)

    def test_explanation(self):
        done = subprocess.run([PROGRAM, "--explain", "docker-hook"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        commands = "compose,run,start,create,container run,container start,restart,stack deploy,service create"
        self.assertEqual(done.stdout.count(commands), 2)
        self.assertTrue(all(len(line) <= 88 for line in done.stdout.splitlines() if commands not in line))
        start = done.stdout.index("    {\n")
        config = json.loads(done.stdout[start:done.stdout.index("    }\n\n", start) + 5])
        self.assertEqual(config, {"features": {"hooks": "true"}, "plugins": {"kportscan": {"error-hooks": commands}}})
        self.assertNotIn("-p 22", done.stdout)

    @unittest.skipUnless(shutil.which("jq"), "no jq")
    def test_the_recipe_keeps_what_the_file_has(self):
        told = subprocess.run([PROGRAM, "--explain", "docker-hook"], capture_output=True, text=True, check=True).stdout
        recipe = told[told.index("    d=", told.index("   Where the file")):]
        recipe = recipe[:recipe.index("\n\n")]
        broken = '{"auths": '
        for before, code in (None, 0), ("", 0), ('{"auths": {"r": {"auth": "x"}}}', 0), (broken, 1):
            with tempfile.TemporaryDirectory() as home:
                path = os.path.join(home, "my docker", "config.json")
                if before is not None:
                    os.mkdir(os.path.dirname(path))
                    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                        file.write(before)
                done = subprocess.run(["sh", "-c", "umask 022\n" + recipe], check=False, stderr=subprocess.DEVNULL,
                                      env={"PATH": os.environ["PATH"], "DOCKER_CONFIG": os.path.dirname(path)})
                with open(path, encoding="utf-8") as file:
                    after = file.read()
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
                if code:
                    self.assertNotEqual(done.returncode, 0)
                    self.assertEqual(after, before)
                    continue
                self.assertEqual(done.returncode, 0)
                self.assertEqual(json.loads(after)["features"], {"hooks": "true"})
                self.assertIn("error-hooks", json.loads(after)["plugins"]["kportscan"])
                self.assertEqual("auths" in json.loads(after), bool(before))


def find_cli():
    """A docker command that knows hooks: 26.1 or later; KPORTSCAN_DOCKER_CLI or the one in PATH."""
    path = os.environ.get("KPORTSCAN_DOCKER_CLI") or shutil.which("docker")
    if not path:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.(\d+)", version)
    return path if found and tuple(map(int, found.groups())) >= (28, 0) else None


class FakeEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """An engine that makes a container and does not start it: the port is taken."""

    daemon_threads = True

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        message = ""

        def answer(self, code, body):
            text = json.dumps(body).encode()
            self.send_response(code)
            for name, value in (("Api-Version", "1.45"), ("Content-Type", "application/json"),
                                ("Content-Length", str(len(text)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text if self.command != "HEAD" else b"")

        def do_GET(self):
            lists = {"containers/json": [], "networks": []}
            name = self.path.split("?")[0].split("/", 2)[-1]
            self.answer(200, lists.get(name, {"ApiVersion": "1.45", "Version": "28.5.2", "MinAPIVersion": "1.24"}))

        do_HEAD = do_GET

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "/create" in self.path:
                self.answer(201, {"Id": "0f" * 32, "Warnings": []})
            elif "/start" in self.path:
                self.answer(500, {"message": self.message})
            else:
                self.answer(404, {"message": "no such thing"})

        do_DELETE = do_POST

        def log_message(self, *arguments):
            pass

        def address_string(self):
            return "unix"

    def __init__(self, path, message):
        self.RequestHandlerClass.message = message
        super().__init__(path, self.RequestHandlerClass)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@unittest.skipUnless(find_cli(), "no docker command of 28 or later")
class RealCli(Plugin):
    """The real docker command calls the hook and prints its answer."""

    def run_docker(self, *arguments):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        done = subprocess.run([find_cli(), *arguments], cwd=self.project, env=self.environment, stdout=slave,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False)
        os.close(slave)
        return done

    def test_docker_run(self):
        port = self.hold()
        path = os.path.join(self.folder, "engine.sock")
        engine = FakeEngine(path, f"driver failed programming external connectivity on endpoint web (0f): failed to bind "
                                  f"host port 127.0.0.1:{port}/tcp: address already in use")
        self.addCleanup(engine.server_close)
        self.addCleanup(engine.shutdown)
        config = os.path.join(self.folder, "config")
        os.makedirs(os.path.join(config, "cli-plugins"))
        os.symlink(PROGRAM, os.path.join(config, "cli-plugins", "docker-kportscan"))
        with open(os.path.join(config, "config.json"), "w", encoding="utf-8") as file:
            json.dump({"features": {"hooks": "true"},
                       "plugins": {"kportscan": {"hooks": "run,create", "error-hooks": "run,create"}}}, file)
        self.environment.update(DOCKER_CONFIG=config, DOCKER_HOST=f"unix://{path}")
        done = self.run_docker("run", "-d", "-p", f"127.0.0.1:{port}:80", "web")
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertIn("What's next:", done.stderr)
        self.assertIn(f"    port {port}/tcp is held by process {os.getpid()}", done.stderr)
        self.assertIn(f"kill {os.getpid()}", done.stderr)
        done = self.run_docker("kportscan", "--version")
        self.assertEqual(done.returncode, 0)


class Hook(Plugin):
    def ask(self, command, error="exited with code 1", flags=None, parent="docker", request=None, tries=5):
        """The answer's lines. The parent is a process whose command line is `command`, as the CLI's is. On a loaded
        machine the hook's time may be over, which ends it without a word: it is asked again then."""
        if request is None:
            request = {"RootCmd": command[0], "Flags": flags or {}}
            if error is not None:
                request["CommandError"] = error
            request = json.dumps(request)
        script = os.path.join(self.project, command[0])
        with open(script, "w", encoding="utf-8") as file:
            file.write('"$PLUGIN" kportscan docker-cli-plugin-hooks "$REQUEST" </dev/null\nexit $?\n')
        for _ in range(tries):
            done = subprocess.run([parent, *command], executable="/bin/sh", cwd=self.project,
                                  env={**self.environment, "PLUGIN": self.plugin, "REQUEST": request},
                                  capture_output=True, text=True, timeout=60, check=False)
            if done.stdout:
                break
        os.unlink(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["Type"], 0)
        lines = answer["Template"].split("\n") if answer["Template"] else []
        self.assertLessEqual(len(lines), 8)
        for line in lines:
            self.assertTrue(line and line.isprintable() and len(line) <= 130, line)
        return lines

    def test_compose_up(self):
        port = self.hold()
        self.write("compose.yaml", COMPOSE % port)
        lines = self.ask(["compose", "up", "-d"])
        self.assertIn(f"port {port}/tcp is held by process {os.getpid()} ", lines[0])
        self.assertEqual(lines[1:], [f"kill {os.getpid()} (ends the process, which can clean up first)",
                                     f"docker kportscan {port}/tcp (more about it)"])

    def test_nothing_in_the_way(self):
        self.write("compose.yaml", COMPOSE % 1)
        self.assertEqual(self.ask(["compose", "up"]), [])

    def test_other_commands_and_no_project(self):
        port = self.hold()
        self.assertEqual(self.ask(["compose", "up"]), [])
        self.write("compose.yaml", COMPOSE % port)
        for command in (["compose", "logs"], ["compose", "config"], ["ps"], ["service", "ls"]):
            self.assertEqual(self.ask(command), [], command)

    def test_files_and_services_of_the_command_line(self):
        port = self.hold()
        self.write("other.yaml", COMPOSE % port + "  db:\n    image: db:1\n")
        self.assertEqual(self.ask(["compose", "up"]), [])
        self.assertTrue(self.ask(["compose", "-f", "other.yaml", "up"], flags={"f": ""}))
        self.assertEqual(self.ask(["compose", "-f", "other.yaml", "up", "db"], flags={"f": ""}), [])
        self.assertTrue(self.ask(["compose", "-f", "other.yaml", "up", "--wait", "web"]))

    def test_a_parent_that_is_not_docker(self):
        port = self.hold()
        self.write("compose.yaml", COMPOSE % port)
        self.assertTrue(self.ask(["compose", "up"], parent="sh"))  # the project of this folder
        self.assertEqual(self.ask(["compose", "-f", "x", "up"], parent="sh", flags={"f": ""}), [])

    def test_the_text_of_docker_run(self):
        port = self.hold()
        text = ("Error response from daemon: failed to set up container networking: driver failed programming external "
                f"connectivity on endpoint web (0f1e): failed to bind host port 127.0.0.1:{port}/tcp: address already in use\n\n"
                "Run 'docker run --help' for more information")
        lines = self.ask(["run", "-p", f"127.0.0.1:{port}:80", "web"], error=text)
        self.assertIn(f"port {port}/tcp is held by process {os.getpid()} ", lines[0])
        self.assertIn(f"kill {os.getpid()}", lines[1])

    def test_the_answer_leads_to_the_same_project(self):
        held = [self.hold() for _ in range(5)]
        ports = ", ".join(f'"127.0.0.1:{port}:80"' for port in held)
        self.write("a b.yaml", f"services: {{web: {{image: a, profiles: [x], ports: [{ports}]}}}}\n")
        lines = self.ask(["compose", "-f", "a b.yaml", "--profile", "x", "up"])
        self.assertEqual(len(lines), 7)
        self.assertEqual(lines[6], "docker kportscan -f 'a b.yaml' --profile x (for 2 more)")

    def test_a_command_stands_whole_or_not_at_all(self):
        name = "x" * 200
        self.serve_containers({"Id": "ab" * 32, "Names": ["/" + name], "State": "running", "Status": "Up 1 second",
                               "Ports": [{"IP": "0.0.0.0", "PublicPort": 1, "PrivatePort": 80, "Type": "tcp"}]})
        lines = self.ask(["run", "web"], error="Bind for 0.0.0.0:1 failed: port is already allocated")
        self.assertTrue(lines[0].startswith("port 1/tcp is held by container 'xxx"), lines)
        self.assertEqual(lines[1:], ["docker kportscan 1/tcp (more about it)"])

    def test_a_value_that_docker_refuses(self):
        self.assertEqual(self.ask(["run", "-p", "99000:80", "web"], error="docker: invalid hostPort: 99000"), [])

    def test_recorded_calls(self):
        """Each request that a CLI of 26.1, 28.5 and 29.8 really sent after a command on a taken port."""
        port = self.hold()
        self.write("compose.yaml", (COMPOSE % port) + '  ok: {image: ok:1, ports: ["127.0.0.1:1:80"]}\n')
        self.serve_containers({"Id": "cd" * 32, "Names": ["/new"], "State": "created", "Status": "Created"},
                              bindings={"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]})
        with open(os.path.join(TESTS, "cli/docker_calls.json"), encoding="utf-8") as file:
            calls = json.load(file)
        silent = (["compose", "logs"], ["create", "--name"], ["compose", "up", "-d", "ok"], ["run", "--rm"])
        for call in calls:
            command = [word.replace("@PORT@", str(port)) for word in call["command"]]
            with self.subTest(cli=call["cli"], command=command):
                lines = self.ask(command, request=call["request"].replace("@PORT@", str(port)))
                if any(command[:len(start)] == start for start in silent):
                    self.assertEqual(lines, [])
                elif command[0] == "service":
                    self.assertEqual(lines[-1], "docker kportscan 21100 (more about it)")
                else:
                    self.assertTrue(lines[0].startswith(f"port {port}/tcp is held by process {os.getpid()} "), lines)
        self.assertEqual({call["cli"] for call in calls}, {"26.1", "28.5", "29.8"})

    def test_a_port_that_is_free_again(self):
        self.environment.pop("DOCKER_HOST", None)
        text = "failed to bind host port 127.0.0.1:1/tcp: address already in use"
        lines = self.ask(["run", "-p", "127.0.0.1:1:80", "web"], error=text)
        self.assertIn("port 1/tcp was in use; nothing here has it now", lines[0])
        self.assertEqual(lines[1], "start it again: nothing has the port now")
        self.assertEqual(lines[2:], ["docker kportscan 1/tcp (more about it)"])

    def test_two_lines_for_each_of_three_ports(self):
        self.environment.pop("DOCKER_HOST", None)
        text = "".join(f"failed to bind host port 127.0.0.1:{n}/tcp: address already in use\n" for n in (1, 2, 3, 1, 4))
        lines = self.ask(["run", "web"], error=text)
        self.assertEqual([line.split(" was ")[0] for line in lines[:6:2]], ["port 1/tcp", "port 2/tcp", "port 3/tcp"])
        self.assertEqual(lines[6], "docker kportscan (for 1 more)")

    def test_docker_run_without_a_reason(self):
        port = self.hold()
        command = ["run", "-d", "-p", f"127.0.0.1:{port}:80", "web"]
        self.assertTrue(self.ask(command, error="Status: , Code: 125"))
        for error in (None, "", "exited with code 3", "No such image: web"):
            self.assertEqual(self.ask(command, error=error), [], error)
        self.assertEqual(self.ask(["run", "-p", "1:80", "web"], error="Status: , Code: 125"), [])

    def test_template_syntax_is_no_syntax(self):
        text = "listen unix /tmp/{{.Name}}.sock: bind: address already in use"
        lines = self.ask(["run", "web"], error=text)
        self.assertIn('{{"{{"}}.Name}}', lines[0])

    def test_bad_requests(self):
        for request in ("", "x", "[]", "null", "{}", '{"RootCmd":1}', '{"CommandError":{}}', "{" * 1000,
                        json.dumps({"RootCmd": "run", "CommandError": "in use " * 10000})):
            self.assertEqual(self.ask(["run", "web"], request=request), [], request[:40])

    def test_an_engine_that_hangs(self):
        server = socket.socket()
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        port = self.hold()
        self.write("compose.yaml", COMPOSE % port)
        self.environment["DOCKER_HOST"] = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        started = time.monotonic()
        with contextlib.suppress(json.JSONDecodeError):  # an empty answer, or none
            self.ask(["compose", "up"], tries=1)
        self.assertLess(time.monotonic() - started, 4)


if __name__ == "__main__":
    unittest.main()
