#include "inputs/gather.h"

#include "base/buf.h"
#include "base/path.h"
#include "inputs/inputs.h"
#include "inputs/placement.h"

static void log_project(const struct kps_gathering *gathering, const struct kps_input *input)
{
    struct kps_buf *files = kps_buf_new(gathering->ledger->diag->arena);
    for (size_t i = 0; i < input->n_files; i++) {
        kps_buf_char(files, ' ');
        kps_buf_add(files, input->files[i]);
    }
    kps_log_verbose(gathering->ledger->diag->log, "project '%.*s':%s", SV_ARG(input->project),
                    kps_buf_sv(files).p);
}

static void report_not_found(struct kps_gathering *gathering, struct kps_input *input)
{
    struct kps_finding *finding =
        kps_diag_add(gathering->ledger->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                     "there is no Compose file here or in the folders above");
    kps_finding_help(finding, "name one: kportscan path/to/compose.yaml");
    input->error = finding->message;
}

/* Read a file of pkgsrc/units. */
static void collect_unit(struct kps_gathering *gathering, const struct kps_job *job,
                         const struct kps_fs *fs)
{
    static const enum kps_input_status statuses[] = {[KPS_UNITS_OK] = KPS_INPUT_OK,
                                                     [KPS_UNITS_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_UNITS_FAILED] = KPS_INPUT_FAILED};
    struct kps_sv file = job->request.files[0];
    bool is_stdin = kps_sv_is(file, "-");
    const struct kps_units_request request = {
        .kind = job->units,
        .absolute =
            is_stdin ? file : kps_path_join(gathering->ledger->diag->arena, job->request.cwd, file),
        .shown = job->shown,
        .world = job->request.world,
        .is_found = job->walked,
        .path = job->unit_path,
        .name = job->unit_name,
        .is_off = job->is_off};
    struct kps_units_result result = kps_units_collect(gathering->ledger, fs, &request);
    struct kps_input *input = kps_vec_push(&gathering->inputs);
    *input = (struct kps_input){.path = job->shown,
                                .kind = job->kind,
                                .machine = kps_ledger_site_name(gathering->ledger, job->site),
                                .status = statuses[result.status],
                                .error = result.error,
                                .files = result.files,
                                .n_files = result.n_files};
    gathering->has_failed |= input->status != KPS_INPUT_OK;
    log_project(gathering, input);
}

/* Mark the machine of a project that --together would put on this one. */
static void mark_apart(struct kps_gathering *gathering, const struct kps_job *job)
{
    if (job->is_apart) {
        struct kps_ledger *ledger = gathering->ledger;
        kps_netns_id id = kps_ledger_netns(ledger, KPS_NETNS_HOST, job->request.world);
        ledger->netns.v[id - 1].is_apart = true;
    }
}

/*
 * Take back a file that was found by its text, and that Compose refuses: it is a part of a project,
 * or another program's. Return: false for a project.
 */
static bool take_back(struct kps_ledger *ledger, const struct kps_job *job,
                      const struct kps_ledger_mark *before, bool is_whole)
{
    struct kps_diag *diag = ledger->diag;
    bool is_refused = !is_whole;
    for (uint32_t i = before->findings; i < diag->findings.n; i++) {
        enum kps_rule rule = diag->findings.v[i]->rule;
        is_refused |= rule == KPS_RULE_COMPOSE_REFUSED || rule == KPS_RULE_INPUT_INVALID ||
                      rule == KPS_RULE_INPUT_UNREADABLE;
    }
    if (!job->is_guess || !is_refused || diag->surplus) {
        return false;
    }
    kps_log_verbose(diag->log, "%.*s: Compose refuses it alone: no project", SV_ARG(job->shown));
    kps_ledger_take_back(ledger, before);
    return true;
}

