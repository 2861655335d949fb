"""The packages of a release: their content, the words of lintian, and the same bytes from the same sources.

usage: test_package.py ROOT

The sources are copied to two folders of different depth, which git does not know, and built and packed there, the
second time with another umask, time zone, language, number of jobs and file times. The static programs and the npm
package are run; where a program is missing for one of them, the test says so. Exit 77: no package can be made.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import seccomp

EPOCH = 1_700_000_000
# A page of code is 4,096 bytes: the size grows and shrinks in such steps.
BINARY_LIMIT = 900_000  # bytes, stripped: the most
STATIC_LIMIT = 1_200_000  # bytes of a static program
FAULTS = []


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def project_files(root):
    script = f". '{root}/tests/lint/files.sh' && project_files '{root}'"
    return [name for name in run("sh", "-c", script).splitlines() if not name.startswith(("tests/", "docs/"))]


def copy(root, target):
    """What is built and packed, without the tests, and always without git."""
    for name in project_files(root):
        place = os.path.join(target, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(os.path.join(root, name), place)
        os.chmod(place, 0o755 if os.access(os.path.join(root, name), os.X_OK) else 0o644)


def pack(folder, umask, sources=None, **environment):
    """The files that './dev package' makes, in a folder where everything is built from nothing."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), **environment}
    static = os.path.join(folder, "build/static")
    if sources and os.path.isdir(sources):
        shutil.copytree(sources, os.path.join(static, "sources"), symlinks=True)
    run("./dev", "package", cwd=folder, env=env, preexec_fn=lambda: os.umask(umask))
    packages = os.path.join(folder, "build/package")
    made = {name: os.path.join(packages, name) for name in os.listdir(packages)}
    made["kportscan"] = os.path.join(folder, "build/release/cmd/kportscan/kportscan")
    made |= {name: os.path.join(static, name) for name in os.listdir(static) if name.startswith("kportscan-")}
    return made


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def only(made, suffix):
    found = [path for name, path in made.items() if name.endswith(suffix)]
    expect(len(found) == 1, f"not one {suffix}: {sorted(made)}")
    return found[0]


def check_same(first, second):
    expect(first.keys() == second.keys(), f"other packages: {sorted(first)} and {sorted(second)}")
    for name in sorted(first.keys() & second.keys()):
        same = digest(first[name]) == digest(second[name])
        print(f"{'same' if same else 'DIFFERS'}: {name}, {os.path.getsize(first[name])} bytes")
        expect(same, f"{name} differs between two builds of the same sources")


def manual_pages(root):
    folder = os.path.join(root, "manifests/man")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def check_deb(root, deb, work):
    unpacked = os.path.join(work, "deb")
    run("dpkg-deb", "-x", deb, unpacked)
    doc = "usr/share/doc/kportscan/"
    wanted = ["usr/bin/kportscan", "usr/libexec/docker/cli-plugins/docker-kportscan", doc + "copyright", doc + "changelog.gz", doc + "changelog.Debian.gz"]
    wanted += [doc + "kubernetes/" + name for name in os.listdir(os.path.join(root, "manifests/kubernetes"))]
    wanted += [f"usr/share/man/man{name[-1]}/{name}.gz" for name in manual_pages(root)]
    if os.path.isdir(os.path.join(root, "manifests/completions")):
        wanted += ["usr/share/bash-completion/completions/kportscan", "usr/share/zsh/vendor-completions/_kportscan",
                   "usr/share/fish/vendor_completions.d/kportscan.fish"]
    for name in wanted:
        expect(os.path.isfile(os.path.join(unpacked, name)), f"the .deb lacks {name}")
    expect(not os.path.exists(os.path.join(unpacked, doc + "LICENSE")), "the .deb has a second copy of the licence")
    depends = run("dpkg-deb", "-f", deb, "Depends")
    for library in ("libc6", "libyaml-0-2", "libjansson4"):
        expect(library in depends, f"the .deb does not depend on {library}: {depends}")
    expect("curl" not in depends, f"libcurl is loaded when it is needed, the .deb must not depend on it: {depends}")
    expect("libcurl4" in run("dpkg-deb", "-f", deb, "Recommends"), "the .deb does not recommend libcurl4")
    return os.path.join(unpacked, "usr/bin/kportscan")


