#include <jansson.h>
#include <stdlib.h>

#include "base/order.h"
#include "report/json.h"
#include "report/report.h"

/* A fingerprint with its first finding. */
struct row {
    const struct kps_finding *finding;
    struct kps_sv path;
    uint32_t place; /* in the order of the report */
    uint32_t count;
};

static int by_fingerprint(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;
    int order = kps_order_compare(a->finding->fingerprint, b->finding->fingerprint);
    return order ? order : kps_order_compare(a->place, b->place);
}

/* Print no line numbers: the file changes only where findings come and go. */
static int by_path(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;
    int order = kps_sv_cmp(a->path, b->path);
    order = order ? order : kps_order_compare(a->finding->rule, b->finding->rule);
    order = order ? order : kps_sv_cmp(a->finding->message, b->finding->message);
    return order ? order : by_fingerprint(left, right);
}

static struct kps_sv path_of(const struct kps_diag *diag, const struct kps_finding *finding)
{
    struct kps_span at = kps_finding_span(diag, finding);
    return at.file ? kps_files_get(&diag->files, at.file)->path : (struct kps_sv){"", 0};
}

/* List the findings for the baseline, each fingerprint once, sorted. Return: how many. */
static uint32_t collect_findings(const struct kps_diag *diag, struct row *rows)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (kps_report_is_for_baseline(finding)) {
            rows[n++] = (struct row){finding, path_of(diag, finding), i, 1};
        }
    }
    if (n > 1) {
        qsort(rows, n, sizeof(rows[0]), by_fingerprint);
    }
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (distinct && rows[distinct - 1].finding->fingerprint == rows[i].finding->fingerprint) {
            rows[distinct - 1].count++;
        } else {
            rows[distinct++] = rows[i];
        }
    }
    if (distinct > 1) {
        qsort(rows, distinct, sizeof(rows[0]), by_path);
    }
    return distinct;
}

static json_t *entry_of(struct kps_json *json, const struct row *row)
{
    const struct kps_rule_info *rule = kps_rule_info(row->finding->rule);
    json_t *object = json_object();
    struct kps_sv print =
        kps_fmt(json->scratch, "v1:%016llx", (unsigned long long)row->finding->fingerprint);
    kps_json_set_text(json, object, "fingerprint", print);
    kps_json_set_text(json, object, "rule", kps_sv_of(rule ? rule->id : "KP"));
    kps_json_set_text(json, object, "name", kps_sv_of(rule ? rule->name : ""));
    kps_json_set_known(json, object, "path", row->path);
    kps_json_set_text(json, object, "message", row->finding->message);
    kps_json_set_number(object, "count", row->count);
    return object;
}

bool kps_report_is_for_baseline(const struct kps_finding *finding)
{
    bool is_accepted =
        finding->suppressed.p && finding->suppressed_by != KPS_SUPPRESSED_BY_BASELINE;
    return kps_finding_is_acceptable(finding) && !is_accepted &&
           finding->rule != KPS_RULE_UNUSED_SUPPRESSION;
}

void kps_report_baseline(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    const struct kps_diag *diag = report->ledger->diag;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct row *rows = KPS_NEW_N(arena, struct row, diag->findings.n ? diag->findings.n : 1);
    uint32_t n = collect_findings(diag, rows);
    struct kps_json json = kps_json_begin(report->ledger);
    (void)fputs(
        "{\n  \"format\": \"kportscan-baseline\", \"format_version\": 1,\n  \"findings\": [", out);
    for (uint32_t i = 0; i < n; i++) {
        (void)fputs(i ? ",\n    " : "\n    ", out);
        kps_json_print(&json, entry_of(&json, &rows[i]), out);
    }
    kps_json_end(&json);
    (void)fputs(n ? "\n  ]\n}\n" : "]\n}\n", out);
}
