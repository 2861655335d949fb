#include <stdlib.h>

#include "core/pool.h"

/*
 * Whether ports can be given to all. Claims that overlap in address pairwise need different ports; such sets are, for a
 * family, its wildcards, and for each single address that address and the wildcards of its family. In one set the ports
 * are given out from the lowest up, each to the claim whose range ends first of those whose range has begun (earliest
 * deadline first), which finds an assignment whenever one exists. A claim whose range ends before it got its ports is
 * proof that there is none: between the last port that was idle or went to a later deadline, and the end of this range,
 * the ranges that lie inside need more ports than there are. Ports are given in stretches, so the width of a range
 * costs nothing.
 */
enum {
    /* Claims looked at for single addresses in one detection; each address looks at its whole cluster. Beyond it, only
     * the possible conflicts are found there. It takes thousands of addresses in one heap of ranges to get so far. */
    MOST_LOOKED_AT = 8 * 1000 * 1000,
};

static const uint32_t NO_DEADLINE = UINT32_MAX;

struct job {
    uint16_t first, last;
    uint32_t need, picker;
};

struct span {
    uint32_t first, last;
};

struct spans {
    struct span *v;
    uint32_t n;
};

/* The ports up to `last`, down to the stretch below, went to claims with this deadline or an earlier one. */
struct stretch {
    uint32_t last, deadline;
};

/* A set of claims that need different ports. */
struct clique {
    uint8_t any_kind; /* enum kps_addr_kind: the wildcard of its family */
    uint32_t slot;    /* of the single address; KPS_SLOT_EVERY: the wildcards alone */
};

struct walk {
    const struct kps_pool_cluster *cluster;
    struct job *jobs;    /* sorted by first */
    struct spans blocks; /* what fixed claims occupy, sorted, apart from each other */
    uint32_t *heap;      /* jobs that wait, the earliest deadline on top */
    struct stretch *given;
    struct spans lacks; /* where ports lack: sorted, apart from each other */
    kps_claim_id *parties;
    uint32_t n_jobs, n_heap, n_given, admitted;
    uint32_t port; /* the next to give out */
};

static void heap_push(struct walk *w, uint32_t job)
{
    uint32_t i = w->n_heap++;
    for (; i > 0 && w->jobs[w->heap[(i - 1) / 2]].last > w->jobs[job].last; i = (i - 1) / 2) {
        w->heap[i] = w->heap[(i - 1) / 2];
    }
    w->heap[i] = job;
}

