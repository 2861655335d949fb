#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer.h"
#include "report/words.h"
#include "support/world.h"

static const struct kps_owner_class container_class = {.noun = "container"};
static const struct kps_owner_class process_class = {.noun = "process"};

static const struct kps_container_facts web = {
    .id = SV_LIT("0123456789abcdef"),
    .image = SV_LIT("nginx:1.27"),
    .state = SV_LIT("running"),
    .status = SV_LIT("Up 3 hours (healthy)"),
    .restart_policy = SV_LIT("unless-stopped"),
    .compose_project = SV_LIT("shop"),
    .compose_service = SV_LIT("web"),
    .compose_config_files = SV_LIT("/home/ana/shop/compose.yaml"),
};
static const struct kps_container_facts grafana = {.id = SV_LIT("fedcba9876543210"),
                                                   .image = SV_LIT("grafana/grafana:10"),
                                                   .state = SV_LIT("exited"),
                                                   .status = SV_LIT("Exited (0) 6 days ago"),
                                                   .restart_policy = SV_LIT("no")};
static const struct kps_process_facts proxy = {.pid = 13861, .name = SV_LIT("docker-proxy")};
static const struct kps_ancestor parents[] = {{4700, SV_LIT("npm run dev")},
                                              {4501, SV_LIT("bash")}};
static const struct kps_process_facts node = {.pid = 4711,
                                              .name = SV_LIT("no\x1b[31mde"),
                                              .cmdline = SV_LIT("node server.js"),
                                              .user = SV_LIT("ana"),
                                              .cwd = SV_LIT("/home/ana/api"),
                                              .terminal = SV_LIT("pts/3"),
                                              .is_foreground = true,
                                              .started = 1000000,
                                              .parents = parents,
                                              .n_parents = 2};

static kps_owner_id add_owner(struct world *world, enum kps_owner_kind kind, const char *name,
                              const char *key, const char *stands_for, const void *facts)
{
    struct kps_owner_ties *ties = KPS_NEW(world->ledger.diag->arena, struct kps_owner_ties);
    ties->key = kps_sv_of(key);
    ties->stands_for = kps_sv_of(stands_for);
    return kps_ledger_owner(
        &world->ledger, &(struct kps_new_owner){
                            .cls = kind == KPS_OWNER_CONTAINER ? &container_class : &process_class,
                            .kind = kind,
                            .name = kps_sv_of(name),
                            .ties = ties,
                            .facts = facts});
}

static void add_claim(struct world *world, kps_owner_id owner, const char *address, uint16_t port,
                      uint16_t target, enum kps_basis basis)
{
    struct kps_addr addr = {.kind = KPS_ADDR_EVERY};
    (void)kps_addr_parse(kps_sv_of(address), &addr);
    (void)kps_ledger_claim(
        &world->ledger,
        &(struct kps_claim){.netns = kps_ledger_netns(&world->ledger, KPS_NETNS_HOST, SV("")),
                            .owner = owner,
                            .addr = addr,
                            .first = port,
                            .last = port,
                            .take = 1,
                            .target_first = target,
                            .target_last = target,
                            .protocol = KPS_TCP,
                            .basis = (uint8_t)basis,
                            .certainty = KPS_CERTAIN,
                            .copies = 1});
}

/* A container with its docker-proxy on 3000, a stopped one that wants it too, a process on
 * 127.0.0.1:4000. */
static struct world *make_world(void)
{
    struct world *world = world_new();
    kps_owner_id shop = add_owner(world, KPS_OWNER_CONTAINER, "shop-web-1", "c:web", "", &web);
    add_claim(world, shop, "", 3000, 80, KPS_BOUND);
    add_claim(world, add_owner(world, KPS_OWNER_CONTAINER, "old-grafana", "c:old", "", &grafana),
              "", 3000, 3000, KPS_PENDING);
    add_claim(world, add_owner(world, KPS_OWNER_PROCESS, "docker-proxy", "", "c:web", &proxy),
              "0.0.0.0", 3000, 0, KPS_BOUND);
    add_claim(world, add_owner(world, KPS_OWNER_PROCESS, "node", "", "", &node), "127.0.0.1", 4000,
              0, KPS_BOUND);
    kps_ledger_link(&world->ledger);
    return world;
}

