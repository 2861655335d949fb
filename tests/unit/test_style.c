#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/style.h"

static const struct row {
    const char *why;
    enum kps_colour choice;
    const char *environment[4];
    bool is_terminal, expected;
} rows[] = {
    {"a terminal", KPS_COLOUR_AUTO, {"TERM=xterm"}, true, true},
    {"a pipe", KPS_COLOUR_AUTO, {"TERM=xterm"}, false, false},
    {"a dumb terminal", KPS_COLOUR_AUTO, {"TERM=dumb"}, true, false},
    {"no TERM at all", KPS_COLOUR_AUTO, {NULL}, true, true},
    {"NO_COLOR", KPS_COLOUR_AUTO, {"NO_COLOR=1"}, true, false},
    {"NO_COLOR may say anything", KPS_COLOUR_AUTO, {"NO_COLOR=0"}, true, false},
    {"an empty NO_COLOR does not count", KPS_COLOUR_AUTO, {"NO_COLOR="}, true, true},
    {"FORCE_COLOR on a pipe", KPS_COLOUR_AUTO, {"FORCE_COLOR=1"}, false, true},
    {"FORCE_COLOR=0", KPS_COLOUR_AUTO, {"FORCE_COLOR=0"}, false, false},
    {"FORCE_COLOR=0 does not forbid", KPS_COLOUR_AUTO, {"FORCE_COLOR=0"}, true, true},
    {"an empty FORCE_COLOR", KPS_COLOUR_AUTO, {"FORCE_COLOR="}, false, false},
    {"CLICOLOR_FORCE on a pipe", KPS_COLOUR_AUTO, {"CLICOLOR_FORCE=1"}, false, true},
    {"forced on a dumb terminal", KPS_COLOUR_AUTO, {"CLICOLOR_FORCE=1", "TERM=dumb"}, true, true},
    {"NO_COLOR before FORCE_COLOR", KPS_COLOUR_AUTO, {"FORCE_COLOR=1", "NO_COLOR=1"}, true, false},
    {"--color=always before all", KPS_COLOUR_ALWAYS, {"NO_COLOR=1", "TERM=dumb"}, false, true},
    {"--color=never before all", KPS_COLOUR_NEVER, {"FORCE_COLOR=1"}, true, false},
};

static void test_colour_decision(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        char *list[5] = {NULL};
        for (size_t n = 0; n < 4 && rows[i].environment[n]; n++) {
            struct kps_sv entry = kps_sv_of(rows[i].environment[n]);
            list[n] = memcpy(kps_alloc(arena, entry.n + 1), entry.p, entry.n + 1);
        }
        struct kps_env env = kps_env_of(arena, list);
        if (kps_style_wants_colour(rows[i].choice, &env, rows[i].is_terminal) != rows[i].expected) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void test_columns(void **state)
{
    static const struct {
        unsigned terminal;
        const char *variable;
        bool is_terminal;
        unsigned expected;
    } cases[] = {{200, "COLUMNS=50", true, 200}, {0, "COLUMNS=50", true, 50},
                 {0, "COLUMNS=50", false, 50},   {0, "COLUMNS=", false, 0},
                 {0, "COLUMNS=x", true, 80},     {0, "COLUMNS=0", false, 0},
                 {0, "COLUMNS=-3", false, 0},    {20, "HOME=/", true, 20}};
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv entry = kps_sv_of(cases[i].variable);
        char *list[] = {memcpy(kps_alloc(arena, entry.n + 1), entry.p, entry.n + 1), NULL};
        struct kps_env env = kps_env_of(arena, list);
        assert_int_equal(kps_style_columns(cases[i].terminal, &env, cases[i].is_terminal),
                         cases[i].expected);
    }
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(kps_style_width(0), 80);
    assert_int_equal(kps_style_width(72), 72);
    assert_int_equal(kps_style_width(250), 100);
    assert_int_equal(kps_style_width(5), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colour_decision),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
