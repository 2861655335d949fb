#ifndef KPS_DOCKER_COLLECT_H
#define KPS_DOCKER_COLLECT_H

#include "docker/engine.h"
#include "model/ledger.h"

/*
 * The engine's part of the ledger. Read-only: files, the environment, and GET requests.
 *
 * Every container becomes an owner (kps_container_class, struct kps_container_facts) with the keys
 * of model/owner.h; what it has bound now a BOUND claim, what it will bind when it is started a
 * PENDING. How sure a PENDING is: CERTAIN for a container that is being restarted, LIKELY for one
 * that comes up with the engine (restart policy "always"), else POSSIBLE. The ledger's `joined` get
 * the pid of their container when it runs; its `image_ports_pending` owners a PENDING, DERIVED and
 * POSSIBLE, for each port that their image exposes. A swarm's ingress ports are BOUND by the
 * service, LIKELY: every node opens them unless it lacks ipvs.
 */
struct kps_docker_options {
    struct kps_sv host;    /* --docker-host; empty = not given */
    struct kps_sv context; /* --context; empty = not given */
    uint32_t timeout_ms;   /* for everything that is asked, together; 0 = KPS_DOCKER_TIMEOUT_MS */
    uint32_t uid;          /* of the user, for the usual places of rootless sockets */
    const struct kps_port_filter
        *ports; /* containers that publish one of these are looked at closely */
    size_t n_ports;
    bool sockets_known; /* this machine's sockets are collected as well (see kps_engine_question) */
    /*
     * Files are checked, and this is the engine they would be given to: its ports go into the
     * namespace of the files (KPS_NETNS_HOST) even when it runs elsewhere. The sockets of this
     * machine must then stay out, see `elsewhere`.
     */
    bool for_files;
};

enum { KPS_DOCKER_TIMEOUT_MS = 5000 };

struct kps_docker_result {
    enum kps_engine_status status;
    struct kps_sv endpoint; /* "unix:///var/run/docker.sock"; empty when there is none */
    struct kps_sv found_by; /* "DOCKER_HOST", "context 'lab'"; empty: a usual place */
    struct kps_sv version, api_version; /* empty unless OK */
    struct kps_sv words; /* unless OK: one clause, also for ABSENT, which is no finding */
    bool podman;
    bool no_proxy;  /* of an engine that files are for: it runs with --userland-proxy=false, as far
                       as can be read */
    bool rootless;  /* the engine of a user: it binds ports with that user's rights */
    bool elsewhere; /* not this machine's engine, or would not be: neither its ports nor its pids
                       are ours */
    kps_netns_id netns; /* whose ports it publishes; 0 when nothing was learnt */
    uint32_t n_containers;
    bool has_gaps; /* it answers, and something could not be learnt all the same: a finding says
                      what */
};

/* The owner classes: "container", "swarm service". They are there and make no wishes. */
extern const struct kps_owner_class kps_container_class;
extern const struct kps_owner_class kps_swarm_service_class;

/*
 * Finds the engine and adds what it says to the ledger. What cannot be asked is a finding KP907
 * with the way out, and makes the report incomplete; no engine at all is neither. Of several
 * engines at usual places the first that answers is taken.
 */
struct kps_docker_result kps_docker_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                            const struct kps_env *env,
                                            const struct kps_docker_options *options);

/*
 * An engine's place in the ledger: `netns` is where its ports are published, `cli` as in struct
 * kps_container_facts.
 */
struct kps_engine_world {
    kps_netns_id netns;
    struct kps_sv cli;
    bool sockets_known, rootless;
};

/* Enter the owners and claims of an engine's answer (the second half of kps_docker_collect). */
void kps_docker_add_claims(struct kps_ledger *ledger, const struct kps_engine_world *world,
                           const struct kps_engine_answer *answer);

#endif