static void heap_pop(struct walk *w)
{
    uint32_t moved = w->heap[--w->n_heap];
    uint32_t i = 0;
    for (uint32_t child = 1; child < w->n_heap; child = 2 * i + 1) {
        if (child + 1 < w->n_heap && w->jobs[w->heap[child + 1]].last < w->jobs[w->heap[child]].last) {
            child++;
        }
        if (w->jobs[w->heap[child]].last >= w->jobs[moved].last) {
            break;
        }
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = moved;
}

static void give(struct walk *w, uint32_t last, uint32_t deadline)
{
    if (w->n_given && w->given[w->n_given - 1].deadline == deadline) {
        w->given[w->n_given - 1].last = last;
    } else {
        w->given[w->n_given++] = (struct stretch){last, deadline};
    }
}

/* Notes the lack for claims of which the port at hand is past the range; they get no more. */
static void drop_late(struct walk *w)
{
    while (w->n_heap && w->jobs[w->heap[0]].last < w->port) {
        uint32_t deadline = w->jobs[w->heap[0]].last;
        heap_pop(w);
        while (w->n_given && w->given[w->n_given - 1].deadline <= deadline) {
            w->n_given--;
        }
        uint32_t first = w->n_given ? w->given[w->n_given - 1].last + 1 : 1;
        give(w, w->port - 1, deadline);
        while (w->lacks.n && w->lacks.v[w->lacks.n - 1].first >= first) {
            w->lacks.n--;
        }
        w->lacks.v[w->lacks.n++] = (struct span){first, deadline};
    }
}

static void admit(struct walk *w)
{
    if (w->n_heap == 0) {
        uint32_t first = w->jobs[w->admitted].first;
        w->port = first > w->port ? first : w->port;
        give(w, first - 1, NO_DEADLINE);
    }
    while (w->admitted < w->n_jobs && w->jobs[w->admitted].first <= w->port) {
        heap_push(w, w->admitted++);
    }
}

/* Gives ports to the most urgent claim until it has enough, its range ends, another range begins, or a block does. */
static void give_stretch(struct walk *w, uint32_t block_first)
{
    struct job *job = &w->jobs[w->heap[0]];
    uint32_t last = w->port + job->need - 1;
    last = last > job->last ? job->last : last;
    last = last >= block_first ? block_first - 1 : last;
    if (w->admitted < w->n_jobs && last >= w->jobs[w->admitted].first) {
        last = w->jobs[w->admitted].first - 1;
    }
    give(w, last, job->last);
    job->need -= last - w->port + 1;
    w->port = last + 1;
    if (job->need == 0) {
        heap_pop(w);
    }
}

static void give_ports(struct walk *w)
{
    uint32_t block = 0;
    w->n_heap = 0;
    w->n_given = 0;
    w->lacks.n = 0;
    w->admitted = 0;
    w->port = 1;
    while (w->n_heap || w->admitted < w->n_jobs) {
        if (w->admitted < w->n_jobs) {
            admit(w);
        }
        drop_late(w);
        while (block < w->blocks.n && w->blocks.v[block].last < w->port) {
            block++;
        }
        uint32_t block_first = block < w->blocks.n ? w->blocks.v[block].first : UINT32_MAX;
        if (block_first <= w->port) {
            w->port = w->blocks.v[block].last + 1;
        } else if (w->n_heap) {
            give_stretch(w, block_first);
        }
    }
}

static bool is_in(const struct clique *clique, const struct kps_pool_member *member)
{
    const struct kps_contender *c = &member->c;
    return !member->is_derived && (c->addr_kind == KPS_ADDR_EVERY || c->addr_kind == clique->any_kind ||
                                   (clique->slot != KPS_SLOT_EVERY && c->slot == clique->slot));
}

/* Whether the clique is the first to have this member: what the others have, they report. */
static bool is_own(const struct clique *clique, const struct kps_pool_member *member)
{
    if (clique->slot != KPS_SLOT_EVERY) {
        return member->c.slot == clique->slot;
    }
    return clique->any_kind == KPS_ADDR_ANY4 || member->c.addr_kind == KPS_ADDR_ANY6;
}

static void gather(struct walk *w, const struct clique *clique)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    w->n_jobs = 0;
    w->blocks.n = 0;
    for (uint32_t i = 0; i < cluster->n_pickers; i++) {
        const struct kps_pool_member *picker = &cluster->pickers[i];
        if (is_in(clique, picker)) {
            w->jobs[w->n_jobs++] = (struct job){picker->c.first, picker->c.last, picker->need, i};
        }
    }
    for (uint32_t i = 0; i < cluster->n_fixed; i++) {
        const struct kps_contender *c = &cluster->fixed[i].c;
        struct span *top = w->blocks.n ? &w->blocks.v[w->blocks.n - 1] : NULL;
        if (!is_in(clique, &cluster->fixed[i])) {
            continue;
        }
        if (top && c->first <= top->last + 1) {
            top->last = c->last > top->last ? c->last : top->last;
        } else {
            w->blocks.v[w->blocks.n++] = (struct span){c->first, c->last};
        }
    }
}

static void report_lack(struct walk *w, const struct clique *clique, struct span lack, bool known)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    struct kps_conflict conflict = cluster->scope;
    uint32_t n = 0;
    bool own = false;
    conflict.certainty = KPS_CERTAIN;
    conflict.first = UINT16_MAX;
    conflict.last = (uint16_t)lack.last;
    for (uint32_t i = 0; i < w->n_jobs; i++) {
        const struct job *job = &w->jobs[i];
        struct kps_pool_member *picker = &cluster->pickers[job->picker];
        if (job->first < lack.first || job->last > lack.last) {
            continue;
        }
        picker->is_short = true;
        own = own || is_own(clique, picker);
        conflict.first = job->first < conflict.first ? job->first : conflict.first;
        conflict.certainty = picker->c.certainty < conflict.certainty ? picker->c.certainty : conflict.certainty;
        conflict.wanted += picker->need;
        w->parties[n++] = picker->c.claim;
    }
    uint32_t covered = conflict.first - 1U;
    for (uint32_t i = 0; i < cluster->n_fixed; i++) {
        const struct kps_pool_member *fixed = &cluster->fixed[i];
        if (is_in(clique, fixed) && fixed->c.first <= conflict.last && fixed->c.last >= conflict.first) {
            own = own || is_own(clique, fixed);
            conflict.certainty = fixed->c.certainty < conflict.certainty ? fixed->c.certainty : conflict.certainty;
            conflict.wanted += kps_pool_cover(&covered, fixed->c.first, fixed->c.last, conflict.last);
            w->parties[n++] = fixed->c.claim;
        }
    }
    conflict.available = (uint32_t)conflict.last - conflict.first + 1;
    if (own && !known) {
        kps_detection_add(cluster->d, conflict, w->parties, n);
    }
}

