#!/usr/bin/env python3
"""Golden cases: folders with inputs, a command line, and what kportscan prints for it.

usage: run.py [--bless | --memcheck] KPORTSCAN FOLDER [CASE...]

FOLDER/CASE holds the inputs and
  cmd              the arguments, as a shell would split them; "--lint" goes before them
  machine          optional: an empty file that leaves the "--lint" away
  engine           optional: the name of a folder of tests/engines and faults, as support/fake_engine.py takes them; it
                   answers at DOCKER_HOST, "--lint" is left away, and the machine's own sockets are not looked at
  env              optional: NAME=VALUE lines, all that is in the environment beside the terminal's settings
  stdin            optional: what comes in on standard input
  setup.sh         optional: makes inputs that are too big or too odd to keep, in the case's copy
  README           optional: what must be seen here and why
  expected.txt, expected.short, expected.json, expected.exit
Each case runs in a copy of its folder, once a format. --bless writes what was printed; the difference of the expected
files is then the change to review. A missing expectation is a failure, and so are more than SECONDS or MEGABYTES.
--memcheck runs each under valgrind: an invalid access, a value that was never set or a lost block is a failure as well.
"""

import argparse
import concurrent.futures
import contextlib
import difflib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

FORMATS = {"text": "expected.txt", "short": "expected.short", "json": "expected.json"}
EXIT = "expected.exit"
OURS = {"cmd", "engine", "env", "machine", "stdin", "setup.sh", "README", EXIT, *FORMATS.values()}
# With sanitizers a run takes several times as long and as much memory as without.
SECONDS = 30
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOCKET = "engine.sock"
MEGABYTES = 1500
# A block that is still reachable at the end is no fault: the arena of the run goes with the process.
MEMCHECK = [shutil.which("valgrind"), "--quiet", "--error-exitcode=97", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]
MEMCHECK_SECONDS = 300


def read(path, default=None):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return default


def environment_of(folder):
    environment = {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "80", "ASAN_OPTIONS": "exitcode=99",
                   "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1"}
    for line in read(os.path.join(folder, "env"), b"").decode().splitlines():
        name, _, value = line.partition("=")
        environment[name] = value
    return environment


def copy_inputs(folder, copy):
    shutil.copytree(folder, copy, symlinks=True, ignore=lambda at, names: OURS & set(names) if at == folder else ())
    setup = os.path.join(folder, "setup.sh")
    if os.path.exists(setup):
        subprocess.run(["sh", os.path.abspath(setup)], cwd=copy, check=True, timeout=60)


def run_once(command, cwd, environment, stdin, seconds=SECONDS):
    """-> (stdout, exit code, complaint about time, memory or a crash)"""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as into:
        into.write(stdin)
        into.seek(0)
        child = subprocess.Popen(command, cwd=cwd, env=environment, stdin=into, stdout=out, stderr=err)
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        code = child.returncode = os.waitstatus_to_exitcode(status)
        complaint = None
        if code == -signal.SIGKILL:
            complaint = f"killed: more than {seconds} s or no memory left"
        elif code not in (0, 1, 2, 3):
            err.seek(0)
            complaint = f"exit {code}\n" + err.read().decode("utf-8", "replace")[-3000:]
        elif usage.ru_maxrss > MEGABYTES * 1024:
            complaint = f"{usage.ru_maxrss // 1024} MiB of memory"
        out.seek(0)
        return out.read(), code, complaint


