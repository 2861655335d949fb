#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "diag/files.h"

static const struct row {
    const char *why;
    struct kps_sv bytes;
    uint32_t off, line, col;
} rows[] = {
    {"the beginning", SV_LIT("a"), 0, 1, 1},
    {"an empty file", SV_LIT(""), 0, 1, 1},
    {"behind the end", SV_LIT("ab\n"), 99, 2, 1},
    {"LF", SV_LIT("a\nb"), 2, 2, 1},
    {"CR LF", SV_LIT("a\r\nb"), 3, 2, 1},
    {"CR alone", SV_LIT("a\rb"), 2, 2, 1},
    {"the line break belongs to its line", SV_LIT("a\nb"), 1, 1, 2},
    {"columns are code points", SV_LIT("名ß\xf0\x9f\x90\xb3!"), 9, 1, 4},
    {"a byte that is no UTF-8 is one", SV_LIT("\xff\xff!"), 2, 1, 3},
    {"a BOM is none", SV_LIT("\xef\xbb\xbf!"), 3, 1, 1},
    {"inside the BOM", SV_LIT("\xef\xbb\xbf!"), 1, 1, 1},
    {"a BOM in the middle is a character", SV_LIT("a\xef\xbb\xbf!"), 4, 1, 3},
};

static void test_positions(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_files files = {0};
        kps_file_id id = kps_files_add(&files, SV("f"), rows[i].bytes);
        struct kps_pos pos = kps_files_pos(&files, id, rows[i].off);
        kps_files_free(&files);
        if (pos.line != rows[i].line || pos.col != rows[i].col) {
            fail_msg("%s: %u:%u", rows[i].why, pos.line, pos.col);
        }
    }
}

static void test_lines(void **state)
{
    (void)state;
    struct kps_files files = {0};
    kps_file_id id = kps_files_add(&files, SV("f"),
                                   SV("\xef\xbb\xbf"
                                      "one\r\ntwo\rthree\n\nfive"));
    static const struct kps_sv lines[] = {SV_LIT("one"), SV_LIT("two"), SV_LIT("three"), SV_LIT(""),
                                          SV_LIT("five")};
    for (uint32_t i = 0; i < KPS_COUNT(lines); i++) {
        assert_true(kps_sv_eq(kps_files_line(&files, id, i + 1), lines[i]));
    }
    assert_int_equal(kps_files_line(&files, id, 0).n, 0);
    assert_int_equal(kps_files_line(&files, id, 6).n, 0);
    kps_files_free(&files);
}

/* On a line that is long enough for stops every position is what counting from its start gives. */
static void test_long_lines(void **state)
{
    (void)state;
    static const struct kps_sv units[] = {SV_LIT("a"),    SV_LIT("ß"),
                                          SV_LIT("名"),   SV_LIT("\xf0\x9f\x90\xb3"),
                                          SV_LIT("\xff"), SV_LIT("\xe5")};
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_buf buf = KPS_BUF(arena);
    kps_buf_add(&buf, SV("\xef\xbb\xbfshort\xe5\n"));
    size_t start = buf.n;
    for (uint32_t i = 0; i < 20000; i++) {
        kps_buf_add(&buf, units[i * 2654435761U / 7 % KPS_COUNT(units)]);
    }
    kps_buf_add(&buf, SV("\nlast"));
    struct kps_files files = {0};
    struct kps_sv bytes = kps_buf_sv(&buf);
    kps_file_id id = kps_files_add(&files, SV("f"), bytes);
    uint32_t expected = 1;
    for (size_t at = start; bytes.p[at] != '\n'; expected++) {
        struct kps_pos pos = kps_files_pos(&files, id, (uint32_t)at);
        if (pos.line != 2 || pos.col != expected) {
            fail_msg("%zu: %u:%u, expected column %u", at, pos.line, pos.col, expected);
        }
        (void)kps_utf8_next(bytes, &at);
    }
    struct kps_pos pos = kps_files_pos(&files, id, (uint32_t)bytes.n - 1);
    assert_int_equal(pos.line, 3);
    assert_int_equal(pos.col, 4);
    kps_files_free(&files);
}

/* Without stops this takes minutes. */
static void test_a_file_of_one_line(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    size_t n = 8U * 1024 * 1024;
    char *bytes = kps_alloc(arena, n);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = 'a';
    }
    struct kps_files files = {0};
    kps_file_id id = kps_files_add(&files, SV("f"), (struct kps_sv){bytes, n});
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t off = (uint32_t)(n - 1 - i);
        assert_int_equal(kps_files_pos(&files, id, off).col, off + 1);
    }
    kps_files_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_a_file_of_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
