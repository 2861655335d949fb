#ifndef KPS_CORE_PORT_USE_H
#define KPS_CORE_PORT_USE_H

#include "core/conflict.h"

/*
 * The ports in use, as an answer for people: the claims of a linked ledger brought together, a port
 * use for each tenant, port (or range) and protocol. Sockets of a tenant on several addresses are a
 * single port use; owners that only keep sockets open for the tenant (docker-proxy for a container)
 * are its helpers and no holders of their own.
 */
struct kps_port_use {
    kps_owner_id tenant;
    kps_claim_id claim; /* a claim of the use: the tenant's own, if any */
    kps_netns_id netns;
    uint8_t protocol;                   /* enum kps_protocol */
    uint8_t basis;                      /* enum kps_basis: BOUND now, or PENDING until a start */
    uint8_t certainty;                  /* enum kps_certainty, of the surest claim */
    bool is_remnant;                    /* only by remnants of connections */
    bool is_contended;                  /* PENDING for a port that another owner holds or plans */
    uint16_t first, last;               /* both 0: any free port */
    uint16_t target_first, target_last; /* inside the container; 0: unknown */
    uint32_t take;                      /* how many of first..last: the width, 1: any of them */
    const struct kps_addr *addrs;       /* no two are the same */
    const kps_owner_id *helpers;
    uint32_t n_addrs, n_helpers;
};

struct kps_port_uses {
    const struct kps_port_use
        *v; /* by port, protocol, BOUND before PENDING, containers before processes */
    size_t n;
};

/*
 * Return: the port uses of all claims with copies, not discarded. In the arena; the ledger must not
 * change. O(n log n).
 */
struct kps_port_uses kps_port_uses_of(const struct kps_ledger *ledger, struct kps_arena *arena);

/*
 * Join the port uses of a list into blocks, in the arena: ports of one owner that differ in their
 * address alone (IPv4 and IPv6 of a binding), then ports in a row with targets in a row, on the
 * same addresses ("8000-8099 to 80-179"). A block stands where its first port stood. O(n log n).
 */
struct kps_port_uses kps_port_uses_join(struct kps_port_uses uses, struct kps_arena *arena);

/* Words for people, in the arena. */

/* "3000/tcp", "8000-8010/udp"; "any/tcp" for a plan of any free port. */
struct kps_sv kps_port_use_words(struct kps_arena *arena, const struct kps_port_use *holding);

/* "*" for every address of both families, else the addresses: "0.0.0.0", "127.0.0.1, ::1". */
struct kps_sv kps_port_use_addresses(struct kps_arena *arena, const struct kps_port_use *holding);

/* As people say, with the port: "every address", "127.0.0.1:3000 and [::1]:3000". */
struct kps_sv kps_port_use_places(struct kps_arena *arena, const struct kps_port_use *holding);

#endif