@contextlib.contextmanager
def engine_of(folder, copy):
    """Serves the case's engine, if it has one, at a socket in the copy. Yields what that adds to the environment."""
    words = shlex.split(read(os.path.join(folder, "engine"), b"").decode())
    if not words:
        yield {}
        return
    command = [sys.executable, os.path.join(TESTS, "support/fake_engine.py"), SOCKET,
               os.path.join(TESTS, "engines", words[0]), *words[1:]]
    with subprocess.Popen(command, cwd=copy, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as engine:
        engine.stdout.readline()
        yield {"DOCKER_HOST": "unix://" + SOCKET}
        engine.stdin.close()


def differences(name, expected, found):
    lines = difflib.unified_diff(expected.decode("utf-8", "replace").splitlines(),
                                 found.decode("utf-8", "replace").splitlines(), f"{name} (expected)",
                                 f"{name} (printed)", lineterm="")
    return list(lines) or [f"{name}: differs in bytes that are no text"]


def words_for_root(text):
    """The expectations are root's, whose commands begin without sudo."""
    return text.replace(b"help: sudo ", b"help: ").replace(b'"command": "sudo ', b'"command": "')


def arguments_of(folder):
    arguments = shlex.split(read(os.path.join(folder, "cmd"), b"").decode())
    if os.path.exists(os.path.join(folder, "engine")):
        arguments.insert(0, "--no-host")
    elif not os.path.exists(os.path.join(folder, "machine")):
        arguments.insert(0, "--lint")  # the same on every machine
    return arguments


def run_memcheck(program, folder):
    """-> lines that say what valgrind found. One run writes every format."""
    with tempfile.TemporaryDirectory() as parent:
        copy = os.path.join(parent, os.path.basename(folder))
        copy_inputs(folder, copy)
        with engine_of(folder, copy) as added:
            outputs = ["-o", "text", "-o", f"json={parent}/json", "-o", f"short={parent}/short", "-o", f"html={parent}/html"]
            _, code, complaint = run_once([*MEMCHECK, program, *outputs, *arguments_of(folder)], copy,
                                          {**environment_of(folder), **added},
                                          read(os.path.join(folder, "stdin"), b""), MEMCHECK_SECONDS)
    expected = read(os.path.join(folder, EXIT), b"").strip()
    if complaint or b"%d" % code == expected:
        return [complaint] if complaint else []
    return [f"exit {code} instead of {expected.decode()}"]


def run_case(program, folder, bless):
    """-> lines that say what is wrong; none when all is as expected."""
    arguments = arguments_of(folder)
    if not read(os.path.join(folder, "cmd"), b"").strip():
        return ["there is no cmd"]
    stdin = read(os.path.join(folder, "stdin"), b"")
    wrong = []
    found = {}
    with tempfile.TemporaryDirectory() as parent:
        copy = os.path.join(parent, os.path.basename(folder))
        copy_inputs(folder, copy)
        codes = []
        with engine_of(folder, copy) as added:
            for fmt, name in FORMATS.items():
                text, code, complaint = run_once([program, "-o", fmt, *arguments], copy,
                                                 {**environment_of(folder), **added}, stdin)
                found[name] = text if os.geteuid() == 0 else words_for_root(text)
                codes.append(code)
                if complaint:
                    wrong.append(f"-o {fmt}: {complaint}")
    if len(set(codes)) != 1:
        wrong.append(f"the exit code depends on the format: {codes}")
    found[EXIT] = b"%d\n" % codes[0]
    for name, text in found.items():
        path = os.path.join(folder, name)
        expected = read(path)
        if bless and not wrong:
            if expected != text:
                with open(path, "wb") as file:
                    file.write(text)
        elif expected is None:
            wrong.append(f"{name} is missing")
        elif expected != text:
            wrong.extend(differences(name, expected, text))
    return wrong


def main():
    parser = argparse.ArgumentParser(description="golden cases; see the head of this file")
    parser.add_argument("--bless", action="store_true", help="write the expectations")
    parser.add_argument("--memcheck", action="store_true", help="run under valgrind")
    parser.add_argument("kportscan")
    parser.add_argument("folder")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    if options.memcheck and not MEMCHECK[0]:
        print("SKIP: valgrind is missing")
        return 77
    program = os.path.abspath(options.kportscan)
    names = options.cases or sorted(os.listdir(options.folder))
    folders = [os.path.join(os.path.abspath(options.folder), name) for name in names]
    folders = [folder for folder in folders if os.path.isdir(folder)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda folder: run_memcheck(program, folder) if options.memcheck else
                           run_case(program, folder, options.bless), folders)
        for folder, wrong in zip(folders, results):
            if wrong:
                failed += 1
                print(f"{os.path.basename(folder)}: FAILED", *wrong, sep="\n    ")
    print(f"{len(folders) - failed} of {len(folders)} cases {'blessed' if options.bless else 'as expected'}")
    return 1 if failed or not folders else 0


if __name__ == "__main__":
    sys.exit(main())
