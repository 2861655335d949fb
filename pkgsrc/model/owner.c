#include "model/owner.h"

#include "base/arena.h"

const char *kps_owner_kind_name(enum kps_owner_kind kind)
{
    static const char *const names[] = {
        [KPS_OWNER_UNKNOWN] = "unknown",
        [KPS_OWNER_COMPOSE_SERVICE] = "compose-service",
        [KPS_OWNER_CONTAINER] = "container",
        [KPS_OWNER_PROCESS] = "process",
        [KPS_OWNER_SWARM_SERVICE] = "swarm-service",
        [KPS_OWNER_K8S_CONTAINER] = "k8s-container",
        [KPS_OWNER_K8S_WORKLOAD] = "k8s-workload",
        [KPS_OWNER_K8S_SERVICE] = "k8s-service",
        [KPS_OWNER_QUADLET] = "quadlet",
        [KPS_OWNER_SOCKET_UNIT] = "socket-unit",
        [KPS_OWNER_KIND_NODE] = "kind-node",
        [KPS_OWNER_K3D_NODE] = "k3d-node",
        [KPS_OWNER_PODMAN_POD] = "podman-pod",
        [KPS_OWNER_KERNEL] = "kernel",
    };
    return names[kind];
}

const char *kps_hidden_name(enum kps_hidden hidden)
{
    static const char *const names[] = {
        [KPS_HIDDEN_NOTHING] = NULL,
        [KPS_HIDDEN_PERMISSION] = "permission",
        [KPS_HIDDEN_NO_PROCESS] = "no-process",
        [KPS_HIDDEN_GONE] = "no-process",
    };
    return names[hidden];
}

struct kps_sv kps_owner_name(const struct kps_owner *owner)
{
    return owner->cls->called ? owner->cls->called(owner, false) : owner->ties->name;
}

struct kps_sv kps_owner_group(const struct kps_owner *owner)
{
    return owner->cls->called ? owner->cls->called(owner, true) : owner->ties->group;
}

const struct kps_container_facts *kps_container_facts_of(const struct kps_owner *owner)
{
    return owner->kind == KPS_OWNER_CONTAINER ? owner->facts : NULL;
}

const struct kps_process_facts *kps_process_facts_of(const struct kps_owner *owner)
{
    bool has_facts = owner->kind == KPS_OWNER_PROCESS || owner->kind == KPS_OWNER_KERNEL ||
                     owner->kind == KPS_OWNER_UNKNOWN;
    return has_facts ? owner->facts : NULL;
}

void kps_object_facts_of(const struct kps_owner *owner, struct kps_object_facts *ret)
{
    *ret = (struct kps_object_facts){.group = NULL};
    if (owner->cls->object) {
        owner->cls->object(owner, ret);
    }
}