def check_binary(program, source_folder, root):
    size = os.path.getsize(program)
    print(f"the stripped program: {size} bytes, limit {BINARY_LIMIT}")
    expect(size <= BINARY_LIMIT, f"the stripped program has {size} bytes, the limit is {BINARY_LIMIT}")
    with open(program, "rb") as file:
        expect(source_folder.encode() not in file.read(), "the program names the folder it was built in")
    marks = run("readelf", "-n", program)
    expect("SHSTK" in marks or os.uname().machine != "x86_64", f"the program has no mark for a shadow stack: {marks}")
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))
    expect(all(name.startswith(("libc.", "libyaml-")) for name in needed), f"linked with {needed}")
    example = os.path.join(root, "manifests/examples/compose/services-clash")
    done = subprocess.run([program, "--lint", "-o", "short", "compose.yaml"], cwd=example, capture_output=True,
                          text=True, check=False)
    expect(done.returncode == 1 and "KP101" in done.stdout, f"the packed program: {done.returncode} {done.stdout}")
    check_confined(program)


def check_confined(program):
    """The program under manifests/seccomp/lint.json, where this machine lets anybody set a filter."""
    faults = seccomp.check(program)
    expect(not faults, f"{program}: {faults}")


def check_archive(path, work):
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        archive.extractall(work)
    top = os.path.basename(path).removesuffix(".tar.gz")
    names = [member.name for member in members]
    expect(all(name == top or name.startswith(top + "/") for name in names), f"{path}: files outside {top}/")
    for name in ("bin/kportscan", "share/doc/kportscan/LICENSE", "share/doc/kportscan/README.md"):
        expect(f"{top}/{name}" in names, f"{path} lacks {name}")
    expect({(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, EPOCH)},
           f"{path}: owners or times of the build")
    expect({oct(member.mode) for member in members} <= {"0o755", "0o644", "0o777"},
           f"{path}: the modes of somebody's umask")
    return os.path.join(work, top, "bin/kportscan")


def check_static(root, program, *runner):
    """A static program is small, needs no library and gives the answer of the example."""
    size = os.path.getsize(program)
    print(f"{os.path.basename(os.path.dirname(os.path.dirname(program)))}: {size} bytes, limit {STATIC_LIMIT}")
    expect(size <= STATIC_LIMIT, f"{program} has {size} bytes, the limit is {STATIC_LIMIT}")
    expect("NEEDED" not in run("readelf", "-d", program), f"{program} needs libraries")
    example = os.path.join(root, "manifests/examples/compose/services-clash")
    done = subprocess.run([*runner, program, "--lint", "--no-config", "-o", "short", "compose.yaml"], cwd=example,
                          capture_output=True, text=True, check=False)
    with open(os.path.join(example, "expected.short"), encoding="utf-8") as file:
        expect((done.returncode, done.stdout) == (1, file.read()), f"{program}: {done}")
    if not runner:
        check_confined(program)


def check_sums(made):
    folder = os.path.dirname(made["SHA256SUMS"])
    with open(made["SHA256SUMS"], encoding="utf-8") as file:
        listed = {line.split()[1] for line in file}
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=folder)
    packages = {name for name in os.listdir(folder) if not name.endswith(".spdx.json")} - {"SHA256SUMS"}
    expect(listed == packages, f"SHA256SUMS lists {sorted(listed)}, there are {sorted(packages)}")
    with open(only(made, ".spdx.json"), encoding="utf-8") as file:
        parts = json.load(file)
    expect({file["fileName"] for file in parts["files"]} == {"./" + name for name in packages}, "the list of parts")
    libraries = {part["name"] for part in parts["packages"]} - {"kportscan"}
    expect(libraries == {"libyaml", "jansson", "musl"}, f"the parts are {libraries}")


