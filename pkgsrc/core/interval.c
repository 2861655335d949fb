#include "core/interval.h"
#include "base/order.h"

#include <stdlib.h>

/*
 * Intervals are marked without looking at pairs: they are entered in the order of their first port,
 * and each address slot remembers the furthest last port, for two different parties: for any party,
 * at least one of the two is another party. No entry is ever taken out, because a last port in the
 * past does not meet.
 */
struct reach {
    uint32_t party[2];
    uint16_t last[2]; /* last[0] >= last[1]; 0: none */
};

struct slot {
    uint32_t epoch; /* content of an older epoch does not count */
    struct reach side[2];
};

struct kps_presence {
    struct slot *slots;
    uint32_t epoch;
    uint64_t *keys; /* these two: made when first needed */
    uint32_t *by_last;
};

/*
 * For the groups: a slot knows an interval of its group; all intervals of the slot that have not
 * ended are in this group.
 */
struct join_slot {
    uint32_t epoch;
    uint32_t some;
    uint16_t last;
    bool loose; /* a single address that no wildcard has joined since its last entry */
};

struct loose_list {
    uint32_t *slots;
    uint32_t n;
};

struct kps_grouping {
    struct join_slot *slots;
    uint32_t epoch;
    struct loose_list loose[2]; /* IPv4, IPv6 */
    uint32_t *parent, *number;
};

void kps_detection_start(struct kps_detection *d)
{
    d->presence = KPS_NEW(d->scratch, struct kps_presence);
    d->presence->slots = KPS_NEW_N(d->scratch, struct slot, d->n_slots);
}

static struct kps_grouping *make_grouping(const struct kps_detection *d)
{
    struct kps_grouping *g = KPS_NEW(d->scratch, struct kps_grouping);
    g->slots = KPS_NEW_N(d->scratch, struct join_slot, d->n_slots);
    g->loose[0].slots = KPS_NEW_N(d->scratch, uint32_t, d->n_slots);
    g->loose[1].slots = KPS_NEW_N(d->scratch, uint32_t, d->n_slots);
    g->parent = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    g->number = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    return g;
}

bool kps_interval_share_address(const struct kps_interval *a, const struct kps_interval *b)
{
    static const uint8_t families[] = {[KPS_ADDR_EVERY] = 3,
                                       [KPS_ADDR_ANY4] = 1,
                                       [KPS_ADDR_ONE4] = 1,
                                       [KPS_ADDR_ANY6] = 2,
                                       [KPS_ADDR_ONE6] = 2};
    if (kps_interval_is_single(a) && kps_interval_is_single(b)) {
        return a->slot == b->slot;
    }
    return (families[a->addr_kind] & families[b->addr_kind]) != 0;
}

/* List the slots that can hold an interval on an address of `c`. Return: how many, at most 5. */
static uint32_t list_facing(const struct kps_interval *c, uint32_t ret[5])
{
    uint32_t n = 0;
    ret[n++] = KPS_SLOT_EVERY;
    switch ((enum kps_addr_kind)c->addr_kind) {
    case KPS_ADDR_EVERY:
        ret[n++] = KPS_SLOT_ANY4;
        ret[n++] = KPS_SLOT_ANY6;
        ret[n++] = KPS_SLOT_SOME4;
        ret[n++] = KPS_SLOT_SOME6;
        break;
    case KPS_ADDR_ANY4:
        ret[n++] = KPS_SLOT_ANY4;
        ret[n++] = KPS_SLOT_SOME4;
        break;
    case KPS_ADDR_ANY6:
        ret[n++] = KPS_SLOT_ANY6;
        ret[n++] = KPS_SLOT_SOME6;
        break;
    case KPS_ADDR_ONE4:
        ret[n++] = KPS_SLOT_ANY4;
        ret[n++] = c->slot;
        break;
    case KPS_ADDR_ONE6:
        ret[n++] = KPS_SLOT_ANY6;
        ret[n++] = c->slot;
        break;
    }
    return n;
}

