#ifndef KPS_SYS_OWNERS_H
#define KPS_SYS_OWNERS_H

#include "model/owner.h"
#include "sys/process.h"
#include "sys/sockets.h"

/*
 * Which process holds a socket: the number of the socket's file is looked for among the descriptors
 * of processes. That costs the kernel about 3 microseconds a descriptor, so the art is in not
 * visiting (spec sockets B1, B2):
 *
 * 1. The processes of the cgroups that the sockets were made in, where the kernel tells the cgroup
 * (v2, and not the root).
 * 2. All the others, in this order: those of the socket's network namespace whose user is the
 * socket's, then root's, then the rest; those whose namespace is hidden; those of other namespaces
 * (a socket may be taken along). Within each, the fewest descriptors first.
 *
 * The low descriptors of all of them are looked at before the rest of any (sys/walk.h). The search
 * ends as soon as every socket has a holder. Several threads share it when there are many
 * descriptors. Descriptors that only one thread of a process has (unshare(CLONE_FILES)) are not
 * looked at.
 */

struct kps_socket_owner {
    uint32_t pid; /* 0: see hidden. Of several holders the one whose parent is none, or the
                     docker-proxy */
    enum kps_hidden hidden;
    struct kps_sv
        cgroup;    /* path of the cgroup v2 the socket was made in; empty: not told, or the root */
    bool is_guess; /* a docker-proxy whose descriptors are hidden, but whose command line says that
                    * it serves this port
                    */
};

struct kps_owner_search {
    uint32_t visited, vanished; /* processes: looked through; gone while looking */
    uint32_t denied; /* closed to us, those that are seen to be in another namespace left out: it is
                      * too unlikely that they have one of our sockets */
    bool processes_hidden; /* /proc does not list other users' processes (hidepid) */
};

/*
 * Finds the holders of `n` sockets of one namespace. `ret` has room for one owner a socket; sockets
 * without a file (inode 0) get KPS_HIDDEN_NO_PROCESS. Return: 0, or the errno of a /proc that
 * cannot be read at all (every owner is then KPS_HIDDEN_PERMISSION).
 */
int kps_sys_find_owners(struct kps_processes *processes, const struct kps_socket *sockets, size_t n,
                        struct kps_socket_owner *ret, struct kps_owner_search *ret_search);

#endif
