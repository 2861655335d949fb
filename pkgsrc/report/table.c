#include "report/table.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "report/words.h"

enum { INDENT = 2, GAP = 2, LEAST = 12, TINY = 6, MOST_TEXT = 2000 };

/* The columns of a table on the way to text. */
struct layout {
    const struct kps_table *table;
    struct kps_arena *scratch;
    uint32_t hidden;
    size_t *cells;                     /* the width of each cell, column by column */
    size_t natural[KPS_TABLE_COLUMNS]; /* without a limit */
    size_t least[KPS_TABLE_COLUMNS];
    size_t widths[KPS_TABLE_COLUMNS];
};

static bool is_shown(const struct layout *layout, size_t column)
{
    return layout->table->columns[column].title && !(layout->hidden >> column & 1);
}

/* Return: the blanks in front of a column. */
static size_t gap_before(const struct layout *layout, size_t column)
{
    size_t before = 0;
    while (before < column && !is_shown(layout, before)) {
        before++;
    }
    if (before == column) {
        return INDENT;
    }
    return layout->table->columns[column].is_tight ? 1 : GAP;
}

static void measure_columns(struct layout *layout)
{
    const struct kps_table *table = layout->table;
    layout->cells = KPS_NEW_N(layout->scratch, size_t, table->n * table->n_columns + 1);
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct kps_table_column *column = &table->columns[c];
        struct kps_sv title = kps_sv_of(column->title && !table->has_no_head ? column->title : "");
        size_t widest = kps_utf8_columns(title);
        size_t least = widest > LEAST ? widest : LEAST;
        for (size_t i = 0; i < table->n; i++) {
            size_t cell = kps_utf8_columns(table->rows[i].cells[c]);
            layout->cells[c * table->n + i] = cell;
            widest = cell > widest ? cell : widest;
        }
        layout->natural[c] = widest;
        layout->least[c] = column->may_shrink && least < widest ? least : widest;
    }
}

/* Give the columns their natural widths, or their least. Return: the width of a line. */
static size_t set_widths(struct layout *layout, bool is_natural)
{
    size_t total = 0;
    for (size_t c = 0; c < layout->table->n_columns; c++) {
        layout->widths[c] = is_natural ? layout->natural[c] : layout->least[c];
        total += is_shown(layout, c) ? gap_before(layout, c) + layout->widths[c] : 0;
    }
    return total;
}

/* Find the next wider cells of a column. Return: how many columns of the terminal they need beyond
 * its width, 0: there are none; *ret_n is the number of cells. */
static size_t find_wider(const struct layout *layout, size_t column, size_t *ret_n)
{
    size_t need = 0;
    for (size_t i = 0; i < layout->table->n && is_shown(layout, column); i++) {
        size_t cell = layout->cells[column * layout->table->n + i];
        size_t more = cell > layout->widths[column] ? cell - layout->widths[column] : 0;
        if (more && (need == 0 || more < need)) {
            need = more;
            *ret_n = 0;
        }
        *ret_n += more && more == need;
    }
    return need;
}

/*
 * Share the room that is left: first where it makes the most cells whole for a column of the
 * terminal, so that a long name takes no room from others; then evenly.
 */
static void share_spare(struct layout *layout, size_t spare)
{
    size_t n_columns = layout->table->n_columns;
    for (size_t best = 0; spare && best < n_columns;) {
        size_t best_need = 0;
        size_t best_n = 0;
        best = n_columns;
        for (size_t c = 0; c < n_columns; c++) {
            size_t n = 0;
            size_t need = find_wider(layout, c, &n);
            if (need && need <= spare && (best == n_columns || n * best_need > best_n * need)) {
                best = c, best_need = need, best_n = n;
            }
        }
        if (best < n_columns) {
            layout->widths[best] += best_need;
            spare -= best_need;
        }
    }
    for (bool is_given = true; spare && is_given;) {
        is_given = false;
        for (size_t c = 0; c < n_columns && spare; c++) {
            if (is_shown(layout, c) && layout->widths[c] < layout->natural[c]) {
                layout->widths[c]++;
                spare--;
                is_given = true;
            }
        }
    }
}

