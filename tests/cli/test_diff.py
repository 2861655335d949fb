"""--diff: what it prints is applied with patch and with git, and the check is run again: what the patch is about is
gone, and nothing else has changed. On cases by hand, on the examples and on generated projects."""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLASHES = {"KP101", "KP103", "KP108", "KP202", "KP203", "KP206", "KP208"}
GENERATED = int(os.environ.get("KPS_DIFF_PROJECTS", "60"))

for tool in ("patch", "git"):
    if not shutil.which(tool):
        print(f"skipped: there is no '{tool}'")
        sys.exit(77)


def run_it(folder, *arguments, env=None, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(env or {})}
    return subprocess.run([PROGRAM, "--no-config", *arguments], env=environment, cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, **more)


def report(folder, *inputs, env=None):
    done = run_it(folder, "--lint", "--claims", "-o", "json", *inputs, env=env)
    return json.loads(done.stdout)


def clashes(told):
    return [(f["rule"], f["message"]) for f in told["findings"]
            if f["rule"] in CLASHES and f["severity"] != "note" and f["suppressed"] is None]


def parties(finding):
    return {party["owner"]["name"] for party in finding["parties"] if party.get("owner")}


def patch(done):
    return done.stdout.decode()


def shape(claim):
    """-> a claim without what may move: places in a line, and the host port"""
    claim = json.loads(json.dumps(claim))
    published = claim["scope"] in ("host", "node", "cluster") or claim["scope"].startswith("host")
    def strip(value):
        if isinstance(value, dict):
            for key in ("column", "end_column", "col", "id", "fingerprint"):
                value.pop(key, None)
            for inner in value.values():
                strip(inner)
        elif isinstance(value, list):
            for inner in value:
                strip(inner)
    strip(claim)
    ports = (claim.pop("first", None), claim.pop("last", None))
    if not published:
        claim["private"] = ports
    elif ports[0] is not None:
        claim["width"] = ports[1] - ports[0]
    return json.dumps(claim, sort_keys=True)


def write(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in pathlib.Path(folder).rglob("*")
            if p.is_file() and ".git" not in p.parts}


