#include "units/units.h"

/*
 * k3d's configuration file (k3d.io, kind Simple), as v5.8 reads it (pkg/client/ports.go,
 * pkg/util/filter.go): `ports` are Docker publications of the load balancer, or with the suffix
 * ":direct" of one node; `kubeAPI` publishes the API server, `registries.create` a registry.
 */
enum { MOST_NODES = 1000 };

struct node {
    uint32_t at; /* 0: the balancer, then the servers, then the agents */
    kps_owner_id owner;
};

struct cluster {
    struct kps_units *units;
    struct kps_sv name;
    uint32_t n_servers, n_agents;
    bool has_balancer;
    KPS_VEC(struct node) nodes; /* with a port */
};

/* The nodes that a node filter chooses: `n` from `first` on of the servers or agents, or all. */
struct choice {
    bool is_direct, is_balancer, is_all, is_agent;
    uint32_t first, n;
};

static uint32_t read_count(struct kps_units *units, const struct kps_ynode *root, const char *key,
                           uint32_t missing)
{
    int64_t number = missing;
    (void)kps_units_read_number(units, root, key, 0, MOST_NODES, &number);
    return (uint32_t)number;
}

/* k3d expands variables of its environment in the file. Return: true, noted, when there is one. */
static bool has_variable(struct kps_units *units, const struct kps_ynode *node)
{
    struct kps_sv text = kps_ynode_text(node);
    if (kps_sv_find(text, '$') == text.n) {
        return false;
    }
    (void)kps_diag_add_here(
        units->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, node->span,
        "'%.*s' has its value from the environment of k3d; the port was not judged", SV_ARG(text));
    units->diag->incomplete = true;
    return true;
}

/* Return the container of a node, which is made when first needed; `at`: 0 for the balancer. */
static kps_owner_id owner_of(struct cluster *c, uint32_t at)
{
    struct kps_arena *arena = c->units->arena;
    for (uint32_t i = 0; i < c->nodes.n; i++) {
        if (c->nodes.v[i].at == at) {
            return c->nodes.v[i].owner;
        }
    }
    struct kps_sv name = kps_fmt(arena, "k3d-%.*s-serverlb", SV_ARG(c->name));
    if (at) {
        bool is_agent = at > c->n_servers;
        name = kps_fmt(arena, "k3d-%.*s-%s-%u", SV_ARG(c->name), is_agent ? "agent" : "server",
                       is_agent ? at - 1 - c->n_servers : at - 1);
    }
    kps_owner_id owner =
        kps_units_add_owner(c->units, KPS_OWNER_K3D_NODE, name, c->name, (struct kps_sv){"", 0});
    *kps_vec_push(&c->nodes) = (struct node){at, owner};
    return owner;
}

/* Parse "0,1", "0-2", "-", "*" with `n` nodes of the group. Return: false for anything else. */
static bool parse_subset(struct kps_sv text, uint32_t n, struct choice *ret)
{
    int64_t from = 0;
    int64_t to = n ? n - 1 : 0;
    size_t dash = kps_sv_find(text, '-');
    if (kps_sv_is(text, "*")) {
        ret->n = n;
        return true;
    }
    if (dash < text.n) {
        struct kps_sv end = kps_sv_from(text, dash + 1);
        from = dash ? kps_sv_number(kps_sv_head(text, dash), MOST_NODES) : from;
        to = end.n ? kps_sv_number(end, MOST_NODES) : to;
        if (from < 0 || to < from || to >= n) {
            return false;
        }
        ret->first = (uint32_t)from;
        ret->n = (uint32_t)(to - from) + 1;
        return true;
    }
    struct kps_sv one;
    while (kps_sv_next(&text, ',', &one)) {
        from = kps_sv_number(one, MOST_NODES);
        if (from < 0 || from >= n) {
            return false;
        }
        ret->first = (uint32_t)from;
        ret->n++;
    }
    return ret->n > 0;
}

