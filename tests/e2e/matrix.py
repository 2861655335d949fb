#!/usr/bin/env python3
"""Which addresses meet: kportscan's verdict for every pair of them, and what the real engine and the real kernel do.

usage: matrix.py installed|next|newest[-noproxy] TOOLS KPORTSCAN MKPORT

For each pair of addresses one port. Something holds it at the first address, a container or a process; a Compose service
asks for it at the second. What `kportscan` calls an error must be refused when a container is started with that port,
in the words that it foretold, and everything else must be accepted. The other way round, a process binds what a
container publishes exactly when `kportscan ADDRESS:PORT` finds nobody.
"""

import itertools
import json
import os
import subprocess

import harness

IPV4, IPV6 = "192.0.2.1", "2001:db8::1"  # added to the loopback of the engine's namespace
PUBLISHED = ["", "0.0.0.0", "::", "127.0.0.1", "127.0.0.2", "::1", IPV4, IPV6]
# Sockets of processes: an address as mkport takes it, and its flag.
BOUND = [("0.0.0.0", ""), ("127.0.0.1", ""), ("127.0.0.2", ""), ("::", ",v6only=0"), ("::", ",v6only=1"), ("::1", ""),
         ("::ffff:127.0.0.1", ""), (IPV4, ""), (IPV6, "")]


def literal(address):
    return f"[{address}]" if ":" in address else address


class Matrix:
    def __init__(self, engine, kportscan, mkport):
        self.engine, self.kportscan, self.mkport = engine, kportscan, mkport
        self.cells, self.faults, self.words = 0, [], 0

    def ask(self, cells, protocol):
        """-> {port: finding} for a project with a service for each cell."""
        folder = os.path.join(self.engine.folder, "matrix")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write("services:\n")
            for port, (_, address) in cells.items():
                host = literal(address) + ":" if address else ""
                file.write(f'  s{port}: {{image: {harness.IMAGE}, ports: ["{host}{port}:80/{protocol}"]}}\n')
        done = subprocess.run([*self.engine.entry(), self.kportscan, "-o", "json"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, env=self.engine.environment())
        if done.returncode not in (0, 1):
            raise RuntimeError(f"exit {done.returncode}: {done.stderr}")
        found = {}
        for finding in json.loads(done.stdout)["findings"]:
            if finding["severity"] == "error":
                port = finding["port"]["first"]
                if port in found:
                    self.faults.append(f"{cells[port]}: said twice: {finding['message']}")
                found[port] = finding
        return found

    def decide(self, title, rule, cells, protocol):
        """Lets the engine judge what kportscan said of cells {port: (held at, wanted at)}."""
        found = self.ask(cells, protocol)
        self.cells += len(cells)
        free = {port: cell for port, cell in cells.items() if port not in found}
        binding = lambda port: (cells[port][1], port, port % 1000 + 1, protocol)
        # all that is free goes into one container; only when that fails each is tried alone
        if free and self.engine.start_publishing([binding(port) for port in free]):
            for port, cell in free.items():
                failure = self.engine.start_publishing([binding(port)])
                if failure:
                    self.faults.append(f"{title}: held at {cell[0]}, wanted at {cell[1]!r}: nothing said, {failure}")
        for port, finding in found.items():
            failure = self.engine.start_publishing([binding(port)])
            cell = f"{title}: held at {cells[port][0]}, wanted at {cells[port][1]!r}"
            if not failure:
                self.faults.append(f"{cell}: it starts, and was said to fail: {finding['message']}")
            elif finding["rule"] != rule:
                self.faults.append(f"{cell}: {finding['rule']} instead of {rule}")
            elif not finding.get("up_error") or not harness.is_foretold(finding["up_error"], failure, self.engine.major):
                self.faults.append(f"{cell}: foretold {finding.get('up_error')!r}, the engine said: {failure}")
            else:
                self.words += 1

    def container_first(self, protocol, base):
        cells = {base + i: pair for i, pair in enumerate(itertools.product(PUBLISHED, PUBLISHED))}
        failure = self.engine.start_publishing([(held, port, port % 1000 + 1, protocol)
                                                for port, (held, _) in cells.items()], command=())
        if failure:
            raise RuntimeError(failure)
        self.decide(f"{protocol}, container, container", "KP302", cells, protocol)
        if protocol == "tcp":
            self.processes_after(base)
        self.engine.clear()

    def process_first(self, protocol, base):
        cells = {base + i: pair for i, pair in enumerate(itertools.product(BOUND, PUBLISHED))}
        specs = [f"{protocol},{held[0]},{port}{held[1]}" for port, (held, _) in cells.items()]
        with harness.Sockets(self.mkport, self.engine.entry(), *specs):
            self.decide(f"{protocol}, process, container", "KP301", cells, protocol)
        self.engine.clear()

    def processes_after(self, base):
        """Processes bind where the containers of container_first publish, on the first port of each address."""
        for row, published in enumerate(PUBLISHED):
            port = base + row * len(PUBLISHED)
            for address, flag in BOUND:
                is_dual = flag == ",v6only=0"
                plain = address.removeprefix("::ffff:")
                question = str(port) if is_dual else f"{literal(plain)}:{port}"
                asked = subprocess.run([*self.engine.entry(), self.kportscan, "-qq", question], check=False,
                                       env=self.engine.environment()).returncode
                bound = subprocess.run([*self.engine.entry(), self.mkport, f"tcp,{address},{port}{flag}"], check=False,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.cells += 1
                if (asked == 0) != (bound.returncode != 0):
                    self.faults.append(f"container at {published!r}, then process at {address}{flag}: '{question}' exits "
                                       f"with {asked}, the bind {'succeeds' if bound.returncode == 0 else 'fails'}")


def scenario(name, tools, kportscan, mkport):
    with harness.Engine(name, tools) as engine:
        engine.inside("ip", "address", "add", IPV4 + "/32", "dev", "lo")
        engine.inside("ip", "address", "add", IPV6 + "/128", "dev", "lo", "nodad")
        matrix = Matrix(engine, os.path.abspath(kportscan), os.path.abspath(mkport))
        for i, protocol in enumerate(("tcp", "udp")):
            matrix.container_first(protocol, 21000 + 200 * i)
            matrix.process_first(protocol, 21100 + 200 * i)
        print(f"{matrix.cells} pairs, {len(matrix.faults)} verdicts differ; {matrix.words} errors were foretold as the "
              "engine said them")
        return matrix.faults


if __name__ == "__main__":
    harness.main(scenario)
