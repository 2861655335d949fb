#!/usr/bin/env python3
"""usage: test_lists.py KPORTSCAN - lists of ports as tables, CSV and Markdown: of an engine that is a fake, of files."""

import csv
import fcntl
import io
import json
import os
import pwd
import pty
import re
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata
import unittest

import served_engine

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONG = "registry-of-the-whole-company-" * 5 + "frontend-1"
NASTY = "a|b\"c,d\\e<b>&*`\u202e\x1b[31m\n"


def columns_of(text):
    """The columns of a terminal, by Unicode's data: wide 2, combining 0."""
    return sum(0 if unicodedata.category(char) in ("Mn", "Me") else
               2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def at_column(line, column):
    """-> the rest of a line from a column of the terminal on; None inside of a character."""
    used = 0
    for i, char in enumerate(line):
        if used == column and columns_of(char):
            return line[i:]
        used += columns_of(char)
    return "" if used <= column else None


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kportscan-lists-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.listed = []

    def container(self, name, *ports, image="nginx", project=None, state="running"):
        """A port: (address, host, inside, protocol); a stopped container has its ports in its inspection alone."""
        identity = f"{len(self.listed) + 1:064x}"
        labels = {"com.docker.compose.project": project, "com.docker.compose.service": "web",
                  "com.docker.compose.oneoff": "False"} if project else {}
        listed = {"Id": identity, "Names": ["/" + name], "Image": image, "State": state, "Status": state, "Labels": labels,
                  "Ports": [{"IP": ip, "PrivatePort": inside, "PublicPort": host, "Type": protocol}
                            for ip, host, inside, protocol in ports] if state == "running" else [],
                  "HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": {}}}
        bindings = {}
        for ip, host, inside, protocol in ports:
            bindings.setdefault(f"{inside}/{protocol}", []).append({"HostIp": ip, "HostPort": str(host)})
        inspected = {"Id": identity, "Name": "/" + name,
                     "State": {"Status": state, "Running": state == "running", "Pid": 0},
                     "HostConfig": {"NetworkMode": "bridge", "RestartPolicy": {"Name": "no"}, "PortBindings": bindings},
                     "Config": {"Image": image, "Labels": labels}, "NetworkSettings": {"Networks": {}}}
        self.listed.append(listed)
        os.makedirs(os.path.join(self.folder, "engine/containers", identity))
        self.write(f"engine/containers/{identity}/json.json", json.dumps(inspected))

    def write(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def serve(self):
        self.write("engine/containers/json.json", json.dumps(self.listed))
        served_engine.serve(self, os.path.join(self.folder, "log"), os.path.join(self.folder, "engine.sock"),
                            os.path.join(self.folder, "engine"))

    def run_it(self, *arguments, columns=None, code=0):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "NO_COLOR": "1",
                       "DOCKER_HOST": "unix://" + os.path.join(self.folder, "engine.sock"),
                       **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        if columns:
            environment["COLUMNS"] = str(columns)
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120, check=False)
        self.errors = done.stderr.decode()
        self.assertEqual(done.returncode, code, (arguments, done))
        return done.stdout.decode("utf-8", "surrogateescape")

    def docker(self, *arguments, **more):
        return self.run_it("--docker", "--no-host", *arguments, **more)

    def csv(self, *arguments, **more):
        return list(csv.DictReader(io.StringIO(self.docker("-o", "csv", *arguments, **more), newline="")))


