#!/usr/bin/env python3
"""usage: make_pairs.py ROOT - which two bytes each code from 128 on stands for in the packed texts of the rules.

The texts are ASCII, so the upper half of a byte is free. Each code is the pair that was most frequent when it was made,
where a part of a pair may be an earlier code. Old pairs stay right when texts change, they only pack less well.
Writes pkgsrc/rules/pairs.cmake; pkgsrc/rules/embed.cmake packs by it, pkgsrc/rules/text.c unpacks.
"""

import collections
import os
import sys

import rule_source


def replaced(text, pair, code):
    packed = []
    at = 0
    while at < len(text):
        hit = tuple(text[at : at + 2]) == pair
        packed.append(code if hit else text[at])
        at += 2 if hit else 1
    return packed


def main():
    root = sys.argv[1]
    texts = [list(rule.text.encode("ascii")) for rule in rule_source.read_all(os.path.join(root, "pkgsrc/rules"))]
    lines = []
    for code in range(128, 256):
        count = collections.Counter()
        for text in texts:
            count.update(zip(text, text[1:]))
        pair = min(count, key=lambda pair: (-count[pair], pair))
        lines.append(f"    \"{pair[0]} {pair[1]}\"\n")
        texts = [replaced(text, pair, code) for text in texts]
    with open(os.path.join(root, "pkgsrc/rules/pairs.cmake"), "w", encoding="ascii") as file:
        file.write("# Made by tests/rules/make_pairs.py: what the codes 128 to 255 stand for, in this order.\n")
        file.write("set(pairs\n" + "".join(lines) + ")\n")


if __name__ == "__main__":
    main()
