#!/bin/sh
# usage: rules.sh [ROOT]
# Every rule has a text, and every rule that the code can report has a golden case that shows it; those that need a
# machine (KP3xx) may be shown by an end-to-end test that names them instead. A rule that no code reports yet is listed,
# so that nobody takes it for done.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root"

bad=0
seen=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT

is_shown() { # is_shown NUMBER
    grep -rqw --include=expected.json "\"KP$1\"" manifests/examples tests/cases 2>/dev/null && return
    case $1 in 3??) grep -rqw --include='*.py' --include='*.sh' "KP$1" tests/e2e 2>/dev/null ;; *) return 1 ;; esac
}

sed -n 's/^RULE(\([0-9]*\), \([A-Z0-9_]*\),.*/\1 \2/p' pkgsrc/diag/rules.def >"$list"
while read -r number name; do
    if [ ! -f "pkgsrc/rules/KP$number.md" ]; then
        echo "KP$number ($name): there is no text, pkgsrc/rules/KP$number.md"
        bad=1
    fi
    if ! grep -rqw --include='*.c' "KPS_RULE_$name" pkgsrc cmd; then
        echo "KP$number: not built yet"
        continue
    fi
    seen=$((seen + 1))
    if ! is_shown "$number"; then
        echo "KP$number ($name): the code reports it, and no golden case shows it"
        bad=1
    fi
done <"$list"
for text in pkgsrc/rules/KP*.md; do
    number=${text##*/KP}
    grep -q "^${number%.md} " "$list" || { echo "$text: there is no such rule" && bad=1; }
done
echo "rules: $seen are reported by the code"
exit "$bad"
