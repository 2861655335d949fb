"""The texts of the rules, pkgsrc/rules/KPxxx.md, as the tests and the generator of docs/rules read them.

A text is "# ID NAME", "Severity: LEVEL", a summary, and the sections WHAT .. IGNORE, in this order. The section Example
holds the files of the example as fenced blocks (```yaml NAME) and, where the plain `kportscan --lint FILE` is not meant,
the command line as a block ```console.
"""

import os
import re
import shlex

SECTIONS = ["What", "Why", "Example", "Error", "Fix", "Ignore"]
SEVERITIES = {"error", "warning", "note", "error/warning", "warning/note", "error/note", "error/warning/note"}
LONGEST = 3900  # of a text: the C standard promises string literals of 4095 bytes


class Malformed(Exception):
    pass


class Rule:
    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.text = file.read()
        self.id = os.path.basename(path)[: -len(".md")]
        head, *rest = re.split(r"^## (.*)\n", self.text, flags=re.MULTILINE)
        found = re.fullmatch(r"# (KP\d{3}) ([a-z0-9-]+)\n\nSeverity: (\S+)\n\n([^\n]+)\n\n", head)
        if not found or found[1] != self.id:
            raise Malformed(f"{path}: the head is not '# {self.id} NAME', 'Severity: LEVEL' and one line of summary")
        self.name, self.severity, self.summary = found.groups()[1:]
        if self.severity not in SEVERITIES:
            raise Malformed(f"{path}: severity '{self.severity}'")
        if rest[0::2] != SECTIONS:
            raise Malformed(f"{path}: the sections are {rest[0::2]}, not {SECTIONS}")
        self.sections = {name: body.strip() for name, body in zip(rest[0::2], rest[1::2])}
        for name, body in self.sections.items():
            if not body:
                raise Malformed(f"{path}: '{name}' is empty")
        if len(self.text) > LONGEST:
            raise Malformed(f"{path}: longer than {LONGEST} bytes")

    def blocks(self, section):
        """-> [(language, name or None, text)] of the fenced blocks of a section."""
        blocks = re.findall(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", self.sections[section], re.MULTILINE | re.DOTALL)
        return [(language, name or None, text) for language, name, text in blocks]

    def files(self):
        return {name: text for _, name, text in self.blocks("Example") if name}

    def command(self):
        """The arguments of the example's kportscan."""
        lines = [text for language, _, text in self.blocks("Example") if language == "console"]
        for line in "".join(lines).splitlines():
            words = shlex.split(line, comments=True)
            if "kportscan" in words:
                return words[words.index("kportscan") + 1 :]
        return ["--lint", next(iter(self.files()))]


def read_all(folder):
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"KP\d{3}\.md", name))
    return [Rule(os.path.join(folder, name)) for name in names]


def read_definitions(path):
    """pkgsrc/diag/rules.def -> {id: (identifier, name, title)}"""
    with open(path, encoding="utf-8") as file:
        found = re.findall(r'^RULE\((\d+), ([A-Z0-9_]+), "([^"]+)", "([^"]+)"\)$', file.read(), re.MULTILINE)
    return {f"KP{number}": (identifier, name, title) for number, identifier, name, title in found}