class Lists(Base):
    # --- rows ---

    def test_a_block_is_one_row(self):
        """Both families of a binding, and 1,000 ports in a row: one row. Gaps, other targets and addresses: another."""
        both = ("0.0.0.0", "::")
        self.container("range", *[(ip, port, port - 7000, "tcp") for port in range(8000, 9000) for ip in both])
        self.container("gaps", *[("127.0.0.1", port, port, "tcp") for port in (5000, 5001, 5003, 5004)])
        self.container("fan", *[("127.0.0.1", port, 80, "tcp") for port in (6000, 6001)])
        self.container("two", ("127.0.0.1", 7000, 80, "tcp"), ("127.0.0.2", 7001, 81, "tcp"))
        self.serve()
        lines = self.docker("-o", "table").splitlines()
        self.assertEqual([re.split("  +", line.strip())[:3] for line in lines],
                         [["PORT → IN", "ADDRESS", "OWNER"],
                          ["5000-5001 → 5000-5001", "127.0.0.1", "gaps"], ["5003-5004 → 5003-5004", "127.0.0.1", "gaps"],
                          ["6000 → 80", "127.0.0.1", "fan"], ["6001 → 80", "127.0.0.1", "fan"],
                          ["7000 → 80", "127.0.0.1", "two"], ["7001 → 81", "127.0.0.2", "two"],
                          ["8000-8999 → 1000-1999", "*", "range"],
                          ["1008 published ports; all tcp, image nginx, up"]])
        self.assertEqual([(row["first"], row["last"], row["target_first"], row["target_last"], row["address"])
                          for row in self.csv("range")], [("8000", "8999", "1000", "1999", "*")])

    def test_families_are_told_where_they_differ(self):
        self.container("four", ("0.0.0.0", 80, 80, "tcp"))
        self.container("six", ("::", 81, 80, "tcp"))
        self.container("both", ("127.0.0.1", 82, 80, "tcp"), ("::1", 82, 80, "tcp"))
        self.container("ways", ("0.0.0.0", 32768, 80, "tcp"), ("::", 32769, 80, "tcp"))
        self.serve()
        self.assertEqual([(row["owner"], row["address"], row["first"]) for row in self.csv()],
                         [("four", "0.0.0.0", "80"), ("six", "::", "81"), ("both", "127.0.0.1, ::1", "82"),
                          ("ways", "0.0.0.0", "32768"), ("ways", "::", "32769")])

    def test_columns_are_what_varies(self):
        self.container("a", ("127.0.0.1", 53, 53, "tcp"), ("127.0.0.1", 53, 53, "udp"))
        self.container("b", ("127.0.0.1", 54, 53, "sctp"))
        self.serve()
        lines = self.docker("-o", "table").splitlines()
        self.assertEqual(lines[0].split(), ["PORT", "→", "IN", "PROTO", "OWNER"])
        self.assertEqual([line.split()[3:] for line in lines[1:4]], [["tcp", "a"], ["udp", "a"], ["sctp", "b"]])
        self.assertEqual(lines[4], "3 published ports; all on 127.0.0.1, image nginx, up")
        self.assertEqual(self.docker("-o", "table", "b").splitlines()[:1],
                         ["  PORT → IN  PROTO  ADDRESS    OWNER  WHERE        STATE"])

    def test_a_stopped_container_wants_its_port(self):
        self.container("now", ("0.0.0.0", 80, 80, "tcp"))
        self.container("later", ("0.0.0.0", 80, 8080, "tcp"), state="exited")
        self.container("calm", ("0.0.0.0", 90, 90, "tcp"), state="exited")
        self.serve()
        rows = self.csv("--sort", "state")
        self.assertEqual([(row["owner"], row["basis"], row["state"], row["clash"]) for row in rows],
                         [("later", "plan", "exited !", "yes"), ("calm", "plan", "exited", ""), ("now", "held", "up", "")])
        text = self.docker("-o", "text")
        self.assertIn("1 published port, 2 more wanted by stopped containers; all tcp, on 0.0.0.0, image nginx\n! cannot start: 'kportscan 80' names", text)
        self.assertEqual(self.docker("-o", "table"), text)

    def test_nothing(self):
        self.container("quiet")
        self.serve()
        self.assertEqual(self.docker("-o", "table"), "0 published ports\n")
        self.assertEqual(self.docker("-o", "markdown"), "0 published ports\n")
        self.assertEqual(self.docker("-o", "csv").splitlines(),
                         ["context,first,last,target_first,target_last,take,protocol,address,owner,where,basis,state,clash,"
                          "place"])
        self.assertEqual(self.docker("-o", "table", "quiet", code=1), "0 published ports\n")
        self.assertIn("'quiet' publishes no port", self.errors)

    def test_order(self):
        self.container("b", ("0.0.0.0", 1, 80, "tcp"), ("0.0.0.0", 30, 80, "tcp"))
        self.container("a", ("0.0.0.0", 20, 80, "tcp"))
        self.serve()
        ports = {key: [row["first"] for row in self.csv("--sort", key)] for key in ("port", "owner", "state")}
        self.assertEqual(ports, {"port": ["1", "20", "30"], "owner": ["20", "1", "30"], "state": ["1", "20", "30"]})
        lines = self.docker("-o", "short", "--sort", "owner").splitlines()
        self.assertEqual([line.split("/")[0] for line in lines], ["20", "1", "30"])
        self.write(".kportscan.yaml", "sort: owner\n")
        self.assertEqual([row["first"] for row in self.csv()], ["20", "1", "30"])

    def test_names(self):
        self.container("shop-web-1", ("0.0.0.0", 1, 80, "tcp"), project="shop")
        self.container("shop-old", ("0.0.0.0", 2, 80, "tcp"))
        self.container("other", ("0.0.0.0", 3, 80, "tcp"))
        self.serve()
        for arguments, owners in [(["shop"], "shop-web-1"), (["web"], "shop-web-1"), (["--name", "shop/web"], "shop-web-1"),
                                  (["shop*"], "shop-web-1 shop-old"), (["o????", "shop-old"], "shop-old other"),
                                  (["--name", "*-[o]*"], "shop-old"), (["0" * 63 + "3"], "other")]:
            self.assertEqual([row["owner"] for row in self.csv(*arguments)], owners.split(), arguments)
        self.assertEqual(self.csv("sho", code=1), [])
        self.assertIn("no container and no Compose project is called 'sho'", self.errors)

    # --- widths ---

    def test_widths(self):
        self.container(LONG, ("0.0.0.0", 80, 80, "tcp"), image="nginx:1")
        self.container("世界的网站服务器和数据库的备份系统以及监控平台", ("127.0.0.1", 81, 8080, "tcp"), image="redis:7")
        self.container("e\u0301\u0323te\u0301" * 4, ("127.0.0.1", 82, 80, "udp"), project="café")
        self.container("🐳🐳-cafe\u0301", ("0.0.0.0", 83, 80, "tcp"), ("::", 83, 80, "tcp"), image="한국어:1")
        self.container("short", ("127.0.0.1", 8080, 80, "tcp"), image=LONG + ":1")
        self.serve()
        for width in (40, 60, 80, 120, 200):
            lines = self.docker("-o", "table", columns=width).splitlines()
            table = lines[:6]
            self.assertEqual([line for line in table if columns_of(line) > width], [], width)
            self.assertNotIn("\t", "".join(lines))
            self.assertEqual([line for line in lines if line != line.rstrip()], [])
            for title in re.findall(r"(?<=  )\w+", table[0]):
                start = table[0].index(title)
                for line in table[1:]:
                    rest = at_column(line, start)
                    self.assertIsNotNone(rest, (width, line, title))
                    self.assertFalse(rest[:1] in (" ",) and title == "OWNER", (width, line))
            if width >= 120:
                self.assertEqual([line.count("…") for line in table], [0, 1, 0, 0, 0, 1], (width, table))
            if width >= 80:  # a long name shortens itself alone
                self.assertIn("short", table[5].split())
                self.assertIn("🐳🐳-cafe\u0301", table[4])
                self.assertIn("café/web", table[3])
                self.assertRegex(table[1], "registry-of.*….*-1 ")
        self.assertIn("\n-o csv has also ADDRESS, WHERE: no room\nhere\n", self.docker("-o", "table", columns=40))
        wide = self.docker("-o", "table")
        for name in (LONG, LONG + ":1", "世界的网站服务器和数据库的备份系统以及监控平台"):
            self.assertIn(name, wide)
        self.assertNotIn("…", wide)

    def test_the_whole_terminal(self):
        self.container(LONG, ("0.0.0.0", 80, 80, "tcp"))
        self.container("b", ("0.0.0.0", 81, 80, "tcp"))
        self.serve()
        for width in (60, 140, 250):
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
            environment = {"HOME": "/nonexistent", "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "50",
                           "DOCKER_HOST": "unix://" + os.path.join(self.folder, "engine.sock")}
            done = subprocess.Popen([PROGRAM, "--docker", "--no-host"], cwd=self.folder, env=environment,
                                    stdin=subprocess.DEVNULL, stdout=slave)
            os.close(slave)
            text = b""
            try:
                while chunk := os.read(master, 65536):
                    text += chunk
            except OSError:  # the other side is closed
                pass
            self.assertEqual(done.wait(60), 0)
            os.close(master)
            row = text.decode().splitlines()[1]
            self.assertEqual((len(row) == width, "…" in row), (width < 200, width < 200), (width, row))

    # --- formats ---

    def test_hostile_names(self):
        self.container("=cmd|' /C calc'!A0", ("0.0.0.0", 80, 80, "tcp"), image=NASTY)
        self.container("b", ("0.0.0.0", 81, 80, "tcp"), ("127.0.0.1", 82, 80, "tcp"))
        self.serve()
        where = "image a|b\"c,d\\e<b>&*`\\u{202e}\\x1b[31m\\n"
        rows = self.csv()
        self.assertEqual([(row["owner"], row["where"]) for row in rows],
                         [("'=cmd|' /C calc'!A0", where), ("b", "image nginx"), ("b", "image nginx")])
        text = self.docker("-o", "csv")
        self.assertEqual(text.count("\n"), 4)
        self.assertIn('"image a|b""c,d', text)
        for output in (text, self.docker("-o", "table"), self.docker("-o", "markdown"), self.docker("-o", "html")):
            self.assertEqual([char for char in output if unicodedata.category(char) in ("Cc", "Cf") and char != "\n"], [])
        lines = self.docker("-o", "markdown").splitlines()
        self.assertEqual(lines[:2], ["| PORT | → IN | ADDRESS | OWNER | WHERE |", "| ---: | --- | --- | --- | --- |"])
        for line in lines[:5]:
            self.assertEqual(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)), 6, line)
        self.assertIn(r"image a\|b", lines[2])
        self.assertIn("&lt;b\\>&amp;\\*\\`", lines[2])
        self.assertEqual(lines[5:], ["", "3 published ports; all tcp, up"])

    def test_the_header_comes_first(self):
        """So that `less --header=1` keeps it: what could not be looked at follows below, or on stderr of a bare list."""
        self.container("a", ("0.0.0.0", 80, 80, "tcp"))
        self.serve()
        self.write("docker/contexts/meta/x/meta.json", json.dumps({"Name": "x", "Endpoints": {"docker": {"Host": "unix:///no"}}}))
        arguments = ["--docker", "--context", "default", "--context", "x"]
        environment = {"HOME": "/nonexistent", "DOCKER_CONFIG": os.path.join(self.folder, "docker"),
                       "DOCKER_HOST": "unix://" + os.path.join(self.folder, "engine.sock")}
        out = {}
        for fmt in ("table", "csv", "markdown"):
            out[fmt] = subprocess.run([PROGRAM, *arguments, "-o", fmt], env=environment, capture_output=True, text=True,
                                      timeout=60, check=False)
            self.assertEqual(out[fmt].returncode, 0)
            self.assertRegex(out[fmt].stdout.splitlines()[0], "(?i)context.*(port|first)")
        lines = out["table"].stdout.splitlines()
        self.assertEqual(lines[2], "  x        cannot ask: there is no socket '/no'")
        self.assertTrue(lines[3].startswith("incomplete: "), lines)
        self.assertIn("note[KP907]", out["table"].stdout)
        self.assertNotIn("cannot ask", out["csv"].stdout)
        self.assertIn("| x | cannot ask: there is no socket '/no' |", out["markdown"].stdout)
        for fmt in ("csv", "markdown"):
            self.assertIn("x: cannot ask the engine at 'unix:///no'", out[fmt].stderr)

    def test_formats_that_make_no_sense(self):
        rows = [(["-o", "csv"], "format 'csv' is for lists (--docker, --host, --cluster, --map); a check has text, short, json"),
                (["-o", "sarif", "--docker"], "format 'sarif' is for checks; a list or question about ports has text, short, "
                 "json, table, csv, markdown, html"),
                (["-o", "table", "--free", "80"], "--free has text, short, json"),
                (["-o", "table", "--assign"], "--assign has text, short, json, env, override"),
                (["-o", "table", "--diagnose", "x"], "--diagnose has text, short, json, html"),
                (["--sort", "port", "x.yaml"], "--sort orders lists: --docker, --host, --cluster and --map"),
                (["--sort", "name", "--docker"], "--sort 'name' is none of port, owner, state"),
                (["--map", "--docker"], "--map lists what files want; --docker, --host and --cluster list what is in use"),
                (["--map", "8080"], "--map lists all ports of the files: leave '8080' out"),
                (["--map", "--free", "80"], "--map lists the host ports that files want, and does nothing else")]
        for arguments, words in rows:
            self.assertEqual(self.run_it(*arguments, code=2), "", arguments)
            self.assertIn(words, self.errors)

    def test_a_format_of_the_settings_is_for_what_it_serves(self):
        self.container("a", ("0.0.0.0", 80, 80, "tcp"))
        self.serve()
        self.write(".kportscan.yaml", "format: sarif\n")
        self.write("compose.yaml", "services: {web: {image: a, ports: ['80:80']}}\n")
        self.assertTrue(self.docker().startswith("80/tcp "))
        self.assertIn('"version": "2.1.0"', self.run_it("--lint"))

    def test_a_question_as_a_table(self):
        self.container("a", ("0.0.0.0", 80, 80, "tcp"), ("0.0.0.0", 90, 90, "tcp"))
        self.serve()
        self.assertEqual([row["first"] for row in self.csv("85-95")], ["90"])
        self.assertEqual(self.docker("-o", "table", "90").splitlines()[1].split()[:3], ["90", "→", "90"])


