#ifndef KPS_REPORT_STYLE_H
#define KPS_REPORT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/env.h"
#include "base/sv.h"
#include "diag/finding.h"

/*
 * The look of a report: colours, and the width for wrapping. Colour is never the only carrier of a
 * meaning. Every style has a contrast of at least 4.5:1 (WCAG 2.1, 1.4.3) on black, on white and on
 * the usual dark themes.
 */
enum kps_colour { KPS_COLOUR_AUTO, KPS_COLOUR_ALWAYS, KPS_COLOUR_NEVER };

enum { KPS_WIDTH_DEFAULT = 80, KPS_WIDTH_LEAST = 40, KPS_WIDTH_MOST = 100 };

struct kps_style {
    bool colour;
    unsigned width;   /* of prose, in columns: KPS_WIDTH_LEAST .. KPS_WIDTH_MOST */
    unsigned columns; /* of tables: all of the terminal; 0: no end, as in a pipe */
};

/* The role of a piece of text, which decides its colour. */
enum kps_paint {
    KPS_PAINT_PLAIN,
    KPS_PAINT_ERROR,
    KPS_PAINT_WARNING,
    KPS_PAINT_NOTE,
    KPS_PAINT_TITLE,  /* the header sentence, a path */
    KPS_PAINT_GUTTER, /* line numbers and the bar beside them */
    KPS_PAINT_MARK,   /* the primary mark of a frame and its label */
    KPS_PAINT_OTHER,  /* a secondary mark and its label */
    KPS_PAINT_WORD,   /* "note:", "via:", "up says:" */
    KPS_PAINT_HELP,   /* "help:" */
    KPS_PAINTS,       /* how many */
};

/* The paint of a severity. */
enum kps_paint kps_paint_of(enum kps_severity severity);

/*
 * Return: is the output coloured? The option decides, then NO_COLOR (set and not empty), then
 * CLICOLOR_FORCE or FORCE_COLOR (set, not empty, not "0"), then a terminal whose TERM is not
 * "dumb".
 */
bool kps_style_wants_colour(enum kps_colour choice, const struct kps_env *env, bool is_terminal);

/* Return: does a terminal take escape sequences? Not when TERM is "dumb". */
bool kps_style_takes_escapes(const struct kps_env *env);

/* The width to wrap to on a terminal of so many columns; 0: no terminal, or not known. */
unsigned kps_style_width(unsigned terminal_columns);

/*
 * The columns for tables: those of the terminal, else the variable COLUMNS (a pager's, a test's),
 * else 80 on a terminal that does not tell, and 0 in a pipe.
 */
unsigned kps_style_columns(unsigned terminal_columns, const struct kps_env *env, bool is_terminal);

/* Write `text` (safe to show: no control characters) in the colour of `paint`. */
void kps_style_put(FILE *out, const struct kps_style *style, enum kps_paint paint,
                   struct kps_sv text);

/* Write `n` blanks. */
void kps_style_blanks(FILE *out, size_t n);

/*
 * Cut the next line off `*rest`: as many whole words as fit into `columns`, at least a word (a path
 * or a command is never broken). The blanks around the cut belong to neither part. `rest` holds no
 * control characters.
 */
struct kps_sv kps_style_wrap(struct kps_sv *rest, size_t columns);

#endif
