#ifndef KPS_DIAGNOSE_SYMPTOM_HOME_H
#define KPS_DIAGNOSE_SYMPTOM_HOME_H

#include "diagnose/symptom.h"
#include "model/ledger.h"

/*
 * The container that a message comes from or is about: "web-1  | Error: …" of docker compose logs,
 * or the endpoint that the engine names. Its network mode tells whose ports the message means, and
 * its state which commands work.
 */
enum kps_symptom_network {
    KPS_SYMPTOM_NETWORK_UNKNOWN, /* no such container, several, or the engine was not asked */
    KPS_SYMPTOM_NETWORK_HOST,    /* the host's network: the host's ports */
    KPS_SYMPTOM_NETWORK_OWN,     /* ports of its own, and of the siblings that share them */
};

enum { KPS_SYMPTOM_SIBLINGS = 8 };

struct kps_symptom_home {
    enum kps_symptom_network network;
    kps_owner_id container;                      /* 0: not found */
    kps_owner_id siblings[KPS_SYMPTOM_SIBLINGS]; /* other containers in the same network */
    uint32_t n_siblings;
};

/*
 * Find the container of a symptom in a ledger filled by the engine: by its name, or by the
 * SERVICE-NUMBER prefix of Compose. Of containers of several projects the container of the project
 * in `cwd` counts; else none.
 */
struct kps_symptom_home kps_symptom_home_find(const struct kps_ledger *ledger, struct kps_sv cwd,
                                              const struct kps_symptom *symptom);

/* Return: whether two containers belong to the same Compose project: its file is to be edited. */
bool kps_symptom_home_is_one_project(const struct kps_ledger *ledger, kps_owner_id a,
                                     kps_owner_id b);

/*
 * Explain whose ports a message from inside a container means, and add commands for the state of
 * the container and its siblings.
 */
void kps_symptom_home_explain(const struct kps_ledger *ledger, struct kps_finding *finding,
                              const struct kps_symptom *symptom,
                              const struct kps_symptom_home *home);

#endif
