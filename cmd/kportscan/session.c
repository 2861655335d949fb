#include "session.h"

#include <stdio.h>

#include "base/path.h"
#include "standard_output.h"

void kps_session_open(struct kps_session *session, struct kps_arena *arena,
                      const struct kps_options *options, const struct kps_env *env)
{
    *session = (struct kps_session){.arena = arena,
                                    .options = options,
                                    .env = env,
                                    .diag = {.arena = arena, .log = &options->log}};
    session->ledger.diag = &session->diag;
    session->gathering =
        (struct kps_gathering){.options = &options->inputs, .env = env, .ledger = &session->ledger};
}

void kps_session_close(struct kps_session *session)
{
    kps_gather_free(&session->gathering);
    kps_ledger_free(&session->ledger);
    kps_diag_free(&session->diag);
}

void kps_session_gather(struct kps_session *session)
{
    const struct kps_options *options = session->options;
    kps_gather(&session->gathering);
    uint32_t n = session->gathering.n_inactive;
    if (n && !options->log.quiet && (options->only_files || options->log.verbose)) {
        kps_log_notice(&options->log,
                       "%u service%s in profiles that are not active %s not judged: --profile '*'",
                       n, n == 1 ? "" : "s", n == 1 ? "was" : "were");
    }
}

bool kps_session_ask(struct kps_session *session, const struct kps_machine_question *question)
{
    const struct kps_options *options = session->options;
    struct kps_machine_question allowed = *question;
    allowed.engine &= !options->machine.no_docker && !options->only_files;
    allowed.sockets &= !options->machine.no_host && !options->only_files;
    session->machine =
        kps_machine_collect(&session->ledger, &options->machine, session->env, &allowed);
    session->gathering.has_failed =
        session->gathering.has_failed || session->machine.engine.is_invalid;
    for (size_t i = 0; i < session->machine.n_engines && session->machine.of_machines; i++) {
        session->gathering.has_failed =
            session->gathering.has_failed || session->machine.engines[i].is_invalid;
    }
    session->engines = kps_machine_engines(&session->machine, &session->ledger);
    kps_machine_log_verbose(&session->machine, session->diag.log);
    return allowed.engine || allowed.sockets;
}

struct kps_kube_live_counts kps_session_ask_cluster(struct kps_session *session,
                                                    const struct kps_cluster_connection *connection)
{
    struct kps_gathering *gathering = &session->gathering;
    gathering->manifests = (struct kps_manifests){.ledger = &session->ledger,
                                                  .options = &session->options->inputs,
                                                  .env = session->env,
                                                  .connection = connection};
    struct kps_kube_live_counts counts = kps_manifests_ask(&gathering->manifests);
    gathering->has_failed = gathering->manifests.has_failed;
    return counts;
}

struct kps_port_uses kps_session_diagnose(struct kps_session *session, kps_file_id file,
                                          struct kps_symptom *symptoms, uint32_t n)
{
    const struct kps_options *options = session->options;
    struct kps_machine_question question;
    kps_symptom_answer_ask(session->arena, symptoms, n, &question);
    struct kps_diagnosis diagnosis = {.ledger = &session->ledger,
                                      .file = file,
                                      .cwd = options->inputs.cwd,
                                      .looked = kps_session_ask(session, &question)};
    kps_symptom_answer_find(&diagnosis, &session->machine,
                            !options->machine.no_host && !options->only_files, symptoms, n);
    return diagnosis.holdings;
}

struct kps_report kps_session_report(const struct kps_session *session, const char *mode)
{
    struct kps_sv cwd = SV("");
    struct kps_sv root = SV("");
    if (session->gathering.inputs.n) { /* for locations in the formats of CI systems */
        cwd = session->options->inputs.cwd;
        root = session->options->output.n ? kps_fs_repository(session->arena, cwd) : root;
    }
    return (struct kps_report){.ledger = &session->ledger,
                               .version = KPS_VERSION,
                               .mode = mode,
                               .cwd = cwd,
                               .root = root,
                               .inputs = session->gathering.inputs.v,
                               .n_inputs = session->gathering.inputs.n,
                               .engine = kps_machine_engine(&session->machine, session->arena),
                               .engines = session->engines,
                               .n_engines = session->machine.n_engines,
                               .lists_claims =
                                   session->options->lists_claims || session->options->makes_map,
                               .is_map = session->options->makes_map,
                               .sort = session->options->sort,
                               .is_brief = session->options->log.quiet > 0};
}

void kps_session_log_finding(const struct kps_session *session, const struct kps_finding *finding)
{
    struct kps_sv place = kps_report_place(session->arena, session->ledger.diag,
                                           kps_finding_span(session->ledger.diag, finding));
    kps_log_notice(&session->options->log, "%.*s%s%.*s", SV_ARG(place), place.n ? ": " : "",
                   SV_ARG(finding->message));
}

void kps_session_report_faults(const struct kps_session *session)
{
    for (uint32_t i = 0; i < session->diag.findings.n; i++) {
        const struct kps_finding *finding = session->diag.findings.v[i];
        if (finding->rule == KPS_RULE_SCAN_INCOMPLETE ||
            finding->rule == KPS_RULE_INPUT_UNREADABLE || finding->rule == KPS_RULE_INPUT_INVALID) {
            kps_session_log_finding(session, finding);
        }
    }
}

bool kps_session_deliver(const struct kps_report *report, const struct kps_options *options,
                         const struct kps_env *env, bool spares_stdout)
{
    struct kps_output_options output = options->output;
    struct kps_output_fault fault = {.is_reader_gone = false};
    output.out = stdout;
    output.spares_stdout = spares_stdout || options->log.quiet >= 2 || options->makes_diff;
    if (kps_output_write(report, &output, env, &fault)) {
        return true;
    }
    if (fault.is_reader_gone) {
        kps_standard_output_end_by_pipe();
    }
    kps_log_error(&options->log, "%.*s", SV_ARG(fault.words));
    return false;
}

int kps_session_write(const struct kps_session *session, const struct kps_report *report, int code)
{
    if (!kps_session_deliver(report, session->options, session->env, false)) {
        return KPS_EXIT_INPUT;
    }
    if (!kps_output_shows_findings(report, &session->options->output)) {
        kps_session_report_faults(session);
    }
    return code;
}