/* Return: what `render` writes about all holdings; release with free. */
static char *answer(struct world *world, kps_render *render, struct kps_query query, unsigned width)
{
    struct kps_port_uses all = kps_port_uses_of(&world->ledger, world->arena);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    query.holdings = all.v;
    query.n_holdings = all.n;
    query.now = 1000000 + 2 * 3600;
    struct kps_report report = {.ledger = &world->ledger, .mode = "ports", .query = &query};
    render(&report, &(struct kps_style){.width = width, .columns = width}, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(kps_render *render, const char *question, const char *expected)
{
    struct world *world = make_world();
    uint16_t port = (uint16_t)strtoul(question, NULL, 10);
    struct kps_question asked = {.words = kps_sv_of(question),
                                 .ports = {.first = port, .last = port}};
    static const uint16_t near[] = {3001, 3003};
    struct kps_query query = {.questions = &asked,
                              .n_questions = port != 0,
                              .free_nearby = near,
                              .n_free_nearby = port == 3000 ? 2 : 0,
                              .asked_engine = true,
                              .asked_sockets = true};
    char *text = answer(world, render, query, 80);
    assert_string_equal(text, expected);
    free(text);
    world_free(world);
}

static void test_a_container_comes_before_its_proxy(void **state)
{
    (void)state;
    expect(kps_answer_blocks, "3000",
           "3000/tcp is published by container shop-web-1; 1 stopped container wants it too\n"
           "\n"
           "  shop-web-1  Up 3 hours (healthy)\n"
           "    publishes     every address, to port 80 inside\n"
           "    image         nginx:1.27\n"
           "    compose       project shop, service web\n"
           "    file          /home/ana/shop/compose.yaml\n"
           "    restarts      restart policy 'unless-stopped': once stopped by hand it stays\n"
           "                  down, also after a reboot\n"
           "    socket        docker-proxy (pid 13861), which is what ss shows\n"
           "    to free it    docker compose -p shop stop web\n"
           "                  stops service 'web' of project 'shop'\n"
           "\n"
           "  old-grafana  Exited (0) 6 days ago\n"
           "    will publish  every address, to port 3000 inside\n"
           "    image         grafana/grafana:10\n"
           "    to free it    leave it stopped, or give it another port\n"
           "                  docker rm old-grafana\n"
           "                  removes it, with everything written inside: only if nobody\n"
           "                  needs it\n"
           "\n"
           "  free near       3001 3003\n");
}

/* A name server holds tcp and udp; another process has the tcp port at another address. */
static void test_both_protocols_are_one_block(void **state)
{
    (void)state;
    struct world *world = world_new();
    static const struct kps_process_facts server = {.pid = 812, .name = SV_LIT("dnsmasq")};
    kps_owner_id owner = add_owner(world, KPS_OWNER_PROCESS, "dnsmasq", "", "", &server);
    add_claim(world, owner, "127.0.0.1", 53, 0, KPS_BOUND);
    add_claim(world, owner, "127.0.0.1", 53, 0, KPS_BOUND);
    world->ledger.claims.v[world->ledger.claims.n - 1].protocol = KPS_UDP;
    add_claim(world, add_owner(world, KPS_OWNER_PROCESS, "node", "", "", &node), "127.0.0.2", 53, 0,
              KPS_BOUND);
    kps_ledger_link(&world->ledger);
    struct kps_question asked = {.words = SV("53"), .ports = {.first = 53, .last = 53}};
    struct kps_query query = {
        .questions = &asked, .n_questions = 1, .asked_engine = true, .asked_sockets = true};
    char *text = answer(world, kps_answer_blocks, query, 80);
    struct kps_sv all = kps_sv_of(text);
    assert_true(kps_sv_starts(all, SV("53/tcp and 53/udp have 2 holders\n\n")));
    assert_true(kps_sv_search(all, SV("  dnsmasq (pid 812)\n"
                                      "    listens on    127.0.0.1:53 (tcp and udp)\n")) < all.n);
    size_t first = kps_sv_search(all, SV("dnsmasq (pid 812)"));
    struct kps_sv rest = kps_sv_from(all, first + 1);
    assert_int_equal(kps_sv_search(rest, SV("dnsmasq (pid 812)")), rest.n);
    free(text);
    world_free(world);
}

static void test_a_process_is_told_with_where_it_comes_from(void **state)
{
    (void)state;
    expect(kps_answer_blocks, "4000",
           "4000/tcp is held by no\\x1b[31mde (pid 4711)\n"
           "\n"
           "  no\\x1b[31mde (pid 4711)\n"
           "    listens on    127.0.0.1:4000\n"
           "    command       node server.js\n"
           "    folder        /home/ana/api\n"
           "    user          ana\n"
           "    running for   2 hours, since 1970-01-12 13:46\n"
           "    started by    npm run dev (4700) < bash (4501), terminal pts/3\n"
           "    to free it    kill 4711\n"
           "                  ends the process, which can clean up first; or press Ctrl-C in\n"
           "                  terminal pts/3\n"
           "\n");
}

static void test_a_free_port(void **state)
{
    (void)state;
    expect(kps_answer_blocks, "5000",
           "5000 is free: no container publishes it and nothing listens on it\n");
}

static void test_the_table(void **state)
{
    (void)state;
    expect(kps_report_table, "",
           "  PORT → IN    ADDRESS    OWNER                    WHERE                STATE\n"
           "  3000 → 80    *          shop-web-1               shop/web             up\n"
           "  3000 → 3000  *          old-grafana              image grafan…ana:10  exited !\n"
           "  4000         127.0.0.1  no\\x1b[31mde (pid 4711)  user ana             listens\n"
           "2 ports held, 1 more wanted by stopped containers; all tcp\n"
           "! cannot start: 'kportscan 3000' names the holder of its port\n");
}

static void test_the_lines(void **state)
{
    (void)state;
    expect(kps_answer_lines, "",
           "3000/tcp * held container shop-web-1 (shop/web) up\n"
           "3000/tcp * plan container old-grafana (image grafana/grafana:10) exited !\n"
           "4000/tcp 127.0.0.1 held no\\x1b[31mde (pid 4711) (user ana) listens\n");
}

static void test_ages(void **state)
{
    static const struct {
        int64_t age;
        const char *words;
    } ages[] = {{0, "0 seconds"},        {1, "1 second"},          {59, "59 seconds"},
                {60, "1 minute"},        {7199, "1 hour"},         {86400, "1 day"},
                {59 * 86400, "59 days"}, {60 * 86400, "2 months"}, {800 * 86400, "2 years"}};
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(ages); i++) {
        assert_string_equal(kps_cstr(arena, kps_words_age(arena, 1000, 1000 + ages[i].age)),
                            ages[i].words);
    }
    assert_int_equal(kps_words_age(arena, 0, 1000).n, 0);
    assert_int_equal(kps_words_age(arena, 1001, 1000).n, 0);
    kps_arena_free(arena);
}

int main(void)
{
    (void)setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_container_comes_before_its_proxy),
        cmocka_unit_test(test_both_protocols_are_one_block),
        cmocka_unit_test(test_a_process_is_told_with_where_it_comes_from),
        cmocka_unit_test(test_a_free_port),
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_the_lines),
        cmocka_unit_test(test_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
