#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "docker/claims.h"
#include "support/engine_world.h"

static const struct fault_row {
    const char *why;
    const char *faults[3];
    enum kps_engine_status status;
    const char *words;   /* in the finding; NULL: there is none */
    uint32_t timeout_ms; /* 0: long enough */
    uint32_t n_containers;
} FAULTS[] = {
    {"a slow engine", {"/_ping=silent"}, KPS_ENGINE_UNREACHABLE, "no answer within 0.3 s", 300, 0},
    {"silent at the list",
     {"/containers/json=silent"},
     KPS_ENGINE_UNREACHABLE,
     "no answer within 0.3 s",
     300,
     0},
    {"one byte at a time",
     {"/containers/json=slow"},
     KPS_ENGINE_UNREACHABLE,
     "no answer within 0.3 s",
     300,
     0},
    {"hangs up at once", {"*=close"}, KPS_ENGINE_BAD, "it hung up without an answer", 0, 0},
    {"hangs up in mid-body",
     {"/containers/json=cut:1000"},
     KPS_ENGINE_BAD,
     "broke off after 1000 bytes",
     0,
     0},
    {"hangs up in mid-chunk",
     {"/containers/json=cutchunks"},
     KPS_ENGINE_BAD,
     "broke off after",
     0,
     0},
    {"500",
     {"/containers/json=status:500"},
     KPS_ENGINE_BAD,
     "it answered 500: something went wrong inside",
     0,
     0},
    {"500 to the ping",
     {"/_ping=status:500"},
     KPS_ENGINE_BAD,
     "it answered 500: something went wrong inside",
     0,
     0},
    {"403 of a socket proxy",
     {"/containers/json=status:403"},
     KPS_ENGINE_DENIED,
     "it answered 403",
     0,
     0},
    {"a web page", {"*=html"}, KPS_ENGINE_BAD, "the server there is no container engine", 0, 0},
    {"a web page for the list",
     {"/containers/json=html"},
     KPS_ENGINE_BAD,
     "its list of containers is a web page",
     0,
     0},
    {"an ssh server", {"*=garbage"}, KPS_ENGINE_BAD, "the answer is not HTTP", 0, 0},
    {"100 MB",
     {"/containers/json=huge:100"},
     KPS_ENGINE_BAD,
     "its answer is larger than 48 MiB",
     0,
     0},
    {"a body without end",
     {"/containers/json=endless"},
     KPS_ENGINE_BAD,
     "its answer is larger than 48 MiB",
     0,
     0},
    {"headers without end",
     {"/_ping=head"},
     KPS_ENGINE_BAD,
     "its headers are larger than 64 KiB",
     0,
     0},
    {"an object instead of a list",
     {"/containers/json=body:{}"},
     KPS_ENGINE_BAD,
     "its list of containers is not a list",
     0,
     0},
    {"nothing instead of a list",
     {"/containers/json=body:"},
     KPS_ENGINE_BAD,
     "its list of containers breaks off after 0 bytes",
     0,
     0},
    {"JSON that is cut off",
     {"/containers/json=body:[{\"Id\":\"12"},
     KPS_ENGINE_BAD,
     "its list of containers breaks off after 10 bytes",
     0,
     0},
    {"an empty list", {"/containers/json=body:[]"}, KPS_ENGINE_OK, NULL, 0, 0},
    {"null for an item",
     {"/containers/json=body:[null, 3, \"x\", [], {}]"},
     KPS_ENGINE_OK,
     NULL,
     0,
     0},
    {"the version is refused as plain text, as 20.10 does",
     {"/containers/json=plain:400"},
     KPS_ENGINE_BAD,
     "it answered 400: client version is too old",
     0,
     0},
    {"networks fail",
     {"/networks=status:500"},
     KPS_ENGINE_OK,
     "cannot list the networks: it answered 500",
     0,
     26},
    {"services break off",
     {"/services=body:[{\"ID\":\"x\"},"},
     KPS_ENGINE_OK,
     "the list of the swarm's services breaks off",
     0,
     26},
    {"no swarm", {"/services=status:503"}, KPS_ENGINE_OK, NULL, 0, 26},
    {"a manager without a leader",
     {"/services=status:500"},
     KPS_ENGINE_OK,
     "cannot list the swarm's services: it answered 500",
     0,
     26},
    {"connections that are closed without a word", {"*=once"}, KPS_ENGINE_OK, NULL, 0, 26},
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As `ask` does it, when what listens is known to be an engine: it gets several requests at once.
 */
static struct kps_docker_result ask_ahead(struct world *w, const struct fake_engine *engine,
                                          uint32_t timeout_ms)
{
    struct kps_fs_mem_file comm = {kps_fmt(w->arena, "/proc/%d/comm", (int)engine->pid),
                                   SV_LIT("dockerd\n")};
    struct kps_fs_mem mem = {&comm, 1};
    struct kps_fs fs = kps_fs_memory(&mem);
    struct kps_docker_options options = {.host = kps_fmt(w->arena, "unix://%s", engine->address),
                                         .timeout_ms = timeout_ms,
                                         .for_files = true};
    return kps_docker_collect(&w->ledger, &fs, &w->env, &options);
}

enum way { ONE_BY_ONE, AHEAD, OVER_TCP };

static void check_fault(const struct fault_row *row, enum way way)
{
    static const char *const names[] = {
        [ONE_BY_ONE] = "", [AHEAD] = " (asked ahead)", [OVER_TCP] = " over tcp"};
    bool tcp = way == OVER_TCP;
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-26.1", row->faults, tcp, NULL);
    uint64_t before = now_ms();
    uint32_t timeout_ms = row->timeout_ms ? row->timeout_ms : 20000;
    struct kps_docker_result result =
        way == AHEAD ? ask_ahead(&w, &engine, timeout_ms) : ask(&w, &engine, timeout_ms);
    uint64_t took = now_ms() - before;
    print_message("%s%s: %llu ms, %.*s\n", row->why, names[way], (unsigned long long)took,
                  SV_ARG(result.words));
    assert_int_equal(result.status, row->status);
    assert_int_equal(result.n_containers, row->n_containers);
    assert_int_equal(w.diag.incomplete, row->words != NULL);
    assert_int_equal(w.diag.findings.n, row->words ? 1 : 0);
    if (row->words && !tcp) {
        assert_int_equal(w.diag.findings.v[0]->rule, KPS_RULE_SCAN_INCOMPLETE);
        assert_true(has(w.diag.findings.v[0]->message, row->words));
    }
    if (row->timeout_ms) {
        /* libcurl counts in milliseconds of its own; the faults themselves go on for minutes */
        assert_true(took + 20 >= row->timeout_ms && took < row->timeout_ms + 5000);
    }
    fake_engine_stop(&engine);
    world_end(&w);
}

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(FAULTS); i++) {
        check_fault(&FAULTS[i], ONE_BY_ONE);
        check_fault(&FAULTS[i], AHEAD);
    }
}

