#!/usr/bin/env python3
"""manifests/seccomp/lint.json, enforced: the program checks files under it, and nothing else can be done.

usage: seccomp.py KPORTSCAN

The rules become a filter of the kernel as container engines make it: a call that no rule allows fails with EPERM.
"""

import ctypes
import json
import os
import re
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILE = os.path.join(ROOT, "manifests/seccomp/lint.json")
EXAMPLES = ("manifests/examples/compose", "manifests/examples/kubernetes", "manifests/examples/units")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NO_NEW_PRIVS, SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, EQUAL, MASK, RETURN = 0x20, 0x15, 0x54, 0x06  # instructions of classic BPF
ALLOW, FAIL = 0x7FFF0000, 0x00050001


def numbers():
    """The numbers of this machine's system calls, as the C compiler knows them."""
    text = subprocess.run(["cc", "-E", "-dM", "-x", "c", "-"], input="#include <sys/syscall.h>\n", text=True,
                          capture_output=True, check=True).stdout
    return {name: int(number) for name, number in re.findall(r"^#define __NR_(\w+) (\d+)$", text, re.M)}


def step(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def conditions(rule):
    """-> instructions that go on behind them when an argument fits, and skip the "allow" otherwise."""
    made = b""
    [argument] = rule.get("args") or [None]
    if argument:
        made += step(LOAD, 16 + 8 * argument["index"])  # the low half of the argument
        if argument["op"] == "SCMP_CMP_MASKED_EQ":
            made += step(MASK, argument["value"]) + step(EQUAL, argument["valueTwo"], 0, 1)
        else:
            assert argument["op"] == "SCMP_CMP_EQ", argument
            made += step(EQUAL, argument["value"], 0, 1)
    return made + step(RETURN, ALLOW)


def compile_profile(profile, known):
    code = step(LOAD, 4) + step(EQUAL, ARCHITECTURES[os.uname().machine], 1, 0) + step(RETURN, FAIL)
    for rule in profile["syscalls"]:
        assert rule["action"] == "SCMP_ACT_ALLOW", rule
        for name in rule["names"]:
            if name in known:  # the other architecture has others
                body = conditions(rule)
                code += step(LOAD, 0) + step(EQUAL, known[name], 0, len(body) // 8) + body
    return code + step(RETURN, FAIL)


def confine(code):
    """A function that sets the filter in a new process."""
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
    program = Program(len(code) // 8, code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def enter():
        if prctl(NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0):
            os._exit(99)
    return enter


def check_example(program, folder, enter):
    def read(name):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    done = subprocess.run([program, "--lint", "-o", "short", *read("cmd").split()], cwd=folder, text=True,
                          capture_output=True, check=False, preexec_fn=enter, stdin=subprocess.DEVNULL,
                          env={"NO_COLOR": "1"})
    if (done.stdout, done.returncode) != (read("expected.short"), int(read("expected.exit"))):
        return [f"{folder} under the profile: exit {done.returncode} {done.stdout}{done.stderr}"]
    return []


def check_denials(known, profile, enter):
    """A file to be written, a second program, a socket: each is refused."""
    faults = [f"the profile allows {name}" for name in ("socket", "connect", "clone", "clone3", "fork", "vfork", "ptrace",
                                                        "unlink", "rename", "mount", "openat2", "io_uring_setup", "creat")
              if any(name in rule["names"] for rule in profile["syscalls"])]
    for words in ("echo x >made-by-the-test", "/bin/true; /bin/true"):
        done = subprocess.run(["/bin/sh", "-c", words], cwd=os.path.dirname(PROFILE), capture_output=True, check=False,
                              preexec_fn=enter)
        if done.returncode in (0, 99):
            faults.append(f"sh -c '{words}' ends with {done.returncode} under the profile")
    return faults


def check(program):
    """-> what is wrong; None where no filter can be set here."""
    with open(PROFILE, encoding="utf-8") as file:
        profile = json.load(file)
    if profile["defaultAction"] != "SCMP_ACT_ERRNO":
        return ["the profile allows what it does not name"]
    known = numbers()
    enter = confine(compile_profile(profile, known))
    if subprocess.run([program, "--version"], capture_output=True, check=False, preexec_fn=enter).returncode == 99:
        return None
    faults = check_denials(known, profile, enter)
    for examples in EXAMPLES:
        folder = os.path.join(ROOT, examples)
        for name in sorted(os.listdir(folder)):
            case = os.path.join(folder, name)
            if os.path.isfile(os.path.join(case, "cmd")) and not {"stdin", "env", "setup.sh"} & set(os.listdir(case)):
                faults += check_example(os.path.abspath(program), case, enter)
    return faults


def main():
    faults = check(sys.argv[1])
    if faults is None:
        print("SKIP: no filter of system calls can be set here")
        return 77
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
