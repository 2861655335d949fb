#include "core/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/order.h"

/*
 * How this works. Claims are grouped by namespace, protocol and port. Inside a group, claims with
 * the same likeness form a class: 20,000 Deployments of a chart are a single class, compared once.
 * Classes are compared pair by pair, except for classes with different values of a demanded
 * property (usually the node's name). Classes that can meet are joined; each joined set is a
 * conflict.
 */
struct class
{
    kps_claim_id one, two; /* a member; a member of another tenant, or 0 */
    struct kps_sv value;   /* the demanded value of the property that splits the group */
    uint32_t parent;       /* of the joined set */
    uint32_t edges;        /* to classes of its set, itself included */
    bool linked;
};

/* The strongest meeting of each joined set, kept at its root. */
struct best {
    kps_claim_id pair[2];
    struct kps_meeting meeting;
};

struct group {
    struct kps_detection *d;
    struct kps_arena *arena;
    const struct kps_place_rules *rules;
    struct kps_conflict scope;
    const kps_claim_id *claims; /* in ledger order */
    uint32_t n;
    uint32_t *class_of; /* by claim */
    KPS_VEC(struct class) classes;
    struct best *best;
    uint32_t *counted_in; /* by tenant: how many conflicts there were when it was counted last */
    uint64_t compared;
};

/* Compared pairs of classes in a group; a hostile file could need far more. */
static const uint64_t MOST_PAIRS = 3000 * 1000;

static kps_owner_id tenant_of(const struct kps_ledger *ledger, kps_claim_id claim)
{
    return kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, claim)->owner)->tenant;
}

static void classify_claims(struct group *g)
{
    const struct kps_ledger *ledger = g->d->ledger;
    struct kps_map by_likeness = {0};
    uint32_t details = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        details |= g->rules->details(ledger, g->claims[i]);
    }
    g->class_of = KPS_NEW_N(g->arena, uint32_t, g->n);
    struct kps_arena *words KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (uint32_t i = 0; i < g->n; i++) {
        struct kps_sv key = g->rules->likeness(ledger, g->claims[i], details, words);
        uint32_t at = kps_map_get(&by_likeness, key, g->classes.n);
        if (at == g->classes.n) {
            (void)kps_map_put(&by_likeness, g->arena, kps_sv_copy(g->arena, key), at);
            *kps_vec_push(&g->classes) = (struct class){.one = g->claims[i], .parent = at};
        }
        struct class *class = &g->classes.v[at];
        if (!class->two && tenant_of(ledger, class->one) != tenant_of(ledger, g->claims[i])) {
            class->two = g->claims[i];
        }
        g->class_of[i] = at;
        kps_arena_reset(words);
    }
}

static uint32_t root_of(struct group *g, uint32_t at)
{
    while (g->classes.v[at].parent != at) {
        g->classes.v[at].parent = g->classes.v[g->classes.v[at].parent].parent;
        at = g->classes.v[at].parent;
    }
    return at;
}

/* Pick members of different tenants, a member of each class. Return: false when there are none. */
static bool pick_pair(const struct group *g, uint32_t x, uint32_t y, kps_claim_id pair[2])
{
    const struct kps_ledger *ledger = g->d->ledger;
    const struct class *a = &g->classes.v[x];
    const struct class *b = &g->classes.v[y];
    pair[0] = a->one;
    pair[1] = x == y ? a->two : b->one;
    if (x != y && tenant_of(ledger, a->one) == tenant_of(ledger, b->one)) {
        pair[0] = a->two ? a->two : a->one;
        pair[1] = a->two ? b->one : b->two;
    }
    return pair[1] != 0;
}

/* Compare two classes, and join the sets of the two if they can meet. */
static void join_classes(struct group *g, uint32_t x, uint32_t y)
{
    kps_claim_id pair[2];
    g->compared++;
    if (!pick_pair(g, x, y, pair)) {
        return;
    }
    struct kps_meeting meeting = g->rules->meet(g->d->ledger, pair[0], pair[1]);
    if (meeting.meet == KPS_MEET_NEVER) {
        return;
    }
    uint32_t rx = root_of(g, x);
    uint32_t ry = root_of(g, y);
    g->classes.v[x].linked = true;
    g->classes.v[y].linked = true;
    g->classes.v[x].edges++;
    g->classes.v[y].edges += x == y ? 0 : 1;
    struct best winner =
        g->best[rx].meeting.meet >= g->best[ry].meeting.meet ? g->best[rx] : g->best[ry];
    if (meeting.meet > winner.meeting.meet) {
        winner = (struct best){{pair[0], pair[1]}, meeting};
    }
    g->classes.v[ry].parent = rx;
    g->best[rx] = winner;
}