/* The same behind tcp://, where libcurl speaks: the same status, in libcurl's words. */
static void test_faults_tcp(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(FAULTS); i++) {
        check_fault(&FAULTS[i], OVER_TCP);
    }
}

/* A container whose inspection fails is kept, and the report says what is missing. */
static void test_inspection_faults(void **state)
{
    bool ahead = *state;
    static const char made[] =
        "/containers/71c51d8278dc21622f717362c517cee7ae9518162e9c8f82667ba4e2b60c666c/json";
    static const struct {
        const char *why, *fault, *words;
    } rows[] = {
        {"it went meanwhile", "status:404", NULL},
        {"the engine fails", "status:500",
         "cannot look at the container 'made': it answered 500: something went"},
        {"a web page", "html",
         "cannot look at the container 'made': its answer is a web page, not JSON"},
        {"no container", "body:{\"State\":3}", "'made': its answer does not describe a container"},
        {"hangs up", "cut:10",
         "cannot look at the container 'made' and those after it: its answer broke off"},
        {"hangs up without a word", "once", NULL},
        {"in chunks", "chunks", NULL},
        {"without an end", "silent",
         "cannot look at the container 'made' and those after it: no answer within"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct world w;
        struct fake_engine engine;
        world_start(&w);
        const char *faults[] = {kps_fmt(w.arena, "%s=%s", made, rows[i].fault).p, NULL};
        fake_engine_start(&engine, "engines/docker-26.1", faults, 0, NULL);
        uint32_t timeout_ms = strcmp(rows[i].fault, "silent") == 0 ? 500 : 20000;
        struct kps_docker_result result =
            ahead ? ask_ahead(&w, &engine, timeout_ms) : ask(&w, &engine, timeout_ms);
        print_message("%s%s\n", rows[i].why, ahead ? " (asked ahead)" : "");
        assert_int_equal(result.status, KPS_ENGINE_OK);
        assert_int_equal(result.n_containers, 26);
        assert_int_equal(w.diag.incomplete, rows[i].words != NULL);
        assert_int_equal(w.diag.findings.n, rows[i].words ? 1 : 0);
        if (rows[i].words) {
            assert_true(has(w.diag.findings.v[0]->message, rows[i].words));
        }
        fake_engine_stop(&engine);
        world_end(&w);
    }
}

/* A service whose image alone may tell where it listens. */
static void test_images(void **state)
{
    (void)state;
    static const char site[] = "/images/site/api:3/json";
    static const struct {
        const char *why, *image, *fault, *words;
        uint32_t claims;
        bool is_asked;
    } rows[] = {
        {"two ports", "site/api:3",
         "body:{\"Config\":{\"ExposedPorts\":{\"8080/tcp\":{},\"9/udp\":{},\"x\":{}}}}", NULL, 2,
         true},
        {"none", "site/api:3", "body:{\"Config\":{\"ExposedPorts\":null}}", NULL, 0, true},
        {"no Config", "site/api:3", "body:[]", NULL, 0, true},
        {"not here yet", "site/api:3", "status:404", NULL, 0, true},
        {"the engine fails", "site/api:3", "status:500",
         "cannot look at the image 'site/api:3': it answered 500", 0, true},
        {"cut off", "site/api:3", "cut:3",
         "cannot look at the image 'site/api:3': its answer broke off", 0, true},
        {"no JSON", "site/api:3", "body:{", "cannot look at the image 'site/api:3': ", 0, true},
        {"a name that is none", "site/api:3?x=/../", "status:500", NULL, 0, false},
        {"a way out", "../site", "status:500", NULL, 0, false},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct world w;
        struct fake_engine engine;
        world_start(&w);
        const char *faults[] = {kps_fmt(w.arena, "%s=%s", site, rows[i].fault).p, NULL};
        fake_engine_start(&engine, "engines/docker-26.1", faults, 0, NULL);
        struct kps_image_ports_pending image_ports_pending = {
            .netns = kps_ledger_netns(&w.ledger, KPS_NETNS_PRIVATE, SV("shop/a")),
            .owner = kps_ledger_owner(
                &w.ledger, &(struct kps_new_owner){.cls = &kps_container_class, .name = SV("b")}),
            .copies = 1,
            .image = kps_sv_of(rows[i].image)};
        *kps_vec_push(&w.ledger.image_ports_pending) = image_ports_pending;
        print_message("%s\n", rows[i].why);
        assert_int_equal(ask(&w, &engine, 20000).status, KPS_ENGINE_OK);
        uint32_t claims = 0;
        for (uint32_t k = 0; k < w.ledger.claims.n; k++) {
            const struct kps_claim *claim = &w.ledger.claims.v[k];
            claims += claim->netns == image_ports_pending.netns &&
                      claim->owner == image_ports_pending.owner &&
                      claim->flags & KPS_CLAIM_DERIVED && claim->certainty == KPS_POSSIBLE;
        }
        assert_int_equal(claims, rows[i].claims);
        assert_int_equal(w.diag.incomplete, rows[i].words != NULL);
        if (rows[i].words) {
            assert_int_equal(w.diag.findings.n, 1);
            assert_true(has(w.diag.findings.v[0]->message, rows[i].words));
        }
        char *log = fake_engine_log(&engine);
        assert_int_equal(strstr(log, "/images/") != NULL, rows[i].is_asked);
        free(log);
        fake_engine_stop(&engine);
        world_end(&w);
    }
}

/*
 * Pipelined requests are the same as single requests, in the same order; but the lists are
 * requested before the version is known, and the services with the lists.
 */
static void test_ahead_asks_the_same(void **state)
{
    (void)state;
    static const char lists[] =
        "GET /_ping HTTP/1.1\nGET /containers/json?all=1 HTTP/1.1\nGET /services HTTP/1.1\n";
    char *logs[2];
    for (int ahead = 0; ahead < 2; ahead++) {
        struct world w;
        struct fake_engine engine;
        world_start(&w);
        fake_engine_start(&engine, "engines/docker-26.1", NULL, 0, NULL);
        struct kps_docker_result result =
            ahead ? ask_ahead(&w, &engine, 20000) : ask(&w, &engine, 20000);
        assert_int_equal(result.status, KPS_ENGINE_OK);
        assert_int_equal(w.diag.findings.n, 0);
        logs[ahead] = fake_engine_log(&engine);
        fake_engine_stop(&engine);
        world_end(&w);
    }
    assert_memory_equal(logs[1], lists, strlen(lists));
    char *rest = logs[1] + strlen(lists);
    assert_true(strncmp(rest, "GET /v1.45/containers/", strlen("GET /v1.45/containers/")) == 0);
    /* one by one, the engine that is not known to be one is asked where it is, and for the services
     * at the end */
    char *services = strstr(logs[0], "GET /v1.45/services HTTP/1.1\n");
    assert_non_null(services);
    char *next = strchr(services, '\n') + 1;
    memmove(services, next, strlen(next) + 1);
    char *info = strstr(logs[0], "GET /v1.45/info");
    assert_non_null(info);
    assert_string_equal(strchr(info, '\n') + 1, rest);
    assert_non_null(strstr(rest, "GET /v1.45/containers/71c51d8278dc"));
    free(logs[0]);
    free(logs[1]);
}

/* Services that do not come, which are asked for ahead of the rest, leave the rest as it is. */
static void test_services_hide_nothing(void **state)
{
    (void)state;
    static const char *const faults[][2] = {
        {"/services=silent"}, {"/services=close"}, {"/services=garbage"}};
    for (size_t i = 0; i < KPS_COUNT(faults); i++) {
        struct world w;
        struct fake_engine engine;
        world_start(&w);
        fake_engine_start(&engine, "engines/docker-26.1", faults[i], 0, NULL);
        struct kps_docker_result result = ask_ahead(&w, &engine, 1500);
        assert_int_equal(result.status, KPS_ENGINE_OK);
        assert_true(result.has_gaps);
        assert_int_equal(w.diag.findings.n,
                         i == 0 ? 2
                                : 1); /* when the time is over there is none left for the gateway */
        assert_true(has(w.diag.findings.v[0]->message, "cannot list the swarm's services"));
        bool has_plan = false;
        for (kps_claim_id id = 1; id <= w.ledger.claims.n; id++) {
            has_plan = has_plan || kps_ledger_get_claim(&w.ledger, id)->basis == KPS_PENDING;
        }
        assert_true(has_plan);
        fake_engine_stop(&engine);
        world_end(&w);
    }
}

/* An engine of the future, whose lists may have other names in them, is asked for those of the
 * version that is known.
 */
static void test_ahead_of_the_future(void **state)
{
    (void)state;
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    const char *options[] = {"--api", "1.99", NULL};
    fake_engine_start(&engine, "engines/docker-26.1", NULL, 0, options);
    struct kps_docker_result result = ask_ahead(&w, &engine, 20000);
    assert_int_equal(result.status, KPS_ENGINE_OK);
    assert_int_equal(result.n_containers, 26);
    char *log = fake_engine_log(&engine);
    assert_non_null(strstr(log, "GET /v1.45/containers/json?all=1"));
    free(log);
    fake_engine_stop(&engine);
    world_end(&w);
}

/* Runs `look` as a user without rights where the test runs as root. */
static void as_nobody(void (*look)(const char *path), const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 &&
            (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)) {
            _exit(2);
        }
        look(path);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void look_denied(const char *path)
{
    struct world w;
    world_start(&w);
    struct kps_docker_options options = {.host = kps_fmt(w.arena, "unix://%s", path),
                                         .timeout_ms = 1000};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &kps_fs_os, &w.env, &options);
    bool good = result.status == KPS_ENGINE_DENIED && w.diag.incomplete && w.diag.findings.n == 1 &&
                has(w.diag.findings.v[0]->message, "this user may not connect to") &&
                w.diag.findings.v[0]->n_helps == 1 &&
                has(w.diag.findings.v[0]->helps[0].text, "the group docker");
    world_end(&w);
    if (!good) {
        _exit(1);
    }
}

