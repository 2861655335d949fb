#include "settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "core/fingerprint.h"
#include "docker/endpoint.h"
#include "inputs/jobs.h"
#include "inputs/placement.h"
#include "options/source.h"
#include "report/output.h"
#include "session.h"
#include "stderr_log.h"

struct settling {
    struct kps_diag *diag;
    const struct kps_env *env;
    struct kps_options *options;
    bool failed;
};

/* Add an error; at.file == 0: in no file. */
static void refuse_setting(struct settling *s, enum kps_rule rule, struct kps_span at,
                           struct kps_sv text)
{
    kps_origin_id origin = at.file ? kps_diag_here(s->diag, at) : 0;
    (void)kps_diag_add(s->diag, rule, KPS_ERROR, origin, "%.*s", SV_ARG(text));
    s->failed = true;
}

static void apply_config(struct settling *s, const struct kps_config *config)
{
    s->failed = !kps_source_apply_config(s->diag, s->options, s->env, config) || s->failed;
    s->options->verdict.levels = config->rules;
    kps_inputs_configure(&s->options->inputs, s->diag->arena, config);
}

/* Read a file of settings. Return: 0 for an unreadable file, with an error. */
static kps_file_id read_file(struct settling *s, const char *what, struct kps_sv path,
                             struct kps_sv shown, bool is_named)
{
    struct kps_diag *diag = s->diag;
    struct kps_sv bytes = SV("");
    const char *name = kps_cstr(diag->arena, path);
    int error = is_named
                    ? kps_fs_read_named(diag->arena, name, KPS_LIMIT_FILE_BYTES, &bytes)
                    : kps_fs_os.read(&kps_fs_os, diag->arena, name, KPS_LIMIT_FILE_BYTES, &bytes);
    if (error == EINVAL) {
        refuse_setting(
            s, KPS_RULE_INPUT_UNREADABLE, (struct kps_span){0, 0, 0},
            kps_fmt(diag->arena, "the %s '%.*s' is not a regular file", what, SV_ARG(shown)));
        return 0;
    }
    if (error) {
        refuse_setting(s, KPS_RULE_INPUT_UNREADABLE, (struct kps_span){0, 0, 0},
                       kps_fmt(diag->arena, "cannot read the %s '%.*s': %s", what, SV_ARG(shown),
                               strerror(error)));
        return 0;
    }
    return kps_files_add(&diag->files, shown, bytes);
}

static void read_config(struct settling *s)
{
    struct kps_diag *diag = s->diag;
    struct kps_options *options = s->options;
    struct kps_sv cwd = options->inputs.cwd;
    struct kps_sv path = options->config;
    bool is_named = path.n > 0;
    if (options->no_config || !kps_config_locate(diag, &kps_fs_os, cwd, s->env, &path)) {
        return;
    }
    struct kps_sv shown = kps_path_relative(diag->arena, cwd, path);
    kps_log_verbose(&options->log, "configuration: %.*s", SV_ARG(shown));
    kps_file_id file = read_file(s, "configuration", path, shown, is_named);
    if (file) {
        options->config = path; /* an input, which no report may replace */
        struct kps_config config;
        struct kps_sv folder = kps_path_relative(diag->arena, cwd, kps_path_dir(diag->arena, path));
        s->failed = !kps_config_read(diag, file, folder, &config) || s->failed;
        apply_config(s, &config);
    }
}

/* Refuse a context that does not exist. */
static void check_context(struct settling *s, const struct kps_engine_contexts *contexts,
                          struct kps_sv name, struct kps_span at)
{
    struct kps_sv fault = kps_endpoints_context_fault(s->diag->arena, contexts, name);
    if (fault.n) {
        refuse_setting(s, KPS_RULE_INPUT_INVALID, at, fault);
    }
}
/* Check the names of --context, and put every context in the place of '*'. */
static void settle_contexts(struct settling *s)
{
    struct kps_options *options = s->options;
    bool has_none = options->machine.contexts.n == 0 && !options->machine.asks_all_contexts;
    if (has_none || options->only_files) {
        return;
    }
    struct kps_engine_contexts contexts =
        kps_endpoints_contexts(s->diag->arena, &kps_fs_os, s->env);
    for (size_t i = 0; i < options->machine.contexts.n; i++) {
        check_context(s, &contexts, options->machine.contexts.v[i], (struct kps_span){0, 0, 0});
    }
    if (options->machine.asks_all_contexts) {
        options->machine.contexts = (struct kps_list){contexts.v, contexts.n};
        options->machine.unread_contexts = contexts.fault;
    }
    if (options->machine.contexts.n > KPS_LIMIT_ENGINES) {
        refuse_setting(s, KPS_RULE_INPUT_INVALID, (struct kps_span){0, 0, 0},
                       kps_fmt(s->diag->arena, "%zu contexts are more than the %d that are asked",
                               options->machine.contexts.n, KPS_LIMIT_ENGINES));
    }
}

