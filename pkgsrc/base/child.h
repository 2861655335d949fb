#ifndef KPS_BASE_CHILD_H
#define KPS_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/* The last bytes of standard error that are kept; the lines before are read and dropped. */
enum { KPS_CHILD_MOST_WORDS = 4096 };

/*
 * A helper program that kportscan starts and ends: `ssh` for an engine elsewhere, `kubectl proxy`
 * for a cluster. No shell is involved. The child leads a session of its own, so it has no terminal
 * to ask a question on, and ending its process group also ends whatever it started (a login plugin
 * that hangs survives its parent otherwise). The kernel sends it SIGTERM when the thread that
 * started it ends.
 */
struct kps_child {
    pid_t pid;         /* 0: no child runs */
    int in;            /* its standard input, to write; -1: /dev/null, or see KPS_CHILD_SOCKET */
    int out;           /* its standard output, to read; -1: /dev/null */
    int err;           /* its standard error, to read; never blocks; -1: closed by the child */
    int status;        /* as waitpid gives it, once the child has ended */
    bool has_terminal; /* the foreground of the terminal is the child's until kps_child_end */
    size_t n_words;
    char words[KPS_CHILD_MOST_WORDS]; /* the end of its standard error, see kps_child_listen */
};

enum {
    KPS_CHILD_PIPE_IN = 1U << 0,  /* a pipe instead of /dev/null */
    KPS_CHILD_PIPE_OUT = 1U << 1, /* … likewise */
    KPS_CHILD_SOCKET = 1U << 2,   /* one socket for both, as `out`: written to without SIGPIPE */
    /* A process group in the foreground of the terminal instead of a session: a person may answer
     * the child's questions. Only where kps_child_may_ask. */
    KPS_CHILD_TERMINAL = 1U << 3,
};

/* Return true when a person may answer questions: standard input and standard error are a terminal
 * and this program is in its foreground. */
bool kps_child_may_ask(void);

/*
 * Start argv[0], found in PATH unless it holds a '/'; argv ends with NULL. `flags`: KPS_CHILD_*.
 * Return: 0, or the errno of what failed (ENOENT: there is no such program).
 */
KPS_MUST_USE int kps_child_start(const char *const *argv, unsigned flags, struct kps_child *ret);

/* Return true when the child has ended, without waiting for it; then `status` is set. */
bool kps_child_has_ended(struct kps_child *child);

/* Wait up to `ms` for the end of the child. Return true when it has ended. */
bool kps_child_wait(struct kps_child *child, int ms);

/* Read waiting bytes of standard error into `words`, so that the child never waits for room. */
void kps_child_listen(struct kps_child *child);

/*
 * Read standard error so far. Return the last line of `words` that contains `part` (empty: any) and
 * is not blank, raw, in the arena; empty when there is none.
 */
struct kps_sv kps_child_last_line(struct kps_arena *arena, struct kps_child *child,
                                  struct kps_sv part);

/* End the child and its group (SIGTERM, after 200 ms SIGKILL), wait for it, close its pipes. */
void kps_child_end(struct kps_child *child);

#endif
