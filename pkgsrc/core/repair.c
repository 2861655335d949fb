#include "core/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "base/vec.h"
#include "core/port_set.h"
#include "model/ports.h"

/* A place with the number of a claim. */
struct place {
    struct kps_span span; /* its file: the first of the same files on disk */
    kps_claim_id claim;
    bool is_kept; /* the text of another value: must not change (struct kps_source_span) */
};

struct units {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    kps_claim_id *root; /* by claim: the unit's first claim; [0] is not used */
    struct kps_sv *why; /* by claim: the reason not to move; for a unit at [root] */
    struct place *places;
    size_t n_places; /* sorted by span */
    /* Places with the port of a claim that refers to them; is_kept is not used. */
    KPS_VEC(struct place) followed;
};

static int by_span(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = kps_order_compare(a->span.file, b->span.file);
    order = order ? order : kps_order_compare(a->span.off, b->span.off);
    order = order ? order : kps_order_compare(a->span.len, b->span.len);
    return order ? order : kps_order_compare(a->claim, b->claim);
}

static kps_claim_id unit_of(const struct units *units, kps_claim_id claim)
{
    while (units->root[claim] != claim) {
        units->root[claim] = units->root[units->root[claim]];
        claim = units->root[claim];
    }
    return claim;
}

/* The name of a unit is its first claim; a reason to keep a claim keeps all claims of the unit. */
static void join_units(struct units *units, kps_claim_id a, kps_claim_id b)
{
    a = unit_of(units, a);
    b = unit_of(units, b);
    kps_claim_id first = a < b ? a : b;
    kps_claim_id other = a < b ? b : a;
    units->root[other] = first;
    units->why[first] = units->why[first].n ? units->why[first] : units->why[other];
}

static void block_move(struct units *units, kps_claim_id claim, struct kps_sv why)
{
    kps_claim_id unit = unit_of(units, claim);
    units->why[unit] = units->why[unit].n ? units->why[unit] : why;
}

static const char *name_of(const struct units *units, kps_claim_id id)
{
    kps_owner_id owner = kps_ledger_get_claim(units->ledger, id)->owner;
    return kps_cstr(units->arena, kps_owner_name(kps_ledger_get_owner(units->ledger, owner)));
}

/*
 * Return: are the bytes exactly the claim's port, or a reference to variables (of which the adapter
 * knows that they make the port)? Only then may a number take their place.
 */
static bool is_exact(const struct kps_ledger *ledger, const struct kps_claim *claim,
                     struct kps_span span)
{
    struct kps_sv bytes = kps_files_get(&ledger->diag->files, span.file)->bytes;
    struct kps_sv expected = kps_ports_digits(ledger->diag->arena, claim->first, claim->last);
    bytes = kps_sv_slice(bytes, span.off, (size_t)span.off + span.len);
    return kps_sv_eq(bytes, expected) || kps_sv_find(bytes, '$') < bytes.n;
}

struct finding_places {
    struct units *units;
    const struct kps_repair_scope *scope;
    KPS_VEC(struct place) places;
};

static void add_place(struct finding_places *f, kps_claim_id id, struct kps_span span, bool is_kept)
{
    const struct kps_repair_file *file = &f->scope->files[span.file - 1];
    const struct kps_ledger *ledger = f->units->ledger;
    if (!is_kept && file->why.n) {
        struct kps_sv path = kps_files_get(&ledger->diag->files, span.file)->path;
        block_move(f->units, id,
                   kps_fmt(f->units->arena, "'%.*s' %.*s", SV_ARG(path), SV_ARG(file->why)));
    } else if (!is_kept && !is_exact(ledger, kps_ledger_get_claim(ledger, id), span)) {
        block_move(f->units, id,
                   kps_fmt(f->units->arena, "the port of '%s' is not written as a plain number",
                           name_of(f->units, id)));
    }
    span.file = file->same_as;
    *kps_vec_push(&f->places) = (struct place){span, id, is_kept};
}