/* Hide the column that leaves first. Return: false when none may leave. */
static bool hide_column(struct layout *layout)
{
    size_t first = KPS_TABLE_COLUMNS;
    for (size_t c = 0; c < layout->table->n_columns; c++) {
        uint8_t leaves = layout->table->columns[c].leaves;
        if (is_shown(layout, c) && leaves &&
            (first == KPS_TABLE_COLUMNS || leaves < layout->table->columns[first].leaves)) {
            first = c;
        }
    }
    if (first == KPS_TABLE_COLUMNS) {
        return false;
    }
    layout->hidden |= 1U << first;
    return true;
}

/* Narrow names below their least for a line of `total` columns. Return: the width of a line. */
static size_t squeeze_names(struct layout *layout, size_t total, size_t most)
{
    for (size_t c = 0; c < layout->table->n_columns; c++) {
        bool may_shrink = is_shown(layout, c) && layout->table->columns[c].may_shrink;
        for (; may_shrink && total > most && layout->widths[c] > TINY; total--) {
            layout->widths[c]--;
        }
    }
    return total;
}

/* Choose the widths for a terminal of so many columns (0: no end). */
static void fit_columns(struct layout *layout, size_t most)
{
    measure_columns(layout);
    if (set_widths(layout, true) <= most || most == 0) {
        return;
    }
    while (set_widths(layout, false) > most && hide_column(layout)) {
    }
    size_t total = squeeze_names(layout, set_widths(layout, false), most);
    share_spare(layout, total < most ? most - total : 0);
}

/* Return: where the longest tail of `text` with at most `width` columns begins. */
static size_t find_tail(struct kps_sv text, size_t width)
{
    size_t left = kps_utf8_columns(text);
    for (size_t at = 0; at < text.n;) {
        size_t before = at;
        size_t columns = (size_t)kps_utf8_width(kps_utf8_next(text, &at));
        if (columns && left <= width) {
            return before;
        }
        left -= columns;
    }
    return text.n;
}

/* Shorten a text in its middle: the head says most, the tail tells "web-1" from "web-2". */
static struct kps_sv fit_text(struct kps_arena *arena, struct kps_sv text, size_t width)
{
    if (kps_utf8_columns(text) <= width || width == 0) {
        return text;
    }
    size_t tail = (width - 1) / 3;
    struct kps_sv head = kps_utf8_head(text, width - 1 - tail);
    text = kps_sv_from(text, find_tail(text, tail));
    return kps_fmt(arena, "%.*s…%.*s", SV_ARG(head), SV_ARG(text));
}

/*
 * Print a row, or the titles without a row. Blanks are printed only before another cell, so that
 * none are at the end of a line.
 */
static void put_line(const struct layout *layout, const struct kps_style *style, FILE *out,
                     const struct kps_table_row *row)
{
    size_t owed = 0;
    size_t marks = row && row->mark ? 1 : 0;
    if (marks) {
        (void)fputc(row->mark, out);
    }
    for (size_t c = 0; c < layout->table->n_columns; c++) {
        const struct kps_table_column *column = &layout->table->columns[c];
        if (!is_shown(layout, c)) {
            continue;
        }
        struct kps_sv text = row ? row->cells[c] : kps_sv_of(column->title);
        struct kps_sv cell = fit_text(layout->scratch, text, layout->widths[c]);
        size_t width = kps_utf8_columns(cell);
        size_t blanks = width < layout->widths[c] ? layout->widths[c] - width : 0;
        owed += gap_before(layout, c) - marks + (column->is_right ? blanks : 0);
        marks = 0;
        if (cell.n) {
            enum kps_paint paint = row && column->is_state ? row->paint : column->paint;
            kps_style_blanks(out, owed);
            kps_style_put(out, style, paint, cell);
            owed = 0;
        }
        owed += column->is_right ? 0 : blanks;
        if (row && row->sentence.n) {
            kps_style_blanks(out, owed + GAP);
            kps_style_put(out, style, row->paint, row->sentence);
            break;
        }
    }
    (void)fputc('\n', out);
}