def check_npm(root, tarball, work):
    """Install the package without a network, and call it as npx does; elsewhere than on Linux it says where to go."""
    folder = os.path.join(work, "npm")
    os.makedirs(folder)
    run("npm", "install", "--silent", "--offline", "--no-audit", "--no-fund", "--cache", os.path.join(work, "cache"),
        tarball, cwd=folder)
    example = os.path.join(root, "manifests/examples/compose/services-clash")
    command = os.path.join(folder, "node_modules/.bin/kportscan")
    done = subprocess.run([command, "--lint", "--no-config", "-o", "short", "compose.yaml"], cwd=example,
                          capture_output=True, text=True, check=False)
    expect(done.returncode == 1 and "KP101" in done.stdout, f"the npm package: {done}")
    for platform, words in (("darwin", "docker run"), ("freebsd", "freebsd on x64")):
        script = (f"Object.defineProperty(process, 'platform', {{value: '{platform}'}});"
                  "require('./node_modules/kportscan/kportscan.js')")
        done = subprocess.run(["node", "-e", script], cwd=folder, capture_output=True, text=True, check=False)
        expect(done.returncode == 2 and words in done.stderr, f"the npm package on {platform}: {done}")


def check_lintian(root, deb):
    if not shutil.which("lintian"):
        print("SKIP: lintian is not installed")
        return
    without = [] if manual_pages(root) else ["--suppress-tags", "no-manual-page"]
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--display-info", *without, deb],
                          text=True, capture_output=True, check=False)
    print("lintian:", done.stdout.strip() or "nothing to say")
    expect(done.returncode == 0, f"lintian: exit {done.returncode}\n{done.stdout}{done.stderr}")


def main(root):
    for program in ("cmake", "cpack", "ninja", "dpkg-shlibdeps", "readelf"):
        if not shutil.which(program):
            print(f"SKIP: {program} is not installed")
            sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="kps-package-") as work:
        folders = [os.path.join(work, "a"), os.path.join(work, "another", "much", "deeper", "place")]
        for folder in folders:
            copy(root, folder)
        for parent, _, names in os.walk(folders[1]):
            for name in names:
                os.utime(os.path.join(parent, name), (EPOCH - 86400, EPOCH - 86400))
        first = pack(folders[0], 0o022, TZ="UTC", LC_ALL="C", CMAKE_BUILD_PARALLEL_LEVEL="2")
        second = pack(folders[1], 0o077, os.path.join(folders[0], "build/static/sources"), TZ="Asia/Kolkata",
                      LC_ALL="C.UTF-8", CMAKE_BUILD_PARALLEL_LEVEL="1")
        check_same(first, second)
        check_sums(first)
        check_binary(check_deb(root, only(first, "_amd64.deb"), work), work, root)
        check_lintian(root, only(first, "_amd64.deb"))
        for name, architecture, runner in (("x86_64", "amd64", []), ("aarch64", "arm64", ["qemu-aarch64"])):
            archive = [path for made, path in first.items() if made.endswith(f"-linux-{architecture}.tar.gz")]
            if not archive:
                print(f"SKIP: no compiler for {architecture}")
                continue
            if architecture == "arm64":
                check_lintian(root, only(first, "_arm64.deb"))
            if runner and not shutil.which(runner[0]):
                print(f"SKIP: {runner[0]} is not installed; the program for {name} is not run")
                continue
            check_static(root, check_archive(archive[0], work), *runner)
        packed = [path for made, path in first.items() if made.endswith(".tgz")]
        if packed and shutil.which("npm"):
            check_npm(root, packed[0], work)
        else:
            print("SKIP: the npm package needs npm and the programs of both architectures")
    for fault in FAULTS:
        print("FAULT:", fault)
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
