#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json_sieve.h"
#include "base/limits.h"
#include "docker/engine_json.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define RUNNING "{\"Id\":\"" ID "\",\"State\":\"running\",\"Names\":[\"/web\"]"
#define PORTS(list) "[" RUNNING ",\"Ports\":[" list "]}]"
#define PORT(ip, host, inside)                                                                     \
    "{\"IP\":" ip ",\"PublicPort\":" host ",\"PrivatePort\":" inside ",\"Type\":\"tcp\"}"
#define NOW(rest) "[" RUNNING "," rest "}]"

static void add_address(struct kps_buf *out, const struct kps_addr *addr)
{
    struct kps_sv text = kps_addr_format(out->arena, addr);
    kps_buf_fmt(out, "%.*s ", SV_ARG(text.n ? text : SV("*")));
}

/* "web [running] *:80->80/tcp …" */
static struct kps_sv describe(struct kps_arena *arena,
                              const struct kps_engine_containers *containers)
{
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < containers->list.n; i++) {
        const struct kps_engine_container *c = &containers->list.v[i];
        kps_buf_fmt(&out, "%s%.*s", i ? " | " : "", SV_ARG(c->name));
        for (uint32_t k = 0; k < c->ports.n; k++) {
            const struct kps_engine_port *p = &c->ports.v[k];
            kps_buf_add(&out, SV(" "));
            add_address(&out, &p->addr);
            kps_buf_fmt(&out, "%u->%u", p->published, p->target);
            if (p->width > 1) {
                kps_buf_fmt(&out, " x%u", p->width);
            }
            kps_buf_fmt(&out, p->protocol == KPS_TCP ? "%s" : "/%s",
                        p->protocol == KPS_TCP ? "" : "udp");
        }
    }
    return kps_buf_sv(&out);
}

