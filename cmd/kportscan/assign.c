#include "assign.h"

#include <stdio.h>
#include <string.h>

#include "assign/assign_plan.h"
#include "assign/siblings.h"
#include "base/limits.h"
#include "base/path.h"
#include "session.h"
#include "stderr_log.h"

enum { RANGE_FIRST = 20000, RANGE_LAST = 29999 };

struct run {
    struct kps_session session;
    struct kps_assign_input input;
    struct kps_port_registry registry;
};

/* Return: false, with the reason on stderr, when --assign did not make an output file. */
static bool check_outputs(const struct kps_session *session)
{
    for (size_t i = 0; i < session->options->output.n; i++) {
        const struct kps_output *output = &session->options->output.v[i];
        struct kps_sv fault = output->format->uses == KPS_FORMAT_ASSIGN && output->file.n
                                  ? kps_assignment_file_fault(session->arena, output->file)
                                  : (struct kps_sv){"", 0};
        if (fault.n) {
            kps_log_error(&kps_stderr_log, "%.*s", SV_ARG(fault));
            return false;
        }
    }
    return true;
}

/* Report the errors of the inputs on stderr: standard output has lines for a file only. */
static void report_faults(const struct kps_session *session)
{
    for (uint32_t i = 0; i < session->diag.findings.n; i++) {
        const struct kps_finding *finding = session->diag.findings.v[i];
        bool is_incomplete = finding->rule == KPS_RULE_SCAN_INCOMPLETE;
        if (finding->severity == KPS_ERROR || is_incomplete) {
            kps_session_log_finding(session, finding);
        }
    }
}

/* Collect the holders of the project's ports and of the range. */
static void ask_machine(struct run *run)
{
    struct kps_session *session = &run->session;
    const struct kps_ports *wanted = NULL;
    size_t n = kps_machine_wanted(&session->ledger, 0, false, &wanted);
    struct kps_ports *ports = KPS_NEW_N(session->arena, struct kps_ports, n + 1);
    if (n) {
        memcpy(ports, wanted, n * sizeof(ports[0]));
    }
    ports[n] = (struct kps_ports){.first = run->input.range_first, .last = run->input.range_last};
    struct kps_machine_question question = {
        .engine = true, .sockets = true, .ports = ports, .n_ports = n + 1, .for_files = true};
    (void)kps_session_ask(session, &question);
    kps_ledger_link(&session->ledger);
}

static void collect_siblings(struct run *run)
{
    struct kps_session *session = &run->session;
    const struct kps_inputs_options *options = &session->options->inputs;
    struct kps_sv own = session->gathering.inputs.v[0].path;
    struct kps_sv file = kps_path_base(own);
    bool is_file = options->named.n && kps_sv_eq(options->named.v[0], own);
    size_t n = 0;
    const struct kps_compose_request request = {.files = is_file ? &file : options->files.v,
                                                .n_files = is_file ? 1 : options->files.n,
                                                .with_override = is_file,
                                                .no_parents = true,
                                                .ignore_compose_file = options->named.n > 0,
                                                .version = options->compose_version,
                                                .profiles = options->profiles.v,
                                                .n_profiles = options->profiles.n,
                                                .env_files = options->env_files.v,
                                                .n_env_files = options->env_files.n};
    bool is_stdin = options->named.n && kps_sv_is(options->named.v[0], "-");
    if (!is_stdin && kps_siblings_have(&options->files) && kps_siblings_have(&options->env_files)) {
        n = kps_siblings_collect(&session->ledger, session->env, run->input.project->directory,
                                 &request, &run->input.siblings, &run->input.n_siblings);
    }
    kps_log_verbose(&session->options->log, "worktrees: %zu besides this one", n);
}
static int exit_code(const struct run *run, const struct kps_port_plan *assignment)
{
    /* Without the engine the project's own containers look like others, and its numbers would move.
     */
    if (kps_machine_failed(&run->session.machine)) {
        return run->session.gathering.has_failed ? KPS_EXIT_INPUT : KPS_EXIT_NOT_ASKED;
    }
    for (size_t i = 0; i < assignment->n; i++) {
        const struct kps_assigned *assigned = &assignment->v[i];
        if (assignment->only_checks ? assigned->holder.n > 0 : assigned->last == 0) {
            return KPS_EXIT_FINDINGS;
        }
    }
    return KPS_EXIT_CLEAN;
}

