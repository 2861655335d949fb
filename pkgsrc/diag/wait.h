#ifndef KPS_DIAG_WAIT_H
#define KPS_DIAG_WAIT_H

#include <pthread.h>

#include "base/arena.h"
#include "diag/log.h"

/*
 * A line for an answer that takes longer than half a second: "waiting for the engine at
 * tcp://10.0.0.5:2376". It goes to `show` of the log, if the log has one, and is erased by
 * kps_wait_end; nothing else may be written to the log in between.
 */
struct kps_wait {
    /* Make the words, in the arena, when the line is due; empty: no line. Runs in a thread of its
     * own, beside the question. */
    struct kps_sv (*words)(struct kps_arena *arena, const void *context);
    const void *context;
    const struct kps_log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_over_changed;
    bool has_thread, is_over, is_shown;
};

/* Begin to wait; `words` and `context` are set. */
void kps_wait_begin(struct kps_wait *wait, const struct kps_log *log);

/* End the wait: the answer is there. */
void kps_wait_end(struct kps_wait *wait);

#endif
