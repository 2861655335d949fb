#!/usr/bin/env python3
"""usage: test_faults.py KPORTSCAN - pipes that close, full disks, signals, FIFOs, mounts, files of others, secrets."""

import fcntl
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import termios
import time

PROGRAM = os.path.abspath(sys.argv[1])
CLASH = "services:\n  a: {image: x, ports: [\"8080:80\"]}\n  b: {image: x, ports: [\"8080:80\"]}\n"
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
FORMATS = ("text", "short", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown", "mermaid", "html")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(folder, *arguments, **options):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
                          check=False, **options)


def check_closed_pipe(folder):
    write(f"{folder}/compose.yaml", CLASH)
    for arguments in (["--help"], ["--list-rules"], *(["--lint", "-o", name] for name in FORMATS)):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([PROGRAM, *arguments], cwd=folder, env=ENVIRONMENT, stdout=writer, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)
        os.close(writer)
        assert done.returncode == -signal.SIGPIPE and done.stderr == "", (arguments, done)


def check_full_disk(folder):
    write(f"{folder}/compose.yaml", CLASH)
    for name in FORMATS:
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "--lint", "-o", name], cwd=folder, env=ENVIRONMENT, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert done.returncode == 2 and "cannot write to standard output" in done.stderr, (name, done)
        done = run(folder, "--lint", "-o", f"{name}=/dev/full")
        assert done.returncode == 2 and "cannot write '/dev/full'" in done.stderr, (name, done)


def check_signal(folder):
    """A signal while a file is written leaves no temporary file behind."""
    lines = [f"  s{i}: {{image: x, ports: [\"{1024 + i // 2}:80\"]}}\n" for i in range(20000)]
    write(f"{folder}/compose.yaml", "services:\n" + "".join(lines))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with subprocess.Popen([PROGRAM, "--lint", "-o", "sarif=out.sarif"], cwd=folder, env=ENVIRONMENT,
                              stderr=subprocess.DEVNULL) as child:
            while child.poll() is None and not glob.glob(f"{folder}/out.sarif.*"):
                time.sleep(0.001)
            assert child.poll() is None, "the report was written before a signal could be sent"
            child.send_signal(number)
            assert child.wait(60) == -number, child.returncode
        assert os.listdir(folder) == ["compose.yaml"], os.listdir(folder)


def check_fifos(folder):
    """A FIFO or device that a file names is refused, also with a writer who never writes; a FIFO that the user names is read."""
    write(f"{folder}/compose.yaml", "include: [fifo.yaml]\n" + CLASH)
    write(f"{folder}/env.yaml", "services:\n  a: {image: x, env_file: [fifo.yaml], ports: [\"8080:80\"]}\n")
    os.mkfifo(f"{folder}/fifo.yaml")
    writer = os.open(f"{folder}/fifo.yaml", os.O_RDWR)
    done = run(folder, "--lint", "compose.yaml")
    assert done.returncode == 2 and "it is not a regular file" in done.stdout, done
    done = run(folder, "--lint", ".")
    assert done.returncode == 2, done
    os.close(writer)
    write(f"{folder}/.env", "P=8080\n")
    write(f"{folder}/null.yaml", "services: {a: {image: x, env_file: /dev/null, ports: ['${P:-8081}:80', '8081:81']}}\n")
    for arguments, code in ([], 0), (["--env-file", "/dev/null"], 1), (["--env-file", "/dev/zero"], 2):
        done = run(folder, "--lint", "-f", "null.yaml", *arguments)
        assert done.returncode == code, (arguments, done)  # /dev/null is an empty file, and no .env is read beside it
    for arguments in (["fifo.yaml"], ["-f", "fifo.yaml"]):
        with subprocess.Popen([PROGRAM, "--lint", *arguments], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
                              text=True) as child:
            writer = os.open(f"{folder}/fifo.yaml", os.O_RDWR)
            os.write(writer, CLASH.encode())
            while child.poll() is None and any(fcntl.ioctl(writer, termios.FIONREAD, b"\0\0\0\0")):
                time.sleep(0.01)  # until the child has the FIFO open
            os.close(writer)
            assert "host port 8080" in child.communicate(timeout=60)[0], (arguments, child.returncode)
            assert child.returncode == 1


def check_mounts(folder):
    """A walk leaves /proc alone and names other file systems."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        print("not checked: mounts, which need more rights, and a root that is a mount")
        return
    write(f"{folder}/top/compose.yaml", CLASH)
    os.makedirs(f"{folder}/top/other")
    os.makedirs(f"{folder}/top/made-up")
    script = f"""mount -t tmpfs none {folder}/top/other && mount -t proc none {folder}/top/made-up || exit 77
cp {folder}/top/compose.yaml {folder}/top/other/ && exec {PROGRAM} --lint -o json {folder}/top"""
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode == 77:
        print("not checked: mounts, which need more rights")
        return
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["summary"]["inputs"] == 1, done.stdout
    messages = [f["message"] for f in report["findings"] if f["rule"] == "KP907"]
    assert messages == [f"'{folder}/top/other' was not looked into: it is on another file system"], messages


def check_foreign_settings(folder):
    if os.geteuid() != 0:
        print("not checked: settings of another user, which only root can make")
        return
    inner = f"{folder}/parent/project"
    write(f"{inner}/compose.yaml", CLASH)
    write(f"{folder}/parent/.kportscan.yaml", "rules: {KP101: off}\n")
    assert run(inner, "--lint").returncode == 0  # the settings of this user apply
    os.chown(f"{folder}/parent/.kportscan.yaml", 12345, 12345)
    done = run(inner, "--lint")
    assert done.returncode == 1 and "belong to another user and are not applied" in done.stderr, done
    assert run(inner, "--lint", "--config", "../.kportscan.yaml").returncode == 0
    assert run(inner, "--lint", "--no-config").stderr == ""
    for path in (f"{folder}/parent", inner):  # a checkout that belongs to another user as a whole
        os.chown(path, 12345, 12345)
    assert run(inner, "--lint").returncode == 0


def check_secrets():
    listener = "import socket, time; s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1], flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", listener, "--password=hunter2", "--verbose"], stdout=subprocess.PIPE,
                          text=True) as child:
        try:
            port = child.stdout.readline().strip()
            for arguments, wanted in ((["--host", "-o", "text", port], "--password=*** --verbose"),
                                      (["--host", "-o", "json", port], "--password=*** --verbose"),
                                      (["--host", "-o", "text", "--full-cmdline", port], "--password=hunter2")):
                done = run("/", "--no-docker", *arguments)
                if "--password" not in done.stdout:
                    print("not checked: secrets, as this user may not see command lines here")
                    return
                assert wanted in done.stdout, done
                assert ("hunter2" in done.stdout) == ("--full-cmdline" in arguments), done
        finally:
            child.kill()


def main():
    checks = (check_closed_pipe, check_full_disk, check_signal, check_fifos, check_mounts, check_foreign_settings)
    for check in checks:
        with tempfile.TemporaryDirectory() as folder:
            check(os.path.realpath(folder))
    check_secrets()
    print(f"faults: {len(checks) + 1} checks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
