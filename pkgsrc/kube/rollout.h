#ifndef KPS_KUBE_ROLLOUT_H
#define KPS_KUBE_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/sv.h"

/*
 * When a rolling update of a Deployment whose pods hold a host port cannot go on (spec kubernetes
 * §4.1): the old revision keeps the port on every node until it is scaled down, and it is scaled
 * down only when the new one is ready.
 */

/* maxSurge or maxUnavailable as written: a number, or a percentage of the replicas. */
struct kps_rollout_amount {
    uint32_t value;
    bool percent;
};

struct kps_rollout {
    uint32_t replicas;
    uint32_t surge;       /* pods above `replicas`: percentages are rounded up */
    uint32_t unavailable; /* pods that may be missing: percentages are rounded down */
};

/* Read "25%" or "1". Return: false for any other text. */
KPS_MUST_USE bool kps_rollout_amount_parse(struct kps_sv text, struct kps_rollout_amount *ret);

/* The numbers a Deployment controller works with. When both come out as 0, unavailable becomes 1,
 * as it does there. */
struct kps_rollout kps_rollout_resolve(uint32_t replicas, struct kps_rollout_amount surge,
                                       struct kps_rollout_amount unavailable);

/* Return true if the next change of the template gets stuck on `nodes` (at least 1) eligible nodes.
 */
bool kps_rollout_stuck(const struct kps_rollout *rollout, uint32_t nodes);

#endif