static void test_sockets(void **state)
{
    (void)state;
    char folder[] = P_tmpdir "/kportscan-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/docker.sock", folder);
    struct world w;
    world_start(&w);
    struct fake_engine nobody = {0};
    memcpy(nobody.address, address.sun_path, sizeof(address.sun_path));

    /* named, and not there */
    struct kps_docker_result result = ask(&w, &nobody, 1000);
    assert_int_equal(result.status, KPS_ENGINE_UNREACHABLE);
    assert_true(has(result.words, "there is no socket"));

    /* there, and nobody listens */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    result = ask(&w, &nobody, 1000);
    assert_int_equal(result.status, KPS_ENGINE_UNREACHABLE);
    assert_true(has(result.words, "nothing listens on"));

    /* listens, and never accepts: the backlog fills up */
    assert_int_equal(listen(fd, 0), 0);
    int waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(waiting, (const struct sockaddr *)&address, sizeof(address)), 0);
    uint64_t before = now_ms();
    result = ask(&w, &nobody, 300);
    assert_int_equal(result.status, KPS_ENGINE_UNREACHABLE);
    assert_true(has(result.words, "no answer within 0.3 s"));
    assert_true(now_ms() - before < 5000);

    /* not for this user */
    assert_int_equal(chmod(address.sun_path, 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    as_nobody(look_denied, address.sun_path);
    (void)close(waiting);
    (void)close(fd);
    (void)unlink(address.sun_path);
    (void)rmdir(folder);

    /* longer than a socket's path may be */
    char *path = nobody.address;
    memset(path, 'x', sizeof(nobody.address) - 1);
    path[0] = '/';
    result = ask(&w, &nobody, 1000);
    assert_int_equal(result.status, KPS_ENGINE_UNREACHABLE);
    assert_true(has(result.words, "too long"));
    world_end(&w);
}

int main(void)
{
    bool ahead = true;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_faults_tcp),
        cmocka_unit_test(test_inspection_faults),
        cmocka_unit_test_prestate(test_inspection_faults, &ahead),
        cmocka_unit_test(test_ahead_asks_the_same),
        cmocka_unit_test(test_services_hide_nothing),
        cmocka_unit_test(test_ahead_of_the_future),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
