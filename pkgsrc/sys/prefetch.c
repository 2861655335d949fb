#include "sys/prefetch.h"

#include <pthread.h>

struct kps_prefetch {
    const char *root;
    struct kps_socket_query query;
    struct kps_sockets sockets;
    int failed;
    pthread_t thread;
    bool has_thread;
};

/* Touches nothing but its own part: rows are on the heap, the arena is the caller's. */
static void *ask(void *data)
{
    struct kps_prefetch *prefetch = data;
    struct kps_sys sys;
    prefetch->failed = kps_sys_open(prefetch->root, &sys);
    if (prefetch->failed == 0) {
        prefetch->failed = kps_sys_sockets(&sys, &prefetch->query, &prefetch->sockets);
        kps_sys_close(&sys);
    }
    return NULL;
}

struct kps_prefetch *kps_prefetch_start(struct kps_arena *arena, const char *root, const struct kps_socket_query *query)
{
    struct kps_prefetch *prefetch = KPS_NEW(arena, struct kps_prefetch);
    prefetch->root = root;
    prefetch->query = *query;
    prefetch->has_thread = pthread_create(&prefetch->thread, NULL, ask, prefetch) == 0;
    return prefetch;
}

int kps_prefetch_take(struct kps_prefetch *prefetch, struct kps_sockets *ret)
{
    if (prefetch->has_thread) {
        (void)pthread_join(prefetch->thread, NULL);
    } else {
        (void)ask(prefetch);
    }
    *ret = prefetch->sockets;
    return prefetch->failed;
}
