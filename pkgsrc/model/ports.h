#ifndef KPS_MODEL_PORTS_H
#define KPS_MODEL_PORTS_H

#include "model/claim.h"
#include "model/conflict.h"

/* Ports of one protocol at one address: of a claim, a question, a filter. */
struct kps_ports {
    struct kps_addr addr; /* KPS_ADDR_EVERY: any address */
    uint16_t first, last; /* 1..65535, inclusive; both 0: no port in particular */
    uint8_t protocol;     /* enum kps_protocol; KPS_PROTO_NONE: any */
};

/* Ports without a protocol or an address, inclusive: of a setting of the kernel or a cluster. */
struct kps_port_range {
    uint16_t first, last;
};

/*
 * Parse "3000" or two numbers with `between` in their middle, "3000-3010"; 0 is a number, too.
 * Return: false (*ret untouched) for any other text, and when the range ends before it begins.
 */
bool kps_port_range_parse(struct kps_sv text, char between, struct kps_port_range *ret);

/* Return: is the port in one of the ranges? */
bool kps_port_range_holds(const struct kps_port_range *ranges, size_t n, uint16_t port);

/*
 * Return: whether a and b have a port, a protocol and an address in common, so that two sockets on
 * them would collide (same network namespace, no sharing flags). Symmetric. Ports 0 meet nothing.
 */
bool kps_ports_meet(const struct kps_ports *a, const struct kps_ports *b);

/* Return: the ports of a claim. */
struct kps_ports kps_ports_of(const struct kps_claim *claim);

/* kps_ports_meet, of two claims. */
bool kps_ports_of_claims_meet(const struct kps_claim *a, const struct kps_claim *b);

/* Return: "3000", or "3000-3010" for a range, in the arena. */
struct kps_sv kps_ports_digits(struct kps_arena *arena, uint16_t first, uint16_t last);

/* Return: "3000/tcp", "3000-3010/udp", or "3000" without a protocol, in the arena. */
struct kps_sv kps_ports_words(struct kps_arena *arena, uint16_t first, uint16_t last,
                              enum kps_protocol protocol);

/* Return: the contended ports of a conflict, as kps_ports_words has them. */
struct kps_sv kps_ports_of_conflict(struct kps_arena *arena, const struct kps_conflict *conflict);

#endif
