#!/bin/sh
# usage: make_certs.sh FOLDER: ca.pem, a server's certificate for 127.0.0.1 and a client's, as dockerd wants them, and in
# FOLDER/other a CA that signed neither. Exit 77 where there is no openssl.
set -eu
command -v openssl >/dev/null || exit 77
cd "$1"
mkdir -p other

authority() { # authority FOLDER
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=test $1" \
        -keyout "$1/ca-key.pem" -out "$1/ca.pem"
}

certificate() { # certificate NAME EXTENSIONS
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1-key.pem" \
        -out "$1.csr"
    printf '%s\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile "$1.ext" \
        -out "$1-cert.pem"
}

{
    authority .
    authority other
    certificate server "subjectAltName=IP:127.0.0.1"
    certificate client "extendedKeyUsage=clientAuth"
} >log 2>&1 || { cat log >&2 && exit 1; }
cp client-cert.pem cert.pem
cp client-key.pem key.pem
cp client-cert.pem client-key.pem other/
mv other/client-cert.pem other/cert.pem
mv other/client-key.pem other/key.pem
