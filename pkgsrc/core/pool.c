#include "core/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "core/matching.h"

/*
 * Pickers (claims that take a port of a range) whose ranges hang together form a cluster, with the
 * fixed claims that reach into it. A cluster is asked two questions. CERTAIN: can ports be given to
 * all its claims? POSSIBLE: can the choice of the engine leave a claim without a port?
 */
enum {
    /* Fixed ranges that reach over several clusters are kept for the next one only up to here; more
     * of them on the same ports are a conflict of their own in any case. */
    MOST_CARRIED = 64,
    /*
     * Comparisons of a picker, or of a single address, with a member of its cluster, in a
     * detection: about 0.4 s. 3,000 pickers on a range stay below.
     */
    MOST_COMPARED = 16 * 1000 * 1000,
    /* Asking a class for the order of two owners may cost a walk over all of them. Beyond this
     * number an order counts as unknown, which can only add what is possible. */
    MOST_ORDERS = 4096,
};

/* A claim that picks from a range or is fixed in one. */
struct member {
    struct kps_interval c;
    kps_owner_id owner;
    uint32_t need;   /* how many ports of first..last: take * copies, at most all */
    bool is_derived; /* fixed only */
    bool is_short;   /* picker only: named in a CERTAIN conflict, so nothing more is reported about
                        its range */
};

/*
 * Pickers whose ranges hang together, and the fixed claims that reach into them. Both sorted by
 * `first`. The ranges of two clusters have no port in common.
 */
struct cluster {
    struct kps_detection *d;
    struct kps_conflict scope;
    struct member *pickers, *fixed;
    uint32_t n_pickers, n_fixed;
    bool is_uncompared; /* too large for the rest of MOST_COMPARED */
};

struct kps_pool_room {
    struct member *pickers, *fixed;
    struct member *near; /* the fixed claims at the present cluster */
    uint32_t
        *least_basis; /* by tenant: number of the world * 4 + least basis of its claims there */
    uint32_t world;
    uint32_t compared; /* see MOST_COMPARED */
};

static bool members_overlap(const struct member *a, const struct member *b)
{
    return a->c.first <= b->c.last && b->c.first <= a->c.last &&
           kps_interval_share_address(&a->c, &b->c);
}

static const struct member *member_at(const struct cluster *cluster, uint32_t i)
{
    return i < cluster->n_pickers ? &cluster->pickers[i] : &cluster->fixed[i - cluster->n_pickers];
}

/*
 * Count ports once that several intervals cover: add the intervals in the order of their first
 * port; start with the lowest port that counts, minus 1, as `*covered`. Return: how many ports up
 * to `limit` are new.
 */
static uint32_t cover_ports(uint32_t *covered, uint16_t first, uint16_t last, uint16_t limit)
{
    uint32_t from = first > *covered ? first : *covered + 1;
    uint32_t to = last < limit ? last : limit;
    if (to < from) {
        return 0;
    }
    *covered = to;
    return to - from + 1;
}

/* Take the cost of comparing `n` claims with the cluster from the rest of the bound. Return: false
 * when the rest is too small. */
static bool take_budget(struct cluster *cluster, uint32_t n)
{
    struct kps_detection *d = cluster->d;
    uint64_t cost = (uint64_t)n * (cluster->n_pickers + cluster->n_fixed);
    if (cost <= MOST_COMPARED - d->pool_room->compared) {
        d->pool_room->compared += (uint32_t)cost;
        return true;
    }
    cluster->is_uncompared = true;
    return false;
}

/*
 * CERTAIN. A clique is a set of pickers that overlap in address pairwise and so need different
 * ports: for a family the pickers on its wildcards, and for each single address the pickers on this
 * address and on the wildcards. The fixed claims that meet every picker of a clique block their
 * ports; the pickers get the rest (core/matching.h).
 *
 * A clique that lacks ports proves the conflict. The reverse does not hold: a wildcard must choose
 * the same port for all single addresses, so ranges on two single addresses and a wildcard may slip
 * through. The second question still reports them as possible.
 */