static void look_at(struct finding_places *f, kps_claim_id id)
{
    const struct kps_ledger *ledger = f->units->ledger;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    struct kps_source_span written = {.n_ports = 0};
    if (claim->basis != KPS_REQUESTED || claim->flags & (KPS_CLAIM_DERIVED | KPS_CLAIM_ASIDE) ||
        !owner->cls->written) {
        struct kps_sv name = kps_owner_name(owner);
        block_move(f->units, id,
                   claim->basis == KPS_REQUESTED
                       ? kps_fmt(f->units->arena, "no number in a file moves '%.*s'", SV_ARG(name))
                       : SV("it is in use, and no file asks for it"));
        return;
    }
    (void)kps_ledger_origin(ledger, id);
    struct kps_sv why = owner->cls->written(ledger, claim, &written);
    if (why.n) {
        block_move(f->units, id, why);
    }
    for (uint32_t i = 0; i < written.n_ports; i++) {
        add_place(f, id, written.ports[i], false);
    }
    for (uint32_t i = 0; i < written.n_kept; i++) {
        add_place(f, id, written.kept[i], true);
    }
    for (uint32_t i = 0; i < written.n_followed; i++) {
        struct kps_span span = written.followed[i];
        span.file = f->scope->files[span.file - 1].same_as;
        *kps_vec_push(&f->units->followed) = (struct place){.span = span, .claim = id};
    }
}

/* Join claims with a common place to a unit. Other overlaps are left alone. */
static void join_neighbours(struct units *units)
{
    for (size_t i = 1; i < units->n_places; i++) {
        const struct place *a = &units->places[i - 1];
        const struct place *b = &units->places[i];
        bool is_same = a->span.file == b->span.file && a->span.off == b->span.off &&
                       a->span.len == b->span.len;
        bool meets = a->span.file == b->span.file && a->span.off + a->span.len > b->span.off;
        if (is_same) {
            join_units(units, a->claim, b->claim);
        } else if (meets) {
            block_move(units, a->claim, SV("its port is written inside another's"));
            block_move(units, b->claim, SV("its port is written around another's"));
        }
    }
    for (size_t i = 0; i < units->n_places; i++) {
        kps_claim_id id = units->places[i].claim;
        bool is_shared = i > 0 && by_span(&(struct place){units->places[i - 1].span, id, false},
                                          &(struct place){units->places[i].span, id, false}) == 0;
        is_shared = is_shared || (i + 1 < units->n_places &&
                                  by_span(&(struct place){units->places[i + 1].span, id, false},
                                          &(struct place){units->places[i].span, id, false}) == 0);
        if (units->places[i].is_kept && is_shared) {
            block_move(units, id,
                       kps_fmt(units->arena,
                               "a number that '%s' uses for something else would change as well",
                               name_of(units, id)));
        }
    }
}

/* Return the first place of a span; NULL when no claim has its port there. */
static const struct place *find_place(const struct units *units, struct kps_span span)
{
    const struct place wanted = {.span = span};
    size_t from = 0;
    for (size_t to = units->n_places; from < to;) {
        size_t middle = from + (to - from) / 2;
        if (by_span(&units->places[middle], &wanted) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    const struct place *place = from < units->n_places ? &units->places[from] : NULL;
    bool is_there = place && place->span.file == span.file && place->span.off == span.off &&
                    place->span.len == span.len;
    return is_there ? place : NULL;
}

/* A claim that cannot get a number of its own keeps the places that its text refers to. */
static void keep_followed(struct units *units)
{
    for (uint32_t i = 0; i < units->followed.n; i++) {
        kps_claim_id id = units->followed.v[i].claim;
        const struct place *place = find_place(units, units->followed.v[i].span);
        if (place && units->why[unit_of(units, id)].n) {
            block_move(
                units, place->claim,
                kps_fmt(units->arena, "the port of '%s' would change as well", name_of(units, id)));
        }
    }
}

static struct units find_units(const struct kps_ledger *ledger,
                               const struct kps_repair_scope *scope)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct units units = {.ledger = ledger, .arena = arena};
    struct finding_places f = {.units = &units, .scope = scope};
    units.root = KPS_NEW_N(arena, kps_claim_id, (size_t)ledger->claims.n + 1);
    units.why = KPS_NEW_N(arena, struct kps_sv, (size_t)ledger->claims.n + 1);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        units.root[id] = id;
    }
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        look_at(&f, id);
    }
    units.places = KPS_NEW_N(arena, struct place, (size_t)f.places.n + 1);
    units.n_places = f.places.n;
    if (f.places.n) {
        memcpy(units.places, f.places.v, f.places.n * sizeof(units.places[0]));
        qsort(units.places, units.n_places, sizeof(units.places[0]), by_span);
    }
    kps_vec_free(&f.places);
    join_neighbours(&units);
    keep_followed(&units);
    return units;
}

