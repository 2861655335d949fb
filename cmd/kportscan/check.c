#include "check.h"

#include <stdlib.h>

#include "compose/claims.h"
#include "compose/project_name_reuse.h"
#include "compose/stack.h"
#include "core/detect.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "core/together.h"
#include "diff.h"
#include "inputs/placement.h"
#include "report/file_list.h"
#include "stderr_log.h"
#include "verdict/accepted.h"
#include "verdict/filter.h"

/* Join the files with what their engine said: drop the claims that it will not publish. */
static void apply_engine(struct kps_session *session, const struct kps_docker_result *engine)
{
    struct kps_ledger *ledger = &session->ledger;
    kps_compose_stack_settle(ledger, engine->site, engine->is_manager,
                             session->options->inputs.project_name);
    kps_compose_claims_follow_networks(ledger, engine->site, engine->networks, engine->n_networks);
    kps_compose_claims_bind(ledger, engine->site, engine->settings.host_binding);
    if (engine->settings.no_proxy) {
        kps_compose_claims_drop_ipv6(ledger, engine->site);
    }
}

/* Collect the holders of the requested ports, unless only files are checked. */
static void ask_machine(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    struct kps_ledger *ledger = &session->ledger;
    if (options->only_files || options->only_lists_files) {
        kps_compose_claims_drop_routed(ledger);
        return;
    }
    struct kps_machine_question question = kps_machine_question_of_files(
        ledger, &options->machine, options->asks_docker, options->asks_host);
    question.engine_networks = kps_compose_claims_need_networks(ledger);
    session->gathering.has_failed |= question.is_refused;
    (void)kps_session_ask(session, &question);
    apply_engine(session, &session->machine.engine);
    for (size_t i = 0; i < session->machine.n_engines; i++) {
        apply_engine(session, &session->machine.engines[i]);
    }
    kps_compose_claims_drop_routed(ledger);
}

