#include "free.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "advice/owner_words.h"
#include "base/utf8.h"
#include "cluster_question.h"
#include "core/suggest.h"
#include "log.h"
#include "session.h"
#include "sys/probe.h"

enum { PORTS = 65536 };

struct search {
    struct kps_session session;
    struct kps_ports range; /* to look through */
    kps_claim_id *holders;  /* by port: the claim in the way, or 0 */
    uint16_t *found;
    size_t n_found, n_wanted;
    bool is_foreign;          /* the address is none of this machine */
    bool is_of_cluster;       /* the ports of a cluster's nodes, not of this machine */
    bool is_among_node_ports; /* … and a nodePort is looked for */
};

/* Collect the ports of the cluster: a question without ports. */
static void ask_cluster(struct search *search)
{
    struct kps_session *session = &search->session;
    struct kps_cluster *cluster = &session->gathering.cluster;
    *cluster = (struct kps_cluster){
        .ledger = &session->ledger, .options = session->options, .env = session->env};
    (void)kps_cluster_ask(cluster);
    session->gathering.has_failed = cluster->has_failed;
}

static void collect_claims(struct search *search)
{
    const struct kps_options *options = search->session.options;
    if (search->is_of_cluster) {
        ask_cluster(search);
    } else if (options->inputs.n || options->files.n) {
        kps_gather(&search->session.gathering);
    }
    if (!search->is_of_cluster) {
        struct kps_ports *range = KPS_NEW(search->session.arena, struct kps_ports);
        *range = search->range;
        range->addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        struct kps_machine_question question = {.engine = true,
                                                .sockets = true,
                                                .ports = range,
                                                .n_ports = 1,
                                                .for_files = true,
                                                .without_owners = !options->verbose};
        (void)kps_session_ask(&search->session, &question);
    }
    kps_ledger_link(&search->session.ledger);
}

/* Find the claim in the way of each port, a bound claim before a requested claim. Requests of a
 * cluster's nodes count as well. */
