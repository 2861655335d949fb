#include "base/buf.h"
#include "base/count.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/words.h"

/*
 * Workflow commands of GitHub Actions, a command for each finding: "::error
 * file=…,line=…::message". A step shows ten errors and ten warnings (notices count as well) and
 * drops the rest silently, so the rest is a plain line in the log.
 */
enum { MOST_OF_A_KIND = 10 };

/* Data of a command: '%' and line breaks are escapes; in a property ':' and ',' as well. */
static const char *escape_value(struct kps_arena *arena, struct kps_sv text, bool is_property)
{
    return kps_words_replace(
               arena, text, is_property ? "% %25 \r %0D \n %0A : %3A , %2C" : "% %25 \r %0D \n %0A")
        .p;
}

static const char *command_of(enum kps_severity severity)
{
    switch (severity) {
    case KPS_ERROR:
        return "error";
    case KPS_WARNING:
        return "warning";
    case KPS_NOTE:
        break;
    }
    return "notice";
}

/* Print the message, and the first advice below. */
static struct kps_sv message_of(struct kps_arena *arena, const struct kps_report *report,
                                const struct kps_finding *finding)
{
    struct kps_sv sentence = kps_ci_sentence(arena, report, finding);
    if (finding->n_helps == 0) {
        return sentence;
    }
    struct kps_sv help = kps_finding_help_words(arena, &finding->helps[0]);
    return kps_fmt(arena, "%.*s\nhelp: %s", SV_ARG(sentence), kps_words_shown(arena, help));
}

static void put_place(struct kps_arena *arena, const struct kps_report *report,
                      const struct kps_finding *finding, struct kps_buf *out)
{
    struct kps_diag *diag = report->ledger->diag;
    struct kps_span span = kps_finding_span(diag, finding);
    if (span.file == 0) {
        return;
    }
    struct kps_pos from = kps_files_pos(&diag->files, span.file, span.off);
    struct kps_pos to = kps_files_pos(&diag->files, span.file, span.off + span.len);
    struct kps_sv path = kps_ci_path_of(arena, report, span.file);
    kps_buf_fmt(out, "file=%s,line=%u,endLine=%u",
                escape_value(arena, kps_utf8_escape(arena, path), true), from.line, to.line);
    if (from.line == to.line) { /* columns of several lines are refused */
        kps_buf_fmt(out, ",col=%u,endColumn=%u", from.col, to.col);
    }
    kps_buf_char(out, ',');
}

static void put_finding(const struct kps_report *report, const struct kps_finding *finding,
                        FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_buf *line = kps_buf_new(scratch);
    kps_buf_fmt(line, "::%s ", command_of(finding->severity));
    put_place(scratch, report, finding, line);
    kps_buf_fmt(line, "title=%s::%s\n", escape_value(scratch, kps_ci_rule(scratch, finding), true),
                escape_value(scratch, message_of(scratch, report, finding), false));
    struct kps_sv text = kps_buf_sv(line);
    (void)fwrite(text.p, 1, text.n, out);
}

void kps_report_github(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    size_t shown[KPS_ERROR + 1] = {0};
    size_t left_out = 0;
    for (size_t i = 0; i < findings.n; i++) {
        if (shown[findings.v[i]->severity] == MOST_OF_A_KIND) {
            left_out++;
            continue;
        }
        shown[findings.v[i]->severity]++;
        put_finding(report, findings.v[i], out);
    }
    if (left_out) {
        (void)fprintf(out, "kportscan: %s: GitHub shows %d annotations of a kind for a step\n",
                      kps_count_of(arena, left_out, "more finding").p, MOST_OF_A_KIND);
    }
}
