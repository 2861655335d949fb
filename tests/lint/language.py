#!/usr/bin/env python3
"""Measure how plain the English of our C comments is.

usage: language.py [--worst N] [ROOT [BUILD]]      (BUILD is not used)

Counts the words that make a reader look for their noun (that, it, one, what, those ...) over the comments of pkgsrc and
cmd, and fails above MOST of 100 words, or where a comment, also of tests, opens with What, Whether or Who. --worst N
lists the comments with the most of these words.
"""

import collections
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import structure  # noqa: E402

MOST = 3.5
WORDS = ("what", "who", "whom", "whose", "whoever", "whatever", "that", "it", "they", "those", "others", "one",
         "nobody", "somebody", "anything", "nothing")
COUNTED = re.compile(r"\b(?:" + "|".join(WORDS) + r")\b", re.I)
OPENERS = re.compile(r"(?:what|whether|who|whom|whose)\b", re.I)
LEAST = 25  # characters: shorter comments are labels


def read_tests(root):
    for folder, folders, names in os.walk(os.path.join(root, "tests")):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield structure.Source(root, os.path.relpath(os.path.join(folder, name), root))


def read_comments(sources):
    for source in sources:
        for line, comment in source.comments:
            text = re.sub(r"\s*\n\s*\*?\s*", " ", comment.strip("/")).strip("* ")
            if len(text) > LEAST:
                yield source, line, text


def main():
    arguments = sys.argv[1:]
    worst = int(arguments[arguments.index("--worst") + 1]) if "--worst" in arguments else 0
    named = [a for a in arguments if not a.startswith("--") and not a.isdigit()]
    here = os.path.dirname(os.path.abspath(__file__))
    root = named[0] if named else os.path.dirname(os.path.dirname(here))
    total, found = collections.Counter(), collections.Counter()
    rows, openers = [], []
    for source, line, text in read_comments(structure.read_sources(root)):
        hits, words = len(COUNTED.findall(text)), len(text.split())
        total[source.folder] += words
        found[source.folder] += hits
        rows.append((hits / (words + 8), hits, f"{source.path}:{line}: {text[:200]}"))
        if OPENERS.match(text):
            openers.append(f"{source.path}:{line}: opens with a pronoun: {text[:90]}")
    for source, line, text in read_comments(read_tests(root)):
        if OPENERS.match(text):
            openers.append(f"{source.path}:{line}: opens with a pronoun: {text[:90]}")
    for _, hits, text in sorted(rows, reverse=True)[:worst]:
        print(f"{hits}: {text}")
    if worst:
        for folder in sorted(total):
            print(f"{folder}: {100 * found[folder] / total[folder]:.1f} of 100 words")
    print("\n".join(openers), end="\n" if openers else "")
    words = sum(total.values())
    rate = 100 * sum(found.values()) / words if words else 0
    print(f"language: {len(rows)} comments, {rate:.1f} pronouns of 100 words (at most {MOST}), "
          f"{len(openers)} that open with one")
    return 1 if openers or rate > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
