#!/bin/sh
# usage: host.sh BUILD
# Who holds which port, against ss and lsof on the same load in one run: 500 processes, 100,000 descriptors, 5,000
# listeners, 1,000 UDP sockets and 20,000 connections in namespaces of their own; and the list of an engine with 1,000
# containers. Needs root.
set -eu
build=$1
program=$build/cmd/kportscan/kportscan
measure=$build/tests/bench/bench_measure
runs=${KPS_BENCH_RUNS:-7}

if [ "$(id -u)" -ne 0 ] || ! unshare -n -p -f --mount-proc true 2>/dev/null; then
    echo "host: needs root and namespaces of its own: left out"
    exit 0
fi
if [ -z "${KPS_BENCH_INSIDE-}" ]; then
    KPS_BENCH_INSIDE=yes exec unshare -n -p -f --mount-proc sh "$0" "$@"
fi

ip link set lo up
# the listeners have ports below, connections take theirs above
echo "20000 65000" >/proc/sys/net/ipv4/ip_local_port_range
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DOCKER_HOST DOCKER_CONTEXT
mkfifo "$work/keep" "$work/ready"
"$build/tests/bench/bench_sockload" 500 200 10 2 20 <"$work/keep" >"$work/ready" &
exec 3>"$work/keep"
read -r word <"$work/ready"
[ "$word" = ready ]

row() {
    printf '%-52s %10s %10s %8s\n' "$@"
}

against() { # against LABEL COMMAND OTHER: both as words to be split
    # shellcheck disable=SC2046,SC2086
    set -- "$1" $("$measure" "$runs" $2 -- $3 | tr '\n' ' ')
    row "$1: wall, microseconds" "$2" "$5" "$(awk -v a="$2" -v b="$5" 'BEGIN { printf "%.3f", a / b }')"
    peak=$3
    above=$(($2 - $5))
}

for containers in 1000 20; do
    "$build/tests/bench/bench_engine" "$work/$containers" "$containers" >"$work/ready" &
    read -r word <"$work/ready"
    [ "$word" = ready ]
done
engine=unix://$work/1000

row "" ours theirs ratio
against "all listeners and their processes, ss -ltnup" "$program --no-docker --host" "ss -Hltnup"
row "  our peak memory, KiB" "$peak" "" ""
against "held port, ss -ltnp sport = :12500" "$program --no-docker 12500" "ss -Hltnp sport = :12500"
against "free port, an empty program" "$program --no-docker 9" true
against "1,000 containers, an empty program" "$program -H $engine --docker" true
against "free port and that engine, the engine alone" "$program -H $engine 9" "$program -H $engine --no-host 9"
against "free port, ss -tuan sport = :9" "$program --no-docker 9" "ss -Htuan sport = :9"
against "free port, one round trip to 20 containers" "$program -H unix://$work/20 9" \
    "$build/tests/bench/bench_roundtrip $work/20"
row "  above it, microseconds" "$above" "" ""
if command -v lsof >/dev/null; then
    against "all, lsof -nP -i" "$program --no-docker --host" "lsof -nP -i"
    against "held port, lsof -nP -i :12500" "$program --no-docker 12500" "lsof -nP -i :12500"
else
    echo "lsof: not installed"
fi
