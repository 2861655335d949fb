#include "free.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "check.h"
#include "core/suggest.h"
#include "gather.h"
#include "machine.h"
#include "output.h"
#include "report/words.h"
#include "sys/probe.h"

enum { PORTS = 65536 };

struct search {
    struct kps_arena *arena;
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_gathering gathering;
    struct kps_machine machine;
    struct kps_question range; /* what is looked through */
    enum kps_protocol protocol;
    kps_claim_id *taken; /* by port */
    uint16_t *found;
    size_t n_found, n_wanted;
    bool is_foreign; /* the address is none of this machine */
};

static void collect(struct search *search)
{
    const struct kps_options *options = search->options;
    search->gathering =
        (struct kps_gathering){.options = options, .env = search->env, .ledger = &search->ledger};
    if (options->inputs.n || options->files.n) {
        kps_gather(&search->gathering);
    }
    if (!options->only_files) {
        struct kps_port_filter *range = KPS_NEW(search->arena, struct kps_port_filter);
        *range = (struct kps_port_filter){search->range.first, search->range.last,
                                          (uint8_t)search->protocol};
        struct kps_machine_question question = {.engine = !options->no_docker,
                                                .sockets = !options->no_host,
                                                .ports = range,
                                                .n_ports = 1,
                                                .for_files = true,
                                                .without_owners = !options->verbose,
                                                .connections = options->no_probe};
        search->machine = kps_machine_collect(&search->ledger, options, search->env, &question);
    }
    if (options->verbose) {
        kps_machine_log_verbose(&search->machine, search->arena);
    }
    kps_ledger_link(&search->ledger);
}

/* Which claim stands in the way, by port: who holds it before who wants it. What nodes of a cluster
 * are asked for counts as well. */
static void survey(struct search *search)
{
    search->taken = KPS_NEW_N(search->arena, kps_claim_id, PORTS);
    for (uint32_t i = 0; i < search->ledger.claims.n; i++) {
        const struct kps_claim *claim = &search->ledger.claims.v[i];
        bool is_private =
            kps_ledger_get_netns(&search->ledger, claim->netns)->kind == KPS_NETNS_PRIVATE;
        if (is_private || !kps_claim_is_live(claim) || claim->protocol != search->protocol ||
            !kps_addr_overlap(&claim->addr, &search->range.addr)) {
            continue;
        }
        for (uint32_t port = claim->first; port <= claim->last; port++) {
            kps_claim_id other = search->taken[port];
            bool is_stronger =
                !other || kps_ledger_get_claim(&search->ledger, other)->basis < claim->basis;
            search->taken[port] = is_stronger ? i + 1 : other;
        }
    }
}

static bool is_reserved(const struct kps_kernel *kernel, uint16_t port)
{
    for (size_t i = 0; i < kernel->n_reserved; i++) {
        if (port >= kernel->reserved[i].first && port <= kernel->reserved[i].last) {
            return true;
        }
    }
    return false;
}

/* Whether sockets of this machine have a say: not when the engine publishes elsewhere, and not
 * without them. */
static bool is_here(const struct search *search)
{
    return !search->options->only_files && !search->options->no_host &&
           !search->machine.engine.elsewhere;
}

/* Why a port is no good, of what was collected; empty: nothing speaks against it. */
static struct kps_sv objection(const struct search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->machine.sockets.kernel;
    kps_claim_id taken = search->taken[port];
    if (taken) {
        const struct kps_claim *claim = kps_ledger_get_claim(&search->ledger, taken);
        static const char *const verbs[] = {[KPS_REQUESTED] = "is asked for by",
                                            [KPS_PENDING] = "will be wanted by",
                                            [KPS_BOUND] = "is held by"};
        kps_owner_id tenant = kps_ledger_get_owner(&search->ledger, claim->owner)->tenant;
        return kps_fmt(search->arena, "%s %.*s", verbs[claim->basis],
                       SV_ARG(kps_words_tenant(search->arena, &search->ledger, tenant)));
    }
    if (search->protocol == KPS_TCP && kps_port_is_refused_by_browsers(port)) {
        return SV("is refused by browsers");
    }
    if (!is_here(search) || !search->machine.asked_sockets) {
        return SV("");
    }
    if (is_reserved(kernel, port)) {
        return SV("is reserved (net.ipv4.ip_local_reserved_ports)");
    }
    if (search->options->no_probe && port < kernel->unprivileged_start && geteuid() != 0) {
        return SV("is privileged (net.ipv4.ip_unprivileged_port_start)");
    }
    return SV("");
}

static struct kps_sv probe(struct search *search, uint16_t port)
{
    if (search->options->no_probe || !is_here(search)) {
        return SV("");
    }
    int failed = kps_probe_bind(search->protocol, &search->range.addr, port);
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
        return kps_fmt(search->arena, "cannot be bound: %s", strerror(failed));
    }
}

