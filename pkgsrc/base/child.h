#ifndef KPS_BASE_CHILD_H
#define KPS_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * A helper program that kportscan starts and ends: `ssh` for an engine elsewhere, `kubectl proxy`
 * for a cluster. No shell is involved. The child leads a process group of its own, so that ending
 * it also ends whatever it started (a login plugin that hangs survives its parent otherwise), and
 * the kernel sends it SIGTERM when this process dies.
 */
struct kps_child {
    pid_t pid;  /* 0: no child runs */
    int in;     /* its standard input, to write; -1: /dev/null */
    int out;    /* its standard output, to read; -1: /dev/null */
    int err;    /* its standard error, to read; never blocks */
    int status; /* as waitpid gives it, once the child has ended */
};

enum {
    KPS_CHILD_PIPE_IN = 1U << 0,  /* a pipe instead of /dev/null */
    KPS_CHILD_PIPE_OUT = 1U << 1, /* … likewise */
};

/* The most bytes of standard error that kps_child_last_line looks at. */
enum { KPS_CHILD_MOST_WORDS = 64 * 1024 };

/*
 * Start argv[0], found in PATH unless it holds a '/'; argv ends with NULL. `flags`: KPS_CHILD_*.
 * Return: 0, or the errno of what failed (ENOENT: there is no such program).
 */
int kps_child_start(const char *const *argv, unsigned flags, struct kps_child *ret);

/* Return true when the child has ended, without waiting for it; then `status` is set. */
bool kps_child_has_ended(struct kps_child *child);

/*
 * Read what the child wrote to standard error so far, at most KPS_CHILD_MOST_WORDS bytes. Return
 * the last line that is not blank, raw; empty when there is none.
 */
struct kps_sv kps_child_last_line(struct kps_arena *arena, struct kps_child *child);

/* End the child and its group (SIGTERM, after 200 ms SIGKILL), wait for it, close its pipes. */
void kps_child_end(struct kps_child *child);

#endif
