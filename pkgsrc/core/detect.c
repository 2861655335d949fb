#include "core/detect.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/order.h"
#include "core/double_entries.h"
#include "core/in_use.h"
#include "core/interval.h"
#include "core/place.h"
#include "core/pool.h"

static bool is_picker(const struct kps_claim *claim)
{
    return claim->take < kps_claim_width(claim);
}

/*
 * Return: would the user rather edit claim `a` than the earlier claim `b`? See kps_conflict.claims.
 */
static bool is_edited_first(const struct kps_claim *a, const struct kps_claim *b,
                            enum kps_conflict_kind kind)
{
    if (kind == KPS_CONFLICT_POOL && is_picker(a) != is_picker(b)) {
        return is_picker(a);
    }
    if (a->basis != b->basis) {
        return a->basis < b->basis;
    }
    bool a_derived = a->flags & KPS_CLAIM_DERIVED;
    bool b_derived = b->flags & KPS_CLAIM_DERIVED;
    if (a_derived != b_derived) {
        return b_derived;
    }
    return a->certainty >= b->certainty;
}

void kps_detection_add(struct kps_detection *d, struct kps_conflict conflict,
                       const kps_claim_id *claims, uint32_t n, uint32_t n_edited)
{
    kps_claim_id *own = KPS_NEW_N(d->arena, kps_claim_id, n);
    kps_claim_id best = claims[0];
    for (uint32_t i = 1; i < (n_edited ? n_edited : n); i++) {
        /* compared in ledger order, so that of two alike the later claim is edited */
        kps_claim_id older = claims[i] < best ? claims[i] : best;
        kps_claim_id newer = claims[i] < best ? best : claims[i];
        best = is_edited_first(kps_ledger_get_claim(d->ledger, newer),
                               kps_ledger_get_claim(d->ledger, older), conflict.kind)
                   ? newer
                   : older;
    }
    memcpy(own, claims, n * sizeof(own[0]));
    qsort(own, n, sizeof(own[0]), kps_order_u32);
    uint32_t at = 0;
    while (own[at] != best) {
        at++;
    }
    memmove(own + 1, own, at * sizeof(own[0]));
    own[0] = best;
    conflict.claims = own;
    conflict.n_claims = n;
    *kps_vec_push(&d->found) = conflict;
}

/*
 * The road of every claim: live claims become intervals, sorted by (namespace, protocol, first
 * port). Each namespace and protocol is a world of its own, with five questions: which ports meet
 * the ports of another tenant; where does a derived claim meet another claim; where does a
 * requested claim meet an existing claim; where does an owner meet itself; are the ranges wide
 * enough for all.
 */
struct world {
    struct kps_conflict scope; /* namespace and protocol of the conflicts */
    bool is_host, any_there, any_asks;
    struct kps_interval *fixed, *pickers,
        *asked; /* asked: the contenders of the question at hand */
    uint32_t n_fixed, n_pickers;
    /* Lists of the claims of an owner or a group: 1 + an index of `fixed`; 0: none, or the end. */
    uint32_t *first_of; /* by owner or group; zero between questions */
    uint32_t *next_of;  /* by index of `fixed` */
};

static const struct kps_claim *claim_of(const struct kps_detection *d, const struct kps_interval *c)
{
    return kps_ledger_get_claim(d->ledger, c->claim);
}

/* Number the slots of the addresses: equal single addresses share a number. */
static uint32_t *number_addresses(struct kps_detection *d)
{
    struct kps_map seen = {0};
    uint32_t *slots = KPS_NEW_N(d->scratch, uint32_t, d->ledger->claims.n);
    d->n_slots = KPS_SLOT_SINGLE;
    for (uint32_t i = 0; i < d->ledger->claims.n; i++) {
        const struct kps_addr *addr = &d->ledger->claims.v[i].addr;
        switch (addr->kind) {
        case KPS_ADDR_EVERY:
            slots[i] = KPS_SLOT_EVERY;
            break;
        case KPS_ADDR_ANY4:
            slots[i] = KPS_SLOT_ANY4;
            break;
        case KPS_ADDR_ANY6:
            slots[i] = KPS_SLOT_ANY6;
            break;
        case KPS_ADDR_ONE4:
        case KPS_ADDR_ONE6: {
            /* an IPv4 address is looked up by its four bytes, so never equals an IPv6 address */
            struct kps_sv key = {(const char *)addr->bytes,
                                 addr->kind == KPS_ADDR_ONE4 ? 4 : sizeof(addr->bytes)};
            slots[i] = *kps_map_put(&seen, d->scratch, key, d->n_slots);
            d->n_slots += slots[i] == d->n_slots;
            break;
        }
        }
    }
    return slots;
}

