#include <string.h>

#include "core/pool.h"

/*
 * How this works. The engine gives a range the next free port after the one it gave last, in start
 * order, and regards as taken only what a container holds on the same address string (spec compose
 * §5). So a picker is looked at against every other claim of its cluster: can it be given a port
 * that this one needs, or find its range used up.
 */
enum {
    /* Asking a class for the order of two owners may cost a walk over all of them. Beyond this
     * number an order counts as unknown, which can only add what is possible. */
    MOST_ORDERS = 4096,
};

struct hull {
    uint32_t first,
        last; /* the contended ports of a group, kept at its root; last 0: nothing contended */
};

struct links {
    struct kps_pool_cluster *cluster;
    uint32_t n_pickers, n;
    uint32_t *parent;
    const struct kps_pool_member **members; /* the pickers, then the fixed ones */
    struct hull *hulls;
    bool *left_out; /* of the range at hand: what starts later than its claim */
    bool *runs_out; /* by picker */
    struct kps_assignment room;
};

static uint32_t root_of(struct links *links, uint32_t i)
{
    while (links->parent[i] != i) {
        links->parent[i] = links->parent[links->parent[i]];
        i = links->parent[i];
    }
    return i;
}

/* Puts two members into one conflict over the ports they have in common. */
static void link_members(struct links *links, uint32_t i, uint32_t k)
{
    const struct kps_interval *a = &links->members[i]->c;
    const struct kps_interval *b = &links->members[k]->c;
    uint32_t first = a->first > b->first ? a->first : b->first;
    uint32_t last = a->last < b->last ? a->last : b->last;
    const uint32_t roots[] = {root_of(links, i), root_of(links, k)};
    for (uint32_t r = 0; r < 2; r++) {
        if (links->hulls[roots[r]].last) {
            first = links->hulls[roots[r]].first < first ? links->hulls[roots[r]].first : first;
            last = links->hulls[roots[r]].last > last ? links->hulls[roots[r]].last : last;
        }
    }
    links->parent[roots[1]] = roots[0];
    links->hulls[roots[0]].first = first;
    links->hulls[roots[0]].last = last;
}

static bool starts_before(const struct links *links, const struct kps_pool_member *a,
                          const struct kps_pool_member *b)
{
    struct kps_detection *d = links->cluster->d;
    const struct kps_owner *first = kps_ledger_get_owner(d->ledger, a->owner);
    const struct kps_owner *second = kps_ledger_get_owner(d->ledger, b->owner);
    if (a->owner == b->owner || first->cls != second->cls || !second->cls->starts_before ||
        d->orders_asked == MOST_ORDERS) {
        return false;
    }
    d->orders_asked++;
    return second->cls->starts_before(d->ledger, a->owner, b->owner);
}

/* Whether the engine sees, when it starts `picker`, that `other` has its port. */
static bool is_skipped(const struct links *links, const struct kps_pool_member *other,
                       const struct kps_pool_member *picker)
{
    const struct kps_ledger *ledger = links->cluster->d->ledger;
    /* overlapping addresses are the same string in each family, unless only one of the two is a
     * wildcard */
    if (other->is_derived ||
        kps_interval_is_single(&other->c) != kps_interval_is_single(&picker->c)) {
        return false;
    }
    if (kps_ledger_get_claim(ledger, other->c.claim)->basis == KPS_BOUND) {
        return kps_ledger_get_owner(ledger, other->owner)->kind == KPS_OWNER_CONTAINER;
    }
    return starts_before(links, other, picker);
}

static bool threatens(const struct links *links, const struct kps_pool_member *picker,
                      const struct kps_pool_member *other, bool other_picks)
{
    if (other->c.party == picker->c.party) {
        return false;
    }
    if (other_picks) {
        return kps_interval_is_single(&other->c) != kps_interval_is_single(&picker->c);
    }
    return !is_skipped(links, other, picker);
}

/* Whether what `other` takes can be missing in the range of `own`; a claim of the same owner counts
 * as well. */
static bool counts_against(const struct kps_pool_member *own, const struct kps_pool_member *other)
{
    return other != own && !other->is_derived &&
           (other->c.party != own->c.party || other->owner == own->owner) &&
           kps_pool_overlap(own, other);
}

uint32_t kps_pool_most_occupied(struct kps_assignment *room, const struct kps_pool_cluster *cluster,
                                const struct kps_pool_member *own, const bool *left_out)
{
    uint32_t blocked = 0;
    uint32_t covered = own->c.first - 1U;
    room->n_jobs = 0;
    room->n_blocks = 0;
    for (uint32_t i = 0; i < cluster->n_pickers + cluster->n_fixed; i++) {
        bool picks = i < cluster->n_pickers;
        const struct kps_pool_member *other =
            picks ? &cluster->pickers[i] : &cluster->fixed[i - cluster->n_pickers];
        if ((left_out && left_out[i]) || !counts_against(own, other)) {
            continue;
        }
        uint16_t first = own->c.first > other->c.first ? own->c.first : other->c.first;
        uint16_t last = own->c.last < other->c.last ? own->c.last : other->c.last;
        if (picks) {
            room->jobs[room->n_jobs++] = (struct kps_job){first, last, other->need, i};
        } else {
            blocked += kps_pool_cover(&covered, first, last, own->c.last);
            kps_assign_block(room, first, last);
        }
    }
    kps_assign(room);
    return blocked + room->n_given;
}

