#include "settings.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/path.h"
#include "core/fingerprint.h"
#include "docker/endpoint.h"
#include "inputs.h"
#include "log.h"
#include "option_table.h"
#include "output.h"

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

/* Set a value for an open option. `name` is the user's word for the option. */
static void set_value(struct settling *s, const struct kps_option_info *info,
                      enum kps_option_source source, const char *name,
                      const struct kps_config_value *value)
{
    struct kps_option_setting setting = {.arena = s->diag->arena,
                                         .options = s->options,
                                         .name = name,
                                         .source = source,
                                         .has_text = true};
    if (kps_option_set(&setting, info, value->text)) {
        return;
    }
    struct kps_sv error = setting.error;
    if (!kps_sv_starts(error, kps_sv_of(name))) {
        error = kps_fmt(s->diag->arena, "%s: %.*s", name, SV_ARG(error));
    }
    refuse_setting(s, KPS_RULE_INPUT_INVALID, value->at, error);
}

static void apply_environment(struct settling *s)
{
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        if (!info->environment || kps_option_is_given(s->options, info->name)) {
            continue;
        }
        struct kps_config_value value = {
            .text = kps_env_or_empty(s->env, kps_sv_of(info->environment))};
        if (value.text.n) {
            set_value(s, info, KPS_SOURCE_ENVIRONMENT, info->environment, &value);
            kps_option_mark_given(s->options, info);
        }
    }
}

/* Return: whether a variable of another program, like NO_COLOR, outranks the configuration. */
static bool is_outranked(const struct settling *s, const struct kps_option_info *info)
{
    struct kps_sv names = kps_sv_of(info->outranked_by ? info->outranked_by : "");
    while (names.n) {
        struct kps_sv name = kps_sv_slice(names, 0, kps_sv_find(names, ' '));
        names = kps_sv_from(names, name.n + 1);
        if (kps_env_or_empty(s->env, name).n) {
            return true;
        }
    }
    return false;
}

static void copy_list(struct settling *s, const struct kps_config_values *values,
                      struct kps_list *list)
{
    struct kps_sv *texts = KPS_NEW_N(s->diag->arena, struct kps_sv, values->n + 1);
    for (size_t i = 0; i < values->n; i++) {
        texts[i] = values->v[i].text;
    }
    *list = (struct kps_list){texts, values->n};
}

/* Set the option from its key of the configuration. Validate the value even when a stronger source
 * overrides it. */
static void apply_key(struct settling *s, const struct kps_option_info *info,
                      const struct kps_config_values *values)
{
    struct kps_options before = *s->options;
    if (values->n == 0) {
        return;
    }
    if (info->kind == KPS_OPTION_LIST) {
        copy_list(s, values, (struct kps_list *)((char *)s->options + info->target));
    } else {
        set_value(s, info, KPS_SOURCE_CONFIG, info->setting, &values->v[0]);
    }
    if (kps_option_is_given(s->options, info->name) || is_outranked(s, info)) {
        *s->options = before;
    }
}

static const struct kps_kube_taken *ports_of(struct kps_arena *arena,
                                             const struct kps_config_port *ports, size_t n)
{
    struct kps_kube_taken *taken = KPS_NEW_N(arena, struct kps_kube_taken, n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        taken[i] =
            (struct kps_kube_taken){ports[i].first, ports[i].last, ports[i].protocol, ports[i].who};
    }
    return taken;
}

_Static_assert((int)KPS_CONFIG_MOST_SIDECARS <= (int)KPS_KUBE_MOST_INJECTED,
               "every sidecar has its bit");

/* Copy the facts of the cluster, from the file alone. */
static void copy_cluster(struct kps_arena *arena, const struct kps_config *config,
                         struct kps_kube_options *cluster)
{
    struct kps_kube_injected *injected =
        KPS_NEW_N(arena, struct kps_kube_injected, config->n_sidecars ? config->n_sidecars : 1);
    for (size_t i = 0; i < config->n_sidecars; i++) {
        const struct kps_config_sidecar *sidecar = &config->sidecars[i];
        injected[i] =
            (struct kps_kube_injected){.name = sidecar->name,
                                       .key = sidecar->key,
                                       .value = sidecar->value,
                                       .ports = ports_of(arena, sidecar->ports, sidecar->n_ports),
                                       .n_ports = sidecar->n_ports};
    }
    cluster->injected = injected;
    cluster->n_injected = config->n_sidecars;
    cluster->reserved = ports_of(arena, config->reserved, config->n_reserved);
    cluster->n_reserved = config->n_reserved;
}

