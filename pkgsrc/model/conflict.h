#ifndef KPS_MODEL_CONFLICT_H
#define KPS_MODEL_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"

/* In what way claims clash. */
enum kps_conflict_kind {
    KPS_CONFLICT_OWNERS, /* claims of several tenants on the same ports */
    KPS_CONFLICT_WITHIN, /* several claims of one owner on the same ports */
    KPS_CONFLICT_COPIES, /* replicas of one claim among each other: copies * take > width */
    KPS_CONFLICT_POOL,   /* claims that pick a port of a range: no assignment exists, or start order
                            decides */
    KPS_CONFLICT_IN_USE, /* claims of owners that ask, against those of owners that are there */
};

/*
 * One clash: all the claims that contend for the same ports at addresses that overlap (as a
 * connected group: two claims on different single addresses are one group only through a third that
 * covers both).
 *
 * It lives here and not beside its finder so that adapters, which may not know the core, can
 * describe one (kps_owner_class.describe).
 */
struct kps_conflict {
    enum kps_conflict_kind kind;
    enum kps_certainty certainty; /* CERTAIN: it will fail; less: order or other unknowns decide */
    kps_netns_id netns;
    enum kps_protocol protocol;
    uint16_t first, last; /* the contended ports (the overlap), inclusive */
    /*
     * claims[0] is the one the user would edit: in a POOL one whose range can run out, then one
     * that picks; a REQUESTED before a PENDING before a BOUND; one asked for before a derived one;
     * a surer one; then the one written last; when it is described (IN_USE, or a POOL with somebody
     * who is there), always one of an owner that asks. The others follow in the order they were
     * written (ledger order). At least two, one for COPIES.
     */
    const kps_claim_id *claims;
    uint32_t n_claims;
    /*
     * POOL and COPIES: how many ports the claims need together, and how many different ports there
     * are for them: inside first..last when it is certain, else in the whole ranges of those that
     * pick.
     */
    uint32_t wanted, available;
    /* A port to advise to the owner of claims[0] instead: nothing known wants it. 0 = none. Set by
     * kps_judge, for the copy that `describe` sees. */
    uint16_t free_port;
    bool is_free_here; /* … and no socket of this machine has it: they were looked at */
};

#endif
