#include "core/judge.h"

#include "base/map.h"
#include "core/detect.h"
#include "core/host_node.h"
#include "core/in_use.h"
#include "core/suggest.h"
#include "model/ports.h"

static const struct kps_owner *owner_of(const struct kps_ledger *ledger, kps_claim_id id)
{
    return kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, id)->owner);
}

static bool has_derived(const struct kps_ledger *ledger, const struct kps_conflict *conflict)
{
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        if (kps_ledger_get_claim(ledger, conflict->claims[i])->flags & KPS_CLAIM_DERIVED) {
            return true;
        }
    }
    return false;
}

static enum kps_rule choose_rule(const struct kps_ledger *ledger,
                                 const struct kps_conflict *conflict)
{
    const struct kps_owner_class *cls = owner_of(ledger, conflict->claims[0])->cls;
    enum kps_netns_kind scope = kps_ledger_get_netns(ledger, conflict->netns)->kind;
    if (conflict->kind == KPS_CONFLICT_UNCOMPARED) {
        return KPS_RULE_SCAN_INCOMPLETE;
    }
    if (scope == KPS_NETNS_PRIVATE) {
        return cls->in_namespace;
    }
    if (scope == KPS_NETNS_NODE) {
        return cls->at_one_place;
    }
    if (has_derived(ledger, conflict)) {
        return cls->with_listener;
    }
    switch (conflict->kind) {
    case KPS_CONFLICT_OWNERS:
        return kps_detect_has_one_group(ledger, conflict) ? cls->between_owners
                                                          : cls->between_groups;
    case KPS_CONFLICT_WITHIN:
        return cls->within;
    case KPS_CONFLICT_COPIES:
        return cls->among_copies;
    case KPS_CONFLICT_POOL:
        return cls->over_pool;
    case KPS_CONFLICT_IN_USE:
    case KPS_CONFLICT_UNCOMPARED:
        break;
    }
    return KPS_RULE_NONE;
}

static struct kps_sv name_ports(struct kps_arena *arena, const struct kps_conflict *conflict)
{
    const char *ports = kps_ports_of_conflict(arena, conflict).p;
    return kps_fmt(arena, "port%s %s", conflict->first == conflict->last ? "" : "s", ports);
}

/* Add a finding with plain words, for a class without `describe`. */
static struct kps_finding *add_plain(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                     enum kps_rule rule, enum kps_severity severity)
{
    struct kps_sv ports = name_ports(ledger->diag->arena, conflict);
    struct kps_sv name = kps_owner_name(owner_of(ledger, conflict->claims[0]));
    const char *noun = owner_of(ledger, conflict->claims[0])->cls->noun;
    switch (conflict->kind) {
    case KPS_CONFLICT_WITHIN:
        return kps_diag_add(ledger->diag, rule, severity, 0, "%s '%.*s' claims %.*s more than once",
                            noun, SV_ARG(name), SV_ARG(ports));
    case KPS_CONFLICT_COPIES:
    case KPS_CONFLICT_POOL:
        return kps_diag_add(ledger->diag, rule, severity, 0,
                            "%s '%.*s' may find no free one of %.*s: %u wanted of %u", noun,
                            SV_ARG(name), SV_ARG(ports), conflict->wanted, conflict->available);
    case KPS_CONFLICT_UNCOMPARED:
        ledger->diag->incomplete = true;
        return kps_diag_add(ledger->diag, rule, severity, 0,
                            "only some of the %u kinds of claims to %.*s were compared",
                            conflict->wanted, SV_ARG(ports));
    case KPS_CONFLICT_OWNERS:
    case KPS_CONFLICT_IN_USE:
        break;
    }
    return kps_diag_add(ledger->diag, rule, severity, 0, "%s '%.*s' is not alone on %.*s", noun,
                        SV_ARG(name), SV_ARG(ports));
}

