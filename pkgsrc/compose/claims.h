#ifndef KPS_COMPOSE_CLAIMS_H
#define KPS_COMPOSE_CLAIMS_H

#include "compose/project.h"
#include "model/ledger.h"

/* The owner class of Compose services: their rules and the words of their findings (describe.c). */
extern const struct kps_owner_class kps_compose_service_class;

/* What an owner of that class has as `facts`. */
struct kps_service_facts {
    const struct kps_project *project;
    const struct kps_service *service;
};

/* The service behind an owner of kps_compose_service_class; NULL for any other owner. */
const struct kps_service_facts *kps_compose_facts(const struct kps_owner *owner);

/* The entry of `ports` that a claim was made from, found by its origin; NULL for a derived claim.
 */
const struct kps_service_port *kps_compose_port_of(const struct kps_ledger *ledger,
                                                   const struct kps_claim *claim);

/*
 * Ports on which a service listens inside its namespace as far as the file shows it: `expose`, and
 * the port its image is known for. Calls `add` for each.
 */
struct kps_evidence {
    uint16_t first, last;
    enum kps_protocol protocol;
    enum kps_certainty certainty;
    struct kps_span span;
    struct kps_sv what; /* "exposes 80", "image nginx" */
};
void kps_compose_evidence(struct kps_loader *loader, const struct kps_service *service,
                          void (*add)(void *context, const struct kps_evidence *evidence),
                          void *context);

/* Whether it runs a command of its own, which may move the port that its image is known for. */
bool kps_compose_is_commanded(const struct kps_service *service);

#endif
