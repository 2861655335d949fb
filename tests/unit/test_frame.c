#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "report/clip.h"
#include "report/frame.h"
#include "report/style.h"
#include "support/world.h"

/* A mark of a row: the first `words` behind line break `line` of file `file`. */
struct mark {
    int file;
    unsigned line;
    const char *words;
    bool primary;
    const char *label;
};

struct row {
    const char *why;
    struct kps_sv files[2];
    unsigned width;
    struct mark marks[KPS_FRAME_MARKS];
    const char *expected;
};

/* clang-format off: the frames must be seen as they are */
static const struct row rows[] = {
    {"one mark",
     {SV_LIT("a\n  - \"80:80\"\n")},
     80,
     {{0, 1, "80", true, "here"}},
     "   --> f0:2:6\n"
     "    |\n"
     "  2 |   - \"80:80\"\n"
     "    |      ^^ here\n"},
    {"no label, no blank at the end",
     {SV_LIT("80\n")},
     80,
     {{0, 0, "80", true, ""}},
     "   --> f0:1:1\n"
     "    |\n"
     "  1 | 80\n"
     "    | ^^\n"},
    {"a mark of no length is one caret, also behind the last character",
     {SV_LIT("a: [\n")},
     80,
     {{0, 1, "", true, "the file ends here"}},
     "   --> f0:2:1\n"
     "    |\n"
     "  2 |\n"
     "    | ^ the file ends here\n"},
    {"tabs are four blanks, the caret follows",
     {SV_LIT("a:\t[\t\"80:80\"]\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:7\n"
     "    |\n"
     "  1 | a:    [    \"80:80\"]\n"
     "    |             ^^ x\n"},
    {"a tab inside the mark is as wide in the underline",
     {SV_LIT("a\tb\n")},
     80,
     {{0, 0, "a\tb", true, ""}},
     "   --> f0:1:1\n"
     "    |\n"
     "  1 | a    b\n"
     "    | ^^^^^^\n"},
    {"wide characters take two columns",
     {SV_LIT("名前: \"80\"\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:6\n"
     "    |\n"
     "  1 | 名前: \"80\"\n"
     "    |        ^^ x\n"},
    {"wide characters in the mark",
     {SV_LIT("a 名前 b\n")},
     80,
     {{0, 0, "名前", true, "x"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | a 名前 b\n"
     "    |   ^^^^ x\n"},
    {"a combining character takes none",
     {SV_LIT("e\xcc\x81 80\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:4\n"
     "    |\n"
     "  1 | e\xcc\x81 80\n"
     "    |   ^^ x\n"},
    {"control characters are escaped, the caret moves along",
     {SV_LIT("\x1b[31m 80\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:7\n"
     "    |\n"
     "  1 | \\x1b[31m 80\n"
     "    |          ^^ x\n"},
    {"bidirectional controls too",
     {SV_LIT("\xe2\x80\xae 80\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | \\u{202e} 80\n"
     "    |          ^^ x\n"},
    {"bytes that are no UTF-8",
     {SV_LIT("\xff\xfe 80\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:4\n"
     "    |\n"
     "  1 | \\xff\\xfe 80\n"
     "    |          ^^ x\n"},
    {"a label cannot escape its line",
     {SV_LIT("80\n")},
     80,
     {{0, 0, "80", true, "a\nb\x1b[0m"}},
     "   --> f0:1:1\n"
     "    |\n"
     "  1 | 80\n"
     "    | ^^ a\\nb\\x1b[0m\n"},
    {"CR LF ends a line",
     {SV_LIT("a:\r\n- 80\r\n")},
     80,
     {{0, 1, "80", true, "x"}},
     "   --> f0:2:3\n"
     "    |\n"
     "  2 | - 80\n"
     "    |   ^^ x\n"},
    {"a BOM is not seen and does not count",
     {SV_LIT("\xef\xbb\xbf- 80\n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   ^^ x\n"},
    {"blanks at the end of a line are not shown",
     {SV_LIT("80   \n")},
     80,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:1\n"
     "    |\n"
     "  1 | 80\n"
     "    | ^^ x\n"},
    {"two lines: the other above, elided between",
     {SV_LIT("- 80\n\n\n\n- 80\n")},
     80,
     {{0, 4, "80", true, "again"}, {0, 0, "80", false, "first"}},
     "   --> f0:5:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   -- first\n"
     "...\n"
     "  5 | - 80\n"
     "    |   ^^ again\n"},
    {"neighbouring lines need no dots",
     {SV_LIT("- 80\n- 80\n")},
     80,
     {{0, 1, "80", true, "again"}, {0, 0, "80", false, "first"}},
     "   --> f0:2:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   -- first\n"
     "  2 | - 80\n"
     "    |   ^^ again\n"},
    {"one line between is shown: dots would be as long",
     {SV_LIT("- 80\nb:\n- 80\n")},
     80,
     {{0, 2, "80", true, "again"}, {0, 0, "80", false, "first"}},
     "   --> f0:3:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   -- first\n"
     "  2 | b:\n"
     "  3 | - 80\n"
     "    |   ^^ again\n"},
    {"another file",
     {SV_LIT("- 80\n"), SV_LIT("\n- 80\n")},
     80,
     {{0, 0, "80", true, "here"}, {1, 1, "80", false, "there"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   ^^ here\n"
     "    |\n"
     "   ::: f1:2:3\n"
     "    |\n"
     "  2 | - 80\n"
     "    |   -- there\n"},
    {"the file of the primary comes first, whatever it is called",
     {SV_LIT("- 80\n"), SV_LIT("- 80\n")},
     80,
     {{1, 0, "80", true, "here"}, {0, 0, "80", false, "there"}},
     "   --> f1:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   ^^ here\n"
     "    |\n"
     "   ::: f0:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   -- there\n"},
    {"two labels on one line",
     {SV_LIT("ports: [\"80:1\", \"80:2\"]\n")},
     80,
     {{0, 0, "80:2", true, "again"}, {0, 0, "80:1", false, "first"}},
     "   --> f0:1:18\n"
     "    |\n"
     "  1 | ports: [\"80:1\", \"80:2\"]\n"
     "    |          ----    ^^^^ again\n"
     "    |          |\n"
     "    |          first\n"},
    {"three labels on one line, the primary in the middle",
     {SV_LIT("[a, b, c]\n")},
     80,
     {{0, 0, "b", true, "two"}, {0, 0, "a", false, "one"}, {0, 0, "c", false, "three"}},
     "   --> f0:1:5\n"
     "    |\n"
     "  1 | [a, b, c]\n"
     "    |  -  ^  - three\n"
     "    |  |  |\n"
     "    |  |  two\n"
     "    |  one\n"},
    {"two labels on the same words",
     {SV_LIT("- 80\n")},
     80,
     {{0, 0, "80", true, "'b' needs it"}, {0, 0, "80", false, "'a' publishes it"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   ^^ 'b' needs it\n"
     "    |   |\n"
     "    |   'a' publishes it\n"},
    {"a mark inside another",
     {SV_LIT("- 80:81\n")},
     80,
     {{0, 0, "80", true, "inner"}, {0, 0, "80:81", false, "outer"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | - 80:81\n"
     "    |   ^^---\n"
     "    |   |\n"
     "    |   inner\n"
     "    |   outer\n"},
    {"a label that does not fit beside goes below and is wrapped",
     {SV_LIT("- 80\n")},
     40,
     {{0, 0, "80", true, "this label is far too long to stand beside it"}},
     "   --> f0:1:3\n"
     "    |\n"
     "  1 | - 80\n"
     "    |   ^^\n"
     "    |   this label is far too long to\n"
     "    |   stand beside it\n"},
    {"a label far to the right moves to the left",
     {SV_LIT("- aaaaaaaaaaaaaaaaaaaaaaaaa80\n")},
     40,
     {{0, 0, "80", true, "'web' needs the same port here"}},
     "   --> f0:1:28\n"
     "    |\n"
     "  1 | - aaaaaaaaaaaaaaaaaaaaaaaaa80\n"
     "    |                            ^^\n"
     "    |     'web' needs the same port here\n"},
    {"a long line is cut behind the mark",
     {SV_LIT("80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")},
     40,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:1\n"
     "    |\n"
     "  1 | 80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\n"
     "    | ^^ x\n"},
    {"and before it",
     {SV_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 80\n")},
     40,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:51\n"
     "    |\n"
     "  1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaa 80\n"
     "    |                                ^^\n"
     "    |                                x\n"},
    {"and around it",
     {SV_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 80 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n")},
     40,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:35\n"
     "    |\n"
     "  1 | …aaaaaaaaaaaaaa 80 bbbbbbbbbbbbbb…\n"
     "    |                 ^^ x\n"},
    {"marks too far apart for one row get two rows of one line",
     {SV_LIT("80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 81\n")},
     40,
     {{0, 0, "81", true, "again"}, {0, 0, "80", false, "first"}},
     "   --> f0:1:77\n"
     "    |\n"
     "  1 | 80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\n"
     "    | -- first\n"
     "  1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaa 81\n"
     "    |                                ^^\n"
     "    |                              again\n"},
    {"wide characters are not cut in half",
     {SV_LIT("名名名名名名名名名名名名名名名名名名名名名名名名名名名名 80\n")},
     40,
     {{0, 0, "80", true, "x"}},
     "   --> f0:1:30\n"
     "    |\n"
     "  1 | …名名名名名名名名名名名名名名 80\n"
     "    |                               ^^ x\n"},
};
/* clang-format on */

static char *print_frame(const struct row *row)
{
    struct world *world = world_new();
    kps_file_id ids[2] = {world_file_bytes(world, "f0", row->files[0]),
                          world_file_bytes(world, "f1", row->files[1])};
    struct kps_mark marks[KPS_FRAME_MARKS];
    struct kps_frame frame = {.scratch = world->arena, .diag = &world->diag, .marks = marks};
    for (const struct mark *mark = row->marks; mark->label; mark++) {
        marks[frame.n++] =
            (struct kps_mark){world_span(world, ids[mark->file], mark->words, mark->line),
                              mark->primary, kps_sv_of(mark->label)};
    }
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    kps_frame_print(&frame, &(struct kps_style){.width = row->width}, out);
    assert_int_equal(fclose(out), 0);
    world_free(world);
    return text;
}

static void test_frames(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        char *text = print_frame(&rows[i]);
        if (strcmp(text, rows[i].expected) != 0) {
            print_error("%s:\n%sexpected:\n%s", rows[i].why, text, rows[i].expected);
            wrong++;
        }
        free(text);
    }
    assert_int_equal(wrong, 0);
}

/* Every line of every frame keeps to the width, which no reader would check by eye. */
static void test_frames_keep_to_the_width(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        char *text = print_frame(&rows[i]);
        struct kps_sv rest = kps_sv_of(text);
        while (rest.n) {
            struct kps_sv line = kps_sv_slice(rest, 0, kps_sv_find(rest, '\n'));
            rest = kps_sv_from(rest, line.n + 1);
            if (kps_utf8_columns(line) > rows[i].width) {
                print_error("%s: too wide: %.*s\n", rows[i].why, SV_ARG(line));
            }
            assert_true(kps_utf8_columns(line) <= rows[i].width);
        }
        free(text);
    }
}

static void test_numbers_of_four_digits(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_buf bytes = KPS_BUF(world->arena);
    for (int i = 0; i < 1233; i++) {
        kps_buf_add(&bytes, SV("-\n"));
    }
    kps_buf_add(&bytes, SV("- 80\n"));
    kps_file_id file = world_file_bytes(world, "f", kps_buf_sv(&bytes));
    struct kps_mark mark = {world_span(world, file, "80", 0), true, SV("x")};
    struct kps_frame frame = {world->arena, &world->diag, &mark, 1};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    kps_frame_print(&frame, &(struct kps_style){.width = 80}, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "    --> f:1234:3\n"
                              "     |\n"
                              "1234 | - 80\n"
                              "     |   ^^ x\n");
    free(text);
    world_free(world);
}

static void test_colours_surround_what_they_mean(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id file = world_file(world, "f", "[80, 80]\n");
    struct kps_mark marks[] = {{{file, 5, 2}, true, SV("again")},
                               {{file, 1, 2}, false, SV("first")}};
    struct kps_frame frame = {world->arena, &world->diag, marks, 2};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    kps_frame_print(&frame, &(struct kps_style){.colour = true, .width = 80}, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "    |  --  \x1b[1m^^\x1b[0m \x1b[1magain\x1b[0m\n"));
    assert_non_null(strstr(text, "    |  first\n"));
    free(text);
    world_free(world);
}

/* clip.c computes the widths of the lines as clip.c shows the lines. */
static void test_clip_columns_agree_with_what_is_shown(void **state)
{
    (void)state;
    static const struct kps_sv pieces[] = {
        SV_LIT("plain"),
        SV_LIT("\t\t"),
        SV_LIT("\x01\x1b"),
        SV_LIT("\x7f\xc2\x80\xc2\x9f"),
        SV_LIT("\xff\xc0"),
        SV_LIT("\xe2\x80\x8b"),
        SV_LIT("a\x00"
               "b"),
        SV_LIT("\xef\xbb\xbf"),
        SV_LIT("名e\xcc\x81"),
        SV_LIT("\xed\xa0\x80"),
        SV_LIT("\n"),
    };
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(pieces); i++) {
        struct kps_sv shown = kps_clip_show(arena, pieces[i]);
        assert_int_equal(kps_clip_columns(pieces[i], 1000), kps_utf8_columns(shown));
        for (size_t at = 0; at < shown.n;) {
            assert_false(kps_utf8_is_unsafe(kps_utf8_next(shown, &at)));
        }
    }
}

/* Every cut of every kind of line keeps the promise: it fits, and the beginning of the mark is in
 * it. */
static void test_clips_fit(void **state)
{
    (void)state;
    static const struct kps_sv units[] = {SV_LIT("a"),    SV_LIT("名"),        SV_LIT("\t"),
                                          SV_LIT("\x1b"), SV_LIT("e\xcc\x81"), SV_LIT("\xff")};
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t u = 0; u < KPS_COUNT(units); u++) {
        struct kps_buf buf = KPS_BUF(arena);
        for (int i = 0; i < 200; i++) {
            kps_buf_add(&buf, units[u]);
        }
        struct kps_sv line = kps_buf_sv(&buf);
        for (size_t from = 0; from + 2 * units[u].n <= line.n; from += units[u].n) {
            struct kps_clip clip = kps_clip_line(line, from, from + 2 * units[u].n, 34);
            struct kps_sv part = kps_sv_slice(line, clip.from, clip.to);
            size_t columns = kps_clip_columns(part, 1000) + clip.cut_before + clip.cut_after;
            assert_true(columns <= 34);
            assert_true(clip.from <= from && clip.to >= from + units[u].n);
            assert_int_equal(clip.cut_before, clip.from > 0);
            assert_int_equal(clip.cut_after, clip.to < line.n);
        }
    }
}

static void test_a_huge_line_costs_little(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    size_t n = 32U * 1024 * 1024;
    char *bytes = kps_alloc(arena, n);
    memset(bytes, 'a', n);
    struct kps_sv line = {bytes, n};
    for (int i = 0; i < 100000; i++) {
        struct kps_clip clip = kps_clip_line(line, n / 2, n / 2 + 4, 74);
        assert_true(clip.to - clip.from <= 74);
    }
    /* stacked combining characters have no width, and still an end */
    for (size_t i = 1; i + 1 < n; i += 2) {
        memcpy(bytes + i, "\xcc\x81", 2);
    }
    struct kps_clip clip = kps_clip_line(line, n / 2 + 1, n / 2 + 3, 74);
    assert_true(clip.to - clip.from < 10000);
}

static void test_wrap(void **state)
{
    (void)state;
    struct kps_sv rest = SV("  one two  three-and-more-than-fits x");
    assert_true(kps_sv_eq(kps_style_wrap(&rest, 8), SV("one two")));
    assert_true(kps_sv_eq(kps_style_wrap(&rest, 8), SV("three-and-more-than-fits")));
    assert_true(kps_sv_eq(kps_style_wrap(&rest, 8), SV("x")));
    assert_int_equal(rest.n, 0);
    rest = SV("名前 名前");
    assert_true(kps_sv_eq(kps_style_wrap(&rest, 8), SV("名前")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frames_keep_to_the_width),
        cmocka_unit_test(test_numbers_of_four_digits),
        cmocka_unit_test(test_colours_surround_what_they_mean),
        cmocka_unit_test(test_clip_columns_agree_with_what_is_shown),
        cmocka_unit_test(test_clips_fit),
        cmocka_unit_test(test_a_huge_line_costs_little),
        cmocka_unit_test(test_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