static struct kps_interval contender_of(const struct kps_detection *d, kps_claim_id id,
                                        const uint32_t *slots)
{
    const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, id);
    bool held = claim->basis == KPS_BOUND;
    return (struct kps_interval){
        .claim = id,
        .party = kps_ledger_get_owner(d->ledger, claim->owner)->tenant,
        .slot = slots[id - 1],
        .first = claim->first,
        .last = claim->last,
        .addr_kind = (uint8_t)claim->addr.kind,
        .side = held,
        .meets = held ? KPS_SIDE_0 : KPS_SIDE_ANY,
        .certainty = (uint8_t)kps_in_use_certainty(d->ledger, claim),
        .is_there = kps_ledger_get_owner(d->ledger, claim->owner)->cls->when_held != KPS_RULE_NONE,
        .is_derived = (claim->flags & KPS_CLAIM_DERIVED) != 0};
}

static void find_copies(struct kps_detection *d, struct kps_conflict scope,
                        const struct kps_interval *c)
{
    const struct kps_claim *claim = claim_of(d, c);
    uint64_t wanted = (uint64_t)claim->take * claim->copies;
    if (wanted <= kps_claim_width(claim) || claim->basis == KPS_BOUND) {
        return;
    }
    scope.kind = KPS_CONFLICT_COPIES;
    scope.certainty = (enum kps_certainty)claim->certainty;
    scope.first = claim->first;
    scope.last = claim->last;
    scope.wanted = wanted > UINT32_MAX ? UINT32_MAX : (uint32_t)wanted;
    scope.available = kps_claim_width(claim);
    kps_detection_add(d, scope, &c->claim, 1, 0);
}

bool kps_detect_has_one_group(const struct kps_ledger *ledger, const struct kps_conflict *conflict)
{
    const struct kps_owner *first = NULL;
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_owner *owner =
            kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, conflict->claims[i])->owner);
        first = first ? first : owner;
        if (owner->ties->group_file != first->ties->group_file ||
            !kps_sv_eq(kps_owner_group(owner), kps_owner_group(first))) {
            return false;
        }
    }
    return true;
}

/* Drop the conflicts of a single group from `from` on, unless each is one. Return: is any left? */
static bool drop_inside_groups(struct kps_detection *d, uint32_t from)
{
    uint32_t kept = from;
    for (uint32_t i = from; i < d->found.n; i++) {
        if (!kps_detect_has_one_group(d->ledger, &d->found.v[i])) {
            d->found.v[kept++] = d->found.v[i];
        }
    }
    bool is_any_left = kept > from;
    d->found.n = is_any_left ? kept : d->found.n;
    return is_any_left;
}

/* Put the fixed claim `i` in front of a list. */
static void link_claim(struct world *world, uint32_t list, uint32_t i)
{
    world->next_of[i] = world->first_of[list];
    world->first_of[list] = i + 1;
}

/* Copy a list that begins with claim `i` to `asked` and empty the list. Return: its length; 0 for a
 * list with another beginning. */
static uint32_t take_list(struct world *world, uint32_t list, uint32_t i)
{
    uint32_t n = 0;
    if (world->first_of[list] != i + 1) {
        return 0;
    }
    for (uint32_t at = i + 1; at; at = world->next_of[at - 1]) {
        world->asked[n++] = world->fixed[at - 1];
    }
    world->first_of[list] = 0;
    return n;
}

/* Return: a number of the claim's group. */
static uint32_t number_group(struct kps_detection *d, struct kps_map *groups,
                             const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(d->ledger, claim->owner);
    struct kps_sv name = kps_owner_group(owner);
    struct kps_sv key = kps_fmt(d->scratch, "%u %.*s", owner->ties->group_file, SV_ARG(name));
    return *kps_map_put(groups, d->scratch, key, groups->n);
}

/*
 * Find the clashes inside of each group once groups clash with each other: a clash of two projects
 * must not hide a clash of one project with itself. The conflicts from `from` on are those of the
 * namespace as a whole.
 */
