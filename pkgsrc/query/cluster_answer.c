#include "query/cluster_answer.h"

#include <stdlib.h>

#include "base/order.h"
#include "kube/reserved.h"

enum { PORTS = 65536 };

bool kps_cluster_answer_is_node_port(const struct kps_kube_options *cluster, uint16_t port)
{
    return port >= cluster->node_port_first && port <= cluster->node_port_last;
}

struct kps_sv kps_cluster_answer_component(const struct kps_kube_options *cluster, uint16_t port,
                                           enum kps_protocol protocol)
{
    const struct kps_kube_reserved *part = kps_kube_reserved_at(port, (uint8_t)protocol);
    if (part) {
        return kps_sv_of(part->who);
    }
    for (size_t i = 0; i < cluster->n_reserved; i++) {
        const struct kps_kube_taken *taken = &cluster->reserved[i];
        if (port >= taken->first && port <= taken->last && taken->protocol == protocol) {
            return taken->who.n ? taken->who : SV("the configuration");
        }
    }
    return (struct kps_sv){"", 0};
}

/* Nodes in their order, then the ports of Services, then the pods that have no node yet. */
static unsigned rank_of(const struct kps_ledger *ledger, kps_netns_id id)
{
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, id);
    if (netns->is_node) {
        return 0;
    }
    return netns->kind == KPS_NETNS_CLUSTER ? 1 : 2;
}

static int by_node(const void *left, const void *right, void *context)
{
    const struct kps_ledger *ledger = context;
    const struct kps_port_use *a = left;
    const struct kps_port_use *b = right;
    int order = kps_order_compare(rank_of(ledger, a->netns), rank_of(ledger, b->netns));
    order = order ? order : kps_order_compare(a->netns, b->netns);
    order = order ? order : kps_order_compare(a->first, b->first);
    order = order ? order : kps_order_compare(a->protocol, b->protocol);
    return order ? order : kps_order_compare(a->claim, b->claim);
}

static void find_uses(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    struct kps_ledger *ledger = inquiry->ledger;
    struct kps_port_uses all = kps_port_uses_of(ledger, inquiry->ledger->diag->arena);
    struct kps_port_use *uses =
        KPS_NEW_N(inquiry->ledger->diag->arena, struct kps_port_use, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        if (kps_inquiry_is_any_asked(query, &all.v[i]) &&
            kps_inquiry_is_named(inquiry, all.v[i].tenant)) {
            uses[query->n_holdings++] = all.v[i];
        }
    }
    qsort_r(uses, query->n_holdings, sizeof(uses[0]), by_node, ledger);
    query->holdings = uses;
}

/* Find ports above the requested port, free on every node. */
static void find_free_nearby(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    const struct kps_ledger *ledger = inquiry->ledger;
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_question *question = query->questions;
    if (query->n_questions != 1 || question->ports.first != question->ports.last ||
        query->n_holdings == 0 || ledger->diag->incomplete || inquiry->is_brief) {
        return;
    }
    enum kps_protocol protocol = query->holdings[0].protocol;
    bool *is_used = KPS_NEW_N(arena, bool, PORTS);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        is_used[claim->first] = true;
    }
    uint16_t *ports = KPS_NEW_N(arena, uint16_t, KPS_INQUIRY_NEARBY_PORTS);
    uint16_t asked = question->ports.first;
    for (uint32_t port = asked + 1U;
         port <= (uint32_t)asked + KPS_INQUIRY_NEARBY_RANGE && port <= UINT16_MAX; port++) {
        bool is_alike = kps_cluster_answer_is_node_port(inquiry->cluster, (uint16_t)port) ==
                        kps_cluster_answer_is_node_port(inquiry->cluster, asked);
        if (query->n_free_nearby < KPS_INQUIRY_NEARBY_PORTS && is_alike && !is_used[port] &&
            kps_cluster_answer_component(inquiry->cluster, (uint16_t)port, protocol).n == 0) {
            ports[query->n_free_nearby++] = (uint16_t)port;
        }
    }
    query->free_nearby = ports;
}

/* Keep the findings about waiting pods that are about a port asked for, or of a name. */
static void drop_other_findings(struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    struct kps_diag *diag = inquiry->ledger->diag;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        bool is_meant = finding->rule != KPS_RULE_CLUSTER_PENDING_NOW ||
                        (query->n_questions == 0 && query->n_names == 0);
        for (size_t k = 0; k < query->n_holdings && query->n_names && !is_meant; k++) {
            const struct kps_port_use *use = &query->holdings[k];
            is_meant = finding->first == use->first && finding->protocol == use->protocol;
        }
        for (size_t k = 0; k < query->n_questions && !is_meant; k++) {
            const struct kps_ports *ports = &query->questions[k].ports;
            is_meant = finding->first >= ports->first && finding->first <= ports->last &&
                       (!ports->protocol || ports->protocol == finding->protocol);
        }
        if (is_meant) {
            diag->findings.v[kept++] = finding;
        }
    }
    diag->findings.n = kept;
}

static bool is_in_use(const struct kps_query *query, uint32_t port)
{
    for (size_t i = 0; i < query->n_holdings; i++) {
        if (query->holdings[i].protocol == KPS_TCP && query->holdings[i].first == port) {
            return true;
        }
    }
    return false;
}

/* Return: a component of nodes that listens on a port of the question, which no pod has; NULL:
 * none. */
static const struct kps_kube_reserved *find_component(const struct kps_query *query,
                                                      const struct kps_ports *ports)
{
    const struct kps_kube_reserved *found = NULL;
    bool is_meant = ports->protocol == KPS_TCP || ports->protocol == KPS_PROTO_NONE;
    for (uint32_t port = ports->first; port <= ports->last && is_meant && !found; port++) {
        found = kps_kube_reserved_at((uint16_t)port, KPS_TCP); /* components use tcp alone */
        found = found && !found->optional && !is_in_use(query, port) ? found : NULL;
    }
    return found;
}

/* Note what no list of a cluster shows. */
static void add_notes(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    struct kps_arena *arena = inquiry->ledger->diag->arena;
    if (query->n_questions == 0 || inquiry->has_failed) {
        return;
    }
    struct kps_sv *notes = KPS_NEW_N(arena, struct kps_sv, query->n_questions + 1);
    bool *is_of_node = KPS_NEW_N(arena, bool, query->n_questions);
    for (size_t i = 0; i < query->n_questions; i++) {
        const struct kps_kube_reserved *part = find_component(query, &query->questions[i].ports);
        is_of_node[i] = part != NULL;
        if (part) {
            notes[query->n_notes++] =
                kps_fmt(arena, "%s has %u/tcp on %s node%s (%s), which is in no list", part->who,
                        part->port, part->control_plane ? "each control-plane" : "every",
                        part->loopback ? ", at 127.0.0.1" : "", part->what);
        }
    }
    notes[query->n_notes++] = SV("programs outside of pods, and ports that pods on the host's "
                                 "network do not declare, are in no list of a cluster");
    query->notes = notes;
    query->is_of_node = is_of_node;
}

void kps_cluster_answer_find(struct kps_inquiry *inquiry)
{
    find_uses(inquiry);
    find_free_nearby(inquiry);
    add_notes(inquiry);
    drop_other_findings(inquiry);
}