static const struct row {
    const char *why, *json, *wanted;
    const char *fault; /* in the words; NULL: none */
} LISTS[] = {
    {"empty", "[]", "", NULL},
    {"blanks", " \n[ \r\n\t] \n", "", NULL},
    {"one", "[" RUNNING "}]", "web", NULL},
    {"two", "[" RUNNING "} , " RUNNING "}]", "web | web", NULL},
    {"no name", "[{\"Id\":\"" ID "\"}]", "0123456789ab", NULL},
    {"names of another type", "[{\"Id\":\"" ID "\",\"Names\":{\"a\":1}}]", "0123456789ab", NULL},
    {"a name of another type", "[{\"Id\":\"" ID "\",\"Names\":[3,null,\"/b\"]}]", "b", NULL},
    {"the name that is not a link's", "[{\"Id\":\"" ID "\",\"Names\":[\"/a/b\",\"/c\"]}]", "c",
     NULL},
    {"an escaped name", "[{\"Id\":\"" ID "\",\"Names\":[\"/a\\u001b\\u0000\\n\"]}]", "a\x1b", NULL},
    {"no id is no container", "[{\"Names\":[\"/a\"]}]", "", NULL},
    {"an id that would change a path",
     "[{\"Id\":\"../../secrets/0123456789abcdef0123456789abcdef0123456789abcdef0123\"}]", "", NULL},
    {"a short id", "[{\"Id\":\"0123\"}]", "", NULL},
    {"items of other types", "[1, \"x\", null, [], true, 1.5e3, " RUNNING "}]", "web", NULL},

    {"a port", PORTS(PORT("\"127.0.0.1\"", "8080", "80")), "web 127.0.0.1 8080->80", NULL},
    {"both families are one entry",
     PORTS(PORT("\"0.0.0.0\"", "8080", "80") "," PORT("\"::\"", "8080", "80")), "web * 8080->80",
     NULL},
    {"in any order", PORTS(PORT("\"::\"", "8080", "80") "," PORT("\"0.0.0.0\"", "8080", "80")),
     "web * 8080->80", NULL},
    {"other ports in the other family",
     PORTS(PORT("\"0.0.0.0\"", "24001", "80") "," PORT("\"::\"", "24000", "80")),
     "web 0.0.0.0 24001->80 :: 24000->80", NULL},
    {"several, of both families",
     PORTS(PORT("\"::\"", "3", "30") "," PORT("\"0.0.0.0\"", "1", "10") "," PORT(
         "\"0.0.0.0\"", "3", "30") "," PORT("\"::\"", "1", "10")),
     "web * 1->10 * 3->30", NULL},
    {"one family more than the other",
     PORTS(PORT("\"0.0.0.0\"", "1", "10") "," PORT("\"0.0.0.0\"", "3", "30") "," PORT(
         "\"::\"", "5", "50") "," PORT("\"::\"", "3", "30")),
     "web 0.0.0.0 1->10 * 3->30 :: 5->50", NULL},
    {"neighbours are a range",
     PORTS(PORT("\"\"", "82", "12") "," PORT("\"\"", "80", "10") "," PORT("\"\"", "81", "11")),
     "web * 80->10 x3", NULL},
    {"neighbours outside only", PORTS(PORT("\"\"", "80", "10") "," PORT("\"\"", "81", "10")),
     "web * 80->10 * 81->10", NULL},
    {"said twice", PORTS(PORT("\"\"", "80", "10") "," PORT("\"\"", "80", "10")), "web * 80->10",
     NULL},
    {"one host port for two targets", PORTS(PORT("\"\"", "80", "10") "," PORT("\"\"", "80", "11")),
     "web * 80->10 * 80->11", NULL},
    {"no address", PORTS("{\"PublicPort\":1,\"PrivatePort\":2,\"Type\":\"udp\"}"), "web * 1->2/udp",
     NULL},
    {"an address that is none", PORTS(PORT("\"localhost\"", "1", "2")), "web * 1->2", NULL},
    {"an address of another type", PORTS(PORT("7", "1", "2")), "web * 1->2", NULL},
    {"exposed only", PORTS("{\"PrivatePort\":80,\"Type\":\"tcp\"}"), "web", NULL},
    {"no type is tcp", PORTS("{\"PublicPort\":1,\"PrivatePort\":2}"), "web * 1->2", NULL},
    {"an unknown type", PORTS("{\"PublicPort\":1,\"PrivatePort\":2,\"Type\":\"icmp\"}"), "web",
     NULL},
    {"ports as text", PORTS(PORT("\"\"", "\"1\"", "\"2\"")), "web * 1->2", NULL},
    {"65536", PORTS(PORT("\"\"", "65536", "2")), "web", NULL},
    {"0", PORTS(PORT("\"\"", "0", "2")), "web", NULL},
    {"-1", PORTS(PORT("\"\"", "-1", "2")), "web", NULL},
    {"1.5", PORTS(PORT("\"\"", "1.5", "2")), "web", NULL},
    {"8e3", PORTS(PORT("\"\"", "8e3", "2")), "web * 8000->2", NULL},
    {"thirty digits",
     PORTS(PORT("\"\"", "123456789012345678901234567890", "2") "," PORT("\"\"", "5", "6")),
     "web * 5->6", NULL},
    {"null", PORTS(PORT("null", "null", "null")), "web", NULL},
    {"ports of other types", NOW("\"Ports\":{\"a\":1}"), "web", NULL},
    {"null ports", NOW("\"Ports\":null"), "web", NULL},
    {"a port of another type", PORTS("3,null,\"x\",[]"), "web", NULL},
    {"everything null",
     NOW("\"Labels\":null,\"HostConfig\":null,\"NetworkSettings\":null,\"Image\":null,\"Status\":"
         "null"),
     "web", NULL},
    {"everything a number",
     NOW("\"Labels\":1,\"HostConfig\":2,\"NetworkSettings\":3,\"Image\":4,\"Status\":5"), "web",
     NULL},
    {"networks of other types",
     NOW("\"NetworkSettings\":{\"Networks\":{\"a\":1,\"b\":null,\"c\":{\"IPAddress\":9}}}"), "web",
     NULL},
    {"a member twice: the later", NOW("\"Names\":[\"/other\"]"), "other", NULL},

    {"an object", "{}", "", "is not a list"},
    {"a number", "3", "", "is not a list"},
    {"nothing", "", "", "breaks off after 0 bytes"},
    {"a web page", "\n<html>", "", "is a web page, not JSON"},
    {"an open list", "[", "", "breaks off after 1 byte"},
    {"cut in an item", "[" RUNNING "},{\"Id\":\"0", "web", "breaks off after"},
    {"cut behind an item", "[" RUNNING "}", "web", "breaks off after"},
    {"cut behind a comma", "[" RUNNING "},", "web", "breaks off after"},
    {"no comma", "[" RUNNING "} " RUNNING "}]", "web", "is invalid JSON at byte"},
    {"a comma too many", "[" RUNNING "},]", "web", "is invalid JSON at byte"},
    {"not UTF-8", "[" RUNNING "},{\"Id\":\"\xff\"}]", "web", "is invalid JSON at byte"},
    {"a number beyond a double", "[" RUNNING "},{\"Ports\":1e999}]", "web",
     "is invalid JSON at byte"},
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(LISTS); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_engine_containers containers = {0};
        struct kps_sv why = SV("");
        bool good = kps_engine_read_containers(arena, kps_sv_of(LISTS[i].json), &containers, &why);
        struct kps_sv got = describe(arena, &containers);
        got = kps_sv_slice(got, 0, kps_sv_find(got, '\0'));
        const char *fault = LISTS[i].fault;
        if (good != !fault || !kps_sv_eq(got, kps_sv_of(LISTS[i].wanted)) ||
            (fault && kps_sv_search(why, kps_sv_of(fault)) == why.n)) {
            fail_msg("%s: '%.*s' instead of '%s', %.*s", LISTS[i].why, SV_ARG(got), LISTS[i].wanted,
                     SV_ARG(why));
        }
        kps_engine_containers_free(&containers);
        kps_arena_free(arena);
    }
}

