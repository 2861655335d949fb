#include "explain.h"

#include <stdio.h>

#include "base/nearest.h"
#include "hook.h"
#include "log.h"
#include "output.h"
#include "report/rules.h"
#include "session.h"

struct rules {
    enum kps_rule v[100];
    size_t n;
};

static void append_rule(struct rules *rules, enum kps_rule rule)
{
    KPS_ASSERT(rules->n < KPS_COUNT(rules->v));
    rules->v[rules->n++] = rule;
}

static struct rules rules_like(struct kps_sv word)
{
    struct rules rules = {.n = 0};
    enum kps_rule one = kps_rule_by_name(word);
    if (one != KPS_RULE_NONE) {
        append_rule(&rules, one);
        return rules;
    }
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_rule_is(info, word) || (word.n && kps_sv_starts(kps_sv_of(info->name), word))) {
            append_rule(&rules, info->rule);
        }
    }
    return rules;
}

static struct rules all_rules(void)
{
    struct rules rules = {.n = 0};
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        append_rule(&rules, info->rule);
    }
    return rules;
}

static int refuse_rule(struct kps_sv word)
{
    struct kps_sv nearest = kps_rule_nearest(word);
    kps_log_error("there is no rule '%.*s'%s%.*s%s (kportscan --list-rules)", SV_ARG(word),
                  nearest.n ? "; did you mean '" : "", SV_ARG(nearest), nearest.n ? "'?" : "");
    return KPS_EXIT_INPUT;
}

/* Return: whether rules can be shown in --format; *ret_json: as json. */
static bool choose_format(const struct kps_options *options, bool *ret_json)
{
    *ret_json = false;
    for (size_t i = 0; i < options->n_outputs; i++) {
        const struct kps_output *output = &options->outputs[i];
        struct kps_sv name = kps_sv_of(output->format->name);
        *ret_json = kps_sv_eq(name, SV("json"));
        if (output->file.n || !(*ret_json || kps_sv_is_one_of(name, "text short"))) {
            kps_log_error("rules are shown as text or json, on standard output");
            return false;
        }
    }
    return true;
}

int kps_explain(const struct kps_options *options, const struct kps_env *env)
{
    bool is_json = false;
    if (!choose_format(options, &is_json)) {
        return KPS_EXIT_INPUT;
    }
    bool lists = options->mode == KPS_MODE_LIST_RULES;
    if (!lists && kps_sv_eq(options->explained, SV("docker-hook"))) {
        (void)fputs(kps_hook_explanation, stdout);
        return KPS_EXIT_CLEAN;
    }
    struct rules rules = lists ? all_rules() : rules_like(options->explained);
    if (rules.n == 0) {
        return refuse_rule(options->explained);
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
