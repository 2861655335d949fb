#!/usr/bin/env bash
# A program that runs on every Linux of one architecture: linked statically, without libcurl (so without engines behind
# TCP and TLS). libyaml and jansson are compiled from Debian's source packages.
# usage: build.sh OUT [ARCH]     ARCH: amd64 (with musl, the default on such a machine), arm64 (cross-built with glibc)
# Needs: musl-tools for amd64; gcc-aarch64-linux-gnu and libc6-dev-arm64-cross for arm64; cmake, ninja, dpkg-dev.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
out=$(mkdir -p "${1:?usage: build.sh OUT [ARCH]}" && cd "$1" && pwd)
arch=${2:-amd64}
work=$out/work-$arch
prefix=$work/prefix
mkdir -p "$work" "$prefix/include" "$prefix/lib/pkgconfig"

case $arch in
amd64) compiler=musl-gcc strip=strip system=() ;;
arm64)
    compiler=aarch64-linux-gnu-gcc strip=aarch64-linux-gnu-strip
    system=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64)
    ;;
*)
    echo "build.sh: there is no recipe for '$arch' (amd64, arm64)" >&2
    exit 2
    ;;
esac
for tool in "$compiler" "$strip" cmake ninja dpkg-source; do
    command -v "$tool" >/dev/null || {
        echo "build.sh: $tool is missing" >&2
        exit 77
    }
done

# Debian's source packages, through the machine's own apt sources and without touching its lists.
fetch_sources() {
    local sources=$out/sources uri suite
    [ -d "$sources/libyaml" ] && [ -d "$sources/jansson" ] && return
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
        apt-get -qq source --download-only libyaml jansson
        for package in libyaml jansson; do
            dpkg-source --no-check -x "$package"_*.dsc "$package" >/dev/null
        done
    )
}

library() { # library NAME CMAKE-OPTION...: a static library below $prefix
    local name=$1
    shift
    cmake -S "$out/sources/$name" -B "$work/$name" -G Ninja -DCMAKE_C_COMPILER="$compiler" "${system[@]}" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS="-Os -ffile-prefix-map=$out=." -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib "$@"
    cmake --build "$work/$name" --target install
}

fetch_sources >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
{
    library libyaml -DBUILD_TESTING=OFF
    library jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
} >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
printf 'Name: yaml\nDescription: libyaml\nVersion: 0.2.5\nCflags: -I%s/include\nLibs: -L%s/lib -lyaml\n' "$prefix" "$prefix" \
    >"$prefix/lib/pkgconfig/yaml-0.1.pc"
flags=
if [ "$compiler" = musl-gcc ]; then
    # musl brings no kernel headers: they are lent, folder by folder
    for folder in linux asm asm-generic; do
        path=/usr/include/$folder
        [ -e "$path" ] || path=/usr/include/$(gcc -print-multiarch)/$folder
        ln -sfn "$path" "$prefix/include/$folder"
    done
    flags="-isystem $prefix/include"
fi
{
    PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig cmake -S "$root" -B "$work/kportscan" -G Ninja \
        -DCMAKE_C_COMPILER="$compiler" "${system[@]}" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DKPS_LTO=ON \
        -DKPS_WITH_CURL=OFF -DCMAKE_C_FLAGS="$flags" -DCMAKE_EXE_LINKER_FLAGS=-static
    cmake --build "$work/kportscan" --target kportscan
} >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
"$strip" -o "$out/kportscan-$arch" "$work/kportscan/cmd/kportscan/kportscan"
echo "$out/kportscan-$arch"
