#ifndef KPS_CORE_PLACE_H
#define KPS_CORE_PLACE_H

#include "core/conflict.h"
#include "core/interval.h"

/*
 * Inside the detection: claims in namespaces of kind NODE. Each is made at a place that is chosen
 * later, so two claims on one port clash only where the class of the owners says that the two can
 * be at one place (struct kps_place_rules). Claims of equal likeness are compared once; the cost is
 * bounded, and beyond the bound the result has a conflict of kind UNCOMPARED.
 */
void kps_place_detect(struct kps_detection *detection);

/*
 * What a cluster requests of its nodes and this machine, one of the nodes, has bound: a conflict
 * for each port use, with the requests in order of port and the claim of the use last. Return:
 * conflicts of kind IN_USE, in the arena. The ledger is linked.
 */
struct kps_conflicts kps_place_uses(const struct kps_ledger *ledger, struct kps_arena *arena);

#endif
