#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/engine_world.h"

/* An engine behind tcp:// with TLS: certificates that are made for the test (make_certs.sh). */

static char folder[] = P_tmpdir "/kportscan-tls-XXXXXX";

/* Runs a program and waits for it. Return: its exit code. */
static int run(const char *const *arguments)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *list[8] = {NULL};
        for (size_t i = 0; i < 7 && arguments[i]; i++) {
            memcpy(&list[i], &arguments[i], sizeof(list[i]));
        }
        (void)execvp(list[0], list);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int make_certificates(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    const char *const arguments[] = {"sh", "support/make_certs.sh", folder, NULL};
    int code = run(arguments);
    if (code == 77) {
        print_message("SKIP: no openssl to make certificates with\n");
        exit(0);
    }
    return code;
}

static int remove_certificates(void **state)
{
    (void)state;
    const char *const arguments[] = {"rm", "-rf", folder, NULL};
    return run(arguments);
}

static const struct row {
    const char *why;
    const char
        *certificates;  /* DOCKER_CERT_PATH below the folder; NULL: the engine does not speak TLS */
    const char *verify; /* the whole of a variable */
    enum kps_engine_status status;
} ROWS[] = {
    {"all certificates are good", "", "DOCKER_TLS_VERIFY=1", KPS_ENGINE_OK},
    {"any value switches it on", "", "DOCKER_TLS_VERIFY=0", KPS_ENGINE_OK},
    {"not verified, with a client's certificate", "", "DOCKER_TLS=1", KPS_ENGINE_OK},
    {"signed by another authority", "/other", "DOCKER_TLS_VERIFY=1", KPS_ENGINE_UNREACHABLE},
    {"signed by another authority, not verified", "/other", "DOCKER_TLS=1", KPS_ENGINE_OK},
    {"no client's certificate", "/none", "DOCKER_TLS=1", KPS_ENGINE_UNREACHABLE},
    {"nothing is known of TLS", "", "DOCKER_TLS_VERIFY=", KPS_ENGINE_BAD},
    {"TLS to an engine that has none", NULL, "DOCKER_TLS_VERIFY=1", KPS_ENGINE_UNREACHABLE},
};

static void check(const struct row *row)
{
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    const char *cert = kps_fmt(w.arena, "%s/server-cert.pem", folder).p;
    const char *key = kps_fmt(w.arena, "%s/server-key.pem", folder).p;
    const char *ca = kps_fmt(w.arena, "%s/ca.pem", folder).p;
    const char *const options[] = {"--tls", cert, key, ca, NULL};
    fake_engine_start(&engine, "engines/docker-20.10", NULL, 1, row->certificates ? options : NULL);
    struct kps_sv variables[] = {
        kps_fmt(w.arena, "DOCKER_HOST=tcp://%s", engine.address),
        kps_fmt(w.arena, "DOCKER_CERT_PATH=%s%s", folder,
                row->certificates ? row->certificates : ""),
        kps_fmt(w.arena, "%s", row->verify),
    };
    char *list[KPS_COUNT(variables) + 1] = {NULL};
    for (size_t i = 0; i < KPS_COUNT(variables); i++) {
        list[i] = kps_alloc(w.arena, variables[i].n + 1);
        memcpy(list[i], variables[i].p, variables[i].n);
    }
    w.env = kps_env_of(w.arena, list);
    struct kps_docker_options asked = {.timeout_ms = 3000};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &kps_fs_os, &w.env, &asked);
    print_message("%s: %s %.*s\n", row->why, kps_engine_status_name(result.status),
                  SV_ARG(result.words));
    assert_int_equal(result.status, row->status);
    assert_int_equal(result.n_containers, row->status == KPS_ENGINE_OK ? 26 : 0);
    assert_int_equal(w.diag.incomplete, row->status != KPS_ENGINE_OK);
    fake_engine_stop(&engine);
    world_end(&w);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(ROWS); i++) {
        check(&ROWS[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
