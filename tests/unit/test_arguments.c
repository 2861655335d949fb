#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arguments/command_words.h"
#include "arguments/port_argument.h"
#include "base/compiler.h"

/* Words of a command line. Ports in all forms stand in test_options.c. */

static void test_lists_of_ports(void **state)
{
    static const struct {
        const char *word;
        uint32_t n; /* 0: no port */
        uint16_t last;
    } rows[] = {
        {"3000", 1, 3000},
        {"3000,5432/udp", 2, 5432},
        {"3000-3005,80", 2, 80},
        {"localhost:3000", 1, 3000},
        {"3000,web", 0, 0},
        {"web", 0, 0},
        {"", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_port_arguments ports = {0};
        struct kps_sv error = {"", 0};
        struct kps_sv word = kps_sv_of(rows[i].word);
        assert_int_equal(kps_port_argument_is(arena, word), rows[i].n > 0);
        if (rows[i].n) {
            assert_true(kps_port_argument_add(arena, word, &ports, &error));
            assert_int_equal(ports.list.n, rows[i].n);
            assert_int_equal(ports.list.v[rows[i].n - 1].ports.last, rows[i].last);
        }
        kps_vec_free(&ports.list);
    }
}

static void test_numbers_out_of_range(void **state)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_port_arguments ports = {0};
    struct kps_sv error = {"", 0};
    (void)state;
    assert_true(kps_port_argument_is(arena, SV("80,70000")));
    assert_false(kps_port_argument_add(arena, SV("80,70000"), &ports, &error));
    assert_true(kps_sv_search(error, SV("70000")) < error.n);
    kps_vec_free(&ports.list);
}

static void test_hints(void **state)
{
    static const struct {
        const char *word, *hint;
    } rows[] = {
        {"docker", "type: kportscan --docker [PORT...]"},
        {"up", "leave 'up' out: kportscan takes the options of 'docker compose', not its commands"},
        {"KP101", "type: kportscan --explain KP101"},
        {"80 443", "type: kportscan 80 443"},
        {"address already in use", "type: kportscan --diagnose 'address already in use'"},
        {"compose.yaml", ""},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv hint = kps_command_words_hint(arena, kps_sv_of(rows[i].word));
        if (!kps_sv_eq(hint, kps_sv_of(rows[i].hint))) {
            fail_msg("%s: '%.*s'", rows[i].word, SV_ARG(hint));
        }
    }
}

static void test_messages(void **state)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    char bind[] = "bind";
    char address[] = "address";
    char port[] = "3000";
    char in_use[] = "used";
    char dash[] = "-";
    char docker[] = "docker";
    char compose[] = "compose";
    char *message[] = {bind, address, port, in_use};
    char *few[] = {bind, address, port};
    char *with_stdin[] = {bind, address, in_use, dash};
    char *command[] = {docker, compose, bind};
    (void)state;
    struct kps_sv fault = kps_command_words_message(arena, message, 4);
    assert_true(kps_sv_ends(fault, SV("--diagnose 'bind address 3000 used'")));
    assert_int_equal(kps_command_words_message(arena, few, 3).n, 0);
    assert_int_equal(kps_command_words_message(arena, with_stdin, 4).n, 0);
    fault = kps_command_words_message(arena, command, 3);
    assert_true(kps_sv_search(fault, SV("leave 'docker compose'")) < fault.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_of_ports),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
