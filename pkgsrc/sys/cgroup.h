#ifndef KPS_SYS_CGROUP_H
#define KPS_SYS_CGROUP_H

#include <stdbool.h>

#include "base/sv.h"

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

#endif