enum { LOWEST = 1024, WEB = 8000, PROTOCOLS = KPS_SCTP + 1 };

/*
 * The ports not to give, by protocol, for all namespaces but private ones: a new port is free in
 * each.
 */
struct taken {
    struct kps_port_set sets[PROTOCOLS];
};

static void take_ports(struct taken *taken, int protocol, uint32_t first, uint32_t last)
{
    if (protocol < PROTOCOLS) {
        kps_port_set_add(&taken->sets[protocol], first, last);
    }
}

static struct taken *survey_claims(const struct units *units, const struct kps_bound_ports *busy)
{
    const struct kps_ledger *ledger = units->ledger;
    struct taken *taken = KPS_NEW(units->arena, struct taken);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        if (claim->last && kps_ledger_get_netns(ledger, claim->netns)->kind != KPS_NETNS_PRIVATE) {
            take_ports(taken, claim->protocol, claim->first, claim->last);
        }
    }
    for (size_t i = 0; busy && i < busy->n; i++) {
        take_ports(taken, busy->v[i].protocol, busy->v[i].port, busy->v[i].port);
    }
    size_t n = 0;
    const uint16_t *refused = kps_suggest_refused(&n);
    for (size_t i = 0; i < n; i++) {
        take_ports(taken, KPS_TCP, refused[i], refused[i]);
    }
    return taken;
}

/* The needs of one unit. */
struct need {
    uint32_t width, wanted, first, last; /* how many ports, instead of which, from where to where */
    bool protocols[PROTOCOLS];
};

/* Take a port for a unit, the first free one from first to last. Return: 0 when there is none. */
static uint16_t give_port(struct taken *taken, const struct need *need, uint32_t first,
                          uint32_t last)
{
    const struct kps_port_set *sets[PROTOCOLS];
    size_t n = 0;
    for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
        sets[n] = &taken->sets[protocol];
        n += need->protocols[protocol];
    }
    uint32_t port = kps_port_set_find(sets, n, first, last, need->width);
    for (int protocol = 0; port && protocol < PROTOCOLS; protocol++) {
        if (need->protocols[protocol]) {
            take_ports(taken, protocol, port, port + need->width - 1);
        }
    }
    return (uint16_t)port;
}

/* Choose a port as people do: 80 -> 8080; else the next free port above. */
static uint16_t choose_port(struct taken *taken, const struct need *need)
{
    uint32_t from = need->wanted < LOWEST ? WEB + need->wanted : need->wanted + 1;
    from = from < need->first ? need->first : from;
    uint16_t port = give_port(taken, need, from, need->last);
    return port ? port : give_port(taken, need, need->first, need->last);
}

/* Give units the ports that the advice of the findings has for their places. */
static void choose_advised(const struct units *units, const struct kps_repair_scope *scope,
                           struct taken *taken, struct need *const *needs, uint16_t *ports)
{
    const struct kps_diag *diag = units->ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        for (uint32_t k = 0; k < finding->n_fixes; k++) {
            const struct kps_edit *edit = &finding->fixes[k].edit;
            struct kps_span span = edit->span;
            span.file = scope->files[span.file - 1].same_as;
            const struct place *place = find_place(units, span);
            kps_claim_id unit = place ? unit_of(units, place->claim) : 0;
            int64_t port = kps_sv_number(edit->text, UINT16_MAX);
            if (unit && needs[unit] && !ports[unit] && port > 0) {
                ports[unit] = give_port(taken, needs[unit], (uint32_t)port, (uint32_t)port);
            }
        }
    }
}

