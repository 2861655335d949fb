#!/usr/bin/env python3
"""usage: make_pairs.py ROOT - which two codes each code from 256 on stands for in the packed texts of the rules and the pages.

The codes below 256 are bytes. Each further code is the pair that was most frequent when it was made, where a part of a
pair may be an earlier code. There are as many as 12 bits can name, or as come twice. Old pairs stay right when texts
change, they only pack less well. Writes pkgsrc/texts/pairs.cmake; pkgsrc/texts/pack.cmake packs by it,
pkgsrc/texts/text.c unpacks.
"""

import collections
import os
import re
import sys

import rule_source

BYTES = 256
CODES = 4096


def read_page(path):
    with open(path, encoding="utf-8") as file:
        return re.sub("^//.*\n", "", file.read(), flags=re.M)


def read_phrases(path):
    """The phrases as pkgsrc/diagnose/split_phrases.cmake leaves them."""
    lines = [line for line in read_page(path).splitlines() if line]
    return "\n".join("" if re.match(r"(IS|SAYS|REFUSES)\(", line) else line for line in lines).strip()


def read_texts(root):
    definitions = rule_source.read_definitions(os.path.join(root, "pkgsrc/diag/rules.def"))
    texts = [f"{definitions[rule.id][2]}\n{rule.text}"
             for rule in rule_source.read_all(os.path.join(root, "pkgsrc/rules"))]
    with open(os.path.join(root, "pkgsrc/texts/pages.def"), encoding="ascii") as file:
        for name, path in re.findall(r'^PAGE\((\w+), "(.*)"\)', file.read(), re.M):
            read = read_phrases if name == "PHRASES" else read_page
            texts.append(read(os.path.join(root, "pkgsrc", path)))
    return [list(text.encode()) for text in texts]


def replaced(text, pair, code):
    packed = []
    at = 0
    while at < len(text):
        hit = text[at] == pair[0] and tuple(text[at : at + 2]) == pair
        packed.append(code if hit else text[at])
        at += 2 if hit else 1
    return packed


def make_pairs(texts):
    pairs = []
    for code in range(BYTES, CODES):
        count = collections.Counter()
        for text in texts:
            count.update(zip(text, text[1:]))
        pair = min(count, key=lambda pair: (-count[pair], pair))
        if count[pair] < 2:
            break
        pairs.append(pair)
        texts = [replaced(text, pair, code) for text in texts]
    return pairs


def sorted_codes(pairs):
    """-> the number of each code such that the first parts of the pairs ascend, which packs them into half the bits."""
    with_first = collections.defaultdict(list)
    for code, pair in enumerate(pairs, BYTES):
        with_first[pair[0]].append(code)
    order = list(range(BYTES))
    for code in order:  # grows meanwhile
        order += with_first[code]
    return {code: number for number, code in enumerate(order)}


def main():
    root = sys.argv[1]
    pairs = make_pairs(read_texts(root))
    number = sorted_codes(pairs)
    rows = [f'"{number[code]:03x} {number[first]:03x} {number[second]:03x}"'
            for code, (first, second) in enumerate(pairs, BYTES)]
    with open(os.path.join(root, "pkgsrc/texts/pairs.cmake"), "w", encoding="ascii") as file:
        file.write("# Made by tests/rules/make_pairs.py: codes and the two codes that each stands for, in the order of packing.\n"
                   "set(pairs\n")
        for at in range(0, len(rows), 8):
            file.write("    " + " ".join(rows[at : at + 8]) + "\n")
        file.write(")\n")


if __name__ == "__main__":
    main()