/* `base` is what the family's wildcards alone lack: where ports lack for them, single addresses add nothing new. */
static void judge_clique(struct walk *w, const struct clique *clique, const struct spans *base)
{
    gather(w, clique);
    if (w->n_jobs == 0) {
        return;
    }
    give_ports(w);
    for (uint32_t i = 0; i < w->lacks.n; i++) {
        bool known = false;
        for (uint32_t k = 0; base && k < base->n && !known; k++) {
            known = base->v[k].first <= w->lacks.v[i].last && base->v[k].last >= w->lacks.v[i].first;
        }
        report_lack(w, clique, w->lacks.v[i], known);
    }
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* The family's single addresses in the cluster, each once. Return: how many. */
static uint32_t single_slots(const struct kps_pool_cluster *cluster, enum kps_addr_kind one_kind, uint32_t *slots)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < cluster->n_pickers + cluster->n_fixed; i++) {
        const struct kps_pool_member *member =
            i < cluster->n_pickers ? &cluster->pickers[i] : &cluster->fixed[i - cluster->n_pickers];
        if (member->c.addr_kind == one_kind && !member->is_derived) {
            slots[n++] = member->c.slot;
        }
    }
    if (n > 1) {
        qsort(slots, n, sizeof(slots[0]), compare_numbers);
    }
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || slots[i] != slots[i - 1]) {
            slots[distinct++] = slots[i];
        }
    }
    return distinct;
}

static void judge_family(struct walk *w, enum kps_addr_kind any_kind, uint32_t *slots, uint32_t n_slots)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    struct kps_detection *d = cluster->d;
    struct clique clique = {.any_kind = (uint8_t)any_kind, .slot = KPS_SLOT_EVERY};
    w->lacks.n = 0;
    judge_clique(w, &clique, NULL);
    struct spans base = {KPS_NEW_N(d->scratch, struct span, w->lacks.n), w->lacks.n};
    for (uint32_t i = 0; i < base.n; i++) {
        base.v[i] = w->lacks.v[i];
    }
    for (uint32_t i = 0; i < n_slots && d->pool_looked_at < MOST_LOOKED_AT; i++) {
        d->pool_looked_at += cluster->n_pickers + cluster->n_fixed;
        clique.slot = slots[i];
        judge_clique(w, &clique, &base);
    }
}

void kps_pool_certain(struct kps_pool_cluster *cluster)
{
    uint32_t pickers = cluster->n_pickers;
    uint32_t all = pickers + cluster->n_fixed;
    if (all < 2) {
        return;
    }
    struct kps_arena *scratch = cluster->d->scratch;
    struct walk w = {.cluster = cluster,
                     .jobs = KPS_NEW_N(scratch, struct job, pickers),
                     .blocks = {KPS_NEW_N(scratch, struct span, cluster->n_fixed), 0},
                     .heap = KPS_NEW_N(scratch, uint32_t, pickers),
                     /* a stretch ends where a claim has enough or is late, a range begins, or a block does */
                     .given = KPS_NEW_N(scratch, struct stretch, 4 * (size_t)pickers + cluster->n_fixed + 1),
                     .lacks = {KPS_NEW_N(scratch, struct span, pickers), 0},
                     .parties = KPS_NEW_N(scratch, kps_claim_id, all)};
    uint32_t *slots = KPS_NEW_N(scratch, uint32_t, all);
    uint32_t n = single_slots(cluster, KPS_ADDR_ONE4, slots);
    judge_family(&w, KPS_ADDR_ANY4, slots, n);
    n = single_slots(cluster, KPS_ADDR_ONE6, slots);
    judge_family(&w, KPS_ADDR_ANY6, slots, n);
}