/* Say which numbers are missing, and which lines the shell's environment outranks. */
static void report_limits(const struct run *run, const struct kps_port_plan *assignment)
{
    const struct kps_options *options = run->session.options;
    for (size_t i = 0; i < assignment->n && !assignment->only_checks; i++) {
        const struct kps_assigned *assigned = &assignment->v[i];
        struct kps_sv name = assigned->variable.n ? assigned->variable : assigned->service;
        if (assigned->last == 0) {
            kps_log_notice(
                &options->log, "no port of %u-%u is free for %.*s (now %s); --range A-B",
                run->input.range_first, run->input.range_last, SV_ARG(name),
                kps_ports_digits(run->session.arena, assigned->old_first, assigned->old_last).p);
        } else if (assigned->is_in_shell) {
            const char *number =
                kps_ports_digits(run->session.arena, assigned->old_first, assigned->old_last).p;
            kps_log_notice(
                &options->log, "the shell sets %.*s=%s, which outranks every file: %s%.*s",
                SV_ARG(name), number,
                assigned->stays ? "a line has no effect before unset " : "unset ", SV_ARG(name));
        }
    }
}

/* Plan, remember and report. Return: the exit code. */
static int answer_plan(struct run *run)
{
    struct kps_port_registry_entry *entries = NULL;
    size_t n_entries = 0;
    struct kps_port_plan assignment = kps_assign_plan(&run->input, &entries, &n_entries);
    if (assignment.n == 0) {
        kps_log_error(&kps_stderr_log, "project '%.*s' publishes no host port",
                      SV_ARG(run->input.project->name));
        return KPS_EXIT_INPUT;
    }
    if (assignment.n > KPS_ASSIGN_MOST) {
        kps_log_error(&kps_stderr_log, "project '%.*s' publishes more than %d ports",
                      SV_ARG(run->input.project->name), KPS_ASSIGN_MOST);
        return KPS_EXIT_INPUT;
    }
    int code = exit_code(run, &assignment);
    if (code == KPS_EXIT_NOT_ASKED || code == KPS_EXIT_INPUT) {
        return code; /* an engine may have given any number away: print none */
    }
    struct kps_report report = kps_session_report(&run->session, "assign");
    report.assignment = &assignment;
    if (run->session.options->output.n == 0 && run->session.options->log.quiet < 2) {
        kps_assignment_end_last_line(stdout);
    }
    int written = kps_session_write(&run->session, &report, code);
    report_limits(run, &assignment);
    if (written != KPS_EXIT_INPUT && !assignment.only_checks) {
        int error = kps_port_registry_save(&run->registry, run->input.project->directory, entries,
                                           n_entries);
        if (error) {
            kps_log_verbose(&run->session.options->log, "the numbers are not remembered: %s",
                            strerror(error));
        }
    }
    return written;
}

static int run_assign(struct run *run)
{
    struct kps_session *session = &run->session;
    kps_session_gather(session);
    run->input.project = kps_compose_claims_project(&session->ledger);
    if (session->gathering.has_failed || !run->input.project) {
        report_faults(session);
        if (!session->gathering.has_failed) {
            kps_log_error(&kps_stderr_log, "--assign is for a Compose project, and there is none");
        }
        return KPS_EXIT_INPUT;
    }
    collect_siblings(run);
    ask_machine(run);
    run->input.probes = session->machine.asked_sockets && !session->machine.engine.elsewhere;
    report_faults(session);
    return answer_plan(run);
}

int kps_assign_ports(struct kps_arena *arena, const struct kps_options *options,
                     const struct kps_env *env)
{
    struct run run = {.registry = {.fd = -1}};
    bool has_range = options->assign_range.last != 0;
    kps_session_open(&run.session, arena, options, env);
    run.input = (struct kps_assign_input){
        .ledger = &run.session.ledger,
        .env = env,
        .cwd = options->inputs.cwd,
        .kernel = &run.session.machine.sockets.kernel,
        .is_same_folder = kps_machine_is_same_folder,
        .registry = &run.registry,
        .range_first = has_range ? options->assign_range.first : RANGE_FIRST,
        .range_last = has_range ? options->assign_range.last : RANGE_LAST,
        .is_default_range = !has_range,
        .only_checks = options->only_checks};
    int code = KPS_EXIT_INPUT;
    if (check_outputs(&run.session)) {
        int error = options->only_checks ? 0 : kps_port_registry_open(&run.registry, arena, env);
        if (error) {
            kps_log_verbose(&options->log, "there is no memory of other runs: %s", strerror(error));
        }
        code = run_assign(&run);
    }
    kps_port_registry_close(&run.registry);
    kps_session_close(&run.session);
    return code;
}
