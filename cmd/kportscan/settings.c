#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/utf8.h"
#include "core/fingerprint.h"
#include "inputs.h"
#include "option_table.h"
#include "options_value.h"
#include "output.h"

struct settling {
    struct kps_diag *diag;
    const struct kps_env *env;
    struct kps_options *options;
    bool failed;
};

/* An error; span.file == 0: in no file. */
static void fail(struct settling *s, enum kps_rule rule, struct kps_span at, struct kps_sv text)
{
    kps_origin_id origin = at.file ? kps_diag_here(s->diag, at) : 0;
    (void)kps_diag_add(s->diag, rule, KPS_ERROR, origin, "%.*s", SV_ARG(text));
    s->failed = true;
}

static bool is_given(const struct kps_options *options, int code)
{
    return options->given[code] ||
           (code == KPS_OPTION_FAIL_ON && options->given[KPS_OPTION_EXIT_ZERO]);
}

/* One value for an option that is still open. `name` is what the user calls it. */
static void set(struct settling *s, int code, const char *name, struct kps_sv text,
                struct kps_span at)
{
    struct kps_option_setting setting = {
        .arena = s->diag->arena, .options = s->options, .name = name, .most_outputs = 1};
    if (kps_option_set(&setting, code, text)) {
        return;
    }
    struct kps_sv error = setting.error;
    if (!kps_sv_starts(error, kps_sv_of(name))) {
        error = kps_fmt(s->diag->arena, "%s: %.*s", name, SV_ARG(error));
    }
    fail(s, KPS_RULE_INPUT_INVALID, at, error);
}

static void take_environment(struct settling *s)
{
    static const struct {
        const char *name;
        int code;
    } variables[] = {
        {"KPORTSCAN_FORMAT", 'o'},
        {"KPORTSCAN_FAIL_ON", KPS_OPTION_FAIL_ON},
        {"KPORTSCAN_SEVERITY", 'S'},
        {"KPORTSCAN_SELECT", KPS_OPTION_SELECT},
        {"KPORTSCAN_IGNORE", KPS_OPTION_IGNORE},
        {"KPORTSCAN_COLOR", KPS_OPTION_COLOR},
    };
    struct kps_options *options = s->options;
    for (size_t i = 0; i < KPS_COUNT(variables); i++) {
        struct kps_sv text = kps_env_or_empty(s->env, kps_sv_of(variables[i].name));
        if (text.n && !is_given(options, variables[i].code)) {
            set(s, variables[i].code, variables[i].name, text, (struct kps_span){0, 0, 0});
            options->given[variables[i].code] = true;
        }
    }
    if (!options->given[KPS_OPTION_CONFIG] && !options->no_config) {
        options->config = kps_env_or_empty(s->env, SV("KPORTSCAN_CONFIG"));
    }
    if (!options->given[KPS_OPTION_BASELINE] && !options->given[KPS_OPTION_WRITE_BASELINE]) {
        options->baseline = kps_env_or_empty(s->env, SV("KPORTSCAN_BASELINE"));
    }
}

/* Whether the environment already says whether to colour. */
static bool environment_colours(const struct kps_env *env)
{
    return kps_env_or_empty(env, SV("NO_COLOR")).n ||
           kps_env_or_empty(env, SV("CLICOLOR_FORCE")).n ||
           kps_env_or_empty(env, SV("FORCE_COLOR")).n;
}

static void take_word(struct settling *s, const struct kps_config *config, enum kps_config_key key,
                      int code)
{
    if (config->values[key].n == 0) {
        return;
    }
    /* What is not to count is read all the same: a mistake in it is told whoever runs it. */
    struct kps_options before = *s->options;
    struct kps_config_value value = config->values[key].v[0];
    bool is_open =
        !is_given(s->options, code) && (code != KPS_OPTION_COLOR || !environment_colours(s->env));
    if (code == 'o' && kps_sv_find(value.text, '=') < value.text.n) {
        fail(s, KPS_RULE_INPUT_INVALID, value.at,
             SV("format: a file to write to can only be named in the command line or in "
                "KPORTSCAN_FORMAT"));
        return;
    }
    s->options->n_outputs = 0;
    s->options->outputs = NULL;
    set(s, code, kps_config_keys[key].name, value.text, value.at);
    if (!is_open) {
        *s->options = before;
    } else if (code != 'o') {
        s->options->n_outputs = before.n_outputs;
        s->options->outputs = before.outputs;
    }
}

