#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/detect.h"
#include "support/scene.h"

static const struct scene_row rows[] = {
    {"nobody contends", "", ""},
    {"one claim is no conflict", "a 8080", ""},
    {"two tenants on one port; the one written last is the one to edit", "a 8080; b 8080",
     "owners 8080: b a"},
    {"n parties on one port are one conflict", "a 8080; b 8080; c 8080; d 8080",
     "owners 8080: d a b c"},
    {"the highest and the lowest port", "a 1; b 1; a 65535; b 65535",
     "owners 1: b a; owners 65535: b a"},
    {"different ports", "a 8080; b 8081", ""},
    {"tcp and udp have port spaces of their own", "a 53; b 53/udp", ""},
    {"udp clashes like tcp", "a 53/udp; b 53/udp", "owners 53/udp: b a"},
    {"sctp as well", "a 53/sctp; b 53/sctp", "owners 53/sctp: b a"},

    {"two single addresses are apart", "a 127.0.0.1@80; b 127.0.0.2@80", ""},
    {"a third that covers both makes them one group",
     "a 127.0.0.1@80; b 127.0.0.2@80; c 0.0.0.0@80", "owners 80: c a b"},
    {"every address covers both families", "a 127.0.0.1@80; b ::1@80; c 80", "owners 80: c a b"},
    {"the families are apart: two groups", "a 0.0.0.0@80; b 127.0.0.1@80; c ::@80; d ::1@80",
     "owners 80: b a; owners 80: d c"},
    {"two addresses, two conflicts",
     "a 127.0.0.1@80; b 127.0.0.2@80; c 127.0.0.1@80; d 127.0.0.2@80",
     "owners 80: c a; owners 80: d b"},
    {"a mapped address is IPv4", "a ::ffff:127.0.0.1@80; b 127.0.0.1@80", "owners 80: b a"},
    {"a bystander on another address is no party", "a 127.0.0.1@80; b 127.0.0.1@80; c 127.0.0.2@80",
     "owners 80: b a"},

    {"ranges: the overlap is contended", "a 3000-3005; b 3003-3010", "owners 3003-3005: b a"},
    {"ranges that touch do not overlap", "a 3000-3005; b 3006-3010", ""},
    {"a third inside two is not a cause of its own", "a 3000-3005; b 3003-3010; c 3004",
     "owners 3003-3005: c a b"},
    {"a chain of ranges whose middle is common", "a 1-10; b 5-15; c 8-20", "owners 5-15: c a b"},
    {"a chain without a common port: two causes", "a 1-10; b 10-20; c 20-30",
     "owners 10: b a; owners 20: c b"},
    {"neighbouring ports with different claims: two causes", "a 8000-8001; b 8000; c 8001",
     "owners 8000: b a; owners 8001: c a"},
    {"neighbouring ports with the same claims: one", "a 8000; a 8001; b 8000-8001",
     "owners 8000: b a; owners 8001: b a"},
    {"the same two with a gap between", "a 10-30; b 10-12; b 20-22",
     "owners 10-12: b a; owners 20-22: b a"},
    {"nested ranges are one", "a 100-200; b 110-190; c 120-180; d 130-170",
     "owners 110-190: d a b c"},
    {"a range over two addresses joins them only while it lasts",
     "a 127.0.0.1@10-20; b 127.0.0.1@10-20; c 127.0.0.2@10-20; d 127.0.0.2@10-20; e 15",
     "owners 10-20: e a b c d"},
    {"the whole port range, three times", "a 1-65535; b 1-65535; c 1-65535",
     "owners 1-65535: c a b"},

    {"two projects on one port, and one of them twice: two causes", "s/a 8080; s/b 8080; t/c 8080",
     "owners 8080: s/b s/a; owners 8080: t/c s/a s/b"},
    {"the clash inside goes over its own ports", "s/a 8080-8085; s/b 8080-8085; t/c 8082",
     "owners 8080-8085: s/b s/a; owners 8080-8085: t/c s/a s/b"},
    {"a project whose addresses meet only through the other has no clash of its own",
     "s/a 127.0.0.1@80; s/b 127.0.0.2@80; t/c 80", "owners 80: t/c s/a s/b"},
    {"two projects with a clash inside of one on another port",
     "s/a 8080; t/b 8080; t/c 9090; t/d 9090", "owners 8080: t/b s/a; owners 9090: t/d t/c"},

    {"one owner twice", "a 8080; a 8080", "within 8080: a a"},
    {"one owner on every address and on one of them", "a 8080; a 127.0.0.1@8080",
     "within 8080: a a"},
    {"one owner on two single addresses", "a 127.0.0.1@8080; a 127.0.0.2@8080", ""},
    {"one owner on both families", "a 0.0.0.0@8080; a ::@8080", ""},
    {"one owner, tcp and udp", "a 53; a 53/udp", ""},
    {"one owner three times: one conflict", "a 8080; a 8080; a 8080", "within 8080: a a a"},
    {"with another tenant, both causes are told", "a 8080; a 8080; b 8080",
     "owners 8080: b a a; within 8080: a a"},
    {"the owner's own claims meet only through the other: no cause of its own",
     "a 127.0.0.1@80; a 127.0.0.2@80; b 80", "owners 80: b a a"},
    {"two owners, each twice, on different ports", "a 1; a 1; b 2; b 2",
     "within 1: a a; within 2: b b"},

    {"a service and its container are one tenant", "web 8080; c1>web 8080 held", ""},
    {"the containers of one tenant as well", "c1>web 8080 plan; c2>web 8080 plan; web 9090", ""},
    {"all of a tenant's claims are parties against another", "web 8080; c1>web 8080 held; b 8080",
     "owners 8080: b web c1"},
    {"a container twice is within it, beside its service",
     "web 8080; c1>web 8080 plan; c1>web 8080 plan", "within 8080: c1 c1"},

    {"two that are bound", "a 80 held; b 80 held", ""},
    {"bound twice by one owner", "a 80 held; a 80 held", ""},
    {"a wish against the bound", "a 80; b 80 held", "owners 80: a b"},
    {"the bound are parties of the wish's conflict", "a 80 held; b 80 held; c 80",
     "owners 80: c a b"},
    {"the bound elsewhere is none", "a 80 held; b 127.0.0.1@80 held; c 127.0.0.2@80",
     "owners 80: c a"},
    {"a plan against the bound", "a 80 plan; b 80 held", "owners 80: a b"},
    {"a wish against what is there", "a 80; !sshd 80 held", "taken 80: a !sshd"},
    {"those who are there have a world of their own", "!x 80 held; !y 80 held; !z 80 plan",
     "owners 80: !z !x !y"},
    {"two that ask and one that is there", "a 80; b 80; !x 80 held",
     "owners 80: b a; taken 80: b a !x"},
    {"addresses that only what is there joins", "a 127.0.0.1@80; b 127.0.0.2@80; !x 80 held",
     "taken 80: b a !x"},
    {"a wish that meets nobody there is no party",
     "a 127.0.0.1@80; b 127.0.0.2@80; c 80; !x 127.0.0.1@80 held",
     "owners 80: c a b; taken 80: c a !x"},
    {"a plan that is there", "a 80; !x 80 plan possible", "taken? 80: a !x"},
    {"a service and its container that is there", "web 80; !c1>web 80 held published", ""},
    {"what is published for it is made anew", "web 81; b 80; !c1>web 80 held published", ""},
    {"what its process binds itself is not", "web 81; b 80; !c1>web 80 held", "taken~ 80: b !c1"},
    {"a container that nobody started in this project", "b 80; !c1>web 80 held published",
     "taken 80: b !c1"},
    {"a helper's socket counts once",
     "b 80; !c1 80 held published; !proxy>!c1 0.0.0.0@80 held relayed", "taken 80: b !c1"},
    {"a helper of nobody", "b 80; !proxy>!c1 0.0.0.0@80 held relayed", "taken 80: b !proxy"},
    {"a derived claim against what is there", "a 80 plan derived likely; b 80; !x 80 held",
     "owners~ 80: b a; taken~ 80: a !x; taken 80: b !x"},
    {"a guess that is there", "a 80; b 80 derived likely; !x 80 held derived likely",
     "owners~ 80: a b; taken~ 80: a !x; taken~ 80: b !x"},
    {"in a private namespace", "a 80 in:n; !x 80 held in:n; !y 80 held", "taken 80 in:n: a !x"},
    {"a wish before a plan before the bound, whatever the order", "a 80; b 80 plan; c 80 held",
     "owners 80: a b c"},
    {"a surer one is edited first", "a 80; b 80 likely", "owners~ 80: a b"},

    {"not live: discarded", "a 80; b 80 discarded", ""},
    {"not live: no copies", "a 80; b 80 x0", ""},
    {"not live: any free port", "a 0; b 0", ""},
    {"left to the adapter that knows nodes", "a 80 node; b 80 node", ""},
    {"a private namespace is a world of its own", "a 80 in:x; b 80 in:y; c 80", ""},
    {"inside one, ports clash", "a 80 in:x; b 80 in:x", "owners 80 in:x: b a"},

    {"copies on a fixed port", "a 80 x3", "copies 80 3/1: a"},
    {"copies on a fixed range", "a 80-82 x2", "copies 80-82 6/3: a"},
    {"copies that pick, enough ports", "a 80-82 pick x3", ""},
    {"copies that pick, one too many", "a 80-82 pick x4", "copies 80-82 4/3: a"},
    {"copies that take two each", "a 80-84 pick2 x3", "copies 80-84 6/5: a"},
    {"very many copies", "a 1-65535 x4000000000", "copies 1-65535 4294967295/65535: a"},
    {"copies of the bound are a fact", "a 80 x3 held", ""},
    {"copies and another tenant: two causes", "a 80 x2; b 80", "owners 80: b a; copies 80 2/1: a"},

    {"a derived claim never meets its own tenant", "a 80; a 80 derived", ""},
    {"nor a derived one of it", "a 80 derived; a 80 derived", ""},
    {"a derived claim meets another tenant", "a 80; b 80 derived possible", "owners? 80: a b"},
    {"two derived ones of two tenants", "a 80 derived likely; b 80 derived likely",
     "owners~ 80: b a"},
    {"a guess does not change what is sure", "a 80; b 80; h 80 derived possible",
     "owners 80: b a; owners? 80: b a h"},
    {"a derived claim and the bound", "a 80 derived likely; b 80 held", "owners~ 80: a b"},
    {"bystanders of a derived conflict are not in it",
     "a 127.0.0.1@80; b 127.0.0.2@80; h 127.0.0.1@80 derived likely", "owners~ 80: a h"},
    {"in a private namespace all are one conflict",
     "a 80 in:x; b 80 in:x; h 80 in:x derived possible", "owners 80 in:x: b a h"},

    {"a conflict is as sure as its surest pair", "a 80; b 80 possible; c 80 likely",
     "owners~ 80: a b c"},
    {"two sure ones need not meet each other", "a 127.0.0.1@80; b 127.0.0.2@80; c 80 likely",
     "owners~ 80: b a c"},
    {"two sure ones of one tenant do not count", "a 80; a 80; b 80 likely",
     "owners~ 80: a a b; within 80: a a"},
    {"sure on one port of several", "a 80-90; b 80-85 possible; c 86-90",
     "owners? 80-85: a b; owners 86-90: c a"},
    {"sure somewhere inside", "a 80-90; b 80-90 possible; c 85", "owners 80-90: c a b"},
};

