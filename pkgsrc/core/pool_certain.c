#include <stdlib.h>

#include "core/pool.h"

/*
 * Whether ports can be given to all. What is asked are sets of pickers that overlap in address
 * pairwise and so need different ports: for a family, those on its wildcards, and for each single
 * address those on it and on the wildcards. The fixed claims that all of a set meet block their
 * ports, and the pickers are given what is left (core/assign.h).
 *
 * Each set that lacks ports is proof; that none does is none, as a wildcard must choose the same
 * port for all single addresses. What slips through, with ranges on two single addresses and a
 * wildcard, is still reported as possible.
 */

/* Such a set. */
struct clique {
    uint8_t any_kind,
        one_kind;  /* enum kps_addr_kind: the wildcard and the single addresses of its family */
    uint32_t slot; /* of the single address; KPS_SLOT_EVERY: the wildcards alone */
};

struct walk {
    const struct kps_pool_cluster *cluster;
    struct kps_assignment ports;
    kps_claim_id *parties;
};

static bool is_in(const struct clique *clique, const struct kps_pool_member *member, bool picks)
{
    const struct kps_interval *c = &member->c;
    if (member->is_derived) {
        return false;
    }
    if (c->addr_kind == KPS_ADDR_EVERY || c->addr_kind == clique->any_kind) {
        return true;
    }
    /* a wildcard meets the fixed ports of every single address */
    return clique->slot == KPS_SLOT_EVERY ? !picks && c->addr_kind == clique->one_kind
                                          : c->slot == clique->slot;
}

/* Whether the clique is the first to have this member: what the others have, they report. */
static bool is_own(const struct clique *clique, const struct kps_pool_member *member)
{
    if (clique->slot != KPS_SLOT_EVERY) {
        return member->c.slot == clique->slot;
    }
    return clique->any_kind == KPS_ADDR_ANY4 || member->c.addr_kind != KPS_ADDR_EVERY;
}

static void gather(struct walk *w, const struct clique *clique)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    w->ports.n_jobs = 0;
    w->ports.n_blocks = 0;
    for (uint32_t i = 0; i < cluster->n_pickers; i++) {
        const struct kps_pool_member *picker = &cluster->pickers[i];
        if (is_in(clique, picker, true)) {
            w->ports.jobs[w->ports.n_jobs++] =
                (struct kps_job){picker->c.first, picker->c.last, picker->need, i};
        }
    }
    for (uint32_t i = 0; i < cluster->n_fixed; i++) {
        if (is_in(clique, &cluster->fixed[i], false)) {
            kps_assign_block(&w->ports, cluster->fixed[i].c.first, cluster->fixed[i].c.last);
        }
    }
}

static void report_lack(struct walk *w, const struct clique *clique, struct kps_ports lack,
                        bool known)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    struct kps_conflict conflict = cluster->scope;
    uint32_t n = 0;
    bool own = false;
    bool news = false;
    conflict.certainty = KPS_CERTAIN;
    conflict.first = UINT16_MAX;
    conflict.last = (uint16_t)lack.last;
    for (uint32_t i = 0; i < w->ports.n_jobs; i++) {
        const struct kps_job *job = &w->ports.jobs[i];
        struct kps_pool_member *picker = &cluster->pickers[job->member];
        if (job->first < lack.first || job->last > lack.last) {
            continue;
        }
        news = news || !picker->is_short;
        picker->is_short = true;
        own = own || is_own(clique, picker);
        conflict.first = job->first < conflict.first ? (uint16_t)job->first : conflict.first;
        conflict.certainty =
            picker->c.certainty < conflict.certainty ? picker->c.certainty : conflict.certainty;
        conflict.wanted += picker->need;
        w->parties[n++] = picker->c.claim;
    }
    uint32_t covered = conflict.first - 1U;
    for (uint32_t i = 0; i < cluster->n_fixed; i++) {
        const struct kps_pool_member *fixed = &cluster->fixed[i];
        if (is_in(clique, fixed, false) && fixed->c.first <= conflict.last &&
            fixed->c.last >= conflict.first) {
            own = own || is_own(clique, fixed);
            conflict.certainty =
                fixed->c.certainty < conflict.certainty ? fixed->c.certainty : conflict.certainty;
            conflict.wanted +=
                kps_pool_cover(&covered, fixed->c.first, fixed->c.last, conflict.last);
            w->parties[n++] = fixed->c.claim;
        }
    }
    conflict.available = (uint32_t)conflict.last - conflict.first + 1;
    if (own && news && !known) {
        kps_detection_add(cluster->d, conflict, w->parties, n, 0);
    }
}

struct lacks {
    struct kps_ports *v;
    uint32_t n;
};

static bool is_known(const struct lacks *base, struct kps_ports lack)
{
    for (uint32_t i = 0; i < base->n; i++) {
        if (base->v[i].first <= lack.last && base->v[i].last >= lack.first) {
            return true;
        }
    }
    return false;
}

/* `base` is what the family's wildcards alone lack: where ports lack for them, single addresses add
 * nothing new. */
static void judge_clique(struct walk *w, const struct clique *clique, const struct lacks *base)
{
    gather(w, clique);
    kps_assign(&w->ports);
    for (uint32_t i = 0; i < w->ports.n_lacks; i++) {
        report_lack(w, clique, w->ports.lacks[i], is_known(base, w->ports.lacks[i]));
    }
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* The family's single addresses in the cluster, each once. Return: how many. */
static uint32_t single_slots(const struct kps_pool_cluster *cluster, enum kps_addr_kind one_kind,
                             uint32_t *slots)
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

static void judge_family(struct walk *w, struct clique clique, const uint32_t *slots,
                         uint32_t n_slots)
{
    const struct kps_pool_cluster *cluster = w->cluster;
    struct kps_detection *d = cluster->d;
    struct lacks base = {NULL, 0};
    judge_clique(w, &clique, &base);
    base.v = KPS_NEW_N(d->scratch, struct kps_ports, w->ports.n_lacks);
    for (; base.n < w->ports.n_lacks; base.n++) {
        base.v[base.n] = w->ports.lacks[base.n];
    }
    for (uint32_t i = 0; i < n_slots && d->pool_looked_at < KPS_POOL_MOST_LOOKED_AT; i++) {
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
                     .ports = kps_assign_new(scratch, pickers, cluster->n_fixed),
                     .parties = KPS_NEW_N(scratch, kps_claim_id, all)};
    uint32_t *slots = KPS_NEW_N(scratch, uint32_t, all);
    static const struct clique families[] = {{KPS_ADDR_ANY4, KPS_ADDR_ONE4, KPS_SLOT_EVERY},
                                             {KPS_ADDR_ANY6, KPS_ADDR_ONE6, KPS_SLOT_EVERY}};
    for (size_t i = 0; i < KPS_COUNT(families); i++) {
        uint32_t n = single_slots(cluster, (enum kps_addr_kind)families[i].one_kind, slots);
        judge_family(&w, families[i], slots, n);
    }
}