class Diff(unittest.TestCase):
    def apply(self, folder, text):
        """Applies with both tools, which must agree; leaves the result in the folder. -> what is in it"""
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(folder, other, dirs_exist_ok=True)
            done = subprocess.run(["patch", "-p1", "--fuzz=0"], cwd=folder, input=text, capture_output=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, (done.stdout, done.stderr, text))
            self.assertNotRegex(done.stdout, b"offset|fuzz")
            done = subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=other, input=text,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, (done.stderr, text))
            after = contents(folder)
            self.assertEqual(after, contents(other))
            return after

    def round_trip(self, folder, *inputs, env=None, numbers_alone=True):
        """-> the patch, what was said on stderr, what clashes remain"""
        before, told = contents(folder), report(folder, *inputs, env=env)
        done = run_it(folder, "--lint", "--diff", *inputs, env=env)
        self.assertEqual(contents(folder), before)
        plain = run_it(folder, "--lint", *inputs, env=env)
        self.assertEqual(done.returncode, plain.returncode)
        if not done.stdout:
            return "", done.stderr.decode(), clashes(told)
        after = self.apply(folder, done.stdout)
        for name, text in after.items():
            gaps = [re.sub(rb"\d+", b"#", part) for part in (before[name], text)]
            self.assertTrue(gaps[0] == gaps[1] or not numbers_alone, "only numbers change")
        again = report(folder, *inputs, env=env)
        self.assertEqual(sorted(map(shape, told["claims"])), sorted(map(shape, again["claims"])))
        left = clashes(again)
        said = done.stderr.decode()
        explained = [parties(f) for f in told["findings"] if f["message"] in said]
        for finding in again["findings"]:
            if (finding["rule"], finding["message"]) in left:
                self.assertTrue(any(parties(finding) <= known for known in explained), (patch(done), finding))
        return patch(done), said, left

    def case(self, files, *inputs, env=None, numbers_alone=True):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, files)
            patch, said, left = self.round_trip(folder, *(inputs or ("compose.yaml",)), env=env, numbers_alone=numbers_alone)
            return [line for line in patch.splitlines() if re.match(r"[+-](?![+-]{2} )", line)], said, left, patch

    def fixed(self, files, *inputs, env=None, numbers_alone=True):
        changed, said, left, _ = self.case(files, *inputs, env=env, numbers_alone=numbers_alone)
        self.assertEqual((said, left), ("", []))
        return changed

    def test_the_later_moves(self):
        changed = self.fixed({"compose.yaml": 'services:\n  a:\n    image: x\n    ports: ["8080:80"]\n'
                              "  b:\n    image: x\n    ports: ['8080:81'] # keep\n"})
        self.assertEqual(changed, ["-    ports: ['8080:81'] # keep", "+    ports: ['8081:81'] # keep"])

    def test_who_publishes_its_own_port_stays(self):
        changed = self.fixed({"compose.yaml": "services:\n  a:\n    image: x\n    ports:\n      - 5432:80\n"
                              "  db:\n    image: x\n    ports:\n      - 5432:5432\n"})
        self.assertEqual(changed, ["-      - 5432:80", "+      - 5433:80"])

    def test_of_three_two_move_and_a_low_port_goes_high(self):
        changed = self.fixed({"compose.yaml": "services:\n" + "".join(
            f"  {name}:\n    image: x\n    ports:\n      - 80:80\n" for name in "abc")})
        self.assertEqual(changed, ["-      - 80:80", "+      - 8081:80", "-      - 80:80", "+      - 8080:80"])

    def test_in_the_env_file(self):
        text = 'services:\n  a:\n    image: x\n    ports: ["8080:80"]\n  b:\n    image: x\n    ports: ["${P}:80"]\n'
        self.assertEqual(self.fixed({"compose.yaml": text, ".env": "Q=1\nP=8080 # web"}), ["-P=8080 # web",
                                                                                          "+P=8081 # web"])
        self.assertEqual(self.fixed({"compose.yaml": text, ".env": "P='8080'\r\nQ=2\r\n"}), ["-P='8080'", "+P='8081'"])
        changed, said, left, _ = self.case({"compose.yaml": text}, env={"P": "8080"})
        self.assertEqual((changed, said, left), (['-    ports: ["8080:80"]', '+    ports: ["8081:80"]'], "", []))

    def test_the_default(self):
        changed = self.fixed({"compose.yaml": 'services:\n  a:\n    image: x\n    ports: ["8080:80"]\n'
                              '  b:\n    image: x\n    ports: ["${P:-8080}:80"]\n'})
        self.assertEqual(changed[1], '+    ports: ["${P:-8081}:80"]')

    def test_one_variable_for_tcp_and_udp(self):
        changed = self.fixed({"compose.yaml": "services:\n  a:\n    image: x\n    ports: [9000:1, 9001:2/udp]\n"
                              "  b:\n    image: x\n    ports: ['${P}:3', '${P}:3/udp']\n", ".env": "P=9000\n"})
        self.assertEqual(changed, ["-P=9000", "+P=9002"])

    def test_a_variable_that_is_a_container_port_too(self):
        changed = self.fixed({"compose.yaml": "services:\n  a:\n    image: x\n    ports: ['8080:1']\n"
                              "  b:\n    image: x\n    ports: ['${P}:${P}']\n", ".env": "P=8080\n"})
        self.assertEqual(changed[1], "+    ports: ['8081:1']")

    def test_one_variable_for_both(self):
        changed, said, left, _ = self.case({"compose.yaml": "services:\n  a:\n    image: x\n    ports: ['${P}:1']\n"
                                            "  b:\n    image: x\n    ports: ['${P}:2']\n", ".env": "P=8080\n"})
        self.assertEqual((changed, len(left)), ([], 1))
        self.assertIn("one place in the files gives the port to both", said)

    def test_one_variable_for_both_beside_a_third(self):
        changed, said, left, _ = self.case({"compose.yaml": "services:\n  a:\n    image: x\n    ports: ['${P}:1']\n"
                                            "  b:\n    image: x\n    ports: ['${P}:2']\n"
                                            "  c:\n    image: x\n    ports: ['8080:8080']\n", ".env": "P=8080\n"})
        self.assertEqual((changed, len(left)), (["-P=8080", "+P=8081"], 1))
        self.assertIn("one place in the files gives the port to both", said)

    def test_an_anchor(self):
        changed, said, left, _ = self.case({"compose.yaml": "services:\n  a: &a\n    image: x\n    ports: ['8080:1']\n"
                                            "  b: *a\n"})
        self.assertEqual((changed, len(left)), ([], 1))
        self.assertIn("one place in the files", said)

    def test_a_port_that_base_and_override_list(self):
        one = "services:\n  b:\n    image: x\n    ports: ['8080:1']\n"
        two = "services:\n  a:\n    image: x\n    ports: ['8080:8080']\n  b:\n    ports: ['8080:1']\n"
        changed = self.fixed({"compose.yaml": one, "compose.override.yaml": two})
        self.assertEqual(changed.count("+    ports: ['8081:1']"), 2)

    def test_extends_and_include(self):
        changed = self.fixed({"compose.yaml": "include: [sub/inner.yaml]\nservices:\n  a:\n    image: x\n"
                              "    ports: ['8080:8080']\n  b:\n    extends: {file: base.yaml, service: web}\n",
                              "sub/inner.yaml": "services:\n  c:\n    image: x\n    ports: ['8080:3']\n",
                              "base.yaml": "services:\n  web:\n    image: x\n    ports: ['8080:2']\n"})
        self.assertEqual(len([line for line in changed if line.startswith("+")]), 2)

    def test_ranges(self):
        changed = self.fixed({"compose.yaml": "services:\n  a:\n    image: x\n    ports: [8000-8002:8000-8002]\n"
                              "  b:\n    image: x\n    ports: [8002-8004:1-3]\n"})
        self.assertEqual(changed, ["-    ports: [8002-8004:1-3]", "+    ports: [8005-8007:1-3]"])

    def test_long_syntax_and_json(self):
        entry = {"target": 80, "published": "8080"}
        text = json.dumps({"services": {n: {"image": "x", "ports": [entry]} for n in "ab"}}, indent=1)
        self.assertEqual(len(self.fixed({"compose.json": text}, "compose.json")), 2)
        changed = self.fixed({"compose.yaml": "services:\n" + "".join(
            f"  {n}:\n    image: x\n    ports:\n    - target: 80\n      published: 8080\n" for n in "ab")})
        self.assertEqual(changed[1], "+      published: 8081")

    def test_crlf_and_no_last_line_end(self):
        changed = self.fixed({"compose.yaml": "services:\r\n  a: {image: x, ports: ['8080:1']}\r\n"
                              "  b: {image: x, ports: ['8080:2']}"})
        self.assertEqual(len(changed), 2)

    def test_odd_names(self):
        text = "services:\n  a: {image: x, ports: ['8080:1']}\n  b: {image: x, ports: ['8080:2']}\n"
        for name in ("a b.yaml", 'q"uote.yaml', "back\\slash.yaml", "ümlaut.yaml", "sub folder/x.yaml"):
            with self.subTest(name):
                self.assertEqual(len(self.fixed({name: text}, f"./{name}")), 2)

    def test_a_file_elsewhere(self):
        with tempfile.TemporaryDirectory() as outside:
            write(outside, {"x.yaml": "services:\n  a: {image: x, ports: ['8080:1']}\n"
                            "  b: {image: x, ports: ['8080:2']}\n"})
            changed, said, left, _ = self.case({}, f"{outside}/x.yaml")
            self.assertEqual((changed, len(left)), ([], 1))
            self.assertIn("is not below the working directory", said)

    def test_standard_input(self):
        text = b"services:\n  a: {image: x, ports: ['8080:1']}\n  b: {image: x, ports: ['8080:2']}\n"
        with tempfile.TemporaryDirectory() as folder:
            done = run_it(folder, "--lint", "--diff", "-", input=text)
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertIn(b"is no file that can be changed", done.stderr)

    def test_what_no_number_removes(self):
        changed, said, _, _ = self.case({"compose.yaml": "services:\n  a:\n    image: x\n    scale: 3\n"
                                         "    ports: ['8080:1']\n"})
        self.assertEqual(changed, [])
        self.assertRegex(said, r"compose.yaml:\d+:\d+: 3 replicas .* \[KP102\]: not in the diff: replicas need")

    def test_what_is_no_clash(self):
        changed, said, _, _ = self.case({"compose.yaml": "services:\n  a: {image: x, ports: ['99999:1']}\n"})
        self.assertEqual(changed, [])
        self.assertRegex(said, r"above 65535 \[KP109\]: not in the diff: --diff has no edit for this rule\n$")
        _, said, _, _ = self.case({"compose.yaml": "services: ["})
        self.assertRegex(said, r"\Akportscan: compose.yaml:1:\d+: .* \[KP902\]\n$")
        with tempfile.TemporaryDirectory() as folder:
            done = run_it(folder, "--lint", "--diff")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (
                2, b"", b"kportscan: there is no Compose file here or in the folders above [KP901]\n"))

    def test_what_was_accepted_stays(self):
        changed, said, _, _ = self.case({"compose.yaml": "services:\n  a: {image: x, ports: ['8080:1']}\n"
                                         "  b: {image: x, ports: ['8080:2']} # kportscan: ignore KP101 -- known\n"})
        self.assertEqual((changed, said), ([], ""))

    def test_two_projects_and_one_base(self):
        one = "services:\n  {}:\n    extends: {{file: ../base.yaml, service: web}}\n    ports: ['{}']\n"
        changed = self.fixed({"base.yaml": "services:\n  web: {image: x}\n", "a/compose.yaml": one.format("a", "80:80"),
                              "b/compose.yaml": one.format("b", "80:80")}, "a/compose.yaml",
                             "b/compose.yaml")
        self.assertEqual(changed, ["-    ports: ['80:80']", "+    ports: ['8080:80']"])

    def test_manifests(self):
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}}}\nspec:\n{1}  containers:\n  - name: c\n    image: x\n"
               "    ports:\n    - containerPort: {2}\n      hostPort: 8080 # here\n---\n")
        changed = self.fixed({"pods.yaml": pod.format("a", "  nodeName: one\n", 80) + pod.format("b", "  nodeName: one\n",
                                                                                             81)}, "pods.yaml")
        self.assertEqual(changed, ["-      hostPort: 8080 # here", "+      hostPort: 8081 # here"])
        service = ("apiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\nspec:\n  type: NodePort\n  ports:\n"
                   "  - port: 80\n    nodePort: 30080\n---\n")
        changed = self.fixed({"s.yaml": service.format("a") + service.format("b")}, "s.yaml")
        self.assertEqual(changed, ["-    nodePort: 30080", "+    nodePort: 30081"])
        host = "  nodeName: one\n  hostNetwork: true\n"
        changed, said, left, _ = self.case({"p.yaml": pod.format("a", host, 8080) + pod.format("b", host, 8080)},
                                           "p.yaml")
        self.assertEqual((changed, len(left)), ([], 1))
        self.assertIn("itself listens on the port", said)

    def test_numbers_written_in_other_ways(self):
        """A number whose bytes are not the port (hex, octal, escapes, blocks, put together of two) is not touched: the
        other party moves. One that is written plainly keeps its quotes, tags and anchors."""
        long = "- target: 80\n        published: "
        plain = (long + "'8080'", long + '"8080"', long + "!!str 8080", long + "&p 8080 # p", '- &q "8080:80"',
                 "- !!str 8080:80", "- '8080:80/TCP'", "- '[::]:8080:80'", "- ${P-8080}:80", "- ${P:-${Q:-8080}}:80",
                 "- ${P:-127.0.0.1:8080:80}", "- 127.0.0.1:${P:-8080}:80")
        other = (long + "0x1f90", long + "0o17620", long + "017620", long + "8_080", long + ">-\n          8080",
                 long + '"80\\x380"', '- "\\u0038080:80"', '- "808\\\n        0:80"', "- |-\n        8080:80",
                 "- '08080:80'", "- 80${P:-80}:80", "- ${P:-80}80:80")
        for entry in plain + other:
            with self.subTest(entry):
                changed = self.fixed({"compose.yaml": "services:\n  a:\n    image: x\n    ports: ['8080:8080']\n"
                                      f"  b:\n    image: x\n    ports:\n      {entry}\n"})
                was = entry.splitlines()[-1] if entry in plain else "    ports: ['8080:8080']"
                self.assertEqual([line.strip("+- ") for line in changed],
                                 [was.strip("- "), was.strip("- ").replace("8080", "8081", 1)])

    def test_variables_of_every_env_file(self):
        text = "services:\n  {}:\n    image: x\n    ports: ['{}']\n"
        both = text.format("a", "8080:8080") + text.format("b", "${P}:80").split("\n", 1)[1]
        inner = {"compose.yaml": "include: [{path: sub/c.yaml, env_file: sub/i.env}]\n" + text.format("a", "8080:8080"),
                 "sub/c.yaml": text.format("b", "${P}:80"), "sub/i.env": "P=8080\n"}
        for files, inputs, was in (
                ({"compose.yaml": both, ".env": "# c\nexport P = 8080\n"}, [], "export P = 8080"),
                ({"compose.yaml": both, ".env": "P=1\nP=8080\n"}, [], "P=8080"),
                ({"compose.yaml": both, ".env": b"\xef\xbb\xbfP=8080"}, [], "\ufeffP=8080"),
                ({"x.yaml": both, "e/prod.env": "P=8080\n"}, ["-f", "x.yaml", "--env-file", "e/prod.env"], "P=8080"),
                ({"d/x.yaml": text.format("a", "8080:8080"), "d/y.yaml": text.format("b", "${P}:80"),
                  "d/.env": "P=8080\n"}, ["-f", "d/x.yaml", "-f", "d/y.yaml"], "P=8080"),
                (inner, [], "P=8080")):
            with self.subTest(files=files):
                self.assertEqual(self.fixed(files, *inputs), ["-" + was, "+" + was.replace("8080", "8081", 1)])

    def test_variables_that_refer_to_each_other(self):
        """Q=${P}: the reference gives way to a number, so that both have a port of their own."""
        text = "services:\n  a:\n    image: x\n    ports: ['${P:-8080}:80']\n  b:\n    image: x\n    ports: ['${Q:-8080}:80']\n"
        for lines, changed in (
                ("P=9000\nQ=${P}\n", ["-Q=${P}", "+Q=9001"]), ("P=9000\nQ=$P\n", ["-Q=$P", "+Q=9001"]),
                ('P=9000\nQ="${P}"\n', ['-Q="${P}"', '+Q="9001"']), ("P=9000\nQ=${P:-1} # c\n", ["-Q=${P:-1} # c", "+Q=9001 # c"]),
                ("Q=9000\nP=${Q}\n", ["-Q=9000", "-P=${Q}", "+Q=9001", "+P=9000"]),
                ("A=9000\nP=${A}\nQ=${A}\n", ["-Q=${A}", "+Q=9001"]), ("P=9000\nQ=0${P}\n", ["-Q=0${P}", "+Q=9001"])):
            with self.subTest(lines):
                self.assertEqual(self.fixed({"compose.yaml": text, ".env": lines}, numbers_alone=False), changed)
        self.assertEqual(self.fixed({"compose.yaml": text, "p.env": "P=9000\n", "q.env": "Q=${P}\n"}, "--env-file", "p.env",
                                    "--env-file", "q.env", numbers_alone=False), ["-Q=${P}", "+Q=9001"])

    def test_units(self):
        node = "- role: {}\n  extraPortMappings:\n  - containerPort: 80\n    hostPort: 8080 # {}\n"
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {{name: {}}}\nspec:\n  containers:\n  - name: c\n    image: x\n    ports:\n"
               "    - containerPort: 80\n      hostPort: {}\n---\n")
        k3d = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: x}\nports:\n- port: 8080:80\n- port: '0.0.0.0:8080:81/tcp'\n"
        for files, inputs, changed in (
                ({"kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n" + node.format("control-plane", 1)
                  + node.format("worker", 2)}, ["kind.yaml"], ["-    hostPort: 8080 # 2", "+    hostPort: 8081 # 2"]),
                ({"k3d.yaml": k3d}, ["k3d.yaml"], ["-- port: '0.0.0.0:8080:81/tcp'", "+- port: '0.0.0.0:8081:81/tcp'"]),
                ({"pods.yaml": pod.format("a", 8080) + pod.format("b", "0x1f90")}, ["--kube-play", "pods.yaml"],
                 ["-      hostPort: 8080", "+      hostPort: 8081"]),
                ({"q/a.container": "[Container]\nImage=x\nPublishPort=[::1]:80:82/tcp\nPublishPort=8080:8080\n",
                  "q/b.container": "[Container]\nImage=x\nPublishPort=127.0.0.1:8080:80/TCP\nPublishPort=[::1]:80:81\n",
                  "q/c.socket": "[Socket]\nListenStream=[::1]:80\n"}, ["q"],
                 ["-PublishPort=[::1]:80:82/tcp", "+PublishPort=[::1]:8081:82/tcp", "-PublishPort=127.0.0.1:8080:80/TCP",
                  "-PublishPort=[::1]:80:81", "+PublishPort=127.0.0.1:8082:80/TCP", "+PublishPort=[::1]:8083:81"])):
            with self.subTest(inputs=inputs):
                self.assertEqual(self.fixed(files, *inputs), changed)

    def test_one_place_has_one_number(self):
        """A port that a running container holds, a stopped one wants and another service publishes, in every format."""
        with tempfile.TemporaryDirectory() as folder:
            engine = pathlib.Path(folder, "engine")
            shutil.copytree(SOURCE / "tests/engines/docker-26.1-neighbours", engine)
            for path in engine.glob("containers/*/json.json"): # the stopped "spare" wants what "old-grafana" holds
                path.write_text(path.read_text().replace('"5433"', '"3000"'))
            write(folder, {"compose.yaml": "services:\n  other: {image: x, ports: ['3000:3000']}\n  web: {image: x, ports: ['3000:80']}\n"})
            with subprocess.Popen([sys.executable, SOURCE / "tests/support/fake_engine.py", f"{folder}/sock", engine],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as served:
                served.stdout.readline()
                env = {"DOCKER_HOST": f"unix://{folder}/sock"}
                done = {format: run_it(folder, "--no-host", "-o", format, "compose.yaml", env=env).stdout.decode()
                        for format in ("short", "json", "rdjson", "sarif")}
                diff = patch(run_it(folder, "--no-host", "--diff", "compose.yaml", env=env))
                served.stdin.close()
            self.assertEqual([f["rule"] for f in json.loads(done["json"])["findings"]], ["KP101", "KP302", "KP303"])
            edits = [(edit["line"], edit["column"], edit["text"]) for finding in json.loads(done["json"])["findings"]
                     for fix in finding["fixes"] for edit in fix["edits"]]
            self.assertEqual(set(edits), {(3, 28, "3001")})
            self.assertEqual(set(re.findall(r'write "(\d+):', done["short"])), {"3001"})
            for format in ("rdjson", "sarif"):
                self.assertEqual(set(re.findall(r'"text": ?"(\d{4})"', done[format])), {"3001"})
            self.assertIn("+  web: {image: x, ports: ['3001:80']}", diff)

    def test_characters_of_several_bytes(self):
        for start in ("", "\ufeff"):
            changed = self.fixed({"compose.yaml": start + "services:\n  a: {image: x, ports: ['8080:8080']} # ü 日本\n"
                                  "  b: {labels: {'日本': '👍'}, image: x, ports: ['8080:80']} # 👍"})
            self.assertEqual(changed[1], "+  b: {labels: {'日本': '👍'}, image: x, ports: ['8081:80']} # 👍")

    def test_clashes_in_a_chain(self):
        text = "services:\n" + "".join(f"  s{i}: {{image: x, ports: ['{8080 + i // 2}:1', '{8081 + i // 3}:2']}}\n"
                                       for i in range(12))
        self.assertEqual(len(self.fixed({"compose.yaml": text})), 22)
        changed = self.fixed({"compose.yaml": "services:\n  a: {image: x, ports: ['65535:65535']}\n"
                              "  b: {image: x, ports: ['65535:80']}\n"})
        self.assertEqual(changed[1], "+  b: {image: x, ports: ['1024:80']}")

    def test_manifests_in_json(self):
        pod = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"nodeName": "n", "containers": [
            {"name": "c", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}} for name in "ab"]
        for indent in (None, 2):
            with self.subTest(indent=indent):
                text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pod}, indent=indent)
                changed = self.fixed({"l.json": text}, "l.json")
                self.assertEqual([line.count('"hostPort": 8081') for line in changed], [0, 1])

    def test_the_examples(self):
        folder = SOURCE / "manifests" / "examples"
        names = sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".yml", ".json"))
        self.assertTrue(names)
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            for path in names:
                with self.subTest(path.name):
                    self.round_trip(copy, f"./{path.relative_to(folder)}")


