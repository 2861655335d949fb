#include "units/units.h"

/*
 * kind's cluster configuration (kind.sigs.k8s.io, v1alpha4): each node is a container, and its
 * extraPortMappings are Docker publications on 0.0.0.0 (:: with ipFamily ipv6). A hostPort of 0 or
 * -1 takes any free port. The API server is published on 127.0.0.1, on any port unless one is
 * named.
 */
enum { MOST_MAPPINGS = 256 }; /* of one node that are compared */

struct cluster {
    struct kps_units *units;
    KPS_VEC(struct kps_publish) mappings; /* of the node at hand */
    struct kps_sv name;
    bool is_v6;
    uint32_t n_control_planes, n_workers;
    kps_owner_id first_control_plane;
};

/* Read a port number. Return: false when it is missing, 0, -1 or refused (KP902). */
static bool read_port(struct kps_units *units, const struct kps_ynode *map, const char *key,
                      uint16_t *ret)
{
    int64_t number = 0;
    if (!kps_units_read_number(units, map, key, -1, UINT16_MAX, &number)) {
        return false;
    }
    *ret = number > 0 ? (uint16_t)number : 0;
    return number > 0;
}

/*
 * Refuse a mapping beside one on every address of the other IP family: to kind the two are the same
 * port, while Docker could publish both. Two in one family clash as any two ports of a container.
 */
static bool check_families(struct cluster *c, const struct kps_publish *port, struct kps_span at)
{
    for (uint32_t i = 0; i < c->mappings.n; i++) {
        const struct kps_publish *other = &c->mappings.v[i];
        bool is_every = other->addr.kind == KPS_ADDR_ANY4 || other->addr.kind == KPS_ADDR_ANY6 ||
                        port->addr.kind == KPS_ADDR_ANY4 || port->addr.kind == KPS_ADDR_ANY6;
        if (is_every && other->first == port->first && other->protocol == port->protocol &&
            !kps_addr_overlap(&other->addr, &port->addr)) {
            (void)kps_units_refuse(c->units, at, "%s", kps_units_same_mapping);
            return false;
        }
    }
    if (c->mappings.n < MOST_MAPPINGS) {
        *kps_vec_push(&c->mappings) = *port;
    }
    return true;
}

static void add_mapping(struct cluster *c, kps_owner_id owner, const struct kps_ynode *mapping)
{
    struct kps_units *units = c->units;
    struct kps_publish port = {.protocol = KPS_TCP};
    port.addr.kind = c->is_v6 ? KPS_ADDR_ANY6 : KPS_ADDR_ANY4;
    (void)kps_units_read_address(units, kps_ynode_field(mapping, "listenAddress"), &port.addr);
    if (!kps_units_read_protocol(units, kps_ynode_field(mapping, "protocol"), &port.protocol)) {
        return;
    }
    if (read_port(units, mapping, "containerPort", &port.target_first)) {
        port.target_last = port.target_first;
    }
    if (read_port(units, mapping, "hostPort", &port.first)) {
        struct kps_span at = kps_ynode_field(mapping, "hostPort")->span;
        port.last = port.first;
        if (check_families(c, &port, at)) {
            kps_units_add_claim(units, owner, &port, at, KPS_CERTAIN, 0);
        }
    }
}

/* Name a node's container as kind does: "NAME-control-plane", "NAME-worker2". */
static struct kps_sv name_node(struct cluster *c, bool is_worker)
{
    uint32_t nth = is_worker ? ++c->n_workers : ++c->n_control_planes;
    const char *role = is_worker ? "worker" : "control-plane";
    return nth == 1 ? kps_fmt(c->units->arena, "%.*s-%s", SV_ARG(c->name), role)
                    : kps_fmt(c->units->arena, "%.*s-%s%u", SV_ARG(c->name), role, nth);
}

/* `node` is NULL for the one node of a cluster that lists none. */
static void add_node(struct cluster *c, const struct kps_ynode *node)
{
    c->mappings.n = 0;
    const struct kps_ynode *role = kps_ynode_field(node, "role");
    struct kps_sv text = kps_ynode_text(role);
    bool is_worker = kps_sv_is(text, "worker");
    kps_owner_id owner = kps_units_add_owner(c->units, KPS_OWNER_KIND_NODE, name_node(c, is_worker),
                                             c->name, (struct kps_sv){"", 0});
    if (!is_worker && !c->first_control_plane) {
        c->first_control_plane = owner;
    }
    if (role && !is_worker && !kps_sv_is(text, "control-plane")) {
        (void)kps_units_refuse(c->units, role->span, "role '%.*s' is none of control-plane, worker",
                               SV_ARG(text));
    }
    const struct kps_ynode *mappings = kps_ynode_field(node, "extraPortMappings");
    for (uint32_t i = 0; i < kps_ynode_count(mappings, KPS_Y_SEQ); i++) {
        add_mapping(c, owner, kps_ynode_item(mappings, i));
    }
}

static void add_api_server(struct cluster *c, const struct kps_ynode *networking)
{
    struct kps_publish port = {.protocol = KPS_TCP, .target_first = 6443, .target_last = 6443};
    (void)kps_addr_parse(c->is_v6 ? SV("::1") : SV("127.0.0.1"), &port.addr);
    (void)kps_units_read_address(c->units, kps_ynode_field(networking, "apiServerAddress"),
                                 &port.addr);
    if (!read_port(c->units, networking, "apiServerPort", &port.first)) {
        return;
    }
    kps_owner_id owner = c->first_control_plane;
    if (c->n_control_planes > 1 || !owner) {
        owner = kps_units_add_owner(
            c->units, KPS_OWNER_KIND_NODE,
            kps_fmt(c->units->arena, "%.*s-external-load-balancer", SV_ARG(c->name)), c->name,
            (struct kps_sv){"", 0});
    }
    port.last = port.first;
    kps_units_add_claim(c->units, owner, &port, kps_ynode_field(networking, "apiServerPort")->span,
                        KPS_CERTAIN, 0);
}

void kps_units_read_kind(struct kps_units *units, const struct kps_ynode *root)
{
    const struct kps_ynode *kind = kps_ynode_field(root, "kind");
    const struct kps_ynode *name = kps_ynode_field(root, "name");
    const struct kps_ynode *networking = kps_ynode_field(root, "networking");
    const struct kps_ynode *family = kps_ynode_field(networking, "ipFamily");
    const struct kps_ynode *nodes = kps_ynode_field(root, "nodes");
    if (!kind || !kps_sv_is(kps_ynode_text(kind), "Cluster")) {
        return;
    }
    struct cluster c = {.units = units, .name = SV("kind")};
    if (kps_ynode_text(name).n) {
        c.name = kps_ynode_text(name);
    }
    c.is_v6 = kps_sv_is(kps_ynode_text(family), "ipv6");
    bool has_nodes = kps_ynode_count(nodes, KPS_Y_SEQ) > 0;
    if (nodes && nodes->kind != KPS_Y_SEQ && kps_ynode_type(nodes) != KPS_T_NULL) {
        (void)kps_units_refuse(units, nodes->span, "nodes must be a list, found %s",
                               kps_ynode_type_name(kps_ynode_type(nodes)));
    }
    for (uint32_t i = 0; has_nodes && i < nodes->n; i++) {
        add_node(&c, kps_ynode_item(nodes, i));
    }
    if (!has_nodes) {
        add_node(&c, NULL);
    } else if (c.n_control_planes == 0) {
        (void)kps_units_refuse(units, nodes->span,
                               "kind refuses a cluster without a control-plane node");
    }
    add_api_server(&c, networking);
    kps_vec_free(&c.mappings);
}
