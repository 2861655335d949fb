#include "docker/engine_ports.h"

#include <stdlib.h>
#include <string.h>

bool kps_engine_parse_address(struct kps_sv text, struct kps_addr *ret)
{
    *ret = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    return !text.n || kps_addr_parse(text, ret);
}

bool kps_engine_parse_port(struct kps_sv text, uint16_t *ret_port, uint8_t *ret_protocol)
{
    size_t slash = kps_sv_find(text, '/');
    unsigned long long port = 0;
    enum kps_protocol protocol = KPS_TCP;
    if (!kps_sv_u64(kps_sv_slice(text, 0, slash), UINT16_MAX, &port) || port == 0 ||
        (slash < text.n && !kps_protocol_parse(kps_sv_from(text, slash + 1), &protocol))) {
        return false;
    }
    *ret_port = (uint16_t)port;
    *ret_protocol = (uint8_t)protocol;
    return true;
}

static int by_port(const void *left, const void *right)
{
    const struct kps_engine_port *a = left;
    const struct kps_engine_port *b = right;
    if (a->protocol != b->protocol) {
        return a->protocol < b->protocol ? -1 : 1;
    }
    if (a->addr.kind != b->addr.kind) {
        return a->addr.kind < b->addr.kind ? -1 : 1;
    }
    int address = memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
    if (address) {
        return address;
    }
    if (a->published != b->published) {
        return a->published < b->published ? -1 : 1;
    }
    return (a->target > b->target) - (a->target < b->target);
}

static void join_ports(struct kps_engine_container *container)
{
    struct kps_engine_port *v = container->ports.v;
    uint32_t n = container->ports.n;
    uint32_t kept = 0;
    if (n < 2) {
        return;
    }
    qsort(v, n, sizeof(*v), by_port);
    for (uint32_t i = 1; i < n; i++) {
        struct kps_engine_port *last = &v[kept];
        bool alike = last->protocol == v[i].protocol && kps_addr_eq(&last->addr, &v[i].addr);
        if (alike && v[i].published == last->published + last->width &&
            v[i].target == last->target + last->width) {
            last->width++;
        } else if (!alike || v[i].published != last->published || v[i].target != last->target) {
            v[++kept] = v[i];
        }
    }
    container->ports.n = kept + 1;
}

/*
 * 0.0.0.0 and :: with the same ports are what was published without an address: every one. The
 * entries are sorted, so that of one protocol those of 0.0.0.0 stand before those of ::, both by
 * their ports.
 */
static void join_families(struct kps_engine_container *container)
{
    struct kps_engine_port *v = container->ports.v;
    uint32_t kept = 0;
    uint32_t v4 = 0;
    for (uint32_t i = 0; i < container->ports.n; i++) {
        bool is_v6 = v[i].addr.kind == KPS_ADDR_ANY6;
        while (is_v6 && v4 < kept &&
               (v[v4].protocol < v[i].protocol ||
                (v[v4].protocol == v[i].protocol &&
                 (v[v4].addr.kind != KPS_ADDR_ANY4 || v[v4].published < v[i].published)))) {
            v4++;
        }
        if (is_v6 && v4 < kept && v[v4].protocol == v[i].protocol &&
            v[v4].published == v[i].published && v[v4].target == v[i].target &&
            v[v4].width == v[i].width) {
            v[v4].addr.kind = KPS_ADDR_EVERY;
        } else {
            v[kept++] = v[i];
        }
    }
    container->ports.n = kept;
}

void kps_engine_settle_ports(struct kps_engine_container *container)
{
    join_ports(container);
    join_families(container);
}
