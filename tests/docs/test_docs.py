"""What the pages say, held against what there is.

usage: test_docs.py [--bless] PROGRAM ROOT

Links and their anchors lead somewhere; folders and files that are named exist; options and rules that are named are the
program's; command lines are understood; what is shown as printed is printed; docs/json.md has the keys of the schema and
docs/architecture.md the table of tests/lint/includes.sh. --bless writes what is printed into the pages.
"""

import argparse
import difflib
import glob
import json
import os
import re
import shlex
import subprocess
import sys

FAULTS = []
FENCE = re.compile(r"^```[^\n]*\n.*?^```$", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"<!-- printed by: (.*?)(?: in (\S+))? -->\n```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Options of other programs that the pages name.
FOREIGN = {"--network", "--pid", "--user", "--cap-drop", "--read-only"}


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def pages(root):
    names = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "manifests/**/*.md"]
    return sorted({os.path.relpath(path, root) for name in names
                   for path in glob.glob(os.path.join(root, name), recursive=True)})


def anchors(text):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def check_links(root, page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = os.path.normpath(os.path.join(root, os.path.dirname(page), path)) if path else os.path.join(root, page)
        expect(os.path.exists(place), f"{page}: there is no {target}")
        if anchor and os.path.isfile(place):
            expect(anchor in anchors(read(place)), f"{page}: {target} is no heading")


def check_names(root, page, text, options, rules):
    for rule in set(re.findall(r"\bKP[0-9]{3}\b", text)):
        expect(rule in rules, f"{page}: there is no rule {rule}")
    for words in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", words):
            is_ours = words.startswith("kportscan") or page.startswith(("README", "docs/ci", "docs/json"))
            expect(option in options | FOREIGN or not is_ours, f"{page}: there is no option {option}")
        top = words.split("/")[0]
        words = words.replace("KPxxx", "KP101")
        if "/" in words and re.fullmatch(r"[\w./-]+", words) and top in ("cmd", "pkgsrc", "tests", "manifests", "docs"):
            expect(os.path.exists(os.path.join(root, words)), f"{page}: there is no {words}")


def commands(text):
    """The arguments of every kportscan in the fenced blocks, also behind a pipe or '&&'."""
    for block in FENCE.findall(text):
        for line in block.splitlines()[1:-1]:
            line = re.sub(r"^\s*(?:\$ |- run: )", "", line)
            for part in re.split(r"\s(?:\||&&|\|\|)\s|;", re.sub(r"\s+#.*| 2>&1", "", line)):
                if part.startswith("kportscan "):
                    yield shlex.split(re.sub(r"\$\(.*?\)", "x", part))[1:]


def check_commands(program, page, text):
    count = 0
    for words in commands(text):
        done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"{page}: kportscan {shlex.join(words)}: {done.stderr}")
        count += 1
    return count


def printed(program, root, arguments, folder):
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    done = subprocess.run([program, *shlex.split(arguments)], cwd=os.path.join(root, folder), capture_output=True,
                          text=True, env=environment, check=False)
    return done.stdout


def check_printed(program, root, page, text, bless):
    def replaced(match):
        arguments, folder, shown = match.groups()
        wanted = printed(program, root, arguments, folder or ".")
        begin, end = match.start(3) - match.start(), match.end(3) - match.start()
        if not bless and shown != wanted:
            lines = difflib.unified_diff(shown.splitlines(), wanted.splitlines(), page, f"kportscan {arguments}",
                                         lineterm="")
            FAULTS.append("\n".join(lines))
        return match.group()[:begin] + wanted + match.group()[end:]

    blessed = PRINTED.sub(replaced, text)
    if bless and blessed != text:
        with open(os.path.join(root, page), "w", encoding="utf-8") as file:
            file.write(blessed)


# --- docs/json.md ---------------------------------------------------------------------------------------------------
def schema_keys(schema):
    """-> {section: keys}; what an allOf brings in is not the section's own."""
    named = {"report": schema, "tool": schema["properties"]["tool"], **schema["$defs"]}
    names = {"port_range": "range", "compose_labels": "labels"}
    keys = {names.get(name, name): set(part["properties"]) for name, part in named.items() if "properties" in part}
    keys["port"] |= keys["range"]
    return keys


def page_keys(text):
    keys = {}
    for name, body in re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        cells = [line.split("|")[1] for line in body.splitlines() if line.startswith("| `")]
        keys[name] = {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}
    return keys


def check_json(root):
    schema = schema_keys(json.loads(read(os.path.join(root, "manifests/schema/report.schema.json"))))
    page = page_keys(read(os.path.join(root, "docs/json.md")))
    expect(schema.keys() == page.keys(), f"docs/json.md and the schema: {sorted(schema.keys() ^ page.keys())}")
    for name in schema.keys() & page.keys():
        missing, extra = sorted(schema[name] - page[name]), sorted(page[name] - schema[name])
        expect(not missing and not extra, f"docs/json.md, {name}: missing {missing}, not in the schema {extra}")


# --- docs/architecture.md -------------------------------------------------------------------------------------------
def check_architecture(root):
    matrix = re.search(r"^matrix='\n(.*?)^'$", read(os.path.join(root, "tests/lint/includes.sh")), re.M | re.S).group(1)
    wanted = {line.split()[0]: line.split()[1:] for line in matrix.splitlines()}
    table = re.search(r"<!-- matrix -->\n(.*?)<!-- /matrix -->", read(os.path.join(root, "docs/architecture.md")), re.S)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group(1).splitlines()[2:]]
    got = {row[0].strip("`"): row[2].split() for row in rows}
    expect(got == wanted, f"docs/architecture.md and includes.sh: {[k for k in wanted if wanted[k] != got.get(k)]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("root", type=os.path.abspath)
    args = parser.parse_args()
    help_text = subprocess.run([args.program, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", help_text)) | {"--static"}
    listed = subprocess.run([args.program, "--list-rules"], capture_output=True, text=True, check=True).stdout
    rules = set(re.findall(r"^KP[0-9]{3}", listed, re.MULTILINE))
    expect(len(options) > 30 and len(rules) > 30, f"{len(options)} options, {len(rules)} rules")
    understood = 0
    for page in pages(args.root):
        text = read(os.path.join(args.root, page))
        check_printed(args.program, args.root, page, text, args.bless)
        check_links(args.root, page, text)
        check_names(args.root, page, text, options, rules)
        understood += check_commands(args.program, page, text)
    expect(understood > 25, f"only {understood} command lines were found")
    check_json(args.root)
    check_architecture(args.root)
    for fault in FAULTS:
        print("FAULT:", fault)
    print(f"{len(pages(args.root))} pages, {understood} command lines")
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main()
