#ifndef KPS_CORE_JUDGE_H
#define KPS_CORE_JUDGE_H

#include "core/conflict.h"
#include "core/suggest.h"

/*
 * Turn conflicts into findings in ledger->diag. The class of the owner of claims[0] names the rule:
 * in_namespace in a PRIVATE namespace; else with_listener when a claim is derived; else over_pool,
 * among_copies or within by the kind; else between_owners when all owners have one group,
 * between_groups when not. No rule, no finding.
 *
 * Where a requested claim meets an existing claim (core/in_use.h), the class of the existing owner
 * names the rule instead.
 *
 * A CERTAIN conflict is an error, any other a warning; against an existing claim an error when the
 * port is in use for certain, and a warning for a planned use, or a port still held for a container
 * that is gone (KP306, by the contract). The parties are the claims in the conflict's order, the
 * first primary, BOUND claims holders. Then `free_port` is filled (core/suggest.h) where claims[0]
 * is fixed on a single port of the HOST, one port for all claims written at one place, and the
 * class describes the finding; without a `describe` the plain message stays.
 *
 * In a namespace of kind NODE the rule is at_one_place. With ledger->host_is_node, a request of
 * NODE and CLUSTER claims for a bound port of the HOST is a warning by the holder's rule.
 *
 * `busy`: the bound ports of this machine, for the advice; NULL when not looked at.
 */
void kps_judge(struct kps_ledger *ledger, struct kps_conflicts conflicts,
               const struct kps_bound_ports *busy);

#endif
