#ifndef KPS_SYS_OWNERS_H
#define KPS_SYS_OWNERS_H

#include "model/owner.h"
#include "sys/process.h"
#include "sys/sockets.h"

/*
 * Find the process of a socket: the number of the socket's file is searched among the descriptors
 * of processes. A descriptor costs the kernel about 3 microseconds, so the order of visits matters
 * (spec sockets B1, B2):
 *
 * 1. The processes of the cgroups in which the sockets were made, where the kernel reports the
 * cgroup (v2, and not the root).
 * 2. All other processes: of the socket's network namespace first the socket's user, then root,
 * then the rest; then processes of hidden namespaces; then of other namespaces (a socket may be
 * taken along). Within each group the fewest descriptors first.
 *
 * Servers listen before they open anything else, so their sockets have low numbers: the low
 * descriptors of all processes are visited before the rest of any. The search ends as soon as every
 * socket has a holder. Other holders are then looked for where a fork leaves them: below the
 * holder, and for a holder without its session's leader beside it. That is for a few sockets, not
 * for a list of hundreds, and up to 32 holders. With many descriptors up to four threads share the
 * search.
 *
 * 3. For sockets without a holder then: threads with descriptors of their own
 * (unshare(CLONE_FILES), or the main thread has ended), up to 1,024 of them.
 */

struct kps_socket_owner {
    uint32_t pid; /* 0: see hidden. Of several holders the topmost parent, or the docker-proxy */
    enum kps_hidden hidden;
    struct kps_sv
        cgroup; /* path of the cgroup v2 the socket was made in; empty: not told, or the root */
    const uint32_t *sharers; /* other holders, as of struct kps_process_facts */
    uint32_t n_sharers;
    bool is_master;
    bool is_guess; /* a docker-proxy with hidden descriptors, whose command line names this port */
};

struct kps_owner_search {
    uint32_t visited, vanished; /* processes: looked through; gone while looking */
    uint32_t denied; /* closed to this user, without processes of visibly other namespaces: these
                        hardly have a socket of ours */
    bool processes_hidden; /* /proc does not list other users' processes (hidepid) */
};

/*
 * Find the holders of `n` sockets of the same namespace. `ret` has room for an owner per socket;
 * sockets without a file (inode 0) get KPS_HIDDEN_NO_PROCESS. Return: 0, or the errno of an
 * unreadable /proc (every owner is then KPS_HIDDEN_PERMISSION).
 */
int kps_sys_find_owners(struct kps_processes *processes, const struct kps_socket *sockets, size_t n,
                        struct kps_socket_owner *ret, struct kps_owner_search *ret_search);

#endif
