#!/usr/bin/env python3
"""usage: make_pairs.py ROOT - which two codes each code from 128 on stands for in the packed texts of the rules and the pages.

The codes below 128 are ASCII. Each further code is the pair that was most frequent when it was made, where a part of a
pair may be an earlier code. There are as many as 11 bits can name, or as pay for their own place. Old pairs stay right
when texts change, they only pack less well. Writes pkgsrc/rules/pairs.cmake; pkgsrc/rules/embed.cmake packs by it,
pkgsrc/rules/text.c unpacks.
"""

import collections
import glob
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
    definitions = rule_source.read_definitions(os.path.join(root, "pkgsrc/diag/rules.def"))
    texts = [list(f"{definitions[rule.id][2]}\n{rule.text}".encode("ascii"))
             for rule in rule_source.read_all(os.path.join(root, "pkgsrc/rules"))]
    for path in sorted(glob.glob(os.path.join(root, "pkgsrc/rules/*.txt"))):
        with open(path, "rb") as file:
            texts.append(list(file.read()))
    pairs = []
    for code in range(128, 2048):
        count = collections.Counter()
        for text in texts:
            count.update(zip(text, text[1:]))
        pair = min(count, key=lambda pair: (-count[pair], pair))
        if count[pair] < 3:  # a pair takes the place of two codes
            break
        pairs.append(f'"{pair[0]} {pair[1]}"')
        texts = [replaced(text, pair, code) for text in texts]
    with open(os.path.join(root, "pkgsrc/rules/pairs.cmake"), "w", encoding="ascii") as file:
        file.write("# Made by tests/rules/make_pairs.py: what the codes from 128 on stand for, in this order.\nset(pairs\n")
        for at in range(0, len(pairs), 8):
            file.write("    " + " ".join(pairs[at : at + 8]) + "\n")
        file.write(")\n")


if __name__ == "__main__":
    main()
