#ifndef KPS_ADVICE_OWNER_H
#define KPS_ADVICE_OWNER_H

#include "model/ledger.h"

/*
 * Who holds a port, in words, and how it is made to let go. One place for all reports: findings and
 * answers say the same. Works on what the owner's facts tell (model/owner.h) and follows a process
 * to the container it works for. Texts are raw: whoever prints them escapes. Commands are shell
 * words that can be pasted; they stop things the way they were started and never begin with the
 * harshest means.
 */

/*
 * One clause: "container 'old-grafana' (grafana/grafana:10, up 3 days)", "process 4242 (postgres)
 * of user 'postgres', unit postgresql@16-main.service: /usr/lib/postgresql/16/bin/postgres -D …".
 * In the arena.
 */
struct kps_sv kps_owner_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                              kps_owner_id id);

/* What happens by itself: a restart policy, a manager, the end of a TIME_WAIT. Empty when there is
 * nothing to say. */
struct kps_sv kps_owner_comes_back(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id);

enum { KPS_ADVICE_MOST = 4 };

struct kps_advice {
    struct kps_help v[KPS_ADVICE_MOST]; /* the best first */
    uint32_t n;
};

/*
 * How to free `port` (0: whatever it holds) of this owner. n is 0 when nobody but time can (a
 * TIME_WAIT), or nothing is known of it.
 */
struct kps_advice kps_owner_advice(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id, uint16_t port);

/*
 * The container that an owner is or works for (the process inside it, its docker-proxy), also where
 * the container itself stands for a Compose service. Return: 0 when there is none. Looks through
 * all owners.
 */
kps_owner_id kps_owner_container(const struct kps_ledger *ledger, kps_owner_id id);

#endif
