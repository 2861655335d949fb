#include "core/port_use.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/order.h"
#include "core/detect.h"
#include "model/ports.h"

/* A claim on its way into a port use. */
struct entry {
    const struct kps_claim *claim;
    kps_claim_id id;
    kps_owner_id tenant;
    bool is_helper; /* made by an owner that stands for the tenant */
};

struct grouping {
    struct kps_arena *arena;
    struct kps_port_use *holdings;
    size_t n_holdings;
    size_t
        tenant_start; /* where the holdings of the present tenant, namespace and protocol begin */
};

static int by_group(const struct entry *a, const struct entry *b)
{
    int by = kps_order_compare(a->claim->netns, b->claim->netns);
    by = by ? by : kps_order_compare(a->claim->protocol, b->claim->protocol);
    return by ? by : kps_order_compare(a->tenant, b->tenant);
}

static int by_tenant(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int by = by_group(a, b);
    by = by ? by : kps_order_compare(a->is_helper, b->is_helper);
    by = by ? by : kps_order_compare(a->claim->first, b->claim->first);
    by = by ? by : kps_order_compare(a->claim->last, b->claim->last);
    by = by ? by : kps_order_compare(a->claim->target_first, b->claim->target_first);
    by = by ? by : kps_order_compare(a->claim->basis, b->claim->basis);
    return by ? by : kps_order_compare(a->id, b->id);
}

static bool is_same_holding(const struct entry *a, const struct entry *b)
{
    return by_group(a, b) == 0 && a->is_helper == b->is_helper &&
           a->claim->first == b->claim->first && a->claim->last == b->claim->last &&
           a->claim->target_first == b->claim->target_first && a->claim->basis == b->claim->basis;
}

