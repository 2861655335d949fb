#ifndef SUPPORT_FAKE_ENGINE_H
#define SUPPORT_FAKE_ENGINE_H

#include <sys/types.h>

/* fake_engine.py as a child of the test: see there for folders and faults. */
struct fake_engine {
    pid_t pid;
    int keep;          /* the engine ends when this is closed */
    char folder[64];   /* temporary: the socket, and "log" with one request line a line */
    char address[128]; /* the socket's path, or HOST:PORT */
};

/*
 * Starts one that serves `recordings` (below tests/) with `faults` (NULL-terminated), and waits
 * until it listens: on a socket, or with `tcp` on 127.0.0.1. Further arguments for the script may
 * stand in `options` (NULL-terminated, may be NULL). Ends the test when it cannot.
 */
void fake_engine_start(struct fake_engine *engine, const char *recordings,
                       const char *const *faults, int tcp, const char *const *options);
void fake_engine_stop(struct fake_engine *engine);

/* The request lines so far, NUL-terminated; release with free. */
char *fake_engine_log(const struct fake_engine *engine);

#endif
