#include "units/units.h"

/*
 * Manifests for `podman kube play`, as Podman 4.3.1 and 5.4.2 take them (tests/cases-kube-play):
 * the host ports of a pod are this machine's, on IPv4 alone without a hostIP. Containers that list
 * the same host port, address and container port share one mapping; ports of init containers are
 * not published. Podman 5 starts one pod of a controller, whatever `replicas` says.
 */

enum { MOST_MAPPINGS = 1024 }; /* of one pod that are compared for duplicates */

struct pod {
    const struct kps_pod_owner *owner;
    kps_owner_id id;
    bool is_on_host; /* hostNetwork: Podman refuses the pod */
    KPS_VEC(struct kps_publish) seen;
};

static bool is_same(const struct kps_publish *a, const struct kps_publish *b)
{
    return a->first == b->first && a->target_first == b->target_first &&
           a->protocol == b->protocol && kps_addr_eq(&a->addr, &b->addr);
}

/* Return: does a PublishPort= of the .kube unit with this container port stand for the mapping? */
static bool is_replaced(const struct kps_pod_owner *owner, const struct kps_publish *port)
{
    for (uint32_t i = 0; i < owner->n_replaced; i++) {
        const struct kps_publish *other = &owner->replaced[i];
        if (other->protocol == port->protocol && port->target_first >= other->target_first &&
            port->target_first <= other->target_last) {
            return true;
        }
    }
    return false;
}

/*
 * Read a port of a manifest: 0 where the key is missing, and for a negative number, which Podman
 * ignores. Return: false for a value that Podman refuses or changes (KP902).
 */
static bool read_port(struct kps_units *units, const struct kps_ynode *map, const char *key,
                      uint16_t *ret)
{
    int64_t number = 0;
    const struct kps_ynode *value = kps_ynode_field(map, key);
    *ret = 0;
    if (!value || kps_ynode_type(value) == KPS_T_NULL) {
        return true;
    }
    if (!kps_ynode_int(value, &number)) {
        struct kps_sv text = kps_ynode_text(value);
        (void)kps_units_refuse(units, value->span, "%s must be a whole number, found '%.*s'", key,
                               SV_ARG(text));
        return false;
    }
    if (number > UINT16_MAX) {
        struct kps_finding *finding =
            kps_units_refuse(units, value->span, "%s %lld is above 65535", key, (long long)number);
        kps_finding_note(finding, "Podman cuts it to 16 bits: %u", (unsigned)(number & UINT16_MAX));
        return false;
    }
    *ret = number > 0 ? (uint16_t)number : 0;
    return true;
}

/* Read an entry of `ports`. Return: false without a host port, and for a refused one. */
static bool read_mapping(struct kps_units *units, const struct kps_ynode *entry,
                         struct kps_publish *ret)
{
    *ret = (struct kps_publish){.addr = {.kind = KPS_ADDR_ANY4}, .protocol = KPS_TCP};
    if (!read_port(units, entry, "hostPort", &ret->first) ||
        !read_port(units, entry, "containerPort", &ret->target_first) || ret->first == 0) {
        return false;
    }
    if (!kps_units_read_protocol(units, kps_ynode_field(entry, "protocol"), &ret->protocol) ||
        !kps_units_read_address(units, kps_ynode_field(entry, "hostIP"), &ret->addr)) {
        return false;
    }
    ret->target_first = ret->target_first ? ret->target_first : ret->first;
    ret->last = ret->first;
    ret->target_last = ret->target_first;
    return true;
}

static void refuse_host_network(struct kps_units *units, const struct pod *pod,
                                const struct kps_ynode *port)
{
    struct kps_finding *finding =
        kps_diag_add_here(units->diag, KPS_RULE_COMPOSE_PORTS_UNUSED, KPS_ERROR, port->span,
                          "a pod on the host's network has no host ports");
    finding->parties[0].owner = pod->id;
    finding->up_error = SV("PortMappings can only be used with Bridge");
    kps_finding_help(finding, "remove either hostPort or hostNetwork");
}

static void add_mapping(struct kps_units *units, struct pod *pod, const struct kps_ynode *entry)
{
    struct kps_publish port;
    if (!read_mapping(units, entry, &port) || is_replaced(pod->owner, &port)) {
        return;
    }
    for (uint32_t i = 0; i < pod->seen.n; i++) {
        if (is_same(&pod->seen.v[i], &port)) {
            return;
        }
    }
    if (pod->seen.n < MOST_MAPPINGS) {
        *kps_vec_push(&pod->seen) = port;
    }
    const struct kps_ynode *host_port = kps_ynode_field(entry, "hostPort");
    if (pod->is_on_host && pod->seen.n == 1) {
        refuse_host_network(units, pod, host_port);
    }
    uint8_t flags = pod->owner->flags | (pod->is_on_host ? (uint8_t)KPS_CLAIM_DISCARDED : 0);
    kps_units_add_claim(units, pod->id, &port, host_port->span, pod->owner->certainty, flags);
}

static bool is_true(const struct kps_ynode *node)
{
    return node && kps_ynode_type(node) == KPS_T_BOOL &&
           kps_sv_is_one_of_nocase(kps_ynode_text(node), "true");
}

static void read_pod(struct kps_units *units, const struct kps_ynode *root,
                     const struct kps_pod_owner *owner)
{
    struct kps_sv kind = kps_ynode_text(kps_ynode_field(root, "kind"));
    bool is_pod = kps_sv_is(kind, "Pod");
    const struct kps_ynode *name = kps_ynode_field(kps_ynode_field(root, "metadata"), "name");
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    if (!is_pod) {
        spec = kps_ynode_field(kps_ynode_field(spec, "template"), "spec");
    }
    const struct kps_ynode *containers = kps_ynode_field(spec, "containers");
    if (!containers || containers->kind != KPS_Y_SEQ ||
        !(is_pod || kps_sv_is_one_of(kind, "Deployment DaemonSet Job"))) {
        return;
    }
    struct pod pod = {.owner = owner, .id = owner->id};
    pod.is_on_host = is_true(kps_ynode_field(spec, "hostNetwork"));
    if (!pod.id) {
        struct kps_sv text = name ? kps_ynode_text(name) : SV("pod");
        struct kps_sv own = kps_fmt(units->arena, "%.*s%s", SV_ARG(text), is_pod ? "" : "-pod");
        pod.id = kps_units_add_owner(units, KPS_OWNER_PODMAN_POD, own, units->request->shown,
                                     (struct kps_sv){"", 0});
    }
    for (uint32_t i = 0; i < containers->n; i++) {
        const struct kps_ynode *container = kps_ynode_item(containers, i);
        const struct kps_ynode *ports = kps_ynode_field(container, "ports");
        for (uint32_t p = 0; p < kps_ynode_count(ports, KPS_Y_SEQ); p++) {
            add_mapping(units, &pod, kps_ynode_item(ports, p));
        }
    }
    kps_vec_free(&pod.seen);
}

void kps_units_read_manifest(struct kps_units *units, const struct kps_ynode *root,
                             const struct kps_pod_owner *owner)
{
    const struct kps_ynode *kind = kps_ynode_field(root, "kind");
    const struct kps_ynode *items = kps_ynode_field(root, "items");
    bool is_list = kps_sv_is(kps_ynode_text(kind), "List") && items && items->kind == KPS_Y_SEQ;
    for (uint32_t i = 0; is_list && i < items->n; i++) {
        read_pod(units, kps_ynode_item(items, i), owner);
    }
    if (!is_list) {
        read_pod(units, root, owner);
    }
}
