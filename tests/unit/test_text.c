#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

static const struct kps_input shop = {.path = SV_LIT("compose.yaml"), .project = SV_LIT("shop")};

static void expect_text(struct world *world, const struct kps_input *inputs, size_t n,
                        const char *expected)
{
    char *text = world_render(world, kps_report_text, NULL, inputs, n);
    assert_string_equal(text, expected);
    free(text);
}

static void test_a_whole_finding(void **state)
{
    (void)state;
    struct world *world = world_new();
    (void)world_clash(world);
    expect_text(
        world, &shop, 1,
        "error[KP101]: host port 8080/tcp is published by two services\n"
        "   --> compose.yaml:12:10\n"
        "    |\n"
        "  5 |       - \"8080:80\"\n"
        "    |          ---- 'web' publishes it first, on every address\n"
        "...\n"
        " 12 |       - \"127.0.0.1:8080:3000\"\n"
        "    |          ^^^^^^^^^^^^^^ 'admin' needs the same port here\n"
        "    |\n"
        "    = note: 127.0.0.1 is part of \"every address\"; the service that starts second\n"
        "            fails, and what was started before it stays up\n"
        "    = up says: listen tcp4 127.0.0.1:8080: bind: address already in use\n"
        "    = help: write \"127.0.0.1:8081:3000\" (8081 is not used in this project)\n"
        "    = help: docker compose -p shop stop web\n"
        "            stops the service that holds it\n"
        "\n"
        "1 error in 1 file (2 published ports checked)\n");
    world_free(world);
}

static void test_colours(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_finding *finding = world_clash(world);
    char *text = world_render(world, kps_report_text,
                              &(struct kps_style){.colour = true, .width = 80}, &shop, 1);
    assert_non_null(
        strstr(text, "\x1b[1;38;5;231;48;5;124merror[KP101]\x1b[0m: \x1b[1mhost port 8080/tcp is"));
    assert_non_null(strstr(text, "\x1b[1mcompose.yaml:12:10\x1b[0m\n"));
    assert_non_null(strstr(text, "\x1b[1;38;5;231;48;5;22mhelp:\x1b[0m write"));
    assert_non_null(strstr(text, "\x1b[1mdocker compose -p shop stop web\x1b[0m\n"));
    free(text);
    finding->severity = KPS_WARNING;
    text = world_render(world, kps_report_text, &(struct kps_style){.colour = true, .width = 80},
                        &shop, 1);
    assert_non_null(strstr(text, "\x1b[1;38;5;16;48;5;220mwarning[KP101]\x1b[0m: "));
    assert_non_null(strstr(text, "\x1b[1m^^^^^^^^^^^^^^\x1b[0m"));
    free(text);
    world_free(world);
}

static void test_how_a_value_came_there(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id yaml =
        world_file(world, "compose.yaml", "services:\n  web:\n    ports: [\"${PORT}:80\"]\n");
    kps_file_id env = world_file(world, ".env", "A=1\nPORT=8080\n");
    const struct kps_origin steps[] = {
        {.step = KPS_STEP_HERE, .span = world_span(world, yaml, "${PORT}", 2)},
        {.step = KPS_STEP_VARIABLE, .span = world_span(world, env, "8080", 1), .what = SV("PORT")},
        {.step = KPS_STEP_EXTENDS,
         .span = world_span(world, yaml, "web", 1),
         .what = SV("service base")},
        {.step = KPS_STEP_OVERRIDE, .what = SV("compose.override.yaml")},
    };
    struct kps_finding *finding =
        kps_diag_add(&world->diag, KPS_RULE_COMPOSE_REPLICA_CLASH, KPS_WARNING,
                     world_chain(world, steps, KPS_COUNT(steps)), "a message");
    finding->parties[0].owner = world_service(world, "shop", "web");
    expect_text(world, &shop, 1,
                "warning[KP102]: a message\n"
                "   --> compose.yaml:3:14\n"
                "    |\n"
                "  3 |     ports: [\"${PORT}:80\"]\n"
                "    |              ^^^^^^^\n"
                "    |\n"
                "    = via: 'web' has it from PORT in .env:2, through `extends` of service base\n"
                "           at compose.yaml:2:3, through the layer compose.override.yaml\n"
                "\n"
                "1 warning in 1 file (no published ports)\n");
    world_free(world);
}

