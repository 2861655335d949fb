#include "sys/prefetch.h"

#include <pthread.h>

struct kps_prefetch {
    struct kps_sys sys;
    struct kps_socket_query query;
    struct kps_sockets sockets;
    int failed;
    pthread_t thread;
    bool has_thread;
};

/* Touch only the prefetch: rows are on the heap, the arena belongs to the caller. */
static void *list_sockets(void *data)
{
    struct kps_prefetch *prefetch = data;
    prefetch->failed = kps_sys_sockets(&prefetch->sys, &prefetch->query, &prefetch->sockets);
    return NULL;
}

struct kps_prefetch *kps_prefetch_start(struct kps_arena *arena, const char *root,
                                        const struct kps_socket_query *query)
{
    struct kps_prefetch *prefetch = KPS_NEW(arena, struct kps_prefetch);
    *prefetch = (struct kps_prefetch){.sys = {.root_fd = -1}, .query = *query};
    prefetch->failed = kps_sys_open(root, &prefetch->sys);
    if (prefetch->failed == 0) {
        prefetch->has_thread = pthread_create(&prefetch->thread, NULL, list_sockets, prefetch) == 0;
    }
    return prefetch;
}

int kps_prefetch_take(struct kps_prefetch *prefetch, struct kps_sockets *ret)
{
    if (prefetch->has_thread) {
        (void)pthread_join(prefetch->thread, NULL);
    } else if (prefetch->failed == 0) {
        (void)list_sockets(prefetch);
    }
    kps_sys_close(&prefetch->sys);
    *ret = prefetch->sockets;
    return prefetch->failed;
}