static void extend_reach(struct kps_presence *presence, uint32_t slot_id,
                         const struct kps_interval *c)
{
    struct slot *slot = &presence->slots[slot_id];
    if (slot->epoch != presence->epoch) {
        *slot = (struct slot){.epoch = presence->epoch};
    }
    struct reach *reach = &slot->side[c->side];
    if (reach->party[0] == c->party) {
        reach->last[0] = c->last > reach->last[0] ? c->last : reach->last[0];
    } else if (c->last > reach->last[0]) {
        reach->party[1] = reach->party[0];
        reach->last[1] = reach->last[0];
        reach->party[0] = c->party;
        reach->last[0] = c->last;
    } else if (c->last > reach->last[1]) {
        reach->party[1] = c->party;
        reach->last[1] = c->last;
    }
}

static void enter_interval(struct kps_presence *presence, const struct kps_interval *c)
{
    extend_reach(presence, c->slot, c);
    if (c->addr_kind == KPS_ADDR_ONE4) {
        extend_reach(presence, KPS_SLOT_SOME4, c);
    } else if (c->addr_kind == KPS_ADDR_ONE6) {
        extend_reach(presence, KPS_SLOT_SOME6, c);
    }
}

/* Return: the furthest last port of all entered intervals that `c` can meet; 0 for none. */
static uint16_t find_furthest(const struct kps_presence *presence, const struct kps_interval *c)
{
    uint32_t facing[5];
    uint32_t n = list_facing(c, facing);
    uint16_t far = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct slot *slot = &presence->slots[facing[i]];
        if (slot->epoch != presence->epoch) {
            continue;
        }
        for (uint32_t side = 0; side < 2; side++) {
            const struct reach *reach = &slot->side[side];
            uint16_t last = reach->last[reach->party[0] == c->party];
            if ((c->meets & (1U << side)) && last > far) {
                far = last;
            }
        }
    }
    return far;
}

const uint32_t *kps_interval_sort_by_last(struct kps_detection *d, const struct kps_interval *v,
                                          uint32_t n)
{
    if (!d->presence->keys) {
        d->presence->keys = KPS_NEW_N(d->scratch, uint64_t, d->n_most);
        d->presence->by_last = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    }
    uint64_t *keys = d->presence->keys;
    bool sorted = true;
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = (uint64_t)v[i].last << 32 | i;
        sorted = sorted && (i == 0 || keys[i - 1] < keys[i]);
    }
    if (!sorted) {
        qsort(keys, n, sizeof(keys[0]), kps_order_u64);
    }
    for (uint32_t i = 0; i < n; i++) {
        d->presence->by_last[i] = (uint32_t)keys[i];
    }
    return d->presence->by_last;
}

/*
 * Return: do all intervals have the same range? Inside a segment of the sweep, the most frequent
 * case, marks on the first port hold on the last.
 */
static bool has_one_range(const struct kps_interval *v, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        if (v[i].first != v[0].first || v[i].last != v[0].last) {
            return false;
        }
    }
    return true;
}

