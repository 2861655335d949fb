#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "core/port_use.h"
#include "support/scene.h"

/*
 * "OWNER PORTS BASIS [ADDRESSES]" and "+HELPER" for each helper, "!" when it is contended; joined
 * by "; ".
 */
static const struct row {
    const char *why, *claims, *expected;
} rows[] = {
    {"nothing", "a 80 discarded; b 81 x0", ""},
    {"one", "a 80 held", "a 80/tcp held []"},
    {"by port, then protocol", "a 81 held; a 80/udp held; a 80 held",
     "a 80/tcp held []; a 80/udp held []; a 81/tcp held []"},
    {"the sockets of two families are one holding", "a 0.0.0.0@80 held; a ::@80 held",
     "a 80/tcp held [0.0.0.0 ::]"},
    {"an address is named once", "a 127.0.0.1@80 held; a 127.0.0.1@80 held",
     "a 80/tcp held [127.0.0.1]"},
    {"two tenants of one port are two", "a 127.0.0.1@80 held; b ::1@80 held",
     "a 80/tcp held [127.0.0.1]; b 80/tcp held [::1]"},
    {"who keeps the socket open for another is a helper",
     "c 80 held; p>c 0.0.0.0@80 held; q>c ::@80 held", "c 80/tcp held [] +p +q"},
    {"also inside a range", "c 80-89 held; p>c 85 held", "c 80-89/tcp held [] +p"},
    {"what the tenant does not hold itself is held by its helper", "c 80 held; p>c 90 held",
     "c 80/tcp held []; c 90/tcp held [] +p"},
    {"a helper of the other protocol is no helper of this port", "c 80 held; p>c 80/udp held",
     "c 80/tcp held []; c 80/udp held [] +p"},
    {"held before planned", "b 80 plan; a 80 held", "a 80/tcp held []; b 80/tcp plan [] !"},
    {"a plan on another address is not contended", "b 127.0.0.1@80 plan; a ::1@80 held",
     "a 80/tcp held [::1]; b 80/tcp plan [127.0.0.1]"},
    {"two plans for one port are", "a 80 plan; b 80 plan",
     "a 80/tcp plan [] !; b 80/tcp plan [] !"},
    {"namespaces are apart", "a 80 held; b 80 held in:x", "a 80/tcp held []; b 80/tcp held []"},
    {"a derived claim counts", "a 80 held derived likely", "a 80/tcp held []"},
};

/* The same of joined port uses. */
static const struct row joined[] = {
    {"ports in a row, in any order", "a 82 held; a 80 held; a 81 held", "a 80-82/tcp held []"},
    {"a gap ends a block", "a 80 held; a 82 held", "a 80/tcp held []; a 82/tcp held []"},
    {"families first, then ports",
     "a 127.0.0.1@80 held; a 127.0.0.1@81 held; a ::1@80 held; a ::1@81 held",
     "a 80-81/tcp held [127.0.0.1 ::1]"},
    {"other addresses are another block", "a 127.0.0.1@80 held; a ::1@81 held",
     "a 80/tcp held [127.0.0.1]; a 81/tcp held [::1]"},
    {"two owners, two protocols, two namespaces",
     "a 80 held; b 81 held; a 81/udp held; a 82 held in:x; a 81 held",
     "a 80-81/tcp held []; b 81/tcp held []; a 81/udp held []; a 82/tcp held []"},
    {"ranges join ports", "a 80-84 held; a 85 held; a 86-90 held", "a 80-90/tcp held []"},
    {"any of a range is no block", "a 80-84 plan pick; a 85 plan",
     "a 80-84/tcp plan []; a 85/tcp plan []"},
    {"a contended port is apart", "a 80 plan; a 81 plan; b 81 held",
     "a 80/tcp plan []; b 81/tcp held []; a 81/tcp plan [] !"},
    {"helpers of all ports", "c 80 held; c 81 held; p>c 80 held; q>c 81 held",
     "c 80-81/tcp held [] +p +q"},
    {"the last port", "a 65534 held; a 65535 held; a 1 held",
     "a 1/tcp held []; a 65534-65535/tcp held []"},
};