/* Parse "GROUP[:SUBSET][:SUFFIX]". Return: false where k3d refuses the filter. */
static bool parse_filter(const struct cluster *c, struct kps_sv text, struct choice *ret)
{
    *ret = (struct choice){.is_balancer = kps_sv_has_head(text, "loadbalancer")};
    size_t last = kps_sv_rfind(text, ':');
    struct kps_sv suffix = kps_sv_from(text, last + 1);
    ret->is_direct = last < text.n && kps_sv_is(suffix, "direct");
    if (ret->is_balancer) {
        ret->n = 1;
        return true; /* k3d takes the usual filters, of the balancer, in place of all given ones */
    }
    if (ret->is_direct || kps_sv_is(suffix, "proxy")) {
        text = kps_sv_head(text, last);
    }
    size_t colon = kps_sv_find(text, ':');
    struct kps_sv group = kps_sv_head(text, colon);
    ret->is_all = kps_sv_is(group, "all");
    ret->is_agent = kps_sv_is_one_of(group, "agent agents");
    bool is_server = kps_sv_is_one_of(group, "server servers");
    if (ret->is_all) {
        ret->n = c->n_servers + c->n_agents + (c->has_balancer ? 1 : 0);
        return true;
    }
    return (ret->is_agent || is_server) && colon < text.n &&
           parse_subset(kps_sv_from(text, colon + 1), ret->is_agent ? c->n_agents : c->n_servers,
                        ret);
}

/* The nodes of all filters of a port. */
struct targets {
    uint32_t n_direct, n_proxied;
    uint32_t direct; /* the last direct one, for owner_of */
    bool is_refused;
};

static void add_filter(const struct cluster *c, const struct kps_ynode *filter, struct targets *t)
{
    struct choice choice;
    struct kps_sv text = kps_ynode_text(filter);
    if (!parse_filter(c, text, &choice)) {
        (void)kps_units_refuse(c->units, filter->span,
                               "'%.*s' chooses no node: like server:0, agent:*, loadbalancer, with "
                               ":direct or :proxy, of the nodes that there are",
                               SV_ARG(text));
        t->is_refused = true;
        return;
    }
    if (choice.is_direct && !choice.is_balancer) {
        t->n_direct += choice.n;
        t->direct = 1 + (choice.is_agent ? c->n_servers : 0) + choice.first;
    } else {
        t->n_proxied += choice.n;
    }
}

/* Find the nodes of an entry of `ports`. A filter for the balancer stands for all filters. */
static struct targets find_targets(const struct cluster *c, const struct kps_ynode *filters)
{
    struct targets t = {.n_direct = 0};
    uint32_t n = kps_ynode_count(filters, KPS_Y_SEQ);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *filter = kps_ynode_item(filters, i);
        if (kps_sv_has_head(kps_ynode_text(filter), "loadbalancer")) {
            n = 0;
        }
    }
    t.n_proxied = n == 0 ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        add_filter(c, kps_ynode_item(filters, i), &t);
    }
    return t;
}

static void add_port(struct cluster *c, const struct kps_ynode *entry)
{
    struct kps_units *units = c->units;
    const struct kps_ynode *port = kps_ynode_field(entry, "port");
    if (!port) {
        (void)kps_units_refuse(units, entry->span, "an entry of ports needs 'port', like 8080:80");
        return;
    }
    if (has_variable(units, port)) {
        return;
    }
    struct targets t = find_targets(c, kps_ynode_field(entry, "nodeFilters"));
    struct kps_publish parsed = kps_publish_parse_docker(units->arena, kps_ynode_text(port));
    if (parsed.error.n) {
        (void)kps_units_refuse(units, port->span, "%.*s", SV_ARG(parsed.error));
        return;
    }
    if (t.n_direct > 1) {
        (void)kps_units_refuse(units, port->span,
                               "k3d refuses a direct port of more than one node");
    } else if (t.n_direct == 1 && !t.is_refused) {
        kps_units_add_claim(units, owner_of(c, t.direct), &parsed, port->span, KPS_CERTAIN, 0);
    }
    if (t.n_proxied && !c->has_balancer) {
        (void)kps_units_refuse(units, port->span,
                               "the port needs the load balancer, which is disabled; name a node "
                               "like server:0:direct");
    } else if (t.n_proxied) {
        kps_units_add_claim(units, owner_of(c, 0), &parsed, port->span, KPS_CERTAIN, 0);
    }
}