static void choose_ports(const struct units *units, const struct kps_repair_scope *scope,
                         const bool *moves, uint16_t *ports)
{
    const struct kps_ledger *ledger = units->ledger;
    struct taken *taken = survey_claims(units, scope->busy);
    struct need **needs = KPS_NEW_N(units->arena, struct need *, (size_t)ledger->claims.n + 1);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
        kps_claim_id unit = unit_of(units, id);
        if (!moves[unit]) {
            continue;
        }
        bool is_node_port = kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_CLUSTER;
        struct need *need = needs[unit];
        if (!need) {
            need = needs[unit] = KPS_NEW(units->arena, struct need);
            *need = (struct need){.width = kps_claim_width(claim),
                                  .wanted = claim->first,
                                  .first = LOWEST,
                                  .last = UINT16_MAX};
        }
        need->first = is_node_port ? scope->node_port_first : need->first;
        need->last = is_node_port ? scope->node_port_last : need->last;
        need->protocols[claim->protocol] = true;
    }
    choose_advised(units, scope, taken, needs, ports);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        if (needs[id] && !ports[id]) {
            ports[id] = choose_port(taken, needs[id]);
        }
    }
}

#define MOVES_BOTH "one place in the files gives the port to both: a change there moves both"

struct planning {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    struct units units;
    bool *moves;     /* by unit */
    uint16_t *ports; /* by unit: the number to write; 0: none */
};

/* Return: is the finding a clash of port numbers? Other findings are explained. */
static bool is_of_numbers(enum kps_rule rule)
{
    switch ((int)rule) {
    case KPS_RULE_COMPOSE_HOST_PORT_CLASH:
    case KPS_RULE_COMPOSE_SELF_CLASH:
    case KPS_RULE_COMPOSE_RANGE_POOL:
    case KPS_RULE_COMPOSE_PROJECT_CLASH:
    case KPS_RULE_POD_HOST_PORT_DUPLICATE:
    case KPS_RULE_HOST_PORT_CLASH:
    case KPS_RULE_NODE_PORT_DUPLICATE:
    case KPS_RULE_HOST_PORT_MEETS_NODE_PORT:
    case KPS_RULE_HOST_PORT_TAKEN:
    case KPS_RULE_CONTAINER_PORT_TAKEN:
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
    case KPS_RULE_STALE_PUBLICATION:
        return true;
    default:
        return false;
    }
}

static struct kps_sv why_not(enum kps_rule rule)
{
    switch ((int)rule) {
    case KPS_RULE_COMPOSE_REPLICA_CLASH:
    case KPS_RULE_HOST_PORT_REPLICAS:
        return SV("replicas need as many ports as there are of them: a range, or none on the host");
    case KPS_RULE_HOST_PORT_ROLLOUT_DEADLOCK:
    case KPS_RULE_HOST_PORT_OVERLAPPING_RUNS:
        return SV("the old and the new pod want the same port whatever its number is");
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
    case KPS_RULE_COMPOSE_HOST_NETWORK_CLASH:
    case KPS_RULE_POD_CONTAINER_PORT_CLASH:
    case KPS_RULE_INJECTED_SIDECAR_PORT:
        return SV("what the programs listen on is in their own configuration");
    case KPS_RULE_COMPOSE_PORTS_UNUSED:
        return SV("with this network mode no port is published at all");
    case KPS_RULE_CONNECTION_REMNANT:
        return SV("the port becomes free with the end of the connection");
    default:
        return SV("--diff has no edit for this rule");
    }
}

static bool is_wanted(const struct kps_finding *finding)
{
    return finding->suppressed.p == NULL && finding->severity != KPS_NOTE;
}

/* Return: does the container itself listen on the same port, its public number? */
static bool has_meaning(const struct kps_claim *claim)
{
    return claim->first == claim->target_first;
}

