#include <jansson.h>

#include "base/map.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/json.h"

/*
 * GitLab's Code Quality report: a list of issues, in GitLab's word. Two issues with the same
 * fingerprint are shown once, so equal fingerprints get a number at the end.
 */

static const char *severity_of(enum kps_severity severity)
{
    switch (severity) {
    case KPS_ERROR:
        return "critical";
    case KPS_WARNING:
        return "major";
    case KPS_NOTE:
        break;
    }
    return "info";
}

static json_t *location_of(struct kps_json *json, const struct kps_report *report,
                           const struct kps_finding *finding)
{
    struct kps_diag *diag = report->ledger->diag;
    struct kps_span span = kps_finding_span(diag, finding);
    json_t *location = json_object();
    struct kps_sv path = kps_ci_path_of(json->scratch, report, span.file);
    uint32_t begin = span.file ? kps_files_pos(&diag->files, span.file, span.off).line : 1;
    uint32_t end = span.file ? kps_files_pos(&diag->files, span.file, span.off + span.len).line : 1;
    kps_json_set_text(json, location, "path", path);
    json_t *lines = kps_json_set_object(location, "lines");
    kps_json_set_number(lines, "begin", begin);
    kps_json_set_number(lines, "end", end);
    return location;
}

/* Return: the fingerprint; the second of the same gets "-2", and so on. */
static struct kps_sv make_unique(struct kps_arena *arena, struct kps_map *seen,
                                 const struct kps_finding *finding)
{
    struct kps_sv print = kps_ci_fingerprint(arena, finding);
    uint32_t times = ++*kps_map_put(seen, arena, print, 0);
    return times == 1 ? print : kps_fmt(arena, "%.*s-%u", SV_ARG(print), times);
}

static json_t *make_issue(struct kps_json *json, const struct kps_report *report,
                          const struct kps_finding *finding, struct kps_sv fingerprint)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    json_t *issue = json_object();
    kps_json_set_text(json, issue, "description", kps_ci_sentence(json->scratch, report, finding));
    kps_json_set_word(issue, "check_name", rule ? rule->id : "KP");
    kps_json_set_text(json, issue, "fingerprint", fingerprint);
    kps_json_set_word(issue, "severity", severity_of(finding->severity));
    kps_json_set(issue, "location", location_of(json, report, finding));
    return issue;
}

void kps_report_gitlab(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    struct kps_map seen = {0};
    struct kps_json json = kps_json_begin(report->ledger);
    (void)fputc('[', out);
    for (size_t i = 0; i < findings.n; i++) {
        (void)fputs(i ? ",\n  " : "\n  ", out);
        struct kps_sv fingerprint = make_unique(arena, &seen, findings.v[i]);
        kps_json_print(&json, make_issue(&json, report, findings.v[i], fingerprint), out);
    }
    (void)fputs(findings.n ? "\n]\n" : "]\n", out);
    kps_json_end(&json);
}
