#include <jansson.h>

#include "base/buf.h"
#include "base/count.h"
#include "report/ci.h"
#include "report/json.h"
#include "report/words.h"
#include "rules/text.h"

/*
 * SARIF 2.1.0, with the further needs of GitHub's code scanning: full regions, related locations
 * linked from the message, a fingerprint without line numbers, texts of up to 1024 characters, at
 * most 25,000 results in a run. A finding in no file cannot be a result there, so becomes a
 * notification of the run.
 *
 * As in json_report.c the frame is written here and the elements follow alone, so memory does not
 * grow with their number.
 */
enum { MOST_RESULTS = 25000, MOST_TEXT = 1024, MOST_RELATED = 100 };

struct sarif {
    const struct kps_report *report;
    FILE *out;
    struct kps_arena *arena;
    struct kps_json json;
    struct kps_ci_findings results, notices; /* findings in a file, findings in none */
    size_t left_out;
    int index[1000]; /* of a rule in the driver's list; -1: not in there */
};

static void put_comma(const struct sarif *sarif, bool is_first)
{
    (void)fputs(is_first ? "\n        " : ",\n        ", sarif->out);
}

static json_t *make_text(struct kps_json *json, struct kps_sv text)
{
    json_t *object = json_object();
    kps_json_set_text(json, object, "text", text);
    return object;
}

/* Add words to the text of a message, where brackets are links (section 3.11.6). */
static void add_text(struct kps_buf *out, struct kps_sv words)
{
    kps_buf_add(out, kps_words_replace(out->arena, words, "[ \\[ ] \\] \\ \\\\"));
}

static json_t *make_message(struct kps_json *json, struct kps_sv words)
{
    struct kps_buf *text = kps_buf_new(json->scratch);
    add_text(text, words);
    return make_text(json, kps_buf_sv(text));
}

static json_t *rule_of(struct kps_json *json, const struct kps_rule_info *info)
{
    struct kps_rule_text text = {0};
    (void)kps_rule_text(json->scratch, info->rule, &text);
    json_t *object = json_object();
    kps_json_set_word(object, "id", info->id);
    kps_json_set_word(object, "name", info->name);
    kps_json_set(object, "shortDescription", make_text(json, text.summary));
    kps_json_set(object, "fullDescription", make_text(json, kps_words_head(text.what, MOST_TEXT)));
    struct kps_sv help = kps_fmt(json->scratch, "%.*s\n\n%.*s", SV_ARG(text.why), SV_ARG(text.fix));
    json_t *both = make_text(json, help);
    kps_json_set_text(json, both, "markdown", text.markdown);
    kps_json_set(object, "help", both);
    kps_json_set_text(json, kps_json_set_object(object, "defaultConfiguration"), "level",
                      kps_sv_before(text.severity, '/'));
    json_t *properties = kps_json_set_object(object, "properties");
    kps_json_push(kps_json_set_array(properties, "tags"), json_string("ports"));
    return object;
}

/* Encode a path as a relative reference: bytes outside of URIs and of UTF-8 are percent-encoded. */
static struct kps_sv make_uri(struct kps_arena *arena, struct kps_sv path)
{
    static const struct kps_sv plain = SV_LIT("-._~/!$&'()*+,;=@");
    struct kps_buf *out = kps_buf_new(arena);
    if (path.n && path.p[0] == '/') {
        kps_buf_text(out, "file://");
    }
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kps_is_digit(c);
        if (is_word || kps_sv_find(plain, c) < plain.n) {
            kps_buf_char(out, c);
        } else {
            kps_buf_fmt(out, "%%%02X", (unsigned)(unsigned char)c);
        }
    }
    return kps_buf_sv(out);
}

static json_t *make_artifact(struct kps_json *json, const struct sarif *sarif, kps_file_id file)
{
    struct kps_sv shown = kps_ci_path_of(json->scratch, sarif->report, file);
    json_t *object = json_object();
    kps_json_set_text(json, object, "uri", make_uri(json->scratch, shown));
    if (shown.n && shown.p[0] != '/') {
        kps_json_set_word(object, "uriBaseId", "SRCROOT");
    }
    return object;
}

static json_t *make_region(const struct sarif *sarif, struct kps_span span)
{
    struct kps_files *files = &sarif->report->ledger->diag->files;
    struct kps_pos from = kps_files_pos(files, span.file, span.off);
    struct kps_pos to = kps_files_pos(files, span.file, span.off + span.len);
    json_t *object = json_object();
    kps_json_set_number(object, "startLine", from.line);
    kps_json_set_number(object, "startColumn", from.col);
    kps_json_set_number(object, "endLine", to.line);
    kps_json_set_number(object, "endColumn", to.col);
    return object;
}

