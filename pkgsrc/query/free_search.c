#include "query/free_search.h"

#include <errno.h>
#include <string.h>

#include "advice/owner_words.h"
#include "core/suggest.h"
#include "query/cluster_answer.h"
#include "report/words.h"
#include "sys/probe.h"

enum { PORTS = 65536 };

/* Find the claim in the way of each port, a bound claim before a requested claim. Requests of a
 * cluster's nodes count as well. */
static void find_holders(struct kps_free_search *search)
{
    const struct kps_ledger *ledger = search->ledger;
    search->holders = KPS_NEW_N(search->ledger->diag->arena, kps_claim_id, PORTS);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        struct kps_ports ports = kps_ports_of(claim);
        enum kps_netns_kind kind = kps_ledger_get_netns(ledger, claim->netns)->kind;
        bool is_private = kind == KPS_NETNS_PRIVATE;
        /* the API server gives a node port to one Service, whatever the protocol is */
        ports.protocol =
            search->cluster && kind == KPS_NETNS_CLUSTER ? (uint8_t)KPS_PROTO_NONE : ports.protocol;
        if (is_private || !kps_claim_is_live(claim) || !kps_ports_meet(&ports, &search->range)) {
            continue;
        }
        for (uint32_t port = claim->first; port <= claim->last; port++) {
            kps_claim_id other = search->holders[port];
            bool is_stronger = !other || kps_ledger_get_claim(ledger, other)->basis < claim->basis;
            search->holders[port] = is_stronger ? i + 1 : other;
        }
    }
}

/* Return: the reason against a port among the collected facts; empty: none. */
static struct kps_sv find_objection(const struct kps_free_search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->machine->sockets.kernel;
    kps_claim_id holder = search->holders[port];
    if (holder) {
        const struct kps_claim *claim = kps_ledger_get_claim(search->ledger, holder);
        static const char *const verbs[] = {[KPS_REQUESTED] = "is asked for by",
                                            [KPS_PENDING] = "will be wanted by",
                                            [KPS_BOUND] = "is held by"};
        kps_owner_id tenant = kps_ledger_get_owner(search->ledger, claim->owner)->tenant;
        return kps_fmt(search->ledger->diag->arena, "%s %s", verbs[claim->basis],
                       kps_words_shown(search->ledger->diag->arena,
                                       kps_owner_words_short(search->ledger->diag->arena,
                                                             search->ledger, tenant)));
    }
    if (search->cluster) {
        struct kps_sv part =
            kps_cluster_answer_component(search->cluster, port, search->range.protocol);
        bool is_node_port = kps_cluster_answer_is_node_port(search->cluster, port);
        if (is_node_port && !search->is_among_node_ports) {
            return SV("is a node port, which a Service may get");
        }
        if (part.n) {
            return kps_fmt(search->ledger->diag->arena, "is a port of %.*s on nodes", SV_ARG(part));
        }
    }
    if (search->range.protocol == KPS_TCP && kps_suggest_is_refused(port)) {
        return SV("is refused by browsers");
    }
    if (!search->binds || !search->machine->asked_sockets) {
        return SV("");
    }
    if (kps_port_range_holds(kernel->reserved, kernel->n_reserved, port)) {
        return SV("is reserved (net.ipv4.ip_local_reserved_ports)");
    }
    return SV("");
}

static struct kps_sv try_port(struct kps_free_search *search, uint16_t port)
{
    if (!search->binds) {
        return SV("");
    }
    int failed = kps_probe_bind(search->range.protocol, &search->range.addr, port);
    switch (failed) {
    case 0:
        return SV("");
    case EADDRINUSE:
        return SV("cannot be bound: a connection or another user's socket has it");
    case EACCES:
        return SV("is privileged (net.ipv4.ip_unprivileged_port_start)");
    case EADDRNOTAVAIL:
        search->fault = failed;
        return SV("cannot be bound: the address is none of this machine");
    case EPROTONOSUPPORT:
        search->fault = failed;
        return SV("cannot be bound: this kernel lacks the protocol");
    default:
        return kps_fmt(search->ledger->diag->arena, "cannot be bound: %s", strerror(failed));
    }
}

/* Return: whether outgoing connections may get the port. */
static bool may_be_given_away(const struct kps_free_search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->machine->sockets.kernel;
    return search->binds && search->machine->asked_sockets && kernel->known &&
           port >= kernel->ephemeral.first && port <= kernel->ephemeral.last;
}

/* Search the range: the ports of outgoing connections, or all other ports. */
static void search_range(struct kps_free_search *search, bool at_ephemeral)
{
    for (uint32_t n = search->range.first;
         n <= search->range.last && search->n_found < search->n_wanted && !search->fault; n++) {
        uint16_t port = (uint16_t)n;
        if (may_be_given_away(search, port) != at_ephemeral) {
            continue;
        }
        struct kps_sv why = find_objection(search, port);
        why = why.n ? why : try_port(search, port);
        if (why.n) {
            kps_log_verbose(search->ledger->diag->log, "%u %.*s", port, SV_ARG(why));
            search->why = search->why.n ? search->why : why;
            search->left_out = search->left_out ? search->left_out : port;
            search->has_reasons = search->has_reasons || !kps_sv_eq(search->why, why);
        } else {
            if (at_ephemeral) {
                kps_log_verbose(search->ledger->diag->log,
                                "%u is free, but outgoing connections may get it", port);
            }
            search->found[search->n_found++] = port;
        }
    }
}

void kps_free_search_widen(struct kps_free_search *search)
{
    search->is_among_node_ports =
        search->cluster && kps_cluster_answer_is_node_port(search->cluster, search->range.first);
    search->range.last = UINT16_MAX;
    while (search->is_among_node_ports &&
           !kps_cluster_answer_is_node_port(search->cluster, search->range.last)) {
        search->range.last--;
    }
}

void kps_free_search_run(struct kps_free_search *search)
{
    search->is_among_node_ports =
        search->cluster && kps_cluster_answer_is_node_port(search->cluster, search->range.first);
    search->found = KPS_NEW_N(search->ledger->diag->arena, uint16_t, search->n_wanted);
    find_holders(search);
    bool starts_there = may_be_given_away(search, search->range.first);
    search_range(search, starts_there);
    search_range(search, !starts_there);
}
