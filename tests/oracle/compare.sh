#!/bin/sh
# usage: compare.sh KPORTSCAN ROOT
# Compares kportscan with the real Docker Compose on the Compose files of this project. The program is $KPS_COMPOSE, or
# what tests/oracle/get-compose put into build/oracle; without it the test says so and counts as skipped (77).
set -eu
kportscan=$1
root=$2
compose=${KPS_COMPOSE:-$root/build/oracle/docker-compose}
if [ ! -x "$compose" ]; then
    echo "SKIP: no Docker Compose to compare with; tests/oracle/get-compose build/oracle fetches it"
    exit 77
fi
"$compose" version
failed=0
for tree in tests/oracle/trees tests/cases-compose manifests/examples/compose; do
    echo "$tree:"
    python3 "$root/tests/oracle/compare_compose.py" "$kportscan" "$root/$tree" --compose "$compose" || failed=1
done
exit "$failed"