static const char *show(struct scene *scene, bool joins)
{
    struct kps_buf out = KPS_BUF(scene->arena);
    kps_ledger_link(&scene->ledger);
    struct kps_port_uses holdings = kps_port_uses_of(&scene->ledger, scene->arena);
    holdings = joins ? kps_port_uses_join(holdings, scene->arena) : holdings;
    for (size_t i = 0; i < holdings.n; i++) {
        const struct kps_port_use *holding = &holdings.v[i];
        kps_buf_fmt(&out, "%s%.*s %u", i ? "; " : "",
                    SV_ARG(kps_owner_name(kps_ledger_get_owner(&scene->ledger, holding->tenant))),
                    holding->first);
        if (holding->last != holding->first) {
            kps_buf_fmt(&out, "-%u", holding->last);
        }
        kps_buf_fmt(&out, "/%s %s [", kps_protocol_name(holding->protocol),
                    kps_basis_name((enum kps_basis)holding->basis));
        for (uint32_t k = 0; k < holding->n_addrs; k++) {
            kps_buf_fmt(&out, "%s%.*s", k ? " " : "",
                        SV_ARG(kps_addr_format(scene->arena, &holding->addrs[k])));
        }
        kps_buf_char(&out, ']');
        for (uint32_t k = 0; k < holding->n_helpers; k++) {
            kps_buf_fmt(
                &out, " +%.*s",
                SV_ARG(kps_owner_name(kps_ledger_get_owner(&scene->ledger, holding->helpers[k]))));
        }
        kps_buf_add(&out, holding->is_contended ? SV(" !") : SV(""));
    }
    return kps_cstr(scene->arena, kps_buf_sv(&out));
}

static void check_rows(const struct row *table, size_t n, bool joins)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct scene scene;
        scene_open(&scene, table[i].claims, NULL);
        const char *shown = show(&scene, joins);
        if (strcmp(shown, table[i].expected) != 0) {
            print_error("%s: %s\n  expected %s\n  found    %s\n", table[i].why, table[i].claims,
                        table[i].expected, shown);
            wrong++;
        }
        scene_close(&scene);
    }
    assert_int_equal(wrong, 0);
}

static void test_rows(void **state)
{
    (void)state;
    check_rows(rows, KPS_COUNT(rows), false);
}

static void test_blocks(void **state)
{
    (void)state;
    check_rows(joined, KPS_COUNT(joined), true);
}

/* A container with a range of ports has two docker-proxies for each: they are named up to a bound,
 * and cost little. */
static void test_many_helpers(void **state)
{
    (void)state;
    struct scene scene;
    scene_open(&scene, "c 1000-3999 held", NULL);
    const struct kps_owner_ties ties = {.stands_for =
                                            kps_ledger_get_owner(&scene.ledger, 1)->ties->key};
    for (uint16_t port = 1000; port < 4000; port++) {
        kps_owner_id helper = kps_ledger_owner(
            &scene.ledger,
            &(struct kps_new_owner){
                .cls = &scene_class, .kind = KPS_OWNER_PROCESS, .name = SV("p"), .ties = &ties});
        struct kps_claim claim = *kps_ledger_get_claim(&scene.ledger, 1);
        claim.owner = helper;
        claim.first = claim.last = port;
        claim.take = 1;
        (void)kps_ledger_claim(&scene.ledger, &claim);
    }
    kps_ledger_link(&scene.ledger);
    struct kps_port_uses holdings = kps_port_uses_of(&scene.ledger, scene.arena);
    assert_int_equal(holdings.n, 1);
    assert_int_equal(holdings.v[0].n_helpers, 64);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_many_helpers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
