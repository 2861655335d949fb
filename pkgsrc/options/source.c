#include "options/source.h"

#include <string.h>

#include "base/buf.h"

struct source {
    struct kps_diag *diag;
    const struct kps_env *env;
    struct kps_options *options;
    const struct kps_option_state *state; /* of the options */
    bool failed;
};

/* Set a value for an open option. `name` is the user's word for the option. */
static void set_value(struct source *s, const struct kps_option_info *info,
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
    kps_origin_id origin = value->at.file ? kps_diag_here(s->diag, value->at) : 0;
    (void)kps_diag_add(s->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, origin, "%.*s", SV_ARG(error));
    s->failed = true;
}

/* Return: the variable of an option, KPORTSCAN_FAIL_ON of --fail-on. */
static const char *name_variable(struct kps_arena *arena, const char *option)
{
    struct kps_buf *name = kps_buf_new(arena);
    kps_buf_text(name, "KPORTSCAN_");
    for (; *option; option++) {
        kps_buf_char(name, *option == '-' ? '_' : (char)(*option - 'a' + 'A'));
    }
    return kps_buf_sv(name).p;
}

static void apply_environment(struct source *s)
{
    for (const struct kps_option_info *info = s->state->table; info->name; info++) {
        if (!info->has_variable || s->state->given[info - s->state->table]) {
            continue;
        }
        const char *variable = name_variable(s->diag->arena, info->name);
        struct kps_config_value value = {.text = kps_env_or_empty(s->env, variable)};
        if (value.text.n) {
            set_value(s, info, KPS_SOURCE_ENVIRONMENT, variable, &value);
            kps_option_mark_given(s->options, info);
        }
    }
}

/* Return: whether a variable of another program, like NO_COLOR, outranks the configuration. */
static bool is_outranked(const struct source *s, const struct kps_option_info *info)
{
    struct kps_sv names = kps_sv_of(info->outranked_by ? info->outranked_by : "");
    while (names.n) {
        struct kps_sv name = kps_sv_before(names, ' ');
        names = kps_sv_from(names, name.n + 1);
        struct kps_sv value;
        if (kps_env_get(s->env, name, &value) && value.n) {
            return true;
        }
    }
    return false;
}

static void copy_list(struct source *s, const struct kps_config_values *values,
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
static void apply_key(struct source *s, const struct kps_option_info *info,
                      const struct kps_config_values *values)
{
    if (values->n == 0) {
        return;
    }
    void *before = memcpy(kps_alloc(s->diag->arena, s->state->size), s->options, s->state->size);
    if (info->kind == KPS_OPTION_LIST) {
        copy_list(s, values, (struct kps_list *)((char *)s->options + info->target));
    } else {
        set_value(s, info, KPS_SOURCE_CONFIG, kps_config_keys[info->setting].name, &values->v[0]);
    }
    if (kps_option_is_given(s->options, info->name) || is_outranked(s, info)) {
        memcpy(s->options, before, s->state->size);
    }
}

bool kps_source_apply_environment(struct kps_diag *diag, struct kps_options *options,
                                  const struct kps_env *env)
{
    struct source s = {.diag = diag,
                       .env = env,
                       .options = options,
                       .state = (const struct kps_option_state *)options};
    apply_environment(&s);
    return !s.failed;
}

bool kps_source_apply_config(struct kps_diag *diag, struct kps_options *options,
                             const struct kps_env *env, const struct kps_config *config)
{
    struct source s = {.diag = diag,
                       .env = env,
                       .options = options,
                       .state = (const struct kps_option_state *)options};
    for (const struct kps_option_info *info = s.state->table; info->name; info++) {
        if (info->setting != KPS_CONFIG_RULES) {
            apply_key(&s, info, &config->values[info->setting]);
        }
    }
    return !s.failed;
}
