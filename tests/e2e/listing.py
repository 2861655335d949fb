#!/usr/bin/env python3
"""What kportscan's engine side lists, against what docker itself says of the same engine.

usage: listing.py installed|next[-noproxy] TOOLS ENGINE_CLAIMS

A set of containers in every state and network is made. Then
- HELD claims must be exactly what `docker ps` shows as published for running and paused containers, and what is bound in
  the engine's network namespace;
- PLAN claims must be exactly what `docker inspect` says that the others will publish; each is started afterwards, and
  what it then holds must lie in what was planned;
- the facts of each container must be those of `docker inspect`;
- a recorder between must have seen nothing but GET.
"""

import ipaddress
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


CRASHING_PORT = 21086  # bound for a moment every few seconds


def populate(engine):
    """The containers; each is in a state or network that bears on ports."""
    engine.docker("network", "create", "--internal", "inner")
    engine.docker("network", "create", "-o", "com.docker.network.bridge.host_binding_ipv4=127.0.0.1", "lo")
    engine.docker("network", "create", "shop_default")
    made = engine.make
    made("plain", "-p", "21000:80", "-p", "127.0.0.1:21001-21003:9001-9003/udp", "--restart", "unless-stopped")
    made("any", "-p", "80", "-p", "443/udp", "--expose", "7777")
    made("every", "-P", "--expose", "80", "--expose", "81/udp")
    made("v4", "-p", "0.0.0.0:21010:80")
    made("v6", "-p", "[::1]:21011:80", "-p", "[::]:21012:80")
    made("range", "-p", "21020-21025:80")
    made("wide", "-p", "21030-21049:21030-21049")
    made("paused", "-p", "21050:80")
    engine.docker("pause", "paused")
    made("hostnet", "--network", "host", "--expose", "21060")
    made("joiner", "--network", "container:plain")
    made("inner", "--network", "inner", "-p", "21061:80")
    made("lo", "--network", "lo", "-p", "21062:80")
    made("none", "--network", "none", "-p", "21063:80")
    labels = {"project": "shop", "service": "web", "oneoff": "False", "container-number": "2",
              "project.working_dir": "/srv/shop", "project.config_files": "/srv/shop/a.yaml,/srv/shop/b.yaml"}
    made("shop-web-2", "--network", "shop_default", "-p", "21064:80", "--health-cmd", "true",
         *[word for name, value in labels.items() for word in ("--label", f"com.docker.compose.{name}={value}")])
    labels["oneoff"] = "True"
    made("shop-web-run", "--network", "shop_default", "-p", "21065:80",
         *[word for name, value in labels.items() for word in ("--label", f"com.docker.compose.{name}={value}")])
    made("linked", "--link", "plain:friend")
    made("created", "-p", "21070-21079:80", "-p", "[::1]:21080:80", "-p", "127.0.0.1::81", start=False)
    made("created-lo", "--network", "lo", "-p", "21081:80", start=False)
    made("created-inner", "--network", "inner", "-p", "21082:80", start=False)
    made("created-every", "-P", "--expose", "80", start=False)
    made("created-host", "--network", "host", "--expose", "21083", start=False)
    made("exited", "--restart", "always", "-p", "21084:80", "-p", "21085:81/udp")
    engine.docker("stop", "-t", "1", "exited")
    made("failed", "-p", "21000:80")  # its port is held by "plain"
    made("crashing", "--restart", "always", "-p", f"{CRASHING_PORT}:80", command=["exit"])


def ask(engine, program, url, *ports):
    done = engine.inside(program, *ports, env=engine.environment(url))
    return json.loads(done.stdout)


def published(text):
    """`docker ps`' column of ports, as a set of (protocol, address, host port, container port)."""
    found = set()
    for entry in filter(None, text.split(", ")):
        match = re.fullmatch(r"(?:(.*):)?(\d+)(?:-(\d+))?->(\d+)(?:-\d+)?/(\w+)", entry)
        if match:
            address = str(ipaddress.ip_address(match[1].strip("[]")))
            first, last, target = int(match[2]), int(match[3] or match[2]), int(match[4])
            found |= {(match[5], address, port, target + port - first) for port in range(first, last + 1)}
    return found