/* Members "a", "b" and of "in" only "c" are wanted. */
static const char WANTS[] = "a b in{c} each{*{c}}";

static void test_sieve(void **state)
{
    (void)state;
    static const struct {
        const char *why, *json, *wanted; /* NULL: left to the parser */
        const char *rest;
    } rows[] = {
        {"all wanted", "{\"a\":1,\"b\":[2]}", "{\"a\":1,\"b\":[2]}", ""},
        {"the first is not", "{\"x\":1,\"b\":2}", "{\"b\":2}", ""},
        {"the last is not", "{\"a\":1,\"x\":2}", "{\"a\":1}", ""},
        {"none", "{\"x\":1}", "{}", ""},
        {"empty", "{}", "{}", ""},
        {"blanks", " { \"a\" :\t1 ,\r\n\"x\": 2 } ,", "{\"a\":1 }", " ,"},
        {"inside", "{\"in\":{\"c\":1,\"d\":2},\"a\":3}", "{\"in\":{\"c\":1},\"a\":3}", ""},
        {"inside of each", "{\"each\":{\"x\":{\"d\":1},\"y\":{\"c\":2}}}",
         "{\"each\":{\"x\":{},\"y\":{\"c\":2}}}", ""},
        {"objects of a list", "{\"in\":[{\"d\":1},{\"c\":2}],\"a\":null}",
         "{\"in\":[{},{\"c\":2}],\"a\":null}", ""},
        {"a list in a list", "{\"in\":[[{\"d\":1}]]}", "{\"in\":[[{\"d\":1}]]}", ""},
        {"brackets and quotes in a text", "{\"x\":\"}]\\\"{\\\\\",\"a\":\"\\\"}\"}",
         "{\"a\":\"\\\"}\"}", ""},
        {"nested and unwanted", "{\"x\":{\"a\":[{},{\"b\":[1]}]},\"a\":true}", "{\"a\":true}", ""},
        {"a name that only looks different", "{\"\\u0061\":1}", "{\"\\u0061\":1}", ""},
        {"a name that begins alike", "{\"ab\":1,\"\":2}", "{}", ""},
        {"a list", "[1, {\"x\":2}]x", "[1,{}]", "x"},
        {"a number before a comma", "12,3", "12", ",3"},
        {"a word at the end", "true", NULL, NULL},
        {"nothing", "", NULL, NULL},
        {"a comma", ",", NULL, NULL},
        {"cut in a name", "{\"a", NULL, NULL},
        {"cut behind a name", "{\"a\"", NULL, NULL},
        {"cut behind a colon", "{\"a\":", NULL, NULL},
        {"cut in a text", "{\"x\":\"a\\\"", NULL, NULL},
        {"cut in a value", "{\"x\":[1", NULL, NULL},
        {"cut behind a value", "{\"a\":1 ", NULL, NULL},
        {"a comma too many", "{\"a\":1,}", NULL, NULL},
        {"no value", "{\"x\":,\"a\":1}", NULL, NULL},
        {"no colon", "{\"a\" 1}", NULL, NULL},
        {"a number for a name", "{1:2}", NULL, NULL},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_buf out = KPS_BUF(arena);
        struct kps_sv json = kps_sv_of(rows[i].json);
        size_t at = 0;
        bool good = kps_json_sieve(json, &at, WANTS, &out);
        struct kps_sv got = kps_buf_sv(&out);
        if (good != (rows[i].wanted != NULL) ||
            (good && (!kps_sv_eq(got, kps_sv_of(rows[i].wanted)) ||
                      !kps_sv_eq(kps_sv_from(json, at), kps_sv_of(rows[i].rest))))) {
            fail_msg("%s: '%.*s', rest from %zu", rows[i].why, SV_ARG(got), at);
        }
        kps_arena_free(arena);
    }
}

