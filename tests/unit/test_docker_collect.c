#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/dump.h"
#include "support/engine_world.h"

static const struct kps_owner *owner_named(const struct world *w, const char *name)
{
    for (uint32_t i = 0; i < w->ledger.owners.n; i++) {
        if (kps_sv_eq(kps_owner_name(&w->ledger.owners.v[i]), kps_sv_of(name))) {
            return &w->ledger.owners.v[i];
        }
    }
    fail_msg("there is no owner '%s'", name);
    return NULL;
}

/* The output of `docker ps` and `docker inspect` of the two engines when their answers were
 * recorded (engines/README). */
static const char RECORDED[] = "swarm service auto held likely *:30000->80/tcp\n"
                               "swarm service ing held likely *:23000->80/tcp\n"
                               "container any held certain *:32768->80/tcp\n"
                               "container any held certain *:32768->443/udp\n"
                               "container crash plan certain *:6101->80/tcp\n"
                               "container dead plan possible *:8080->80/tcp\n"
                               "container hm.1 held certain *:23001->80/tcp\n"
                               "container hov.1 held certain *:23010->80/tcp\n"
                               "container hostmade plan possible *:443->443/udp guess\n"
                               "container hostmade plan possible *:80->80/tcp guess\n"
                               "container hostnet held likely *:443->443/udp guess\n"
                               "container hostnet held likely *:80->80/tcp guess\n"
                               "container lo held certain 127.0.0.1:7001->7001/tcp\n"
                               "container loop plan likely *:6100->80/tcp\n"
                               "container lostop plan possible 127.0.0.1:7002->7002/tcp\n"
                               "container made plan likely [::1]:8443->443/tcp\n"
                               "container made plan likely *:8100-8110(1)->80/tcp\n"
                               "container made plan likely 127.0.0.1:any->99/tcp\n"
                               "container oddhost plan possible *:6300->80/tcp\n"
                               "container pall plan possible *:any->443/udp\n"
                               "container pall plan possible *:any->80/tcp\n"
                               "container pause held certain *:3100->80/tcp\n"
                               "container plain held certain *:8080->80/tcp\n"
                               "container plain held certain 127.0.0.1:9000-9002->9000-9002/udp\n"
                               "container shop-db-1 held certain *:32769->5432/tcp\n"
                               "container shop-db-run held certain *:3001->3000/tcp\n"
                               "container shop-web-1 held certain *:3000->3000/tcp\n"
                               "container shop-web-1 held certain 127.0.0.1:3443->443/udp\n"
                               "container six held certain [::1]:6000->6000/tcp\n"
                               "container six held certain *:6001->6001/udp\n"
                               "container stopped plan likely *:6200->6200/tcp\n"
                               "container stopped plan likely *:6201->6201/tcp\n";

static int by_text(const void *left, const void *right)
{
    return kps_sv_cmp(*(const struct kps_sv *)left, *(const struct kps_sv *)right);
}

/* The lines, sorted; names that an engine makes up ("hm.1.5hipd…", "shop-db-run-ce5e…") cut. */
static struct kps_sv normal(struct kps_arena *arena, struct kps_sv text)
{
    enum { MOST = 256 };
    static const char *const random_names[] = {"hm.1", "hov.1", "shop-db-run"};
    struct kps_sv *lines = KPS_NEW_N(arena, struct kps_sv, MOST);
    size_t n = 0;
    for (; text.n && n < MOST; text = kps_sv_from(text, kps_sv_find(text, '\n') + 1)) {
        struct kps_sv line = kps_sv_slice(text, 0, kps_sv_find(text, '\n'));
        for (size_t i = 0; i < KPS_COUNT(random_names); i++) {
            size_t at = kps_sv_search(line, kps_sv_of(random_names[i]));
            if (at < line.n) {
                struct kps_sv rest = kps_sv_from(line, at + strlen(random_names[i]));
                rest = kps_sv_from(rest, kps_sv_find(rest, ' '));
                line = kps_fmt(arena, "%.*s%s%.*s", (int)at, line.p, random_names[i], SV_ARG(rest));
            }
        }
        lines[n++] = line;
    }
    qsort(lines, n, sizeof(*lines), by_text);
    struct kps_sv all = SV("");
    for (size_t i = 0; i < n; i++) {
        all = kps_fmt(arena, "%.*s%.*s\n", SV_ARG(all), SV_ARG(lines[i]));
    }
    return all;
}