/* Among the ports that outgoing connections get; the reserved ones there are objected to anyway. */
static bool may_be_given_away(const struct search *search, uint16_t port)
{
    const struct kps_kernel *kernel = &search->machine.sockets.kernel;
    return is_here(search) && search->machine.asked_sockets && kernel->known &&
           port >= kernel->ephemeral.first && port <= kernel->ephemeral.last;
}

static void say(const struct search *search, uint16_t port, struct kps_sv why)
{
    if (search->options->verbose) {
        (void)fprintf(stderr, "kportscan: %u %.*s\n", port, SV_ARG(why));
    }
}

/* Looks through the range: at the ports that connections may get, or at the others. */
static void look(struct search *search, bool at_ephemeral)
{
    for (uint32_t n = search->range.first;
         n <= search->range.last && search->n_found < search->n_wanted && !search->is_foreign;
         n++) {
        uint16_t port = (uint16_t)n;
        if (may_be_given_away(search, port) != at_ephemeral) {
            continue;
        }
        struct kps_sv why = objection(search, port);
        why = why.n ? why : probe(search, port);
        if (why.n) {
            say(search, port, why);
        } else {
            search->found[search->n_found++] = port;
        }
    }
}

static int verdict(const struct search *search)
{
    bool is_named = search->machine.engine.found_by.n > 0;
    bool failed = (is_named && kps_machine_failed(&search->machine)) ||
                  (search->machine.asked_sockets && search->machine.sockets.error &&
                   search->options->no_probe);
    if (search->gathering.has_failed || search->is_foreign) {
        return KPS_EXIT_INPUT;
    }
    if (failed) {
        return KPS_EXIT_NOT_ASKED;
    }
    return search->n_found == search->n_wanted ? KPS_EXIT_CLEAN : KPS_EXIT_FINDINGS;
}

/* What went wrong on the way belongs on stderr: standard output has numbers only. */
static void say_findings(const struct search *search)
{
    for (uint32_t i = 0; i < search->diag.findings.n && search->options->quiet < 2; i++) {
        const struct kps_finding *finding = search->diag.findings.v[i];
        if (finding->rule == KPS_RULE_SCAN_INCOMPLETE ||
            finding->rule == KPS_RULE_INPUT_UNREADABLE || finding->rule == KPS_RULE_INPUT_INVALID) {
            (void)fprintf(stderr, "kportscan: %.*s\n",
                          SV_ARG(kps_utf8_escape(search->arena, finding->message)));
        }
    }
}

static int write_ports(struct search *search, int code)
{
    struct kps_report report = {.ledger = &search->ledger,
                                .version = KPS_VERSION,
                                .mode = "free",
                                .inputs = search->gathering.inputs.v,
                                .n_inputs = search->gathering.inputs.n,
                                .engine = kps_machine_engine(&search->machine, search->arena),
                                .free_ports = search->found,
                                .n_free_ports = code == KPS_EXIT_NOT_ASKED ? 0 : search->n_found};
    struct kps_sv error = {"", 0};
    if (!kps_output_write(&report, search->options, search->env, &error)) {
        (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(search->arena, error)));
        return KPS_EXIT_INPUT;
    }
    if (search->is_foreign && search->options->quiet < 2) {
        (void)fprintf(stderr, "kportscan: %.*s is no address of this machine\n",
                      SV_ARG(kps_addr_format(search->arena, &search->range.addr)));
    }
    if (code == KPS_EXIT_FINDINGS && search->options->quiet < 2) {
        const char *protocol = kps_protocol_name(search->protocol);
        if (search->range.first == search->range.last) {
            (void)fprintf(stderr, "kportscan: %u/%s is %s\n", search->range.first, protocol,
                          search->n_found ? "the only free port there" : "not free");
        } else {
            (void)fprintf(stderr, "kportscan: %s of %u-%u/%s %s free\n",
                          search->n_found ? "only some" : "none", search->range.first,
                          search->range.last, protocol, search->n_found ? "are" : "is");
        }
    }
    return code;
}

int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct search search = {
        .arena = arena, .options = options, .env = env, .diag = {.arena = arena}};
    search.ledger.diag = &search.diag;
    search.range = options->free_from;
    bool is_range = kps_sv_find(options->free_from.words, '-') < options->free_from.words.n;
    search.range.last = is_range ? options->free_from.last : UINT16_MAX;
    search.protocol =
        options->free_from.protocol ? (enum kps_protocol)options->free_from.protocol : KPS_TCP;
    search.n_wanted = options->free_count ? options->free_count : 1;
    search.found = KPS_NEW_N(arena, uint16_t, search.n_wanted);
    collect(&search);
    survey(&search);
    bool starts_there = may_be_given_away(&search, search.range.first);
    look(&search, starts_there);
    look(&search, !starts_there);
    say_findings(&search);
    int code = write_ports(&search, verdict(&search));
    kps_gather_free(&search.gathering);
    kps_ledger_free(&search.ledger);
    kps_diag_free(&search.diag);
    return code;
}
