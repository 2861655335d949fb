#include "base/buf.h"
#include "base/count.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/port_list.h"
#include "report/words.h"

/*
 * A table for $GITHUB_STEP_SUMMARY and for comments: GitHub takes up to 1 MiB of a step and shows
 * nothing of a longer text, so rows beyond MOST_BYTES are left out and counted.
 */
enum { MOST_BYTES = 900 * 1024, MOST_TEXT = 2000, MOST_COMMAND = 4096 };

/* Print a path or an address as code, without backquotes inside. */
static struct kps_sv word_code(struct kps_arena *arena, struct kps_sv text)
{
    /* the table reads the bar first */
    text = kps_words_replace(arena, kps_utf8_escape(arena, text), "| \\| ` '");
    return kps_fmt(arena, "`%s`", text.p);
}

static struct kps_sv place_of(struct kps_arena *arena, const struct kps_report *report,
                              const struct kps_finding *finding)
{
    struct kps_diag *diag = report->ledger->diag;
    struct kps_span span = kps_finding_span(diag, finding);
    if (span.file == 0) {
        return SV("");
    }
    struct kps_sv path = kps_ci_path_of(arena, report, span.file);
    struct kps_pos pos = kps_files_pos(&diag->files, span.file, span.off);
    path = kps_utf8_clip(arena, path, MOST_TEXT);
    return word_code(arena, kps_fmt(arena, "%.*s:%u:%u", SV_ARG(path), pos.line, pos.col));
}

static struct kps_sv row_of(struct kps_arena *arena, const struct kps_report *report,
                            const struct kps_finding *finding)
{
    static const char *const signs[] = {
        [KPS_NOTE] = "note", [KPS_WARNING] = "**warning**", [KPS_ERROR] = "**error**"};
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    struct kps_buf *out = kps_buf_new(arena);
    kps_buf_fmt(out, "| %s | %s | %s | %s", signs[finding->severity], rule ? rule->id : "KP",
                place_of(arena, report, finding).p,
                kps_table_markdown_cell(arena, kps_ci_sentence(arena, report, finding)).p);
    /* a command stands whole or not at all: a part of one would do something else */
    if (finding->n_helps && finding->helps[0].command.n <= MOST_COMMAND) {
        const struct kps_help *help = &finding->helps[0];
        struct kps_sv text = kps_table_markdown_cell(arena, help->text);
        kps_buf_text(out, "<br>help: ");
        if (help->command.n) {
            kps_buf_fmt(out, "%s (%.*s)", word_code(arena, help->command).p, SV_ARG(text));
        } else {
            kps_buf_add(out, text);
        }
    }
    kps_buf_text(out, " |\n");
    return kps_buf_sv(out);
}

static void put_head(struct kps_arena *arena, const struct kps_summary *sum, FILE *out)
{
    const char *ports = kps_count_of(arena, sum->published, "port").p;
    const char *files = kps_count_of(arena, sum->files, "file").p;
    (void)fputs("## kportscan\n\n", out);
    if (sum->errors + sum->warnings + sum->notes == 0) {
        (void)fprintf(out, "No port conflict: %s in %s checked.\n", ports, files);
        return;
    }
    (void)fprintf(out, "%s in %s (%s checked)\n\n", kps_report_count_findings(arena, sum).p, files,
                  ports);
    (void)fputs("| | Rule | Where | What |\n| --- | --- | --- | --- |\n", out);
}

void kps_report_markdown(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    if (report->query || report->is_map) {
        kps_port_list_markdown(report, out);
        return;
    }
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_summary sum = kps_report_summary(report);
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    size_t written = 0;
    size_t shown = 0;
    put_head(arena, &sum, out);
    for (; shown < findings.n && written < MOST_BYTES; shown++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv row = row_of(scratch, report, findings.v[shown]);
        (void)fwrite(row.p, 1, row.n, out);
        written += row.n;
    }
    if (shown < findings.n) {
        (void)fprintf(out, "\nLeft out, as a step summary takes no more: %s.\n",
                      kps_count_of(arena, findings.n - shown, "finding").p);
    }
    if (sum.suppressed) {
        (void)fprintf(out, "\n%zu suppressed.\n", sum.suppressed);
    }
    if (!sum.complete) {
        (void)fputs("\nIncomplete: not everything could be read or resolved.\n", out);
    }
}
