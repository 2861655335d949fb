#include "base/count.h"
#include "base/utf8.h"
#include "report/answer.h"
#include "report/frame.h"
#include "report/port_list.h"
#include "report/provenance.h"
#include "report/report.h"
#include "report/style.h"
#include "report/words.h"

enum { PLAIN_GUTTER = 3 }; /* of a finding without a frame */

/* The finding that is printed. */
struct sheet {
    const struct kps_ledger *ledger;
    const struct kps_style *style;
    FILE *out;
    struct kps_arena *scratch;
    unsigned gutter;
    bool has_bar; /* the empty line between frame and notes is written */
    bool has_frame;
};

/* Wraps `text`, of which the first line begins at column `at`, with the following lines indented to
 * `hang`. */
static void put_wrapped(const struct sheet *sheet, enum kps_paint paint, struct kps_sv text,
                        size_t at, size_t hang)
{
    struct kps_sv rest = kps_utf8_escape(sheet->scratch, text);
    for (bool first = true; rest.n; first = false) {
        size_t column = first ? at : hang;
        struct kps_sv line = kps_style_wrap(&rest, sheet->style->width - column);
        kps_style_blanks(sheet->out, first ? 0 : hang);
        kps_style_put(sheet->out, sheet->style, paint, line);
        (void)fputc('\n', sheet->out);
    }
}

static void put_header(const struct sheet *sheet, const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    struct kps_sv word = kps_sv_of(kps_severity_name(finding->severity));
    if (rule) {
        word = kps_fmt(sheet->scratch, "%.*s[%s]", SV_ARG(word), rule->id);
    }
    kps_style_put(sheet->out, sheet->style, kps_paint_of(finding->severity), word);
    (void)fputs(": ", sheet->out);
    put_wrapped(sheet, KPS_PAINT_TITLE, finding->message, word.n + 2, word.n + 2);
}

/* Start an "= word: " line. Return: the column behind. */
static size_t put_word(struct sheet *sheet, enum kps_paint paint, const char *word)
{
    if (sheet->has_frame && !sheet->has_bar) {
        struct kps_sv bar = kps_fmt(sheet->scratch, "%*s |\n", (int)sheet->gutter, "");
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_GUTTER, kps_sv_head(bar, bar.n - 1));
        (void)fputc('\n', sheet->out);
    }
    sheet->has_bar = true;
    struct kps_sv sign = kps_fmt(sheet->scratch, "%*s = ", (int)sheet->gutter, "");
    struct kps_sv label = kps_fmt(sheet->scratch, "%s:", word);
    kps_style_put(sheet->out, sheet->style, KPS_PAINT_GUTTER, sign);
    kps_style_put(sheet->out, sheet->style, paint, label);
    (void)fputc(' ', sheet->out);
    return sign.n + label.n + 1;
}

static void put_line(struct sheet *sheet, const char *word, struct kps_sv text)
{
    size_t column = put_word(sheet, KPS_PAINT_WORD, word);
    put_wrapped(sheet, KPS_PAINT_PLAIN, text, column, column);
}

static void put_help(struct sheet *sheet, const struct kps_help *help)
{
    size_t column = put_word(sheet, KPS_PAINT_HELP, "help");
    if (help->command.n) {
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE,
                      kps_utf8_escape(sheet->scratch, help->command));
        (void)fputc('\n', sheet->out);
        kps_style_blanks(sheet->out, column);
    }
    put_wrapped(sheet, KPS_PAINT_PLAIN, help->text, column, column);
}

/* List the places of the frame. Return: how many; *ret_left_out further places are in files too. */
static size_t collect_marks(const struct sheet *sheet, const struct kps_finding *finding,
                            struct kps_mark *marks, size_t *ret_left_out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_span span = kps_report_span(sheet->ledger->diag, party);
        if (span.file == 0) {
            continue;
        }
        if (n == KPS_FRAME_MARKS) {
            (*ret_left_out)++;
            continue;
        }
        marks[n++] = (struct kps_mark){span, party->role == KPS_ROLE_PRIMARY, party->label};
    }
    return n;
}

static void put_frame(struct sheet *sheet, const struct kps_finding *finding, size_t *ret_left_out)
{
    struct kps_mark marks[KPS_FRAME_MARKS];
    struct kps_frame frame = {
        .scratch = sheet->scratch, .diag = sheet->ledger->diag, .marks = marks};
    frame.n = collect_marks(sheet, finding, marks, ret_left_out);
    sheet->has_frame = frame.n > 0;
    sheet->gutter = PLAIN_GUTTER;
    if (frame.n) {
        sheet->gutter = kps_frame_gutter(&frame);
        kps_frame_print(&frame, sheet->style, sheet->out);
    }
}