struct clique {
    uint8_t any_kind; /* enum kps_addr_kind: the wildcard of the family */
    uint8_t one_kind; /* ... and its single addresses */
    uint32_t slot;    /* of the single address; KPS_SLOT_EVERY: the wildcards alone */
};

struct certain_walk {
    struct cluster *cluster;
    struct kps_matching ports;
    kps_claim_id *parties;
};

static bool is_in_clique(const struct clique *clique, const struct member *member, bool picks)
{
    const struct kps_interval *c = &member->c;
    if (member->is_derived) {
        return false;
    }
    if (c->addr_kind == KPS_ADDR_EVERY || c->addr_kind == clique->any_kind) {
        return true;
    }
    /* A wildcard meets the fixed ports of every single address. */
    return clique->slot == KPS_SLOT_EVERY ? !picks && c->addr_kind == clique->one_kind
                                          : c->slot == clique->slot;
}

/* Return: is the clique the first with this member? The other cliques report their own members. */
static bool is_own(const struct clique *clique, const struct member *member)
{
    if (clique->slot != KPS_SLOT_EVERY) {
        return member->c.slot == clique->slot;
    }
    return clique->any_kind == KPS_ADDR_ANY4 || member->c.addr_kind != KPS_ADDR_EVERY;
}

static void gather_clique(struct certain_walk *w, const struct clique *clique)
{
    const struct cluster *cluster = w->cluster;
    w->ports.n_jobs = 0;
    w->ports.n_blocks = 0;
    for (uint32_t i = 0; i < cluster->n_pickers; i++) {
        const struct member *picker = &cluster->pickers[i];
        if (is_in_clique(clique, picker, true)) {
            w->ports.jobs[w->ports.n_jobs++] =
                (struct kps_matching_job){picker->c.first, picker->c.last, picker->need, i};
        }
    }
    for (uint32_t i = 0; i < cluster->n_fixed; i++) {
        if (is_in_clique(clique, &cluster->fixed[i], false)) {
            kps_matching_block(&w->ports, cluster->fixed[i].c.first, cluster->fixed[i].c.last);
        }
    }
}

static void report_lack(struct certain_walk *w, const struct clique *clique,
                        struct kps_matching_range lack, bool known)
{
    const struct cluster *cluster = w->cluster;
    struct kps_conflict conflict = cluster->scope;
    uint32_t n = 0;
    bool own = false;
    bool news = false;
    conflict.certainty = KPS_CERTAIN;
    conflict.first = UINT16_MAX;
    conflict.last = (uint16_t)lack.last;
    for (uint32_t i = 0; i < w->ports.n_jobs; i++) {
        const struct kps_matching_job *job = &w->ports.jobs[i];
        struct member *picker = &cluster->pickers[job->member];
        if (job->first < lack.first || job->last > lack.last) {
            continue;
        }
        news |= !picker->is_short;
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
        const struct member *fixed = &cluster->fixed[i];
        if (is_in_clique(clique, fixed, false) && fixed->c.first <= conflict.last &&
            fixed->c.last >= conflict.first) {
            own = own || is_own(clique, fixed);
            conflict.certainty =
                fixed->c.certainty < conflict.certainty ? fixed->c.certainty : conflict.certainty;
            conflict.wanted += cover_ports(&covered, fixed->c.first, fixed->c.last, conflict.last);
            w->parties[n++] = fixed->c.claim;
        }
    }
    conflict.available = (uint32_t)conflict.last - conflict.first + 1;
    if (own && news && !known) {
        kps_detection_add(cluster->d, conflict, w->parties, n, 0);
    }
}

struct lacks {
    struct kps_matching_range *v;
    uint32_t n;
};

static bool is_known(const struct lacks *base, struct kps_matching_range lack)
{
    for (uint32_t i = 0; i < base->n; i++) {
        if (base->v[i].first <= lack.last && base->v[i].last >= lack.first) {
            return true;
        }
    }
    return false;
}

/* Report the lacks of a clique, except within `base`, the lacks of the family's wildcards alone:
 * there single addresses add nothing new. */
