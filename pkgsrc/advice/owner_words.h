#ifndef KPS_ADVICE_OWNER_WORDS_H
#define KPS_ADVICE_OWNER_WORDS_H

#include "model/ledger.h"

/*
 * Every wording of an owner: a clause for a sentence, and short forms for lines and tables. All
 * texts are raw (renderers escape them), in the arena, and empty for an unknown fact.
 */

/*
 * Return: a clause: "container 'old-grafana' (grafana/grafana:10, up 3 days)", "process 4242
 * (postgres) of user 'postgres', unit postgresql@16-main.service:
 * /usr/lib/postgresql/16/bin/postgres -D …".
 */
struct kps_sv kps_owner_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                              kps_owner_id id);

/* Return: "container shop-web-1", "container web of context lab" where several contexts were asked,
 * "node (pid 4711)", "TIME_WAIT of 3 connections". */
struct kps_sv kps_owner_words_short(struct kps_arena *arena, const struct kps_ledger *ledger,
                                    kps_owner_id id);

/* Return: the same without the kind: "shop-web-1", "node (pid 4711)"; of an object of Kubernetes
 * with its namespace. */
struct kps_sv kps_owner_words_name(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id);

/* Return: the home of an owner: "shop/web" of a Compose project, a unit, an image, a user, the
 * controller of a live pod. */
struct kps_sv kps_owner_words_home(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id);

/*
 * Return: is the owner called so? By its own name, its container's id (the beginning, from 4
 * digits), its Compose project or service or both ("shop/web"), its pid, user or unit, its
 * namespace or its controller. `name` may have the wildcards of a shell: * ? [a-z].
 */
bool kps_owner_words_match(const struct kps_ledger *ledger, kps_owner_id id, struct kps_sv name);

#endif