/* Whether the range can be used up before it gets its ports. */
static bool can_run_out(struct links *links, const struct kps_pool_member *own)
{
    uint32_t spare = (uint32_t)own->c.last - own->c.first + 1 - own->need;
    if (kps_pool_most_occupied(&links->room, links->cluster, own, NULL) <= spare) {
        return false;
    }
    for (uint32_t k = 0; k < links->n; k++) {
        links->left_out[k] =
            counts_against(own, links->members[k]) && starts_before(links, own, links->members[k]);
    }
    return kps_pool_most_occupied(&links->room, links->cluster, own, links->left_out) > spare;
}

/* Derived claims form conflicts of their own, so one round looks at the asked ones, another at the
 * derived. */
static void link_round(struct links *links, bool derived)
{
    for (uint32_t i = 0; i < links->n; i++) {
        links->parent[i] = i;
        links->hulls[i].last = 0;
    }
    memset(links->runs_out, 0, links->n_pickers * sizeof(links->runs_out[0]));
    for (uint32_t i = 0; i < links->n_pickers; i++) {
        const struct kps_pool_member *picker = links->members[i];
        if (picker->is_short) {
            continue;
        }
        links->runs_out[i] = !derived && can_run_out(links, picker);
        for (uint32_t k = 0; k < links->n; k++) {
            const struct kps_pool_member *other = links->members[k];
            bool picks = k < links->n_pickers;
            if (k == i || other->is_derived != derived || !kps_pool_overlap(picker, other)) {
                continue;
            }
            bool used_up =
                links->runs_out[i] && counts_against(picker, other) && !links->left_out[k];
            if (used_up || threatens(links, picker, other, picks)) {
                link_members(links, i, k);
            }
        }
    }
}

static void report_group(struct links *links, uint32_t root, kps_claim_id *claims)
{
    struct kps_conflict conflict = links->cluster->scope;
    uint32_t n = 0;
    uint32_t n_edited = 0;
    uint32_t in_ranges = links->members[0]->c.first - 1U;
    uint32_t fixed = in_ranges;
    uint16_t end = 0;
    for (uint32_t i = 0; i < links->n; i++) {
        const struct kps_pool_member *member = links->members[i];
        if (root_of(links, i) != root) {
            continue;
        }
        claims[n++] = member->c.claim;
        if (i < links->n_pickers && links->runs_out[i]) {
            claims[n - 1] = claims[n_edited];
            claims[n_edited++] = member->c.claim;
        }
        if (i < links->n_pickers) {
            conflict.wanted += member->need;
            conflict.available +=
                kps_pool_cover(&in_ranges, member->c.first, member->c.last, UINT16_MAX);
            end = member->c.last > end ? member->c.last : end;
        } else {
            conflict.wanted += kps_pool_cover(&fixed, member->c.first, member->c.last, end);
        }
    }
    conflict.certainty = KPS_POSSIBLE;
    conflict.first = (uint16_t)links->hulls[root].first;
    conflict.last = (uint16_t)links->hulls[root].last;
    kps_detection_add(links->cluster->d, conflict, claims, n, n_edited);
}

static void judge_round(struct links *links, bool derived, kps_claim_id *claims)
{
    link_round(links, derived);
    for (uint32_t i = 0; i < links->n_pickers; i++) {
        uint32_t root = root_of(links, i);
        if (links->hulls[root].last) {
            report_group(links, root, claims);
            links->hulls[root].last = 0;
        }
    }
}

void kps_pool_possible(struct kps_pool_cluster *cluster)
{
    struct kps_arena *scratch = cluster->d->scratch;
    uint32_t n = cluster->n_pickers + cluster->n_fixed;
    if (n < 2) {
        return;
    }
    struct links links = {.cluster = cluster,
                          .n_pickers = cluster->n_pickers,
                          .n = n,
                          .parent = KPS_NEW_N(scratch, uint32_t, n),
                          .members = KPS_NEW_N(scratch, const struct kps_pool_member *, n),
                          .hulls = KPS_NEW_N(scratch, struct hull, n),
                          .runs_out = KPS_NEW_N(scratch, bool, cluster->n_pickers),
                          .left_out = KPS_NEW_N(scratch, bool, n),
                          .room = kps_assign_new(scratch, cluster->n_pickers, cluster->n_fixed)};
    bool any_derived = false;
    for (uint32_t i = 0; i < n; i++) {
        links.members[i] =
            i < links.n_pickers ? &cluster->pickers[i] : &cluster->fixed[i - links.n_pickers];
        any_derived = any_derived || links.members[i]->is_derived;
    }
    kps_claim_id *claims = KPS_NEW_N(scratch, kps_claim_id, n);
    judge_round(&links, false, claims);
    if (any_derived) {
        judge_round(&links, true, claims);
    }
}
