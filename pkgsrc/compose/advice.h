#ifndef KPS_COMPOSE_ADVICE_H
#define KPS_COMPOSE_ADVICE_H

#include "compose/claims.h"
#include "model/conflict.h"

/*
 * What the Engine (20.10 to 28.2) answers when `later` is started while `earlier` holds the port
 * (spec compose §6.1): "port is already allocated" where both name one address, "address already in
 * use" where one covers the other.
 */
struct kps_sv kps_compose_advice_start_error(struct kps_arena *arena,
                                             const struct kps_claim *earlier,
                                             const struct kps_claim *later, uint16_t port);

/* The same when it is no container that holds the port: the kernel refuses the bind (spec compose
 * §6.3). */
struct kps_sv kps_compose_advice_bind_error(struct kps_arena *arena, const struct kps_claim *held,
                                            const struct kps_claim *wanted, uint16_t port);

/* source_spans.c: where the port of a service's claim is written (struct kps_owner_class). */
struct kps_sv kps_compose_advice_source_spans(const struct kps_ledger *ledger,
                                              const struct kps_claim *claim,
                                              struct source_span *ret);

/* Advice to publish the conflict's free port instead, and the edit that does it where the published
 * port is written in place. */
void kps_compose_advice_port(struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_conflict *conflict);

#endif