static void find_holders(struct search *search)
{
    const struct kps_ledger *ledger = &search->session.ledger;
    search->holders = KPS_NEW_N(search->session.arena, kps_claim_id, PORTS);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        struct kps_ports ports = kps_ports_of(claim);
        enum kps_netns_kind kind = kps_ledger_get_netns(ledger, claim->netns)->kind;
        bool is_private = kind == KPS_NETNS_PRIVATE;
        /* the API server gives a node port to one Service, whatever the protocol is */
        ports.protocol = search->is_of_cluster && kind == KPS_NETNS_CLUSTER
                             ? (uint8_t)KPS_PROTO_NONE
                             : ports.protocol;
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

/* Return: whether sockets of this machine count: not where the engine publishes elsewhere. */
static bool is_here(const struct search *search)
{
    return !search->is_of_cluster && !search->session.options->only_files &&
           !search->session.options->no_host && !search->session.machine.engine.elsewhere;
}

/* Return: the reason against a port among the collected facts; empty: none. */
static struct kps_sv find_objection(const struct search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->session.machine.sockets.kernel;
    kps_claim_id holder = search->holders[port];
    if (holder) {
        const struct kps_claim *claim = kps_ledger_get_claim(&search->session.ledger, holder);
        static const char *const verbs[] = {[KPS_REQUESTED] = "is asked for by",
                                            [KPS_PENDING] = "will be wanted by",
                                            [KPS_BOUND] = "is held by"};
        kps_owner_id tenant = kps_ledger_get_owner(&search->session.ledger, claim->owner)->tenant;
        return kps_fmt(
            search->session.arena, "%s %.*s", verbs[claim->basis],
            SV_ARG(kps_utf8_escape(
                search->session.arena,
                kps_owner_words_short(search->session.arena, &search->session.ledger, tenant))));
    }
    if (search->is_of_cluster) {
        struct kps_sv part = kps_cluster_question_object(search->session.options, port,
                                                         (enum kps_protocol)search->range.protocol);
        bool is_node_port = kps_cluster_question_is_node_port(search->session.options, port);
        if (is_node_port && !search->is_among_node_ports) {
            return SV("is a node port, which a Service may get");
        }
        if (part.n) {
            return kps_fmt(search->session.arena, "is a port of %.*s on nodes", SV_ARG(part));
        }
    }
    if (search->range.protocol == KPS_TCP && kps_suggest_is_refused(port)) {
        return SV("is refused by browsers");
    }
    if (!is_here(search) || !search->session.machine.asked_sockets) {
        return SV("");
    }
    if (kps_port_range_holds(kernel->reserved, kernel->n_reserved, port)) {
        return SV("is reserved (net.ipv4.ip_local_reserved_ports)");
    }
    return SV("");
}

static struct kps_sv try_port(struct search *search, uint16_t port)
{
    if (!is_here(search)) {
        return SV("");
    }
    int failed =
        kps_probe_bind((enum kps_protocol)search->range.protocol, &search->range.addr, port);
    switch (failed) {
    case 0:
        return SV("");
    case EADDRINUSE:
        return SV("cannot be bound: a connection or another user's socket has it");
    case EACCES:
        return SV("is privileged (net.ipv4.ip_unprivileged_port_start)");
    case EADDRNOTAVAIL:
        search->is_foreign = true;
        return SV("cannot be bound: the address is none of this machine");
    default:
        return kps_fmt(search->session.arena, "cannot be bound: %s", strerror(failed));
    }
}

/* Return: whether outgoing connections may get the port. */
static bool may_be_given_away(const struct search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->session.machine.sockets.kernel;
    return is_here(search) && search->session.machine.asked_sockets && kernel->known &&
           port >= kernel->ephemeral.first && port <= kernel->ephemeral.last;
}

/* Search the range: the ports of outgoing connections, or all other ports. */
static void search_range(struct search *search, bool at_ephemeral)
{
    for (uint32_t n = search->range.first;
         n <= search->range.last && search->n_found < search->n_wanted && !search->is_foreign;
         n++) {
        uint16_t port = (uint16_t)n;
        if (may_be_given_away(search, port) != at_ephemeral) {
            continue;
        }
        struct kps_sv why = find_objection(search, port);
        why = why.n ? why : try_port(search, port);
        if (why.n) {
            kps_log_verbose(search->session.options, "%u %.*s", port, SV_ARG(why));
        } else {
            search->found[search->n_found++] = port;
        }
    }
}

static int exit_code(const struct search *search)
{
    bool is_named = search->session.machine.engine.found_by.n > 0;
    bool failed = (is_named && kps_machine_failed(&search->session.machine)) ||
                  (search->is_of_cluster && search->session.diag.incomplete);
    if (search->session.gathering.has_failed || search->is_foreign) {
        return KPS_EXIT_INPUT;
    }
    if (failed) {
        return KPS_EXIT_NOT_ASKED;
    }
    return search->n_found == search->n_wanted ? KPS_EXIT_CLEAN : KPS_EXIT_FINDINGS;
}

/* Say why there are not as many ports as were asked for. */
static void report_lack(const struct search *search, int code)
{
    const struct kps_options *options = search->session.options;
    const struct kps_ports *range = &search->range;
    struct kps_sv words =
        kps_ports_words(search->session.arena, range->first, range->last, range->protocol);
    if (search->is_foreign) {
        kps_log_notice(options, "%.*s is no address of this machine",
                       SV_ARG(kps_addr_format(search->session.arena, &range->addr)));
    }
    if (code == KPS_EXIT_FINDINGS && range->first == range->last) {
        kps_log_notice(options, "%.*s is %s", SV_ARG(words),
                       search->n_found ? "the only free port there" : "not free");
    } else if (code == KPS_EXIT_FINDINGS) {
        kps_log_notice(options, "%s of %.*s %s free", search->n_found ? "only some" : "none",
                       SV_ARG(words), search->n_found ? "are" : "is");
    }
}

static int write_ports(const struct search *search, int code)
{
    struct kps_report report = kps_session_report(&search->session, "free");
    report.free_ports = search->found;
    bool is_unknown = code == KPS_EXIT_NOT_ASKED ||
                      (search->is_of_cluster && search->session.gathering.has_failed);
    report.n_free_ports = is_unknown ? 0 : search->n_found;
    int written = kps_session_write(&search->session, &report, code);
    if (written == code) {
        report_lack(search, code);
    }
    return written;
}

int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct search search = {.range = options->free_from.ports};
    kps_session_open(&search.session, arena, options, env);
    bool is_range = kps_sv_find(options->free_from.words, '-') < options->free_from.words.n;
    search.is_of_cluster = kps_cluster_question_is_asked(options);
    search.is_among_node_ports =
        search.is_of_cluster && kps_cluster_question_is_node_port(options, search.range.first);
    search.range.last = is_range ? search.range.last : UINT16_MAX;
    while (search.is_among_node_ports && !is_range &&
           !kps_cluster_question_is_node_port(options, search.range.last)) {
        search.range.last--;
    }
    search.range.protocol = search.range.protocol ? search.range.protocol : KPS_TCP;
    search.n_wanted = options->free_count ? options->free_count : 1;
    search.found = KPS_NEW_N(arena, uint16_t, search.n_wanted);
    collect_claims(&search);
    find_holders(&search);
    bool starts_there = may_be_given_away(&search, search.range.first);
    search_range(&search, starts_there);
    search_range(&search, !starts_there);
    kps_session_report_faults(&search.session);
    int code = write_ports(&search, exit_code(&search));
    kps_session_close(&search.session);
    return code;
}
