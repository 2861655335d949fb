#include "report/style.h"

#include "base/utf8.h"

/*
 * A theme decides the 16 named colours and the background, and none of the 16 can be read on every
 * background: a style is the theme's own text colour, or sets text and background together out of
 * the 240 fixed colours.
 */
static const char *const sgr[KPS_PAINTS] = {
    [KPS_PAINT_PLAIN] = "",
    [KPS_PAINT_ERROR] = "1;38;5;231;48;5;124",
    [KPS_PAINT_WARNING] = "1;38;5;16;48;5;220",
    [KPS_PAINT_NOTE] = "1;38;5;231;48;5;24",
    [KPS_PAINT_TITLE] = "1",
    [KPS_PAINT_GUTTER] = "",
    [KPS_PAINT_MARK] = "1",
    [KPS_PAINT_OTHER] = "",
    [KPS_PAINT_WORD] = "1",
    [KPS_PAINT_HELP] = "1;38;5;231;48;5;22",
};

enum kps_paint kps_paint_of(enum kps_severity severity)
{
    switch (severity) {
    case KPS_NOTE:
        return KPS_PAINT_NOTE;
    case KPS_WARNING:
        return KPS_PAINT_WARNING;
    case KPS_ERROR:
        return KPS_PAINT_ERROR;
    }
    return KPS_PAINT_PLAIN;
}

static bool forces_colour(const struct kps_env *env, const char *name)
{
    struct kps_sv value = kps_env_or_empty(env, name);
    return value.n && !kps_sv_is(value, "0");
}

bool kps_style_wants_colour(enum kps_colour choice, const struct kps_env *env, bool is_terminal)
{
    if (choice != KPS_COLOUR_AUTO) {
        return choice == KPS_COLOUR_ALWAYS;
    }
    if (kps_env_or_empty(env, "NO_COLOR").n) {
        return false;
    }
    if (forces_colour(env, "CLICOLOR_FORCE") || forces_colour(env, "FORCE_COLOR")) {
        return true;
    }
    return is_terminal && kps_style_takes_escapes(env);
}

bool kps_style_takes_escapes(const struct kps_env *env)
{
    return !kps_sv_is(kps_env_or_empty(env, "TERM"), "dumb");
}

unsigned kps_style_width(unsigned terminal_columns)
{
    if (terminal_columns == 0) {
        return KPS_WIDTH_DEFAULT;
    }
    if (terminal_columns > KPS_WIDTH_MOST) {
        return KPS_WIDTH_MOST;
    }
    return terminal_columns < KPS_WIDTH_LEAST ? KPS_WIDTH_LEAST : terminal_columns;
}

unsigned kps_style_columns(unsigned terminal_columns, const struct kps_env *env, bool is_terminal)
{
    enum { MOST = 10000 };
    if (terminal_columns) {
        return terminal_columns;
    }
    int64_t columns = kps_sv_number(kps_env_or_empty(env, "COLUMNS"), MOST);
    if (columns > 0) {
        return (unsigned)columns;
    }
    return is_terminal ? KPS_WIDTH_DEFAULT : 0;
}

void kps_style_put(FILE *out, const struct kps_style *style, enum kps_paint paint,
                   struct kps_sv text)
{
    if (text.n == 0) {
        return;
    }
    bool painted = style->colour && sgr[paint][0];
    if (painted) {
        (void)fprintf(out, "\x1b[%sm", sgr[paint]);
    }
    (void)fwrite(text.p, 1, text.n, out);
    if (painted) {
        (void)fputs("\x1b[0m", out);
    }
}

void kps_style_blanks(FILE *out, size_t n)
{
    while (n--) {
        (void)fputc(' ', out);
    }
}

struct kps_sv kps_style_wrap(struct kps_sv *rest, size_t columns)
{
    struct kps_sv text = kps_sv_trim(*rest);
    size_t end = 0;
    size_t used = 0;
    while (end < text.n) {
        size_t word = end;
        while (word < text.n && kps_is_blank(text.p[word])) {
            word++;
        }
        size_t word_end = word + kps_sv_find(kps_sv_from(text, word), ' ');
        used += kps_utf8_columns(kps_sv_slice(text, end, word_end));
        if (end && used > columns) {
            break;
        }
        end = word_end;
    }
    *rest = kps_sv_trim(kps_sv_from(text, end));
    return kps_sv_head(text, end);
}
