"""The packages: what is in them, what lintian says, and that the same sources give the same bytes.

usage: test_package.py ROOT

The sources are copied to two folders of different depth, which git does not know, and built and packed there, the
second time with another umask, time zone, language, number of jobs and file times. Exit 77: a program is missing.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

EPOCH = 1_700_000_000
BINARY_LIMIT = 900_000  # bytes, stripped
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


def pack(folder, umask, **environment):
    """What './dev package' makes, in a folder where everything is built from nothing."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), **environment}
    run("./dev", "package", cwd=folder, env=env, preexec_fn=lambda: os.umask(umask))
    packages = os.path.join(folder, "build/release/package")
    made = {name: os.path.join(packages, name) for name in os.listdir(packages)
            if name.endswith((".deb", ".tar.gz", ".tar.xz"))}
    made["kportscan"] = os.path.join(folder, "build/release/cmd/kportscan/kportscan")
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
    expect(size < BINARY_LIMIT, f"the stripped program has {size} bytes, the limit is {BINARY_LIMIT}")
    with open(program, "rb") as file:
        expect(source_folder.encode() not in file.read(), "the program names the folder it was built in")
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))
    expect(all(name.startswith(("libc.", "libyaml-", "libjansson.")) for name in needed), f"linked with {needed}")
    example = os.path.join(root, "manifests/examples/compose/services-clash")
    done = subprocess.run([program, "--lint", "-o", "short", "compose.yaml"], cwd=example, capture_output=True,
                          text=True, check=False)
    expect(done.returncode == 1 and "KP101" in done.stdout, f"the packed program: {done.returncode} {done.stdout}")


def check_archive(path):
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    top = os.path.basename(path).removesuffix(".tar.gz").removesuffix(".tar.xz")
    names = [member.name for member in members]
    expect(all(name == top or name.startswith(top + "/") for name in names), f"{path}: files outside {top}/")
    for name in ("bin/kportscan", "share/doc/kportscan/LICENSE", "share/doc/kportscan/README.md"):
        expect(f"{top}/{name}" in names, f"{path} lacks {name}")
    expect({(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, EPOCH)},
           f"{path}: owners or times of the build")
    expect({oct(member.mode) for member in members} <= {"0o755", "0o644"}, f"{path}: the modes of somebody's umask")


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
        second = pack(folders[1], 0o077, TZ="Asia/Kolkata", LC_ALL="C.UTF-8", CMAKE_BUILD_PARALLEL_LEVEL="1")
        check_same(first, second)
        check_binary(check_deb(root, only(first, ".deb"), work), work, root)
        check_archive(only(first, ".tar.gz"))
        check_archive(only(first, ".tar.xz"))
        check_lintian(root, only(first, ".deb"))
    for fault in FAULTS:
        print("FAULT:", fault)
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