static json_t *make_location(struct kps_json *json, const struct sarif *sarif, struct kps_span span)
{
    json_t *object = json_object();
    json_t *physical = kps_json_set_object(object, "physicalLocation");
    kps_json_set(physical, "artifactLocation", make_artifact(json, sarif, span.file));
    kps_json_set(physical, "region", make_region(sarif, span));
    return object;
}

/* The other places: in `related`, and linked in the message. */
static void add_related(struct kps_json *json, const struct sarif *sarif,
                        const struct kps_finding *finding, json_t *related, struct kps_buf *text)
{
    uint32_t id = 0;
    for (uint32_t i = 1; i < finding->n_parties && id < MOST_RELATED; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_span span = kps_report_span(sarif->report->ledger->diag, party);
        if (span.file == 0) {
            continue;
        }
        struct kps_sv name =
            party->owner ? kps_owner_name(kps_ledger_get_owner(sarif->report->ledger, party->owner))
                         : SV("");
        struct kps_sv place = kps_report_place(json->scratch, sarif->report->ledger->diag, span);
        struct kps_sv words =
            name.n ? kps_fmt(json->scratch, "'%.*s' at %.*s", SV_ARG(name), SV_ARG(place)) : place;
        json_t *other = make_location(json, sarif, span);
        id++;
        kps_json_set_number(other, "id", id);
        kps_json_set(other, "message", make_message(json, party->label.n ? party->label : words));
        kps_json_push(related, other);
        kps_buf_text(text, id == 1 ? ": " : ", ");
        kps_buf_char(text, '[');
        add_text(text, words);
        kps_buf_fmt(text, "](%u)", id);
    }
}

static void add_words(const struct kps_finding *finding, struct kps_buf *text)
{
    for (uint32_t i = 1; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        if (party->at == 0 && party->label.n) {
            kps_buf_text(text, "\nheld by: ");
            add_text(text, party->label);
        }
    }
    for (uint32_t i = 0; i < finding->n_notes; i++) {
        kps_buf_char(text, '\n');
        add_text(text, finding->notes[i]);
    }
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        kps_buf_text(text, "\nhelp: ");
        add_text(text, kps_finding_help_words(text->arena, &finding->helps[i]));
    }
}

static json_t *fix_of(struct kps_json *json, const struct sarif *sarif, const struct kps_fix *fix)
{
    json_t *replacement = json_object();
    json_t *change = json_object();
    json_t *object = json_object();
    kps_json_set(object, "description", make_message(json, fix->title));
    kps_json_push(kps_json_set_array(object, "artifactChanges"), change);
    kps_json_set(change, "artifactLocation", make_artifact(json, sarif, fix->edit.span.file));
    kps_json_push(kps_json_set_array(change, "replacements"), replacement);
    kps_json_set(replacement, "deletedRegion", make_region(sarif, fix->edit.span));
    kps_json_set(replacement, "insertedContent", make_text(json, fix->edit.text));
    return object;
}

static void add_suppression(struct kps_json *json, json_t *list, const struct kps_finding *finding)
{
    json_t *object = json_object();
    bool is_outside = finding->suppressed_by == KPS_SUPPRESSED_BY_BASELINE;
    kps_json_set_word(object, "kind", is_outside ? "external" : "inSource");
    if (finding->suppressed.n) {
        kps_json_set_text(json, object, "justification", finding->suppressed);
    }
    kps_json_push(list, object);
}

static json_t *result_of(struct kps_json *json, const struct sarif *sarif,
                         const struct kps_finding *finding)
{
    const struct kps_rule_info *info = kps_rule_info(finding->rule);
    struct kps_buf *text = kps_buf_new(json->scratch);
    json_t *related = json_array();
    json_t *object = json_object();
    add_text(text, finding->message);
    add_related(json, sarif, finding, related, text);
    add_words(finding, text);
    kps_json_set_word(object, "ruleId", info->id);
    kps_json_set_number(object, "ruleIndex", (uint64_t)sarif->index[finding->rule]);
    kps_json_set_word(object, "level", kps_severity_name(finding->severity));
    kps_json_set(object, "message", make_text(json, kps_buf_sv(text)));
    kps_json_push(
        kps_json_set_array(object, "locations"),
        make_location(json, sarif, kps_finding_span(sarif->report->ledger->diag, finding)));
    kps_json_set(object, "relatedLocations", related);
    kps_json_set_text(json, kps_json_set_object(object, "partialFingerprints"), "kportscan/v1",
                      kps_ci_fingerprint(json->scratch, finding));
    if (finding->n_fixes) {
        json_t *fixes = kps_json_set_array(object, "fixes");
        for (uint32_t i = 0; i < finding->n_fixes; i++) {
            kps_json_push(fixes, fix_of(json, sarif, &finding->fixes[i]));
        }
    }
    if (finding->suppressed.p) {
        add_suppression(json, kps_json_set_array(object, "suppressions"), finding);
    }
    kps_json_set_word(kps_json_set_object(object, "properties"), "certainty",
                      kps_certainty_name(finding->certainty));
    return object;
}

