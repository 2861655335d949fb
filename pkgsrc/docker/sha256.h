#ifndef KPS_DOCKER_SHA256_H
#define KPS_DOCKER_SHA256_H

#include "base/sv.h"

enum { KPS_SHA256_HEX = 64 };

/*
 * The SHA-256 of `bytes` (FIPS 180-4) as lower-case hexadecimal and a NUL: Docker names the folder
 * of a context after it. Nothing here is secret, and linking a cryptographic library would cost
 * every run more than this file.
 */
void kps_sha256_hex(struct kps_sv bytes, char ret[KPS_SHA256_HEX + 1]);

#endif
