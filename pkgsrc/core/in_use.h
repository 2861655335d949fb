#ifndef KPS_CORE_IN_USE_H
#define KPS_CORE_IN_USE_H

#include "core/conflict.h"

/*
 * Inside the judging: what a conflict between owners that ask and owners that are there comes down
 * to, so that one cause is one finding.
 */

/* The rule for a wish that meets this claim, by the class of its owner; KPS_RULE_NONE: its owner
 * asks. */
enum kps_rule kps_in_use_rule(const struct kps_ledger *ledger, const struct kps_claim *claim);

/*
 * How sure a claim is when others are held against it: what a process inside a container binds goes
 * and comes with the container, and nobody knows what it will bind when that is made anew; and a
 * helper whose container could not be asked for may work for the very service that asks.
 */
enum kps_certainty kps_in_use_certainty(const struct kps_ledger *ledger,
                                        const struct kps_claim *claim);

/* One finding to be: of one rule, with whom it is about. */
struct kps_in_use_group {
    enum kps_rule rule;
    /* Of the kind of the conflict it came from. claims: those that ask, the one to be edited first;
     * then one for each tenant that is there, the tenant's own where it has one. */
    struct kps_conflict conflict;
    uint32_t n_asking; /* of its claims */
    bool fails;        /* what is asked for will fail: somebody holds it for certain */
};

/*
 * Splits conflicts (IN_USE, and POOLs with somebody who is there) by rule: a wish may meet a
 * running container and a stopped one. Neighbouring ports with the same parties become one. In the
 * arena, sorted as the conflicts are.
 */
struct kps_in_use_groups {
    const struct kps_in_use_group *v;
    size_t n;
};
struct kps_in_use_groups kps_in_use_split(const struct kps_ledger *ledger,
                                          struct kps_conflicts conflicts, struct kps_arena *arena);

/* Whether kps_in_use_split is to have this conflict. */
bool kps_is_taken(const struct kps_ledger *ledger, const struct kps_conflict *conflict);

#endif
