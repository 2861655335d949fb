#ifndef KPS_SYS_MANAGER_H
#define KPS_SYS_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

/* A process by its name and arguments, which identify a manager. */
struct kps_manager_candidate {
    uint32_t pid;
    struct kps_sv comm;
    struct kps_sv cmdline; /* arguments ended by NUL, as in /proc/PID/cmdline */
};

/*
 * A program that starts a process again when the process ends, or ends everything below: stop the
 * manager and not the process.
 */
struct kps_manager {
    struct kps_sv
        name; /* "pm2", "supervisord", "nodemon", "systemd" …; empty: none is known. A constant */
    uint32_t pid;           /* 0 for systemd */
    struct kps_sv argument; /* its first: the folder of the service, for runsv and its like */
    bool has_unit;          /* systemd starts the process, or its manager, for the unit */
};

/*
 * Find the nearest manager. `chain[0]` is the process itself, then its ancestors, the nearest
 * first. `unit` is its systemd unit or empty: a service or socket counts when no ancestor does, but
 * not a service that runs programs of others (cron, a login, a runner of CI jobs, an application of
 * a user's desktop).
 * The program's name counts, the script of an interpreter, and a watch flag of node; never a word
 * elsewhere in a command line (spec sockets B10).
 */
struct kps_manager kps_manager_find(const struct kps_manager_candidate *chain, size_t n,
                                    struct kps_sv unit, bool unit_of_user);

#endif
