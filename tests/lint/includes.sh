#!/bin/sh
# usage: includes.sh [ROOT]
# Which folder may include which, and where a library's header may appear. On most systems all headers lie in one
# directory, so no compiler objects to a yaml.h in the core; this does. It also holds the USES of every CMakeLists.txt
# against the same table, and include guards against the file's name.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lint/files.sh
. "$here/files.sh"

# A folder and those it may include, beside itself.
matrix='
base
texts    base
diag     base
model    base diag
advice   base diag model
core     base diag model
yaml     base diag texts
config   base diag model yaml
suppress base diag model yaml
compose  base diag model advice yaml
kube     base diag model advice yaml texts
http     base
docker   base diag model http
cluster  base diag http
sys      base diag model
units    base diag model advice yaml
report   base diag model advice core rules texts
diagnose base diag model advice core rules texts
assign   base diag model advice core compose report sys
query    base diag model advice core diagnose kube machine report sys
arguments base diag model report texts
options  base diag config report rules
verdict  base diag model config core report rules suppress
watch    base model advice core query report
machine  base diag model core docker report sys
inputs   base diag model yaml arguments config cluster compose diagnose kube units
plugin   base diag model core arguments diagnose options report
rules    base diag texts
cmd      base diag model advice core yaml config suppress compose kube docker cluster sys units report rules texts diagnose assign arguments options verdict machine query watch inputs plugin
'
# A library header (as a pattern) and the files it may stand in. Nowhere else, and never in a header of ours.
libraries='
yaml.h      pkgsrc/yaml/[a-z_]*.c
jansson.h   pkgsrc/base/late_jansson.[ch] pkgsrc/report/json.c pkgsrc/report/json_[a-z]*.c pkgsrc/report/baseline.c pkgsrc/report/rules.c pkgsrc/report/sarif.c pkgsrc/report/gitlab.c pkgsrc/report/rdjson.c pkgsrc/docker/[a-z_]*.c pkgsrc/cluster/[a-z_]*.c pkgsrc/kube/live_json.c pkgsrc/plugin/hook_request.c
curl/*      pkgsrc/http/[a-z_]*.c
linux/*     pkgsrc/sys/[a-z_]*.c
'

bad=0
complain() {
    echo "$*"
    bad=1
}

row() { # row FOLDER: the folders it may include; fails for a folder that the table does not have
    printf '%s' "$matrix" | awk -v folder="$1" '$1 == folder { $1 = ""; print; found = 1 } END { exit !found }'
}

check_ours() { # check_ours FILE LINE FOLDER INCLUDED
    case $4 in
    */*) from=${4%%/*} ;;
    *)
        # a program's own headers stand beside it; the libraries name the folder
        [ "$3" = cmd ] || complain "$1:$2: write the folder: #include \"$3/$4\""
        return 0
        ;;
    esac
    [ "$from" = "$3" ] && return 0
    case " $(row "$3") " in
    *" $from "*) ;;
    *) complain "$1:$2: $3 must not include $4" ;;
    esac
}

check_library() { # check_library FILE LINE INCLUDED
    printf '%s' "$libraries" | while read -r pattern places; do
        set -f
        # shellcheck disable=SC2254 # patterns are meant
        case $3 in $pattern) ;; *) continue ;; esac
        for place in $places; do
            # shellcheck disable=SC2254
            case $1 in $place) exit 0 ;; esac
        done
        exit 1
    done || complain "$1:$2: <$3> has no place here"
}

check_file() { # check_file FILE
    folder=${1#pkgsrc/}
    case $1 in cmd/*) folder=cmd/ ;; esac
    folder=${folder%%/*}
    row "$folder" >/dev/null || {
        complain "$1: the table of folders does not know $folder"
        return 0
    }
    grep -n '^[[:space:]]*#[[:space:]]*include' "$root/$1" |
        sed -n 's/^\([0-9]*\):[^<"]*\([<"]\)\([^>"]*\)[>"].*/\1 \2 \3/p' >"$list"
    while read -r number kind included; do
        case $kind in
        '"') check_ours "$1" "$number" "$folder" "$included" ;;
        *) check_library "$1" "$number" "$included" ;;
        esac
    done <"$list"
}

check_guard() { # check_guard HEADER (below pkgsrc)
    guard=KPS_$(printf '%s' "${1#pkgsrc/}" | tr 'a-z/.-' 'A-Z___')
    [ "$(grep -cE "^#(ifndef|define) $guard\$" "$root/$1")" -eq 2 ] || complain "$1: the include guard is not $guard"
}

check_uses() { # check_uses CMAKELISTS
    tr '\n' ' ' <"$root/$1" | tr ')' '\n' | sed -n 's/.*kps_library(\([a-z]*\)\(.*\)/\1 \2/p' >"$list"
    while read -r name rest; do
        uses=$(printf '%s' "$rest" | sed -n 's/.*USES\([^A-Z]*\).*/\1/p')
        allowed=$(row "$name") || allowed=
        for used in $uses; do
            case " $allowed " in
            *" $used "*) ;;
            *) complain "$1: $name must not use $used" ;;
            esac
        done
    done <"$list"
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
count=0
for file in $(c_files "$root"); do
    count=$((count + 1))
    check_file "$file"
    case $file in pkgsrc/*.h) check_guard "$file" ;; esac
done
for file in $(cd "$root" && find pkgsrc -name CMakeLists.txt); do
    check_uses "$file"
done
[ "$count" -gt 0 ] || complain "no C files below $root"
[ "$bad" -ne 0 ] || echo "includes: $count files, every edge allowed"
exit "$bad"