class Others(Base):
    """The lists of this machine and of a cluster: the same table."""

    def test_a_machine(self):
        sockets = []
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            held = socket.socket(family)
            self.addCleanup(held.close)
            try:
                held.bind((address, sockets[0].getsockname()[1] if sockets else 0))
            except OSError:
                self.skipTest("there is no IPv6 here")
            held.listen(1)
            sockets.append(held)
        port = sockets[0].getsockname()[1]
        text = self.run_it("--host", "--no-docker", "-o", "csv", f"{port}/tcp")
        [row] = csv.DictReader(io.StringIO(text))
        self.assertEqual((row["first"], row["address"], row["basis"], row["state"]),
                         (str(port), "127.0.0.1, ::1", "held", "listens"))
        self.assertIn(f"(pid {os.getpid()})", row["owner"])
        name = row["owner"].split(" (")[0]
        ports = [line.split(",")[1] for line in self.run_it("--host", "--no-docker", "-o", "csv", name).splitlines()]
        self.assertIn(str(port), ports)
        for word in (str(os.getpid()), pwd.getpwuid(os.getuid()).pw_name):  # its pid, its user
            text = self.run_it("--host", "--no-docker", "-o", "csv", "--name", word)
            self.assertIn(str(port), [line.split(",")[1] for line in text.splitlines()])
        self.run_it("--host", "--no-docker", "--name", str(os.getpid())[:-1] + "x", code=1)
        self.assertIn(f"| {port} |", self.run_it("--no-docker", "--name", name[:2] + "*", "-o", "markdown"))
        self.run_it("--host", "--no-docker", "no-such-program", code=1)
        self.assertIn("no process, user or unit with a socket is called 'no-such-program'", self.errors)

    def test_a_cluster(self):
        dump = os.path.join(TESTS, "cases/cluster-table/dump.json")
        rows = {name: list(csv.DictReader(io.StringIO(self.run_it("--against", dump, "-o", "csv", "--name", name))))
                for name in ("shop", "dns", "web-*", "net/edge")}
        self.assertEqual({name: [(row["context"], row["first"], row["owner"]) for row in found] for name, found in rows.items()},
                         {"shop": [("w1", "8080", "shop/web-7f9c-aaaaa"), ("w2", "8080", "shop/web-7f9c-bbbbb"),
                                   ("every node", "30080", "shop/web"), ("every node", "30081", "shop/web"),
                                   ("(Pending)", "8080", "shop/web-7f9c-ccccc")],
                          "dns": [("w1", "53", "net/dns-x")] * 2 + [("w2", "53", "net/dns-y")] * 2,
                          "web-*": [("w1", "8080", "shop/web-7f9c-aaaaa"), ("w2", "8080", "shop/web-7f9c-bbbbb"),
                                    ("(Pending)", "8080", "shop/web-7f9c-ccccc")],
                          "net/edge": [("every node", "30443", "net/edge"), ("every node", "31500", "net/edge")]})
        self.assertEqual([row["target_first"] for row in rows["net/edge"]], ["443", ""])
        self.assertEqual(self.run_it("--against", dump, "-o", "csv", "d?s"), self.run_it("--against", dump, "-o", "csv", "--name",
                                                                                      "dns"))
        by_port = self.run_it("--against", dump, "-o", "markdown", "--sort", "port", code=1).splitlines()
        self.assertEqual(by_port[:3], ["| NODE | PORT | → IN | PROTO | ADDRESS | HOLDER | WORKLOAD |",
                                       "| --- | ---: | --- | --- | --- | --- | --- |",
                                       r"| w1 | 53 |  | tcp | \* | net/dns-x | DaemonSet dns |"])
        self.assertEqual([line.split("|")[2].strip() for line in by_port[2:15]],
                         "53 53 53 53 8080 8080 8080 8080 9000 30080 30081 30443 31500".split())
        self.run_it("--against", dump, "--name", "nobody", code=1)
        self.assertIn("no pod, workload, Service or namespace with a port is called 'nobody'", self.errors)


