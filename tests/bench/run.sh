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
mkdir -p "$work/small" "$work/large" "$work/claims" "$work/manifests" "$work/host-port"

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
services 4000 20 >"$work/claims/compose.yaml"

# manifests DOCUMENTS: a third Deployments, a third their Services, a third ConfigMaps, without a conflict
manifests() {
    awk -v docs="$1" 'BEGIN {
        for (i = 0; i < docs; i++) {
            app = "app-" (i - i % 3)
            space = "team-" ((i - i % 3) % 20)
            print i ? "---\napiVersion: " (i % 3 ? "v1" : "apps/v1") : "apiVersion: apps/v1"
            print "kind: " (i % 3 == 0 ? "Deployment" : i % 3 == 1 ? "Service" : "ConfigMap")
            printf "metadata:\n  name: %s\n  namespace: %s\n", app, space
            if (i % 3 == 0) {
                printf "  labels:\n    app: %s\nspec:\n  replicas: %d\n  selector:\n    matchLabels:\n", app, 1 + i % 4
                printf "      app: %s\n  template:\n    metadata:\n      labels:\n        app: %s\n", app, app
                printf "    spec:\n      containers:\n        - name: main\n"
                printf "          image: registry.example/team/%s:1.%d\n          env:\n", app, i % 10
                printf "            - name: LOG_LEVEL\n              value: info\n          ports:\n"
                printf "            - name: http\n              containerPort: 8080\n"
                printf "            - name: metrics\n              containerPort: 9090\n"
            } else if (i % 3 == 1) {
                printf "spec:\n  selector:\n    app: %s\n  ports:\n    - name: http\n      port: 80\n", app
                printf "      targetPort: http\n"
            } else {
                printf "data:\n  LOG_LEVEL: info\n  URL: http://%s:8080/\n", app
                printf "  app.conf: |\n    listen 8080\n    workers 4\n"
            }
        }
    }'
}

# one_host_port WORKLOADS: all of them ask for the same hostPort
one_host_port() {
    awk -v n="$1" 'BEGIN {
        for (i = 0; i < n; i++) {
            printf "%sapiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a-%d\n", i ? "---\n" : "", i
            printf "spec:\n  selector:\n    matchLabels:\n      app: a-%d\n  template:\n    metadata:\n", i
            printf "      labels:\n        app: a-%d\n    spec:\n      containers:\n        - name: m\n", i
            printf "          image: registry.example/a:1\n          ports:\n            - containerPort: 8080\n"
            printf "              hostPort: 8080\n"
        }
    }'
}
manifests 10000 >"$work/manifests/manifests.yaml"
one_host_port 20000 >"$work/host-port/manifests.yaml"

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

against_events() { # against_events NAME RUNS [FILE]
    file=$work/$1/${3:-compose.yaml}
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
row "10,000 manifests against libyaml's events of them" "" "" ""
against_events manifests 21 manifests.yaml
row "20,000 workloads that ask for one hostPort" "" "" ""
against_events host-port 5 manifests.yaml
found=$("$kportscan" --lint -o short "$work/host-port/manifests.yaml" | grep -c KP203)
row "host-port: findings KP203" "$found" "" ""
row "detection alone, microseconds" "" "" ""
for claims in 100000 1000000; do
    took=$("$detect" "$claims")
    row "$claims claims, one clash in a hundred" "${took% *}" "" ""
done
echo "a live cluster, and a dump of it"
load=$root/tests/bench/cluster_load.py
python3 "$load" --limits 40,5,30 "$kportscan"
python3 "$load" --mode against --limits 40,5,0 "$kportscan"
python3 "$load" --mode input --limits 60,10,0 "$kportscan"
python3 "$load" --pods 150000 --nodes 5000 --limits 60,30,310 "$kportscan"
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