static void test_rows(void **unused)
{
    (void)unused;
    scene_check(rows, KPS_COUNT(rows));
}

/*
 * Spec compose §6.1, measured: container A publishes on the row's address and runs, container B on
 * the column's. "x": B does not start. The host's addresses are 192.0.2.1 and 2001:db8::1.
 */
static const char *const addresses[] = {"0.0.0.0",   "::",  "",          "127.0.0.1",
                                        "127.0.0.2", "::1", "192.0.2.1", "2001:db8::1"};
static const char *const matrix[] = {
    "x.xxx.x.", /* 0.0.0.0 */
    ".xx..x.x", /* :: */
    "xxxxxxxx", /* none */
    "x.xx....", /* 127.0.0.1 */
    "x.x.x...", /* 127.0.0.2 */
    ".xx..x..", /* ::1 */
    "x.x...x.", /* host IPv4 */
    ".xx....x", /* host IPv6 */
};

static void test_matrix(void **unused)
{
    static const char *const ports[] = {"22000", "22000/udp", "22000-22004"};
    (void)unused;
    for (size_t cell = 0; cell < 64 * KPS_COUNT(ports); cell++) {
        size_t a = cell % 8;
        size_t b = cell / 8 % 8;
        const char *port = ports[cell / 64];
        struct kps_arena *arena = kps_arena_new();
        const char *at = "@";
        struct kps_sv text =
            kps_fmt(arena, "a %s%s%s; b %s%s%s", addresses[a], at + !addresses[a][0], port,
                    addresses[b], at + !addresses[b][0], port);
        struct scene scene;
        scene_open(&scene, text.p, NULL);
        if ((scene_detect(&scene)[0] == 'o') != (matrix[a][b] == 'x')) {
            fail_msg("'%s': the engine says %c", text.p, matrix[a][b]);
        }
        scene_close(&scene);
        kps_arena_free(arena);
    }
}