/* Sort out the possible results, and number their rules. */
static void prepare_runs(struct sarif *sarif)
{
    struct kps_ci_findings all = kps_ci_sorted(sarif->arena, sarif->report, true);
    sarif->results.v = KPS_NEW_N(sarif->arena, const struct kps_finding *, all.n + 1);
    sarif->notices.v = KPS_NEW_N(sarif->arena, const struct kps_finding *, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        bool has_place = kps_finding_span(sarif->report->ledger->diag, all.v[i]).file != 0;
        struct kps_ci_findings *list = has_place ? &sarif->results : &sarif->notices;
        if (has_place && list->n == MOST_RESULTS) {
            sarif->left_out++;
            continue;
        }
        list->v[list->n++] = all.v[i];
        sarif->index[all.v[i]->rule] = 0;
    }
    int next = 0;
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (sarif->index[info->rule] == 0) {
            sarif->index[info->rule] = next++;
        }
    }
}

static void put_driver(struct sarif *sarif)
{
    struct kps_json *json = &sarif->json;
    (void)fprintf(sarif->out,
                  "      \"tool\": {\"driver\": {\n"
                  "        \"name\": \"kportscan\", \"semanticVersion\": \"%s\",\n"
                  "        \"rules\": [",
                  sarif->report->version);
    bool is_first = true;
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (sarif->index[info->rule] >= 0) {
            put_comma(sarif, is_first);
            kps_json_print(json, rule_of(json, info), sarif->out);
            is_first = false;
        }
    }
    (void)fputs("]\n      }},\n", sarif->out);
}

static json_t *make_notification(struct kps_json *json, const char *level, struct kps_sv text,
                                 int rule_index)
{
    json_t *object = json_object();
    kps_json_set_word(object, "level", level);
    kps_json_set(object, "message", make_message(json, text));
    if (rule_index >= 0) {
        kps_json_set_number(kps_json_set_object(object, "associatedRule"), "index",
                            (uint64_t)rule_index);
    }
    return object;
}

static void put_invocation(struct sarif *sarif)
{
    struct kps_json *json = &sarif->json;
    struct kps_summary sum = kps_report_summary(sarif->report);
    (void)fprintf(
        sarif->out,
        "      \"invocations\": [{\"executionSuccessful\": %s, \"toolExecutionNotifications\": [",
        sum.inputs_failed || !sum.complete ? "false" : "true");
    for (size_t i = 0; i < sarif->notices.n; i++) {
        const struct kps_finding *finding = sarif->notices.v[i];
        struct kps_sv text = kps_ci_sentence(json->scratch, sarif->report, finding);
        put_comma(sarif, i == 0);
        kps_json_print(json,
                       make_notification(json, kps_severity_name(finding->severity), text,
                                         sarif->index[finding->rule]),
                       sarif->out);
    }
    if (sarif->left_out) {
        struct kps_sv text =
            kps_fmt(json->scratch, "left out: %s, as a run has at most %d",
                    kps_count_of(json->scratch, sarif->left_out, "more result").p, MOST_RESULTS);
        put_comma(sarif, sarif->notices.n == 0);
        kps_json_print(json, make_notification(json, "warning", text, -1), sarif->out);
    }
    (void)fputs("]}],\n", sarif->out);
}

void kps_report_sarif(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct sarif sarif = {
        .report = report, .out = out, .arena = arena, .json = kps_json_begin(report->ledger)};
    for (size_t i = 0; i < KPS_COUNT(sarif.index); i++) {
        sarif.index[i] = -1;
    }
    prepare_runs(&sarif);
    (void)fputs("{\n"
                "  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                "  \"version\": \"2.1.0\",\n"
                "  \"runs\": [\n"
                "    {\n",
                out);
    put_driver(&sarif);
    put_invocation(&sarif);
    (void)fputs("      \"columnKind\": \"unicodeCodePoints\",\n"
                "      \"automationDetails\": {\"id\": \"kportscan/\"},\n"
                "      \"results\": [",
                out);
    for (size_t i = 0; i < sarif.results.n; i++) {
        put_comma(&sarif, i == 0);
        kps_json_print(&sarif.json, result_of(&sarif.json, &sarif, sarif.results.v[i]), out);
    }
    (void)fputs("]\n    }\n  ]\n}\n", out);
    kps_json_end(&sarif.json);
}