static void apply_config(struct settling *s, const struct kps_config *config)
{
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        const struct kps_config_key_info *key = kps_config_keys;
        while (info->setting && key->name && strcmp(key->name, info->setting) != 0) {
            key++;
        }
        if (info->setting) {
            KPS_ASSERT(key->name);
            apply_key(s, info, &config->values[key->key]);
        }
    }
    s->options->levels = config->rules;
    s->options->machines = config->machines;
    s->options->n_machines = config->n_machines;
    copy_cluster(s->diag->arena, config, &s->options->cluster);
}

/* Read a file named by settings. Return: 0 for an unreadable file, with an error. */
static kps_file_id read_file(struct settling *s, const char *what, struct kps_sv path,
                             struct kps_sv shown)
{
    struct kps_diag *diag = s->diag;
    struct kps_sv bytes = SV("");
    int error =
        kps_fs_read_named(diag->arena, kps_cstr(diag->arena, path), KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        refuse_setting(s, KPS_RULE_INPUT_UNREADABLE, (struct kps_span){0, 0, 0},
                       kps_fmt(diag->arena, "cannot read the %s '%.*s': %s", what, SV_ARG(shown),
                               strerror(error)));
        return 0;
    }
    return kps_files_add(&diag->files, shown, bytes);
}

/*
 * Return: could another user have put the file there to change what this user sees? True for a file
 * in a folder above `cwd` that belongs neither to this user, nor to root, nor to the owner of `cwd`
 * (a checkout of another user as a whole, as in the container of a CI job).
 */
static bool is_foreign(struct kps_arena *arena, struct kps_sv path, struct kps_sv cwd)
{
    struct stat file;
    struct stat here;
    if (kps_sv_eq(kps_path_dir(arena, path), cwd) || stat(kps_cstr(arena, path), &file) != 0 ||
        stat(kps_cstr(arena, cwd), &here) != 0) {
        return false;
    }
    return file.st_uid != geteuid() && file.st_uid != 0 && file.st_uid != here.st_uid;
}

static void read_config(struct settling *s)
{
    struct kps_diag *diag = s->diag;
    struct kps_options *options = s->options;
    struct kps_sv cwd = kps_inputs_cwd(diag->arena, s->env);
    struct kps_sv path = kps_path_join(diag->arena, cwd, options->config);
    if (options->no_config ||
        (options->config.n == 0 && !kps_config_find(diag->arena, &kps_fs_os, cwd, s->env, &path))) {
        return;
    }
    struct kps_sv shown = kps_path_relative(diag->arena, cwd, path);
    if (options->config.n == 0 && is_foreign(diag->arena, path, cwd)) {
        (void)kps_diag_add(diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0,
                           "the settings in '%.*s' belong to another user and are not applied: "
                           "--config applies them, --no-config ends this message",
                           SV_ARG(shown));
        return;
    }
    kps_log_verbose(options, "configuration: %.*s", SV_ARG(shown));
    kps_file_id file = read_file(s, "configuration", path, shown);
    if (file) {
        options->config = path; /* an input, which no report may replace */
        struct kps_config config;
        struct kps_sv folder = kps_path_relative(diag->arena, cwd, kps_path_dir(diag->arena, path));
        s->failed = !kps_config_read(diag, file, folder, &config) || s->failed;
        apply_config(s, &config);
    }
}

/* Return: "default, lab and 3 more". */
static struct kps_sv list_names(struct kps_arena *arena, const struct kps_engine_contexts *contexts)
{
    enum { MOST = 20 };
    struct kps_buf out = KPS_BUF(arena);
    for (size_t i = 0; i < contexts->n && i < MOST; i++) {
        kps_buf_fmt(&out, "%s%.*s", i ? ", " : "", SV_ARG(contexts->v[i]));
    }
    if (contexts->n > MOST) {
        kps_buf_fmt(&out, " and %zu more", contexts->n - MOST);
    }
    return kps_buf_sv(&out);
}

/* Refuse a context that does not exist; names that could not be read may be it. */
static void check_context(struct settling *s, const struct kps_engine_contexts *contexts,
                          struct kps_sv name, struct kps_span at)
{
    struct kps_nearest nearest = {.word = name};
    for (size_t i = 0; i < contexts->n; i++) {
        if (kps_sv_eq(contexts->v[i], name)) {
            return;
        }
        kps_nearest_offer(&nearest, contexts->v[i]);
    }
    if (contexts->fault.n == 0) {
        bool has_best = nearest.best.n > 0;
        refuse_setting(s, KPS_RULE_INPUT_INVALID, at,
                       kps_fmt(s->diag->arena,
                               "there is no docker context '%.*s', there are: %.*s%s%.*s%s",
                               SV_ARG(name), SV_ARG(list_names(s->diag->arena, contexts)),
                               has_best ? "; did you mean '" : "", SV_ARG(nearest.best),
                               has_best ? "'?" : ""));
    }
}

