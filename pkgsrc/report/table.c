#include "base/utf8.h"
#include "report/answer.h"
#include "report/holder_words.h"

enum { COLUMNS = 5, GAP = 2, INDENT = 2 };

static const char *const titles[COLUMNS] = {"PORT", "ADDRESS", "OWNER", "WHERE", "STATE"};

struct row {
    struct kps_sv cells[COLUMNS];
    bool is_contended, is_plan;
};

/* Code points, as near to columns as a terminal without wide characters needs. */
static size_t columns_of(struct kps_sv text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.n; n++) {
        (void)kps_utf8_next(text, &at);
    }
    return n;
}

static struct row row_of(struct kps_arena *arena, const struct kps_ledger *ledger,
                         const struct kps_port_use *holding)
{
    struct row row = {.is_contended = holding->is_contended,
                      .is_plan = holding->basis == KPS_PENDING};
    struct kps_sv state = kps_words_state(arena, ledger, holding);
    row.cells[0] = kps_words_port(arena, holding);
    row.cells[1] = kps_words_addresses(arena, holding);
    const struct kps_process_facts *process =
        kps_process_facts_of(kps_ledger_get_owner(ledger, holding->tenant));
    bool is_hidden = process && process->pid == 0 && process->hidden == KPS_HIDDEN_PERMISSION;
    row.cells[2] = is_hidden ? SV("(hidden)") : kps_words_name(arena, ledger, holding->tenant);
    row.cells[3] = kps_words_where(arena, ledger, holding->tenant);
    row.cells[4] = row.is_contended ? kps_fmt(arena, "%.*s !", SV_ARG(state)) : state;
    return row;
}

/* How wide each column is: what it needs, the wordy ones less so that a line fits where that is
 * possible. */
static void measure(const struct row *rows, size_t n, const struct kps_style *style,
                    size_t widths[COLUMNS])
{
    enum { OWNER = 2, LEAST = 16 };
    size_t total = INDENT + GAP * (COLUMNS - 1);
    for (size_t c = 0; c < COLUMNS; c++) {
        widths[c] = columns_of(kps_sv_of(titles[c]));
        for (size_t i = 0; i < n; i++) {
            size_t width = columns_of(rows[i].cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        total += widths[c];
    }
    for (size_t c = OWNER + 1; c >= 1 && total > style->width; c--) {
        size_t spare = widths[c] > LEAST ? widths[c] - LEAST : 0;
        size_t cut = total - style->width < spare ? total - style->width : spare;
        widths[c] -= cut;
        total -= cut;
    }
}

static enum kps_paint paint_of(const struct row *row, size_t column)
{
    if (column == 0) {
        return KPS_PAINT_TITLE;
    }
    if (column != COLUMNS - 1) {
        return KPS_PAINT_PLAIN;
    }
    return row->is_contended ? KPS_PAINT_ERROR : row->is_plan ? KPS_PAINT_WARNING : KPS_PAINT_PLAIN;
}

/* `text` in so many columns: its end is left out where it does not fit. */
static struct kps_sv fitted(struct kps_arena *arena, struct kps_sv text, size_t width)
{
    if (columns_of(text) <= width) {
        return text;
    }
    size_t at = 0;
    for (size_t n = 0; n + 1 < width; n++) {
        (void)kps_utf8_next(text, &at);
    }
    return kps_fmt(arena, "%.*s\xe2\x80\xa6", SV_ARG(kps_sv_slice(text, 0, at)));
}

static void put_row(struct kps_arena *arena, const struct row *row, const size_t widths[COLUMNS],
                    const struct kps_style *style, FILE *out)
{
    size_t owed = INDENT; /* blanks that are written only when something follows */
    for (size_t c = 0; c < COLUMNS; c++) {
        struct kps_sv cell = fitted(arena, row->cells[c], widths[c]);
        if (cell.n) {
            kps_style_blanks(out, owed);
            kps_style_put(out, style, paint_of(row, c), cell);
            owed = 0;
        }
        owed += widths[c] - (cell.n ? columns_of(cell) : 0) + GAP;
    }
    (void)fputc('\n', out);
}

static void put_totals(const struct kps_report *report, size_t plans, size_t contended, FILE *out)
{
    const struct kps_query *query = report->query;
    size_t held = query->n_holdings - plans;
    if (!kps_report_summary(report).complete) {
        (void)fputs("incomplete: not everything could be looked at", out);
        if (query->n_holdings == 0) {
            (void)fputc('\n', out);
            return;
        }
        (void)fputs("; ", out);
    }
    if (query->scope == KPS_QUERY_ENGINE) {
        (void)fprintf(out, "%zu published port%s", held, held == 1 ? "" : "s");
    } else {
        (void)fprintf(out, "%zu port%s held", held, held == 1 ? "" : "s");
    }
    if (plans) {
        (void)fprintf(out, ", %zu more wanted by stopped containers", plans);
    }
    (void)fputc('\n', out);
    if (contended) {
        (void)fputs("! wants what another one has: it cannot start until the port is free\n", out);
    }
}

void kps_answer_table(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    const struct kps_query *query = report->query;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct row *rows = KPS_NEW_N(scratch, struct row, query->n_holdings + 1);
    size_t widths[COLUMNS];
    size_t plans = 0;
    size_t contended = 0;
    for (size_t i = 0; i < query->n_holdings; i++) {
        rows[i] = row_of(scratch, report->ledger, &query->holdings[i]);
        plans += rows[i].is_plan;
        contended += rows[i].is_contended;
    }
    measure(rows, query->n_holdings, style, widths);
    if (query->n_holdings && !report->is_brief) {
        struct row head = {.is_plan = false};
        for (size_t c = 0; c < COLUMNS; c++) {
            head.cells[c] = kps_sv_of(titles[c]);
        }
        put_row(scratch, &head, widths, style, out);
    }
    for (size_t i = 0; i < query->n_holdings; i++) {
        put_row(scratch, &rows[i], widths, style, out);
    }
    if (!report->is_brief) {
        put_totals(report, plans, contended, out);
    }
}

void kps_answer_free(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    for (size_t i = 0; i < report->n_free_ports; i++) {
        (void)fprintf(out, "%u\n", report->free_ports[i]);
    }
}
