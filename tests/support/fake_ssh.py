#!/usr/bin/env python3
"""A program to be called `ssh`: writes down how it was started, then plays a recorded role (spec ssh-engines §3).

Environment: FAKE_SSH_LOG, a file that gets a line of JSON for each start; FAKE_SSH_ROLE, one of
  shell        runs the command in a shell of this machine, as the real thing does on the other one
  exit:N:TEXT  prints TEXT on standard error and ends with N ("\\n" and the like are escapes)
  noise:TEXT   prints TEXT on standard output, then as `shell`
  by-host:NAME as `shell` for the host NAME; another host cannot be reached
  forced       runs `docker system dial-stdio`, whatever the command (a restricted key)
  no-proc      as `shell` on a machine without /proc
  no-docker    as `shell` on a machine without docker
  tables:TEXT  prints TEXT for ever
  silent       reads nothing, says nothing, stays
  deaf         the same, and SIGTERM does not end it; a child of it stays as well
  endless      prints x for ever, without a line end
  chatty       prints lines on standard error for ever
  http:TEXT    prints TEXT on standard output and ends
"""

import json
import os
import signal
import subprocess
import sys
import time


def log():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
        has_terminal = True
    except OSError:
        has_terminal = False
    line = {"argv": sys.argv[1:], "leads_session": os.getsid(0) == os.getpid(), "has_terminal": has_terminal,
            "pid": os.getpid()}
    with open(os.environ["FAKE_SSH_LOG"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def unescaped(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def main():
    role, _, text = os.environ["FAKE_SSH_ROLE"].partition(":")
    log()
    if role == "noise":
        os.write(1, unescaped(text))
        role = "shell"
    if role == "by-host":
        if sys.argv[-2] != text:
            os.write(2, b"ssh: no route\n")
            sys.exit(255)
        role = "shell"
    if role == "forced":
        os.execvp("docker", ["docker", "system", "dial-stdio"])
    if role == "no-proc":
        sys.argv[-1] = sys.argv[-1].replace("/proc/", "/nonexistent/")
    if role == "no-docker":
        sys.argv[-1] = sys.argv[-1].replace("docker ", "no-docker-here ")
    while role == "tables":
        os.write(1, unescaped(text) * 1000)
    if role in ("shell", "no-proc", "no-docker"):
        os.execv("/bin/sh", ["sh", "-c", sys.argv[-1]])
    if role == "exit":
        code, _, words = text.partition(":")
        os.write(2, unescaped(words))
        sys.exit(int(code))
    if role == "http":
        os.write(1, unescaped(text))
        return
    if role == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with subprocess.Popen(["sleep", "300"]) as child:
            with open(os.environ["FAKE_SSH_LOG"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"child": child.pid}) + "\n")
    while role in ("endless", "chatty"):
        os.write(1 if role == "endless" else 2, b"x" * 65536 if role == "endless" else b"debug1: line\r\n" * 1000)
    time.sleep(300)


if __name__ == "__main__":
    main()
