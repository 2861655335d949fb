#!/bin/sh
# usage: run.sh BUILD
# What a check costs, as ratios measured in this run: wall time and, where valgrind is there, instructions against a
# program that only pulls libyaml's events of the same bytes (bench_yaml_events); peak memory against the file's size;
# and wall time of `docker compose config -q` and dclint, where they are installed, against kportscan's.
set -eu
build=$1
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
kportscan=$build/cmd/kportscan/kportscan
events=$build/tests/bench/bench_yaml_events
detect=$build/tests/bench/bench_detect
measure=$build/tests/bench/bench_measure
work=$build/bench-files
mkdir -p "$work/small" "$work/large" "$work/claims"

# services SERVICES PORTS: a project without a conflict, of services as people write them
services() {
    awk -v services="$1" -v ports="$2" 'BEGIN {
        print "name: bench\nservices:"
        for (i = 0; i < services; i++) {
            printf "  service-%d:\n    image: \"registry.example/team/service-%d:1.%d\"\n", i, i, i % 10
            printf "    restart: unless-stopped\n    environment:\n      LOG_LEVEL: info\n      WORKERS: \"%d\"\n", i % 8
            printf "      URL: http://service-%d:8080/\n    labels:\n      - team=a\n      - tier=%d\n", i, i % 3
            printf "    volumes:\n      - data-%d:/var/lib/data\n    ports:\n", i % 100
            for (j = 0; j < ports; j++) {
                n = i * ports + j
                printf "      - \"127.%d.0.1:%d:80\"\n", n / 60000, 1024 + n % 60000
            }
        }
        print "volumes:"
        for (i = 0; i < (services < 100 ? services : 100); i++) printf "  data-%d:\n", i
    }'
}
services 3 1 >"$work/small/compose.yaml"
services 5000 1 >"$work/large/compose.yaml"
services 5000 20 >"$work/claims/compose.yaml"

row() {
    printf '%-52s %10s %10s %8s\n' "$@"
}

ratio() { # ratio A B
    awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'
}


instructions() { # instructions COMMAND...
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

against_events() { # against_events NAME RUNS
    file=$work/$1/compose.yaml
    bytes=$(wc -c <"$file")
    lines=$("$measure" "$2" "$kportscan" --lint "$file" -- "$events" "$file")
    # shellcheck disable=SC2046 # six words are meant
    set -- "$1" $(echo "$lines" | tr '\n' ' ')
    [ "$4" -eq 0 ] || { echo "kportscan exits with $4 on $file" >&2 && exit 1; }
    row "$1 ($bytes bytes): wall, microseconds" "$2" "$5" "$(ratio "$2" "$5")"
    if command -v valgrind >/dev/null; then
        ours=$(instructions "$kportscan" --lint "$file")
        theirs=$(instructions "$events" "$file")
        row "$1: instructions" "$ours" "$theirs" "$(ratio "$ours" "$theirs")"
    fi
    # of a small file nearly all of it is the C library
    [ "$bytes" -lt 100000 ] ||
        row "$1: peak memory, KiB, and size of the file, KiB" "$3" "$((bytes / 1024))" "$(ratio "$(($3 * 1024))" "$bytes")"
}

against_tool() { # against_tool NAME RUNS LABEL COMMAND...
    file=$work/$1/compose.yaml
    runs=$2
    label=$3
    shift 3
    lines=$("$measure" "$runs" "$kportscan" --lint "$file" -- "$@")
    # shellcheck disable=SC2046
    set -- $(echo "$lines" | tr '\n' ' ')
    row "$label: wall, microseconds (ratio: it / ours)" "$1" "$4" "$(ratio "$4" "$1")"
}

row "" kportscan other ratio
row "against libyaml's events of the same file" "" "" ""
against_events small 201
against_events large 21
against_events claims 7
row "detection alone, microseconds" "" "" ""
for claims in 100000 1000000; do
    took=$("$detect" "$claims")
    row "$claims claims, one clash in a hundred" "${took% *}" "" ""
done
row "against other programs" "" "" ""
compose=${KPS_COMPOSE:-$root/build/oracle/docker-compose}
if [ -x "$compose" ]; then
    for size in small large; do
        against_tool "$size" 5 "$size: docker compose config -q" \
            "$compose" -f "$work/$size/compose.yaml" config -q
    done
else
    echo "docker compose: not installed (tests/oracle/get-compose build/oracle fetches it)"
fi
if command -v dclint >/dev/null; then
    against_tool small 5 "small: dclint" dclint "$work/small/compose.yaml"
else
    echo "dclint: not installed"
fi
