#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

enum { CODE_POINTS = 0x110000 };

/* The production `Char` of XML 1.0, section 2.2. */
static bool is_xml_char(int32_t c)
{
    return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

static size_t encode(int32_t c, char ret[4])
{
    if (c < 0x80) {
        ret[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : 3;
    n = c < 0x10000 ? n : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) {
        ret[i] = (char)(0x80 | (c & 0x3f));
    }
    static const int32_t heads[] = {[2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
    ret[0] = (char)(heads[n] | c);
    return n;
}

/* Every code point: decoded as itself, and no escape lets one through that XML or a terminal must
 * not get. */
static void test_every_code_point(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (int32_t c = 0; c < CODE_POINTS; c++) {
        char bytes[4];
        struct kps_sv text = {bytes, encode(c, bytes)};
        bool is_surrogate = c >= 0xd800 && c <= 0xdfff;
        size_t at = 0;
        assert_int_equal(kps_utf8_next(text, &at), is_surrogate ? -1 : c);
        struct kps_sv shown = kps_utf8_escape(arena, text);
        bool is_raw = kps_sv_eq(shown, text);
        assert_true(is_raw != (is_surrogate || kps_utf8_is_unsafe(c)));
        assert_true(is_xml_char(c) || !is_raw);
        kps_arena_reset(arena);
    }
    kps_arena_free(arena);
}

static void test_escapes(void **unused)
{
    static const struct {
        const char *text, *shown, *why;
    } rows[] = {
        {"plain", "plain", "safe text is itself"},
        {"caf\xc3\xa9 \xe4\xb8\x96 \xf0\x9f\x90\xb3", "caf\xc3\xa9 \xe4\xb8\x96 \xf0\x9f\x90\xb3",
         "letters of every script, and pictures"},
        {"a\nb\tc\x1b[31m", "a\\nb\\tc\\x1b[31m", "controls"},
        {"##[x] #[y] ##vso[z]", "##\\x5bx] #[y] ##vso[z]", "a command of GitHub's runners"},
        {"\xff\xc3", "\\xff\\xc3", "bytes that are not UTF-8"},
        {"\xd8\x9c", "\\u{61c}", "U+061C Arabic letter mark: Bidi_Control"},
        {"\xe1\xa0\x8e", "\\u{180e}", "U+180E Mongolian vowel separator: Default_Ignorable"},
        {"\xe2\x81\xaa", "\\u{206a}", "U+206A inhibit symmetric swapping: Default_Ignorable"},
        {"\xef\xbf\xb9", "\\u{fff9}", "U+FFF9 interlinear annotation anchor"},
        {"\xf3\xa0\x81\x81", "\\u{e0041}", "U+E0041 tag letter A"},
        {"\xef\xbf\xbe\xef\xbf\xbf", "\\u{fffe}\\u{ffff}", "noncharacters, which XML 1.0 forbids"},
        {"\xef\xbf\xbd", "\xef\xbf\xbd", "the replacement character is a character"},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        assert_string_equal(kps_utf8_escape(arena, kps_sv_of(rows[i].text)).p, rows[i].shown);
    }
    kps_arena_free(arena);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "widths") == 0) { /* for width.py */
        for (int32_t c = 0; c < CODE_POINTS; c++) {
            if (kps_utf8_width(c) != 1) {
                (void)printf("%x %d\n", (unsigned)c, kps_utf8_width(c));
            }
        }
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "unsafe") == 0) { /* for unicode.pl */
        for (int32_t c = 0; c < CODE_POINTS; c++) {
            if (kps_utf8_is_unsafe(c)) {
                (void)printf("%x\n", (unsigned)c);
            }
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_code_point),
                                       cmocka_unit_test(test_escapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