/* Appends "NAMEi ARGUMENT" claims. */
static void add(struct kps_buf *buf, const char *name, unsigned n, const char *claim)
{
    for (unsigned i = 0; i < n; i++) {
        kps_buf_fmt(buf, "%s%s%u %s", buf->n ? "; " : "", name, i, claim);
    }
}

static struct kps_conflicts detect(struct scene *scene, struct kps_buf *text)
{
    scene_open(scene, kps_buf_sv(text).p, NULL);
    return kps_detect(&scene->ledger, scene->arena);
}

static void test_crowds(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct scene scene;
    struct kps_buf text = KPS_BUF(arena);

    /* a crowd on each of two neighbouring ports, and nobody on both */
    add(&text, "a", 100, "8080");
    add(&text, "b", 200, "8081");
    struct kps_conflicts found = detect(&scene, &text);
    assert_int_equal(found.n, 2);
    assert_int_equal(found.v[0].n_claims, 100);
    assert_int_equal(found.v[1].n_claims, 200);
    assert_int_equal(found.v[1].first, 8081);
    scene_close(&scene);

    /* a hundred addresses with two claims each stay a hundred conflicts, even in one crowd of ports
     */
    text = KPS_BUF(arena);
    for (unsigned i = 1; i <= 100; i++) {
        kps_buf_fmt(&text, "%sa%u 127.0.0.%u@%u-9000; b%u 127.0.0.%u@8000-%u", i > 1 ? "; " : "", i,
                    i, 8000 + i, i, i, 9000 - i);
    }
    found = detect(&scene, &text);
    assert_int_equal(found.n, 100);
    for (size_t i = 0; i < found.n; i++) {
        assert_int_equal(found.v[i].n_claims, 2);
        assert_int_equal(found.v[i].first - 8000, 9000 - found.v[i].last);
    }
    scene_close(&scene);

    /* a staircase of 300 ranges, each over the next 100: one conflict, each claim once, not 300 of
     * 100 */
    text = KPS_BUF(arena);
    for (unsigned i = 0; i < 300; i++) {
        kps_buf_fmt(&text, "%ss%u %u-%u", i ? "; " : "", i, 1000 + i, 1100 + i);
    }
    found = detect(&scene, &text);
    uint32_t parties = 0;
    for (size_t i = 0; i < found.n; i++) {
        parties += found.v[i].n_claims;
    }
    assert_true(parties < 300 * 5);
    assert_int_equal(found.v[0].first, 1001);
    assert_int_equal(found.v[found.n - 1].last, 1398);
    scene_close(&scene);

    /* in a crowd, who is bound and alone among the bound is a party only where the wish is */
    text = KPS_BUF(arena);
    add(&text, "h", 60, "5000-5001 held");
    add(&text, "w", 1, "5001");
    found = detect(&scene, &text);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.v[0].first, 5001);
    assert_int_equal(found.v[0].last, 5001);
    assert_int_equal(found.v[0].n_claims, 61);
    scene_close(&scene);
    kps_arena_free(arena);
}

static void test_twenty_times_everything(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct scene scene;
    struct kps_buf text = KPS_BUF(arena);
    add(&text, "a", 20, "1-65535");
    struct kps_conflicts found = detect(&scene, &text);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.v[0].n_claims, 20);
    scene_close(&scene);

    text = KPS_BUF(arena);
    add(&text, "a", 20, "1-65535 pick");
    found = detect(&scene, &text);
    assert_int_equal(found.n, 0);
    scene_close(&scene);

    text = KPS_BUF(arena);
    add(&text, "a", 20, "1-65535 pick x65535");
    found = detect(&scene, &text);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.v[0].wanted, 20 * 65535);
    assert_int_equal(found.v[0].available, 65535);
    scene_close(&scene);
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_matrix),
                                       cmocka_unit_test(test_crowds),
                                       cmocka_unit_test(test_twenty_times_everything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