static void test_recorded(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *version, *api;
    } rows[] = {{"engines/docker-20.10", "20.10.24+dfsg1", "1.41"},
                {"engines/docker-26.1", "26.1.5+dfsg1", "1.45"}};
    static const char *const chunked[] = {"*=chunks", NULL};
    for (size_t i = 0; i < 2 * KPS_COUNT(rows); i++) {
        struct world w;
        struct fake_engine engine;
        world_start(&w);
        fake_engine_start(&engine, rows[i / 2].folder, i % 2 ? chunked : NULL, 0, NULL);
        struct kps_docker_result result = ask(&w, &engine, 10000);
        assert_int_equal(result.status, KPS_ENGINE_OK);
        assert_true(kps_sv_eq(result.version, kps_sv_of(rows[i / 2].version)));
        assert_true(kps_sv_eq(result.api_version, kps_sv_of(rows[i / 2].api)));
        assert_int_equal(result.elsewhere, true); /* the recordings' /info names another host */
        assert_string_equal(normal(w.arena, dump_claims(w.arena, &w.ledger)).p,
                            normal(w.arena, kps_sv_of(RECORDED)).p);
        assert_int_equal(w.diag.findings.n, 0);
        assert_false(w.diag.incomplete);
        fake_engine_stop(&engine);
        world_end(&w);
    }
}

/* Podman's list says less than Docker's, so each container is looked at; -p without an address is
 * IPv4 there. */
static void test_podman(void **state)
{
    (void)state;
    static const char wanted[] =
        "container made plan likely 0.0.0.0:8100->80/tcp\n"
        "container made plan likely 127.0.0.1:40069->81/tcp\n" /* chosen when it was made */
        "container paused held certain [::1]:8300->80/tcp\n"
        "container plain held certain 0.0.0.0:8080->80/tcp\n"
        "container plain held certain 127.0.0.1:9000-9001->9000-9001/udp\n"
        "container shop-web-1 held certain 0.0.0.0:3000->3000/tcp\n"
        "container shop-web-1 held certain 0.0.0.0:7000-7003->7000-7003/tcp\n"
        "container stopped plan possible 0.0.0.0:8200->80/tcp\n";
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/podman-4.3", NULL, 0, NULL);
    struct kps_docker_result result = ask(&w, &engine, 10000);
    assert_int_equal(result.status, KPS_ENGINE_OK);
    assert_true(result.podman);
    assert_true(kps_sv_eq(result.version, SV("4.3.1")));
    assert_int_equal(result.n_containers, 8);
    assert_string_equal(normal(w.arena, dump_claims(w.arena, &w.ledger)).p,
                        normal(w.arena, kps_sv_of(wanted)).p);
    const struct kps_container_facts *facts = owner_named(&w, "joiner")->facts;
    assert_true(kps_sv_starts(facts->network_mode, SV("container:")));
    assert_int_equal(w.diag.findings.n, 0);
    char *log = fake_engine_log(&engine);
    assert_null(strstr(log, "/services"));
    assert_null(strstr(log, "/networks"));
    free(log);
    fake_engine_stop(&engine);
    world_end(&w);
}

/* Few requests, none but GET, each below the engine's own version of the API. */
static void test_requests(void **state)
{
    (void)state;
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-26.1", NULL, 0, NULL);
    (void)ask(&w, &engine, 10000);
    char *log = fake_engine_log(&engine);
    size_t lines = 0, inspections = 0;
    for (const char *line = log; *line; line = strchr(line, '\n') + 1) {
        assert_true(strncmp(line, "GET /", 5) == 0);
        assert_true(strncmp(line, "GET /_ping ", 11) == 0 || strncmp(line, "GET /v1.45/", 11) == 0);
        inspections += strncmp(line, "GET /v1.45/containers/", 22) == 0;
        lines++;
    }
    /* the list; ten that are not running, and one on the host's network */
    assert_int_equal(inspections, 11);
    assert_int_equal(lines, inspections + 5); /* ping, info, networks, services, docker_gwbridge */
    free(log);
    fake_engine_stop(&engine);
    world_end(&w);
}

