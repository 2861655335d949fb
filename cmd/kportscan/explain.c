#include "explain.h"

#include <stdio.h>

#include "base/nearest.h"
#include "report/output.h"
#include "report/rules.h"
#include "session.h"
#include "stderr_log.h"
#include "texts/text.h"

static int refuse_rule(struct kps_sv word)
{
    struct kps_sv nearest = kps_rule_nearest(word);
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_log_error(&kps_stderr_log, "there is no rule '%.*s'%s (kportscan --list-rules)",
                  SV_ARG(word), kps_nearest_words(scratch, nearest, "").p);
    return KPS_EXIT_INPUT;
}

/* Return: whether rules can be shown in --format; *ret_json: as json. */
static bool choose_format(const struct kps_options *options, bool *ret_json)
{
    *ret_json = false;
    for (size_t i = 0; i < options->output.n; i++) {
        const struct kps_output *output = &options->output.v[i];
        struct kps_sv name = kps_sv_of(output->format->name);
        *ret_json = kps_sv_is(name, "json");
        if (output->file.n || !(*ret_json || kps_sv_is_one_of(name, "text short"))) {
            kps_log_error(&kps_stderr_log, "rules are shown as text or json, on standard output");
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
    if (!lists && kps_sv_is(options->explained, "docker-hook")) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        (void)fputs(kps_text_unpack(scratch, KPS_TEXT_DOCKER_HOOK).p, stdout);
        return KPS_EXIT_CLEAN;
    }
    enum kps_rule rules[KPS_RULES_MOST];
    size_t n = kps_rules_like(lists ? SV("") : options->explained, rules);
    if (n == 0 || (!lists && options->explained.n == 0)) {
        return refuse_rule(options->explained);
    }
    struct kps_style style = kps_output_style(options->output.colour, env, stdout);
    if (is_json) {
        kps_report_rules_json(rules, n, KPS_VERSION, stdout);
    } else if (lists || n > 1) {
        kps_report_rule_list(rules, n, &style, stdout);
    } else {
        kps_report_rule(rules[0], &style, stdout);
    }
    return KPS_EXIT_CLEAN;
}
