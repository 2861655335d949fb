#ifndef KPS_COMPOSE_DESCRIBE_IN_USE_H
#define KPS_COMPOSE_DESCRIBE_IN_USE_H

#include "model/ledger.h"

/*
 * Describe a requested port in use on this machine: the holder, whether `up` would replace the
 * holder, the Engine's answer, and the command to type. A finding has a single rule: its existing
 * parties are all running containers, or all stopped containers, or all processes.
 */
void kps_compose_describe_in_use(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                 struct kps_finding *finding);

#endif
