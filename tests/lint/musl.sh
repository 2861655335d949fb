#!/bin/sh
# usage: musl.sh [ROOT [BUILD]]
# Every C file must compile against musl's headers as well (Alpine): what only glibc has is found here, without an Alpine.
# Checked is the syntax, with warnings as errors; nothing is linked, for there are no libraries for it here. BUILD is where
# generated headers lie.
# Exit 77: musl-gcc or a header is missing. On a musl system the build itself is this test.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
build=${2:-$root/build/dev}
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lint/files.sh
. "$here/files.sh"
command -v musl-gcc >/dev/null || { echo "SKIP: musl-gcc is not installed" && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# musl-gcc sees musl's headers only, which is the point: the kernel's and those of the libraries are lent to it one by one.
include=$work/include
mkdir -p "$include/curl"
lend() { # lend HEADER: where it lies
    path=$(printf '#include <%s>\n' "$1" | cc -E -x c - 2>/dev/null | sed -n 's|^# [0-9]* "\(/[^"]*/'"$1"'\)".*|\1|p' |
        head -n 1)
    [ -n "$path" ] || { echo "SKIP: there is no <$1>" >&2 && exit 77; }
    printf '%s\n' "$path"
}
for name in yaml.h jansson.h jansson_config.h; do
    path=$(lend "$name")
    ln -s "$path" "$include/$name"
done
for name in linux/types.h asm-generic/types.h asm/types.h curl/curl.h; do
    path=$(lend "$name")
    rmdir "$include/${name%/*}" 2>/dev/null || true
    ln -s "${path%/*}" "$include/${name%/*}"
done

failed=
for source in $(c_files "$root" | grep '[.]c$'); do
    musl-gcc -std=gnu17 -D_GNU_SOURCE '-DKPS_VERSION="0"' -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
        -I "$root/pkgsrc" -I "$build/pkgsrc" -I "$root/cmd/kportscan" -isystem "$include" "$root/$source" || failed=yes
done
[ -z "$failed" ] || exit 1
echo "musl: nothing found"
