#!/usr/bin/env python3
"""usage: width.py DUMP [print] - the columns of every code point, held against Unicode's own data.

"DUMP widths" prints "HEX COLUMNS" for each code point that is not one column wide, "DUMP unsafe" those that are escaped.
A code point has no column when it combines with the character before (categories Mn and Me, the vowels and final
consonants of Hangul), two when East Asian Width says wide or full, else one. Unassigned and escaped code points may have
any width. With "print" the ranges for pkgsrc/base/utf8_width.c are printed instead. Exit 77: this Python has the data of
another version of Unicode, in which some characters differ.
"""

import subprocess
import sys
import unicodedata

VERSION = "14.0.0"  # the tables'
SAMPLES = {"a": 1, "é": 1, "\u0301": 0, "世": 2, "ｱ": 1, "ア": 2, "🐳": 2, "⚠": 1, "한": 2, "\u1161": 0, "ก": 1, "\u0e31": 0,
           "€": 1, "→": 1, "…": 1, "─": 1, "\U0001f3fb": 2, "\U0001f1e9": 1, "𝒳": 1, "\U00020000": 2, "。": 2, "ה": 1,
           "\u05b0": 0, "\u20dd": 0, "\u0600": 1, "\ue000": 1}


def width_of(code):
    """-> 0, 1, 2; None where it does not matter"""
    category = unicodedata.category(chr(code))
    if category in ("Cn", "Cs") or code < 0x20:
        return None
    if category in ("Mn", "Me") or 0x1160 <= code <= 0x11ff or 0xd7b0 <= code <= 0xd7ff:
        return 0
    return 2 if unicodedata.east_asian_width(chr(code)) in "WF" else 1


def ranges_of(width, first, last, unsafe):
    start = end = None
    for code in range(first, last + 1):
        found = None if code in unsafe else width_of(code)
        if found == width:
            start, end = code if start is None else start, code
        elif found is not None and start is not None:
            yield start, end
            start = None
    if start is not None:
        yield start, end


def main():
    if unicodedata.unidata_version != VERSION:
        print(f"SKIP: Unicode {unicodedata.unidata_version} here, and the tables are of {VERSION}")
        return 77
    unsafe = set()
    if len(sys.argv) > 1:
        unsafe = {int(line, 16) for line in subprocess.check_output([sys.argv[1], "unsafe"], text=True).split()}
    if len(sys.argv) > 2:
        for plane, last in ((0, 0xffff), (0x10000, 0x1ffff)):
            for width in (0, 2):
                print(width, hex(plane), ", ".join(f"{{{a - plane:#x}, {b - plane:#x}}}" for a, b in
                                                   ranges_of(width, max(plane, 0x300), last, unsafe)))
        return 0
    lines = subprocess.check_output([sys.argv[1], "widths"], text=True).splitlines()
    ours = {int(code, 16): int(columns) for code, columns in (line.split() for line in lines)}
    wrong = [f"U+{ord(char):04X}: {ours.get(ord(char), 1)} columns, {columns} expected" for char, columns in SAMPLES.items()
             if ours.get(ord(char), 1) != columns]
    checked = 0
    for code in range(0x110000):
        expected = None if code in unsafe else width_of(code)
        checked += expected is not None
        if expected is not None and ours.get(code, 1) != expected:
            wrong.append(f"U+{code:04X} {unicodedata.name(chr(code), '')}: {ours.get(code, 1)} columns, Unicode has {expected}")
    print(f"widths of {checked} code points, {len(wrong)} differ", *wrong[:20], sep="\n")
    return 1 if wrong or not ours or checked < 200000 else 0


if __name__ == "__main__":
    sys.exit(main())
