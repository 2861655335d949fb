#ifndef KPS_DOCKER_ENDPOINT_URL_H
#define KPS_DOCKER_ENDPOINT_URL_H

#include "docker/endpoint.h"

/* Whether and how TLS is spoken with an engine behind tcp://. */
struct kps_endpoint_tls {
    bool on, verify;
    struct kps_sv ca, cert, key; /* NUL-terminated; empty = none */
};

/*
 * Reads an engine's address: unix://PATH, tcp://HOST[:PORT][/PATH], http(s)://…, HOST[:PORT]. Fills
 * in url, transport, socket or base, the TLS files, verify, loopback, elsewhere and rootless.
 *
 * Return: false with *ret_fault, a sentence with the user's word in it, and *ret_advice (may be
 * empty) for what cannot be used: ssh://, npipe://, fd://, a bare path, an address that is none.
 */
bool kps_endpoint_parse(struct kps_arena *arena, struct kps_sv address,
                        const struct kps_endpoint_tls *tls, struct kps_endpoint *ret,
                        struct kps_sv *ret_fault, struct kps_sv *ret_advice);

#endif
