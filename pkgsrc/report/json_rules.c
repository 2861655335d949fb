#include "report/rules.h"

#include <jansson.h>

#include "report/json_parts.h"

static void set(json_t *object, const char *key, struct kps_sv text)
{
    kps_json_set(object, key, json_stringn(text.p, text.n));
}

static json_t *rule_of(struct kps_arena *arena, enum kps_rule rule)
{
    const struct kps_rule_info *info = kps_rule_info(rule);
    struct kps_rule_text text = {0};
    (void)kps_rule_text(arena, rule, &text);
    json_t *object = json_object();
    set(object, "id", kps_sv_of(info->id));
    set(object, "name", kps_sv_of(info->name));
    set(object, "severity", text.severity);
    set(object, "title", kps_sv_of(info->title));
    set(object, "summary", text.summary);
    set(object, "what", text.what);
    set(object, "why", text.why);
    set(object, "example", text.example);
    set(object, "error", text.error);
    set(object, "fix", text.fix);
    set(object, "ignore", text.ignore);
    return object;
}

void kps_report_rules_json(const enum kps_rule *rules, size_t n, const char *version, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        kps_json_push(list, rule_of(arena, rules[i]));
    }
    json_t *tool = json_object();
    set(tool, "name", SV("kportscan"));
    set(tool, "version", kps_sv_of(version));
    json_t *root = json_object();
    set(root, "format", SV("kportscan-rules"));
    kps_json_set(root, "format_version", json_integer(1));
    kps_json_set(root, "tool", tool);
    kps_json_set(root, "rules", list);
    (void)json_dumpf(root, out, JSON_INDENT(2)); /* the stream's error flag tells */
    (void)fputc('\n', out);
    json_decref(root);
}
