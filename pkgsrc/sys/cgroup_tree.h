#ifndef KPS_SYS_CGROUP_TREE_H
#define KPS_SYS_CGROUP_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "sys/os.h"

/* A cgroup v2, which sock_diag names by the inode number of its directory. */
struct kps_cgroup_place {
    uint64_t inode;
    struct kps_sv path; /* "/system.slice/nginx.service"; empty: it was removed, or cannot be seen
                           from here */
};

/*
 * Finds the paths of `n` cgroups, sorted by inode, in one walk over the tree, below the place where
 * cgroup v2 is mounted
 * (/sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid system). Needs no privilege. Paths live in
 * the arena.
 */
void kps_cgroup_tree_find(const struct kps_sys *sys, struct kps_arena *arena,
                          struct kps_cgroup_place *places, size_t n);

struct kps_pids {
    KPS_VEC(uint32_t) list;
};

/* Appends the processes that are in the cgroup itself, not in those below it. None when it cannot
 * be read. */
void kps_cgroup_tree_pids(const struct kps_sys *sys, struct kps_sv path, struct kps_pids *ret);

#endif
