#include "core/repair.h"

#include <stdlib.h>

#include "core/repair_unit.h"
#include "model/ports.h"

#define MOVES_BOTH "one place in the files gives the port to both: a change there moves both"

struct planning {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    struct kps_repair_units units;
    bool *moves;     /* by unit */
    uint16_t *ports; /* by unit: where to */
};

/* Clashes that are one of numbers; the others are explained. */
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
        return SV("the port becomes free by itself");
    default:
        return SV("another published port does not remove it");
    }
}

static bool is_wanted(const struct kps_finding *finding)
{
    return finding->suppressed.p == NULL && finding->severity != KPS_NOTE;
}

static bool clashes(const struct kps_claim *a, const struct kps_claim *b)
{
    struct kps_ports left = kps_ports_of(a);
    struct kps_ports right = kps_ports_of(b);
    return kps_ports_meet(&left, &right);
}

/* The port is the one under which the container itself listens: what people know it by. */
static bool has_meaning(const struct kps_claim *claim)
{
    return claim->first == claim->target_first;
}

static int by_rank(const void *left, const void *right, void *context)
{
    const struct planning *p = context;
    kps_claim_id a = *(const kps_claim_id *)left;
    kps_claim_id b = *(const kps_claim_id *)right;
    bool a_stays = p->units.why[kps_repair_unit(&p->units, a)].n > 0;
    bool b_stays = p->units.why[kps_repair_unit(&p->units, b)].n > 0;
    if (a_stays != b_stays) {
        return a_stays ? -1 : 1;
    }
    bool a_means = has_meaning(kps_ledger_get_claim(p->ledger, a));
    bool b_means = has_meaning(kps_ledger_get_claim(p->ledger, b));
    if (a_means != b_means) {
        return a_means ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

/* The claims of a finding that can clash, in the order of the header; room for n_parties. */
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

/* Goes through a finding: what clashes with somebody asked before it is moved. */
static void decide(struct planning *p, const struct kps_finding *finding)
{
    kps_claim_id *claims = KPS_NEW_N(p->arena, kps_claim_id, (size_t)finding->n_parties + 1);
    uint32_t n = claims_of(p, finding, claims);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        kps_claim_id unit = kps_repair_unit(&p->units, claims[i]);
        bool met = false;
        for (uint32_t k = 0; k < kept && !met; k++) {
            met = kps_repair_unit(&p->units, claims[k]) != unit &&
                  clashes(kps_ledger_get_claim(p->ledger, claims[k]),
                          kps_ledger_get_claim(p->ledger, claims[i]));
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
    return p->ports[kps_repair_unit(&p->units, claim)] != 0;
}

static struct kps_sv why_both_stay(const struct planning *p, kps_claim_id a, kps_claim_id b)
{
    kps_claim_id first = kps_repair_unit(&p->units, a);
    kps_claim_id second = kps_repair_unit(&p->units, b);
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
    kps_claim_id a = kps_repair_unit(&p->units, *(const kps_claim_id *)left);
    kps_claim_id b = kps_repair_unit(&p->units, *(const kps_claim_id *)right);
    return a < b ? -1 : a > b;
}

/* Whether claims of one unit clash with each other: they do so wherever it moves. */
static bool clashes_inside(struct planning *p, const kps_claim_id *claims, uint32_t n)
{
    kps_claim_id *own = KPS_NEW_N(p->arena, kps_claim_id, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        own[i] = claims[i];
    }
    qsort_r(own, n, sizeof(own[0]), by_unit, p);
    for (uint32_t i = 1; i < n; i++) {
        kps_claim_id unit = kps_repair_unit(&p->units, own[i]);
        for (uint32_t k = i; k-- > 0 && kps_repair_unit(&p->units, own[k]) == unit;) {
            if (clashes(kps_ledger_get_claim(p->ledger, own[i]),
                        kps_ledger_get_claim(p->ledger, own[k]))) {
                return p->units.why[unit].n == 0;
            }
        }
    }
    return false;
}

/* Why a finding stays; empty: the moves remove it. */
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
            if (clashes(kps_ledger_get_claim(p->ledger, claims[k]), claim)) {
                return why_both_stay(p, claims[k], claims[i]);
            }
        }
        claims[kept++] = claims[i];
    }
    return any_moves ? SV("") : why_not(KPS_RULE_NONE);
}

static struct kps_sv number_of(const struct planning *p, kps_claim_id claim)
{
    uint32_t first = p->ports[kps_repair_unit(&p->units, claim)];
    uint32_t width = kps_claim_width(kps_ledger_get_claim(p->ledger, claim));
    return kps_ports_digits(p->arena, (uint16_t)first, (uint16_t)(first + width - 1));
}

static void make_edits(const struct planning *p, struct kps_repair *repair)
{
    struct kps_edit *edits = KPS_NEW_N(p->arena, struct kps_edit, p->units.n_places + 1);
    for (size_t i = 0; i < p->units.n_places; i++) {
        const struct kps_repair_place *place = &p->units.places[i];
        const struct kps_edit *before = repair->n_edits ? &edits[repair->n_edits - 1] : NULL;
        bool is_done =
            before && before->span.file == place->span.file && before->span.off == place->span.off;
        if (!place->is_kept && !is_done && is_moved(p, place->claim)) {
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
    struct planning p = {
        .ledger = ledger, .arena = arena, .units = kps_repair_find_units(ledger, scope)};
    struct kps_repair repair = {.n_edits = 0};
    struct kps_unrepaired *left =
        KPS_NEW_N(arena, struct kps_unrepaired, (size_t)diag->findings.n + 1);
    p.moves = KPS_NEW_N(arena, bool, (size_t)ledger->claims.n + 1);
    p.ports = KPS_NEW_N(arena, uint16_t, (size_t)ledger->claims.n + 1);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (is_wanted(finding) && is_of_numbers(finding->rule)) {
            decide(&p, finding);
        }
    }
    kps_repair_choose(&p.units, scope, p.moves, p.ports);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv why = is_wanted(finding) ? why_left(&p, finding) : SV("");
        if (why.n) {
            left[repair.n_left++] = (struct kps_unrepaired){finding, why};
        }
    }
    repair.left = left;
    make_edits(&p, &repair);
    return repair;
}