static void collect_job(struct kps_gathering *gathering, const struct kps_job *job,
                        const struct kps_fs *fs)
{
    if (job->error.n) {
        *kps_vec_push(&gathering->inputs) =
            (struct kps_input){.path = job->shown, .status = KPS_INPUT_FAILED, .error = job->error};
        gathering->has_failed = true;
        return;
    }
    if (job->kind == KPS_INPUT_KUBERNETES) {
        struct kps_input input = {.path = job->shown};
        if (kps_manifests_add(&gathering->manifests, job, fs, &input)) {
            *kps_vec_push(&gathering->inputs) = input;
        }
        gathering->has_failed |= gathering->manifests.has_failed;
        return;
    }
    if (job->units != KPS_UNITS_NONE) {
        collect_unit(gathering, job, fs);
        mark_apart(gathering, job);
        return;
    }
    static const enum kps_input_status statuses[] = {[KPS_COMPOSE_OK] = KPS_INPUT_OK,
                                                     [KPS_COMPOSE_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_COMPOSE_FAILED] = KPS_INPUT_FAILED,
                                                     [KPS_COMPOSE_NOT_FOUND] = KPS_INPUT_FAILED};
    struct kps_ledger_mark before = kps_ledger_mark(gathering->ledger);
    struct kps_compose_result result =
        kps_compose_collect(gathering->ledger, fs, gathering->env, &job->request);
    if (job->walked && (result.not_compose || result.status == KPS_COMPOSE_NOT_FOUND)) {
        return;
    }
    if (take_back(gathering->ledger, job, &before, result.status == KPS_COMPOSE_OK)) {
        return;
    }
    mark_apart(gathering, job);
    struct kps_input *input = kps_vec_push(&gathering->inputs);
    *input = (struct kps_input){.path = result.n_files ? result.files[0] : job->shown,
                                .kind = job->request.is_stack ? KPS_INPUT_STACK : KPS_INPUT_COMPOSE,
                                .machine = kps_ledger_site_name(gathering->ledger, job->site),
                                .project = result.project,
                                .status = statuses[result.status],
                                .error = result.error,
                                .files = result.files,
                                .n_files = result.n_files};
    if (result.status == KPS_COMPOSE_NOT_FOUND) {
        report_not_found(gathering, input);
    } else if (result.not_compose) {
        (void)kps_diag_add(gathering->ledger->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                           result.origin, "%.*s", SV_ARG(result.error));
    }
    gathering->has_failed |= input->status != KPS_INPUT_OK;
    gathering->n_inactive += result.n_inactive;
    log_project(gathering, input);
}

/* Collect the files that were found by their text, unless they are parts of other projects. */
static void collect_guesses(struct kps_gathering *gathering, const struct kps_jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->list.n; i++) {
        const struct kps_job *job = &jobs->list.v[i];
        if (job->is_guess &&
            !kps_replay_was_read(jobs->replay, kps_path_join(jobs->arena, jobs->cwd, job->shown))) {
            collect_job(gathering, job, &jobs->fs);
        }
    }
}

static void log_ignored(const struct kps_gathering *gathering, const struct kps_jobs *jobs)
{
    if (jobs->n_ignored) {
        kps_log_verbose(gathering->ledger->diag->log,
                        "left out: %u (.gitignore, vendor, testdata, assertions of tests; "
                        "--no-ignore reads them)",
                        jobs->n_ignored);
    }
}

void kps_gather(struct kps_gathering *gathering)
{
    struct kps_replay replay = {.arena = gathering->ledger->diag->arena};
    struct kps_jobs jobs = {.arena = gathering->ledger->diag->arena,
                            .diag = gathering->ledger->diag,
                            .replay = &replay,
                            .options = gathering->options,
                            .env = gathering->env,
                            .cwd = gathering->options->cwd};
    jobs.fs = kps_replay_fs(&replay);
    kps_inputs_find(&jobs);
    if (gathering->options->places_projects) {
        kps_placement_add_sites(gathering->ledger, gathering->options);
        kps_placement_put(&jobs, gathering->ledger);
    }
    gathering->manifests = (struct kps_manifests){
        .ledger = gathering->ledger, .options = gathering->options, .env = gathering->env};
    for (uint32_t i = 0; i < jobs.list.n; i++) {
        if (!jobs.list.v[i].is_part && !jobs.list.v[i].is_guess) {
            collect_job(gathering, &jobs.list.v[i], &jobs.fs);
        }
    }
    collect_guesses(gathering, &jobs);
    log_ignored(gathering, &jobs);
    kps_manifests_finish(&gathering->manifests);
    gathering->has_failed |= gathering->manifests.has_failed;
    gathering->n_left_out = jobs.n_ignored;
    kps_inputs_free(&jobs);
    kps_replay_free(&replay);
}

void kps_gather_free(struct kps_gathering *gathering)
{
    kps_vec_free(&gathering->inputs);
    kps_manifests_free(&gathering->manifests);
}