static void test_facts(void **state)
{
    (void)state;
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-26.1", NULL, 0, NULL);
    (void)ask(&w, &engine, 10000);
    const struct kps_owner *web = owner_named(&w, "shop-web-1");
    const struct kps_container_facts *facts = web->facts;
    assert_int_equal(web->kind, KPS_OWNER_CONTAINER);
    assert_true(kps_sv_eq(kps_owner_group(web), SV("shop")));
    assert_true(kps_sv_eq(web->ties->stands_for, SV("compose:shop/web")));
    assert_int_equal(facts->id.n, 64);
    assert_true(kps_sv_eq(web->ties->key, kps_fmt(w.arena, "container:%.*s", SV_ARG(facts->id))));
    assert_true(kps_sv_eq(facts->image, SV("sl:1")));
    assert_true(kps_sv_eq(facts->state, SV("running")));
    assert_true(kps_sv_eq(facts->compose_working_dir, SV("/srv/shop")));
    assert_true(kps_sv_eq(facts->compose_config_files, SV("/srv/shop/compose.yaml")));
    assert_int_equal(facts->compose_number, 1);
    assert_false(facts->compose_oneoff);
    assert_int_equal(facts->restart_policy.n, 0); /* not asked */
    facts = owner_named(&w, "shop-db-1")->facts;
    assert_true(kps_sv_eq(facts->health, SV("unhealthy")));
    facts = owner_named(&w, "stopped")->facts;
    assert_true(kps_sv_eq(facts->restart_policy, SV("always")));
    assert_true(kps_sv_starts(facts->since, SV("2026-")));
    facts = owner_named(&w, "made")->facts;
    assert_int_equal(facts->since.n, 0); /* never started: the engine says 0001-01-01 */
    facts = owner_named(&w, "joiner")->facts;
    assert_true(kps_sv_starts(facts->network_mode, SV("container:")));
    for (uint32_t i = 0; i < w.ledger.owners.n; i++) {
        const struct kps_owner *owner = &w.ledger.owners.v[i];
        if (kps_sv_starts(kps_owner_name(owner), SV("shop-db-run"))) {
            facts = owner->facts;
            assert_true(facts->compose_oneoff);
            assert_int_equal(owner->ties->stands_for.n,
                             0); /* `up` leaves it alone, so it is a tenant of its own */
        }
    }
    fake_engine_stop(&engine);
    world_end(&w);
}

/* A filter of ports makes those who publish one of them known more closely. */
static void test_filter(void **state)
{
    (void)state;
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-20.10", NULL, 0, NULL);
    struct kps_ports ports = {.first = 8080, .last = 8080, .protocol = KPS_TCP};
    struct kps_docker_options options = {.host = kps_fmt(w.arena, "unix://%s", engine.address),
                                         .timeout_ms = 10000,
                                         .ports = &ports,
                                         .n_ports = 1,
                                         .sockets_known = true};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &kps_fs_os, &w.env, &options);
    const struct kps_container_facts *facts = owner_named(&w, "plain")->facts;
    assert_true(kps_sv_eq(facts->restart_policy, SV("unless-stopped")));
    assert_true(kps_sv_starts(facts->since, SV("2026-")));
    assert_true(facts->pid > 0);
    facts = owner_named(&w, "pause")->facts;
    assert_int_equal(facts->restart_policy.n, 0);
    /* No files are checked and the engine is not here: its ports are in a namespace of their own.
     */
    const struct kps_netns *netns = kps_ledger_get_netns(&w.ledger, result.netns);
    assert_int_equal(netns->kind, KPS_NETNS_PRIVATE);
    assert_true(kps_sv_eq(netns->name, result.endpoint));
    fake_engine_stop(&engine);
    world_end(&w);
}

static kps_owner_id process(struct world *w, const char *stands_for)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    struct kps_owner_ties *ties = KPS_NEW(w->arena, struct kps_owner_ties);
    ties->stands_for = kps_sv_of(stands_for);
    return kps_ledger_owner(
        &w->ledger, &(struct kps_new_owner){
                        .cls = &cls, .kind = KPS_OWNER_PROCESS, .name = SV("p"), .ties = ties});
}

/* Whoever holds a container's port by one of its keys is the container's tenant, and that is the
 * service. */