/* Check the names of --context, and put every context in the place of '*'. */
static void settle_contexts(struct settling *s)
{
    struct kps_options *options = s->options;
    if (options->contexts.n == 0 && !options->asks_all_contexts) {
        return;
    }
    struct kps_engine_contexts contexts =
        kps_endpoints_contexts(s->diag->arena, &kps_fs_os, s->env);
    for (size_t i = 0; i < options->contexts.n; i++) {
        check_context(s, &contexts, options->contexts.v[i], (struct kps_span){0, 0, 0});
    }
    if (options->asks_all_contexts) {
        options->contexts = (struct kps_list){contexts.v, contexts.n};
        options->unread_contexts = contexts.fault;
    }
    if (options->contexts.n > KPS_LIMIT_ENGINES) {
        refuse_setting(s, KPS_RULE_INPUT_INVALID, (struct kps_span){0, 0, 0},
                       kps_fmt(s->diag->arena, "%zu contexts are more than the %d that are asked",
                               options->contexts.n, KPS_LIMIT_ENGINES));
    }
}

/* Warn about inputs of machines that do not exist: the projects that were meant stay unrelated. */
static void check_machine_inputs(struct settling *s, const struct kps_config_machine *machine)
{
    for (size_t i = 0; i < machine->n_inputs; i++) {
        const struct kps_config_value *input = &machine->inputs[i];
        enum kps_fs_kind kind;
        if (kps_fs_os.stat(&kps_fs_os, kps_cstr(s->diag->arena, input->text), &kind) != 0) {
            (void)kps_diag_add(s->diag, KPS_RULE_INPUT_INVALID, KPS_WARNING,
                               kps_diag_here(s->diag, input->at),
                               "there is no file or folder '%.*s'", SV_ARG(input->text));
        }
    }
}

/* Check the machines of a check; the names of their contexts where engines are asked. */
static void settle_machines(struct settling *s)
{
    const struct kps_options *options = s->options;
    struct kps_engine_contexts contexts = {.n = 0};
    for (size_t i = 0; i < options->n_machines && options->mode == KPS_MODE_CHECK; i++) {
        const struct kps_config_machine *machine = &options->machines[i];
        check_machine_inputs(s, machine);
        if (!machine->context.text.n || options->only_files || options->no_docker) {
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
    bool command_line_baseline = kps_option_is_given(options, "baseline");
    apply_environment(&s);
    read_config(&s);
    settle_contexts(&s);
    settle_machines(&s);
    if (options->new_baseline.n && !command_line_baseline) {
        options->baseline = (struct kps_sv){"", 0}; /* a new baseline does not build on the old */
    }
    kps_file_id file =
        options->baseline.n ? read_file(&s, "baseline", options->baseline, options->baseline) : 0;
    if (file) {
        options->known = KPS_NEW(diag->arena, struct kps_baseline);
        s.failed = !kps_baseline_read(diag, file, options->known) || s.failed;
    }
    return !s.failed;
}

static void report_faults(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv place = kps_report_place(diag->arena, diag, kps_finding_span(diag, finding));
        bool has_place = place.n > 0;
        kps_log_error("%.*s%s%s%s%.*s", SV_ARG(place), has_place ? ": " : "",
                      has_place ? kps_severity_name(finding->severity) : "", has_place ? ": " : "",
                      SV_ARG(finding->message));
    }
}

/* Write a report with the faults of the settings alone. People see the faults on stderr. */
static void write_refusal(struct kps_diag *diag, struct kps_options *options,
                          const struct kps_env *env)
{
    bool is_for_people = true;
    for (size_t i = 0; i < options->n_outputs; i++) {
        kps_render *render = options->outputs[i].format->render;
        bool is_here = options->outputs[i].file.n == 0;
        is_for_people =
            is_for_people && !(is_here && render != kps_report_text && render != kps_report_short);
    }
    options->quiet = is_for_people ? 2 : options->quiet;
    struct kps_ledger ledger = {.diag = diag};
    diag->incomplete = true;
    kps_diag_sort(diag);
    kps_fingerprint_all(&ledger);
    struct kps_report report = {.ledger = &ledger,
                                .version = KPS_VERSION,
                                .mode = options->mode == KPS_MODE_CHECK ? "check" : "ports"};
    struct kps_sv error = SV("");
    if (!kps_output_write(&report, options, env, &error)) {
        kps_log_error("%.*s", SV_ARG(error));
    }
    kps_ledger_free(&ledger);
}

bool kps_settings_settle(struct kps_arena *arena, struct kps_options *options,
                         const struct kps_env *env)
{
    struct kps_diag diag = {.arena = arena};
    bool is_settled = complete_options(&diag, env, options);
    report_faults(&diag);
    if (!is_settled) {
        write_refusal(&diag, options, env);
    }
    kps_diag_free(&diag);
    return is_settled;
}