static bool has_addr(const struct kps_addr *addrs, uint32_t n, const struct kps_addr *addr)
{
    for (uint32_t i = 0; i < n; i++) {
        if (kps_addr_eq(&addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

static bool has_owner(const kps_owner_id *owners, uint32_t n, kps_owner_id owner)
{
    for (uint32_t i = 0; i < n; i++) {
        if (owners[i] == owner) {
            return true;
        }
    }
    return false;
}

/* Most addresses or helpers of a port use; a port with more is a curiosity. */
enum { MOST_NAMED = 64 };

static void add_addr(struct kps_arena *arena, struct kps_port_use *holding,
                     const struct kps_addr *addr)
{
    uint32_t n = holding->n_addrs;
    if (n >= MOST_NAMED || has_addr(holding->addrs, n, addr)) {
        return;
    }
    struct kps_addr *addrs = KPS_NEW_N(arena, struct kps_addr, (size_t)n + 1);
    if (n) {
        memcpy(addrs, holding->addrs, n * sizeof(addrs[0]));
    }
    addrs[n] = *addr;
    holding->addrs = addrs;
    holding->n_addrs = n + 1;
}

static void add_helper(struct kps_arena *arena, struct kps_port_use *holding, kps_owner_id owner)
{
    uint32_t n = holding->n_helpers;
    if (n >= MOST_NAMED || has_owner(holding->helpers, n, owner)) {
        return;
    }
    kps_owner_id *helpers = KPS_NEW_N(arena, kps_owner_id, (size_t)n + 1);
    if (n) {
        memcpy(helpers, holding->helpers, n * sizeof(helpers[0]));
    }
    helpers[n] = owner;
    holding->helpers = helpers;
    holding->n_helpers = n + 1;
}

static struct kps_port_use *begin_use(struct grouping *g, const struct entry *entry)
{
    const struct kps_claim *claim = entry->claim;
    struct kps_port_use *holding = &g->holdings[g->n_holdings++];
    *holding = (struct kps_port_use){.tenant = entry->tenant,
                                     .claim = entry->id,
                                     .netns = claim->netns,
                                     .protocol = claim->protocol,
                                     .basis = claim->basis,
                                     .certainty = claim->certainty,
                                     .is_remnant = claim->flags & KPS_CLAIM_REMNANT,
                                     .first = claim->first,
                                     .last = claim->last,
                                     .target_first = claim->target_first,
                                     .target_last = claim->target_last,
                                     .take = claim->take};
    return holding;
}

/* Return: the tenant's own port use of a helper's port; NULL when there is none. */
static struct kps_port_use *own_holding(const struct grouping *g, const struct kps_claim *claim)
{
    for (size_t i = g->n_holdings; i-- > g->tenant_start;) {
        struct kps_port_use *holding = &g->holdings[i];
        if (holding->basis == KPS_BOUND && holding->first <= claim->first &&
            claim->last <= holding->last) {
            return holding;
        }
    }
    return NULL;
}

static void add_entry(struct grouping *g, const struct entry *entry, const struct entry *before)
{
    if (!before || by_group(before, entry) != 0) {
        g->tenant_start = g->n_holdings;
    }
    struct kps_port_use *holding = entry->is_helper ? own_holding(g, entry->claim) : NULL;
    if (holding) {
        add_helper(g->arena, holding, entry->claim->owner);
        return;
    }
    holding = before && g->n_holdings > g->tenant_start && is_same_holding(before, entry)
                  ? &g->holdings[g->n_holdings - 1]
                  : begin_use(g, entry);
    add_addr(g->arena, holding, &entry->claim->addr);
    if (entry->is_helper) {
        add_helper(g->arena, holding, entry->claim->owner);
    }
    holding->certainty =
        entry->claim->certainty > holding->certainty ? entry->claim->certainty : holding->certainty;
    holding->is_remnant = holding->is_remnant && (entry->claim->flags & KPS_CLAIM_REMNANT);
}

static bool *find_contended(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    bool *is_contended = KPS_NEW_N(arena, bool, (size_t)ledger->claims.n + 1);
    struct kps_conflicts conflicts = kps_detect(ledger, arena);
    for (size_t i = 0; i < conflicts.n; i++) {
        bool is_compared = conflicts.v[i].kind != KPS_CONFLICT_UNCOMPARED;
        for (uint32_t k = 0; is_compared && k < conflicts.v[i].n_claims; k++) {
            is_contended[conflicts.v[i].claims[k]] = true;
        }
    }
    return is_contended;
}

static int by_port(const void *left, const void *right, void *context)
{
    const struct kps_ledger *ledger = context;
    const struct kps_port_use *a = left;
    const struct kps_port_use *b = right;
    bool a_boxed = kps_ledger_get_owner(ledger, a->tenant)->kind != KPS_OWNER_PROCESS;
    bool b_boxed = kps_ledger_get_owner(ledger, b->tenant)->kind != KPS_OWNER_PROCESS;
    int by = kps_order_compare(a->first, b->first);
    by = by ? by : kps_order_compare(a->last, b->last);
    by = by ? by : kps_order_compare(a->protocol, b->protocol);
    by = by ? by : kps_order_compare(b->basis, a->basis);
    by = by ? by : kps_order_compare(b_boxed, a_boxed);
    return by ? by : kps_order_compare(a->claim, b->claim);
}

struct kps_port_uses kps_port_uses_of(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    struct entry *entries = KPS_NEW_N(arena, struct entry, (size_t)ledger->claims.n + 1);
    size_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        kps_owner_id tenant = kps_ledger_get_owner(ledger, claim->owner)->tenant;
        if (claim->copies && !(claim->flags & KPS_CLAIM_DISCARDED)) {
            entries[n++] = (struct entry){claim, i + 1, tenant, tenant != claim->owner};
        }
    }
    qsort(entries, n, sizeof(entries[0]), by_tenant);
    struct grouping g = {.arena = arena};
    g.holdings = KPS_NEW_N(arena, struct kps_port_use, n + 1);
    const bool *is_contended = find_contended(ledger, arena);
    for (size_t i = 0; i < n; i++) {
        add_entry(&g, &entries[i], i ? &entries[i - 1] : NULL);
        struct kps_port_use *last = &g.holdings[g.n_holdings - 1];
        last->is_contended =
            last->is_contended ||
            (last->basis == KPS_PENDING && !entries[i].is_helper && is_contended[entries[i].id]);
    }
    struct kps_ledger context = *ledger;
    qsort_r(g.holdings, g.n_holdings, sizeof(g.holdings[0]), by_port, &context);
    return (struct kps_port_uses){g.holdings, g.n_holdings};
}

/* A port use of a list, with its place there. */
struct block {
    struct kps_port_use use;
    size_t order;
};

/* Compare the members that a block has in common. */
static int by_block(const struct kps_port_use *a, const struct kps_port_use *b)
{
    int by = kps_order_compare(a->netns, b->netns);
    by = by ? by : kps_order_compare(a->tenant, b->tenant);
    by = by ? by : kps_order_compare(a->protocol, b->protocol);
    by = by ? by : kps_order_compare(a->basis, b->basis);
    by = by ? by : kps_order_compare(a->certainty, b->certainty);
    by = by ? by : kps_order_compare(a->is_remnant, b->is_remnant);
    return by ? by : kps_order_compare(a->is_contended, b->is_contended);
}

static int by_block_and_port(const void *left, const void *right)
{
    const struct kps_port_use *a = &((const struct block *)left)->use;
    const struct kps_port_use *b = &((const struct block *)right)->use;
    int by = by_block(a, b);
    by = by ? by : kps_order_compare(a->first, b->first);
    by = by ? by : kps_order_compare(a->last, b->last);
    by = by ? by : kps_order_compare(a->target_first, b->target_first);
    by = by ? by : kps_order_compare(a->target_last, b->target_last);
    return by ? by : kps_order_compare(a->claim, b->claim);
}

static int by_order(const void *left, const void *right)
{
    const struct block *a = left;
    const struct block *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

static bool has_same_addrs(const struct kps_port_use *a, const struct kps_port_use *b)
{
    bool is_same = a->n_addrs == b->n_addrs;
    for (uint32_t i = 0; i < a->n_addrs && is_same; i++) {
        is_same = has_addr(b->addrs, b->n_addrs, &a->addrs[i]);
    }
    return is_same;
}

/* Return: whether all ports of the use are meant, not any of them. */
static bool is_whole(const struct kps_port_use *use)
{
    return use->last && use->take == (uint32_t)(use->last - use->first) + 1;
}

/* Return: whether `next` goes on where `before` ends, on the same addresses. */
static bool continues_block(const struct kps_port_use *before, const struct kps_port_use *next)
{
    bool is_beside = before->last + 1 == next->first && is_whole(before) && is_whole(next);
    bool has_no_target = before->target_first == 0 && next->target_first == 0;
    bool is_target_beside = before->target_first && before->target_last + 1 == next->target_first;
    return is_beside && (has_no_target || is_target_beside) && has_same_addrs(before, next);
}

/* Return: the block that the use joins; NULL: none. Only the blocks of the last ports come into
 * question. */
static struct block *find_block(struct block *blocks, size_t n, const struct kps_port_use *use,
                                bool joins_ports)
{
    enum { MOST = 16 };
    for (size_t i = n; i > 0 && n - i < MOST && by_block(&blocks[i - 1].use, use) == 0; i--) {
        struct kps_port_use *last = &blocks[i - 1].use;
        bool is_same = last->first == use->first && last->last == use->last && last->last &&
                       last->target_first == use->target_first &&
                       last->target_last == use->target_last && last->take == use->take;
        if (joins_ports ? continues_block(last, use) : is_same) {
            return &blocks[i - 1];
        }
    }
    return NULL;
}

/* Join neighbours among the sorted blocks, in place. Return: how many are left. */
static size_t join_blocks(struct block *blocks, size_t n, struct kps_arena *arena, bool joins_ports)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct kps_port_use *use = &blocks[i].use;
        struct block *block = find_block(blocks, kept, use, joins_ports);
        if (!block) {
            blocks[kept++] = blocks[i];
            continue;
        }
        block->order = block->order < blocks[i].order ? block->order : blocks[i].order;
        for (uint32_t k = 0; k < use->n_addrs; k++) {
            add_addr(arena, &block->use, &use->addrs[k]);
        }
        for (uint32_t k = 0; k < use->n_helpers; k++) {
            add_helper(arena, &block->use, use->helpers[k]);
        }
        block->use.last = use->last;
        block->use.target_last = use->target_last;
        block->use.take += joins_ports ? use->take : 0;
    }
    return kept;
}

struct kps_port_uses kps_port_uses_join(struct kps_port_uses uses, struct kps_arena *arena)
{
    struct block *blocks = KPS_NEW_N(arena, struct block, uses.n + 1);
    struct kps_port_use *joined = KPS_NEW_N(arena, struct kps_port_use, uses.n + 1);
    for (size_t i = 0; i < uses.n; i++) {
        blocks[i] = (struct block){uses.v[i], i};
    }
    qsort(blocks, uses.n, sizeof(blocks[0]), by_block_and_port);
    size_t n = join_blocks(blocks, uses.n, arena, false);
    n = join_blocks(blocks, n, arena, true);
    qsort(blocks, n, sizeof(blocks[0]), by_order);
    for (size_t i = 0; i < n; i++) {
        joined[i] = blocks[i].use;
    }
    return (struct kps_port_uses){joined, n};
}

struct kps_sv kps_port_use_words(struct kps_arena *arena, const struct kps_port_use *holding)
{
    if (holding->last == 0) {
        return kps_fmt(arena, "any/%s", kps_protocol_name(holding->protocol));
    }
    return kps_ports_words(arena, holding->first, holding->last, holding->protocol);
}

/* Return: is the port in use on the wildcards of both families? */
static bool is_everywhere(const struct kps_port_use *holding)
{
    bool has_any4 = false;
    bool has_any6 = false;
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        enum kps_addr_kind kind = holding->addrs[i].kind;
        has_any4 |= kind == KPS_ADDR_ANY4 || kind == KPS_ADDR_EVERY;
        has_any6 |= kind == KPS_ADDR_ANY6 || kind == KPS_ADDR_EVERY;
    }
    return has_any4 && has_any6;
}

struct kps_sv kps_port_use_addresses(struct kps_arena *arena, const struct kps_port_use *holding)
{
    if (is_everywhere(holding)) {
        return SV("*");
    }
    struct kps_buf *out = kps_buf_new(arena);
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        kps_buf_text(out, i ? ", " : "");
        kps_buf_add(out, kps_addr_format(arena, &holding->addrs[i]));
    }
    return kps_buf_sv(out);
}

struct kps_sv kps_port_use_places(struct kps_arena *arena, const struct kps_port_use *holding)
{
    enum { MOST = 4 };
    if (is_everywhere(holding)) {
        return holding->first == holding->last
                   ? SV("every address")
                   : kps_fmt(arena, "%s on every address",
                             kps_ports_digits(arena, holding->first, holding->last).p);
    }
    struct kps_buf *out = kps_buf_new(arena);
    for (uint32_t i = 0; i < holding->n_addrs && i < MOST; i++) {
        bool is_v6 =
            holding->addrs[i].kind == KPS_ADDR_ANY6 || holding->addrs[i].kind == KPS_ADDR_ONE6;
        if (i > 0) {
            kps_buf_text(out, i + 1 == holding->n_addrs ? " and " : ", ");
        }
        kps_buf_fmt(out, is_v6 ? "[%s]:%s" : "%s:%s", kps_addr_format(arena, &holding->addrs[i]).p,
                    kps_ports_digits(arena, holding->first, holding->last).p);
    }
    if (holding->n_addrs > MOST) {
        kps_buf_fmt(out, " and %u more", holding->n_addrs - MOST);
    }
    return kps_buf_sv(out);
}
