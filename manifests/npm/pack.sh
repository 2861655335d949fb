#!/bin/sh
# usage: pack.sh OUT STATIC VERSION
# Packs the npm package into OUT, with the programs of both architectures, which lie in STATIC.
set -eu
[ $# -eq 3 ] || { echo "usage: pack.sh OUT STATIC VERSION" >&2 && exit 2; }
here=$(cd -- "$(dirname -- "$0")" && pwd)
out=$(cd -- "$1" && pwd)
grep -q "\"version\": \"$3\"" "$here/package.json" || {
    echo "pack.sh: manifests/npm/package.json is not of version $3" >&2
    exit 1
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/package.json" "$here/kportscan.js" "$here/README.md" "$here/../../LICENSE" "$folder"
cp "$2/kportscan-amd64" "$2/kportscan-arm64" "$folder"
chmod 755 "$folder/kportscan.js" "$folder/kportscan-amd64" "$folder/kportscan-arm64"
cd "$folder"
npm pack --silent --offline --cache "$folder/cache" --pack-destination "$out" >/dev/null
