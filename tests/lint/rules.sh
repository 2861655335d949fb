#!/bin/sh
# usage: rules.sh [ROOT]
# Every rule of Compose (KP1xx) and of inputs and runs (KP9xx) that the code can report has a golden case that shows it.
# One that no code reports yet is listed, so that nobody takes it for done.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
cd "$root"

bad=0
seen=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT
sed -n 's/^RULE(\([0-9]*\), \([A-Z0-9_]*\),.*/\1 \2/p' pkgsrc/diag/rules.def >"$list"
while read -r number name; do
    [ "$number" -lt 200 ] || [ "$number" -ge 900 ] || continue
    if ! grep -rqw --include='*.c' "KPS_RULE_$name" pkgsrc cmd; then
        echo "KP$number: not built yet"
        continue
    fi
    seen=$((seen + 1))
    [ "$number" -lt 200 ] || [ "$number" -ge 900 ] || continue
    if ! grep -rqw --include=expected.json "\"KP$number\"" manifests/examples tests/cases 2>/dev/null; then
        echo "KP$number ($name): the code reports it, and no golden case shows it"
        bad=1
    fi
done <"$list"
echo "rules: $seen are reported by the code"
exit "$bad"
