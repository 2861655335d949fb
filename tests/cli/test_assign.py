"""--assign: every checkout gets ports of its own. Git worktrees, a registry in a folder of the test, and no engine but
the recorded one."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import own_network

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCHEMA = os.path.join(TESTS, "../manifests/schema/report.schema.json")
MARK = "# made by kportscan --assign, which may write this file again"

SHOP = """services:
  web:
    image: nginx
    ports: ["${WEB_PORT:-8080}:80", "127.0.0.1:9229:9229"]
    environment: {URL: "http://localhost:${WEB_PORT:-8080}", DEBUG: "http://localhost:9229/x"}
  mail:
    image: mailhog
    ports:
      - {target: 1025, published: "${SMTP_PORT:-1025}", host_ip: "::1"}
      - "${SMTP_PORT:-1025}:1025/udp"
      - "${RANGE-7000-7003}:7000-7003"
      - "8025"
  db: {image: postgres, ports: ["5432:5432"]}
"""
# variables that look like the port and are not, or that set more than the host's side
ODD = """services:
  both: {image: a, ports: ["${PORT:-3000}:${PORT:-3000}"]}
  part: {image: a, ports: ["80${TAIL:-81}:80"]}
  binding: {image: a, ports: ["${BIND:-127.0.0.1:8082}:80"]}
  escaped: {image: a, ports: ["${A:-${B:-8083}}:80"]}
  short: {image: a, ports: ["$PLAIN:80"]}
