#ifndef KPS_SYS_MANAGER_H
#define KPS_SYS_MANAGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

/* A process as it presents itself: what a manager is recognised by. */
struct kps_manager_candidate {
    uint32_t pid;
    struct kps_sv comm;
    struct kps_sv cmdline; /* arguments ended by NUL, as in /proc/PID/cmdline */
};

/* What starts a process again when it ends, or tears down everything below it: stop this and not
 * the process. */
struct kps_manager {
    struct kps_sv
        name; /* "pm2", "supervisord", "nodemon", "systemd" …; empty: none is known. A constant */
    uint32_t pid; /* 0 for systemd */
};

/*
 * Looks for the nearest manager. `chain[0]` is the process itself, the others its ancestors, the
 * nearest first. `unit` is its systemd unit or empty: a service or socket counts when no ancestor
 * does. Recognised are the program's name, its script where it is an interpreter's, and a watch
 * flag of node; never a word elsewhere in a command line (spec sockets B10).
 */
struct kps_manager kps_manager_find(const struct kps_manager_candidate *chain, size_t n,
                                    struct kps_sv unit);

#endif
