#include "check.h"

#include <stdlib.h>

#include "accepted.h"
#include "base/path.h"
#include "base/utf8.h"
#include "compose/claims.h"
#include "compose/project_name_reuse.h"
#include "core/conflict.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "diff.h"
#include "filter.h"
#include "gather.h"
#include "inputs.h"
#include "machine.h"
#include "node.h"
#include "output.h"

struct run {
    struct kps_arena *arena;
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_gathering gathering;
    struct kps_machine machine;
    size_t n_hidden;
};

/* What the files ask for meets what this machine has, unless they stay among themselves. */
static void look_at_machine(struct run *run)
{
    const struct kps_options *options = run->options;
    struct kps_machine_question question = {.for_files = true, .connections = true};
    if (options->only_files || options->only_lists_files) {
        return;
    }
    /* Manifests are for some cluster: only the user knows that this machine is a node of it. */
    bool is_node = options->asks_docker || options->asks_host;
    bool has_projects = kps_machine_wanted(&run->ledger, false, &question.ports) > 0;
    question.n_ports = kps_machine_wanted(&run->ledger, is_node, &question.ports);
    bool needs_engine = kps_machine_needs_engine(&run->ledger);
    question.engine =
        !options->no_docker &&
        ((question.n_ports && (has_projects || options->asks_docker)) || needs_engine);
    question.learns = question.engine && run->ledger.image_ports_pending.n;
    question.sockets =
        !options->no_host &&
        ((question.n_ports && (has_projects || options->asks_host)) || question.learns);
    question.of_nodes = is_node;
    question.networks = !options->no_host;
    run->machine = kps_machine_collect(&run->ledger, options, run->env, &question);
    if (run->machine.engine.no_proxy) {
        kps_compose_claims_drop_ipv6(&run->ledger);
    }
    if (options->verbose) {
        kps_machine_log_verbose(&run->machine, run->arena);
    }
}

/* By all findings that were asked for, also those too mild to be shown. */
static int verdict(const struct run *run)
{
    if (run->gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (kps_filter_fails(&run->diag, run->options)) {
        return KPS_EXIT_FINDINGS;
    }
    return run->gathering.has_unseen || kps_machine_failed(&run->machine) ? KPS_EXIT_NOT_ASKED
                                                                          : KPS_EXIT_CLEAN;
}

/* The folder at or above `folder` that holds .git; empty: none does. */
static struct kps_sv repository_of(struct kps_arena *arena, struct kps_sv folder)
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

/* Findings that people accepted, beside what they are about or in a baseline, stay in the report
 * and do not count. */
static void accept_known(struct run *run)
{
    struct kps_accepted known = {.ledger = &run->ledger,
                                 .options = run->options,
                                 .env = run->env,
                                 .inputs = run->gathering.inputs.v,
                                 .n_inputs = run->gathering.inputs.n,
                                 .saw_machine =
                                     run->machine.asked_engine || run->machine.asked_sockets,
                                 .failed = run->gathering.has_failed};
    if (!run->options->only_lists_files) {
        run->n_hidden += kps_accepted_apply(&known);
        run->gathering.has_failed = known.failed;
    }
}

static int write_report(const struct run *run, int code)
{
    struct kps_report report = {.ledger = &run->ledger,
                                .version = KPS_VERSION,
                                .mode = "check",
                                .cwd = kps_inputs_cwd(run->arena, run->env),
                                .root =
                                    repository_of(run->arena, kps_inputs_cwd(run->arena, run->env)),
                                .inputs = run->gathering.inputs.v,
                                .n_inputs = run->gathering.inputs.n,
                                .engine = kps_machine_engine(&run->machine, run->arena),
                                .n_hidden = run->n_hidden,
                                .lists_claims = run->options->lists_claims,
                                .is_brief = run->options->quiet > 0};
    struct kps_sv error = {"", 0};
    if (kps_output_write(&report, run->options, run->env, &error)) {
        return code;
    }
    (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(run->arena, error)));
    return KPS_EXIT_INPUT;
}

static int by_path(const void *a, const void *b)
{
    return kps_sv_cmp(((const struct kps_input *)a)->path, ((const struct kps_input *)b)->path);
}

static void tell_failures(const struct run *run)
{
    for (uint32_t i = 0; i < run->gathering.inputs.n; i++) {
        struct kps_sv error = kps_utf8_escape(run->arena, run->gathering.inputs.v[i].error);
        if (error.n) {
            (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(error));
        }
    }
}

/*
 * An invalid input ends with exit code 2 even where nobody wants to hear of it: by --ignore,
 * --severity, a suppression. Then stderr has the reason, so that no such end is without one.
 */
static void tell_hidden_failures(const struct run *run)
{
    for (uint32_t i = 0; i < run->diag.findings.n; i++) {
        if (run->diag.findings.v[i]->severity == KPS_ERROR &&
            !run->diag.findings.v[i]->suppressed.p) {
            return;
        }
    }
    if (run->gathering.has_failed && run->options->quiet < 2) {
        tell_failures(run);
    }
}

static void list_files(const struct run *run)
{
    for (uint32_t i = 0; i < run->diag.files.list.n; i++) {
        struct kps_sv path = kps_utf8_escape(run->arena, run->diag.files.list.v[i].path);
        (void)printf("%.*s\n", SV_ARG(path));
    }
    tell_failures(run);
}

int kps_check(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct run run = {.arena = arena, .options = options, .env = env, .diag = {.arena = arena}};
    run.ledger.diag = &run.diag;
    run.gathering = (struct kps_gathering){.options = options, .env = env, .ledger = &run.ledger};
    kps_gather(&run.gathering);
    look_at_machine(&run);
    kps_ledger_link(&run.ledger);
    struct kps_conflicts conflicts = kps_detect(&run.ledger, arena);
    run.gathering.has_unseen = run.gathering.has_unseen || conflicts.uncompared.n_claims;
    bool wants_advice = conflicts.n || options->makes_diff;
    const struct kps_bound_ports *busy =
        wants_advice ? kps_machine_busy(&run.machine, arena) : NULL;
    kps_judge(&run.ledger, conflicts, busy);
    kps_compose_project_name_reuse_note_containers(&run.ledger, kps_machine_is_same_folder);
    kps_compose_project_name_reuse_note_files(&run.ledger);
    struct kps_settings settings = kps_machine_settings(&run.machine, arena);
    kps_judge_settings(&run.ledger, &settings);
    if (options->asks_docker || options->asks_host) {
        kps_node_judge(&run.ledger);
    }
    kps_fingerprint_all(&run.ledger);
    kps_diag_sort(&run.diag);
    kps_filter_distinct(&run.diag);
    run.n_hidden += kps_filter_read_rules(&run.diag, options);
    kps_filter_apply_levels(&run.diag, options);
    accept_known(&run);
    int code = verdict(&run);
    run.n_hidden += kps_filter_severe(&run.diag, options);
    if (run.gathering.inputs.n) {
        qsort(run.gathering.inputs.v, run.gathering.inputs.n, sizeof(run.gathering.inputs.v[0]),
              by_path);
    }
    if (options->only_lists_files) {
        list_files(&run);
        code = run.gathering.has_failed ? KPS_EXIT_INPUT : KPS_EXIT_CLEAN;
    } else {
        tell_hidden_failures(&run);
        code = write_report(&run, code);
    }
    if (options->makes_diff) {
        kps_diff(&run.ledger, options, kps_inputs_cwd(arena, env), busy);
    }
    kps_gather_free(&run.gathering);
    kps_ledger_free(&run.ledger);
    kps_diag_free(&run.diag);
    return code;
}
