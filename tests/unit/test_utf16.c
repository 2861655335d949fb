#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/utf16.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct {
    const char *why;
    struct kps_sv in, out;
    bool is_utf16;
} rows[] = {
    {"little endian",
     BYTES("\xff\xfe"
           "a\0\n\0"),
     BYTES("a\n"), true},
    {"big endian", BYTES("\xfe\xff\0a\0\n"), BYTES("a\n"), true},
    {"two bytes of UTF-8", BYTES("\xff\xfe\xe9\x00"), BYTES("\xc3\xa9"), true},
    {"three bytes", BYTES("\xff\xfe\xac\x20"), BYTES("\xe2\x82\xac"), true},
    {"a pair of surrogates", BYTES("\xfe\xff\xd8\x3d\xde\x00"), BYTES("\xf0\x9f\x98\x80"), true},
    {"a surrogate without its second half", BYTES("\xfe\xff\xd8\x3d\0a"),
     BYTES("\xef\xbf\xbd"
           "a"),
     true},
    {"the second half alone", BYTES("\xfe\xff\xde\x00\0a"),
     BYTES("\xef\xbf\xbd"
           "a"),
     true},
    {"a surrogate at the end", BYTES("\xfe\xff\xd8\x3d"), BYTES("\xef\xbf\xbd"), true},
    {"a last single byte",
     BYTES("\xff\xfe"
           "a\0b"),
     BYTES("a\xef\xbf\xbd"), true},
    {"nothing behind the mark", BYTES("\xff\xfe"), BYTES(""), true},
    {"no mark", BYTES("a\0b\0"), BYTES("a\0b\0"), false},
    {"UTF-32", BYTES("\xff\xfe\0\0a\0\0\0"), BYTES("\xff\xfe\0\0a\0\0\0"), false},
    {"UTF-8 with a mark",
     BYTES("\xef\xbb\xbf"
           "a"),
     BYTES("\xef\xbb\xbf"
           "a"),
     false},
    {"one byte", BYTES("\xff"), BYTES("\xff"), false},
    {"nothing", BYTES(""), BYTES(""), false},
};

static void test_rows(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_sv text = rows[i].in;
        bool is_utf16 = kps_utf16_decode(arena, &text);
        if (is_utf16 != rows[i].is_utf16 || !kps_sv_eq(text, rows[i].out)) {
            fail_msg("%s: %zu bytes", rows[i].why, text.n);
        }
        kps_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
