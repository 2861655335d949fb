#include "config/read.h"
#include "yaml/reader.h"

/* "9100", "9100/udp", "8000-8010/tcp" */
static bool parse_ports(struct kps_sv text, struct kps_config_port *ret)
{
    size_t slash = kps_sv_find(text, '/');
    enum kps_protocol protocol = KPS_TCP;
    if (slash < text.n && !kps_protocol_parse(kps_sv_from(text, slash + 1), &protocol)) {
        return false;
    }
    struct kps_sv range = kps_sv_slice(text, 0, slash);
    size_t dash = kps_sv_find(range, '-');
    unsigned long long first = 0;
    unsigned long long last = 0;
    if (!kps_sv_u64(kps_sv_slice(range, 0, dash), UINT16_MAX, &first)) {
        return false;
    }
    last = first;
    if (dash < range.n && !kps_sv_u64(kps_sv_from(range, dash + 1), UINT16_MAX, &last)) {
        return false;
    }
    if (first == 0 || last < first) {
        return false;
    }
    ret->first = (uint16_t)first;
    ret->last = (uint16_t)last;
    ret->protocol = (uint8_t)protocol;
    return true;
}

static bool read_port(struct kps_config_reading *r, const struct kps_ynode *node,
                      struct kps_sv what, struct kps_config_port *ret)
{
    struct kps_config_value value;
    if (!kps_config_scalar(r, node, what, &value)) {
        return false;
    }
    return parse_ports(value.text, ret) ||
           kps_config_fail(r, value.at, "'%.*s' is no port, as 9100, 9100/udp or 9100-9110",
                           SV_ARG(value.text));
}

/* The items of a list; one that stands alone is a list of one. */
static const struct kps_yedge *items_of(const struct kps_yedge *edge, uint32_t *ret_n)
{
    const struct kps_ynode *node = kps_ynode_resolve(edge->val);
    *ret_n = node->kind == KPS_Y_SEQ ? node->n : 1;
    return node->kind == KPS_Y_SEQ ? node->edges : edge;
}

/* {port: 9100/tcp, used-by: node-exporter} */
static bool read_reserved_map(struct kps_config_reading *r, const struct kps_ynode *map,
                              struct kps_config_port *ret)
{
    static const struct kps_sv names[] = {SV_LIT("port"), SV_LIT("used-by")};
    bool has_port = false;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_ynode *key = map->edges[i].key;
        struct kps_config_value who;
        if (kps_sv_eq(kps_ynode_text(key), names[0])) {
            has_port = true;
            if (!read_port(r, map->edges[i].val, names[0], ret)) {
                return false;
            }
        } else if (!kps_sv_eq(kps_ynode_text(key), names[1])) {
            kps_config_warn_key(r, key, names, KPS_COUNT(names));
        } else if (kps_config_scalar(r, map->edges[i].val, names[1], &who)) {
            ret->who = who.text;
        }
    }
    return has_port || kps_config_fail(r, map->span, "this entry has no 'port'");
}

void kps_config_read_reserved(struct kps_config_reading *r, const struct kps_ynode *node)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(&(struct kps_yedge){NULL, node, 0}, &n_items);
    struct kps_config_port *ports =
        KPS_NEW_N(r->diag->arena, struct kps_config_port, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        const struct kps_ynode *item = kps_ynode_resolve(items[i].val);
        bool is_good = item->kind == KPS_Y_MAP
                           ? read_reserved_map(r, item, &ports[n])
                           : read_port(r, items[i].val, SV("node-reserved-ports"), &ports[n]);
        n += is_good;
    }
    r->config->reserved = ports;
    r->config->n_reserved = n;
}

static void read_sidecar_ports(struct kps_config_reading *r, const struct kps_yedge *edge,
                               struct kps_config_sidecar *ret)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(edge, &n_items);
    struct kps_config_port *ports =
        KPS_NEW_N(r->diag->arena, struct kps_config_port, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        n += read_port(r, items[i].val, SV("ports"), &ports[n]);
    }
    ret->ports = ports;
    ret->n_ports = n;
}

/* `when: {key: value}`, or `when: key` for whatever value. */
static void read_when(struct kps_config_reading *r, const struct kps_ynode *node,
                      struct kps_config_sidecar *ret)
{
    const struct kps_ynode *map = kps_ynode_resolve(node);
    struct kps_config_value value;
    if (map->kind != KPS_Y_MAP) {
        if (kps_config_scalar(r, node, SV("when"), &value)) {
            ret->key = value.text;
        }
        return;
    }
    if (map->n != 1) {
        (void)kps_config_fail(r, map->span, "'when' wants one label or annotation");
        return;
    }
    if (kps_config_scalar(r, map->edges[0].val, SV("when"), &value)) {
        ret->key = kps_sv_copy(r->diag->arena, kps_ynode_text(map->edges[0].key));
        ret->value = value.text;
    }
}

static bool read_sidecar(struct kps_config_reading *r, const struct kps_ynode *node,
                         struct kps_config_sidecar *ret)
{
    static const struct kps_sv names[] = {SV_LIT("name"), SV_LIT("ports"), SV_LIT("when")};
    const struct kps_ynode *map = kps_ynode_resolve(node);
    if (map->kind != KPS_Y_MAP) {
        return kps_config_fail(r, node->span, "a sidecar is a mapping with 'name' and 'ports'");
    }
    bool has_ports = false;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_yedge *edge = &map->edges[i];
        struct kps_sv key = kps_ynode_text(edge->key);
        struct kps_config_value value;
        if (kps_sv_eq(key, names[0])) {
            ret->name = kps_config_scalar(r, edge->val, names[0], &value) ? value.text : SV("?");
        } else if (kps_sv_eq(key, names[1])) {
            has_ports = true;
            read_sidecar_ports(r, edge, ret);
        } else if (kps_sv_eq(key, names[2])) {
            read_when(r, edge->val, ret);
        } else {
            kps_config_warn_key(r, edge->key, names, KPS_COUNT(names));
        }
    }
    if (ret->name.n == 0 || !has_ports) {
        return kps_config_fail(r, map->span, "this sidecar has no '%s'",
                               ret->name.n == 0 ? "name" : "ports");
    }
    return true;
}

void kps_config_read_sidecars(struct kps_config_reading *r, const struct kps_ynode *node)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(&(struct kps_yedge){NULL, node, 0}, &n_items);
    if (n_items > KPS_CONFIG_MOST_SIDECARS) {
        (void)kps_config_fail(r, node->span, "more than %d sidecars", KPS_CONFIG_MOST_SIDECARS);
        return;
    }
    struct kps_config_sidecar *sidecars =
        KPS_NEW_N(r->diag->arena, struct kps_config_sidecar, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        n += read_sidecar(r, items[i].val, &sidecars[n]);
    }
    r->config->sidecars = sidecars;
    r->config->n_sidecars = n;
}