/* A class that locates its claims describes parties of its own: tens of thousands may meet. */
static void add_parties(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                        struct kps_finding *finding)
{
    kps_finding_expect_parties(finding, conflict->n_claims);
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(ledger, conflict->claims[i]);
        enum kps_role other = claim->basis == KPS_BOUND ? KPS_ROLE_HOLDER : KPS_ROLE_OTHER;
        struct kps_party *party =
            kps_finding_party(finding, i == 0 ? KPS_ROLE_PRIMARY : other, claim->owner);
        party->claim = conflict->claims[i];
        party->at = claim->origin;
    }
}

/* A place with the number of claims of a host: all advice about the place has one port. */
struct advised_place {
    uint32_t protocols; /* of the claims, as kps_suggest_port takes them */
    uint16_t port;      /* 0: no advice yet */
};

/* Ports for advice, found from the first conflict on that gets one. */
struct advising {
    struct kps_suggest *suggest;
    struct kps_map by_place; /* indexes of places */
    struct advised_place *places;
    const struct kps_bound_ports *busy; /* NULL: the sockets of this machine are unknown */
};

/* Return the place with the number of a claim; an unknown place is the claim's own. */
static struct advised_place *place_of(struct advising *advising, const struct kps_ledger *ledger,
                                      kps_claim_id id)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
    const struct kps_owner_class *cls = owner_of(ledger, id)->cls;
    struct kps_source_span written = {.ports[0] = {.off = id}};
    struct {
        struct kps_span span;
        kps_netns_id netns;
    } place = {.netns = claim->netns};
    if (cls->written && claim->basis == KPS_REQUESTED &&
        !(claim->flags & (KPS_CLAIM_DERIVED | KPS_CLAIM_ASIDE))) {
        (void)kps_ledger_origin(ledger, id);
        (void)cls->written(ledger, claim, &written);
    }
    place.span = written.ports[0];
    struct kps_sv key = {(const char *)&place, sizeof(place)};
    uint32_t *at =
        kps_map_put(&advising->by_place, arena, kps_sv_copy(arena, key), advising->by_place.n);
    advising->places[*at].protocols |= 1U << claim->protocol;
    return &advising->places[*at];
}

/* Find the protocols of each place on a host. */
static void begin_advising(struct advising *advising, const struct kps_ledger *ledger)
{
    advising->suggest = kps_suggest_new(ledger, ledger->diag->arena);
    if (advising->busy) {
        kps_suggest_avoid(advising->suggest, advising->busy);
    }
    advising->places =
        KPS_NEW_N(ledger->diag->arena, struct advised_place, (size_t)ledger->claims.n + 1);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        kps_netns_id netns = kps_ledger_get_claim(ledger, id)->netns;
        if (kps_ledger_get_netns(ledger, netns)->kind == KPS_NETNS_HOST) {
            (void)place_of(advising, ledger, id);
        }
    }
}

/* Return: a port to advise, for a claim on a single port of the host; else 0. */
static uint16_t advise_port(struct advising *advising, const struct kps_ledger *ledger,
                            const struct kps_conflict *conflict)
{
    bool one_each = conflict->kind == KPS_CONFLICT_OWNERS ||
                    conflict->kind == KPS_CONFLICT_WITHIN || conflict->kind == KPS_CONFLICT_IN_USE;
    if (!one_each || kps_claim_width(kps_ledger_get_claim(ledger, conflict->claims[0])) != 1 ||
        kps_ledger_get_netns(ledger, conflict->netns)->kind != KPS_NETNS_HOST) {
        return 0;
    }
    if (!advising->suggest) {
        begin_advising(advising, ledger);
    }
    struct advised_place *place = place_of(advising, ledger, conflict->claims[0]);
    if (place->port == 0) {
        place->port =
            kps_suggest_port(advising->suggest, conflict->netns, place->protocols, conflict->first);
    }
    return place->port;
}

