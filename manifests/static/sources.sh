#!/usr/bin/env bash
# Fetches the sources of the libraries of the static program: Debian's source packages, through the machine's own apt
# sources and without touching its lists. Folders with all of them are left as they are.
# usage: sources.sh FOLDER
set -euo pipefail
sources=$(mkdir -p "${1:?usage: sources.sh FOLDER}" && cd "$1" && pwd)
[ ! -d "$sources/musl" ] || exit 0
mkdir -p "$sources/lists/partial" "$sources/cache/archives/partial"
uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -v security | head -n 1)
[ -n "$uri" ] || uri=$(sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list | grep -v security | head -n 1)
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
echo "deb-src $uri ${suite:-stable} main" >"$sources/sources.list"
cat >"$sources/apt.conf" <<CONF
Dir::Etc::SourceList "$sources/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$sources/lists";
Dir::Cache "$sources/cache";
APT::Sandbox::User "root";
CONF
(
    export APT_CONFIG=$sources/apt.conf
    cd "$sources"
    apt-get -qq update
    apt-get -qq source --download-only libyaml jansson musl
    for package in libyaml jansson musl; do
        dpkg-source --no-check -x "$package"_*.dsc "$package" >/dev/null
    done
)
