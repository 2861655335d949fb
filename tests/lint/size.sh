#!/bin/sh
# usage: size.sh [ROOT]
# Fails for files above 1,000 lines and functions above 80. Prints the longest of each and warns above 800 lines, so that
# growth is seen early.
# A function is what stands between a "{" and a "}" alone in the first column, as clang-format puts them, plus its first
# line.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lint/files.sh
. "$here/files.sh"
max_file=1000
max_function=80

sizes=$(
    # shellcheck disable=SC2016 # the program is awk's
    cd "$root" && c_files . | xargs awk '
    FNR == 1 { if (file != "") print lines, "file", file; file = FILENAME; start = 0 }
    { lines = FNR }
    /^{/ { start = FNR; name = before; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
    /^}/ { if (start) print FNR - start + 2, "function", FILENAME ":" start ": " name; start = 0 }
    /^[A-Za-z_]/ { before = $0 }
    END { if (file != "") print lines, "file", file }
    ' | sort -k 1,1nr
)
[ -n "$sizes" ] || { echo "no C files below $root" && exit 1; }
for kind in file function; do
    echo "longest ${kind}s:"
    echo "$sizes" | awk -v kind=$kind '$2 == kind && n++ < 5 { $2 = ""; print "  " $0 }'
done
echo "$sizes" | awk -v max_file=$max_file -v max_function=$max_function '
    $2 == "file" && $1 > 800 && $1 <= max_file { print $3 ": " $1 " lines; split its duties before it has " max_file }
    $2 == "file" && $1 > max_file { print $3 ": " $1 " lines, more than " max_file; bad = 1 }
    $2 == "function" && $1 > max_function { print $3, $4 ": " $1 " lines, more than " max_function; bad = 1 }
    END { exit bad }
'
