#ifndef KPS_SYS_CGROUP_H
#define KPS_SYS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "sys/os.h"

/* The facts in the path of a control group. Views into the text; empty: absent. */
struct kps_cgroup {
    struct kps_sv container; /* id, 64 hex digits; of nested containers the innermost */
    struct kps_sv
        outer; /* the container around the innermost (Kubernetes in Docker, Docker in Docker) */
    struct kps_sv
        unit; /* systemd unit: a service, socket or scope, not a slice and no login session. Empty
               * for a process in a container, whose systemd, if any, is not ours to call */
    bool unit_of_user; /* the unit belongs to the user's systemd (`systemctl --user`) */
};

/*
 * Parse a path ("/system.slice/docker-<id>.scope"). Ids are found in the forms of the runtimes
 * (spec sockets B7, spec compose §8): a folder named by the id alone (cgroupfs: Docker,
 * containerd, kubelet, ECS), or a name that ends in the id behind "docker-", "libpod-", "cri-
 * containerd-", "crio-", "nerdctl-", or behind "…:cri-containerd:". Helpers outside of the
 * container ("libpod-conmon-<id>", "crio-conmon-<id>") do not count.
 */
struct kps_cgroup kps_cgroup_of_path(struct kps_sv path);

/*
 * Parse the text of /proc/PID/cgroup. The lines of cgroup v1 hierarchies differ in detail: the
 * unified line ("0::") counts first, then "name=systemd", then the rest in their order; container
 * and unit come from the first line with either.
 */
struct kps_cgroup kps_cgroup_of_text(struct kps_sv text);

/* A cgroup v2, which sock_diag names by the inode number of its directory. */
struct kps_cgroup_place {
    uint64_t inode;
    struct kps_sv
        path; /* "/system.slice/nginx.service"; empty: removed, or not visible from here */
};

/*
 * Find the paths of `n` cgroups, sorted by inode, in one walk over the tree, below the place where
 * cgroup v2 is mounted (/sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid system). Needs no
 * privilege. Paths live in the arena.
 */
void kps_cgroup_find_paths(const struct kps_sys *sys, struct kps_arena *arena,
                           struct kps_cgroup_place *places, size_t n);

struct kps_pids {
    KPS_VEC(uint32_t) list;
};

/*
 * Append the processes of the cgroup itself, without the cgroups below. An unreadable cgroup adds
 * none.
 */
void kps_cgroup_add_pids(const struct kps_sys *sys, struct kps_sv path, struct kps_pids *ret);

#endif
