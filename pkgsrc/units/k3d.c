#include "units/units.h"

/*
 * k3d's configuration file (k3d.io, kind Simple): `ports` are Docker publications of the load
 * balancer, or of single nodes with the suffix ":direct"; `kubeAPI` publishes the API server.
 */
struct cluster {
    struct kps_units *units;
    struct kps_sv name;
    uint32_t n_servers, n_agents;
};

static uint32_t read_count(struct kps_units *units, const struct kps_ynode *root, const char *key,
                           uint32_t missing)
{
    int64_t number = 0;
    const struct kps_ynode *value = kps_ynode_get(root, kps_sv_of(key));
    if (!value || kps_ynode_type(value) == KPS_T_NULL) {
        return missing;
    }
    if (!kps_ynode_int(value, &number) || number < 0 || number > 1000) {
        (void)kps_units_refuse(units, value->span,
                               "%s must be a whole number from 0 to 1000, found '%.*s'", key,
                               SV_ARG(kps_ynode_text(value)));
        return missing;
    }
    return (uint32_t)number;
}

/* Return how many nodes publish a port themselves by this filter ("agent:*:direct"). */
static uint32_t count_direct(const struct cluster *c, struct kps_sv filter)
{
    bool is_direct = kps_sv_ends(filter, SV(":direct"));
    bool is_all = kps_sv_search(filter, SV(":*")) < filter.n;
    uint32_t n = 1;
    if (!is_direct) {
        return 0;
    }
    if (is_all) {
        n = kps_sv_starts(filter, SV("agent")) ? c->n_agents : c->n_servers;
    }
    for (size_t i = 0; i < filter.n; i++) {
        n += filter.p[i] == ',' ? 1 : 0; /* "server:0,1:direct" */
    }
    return n;
}

static void add_port(struct cluster *c, kps_owner_id balancer, const struct kps_ynode *entry)
{
    struct kps_units *units = c->units;
    const struct kps_ynode *port = kps_ynode_get(entry, SV("port"));
    const struct kps_ynode *filters = kps_ynode_get(entry, SV("nodeFilters"));
    uint32_t n_direct = 0;
    if (!port) {
        (void)kps_units_refuse(units, entry->span, "an entry of ports needs 'port', like 8080:80");
        return;
    }
    for (uint32_t i = 0; filters && filters->kind == KPS_Y_SEQ && i < filters->n; i++) {
        n_direct += count_direct(c, kps_ynode_text(kps_ynode_resolve(filters->edges[i].val)));
    }
    struct kps_publish parsed = kps_publish_parse(units->arena, kps_ynode_text(port));
    if (parsed.error.n) {
        (void)kps_units_refuse(units, port->span, "%.*s", SV_ARG(parsed.error));
        return;
    }
    size_t colons = 0;
    for (size_t i = 0; i < kps_ynode_text(port).n; i++) {
        colons += kps_ynode_text(port).p[i] == ':' ? 1 : 0;
    }
    if (colons < 2) {
        parsed.addr.kind = KPS_ADDR_EVERY; /* Docker publishes on both families */
    }
    kps_owner_id owner = balancer;
    if (n_direct) {
        owner = kps_units_add_owner(units, KPS_OWNER_K3D_NODE,
                                    kps_fmt(units->arena, "nodes of %.*s", SV_ARG(c->name)),
                                    c->name, (struct kps_sv){"", 0});
    }
    kps_units_add_claim(units, owner, &parsed, port->span, KPS_CERTAIN, 0);
    units->ledger->claims.v[units->ledger->claims.n - 1].copies = n_direct ? n_direct : 1;
}

static void add_api_server(struct cluster *c, kps_owner_id balancer, const struct kps_ynode *api)
{
    struct kps_units *units = c->units;
    const struct kps_ynode *host_port = kps_ynode_get(api, SV("hostPort"));
    const struct kps_ynode *ip = kps_ynode_get(api, SV("hostIP"));
    unsigned long long number = 0;
    struct kps_publish port = {.addr = {.kind = KPS_ADDR_ANY4},
                               .protocol = KPS_TCP,
                               .target_first = 6443,
                               .target_last = 6443};
    if (!host_port || kps_ynode_text(host_port).n == 0) {
        return;
    }
    struct kps_sv text = kps_ynode_text(host_port);
    if (!kps_sv_u64(text, UINT16_MAX, &number)) {
        (void)kps_units_refuse(units, host_port->span,
                               "hostPort must be a port from 1 to 65535, found '%.*s'",
                               SV_ARG(text));
        return;
    }
    if (ip && kps_ynode_text(ip).n && !kps_addr_parse(kps_ynode_text(ip), &port.addr)) {
        (void)kps_units_refuse(units, ip->span, "'%.*s' is no IP address",
                               SV_ARG(kps_ynode_text(ip)));
    }
    port.first = port.last = (uint16_t)number;
    if (number) {
        kps_units_add_claim(units, balancer, &port, host_port->span, KPS_CERTAIN, 0);
    }
}

void kps_units_read_k3d(struct kps_units *units, const struct kps_ynode *root)
{
    const struct kps_ynode *kind = kps_ynode_get(root, SV("kind"));
    const struct kps_ynode *meta = kps_ynode_get(root, SV("metadata"));
    const struct kps_ynode *name = kps_ynode_get(meta, SV("name"));
    const struct kps_ynode *ports = kps_ynode_get(root, SV("ports"));
    if (!kind || !kps_sv_eq(kps_ynode_text(kind), SV("Simple"))) {
        return;
    }
    if (!name) {
        name = kps_ynode_get(root, SV("name")); /* up to v1alpha4 */
    }
    struct cluster c = {.units = units, .name = SV("k3s-default")};
    if (name && kps_ynode_text(name).n) {
        c.name = kps_ynode_text(name);
    }
    c.n_servers = read_count(units, root, "servers", 1);
    c.n_agents = read_count(units, root, "agents", 0);
    kps_owner_id balancer = kps_units_add_owner(
        units, KPS_OWNER_K3D_NODE, kps_fmt(units->arena, "k3d-%.*s-serverlb", SV_ARG(c.name)),
        c.name, (struct kps_sv){"", 0});
    for (uint32_t i = 0; ports && ports->kind == KPS_Y_SEQ && i < ports->n; i++) {
        add_port(&c, balancer, kps_ynode_resolve(ports->edges[i].val));
    }
    add_api_server(&c, balancer, kps_ynode_get(root, SV("kubeAPI")));
}