/* Nesting and size are bounded, and the item before is kept. */
static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *why, *part;
        size_t times;
        const char *fault;
    } rows[] = {
        {"brackets", "[", 1000 * 1000, "is invalid JSON at byte"},
        {"objects", "{\"a\":", 1000 * 1000, "is invalid JSON at byte"},
        {"a text", "0123456789", KPS_LIMIT_ENGINE_ITEM / 10 + 1, "has an item larger than 8 MiB"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_buf text = KPS_BUF(arena);
        kps_buf_add(&text, SV("[" RUNNING "},"));
        kps_buf_add(&text, rows[i].part[0] == '0' ? SV("\"") : SV(""));
        for (size_t k = 0; k < rows[i].times; k++) {
            kps_buf_add(&text, kps_sv_of(rows[i].part));
        }
        kps_buf_add(&text, rows[i].part[0] == '0' ? SV("\"]") : SV(""));
        struct kps_engine_containers containers = {0};
        struct kps_sv why = SV("");
        assert_false(kps_engine_read_containers(arena, kps_buf_sv(&text), &containers, &why));
        assert_int_equal(containers.list.n, 1);
        if (kps_sv_search(why, kps_sv_of(rows[i].fault)) == why.n) {
            fail_msg("%s: %.*s", rows[i].why, SV_ARG(why));
        }
        kps_engine_containers_free(&containers);
        kps_arena_free(arena);
    }
}

#define INSPECTED(bindings) "{\"State\":{},\"HostConfig\":{\"PortBindings\":" bindings "}}"
#define BOUND(ip, port) INSPECTED("{\"80/tcp\":[{\"HostIp\":" ip ",\"HostPort\":" port "}]}")

