#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/ledger.h"

static const struct kps_owner_class thing = {.noun = "thing"};

struct fixture {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.arena = kps_arena_new()};
    fixture.diag.arena = fixture.arena;
    fixture.ledger.diag = &fixture.diag;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    kps_ledger_free(&fixture->ledger);
    kps_diag_free(&fixture->diag);
    kps_arena_free(fixture->arena);
    return 0;
}

static void test_namespaces(void **state)
{
    struct kps_ledger *ledger = &((struct fixture *)*state)->ledger;
    kps_netns_id host = kps_ledger_netns(ledger, KPS_NETNS_HOST, SV(""));
    kps_netns_id x = kps_ledger_netns(ledger, KPS_NETNS_PRIVATE, SV("x"));
    kps_netns_id y = kps_ledger_netns(ledger, KPS_NETNS_PRIVATE, SV("y"));
    assert_true(host && x && y && host != x && x != y);
    assert_int_equal(kps_ledger_netns(ledger, KPS_NETNS_HOST, SV("")), host);
    assert_int_equal(kps_ledger_netns(ledger, KPS_NETNS_PRIVATE, SV("x")), x);
    /* a name means nothing without its kind */
    assert_true(kps_ledger_netns(ledger, KPS_NETNS_NODE, SV("x")) != x);
    assert_true(kps_ledger_new_netns(ledger, KPS_NETNS_PRIVATE, SV("x")) != x);
    assert_string_equal(kps_ledger_get_netns(ledger, y)->name.p, "y");
}

/* Owners by "KEY>STANDS_FOR", and the number of each one's tenant. */
static const struct link_row {
    const char *why;
    const char *owners[5];
    kps_owner_id tenants[5];
} links[] = {
    {"alone", {"a", "b"}, {1, 2}},
    {"nobody refers to those without a key", {"", ""}, {1, 2}},
    {"a container stands for its service", {"web", "c1>web"}, {1, 1}},
    {"whatever was added first", {"c1>web", "web"}, {2, 2}},
    {"proxy, container, service", {"proxy>c1", "c1>web", "web"}, {3, 3, 3}},
    {"a key that nobody has ends the chain", {"proxy>c1", "c1>gone"}, {2, 2}},
    {"an owner without a key stands for one with", {">web", "web", ">web"}, {2, 2, 2}},
    {"two owners of one key are one tenant", {"web", "web", "c1>web"}, {1, 1, 1}},
    {"a cycle ends somewhere, and is one tenant at most", {"a>a", "b"}, {1, 2}},
};

static void test_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(links); i++) {
        void *fixture = NULL;
        (void)setup(&fixture);
        struct kps_ledger *ledger = &((struct fixture *)fixture)->ledger;
        for (size_t k = 0; k < KPS_COUNT(links[i].owners) && links[i].owners[k]; k++) {
            struct kps_sv text = kps_sv_of(links[i].owners[k]);
            size_t arrow = kps_sv_find(text, '>');
            struct kps_owner_ties *ties = KPS_NEW(ledger->diag->arena, struct kps_owner_ties);
            ties->key = kps_sv_slice(text, 0, arrow);
            ties->stands_for = kps_sv_from(text, arrow + 1);
            struct kps_new_owner owner = {.cls = &thing, .ties = ties};
            assert_int_equal(kps_ledger_owner(ledger, &owner), k + 1);
        }
        kps_ledger_link(ledger);
        for (uint32_t k = 0; k < ledger->owners.n; k++) {
            if (ledger->owners.v[k].tenant != links[i].tenants[k]) {
                fail_msg("%s: '%s' is a claim of %u", links[i].why, links[i].owners[k],
                         ledger->owners.v[k].tenant);
            }
        }
        (void)teardown(&fixture);
    }
}

