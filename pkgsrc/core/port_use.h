#ifndef KPS_CORE_PORT_USE_H
#define KPS_CORE_PORT_USE_H

#include "core/conflict.h"

/*
 * Who has which ports, as an answer for people: the claims of a linked ledger brought together, one
 * holding for each tenant, port (or range) and protocol. Its sockets on several addresses are one
 * holding; those who only keep the sockets open for it (docker-proxy for a container) are its
 * helpers and no holders of their own.
 */
struct kps_port_use {
    kps_owner_id tenant;
    kps_claim_id claim; /* one of those it is made of: the tenant's own, where it has one */
    kps_netns_id netns;
    uint8_t protocol;     /* enum kps_protocol */
    uint8_t basis;        /* enum kps_basis: BOUND now, or a PENDING for when it starts */
    uint8_t certainty;    /* enum kps_certainty, of the surest claim */
    bool is_remnant;      /* only by what is left of connections */
    bool is_contended;    /* a PENDING for what somebody else holds or plans */
    uint16_t first, last; /* both 0: any free port */
    uint16_t target_first, target_last; /* inside the container; 0: unknown */
    const struct kps_addr *addrs;       /* no two are the same */
    const kps_owner_id *helpers;
    uint32_t n_addrs, n_helpers;
};

struct kps_port_uses {
    const struct kps_port_use
        *v; /* by port, protocol, BOUND before PENDING, containers before processes */
    size_t n;
};

/* Of all claims that have copies and are not discarded. In the arena; the ledger must stay as it
 * is. O(n log n). */
struct kps_port_uses kps_port_uses_of(const struct kps_ledger *ledger, struct kps_arena *arena);

#endif