static void judge_clique(struct certain_walk *w, const struct clique *clique,
                         const struct lacks *base)
{
    gather_clique(w, clique);
    kps_matching_run(&w->ports);
    for (uint32_t i = 0; i < w->ports.n_lacks; i++) {
        report_lack(w, clique, w->ports.lacks[i], is_known(base, w->ports.lacks[i]));
    }
}

/* List the family's single addresses in the cluster, each once. Return: how many. */
static uint32_t list_single_slots(const struct cluster *cluster, enum kps_addr_kind one_kind,
                                  uint32_t *slots)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < cluster->n_pickers + cluster->n_fixed; i++) {
        const struct member *member = member_at(cluster, i);
        if (member->c.addr_kind == one_kind && !member->is_derived) {
            slots[n++] = member->c.slot;
        }
    }
    if (n > 1) {
        qsort(slots, n, sizeof(slots[0]), kps_order_u32);
    }
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || slots[i] != slots[i - 1]) {
            slots[distinct++] = slots[i];
        }
    }
    return distinct;
}

static void judge_family(struct certain_walk *w, struct clique clique, const uint32_t *slots,
                         uint32_t n_slots)
{
    struct cluster *cluster = w->cluster;
    struct kps_detection *d = cluster->d;
    struct lacks base = {NULL, 0};
    judge_clique(w, &clique, &base);
    base.v = KPS_NEW_N(d->scratch, struct kps_matching_range, w->ports.n_lacks);
    for (; base.n < w->ports.n_lacks; base.n++) {
        base.v[base.n] = w->ports.lacks[base.n];
    }
    if (n_slots && !take_budget(cluster, n_slots)) {
        return;
    }
    for (uint32_t i = 0; i < n_slots; i++) {
        clique.slot = slots[i];
        judge_clique(w, &clique, &base);
    }
}

/* Report where no assignment of ports exists, and set is_short there. Derived claims do not count.
 */
static void judge_certain(struct cluster *cluster)
{
    uint32_t pickers = cluster->n_pickers;
    uint32_t all = pickers + cluster->n_fixed;
    if (all < 2) {
        return;
    }
    struct kps_arena *scratch = cluster->d->scratch;
    struct certain_walk w = {.cluster = cluster,
                             .ports = kps_matching_new(scratch, pickers, cluster->n_fixed),
                             .parties = KPS_NEW_N(scratch, kps_claim_id, all)};
    uint32_t *slots = KPS_NEW_N(scratch, uint32_t, all);
    static const struct clique families[] = {{KPS_ADDR_ANY4, KPS_ADDR_ONE4, KPS_SLOT_EVERY},
                                             {KPS_ADDR_ANY6, KPS_ADDR_ONE6, KPS_SLOT_EVERY}};
    for (size_t i = 0; i < KPS_COUNT(families); i++) {
        uint32_t n = list_single_slots(cluster, (enum kps_addr_kind)families[i].one_kind, slots);
        judge_family(&w, families[i], slots, n);
    }
}

/*
 * POSSIBLE. The engine gives a range the next free port after the port it gave last, in start
 * order, and skips only ports that a container holds on the same address string (spec compose §5).
 * So each picker is compared with every other claim of its cluster: can the picker get a port that
 * the claim needs, or find its range used up?
 */
struct hull {
    /* The contended ports of a group, kept at its root; last 0: nothing contended. */
    uint32_t first, last;
};

struct links {
    struct cluster *cluster;
    uint32_t n_pickers, n;
    uint32_t *parent;
    const struct member **members; /* the pickers, then the fixed ones */
    struct hull *hulls;
    bool *left_out; /* by member: starts later than the picker that is judged now */
    bool *runs_out; /* by picker */
    /* For the picker that is judged now: */
    bool gets_past_sockets;
    bool *skips;              /* by fixed member: the engine sees that its ports are held */
    uint8_t *is_never_picked; /* by port: skipped in any case */
    struct kps_matching room;
};

static uint32_t root_of(struct links *links, uint32_t i)
{
    while (links->parent[i] != i) {
        links->parent[i] = links->parent[links->parent[i]];
        i = links->parent[i];
    }
    return i;
}

/* Join two members to one conflict over the ports they have in common. */
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

static bool starts_before(const struct links *links, const struct member *a, const struct member *b)
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