/* Print the parties outside of files: a process, a container. */
static void put_holders(struct sheet *sheet, const struct kps_finding *finding)
{
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        if (party->label.n && kps_report_span(sheet->ledger->diag, party).file == 0) {
            put_line(sheet, party->role == KPS_ROLE_HOLDER ? "held by" : "also", party->label);
        }
    }
}

static void put_provenance(struct sheet *sheet, const struct kps_finding *finding)
{
    for (uint32_t i = 0; i < finding->n_parties && i < KPS_FRAME_MARKS; i++) {
        struct kps_sv words =
            kps_provenance_words(sheet->scratch, sheet->ledger, &finding->parties[i]);
        if (words.n) {
            put_line(sheet, "via", words);
        }
    }
}

static void put_finding(struct sheet *sheet, const struct kps_finding *finding)
{
    size_t left_out = 0;
    sheet->has_bar = false;
    put_header(sheet, finding);
    put_frame(sheet, finding, &left_out);
    put_holders(sheet, finding);
    put_provenance(sheet, finding);
    if (left_out) {
        put_line(sheet, "note",
                 kps_fmt(sheet->scratch,
                         "%zu more place%s not shown here; --format json lists them all", left_out,
                         left_out == 1 ? " is" : "s are"));
    }
    for (uint32_t i = 0; i < finding->n_notes; i++) {
        put_line(sheet, "note", finding->notes[i]);
    }
    if (finding->up_error.n) {
        put_line(sheet, kps_words_speaker(finding), finding->up_error);
    }
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        put_help(sheet, &finding->helps[i]);
    }
    (void)fputc('\n', sheet->out);
}

/* "2 errors, 1 warning"; return: how many words were written. */
static int put_count(const struct sheet *sheet, enum kps_paint paint, size_t count,
                     const char *word, int before)
{
    if (count == 0) {
        return before;
    }
    (void)fputs(before ? ", " : "", sheet->out);
    kps_style_put(sheet->out, sheet->style, paint, kps_count_of(sheet->scratch, count, word));
    return before + 1;
}

/* "9 published ports checked"; a manifest's ports are of several kinds. */
static void put_ports(const struct sheet *sheet, const struct kps_report *report, size_t count,
                      const char *checked)
{
    const char *kind = "published ";
    for (size_t i = 0; i < report->n_inputs; i++) {
        enum kps_input_kind input = report->inputs[i].kind;
        kind = input == KPS_INPUT_COMPOSE || input == KPS_INPUT_STACK ? kind : "";
    }
    if (count == 0) {
        (void)fprintf(sheet->out, "no %sports", kind);
        return;
    }
    (void)fprintf(sheet->out, "%s%s",
                  kps_count_of(sheet->scratch, count, *kind ? "published port" : "port").p,
                  checked);
}

/* "compose.yaml: 9 published ports, no conflict, 1 note" */
static void put_all_clear(const struct sheet *sheet, const struct kps_report *report,
                          const struct kps_summary *sum)
{
    if (report->n_inputs == 1) {
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE,
                      kps_utf8_escape(sheet->scratch, report->inputs[0].path));
    } else {
        (void)fprintf(sheet->out, "%zu files", sum->files);
    }
    (void)fputs(": ", sheet->out);
    put_ports(sheet, report, sum->published, report->n_hidden ? " checked" : ", no conflict");
    (void)put_count(sheet, KPS_PAINT_NOTE, sum->notes, "note", 1);
}

/* Count the findings about a site, by severity. */
static void count_findings(const struct kps_ledger *ledger, uint32_t site,
                           size_t ret[KPS_ERROR + 1])
{
    for (uint32_t i = 0; i < ledger->diag->findings.n; i++) {
        const struct kps_finding *finding = ledger->diag->findings.v[i];
        kps_owner_id owner = finding->n_parties ? finding->parties[0].owner : 0;
        if (owner && !finding->suppressed.p && kps_ledger_get_owner(ledger, owner)->site == site) {
            ret[finding->severity]++;
        }
    }
}

static bool is_unasked(const struct kps_report *report, uint32_t site)
{
    for (size_t i = 0; i < report->n_engines; i++) {
        const struct kps_report_engine *engine = &report->engines[i];
        if (engine->site == site && engine->error.n && !engine->is_absent) {
            return true;
        }
    }
    return false;
}

