#include "explain.h"

#include "base/nearest.h"
#include "base/utf8.h"
#include "check.h"
#include "output.h"
#include "report/rules.h"

struct rules {
    enum kps_rule v[100];
    size_t n;
};

static void add(struct rules *rules, enum kps_rule rule)
{
    KPS_ASSERT(rules->n < KPS_COUNT(rules->v));
    rules->v[rules->n++] = rule;
}

static struct rules rules_like(struct kps_sv word)
{
    struct rules rules = {.n = 0};
    enum kps_rule one = kps_rule_by_name(word);
    if (one != KPS_RULE_NONE) {
        add(&rules, one);
        return rules;
    }
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_rule_is(info, word) || (word.n && kps_sv_starts(kps_sv_of(info->name), word))) {
            add(&rules, info->rule);
        }
    }
    return rules;
}

static struct rules all_rules(void)
{
    struct rules rules = {.n = 0};
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        add(&rules, info->rule);
    }
    return rules;
}

static int fail_unknown(struct kps_arena *arena, struct kps_sv word)
{
    struct kps_sv nearest = kps_rule_nearest(word);
    (void)fprintf(stderr, "kportscan: there is no rule '%.*s'",
                  SV_ARG(kps_utf8_escape(arena, word)));
    if (nearest.n) {
        (void)fprintf(stderr, "; did you mean '%.*s'?", SV_ARG(nearest));
    }
    (void)fputs(" (kportscan --list-rules)\n", stderr);
    return KPS_EXIT_INPUT;
}

/* Return: whether --format is one that a list of rules has; *ret_json: whether that is json. */
static bool choose_format(const struct kps_options *options, bool *ret_json)
{
    *ret_json = false;
    for (size_t i = 0; i < options->n_outputs; i++) {
        const struct kps_output *output = &options->outputs[i];
        struct kps_sv name = kps_sv_of(output->format->name);
        *ret_json = kps_sv_eq(name, SV("json"));
        if (output->file.n ||
            !(*ret_json || kps_sv_eq(name, SV("text")) || kps_sv_eq(name, SV("short")))) {
            (void)fputs("kportscan: rules are shown as text or json, on standard output\n", stderr);
            return false;
        }
    }
    return true;
}

int kps_explain(struct kps_arena *arena, const struct kps_options *options,
                const struct kps_env *env)
{
    bool is_json = false;
    if (!choose_format(options, &is_json)) {
        return KPS_EXIT_INPUT;
    }
    bool lists = options->mode == KPS_MODE_LIST_RULES;
    struct rules rules = lists ? all_rules() : rules_like(options->explained);
    if (rules.n == 0) {
        return fail_unknown(arena, options->explained);
    }
    struct kps_style style = kps_output_style(options, env, stdout);
    if (is_json) {
        kps_report_rules_json(rules.v, rules.n, KPS_VERSION, stdout);
    } else if (lists || rules.n > 1) {
        kps_report_rule_list(rules.v, rules.n, &style, stdout);
    } else {
        kps_report_rule(rules.v[0], &style, stdout);
    }
    return KPS_EXIT_CLEAN;
}
