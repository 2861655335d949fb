#ifndef KPS_CORE_REPAIR_UNIT_H
#define KPS_CORE_REPAIR_UNIT_H

#include "core/repair.h"

/* What the files of the repair share: the units of claims that move together (core/repair.h). */

/* One place that the number of a claim is written at. */
struct kps_repair_place {
    struct kps_span span; /* its file the first that is the same on disk */
    kps_claim_id claim;
    bool is_kept; /* it is of something else, and must not change (struct source_span) */
};

struct kps_repair_units {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    kps_claim_id *root; /* by claim: the unit's first claim; [0] is not used */
    struct kps_sv *why; /* by claim: it cannot move; its unit's is [root] */
    struct kps_repair_place *places;
    size_t n_places; /* sorted by span */
};

struct kps_repair_units kps_repair_find_units(const struct kps_ledger *ledger,
                                              const struct kps_repair_scope *scope);

/* The unit of a claim. */
kps_claim_id kps_repair_unit(const struct kps_repair_units *units, kps_claim_id claim);

/*
 * Gives every unit that moves a new first port: ports[unit], where moves[unit]. A unit for which
 * there is none gets 0.
 */
void kps_repair_choose(const struct kps_repair_units *units, const struct kps_repair_scope *scope,
                       const bool *moves, uint16_t *ports);

#endif
