#include <jansson.h>

#include "report/ci.h"
#include "report/json.h"

/*
 * Reviewdog's Diagnostic Format (its DiagnosticResult): positions are 1-based, columns count bytes
 * of UTF-8, ends are behind the last byte. As in json_report.c, the frame is written here and the
 * elements follow alone.
 */
static const char *name_level(enum kps_severity severity)
{
    switch (severity) {
    case KPS_ERROR:
        return "ERROR";
    case KPS_WARNING:
        return "WARNING";
    case KPS_NOTE:
        break;
    }
    return "INFO";
}

static json_t *make_position(struct kps_files *files, kps_file_id file, uint32_t off)
{
    uint32_t line = kps_files_pos(files, file, off).line;
    struct kps_sv text = kps_files_line(files, file, line);
    size_t start = (size_t)(text.p - kps_files_get(files, file)->bytes.p);
    json_t *object = json_object();
    kps_json_set_number(object, "line", line);
    kps_json_set_number(object, "column", (off > start ? off - start : 0) + 1);
    return object;
}

static json_t *make_range(struct kps_files *files, struct kps_span span)
{
    json_t *range = json_object();
    kps_json_set(range, "start", make_position(files, span.file, span.off));
    kps_json_set(range, "end", make_position(files, span.file, span.off + span.len));
    return range;
}

static json_t *make_place(struct kps_json *json, const struct kps_report *report,
                          struct kps_span span)
{
    struct kps_files *files = &report->ledger->diag->files;
    json_t *place = json_object();
    struct kps_sv path = kps_ci_path_of(json->scratch, report, span.file);
    kps_json_set_text(json, place, "path", path);
    if (span.file) {
        kps_json_set(place, "range", make_range(files, span));
    }
    return place;
}

/* The places of the other parties. */
static json_t *make_related(struct kps_json *json, const struct kps_report *report,
                            const struct kps_finding *finding)
{
    json_t *list = json_array();
    for (uint32_t i = 1; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_span span = kps_report_span(report->ledger->diag, party);
        if (span.file) {
            json_t *related = json_object();
            kps_json_set_text(json, related, "message", party->label);
            kps_json_set(related, "location", make_place(json, report, span));
            kps_json_push(list, related);
        }
    }
    return list;
}

/* The fixes that change the finding's own file: the format has no path for them. */
static json_t *make_suggestions(struct kps_json *json, const struct kps_report *report,
                                const struct kps_finding *finding)
{
    json_t *list = json_array();
    kps_file_id home = kps_finding_span(report->ledger->diag, finding).file;
    for (uint32_t i = 0; i < finding->n_fixes; i++) {
        const struct kps_edit *edit = &finding->fixes[i].edit;
        if (edit->span.file == home) {
            json_t *suggestion = json_object();
            kps_json_set(suggestion, "range", make_range(&report->ledger->diag->files, edit->span));
            kps_json_set_text(json, suggestion, "text", edit->text);
            kps_json_push(list, suggestion);
        }
    }
    return list;
}

static json_t *make_diagnostic(struct kps_json *json, const struct kps_report *report,
                               const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    json_t *item = json_object();
    kps_json_set_text(json, item, "message", kps_ci_sentence(json->scratch, report, finding));
    kps_json_set(item, "location",
                 make_place(json, report, kps_finding_span(report->ledger->diag, finding)));
    kps_json_set_word(item, "severity", name_level(finding->severity));
    kps_json_set_word(kps_json_set_object(item, "code"), "value", rule ? rule->id : "KP");
    kps_json_set(item, "suggestions", make_suggestions(json, report, finding));
    kps_json_set(item, "related_locations", make_related(json, report, finding));
    return item;
}

void kps_report_rdjson(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    struct kps_json json = kps_json_begin(report->ledger);
    (void)fputs("{\"source\": {\"name\": \"kportscan\"}, \"diagnostics\": [", out);
    for (size_t i = 0; i < findings.n; i++) {
        (void)fputs(i ? ",\n  " : "\n  ", out);
        kps_json_print(&json, make_diagnostic(&json, report, findings.v[i]), out);
    }
    (void)fputs(findings.n ? "\n]}\n" : "]}\n", out);
    kps_json_end(&json);
}
