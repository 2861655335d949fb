#ifndef KPS_MODEL_CONFLICT_H
#define KPS_MODEL_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"

/* In what way claims clash. */
enum kps_conflict_kind {
    KPS_CONFLICT_OWNERS, /* claims of several tenants on the same ports */
    KPS_CONFLICT_WITHIN, /* several claims of an owner on the same ports */
    KPS_CONFLICT_COPIES, /* replicas of a claim among each other: copies * take > width */
    KPS_CONFLICT_POOL,   /* claims with a choice of a range: no assignment exists, or start order
                            decides */
    KPS_CONFLICT_IN_USE, /* requested claims against existing claims */
    KPS_CONFLICT_UNCOMPARED, /* claims[0] and others are too many to compare each pair: `wanted`
                                kinds of claims on a NODE, else `wanted` claims with a choice */
};

/* The answer to "can these two claims be at one place" (struct kps_place_rules). */
enum kps_meet {
    KPS_MEET_NEVER,
    KPS_MEET_POSSIBLE,
    KPS_MEET_CERTAIN, /* assuming that a place for the two exists at all */
};

struct kps_meeting {
    enum kps_meet meet;
    bool by_count; /* POSSIBLE only as the number of places is unknown: certain where they are fewer
                      than the copies */
    uint8_t reason; /* a number of the class, for the words of the finding */
};

/*
 * A clash: all claims on the same ports at overlapping addresses (as a connected group: two claims
 * on different single addresses are a group only through a third that covers both).
 *
 * The struct stands here and not in core so that adapters, which may not know the core, can
 * describe a conflict (kps_owner_class.describe).
 */
struct kps_conflict {
    enum kps_conflict_kind kind;
    enum kps_certainty
        certainty; /* CERTAIN: a start will fail; less: order or other unknowns decide */
    kps_netns_id netns;
    enum kps_protocol protocol;
    uint16_t first, last; /* the contended ports (the overlap), inclusive */
    /*
     * In a namespace of kind NODE claims[0] is the claim written last, and a tenant may have
     * several claims. Elsewhere claims[0] is the claim for the user to edit: in a POOL a claim
     * whose range can run out, then a picker; REQUESTED before PENDING before BOUND; written before
     * derived; surer before less sure; then the last in the files. When described (IN_USE, or a
     * POOL with existing claims), always a claim of an owner that asks. The rest follows in ledger
     * order. At least two claims, for COPIES at least one.
     */
    const kps_claim_id *claims;
    uint32_t n_claims;
    /*
     * POOL and COPIES: how many ports the claims need together, and how many different ports exist:
     * inside first..last when CERTAIN, else in the whole ranges of the pickers.
     */
    uint32_t wanted, available;
    /*
     * A port to advise to the owner of claims[0]: no known claim has it. 0 = none. Set by
     * kps_judge, in the copy for `describe`.
     */
    uint16_t free_port;
    bool
        is_free_here; /* … and no socket of this machine has the port: the sockets were looked at */
    /* In a namespace of kind NODE: the strongest pair, and why the two meet. */
    kps_claim_id pair[2];
    struct kps_meeting meeting;
    /* … the copies of all claims, one claim for each tenant; more than there are places for: */
    uint64_t copies;
    bool is_crowded;
};

#endif