static void take_list(struct settling *s, struct kps_config_values values, struct kps_list *list)
{
    struct kps_sv *texts = KPS_NEW_N(s->diag->arena, struct kps_sv, values.n ? values.n : 1);
    for (size_t i = 0; i < values.n; i++) {
        texts[i] = values.v[i].text;
    }
    *list = (struct kps_list){texts, values.n};
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

/* What only the file can say of the cluster. */
static void take_cluster(struct kps_arena *arena, const struct kps_config *config,
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

static void take_config(struct settling *s, const struct kps_config *config)
{
    static const struct {
        enum kps_config_key key;
        int code;
    } words[] = {
        {KPS_CONFIG_FAIL_ON, KPS_OPTION_FAIL_ON},
        {KPS_CONFIG_SEVERITY, 'S'},
        {KPS_CONFIG_FORMAT, 'o'},
        {KPS_CONFIG_COLOR, KPS_OPTION_COLOR},
        {KPS_CONFIG_NODES, KPS_OPTION_NODES},
        {KPS_CONFIG_NODE_PORT_RANGE, KPS_OPTION_NODE_PORT_RANGE},
        {KPS_CONFIG_KUBERNETES_VERSION, KPS_OPTION_KUBERNETES_VERSION},
        {KPS_CONFIG_NAMESPACE, KPS_OPTION_NAMESPACE},
    };
    struct kps_options *options = s->options;
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        take_word(s, config, words[i].key, words[i].code);
    }
    if (!options->given[KPS_OPTION_EXCLUDE]) {
        take_list(s, config->values[KPS_CONFIG_EXCLUDE], &options->excludes);
    }
    if (!options->given[KPS_OPTION_PROFILE] &&
        kps_env_or_empty(s->env, SV("COMPOSE_PROFILES")).n == 0) {
        take_list(s, config->values[KPS_CONFIG_PROFILES], &options->profiles);
    }
    if (!options->given[KPS_OPTION_ENV_FILE] &&
        kps_env_or_empty(s->env, SV("COMPOSE_ENV_FILES")).n == 0) {
        take_list(s, config->values[KPS_CONFIG_ENV_FILES], &options->env_files);
    }
    if (options->baseline.n == 0 && options->new_baseline.n == 0 &&
        config->values[KPS_CONFIG_BASELINE].n) {
        options->baseline = config->values[KPS_CONFIG_BASELINE].v[0].text;
    }
    options->levels = config->rules;
    take_cluster(s->diag->arena, config, &options->cluster);
}

/* Reads a file that settings name. Return: 0 when it cannot be read, which is told. */
static kps_file_id read_file(struct settling *s, const char *what, struct kps_sv path,
                             struct kps_sv shown)
{
    struct kps_diag *diag = s->diag;
    struct kps_sv bytes = SV("");
    int error = kps_fs_os.read(&kps_fs_os, diag->arena, kps_cstr(diag->arena, path),
                               KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        fail(s, KPS_RULE_INPUT_UNREADABLE, (struct kps_span){0, 0, 0},
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
    struct kps_sv cwd = kps_inputs_cwd(diag->arena, s->env);
    struct kps_sv path = kps_path_join(diag->arena, cwd, options->config);
    if (options->no_config ||
        (options->config.n == 0 && !kps_config_find(diag->arena, &kps_fs_os, cwd, s->env, &path))) {
        return;
    }
    struct kps_sv shown = kps_path_relative(diag->arena, cwd, path);
    if (options->verbose) {
        (void)fprintf(stderr, "kportscan: configuration: %.*s\n",
                      SV_ARG(kps_utf8_escape(diag->arena, shown)));
    }
    kps_file_id file = read_file(s, "configuration", path, shown);
    if (file) {
        struct kps_config config;
        struct kps_sv folder = kps_path_relative(diag->arena, cwd, kps_path_dir(diag->arena, path));
        s->failed = !kps_config_read(diag, file, folder, &config) || s->failed;
        take_config(s, &config);
    }
}

static bool complete(struct kps_diag *diag, const struct kps_env *env, struct kps_options *options)
{
    struct settling s = {.diag = diag, .env = env, .options = options};
    take_environment(&s);
    read_config(&s);
    kps_file_id file =
        options->baseline.n ? read_file(&s, "baseline", options->baseline, options->baseline) : 0;
    if (file) {
        options->known = KPS_NEW(diag->arena, struct kps_baseline);
        s.failed = !kps_baseline_read(diag, file, options->known) || s.failed;
    }
    return !s.failed;
}

static void tell(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv place = kps_report_place(diag->arena, diag, kps_finding_span(diag, finding));
        struct kps_sv text = kps_utf8_escape(diag->arena, finding->message);
        bool has_place = place.n > 0;
        (void)fprintf(stderr, "kportscan: %.*s%s%s%s%.*s\n", SV_ARG(place), has_place ? ": " : "",
                      has_place ? kps_severity_name(finding->severity) : "", has_place ? ": " : "",
                      SV_ARG(text));
    }
}

/* A report with nothing in it but what is wrong with the settings. People have read that on stderr.
 */
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
        (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(diag->arena, error)));
    }
    kps_ledger_free(&ledger);
}

bool kps_settings_settle(struct kps_arena *arena, struct kps_options *options,
                         const struct kps_env *env)
{
    struct kps_diag diag = {.arena = arena};
    bool is_settled = complete(&diag, env, options);
    tell(&diag);
    if (!is_settled) {
        write_refusal(&diag, options, env);
    }
    kps_diag_free(&diag);
    return is_settled;
}
