#ifndef KPS_DOCKER_CLAIMS_H
#define KPS_DOCKER_CLAIMS_H

#include "docker/engine.h"
#include "model/ledger.h"

/*
 * The owners and claims of an engine's answer.
 *
 * Every container becomes an owner (kps_container_class, struct kps_container_facts) with the keys
 * of model/owner.h; its bound ports become BOUND claims, the ports of its next start PENDING
 * claims. Certainty of a PENDING claim: CERTAIN for a restarting container, LIKELY for restart
 * policy "always", else POSSIBLE. The ledger's `shared_netns` get the pid of their running
 * container; each exposed port of the images of its `image_ports_pending` owners becomes a PENDING
 * claim, DERIVED and POSSIBLE. A swarm's ingress ports are BOUND by the service, LIKELY: every
 * node opens them unless the node lacks ipvs.
 */

/* The owner classes: "container", "swarm service". Both report existing ports and request none. */
extern const struct kps_owner_class kps_container_class;
extern const struct kps_owner_class kps_swarm_service_class;

/*
 * An engine's place in the ledger: `netns` is where its ports are published, `cli` as in struct
 * kps_container_facts, `site` of its owners.
 */
struct kps_engine_world {
    kps_netns_id netns;
    struct kps_sv cli;
    uint32_t site;
    bool sockets_known, rootless;
    bool is_remote; /* sockets without processes: those of exposed ports stand for containers on the
                       host's network */
};

/* Enter the owners and claims of an engine's answer (the second half of kps_docker_collect). */
void kps_docker_add_claims(struct kps_ledger *ledger, const struct kps_engine_world *world,
                           const struct kps_engine_answer *answer);

#endif