/* Print a line for each machine of the settings that has inputs. */
static void put_machines(const struct sheet *sheet, const struct kps_report *report)
{
    const struct kps_ledger *ledger = report->ledger;
    for (uint32_t site = 1; site <= ledger->sites.n; site++) {
        struct kps_sv name = kps_ledger_site_name(ledger, site);
        size_t n = 0;
        for (size_t i = 0; i < report->n_inputs; i++) {
            n += kps_sv_eq(report->inputs[i].machine, name);
        }
        if (n == 0) {
            continue;
        }
        size_t counts[KPS_ERROR + 1] = {0};
        count_findings(ledger, site, counts);
        (void)fprintf(sheet->out, "  %s: ", kps_words_shown(sheet->scratch, name));
        int words = put_count(sheet, KPS_PAINT_ERROR, counts[KPS_ERROR], "error", 0);
        words = put_count(sheet, KPS_PAINT_WARNING, counts[KPS_WARNING], "warning", words);
        words = put_count(sheet, KPS_PAINT_NOTE, counts[KPS_NOTE], "note", words);
        (void)fprintf(sheet->out, "%s in %s%s\n", words ? "" : "no conflict",
                      kps_count_of(sheet->scratch, n, "input").p,
                      is_unasked(report, site) ? "; its engine could not be asked" : "");
    }
}

static void put_summary(const struct sheet *sheet, const struct kps_report *report)
{
    struct kps_summary sum = kps_report_summary(report);
    if (sum.errors + sum.warnings == 0 && sum.inputs_failed == 0 && sum.inputs) {
        put_all_clear(sheet, report, &sum);
    } else {
        int words = put_count(sheet, KPS_PAINT_ERROR, sum.errors, "error", 0);
        words = put_count(sheet, KPS_PAINT_WARNING, sum.warnings, "warning", words);
        words = put_count(sheet, KPS_PAINT_NOTE, sum.notes, "note", words);
        (void)fprintf(sheet->out, "%s in %s (", words ? "" : "nothing found",
                      kps_count_of(sheet->scratch, sum.files, "file").p);
        put_ports(sheet, report, sum.published, " checked");
        (void)fputs(")", sheet->out);
    }
    if (sum.suppressed) {
        (void)fprintf(sheet->out, ", %zu suppressed", sum.suppressed);
    }
    if (report->n_hidden) {
        (void)fprintf(sheet->out, ", %s not shown",
                      kps_count_of(sheet->scratch, report->n_hidden, "finding").p);
    }
    if (report->n_left_out) {
        (void)fprintf(sheet->out, ", %zu left out (--no-ignore)", report->n_left_out);
    }
    if (report->ledger->diag->not_compared.n) {
        (void)fprintf(sheet->out, "; %s",
                      kps_words_shown(sheet->scratch, report->ledger->diag->not_compared));
    }
    (void)fputc('\n', sheet->out);
    put_machines(sheet, report);
    if (sum.inputs_failed) {
        (void)fprintf(sheet->out, "incomplete: %zu of %s could not be judged\n", sum.inputs_failed,
                      kps_count_of(sheet->scratch, sum.inputs, "input").p);
    } else if (!sum.complete) {
        (void)fputs("incomplete: not everything could be read or resolved\n", sheet->out);
    }
}

/* Print the findings of a severity, in their order. */
static void put_findings(const struct kps_report *report, const struct kps_style *style, FILE *out,
                         enum kps_severity severity)
{
    const struct kps_diag *diag = report->ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (finding->suppressed.p || finding->severity != severity) {
            continue;
        }
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct sheet sheet = {
            .ledger = report->ledger, .style = style, .out = out, .scratch = scratch};
        put_finding(&sheet, finding);
    }
}

/* The most important finding comes last: next to the prompt of a terminal. */
static void put_all_findings(const struct kps_report *report, const struct kps_style *style,
                             FILE *out)
{
    put_findings(report, style, out, KPS_NOTE);
    put_findings(report, style, out, KPS_WARNING);
    put_findings(report, style, out, KPS_ERROR);
}

void kps_report_text(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    const struct kps_query *query = report->query;
    if (report->assignment) {
        kps_report_assignment(report, style, out);
    } else if (report->free_ports) {
        kps_answer_free(report, style, out);
    } else if (report->is_map || (query && query->n_questions == 0)) {
        kps_report_table(report, style, out);
    } else if (query) {
        put_all_findings(report, style, out);
        (query->scope == KPS_QUERY_CLUSTER ? kps_answer_cluster : kps_answer_blocks)(report, style,
                                                                                     out);
    } else {
        put_all_findings(report, style, out);
        if (!report->is_brief) {
            struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
            struct sheet sheet = {
                .ledger = report->ledger, .style = style, .out = out, .scratch = scratch};
            put_summary(&sheet, report);
        }
    }
}

void kps_report_table(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_port_list list = kps_port_list_of(arena, report);
    kps_port_list_text(&list, style, out);
    if (!report->is_map && report->ledger->diag->findings.n) {
        (void)fputc('\n', out);
        put_all_findings(report, style, out);
    }
}