static void test_links(void **state)
{
    (void)state;
    static const struct {
        const char *why, *stands_for, *tenant;
    } rows[] = {
        {"docker-proxy, by the container's address", "docker-proxy:tcp/172.22.0.3:3000", "web"},
        {"docker-proxy of another container", "docker-proxy:tcp/172.17.0.2:80", "plain"},
        {"docker-proxy of a range", "docker-proxy:udp/172.17.0.2:9002", "plain"},
        {"docker-proxy of an IPv6 network", "docker-proxy:udp/fd00:5::2:6001", "six"},
        {"dockerd itself, without an address", "docker-port:tcp/0.0.0.0:3000", "web"},
        {"dockerd itself, the other family", "docker-port:tcp/:::3000", "web"},
        {"dockerd itself, one address", "docker-port:udp/127.0.0.1:9001", "plain"},
        {"docker-proxy of a task in an overlay network", "docker-proxy:tcp/172.23.0.5:80", "hov"},
        {"dockerd, for a swarm's ingress", "docker-port:tcp/0.0.0.0:23000", "ing"},
        {"another protocol", "docker-port:udp/0.0.0.0:3000", NULL},
        {"an address that no running container has", "docker-proxy:tcp/172.17.0.99:80", NULL},
    };
    struct world w;
    struct fake_engine engine;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-26.1", NULL, 0, NULL);
    static const struct kps_owner_class cls = {.noun = "service"};
    const struct kps_owner_ties web = {.key = SV("compose:shop/web")};
    (void)kps_ledger_owner(&w.ledger,
                           &(struct kps_new_owner){.cls = &cls, .name = SV("web"), .ties = &web});
    (void)ask(&w, &engine, 10000);
    kps_owner_id first = process(&w, rows[0].stands_for);
    for (size_t i = 1; i < KPS_COUNT(rows); i++) {
        (void)process(&w, rows[i].stands_for);
    }
    kps_ledger_link(&w.ledger);
    for (uint32_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct kps_owner *owner = kps_ledger_get_owner(&w.ledger, first + i);
        const struct kps_owner *tenant = kps_ledger_get_owner(&w.ledger, owner->tenant);
        struct kps_sv wanted = kps_sv_of(rows[i].tenant ? rows[i].tenant : "p");
        if (!kps_sv_eq(kps_owner_name(tenant), wanted)) {
            print_error("%s: '%.*s'\n", rows[i].why, SV_ARG(kps_owner_name(tenant)));
        }
        assert_true(kps_sv_eq(kps_owner_name(tenant), wanted));
    }
    fake_engine_stop(&engine);
    world_end(&w);
}

/* Several engines at usual places: the first that answers counts; what is stale is passed over,
 * what is denied is said.
 */
static void test_probing(void **state)
{
    (void)state;
    char runtime[] = P_tmpdir "/kportscan-test-XXXXXX";
    assert_non_null(mkdtemp(runtime));
    struct fake_engine engine;
    struct world w;
    world_start(&w);
    fake_engine_start(&engine, "engines/docker-20.10", NULL, 0, NULL);
    char stale[96], podman[128], folder[96];
    (void)snprintf(stale, sizeof(stale), "%s/docker.sock", runtime);
    (void)snprintf(folder, sizeof(folder), "%s/podman", runtime);
    (void)snprintf(podman, sizeof(podman), "%s/podman.sock", folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(symlink(engine.address, podman), 0);
    FILE *file = fopen(stale, "we");
    assert_non_null(file);
    (void)fclose(file);
    struct kps_sv set = kps_fmt(w.arena, "XDG_RUNTIME_DIR=%s", runtime);
    char *variables[] = {kps_alloc(w.arena, set.n + 1), NULL};
    memcpy(variables[0], set.p, set.n);
    w.env = kps_env_of(w.arena, variables);
    /* a world in which this machine's own sockets are not to be seen */
    struct kps_sv comm = kps_fmt(w.arena, "/proc/%d/comm", (int)engine.pid);
    struct kps_fs_mem_file files[] = {{kps_sv_of(stale), SV_LIT("")},
                                      {kps_sv_of(podman), SV_LIT("")},
                                      {comm, SV_LIT("dockerd\n")}};
    struct kps_fs_mem mem = {files, KPS_COUNT(files)};
    struct kps_fs fs = kps_fs_memory(&mem);
    struct kps_docker_options options = {.timeout_ms = 10000};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &fs, &w.env, &options);
    assert_int_equal(result.status, KPS_ENGINE_OK);
    assert_true(kps_sv_ends(result.endpoint, SV("podman.sock")));
    assert_int_equal(w.diag.findings.n, 0);
    assert_false(result.elsewhere);
    assert_int_equal(kps_ledger_get_netns(&w.ledger, result.netns)->kind, KPS_NETNS_HOST);

    /* the listener is no engine, and forwards to another host (the recording's /info) */
    files[2].content = SV("ssh\n");
    result = kps_docker_collect(&w.ledger, &fs, &w.env, &options);
    assert_int_equal(result.status, KPS_ENGINE_OK);
    assert_true(result.elsewhere);
    assert_int_equal(kps_ledger_get_netns(&w.ledger, result.netns)->kind, KPS_NETNS_PRIVATE);

    mem.n = 0;
    result = kps_docker_collect(&w.ledger, &fs, &w.env, &options);
    assert_int_equal(result.status, KPS_ENGINE_ABSENT);
    assert_true(has(result.words, "there is no container engine"));
    assert_int_equal(w.diag.findings.n, 0);
    assert_false(w.diag.incomplete);
    (void)unlink(stale);
    (void)unlink(podman);
    (void)rmdir(folder);
    (void)rmdir(runtime);
    fake_engine_stop(&engine);
    world_end(&w);
}