static const struct kps_engine_traits *engine_of(const struct links *links)
{
    return kps_ledger_engine(links->cluster->d->ledger, links->cluster->scope.netns);
}

/* Report if the allocator treats the addresses of both as meeting. Overlapping addresses are the
 * same string in each family, unless only one of the two is a wildcard. */
static bool allocator_sees(const struct links *links, const struct member *a,
                           const struct member *b)
{
    return kps_engine_traits_retries(engine_of(links)) ||
           kps_interval_is_single(&a->c) == kps_interval_is_single(&b->c);
}

/* Report if a socket outside of the engine's book holds the ports of the member. */
static bool is_foreign_socket(const struct links *links, const struct member *member)
{
    const struct kps_ledger *ledger = links->cluster->d->ledger;
    return kps_ledger_get_claim(ledger, member->c.claim)->basis == KPS_BOUND &&
           kps_ledger_get_owner(ledger, member->owner)->kind != KPS_OWNER_CONTAINER;
}

/* Report if the engine tries enough ports of the range to get past all foreign sockets there. */
static bool gets_past_sockets(const struct links *links, const struct member *picker)
{
    uint32_t refused = 0;
    if (!kps_engine_traits_retries(engine_of(links))) {
        return false;
    }
    for (uint32_t k = links->n_pickers; k < links->n; k++) {
        const struct member *other = links->members[k];
        if (members_overlap(picker, other) && is_foreign_socket(links, other)) {
            uint32_t first = picker->c.first > other->c.first ? picker->c.first : other->c.first;
            uint32_t last = picker->c.last < other->c.last ? picker->c.last : other->c.last;
            refused += last - first + 1;
        }
    }
    return refused < KPS_ENGINE_ATTEMPTS;
}

/* Return: does the engine see, when it starts `picker`, that `other` has its port? */
static bool is_skipped(const struct links *links, const struct member *other,
                       const struct member *picker)
{
    if (is_foreign_socket(links, other)) {
        return links->gets_past_sockets;
    }
    if (other->is_derived || !allocator_sees(links, other, picker)) {
        return false;
    }
    return kps_ledger_get_claim(links->cluster->d->ledger, other->c.claim)->basis == KPS_BOUND ||
           starts_before(links, other, picker);
}

/* Mark the ports of the picker's range that the engine always skips: a later claim of the same port
 * loses nothing. */
static void mark_skipped(struct links *links, const struct member *picker)
{
    uint16_t first = picker->c.first;
    memset(links->is_never_picked + first, 0, (size_t)picker->c.last - first + 1);
    for (uint32_t k = links->n_pickers; k < links->n; k++) {
        const struct member *other = links->members[k];
        links->skips[k] = members_overlap(picker, other) && is_skipped(links, other, picker);
        /* a socket that may share its port, as with SO_REUSEADDR, keeps the engine from nothing */
        bool may_share = is_foreign_socket(links, other) && other->c.certainty != KPS_CERTAIN;
        if (links->skips[k] && !may_share) {
            uint16_t from = first > other->c.first ? first : other->c.first;
            uint16_t to = picker->c.last < other->c.last ? picker->c.last : other->c.last;
            memset(links->is_never_picked + from, 1, (size_t)to - from + 1);
        }
    }
}

/* Report if the engine may pick a port of `other` for the picker. */
static bool may_pick(const struct links *links, const struct member *picker,
                     const struct member *other)
{
    uint32_t from = picker->c.first > other->c.first ? picker->c.first : other->c.first;
    uint32_t to = picker->c.last < other->c.last ? picker->c.last : other->c.last;
    return memchr(links->is_never_picked + from, 0, (size_t)to - from + 1) != NULL;
}

/* Report if two claims are entries of a container that differ in their address alone. */
static bool is_double(const struct links *links, const struct member *a, const struct member *b)
{
    const struct kps_ledger *ledger = links->cluster->d->ledger;
    const struct kps_claim *one = kps_ledger_get_claim(ledger, a->c.claim);
    const struct kps_claim *two = kps_ledger_get_claim(ledger, b->c.claim);
    return a->owner == b->owner && one->first == two->first && one->last == two->last &&
           one->target_first && one->target_first == two->target_first && members_overlap(a, b);
}