static void find_inside_groups(struct kps_detection *d, struct world *world, uint32_t from)
{
    struct kps_map groups = {0};
    if (!world->is_host || !drop_inside_groups(d, from)) {
        return;
    }
    uint32_t *lists = KPS_NEW_N(d->scratch, uint32_t, world->n_fixed + 1);
    for (uint32_t i = world->n_fixed; i-- > 0;) {
        if (!world->fixed[i].is_there && !world->fixed[i].is_derived) {
            lists[i] = number_group(d, &groups, claim_of(d, &world->fixed[i]));
            link_claim(world, lists[i], i);
        }
    }
    for (uint32_t i = 0; i < world->n_fixed && groups.n; i++) {
        uint32_t n = take_list(world, lists[i], i);
        if (n > 1) {
            kps_interval_sweep(d, world->asked, n, world->scope);
        }
    }
}

/* Find clashes among requested claims, or among existing claims. */
static void find_between_tenants(struct kps_detection *d, struct world *world, bool there)
{
    uint32_t n = 0;
    uint32_t n_found = d->found.n;
    bool any_derived = false;
    for (uint32_t i = 0; i < world->n_fixed; i++) {
        const struct kps_interval *c = &world->fixed[i];
        if (c->is_there != there) {
            continue;
        }
        any_derived |= c->is_derived;
        if (!c->is_derived || !world->is_host) {
            world->asked[n++] = *c;
        }
    }
    world->scope.kind = KPS_CONFLICT_OWNERS;
    kps_interval_sweep(d, world->asked, n, world->scope);
    if (!there) {
        find_inside_groups(d, world, n_found);
    }
    if (!any_derived || !world->is_host) {
        return;
    }
    n = 0;
    for (uint32_t i = 0; i < world->n_fixed; i++) {
        if (world->fixed[i].is_there == there) {
            world->asked[n] = world->fixed[i];
            world->asked[n].side = world->fixed[i].is_derived ? 0 : 1;
            world->asked[n].meets = world->fixed[i].is_derived ? KPS_SIDE_ANY : KPS_SIDE_0;
            n++;
        }
    }
    kps_interval_sweep(d, world->asked, n, world->scope);
}

/* Derived claims, on either side, form conflicts of their own. */
enum round { NOTHING_DERIVED, DERIVED_ASKS, DERIVED_IS_THERE, ROUNDS };

static bool takes_part(const struct kps_interval *c, enum round round)
{
    switch (round) {
    case NOTHING_DERIVED:
        return !c->is_derived;
    case DERIVED_ASKS:
        return c->is_there || c->is_derived;
    case DERIVED_IS_THERE:
        return c->is_there == c->is_derived;
    case ROUNDS:
        break;
    }
    return false;
}

/* Find clashes of requested claims with existing claims. */
static void find_taken(struct kps_detection *d, struct world *world)
{
    world->scope.kind = KPS_CONFLICT_IN_USE;
    for (enum round round = NOTHING_DERIVED; round < ROUNDS; round++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < world->n_fixed; i++) {
            if (takes_part(&world->fixed[i], round)) {
                world->asked[n] = world->fixed[i];
                world->asked[n].side = world->fixed[i].is_there;
                world->asked[n].meets = world->fixed[i].is_there ? KPS_SIDE_0 : KPS_SIDE_1;
                n++;
            }
        }
        kps_interval_sweep(d, world->asked, n, world->scope);
    }
}

static void find_within_owners(struct kps_detection *d, struct world *world)
{
    for (uint32_t i = world->n_fixed; i-- > 0;) {
        if (!world->fixed[i].is_derived) {
            link_claim(world, claim_of(d, &world->fixed[i])->owner - 1, i);
        }
    }
    world->scope.kind = KPS_CONFLICT_WITHIN;
    for (uint32_t i = 0; i < world->n_fixed; i++) {
        uint32_t n = take_list(world, claim_of(d, &world->fixed[i])->owner - 1, i);
        for (uint32_t k = 0; k < n; k++) {
            world->asked[k].party = k + 1;
        }
        if (n > 1) {
            kps_interval_sweep(d, world->asked, n, world->scope);
        }
    }
}

/*
 * For a requested range the ports of a stopped container do not count: the engine takes any free
 * port at the start.
 */
