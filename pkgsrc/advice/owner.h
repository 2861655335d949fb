#ifndef KPS_ADVICE_OWNER_H
#define KPS_ADVICE_OWNER_H

#include "model/ledger.h"

/*
 * The advice how to free a port, for all reports: findings and answers agree. The facts of the
 * owner (model/owner.h) decide; a process leads to its container. Texts are raw: renderers escape
 * them. Commands are shell words to paste; they stop a program the way it was started and never
 * begin with the harshest means. No command harms more than the port: helpers of engines
 * (docker-proxy, conmon, rootlesskit, pasta …), the engines themselves, sshd, parts of Kubernetes,
 * of the network and of the init system are never stopped, a process is not ended for a connection,
 * and a container is removed only as the last means.
 */

/*
 * Describe what frees or takes the port without the user: a restart policy, a manager, the end of
 * a TIME_WAIT. Empty when unknown.
 */
struct kps_sv kps_owner_comes_back(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id);

enum { KPS_ADVICE_MOST = 4 };

struct kps_advice {
    struct kps_help v[KPS_ADVICE_MOST]; /* the best first */
    uint32_t n;
};

/*
 * Advise how to free `port` (0: all ports) of this owner. n is 0 when only time can (a TIME_WAIT),
 * or nothing is known of the owner.
 */
struct kps_advice kps_owner_advice(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id, uint16_t port);

/* Add this advice to a finding, which may have some of it already. */
void kps_owner_advise(const struct kps_ledger *ledger, struct kps_finding *finding, kps_owner_id id,
                      uint16_t port);

/*
 * Return the container of an owner: the owner itself, or the container of a process inside or of
 * its docker-proxy, also when a Compose service is the tenant. 0: none. Searches all owners.
 */
kps_owner_id kps_owner_container(const struct kps_ledger *ledger, kps_owner_id id);

#endif
