#include "check.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/utf8.h"
#include "choose.h"
#include "cluster.h"
#include "core/conflict.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "inputs.h"
#include "known.h"
#include "machine.h"
#include "node.h"
#include "output.h"

struct run {
    struct kps_arena *arena;
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_diag diag;
    struct kps_ledger ledger;
    KPS_VEC(struct kps_input) inputs;
    struct kps_cluster cluster;
    struct kps_machine machine;
    size_t n_hidden;
    bool input_failed; /* something is unreadable or invalid */
};

static void chat(const struct run *run, const struct kps_input *input)
{
    if (!run->options->verbose) {
        return;
    }
    (void)fprintf(stderr, "kportscan: project '%.*s':", SV_ARG(kps_utf8_escape(run->arena, input->project)));
    for (size_t i = 0; i < input->n_files; i++) {
        (void)fprintf(stderr, " %.*s", SV_ARG(kps_utf8_escape(run->arena, input->files[i])));
    }
    (void)fputc('\n', stderr);
}

static void report_not_found(struct run *run, struct kps_input *input)
{
    struct kps_finding *finding = kps_diag_add(&run->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                                               "there is no Compose file here or in the folders above");
    kps_finding_help(&run->diag, finding, (struct kps_sv){"", 0}, "name one: kportscan path/to/compose.yaml");
    input->error = finding->message;
}

static void collect_job(struct run *run, const struct kps_job *job, const struct kps_fs *fs)
{
    if (job->error.n) {
        *kps_vec_push(&run->inputs) =
            (struct kps_input){.path = job->shown, .status = KPS_INPUT_FAILED, .error = job->error};
        run->input_failed = true;
        return;
    }
    if (job->kind == KPS_INPUT_KUBERNETES) {
        struct kps_input input = {.path = job->shown};
        if (kps_cluster_add(&run->cluster, job, fs, &input)) {
            *kps_vec_push(&run->inputs) = input;
        }
        run->input_failed = run->input_failed || run->cluster.has_failed;
        return;
    }
    static const enum kps_input_status statuses[] = {[KPS_COMPOSE_OK] = KPS_INPUT_OK,
                                                     [KPS_COMPOSE_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_COMPOSE_FAILED] = KPS_INPUT_FAILED,
                                                     [KPS_COMPOSE_NOT_FOUND] = KPS_INPUT_FAILED};
    struct kps_compose_result result = kps_compose_collect(&run->ledger, fs, run->env, &job->request);
    if (job->walked && (result.not_compose || result.status == KPS_COMPOSE_NOT_FOUND)) {
        return;
    }
    struct kps_input *input = kps_vec_push(&run->inputs);
    *input = (struct kps_input){.path = result.n_files ? result.files[0] : job->shown,
                                .kind = KPS_INPUT_COMPOSE,
                                .project = result.project,
                                .status = statuses[result.status],
                                .error = result.error,
                                .files = result.files,
                                .n_files = result.n_files};
    if (result.status == KPS_COMPOSE_NOT_FOUND) {
        report_not_found(run, input);
    } else if (result.not_compose) {
        (void)kps_diag_add(&run->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, result.origin, "%.*s", SV_ARG(result.error));
    }
    run->input_failed = run->input_failed || input->status != KPS_INPUT_OK;
    chat(run, input);
}

static void collect(struct run *run)
{
    struct kps_replay replay = {.arena = run->arena};
    struct kps_jobs jobs = {.arena = run->arena,
                            .diag = &run->diag,
                            .replay = &replay,
                            .options = run->options,
                            .cwd = kps_inputs_cwd(run->arena, run->env)};
    kps_inputs_find(&jobs);
    run->cluster = (struct kps_cluster){.ledger = &run->ledger, .options = run->options};
    struct kps_fs fs = kps_replay_fs(&replay);
    for (uint32_t i = 0; i < jobs.list.n; i++) {
        collect_job(run, &jobs.list.v[i], &fs);
    }
    kps_cluster_finish(&run->cluster);
    kps_inputs_free(&jobs);
    kps_replay_free(&replay);
}

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
    question.engine = !options->no_docker && question.n_ports && (has_projects || options->asks_docker);
    question.sockets = !options->no_host && question.n_ports && (has_projects || options->asks_host);
    run->machine = kps_machine_collect(&run->ledger, options, run->env, &question);
    if (run->machine.engine.no_proxy) {
        kps_compose_drop_ipv6(&run->ledger);
    }
    if (options->verbose) {
        kps_machine_chat(&run->machine, run->arena);
    }
}