/*
 * Report if an entry of a container can take the port of another: up to 27 the engine looks only at
 * ports of the same address. An unknown engine may be as old; core/double_entries.h reports other
 * pairs.
 */
static bool can_take_own(const struct links *links, const struct member *picker,
                         const struct member *other)
{
    bool is_known = engine_of(links)->major != 0;
    bool retries = kps_engine_traits_retries(engine_of(links));
    bool is_listed = links->cluster->scope.protocol == KPS_TCP && is_double(links, picker, other);
    return kps_interval_is_single(&other->c) != kps_interval_is_single(&picker->c) &&
           (!retries || (!is_known && !is_listed));
}

/* Report if member `k` can get a port that the picker needs, or the other way round. */
static bool is_threat(const struct links *links, const struct member *picker, uint32_t k)
{
    const struct member *other = links->members[k];
    if (other->c.party == picker->c.party) {
        /* The engine binds the ports of a container in turn. */
        return other->owner == picker->owner && !other->is_derived &&
               can_take_own(links, picker, other);
    }
    if (k < links->n_pickers) {
        return !allocator_sees(links, other, picker);
    }
    return !links->skips[k] && may_pick(links, picker, other);
}

/* Return: can the ports of `other` be missing in the range of `own`? A claim of the same owner
 * counts as well. */
static bool counts_against(const struct member *own, const struct member *other)
{
    return other != own && !other->is_derived &&
           (other->c.party != own->c.party || other->owner == own->owner) &&
           members_overlap(own, other);
}

/*
 * Count the ports in the range of `own` that the rest of its cluster can occupy together at most,
 * without the members `left_out` (NULL: with all). Other claims of the tenant count only if
 * they have the same owner.
 */
static uint32_t count_most_occupied(struct kps_matching *room, const struct cluster *cluster,
                                    const struct member *own, const bool *left_out)
{
    uint32_t blocked = 0;
    uint32_t covered = own->c.first - 1U;
    room->n_jobs = 0;
    room->n_blocks = 0;
    for (uint32_t i = 0; i < cluster->n_pickers + cluster->n_fixed; i++) {
        bool picks = i < cluster->n_pickers;
        const struct member *other = member_at(cluster, i);
        if ((left_out && left_out[i]) || !counts_against(own, other)) {
            continue;
        }
        uint16_t first = own->c.first > other->c.first ? own->c.first : other->c.first;
        uint16_t last = own->c.last < other->c.last ? own->c.last : other->c.last;
        if (picks) {
            room->jobs[room->n_jobs++] = (struct kps_matching_job){first, last, other->need, i};
        } else {
            blocked += cover_ports(&covered, first, last, own->c.last);
            kps_matching_block(room, first, last);
        }
    }
    kps_matching_run(room);
    return blocked + room->n_given;
}

/* Return: can the other claims use up the range before `own` gets its ports? */
static bool can_run_out(struct links *links, const struct member *own)
{
    uint32_t spare = (uint32_t)own->c.last - own->c.first + 1 - own->need;
    if (count_most_occupied(&links->room, links->cluster, own, NULL) <= spare) {
        return false;
    }
    for (uint32_t k = 0; k < links->n; k++) {
        links->left_out[k] =
            counts_against(own, links->members[k]) && starts_before(links, own, links->members[k]);
    }
    return count_most_occupied(&links->room, links->cluster, own, links->left_out) > spare;
}

/*
 * Each round compares the pickers with other members of one kind, and forms conflicts of its own: a
 * socket in a range must not hide that the picker may take the port of another service.
 */
enum kind { REQUESTED, BOUND, DERIVED, KINDS };

static enum kind kind_of(const struct links *links, const struct member *member)
{
    if (member->is_derived) {
        return DERIVED;
    }
    const struct kps_claim *claim =
        kps_ledger_get_claim(links->cluster->d->ledger, member->c.claim);
    return claim->basis == KPS_BOUND ? BOUND : REQUESTED;
}

