#include "core/pool.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Up to this many pickers every pair is looked at, so that the work is this number times the
       claims. */
    CROWD = 64,
    /* Fixed ranges that reach over several clusters are kept for the next one only up to here; more
     * of them on the same ports are a conflict of their own in any case. */
    MOST_CARRIED = 64,
};

struct kps_pool_room {
    struct kps_pool_member *pickers, *fixed;
    struct kps_pool_member *near; /* the fixed ones at the cluster at hand */
    uint32_t
        *least_basis; /* by tenant: number of the world * 4 + least basis of its claims there */
    uint32_t world;
};

uint32_t kps_pool_cover(uint32_t *covered, uint16_t first, uint16_t last, uint16_t limit)
{
    uint32_t from = first > *covered ? first : *covered + 1;
    uint32_t to = last < limit ? last : limit;
    if (to < from) {
        return 0;
    }
    *covered = to;
    return to - from + 1;
}

static void make_room(struct kps_detection *d)
{
    struct kps_pool_room *room = KPS_NEW(d->scratch, struct kps_pool_room);
    room->pickers = KPS_NEW_N(d->scratch, struct kps_pool_member, d->n_most);
    room->fixed = KPS_NEW_N(d->scratch, struct kps_pool_member, d->n_most);
    room->near = KPS_NEW_N(d->scratch, struct kps_pool_member, d->n_most);
    room->least_basis = KPS_NEW_N(d->scratch, uint32_t, (size_t)d->ledger->owners.n + 1);
    d->pool_room = room;
}

static void note_basis(struct kps_pool_room *room, uint32_t tenant, uint32_t basis)
{
    uint32_t *least = &room->least_basis[tenant];
    uint32_t value = room->world * 4 + basis;
    if (*least / 4 != room->world || value < *least) {
        *least = value;
    }
}

/*
 * What a tenant wishes and what it already holds are the same ports seen twice; only the claims of
 * its least basis take part, else a project that is up would need twice the room.
 */
static bool counts(const struct kps_pool_room *room, const struct kps_interval *c,
                   const struct kps_claim *claim)
{
    return (claim->flags & KPS_CLAIM_DERIVED) ||
           room->least_basis[c->party] == room->world * 4 + claim->basis;
}

static void keep(struct kps_pool_member *list, uint32_t *n, const struct kps_interval *c,
                 const struct kps_claim *claim)
{
    uint64_t need = (uint64_t)claim->take * claim->copies;
    uint32_t width = kps_claim_width(claim);
    list[(*n)++] = (struct kps_pool_member){.c = *c,
                                            .owner = claim->owner,
                                            .need = need < width ? (uint32_t)need : width,
                                            .is_derived = claim->flags & KPS_CLAIM_DERIVED};
}

static bool is_left_out(const struct kps_claim *picker)
{
    return picker->basis == KPS_BOUND || (picker->flags & KPS_CLAIM_DERIVED);
}

static bool reaches_further(const struct kps_pool_member *a, const struct kps_pool_member *b)
{
    return a->c.last != b->c.last ? a->c.last > b->c.last : a->c.claim < b->c.claim;
}

static int by_reach(const void *left, const void *right)
{
    return reaches_further(left, right) ? -1 : 1;
}

static int by_first(const void *left, const void *right)
{
    const struct kps_pool_member *a = left;
    const struct kps_pool_member *b = right;
    if (a->c.first != b->c.first) {
        return a->c.first < b->c.first ? -1 : 1;
    }
    return a->c.claim < b->c.claim ? -1 : 1;
}

/* Drops the fixed claims that end before the cluster. Return: how many are left. */
static uint32_t carry_over(struct kps_pool_member *near, uint32_t n, uint16_t first)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (near[i].c.last >= first) {
            near[kept++] = near[i];
        }
    }
    if (kept > MOST_CARRIED) {
        qsort(near, kept, sizeof(near[0]), by_reach);
        kept = MOST_CARRIED;
        qsort(near, kept, sizeof(near[0]), by_first);
    }
    return kept;
}

static void judge_clusters(struct kps_pool_cluster all, struct kps_pool_member *near)
{
    struct kps_pool_cluster cluster = {.d = all.d, .scope = all.scope, .fixed = near};
    uint32_t next_fixed = 0;
    for (uint32_t from = 0, to = 0; from < all.n_pickers; from = to) {
        uint16_t last = all.pickers[from].c.last;
        for (to = from + 1; to < all.n_pickers && all.pickers[to].c.first <= last; to++) {
            last = all.pickers[to].c.last > last ? all.pickers[to].c.last : last;
        }
        cluster.pickers = &all.pickers[from];
        cluster.n_pickers = to - from;
        cluster.n_fixed = carry_over(near, cluster.n_fixed, all.pickers[from].c.first);
        for (; next_fixed < all.n_fixed && all.fixed[next_fixed].c.first <= last; next_fixed++) {
            if (all.fixed[next_fixed].c.last >= all.pickers[from].c.first) {
                near[cluster.n_fixed++] = all.fixed[next_fixed];
            }
        }
        kps_pool_certain(&cluster);
        if (cluster.n_pickers > CROWD) {
            kps_pool_crowd(&cluster);
        } else {
            kps_pool_possible(&cluster);
        }
    }
}

void kps_pool(struct kps_detection *d, const struct kps_interval *pickers, uint32_t n_pickers,
              const struct kps_interval *fixed, uint32_t n_fixed, struct kps_conflict scope)
{
    if (n_pickers == 0) {
        return;
    }
    if (!d->pool_room) {
        make_room(d);
    }
    struct kps_pool_room *room = d->pool_room;
    room->world++;
    for (uint32_t i = 0; i < n_pickers + n_fixed; i++) {
        const struct kps_interval *c = i < n_pickers ? &pickers[i] : &fixed[i - n_pickers];
        const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, c->claim);
        if (!(claim->flags & KPS_CLAIM_DERIVED) && (i >= n_pickers || claim->basis != KPS_BOUND)) {
            note_basis(room, c->party, claim->basis);
        }
    }
    struct kps_pool_cluster all = {
        .d = d, .scope = scope, .pickers = room->pickers, .fixed = room->fixed};
    for (uint32_t i = 0; i < n_pickers; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, pickers[i].claim);
        if (!is_left_out(claim) && counts(room, &pickers[i], claim)) {
            keep(all.pickers, &all.n_pickers, &pickers[i], claim);
        }
    }
    for (uint32_t i = 0; i < n_fixed; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, fixed[i].claim);
        if (counts(room, &fixed[i], claim)) {
            keep(all.fixed, &all.n_fixed, &fixed[i], claim);
        }
    }
    judge_clusters(all, room->near);
}
