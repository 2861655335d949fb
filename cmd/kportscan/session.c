#include "session.h"

#include "base/path.h"
#include "inputs.h"
#include "log.h"
#include "output.h"

void kps_session_open(struct kps_session *session, struct kps_arena *arena,
                      const struct kps_options *options, const struct kps_env *env)
{
    *session = (struct kps_session){
        .arena = arena, .options = options, .env = env, .diag = {.arena = arena}};
    session->ledger.diag = &session->diag;
    session->gathering =
        (struct kps_gathering){.options = options, .env = env, .ledger = &session->ledger};
}

void kps_session_close(struct kps_session *session)
{
    kps_gather_free(&session->gathering);
    kps_ledger_free(&session->ledger);
    kps_diag_free(&session->diag);
}

bool kps_session_ask(struct kps_session *session, const struct kps_machine_question *question)
{
    const struct kps_options *options = session->options;
    struct kps_machine_question allowed = *question;
    allowed.engine = allowed.engine && !options->no_docker && !options->only_files;
    allowed.sockets = allowed.sockets && !options->no_host && !options->only_files;
    session->machine = kps_machine_collect(&session->ledger, options, session->env, &allowed);
    session->gathering.has_failed =
        session->gathering.has_failed || session->machine.engine.is_invalid;
    for (size_t i = 0; i < session->machine.n_engines && session->machine.of_machines; i++) {
        session->gathering.has_failed =
            session->gathering.has_failed || session->machine.engines[i].is_invalid;
    }
    session->engines = kps_machine_engines(&session->machine, &session->ledger);
    kps_machine_log_verbose(&session->machine, options);
    return allowed.engine || allowed.sockets;
}

/* Return: the folder with .git, at or above `folder`; empty: none. */
static struct kps_sv find_repository(struct kps_arena *arena, struct kps_sv folder)
{
    for (;; folder = kps_path_dir(arena, folder)) {
        enum kps_fs_kind kind;
        if (kps_fs_os.stat(&kps_fs_os, kps_path_join(arena, folder, SV(".git")).p, &kind) == 0) {
            return folder;
        }
        if (folder.n <= 1) {
            return (struct kps_sv){"", 0};
        }
    }
}

struct kps_report kps_session_report(const struct kps_session *session, const char *mode)
{
    struct kps_sv cwd = SV("");
    struct kps_sv root = SV("");
    if (session->gathering.inputs.n) { /* for locations in the formats of CI systems */
        cwd = kps_inputs_cwd(session->arena, session->env);
        root = find_repository(session->arena, cwd);
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
                               .is_brief = session->options->quiet > 0};
}

void kps_session_report_faults(const struct kps_session *session)
{
    for (uint32_t i = 0; i < session->diag.findings.n; i++) {
        const struct kps_finding *finding = session->diag.findings.v[i];
        if (finding->rule == KPS_RULE_SCAN_INCOMPLETE ||
            finding->rule == KPS_RULE_INPUT_UNREADABLE || finding->rule == KPS_RULE_INPUT_INVALID) {
            struct kps_sv place = kps_report_place(session->arena, session->ledger.diag,
                                                   kps_finding_span(session->ledger.diag, finding));
            kps_log_notice(session->options, "%.*s%s%.*s", SV_ARG(place), place.n ? ": " : "",
                           SV_ARG(finding->message));
        }
    }
}

/* Return: does standard output get a list that has no room for findings? */
static bool is_bare_list(const struct kps_report *report, const struct kps_options *options)
{
    kps_render *render = NULL;
    bool is_list = report->query || report->is_map;
    for (size_t i = 0; i < options->n_outputs; i++) {
        render = options->outputs[i].file.n ? render : options->outputs[i].format->render;
    }
    if (!render) {
        return report->is_map && options->n_outputs == 0;
    }
    bool is_for_people =
        render == kps_report_text || render == kps_report_short || render == kps_report_table;
    return (is_list && (render == kps_report_csv || render == kps_report_markdown)) ||
           (report->is_map && is_for_people);
}

int kps_session_write(const struct kps_session *session, const struct kps_report *report, int code)
{
    struct kps_sv error = {"", 0};
    if (kps_output_write(report, session->options, session->env, &error)) {
        if (is_bare_list(report, session->options)) {
            kps_session_report_faults(session);
        }
        return code;
    }
    kps_log_error("%.*s", SV_ARG(error));
    return KPS_EXIT_INPUT;
}
