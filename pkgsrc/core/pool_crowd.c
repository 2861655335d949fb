#include <stdlib.h>

#include "core/pool.h"

/*
 * pool_possible.c for very many ranges that hang together. Three questions, each answered for all
 * in one pass: does the range of another tenant reach over a fixed port; do ranges on a single
 * address and on a wildcard meet; do the claims whose ranges overlap one range need more ports than
 * it has. Those for whom one is true form groups. What is known of the order of starts is not used,
 * so more is called possible than pair by pair.
 */
struct stake {
    uint16_t first, last; /* what a member adds to the contended ports; first above last: nothing */
    bool any;
};

struct crowd {
    struct kps_pool_cluster *cluster;
    struct kps_interval *asked; /* the contenders of the question at hand, sorted by first */
    uint32_t *asked_of;         /* which member each is: pickers first, then the fixed ones */
    uint32_t n_asked;
    uint64_t *needs;      /* by slot: what entered pickers need */
    struct stake *stakes; /* by member */
    struct kps_assignment room;
};

static const struct kps_pool_member *member_at(const struct crowd *crowd, uint32_t i)
{
    uint32_t pickers = crowd->cluster->n_pickers;
    return i < pickers ? &crowd->cluster->pickers[i] : &crowd->cluster->fixed[i - pickers];
}

static void ask(struct crowd *crowd, uint32_t i, uint32_t side, uint32_t meets)
{
    struct kps_interval *c = &crowd->asked[crowd->n_asked];
    *c = member_at(crowd, i)->c;
    c->side = (uint8_t)side;
    c->meets = (uint8_t)meets;
    crowd->asked_of[crowd->n_asked++] = i;
}

static void stake_met(struct crowd *crowd)
{
    kps_interval_mark(crowd->cluster->d, crowd->asked, crowd->n_asked);
    for (uint32_t i = 0; i < crowd->n_asked; i++) {
        const struct kps_interval *c = &crowd->asked[i];
        struct stake *stake = &crowd->stakes[crowd->asked_of[i]];
        if (!(c->marks & KPS_MARK_MET)) {
            continue;
        }
        if (!stake->any) {
            *stake = (struct stake){.first = UINT16_MAX, .any = true};
        }
        if (c->marks & KPS_MARK_AT_FIRST) {
            stake->first = c->first;
        }
        if (c->marks & KPS_MARK_AT_LAST) {
            stake->last = c->last;
        }
    }
}

/* Asks the pickers that are not short and, of the fixed claims, the derived or the others; in the
 * order of ports. */
static void ask_fixed(struct crowd *crowd, bool derived)
{
    const struct kps_pool_cluster *cluster = crowd->cluster;
    crowd->n_asked = 0;
    for (uint32_t p = 0, f = 0; p < cluster->n_pickers || f < cluster->n_fixed;) {
        if (f == cluster->n_fixed ||
            (p < cluster->n_pickers && cluster->pickers[p].c.first <= cluster->fixed[f].c.first)) {
            if (!cluster->pickers[p].is_short) {
                ask(crowd, p, 0, KPS_SIDE_1);
            }
            p++;
        } else {
            if (cluster->fixed[f].is_derived == derived) {
                ask(crowd, cluster->n_pickers + f, 1, KPS_SIDE_0);
            }
            f++;
        }
    }
    stake_met(crowd);
}

static void ask_mixed_addresses(struct crowd *crowd)
{
    crowd->n_asked = 0;
    for (uint32_t i = 0; i < crowd->cluster->n_pickers; i++) {
        bool single = kps_interval_is_single(&crowd->cluster->pickers[i].c);
        if (!crowd->cluster->pickers[i].is_short) {
            ask(crowd, i, single, single ? KPS_SIDE_0 : KPS_SIDE_1);
        }
    }
    stake_met(crowd);
}

static void enter_need(struct crowd *crowd, const struct kps_pool_member *picker)
{
    crowd->needs[picker->c.slot] += picker->need;
    if (picker->c.addr_kind == KPS_ADDR_ONE4) {
        crowd->needs[KPS_SLOT_SOME4] += picker->need;
    } else if (picker->c.addr_kind == KPS_ADDR_ONE6) {
        crowd->needs[KPS_SLOT_SOME6] += picker->need;
    }
}

static uint64_t needs_facing(const struct crowd *crowd, const struct kps_interval *c)
{
    uint32_t slots[5];
    uint32_t n = kps_interval_facing(c, slots);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += crowd->needs[slots[i]];
    }
    return sum;
}

static void leave_all(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->cluster->n_pickers; i++) {
        crowd->needs[crowd->cluster->pickers[i].c.slot] = 0;
    }
    crowd->needs[KPS_SLOT_SOME4] = 0;
    crowd->needs[KPS_SLOT_SOME6] = 0;
}

/*
 * What all ranges that overlap one need together: all that begin before its end, less all that end
 * before it begins. `ret_load` gets it by picker.
 */
static void sum_loads(struct crowd *crowd, uint64_t *ret_load)
{
    const struct kps_pool_member *pickers = crowd->cluster->pickers;
    uint32_t n = crowd->cluster->n_pickers;
    crowd->n_asked = 0;
    for (uint32_t i = 0; i < n; i++) {
        ask(crowd, i, 0, 0);
    }
    const uint32_t *by_last = kps_interval_sort_by_last(crowd->cluster->d, crowd->asked, n);
    for (uint32_t i = 0, entered = 0; i < n; i++) {
        const struct kps_interval *c = &pickers[by_last[i]].c;
        for (; entered < n && pickers[entered].c.first <= c->last; entered++) {
            enter_need(crowd, &pickers[entered]);
        }
        ret_load[by_last[i]] = needs_facing(crowd, c);
    }
    leave_all(crowd);
    for (uint32_t i = 0, entered = 0; i < n; i++) {
        for (; entered < n && pickers[by_last[entered]].c.last < pickers[i].c.first; entered++) {
            enter_need(crowd, &pickers[by_last[entered]]);
        }
        ret_load[i] -= needs_facing(crowd, &pickers[i].c);
    }
    leave_all(crowd);
}

