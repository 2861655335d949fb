#include "check.h"

#include <stdlib.h>

#include "accepted.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "compose/claims.h"
#include "compose/project_name_reuse.h"
#include "compose/stack.h"
#include "core/detect.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "diff.h"
#include "filter.h"
#include "log.h"
#include "placement.h"
#include "together.h"

/* Join the files with what their engine said: drop the claims that it will not publish. */
static void apply_engine(struct kps_session *session, const struct kps_docker_result *engine)
{
    struct kps_ledger *ledger = &session->ledger;
    kps_compose_stack_settle(ledger, engine->site, engine->is_manager,
                             session->options->project_name);
    kps_compose_claims_drop_unpublished(ledger, engine->site, engine->unpublished,
                                        engine->n_unpublished);
    if (engine->no_proxy) {
        kps_compose_claims_drop_ipv6(ledger, engine->site);
    }
}

/*
 * Report an engine of the command line for the projects of several machines. Return: whether the
 * machines of the settings are to be asked.
 */
static bool check_machines(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    const struct kps_ports *ports = NULL;
    struct kps_buf names = KPS_BUF(session->arena);
    size_t n = 0;
    for (uint32_t site = 1; site <= options->n_machines; site++) {
        if (kps_machine_wanted(&session->ledger, site, false, &ports)) {
            kps_buf_fmt(&names, "%s%.*s", n ? ", " : "",
                        SV_ARG(kps_ledger_site_name(&session->ledger, site)));
            n++;
        }
    }
    if (n < 2 || !(options->docker_host.n || options->contexts.n)) {
        return n > 0;
    }
    (void)kps_diag_add(&session->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0,
                       "the command line names one engine, and the inputs run on several machines: "
                       "%.*s",
                       SV_ARG(kps_buf_sv(&names)));
    session->gathering.has_failed = true;
    return false;
}

/* Collect the holders of the requested ports, unless only files are checked. */
static void ask_machine(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    struct kps_ledger *ledger = &session->ledger;
    struct kps_machine_question question = {
        .for_files = true, .connections = true, .addresses = true};
    if (options->only_files || options->only_lists_files) {
        return;
    }
    /* Only the user knows whether this machine is a node of the manifests' cluster. */
    bool is_node = options->asks_docker || options->asks_host;
    bool has_projects = kps_machine_wanted(ledger, 0, false, &question.ports) > 0;
    question.n_ports = kps_machine_wanted(ledger, 0, is_node, &question.ports);
    bool needs_engine = kps_machine_needs_engine(ledger, 0);
    question.engine =
        !options->no_docker &&
        ((question.n_ports && (has_projects || options->asks_docker)) || needs_engine);
    question.learns = question.engine && ledger->image_ports_pending.n;
    question.sockets =
        !options->no_host &&
        ((question.n_ports && (has_projects || options->asks_host)) || question.learns);
    question.of_nodes = is_node;
    question.networks = !options->no_host;
    question.bound_ports = true;
    question.engine_networks = kps_compose_claims_need_networks(ledger);
    question.of_machines = check_machines(session);
    (void)kps_session_ask(session, &question);
    apply_engine(session, &session->machine.engine);
    for (size_t i = 0; i < session->machine.n_engines; i++) {
        apply_engine(session, &session->machine.engines[i]);
    }
}

/* Return: the exit code, by all requested findings, also by findings below --severity. */
static int exit_code(const struct kps_session *session)
{
    if (session->gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (kps_filter_fails(&session->diag, session->options)) {
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
                                 .options = session->options,
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
            kps_log_error("%.*s", SV_ARG(error));
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
    if (session->gathering.has_failed && session->options->quiet < 2) {
        report_failures(session);
    }
}

/* Map the files that are neither of a Compose project nor manifests to their kind. */
static struct kps_map map_kinds(const struct kps_session *session)
{
    struct kps_map kinds = {0};
    for (uint32_t i = 0; i < session->gathering.inputs.n; i++) {
        const struct kps_input *input = &session->gathering.inputs.v[i];
        bool is_usual = input->kind == KPS_INPUT_COMPOSE || input->kind == KPS_INPUT_KUBERNETES;
        for (size_t k = 0; k < input->n_files && !is_usual; k++) {
            (void)kps_map_put(&kinds, session->arena, input->files[k], (uint32_t)input->kind, NULL);
        }
    }
    return kinds;
}

/* Print each file; behind a tab its kind, where the kind is another one than the two usual ones. */
static int list_files(const struct kps_session *session)
{
    struct kps_map kinds = map_kinds(session);
    for (uint32_t i = 0; i < session->diag.files.list.n; i++) {
        struct kps_sv path = session->diag.files.list.v[i].path;
        uint32_t kind = kps_map_get(&kinds, path, UINT32_MAX);
        (void)printf("%.*s%s%s\n", SV_ARG(kps_utf8_escape(session->arena, path)),
                     kind == UINT32_MAX ? "" : "\t",
                     kind == UINT32_MAX ? "" : kps_report_kind((enum kps_input_kind)kind));
    }
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
    kps_cluster_judge(&session->gathering.cluster);
    kps_compose_project_name_reuse_note_containers(ledger, kps_machine_is_same_folder);
    kps_compose_project_name_reuse_note_files(ledger);
    kps_kernel_settings_judge(ledger, &settings);
    kps_fingerprint_all(ledger);
    kps_placement_name_machines(ledger);
    kps_diag_sort(&session->diag);
    kps_filter_distinct(ledger);
    size_t n_hidden = kps_filter_read_rules(&session->diag, options);
    kps_filter_apply_levels(&session->diag, options);
    return n_hidden;
}

size_t kps_check_collect(struct kps_session *session)
{
    kps_gather(&session->gathering);
    ask_machine(session);
    session->ledger.host_is_node = session->options->asks_docker || session->options->asks_host;
    kps_ledger_link(&session->ledger);
    size_t n_hidden = judge_claims(session);
    return n_hidden + accept_known(session);
}

/* Leave the claims out of a map that are no host ports, or of owners that --name does not mean.
 * Return: how many are left. */
static size_t choose_claims(struct kps_session *session)
{
    const struct kps_list *names = &session->options->names;
    struct kps_ledger *ledger = &session->ledger;
    size_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        bool is_meant = names->n == 0;
        for (size_t k = 0; k < names->n && !is_meant; k++) {
            is_meant = kps_owner_words_match(ledger, claim->owner, names->v[k]);
        }
        bool is_idle = claim->copies == 0; /* no replica is started */
        if (!is_meant || is_idle ||
            kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_PRIVATE) {
            claim->flags |= KPS_CLAIM_ASIDE;
        }
        n += kps_report_lists(claim);
    }
    return n;
}

/* Return: the exit code of --map, whose findings are marks in a list. */
static int choose_map(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    size_t n = choose_claims(session);
    if (session->gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (n == 0 && options->names.n) {
        kps_log_notice(options, "nothing that wants a host port is called '%.*s'",
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
    n_hidden += kps_filter_severe(&session.diag, options);
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
        kps_together_hint(&session);
    }
    if (options->makes_diff) {
        kps_diff(&session);
    }
    kps_session_close(&session);
    return code;
}