class Project:
    """A project made of a seed: few numbers, so that it clashes, written in every way there is."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.env, self.files, self.n = [], {}, 0
        self.newline = self.random.choice(["\n", "\n", "\r\n"])

    def number(self):
        return self.random.choice([80, 443, 3000, 8080, 8081, 9000])

    def published(self, number):
        self.n += 1
        name = f"PORT_{self.n}"
        kind = self.random.randrange(8)
        if kind == 0:
            quote = self.random.choice(["", '"', "'"])
            self.env.append(f"{name}={quote}{number}{quote}" + self.random.choice(["", " # a port"]))
            return self.random.choice([f"${{{name}}}", f"${name}", f"${{{name}:-1}}"])
        if kind == 1:
            return f"${{{name}:-{number}}}"
        if kind == 2 and self.env:
            return "${" + self.random.choice(self.env).split("=")[0] + "}"
        return str(number)

    def entry(self):
        number, target = self.number(), self.random.choice([80, 3000, 8080])
        protocol = self.random.choice(["", "", "/udp"])
        address = self.random.choice(["", "", "127.0.0.1:", "0.0.0.0:"])
        comment = self.random.choice(["", "  # see 8080 below"])
        kind = self.random.randrange(6)
        if kind == 0:
            return [f"- target: {target}{comment}", f"  published: \"{self.published(number)}\"",
                    f"  protocol: {protocol[1:] or 'tcp'}"]
        if kind == 1:
            return [f"- \"{address}{number}-{number + 2}:{target}-{target + 2}{protocol}\"{comment}"]
        quote = self.random.choice(['"', "'"])
        return [f"- {quote}{address}{self.published(number)}:{target}{protocol}{quote}{comment}"]

    def service(self, name, anchored):
        lines = [f"  {name}:" + (f" &{name}" if anchored else ""), "    image: example/app"]
        entries = [self.entry() for _ in range(self.random.randrange(1, 4))]
        return lines + ["    ports:"] + ["      " + line for entry in entries for line in entry]

    def text(self, lines):
        return self.newline.join(lines) + self.random.choice(["", self.newline])

    def make(self):
        kind = self.random.randrange(6)
        lines = ["# a project"]
        if kind == 0:
            lines += ["include:", "  - inner/compose.yaml"]
            self.files["inner/compose.yaml"] = self.text(["services:"] + self.service("inner", False))
        lines += ["services:"]
        for i in range(self.random.randrange(1, 5)):
            lines += self.service(f"s{i}", kind == 1 and i == 0)
        if kind == 1:
            lines += ["  twin:", "    <<: *s0", "    hostname: other"]
        if kind == 2:
            lines += ["  child:", "    extends:", "      file: base.yaml", "      service: base"]
            self.files["base.yaml"] = self.text(["services:"] + self.service("base", False))
        if kind == 3:
            self.files["compose.override.yaml"] = self.text(["services:"] + self.service("s0", False))
        if kind == 4:
            lines += ["  flow: {image: x, ports: [\"8080:1\", '9000:2' , 3000:3/udp]} # 9000"]
        self.files["compose.yaml"] = self.text(lines)
        if self.env:
            self.files[".env"] = self.text(self.env)
        return self.files


def generated(seed):
    def test(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, Project(seed).make())
            self.round_trip(folder, "compose.yaml")
    return test


for number in range(GENERATED):
    setattr(Diff, f"test_generated_{number:03}", generated(number))

unittest.main(verbosity=1)
