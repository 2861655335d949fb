#include "query.h"

#include "base/clock.h"
#include "core/fingerprint.h"
#include "query/cluster_answer.h"
#include "query/machine_answer.h"
#include "verdict/filter.h"

bool kps_query_is_of_cluster(const struct kps_options *options)
{
    return options->inputs.asks_cluster || options->inputs.dumps.n > 0;
}

static enum kps_query_scope find_scope(const struct kps_options *options)
{
    if (kps_query_is_of_cluster(options)) {
        return KPS_QUERY_CLUSTER;
    }
    if (options->asks_docker == options->asks_host) {
        return KPS_QUERY_ALL;
    }
    return options->asks_docker ? KPS_QUERY_ENGINE : KPS_QUERY_SOCKETS;
}

static void ask_machine(struct kps_asked *asked)
{
    struct kps_machine_question question = kps_inquiry_question(&asked->inquiry);
    (void)kps_session_ask(&asked->session, &question);
    kps_inquiry_complete(&asked->inquiry);
    kps_ledger_link(&asked->session.ledger);
    kps_machine_answer_find(&asked->inquiry);
    kps_fingerprint_all(&asked->session.ledger);
    kps_diag_sort(&asked->session.diag);
}

static void ask_cluster(struct kps_asked *asked, const struct kps_cluster_connection *connection)
{
    struct kps_session *session = &asked->session;
    struct kps_kube_live_counts counts = kps_session_ask_cluster(session, connection);
    asked->inquiry.has_failed = session->gathering.has_failed;
    asked->inquiry.query.n_pods = counts.pods;
    asked->inquiry.query.n_services = counts.services;
    kps_ledger_link(&session->ledger);
    kps_cluster_answer_find(&asked->inquiry);
    kps_fingerprint_all(&session->ledger);
    kps_diag_sort(&session->diag);
    (void)kps_filter_read_rules(&session->diag, &session->options->verdict);
    kps_filter_apply_levels(&session->diag, &session->options->verdict);
}

void kps_query_ask(struct kps_asked *ret, struct kps_arena *arena,
                   const struct kps_options *options, const struct kps_env *env,
                   const struct kps_cluster_connection *connection)
{
    kps_session_open(&ret->session, arena, options, env);
    ret->inquiry = (struct kps_inquiry){.ledger = &ret->session.ledger,
                                        .machine = &ret->session.machine,
                                        .cluster = &options->inputs.cluster,
                                        .no_host = options->machine.no_host,
                                        .is_brief = options->log.quiet > 0,
                                        .query = {.scope = find_scope(options),
                                                  .questions = options->questions,
                                                  .n_questions = options->n_questions,
                                                  .names = options->names.v,
                                                  .n_names = options->names.n,
                                                  .now = kps_clock_now()}};
    if (ret->inquiry.query.scope == KPS_QUERY_CLUSTER) {
        ask_cluster(ret, connection);
    } else {
        ask_machine(ret);
    }
}

struct kps_report kps_query_report(const struct kps_asked *asked)
{
    static const char *const modes[] = {[KPS_QUERY_ALL] = "ports",
                                        [KPS_QUERY_ENGINE] = "docker",
                                        [KPS_QUERY_SOCKETS] = "host",
                                        [KPS_QUERY_CLUSTER] = "cluster"};
    struct kps_report report =
        kps_session_report(&asked->session, modes[asked->inquiry.query.scope]);
    report.query = &asked->inquiry.query;
    return report;
}

static int exit_code_of_cluster(const struct kps_asked *asked)
{
    const struct kps_query *query = &asked->inquiry.query;
    bool is_list = query->n_questions == 0 && query->n_names == 0;
    const struct kps_diag *diag = &asked->session.diag;
    if (is_list && kps_filter_fails(diag, &asked->session.options->verdict)) {
        return KPS_EXIT_FINDINGS;
    }
    if (!is_list && query->n_holdings) {
        return KPS_EXIT_CLEAN;
    }
    if (diag->incomplete) {
        return KPS_EXIT_NOT_ASKED;
    }
    return is_list ? KPS_EXIT_CLEAN : KPS_EXIT_FINDINGS;
}

int kps_query_exit_code(const struct kps_asked *asked)
{
    const struct kps_query *query = &asked->inquiry.query;
    if (asked->session.gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (query->scope == KPS_QUERY_CLUSTER) {
        return exit_code_of_cluster(asked);
    }
    if (query->n_holdings) {
        return KPS_EXIT_CLEAN;
    }
    /* Only sockets show listeners, only the engine shows publications; behind ssh it shows both. */
    struct kps_machine machine = asked->session.machine;
    machine.asked_engine =
        machine.asked_engine && (query->scope != KPS_QUERY_SOCKETS || machine.engine.is_remote);
    machine.asked_sockets &= query->scope != KPS_QUERY_ENGINE;
    if (kps_machine_failed(&machine) || kps_inquiry_asks_for_sctp(&asked->inquiry)) {
        return KPS_EXIT_NOT_ASKED;
    }
    return query->n_questions || query->n_names ? KPS_EXIT_FINDINGS : KPS_EXIT_CLEAN;
}

/* Name a missing engine where the question is about the engine. */
static void report_absent(const struct kps_session *session)
{
    const struct kps_docker_result *engine = &session->machine.engine;
    if (session->options->asks_docker && session->machine.asked_engine &&
        engine->status == KPS_ENGINE_ABSENT && !session->options->log.verbose) {
        kps_log_notice(&session->options->log, "%.*s", SV_ARG(engine->words));
    }
}

int kps_query(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct kps_asked asked;
    kps_query_ask(&asked, arena, options, env, NULL);
    int code = kps_query_exit_code(&asked);
    struct kps_report report = kps_query_report(&asked);
    if (asked.inquiry.query.scope == KPS_QUERY_CLUSTER) {
        report.n_hidden = kps_filter_severe(&asked.session.diag, &options->verdict);
    } else {
        report_absent(&asked.session);
    }
    kps_inquiry_report_names(&asked.inquiry);
    code = kps_session_write(&asked.session, &report, code);
    kps_session_close(&asked.session);
    return code;
}
