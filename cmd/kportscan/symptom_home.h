#ifndef SYMPTOM_HOME_H
#define SYMPTOM_HOME_H

#include "diagnose/symptom.h"
#include "model/ledger.h"

/*
 * The container that a message comes from or is about: "web-1  | Error: …" of docker compose logs,
 * or the endpoint that the engine names. Its network mode tells whose ports the message means, and
 * its state which commands work.
 */
enum kps_symptom_network {
    KPS_SYMPTOM_NETWORK_UNKNOWN, /* no such container, or more than one, or nobody was asked */
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
 * Find the container of a symptom in a ledger that the engine has filled: by its name, or by the
 * SERVICE-NUMBER that Compose writes before its lines. Of several projects' containers the one
 * whose project lies in `cwd` counts; else none.
 */
struct kps_symptom_home kps_symptom_home_find(const struct kps_ledger *ledger, struct kps_sv cwd,
                                              const struct kps_symptom *symptom);

/* Return: whether two containers are of one Compose project, so that its file is what to edit. */
bool kps_symptom_home_is_one_project(const struct kps_ledger *ledger, kps_owner_id a,
                                     kps_owner_id b);

/*
 * Tell whose ports a message from inside a container means, and add commands that work in the state
 * that the container and its siblings are in.
 */
void kps_symptom_home_explain(const struct kps_ledger *ledger, struct kps_finding *finding,
                              const struct kps_symptom *symptom,
                              const struct kps_symptom_home *home);

#endif
