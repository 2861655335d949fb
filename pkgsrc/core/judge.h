#ifndef KPS_CORE_JUDGE_H
#define KPS_CORE_JUDGE_H

#include "core/conflict.h"
#include "core/suggest.h"

/*
 * Turns conflicts into findings in ledger->diag. The class of the owner of claims[0] names the
 * rule: in_namespace in a PRIVATE namespace; else with_listener when a claim is derived; else
 * over_pool, among_copies or within by the kind; else between_owners when all owners have one
 * group, between_groups when not. No rule, no finding.
 *
 * Where an owner that asks meets one that is there (core/in_use.h), the latter's class names the
 * rule instead.
 *
 * A CERTAIN conflict is an error, any other a warning; against what is there it is an error when
 * somebody holds the port for certain, and a warning while it is only planned, or held for a
 * container that is gone (KP306, by the contract). The parties are the claims in the conflict's
 * order, the first primary, BOUND ones holders. Then `free_port` is filled (core/suggest.h) where
 * claims[0] is fixed on one port of the HOST, and the class describes it; without a `describe` the
 * plain message stays.
 *
 * In a namespace of kind NODE the rule is at_one_place. With ledger->host_is_node, what NODE and
 * CLUSTER claims request and the HOST has bound is a warning by the holder's rule.
 *
 * `busy`: what the sockets of this machine have, for the advice; NULL where they were not looked
 * at.
 */
void kps_judge(struct kps_ledger *ledger, struct kps_conflicts conflicts,
               const struct kps_bound_ports *busy);

#endif
