"""What a project publishes, in one form that can be compared: from kportscan's JSON report and from Docker Compose."""

import collections
import ipaddress
import json
import os
import re
import subprocess

Port = collections.namedtuple("Port", "host_ip published target protocol")

PROTOCOLS = ("tcp", "udp", "sctp")
KPORTSCAN_SECONDS = 60


def address(text):
    """The canonical literal; None for every address. The Engine publishes on every address what is no literal."""
    try:
        parsed = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def ports_of(text):
    """A published port or range as Compose prints it: "8080", "8000-8010", None = random, False = the Engine refuses."""
    if text in (None, ""):
        return None
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", str(text))
    if not match:
        return False
    first = int(match[1])
    last = int(match[2] or match[1])
    if last > 65535 or first > last:
        return False
    if last == 0:
        return None
    return str(first) if first == last else f"{first}-{last}"


def from_compose(entries):
    """Compose's `ports` list -> (Counter of Port, how many entries the Engine would refuse at `up`)."""
    ports = collections.Counter()
    refused = 0
    for entry in entries or []:
        published = ports_of(entry.get("published"))
        protocol = (entry.get("protocol") or "tcp").lower()
        target = int(entry.get("target") or 0)
        if published is False or protocol not in PROTOCOLS or target > 65535:
            refused += 1
            continue
        ports[Port(address(entry.get("host_ip")), published, target, protocol)] += 1
    return ports, refused


def of_claim(claim):
    """The entries that Compose would print for one claim of the report."""
    host_ip = address(claim["address"])
    protocol = claim["protocol"]
    target = claim.get("target") or {"first": 0, "last": 0}
    targets = range(target["first"], target["last"] + 1)
    first, last = claim["first"], claim["last"]
    if first is None:
        return [Port(host_ip, None, port, protocol) for port in targets]
    width = last - first + 1
    if width > 1 and claim["take"] == width:
        if len(targets) == 1:
            targets = list(targets) * width
        assert len(targets) == width, f"a range of {width} ports meets {len(targets)} targets"
        return [Port(host_ip, str(first + i), port, protocol) for i, port in enumerate(targets)]
    published = str(first) if width == 1 else f"{first}-{last}"
    return [Port(host_ip, published, port, protocol) for port in targets]


class Project:
    """What one tool says of one project: its name, and per service its ports and replicas."""

    def __init__(self):
        self.name = None
        self.ports = collections.defaultdict(collections.Counter)
        self.copies = collections.defaultdict(set)
        self.refused = collections.Counter()  # by service: entries that the Engine would refuse at `up`

    def differences(self, other):
        """Lines that say where `other` (kportscan) differs from this project (Compose)."""
        lines = []
        if other.name != self.name:
            lines.append(f"project: {self.name!r} here, {other.name!r} from kportscan")
        for service in sorted(set(self.ports) | set(other.ports)):
            expected, found = self.ports[service], other.ports[service]
            for port in sorted((expected - found).elements(), key=str):
                lines.append(f"{service}: only Compose has {describe(port)}")
            for port in sorted((found - expected).elements(), key=str):
                lines.append(f"{service}: only kportscan has {describe(port)}")
            if found and self.copies[service] and other.copies[service] != self.copies[service]:
                lines.append(f"{service}: replicas {self.copies[service]}, {other.copies[service]} from kportscan")
        return lines


def describe(port):
    return f"{port.host_ip or '*'}:{port.published or 'random'}->{port.target}/{port.protocol}"


def of_report(report):
    """A Project from kportscan's report of one Compose input."""
    project = Project()
    if report["inputs"]:
        project.name = report["inputs"][0].get("project")
    for claim in report["claims"]:
        owner = claim["owner"]
        if owner["kind"] != "compose-service" or claim["basis"] != "wish" or claim["scope"] != "host":
            continue
        for port in of_claim(claim):
            project.ports[owner["name"]][port] += 1
        project.copies[owner["name"]].add(claim["copies"])
    return project


HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"


def of_config(config):
    """A Project from `docker compose config --format json`."""
    project = Project()
    project.name = config.get("name")
    for name, service in (config.get("services") or {}).items():
        ports = service.get("ports") or []
        if bound := binding_of(config, service):
            ports = [{**port, "host_ip": port.get("host_ip") or bound} for port in ports]
        add_service(project, name, ports, service.get("scale"), (service.get("deploy") or {}).get("replicas"))
    return project


def binding_of(config, service):
    """Where the one network of a service binds ports without an address: kportscan claims what the Engine will do."""
    names = list(service.get("networks") or {})
    if len(names) != 1:
        return None
    network = (config.get("networks") or {}).get(names[0]) or {}
    return (network.get("driver_opts") or {}).get(HOST_BINDING)


def add_service(project, name, ports, scale, replicas):
    project.ports[name], project.refused[name] = from_compose(ports)
    count = scale if scale is not None else replicas
    project.copies[name] = {1 if count is None else count}


class Answer:
    """A run of kportscan: exit code, report (None when stdout is no JSON), stderr."""

    def __init__(self, done):
        self.exit = done.returncode
        self.stderr = done.stderr.decode("utf-8", "replace")
        try:
            self.report = json.loads(done.stdout)
        except ValueError:
            self.report = None

    def findings(self):
        return [(f["rule"], f["severity"]) for f in self.report["findings"]] if self.report else []


def run_kportscan(program, arguments, cwd, variables=None, stdin=b""):
    """Runs `kportscan --lint -o json --claims ARGUMENTS` with nothing in its environment but `variables`."""
    environment = {"LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}
    environment.update(variables or {})
    done = subprocess.run([os.path.abspath(program), "--lint", "-o", "json", "--claims", *arguments], cwd=cwd,
                          env=environment, input=stdin, capture_output=True, timeout=KPORTSCAN_SECONDS, check=False)
    return Answer(done)