class Map(Base):
    """The ports that files want, without an engine."""

    COMPOSE = """name: shop
services:
  web:
    image: a
    ports:
      - "8080:80"
      - "127.0.0.1:9000-9003:7000-7003"
      - "[::1]:9000-9003:7000-7003"
      - "7000-7005:53/udp"
  admin:
    image: b
    ports: ["127.0.0.1:8080:3000", "3001"]
"""
    KUBE = """apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: net}
spec:
  containers:
    - {name: node-exporter, image: a, ports: [{containerPort: 9100, hostPort: 9100}, {containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: net}
spec: {type: NodePort, selector: {a: b}, ports: [{port: 443, nodePort: 30443, protocol: TCP}]}
"""

    def rows(self, *arguments, **more):
        return list(csv.DictReader(io.StringIO(self.run_it("--map", "-o", "csv", *arguments, **more), newline="")))

    def test_compose(self):
        self.write("compose.yaml", self.COMPOSE)
        rows = self.rows()
        self.assertEqual([(row["first"], row["target_first"], row["address"], row["owner"], row["clash"], row["place"])
                          for row in rows],
                         [("", "3001", "*", "admin", "", "compose.yaml:12"),
                          ("7000", "53", "*", "web", "", "compose.yaml:9"),
                          ("8080", "80", "*", "web", "KP101", "compose.yaml:6"),
                          ("8080", "3000", "127.0.0.1", "admin", "KP101", "compose.yaml:12"),
                          ("9000", "7000", "127.0.0.1, ::1", "web", "", "compose.yaml:7")])
        self.assertEqual([row["take"] for row in rows], ["0", "1", "1", "1", "4"])
        lines = self.run_it("--map", "-o", "table").splitlines()
        self.assertEqual(lines[0].split(), ["PORT", "→", "IN", "PROTO", "ADDRESS", "OWNER", "FINDING", "PLACE"])
        self.assertEqual(lines[2].split(), ["1", "of", "7000-7005", "→", "53", "udp", "*", "web", "compose.yaml:9"])
        self.assertEqual(lines[3].split()[-3:], ["error", "KP101", "compose.yaml:6"])
        self.assertEqual(lines[-2], "8 host ports wanted; all of shop")
        self.assertEqual(lines[-1], "leave --map out to see why 2 are marked, and how to fix it")
        self.assertIn("8080/tcp 127.0.0.1 wish service admin", self.run_it("--map"))
        self.assertEqual([row["owner"] for row in self.rows("--name", "adm*")], ["admin"] * 2)
        self.assertEqual(self.rows("--name", "wiki", code=1), [])
        self.assertIn("nothing that wants a host port is called 'wiki'", self.errors)
        self.assertEqual([row["first"] for row in self.rows("--sort", "state")][:2], ["8080"] * 2)

    def test_all_adapters(self):
        self.write("a/compose.yaml", self.COMPOSE)
        self.write("b/pod.yaml", self.KUBE)
        self.write("c/web.container", "[Container]\nImage=a\nPublishPort=127.0.0.1:8443:443\n")
        self.write("d/echo.socket", "[Socket]\nListenStream=7007\n")
        self.write("e/kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n"
                                  "  extraPortMappings: [{containerPort: 80, hostPort: 8088}]\n")
        rows = {(row["first"], row["address"]): row for row in self.rows(".")}
        for port, context, owner, where, place in [
                (("9100", "*"), "a node", "node-exporter", "Pod net/agent", "b/pod.yaml:6"),
                (("30443", "*"), "every node", "net/edge", "Service", "b/pod.yaml:11"),
                (("8443", "127.0.0.1"), "host", None, None, "c/web.container:3"),
                (("7007", "*"), "host", None, None, "d/echo.socket:2"),
                (("8088", "0.0.0.0"), "host", None, None, "e/kind.yaml:5")]:
            row = rows.get(port) or self.fail(f"{port} is not among {list(rows)}")
            self.assertEqual((row["context"], row["place"]), (context, place), row)
            self.assertTrue(owner is None or (row["owner"], row["where"]) == (owner, where), row)
        self.assertNotIn(("80", "*"), rows)  # inside the pod
        report = json.loads(self.run_it("--map", "-o", "json", "."))
        self.assertEqual(report["mode"], "map")
        self.assertTrue(all(not claim["scope"].startswith("netns:") for claim in report["claims"]))
        self.assertGreaterEqual(len(report["claims"]), 9)
        self.assertIn('<tr class="clash">', self.run_it("--map", "-o", "html", "."))

    def test_lines_in_a_row(self):
        self.write("compose.yaml", "services:\n  a:\n    image: a\n    ports:\n" + "".join(
            f"      - '{port}:{port - 7900}'\n" for port in (8002, 8000, 8001, 8004)))
        self.assertEqual([(row["first"], row["last"], row["target_first"], row["target_last"], row["place"])
                          for row in self.rows()],
                         [("8000", "8002", "100", "102", "compose.yaml:6"), ("8004", "8004", "104", "104", "compose.yaml:8")])

    def test_machines(self):
        self.write("nas/compose.yaml", self.COMPOSE)
        self.write("pi/compose.yaml", self.COMPOSE.replace("name: shop", "name: music"))
        self.write(".kportscan.yaml", "machines:\n  nas: {inputs: nas}\n  pi: {inputs: pi}\n")
        self.assertEqual([(row["context"], row["where"]) for row in self.rows(".") if row["first"] == "9000"],
                         [("nas", "shop"), ("pi", "music")])
        self.assertEqual(self.run_it("--map", "-o", "table", ".").split()[:4], ["ON", "PORT", "→", "IN"])

    def test_nothing_is_asked(self):
        """Neither engine nor sockets: the engine of DOCKER_HOST would be in vain, and the map is the same anywhere."""
        self.write("compose.yaml", self.COMPOSE)
        self.run_it("--map", "-v")
        self.assertNotIn("engine", self.errors)
        self.assertNotIn("sockets", self.errors)

    def test_empty_and_broken(self):
        self.write("compose.yaml", "services: {web: {image: a}}\n")
        self.assertEqual(self.run_it("--map", "-o", "table"), "0 host ports wanted\n")
        self.write("broken.yaml", "services: {web: {image: a, ports: ['8080:80'\n")
        self.run_it("--map", "-o", "table", "compose.yaml", "broken.yaml", code=2)
        self.assertIn("broken.yaml", self.errors)


if __name__ == "__main__":
    unittest.main()
