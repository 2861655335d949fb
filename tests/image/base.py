"""A base image without a registry: a root file system made of this machine's own Debian packages.

It holds the packages that the Dockerfile would install, and everything that they depend on, as they are installed here.
So the build in it needs no network, and what is built is what a fresh Debian would give.
"""

import glob
import os
import re
import subprocess
import tarfile

FOLDERS = ("bin", "sbin", "lib", "lib64")  # links to below /usr, which no package owns
MADE = ("/etc/alternatives", "/etc/alternatives/*", "/etc/ssl/certs/ca-certificates.crt", "/etc/passwd", "/etc/group",
        "/etc/debian_version", "/etc/ld.so.conf", "/etc/ld.so.conf.d/*", "/etc/ld.so.cache")


def installed():
    """name -> the names it depends on, each a list of alternatives, and who provides what."""
    fields = "${Package}\t${db:Status-Status}\t${Essential}\t${Pre-Depends}\t${Depends}\t${Provides}\n"
    listing = subprocess.run(["dpkg-query", "-W", "-f", fields], stdout=subprocess.PIPE, text=True, check=True).stdout
    packages, providers, essential = {}, {}, set()
    for line in listing.splitlines():
        name, status, is_essential, before, depends, provides = line.split("\t")
        if status != "installed":
            continue
        wishes = [part for part in f"{before},{depends}".split(",") if part.strip()]
        packages[name] = [[re.split(r"[ :(]", choice.strip())[0] for choice in wish.split("|")] for wish in wishes]
        for provided in [name, *provides.split(",")]:
            providers.setdefault(re.split(r"[ :(]", provided.strip())[0], name)
        if is_essential == "yes":
            essential.add(name)
    return packages, providers, essential


def closure(wanted):
    """The installed packages that `wanted` need, the essential ones included; None when one of `wanted` is missing."""
    packages, providers, todo = installed()
    if not all(name in packages for name in wanted):
        return None
    todo = list(todo) + list(wanted)
    done = set()
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done.add(name)
        for choices in packages[name]:
            todo.extend(providers[choice] for choice in choices[:1] if choice in providers)
            if choices[0] not in providers:
                todo.extend(providers[choice] for choice in choices if choice in providers)
    return sorted(done)


def alternatives():
    """The links into /etc/alternatives (cc, awk …) that update-alternatives made and no package owns."""
    for folder in ("/usr/bin", "/usr/sbin"):
        for path in glob.glob(folder + "/*"):
            if os.path.islink(path) and os.readlink(path).startswith("/etc/alternatives/"):
                yield path


def files(packages):
    listing = subprocess.run(["dpkg", "-L", *packages], stdout=subprocess.PIPE, text=True, check=True).stdout
    keep = {path for path in listing.splitlines() if path.startswith("/") and path != "/."}
    keep = {path for path in keep if not path.startswith(("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/"))}
    return keep | {path for pattern in MADE for path in glob.glob(pattern)} | set(alternatives())


def write(packages, stream):
    """The root file system of `packages` as a tar archive to `stream`."""
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for folder in FOLDERS:
            if os.path.islink("/" + folder):
                tar.add("/" + folder, folder)
        seen = set()
        for path in sorted(files(packages)):
            # /bin/sh is /usr/bin/sh: the links above come first, and nothing may be unpacked in their place
            path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
            if path.lstrip("/") in FOLDERS or path in seen or not os.path.lexists(path):
                continue
            seen.add(path)
            tar.add(path, path.lstrip("/"), recursive=False)