static void test_every_step_has_words(void **state)
{
    (void)state;
    static const struct {
        enum kps_step step;
        bool has_place;
        const char *words;
    } rows[] = {
        {KPS_STEP_ALIAS, true, "it comes through the YAML alias at f:1:1"},
        {KPS_STEP_MERGE_KEY, true, "it comes through the YAML merge key at f:1:1"},
        {KPS_STEP_INCLUDE, true, "it comes through `include` at f:1:1"},
        {KPS_STEP_VARIABLE, false, "it comes from W in the environment"},
        {KPS_STEP_ENGINE, false, "it comes from the engine (W)"},
        {KPS_STEP_KERNEL, false, "it comes from the kernel (W)"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct world *world = world_new();
        struct kps_span span = {world_file(world, "f", "a\n"), 0, 1};
        const struct kps_origin steps[] = {
            {.step = KPS_STEP_HERE, .span = span},
            {.step = rows[i].step,
             .span = rows[i].has_place ? span : (struct kps_span){0, 0, 0},
             .what = SV("W")},
        };
        (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_INVALID, KPS_NOTE,
                           world_chain(world, steps, 2), "m");
        char *text = world_render(world, kps_report_text, NULL, &shop, 1);
        char *via = strstr(text, "= via: ");
        assert_non_null(via);
        struct kps_sv line = kps_sv_of(via + strlen("= via: "));
        assert_true(
            kps_sv_eq(kps_sv_slice(line, 0, kps_sv_find(line, '\n')), kps_sv_of(rows[i].words)));
        free(text);
        world_free(world);
    }
}

static void test_a_finding_without_a_place(void **state)
{
    (void)state;
    struct world *world = world_new();
    static const struct kps_input gone = {.path = SV_LIT("gone.yaml"),
                                          .status = KPS_INPUT_FAILED,
                                          .error = SV_LIT("cannot read 'gone.yaml'")};
    struct kps_finding *finding = kps_diag_add(&world->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR,
                                               0, "cannot read 'gone.yaml': no such file");
    kps_finding_help(finding, "name another");
    expect_text(world, &gone, 1,
                "error[KP901]: cannot read 'gone.yaml': no such file\n"
                "    = help: name another\n"
                "\n"
                "1 error in 1 file (no published ports)\n"
                "incomplete: 1 of 1 input could not be judged\n");
    world_free(world);
}

static void test_parties_outside_files(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_span span = {world_file(world, "f", "80\n"), 0, 2};
    struct kps_finding *finding =
        kps_diag_add_here(&world->diag, KPS_RULE_HOST_PORT_TAKEN, KPS_ERROR, span, "taken");
    kps_finding_party(finding, KPS_ROLE_HOLDER, 0)->label = SV("nginx (pid 8)");
    kps_finding_party(finding, KPS_ROLE_OTHER, 0)->label = SV("old-web, stopped");
    expect_text(world, &shop, 1,
                "error[KP301]: taken\n"
                "   --> f:1:1\n"
                "    |\n"
                "  1 | 80\n"
                "    | ^^\n"
                "    |\n"
                "    = held by: nginx (pid 8)\n"
                "    = also: old-web, stopped\n"
                "\n"
                "1 error in 1 file (no published ports)\n");
    world_free(world);
}

static void test_more_places_than_a_frame_shows(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id file = world_file(world, "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n");
    struct kps_finding *finding =
        kps_diag_add_here(&world->diag, KPS_RULE_COMPOSE_HOST_PORT_CLASH, KPS_ERROR,
                          (struct kps_span){file, 0, 1}, "many");
    for (uint32_t i = 1; i < 10; i++) {
        kps_finding_party(finding, KPS_ROLE_OTHER, 0)->at =
            kps_diag_here(&world->diag, (struct kps_span){file, 2 * i, 1});
    }
    char *text = world_render(world, kps_report_text, NULL, &shop, 1);
    assert_non_null(strstr(
        text, "  8 | 8\n    | -\n    |\n"
              "    = note: 2 more places are not shown here; --format json lists them all\n"));
    free(text);
    world_free(world);
}

static void test_hostile_texts_stay_on_their_line(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id file = world_file(world, "\x1b]0;x\x07.yaml", "80\n");
    struct kps_finding *finding =
        kps_diag_add_here(&world->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                          (struct kps_span){file, 0, 2}, "m\n\x1b[2J\xff");
    kps_finding_note(finding, "n\r\xc2\x9b");
    kps_finding_command(finding, SV("rm\n-rf"), "h\tt");
    expect_text(world, &shop, 1,
                "error[KP902]: m\\n\\x1b[2J\\xff\n"
                "   --> \\x1b]0;x\\x07.yaml:1:1\n"
                "    |\n"
                "  1 | 80\n"
                "    | ^^\n"
                "    |\n"
                "    = note: n\\x0d\\x9b\n"
                "    = help: rm\\n-rf\n"
                "            h\\tt\n"
                "\n"
                "1 error in 1 file (no published ports)\n");
    world_free(world);
}

static void test_summaries(void **state)
{
    (void)state;
    static const struct kps_sv two_files[] = {SV_LIT("a"), SV_LIT("b")};
    static const struct kps_input two[] = {
        {.path = SV_LIT("a"), .files = two_files, .n_files = 2},
        {.path = SV_LIT("c")},
    };
    struct world *world = world_new();
    expect_text(world, &shop, 1, "compose.yaml: no published ports\n");
    expect_text(world, two, 2, "3 files: no published ports\n");
    kps_owner_id web = world_service(world, "shop", "web");
    (void)world_wish(world, web, 0, NULL, 80, 80);
    expect_text(world, &shop, 1, "compose.yaml: 1 published port, no conflict\n");
    (void)world_wish(world, web, 0, NULL, 81, 80);
    world->ledger.claims.v[1].flags = KPS_CLAIM_DERIVED;
    expect_text(world, &shop, 1, "compose.yaml: 1 published port, no conflict\n");
    world->ledger.claims.v[1].flags = KPS_CLAIM_DISCARDED;
    expect_text(world, &shop, 1, "compose.yaml: 1 published port, no conflict\n");
    world->ledger.claims.v[1].flags = 0;
    expect_text(world, two, 2, "3 files: 2 published ports, no conflict\n");
    struct kps_finding *finding =
        kps_diag_add(&world->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, 0, "m");
    world->diag.incomplete = true;
    expect_text(world, &shop, 1,
                "note[KP904]: m\n"
                "\n"
                "compose.yaml: 2 published ports, no conflict, 1 note\n"
                "incomplete: not everything could be read or resolved\n");
    finding->suppressed = SV("known");
    world->diag.incomplete = false;
    expect_text(world, &shop, 1, "compose.yaml: 2 published ports, no conflict, 1 suppressed\n");
    world_free(world);
}

/* On a terminal the end is what one sees. */
static void test_errors_come_last(void **state)
{
    (void)state;
    struct world *world = world_new();
    (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0, "first error");
    (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0, "second error");
    (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_IGNORED, KPS_WARNING, 0, "a warning");
    (void)kps_diag_add(&world->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, 0, "a note");
    expect_text(world, &shop, 1,
                "note[KP904]: a note\n\n"
                "warning[KP909]: a warning\n\n"
                "error[KP902]: first error\n\n"
                "error[KP902]: second error\n\n"
                "2 errors, 1 warning, 1 note in 1 file (no published ports)\n");
    world_free(world);
}

static void test_brief_and_hidden(void **state)
{
    (void)state;
    struct world *world = world_new();
    static const struct kps_style plain = {.width = 80};
    struct kps_report report = {
        .ledger = &world->ledger, .inputs = &shop, .n_inputs = 1, .n_hidden = 2};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    kps_report_text(&report, &plain, out);
    report.is_brief = true;
    kps_report_text(&report, &plain, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "compose.yaml: no published ports, 2 findings not shown\n");
    free(text);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_finding),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_how_a_value_came_there),
        cmocka_unit_test(test_every_step_has_words),
        cmocka_unit_test(test_a_finding_without_a_place),
        cmocka_unit_test(test_parties_outside_files),
        cmocka_unit_test(test_more_places_than_a_frame_shows),
        cmocka_unit_test(test_hostile_texts_stay_on_their_line),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_errors_come_last),
        cmocka_unit_test(test_brief_and_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
