#!/usr/bin/env python3
"""Check the shape of our C files: what a reader relies on and no compiler checks.

usage: structure.py [ROOT [BUILD]]      (BUILD is not used)

  circle     files of a folder include each other in a circle
  header     a .c file of pkgsrc has no header of its name, and no header of its folder names it
  tag        a struct, union or enum tag with our prefix is defined twice
  ternary    a ?: stands inside another ?:
  bare       a static function is called by one word: a verb and an object are wanted
  public     a function of a header carries neither the name of its folder, of its file nor of a type of the header
  stale      a comment names a file or a kps_ name that does not exist
  columns    a line is longer than 100 columns
"""

import collections
import os
import re
import sys

MOST_COLUMNS = 100
# Extending, including and loading Compose files is a recursion of the domain.
ALLOWED_CIRCLES = {frozenset(["compose/extends", "compose/include", "compose/loader"])}
# Functions that every file uses: short names, which a newcomer learns once.
VOCABULARY = {"kps_alloc", "kps_alloc_n", "kps_sv_copy", "kps_cstr", "kps_fmt", "kps_vfmt", "kps_out_of_memory", "kps_heap_alloc",
              "kps_heap_free",
              "kps_assert_failed", "kps_is_digit", "kps_is_alpha", "kps_is_blank", "kps_lower"}


class Source:
    """One C file: `code` without comments and literals, and its comments with their lines."""

    def __init__(self, root, path):
        self.path = path
        parts = path.split("/")
        self.folder = parts[1]  # pkgsrc/FOLDER/..., cmd/kportscan/...
        self.stem = os.path.splitext(parts[-1])[0]
        self.is_header = path.endswith(".h")
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.comments = []
        self.code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', self._blank, self.text,
                           flags=re.S)

    def _blank(self, match):
        found = match[0]
        if found.startswith("/"):
            self.comments.append((self.text.count("\n", 0, match.start()) + 1, found))
            return re.sub(r"[^\n]", " ", found)
        start = self.text.rfind("\n", 0, match.start()) + 1
        if self.text[start:match.start()].lstrip().startswith("#"):
            return found  # the name of an included file
        return found[0] + "_" * (len(found) - 2) + found[0]

    def line_of(self, offset):
        return self.code.count("\n", 0, offset) + 1


def read_sources(root):
    sources = []
    for top in ("pkgsrc", "cmd"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if name.endswith((".c", ".h")) and path.count("/") >= 2:
                    sources.append(Source(root, path))
    return sources


def find_circles(sources):
    """Yield the circles of files (x.c and x.h count as one) of one folder, by Tarjan's strong components."""
    edges = collections.defaultdict(set)
    where = {}
    for source in sources:
        unit = f"{source.folder}/{source.stem}"
        where.setdefault(unit, source)
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)\.h"', source.code, re.M):
            edges[unit].add(match[1] if "/" in match[1] else f"{source.folder}/{match[1]}")
    order, low, stack, circles = {}, {}, [], []

    def visit(unit):
        order[unit] = low[unit] = len(order)
        stack.append(unit)
        for other in sorted(edges[unit]):
            if other not in order:
                visit(other)
                low[unit] = min(low[unit], low[other])
            elif other in stack:
                low[unit] = min(low[unit], order[other])
        if low[unit] == order[unit]:
            circle = stack[stack.index(unit):]
            del stack[stack.index(unit):]
            if len(circle) > 1:
                circles.append(frozenset(circle))

    sys.setrecursionlimit(10000)
    for unit in sorted(edges):
        if unit not in order:
            visit(unit)
    for circle in circles:
        if circle not in ALLOWED_CIRCLES:
            yield where[min(circle)], 1, "circle", "a circle of includes: " + ", ".join(sorted(circle))


def find_homeless(sources):
    headers = collections.defaultdict(list)
    for source in sources:
        if source.is_header:
            headers[source.folder].append(source)
    for source in sources:
        if source.is_header or source.path.startswith("cmd/"):
            continue
        near = headers[source.folder]
        named = re.compile(rf"(?<![\w]){source.stem}\.c\b")
        if not any(h.stem == source.stem or any(named.search(text) for _, text in h.comments) for h in near):
            yield source, 1, "header", f"no {source.stem}.h, and no header of {source.folder} names {source.stem}.c"


