#!/bin/sh
# usage: run-one.sh BUILD SECONDS TARGET
# Runs one libFuzzer target over its seeds and over BUILD/corpus/TARGET, where new inputs are kept. Prints a line with the
# executions, and how many they are in a second of CPU; after a finding the end of the log, and exits 1.
set -eu
build=$1
seconds=$2
target=$3
here=$(cd -- "$(dirname -- "$0")" && pwd)
name=${target#fuzz_}
log=$build/$target.log
mkdir -p "$build/corpus/$target" "$build/crashes"
set -- -max_total_time="$seconds" -entropic_scale_per_exec_time=1 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/crashes/$target-" "$build/corpus/$target"
[ ! -d "$here/corpus/$name" ] || set -- "$@" "$here/corpus/$name"
[ ! -f "$here/dict/$name.dict" ] || set -- "$@" -dict="$here/dict/$name.dict"
[ ! -f "$here/options/$name" ] || set -- "$@" "$(cat "$here/options/$name")"
"$build/tests/fuzz/$target" "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "$target: found something, see $build/crashes" >&2
    exit 1
}
units=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
times >"$log.times" # its second line is the CPU time of the children: "1m2.345s 0m1.2s"
tail -n 1 "$log.times" | tr 'ms' '  ' | awk -v target="$target" -v units="$units" '{
    cpu = $1 * 60 + $2 + $3 * 60 + $4
    printf "%s: %d executions, %.0f in a second of CPU\n", target, units, units / (cpu > 0 ? cpu : 1)
}' >&2
