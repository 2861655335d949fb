#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/style.h"

/*
 * Can every style be read on the usual themes? Contrast is computed as WCAG 2.1 does (1.4.3 asks
 * for 4.5:1), from the colours that each theme publishes.
 */

#define LEAST_CONTRAST 4.5

/* A theme: its text, its background, and the 16 colours that SGR 30 to 37 and 90 to 97 name. */
static const struct theme {
    const char *name;
    uint32_t text, background, named[16];
} themes[] = {
    {"xterm, black",
     0xe5e5e5,
     0x000000,
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
      0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
    {"xterm, white",
     0x000000,
     0xffffff,
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
      0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
    {"GNOME, dark",
     0xd0cfcc,
     0x171421,
     {0x171421, 0xc01c28, 0x26a269, 0xa2734c, 0x12488b, 0xa347ba, 0x2aa1b3, 0xd0cfcc, 0x5e5c64,
      0xf66151, 0x33da7a, 0xe9ad0c, 0x2a7bde, 0xc061cb, 0x33c7de, 0xffffff}},
    {"GNOME, light",
     0x171421,
     0xffffff,
     {0x171421, 0xc01c28, 0x26a269, 0xa2734c, 0x12488b, 0xa347ba, 0x2aa1b3, 0xd0cfcc, 0x5e5c64,
      0xf66151, 0x33da7a, 0xe9ad0c, 0x2a7bde, 0xc061cb, 0x33c7de, 0xffffff}},
    {"Solarized Dark",
     0x839496,
     0x002b36,
     {0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682, 0x2aa198, 0xeee8d5, 0x002b36,
      0xcb4b16, 0x586e75, 0x657b83, 0x839496, 0x6c71c4, 0x93a1a1, 0xfdf6e3}},
    {"Dracula",
     0xf8f8f2,
     0x282a36,
     {0x21222c, 0xff5555, 0x50fa7b, 0xf1fa8c, 0xbd93f9, 0xff79c6, 0x8be9fd, 0xf8f8f2, 0x6272a4,
      0xff6e6e, 0x69ff94, 0xffffa5, 0xd6acff, 0xff92df, 0xa4ffff, 0xffffff}},
    {"One Dark",
     0xabb2bf,
     0x282c34,
     {0x282c34, 0xe06c75, 0x98c379, 0xe5c07b, 0x61afef, 0xc678dd, 0x56b6c2, 0xabb2bf, 0x545862,
      0xe06c75, 0x98c379, 0xe5c07b, 0x61afef, 0xc678dd, 0x56b6c2, 0xc8ccd4}},
    {"Visual Studio Code, dark",
     0xcccccc,
     0x1e1e1e,
     {0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5, 0x666666,
      0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xe5e5e5}},
};

static double channel(uint32_t colour, unsigned shift)
{
    double value = (double)(colour >> shift & 0xff) / 255;
    return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
    return 0.2126 * channel(colour, 16) + 0.7152 * channel(colour, 8) + 0.0722 * channel(colour, 0);
}

static double contrast(uint32_t a, uint32_t b)
{
    double light = fmax(luminance(a), luminance(b));
    double dark = fmin(luminance(a), luminance(b));
    return (light + 0.05) / (dark + 0.05);
}

/* Return colour `index` of the 256: 16 of the theme, a cube of 6 x 6 x 6, 24 greys. */
static uint32_t colour_of(const struct theme *theme, unsigned index)
{
    static const uint32_t levels[] = {0, 95, 135, 175, 215, 255};
    assert_true(index < 256);
    if (index < 16) {
        return theme->named[index];
    }
    if (index >= 232) {
        return (8 + 10 * (index - 232)) * 0x010101;
    }
    index -= 16;
    return levels[index / 36] << 16 | levels[index / 6 % 6] << 8 | levels[index % 6];
}

/* Return the colour half-way to the background, as terminals show faint text. */
static uint32_t faint(uint32_t text, uint32_t background)
{
    uint32_t mixed = 0;
    for (unsigned shift = 0; shift <= 16; shift += 8) {
        mixed |= ((text >> shift & 0xff) + (background >> shift & 0xff)) / 2 << shift;
    }
    return mixed;
}

/* Return the contrast of text behind the parameters of an SGR sequence ("1;34"). */
static double contrast_of(const struct theme *theme, const char *parameters)
{
    uint32_t colours[2] = {theme->text, theme->background};
    unsigned named = 16;
    bool is_bold = false;
    bool is_faint = false;
    for (const char *at = parameters; *at; at += *at == ';') {
        char *end;
        unsigned long code = strtoul(at, &end, 10);
        assert_ptr_not_equal(end, at);
        at = end;
        if (code == 38 || code == 48) {
            assert_int_equal(strncmp(at, ";5;", 3), 0);
            colours[code == 48] = colour_of(theme, (unsigned)strtoul(at + 3, &end, 10));
            at = end;
        } else if (code >= 30 && code <= 37) {
            named = (unsigned)code - 30;
            colours[0] = theme->named[named];
        } else {
            assert_true(code == 1 || code == 2 || code == 3 || code == 4);
            is_bold = is_bold || code == 1;
            is_faint = is_faint || code == 2;
        }
    }
    colours[0] = is_faint ? faint(colours[0], colours[1]) : colours[0];
    double found = contrast(colours[0], colours[1]);
    if (is_bold && named < 8) { /* many terminals show bold text in the bright colour */
        found = fmin(found, contrast(theme->named[named + 8], colours[1]));
    }
    return found;
}

/* Write a word in a style. Return the parameters of its SGR sequence, which the caller frees. */
static char *parameters_of(enum kps_paint paint)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    kps_style_put(out, &(struct kps_style){.colour = true, .width = 80}, paint, SV("word"));
    assert_int_equal(fclose(out), 0);
    if (strncmp(text, "\x1b[", 2) != 0) {
        assert_string_equal(text, "word");
        text[0] = '\0';
        return text;
    }
    char *end = strstr(text, "mword\x1b[0m");
    assert_non_null(end);
    *end = '\0';
    memmove(text, text + 2, strlen(text + 2) + 1);
    return text;
}

static void test_every_style_can_be_read_on_every_theme(void **state)
{
    (void)state;
    for (int paint = 0; paint < KPS_PAINTS; paint++) {
        char *parameters = parameters_of((enum kps_paint)paint);
        for (size_t i = 0; i < KPS_COUNT(themes); i++) {
            double found = contrast_of(&themes[i], parameters);
            if (found < LEAST_CONTRAST) {
                fail_msg("style %d (%s): %.1f:1 on %s", paint, parameters, found, themes[i].name);
            }
        }
        free(parameters);
    }
}

/* The colours of earlier versions, and pairs with a published ratio. */
static void test_contrast_is_computed_as_wcag_does(void **state)
{
    (void)state;
    assert_true(fabs(contrast(0x000000, 0xffffff) - 21) < 0.01);
    assert_true(fabs(contrast(0x777777, 0xffffff) - 4.48) < 0.01);
    assert_true(fabs(contrast(0x767676, 0xffffff) - 4.54) < 0.01);
    assert_int_equal(colour_of(&themes[0], 124), 0xaf0000);
    assert_int_equal(colour_of(&themes[0], 255), 0xeeeeee);
    for (size_t i = 0; i < KPS_COUNT(themes); i++) {
        bool is_white = themes[i].background == 0xffffff;
        assert_true(is_white || contrast_of(&themes[i], "2;34") < 3);
        assert_true(!is_white || contrast_of(&themes[i], "1;33") < LEAST_CONTRAST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_style_can_be_read_on_every_theme),
        cmocka_unit_test(test_contrast_is_computed_as_wcag_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