"""


def clean(environment):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}


class Assign(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        os.mkdir(self.path("run"), 0o700)
        self.project("shop", SHOP)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def project(self, name, text):
        self.write(f"{name}/compose.yaml", text)

    def run_it(self, *arguments, at="shop", **environment):
        return subprocess.run([PROGRAM, "--no-docker", "--assign", *arguments], cwd=self.path(at), timeout=120, check=False,
                              env=clean({"XDG_RUNTIME_DIR": self.path("run"), **environment}), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lines(self, *arguments, **more):
        """-> {variable: number}, after a run that must succeed"""
        done = self.run_it(*arguments, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return dict(re.findall(r"^(\w+)=([0-9-]+)", done.stdout, re.MULTILINE))

    def report(self, *arguments, **more):
        done = self.run_it("-o", "json", *arguments, **more)
        report = json.loads(done.stdout)
        try:
            import jsonschema
        except ImportError:
            return done.returncode, report
        with open(SCHEMA, encoding="utf-8") as file:
            jsonschema.validate(report, json.load(file))
        return done.returncode, report

    def published(self, at="shop", **environment):
        """-> {(service, target protocol): host ports} of the project as it is now"""
        done = subprocess.run([PROGRAM, "--lint", "-o", "json", "--claims"], cwd=self.path(at), env=clean(environment),
                              stdout=subprocess.PIPE, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        return {(claim["owner"]["name"], claim["target"] and claim["target"]["first"], claim["protocol"]): claim["first"]
                for claim in json.loads(done.stdout)["claims"]}

    def worktrees(self, n):
        """Copies of the project as worktrees of one repository, "tree-0" and so on."""
        git = ["git", "-C", self.path("shop"), "-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run(git + words, check=True, env=clean({}))
        for i in range(n):
            subprocess.run(git + ["worktree", "add", "-q", self.path(f"tree-{i}")], check=True, env=clean({}))
        return [f"tree-{i}" for i in range(n)]

    def test_the_lines(self):
        done = self.run_it()
        found = re.fullmatch(r"WEB_PORT=(\d+)\nSMTP_PORT=(\d+)\nRANGE=(\d+)-(\d+)\n"
                             r"# web publishes 9229 without a variable of its own\n"
                             r"# db publishes 5432 without a variable of its own\n"
                             r"# compose.override.yaml needs \(-o override=compose.override.yaml\)\n"
                             r'#   services: \{"web": \{ports: !override \["\$\{WEB_PORT:-(\d+)\}:80", "127.0.0.1:(\d+):9229"\]\},\n'
                             r'#              "db": \{ports: !override \["(\d+):5432"\]\}\}\n'
                             r"# compose.yaml:5 names localhost:9229, which becomes (\d+)\n", done.stdout)
        self.assertTrue(found, done)
        web, smtp, first, last, again, debug, db, named = map(int, found.groups())
        self.assertEqual((last - first, again, named), (3, web, debug))
        numbers = {web, smtp, debug, db, *range(first, last + 1)}
        self.assertEqual(len(numbers), 8)
        self.assertTrue(all(20000 <= number <= 29999 for number in numbers))
        self.assertEqual(self.run_it().stdout, done.stdout)

    def test_a_kernel_without_the_protocol(self):
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
            self.skipTest("this kernel has sctp")
        except OSError:
            pass
        self.project("shop", 'services: {a: {image: x, ports: ["${SCTP:-9000}:1/sctp", "${TCP:-9000}:1"]}}\n')
        done = self.run_it()
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\ASCTP=\d+\nTCP=\d+\n"
                                      r"# ports of sctp were not tried: this kernel lacks the protocol\n\Z")

    def test_the_numbers_do_not_depend_on_the_registry(self):
        first = self.lines()
        shutil.rmtree(self.path("run"))
        os.mkdir(self.path("run"), 0o700)
        self.assertEqual(self.lines(), first)

    def test_files_that_make_the_numbers_real(self):
        arguments = ["-o", "env=.env", "-o", "override=compose.override.yaml"]
        done = self.run_it(*arguments)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        env, override = self.read("shop/.env"), self.read("shop/compose.override.yaml")
        self.assertTrue(env.startswith(MARK + "\nWEB_PORT=") and override.startswith(MARK + "\nservices:\n"))
        now = self.published()
        self.assertEqual(now[("web", 80, "tcp")], int(re.search(r"WEB_PORT=(\d+)", env)[1]))
        self.assertEqual(now[("mail", 1025, "udp")], now[("mail", 1025, "tcp")])
        self.assertTrue(all(20000 <= port <= 29999 for port in now.values() if port), now)
        self.assertEqual(len(now), 7) # the list of web was replaced, not extended
        self.assertEqual(self.run_it(*arguments).returncode, 0) # again: the same bytes
        self.assertEqual((env, override), (self.read("shop/.env"), self.read("shop/compose.override.yaml")))
        code, report = self.report()
        self.assertEqual((code, [entry["stays"] for entry in report["assigned"]]), (0, [True] * 5))
        self.assertEqual(len(report["overrides"]), 2)
        self.assertNotIn("#", self.run_it().stdout) # nothing is left to do

    def test_files_of_others_stay_as_they_are(self):
        for name, text in [("theirs.env", "A=1\n"), ("empty", ""), ("near", MARK + " and more\n")]:
            self.write(f"shop/{name}", text)
            for form in ("env", "override"):
                done = self.run_it("-o", f"{form}={name}", "-o", "env=new.env" if form == "override" else "override=new.env")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(f"'{name}' is not written", done.stderr)
                self.assertEqual(self.read(f"shop/{name}"), text)
                self.assertFalse(os.path.exists(self.path("shop/new.env")))
        done = self.run_it("-o", "env=nowhere/x.env")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot write 'nowhere/x.env'", done.stderr)

    def test_what_is_no_variable_of_the_port(self):
        self.project("odd", ODD)
        code, report = self.report(at="odd", PLAIN="8084")
        variables = {entry["service"]: entry["variable"] for entry in report["assigned"]}
        self.assertEqual((code, variables), (0, {"both": None, "part": None, "binding": None, "escaped": "B", "short": "PLAIN"}))
        ports = {entry["service"]: entry["ports"] for entry in report["overrides"]}
        self.assertEqual(set(ports), {"both", "part", "binding"})
        self.assertRegex(ports["both"][0], r"^\d{5}:3000$")
        self.assertRegex(ports["binding"][0], r"^127\.0\.0\.1:\d{5}:80$")

    def test_a_number_that_somebody_has_moves(self):
        held = socket.socket()
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        held.listen(1)
        port = held.getsockname()[1]
        self.write("shop/.env", f"WEB_PORT={port}\n")
        done = self.run_it()
        self.assertRegex(done.stdout, rf"^WEB_PORT=2\d{{4}}  # {port}: .*\(pid {os.getpid()}\)\n")
        self.run_it("-o", "env=ports.env")
        self.assertRegex(self.read("shop/ports.env"), rf"^{MARK}\n# {port}: .*\(pid {os.getpid()}\)\nWEB_PORT=2\d{{4}}\n")
        check = self.run_it("--check")
        self.assertEqual(check.returncode, 1)
        self.assertRegex(check.stdout, rf"^WEB_PORT={port}: .*\(pid {os.getpid()}\) has the port\n$")
        self.assertEqual(self.report("--check")[0], 1)
        held.close()
        self.assertEqual(self.lines()["WEB_PORT"], str(port)) # free again: it stays
        check = self.run_it("--check")
        self.assertEqual((check.returncode, check.stdout), (0, ""))

    def test_a_file_without_a_line_break_at_its_end(self):
        self.write("shop/.env", "A=1")
        with open(self.path("shop/.env"), "a", encoding="utf-8") as file:
            subprocess.run([PROGRAM, "--no-docker", "--assign"], cwd=self.path("shop"), stdout=file, check=True, timeout=60,
                           env=clean({"XDG_RUNTIME_DIR": self.path("run")}), stdin=subprocess.DEVNULL)
        self.assertRegex(self.read("shop/.env"), r"\AA=1\nWEB_PORT=2")

    def test_a_variable_of_the_shell(self):
        held = socket.socket()
        self.addCleanup(held.close)
        held.bind(("0.0.0.0", 0))
        held.listen(1)
        port = str(held.getsockname()[1])
        done = self.run_it(WEB_PORT=port)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, f"kportscan: the shell sets WEB_PORT={port}, which outranks every file: unset WEB_PORT\n")
        done = self.run_it(WEB_PORT="23456") # free: the number stays, and the line has no effect all the same
        self.assertRegex(done.stdout, r"\AWEB_PORT=23456\n")
        self.assertRegex(done.stderr, r"the shell sets WEB_PORT=23456, which outranks every file: a line has no effect")

    def test_a_project_without_variables(self):
        self.project("fixed", "services: {db: {image: x, ports: ['5432:5432']}}\n")
        done = self.run_it(at="fixed")
        self.assertRegex(done.stdout, r"\A# no variable holds exactly a host port here, so no line of \.env does: an override file ")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.run_it("-o", "override=compose.override.yaml", at="fixed")
        done = self.run_it(at="fixed")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 1))
        self.assertRegex(done.stdout, r"\A# nothing to do: the override file gives each port its number")

    def test_variables_that_hold_less_or_more_than_a_port(self):
        for entry, ports in (("${R:-7000}-${R2:-7005}:80", "7000-7005"), ("${V:-7300:80}", "7300"), ("73${V:-00}:80", "7300")):
            with self.subTest(entry):
                self.project("part", "services: {web: {image: x, ports: ['%s']}}\n" % entry)
                self.assertIn(f"# web publishes {ports} without a variable of its own\n", self.run_it(at="part").stdout)

    def test_worktrees_one_after_another(self):
        trees = self.worktrees(20)
        for tree in trees:
            done = self.run_it("-o", "env=.env", "-o", "override=compose.override.yaml", at=tree)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            shutil.rmtree(self.path("run")) # not by the registry: by the files of the others
            os.mkdir(self.path("run"), 0o700)
        self.check_numbers(trees)
        before = [self.read(f"{tree}/.env") for tree in trees]
        for tree in trees:
            self.run_it("-o", "env=.env", "-o", "override=compose.override.yaml", at=tree)
        self.assertEqual([self.read(f"{tree}/.env") for tree in trees], before)

    def check_numbers(self, trees):
        seen = set()
        for tree in trees:
            now = [port for port in self.published(at=tree).values() if port]
            self.assertEqual(len(now), 6) # SMTP_PORT is published with tcp and with udp
            self.assertFalse(seen & set(now), tree)
            seen |= set(now)

    def test_worktrees_at_the_same_time(self):
        """The lines are only printed, and written when all runs have ended: only the registry tells one of the other."""
        trees = self.worktrees(20)
        runs = [subprocess.Popen([PROGRAM, "--no-docker", "--assign"], cwd=self.path(tree), stdout=subprocess.PIPE, text=True,
                                 env=clean({"XDG_RUNTIME_DIR": self.path("run")}), stdin=subprocess.DEVNULL) for tree in trees]
        texts = [run.communicate(timeout=120)[0] for run in runs]
        self.assertEqual([run.returncode for run in runs], [0] * 20)
        numbers = []
        for text in texts:
            lines = "\n".join(line for line in text.splitlines() if "names" not in line and "publishes" not in line)
            found = set(map(int, re.findall(r"\b2\d{4}\b", lines)))
            self.assertEqual(len(found), 6, text) # the range's ends, and four more
            numbers += found
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_a_shared_environment_moves(self):
        """A worktree with a copied .env has the numbers of the other."""
        [tree] = self.worktrees(1)
        self.write("shop/.env", "WEB_PORT=23000\n")
        self.write(f"{tree}/.env", "WEB_PORT=23000\n")
        done = self.run_it(at=tree)
        self.assertRegex(done.stdout, r"^WEB_PORT=(?!23000)\d+  # 23000: service web of \.\./shop\n")

    def test_a_checkout_that_cannot_be_read(self):
        """Its ports are unknown, which is said; a branch without the project is none of it."""
        broken, empty = self.worktrees(2)
        self.write(f"{broken}/compose.yaml", "services: [\n")
        os.unlink(self.path(f"{empty}/compose.yaml"))
        for arguments in ((), ("-f", "compose.yaml")):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, rf"not all ports of the checkout '[^']*/{broken}' are known: ")
            self.assertEqual(done.stderr.count("not all ports"), 1, done.stderr)

    def test_a_folder_below_the_repository(self):
        self.project("shop/deploy", "services: {a: {image: a, ports: ['${A:-80}:80']}}\n")
        [tree] = self.worktrees(1)
        self.write("shop/deploy/.env", "A=24000\n")
        self.write(f"{tree}/deploy/.env", "A=24000\n")
        self.assertNotEqual(self.lines(at=f"{tree}/deploy")["A"], "24000")
        self.assertNotEqual(self.lines("deploy", at=tree)["A"], "24000")
        self.assertNotEqual(self.lines("deploy/compose.yaml", at=tree)["A"], "24000")

    def test_the_range(self):
        numbers = self.lines("--range", "30000-30100")
        self.assertTrue(all(30000 <= int(number.split("-")[0]) <= 30100 for number in numbers.values()), numbers)
        done = self.run_it("--range", "30000-30003")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no port of 30000-30003 is free for RANGE (now 7000-7003); --range A-B", done.stderr)
        code, report = self.report("--range", "30000-30000")
        self.assertEqual(code, 1)
        self.assertEqual(sum(entry["new"] is None for entry in report["assigned"]), 4)
        for first, refused in [(5990, {6000}), (6660, {6665, 6666, 6667, 6668, 6669, 6697})]: # by browsers
            report = self.report("--range", f"{first}-{first + 45}")[1]
            numbers = {port for entry in report["assigned"]
                       for port in range(entry["new"]["first"], entry["new"]["last"] + 1)}
            self.assertFalse(numbers & refused)

    def test_bad_input(self):
        os.mkdir(self.path("empty"))
        self.project("none", "services: {a: {image: a, ports: ['80']}}\n")
        self.project("broken", "services: [\n")
        self.project("many", "services:\n" + "".join(f"  s{i}: {{image: a, ports: ['{i % 60000 + 1}:80']}}\n"
                                                     for i in range(20001)))
        self.project("pod", "")
        self.write("pod/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
        for at, arguments, words in [("empty", [], "there is no Compose file here or in the folders above"),
                                     ("none", [], "project 'none' publishes no host port"),
                                     ("broken", [], "compose.yaml:"),
                                     ("many", [], "project 'many' publishes more than 20000 ports"),
                                     ("pod", ["pod.yaml"], "--assign is for a Compose project, and there is none"),
                                     ("shop", ["8080"], "--assign is for one project"),
                                     ("shop", ["compose.yaml", "../none/compose.yaml"], "--assign is for one project"),
                                     ("shop", ["--range", "30000"], "--range '30000' is not like 20000-29999"),
                                     ("shop", ["-o", "sarif"], "format 'sarif' is for checks")]:
            done = self.run_it(*arguments, at=at)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (at, arguments, done))
            self.assertIn(words, done.stderr)
        for arguments, words in [(["--check"], "--check and --range belong to --assign"),
                                 (["-o", "env"], "format 'env' is for --assign; a check has text, short, json, sarif, github, gitlab, "
                                                  "junit, rdjson, markdown, mermaid, html")]:
            done = subprocess.run([PROGRAM, *arguments], cwd=self.path("shop"), env=clean({}), capture_output=True, text=True,
                                  timeout=60, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout, done.stderr.splitlines()[0]), (2, "", "kportscan: " + words))

    def test_a_runtime_folder_of_somebody_else_is_not_used(self):
        os.chmod(self.path("run"), 0o777)
        self.assertEqual(self.run_it().returncode, 0)
        self.assertEqual(os.listdir(self.path("run")), [])

    def test_a_registry_that_is_garbage(self):
        self.write("run/kportscan-ports", "x\n0 0 a /\n1 70000 a /\n5 4 a /\n20000 20001\n\0\n20000 29999 a /nonexistent\n")
        first = self.lines()
        self.assertIn("WEB_PORT", self.read("run/kportscan-ports"))
        self.write("run/kportscan-ports", f"20000 29998 a {self.folder}\n") # another folder has nearly all
        self.assertEqual(self.run_it("--range", "20000-29999").returncode, 1)
        os.unlink(self.path("run/kportscan-ports"))
        self.assertEqual(self.lines(), first)

    def test_an_engine_that_does_not_answer(self):
        """Its containers could have any number, and the project's own would look like others."""
        done = subprocess.run([PROGRAM, "--assign", "-o", "env=.env"], cwd=self.path("shop"), capture_output=True, text=True,
                              env=clean({"XDG_RUNTIME_DIR": self.path("run"), "DOCKER_HOST": "unix:///nonexistent.sock"}),
                              timeout=60, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("/nonexistent.sock", done.stderr)
        self.assertFalse(os.path.exists(self.path("shop/.env")))

    def test_containers_of_an_engine(self):
        """A container of another folder has the number; one of this folder is the project's own."""
        socket_path = self.path("engine.sock")
        engine = subprocess.Popen([sys.executable, os.path.join(TESTS, "support/fake_engine.py"), "--log", self.path("log"),
                                   socket_path, os.path.join(TESTS, "engines/docker-26.1-neighbours")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(engine.wait)
        self.addCleanup(engine.stdout.close)
        self.addCleanup(engine.stdin.close)
        engine.stdout.readline()
        self.write("shop/.env", "WEB_PORT=8443\nSMTP_PORT=5432\n")
        done = subprocess.run([PROGRAM, "--no-host", "--assign"], cwd=self.path("shop"), capture_output=True, text=True, timeout=60,
                              env=clean({"XDG_RUNTIME_DIR": self.path("run"), "DOCKER_HOST": "unix://" + socket_path}),
                              check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"WEB_PORT=2\d+  # 8443: container shop-web-1 of ")
        self.assertRegex(done.stdout, r"SMTP_PORT=2\d+  # 5432: container sleeper\n")


if __name__ == "__main__":
    if not shutil.which("git"):
        print("SKIP: git is not installed")
        sys.exit(77)
    own_network.enter()
    unittest.main()