/* Add a port that stands alone: of the API server, or of a registry. `ip` may be NULL. */
static void add_single(struct cluster *c, kps_owner_id owner, const struct kps_ynode *host_port,
                       const struct kps_ynode *ip, uint16_t target)
{
    struct kps_units *units = c->units;
    struct kps_publish port = {.addr = {.kind = KPS_ADDR_ANY4},
                               .protocol = KPS_TCP,
                               .target_first = target,
                               .target_last = target};
    struct kps_sv text = kps_ynode_text(host_port);
    if (text.n == 0 || kps_sv_is(text, "random") || has_variable(units, host_port)) {
        return;
    }
    int64_t number = kps_sv_number(text, UINT16_MAX);
    if (number < 0) {
        (void)kps_units_refuse(units, host_port->span,
                               "hostPort must be a port from 1 to 65535, found '%.*s'",
                               SV_ARG(text));
        return;
    }
    (void)kps_units_read_address(units, ip, &port.addr);
    port.first = port.last = (uint16_t)number;
    if (number) {
        kps_units_add_claim(units, owner, &port, host_port->span, KPS_CERTAIN, 0);
    }
}

static void add_registry(struct cluster *c, const struct kps_ynode *create)
{
    const struct kps_ynode *host_port = kps_ynode_field(create, "hostPort");
    const struct kps_ynode *name = kps_ynode_field(create, "name");
    struct kps_sv text = kps_ynode_text(name).n
                             ? kps_ynode_text(name)
                             : kps_fmt(c->units->arena, "k3d-%.*s-registry", SV_ARG(c->name));
    if (host_port) {
        kps_owner_id owner = kps_units_add_owner(c->units, KPS_OWNER_K3D_NODE, text, c->name,
                                                 (struct kps_sv){"", 0});
        add_single(c, owner, host_port, kps_ynode_field(create, "host"), 5000);
    }
}

static bool is_disabled(const struct kps_ynode *root)
{
    const struct kps_ynode *k3d = kps_ynode_field(kps_ynode_field(root, "options"), "k3d");
    const struct kps_ynode *value = kps_ynode_field(k3d, "disableLoadbalancer");
    return kps_sv_is_one_of_nocase(kps_ynode_text(value), "true");
}

void kps_units_read_k3d(struct kps_units *units, const struct kps_ynode *root)
{
    const struct kps_ynode *kind = kps_ynode_field(root, "kind");
    const struct kps_ynode *name = kps_ynode_field(kps_ynode_field(root, "metadata"), "name");
    const struct kps_ynode *ports = kps_ynode_field(root, "ports");
    const struct kps_ynode *api = kps_ynode_field(root, "kubeAPI");
    if (!kind || !kps_sv_is(kps_ynode_text(kind), "Simple")) {
        return;
    }
    if (!name) {
        name = kps_ynode_field(root, "name"); /* up to v1alpha3 */
    }
    if (!api) {
        api = kps_ynode_field(root, "exposeAPI"); /* v1alpha2 */
    }
    struct cluster c = {.units = units, .name = SV("k3s-default")};
    if (kps_ynode_text(name).n) {
        c.name = kps_ynode_text(name);
    }
    c.n_servers = read_count(units, root, "servers", 1);
    c.n_agents = read_count(units, root, "agents", 0);
    c.has_balancer = !is_disabled(root);
    if (ports && ports->kind != KPS_Y_SEQ && kps_ynode_type(ports) != KPS_T_NULL) {
        (void)kps_units_refuse(units, ports->span, "ports must be a list, found %s",
                               kps_ynode_type_name(kps_ynode_type(ports)));
        ports = NULL;
    }
    for (uint32_t i = 0; i < kps_ynode_count(ports, KPS_Y_SEQ); i++) {
        add_port(&c, kps_ynode_item(ports, i));
    }
    if (api && kps_ynode_field(api, "hostPort")) {
        add_single(&c, owner_of(&c, c.has_balancer || c.n_servers == 0 ? 0 : 1),
                   kps_ynode_field(api, "hostPort"), kps_ynode_field(api, "hostIP"), 6443);
    }
    add_registry(&c, kps_ynode_field(kps_ynode_field(root, "registries"), "create"));
    kps_vec_free(&c.nodes);
}