/* Check the machines of a check; the names of their contexts where engines are asked. */
static void settle_machines(struct settling *s)
{
    const struct kps_options *options = s->options;
    struct kps_engine_contexts contexts = {.n = 0};
    for (size_t i = 0; i < options->inputs.n_machines && options->mode == KPS_MODE_CHECK; i++) {
        const struct kps_config_machine *machine = &options->inputs.machines[i];
        kps_placement_check_inputs(s->diag, machine);
        if (!machine->context.text.n || options->only_files || options->machine.no_docker) {
            continue;
        }
        if (contexts.n == 0) {
            contexts = kps_endpoints_contexts(s->diag->arena, &kps_fs_os, s->env);
        }
        check_context(s, &contexts, machine->context.text, machine->context.at);
    }
}

static bool complete_options(struct kps_diag *diag, const struct kps_env *env,
                             struct kps_options *options)
{
    struct settling s = {.diag = diag, .env = env, .options = options};
    options->inputs.cwd = kps_inputs_cwd(diag->arena, env);
    bool command_line_baseline = kps_option_is_given(options, "baseline");
    s.failed = !kps_source_apply_environment(diag, options, env);
    read_config(&s);
    settle_contexts(&s);
    settle_machines(&s);
    if (options->verdict.new_baseline.n && !command_line_baseline) {
        options->verdict.baseline =
            (struct kps_sv){"", 0}; /* a new baseline does not build on the old */
    }
    kps_file_id file =
        options->verdict.baseline.n
            ? read_file(&s, "baseline", options->verdict.baseline, options->verdict.baseline, true)
            : 0;
    if (file) {
        options->verdict.known = KPS_NEW(diag->arena, struct kps_baseline);
        s.failed = !kps_baseline_read(diag, file, options->verdict.known) || s.failed;
    }
    struct kps_sv *read = KPS_NEW_N(diag->arena, struct kps_sv, 2);
    read[0] = options->config;
    read[1] = options->verdict.baseline;
    options->output.read = (struct kps_list){read, 2};
    return !s.failed;
}

static void report_faults(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv place = kps_report_place(diag->arena, diag, kps_finding_span(diag, finding));
        bool has_place = place.n > 0;
        kps_log_error(&kps_stderr_log, "%.*s%s%s%s%.*s", SV_ARG(place), has_place ? ": " : "",
                      has_place ? kps_severity_name(finding->severity) : "", has_place ? ": " : "",
                      SV_ARG(finding->message));
    }
}

/* Write a report with the faults of the settings alone. People see the faults on stderr. */
static void write_refusal(struct kps_diag *diag, const struct kps_options *options,
                          const struct kps_env *env)
{
    bool is_for_people = true;
    for (size_t i = 0; i < options->output.n; i++) {
        kps_render *render = options->output.v[i].format->render;
        bool is_here = options->output.v[i].file.n == 0;
        is_for_people =
            is_for_people && !(is_here && render != kps_report_text && render != kps_report_short);
    }
    struct kps_ledger ledger = {.diag = diag};
    diag->incomplete = true;
    kps_diag_sort(diag);
    kps_fingerprint_all(&ledger);
    struct kps_report report = {.ledger = &ledger,
                                .version = KPS_VERSION,
                                .mode = options->mode == KPS_MODE_CHECK ? "check" : "ports"};
    (void)kps_session_deliver(&report, options, env, is_for_people);
    kps_ledger_free(&ledger);
}

bool kps_settings_settle(struct kps_arena *arena, struct kps_options *options,
                         const struct kps_env *env)
{
    struct kps_diag diag = {.arena = arena, .log = &options->log};
    bool is_settled = complete_options(&diag, env, options);
    report_faults(&diag);
    if (!is_settled) {
        write_refusal(&diag, options, env);
    }
    kps_diag_free(&diag);
    return is_settled;
}
