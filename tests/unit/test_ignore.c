#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "inputs/ignore.h"

/* Patterns of .gitignore, each row with the answer of `git check-ignore`. */

static void compares_patterns(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool is_match;
    } rows[] = {
        {"*.yaml", "a.yaml", true},
        {"*.yaml", "b/a.yaml", false},
        {"a/*.yaml", "a/b.yaml", true},
        {"a/*.yaml", "a/b/c.yaml", false},
        {"**/x", "x", true},
        {"**/x", "a/b/x", true},
        {"a/**", "a/b/c", true},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a?c", "abc", true},
        {"a?c", "a/c", false},
        {"[a-c].y", "b.y", true},
        {"[!a-c].y", "b.y", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"build", "builds", false},
        {"[", "[", true},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        if (kps_ignore_match(kps_sv_of(rows[i].pattern), kps_sv_of(rows[i].path)) !=
            rows[i].is_match) {
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].path);
        }
    }
}

static void ends_hard_patterns(void **state)
{
    (void)state;
    assert_false(kps_ignore_match(SV("*a*a*a*a*a*a*a*a*a*b"),
                                  SV("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_patterns),
        cmocka_unit_test(ends_hard_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