static void link_round(struct links *links, enum kind kind)
{
    for (uint32_t i = 0; i < links->n; i++) {
        links->parent[i] = i;
        links->hulls[i].last = 0;
    }
    memset(links->runs_out, 0, links->n_pickers * sizeof(links->runs_out[0]));
    for (uint32_t i = 0; i < links->n_pickers; i++) {
        const struct member *picker = links->members[i];
        if (picker->is_short) {
            continue;
        }
        links->runs_out[i] = kind != DERIVED && can_run_out(links, picker);
        links->gets_past_sockets = gets_past_sockets(links, picker);
        mark_skipped(links, picker);
        for (uint32_t k = 0; k < links->n; k++) {
            const struct member *other = links->members[k];
            if (k == i || kind_of(links, other) != kind || !members_overlap(picker, other)) {
                continue;
            }
            bool used_up =
                links->runs_out[i] && counts_against(picker, other) && !links->left_out[k];
            if (used_up || is_threat(links, picker, k)) {
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
        const struct member *member = links->members[i];
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
                cover_ports(&in_ranges, member->c.first, member->c.last, UINT16_MAX);
            end = member->c.last > end ? member->c.last : end;
        } else {
            conflict.wanted += cover_ports(&fixed, member->c.first, member->c.last, end);
        }
    }
    conflict.certainty = KPS_POSSIBLE;
    conflict.first = (uint16_t)links->hulls[root].first;
    conflict.last = (uint16_t)links->hulls[root].last;
    kps_detection_add(links->cluster->d, conflict, claims, n, n_edited);
}

static void judge_round(struct links *links, enum kind kind, kps_claim_id *claims)
{
    link_round(links, kind);
    for (uint32_t i = 0; i < links->n_pickers; i++) {
        uint32_t root = root_of(links, i);
        if (links->hulls[root].last) {
            report_group(links, root, claims);
            links->hulls[root].last = 0;
        }
    }
}

/* Report, pair by pair, where the choice of the engine can leave a claim without a port. */
static void judge_possible(struct cluster *cluster)
{
    struct kps_arena *scratch = cluster->d->scratch;
    uint32_t n = cluster->n_pickers + cluster->n_fixed;
    if (n < 2 || !take_budget(cluster, cluster->n_pickers)) {
        return;
    }
    struct links links = {.cluster = cluster,
                          .n_pickers = cluster->n_pickers,
                          .n = n,
                          .parent = KPS_NEW_N(scratch, uint32_t, n),
                          .members = KPS_NEW_N(scratch, const struct member *, n),
                          .hulls = KPS_NEW_N(scratch, struct hull, n),
                          .runs_out = KPS_NEW_N(scratch, bool, cluster->n_pickers),
                          .left_out = KPS_NEW_N(scratch, bool, n),
                          .skips = KPS_NEW_N(scratch, bool, n),
                          .is_never_picked = KPS_NEW_N(scratch, uint8_t, UINT16_MAX + 1),
                          .room = kps_matching_new(scratch, cluster->n_pickers, cluster->n_fixed)};
    bool has[KINDS] = {false};
    for (uint32_t i = 0; i < n; i++) {
        links.members[i] = member_at(cluster, i);
        has[kind_of(&links, links.members[i])] = true;
    }
    kps_claim_id *claims = KPS_NEW_N(scratch, kps_claim_id, n);
    for (enum kind kind = REQUESTED; kind < KINDS; kind++) {
        if (has[kind]) {
            judge_round(&links, kind, claims);
        }
    }
}

static void make_room(struct kps_detection *d)
{
    struct kps_pool_room *room = KPS_NEW(d->scratch, struct kps_pool_room);
    room->pickers = KPS_NEW_N(d->scratch, struct member, d->n_most);
    room->fixed = KPS_NEW_N(d->scratch, struct member, d->n_most);
    room->near = KPS_NEW_N(d->scratch, struct member, d->n_most);
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
 * Return: does the claim take part? The ports that a tenant requests and the ports that it already
 * holds are the same ports seen twice, so only the claims of its least basis count: else a project
 * that is up would need twice the room.
 */
static bool takes_part(const struct kps_pool_room *room, const struct kps_interval *c,
                       const struct kps_claim *claim)
{
    return (claim->flags & KPS_CLAIM_DERIVED) ||
           room->least_basis[c->party] == room->world * 4 + claim->basis;
}

static void add_member(struct member *list, uint32_t *n, const struct kps_interval *c,
                       const struct kps_claim *claim)
{
    uint64_t need = (uint64_t)claim->take * claim->copies;
    uint32_t width = kps_claim_width(claim);
    list[(*n)++] = (struct member){.c = *c,
                                   .owner = claim->owner,
                                   .need = need < width ? (uint32_t)need : width,
                                   .is_derived = claim->flags & KPS_CLAIM_DERIVED};
}

static bool is_left_out(const struct kps_claim *picker)
{
    return picker->basis == KPS_BOUND || (picker->flags & KPS_CLAIM_DERIVED);
}

static bool reaches_further(const struct member *a, const struct member *b)
{
    return a->c.last != b->c.last ? a->c.last > b->c.last : a->c.claim < b->c.claim;
}

static int by_reach(const void *left, const void *right)
{
    return reaches_further(left, right) ? -1 : 1;
}

static int by_first(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;
    int order = kps_order_compare(a->c.first, b->c.first);
    return order ? order : kps_order_compare(a->c.claim, b->c.claim);
}

/* Drop the fixed claims that end before the cluster. Return: how many are left. */
static uint32_t carry_over(struct member *near, uint32_t n, uint16_t first)
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

static void note_uncompared(const struct cluster *cluster)
{
    struct kps_detection *d = cluster->d;
    if (!cluster->is_uncompared) {
        return;
    }
    if (d->uncompared.wanted == 0) {
        const struct kps_interval *first = &cluster->pickers[0].c;
        kps_claim_id *claim = KPS_NEW(d->arena, kps_claim_id);
        *claim = first->claim;
        d->uncompared = cluster->scope;
        d->uncompared.kind = KPS_CONFLICT_UNCOMPARED;
        d->uncompared.first = first->first;
        d->uncompared.last = first->last;
        d->uncompared.claims = claim;
        d->uncompared.n_claims = 1;
    }
    d->uncompared.wanted += cluster->n_pickers;
}

static void judge_clusters(struct cluster all, struct member *near)
{
    struct cluster cluster = {.d = all.d, .scope = all.scope, .fixed = near};
    uint32_t next_fixed = 0;
    for (uint32_t from = 0, to = 0; from < all.n_pickers; from = to) {
        uint16_t last = all.pickers[from].c.last;
        for (to = from + 1; to < all.n_pickers && all.pickers[to].c.first <= last; to++) {
            last = all.pickers[to].c.last > last ? all.pickers[to].c.last : last;
        }
        cluster.pickers = &all.pickers[from];
        cluster.n_pickers = to - from;
        cluster.is_uncompared = false;
        cluster.n_fixed = carry_over(near, cluster.n_fixed, all.pickers[from].c.first);
        for (; next_fixed < all.n_fixed && all.fixed[next_fixed].c.first <= last; next_fixed++) {
            if (all.fixed[next_fixed].c.last >= all.pickers[from].c.first) {
                near[cluster.n_fixed++] = all.fixed[next_fixed];
            }
        }
        judge_certain(&cluster);
        judge_possible(&cluster);
        note_uncompared(&cluster);
    }
}

void kps_pool_detect(struct kps_detection *d, const struct kps_interval *pickers,
                     uint32_t n_pickers, const struct kps_interval *fixed, uint32_t n_fixed,
                     struct kps_conflict scope)
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
    struct cluster all = {.d = d, .scope = scope, .pickers = room->pickers, .fixed = room->fixed};
    for (uint32_t i = 0; i < n_pickers; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, pickers[i].claim);
        if (!is_left_out(claim) && takes_part(room, &pickers[i], claim)) {
            add_member(all.pickers, &all.n_pickers, &pickers[i], claim);
        }
    }
    for (uint32_t i = 0; i < n_fixed; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, fixed[i].claim);
        if (takes_part(room, &fixed[i], claim)) {
            add_member(all.fixed, &all.n_fixed, &fixed[i], claim);
        }
    }
    judge_clusters(all, room->near);
}
