#include "free.h"

#include <errno.h>

#include "query.h"
#include "query/free_search.h"

struct run {
    struct kps_session session;
    struct kps_free_search search;
};

static void collect_claims(struct run *run)
{
    struct kps_session *session = &run->session;
    const struct kps_options *options = session->options;
    if (run->search.cluster) {
        (void)kps_session_ask_cluster(session, NULL);
    } else {
        struct kps_ports range = run->search.range;
        range.addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        struct kps_machine_question question = {.engine = true,
                                                .sockets = true,
                                                .ports = &range,
                                                .n_ports = 1,
                                                .for_files = true,
                                                .without_owners = !options->log.verbose};
        if (options->inputs.named.n || options->inputs.files.n) {
            kps_session_gather(session);
        }
        (void)kps_session_ask(session, &question);
    }
    kps_ledger_link(&session->ledger);
    run->search.binds = !run->search.cluster && !options->only_files && !options->machine.no_host &&
                        !session->machine.engine.elsewhere;
}

static int exit_code(const struct run *run)
{
    struct kps_machine machine = run->session.machine;
    bool is_named = machine.engine.found_by.n > 0;
    machine.asked_sockets &= !run->search.binds;
    bool failed = ((is_named || machine.asked_sockets) && kps_machine_failed(&machine)) ||
                  (run->search.cluster && run->session.diag.incomplete);
    if (run->session.gathering.has_failed || run->search.fault == EADDRNOTAVAIL) {
        return KPS_EXIT_INPUT;
    }
    if (failed || run->search.fault) {
        return KPS_EXIT_NOT_ASKED;
    }
    return run->search.n_found == run->search.n_wanted ? KPS_EXIT_CLEAN : KPS_EXIT_FINDINGS;
}

/* Say why there are not as many ports as were asked for. */
static void report_lack(const struct run *run, int code)
{
    const struct kps_options *options = run->session.options;
    const struct kps_ports *range = &run->search.range;
    const char *words =
        kps_ports_words(run->session.arena, range->first, range->last, range->protocol).p;
    if (run->search.fault == EADDRNOTAVAIL) {
        kps_log_notice(&options->log, "%s is no address of this machine",
                       kps_addr_format(run->session.arena, &range->addr).p);
    } else if (run->search.fault) {
        kps_log_notice(&options->log, "no port of %s can be tried: this kernel lacks the protocol",
                       kps_protocol_name(range->protocol));
    }
    if (code != KPS_EXIT_FINDINGS) {
        return;
    }
    const char *few = range->first == range->last ? " is the only free port there"
                                                  : ": only some are free; -v says why";
    if (run->search.n_found) {
        kps_log_notice(&options->log, "%s%s", words, few);
    } else if (range->first == range->last) {
        kps_log_notice(&options->log, "%s %.*s", words, SV_ARG(run->search.why));
    } else if (run->search.has_reasons) {
        kps_log_notice(&options->log, "none of %s is offered: %u %.*s; -v says why of each", words,
                       run->search.left_out, SV_ARG(run->search.why));
    } else {
        kps_log_notice(&options->log, "none of %s is offered: each %.*s", words,
                       SV_ARG(run->search.why));
    }
}

static int write_ports(const struct run *run, int code)
{
    struct kps_report report = kps_session_report(&run->session, "free");
    report.free_ports = run->search.found;
    bool is_unknown =
        code == KPS_EXIT_NOT_ASKED || (run->search.cluster && run->session.gathering.has_failed);
    report.n_free_ports = is_unknown ? 0 : run->search.n_found;
    int written = kps_session_write(&run->session, &report, code);
    if (written == code) {
        report_lack(run, code);
    }
    return written;
}

int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct run run;
    kps_session_open(&run.session, arena, options, env);
    run.search = (struct kps_free_search){
        .ledger = &run.session.ledger,
        .machine = &run.session.machine,
        .cluster = kps_query_is_of_cluster(options) ? &options->inputs.cluster : NULL,
        .range = options->free_from.ports,
        .n_wanted = options->free_count ? options->free_count : 1};
    if (!options->free_from.is_range) {
        kps_free_search_widen(&run.search);
    }
    run.search.range.protocol = run.search.range.protocol ? run.search.range.protocol : KPS_TCP;
    collect_claims(&run);
    kps_free_search_run(&run.search);
    kps_session_report_faults(&run.session);
    int code = write_ports(&run, exit_code(&run));
    kps_session_close(&run.session);
    return code;
}
