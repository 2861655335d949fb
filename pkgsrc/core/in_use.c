#include "core/in_use.h"
#include "model/ports.h"

#include <string.h>

struct splitting {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    KPS_VEC(struct kps_in_use_group) found;
};

static const struct kps_claim *claim_of(const struct kps_ledger *ledger, kps_claim_id id)
{
    return kps_ledger_get_claim(ledger, id);
}

static const struct kps_owner *owner_of(const struct kps_ledger *ledger, kps_claim_id id)
{
    return kps_ledger_get_owner(ledger, claim_of(ledger, id)->owner);
}

/*
 * Return: the rule for a request that meets this claim, by the class of its owner; KPS_RULE_NONE
 * for a requested claim.
 */
static enum kps_rule choose_rule(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    if (owner->cls->when_held == KPS_RULE_NONE) {
        return KPS_RULE_NONE; /* it asks */
    }
    const struct kps_owner_class *cls = owner->cls;
    const struct kps_owner_class *tenants = kps_ledger_get_owner(ledger, owner->tenant)->cls;
    if (tenants->when_held != KPS_RULE_NONE) {
        cls = tenants; /* a process that works for a container */
    }
    if (claim->flags & KPS_CLAIM_REMNANT) {
        return cls->when_remnant;
    }
    if (claim->basis != KPS_BOUND) {
        return cls->when_planned;
    }
    return owner->ties->stands_for.n && owner->tenant == claim->owner ? cls->when_alone
                                                                      : cls->when_held;
}

enum kps_certainty kps_in_use_certainty(const struct kps_ledger *ledger,
                                        const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    bool is_renewed = owner->cls->when_held != KPS_RULE_NONE && owner->tenant != claim->owner &&
                      kps_ledger_get_owner(ledger, owner->tenant)->cls->is_renewed;
    bool is_unsure =
        owner->cls->is_unsure_alone && owner->ties->stands_for.n && owner->tenant == claim->owner;
    return (is_renewed || is_unsure) && claim->certainty == KPS_CERTAIN
               ? KPS_LIKELY
               : (enum kps_certainty)claim->certainty;
}

bool kps_in_use_is(const struct kps_ledger *ledger, const struct kps_conflict *conflict)
{
    bool any_asking = false;
    bool any_there = false;
    if (conflict->kind != KPS_CONFLICT_IN_USE && conflict->kind != KPS_CONFLICT_POOL) {
        return false;
    }
    for (uint32_t i = 0; i < conflict->n_claims && !(any_asking && any_there); i++) {
        bool is_there = owner_of(ledger, conflict->claims[i])->cls->when_held != KPS_RULE_NONE;
        any_there |= is_there;
        any_asking |= !is_there;
    }
    return any_asking && any_there;
}

static bool note_meeting(const struct kps_ledger *ledger, const struct kps_claim *a,
                         const struct kps_claim *b)
{
    return kps_ports_of_claims_meet(a, b) && kps_ledger_get_owner(ledger, a->owner)->tenant !=
                                                 kps_ledger_get_owner(ledger, b->owner)->tenant;
}

/* The existing claims of a conflict with the same rule. */
struct there {
    kps_claim_id *claims;
    uint32_t n;
};

static struct there gather_there(const struct splitting *s, const struct kps_conflict *from,
                                 enum kps_rule rule)
{
    struct there there = {KPS_NEW_N(s->arena, kps_claim_id, from->n_claims), 0};
    for (uint32_t i = 0; i < from->n_claims; i++) {
        if (choose_rule(s->ledger, claim_of(s->ledger, from->claims[i])) == rule) {
            there.claims[there.n++] = from->claims[i];
        }
    }
    return there;
}

/*
 * Return: does the claim meet an existing claim? The consequences for the finding go into *taken.
 */
static bool meets_any(const struct splitting *s, const struct there *there,
                      const struct kps_claim *ask, struct kps_in_use_group *taken)
{
    bool any = false;
    for (uint32_t i = 0; i < there->n; i++) {
        const struct kps_claim *claim = claim_of(s->ledger, there->claims[i]);
        if (!note_meeting(s->ledger, ask, claim)) {
            continue;
        }
        enum kps_certainty sure = kps_in_use_certainty(s->ledger, claim);
        sure = ask->certainty < sure ? (enum kps_certainty)ask->certainty : sure;
        taken->conflict.certainty =
            sure > taken->conflict.certainty ? sure : taken->conflict.certainty;
        taken->fails |= sure == KPS_CERTAIN && claim->basis == KPS_BOUND;
        any = true;
    }
    return any;
}

/* Add the requested claims that meet an existing claim. */
static void add_asking(const struct splitting *s, const struct kps_conflict *from,
                       const struct there *there, struct kps_in_use_group *taken,
                       kps_claim_id *claims)
{
    taken->conflict.certainty = KPS_POSSIBLE;
    for (uint32_t i = 0; i < from->n_claims; i++) {
        const struct kps_claim *ask = claim_of(s->ledger, from->claims[i]);
        if (choose_rule(s->ledger, ask) == KPS_RULE_NONE && meets_any(s, there, ask, taken)) {
            claims[taken->n_asking++] = from->claims[i];
        }
    }
}

/*
 * Return: does claim `id` stand for their tenant better than `other`: bound rather than planned,
 * its own?
 */