static void test_joined(void **state)
{
    (void)state;
    static const char id[] = "71c51d8278dc21622f717362c517cee7ae9518162e9c8f82667ba4e2b60c666c";
    static const struct {
        const char *joined, *name, *project, *service;
        uint32_t number;
        bool oneoff, is_it;
    } rows[] = {
        {"vpn", "vpn", "", "", 0, false, true},
        {"vpn", "vpn2", "", "", 0, false, false},
        {"vpn", "/vpn", "", "", 0, false, false},
        {"71c51d8278dc", "vpn", "", "", 0, false, true},
        {"71c51d8278d", "vpn", "", "", 0, false, false},
        {"81c51d8278dc", "vpn", "", "", 0, false, false},
        {"compose:shop/vpn", "shop-vpn-1", "shop", "vpn", 1, false, true},
        {"compose:shop/vpn", "shop-vpn-2", "shop", "vpn", 2, false, false},
        {"compose:shop/vpn", "shop-vpn-run", "shop", "vpn", 1, true, false},
        {"compose:shop/vpn", "shop-vpn-1", "shop", "vp", 1, false, false},
        {"compose:shop/vpn", "shop-vpn-1", "sho", "p/vpn", 1, false, false},
        {"compose:shop/vpn", "shop-vpn-1", "shop/vpn", "", 1, false, false},
        {"compose:shop/vpn", "compose:shop/vpn", "", "", 0, false, false},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_engine_container container = {.id = kps_sv_of(id),
                                                 .name = kps_sv_of(rows[i].name),
                                                 .project = kps_sv_of(rows[i].project),
                                                 .service = kps_sv_of(rows[i].service),
                                                 .number = rows[i].number,
                                                 .oneoff = rows[i].oneoff};
        struct kps_shared_netns joined = {.container = kps_sv_of(rows[i].joined)};
        print_message("%s: %s\n", rows[i].joined, rows[i].name);
        assert_int_equal(kps_engine_shares_netns(&container, &joined), rows[i].is_it);
    }
}

/* A wrong address is a mistake of the user, and no program is started for it. */
static void test_invalid(void **state)
{
    (void)state;
    struct world w;
    world_start(&w);
    struct kps_docker_options options = {.host = SV("ssh://-oProxyCommand=touch@box")};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &kps_fs_os, &w.env, &options);
    assert_true(result.is_invalid && result.is_remote && result.elsewhere);
    assert_int_equal(w.diag.findings.v[0]->severity, KPS_ERROR);
    assert_int_equal(w.diag.findings.v[0]->rule, KPS_RULE_SCAN_INCOMPLETE);
    world_end(&w);
}

static void test_not_supported(void **state)
{
    (void)state;
    struct world w;
    world_start(&w);
    struct kps_docker_options options = {.host = SV("npipe:////./pipe/docker_engine")};
    struct kps_docker_result result = kps_docker_collect(&w.ledger, &kps_fs_os, &w.env, &options);
    assert_int_equal(result.status, KPS_ENGINE_UNREACHABLE);
    assert_true(w.diag.incomplete);
    assert_int_equal(w.diag.findings.n, 1);
    assert_true(has(w.diag.findings.v[0]->message, "is not supported: it is a pipe"));
    assert_true(has(w.diag.findings.v[0]->helps[0].text, "WSL 2"));
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),      cmocka_unit_test(test_podman),
        cmocka_unit_test(test_requests),      cmocka_unit_test(test_facts),
        cmocka_unit_test(test_filter),        cmocka_unit_test(test_links),
        cmocka_unit_test(test_probing),       cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_not_supported), cmocka_unit_test(test_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
