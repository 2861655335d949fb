#ifndef KPS_CORE_POOL_H
#define KPS_CORE_POOL_H

#include "core/assign.h"
#include "core/interval.h"

enum {
    /* Claims looked at for one address, or for one range among many, in one detection: each such
     * question looks at its whole cluster. When it is used up, single addresses get no CERTAIN
     * answer any more, and ranges whose needs add up to too much are POSSIBLE unasked. It takes
     * hundreds of either in one heap of many ranges to get there. */
    KPS_POOL_MOST_LOOKED_AT = 500 * 1000,
};

/* Inside the detection of pools: one claim that picks from a range or is fixed in one. */
struct kps_pool_member {
    struct kps_interval c;
    kps_owner_id owner;
    uint32_t need;   /* how many ports of first..last: take * copies, at most all */
    bool is_derived; /* fixed only */
    bool is_short;   /* picker only: named in a CERTAIN conflict, so nothing more is said about its
                        range */
};

/*
 * Pickers whose ranges hang together, and the fixed claims that reach into them. Both sorted by
 * `first`. The ranges of two clusters have no port in common.
 */
struct kps_pool_cluster {
    struct kps_detection *d;
    struct kps_conflict scope;
    struct kps_pool_member *pickers, *fixed;
    uint32_t n_pickers, n_fixed;
};

static inline bool kps_pool_overlap(const struct kps_pool_member *a,
                                    const struct kps_pool_member *b)
{
    return a->c.first <= b->c.last && b->c.first <= a->c.last &&
           kps_interval_share_address(&a->c, &b->c);
}

/*
 * Counts ports once that several intervals cover: add them in the order of their first port; start
 * with the lowest port that counts, minus 1, as `*covered`. Return: how many ports up to `limit`
 * are new.
 */
uint32_t kps_pool_cover(uint32_t *covered, uint16_t first, uint16_t last, uint16_t limit);

/* pool_certain.c: reports where no assignment exists; sets is_short. Derived claims do not count.
 */
void kps_pool_certain(struct kps_pool_cluster *cluster);

/* pool_possible.c: reports where the engine's choice can leave a claim without, pair by pair. */
void kps_pool_possible(struct kps_pool_cluster *cluster);

/*
 * How many ports of the range of `own` the others of its cluster can occupy together at most, but
 * for those that are `left_out` (by member, pickers first; NULL: nobody). Others of the tenant
 * count only when they are of the same owner.
 */
uint32_t kps_pool_most_occupied(struct kps_assignment *room, const struct kps_pool_cluster *cluster,
                                const struct kps_pool_member *own, const bool *left_out);

/* pool_crowd.c: kps_pool_possible for any number of pickers, coarser: the order of starts does not
 * count. */
void kps_pool_crowd(struct kps_pool_cluster *cluster);

#endif
