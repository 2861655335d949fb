#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/port_use.h"
#include "support/scene.h"
#include "watch/changes.h"
#include "watch/watch_list.h"
#include "watch/watch_port.h"

/* A look at a list: rows as "PORT STATE", joined by ";". */
static struct kps_port_list read_look(struct scene *scene, const struct kps_report *report,
                                      const char *text)
{
    struct kps_port_list list = {.report = report,
                                 .rows = KPS_NEW_N(scene->arena, struct kps_port_row, 8)};
    struct kps_sv row;
    for (struct kps_sv rest = kps_sv_of(text); kps_sv_next(&rest, ';', &row);) {
        struct kps_port_row *to = &list.rows[list.n++];
        to->use.tenant = 1;
        to->cells[KPS_PORT_NUMBER] = kps_sv_before(row, ' ');
        to->cells[KPS_PORT_PROTOCOL] = SV("tcp");
        to->cells[KPS_PORT_OWNER] = SV("web");
        to->cells[KPS_PORT_STATE] = kps_sv_after(row, ' ');
    }
    return list;
}

/* Looks one after another: the lines of each, joined by ";", and the marks of its rows. */
static void test_list(void **unused)
{
    static const struct {
        const char *why, *rows, *lines, *marks;
    } looks[] = {
        {"the first look shows all", "80 up;81 up", "= 80/tcp  web  up;= 81/tcp  web  up", ".."},
        {"nothing new", "80 up;81 up", "", ".."},
        {"a new row", "80 up;81 up;82 up", "+ 82/tcp  web  up", "..+"},
        {"its mark stays until the next change", "80 up;81 up;82 up", "", "..+"},
        {"another state", "80 up;81 exited;82 up", "* 81/tcp  web  exited", ".*."},
        {"a row that is gone comes first", "81 up;82 up;83 up",
         "- 80/tcp  web  up;* 81/tcp  web  up;+ 83/tcp  web  up", "*.+"},
        {"all are gone", "", "- 81/tcp  web  up;- 82/tcp  web  up;- 83/tcp  web  up", ""},
        {"and one is there again", "81 up", "+ 81/tcp  web  up", "+"},
    };
    (void)unused;
    struct scene scene;
    scene_open(&scene, "web 80 held", NULL);
    const struct kps_query query = {.scope = KPS_QUERY_ALL};
    const struct kps_report report = {.ledger = &scene.ledger, .query = &query};
    struct kps_watch_list watch = {0};
    for (size_t i = 0; i < KPS_COUNT(looks); i++) {
        struct kps_port_list list = read_look(&scene, &report, looks[i].rows);
        struct kps_watch_lines lines = kps_watch_list_compare(&watch, scene.arena, &list);
        struct kps_buf text = KPS_BUF(scene.arena);
        struct kps_buf marks = KPS_BUF(scene.arena);
        for (size_t k = 0; k < lines.n; k++) {
            kps_buf_fmt(&text, "%s%.*s", k ? ";" : "", SV_ARG(lines.v[k]));
        }
        for (size_t k = 0; k < list.n; k++) {
            kps_buf_char(&marks, list.rows[k].mark ? list.rows[k].mark : '.');
        }
        print_message("%s\n", looks[i].why);
        assert_string_equal(kps_buf_sv(&text).p, looks[i].lines);
        assert_string_equal(kps_buf_sv(&marks).p, looks[i].marks);
    }
    kps_watch_list_free(&watch);
    scene_close(&scene);
}

/* The last eight lines are shown, the newest last, cut to the width of the screen. */
static void test_changes(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_changes changes = {0};
    struct kps_buf out = KPS_BUF(arena);
    kps_changes_show(&changes, &out, 0);
    assert_int_equal(out.n, 0);
    for (unsigned i = 1; i <= 10; i++) {
        kps_changes_add(&changes, kps_fmt(arena, "change %u", i));
    }
    kps_changes_show(&changes, &out, 0);
    assert_string_equal(kps_buf_sv(&out).p,
                        "change 3\nchange 4\nchange 5\nchange 6\nchange 7\nchange 8\n"
                        "change 9\nchange 10\n");
    out = KPS_BUF(arena);
    kps_changes_show(&changes, &out, 4);
    assert_true(kps_sv_starts(kps_buf_sv(&out), SV("chan\nchan\n")));
    kps_arena_free(arena);
}

/* A look at port 8080: the change in words against the look before. */
static const char *look_at_port(struct kps_watch_port *watch, const char *claims,
                                const char *unknown)
{
    static char words[512];
    struct scene scene;
    scene_open(&scene, claims, NULL);
    const struct kps_question question = {.ports = {.first = 8080, .last = 8080}};
    const struct kps_machine machine = {0};
    struct kps_port_uses uses = kps_port_uses_of(&scene.ledger, scene.arena);
    const struct kps_inquiry inquiry = {.ledger = &scene.ledger,
                                        .machine = &machine,
                                        .query = {.questions = &question,
                                                  .n_questions = 1,
                                                  .holdings = uses.v,
                                                  .n_holdings = uses.n,
                                                  .asked_sockets = true}};
    struct kps_sv change = kps_watch_port_compare(watch, &inquiry, kps_sv_of(unknown));
    (void)snprintf(words, sizeof(words), "%.*s", SV_ARG(change));
    scene_close(&scene);
    print_message("'%s' (%s): %s\n", claims, unknown, words);
    return words;
}

static void test_port(void **unused)
{
    (void)unused;
    struct kps_watch_port watch = {0};
    assert_string_equal(look_at_port(&watch, "web 8080 held", ""),
                        "held: thing web on every address");
    assert_string_equal(look_at_port(&watch, "web 8080 held", ""), "");
    assert_string_equal(look_at_port(&watch, "", ""), "free: thing web on every address let go");
    assert_string_equal(look_at_port(&watch, "", ""), "");
    struct kps_sv back = kps_sv_of(look_at_port(&watch, "api 8080 held", ""));
    assert_true(kps_sv_starts(back, SV("came back after ")));
    assert_true(kps_sv_ends(back, SV(" s: thing api on every address")));
    assert_string_equal(look_at_port(&watch, "", "the engine is silent"),
                        "unknown: the engine is silent");
    assert_string_equal(look_at_port(&watch, "", "the engine is silent"), "");
    kps_watch_port_free(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