static int by_rank(const void *left, const void *right, void *context)
{
    const struct planning *p = context;
    kps_claim_id a = *(const kps_claim_id *)left;
    kps_claim_id b = *(const kps_claim_id *)right;
    bool a_stays = p->units.why[unit_of(&p->units, a)].n > 0;
    bool b_stays = p->units.why[unit_of(&p->units, b)].n > 0;
    int order = kps_order_compare(b_stays, a_stays);
    bool a_means = has_meaning(kps_ledger_get_claim(p->ledger, a));
    bool b_means = has_meaning(kps_ledger_get_claim(p->ledger, b));
    order = order ? order : kps_order_compare(b_means, a_means);
    return order ? order : kps_order_compare(a, b);
}

/* List the claims of a finding that can clash, in the order of the header; room for n_parties. */
static uint32_t claims_of(struct planning *p, const struct kps_finding *finding, kps_claim_id *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_claim_id id = finding->parties[i].claim;
        if (id && kps_claim_is_live(kps_ledger_get_claim(p->ledger, id))) {
            ret[n++] = id;
        }
    }
    qsort_r(ret, n, sizeof(ret[0]), by_rank, p);
    return n;
}

static bool is_clash(const struct kps_ledger *ledger, kps_claim_id a, kps_claim_id b)
{
    return kps_ports_of_claims_meet(kps_ledger_get_claim(ledger, a),
                                    kps_ledger_get_claim(ledger, b));
}

/* Go through a finding: move a unit that clashes with an earlier unit. */
static void decide_moves(struct planning *p, const struct kps_finding *finding)
{
    kps_claim_id *claims = KPS_NEW_N(p->arena, kps_claim_id, (size_t)finding->n_parties + 1);
    uint32_t n = claims_of(p, finding, claims);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        kps_claim_id unit = unit_of(&p->units, claims[i]);
        bool met = false;
        for (uint32_t k = 0; k < kept && !met; k++) {
            met =
                unit_of(&p->units, claims[k]) != unit && is_clash(p->ledger, claims[k], claims[i]);
        }
        if (met && p->units.why[unit].n == 0) {
            p->moves[unit] = true;
        }
        if (!p->moves[unit]) {
            claims[kept++] = claims[i];
        }
    }
}

static bool is_moved(const struct planning *p, kps_claim_id claim)
{
    kps_claim_id unit = unit_of(&p->units, claim);
    return p->moves[unit] && p->ports[unit] != 0;
}

/* Give a port that refers to a moved place its present number, so that only the place moves. */
static void pin_followers(struct planning *p)
{
    for (uint32_t i = 0; i < p->units.followed.n; i++) {
        kps_claim_id id = p->units.followed.v[i].claim;
        const struct place *place = find_place(&p->units, p->units.followed.v[i].span);
        uint16_t *port = &p->ports[unit_of(&p->units, id)];
        if (place && is_moved(p, place->claim) && *port == 0) {
            *port = kps_ledger_get_claim(p->ledger, id)->first;
        }
    }
}

static struct kps_sv why_both_stay(const struct planning *p, kps_claim_id a, kps_claim_id b)
{
    kps_claim_id first = unit_of(&p->units, a);
    kps_claim_id second = unit_of(&p->units, b);
    bool asks = kps_ledger_get_claim(p->ledger, b)->basis == KPS_REQUESTED;
    struct kps_sv why = asks ? p->units.why[second] : p->units.why[first];
    if (first == second && why.n == 0) {
        return SV(MOVES_BOTH);
    }
    return why.n ? why : SV("there is no free port left for it");
}

static int by_unit(const void *left, const void *right, void *context)
{
    const struct planning *p = context;
    kps_claim_id a = unit_of(&p->units, *(const kps_claim_id *)left);
    kps_claim_id b = unit_of(&p->units, *(const kps_claim_id *)right);
    return kps_order_compare(a, b);
}

