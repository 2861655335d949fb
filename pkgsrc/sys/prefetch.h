#ifndef KPS_SYS_PREFETCH_H
#define KPS_SYS_PREFETCH_H

#include "sys/sockets.h"

/*
 * The sockets of a query, asked for in a thread of its own: the kernel walks its tables while the
 * caller waits for something else, such as a container engine. A query with connections costs about
 * 2 ms, an engine 0.5 ms and more. Where a trial of the ports leaves nothing to list there is no
 * thread, which costs more than the trial.
 */
struct kps_prefetch;

/*
 * Starts asking. The query's `ports` must stay as they are until it is taken. Where no thread can
 * be had, the query is made when it is taken. The handle lives in the arena; take it exactly once,
 * before the arena ends.
 */
KPS_RETURNS_NONNULL struct kps_prefetch *
kps_prefetch_start(struct kps_arena *arena, const char *root, const struct kps_socket_query *query);

/*
 * Waits for the answer. Return: as kps_sys_sockets does, or the errno of a root that cannot be
 * opened; *ret takes over the rows and is to be freed in any case.
 */
int kps_prefetch_take(struct kps_prefetch *prefetch, struct kps_sockets *ret);

#endif
