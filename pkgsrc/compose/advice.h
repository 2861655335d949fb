#ifndef KPS_COMPOSE_ADVICE_H
#define KPS_COMPOSE_ADVICE_H

#include "compose/claims.h"
#include "model/conflict.h"

/* Return the places where the port of a service's claim is written (struct kps_owner_class). */
struct kps_sv kps_compose_advice_source_spans(const struct kps_ledger *ledger,
                                              const struct kps_claim *claim,
                                              struct kps_source_span *ret);

/*
 * Add the advice to publish the conflict's free port instead, and the edit where the published
 * port is written in place.
 */
void kps_compose_advice_port(struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_conflict *conflict);

/* Add the advice for processes that bind the port themselves. */
void kps_compose_advice_listeners(struct kps_finding *finding);

/* Note the outcome of a clash in a network that containers share, and add the advice. */
void kps_compose_advice_shared_network(struct kps_finding *finding);

#endif
