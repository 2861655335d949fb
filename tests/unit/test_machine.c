#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "machine/machine.h"
#include "support/scene.h"

/* Ports as "80/tcp 90-99/udp". */
static const char *show_ports(struct scene *scene, const struct kps_ports *ports, size_t n)
{
    struct kps_buf out = KPS_BUF(scene->arena);
    for (size_t i = 0; i < n; i++) {
        kps_buf_fmt(&out, "%s%u", i ? " " : "", ports[i].first);
        if (ports[i].last != ports[i].first) {
            kps_buf_fmt(&out, "-%u", ports[i].last);
        }
        kps_buf_fmt(&out, "/%s", kps_protocol_name(ports[i].protocol));
    }
    return kps_buf_sv(&out).p;
}

static void test_wanted(void **unused)
{
    static const struct {
        const char *why, *claims;
        bool of_nodes;
        const char *expected;
    } rows[] = {
        {"sorted", "a 90; b 80", false, "80/tcp 90/tcp"},
        {"each once", "a 80; b 127.0.0.1@80", false, "80/tcp"},
        {"ranges that overlap are one", "a 80-85; b 83-90", false, "80-90/tcp"},
        {"a range inside another", "a 80-90; b 83", false, "80-90/tcp"},
        {"ranges side by side stay two", "a 80-85; b 86-90", false, "80-85/tcp 86-90/tcp"},
        {"protocols are apart", "a 80; b 80/udp", false, "80/tcp 80/udp"},
        {"not void ones", "a 80 discarded; b 81 x0", false, ""},
        {"not those of a namespace of their own", "a 80 in:x", false, ""},
        {"not those of nodes", "a 80 node; b 81", false, "81/tcp"},
        {"those of nodes where this machine is one", "a 80 node; b 81", true, "80/tcp 81/tcp"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        const struct kps_ports *ports = NULL;
        size_t n = kps_machine_wanted(&scene.ledger, 0, rows[i].of_nodes, &ports);
        print_message("%s\n", rows[i].why);
        assert_string_equal(show_ports(&scene, ports, n), rows[i].expected);
        scene_close(&scene);
    }
}

/* The sources that a check of files asks. */
static void test_question_of_files(void **unused)
{
    static const struct {
        const char *why, *claims;
        struct kps_machine_options options;
        bool asks_docker, asks_host;
        bool engine, sockets;
    } rows[] = {
        {"both for a project", "a 80", {0}, false, false, true, true},
        {"none without ports", "", {0}, false, false, false, false},
        {"no engine with --no-docker", "a 80", {.no_docker = true}, false, false, false, true},
        {"no sockets with --no-host", "a 80", {.no_host = true}, false, false, true, false},
        {"none for a cluster's nodes", "a 80 node", {0}, false, false, false, false},
        {"--docker: they are containers here", "a 80 node", {0}, true, false, true, false},
        {"--host: this machine is a node", "a 80 node", {0}, false, true, false, true},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        struct kps_machine_question question = kps_machine_question_of_files(
            &scene.ledger, &rows[i].options, rows[i].asks_docker, rows[i].asks_host);
        print_message("%s\n", rows[i].why);
        assert_int_equal(question.engine, rows[i].engine);
        assert_int_equal(question.sockets, rows[i].sockets);
        assert_true(question.for_files && !question.is_refused);
        scene_close(&scene);
    }
}

/* A machine without an engine is no failure; an engine that does not answer is. */
static void test_failed(void **unused)
{
    (void)unused;
    struct kps_machine machine = {.asked_engine = true, .engine = {.status = KPS_ENGINE_ABSENT}};
    assert_false(kps_machine_failed(&machine));
    assert_false(kps_machine_knows_engine(&machine));
    machine.engine.status = KPS_ENGINE_DENIED;
    assert_true(kps_machine_failed(&machine));
    machine.asked_engine = false;
    assert_false(kps_machine_failed(&machine));
    machine.asked_sockets = true;
    assert_false(kps_machine_failed(&machine));
    assert_true(kps_machine_knows_sockets(&machine));
    machine.sockets.error = 13;
    assert_true(kps_machine_failed(&machine));
    assert_false(kps_machine_knows_sockets(&machine));
    machine.sockets = (struct kps_sys_result){.is_incomplete = true};
    assert_true(kps_machine_failed(&machine));
    assert_true(kps_machine_knows_sockets(&machine));
    const struct kps_docker_result engines[] = {{.status = KPS_ENGINE_OK},
                                                {.status = KPS_ENGINE_BAD}};
    machine = (struct kps_machine){.engines = engines, .n_engines = 1};
    assert_false(kps_machine_failed(&machine));
    machine.n_engines = 2;
    assert_true(kps_machine_failed(&machine));
}

/* The kernel's settings count where its sockets were read and its ranges are known. */
static void test_settings(void **unused)
{
    (void)unused;
    struct kps_machine machine = {
        .asked_sockets = true,
        .asked_engine = true,
        .sockets.kernel = {.ephemeral = {32768, 60999}, .unprivileged_start = 1024}};
    assert_int_equal(kps_machine_settings(&machine).ephemeral.first, 0);
    machine.sockets.kernel.known = true;
    assert_int_equal(kps_machine_settings(&machine).ephemeral.first, 32768);
    assert_int_equal(kps_machine_settings(&machine).privileged_below, 0); /* root's engine */
    machine.engine.rootless = true;
    assert_int_equal(kps_machine_settings(&machine).privileged_below, 1024);
    machine.asked_sockets = false;
    assert_int_equal(kps_machine_settings(&machine).ephemeral.first, 0);
}

static void test_same_folder(void **unused)
{
    (void)unused;
    assert_true(kps_machine_is_same_folder(SV("/"), SV("/usr/..")));
    assert_false(kps_machine_is_same_folder(SV("/"), SV("/usr")));
    assert_false(kps_machine_is_same_folder(SV("/"), SV("/nothing-of-that-name")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted),      cmocka_unit_test(test_question_of_files),
        cmocka_unit_test(test_failed),      cmocka_unit_test(test_settings),
        cmocka_unit_test(test_same_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
