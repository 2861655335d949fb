#!/bin/sh
# usage: static.sh ROOT
# The static program: built, of the promised size, without a library to load, and with the answers of the other build.
# Exit 77: what builds it is missing.
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$root/manifests/static/build.sh" "$work" amd64 >"$work/log" 2>&1 || {
    code=$?
    cat "$work/log" >&2
    [ "$code" -eq 77 ] && exit 77
    # without an archive of packages nothing can be built, and nothing is said about the project
    grep -q 'Unable to\|Could not resolve\|Failed to fetch' "$work/log" && exit 77
    exit 1
}
program=$work/kportscan-amd64
size=$(stat -c %s "$program")
[ "$size" -le 1258291 ] || { echo "the program has $size bytes, more than 1.2 MiB" && exit 1; }
if ldd "$program" >/dev/null 2>&1; then
    echo "the program needs libraries: $(ldd "$program")"
    exit 1
fi
cd "$root/manifests/examples/compose/services-clash"
code=0
env -i PATH="$PATH" "$program" --lint --no-config -o short compose.yaml >"$work/answer" || code=$?
[ "$code" -eq 1 ] || { echo "exit $code instead of 1" && exit 1; }
diff "$work/answer" expected.short
code=0
env -i PATH="$PATH" "$program" --no-config -H tcp://127.0.0.1:1 --docker >"$work/answer" 2>&1 || code=$?
if [ "$code" -ne 3 ] || ! grep -q 'built without libcurl' "$work/answer"; then
    cat "$work/answer"
    echo "exit $code; an engine behind TCP must be refused with words"
    exit 1
fi
