#include "core/repair_unit.h"

enum { PORTS = 65536, WORD_BITS = 64, LOWEST = 1024, WEB = 8000, PROTOCOLS = KPS_SCTP + 1 };

/* What nobody may get, by protocol. One for all namespaces but private ones: a port that is free in
 * each of them. */
struct taken {
    uint64_t words[PROTOCOLS][PORTS / WORD_BITS];
};

static void take(struct taken *taken, int protocol, uint32_t first, uint32_t last)
{
    for (uint32_t port = first; port <= last && protocol < PROTOCOLS; port++) {
        taken->words[protocol][port / WORD_BITS] |= UINT64_C(1) << (port % WORD_BITS);
    }
}

static bool is_taken(const struct taken *taken, int protocol, uint32_t port)
{
    return taken->words[protocol][port / WORD_BITS] >> (port % WORD_BITS) & 1;
}

static struct taken *survey(const struct kps_repair_units *units,
                            const struct kps_bound_ports *busy)
{
    const struct kps_ledger *ledger = units->ledger;
    struct taken *taken = KPS_NEW(units->arena, struct taken);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        if (claim->last && kps_ledger_get_netns(ledger, claim->netns)->kind != KPS_NETNS_PRIVATE) {
            take(taken, claim->protocol, claim->first, claim->last);
        }
    }
    for (size_t i = 0; busy && i < busy->n; i++) {
        take(taken, busy->v[i].protocol, busy->v[i].port, busy->v[i].port);
    }
    for (uint32_t port = 1; port < PORTS; port++) {
        if (kps_port_is_refused_by_browsers((uint16_t)port)) {
            take(taken, KPS_TCP, port, port);
        }
    }
    return taken;
}

/* What one unit needs. */
struct need {
    uint32_t width, wanted, first, last; /* how many ports, instead of which, from where to where */
    bool protocols[PROTOCOLS];
};

static bool is_free(const struct taken *taken, const struct need *need, uint32_t from)
{
    for (uint32_t port = from; port < from + need->width; port++) {
        for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
            if (need->protocols[protocol] && is_taken(taken, protocol, port)) {
                return false;
            }
        }
    }
    return true;
}

static uint32_t free_from(const struct taken *taken, const struct need *need, uint32_t from)
{
    from = from < need->first ? need->first : from;
    for (uint32_t port = from; port + need->width - 1 <= need->last; port++) {
        if (is_free(taken, need, port)) {
            return port;
        }
    }
    return 0;
}

/* As people write it: 80 -> 8080; else the next one up. */
static uint32_t choose(const struct taken *taken, const struct need *need)
{
    uint32_t port =
        free_from(taken, need, need->wanted < LOWEST ? WEB + need->wanted : need->wanted + 1);
    return port ? port : free_from(taken, need, need->first);
}

void kps_repair_choose(const struct kps_repair_units *units, const struct kps_repair_scope *scope,
                       const bool *moves, uint16_t *ports)
{
    const struct kps_ledger *ledger = units->ledger;
    struct taken *taken = survey(units, scope->busy);
    struct need **needs = KPS_NEW_N(units->arena, struct need *, (size_t)ledger->claims.n + 1);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
        kps_claim_id unit = kps_repair_unit(units, id);
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
                                  .last = PORTS - 1};
        }
        need->first = is_node_port ? scope->node_port_first : need->first;
        need->last = is_node_port ? scope->node_port_last : need->last;
        need->protocols[claim->protocol] = true;
    }
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        if (!needs[id]) {
            continue;
        }
        ports[id] = (uint16_t)choose(taken, needs[id]);
        for (int protocol = 0; ports[id] && protocol < PROTOCOLS; protocol++) {
            if (needs[id]->protocols[protocol]) {
                take(taken, protocol, ports[id], ports[id] + needs[id]->width - 1);
            }
        }
    }
}
