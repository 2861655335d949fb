#!/bin/sh
# usage: rootfs.sh PROGRAM FOLDER
# Makes FOLDER the root of an image that can run PROGRAM: the program, stripped, and a user. A program that is not linked
# statically gets its libraries and the two that it loads when it needs them (jansson, and libcurl with all of its own),
# and certificates, for an engine behind TLS.
# Works with glibc and musl: both have ldd, and both look where their own libraries lie.
set -eu
[ $# -eq 2 ] || { echo "usage: rootfs.sh PROGRAM FOLDER" >&2 && exit 2; }
program=$1
root=$2

put() { # put FILE: at the same place below the root, links followed
    mkdir -p "$root$(dirname -- "$1")"
    cp -L -- "$1" "$root$1"
}

put_libraries() { # put_libraries ELF-FILE: what it needs, the loader included
    ldd "$1" | sed -n -e 's|.*=> \(/[^ ]*\) (.*|\1|p' -e 's|^[[:space:]]*\(/[^ ]*\) (.*|\1|p' | sort -u |
        while read -r library; do put "$library"; done
}

put_late() { # put_late LIBRARY FILE...: the first FILE that is there, with what it needs
    library=$1
    shift
    for name in "$@"; do
        file=$(find /usr/lib /usr/lib64 /lib -name "$name" 2>/dev/null | sort | tail -n 1)
        [ -z "$file" ] || break
    done
    [ -n "$file" ] || { echo "rootfs.sh: there is no $library" >&2 && exit 1; }
    put "$file"
    put_libraries "$file"
}

mkdir -p "$root/usr/bin" "$root/etc" "$root/project"
cp -- "$program" "$root/usr/bin/kportscan"
strip "$root/usr/bin/kportscan"
mkdir -p "$root/usr/libexec/docker/cli-plugins"
ln -s ../../../bin/kportscan "$root/usr/libexec/docker/cli-plugins/docker-kportscan"
if ldd "$program" >/dev/null 2>&1; then
    put_libraries "$program"

    put_late jansson libjansson.so.4
    put_late libcurl libcurl.so.4 libcurl-gnutls.so.4
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
        [ ! -f "$bundle" ] || put "$bundle"
    done
fi

echo 'kportscan:x:65532:65532:kportscan:/project:/sbin/nologin' >"$root/etc/passwd"
echo 'kportscan:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
