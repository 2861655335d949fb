#include "options_value.h"

#include "base/nearest.h"
#include "option_table.h"

static bool fail(struct kps_option_setting *s, const char *fmt, ...) KPS_PRINTF(2, 3);

static bool fail(struct kps_option_setting *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    s->error = kps_vfmt(s->arena, fmt, args);
    va_end(args);
    return false;
}

static struct kps_sv suggestion(struct kps_option_setting *s, const struct kps_nearest *nearest)
{
    return nearest->best.n ? kps_fmt(s->arena, "; did you mean '%.*s'?", SV_ARG(nearest->best))
                           : SV("");
}

static bool parse_severity(struct kps_option_setting *s, struct kps_sv text, const char *also,
                           enum kps_severity *ret)
{
    static const enum kps_severity all[] = {KPS_NOTE, KPS_WARNING, KPS_ERROR};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq(text, kps_sv_of(kps_severity_name(all[i])))) {
            *ret = all[i];
            return true;
        }
    }
    return fail(s, "%s '%.*s' is none of error, warning, note%s", s->name, SV_ARG(text), also);
}

static bool parse_fail_on(struct kps_option_setting *s, struct kps_sv text)
{
    s->options->never_fails = kps_sv_eq(text, SV("never"));
    return s->options->never_fails || parse_severity(s, text, ", never", &s->options->fail_on);
}

static bool parse_colour(struct kps_option_setting *s, struct kps_sv text)
{
    static const struct {
        struct kps_sv name;
        enum kps_colour colour;
    } all[] = {{SV_LIT("auto"), KPS_COLOUR_AUTO},
               {SV_LIT("always"), KPS_COLOUR_ALWAYS},
               {SV_LIT("never"), KPS_COLOUR_NEVER}};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq(text, all[i].name)) {
            s->options->colour = all[i].colour;
            return true;
        }
    }
    return fail(s, "%s '%.*s' is none of auto, always, never", s->name, SV_ARG(text));
}

static bool parse_format(struct kps_option_setting *s, struct kps_sv text)
{
    size_t equals = kps_sv_find(text, '=');
    struct kps_sv name = kps_sv_slice(text, 0, equals);
    struct kps_output output = {kps_format_by_name(name), kps_sv_from(text, equals + 1)};
    if (!output.format) {
        struct kps_nearest nearest = {.word = name};
        for (const struct kps_format *format = kps_formats; format->name; format++) {
            kps_nearest_offer(&nearest, kps_sv_of(format->name));
        }
        return fail(s, "there is no format '%.*s'%.*s", SV_ARG(name),
                    SV_ARG(suggestion(s, &nearest)));
    }
    if (equals < text.n && output.file.n == 0) {
        return fail(s, "%s '%.*s' names no file", s->name, SV_ARG(text));
    }
    for (size_t i = 0; i < s->options->n_outputs; i++) {
        if (kps_sv_eq(s->options->outputs[i].file, output.file)) {
            return fail(s, "two reports go to %s; write --format FMT=FILE for one of them",
                        output.file.n ? "one file" : "standard output");
        }
    }
    if (!s->options->outputs) {
        s->options->outputs = KPS_NEW_N(s->arena, struct kps_output, s->most_outputs);
    }
    s->options->outputs[s->options->n_outputs++] = output;
    return true;
}

/* What is said of the cluster. */
static bool set_cluster(struct kps_option_setting *s, int code, struct kps_sv text)
{
    struct kps_kube_options *cluster = &s->options->cluster;
    unsigned long long nodes = 0;
    switch (code) {
    case KPS_OPTION_NODES:
        if (!kps_sv_u64(text, 1000 * 1000, &nodes) || nodes == 0) {
            return fail(s, "%s '%.*s' is not a number of nodes", s->name, SV_ARG(text));
        }
        cluster->nodes = (uint32_t)nodes;
        return true;
    case KPS_OPTION_NODE_PORT_RANGE:
        return kps_kube_range_parse(text, cluster) ||
               fail(s, "%s '%.*s' is not like 30000-32767", s->name, SV_ARG(text));
    case KPS_OPTION_KUBERNETES_VERSION:
        return kps_kube_version_parse(text, cluster) ||
               fail(s, "%s '%.*s' is not like 1.30", s->name, SV_ARG(text));
    default: /* KPS_OPTION_NAMESPACE */
        cluster->default_namespace = text;
        return text.n > 0 || fail(s, "%s wants a name", s->name);
    }
}

bool kps_option_has_value(int code)
{
    static const int codes[] = {'o',
                                'S',
                                KPS_OPTION_COLOR,
                                KPS_OPTION_SELECT,
                                KPS_OPTION_IGNORE,
                                KPS_OPTION_FAIL_ON,
                                KPS_OPTION_NODES,
                                KPS_OPTION_NODE_PORT_RANGE,
                                KPS_OPTION_KUBERNETES_VERSION,
                                KPS_OPTION_NAMESPACE};
    for (size_t i = 0; i < KPS_COUNT(codes); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

bool kps_option_add_rules(struct kps_option_setting *s, struct kps_sv list,
                          struct kps_rule_set *set)
{
    while (list.n) {
        size_t comma = kps_sv_find(list, ',');
        struct kps_sv word = kps_sv_trim(kps_sv_slice(list, 0, comma));
        list = kps_sv_from(list, comma + 1);
        if (word.n && !kps_rule_set_add(set, word)) {
            struct kps_nearest nearest = {.word = word, .best = kps_rule_nearest(word)};
            return fail(s, "there is no rule '%.*s'%.*s (kportscan --list-rules)", SV_ARG(word),
                        SV_ARG(suggestion(s, &nearest)));
        }
    }
    return true;
}

bool kps_option_set(struct kps_option_setting *s, int code, struct kps_sv text)
{
    struct kps_options *options = s->options;
    switch (code) {
    case KPS_OPTION_NODES:
    case KPS_OPTION_NODE_PORT_RANGE:
    case KPS_OPTION_KUBERNETES_VERSION:
    case KPS_OPTION_NAMESPACE:
        return set_cluster(s, code, text);
    case 'o':
        return parse_format(s, text);
    case KPS_OPTION_COLOR:
        return parse_colour(s, text);
    case 'S':
        return parse_severity(s, text, "", &options->least_severity);
    case KPS_OPTION_SELECT:
        options->selects = true;
        return kps_option_add_rules(s, text, &options->selected);
    case KPS_OPTION_IGNORE:
        return kps_option_add_rules(s, text, &options->ignored);
    case KPS_OPTION_FAIL_ON:
        return parse_fail_on(s, text);
    default:
        return fail(s, "%s has no value", s->name); /* a mistake of ours */
    }
}
