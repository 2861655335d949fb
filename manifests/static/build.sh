#!/usr/bin/env bash
# A program that runs on every Linux of one architecture: linked statically with musl, without libcurl (so without
# engines behind TCP and TLS). libyaml and jansson, and musl for the other architecture, are compiled from Debian's
# source packages.
# usage: build.sh OUT [ARCH]     ARCH: amd64 (the default), arm64; the one that this machine has not is cross-built
# KPS_PACKAGES=tar (or "tar;deb") in the environment makes these packages as well, in OUT/package-ARCH.
# Needs: musl-tools for this machine's own; gcc-aarch64-linux-gnu and libc6-dev-arm64-cross for arm64 elsewhere; cmake,
# ninja, make, dpkg-dev.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
out=$(mkdir -p "${1:?usage: build.sh OUT [ARCH]}" && cd "$1" && pwd)
arch=${2:-amd64}
work=$out/work-$arch
prefix=$work/prefix
mkdir -p "$work" "$prefix/include" "$prefix/lib/pkgconfig"

case $arch in
amd64) machine=x86_64 ;;
arm64) machine=aarch64 ;;
*)
    echo "build.sh: there is no recipe for '$arch' (amd64, arm64)" >&2
    exit 2
    ;;
esac
cross=$machine-linux-gnu
if [ "$machine" = "$(uname -m)" ]; then
    native=musl-gcc compiler=musl-gcc strip=strip system=()
else
    native=$cross-gcc compiler=$prefix/bin/musl-gcc strip=$cross-strip
    system=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=$machine")
fi
for tool in "$native" "$strip" cmake ninja dpkg-source; do
    command -v "$tool" >/dev/null || {
        echo "build.sh: $tool is missing" >&2
        exit 77
    }
done

# Each function of a library is a section of its own, so that the linker leaves out what nobody calls; nothing unwinds.
library_flags="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"

library() { # library NAME CMAKE-OPTION...: a static library below $prefix
    local name=$1
    shift
    cmake -S "$out/sources/$name" -B "$work/$name" -G Ninja -DCMAKE_C_COMPILER="$compiler" "${system[@]}" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS="$library_flags -ffile-prefix-map=$out=." -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib "$@"
    cmake --build "$work/$name" --target install
}

# musl for the other architecture, with the wrapper that makes its compiler use it.
cross_musl() {
    rm -rf "$work/musl"
    mkdir -p "$work/musl"
    (
        cd "$work/musl"
        CC=$native CROSS_COMPILE=${native%gcc} "$sources/musl/configure" --target=$machine --prefix="$prefix" \
            --syslibdir="$prefix/lib" --disable-shared --enable-wrapper=gcc
        make -j "$(nproc)" install
    )
}

sources=$out/sources # fetched once, also for the other architecture
bash "$root/manifests/static/sources.sh" "$sources" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
if [ "$native" != "$compiler" ] && [ ! -x "$compiler" ]; then
    cross_musl >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
fi
{
    library libyaml -DBUILD_TESTING=OFF
    library jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
} >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
printf 'Name: yaml\nDescription: libyaml\nVersion: 0.2.5\nCflags: -I%s/include\nLibs: -L%s/lib -lyaml\n' "$prefix" "$prefix" \
    >"$prefix/lib/pkgconfig/yaml-0.1.pc"
# musl brings no kernel headers: they are lent, folder by folder
headers=/usr/include
[ "$native" = "$compiler" ] || headers=/usr/$cross/include
for folder in linux asm asm-generic; do
    path=$headers/$folder
    [ -e "$path" ] || path=$headers/$(gcc -print-multiarch)/$folder
    ln -sfn "$path" "$prefix/include/$folder"
done
flags="-isystem $prefix/include"
link_flags="-static -Wl,--gc-sections"
if [ "$arch" = arm64 ]; then
    flags="$flags -mno-outline-atomics" # their helpers ask glibc about the processor
    # musl never makes the relocated data of such a program read-only, but its end would be aligned to 64 KiB for that.
    link_flags="$link_flags -Wl,-z,norelro"
fi
{
    PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig cmake -S "$root" -B "$work/kportscan" -G Ninja \
        -DCMAKE_C_COMPILER="$compiler" "${system[@]}" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DKPS_LTO=ON \
        -DKPS_WITH_CURL=OFF -DKPS_LATE_JANSSON=OFF -DCMAKE_C_FLAGS="$flags" \
        -DCMAKE_EXE_LINKER_FLAGS="$link_flags" \
        -DCMAKE_STRIP="$(command -v "$strip")" -DKPS_PACKAGES="${KPS_PACKAGES-}"
    cmake --build "$work/kportscan"
    if [ -n "${KPS_PACKAGES-}" ]; then
        (cd "$work/kportscan" && cpack -B "$out/package-$arch")
    fi
} >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
"$strip" -o "$out/kportscan-$arch" "$work/kportscan/cmd/kportscan/kportscan"
echo "$out/kportscan-$arch"
