#ifndef KPS_DIAGNOSE_ENDPOINT_H
#define KPS_DIAGNOSE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnose/symptom.h"

/* Where something wanted to listen, as programs write it. */
struct kps_endpoint {
    bool has_addr;
    struct kps_addr
        addr; /* "::" is ANY6 here: whether the program meant both families is for the caller */
    uint16_t first, last;       /* 0: a path */
    enum kps_protocol protocol; /* of "8080/udp"; else NONE */
    struct kps_sv path;         /* of a Unix socket; else empty */
};

/*
 * Reads an endpoint at the beginning of `s`: "0.0.0.0:80", "[::]:80", ":::3000", ":8080", "*:6379",
 * "localhost:8000",
 * "('127.0.0.1', 8000)", "localhost/127.0.0.1:9092", "http://127.0.0.1:5000",
 * "127.0.0.1:[9200-9300]", "80/tcp" behind any of these, "unix:/run/app.sock", "/run/app.sock".
 * `any_host`: also "db.example:80", of which the address is not known then. Return: the bytes it
 * takes; 0 when there is none (*ret untouched).
 */
size_t kps_endpoint_read(struct kps_sv s, bool any_host, struct kps_endpoint *ret);

/* An address alone ("0.0.0.0", "::", "[::1]", "*", "localhost"). Return: as above. */
size_t kps_endpoint_address(struct kps_sv s, struct kps_addr *ret);

/* A port 1-65535 or a range of them ("3000", "8000-8010"). Return: as above. */
size_t kps_endpoint_port(struct kps_sv s, uint16_t *ret_first, uint16_t *ret_last);

/* The path of a Unix socket: "/run/app.sock", "@app". Return: as above. */
size_t kps_endpoint_path(struct kps_sv s, struct kps_sv *ret);

#endif
