#!/bin/sh
# usage: compare.sh KPORTSCAN ROOT
# Compares kportscan with the real Docker Compose on the Compose files of this project. The programs are those that
# $KPS_COMPOSE names, with ':' between them, or those that CI fetches with tests/oracle/get-compose; without any the
# test says so and counts as skipped (77).
set -eu
kportscan=$1
root=$2
failed=0
compared=0
IFS=:
for compose in ${KPS_COMPOSE:-$root/build/oracle/docker-compose:$root/build/oracle/newest/docker-compose}; do
    [ -x "$compose" ] || continue
    compared=1
    "$compose" version
    for tree in tests/oracle/trees tests/cases-compose manifests/examples/compose; do
        echo "$tree:"
        python3 "$root/tests/oracle/compare_compose.py" "$kportscan" "$root/$tree" --compose "$compose" || failed=1
    done
done
if [ "$compared" = 0 ]; then
    echo "SKIP: no Docker Compose to compare with; tests/oracle/get-compose build/oracle fetches one"
    exit 77
fi
exit "$failed"