static bool is_better(const struct kps_ledger *ledger, kps_claim_id id, kps_claim_id other)
{
    const struct kps_claim *a = claim_of(ledger, id);
    const struct kps_claim *b = claim_of(ledger, other);
    bool a_own = owner_of(ledger, id)->tenant == a->owner;
    bool b_own = owner_of(ledger, other)->tenant == b->owner;
    if (a->basis != b->basis) {
        return a->basis > b->basis;
    }
    return a_own && !b_own;
}

/*
 * Add the existing claims that meet a requested claim, a claim for each tenant. Return: the number
 * of claims.
 */
static uint32_t add_there(const struct splitting *s, const struct there *there,
                          const struct kps_in_use_group *taken, kps_claim_id *claims)
{
    uint32_t n = taken->n_asking;
    for (uint32_t i = 0; i < there->n; i++) {
        kps_claim_id id = there->claims[i];
        bool counts = false;
        for (uint32_t k = 0; k < taken->n_asking && !counts; k++) {
            counts =
                note_meeting(s->ledger, claim_of(s->ledger, claims[k]), claim_of(s->ledger, id));
        }
        uint32_t at = taken->n_asking;
        while (counts && at < n &&
               owner_of(s->ledger, claims[at])->tenant != owner_of(s->ledger, id)->tenant) {
            at++;
        }
        if (counts && at == n) {
            claims[n++] = id;
        } else if (counts && is_better(s->ledger, id, claims[at])) {
            claims[at] = id;
        }
    }
    return n;
}

/* Return: does `next` go on where `taken` ends, with the same parties? */
static bool is_continuation(const struct kps_ledger *ledger, const struct kps_in_use_group *taken,
                            const struct kps_in_use_group *next)
{
    const struct kps_conflict *a = &taken->conflict;
    const struct kps_conflict *b = &next->conflict;
    if (taken->rule != next->rule || a->kind != b->kind || a->netns != b->netns ||
        a->protocol != b->protocol || a->last + 1 != b->first || a->n_claims != b->n_claims ||
        taken->n_asking != next->n_asking) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_claims; i++) {
        bool asks = i < taken->n_asking;
        if (asks ? a->claims[i] != b->claims[i]
                 : owner_of(ledger, a->claims[i])->tenant !=
                       owner_of(ledger, b->claims[i])->tenant) {
            return false;
        }
    }
    return true;
}

static void add_group(struct splitting *s, const struct kps_in_use_group *next)
{
    enum { LOOK_BACK = 64 }; /* conflicts on the ports just before */
    for (uint32_t i = s->found.n; i-- > 0 && s->found.n - i <= LOOK_BACK;) {
        struct kps_in_use_group *taken = &s->found.v[i];
        if (is_continuation(s->ledger, taken, next)) {
            taken->conflict.last = next->conflict.last;
            taken->fails |= next->fails;
            if (next->conflict.certainty > taken->conflict.certainty) {
                taken->conflict.certainty = next->conflict.certainty;
            }
            return;
        }
    }
    *kps_vec_push(&s->found) = *next;
}

static void split_conflict(struct splitting *s, const struct kps_conflict *conflict,
                           enum kps_rule rule)
{
    struct kps_in_use_group taken = {.rule = rule, .conflict = *conflict};
    kps_claim_id *claims = KPS_NEW_N(s->arena, kps_claim_id, conflict->n_claims);
    struct there there = gather_there(s, conflict, rule);
    add_asking(s, conflict, &there, &taken, claims);
    if (taken.n_asking == 0) {
        return;
    }
    taken.conflict.n_claims = add_there(s, &there, &taken, claims);
    taken.conflict.claims = claims;
    if (conflict->kind == KPS_CONFLICT_POOL) {
        taken.conflict.certainty = conflict->certainty;
        taken.fails &= conflict->certainty == KPS_CERTAIN;
    }
    add_group(s, &taken);
}

struct kps_in_use_groups kps_in_use_split(const struct kps_ledger *ledger,
                                          struct kps_conflicts conflicts, struct kps_arena *arena)
{
    struct splitting s = {.ledger = ledger, .arena = arena};
    for (size_t i = 0; i < conflicts.n; i++) {
        const struct kps_conflict *conflict = &conflicts.v[i];
        enum kps_rule done[8];
        uint32_t n_done = 0;
        bool counts = kps_in_use_is(ledger, conflict);
        for (uint32_t k = 0; k < conflict->n_claims && counts; k++) {
            enum kps_rule rule = choose_rule(ledger, claim_of(ledger, conflict->claims[k]));
            bool is_new = rule != KPS_RULE_NONE && n_done < KPS_COUNT(done);
            for (uint32_t d = 0; d < n_done && is_new; d++) {
                is_new = done[d] != rule;
            }
            if (is_new) {
                done[n_done++] = rule;
                split_conflict(&s, conflict, rule);
            }
        }
    }
    struct kps_in_use_group *v = KPS_NEW_N(arena, struct kps_in_use_group, (size_t)s.found.n + 1);
    if (s.found.n) {
        memcpy(v, s.found.v, s.found.n * sizeof(v[0]));
    }
    struct kps_in_use_groups takens = {v, s.found.n};
    kps_vec_free(&s.found);
    return takens;
}
