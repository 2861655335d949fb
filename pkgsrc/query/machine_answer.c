#include "query/machine_answer.h"

#include "core/suggest.h"
#include "query/notes.h"

static bool is_in_scope(const struct kps_inquiry *inquiry, const struct kps_port_use *holding)
{
    enum kps_owner_kind kind = kps_ledger_get_owner(inquiry->ledger, holding->tenant)->kind;
    bool is_listed = inquiry->query.n_questions || !holding->is_remnant;
    switch (inquiry->query.scope) {
    case KPS_QUERY_ENGINE:
        return kind == KPS_OWNER_CONTAINER || kind == KPS_OWNER_SWARM_SERVICE;
    case KPS_QUERY_SOCKETS: /* leaves out later listeners */
        return holding->basis == KPS_BOUND && is_listed;
    case KPS_QUERY_CLUSTER:
    case KPS_QUERY_ALL:
        break;
    }
    return is_listed;
}

static void find_holdings(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    struct kps_port_uses all = kps_port_uses_of(inquiry->ledger, inquiry->ledger->diag->arena);
    struct kps_port_use *holdings =
        KPS_NEW_N(inquiry->ledger->diag->arena, struct kps_port_use, all.n + 1);
    struct kps_port_use *outside_holders =
        KPS_NEW_N(inquiry->ledger->diag->arena, struct kps_port_use, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        if (!kps_inquiry_is_any_asked(query, &all.v[i]) ||
            !kps_inquiry_is_named(inquiry, all.v[i].tenant)) {
            continue;
        }
        if (is_in_scope(inquiry, &all.v[i])) {
            holdings[query->n_holdings++] = all.v[i];
        } else if (query->scope == KPS_QUERY_ENGINE && query->n_questions) {
            outside_holders[query->n_outside_holders++] = all.v[i];
        }
    }
    query->holdings = holdings;
    query->outside_holders = outside_holders;
}

static void find_free_nearby(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    if (!kps_inquiry_offers_nearby(inquiry) || query->n_holdings + query->n_outside_holders == 0) {
        return;
    }
    const struct kps_question *question = query->questions;
    const struct kps_port_use *holding =
        query->n_holdings ? query->holdings : query->outside_holders;
    struct kps_suggest *suggest = kps_suggest_new(inquiry->ledger, inquiry->ledger->diag->arena);
    uint16_t *ports = KPS_NEW_N(inquiry->ledger->diag->arena, uint16_t, KPS_INQUIRY_NEARBY_PORTS);
    for (size_t i = 0; i < KPS_INQUIRY_NEARBY_PORTS; i++) {
        uint16_t port = kps_suggest_port(suggest, holding->netns, 1U << holding->protocol,
                                         question->ports.first);
        if (port > question->ports.first &&
            port - question->ports.first <= KPS_INQUIRY_NEARBY_RANGE) {
            ports[query->n_free_nearby++] = port;
        }
    }
    query->free_nearby = ports;
}

void kps_machine_answer_find(struct kps_inquiry *inquiry)
{
    find_holdings(inquiry);
    find_free_nearby(inquiry);
    kps_notes_add(inquiry);
}