static void report_conflict(struct kps_ledger *ledger, struct advising *advising,
                            struct kps_conflict conflict, enum kps_rule rule,
                            enum kps_severity severity)
{
    struct kps_finding *finding = add_plain(ledger, &conflict, rule, severity);
    finding->certainty = conflict.certainty;
    finding->first = conflict.first;
    finding->last = conflict.last;
    finding->protocol = (uint8_t)conflict.protocol;
    add_parties(ledger, &conflict, finding);
    const struct kps_owner_class *cls = owner_of(ledger, conflict.claims[0])->cls;
    if (cls->describe) {
        conflict.free_port = advise_port(advising, ledger, &conflict);
        conflict.is_free_here = advising->busy && kps_ledger_is_here(ledger, conflict.netns);
        cls->describe(ledger, &conflict, finding);
    }
}

/*
 * Judge the requests of a cluster with this machine as a node. The class of the holder names the
 * rule, and the class of the request has the words.
 */
static void judge_node(struct kps_ledger *ledger, struct advising *advising)
{
    struct kps_conflicts conflicts = kps_host_node_uses(ledger, ledger->diag->arena);
    for (size_t i = 0; i < conflicts.n; i++) {
        const struct kps_conflict *conflict = &conflicts.v[i];
        const struct kps_owner *holder = owner_of(ledger, conflict->claims[conflict->n_claims - 1]);
        enum kps_rule rule = kps_ledger_get_owner(ledger, holder->tenant)->cls->when_held;
        if (rule != KPS_RULE_NONE) {
            report_conflict(ledger, advising, *conflict, rule, KPS_WARNING);
        }
    }
}

static void judge_taken(struct kps_ledger *ledger, struct advising *advising,
                        struct kps_conflicts conflicts)
{
    struct kps_in_use_groups takens = kps_in_use_split(ledger, conflicts, ledger->diag->arena);
    for (size_t i = 0; i < takens.n; i++) {
        const struct kps_in_use_group *taken = &takens.v[i];
        bool is_error = taken->fails;
        bool is_private =
            kps_ledger_get_netns(ledger, taken->conflict.netns)->kind == KPS_NETNS_PRIVATE;
        enum kps_rule rule = is_private ? choose_rule(ledger, &taken->conflict) : taken->rule;
        if (rule != KPS_RULE_NONE) {
            report_conflict(ledger, advising, taken->conflict, rule,
                            is_error ? KPS_ERROR : KPS_WARNING);
        }
    }
}

static void report_uncompared(struct kps_ledger *ledger, const struct kps_conflict *uncompared)
{
    struct kps_finding *finding = kps_diag_add(
        ledger->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_WARNING,
        kps_ledger_origin(ledger, uncompared->claims[0]),
        "%u claims that take a port of a range are too many to compare: some of them may find "
        "no free port",
        uncompared->wanted);
    kps_finding_help(finding, "give these services ranges that do not overlap, or one port each");
    ledger->diag->incomplete = true;
}

void kps_judge(struct kps_ledger *ledger, struct kps_conflicts conflicts,
               const struct kps_bound_ports *busy)
{
    struct advising advising = {.busy = busy};
    for (size_t i = 0; i < conflicts.n; i++) {
        const struct kps_conflict *conflict = &conflicts.v[i];
        enum kps_rule rule = choose_rule(ledger, conflict);
        bool is_node = kps_ledger_get_netns(ledger, conflict->netns)->kind == KPS_NETNS_NODE;
        if (conflict->kind == KPS_CONFLICT_UNCOMPARED && !is_node) {
            report_uncompared(ledger, conflict);
        } else if (rule != KPS_RULE_NONE && !kps_in_use_is(ledger, conflict)) {
            report_conflict(ledger, &advising, *conflict, rule,
                            conflict->certainty == KPS_CERTAIN ? KPS_ERROR : KPS_WARNING);
        }
    }
    judge_taken(ledger, &advising, conflicts);
    if (ledger->host_is_node) {
        judge_node(ledger, &advising);
    }
}
