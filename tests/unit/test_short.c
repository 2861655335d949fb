#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

#define CLASH_HELP                                                                                 \
    "; help: write \"127.0.0.1:8081:3000\" (8081 is not used in this project); help: docker "      \
    "compose -p shop stop web (stops the service that holds it)"

static void expect_short(struct world *world, const char *expected)
{
    char *text = world_render(world, kps_report_short, NULL, NULL, 0);
    assert_string_equal(text, expected);
    free(text);
}

static void test_one_line_a_finding(void **state)
{
    (void)state;
    struct world *world = world_new();
    expect_short(world, "");
    (void)world_clash(world);
    (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0, "cannot read 'x'");
    expect_short(world, "compose.yaml:12:10: error: host port 8080/tcp is published by two "
                        "services ('admin' here, 'web' at "
                        "compose.yaml:5:10)" CLASH_HELP " [KP101]\n"
                        "error: cannot read 'x' [KP901]\n");
    world_free(world);
}

static void test_many_parties_are_counted(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_finding *finding = world_clash(world);
    for (int i = 0; i < 4; i++) {
        kps_finding_party(finding, KPS_ROLE_OTHER, 0)->at = finding->parties[1].at;
    }
    expect_short(world,
                 "compose.yaml:12:10: error: host port 8080/tcp is published by two services "
                 "('admin' here, 'web' at "
                 "compose.yaml:5:10, compose.yaml:5:10, compose.yaml:5:10 and 2 more)" CLASH_HELP
                 " [KP101]\n");
    world_free(world);
}

static void test_lines_hold_whatever_is_in_them(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id file = world_file(world, "a\nb.yaml", "80\n");
    struct kps_finding *finding =
        kps_diag_add_here(&world->diag, KPS_RULE_INPUT_INVALID, KPS_WARNING,
                          (struct kps_span){file, 0, 2}, "m\n\x1b[2J\xff");
    (void)kps_finding_party(finding, KPS_ROLE_PRIMARY, world_service(world, "p", "w\x1b\n"));
    expect_short(world, "a\\nb.yaml:1:1: warning: m\\n\\x1b[2J\\xff ('w\\x1b\\n') [KP902]\n");
    world_free(world);
}

static void test_an_error_says_what_to_do(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_finding *finding =
        kps_diag_add(&world->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0, "cannot read 'x'");
    kps_finding_help(finding, "name another file");
    kps_finding_command(finding, SV("chmod +r 'a\nb'"), "makes it readable");
    finding =
        kps_diag_add(&world->diag, KPS_RULE_INPUT_UNREADABLE, KPS_WARNING, 0, "cannot read 'y'");
    kps_finding_help(finding, "of a warning");
    expect_short(world, "error: cannot read 'x'; help: name another file; help: chmod +r "
                        "'a\\nb' (makes it readable) [KP901]\n"
                        "warning: cannot read 'y' [KP901]\n");
    world_free(world);
}

static void test_suppressed_findings_are_not_told(void **state)
{
    (void)state;
    struct world *world = world_new();
    world_clash(world)->suppressed = SV("known");
    expect_short(world, "");
    world_free(world);
}

static void test_colours(void **state)
{
    (void)state;
    struct world *world = world_new();
    (void)world_clash(world);
    char *text = world_render(world, kps_report_short,
                              &(struct kps_style){.colour = true, .width = 80}, NULL, 0);
    assert_ptr_equal(
        strstr(text,
               "\x1b[1mcompose.yaml:12:10\x1b[0m: \x1b[1;38;5;231;48;5;124merror\x1b[0m: host"),
        text);
    free(text);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line_a_finding),
        cmocka_unit_test(test_many_parties_are_counted),
        cmocka_unit_test(test_lines_hold_whatever_is_in_them),
        cmocka_unit_test(test_an_error_says_what_to_do),
        cmocka_unit_test(test_suppressed_findings_are_not_told),
        cmocka_unit_test(test_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