def find_double_tags(sources):
    seen = {}
    for source in sources:
        for match in re.finditer(r"\b(struct|union|enum)\s+(kps_\w+)\s*\{", source.code):
            if match[2] in seen:
                yield source, source.line_of(match.start()), "tag", f"{match[2]} is also defined in {seen[match[2]]}"
            seen.setdefault(match[2], source.path)


def find_nested_ternaries(sources):
    for source in sources:
        open_at = [False]  # by depth of brackets: inside a ?: here
        for match in re.finditer(r"[?,;(){}\[\]]", source.code):
            token = match[0]
            if token in "([{":
                open_at.append(False)
            elif token in ")]}":
                if len(open_at) > 1:
                    open_at.pop()
                if token == "}":
                    open_at[-1] = False
            elif token in ",;":
                open_at[-1] = False
            else:
                if any(open_at):
                    yield source, source.line_of(match.start()), "ternary", "a ?: inside a ?:"
                open_at[-1] = True


def find_bare_statics(sources):
    for source in sources:
        for match in re.finditer(r"^static\b[^;={}()]*?\b(\w+)\((?=[^;{}]*\)\s*\{)", source.code, re.M):
            if "_" not in match[1]:
                yield source, source.line_of(match.start(1)), "bare", f"static function '{match[1]}': name verb and object"


def carries(name, word):
    """Return: does the function `name` begin with `word`, also where the word is a plural?"""
    words = {word, word + "s", re.sub(r"s$", "", word)}
    return any(name == "kps_" + w or name.startswith(f"kps_{w}_") for w in words)


def find_foreign_functions(sources):
    for source in sources:
        if not source.is_header or source.path.startswith("cmd/"):
            continue
        types = [t[4:] for t in re.findall(r"\b(?:struct|union|enum) (kps_\w+)\s*\{", source.code)]
        for match in re.finditer(r"^(?!\s|#|typedef|static_assert)[^;={}()#]*?\b(kps_\w+)\(", source.code, re.M):
            name = match[1]
            places = [source.folder, source.stem, source.stem.split("_")[0], *types]
            if name not in VOCABULARY and not any(carries(name, place) for place in places):
                yield (source, source.line_of(match.start(1)), "public",
                       f"{name} is named neither after {source.folder} nor {source.stem}, nor a type of this header")


def find_stale_names(sources, root):
    files = set()
    words = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", "build")]
        files.update(names)
        for name in names:
            if name == "CMakeLists.txt" or name.endswith(".cmake"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    words.update(re.findall(r"\bkps_\w+|\bKPS_\w+", file.read()))
    for source in sources:
        words.update(re.findall(r"\bkps_\w+|\bKPS_\w+", source.code))
    for source in sources:
        for line, comment in source.comments:
            for match in re.finditer(r"(?<![\w<./-])((?:[\w-]+/)*([\w-]+\.[ch]))\b(?!>)", comment):
                if match[2] not in files and not match[1].startswith(("src/", "linux/", "sys/", "netinet/", "include/", "net/")):
                    yield source, line, "stale", f"a comment names {match[1]}, which does not exist"
            for match in re.finditer(r"\b(?:kps|KPS)_\w+", comment):
                name = match[0]
                known = name in words or (name.endswith("_") and any(w.startswith(name) for w in words))
                if not known:
                    yield source, line, "stale", f"a comment names {name}, which does not exist"


def find_long_lines(sources):
    for source in sources:
        for number, line in enumerate(source.text.split("\n"), 1):
            if len(line) > MOST_COLUMNS:
                yield source, number, "columns", f"{len(line)} columns, more than {MOST_COLUMNS}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    sources = read_sources(root)
    if not sources:
        print(f"structure: no C files below {root}")
        return 1
    faults = []
    for find in (find_circles, find_homeless, find_double_tags, find_nested_ternaries, find_bare_statics,
                 find_foreign_functions, find_long_lines):
        faults.extend(find(sources))
    faults.extend(find_stale_names(sources, root))
    for source, line, kind, words in sorted(faults, key=lambda f: (f[0].path, f[1])):
        print(f"{source.path}:{line}: {words} [{kind}]")
    print(f"structure: {len(sources)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
