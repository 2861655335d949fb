#include "diag/wait.h"

#include <errno.h>
#include <time.h>

enum { PATIENCE_MS = 500, NS_OF_MS = 1000 * 1000, NS_OF_S = 1000 * NS_OF_MS };

static bool show_line(const struct kps_wait *wait)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv words = wait->words(scratch, wait->context);
    if (words.n) {
        wait->log->show(kps_fmt(scratch, "waiting for %.*s", SV_ARG(words)));
    }
    return words.n > 0;
}

static void *wait_and_show(void *context)
{
    struct kps_wait *wait = context;
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_REALTIME, &due);
    due.tv_nsec += PATIENCE_MS * NS_OF_MS;
    due.tv_sec += due.tv_nsec / NS_OF_S;
    due.tv_nsec %= NS_OF_S;
    int failed = 0;
    (void)pthread_mutex_lock(&wait->lock);
    while (!wait->is_over && failed != ETIMEDOUT) {
        failed = pthread_cond_timedwait(&wait->is_over_changed, &wait->lock, &due);
    }
    wait->is_shown = !wait->is_over && show_line(wait);
    (void)pthread_mutex_unlock(&wait->lock);
    return NULL;
}

void kps_wait_begin(struct kps_wait *wait, const struct kps_log *log)
{
    wait->log = log;
    wait->has_thread = false;
    wait->is_over = false;
    wait->is_shown = false;
    wait->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    wait->is_over_changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    if (log && log->show) {
        wait->has_thread = pthread_create(&wait->thread, NULL, wait_and_show, wait) == 0;
    }
}

void kps_wait_end(struct kps_wait *wait)
{
    if (!wait->has_thread) {
        return;
    }
    (void)pthread_mutex_lock(&wait->lock);
    wait->is_over = true;
    (void)pthread_cond_signal(&wait->is_over_changed);
    (void)pthread_mutex_unlock(&wait->lock);
    (void)pthread_join(wait->thread, NULL);
    if (wait->is_shown) {
        wait->log->show(SV(""));
    }
}
