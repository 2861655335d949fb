#ifndef KPS_CORE_CONFLICT_H
#define KPS_CORE_CONFLICT_H

#include "base/arena.h"
#include "model/conflict.h"
#include "model/ledger.h"

/* Pickers that were not compared with each other: too many. */
struct kps_uncompared {
    kps_claim_id claim; /* the first of them */
    uint32_t n_claims;  /* 0: every claim was compared */
};

struct kps_conflicts {
    const struct kps_conflict *v;
    size_t n;
    struct kps_uncompared uncompared;
};

#endif