/* Return the property whose value splits the classes best: demanded by the most classes. */
static struct kps_sv find_splitting_property(struct group *g)
{
    struct kps_map seen = {0};
    struct kps_sv most = g->rules->usual_property;
    uint32_t most_n = 0;
    for (uint32_t i = 0; i < g->classes.n; i++) {
        for (uint32_t k = 0;; k++) {
            struct kps_sv property = g->rules->property(g->d->ledger, g->classes.v[i].one, k);
            if (!property.p) {
                break;
            }
            uint32_t *count = kps_map_put(&seen, g->arena, property, 0);
            if (++*count > most_n) {
                most_n = *count;
                most = property;
            }
        }
    }
    return most;
}

/* Compare the classes with a chance to meet. Return: false when there are too many pairs. */
static bool compare_classes(struct group *g)
{
    struct kps_sv property = find_splitting_property(g);
    struct kps_map heads = {0}; /* value -> 1 + the class that demanded it last */
    uint32_t *before = KPS_NEW_N(g->arena, uint32_t, g->classes.n + 1);
    uint32_t last_open = 0; /* 1 + the last class without a value */
    for (uint32_t i = 0; i < g->classes.n && g->compared < MOST_PAIRS; i++) {
        struct class *class = &g->classes.v[i];
        class->value = g->rules->demand(g->d->ledger, class->one, property);
        join_classes(g, i, i);
        for (uint32_t k = last_open; k; k = before[k - 1]) {
            join_classes(g, k - 1, i);
        }
        if (class->value.n) {
            uint32_t *head = kps_map_put(&heads, g->arena, class->value, 0);
            for (uint32_t k = *head; k; k = before[k - 1]) {
                join_classes(g, k - 1, i);
            }
            before[i] = *head;
            *head = i + 1;
            continue;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (g->classes.v[k].value.n) {
                join_classes(g, k, i);
            }
        }
        before[i] = last_open;
        last_open = i + 1;
    }
    return g->compared < MOST_PAIRS;
}

/* Return: does every class of the set meet every other, so each copy needs a place of its own? */
static bool is_clique(struct group *g, uint32_t root)
{
    uint32_t classes = 0;
    for (uint32_t i = 0; i < g->classes.n; i++) {
        classes += g->classes.v[i].linked && root_of(g, i) == root ? 1 : 0;
    }
    for (uint32_t i = 0; i < g->classes.n; i++) {
        bool inside = g->classes.v[i].linked && root_of(g, i) == root;
        uint32_t own = g->classes.v[i].two ? 1 : 0;
        if (inside && g->classes.v[i].edges < classes - 1 + own) {
            return false;
        }
    }
    return true;
}

/* Count the copies of the last claim of each tenant. Return: whether each needs a place. */
static bool count_copies(struct group *g, struct kps_conflict *conflict)
{
    const struct kps_ledger *ledger = g->d->ledger;
    uint32_t number = g->d->found.n + 1;
    bool needs_places = true;
    for (uint32_t i = conflict->n_claims; i-- > 0;) {
        kps_claim_id id = conflict->claims[i];
        uint32_t *counted_in = &g->counted_in[tenant_of(ledger, id) - 1];
        if (*counted_in != number) {
            *counted_in = number;
            conflict->copies += kps_ledger_get_claim(ledger, id)->copies;
            needs_places = needs_places && g->rules->needs_place(ledger, id);
        }
    }
    return needs_places;
}

/* Add a conflict of claims[0 .. n), which are in order: the last comes first. */
static void add_conflict(struct group *g, struct kps_conflict conflict, kps_claim_id *claims,
                         uint32_t n)
{
    kps_claim_id last = claims[n - 1];
    memmove(claims + 1, claims, (n - 1) * sizeof(claims[0]));
    claims[0] = last;
    conflict.claims = claims;
    conflict.n_claims = n;
    conflict.certainty = conflict.meeting.meet == KPS_MEET_CERTAIN ? KPS_CERTAIN : KPS_POSSIBLE;
    *kps_vec_push(&g->d->found) = conflict;
}

static void add_set(struct group *g, uint32_t root)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        const struct class *class = &g->classes.v[g->class_of[i]];
        n += class->linked && root_of(g, g->class_of[i]) == root ? 1 : 0;
    }
    kps_claim_id *claims = KPS_NEW_N(g->d->arena, kps_claim_id, n);
    struct kps_conflict conflict = g->scope;
    conflict.claims = claims;
    for (uint32_t i = 0; i < g->n; i++) {
        const struct class *class = &g->classes.v[g->class_of[i]];
        if (class->linked && root_of(g, g->class_of[i]) == root) {
            claims[conflict.n_claims++] = g->claims[i];
        }
    }
    const struct best *best = &g->best[root];
    uint32_t places = kps_ledger_get_netns(g->d->ledger, conflict.netns)->places;
    conflict.kind = KPS_CONFLICT_OWNERS;
    conflict.pair[0] = best->pair[0];
    conflict.pair[1] = best->pair[1];
    conflict.meeting = best->meeting;
    bool needs_places = count_copies(g, &conflict) && best->meeting.by_count;
    if (places && conflict.copies > places && needs_places && is_clique(g, root)) {
        conflict.is_crowded = true;
        conflict.meeting.meet = KPS_MEET_CERTAIN;
    }
    add_conflict(g, conflict, claims, n);
}

