#ifndef KPS_SYS_CGROUP_H
#define KPS_SYS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "sys/os.h"

/* What the path of a control group says. Views into the text it was read from; empty: it does not
 * say. */
struct kps_cgroup {
    struct kps_sv container; /* id, 64 hex digits; of nested containers the innermost */
    struct kps_sv outer;     /* the container around it (Kubernetes in Docker, Docker in Docker) */
    struct kps_sv
        unit; /* systemd unit: a service, socket or scope, not a slice and no login session. Empty
               * for a process in a container, whose systemd, if any, is not ours to call */
    bool unit_of_user; /* the unit belongs to the user's systemd (`systemctl --user`) */
};

/*
 * Reads one path ("/system.slice/docker-<id>.scope"). Ids are found as the runtimes write them
 * (spec sockets B7, spec compose §8): a folder that is nothing but the id (cgroupfs: Docker,
 * containerd, kubelet, ECS), or a name that ends in it behind "docker-", "libpod-",
 * "cri-containerd-", "crio-", "nerdctl-", or behind "…:cri-containerd:". What serves a container
 * from outside ("libpod-conmon-<id>", "crio-conmon-<id>") is not in it.
 */
struct kps_cgroup kps_cgroup_of_path(struct kps_sv path);

/*
 * Reads the text of /proc/PID/cgroup. The lines of cgroup v1 hierarchies can say less than another:
 * the unified line
 * ("0::") counts first, then "name=systemd", then the rest in their order; the container and the
 * unit are those of the first line that has one.
 */
struct kps_cgroup kps_cgroup_of_text(struct kps_sv text);

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
void kps_cgroup_find_paths(const struct kps_sys *sys, struct kps_arena *arena,
                           struct kps_cgroup_place *places, size_t n);

struct kps_pids {
    KPS_VEC(uint32_t) list;
};

/* Appends the processes that are in the cgroup itself, not in those below it. None when it cannot
 * be read. */
void kps_cgroup_add_pids(const struct kps_sys *sys, struct kps_sv path, struct kps_pids *ret);

#endif