static void find_pools(struct kps_detection *d, struct world *world)
{
    const struct kps_interval *fixed = world->fixed;
    uint32_t n_fixed = world->n_fixed;
    if (world->any_there && world->any_asks) {
        n_fixed = 0;
        for (uint32_t i = 0; i < world->n_fixed; i++) {
            if (!world->fixed[i].is_there || claim_of(d, &world->fixed[i])->basis == KPS_BOUND) {
                world->asked[n_fixed++] = world->fixed[i];
            }
        }
        fixed = world->asked;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < world->n_pickers; i++) {
            if (!world->pickers[i].is_there) {
                world->pickers[kept++] = world->pickers[i];
            }
        }
        world->n_pickers = kept;
    }
    world->scope.kind = KPS_CONFLICT_POOL;
    kps_pool_detect(d, world->pickers, world->n_pickers, fixed, n_fixed, world->scope);
}

static void judge_world(struct kps_detection *d, struct world *world)
{
    for (uint32_t i = 0; i < world->n_fixed; i++) {
        find_copies(d, world->scope, &world->fixed[i]);
    }
    for (uint32_t i = 0; i < world->n_pickers; i++) {
        find_copies(d, world->scope, &world->pickers[i]);
    }
    find_between_tenants(d, world, false);
    if (world->any_there) {
        find_between_tenants(d, world, true);
    }
    if (world->any_there && world->any_asks) {
        find_taken(d, world);
    }
    find_within_owners(d, world);
    find_pools(d, world);
}

static int in_order_of_ports(const void *left, const void *right)
{
    const struct kps_conflict *a = left;
    const struct kps_conflict *b = right;
    const uint32_t keys[][2] = {{a->netns, b->netns},
                                {a->protocol, b->protocol},
                                {a->first, b->first},
                                {a->last, b->last},
                                {a->kind, b->kind},
                                {a->claims[0], b->claims[0]},
                                {a->n_claims, b->n_claims},
                                {a->certainty, b->certainty},
                                {a->claims[a->n_claims > 1], b->claims[b->n_claims > 1]}};
    for (size_t i = 0; i < KPS_COUNT(keys); i++) {
        int order = kps_order_compare(keys[i][0], keys[i][1]);
        if (order) {
            return order;
        }
    }
    return memcmp(a->claims, b->claims, a->n_claims * sizeof(a->claims[0]));
}

static struct kps_conflicts sort_found(struct kps_detection *d)
{
    if (d->uncompared.wanted) {
        *kps_vec_push(&d->found) = d->uncompared;
    }
    struct kps_conflicts conflicts = {NULL, d->found.n};
    if (d->found.n) {
        qsort(d->found.v, d->found.n, sizeof(d->found.v[0]), in_order_of_ports);
        struct kps_conflict *v = KPS_NEW_N(d->arena, struct kps_conflict, d->found.n);
        memcpy(v, d->found.v, d->found.n * sizeof(v[0]));
        conflicts.v = v;
    }
    kps_vec_free(&d->found);
    return conflicts;
}

/* The keys of the claims to look at, sorted: namespace, protocol, first port, and beside them the
 * claim's index. */
struct sort_key {
    uint32_t world; /* namespace and protocol */
    kps_claim_id claim;
    uint16_t first;
};

struct sort_keys {
    KPS_VEC(struct sort_key) list;
};

enum { DIGIT = 256 };

static uint32_t digit_of(const struct sort_key *key, uint32_t place)
{
    return (uint32_t)(((uint64_t)key->world << 16 | key->first) >> (place * 8)) % DIGIT;
}

/* Sort the keys, whose claims rise, digit by digit. */
static void sort_keys(struct sort_key *keys, uint32_t n)
{
    KPS_CLEANUP(kps_arena_cleanup) struct kps_arena *arena = kps_arena_new();
    struct sort_key *sorted = KPS_NEW_N(arena, struct sort_key, n);
    for (uint32_t place = 0; place < 6 && n; place++) {
        uint32_t next[DIGIT + 1] = {0}; /* by digit: where its next key goes */
        for (uint32_t i = 0; i < n; i++) {
            next[digit_of(&keys[i], place) + 1]++;
        }
        if (next[digit_of(&keys[0], place) + 1] == n) {
            continue; /* all have this digit */
        }
        for (uint32_t i = 1; i < DIGIT; i++) {
            next[i] += next[i - 1];
        }
        for (uint32_t i = 0; i < n; i++) {
            sorted[next[digit_of(&keys[i], place)]++] = keys[i];
        }
        memcpy(keys, sorted, n * sizeof(keys[0]));
    }
}

