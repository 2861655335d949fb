#ifndef KPS_CORE_IN_USE_H
#define KPS_CORE_IN_USE_H

#include "core/conflict.h"

/*
 * Inside the judging: split the conflicts of requested claims with existing claims, so that a cause
 * is a single finding.
 */

/*
 * Return: the certainty of a claim against other claims. The ports of a process inside a container
 * go and come with the container, and its ports after the next start are unknown; a helper without
 * a known container may work for the very service that asks.
 */
enum kps_certainty kps_in_use_certainty(const struct kps_ledger *ledger,
                                        const struct kps_claim *claim);

/* A pending finding: its rule and its parties. */
struct kps_in_use_group {
    enum kps_rule rule;
    /*
     * Of the kind of its conflict. claims: the requested claims, the claim to edit first; then a
     * claim for each existing tenant, its own if any.
     */
    struct kps_conflict conflict;
    uint32_t n_asking; /* of its claims */
    bool fails;        /* the request will fail: the port is in use for certain */
};

/*
 * Split conflicts (IN_USE, and POOLs with existing claims) by rule: a request may meet a running
 * and a stopped container. Neighbouring ports with the same parties become a single group. In the
 * arena, sorted like the conflicts.
 */
struct kps_in_use_groups {
    const struct kps_in_use_group *v;
    size_t n;
};
struct kps_in_use_groups kps_in_use_split(const struct kps_ledger *ledger,
                                          struct kps_conflicts conflicts, struct kps_arena *arena);

/* Return: does kps_in_use_split take this conflict? */
bool kps_in_use_is(const struct kps_ledger *ledger, const struct kps_conflict *conflict);

#endif
