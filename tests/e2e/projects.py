"""Small Compose projects whose `up` the real engine decides."""

ADDRESSES = ["8080", "0.0.0.0:8080", "[::]:8080", "127.0.0.1:8080", "127.0.0.2:8080", "[::1]:8080"]
BIND_TO_LOOPBACK = "networks: {n: {driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}}\n"


def service(*ports, **keys):
    """The body of a service: ports as YAML flow values, other keys as YAML text."""
    lines = ["image: IMAGE"]
    lines += [f"{key}: {value}" for key, value in keys.items()]
    if ports:
        lines.append(f"ports: [{', '.join(ports)}]")
    return "{" + ", ".join(lines) + "}"


def project(tail="", **services):
    return "services:\n" + "".join(f"  {name}: {body}\n" for name, body in services.items()) + tail


def short(text):
    return f'"{text}"'


def address_pairs():
    for first in ADDRESSES:
        for second in ADDRESSES:
            yield (f"{first} beside {second}",
                   project(a=service(short(first + ":80")), b=service(short(second + ":81"), depends_on="[a]")))


def all_projects():
    web = service('"8080:80"')
    yield from address_pairs()
    yield "tcp beside udp", project(a=web, b=service('"8080:80/udp"'))
    yield "udp twice", project(a=service('"8080:80/udp"'), b=service('"8080:81/udp"'))
    yield "a protocol in capitals", project(a=service('{target: 80, published: "8080", protocol: UDP}'),
                                            b=service('"8080:80/udp"'))
    yield "one service, two targets", project(a=service('"8080:80"', '"8080:81"'))
    yield "one service, every address and one", project(a=service('"8080:80"', '"127.0.0.1:8080:80"'))
    yield "one service, one wildcard a family", project(a=service('"0.0.0.0:8080:80"', '"[::]:8080:80"'))
    yield "the same entry twice", project(a=service('"8080:80"', '"8080:80/tcp"'))
    yield "a number and a text", project(a=service('"8080:80"', "{target: 80, published: 8080}"))
    yield "text in both syntaxes", project(a=service('"8080:80"', '{target: 80, published: "8080"}'))
    yield "replicas on one port", project(a=service('"8080:80"', deploy="{replicas: 2}"))
    yield "replicas on a range", project(a=service('"8080-8081:80"', deploy="{replicas: 2}"))
    yield "more replicas than ports", project(a=service('"8080-8081:80"', deploy="{replicas: 3}"))
    yield "no replicas", project(a=service('"8080:80"', deploy="{replicas: 0}"), b=web)
    yield "ranges that overlap", project(a=service('"8080-8085:80-85"'), b=service('"8085:80"'))
    yield "ranges that touch", project(a=service('"8080-8085:80-85"'), b=service('"8086:80"'))
    yield "three for two ports", project(**{name: service('"8080-8081:80"') for name in "abc"})
    yield "two for two ports", project(**{name: service('"8080-8081:80"') for name in "ab"})
    yield "ports in another's network", project(a=service(), b=service('"8080:80"', network_mode='"service:a"'))
    yield "expose in another's network", project(a=service(), b=service(network_mode='"service:a"', expose='["80"]'))
    yield "ports on the host's network", project(a=service('"8080:80"', network_mode="host"), b=web)
    yield "ports without a network", project(a=service('"8080:80"', network_mode="none"), b=web)
    yield "ports on an internal network", project("networks: {n: {internal: true}}\n",
                                                  a=service('"8080:80"', networks="[n]"), b=web)
    yield "a bridge bound elsewhere", project(BIND_TO_LOOPBACK, a=service('"8080:80"', networks="[n]"),
                                              b=service('"127.0.0.2:8080:81"'))
    yield "a bridge bound to the same", project(BIND_TO_LOOPBACK, a=service('"8080:80"', networks="[n]"),
                                                b=service('"127.0.0.1:8080:81"'))
    yield "published nonsense", project(a=service("{target: 80, published: abc}"))
    yield "published with a protocol", project(a=service('{target: 80, published: "8080/udp"}'))
    yield "published above the limit", project(a=service("{target: 80, published: 70000}"))
    yield "a target above the limit", project(a=service("{target: 70000, published: 8080}"))
    yield "a target of 0", project(a=service("{target: 0, published: 8080}"))
    yield "a protocol without ports", project(a=service("{target: 80, published: 8080, protocol: icmp}"))


def projects(image):
    """Pairs of what a project is about and its compose.yaml."""
    for why, text in all_projects():
        yield why, text.replace("IMAGE", image)
