#ifndef KPS_COMPOSE_PORT_FAULT_H
#define KPS_COMPOSE_PORT_FAULT_H

#include "compose/port_spec.h"

/*
 * What to say about a port that compose/port_spec.c cannot accept: our words, the offending bytes,
 * what is allowed, and the words of Compose or the Engine. Every function fills p->error and gives
 * back the fault.
 */

/* A part of the parsed text and where it starts. */
struct kps_port_part {
    struct kps_sv s;
    uint32_t off;
};

struct kps_port_part kps_port_slice(struct kps_port_part part, size_t from, size_t to);

struct kps_port_parse {
    struct kps_arena *arena;
    struct kps_sv text;
    struct kps_port_part ip, host, container,
        protocol; /* without their separators; protocol may be empty */
    struct kps_port_error *error;
};

enum kps_port_fault kps_port_no_container(struct kps_port_parse *p);
enum kps_port_fault kps_port_bad_container(struct kps_port_parse *p);
enum kps_port_fault kps_port_container_zero(struct kps_port_parse *p);
enum kps_port_fault kps_port_bad_host(struct kps_port_parse *p);
enum kps_port_fault kps_port_bad_protocol(struct kps_port_parse *p);
enum kps_port_fault
kps_port_bad_published(struct kps_port_parse *p); /* of the long syntax; in p->host */

/* Ranges of different lengths, given as the number of ports each has. */
enum kps_port_fault kps_port_unequal(struct kps_port_parse *p, uint32_t n_host,
                                     uint32_t n_container);

/* `go_reason`: why Go's net.SplitHostPort refuses the IP part. */
enum kps_port_fault kps_port_bad_brackets(struct kps_port_parse *p, const char *go_reason);
/* The IP part, brackets stripped, is no IP literal. */
enum kps_port_fault kps_port_bad_ip(struct kps_port_parse *p, struct kps_port_part literal);

#endif