/* By all findings that were asked for, also those too mild to be shown. */
static int verdict(const struct run *run)
{
    if (run->input_failed) {
        return KPS_EXIT_INPUT;
    }
    if (kps_choose_fails(&run->diag, run->options)) {
        return KPS_EXIT_FINDINGS;
    }
    return kps_machine_failed(&run->machine) ? KPS_EXIT_NOT_ASKED : KPS_EXIT_CLEAN;
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

/* Findings that people accepted, beside what they are about or in a baseline, stay in the report and do not count. */
static void accept_known(struct run *run)
{
    struct kps_known known = {.ledger = &run->ledger,
                              .options = run->options,
                              .env = run->env,
                              .inputs = run->inputs.v,
                              .n_inputs = run->inputs.n,
                              .saw_machine = run->machine.asked_engine || run->machine.asked_sockets,
                              .failed = run->input_failed};
    if (!run->options->only_lists_files) {
        run->n_hidden += kps_known_accept(&known);
        run->input_failed = known.failed;
    }
}

static int write_report(const struct run *run, int code)
{
    struct kps_report report = {.ledger = &run->ledger,
                                .version = KPS_VERSION,
                                .mode = "check",
                                .cwd = kps_inputs_cwd(run->arena, run->env),
                                .root = repository_of(run->arena, kps_inputs_cwd(run->arena, run->env)),
                                .inputs = run->inputs.v,
                                .n_inputs = run->inputs.n,
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

static void list_files(const struct run *run)
{
    for (uint32_t i = 0; i < run->diag.files.list.n; i++) {
        struct kps_sv path = kps_utf8_escape(run->arena, run->diag.files.list.v[i].path);
        (void)printf("%.*s\n", SV_ARG(path));
    }
    for (uint32_t i = 0; i < run->inputs.n; i++) {
        struct kps_sv error = kps_utf8_escape(run->arena, run->inputs.v[i].error);
        if (error.n) {
            (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(error));
        }
    }
}

int kps_check(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct run run = {.arena = arena, .options = options, .env = env, .diag = {.arena = arena}};
    run.ledger.diag = &run.diag;
    collect(&run);
    look_at_machine(&run);
    kps_ledger_link(&run.ledger);
    kps_judge(&run.ledger, kps_detect(&run.ledger, arena));
    kps_compose_note_takeover(&run.ledger, kps_machine_is_same_folder);
    struct kps_settings settings = kps_machine_settings(&run.machine, arena);
    kps_judge_settings(&run.ledger, &settings);
    if (options->asks_docker || options->asks_host) {
        kps_node_judge(&run.ledger);
    }
    kps_fingerprint_all(&run.ledger);
    kps_diag_sort(&run.diag);
    kps_choose_distinct(&run.diag);
    run.n_hidden += kps_choose_rules(&run.diag, options);
    kps_choose_levels(&run.diag, options);
    accept_known(&run);
    int code = verdict(&run);
    run.n_hidden += kps_choose_severe(&run.diag, options);
    if (run.inputs.n) {
        qsort(run.inputs.v, run.inputs.n, sizeof(run.inputs.v[0]), by_path);
    }
    if (options->only_lists_files) {
        list_files(&run);
        code = run.input_failed ? KPS_EXIT_INPUT : KPS_EXIT_CLEAN;
    } else {
        code = write_report(&run, code);
    }
    kps_vec_free(&run.inputs);
    kps_ledger_free(&run.ledger);
    kps_diag_free(&run.diag);
    return code;
}