def claimed(claims, basis):
    """The claims of one container in the same form; a range of which one port is picked stays a range."""
    found = set()
    for claim in claims:
        if claim["basis"] != basis or claim["derived"]:
            continue
        addresses = [claim["address"]] if claim["address"] else ["0.0.0.0", "::"]
        whole = claim["take"] == claim["last"] - claim["first"] + 1
        for address in addresses:
            for port in range(claim["first"], claim["last"] + 1) if whole and claim["last"] else ():
                found.add((claim["protocol"], address, port, claim["target_first"] + port - claim["first"]))
            if not claim["last"]:
                found.add((claim["protocol"], address, None, claim["target_first"]))
            elif not whole:
                found.add((claim["protocol"], address, (claim["first"], claim["last"]), claim["target_first"]))
    return found


def planned(item, networks):
    """The same from HostConfig of `docker inspect`, for a container that does not run."""
    mode = item["HostConfig"]["NetworkMode"]
    network = networks.get(mode, {})
    if mode in ("host", "none") or mode.startswith("container:") or network.get("Internal"):
        return set()
    without = (network.get("Options") or {}).get("com.docker.network.bridge.host_binding_ipv4", "")
    default = ["0.0.0.0", "::"] if without in ("", "0.0.0.0") else [without]
    found = set()
    bindings = item["HostConfig"]["PortBindings"] or {}
    if item["HostConfig"]["PublishAllPorts"]:
        bindings = {**{key: [{}] for key in item["Config"]["ExposedPorts"] or {}}, **bindings}
    for key, wanted in bindings.items():
        target, protocol = key.split("/")
        for binding in wanted:
            first, _, last = (binding.get("HostPort") or "").partition("-")
            port = None if not first else int(first) if not last else (int(first), int(last))
            for address in [binding["HostIp"]] if binding.get("HostIp") else default:
                found.add((protocol, address, port, int(target)))
    return found


def check_facts(row, item, owner):
    """Faults in what is known of one container."""
    labels = item["Config"]["Labels"] or {}
    compose = {name: labels.get("com.docker.compose." + label) for name, label in
               (("project", "project"), ("service", "service"), ("working_dir", "project.working_dir"),
                ("config_files", "project.config_files"))}
    wanted = {"id": item["Id"], "image": row["Image"], "state": item["State"]["Status"], **compose,
              "oneoff": labels.get("com.docker.compose.oneoff") == "True", "key": "container:" + item["Id"],
              "health": item["State"].get("Health", {}).get("Status"),
              "stands_for": "compose:shop/web" if labels.get("com.docker.compose.oneoff") == "False" else None}
    if item["State"]["Status"] not in ("running", "paused"):
        wanted["restart_policy"] = item["HostConfig"]["RestartPolicy"]["Name"]
    return [f"{owner['name']}: {name} is {owner.get(name)!r} instead of {value!r}"
            for name, value in wanted.items() if owner.get(name) != value]


def check_sockets(engine, expected):
    """Every published port, and no other, is bound in the engine's namespace."""
    bound = set()
    for protocol, flag in (("tcp", "-t"), ("udp", "-u")):
        for line in engine.inside("ss", "-Hln", flag).stdout.splitlines():
            address, _, port = line.split()[3].rpartition(":")
            bound.add((protocol, str(ipaddress.ip_address(address.strip("[]"))), int(port)))
    bound = {entry for entry in bound if entry[2] != CRASHING_PORT}
    wanted = {entry[:3] for entry in expected}
    return [f"bound and not listed: {entry}" for entry in sorted(bound - wanted)] + [
        f"listed and not bound: {entry}" for entry in sorted(wanted - bound)]


