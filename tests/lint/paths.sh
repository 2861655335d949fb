#!/bin/sh
# usage: paths.sh [ROOT]
# No file may name a place that exists on one machine only, or the host of a package archive: the one is meaningless to
# everybody else, the other is for the machine's own configuration to say.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lint/files.sh
. "$here/files.sh"

places='(^|[^A-Za-z0-9_./-])/(work|farm|opt/oracle)/'
hosts='(deb|snapshot|security)[.]debian[.]org|dl-cdn[.]alpinelinux|pypi[.]org|python[h]osted|registry[.]npmjs|crates[.]io'
hosts="$hosts"'|proxy[.]golang|registry-1[.]docker|archive[.]ubuntu|download[.]fedora'
files=$(project_files "$root")
[ -n "$files" ] || { echo "no files below $root" && exit 1; }
if (cd "$root" && printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 grep -nIE "$places|$hosts" /dev/null); then
    exit 1
fi
echo "paths: nothing found"
