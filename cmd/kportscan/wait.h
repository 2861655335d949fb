#ifndef WAIT_H
#define WAIT_H

#include <pthread.h>

#include "options.h"

/*
 * A line on a terminal for an answer that takes longer than half a second: "kportscan: waiting for
 * the engine at tcp://10.0.0.5:2376". Standard error gets the line, where it is a terminal that
 * can erase a line (TERM is not "dumb"), and not with -q or --watch. kps_wait_end erases the line;
 * nothing else may be written to standard error in between.
 */
struct kps_wait {
    /* Make the words, in the arena, when the line is due; empty: no line. Runs in a thread of its
     * own, beside the question. */
    struct kps_sv (*words)(struct kps_arena *arena, const void *context);
    const void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_over_changed;
    bool has_thread, is_over, is_shown;
};

/* Begin to wait; `words` and `context` are set. */
void kps_wait_begin(struct kps_wait *wait, const struct kps_options *options,
                    const struct kps_env *env);

/* End the wait: the answer is there. */
void kps_wait_end(struct kps_wait *wait);

#endif