def compare(engine, answer, containers):
    faults = []
    expected = set()
    networks = {item["Name"]: item for item in json.loads(
        engine.docker("network", "inspect", *engine.docker("network", "ls", "-q").stdout.split()).stdout)}
    owners = {owner["name"]: owner for owner in answer["owners"]}
    if len(containers) != len(owners):
        faults.append(f"{len(owners)} containers instead of {len(containers)}")
    for row, item in containers:
        name = item["Name"].strip("/")
        claims = [claim for claim in answer["claims"] if claim["owner"] == name]
        bound = item["State"]["Status"] in ("running", "paused")
        want_held = published(row["Ports"]) if bound else set()
        want_plan = set() if bound else planned(item, networks)
        expected |= want_held
        for basis, wanted in (("held", want_held), ("plan", want_plan)):
            got = claimed(claims, basis)
            if got != wanted:
                faults.append(f"{name} ({item['State']['Status']}): {basis} {got} instead of {wanted}")
        if name in owners:
            faults += check_facts(row, item, owners[name])
        else:
            faults.append(f"{name} is missing")
    return faults + check_sockets(engine, expected)


def fits(held, plan):
    """Whether a port that was bound is one that was planned."""
    return any(held[0] == wish[0] and held[1] == wish[1] and held[3] == wish[3] and
               (wish[2] is None or wish[2] == held[2] or
                (isinstance(wish[2], tuple) and wish[2][0] <= held[2] <= wish[2][1])) for wish in plan)


def check_plans(engine, program, url, answer):
    """Starts what was planned: it binds what was said. "failed" still meets "plain" and binds nothing."""
    names = ["created", "created-lo", "created-inner", "created-every", "exited"]
    for name in names:
        engine.docker("start", name)
    faults = []
    later = ask(engine, program, url)
    for name in names:
        plan = claimed([claim for claim in answer["claims"] if claim["owner"] == name], "plan")
        held = claimed([claim for claim in later["claims"] if claim["owner"] == name], "held")
        faults += [f"{name} holds {entry}, which was not planned" for entry in held if not fits(entry, plan)]
        if {entry[3] for entry in held} != {entry[3] for entry in plan}:
            faults.append(f"{name} holds {held} where {plan} was planned")
    return faults


def check_filter(engine, program, url):
    """Who publishes a port that is asked about is known more closely."""
    owners = {owner["name"]: owner for owner in ask(engine, program, url, "21000")["owners"]}
    item = json.loads(engine.docker("inspect", "plain").stdout)[0]
    wanted = {"restart_policy": "unless-stopped", "since": item["State"]["StartedAt"], "pid": item["State"]["Pid"]}
    faults = [f"plain: {name} is {owners['plain'].get(name)!r} instead of {value!r}" for name, value in wanted.items()
              if owners["plain"].get(name) != value]
    if owners["v4"].get("restart_policy"):
        faults.append("v4 was looked at closely, and nobody asked for its port")
    return faults


def crashes(engine):
    """How often the container that crashes was started again, when it is between two starts; else None."""
    state, count = engine.docker("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "crashing").stdout.split()
    return count if state == "restarting" else None


def ask_at_rest(engine, program, url):
    """Our answer and docker's for one moment: nothing was started between them."""
    for _ in range(100):
        before = crashes(engine)
        answer, containers = ask(engine, program, url), engine.containers()
        if before and before == crashes(engine):
            return answer, containers
        time.sleep(0.2)
    raise RuntimeError("the container that crashes is never between two starts")


def scenario(name, tools, program):
    with harness.Engine(name, tools) as engine:
        populate(engine)
        time.sleep(4)  # the pauses between restarts double, and are a second and more then
        recorder = harness.Recorder(engine)
        answer, containers = ask_at_rest(engine, program, recorder.url)
        faults = compare(engine, answer, containers)
        version = engine.docker("version", "-f", "{{.Server.Version}} {{.Server.APIVersion}}").stdout.split()
        got = [answer["engine"]["version"], answer["engine"]["api_version"]]
        if answer["engine"]["status"] != "ok" or got != version or answer["engine"]["elsewhere"]:
            faults.append(f"engine {answer['engine']} instead of {version}")
        if answer["findings"]:
            faults.append(f"findings: {answer['findings']}")
        faults += check_filter(engine, program, recorder.url)
        faults += check_plans(engine, program, recorder.url, answer)
        faults += [f"a request other than GET: {fault}" for fault in recorder.faults]
        print(f"engine {' '.join(version)}: {len(answer['owners'])} containers, {len(answer['claims'])} claims, "
              f"{len(recorder.requests)} requests")
        if not recorder.requests:
            faults.append("the recorder saw nothing")
        return faults


if __name__ == "__main__":
    harness.main(scenario)