static const struct row INSPECTIONS[] = {
    {"none", INSPECTED("{}"), "", NULL},
    {"null", INSPECTED("null"), "", NULL},
    {"a list", INSPECTED("[1]"), "", NULL},
    {"one", BOUND("\"\"", "\"8080\""), "* 8080->80/1 ", NULL},
    {"an address", BOUND("\"::1\"", "\"8080\""), "::1 8080->80/1 ", NULL},
    {"a range", BOUND("\"\"", "\"8000-8010\""), "* 8000-8010->80/1 ", NULL},
    {"a range of one", BOUND("\"\"", "\"8000-8000\""), "* 8000->80/1 ", NULL},
    {"any port", BOUND("\"\"", "\"\""), "* 0->80/1 ", NULL},
    {"port 0 is any", BOUND("\"\"", "\"0\""), "* 0->80/1 ", NULL},
    {"no members", INSPECTED("{\"80/tcp\":[{}]}"), "* 0->80/1 ", NULL},
    {"a name instead of an address is every one (spec §1.3)", BOUND("\"localhost\"", "\"1\""),
     "* 1->80/1!", NULL},
    {"so is one in brackets", BOUND("\"[::1]\"", "\"1\""), "* 1->80/1!", NULL},
    {"a port that is none", BOUND("\"\"", "\"abc\""), "", NULL},
    {"a port above 65535", BOUND("\"\"", "\"65536\""), "", NULL},
    {"a range the wrong way round", BOUND("\"\"", "\"9-8\""), "", NULL},
    {"a range from 0", BOUND("\"\"", "\"0-8\""), "", NULL},
    {"a range that is open", BOUND("\"\"", "\"8-\""), "", NULL},
    {"two for one target", INSPECTED("{\"80/tcp\":[{\"HostPort\":\"1\"},{\"HostPort\":\"2\"}]}"),
     "* 1->80/1 * 2->80/1 ", NULL},
    {"udp, in any case", INSPECTED("{\"53/UDP\":[{\"HostPort\":\"1\"}]}"), "* 1->53/2 ", NULL},
    {"sctp", INSPECTED("{\"53/sctp\":[{\"HostPort\":\"1\"}]}"), "* 1->53/3 ", NULL},
    {"an unknown protocol", INSPECTED("{\"80/icmp\":[{\"HostPort\":\"1\"}]}"), "", NULL},
    {"a target that is none",
     INSPECTED("{\"x/tcp\":[{\"HostPort\":\"1\"}],\"0/tcp\":[{}],\"\":[{}]}"), "", NULL},
    {"bindings of other types", INSPECTED("{\"80/tcp\":null,\"81/tcp\":3,\"82/tcp\":[4]}"),
     "* 0->82/1 ", NULL},
    {"no state", "{\"HostConfig\":{}}", "", "does not describe a container"},
    {"a list instead", "[]", "", "does not describe a container"},
    {"a message", "{\"message\":\"x\"}", "", "does not describe a container"},
    {"cut off", "{\"State\":{}", "", "breaks off after 11 bytes"},
    {"something behind it", "{\"State\":{},\"HostConfig\":{}} x", "", "is invalid JSON at byte"},
    {"nothing", "", "", "breaks off after 0 bytes"},
    {"a web page", "<html>", "", "is a web page, not JSON"},
};

static const struct row TOPS[] = {
    {"docker",
     "{\"Titles\":[\"UID\",\"PID\",\"CMD\"],\"Processes\":[[\"root\",\"812\",\"node server.js\"],"
     "[\"root\",\"830\",\"sh\"]]}",
     "node server.js (pid 812), sh (pid 830)", NULL},
    {"podman", "{\"Titles\":[\"PID\",\"COMMAND\"],\"Processes\":[[\"1\",\"nginx\"]]}",
     "nginx (pid 1)", NULL},
    {"a secret", "{\"Titles\":[\"PID\",\"CMD\"],\"Processes\":[[\"1\",\"db --password=x\"]]}",
     "db --password=*** (pid 1)", NULL},
    {"a short row, and one of another type",
     "{\"Titles\":[\"PID\",\"CMD\"],\"Processes\":[[\"1\"],7,[1,2],[\"3\",\"sh\"]]}", "sh (pid 3)",
     NULL},
    {"no rows", "{\"Titles\":[\"PID\",\"CMD\"],\"Processes\":null}", "", NULL},
    {"other columns", "{\"Titles\":[\"A\"],\"Processes\":[]}", "", "does not list processes"},
    {"no titles", "{}", "", "does not list processes"},
    {"cut off", "{\"Titles\":[", "", "breaks off after 11 bytes"},
};

static void test_processes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(TOPS); i++) {
        const struct row *row = &TOPS[i];
        struct kps_arena *arena = kps_arena_new();
        struct kps_engine_container container = {.number = 0};
        struct kps_sv why = SV("");
        bool good = kps_engine_read_top(arena, kps_sv_of(row->json), &container, &why);
        if (good != !row->fault || !kps_sv_eq(container.processes, kps_sv_of(row->wanted)) ||
            (row->fault && kps_sv_search(why, kps_sv_of(row->fault)) == why.n)) {
            fail_msg("%s: '%.*s' instead of '%s', %.*s", row->why, SV_ARG(container.processes),
                     row->wanted, SV_ARG(why));
        }
        kps_arena_free(arena);
    }
}