/* Return: the exit code, by all requested findings, also by findings below --severity. */
static int exit_code(const struct kps_session *session)
{
    if (session->gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (kps_filter_fails(&session->diag, &session->options->verdict)) {
        return KPS_EXIT_FINDINGS;
    }
    return session->diag.incomplete ? KPS_EXIT_NOT_ASKED : KPS_EXIT_CLEAN;
}

/*
 * Accepted findings (by a suppression or a baseline) stay in the report and do not count. Return:
 * how many findings of this step the options filter out.
 */
static size_t accept_known(struct kps_session *session)
{
    struct kps_accepted known = {.ledger = &session->ledger,
                                 .options = &session->options->verdict,
                                 .output = &session->options->output,
                                 .version = KPS_VERSION,
                                 .is_partial = session->options->inputs.services.n > 0,
                                 .env = session->env,
                                 .inputs = session->gathering.inputs.v,
                                 .n_inputs = session->gathering.inputs.n,
                                 .saw_machine = session->machine.asked_engine ||
                                                session->machine.n_engines ||
                                                session->machine.asked_sockets,
                                 .failed = session->gathering.has_failed};
    if (session->options->only_lists_files) {
        return 0;
    }
    size_t n_hidden = kps_accepted_apply(&known);
    session->gathering.has_failed = known.failed;
    return n_hidden;
}

static int by_path(const void *a, const void *b)
{
    return kps_sv_cmp(((const struct kps_input *)a)->path, ((const struct kps_input *)b)->path);
}

static void report_failures(const struct kps_session *session)
{
    for (uint32_t i = 0; i < session->gathering.inputs.n; i++) {
        struct kps_sv error = session->gathering.inputs.v[i].error;
        if (error.n) {
            kps_log_error(&kps_stderr_log, "%.*s", SV_ARG(error));
        }
    }
}

/*
 * An invalid input ends with exit code 2 even where --ignore, --severity or a suppression hides the
 * finding. Then stderr gives the reason.
 */
static void report_hidden_failures(const struct kps_session *session)
{
    for (uint32_t i = 0; i < session->diag.findings.n; i++) {
        if (session->diag.findings.v[i]->severity == KPS_ERROR &&
            !session->diag.findings.v[i]->suppressed.p) {
            return;
        }
    }
    if (session->gathering.has_failed && session->options->log.quiet < 2) {
        report_failures(session);
    }
}

static int list_files(const struct kps_session *session)
{
    kps_file_list_print(&session->diag, session->gathering.inputs.v, session->gathering.inputs.n,
                        stdout);
    report_failures(session);
    return session->gathering.has_failed ? KPS_EXIT_INPUT : KPS_EXIT_CLEAN;
}

/* Turn the collected claims into the requested findings, sorted. Return: how many others there
 * were. */
static size_t judge_claims(struct kps_session *session)
{
    struct kps_ledger *ledger = &session->ledger;
    const struct kps_options *options = session->options;
    struct kps_conflicts conflicts = kps_detect(ledger, session->arena);
    struct kps_kernel_settings settings = kps_machine_settings(&session->machine);
    kps_judge(ledger, conflicts, session->machine.bound_ports);
    kps_manifests_judge(&session->gathering.manifests);
    kps_compose_project_name_reuse_note_containers(ledger, kps_machine_is_same_folder);
    kps_compose_project_name_reuse_note_files(ledger);
    kps_kernel_settings_judge(ledger, &settings);
    kps_fingerprint_all(ledger);
    kps_placement_name_machines(ledger);
    kps_diag_sort(&session->diag);
    kps_filter_distinct(ledger);
    size_t n_hidden = kps_filter_read_rules(&session->diag, &options->verdict);
    kps_filter_apply_levels(&session->diag, &options->verdict);
    return n_hidden;
}

/* Name two projects below a folder whose ports would meet on one machine. */
static void hint_together(const struct kps_session *session)
{
    struct kps_together found;
    if (session->options->log.quiet ||
        !kps_together_find(&session->ledger, session->arena, &found)) {
        return;
    }
    struct kps_sv more = SV("");
    if (found.n_more) {
        more = kps_fmt(session->arena, ", and %zu more port%s would meet", found.n_more,
                       found.n_more == 1 ? "" : "s");
    }
    kps_log_notice(&session->options->log,
                   "'%.*s' and '%.*s' both publish %.*s%.*s; the projects below a folder are "
                   "judged apart, with --together as those of one machine",
                   SV_ARG(found.project), SV_ARG(found.other), SV_ARG(found.ports), SV_ARG(more));
}

size_t kps_check_collect(struct kps_session *session)
{
    kps_session_gather(session);
    ask_machine(session);
    session->ledger.host_is_node = session->options->asks_docker || session->options->asks_host;
    kps_ledger_link(&session->ledger);
    size_t n_hidden = judge_claims(session);
    return n_hidden + accept_known(session);
}

/* Return: the exit code of --map, whose findings are marks in a list. */
static int choose_map(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    size_t n = kps_report_choose_claims(&session->ledger, &options->names);
    if (session->gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (n == 0 && options->names.n) {
        kps_log_notice(&options->log, "nothing that wants a host port is called '%.*s'",
                       SV_ARG(options->names.v[0]));
        return KPS_EXIT_FINDINGS;
    }
    return session->diag.incomplete ? KPS_EXIT_NOT_ASKED : KPS_EXIT_CLEAN;
}

int kps_check(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct kps_session session;
    kps_session_open(&session, arena, options, env);
    size_t n_hidden = kps_check_collect(&session);
    int code = options->makes_map ? choose_map(&session) : exit_code(&session);
    n_hidden += kps_filter_severe(&session.diag, &options->verdict);
    if (session.gathering.inputs.n) {
        qsort(session.gathering.inputs.v, session.gathering.inputs.n,
              sizeof(session.gathering.inputs.v[0]), by_path);
    }
    if (options->only_lists_files) {
        code = list_files(&session);
    } else {
        struct kps_report report =
            kps_session_report(&session, options->makes_map ? "map" : "check");
        report.n_hidden = n_hidden;
        report.n_left_out = session.gathering.n_left_out;
        report_hidden_failures(&session);
        code = kps_session_write(&session, &report, code);
        hint_together(&session);
    }
    if (options->makes_diff) {
        kps_diff(&session);
    }
    kps_session_close(&session);
    return code;
}