/* The engines of several machines have projects of one name, and containers at one address. */
static void test_sites_are_not_joined(void **state)
{
    struct kps_ledger *ledger = &((struct fixture *)*state)->ledger;
    uint32_t here = kps_ledger_site(ledger, (struct kps_site){.name = SV("lab"), .is_here = true});
    uint32_t there = kps_ledger_site(ledger, (struct kps_site){.name = SV("nas")});
    static const struct kps_sv aliases[] = {SV_LIT("proxy:1")};
    static const struct kps_owner_ties proxy = {.stands_for = SV_LIT("proxy:1")};
    static const struct kps_owner_ties container = {
        .key = SV_LIT("c"), .stands_for = SV_LIT("web"), .aliases = aliases, .n_aliases = 1};
    static const struct kps_owner_ties service = {.key = SV_LIT("web")};
    const struct kps_new_owner owners[] = {
        {.cls = &thing, .ties = &proxy}, /* of the sockets, so here */
        {.cls = &thing, .ties = &container, .site = there},
        {.cls = &thing, .ties = &container, .site = here},
        {.cls = &thing, .ties = &service, .site = there},
        {.cls = &thing, .ties = &service},
    };
    static const kps_owner_id tenants[] = {5, 4, 5, 4, 5};
    for (size_t i = 0; i < KPS_COUNT(owners); i++) {
        (void)kps_ledger_owner(ledger, &owners[i]);
    }
    kps_ledger_link(ledger);
    for (uint32_t i = 0; i < KPS_COUNT(owners); i++) {
        assert_int_equal(ledger->owners.v[i].tenant, tenants[i]);
    }
    assert_true(kps_sv_eq(kps_ledger_site_name(ledger, there), SV("nas")));
    assert_int_equal(kps_ledger_site_name(ledger, 0).n, 0);
}

static void test_cycles_end(void **state)
{
    struct kps_ledger *ledger = &((struct fixture *)*state)->ledger;
    static const struct kps_owner_ties cycle[] = {{.key = SV_LIT("a"), .stands_for = SV_LIT("b")},
                                                  {.key = SV_LIT("b"), .stands_for = SV_LIT("c")},
                                                  {.key = SV_LIT("c"), .stands_for = SV_LIT("a")}};
    for (size_t i = 0; i < KPS_COUNT(cycle); i++) {
        (void)kps_ledger_owner(ledger, &(struct kps_new_owner){.cls = &thing, .ties = &cycle[i]});
    }
    kps_ledger_link(ledger);
    for (kps_owner_id id = 1; id <= 3; id++) {
        kps_owner_id tenant = kps_ledger_get_owner(ledger, id)->tenant;
        assert_true(tenant >= 1 && tenant <= 3);
    }
}

static void test_claims(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct kps_claim claim;
        uint32_t width;
        bool live;
    } claims[] = {
        {"one port", {.first = 80, .last = 80, .copies = 1}, 1, true},
        {"a range", {.first = 80, .last = 89, .copies = 1}, 10, true},
        {"all ports", {.first = 1, .last = 65535, .copies = 1}, 65535, true},
        {"several copies", {.first = 80, .last = 80, .copies = 3}, 1, true},
        {"any free port", {.copies = 1}, 0, false},
        {"no copies", {.first = 80, .last = 80}, 1, false},
        {"discarded",
         {.first = 80, .last = 80, .copies = 1, .flags = KPS_CLAIM_DISCARDED},
         1,
         false},
        {"derived", {.first = 80, .last = 80, .copies = 1, .flags = KPS_CLAIM_DERIVED}, 1, true},
    };
    for (size_t i = 0; i < KPS_COUNT(claims); i++) {
        if (kps_claim_width(&claims[i].claim) != claims[i].width ||
            kps_claim_is_live(&claims[i].claim) != claims[i].live) {
            fail_msg("%s", claims[i].why);
        }
    }
}

static void test_protocols(void **state)
{
    (void)state;
    static const enum kps_protocol all[] = {KPS_TCP, KPS_UDP, KPS_SCTP};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        assert_int_equal(kps_protocol_of(kps_sv_of(kps_protocol_name(all[i]))), all[i]);
    }
    assert_int_equal(kps_protocol_of(SV("UdP")), KPS_UDP);
    assert_int_equal(kps_protocol_or_tcp(SV("UdP")), KPS_UDP);
    assert_int_equal(kps_protocol_or_tcp(SV("")), KPS_TCP);
    static const char *const others[] = {"", "tcp ", "tcp6", "icmp"};
    for (size_t i = 0; i < KPS_COUNT(others); i++) {
        assert_int_equal(kps_protocol_of(kps_sv_of(others[i])), KPS_PROTO_NONE);
    }
    assert_int_equal(kps_protocol_or_tcp(SV("icmp")), KPS_PROTO_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_namespaces, setup, teardown),
        cmocka_unit_test(test_links),
        cmocka_unit_test_setup_teardown(test_sites_are_not_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cycles_end, setup, teardown),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_protocols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