uint32_t kps_table_text(const struct kps_table *table, const struct kps_style *style, FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct layout *layout = KPS_NEW(scratch, struct layout);
    *layout = (struct layout){.table = table, .scratch = scratch, .hidden = table->hidden};
    fit_columns(layout, style->columns);
    if (!table->has_no_head) {
        put_line(layout, style, out, NULL);
    }
    for (size_t i = 0; i < table->n; i++) {
        put_line(layout, style, out, &table->rows[i]);
    }
    return layout->hidden & ~table->hidden;
}

static void put_csv_cell(struct kps_sv cell, FILE *out)
{
    static const struct kps_sv special = SV_LIT("\",\n\r");
    bool is_formula = kps_sv_starts_with_any(kps_sv_trim(cell), "= + - @ ＝ ＋ － ＠");
    bool is_quoted = false;
    for (size_t i = 0; i < cell.n && !is_quoted; i++) {
        is_quoted = kps_sv_find(special, cell.p[i]) < special.n;
    }
    (void)fputs(is_quoted ? "\"" : "", out);
    (void)fputs(is_formula ? "'" : "", out);
    for (size_t i = 0; i < cell.n; i++) {
        (void)fputs(cell.p[i] == '"' ? "\"" : "", out);
        (void)fputc(cell.p[i], out);
    }
    (void)fputs(is_quoted ? "\"" : "", out);
}

/* Print a row, or the keys without a row. */
static void put_csv_line(const struct kps_table *table, const struct kps_table_row *row, FILE *out)
{
    const char *before = "";
    for (size_t c = 0; c < table->n_columns; c++) {
        const char *key = table->columns[c].key;
        if (key) {
            (void)fputs(before, out);
            put_csv_cell(row ? row->cells[c] : kps_sv_of(key), out);
            before = ",";
        }
    }
    (void)fputc('\n', out);
}

void kps_table_csv(const struct kps_table *table, FILE *out)
{
    put_csv_line(table, NULL, out);
    for (size_t i = 0; i < table->n; i++) {
        if (!table->rows[i].sentence.n) {
            put_csv_line(table, &table->rows[i], out);
        }
    }
}

struct kps_sv kps_table_markdown_cell(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_sv safe = kps_utf8_escape(arena, text);
    /* with a backslash '@' could still mention a user */
    struct kps_sv cell = kps_words_replace(arena, kps_sv_head(safe, MOST_TEXT),
                                           "< &lt; & &amp; @ &#64; \\ \\\\ ` \\` * \\* _ \\_ { \\{ "
                                           "} \\} [ \\[ ] \\] # \\# + \\+ ! \\! | \\| ~ \\~ "
                                           "> \\>");
    return safe.n > MOST_TEXT ? kps_fmt(arena, "%s …", cell.p) : cell;
}

static void put_markdown_row(const struct layout *layout, const struct kps_table_row *row,
                             FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv sentence = row->sentence;
    bool is_first = true;
    for (size_t c = 0; c < layout->table->n_columns; c++) {
        if (!is_shown(layout, c)) {
            continue;
        }
        struct kps_sv cell = row->cells[c];
        if (!is_first && sentence.n) {
            cell = sentence;
            sentence = (struct kps_sv){"", 0};
        }
        (void)fprintf(out, "| %s ", kps_table_markdown_cell(scratch, cell).p);
        is_first = false;
    }
    (void)fputs("|\n", out);
}

void kps_table_markdown(const struct kps_table *table, FILE *out)
{
    struct layout layout = {.table = table, .hidden = table->hidden};
    for (size_t c = 0; c < table->n_columns; c++) {
        if (is_shown(&layout, c)) {
            (void)fprintf(out, "| %s ", table->columns[c].title);
        }
    }
    (void)fputs("|\n", out);
    for (size_t c = 0; c < table->n_columns; c++) {
        if (is_shown(&layout, c)) {
            (void)fputs(table->columns[c].is_right ? "| ---: " : "| --- ", out);
        }
    }
    (void)fputs("|\n", out);
    for (size_t i = 0; i < table->n; i++) {
        put_markdown_row(&layout, &table->rows[i], out);
    }
}
