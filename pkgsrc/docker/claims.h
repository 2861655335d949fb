#ifndef KPS_DOCKER_CLAIMS_H
#define KPS_DOCKER_CLAIMS_H

#include "docker/collect.h"

/* What an engine said, as owners and claims (collect.h says which). `netns` is where its ports are
 * published; `cli` as in struct kps_container_facts. */
struct kps_engine_world {
    kps_netns_id netns;
    struct kps_sv cli;
    bool sockets_known, rootless;
};
void kps_docker_add_claims(struct kps_ledger *ledger, const struct kps_engine_world *world,
                           const struct kps_engine_answer *answer);

#endif
