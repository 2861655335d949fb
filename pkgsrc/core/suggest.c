#include "core/suggest.h"

#include <stdlib.h>

#include "core/port_set.h"

enum { PORTS = KPS_PORT_SET_PORTS, LOWEST = 1024, WEB = 8000 };

/* Ports that browsers refuse: a web server published there would not work. Sorted. */
static const uint16_t browser_blocked[] = {
    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,   37,
    42,   43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,  110,
    111,  113,  115,  117,  119,  123,  135,  137,  139,  143,  161,  179,  389,  427,
    465,  512,  513,  514,  515,  526,  530,  531,  532,  540,  548,  554,  556,  563,
    587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659, 4045, 4190,
    5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

bool kps_suggest_is_refused(uint16_t port)
{
    for (size_t i = 0; i < KPS_COUNT(browser_blocked) && browser_blocked[i] <= port; i++) {
        if (browser_blocked[i] == port) {
            return true;
        }
    }
    return false;
}

const uint16_t *kps_suggest_refused(size_t *ret_n)
{
    *ret_n = KPS_COUNT(browser_blocked);
    return browser_blocked;
}

/* A bit for each port of a namespace and protocol in use or suggested before. */
struct taken {
    enum kps_protocol protocol;
    struct kps_port_set ports;
    struct taken *next; /* of the same namespace */
};

struct kps_suggest {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    /* The live claims by namespace: by_netns[starts[id - 1] .. starts[id]). */
    uint32_t *starts;
    kps_claim_id *by_netns;
    struct taken **taken; /* by namespace */
    struct kps_bound_ports busy;
};

struct kps_suggest *kps_suggest_new(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    struct kps_suggest *suggest = KPS_NEW(arena, struct kps_suggest);
    uint32_t n = ledger->netns.n;
    suggest->ledger = ledger;
    suggest->arena = arena;
    suggest->starts = KPS_NEW_N(arena, uint32_t, (size_t)n + 2);
    suggest->by_netns = KPS_NEW_N(arena, kps_claim_id, ledger->claims.n);
    suggest->taken = KPS_NEW_N(arena, struct taken *, (size_t)n + 1);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        suggest->starts[ledger->claims.v[i].netns + 1] += kps_claim_is_live(&ledger->claims.v[i]);
    }
    for (uint32_t id = 1; id <= n + 1; id++) {
        suggest->starts[id] += suggest->starts[id - 1];
    }
    /* each start moves to its end, which is the start of the next namespace: hence "+ 1" above and
     * the index below */
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        if (kps_claim_is_live(&ledger->claims.v[i])) {
            suggest->by_netns[suggest->starts[ledger->claims.v[i].netns]++] = i + 1;
        }
    }
    return suggest;
}

void kps_suggest_avoid(struct kps_suggest *suggest, const struct kps_bound_ports *busy)
{
    suggest->busy = *busy;
}

static struct taken *survey_claims(struct kps_suggest *suggest, kps_netns_id netns,
                                   enum kps_protocol protocol)
{
    struct taken *taken = KPS_NEW(suggest->arena, struct taken);
    taken->protocol = protocol;
    for (uint32_t i = suggest->starts[netns - 1]; i < suggest->starts[netns]; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(suggest->ledger, suggest->by_netns[i]);
        if (claim->protocol == protocol) {
            kps_port_set_add(&taken->ports, claim->first, claim->last);
        }
    }
    bool is_host = kps_ledger_get_netns(suggest->ledger, netns)->kind == KPS_NETNS_HOST &&
                   kps_ledger_is_here(suggest->ledger, netns);
    for (size_t i = 0; i < suggest->busy.n && is_host; i++) {
        if (suggest->busy.v[i].protocol == protocol) {
            kps_port_set_add(&taken->ports, suggest->busy.v[i].port, suggest->busy.v[i].port);
        }
    }
    for (size_t i = 0; i < KPS_COUNT(browser_blocked); i++) {
        kps_port_set_add(&taken->ports, browser_blocked[i], browser_blocked[i]);
    }
    return taken;
}

static struct taken *find_taken(struct kps_suggest *suggest, kps_netns_id netns,
                                enum kps_protocol protocol)
{
    for (struct taken *taken = suggest->taken[netns]; taken; taken = taken->next) {
        if (taken->protocol == protocol) {
            return taken;
        }
    }
    struct taken *taken = survey_claims(suggest, netns, protocol);
    taken->next = suggest->taken[netns];
    suggest->taken[netns] = taken;
    return taken;
}

uint16_t kps_suggest_port(struct kps_suggest *suggest, kps_netns_id netns, uint32_t protocols,
                          uint16_t wanted)
{
    struct kps_port_set *sets[KPS_SCTP + 1];
    const struct kps_port_set *const *taken = (const struct kps_port_set *const *)sets;
    size_t n = 0;
    for (enum kps_protocol protocol = KPS_TCP; protocol <= KPS_SCTP; protocol++) {
        if (protocols >> protocol & 1) {
            sets[n++] = &find_taken(suggest, netns, protocol)->ports;
        }
    }
    uint32_t from = wanted >= LOWEST ? wanted + 1U : (uint32_t)WEB + wanted;
    uint32_t port = kps_port_set_find(taken, n, from, PORTS - 1, 1);
    port = port ? port : kps_port_set_find(taken, n, LOWEST, PORTS - 1, 1);
    for (size_t i = 0; i < n && port; i++) {
        kps_port_set_add(sets[i], port, port);
    }
    return (uint16_t)port;
}