/*
 * A sum of needs may be more than fits into the common ports; the exact answer costs a look at the
 * whole cluster, so only so many get it. The rest stay possible.
 */
static bool is_exhausted(struct crowd *crowd, const struct kps_pool_member *picker, uint64_t load)
{
    struct kps_pool_cluster *cluster = crowd->cluster;
    uint32_t width = (uint32_t)picker->c.last - picker->c.first + 1;
    if (picker->is_short || load <= width) {
        return false;
    }
    if (cluster->d->pool_looked_at > KPS_POOL_MOST_LOOKED_AT) {
        return true;
    }
    cluster->d->pool_looked_at += cluster->n_pickers + cluster->n_fixed;
    return kps_pool_most_occupied(&crowd->room, cluster, picker, NULL) > width - picker->need;
}

static void ask_exhausted(struct crowd *crowd)
{
    const struct kps_pool_cluster *cluster = crowd->cluster;
    uint64_t *load = KPS_NEW_N(cluster->d->scratch, uint64_t, cluster->n_pickers);
    sum_loads(crowd, load);
    crowd->n_asked = 0;
    for (uint32_t i = 0; i < cluster->n_pickers; i++) {
        bool exhausted = is_exhausted(crowd, &cluster->pickers[i], load[i]);
        ask(crowd, i, !exhausted, exhausted ? KPS_SIDE_ANY : KPS_SIDE_0);
        crowd->asked[i].party = i + 1;
    }
    stake_met(crowd);
}

/* All that is at stake, sorted by first port. */
static void gather_stakes(struct crowd *crowd)
{
    const struct kps_pool_cluster *cluster = crowd->cluster;
    crowd->n_asked = 0;
    for (uint32_t p = 0, f = 0; p < cluster->n_pickers || f < cluster->n_fixed;) {
        bool picker =
            f == cluster->n_fixed ||
            (p < cluster->n_pickers && cluster->pickers[p].c.first <= cluster->fixed[f].c.first);
        uint32_t i = picker ? p++ : cluster->n_pickers + f++;
        if (crowd->stakes[i].any) {
            ask(crowd, i, 0, 0);
        }
    }
}

struct pile {
    struct kps_conflict conflict;
    uint32_t covered, n;
};

static void add_to_pile(struct crowd *crowd, struct pile *pile, uint32_t member)
{
    struct kps_conflict *conflict = &pile->conflict;
    struct stake *stake = &crowd->stakes[member];
    const struct kps_pool_member *at = member_at(crowd, member);
    conflict->first = stake->first < conflict->first ? stake->first : conflict->first;
    conflict->last = stake->last > conflict->last ? stake->last : conflict->last;
    conflict->wanted += at->need;
    if (member < crowd->cluster->n_pickers) {
        conflict->available += kps_pool_cover(&pile->covered, at->c.first, at->c.last, UINT16_MAX);
    }
    pile->n++;
    stake->any = false;
}

static void report_stakes(struct crowd *crowd)
{
    struct kps_detection *d = crowd->cluster->d;
    gather_stakes(crowd);
    uint32_t n_groups = 0;
    const uint32_t *group_of = kps_interval_group(d, crowd->asked, crowd->n_asked, &n_groups);
    struct pile *piles = KPS_NEW_N(d->scratch, struct pile, n_groups);
    for (uint32_t g = 0; g < n_groups; g++) {
        piles[g].conflict = crowd->cluster->scope;
        piles[g].conflict.certainty = KPS_POSSIBLE;
        piles[g].conflict.first = UINT16_MAX;
    }
    for (uint32_t i = 0; i < crowd->n_asked; i++) {
        add_to_pile(crowd, &piles[group_of[i]], crowd->asked_of[i]);
    }
    /* the claims of each group, one list behind the other */
    kps_claim_id *claims = KPS_NEW_N(d->scratch, kps_claim_id, crowd->n_asked);
    uint32_t *ends = KPS_NEW_N(d->scratch, uint32_t, n_groups);
    for (uint32_t g = 1; g < n_groups; g++) {
        ends[g] = ends[g - 1] + piles[g - 1].n;
    }
    for (uint32_t i = 0; i < crowd->n_asked; i++) {
        claims[ends[group_of[i]]++] = crowd->asked[i].claim;
    }
    for (uint32_t g = 0; g < n_groups; g++) {
        if (piles[g].n > 1) {
            kps_detection_add(d, piles[g].conflict, &claims[ends[g] - piles[g].n], piles[g].n, 0);
        }
    }
}

void kps_pool_crowd(struct kps_pool_cluster *cluster)
{
    struct kps_detection *d = cluster->d;
    uint32_t n = cluster->n_pickers + cluster->n_fixed;
    struct crowd crowd = {.cluster = cluster,
                          .asked = KPS_NEW_N(d->scratch, struct kps_interval, n),
                          .asked_of = KPS_NEW_N(d->scratch, uint32_t, n),
                          .needs = d->slot_needs,
                          .stakes = KPS_NEW_N(d->scratch, struct stake, n),
                          .room = kps_assign_new(d->scratch, cluster->n_pickers, cluster->n_fixed)};
    ask_fixed(&crowd, true);
    report_stakes(&crowd);
    ask_fixed(&crowd, false);
    ask_mixed_addresses(&crowd);
    ask_exhausted(&crowd);
    report_stakes(&crowd);
}
