"""--watch of lists and ports on a terminal: the screen, its marks, keys, signals and sizes; lists on a pipe; the events of
the engine in place of asking again and again."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import served_engine

PROGRAM = os.path.abspath(sys.argv.pop(1))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEIGHBOURS = os.path.join(TESTS, "engines/docker-26.1-neighbours")
SECONDS = 30
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


class Screen:
    """What a terminal shows: the sequences that the program uses, and no others."""

    def __init__(self, rows, columns):
        self.size = rows, columns
        self.clear()
        self.is_alternate = self.is_hidden = False
        self.pending = ""

    def clear(self):
        self.lines = [""] * self.size[0]
        self.row = self.column = 0

    def put(self, text):
        text = self.pending + text
        self.pending = ""
        while text:
            found = re.match(r"\x1b\[([?0-9;]*)([A-Za-z])", text)
            if found:
                self.control(*found.groups())
                text = text[found.end():]
            elif text[0] == "\x1b" and "\x1b" in text[1:]:
                text = text[text.index("\x1b", 1):]  # Ctrl-C dropped the rest of a sequence
            elif text[0] == "\x1b":
                self.pending = text
                return
            else:
                self.character(text[0])
                text = text[1:]

    def control(self, parameters, command):
        if command == "H":
            self.row = self.column = 0
        elif command == "K":
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif command == "J":
            self.lines[self.row] = self.lines[self.row][:self.column]
            self.lines[self.row + 1:] = [""] * (self.size[0] - self.row - 1)
        elif parameters == "?1049":
            self.is_alternate = command == "h"
            self.clear()
        elif parameters == "?25":
            self.is_hidden = command == "l"
        else:
            assert command == "m" or parameters == "?7", (parameters, command)

    def character(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            assert self.row + 1 < self.size[0] or not self.is_alternate, "the screen scrolls"
            if self.row + 1 < self.size[0]:
                self.row += 1
            else:
                self.lines = self.lines[1:] + [""]
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
            self.column += 1
            assert self.column <= self.size[1] or not self.is_alternate, "a line is longer than the terminal"

    def text(self):
        return "\n".join(self.lines)


class Watch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.answers = os.path.join(folder.name, "engine")
        shutil.copytree(NEIGHBOURS, self.answers)
        self.log = os.path.join(folder.name, "log")
        self.socket = os.path.join(folder.name, "engine.sock")
        self.told = os.path.join(self.answers, "told")
        with open(self.told, "wb"):
            pass

    def serve(self, *faults):
        return served_engine.serve(self, self.log, self.socket, self.answers, *faults)

    def requests(self, path):
        with open(self.log, encoding="utf-8") as file:
            return sum(path in line for line in file)

    def change(self, **containers):
        """Another state of some containers (name=state), or none any more (name=None); told as an event."""
        self.change_silently(**containers)
        with open(self.told, "ab") as file:
            file.write(b'{"Type":"container","Action":"die"}\n')

    def change_silently(self, **containers):
        path = os.path.join(self.answers, "containers/json.json")
        with open(path, encoding="utf-8") as file:
            listed = json.load(file)
        for name, state in containers.items():
            for container in [c for c in listed if c["Names"] == ["/" + name.replace("_", "-")]]:
                container["State"] = state
                if state is None:
                    listed.remove(container)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(listed, file)
        os.replace(path + ".new", path)

    def start(self, *arguments, rows=30, columns=100, stdout=None, term="xterm", shell=False):
        self.screen = Screen(rows, columns)
        self.ours, theirs = pty.openpty()
        self.addCleanup(os.close, self.ours)
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(theirs)
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": "unix://" + self.socket,
                       "TERM": term}
        script = 'exec 2>&1; set -m; "$0" "$@"; echo stopped; read -r line; fg'  # jobs need a terminal as stderr
        job = ["sh", "-c", script, PROGRAM] if shell else [PROGRAM]
        self.program = subprocess.Popen([*job, *arguments], env=environment, stdin=theirs, stdout=stdout or theirs,
                                        stderr=subprocess.PIPE, start_new_session=True, text=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(self.program.stderr.close)
        self.addCleanup(self.program.wait)
        self.addCleanup(self.program.kill)
        self.theirs = theirs
        self.addCleanup(os.close, theirs)
        return self.program

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        if select.select([self.ours], [], [], seconds)[0]:
            self.screen.put(os.read(self.ours, 65536).decode())

    def wait_for(self, is_true, words):
        end = time.monotonic() + SECONDS
        while not is_true():
            self.assertLess(time.monotonic(), end, f"{words}:\n{self.screen.text()}")
            self.read(0.1)

    def shows(self, pattern):
        self.wait_for(lambda: re.search(pattern, self.screen.text(), re.M), f"no {pattern}")

    def ended(self):
        """-> the exit code; the terminal is as it was"""
        self.program.wait(SECONDS)
        while select.select([self.ours], [], [], 0.1)[0]:
            self.read(0)
        self.assertFalse(self.screen.is_alternate, f"exit {self.program.returncode}")
        self.assertFalse(self.screen.is_hidden)
        self.assertEqual(termios.tcgetattr(self.theirs), self.modes)
        self.assertEqual(self.program.stderr.read(), "")
        return self.program.returncode

    def test_a_list_is_drawn_again_and_marks_what_changed(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch")
        self.shows(r"^ +8443 .*shop-web-1")
        self.shows(r"^q ends it; watching the engine's events$")
        self.assertTrue(self.screen.is_alternate and self.screen.is_hidden)
        self.assertNotRegex(self.screen.text(), r"(?m)^[+*]")
        self.change(shop_web_1=None)
        self.shows(r"^\d\d:\d\d:\d\d  - 8443/tcp  .*shop-web-1")
        self.assertNotRegex(self.screen.text(), r"(?m)^ +8443 .*shop-web-1")
        os.write(self.ours, b"q")
        self.assertEqual(self.ended(), 0)
        self.assertIn("- 8443/tcp", self.screen.text())  # the changes stay

    def test_a_new_row_is_marked(self):
        path = os.path.join(self.answers, "containers/json.json")
        with open(path, encoding="utf-8") as file:
            whole = file.read()
        self.change(shop_web_1=None)
        self.serve()
        self.start("--docker", "--watch=0.1")
        self.shows(r"^q ends it; asking every 0\.1 s$")
        self.assertNotIn("shop-web-1", self.screen.text())
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(whole)
        os.replace(path + ".new", path)
        self.shows(r"^\+ +8443 .*shop-web-1")
        self.shows(r"^\d\d:\d\d:\d\d  \+ 8443/tcp  .*shop-web-1")
        time.sleep(0.5)
        self.shows(r"^\+ +8443 .*shop-web-1")  # as long as nothing else changes
        os.write(self.ours, b"\x03")
        self.assertEqual(self.ended(), 0)

    def test_events_are_waited_for_and_nothing_is_asked_meanwhile(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch=0.1")
        self.shows(r"^q ends it; watching")
        time.sleep(0.5)
        asked = self.requests("/containers/json")
        self.assertLessEqual(asked, 3)
        time.sleep(1.5)
        self.assertEqual(self.requests("/containers/json"), asked)
        self.change(shop_web_1=None)
        self.shows(r"- 8443/tcp")
        self.assertEqual(self.requests("/events?filters="), 1)
        os.write(self.ours, b"q")
        self.ended()

    def test_an_engine_whose_lists_lag_behind_its_events_is_asked_again(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch")
        self.shows(r"^q ends it; watching")
        asked = self.requests("/containers/json")
        with open(self.told, "ab") as file:
            file.write(b'{"Type":"container","Action":"die"}\n')
        self.wait_for(lambda: self.requests("/containers/json") > asked, "the event was not heard")
        self.change_silently(shop_web_1=None)
        began = time.monotonic()
        self.shows(r"- 8443/tcp")
        self.assertLess(time.monotonic() - began, 20)  # without an event it is asked every 30 s
        os.write(self.ours, b"q")
        self.ended()

    def test_ctrl_z_gives_the_terminal_back_until_fg(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch", shell=True)
        self.shows(r"^q ends it; watching")
        os.write(self.ours, b"\x1a")
        self.shows(r"^stopped$")
        self.assertFalse(self.screen.is_alternate or self.screen.is_hidden)
        self.assertEqual(termios.tcgetattr(self.theirs), self.modes)
        os.write(self.ours, b"\n")
        self.shows(r"^q ends it; watching")
        self.assertTrue(self.screen.is_alternate and self.screen.is_hidden)
        os.write(self.ours, b"q")
        self.assertEqual(self.ended(), 0)

    def test_an_engine_without_events_is_asked(self):
        for fault in ("status:403", "close", "body:[]"):
            with self.subTest(fault=fault):
                self.setUp()
                self.serve("/events=" + fault)
                self.start("--docker", "--watch=0.1")
                self.shows(r"^q ends it; asking every 0\.1 s$")
                self.change(shop_web_1=None)
                self.shows(r"- 8443/tcp")
                self.assertEqual(self.requests("/events?filters="), 1)
                os.write(self.ours, b"q")
                self.assertEqual(self.ended(), 0)

    def test_every_end_gives_the_terminal_back(self):
        self.serve("/events=follow:told")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.start("--docker", "--watch")
            self.shows(r"shop-web-1")
            self.program.send_signal(number)
            self.assertEqual(self.ended(), 0, number)

    def test_another_size(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch", rows=30, columns=100)
        self.shows(r"^q ends it; watching")
        wide = self.screen.text()
        self.screen = Screen(10, 50)
        self.resize(10, 50)
        self.shows(r"^a taller terminal shows \d+ more lines?$")
        self.shows(r"^q ends it")
        self.screen = Screen(30, 100)
        self.resize(30, 100)
        self.wait_for(lambda: self.screen.text() == wide, "the first size looks otherwise now")
        os.write(self.ours, b"q")
        self.ended()

    def test_ports_are_drawn_the_same_way(self):
        self.serve("/events=follow:told")
        self.start("--no-host", "8443", "--watch")
        self.shows(r"8443/tcp is published by container shop-web-1")
        self.shows(r"^\d\d:\d\d:\d\d  8443  held: ")
        self.change(shop_web_1=None)
        self.shows(r"^\d\d:\d\d:\d\d  8443  free: .*shop-web-1 on every address let go")
        os.write(self.ours, b"q")
        self.assertEqual(self.ended(), 0)

    def test_a_pipe_gets_lines(self):
        self.serve("/events=follow:told")
        reader, writer = os.pipe()
        self.start("--docker", "--watch", stdout=writer)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as lines:
            first = [lines.readline()]
            while "8443/tcp" not in first[-1]:
                first.append(lines.readline())
            self.assertTrue(all(re.match(r"\d\d:\d\d:\d\d  = \S+/(tcp|udp)  ", line) for line in first), first)
            time.sleep(0.5)
            self.change(shop_web_1=None)
            line = ""
            while "- 8443/tcp" not in line:
                line = lines.readline()
            self.assertRegex(line, r"\A\d\d:\d\d:\d\d  - 8443/tcp  \*  shop-web-1")
            self.assertNotIn("\x1b", "".join(first) + line)
            self.program.send_signal(signal.SIGTERM)
            self.assertEqual(self.program.wait(SECONDS), 0)

    def test_a_terminal_without_sequences_gets_lines(self):
        self.serve("/events=follow:told")
        self.start("--docker", "--watch", term="dumb")
        self.shows(r"^\d\d:\d\d:\d\d  = 8443/tcp  ")
        self.program.send_signal(signal.SIGTERM)
        self.assertEqual(self.ended(), 0)

    def test_this_machine(self):
        self.start("--no-docker", "--host", "--watch=0.2", rows=60)
        self.shows(r"q ends it")
        with socket.socket() as mine:
            mine.bind(("127.0.0.1", 0))
            mine.listen()
            port = mine.getsockname()[1]
            self.shows(rf"^\d\d:\d\d:\d\d  \+ {port}/tcp  127\.0\.0\.1  ")
        self.shows(rf"^\d\d:\d\d:\d\d  - {port}/tcp  127\.0\.0\.1  ")
        os.write(self.ours, b"q")
        self.assertEqual(self.ended(), 0)

    def test_an_engine_that_goes_and_comes_back(self):
        self.start("--docker", "--watch=0.1")
        self.shows(r"unknown: ")
        for _ in range(2):
            engine = self.serve("/events=follow:told")
            self.shows(r"^[+ ] +8443 .*shop-web-1")
            self.shows(r"^q ends it; watching")
            engine.stdin.close()
            engine.wait(SECONDS)
            os.unlink(self.socket)
            self.shows(r"^q ends it; asking every 0\.1 s")
            self.assertRegex(self.screen.text(), r"(?m)^\d\d:\d\d:\d\d  unknown: ")
        os.write(self.ours, b"q")
        self.assertEqual(self.ended(), 0)


if __name__ == "__main__":
    unittest.main()
