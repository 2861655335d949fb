#ifndef KPS_COMPOSE_DESCRIBE_H
#define KPS_COMPOSE_DESCRIBE_H

#include "compose/claims.h"
#include "model/conflict.h"

/* The words of the findings about Compose services; advice.c adds what to type and what the real
 * tool would say. */

/* "8080/tcp", "8000-8010/udp" */
struct kps_sv kps_compose_ports_text(struct kps_arena *arena, uint16_t first, uint16_t last,
                                     uint8_t protocol);

/* "every address", "127.0.0.1" */
struct kps_sv kps_compose_address_text(struct kps_arena *arena, const struct kps_addr *addr);

/*
 * What the Engine (20.10 to 28.2) answers when `later` is started while `earlier` holds the port
 * (spec compose §6.1): "port is already allocated" where both name one address, "address already in
 * use" where one covers the other.
 */
struct kps_sv kps_compose_start_error(struct kps_arena *arena, const struct kps_claim *earlier,
                                      const struct kps_claim *later, uint16_t port);

/* The same when it is no container that holds the port: the kernel refuses the bind (spec compose
 * §6.3). */
struct kps_sv kps_compose_bind_error(struct kps_arena *arena, const struct kps_claim *held,
                                     const struct kps_claim *wanted, uint16_t port);

/* in_use.c: the words where a service asks for what something on this machine has (IN_USE, or a POOL
 * with such). */
void kps_compose_describe_taken(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                struct kps_finding *finding);

/* What it means that two listen on one port of a network that they share, and what to do. */
void kps_compose_note_shared_network(struct kps_diag *diag, struct kps_finding *finding);

/* source_spans.c: where the port of a service's claim is written (struct kps_owner_class). */
struct kps_sv kps_compose_written(const struct kps_ledger *ledger, const struct kps_claim *claim,
                                  struct source_span *ret);

/* Advice to publish the conflict's free port instead, and the edit that does it where the published
 * port is written in place. */
void kps_compose_advise_port(struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_conflict *conflict);

#endif