/*
 * Return: does another claim stand for this one: of the container, or of the service in the file?
 */
static bool is_stood_for(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    kps_owner_id tenant = kps_ledger_get_owner(ledger, claim->owner)->tenant;
    if (tenant == claim->owner || !(claim->flags & (KPS_CLAIM_PUBLISHED | KPS_CLAIM_RELAYED))) {
        return false;
    }
    return claim->flags & KPS_CLAIM_RELAYED ||
           kps_ledger_get_owner(ledger, tenant)->cls->is_renewed;
}

/*
 * Return: do ports and addresses alone decide in the claim's namespace, and does its adapter leave
 * this to the core?
 */
static bool is_compared(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    enum kps_netns_kind kind = kps_ledger_get_netns(ledger, claim->netns)->kind;
    const struct kps_owner_class *cls = kps_ledger_get_owner(ledger, claim->owner)->cls;
    return kind == KPS_NETNS_HOST || (kind == KPS_NETNS_PRIVATE && !cls->judges_namespace);
}

/* Fill `keys` with the claims to look at: few or none of a cluster. */
static void sort_claims(struct kps_detection *d, struct sort_keys *keys)
{
    for (uint32_t i = 0; i < d->ledger->claims.n; i++) {
        const struct kps_claim *claim = &d->ledger->claims.v[i];
        bool counts = is_compared(d->ledger, claim) && kps_claim_is_live(claim) &&
                      !is_stood_for(d->ledger, claim);
        if (counts) {
            KPS_ASSERT(claim->netns < 1U << 24);
            uint32_t world = claim->netns << 8 | claim->protocol;
            kps_vec_append(&keys->list, (struct sort_key){world, i + 1, claim->first});
        }
    }
    d->n_most = keys->list.n;
    sort_keys(keys->list.v, keys->list.n);
}

static void judge_worlds(struct kps_detection *d, const struct sort_key *keys,
                         const uint32_t *slots)
{
    struct world world = {.fixed = KPS_NEW_N(d->scratch, struct kps_interval, d->n_most),
                          .asked = KPS_NEW_N(d->scratch, struct kps_interval, d->n_most),
                          .first_of = KPS_NEW_N(d->scratch, uint32_t, d->ledger->owners.n),
                          .next_of = KPS_NEW_N(d->scratch, uint32_t, d->n_most)};
    for (uint32_t from = 0, to = 0; from < d->n_most; from = to) {
        const struct kps_claim *head = kps_ledger_get_claim(d->ledger, keys[from].claim);
        world.scope = (struct kps_conflict){.netns = head->netns, .protocol = head->protocol};
        world.is_host = kps_ledger_get_netns(d->ledger, head->netns)->kind == KPS_NETNS_HOST;
        world.n_fixed = 0;
        world.n_pickers = 0;
        world.any_there = false;
        world.any_asks = false;
        uint32_t n_fixed = 0;
        for (; to < d->n_most && keys[to].world == keys[from].world; to++) {
            n_fixed += is_picker(kps_ledger_get_claim(d->ledger, keys[to].claim)) ? 0 : 1;
        }
        world.pickers = world.fixed + n_fixed;
        for (uint32_t i = from; i < to; i++) {
            struct kps_interval c = contender_of(d, keys[i].claim, slots);
            world.any_there |= c.is_there;
            world.any_asks |= !c.is_there;
            if (is_picker(claim_of(d, &c))) {
                world.pickers[world.n_pickers++] = c;
            } else {
                world.fixed[world.n_fixed++] = c;
            }
        }
        judge_world(d, &world);
    }
}

struct kps_conflicts kps_detect(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    KPS_CLEANUP(kps_arena_cleanup) struct kps_arena *scratch = kps_arena_new();
    struct kps_detection d = {.ledger = ledger, .arena = arena, .scratch = scratch};
    struct sort_keys keys = {0};
    sort_claims(&d, &keys);
    if (d.n_most) {
        const uint32_t *slots = number_addresses(&d);
        kps_detection_start(&d);
        judge_worlds(&d, keys.list.v, slots);
    }
    kps_vec_free(&keys.list);
    kps_double_entries_detect(&d);
    kps_place_detect(&d);
    return sort_found(&d);
}
