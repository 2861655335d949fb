"""The recipes for other packagers, linted and read by the programs of their systems as far as Debian has these.

usage: test_recipes.py KPORTSCAN ROOT

PKGBUILD: bash, shellcheck, and makepkg (Debian's package of that name), which prints what it understood. Formula: ruby,
rubocop, and formula.rb, which stands for Homebrew: it reads the formula and runs its test with the program of this build.
namcap and `brew style` are in no Debian. A missing program is said; exit 77 when none of them is there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# the variables are makepkg's, which also ends a function at the first failure
NOT_FOR_PKGBUILD = "SC2034,SC2154,SC2164"
LATE = {"libjansson"}  # not linked: loaded when JSON is read or written
# a library of the program, and its package: of Arch, of Homebrew
PACKAGES = {"libc": ("glibc", None), "libyaml-0": ("libyaml", "libyaml"), "libjansson": ("jansson", "jansson")}
FAULTS = []
RAN = []


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def lint(*command, **more):
    """Run a program whose silence is the answer. Return: its standard output; None: not installed."""
    if not shutil.which(command[0]):
        print(f"SKIP: {command[0]} is not installed")
        return None
    RAN.append(command[0])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **more)
    expect(done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def linked(program):
    """The libraries of the program without versions; those of sanitizers, which no package has, left out."""
    text = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"NEEDED.*\[(.*)\]", text)  # libyaml-0.so.2, libc.so.6, libc.musl-x86_64.so.1
    return {library for library in PACKAGES if any(re.match(library + r"[.-]", name) for name in names)}


def check_options(root, text, recipe):
    """Every option of CMake in a recipe is one of the project, or of CMake itself."""
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as file:
        ours = set(re.findall(r"^option\((\w+)", file.read(), re.M)) | {"BUILD_TESTING"}
    for name in re.findall(r"-D(\w+)=", text):
        expect(name in ours or name.startswith("CMAKE_"), f"{recipe}: the project has no option {name}")
    with open(os.path.join(root, "CMakePresets.json"), encoding="utf-8") as file:
        presets = {preset["name"] for preset in json.load(file)["configurePresets"]}
    for name in re.findall(r"--preset (\w+)", text):
        expect(name in presets, f"{recipe}: the project has no preset {name}")


def check_pkgbuild(root, version, libraries):
    path = os.path.join(root, "manifests/aur/PKGBUILD")
    with open(path, encoding="utf-8") as file:
        check_options(root, file.read(), "PKGBUILD")
    lint("bash", "-n", path)
    lint("shellcheck", "-s", "bash", "-e", NOT_FOR_PKGBUILD, path)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # makepkg refuses to run as root
        shutil.copy(path, folder)
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        text = lint("makepkg", "--printsrcinfo", cwd=folder,
                    env={"PATH": os.environ["PATH"], "HOME": folder, "PACMAN": "true"}, **user)
    if text is None:
        return
    said = {}
    for key, value in re.findall(r"^\t(\w+) = (.*)$", text, re.M):
        said.setdefault(key, []).append(value)
    expect(said.get("pkgver") == [version], f"PKGBUILD has version {said.get('pkgver')}, the project {version}")
    expect(said.get("license") == ["Apache-2.0"], f"PKGBUILD: license {said.get('license')}")
    expect(sorted(said.get("arch", [])) == ["aarch64", "x86_64"], f"PKGBUILD: {said.get('arch')}")
    wanted = {PACKAGES[library][0] for library in libraries}
    expect(set(said.get("depends", [])) == wanted, f"PKGBUILD depends on {said.get('depends')}, the program on {wanted}")
    expect(all(f"v{version}" in source for source in said.get("source", [""])), f"PKGBUILD: {said.get('source')}")


def check_formula(program, root, version, libraries):
    path = os.path.join(root, "manifests/homebrew/kportscan.rb")
    with open(path, encoding="utf-8") as file:
        check_options(root, file.read(), "the formula")
    lint("ruby", "-wc", path)
    lint("rubocop", "--config", os.path.join(HERE, "rubocop.yml"), "--cache", "false", path)
    with tempfile.TemporaryDirectory() as folder:
        text = lint("ruby", os.path.join(HERE, "formula.rb"), path, program, folder,
                    env={"PATH": os.environ["PATH"], "HOME": folder})
    if not text:
        return
    said = json.loads(text)
    # what `brew audit` wants of a description
    expect(len(said["desc"]) <= 80 and said["desc"][0].isupper() and not said["desc"].endswith(".") and
           not re.match(r"(An?|The) ", said["desc"]) and "kportscan" not in said["desc"].lower(), said["desc"])
    expect(said["url"].endswith(f"/v{version}.tar.gz"), f"the formula: {said['url']}")
    expect(said["license"] == "Apache-2.0" and said["homepage"].startswith("https://"), str(said))
    build = [name for name, kind in said["depends_on"] if kind == "build"]
    needed = [name for name, kind in said["depends_on"] if kind is None and name != "linux"]
    expect(said["depends_on"] == [[name, "build"] for name in sorted(build)] + [[name, None] for name in sorted(needed)] +
           [["linux", None]], f"the formula's dependencies, in order: {said['depends_on']}")
    wanted = {PACKAGES[library][1] for library in libraries} - {None}
    expect(set(needed) == wanted | {"curl"}, f"the formula depends on {needed}, the program on {wanted} and loads curl")
    expect([command[:2] for command in said["system"]] == [["cmake", "-S"], ["cmake", "--build"], ["cmake", "--install"]],
           f"the formula runs {said['system']}")
    expect(said["assertions"] > 0, "the formula's test asserts nothing")


def main(program, root):
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as file:
        version = re.search(r"^project\(kportscan VERSION ([0-9.]+)", file.read(), re.M).group(1)
    libraries = linked(program) | LATE
    expect(len(libraries) == len(PACKAGES), f"the program needs {libraries}")
    check_pkgbuild(root, version, libraries)
    check_formula(os.path.abspath(program), root, version, libraries)
    for fault in FAULTS:
        print(fault)
    if FAULTS:
        sys.exit(1)
    sys.exit(0 if set(RAN) - {"bash"} else 77)


main(*sys.argv[1:])