/* The words about a failed start belong to a container that is not up. */
static void test_start_error(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"created", "{\"State\":{\"Status\":\"created\",\"Error\":\"bind\"},\"HostConfig\":{}}",
         "bind", NULL},
        {"running", "{\"State\":{\"Status\":\"running\",\"Error\":\"bind\"},\"HostConfig\":{}}", "",
         NULL},
        {"none", "{\"State\":{\"Status\":\"created\",\"Error\":\"\"},\"HostConfig\":{}}", "", NULL},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_engine_containers containers = {0};
        struct kps_engine_container *container = kps_vec_push(&containers.list);
        struct kps_sv why = SV("");
        assert_true(kps_engine_read_inspection(arena, kps_sv_of(rows[i].json), container, &why));
        assert_true(kps_sv_eq(container->start_error, kps_sv_of(rows[i].wanted)));
        kps_engine_containers_free(&containers);
        kps_arena_free(arena);
    }
}

static void test_inspections(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(INSPECTIONS); i++) {
        const struct row *row = &INSPECTIONS[i];
        struct kps_arena *arena = kps_arena_new();
        struct kps_engine_containers containers = {0};
        struct kps_engine_container *container = kps_vec_push(&containers.list);
        struct kps_sv why = SV("");
        bool good = kps_engine_read_inspection(arena, kps_sv_of(row->json), container, &why);
        struct kps_buf out = KPS_BUF(arena);
        for (uint32_t k = 0; k < container->bindings.n; k++) {
            const struct kps_engine_binding *b = &container->bindings.v[k];
            add_address(&out, &b->addr);
            kps_buf_fmt(&out, "%u", b->first);
            if (b->last > b->first) {
                kps_buf_fmt(&out, "-%u", b->last);
            }
            kps_buf_fmt(&out, "->%u/%u%s", b->target, b->protocol, b->unreadable_host ? "!" : " ");
        }
        struct kps_sv got = kps_buf_sv(&out);
        if (good != !row->fault || !kps_sv_eq(got, kps_sv_of(row->wanted)) ||
            container->inspected != good ||
            (row->fault && kps_sv_search(why, kps_sv_of(row->fault)) == why.n)) {
            fail_msg("%s: '%.*s' instead of '%s', %.*s", row->why, SV_ARG(got), row->wanted,
                     SV_ARG(why));
        }
        kps_engine_containers_free(&containers);
        kps_arena_free(arena);
    }
}

/* Podman says the IP as "" and has Ports for stopped containers too; states have other names there.
 */
static void test_states(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        bool bound;
    } rows[] = {{"running", true},  {"paused", true},      {"restarting", false},
                {"created", false}, {"exited", false},     {"removing", false},
                {"dead", false},    {"configured", false}, {"stopped", false},
                {"", false},        {"Running", false}};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_engine_container container = {.state = kps_sv_of(rows[i].state)};
        assert_int_equal(kps_engine_is_bound(&container), rows[i].bound);
    }
}

/* Podman's label names the unit that runs the container (seen with 4.3.1, also on infra
 * containers). */
static void test_unit_of_podman(void **state)
{
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    struct kps_engine_containers containers = {0};
    struct kps_sv why = {0};
    const char *json = NOW("\"Labels\":{\"PODMAN_SYSTEMD_UNIT\":\"web.service\"}");
    assert_true(kps_engine_read_containers(arena, kps_sv_of(json), &containers, &why));
    assert_int_equal(containers.list.n, 1);
    assert_true(kps_sv_eq(containers.list.v[0].systemd_unit, SV("web.service")));
    kps_engine_containers_free(&containers);
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),     cmocka_unit_test(test_sieve),
        cmocka_unit_test(test_hostile),   cmocka_unit_test(test_inspections),
        cmocka_unit_test(test_processes), cmocka_unit_test(test_start_error),
        cmocka_unit_test(test_states),    cmocka_unit_test(test_unit_of_podman),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
