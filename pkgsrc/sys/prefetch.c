#include "sys/prefetch.h"

#include <pthread.h>

struct kps_prefetch {
    struct kps_sys sys;
    struct kps_socket_trial trial;
    struct kps_sockets sockets;
    int failed;
    pthread_t thread;
    bool has_thread;
};

/* Touches nothing but its own part: rows are on the heap, the arena is the caller's. */
static void *ask(void *data)
{
    struct kps_prefetch *prefetch = data;
    prefetch->failed = kps_sys_sockets_left(&prefetch->sys, &prefetch->trial, &prefetch->sockets);
    return NULL;
}

struct kps_prefetch *kps_prefetch_start(struct kps_arena *arena, const char *root,
                                        const struct kps_socket_query *query)
{
    struct kps_prefetch *prefetch = KPS_NEW(arena, struct kps_prefetch);
    prefetch->sys.root_fd = -1;
    prefetch->failed = kps_sys_open(root, &prefetch->sys);
    if (prefetch->failed == 0) {
        prefetch->trial = kps_sys_try(&prefetch->sys, query);
        prefetch->has_thread =
            !prefetch->trial.is_over && pthread_create(&prefetch->thread, NULL, ask, prefetch) == 0;
    }
    return prefetch;
}

int kps_prefetch_take(struct kps_prefetch *prefetch, struct kps_sockets *ret)
{
    if (prefetch->has_thread) {
        (void)pthread_join(prefetch->thread, NULL);
    } else if (prefetch->failed == 0) {
        (void)ask(prefetch);
    }
    kps_sys_close(&prefetch->sys);
    *ret = prefetch->sockets;
    return prefetch->failed;
}
