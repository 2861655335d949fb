#ifndef KPS_REPORT_TABLE_H
#define KPS_REPORT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/style.h"

/*
 * A table of cells: aligned text for people, CSV for programs, Markdown for comments. The same rows
 * serve all three. Widths are columns of a terminal (kps_utf8_columns), not bytes or code points.
 */
struct kps_table_column {
    const char *title; /* "PORT"; NULL: in CSV alone */
    const char *key;   /* of the header of CSV: "first"; NULL: not in CSV */
    bool is_right;     /* aligned to the right */
    bool is_tight;     /* a single blank before it */
    bool may_shrink;   /* its longest cells are shortened in a terminal that is too narrow */
    uint8_t leaves;    /* where that is not enough: 1 leaves first; 0 never leaves */
    bool is_state;     /* its cells have the paint of their row */
    enum kps_paint paint;
};

enum { KPS_TABLE_COLUMNS = 20 }; /* of one table, at most */

struct kps_table_row {
    const struct kps_sv *cells; /* one a column, escaped (kps_utf8_escape) */
    enum kps_paint paint;       /* of the cells in columns with is_state */
    char mark;                  /* before the row, such as '+' of a changed row; '\0': none */
    struct kps_sv sentence;     /* behind the first cell, in place of the others; not in CSV */
};

struct kps_table {
    const struct kps_table_column *columns;
    size_t n_columns;
    const struct kps_table_row *rows;
    size_t n;
    uint32_t hidden; /* bits of columns that text and Markdown leave out */
    bool has_no_head;
};

/*
 * Print aligned text without tabs: a line of titles, then a line a row, no longer than
 * style->columns (0: no end). In a narrow terminal cells are shortened in their middle, as few as
 * can be, so that a long name leaves the others whole; then columns leave. Return: the bits of the
 * columns that left.
 */
uint32_t kps_table_text(const struct kps_table *table, const struct kps_style *style, FILE *out);

/*
 * Print CSV by RFC 4180 with "\n" after each line and the keys as header. A cell that a spreadsheet
 * would take for a formula, behind blanks or in full-width signs too, has a ' in front.
 */
void kps_table_csv(const struct kps_table *table, FILE *out);

/* Print a table of GitHub's Markdown. */
void kps_table_markdown(const struct kps_table *table, FILE *out);

/* Return: the text as a cell of Markdown, escaped: neither Markdown nor HTML, of bounded length. */
struct kps_sv kps_table_markdown_cell(struct kps_arena *arena, struct kps_sv text);

#endif
