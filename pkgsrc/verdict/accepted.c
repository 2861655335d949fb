#include "verdict/accepted.h"

#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "core/fingerprint.h"
#include "suppress/suppress.h"
#include "verdict/filter.h"

enum { FIRST_OF_MACHINE = 300, LAST_OF_MACHINE = 399 }; /* rules about engines and sockets */

/* Return: from 1, by file id, the input of each file. */
static uint32_t *number_projects(const struct kps_accepted *known)
{
    struct kps_arena *arena = known->ledger->diag->arena;
    const struct kps_files *files = &known->ledger->diag->files;
    struct kps_map by_path = {0};
    for (uint32_t i = 0; i < known->n_inputs; i++) {
        enum kps_input_kind kind = known->inputs[i].kind;
        bool is_project = kind == KPS_INPUT_COMPOSE || kind == KPS_INPUT_STACK;
        for (size_t k = 0; k < known->inputs[i].n_files && is_project; k++) {
            (void)kps_map_put(&by_path, arena, known->inputs[i].files[k], i + 1);
        }
    }
    uint32_t *numbers = KPS_NEW_N(arena, uint32_t, (size_t)files->list.n + 1);
    for (uint32_t i = 0; i < files->list.n; i++) {
        numbers[i + 1] = kps_map_get(&by_path, files->list.v[i].path, 0);
    }
    return numbers;
}

/* The paths of manifests. */
static struct kps_map manifests_of(const struct kps_accepted *known)
{
    struct kps_map paths = {0};
    for (size_t i = 0; i < known->n_inputs; i++) {
        if (known->inputs[i].kind == KPS_INPUT_KUBERNETES) {
            (void)kps_map_put(&paths, known->ledger->diag->arena, known->inputs[i].path, 1);
        }
    }
    return paths;
}

static struct kps_rule_set judged_by(const struct kps_accepted *known)
{
    struct kps_rule_set judged = {{false}};
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        bool is_of_machine =
            (int)info->rule >= FIRST_OF_MACHINE && (int)info->rule <= LAST_OF_MACHINE;
        judged.has[info->rule] = kps_filter_is_selected(known->options, info->rule) &&
                                 (known->saw_machine || !is_of_machine);
    }
    return judged;
}

static void apply_suppressions(struct kps_accepted *known, const struct kps_rule_set *judged)
{
    struct kps_diag *diag = known->ledger->diag;
    struct kps_suppress suppress = {.diag = diag};
    struct kps_map manifests = manifests_of(known);
    uint32_t n_files = diag->files.list.n;
    for (kps_file_id file = 1; file <= n_files; file++) {
        struct kps_sv path = kps_files_get(&diag->files, file)->path;
        kps_suppress_read(&suppress, file, kps_map_get(&manifests, path, 0) == 1);
    }
    known->failed |= suppress.failed;
    struct kps_suppress_run run = {.projects = number_projects(known),
                                   .judged = judged,
                                   .skips_unused = known->failed || known->is_partial};
    kps_suppress_apply(&suppress, known->ledger, &run);
    kps_suppress_free(&suppress);
}

/* Return whether a path is free for a baseline: no regular file, an empty one, or a baseline. */
static bool is_free_for_baseline(struct kps_arena *arena, struct kps_sv path)
{
    struct kps_diag scratch = {.arena = arena};
    struct kps_baseline before;
    struct kps_sv bytes = SV("");
    const char *name = kps_cstr(arena, path);
    struct stat st;
    if (stat(name, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        return true;
    }
    bool is_baseline =
        kps_fs_os.read(&kps_fs_os, arena, name, KPS_LIMIT_FILE_BYTES, &bytes) == 0 &&
        kps_baseline_read(&scratch, kps_files_add(&scratch.files, path, bytes), &before);
    kps_diag_free(&scratch);
    return is_baseline;
}

static void write_baseline(struct kps_accepted *known)
{
    static const struct kps_format format = {.name = "baseline", .render = kps_report_baseline};
    const struct kps_verdict_options *options = known->options;
    struct kps_diag *diag = known->ledger->diag;
    struct kps_output output = {&format, options->new_baseline};
    const struct kps_output_options only = {.v = &output, .n = 1, .spares_stdout = true};
    struct kps_report report = {
        .ledger = known->ledger, .version = known->version, .mode = "check"};
    report.inputs = known->inputs;
    report.n_inputs = known->n_inputs;
    struct kps_output_fault fault = {.is_reader_gone = false};
    if (!kps_output_spares_inputs(&report, known->output, &fault)) {
        known->failed = true; /* the report, which is refused for the same reason, says so */
        return;
    }
    if (!is_free_for_baseline(diag->arena, options->new_baseline)) {
        kps_log_error(diag->log,
                      "'%.*s' exists and is no kportscan baseline, and is not written over: name "
                      "another file for --write-baseline",
                      SV_ARG(options->new_baseline));
        known->failed = true;
        return;
    }
    if (!kps_output_write(&report, &only, known->env, &fault)) {
        kps_log_error(diag->log, "%.*s", SV_ARG(fault.words));
        known->failed = true;
        return;
    }
    size_t n = 0;
    struct kps_sv reason =
        kps_fmt(diag->arena, "listed in the baseline %.*s", SV_ARG(options->new_baseline));
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (kps_report_is_for_baseline(finding)) {
            finding->suppressed = reason;
            finding->suppressed_by = KPS_SUPPRESSED_BY_BASELINE;
            n++;
        }
    }
    if (diag->log && diag->log->quiet == 0) {
        kps_log_error(diag->log, "wrote %zu finding%s to the baseline '%.*s'", n, n == 1 ? "" : "s",
                      SV_ARG(options->new_baseline));
    }
}

/* Say with -v which findings are suppressed, and by which words. */
static void log_suppressed(struct kps_diag *diag)
{
    for (uint32_t i = 0; diag->log && diag->log->verbose && i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (!finding->suppressed.p) {
            continue;
        }
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv place = kps_report_place(scratch, diag, kps_finding_span(diag, finding));
        struct kps_sv by = kps_report_place(scratch, diag, finding->suppressed_at);
        struct kps_sv reason = finding->suppressed;
        kps_log_verbose(diag->log, "suppressed by %s%s%.*s%s%.*s: %.*s: %s: %.*s [%s]",
                        kps_suppression_name(finding->suppressed_by), by.n ? " at " : "",
                        SV_ARG(by), reason.n ? " -- " : "", SV_ARG(reason), SV_ARG(place),
                        kps_severity_name(finding->severity), SV_ARG(finding->message),
                        kps_rule_info(finding->rule)->id);
    }
}

size_t kps_accepted_apply(struct kps_accepted *known)
{
    struct kps_diag *diag = known->ledger->diag;
    const struct kps_verdict_options *options = known->options;
    struct kps_rule_set judged = judged_by(known);
    uint32_t before = diag->findings.n;
    apply_suppressions(known, &judged);
    if (options->known) {
        kps_baseline_apply(diag, options->known);
    }
    if (options->known && !options->new_baseline.n && !known->failed && !known->is_partial) {
        kps_baseline_report_stale(diag, options->known, &judged);
    }
    size_t hidden = 0;
    if (diag->findings.n > before) {
        for (uint32_t i = before; i < diag->findings.n; i++) {
            diag->findings.v[i]->fingerprint = kps_fingerprint(known->ledger, diag->findings.v[i]);
        }
        hidden = kps_filter_read_rules(diag, options);
        kps_filter_apply_levels(diag, options);
        kps_diag_sort(diag);
    }
    if (options->new_baseline.n) {
        write_baseline(known);
    }
    log_suppressed(diag);
    return hidden;
}