/* Find claims whose copies can be at one place, as no scheduler keeps them apart. */
static void find_copies(struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        bool is_in_set = g->n > 1 && g->classes.v[g->class_of[i]].linked;
        struct kps_conflict conflict = g->scope;
        conflict.meeting.meet = KPS_MEET_NEVER;
        if (!is_in_set && kps_ledger_get_claim(g->d->ledger, g->claims[i])->copies > 1) {
            conflict.meeting = g->rules->meet(g->d->ledger, g->claims[i], g->claims[i]);
        }
        if (conflict.meeting.meet != KPS_MEET_NEVER) {
            kps_claim_id *claim = KPS_NEW(g->d->arena, kps_claim_id);
            *claim = g->claims[i];
            conflict.kind = KPS_CONFLICT_COPIES;
            conflict.pair[0] = *claim;
            conflict.pair[1] = *claim;
            conflict.copies = kps_ledger_get_claim(g->d->ledger, *claim)->copies;
            add_conflict(g, conflict, claim, 1);
        }
    }
}

static void judge_group(struct group *g)
{
    if (g->n > 1) {
        classify_claims(g);
        g->best = KPS_NEW_N(g->arena, struct best, g->classes.n);
        if (!compare_classes(g)) {
            struct kps_conflict conflict = g->scope;
            kps_claim_id *claim = KPS_NEW(g->d->arena, kps_claim_id);
            *claim = g->claims[0];
            conflict.kind = KPS_CONFLICT_UNCOMPARED;
            conflict.wanted = g->classes.n;
            add_conflict(g, conflict, claim, 1);
        }
        for (uint32_t i = 0; i < g->classes.n; i++) {
            if (g->classes.v[i].linked && root_of(g, i) == i) {
                add_set(g, i);
            }
        }
    }
    find_copies(g);
}

/* Claims in order of namespace, protocol and port, and inside a group in ledger order. */
struct place_key {
    kps_netns_id netns;
    uint32_t port; /* protocol and port */
    kps_claim_id claim;
};

static int compare_place_keys(const void *left, const void *right)
{
    const struct place_key *a = left;
    const struct place_key *b = right;
    int order = kps_order_compare(a->netns, b->netns);
    order = order ? order : kps_order_compare(a->port, b->port);
    return order ? order : kps_order_compare(a->claim, b->claim);
}

static bool is_of_place(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    return kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_NODE &&
           kps_claim_is_live(claim) && !(claim->flags & KPS_CLAIM_REPRESENTED) &&
           kps_ledger_get_owner(ledger, claim->owner)->cls->places;
}

/* Return the claims at places, sorted by group. */
static struct place_key *sort_claims(struct kps_detection *d, uint32_t *ret_n)
{
    const struct kps_ledger *ledger = d->ledger;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        n += is_of_place(ledger, &ledger->claims.v[i]) ? 1 : 0;
    }
    *ret_n = n;
    if (n == 0) {
        return NULL;
    }
    struct place_key *keys = KPS_NEW_N(d->scratch, struct place_key, n);
    n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        if (is_of_place(ledger, claim)) {
            uint32_t port = (uint32_t)claim->protocol << 16 | claim->first;
            keys[n++] = (struct place_key){claim->netns, port, i + 1};
        }
    }
    qsort(keys, n, sizeof(keys[0]), compare_place_keys);
    return keys;
}

void kps_place_detect(struct kps_detection *d)
{
    uint32_t n = 0;
    const struct place_key *keys = sort_claims(d, &n);
    struct kps_arena *of_group KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_claim_id *claims = n ? KPS_NEW_N(d->scratch, kps_claim_id, n) : NULL;
    uint32_t *counted_in = n ? KPS_NEW_N(d->scratch, uint32_t, d->ledger->owners.n) : NULL;
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        const struct kps_claim *head = kps_ledger_get_claim(d->ledger, keys[from].claim);
        struct group g = {.d = d,
                          .arena = of_group,
                          .rules = kps_ledger_get_owner(d->ledger, head->owner)->cls->places,
                          .scope = {.netns = head->netns,
                                    .protocol = head->protocol,
                                    .first = head->first,
                                    .last = head->last},
                          .claims = claims,
                          .counted_in = counted_in};
        for (; to < n && keys[to].netns == keys[from].netns && keys[to].port == keys[from].port;
             to++) {
            claims[g.n++] = keys[to].claim;
        }
        judge_group(&g);
        kps_vec_free(&g.classes);
        kps_arena_reset(of_group);
    }
}