/* Return: do claims of a unit clash with each other? They would, wherever the unit moves. */
static bool clashes_inside(struct planning *p, const kps_claim_id *claims, uint32_t n)
{
    kps_claim_id *own = KPS_NEW_N(p->arena, kps_claim_id, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        own[i] = claims[i];
    }
    qsort_r(own, n, sizeof(own[0]), by_unit, p);
    for (uint32_t i = 1; i < n; i++) {
        kps_claim_id unit = unit_of(&p->units, own[i]);
        for (uint32_t k = i; k-- > 0 && unit_of(&p->units, own[k]) == unit;) {
            if (is_clash(p->ledger, own[i], own[k])) {
                return p->units.why[unit].n == 0;
            }
        }
    }
    return false;
}

/* Return: the reason for a finding to stay; empty: the moves remove the finding. */
static struct kps_sv why_left(struct planning *p, const struct kps_finding *finding)
{
    if (!is_of_numbers(finding->rule)) {
        return why_not(finding->rule);
    }
    kps_claim_id *claims = KPS_NEW_N(p->arena, kps_claim_id, (size_t)finding->n_parties + 1);
    uint32_t n = claims_of(p, finding, claims);
    bool any_moves = false;
    if (clashes_inside(p, claims, n)) {
        return SV(MOVES_BOTH);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(p->ledger, claims[i]);
        if ((uint64_t)claim->copies * claim->take > kps_claim_width(claim) &&
            finding->rule == KPS_RULE_COMPOSE_RANGE_POOL) {
            return why_not(KPS_RULE_COMPOSE_REPLICA_CLASH);
        }
        if (is_moved(p, claims[i])) {
            any_moves = true;
            continue;
        }
        for (uint32_t k = 0; k < kept; k++) {
            if (is_clash(p->ledger, claims[k], claims[i])) {
                return why_both_stay(p, claims[k], claims[i]);
            }
        }
        claims[kept++] = claims[i];
    }
    return any_moves ? SV("") : SV("another published port does not remove it");
}

static struct kps_sv number_of(const struct planning *p, kps_claim_id claim)
{
    uint32_t first = p->ports[unit_of(&p->units, claim)];
    uint32_t width = kps_claim_width(kps_ledger_get_claim(p->ledger, claim));
    return kps_ports_digits(p->arena, (uint16_t)first, (uint16_t)(first + width - 1));
}

static void make_edits(const struct planning *p, struct kps_repair *repair)
{
    struct kps_edit *edits = KPS_NEW_N(p->arena, struct kps_edit, p->units.n_places + 1);
    for (size_t i = 0; i < p->units.n_places; i++) {
        const struct place *place = &p->units.places[i];
        const struct kps_edit *before = repair->n_edits ? &edits[repair->n_edits - 1] : NULL;
        bool is_done =
            before && before->span.file == place->span.file && before->span.off == place->span.off;
        if (!place->is_kept && !is_done && p->ports[unit_of(&p->units, place->claim)]) {
            edits[repair->n_edits++] = (struct kps_edit){place->span, number_of(p, place->claim)};
        }
    }
    repair->edits = edits;
}

struct kps_repair kps_repair_plan(const struct kps_ledger *ledger,
                                  const struct kps_repair_scope *scope)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_diag *diag = ledger->diag;
    struct planning p = {.ledger = ledger, .arena = arena, .units = find_units(ledger, scope)};
    struct kps_repair repair = {.n_edits = 0};
    struct kps_unrepaired *left =
        KPS_NEW_N(arena, struct kps_unrepaired, (size_t)diag->findings.n + 1);
    p.moves = KPS_NEW_N(arena, bool, (size_t)ledger->claims.n + 1);
    p.ports = KPS_NEW_N(arena, uint16_t, (size_t)ledger->claims.n + 1);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (is_wanted(finding) && is_of_numbers(finding->rule)) {
            decide_moves(&p, finding);
        }
    }
    choose_ports(&p.units, scope, p.moves, p.ports);
    pin_followers(&p);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv why = is_wanted(finding) ? why_left(&p, finding) : SV("");
        if (why.n) {
            left[repair.n_left++] = (struct kps_unrepaired){finding, why};
        }
    }
    repair.left = left;
    make_edits(&p, &repair);
    kps_vec_free(&p.units.followed);
    return repair;
}