void kps_interval_mark(struct kps_detection *d, struct kps_interval *v, uint32_t n)
{
    struct kps_presence *presence = d->presence;
    const uint8_t at_first = has_one_range(v, n)
                                 ? KPS_MARK_MET | KPS_MARK_AT_FIRST | KPS_MARK_AT_LAST
                                 : KPS_MARK_MET | KPS_MARK_AT_FIRST;
    presence->epoch++;
    bool any_met = false;
    uint16_t furthest = 0; /* of those before v[i], whatever their address */
    for (uint32_t i = 0, entered = 0; i < n; i++) {
        bool is_alone = v[i].first > furthest && (i + 1 == n || v[i].last < v[i + 1].first);
        furthest = v[i].last > furthest ? v[i].last : furthest;
        v[i].marks = 0;
        if (is_alone) { /* it can meet nobody: most ports of a sound project */
            entered = i + 1;
            continue;
        }
        for (; entered < n && v[entered].first <= v[i].first; entered++) {
            enter_interval(presence, &v[entered]);
        }
        v[i].marks = find_furthest(presence, &v[i]) >= v[i].first ? at_first : 0;
        any_met |= v[i].marks;
    }
    if (!any_met || (at_first & KPS_MARK_AT_LAST)) {
        return;
    }
    const uint32_t *by_last = kps_interval_sort_by_last(d, v, n);
    presence->epoch++;
    for (uint32_t i = 0, entered = 0; i < n; i++) {
        struct kps_interval *c = &v[by_last[i]];
        for (; entered < n && v[entered].first <= c->last; entered++) {
            enter_interval(presence, &v[entered]);
        }
        uint16_t far = find_furthest(presence, c);
        if (far >= c->first) {
            c->marks |= far >= c->last ? KPS_MARK_MET | KPS_MARK_AT_LAST : KPS_MARK_MET;
        }
    }
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static bool is_active(const struct kps_grouping *g, uint32_t slot, uint16_t port)
{
    return g->slots[slot].epoch == g->epoch && g->slots[slot].last >= port;
}

static void join_groups(struct kps_grouping *g, uint32_t slot, uint32_t i, uint16_t port)
{
    if (is_active(g, slot, port)) {
        g->parent[root_of(g->parent, g->slots[slot].some)] = root_of(g->parent, i);
    }
}

static void represent_slot(struct kps_grouping *g, uint32_t slot, uint32_t i, uint16_t port,
                           uint16_t last)
{
    if (is_active(g, slot, port) && g->slots[slot].last > last) {
        last = g->slots[slot].last;
    }
    bool loose = g->slots[slot].epoch == g->epoch && g->slots[slot].loose;
    g->slots[slot] = (struct join_slot){g->epoch, i, last, loose};
}

/*
 * Join a wildcard with every single address of a family. Joined addresses stay in the group as long
 * as they last, so only addresses with a later entry are visited; SOME4 and SOME6 stand for the
 * rest.
 */
static void join_singles(struct kps_grouping *g, uint32_t family, uint32_t i, uint16_t port)
{
    uint32_t some = family == 0 ? KPS_SLOT_SOME4 : KPS_SLOT_SOME6;
    join_groups(g, some, i, port);
    for (uint32_t k = 0; k < g->loose[family].n; k++) {
        uint32_t slot = g->loose[family].slots[k];
        g->slots[slot].loose = false;
        if (is_active(g, slot, port)) {
            join_groups(g, slot, i, port);
            represent_slot(g, some, i, port, g->slots[slot].last);
        }
    }
    g->loose[family].n = 0;
}

static void add_to_groups(struct kps_grouping *g, const struct kps_interval *c, uint32_t i)
{
    uint32_t facing[5];
    uint32_t n = list_facing(c, facing);
    for (uint32_t k = 0; k < n; k++) {
        join_groups(g, facing[k], i, c->first);
    }
    if (c->addr_kind == KPS_ADDR_EVERY || c->addr_kind == KPS_ADDR_ANY4) {
        join_singles(g, 0, i, c->first);
    }
    if (c->addr_kind == KPS_ADDR_EVERY || c->addr_kind == KPS_ADDR_ANY6) {
        join_singles(g, 1, i, c->first);
    }
    represent_slot(g, c->slot, i, c->first, c->last);
    if (kps_interval_is_single(c) && !g->slots[c->slot].loose) {
        struct loose_list *list = &g->loose[c->addr_kind == KPS_ADDR_ONE6];
        g->slots[c->slot].loose = true;
        list->slots[list->n++] = c->slot;
    }
}

const uint32_t *kps_interval_group(struct kps_detection *d, const struct kps_interval *v,
                                   uint32_t n, uint32_t *ret_groups)
{
    d->grouping = d->grouping ? d->grouping : make_grouping(d);
    struct kps_grouping *g = d->grouping;
    g->epoch++;
    g->loose[0].n = 0;
    g->loose[1].n = 0;
    for (uint32_t i = 0; i < n; i++) {
        g->parent[i] = i;
        add_to_groups(g, &v[i], i);
    }
    uint32_t groups = 0;
    for (uint32_t i = 0; i < n; i++) {
        g->number[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t root = root_of(g->parent, i);
        if (g->number[root] == UINT32_MAX) {
            g->number[root] = groups++;
        }
        /* a root's own number is final, so may be copied before or after */
        g->number[i] = g->number[root];
    }
    *ret_groups = groups;
    return g->number;
}
