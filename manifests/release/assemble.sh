#!/bin/sh
# usage: assemble.sh OUT PACKAGES STATIC
# Collects a release in OUT: the .deb of PACKAGES (made by cpack), the archives of the static programs, which are built in
# STATIC, a .deb of the program for arm64, the npm package (where npm is installed), SHA256SUMS and a list of the parts in
# the format of SPDX. An architecture whose compiler is missing is left out, and said so.
set -eu
[ $# -eq 3 ] || { echo "usage: assemble.sh OUT PACKAGES STATIC" >&2 && exit 2; }
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
rm -rf "$1"
mkdir -p "$1" "$3"
out=$(cd -- "$1" && pwd)
packages=$2
static=$(cd -- "$3" && pwd)
version=$(sed -n 's/^project(kportscan VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")

cp "$packages"/*.deb "$out"
for architecture in amd64 arm64; do
    kinds=tar
    [ "$architecture" = amd64 ] || kinds="tar;deb"
    rm -rf "$static/package-$architecture"
    code=0
    KPS_PACKAGES=$kinds bash "$root/manifests/static/build.sh" "$static" "$architecture" >/dev/null || code=$?
    case $code in
    0) find "$static/package-$architecture" -maxdepth 1 \( -name '*.deb' -o -name '*.tar.gz' \) -exec cp {} "$out" \; ;;
    77) echo "SKIP: the programs for $architecture are left out" >&2 ;;
    *) exit "$code" ;;
    esac
done

if [ -x "$static/kportscan-amd64" ] && [ -x "$static/kportscan-arm64" ] && command -v npm >/dev/null; then
    sh "$root/manifests/npm/pack.sh" "$out" "$static" "$version"
else
    echo "SKIP: the npm package needs npm and the programs of both architectures" >&2
fi
(cd "$out" && sha256sum -- * >"$static/SHA256SUMS" && mv "$static/SHA256SUMS" .)
python3 "$root/manifests/release/parts.py" "$version" "$out" "$static/sources" >"$out/kportscan-$version.spdx.json"
