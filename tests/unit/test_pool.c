#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/detect.h"
#include "core/judge.h"
#include "support/scene.h"

/* Clashes in every order of starts. */
static const struct scene_row certain[] = {
    {"two on two ports", "a 3000-3001 pick; b 3000-3001 pick", ""},
    {"three on two ports", "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick",
     "pool 3000-3001 3/2: c a b"},
    {"a fixed one takes a port away", "a 3000-3001 pick; b 3000-3001 pick; c 3000",
     "pool 3000-3001 3/2: b a c"},
    {"the whole range is fixed elsewhere", "a 3000-3001 pick; b 3000-3001",
     "pool 3000-3001 3/2: a b"},
    {"two fixed ones on one port take it once", "a 3000-3002 pick2; b 3000; c 3000",
     "owners 3000: c b; pool? 3000 3/3: a b c"},
    {"fixed ones around a range do not matter", "a 3001-3002 pick; b 3000; c 3003", ""},
    {"replicas need a port each", "a 3000-3002 pick x2; b 3000-3002 pick x2",
     "pool 3000-3002 4/3: b a"},
    {"replicas that fit", "a 3000-3003 pick x2; b 3000-3003 pick x2", ""},
    {"too many replicas fill the range, no more", "a 3000-3001 pick x5; b 3000-3001 pick",
     "copies 3000-3001 5/2: a; pool 3000-3001 3/2: b a"},
    {"one owner's ranges need ports of their own",
     "a 3000-3001 pick; a 3000-3001 pick; a 3000-3001 pick", "pool 3000-3001 3/2: a a a"},
    {"one owner's fixed port and its range",
     "a 3000-3001 pick2; b 9; a 3000-3002 pick; a 3000-3002 pick", "pool 3000-3002 4/3: a a a"},
    {"the tight part of a wide heap is told",
     "a 1-65535 pick; b 3000-3001 pick; c 3000-3001 pick; d 3000-3001 pick",
     "pool 3000-3001 3/2: d b c"},
    {"two tight parts are two conflicts",
     "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick; d 5000-5001 pick; e 5000-5001 pick; f "
     "5000-5001 pick",
     "pool 3000-3001 3/2: c a b; pool 5000-5001 3/2: f d e"},
    {"two tight parts in one heap",
     "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick; d 5000-5001 pick; e 5000-5001 pick; f "
     "5000-5001 pick; "
     "w 2000-6000 pick",
     "pool 3000-3001 3/2: c a b; pool 5000-5001 3/2: f d e"},
    {"staggered ranges, a chain that does not close",
     "a 3000-3001 pick; b 3001-3002 pick; c 3000-3001 pick; d 3001-3002 pick",
     "pool 3000-3002 4/3: d a b c"},
    {"a port fixed in the middle", "a 3000-3002 pick; b 3000-3002 pick; c 3000-3002 pick; d 3001",
     "pool 3000-3002 4/3: c a b d"},
    {"what lies behind a fixed stretch is judged by itself",
     "a 3000-3005 pick; b 3001-3004; c 3005-3006 pick; d 3005-3006 pick; e 3005-3006 pick",
     "pool? 3001-3004 5/6: a b; pool 3005-3006 3/2: e c d"},
    {"tcp and udp", "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001/udp pick", ""},
    {"the highest ports", "a 65534-65535 pick; b 65534-65535 pick; c 65534-65535 pick",
     "pool 65534-65535 3/2: c a b"},
    {"the lowest ports", "a 1-2 pick; b 1-2 pick; c 1-2 pick", "pool 1-2 3/2: c a b"},

    {"addresses that do not meet",
     "a 127.0.0.1@3000-3001 pick; b 127.0.0.1@3000-3001 pick; c 127.0.0.2@3000-3001 pick", ""},
    {"each single address with the wildcards",
     "a 3000-3001 pick; b 127.0.0.1@3000-3001 pick; c 127.0.0.1@3000-3001 pick",
     "pool 3000-3001 3/2: c a b"},
    {"two single addresses do not add up",
     "a 3000-3002 pick v26; b 127.0.0.1@3000-3002 pick; c 127.0.0.2@3000-3002 pick",
     "pool? 3000-3002 3/3: c a b"},
    {"two single addresses, each too tight",
     "a 3000 ; b 127.0.0.1@3000-3001 pick; c 127.0.0.1@3000-3001 pick; d 127.0.0.2@3000-3001 pick; "
     "e "
     "127.0.0.2@3000-3001 pick",
     "pool 3000-3001 3/2: c a b; pool 3000-3001 3/2: e a d"},
    {"a wildcard meets the fixed ports of every address",
     "a 3000-3001 pick; b 127.0.0.1@3000; c 127.0.0.2@3001", "pool 3000-3001 3/2: a b c"},
    {"of either family", "a 3000-3001 pick; b ::1@3000; c ::2@3001", "pool 3000-3001 3/2: a b c"},
    {"but each family by itself", "a 3000-3001 pick; b ::1@3000; c 127.0.0.2@3001",
     "pool? 3000-3001 3/2: a b c"},
    {"what fails in IPv4 is told once",
     "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick; d ::1@3000",
     "pool 3000-3001 3/2: c a b"},
    {"in IPv6 alone",
     "a ::@3000-3001 pick; b 3000-3001 pick; c ::@3000-3001 pick; d 0.0.0.0@3000-3001 pick",
     "pool 3000-3001 3/2: c a b"},
    {"a single IPv6 address", "a ::1@3000-3001 pick; b 3000-3001 pick; c ::1@3000",
     "pool 3000-3001 3/2: b a c"},
    {"the families are apart",
     "a 0.0.0.0@3000-3001 pick; b 0.0.0.0@3000-3001 pick; c ::@3000-3001 pick; d ::@3000",
     "pool? 3000 2/2: c d"},
    {"where the wildcards fail, their single addresses are no news",
     "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick; d 127.0.0.1@3000-3001 pick",
     "pool 3000-3001 3/2: c a b"},

    {"a container that is up is not counted beside its service",
     "web 3000-3001 pick; c1>web 3000 held; other 3000-3001 pick; c2>other 3001 held", ""},
    {"the bound take ports away", "a 3000-3001 pick; b 3000-3001 held", "pool 3000-3001 3/2: a b"},
    {"what is only concluded is not counted", "a 3000-3001 pick; b 3000-3001 pick; c 3000 derived",
     "pool? 3000 3/2: b a c"},
    {"no surer than its claims", "a 3000-3001 pick; b 3000-3001 pick likely; c 3000-3001 pick",
     "pool~ 3000-3001 3/2: c a b"},
    {"take several of a range", "a 3000-3004 pick3; b 3000-3004 pick3", "pool 3000-3004 6/5: b a"},
    {"not live", "a 3000-3001 pick; b 3000-3001 pick; c 3000-3001 pick x0", ""},
};

/* Failures that depend on the engine's choice of ports (spec compose §5). */
static const struct scene_row possible[] = {
    {"measured: a could have used 21022, but takes the first",
     "a 21020-21022 pick; b 21021-21023 pick; c 21020-21021 pick", "pool? 21020-21021 3/4: c a b"},
    {"measured: a range before a fixed port inside", "a#1 21030-21032 pick; b#2 21030",
     "pool? 21030 2/3: a#1 b#2"},
    {"the order is not known", "a 21030-21032 pick; b 21030", "pool? 21030 2/3: a b"},
    {"the fixed one is known to start first: its port is skipped",
     "a#2 21030-21032 pick; b#1 21030", ""},
    {"skipped in both families", "a#2 21030-21032 pick; b#1 0.0.0.0@21030", ""},
    {"measured: not skipped on another address string",
     "a#2 127.0.0.1@21030-21032 pick v26; b#1 21030", "pool? 21030 2/3: a#2 b#1"},
    {"nor the other way round", "a#2 21030-21032 pick v26; b#1 127.0.0.1@21030",
     "pool? 21030 2/3: a#2 b#1"},
    {"skipped on one single address", "a#2 127.0.0.1@21030-21032 pick; b#1 127.0.0.1@21030", ""},
    {"a single address apart", "a 127.0.0.1@21030-21032 pick; b 127.0.0.2@21030", ""},
    {"a fixed range inside is one cause", "a 3000-3009 pick; b 3003-3005",
     "pool? 3003-3005 4/10: a b"},
    {"fixed ports of several: one range, one cause", "a 3000-3009 pick; b 3003; c 3007",
     "pool? 3003-3007 3/10: a b c"},
    {"several ranges over one fixed port", "a 3000-3009 pick; b 3000-3009 pick; c 3004",
     "pool? 3004 3/10: b a c"},
    {"ranges on addresses that differ but meet choose the same port",
     "a 3000-3009 pick v26; b 127.0.0.1@3000-3009 pick", "pool? 3000-3009 2/10: b a"},
    {"ranges on one address string do not",
     "a 3000-3009 pick; b 3000-3009 pick; c 0.0.0.0@3000-3009 pick", ""},
    {"those that start later use nothing up",
     "a#2 21020-21022 pick; b#2 21021-21023 pick; c#1 21020-21021 pick", ""},
    {"those that start earlier do",
     "a#1 21020-21022 pick; b#1 21021-21023 pick; c#2 21020-21021 pick",
     "pool? 21020-21021 3/4: c#2 a#1 b#1"},
    {"one owner does not take its own fixed port", "a 3000-3009 pick; a 3004", ""},
    {"a service does not take its container's", "web 3000-3009 pick; c1>web 3004 held", ""},
    {"a container that is up is skipped", "a 3000-3009 pick; c1>web 3004 held", ""},
    {"a process is not", "a 3000-3009 pick v26; sshd 3004 held", "pool? 3004 2/10: a sshd"},
    {"a stopped container's port is not waited for",
     "a 3000-3001 pick; !c1 3000-3001 plan possible", ""},
    {"but what is held counts", "a 3000-3001 pick; !x 3000 held; !y 3001 held",
     "pool 3000-3001 3/2: a !x !y"},
    {"a container on another address string is not",
     "a 3000-3009 pick v26; c1>web 127.0.0.1@3004 held", "pool? 3004 2/10: a c1"},
    {"a host-network listener is not, whenever it starts", "a#2 3000-3009 pick; h#1 3004 derived",
     "pool? 3004 2/10: a#2 h#1"},
    {"listeners beside fixed ports are another cause",
     "a 3000-3009 pick; b 3003; h 3007 derived likely",
     "pool? 3003 2/10: a b; pool? 3007 2/10: a h"},
    {"what a held range picked is told by its ports", "a 3000-3009 pick held; b 3004", ""},
    {"the contended ports, not the range", "a 3000-3009 pick; b 2990-3001",
     "pool? 3000-3001 3/10: a b"},
    {"a wide range can wander into a full one",
     "a 3000-3005 pick; b 3005-3007 pick; c 3005-3007 pick; d 3005-3007 pick",
     "pool? 3005-3007 4/8: d a b c"},
    {"claims that crowd into a few ports do not use up a wider range",
     "a 3000-3005 pick; b 3005-3008 pick; c 3005-3008 pick; d 3005-3008 pick", ""},
    {"nor those that share less than they need",
     "a 3001-3004 pick; b 3000-3002 pick; c 3000-3002 pick; d 3003-3005 pick", ""},
    {"fixed ports and ranges together use one up",
     "a#9 3000-3003 pick; b#1 3000-3001; c#1 3002-3004 pick; d#1 3002-3005 pick",
     "pool? 3000-3003 5/6: a#9 b#1 c#1 d#1"},
    {"ranges that only touch", "a 3000-3001 pick; b 3002-3003 pick; c 3004", ""},
    {"from 28 on the allocator compares addresses, not strings",
     "a#2 127.0.0.1@21030-21032 pick v28; b#1 21030", ""},
    {"but knows nothing of a container that starts later",
     "a#1 127.0.0.1@21030-21032 pick v28; b#2 21030", "pool? 21030 2/3: a#1 b#2"},
    {"ranges on addresses that meet", "a 3000-3009 pick v28; b 127.0.0.1@3000-3009 pick", ""},
    {"the newest engine when none is known", "a 3000-3009 pick; b 127.0.0.1@3000-3009 pick", ""},
    {"a container on another string", "a 3000-3009 pick v28; c1>web 127.0.0.1@3004 held", ""},
    {"nine processes are passed over",
     "a 3000-3013 pick v28; p 3000 held; q 3001 held; r 3002-3008 held", ""},
    {"ten are too many", "a 3000-3013 pick v28; p 3000-3009 held", "pool? 3000-3009 11/14: a p"},
    {"a socket that may share its port hides no threat",
     "a 3000-3003 pick; b 0.0.0.0@3000; s ::@3000 held possible", "pool? 3000 2/4: a b"},
    {"a socket that is surely there does", "a 3000-3003 pick; b 0.0.0.0@3000; s ::@3000 held", ""},
    {"a container in the range is a cause of its own",
     "a#1 3000-3003 pick v26; b#2 3000; c1>web 127.0.0.1@3001 held",
     "pool? 3000 2/4: a#1 b#2; pool? 3001 2/4: a#1 c1"},
    {"an entry on another string, up to 27", "a 3000-3001 pick v26 to80; a 127.0.0.1@3001 to81",
     "pool? 3001 2/2: a a"},
    {"an engine that is not known may be of 27", "a 3000-3001 pick to80; a 127.0.0.1@3001 to81",
     "pool? 3001 2/2: a a"},
    {"one cause of all versions", "a 3000-3002 pick to80; a 127.0.0.1@3000-3002 pick to80",
     "within 3000-3002: a a"},
    {"from 28 on it is skipped", "a 3000-3001 pick v28 to80; a 127.0.0.1@3001 to81", ""},
    {"measured: from 28 on one port for two addresses, and the second cannot listen",
     "a 3000-3002 pick v28 to80; a 127.0.0.1@3000-3002 pick to80", "within 3000-3002: a a"},
    {"UDP shares it", "a 3000-3002/udp pick v28 to80; a 127.0.0.1@3000-3002/udp pick to80", ""},
    {"another range", "a 3000-3002 pick v28 to80; a 127.0.0.1@3000-3003 pick to80", ""},
    {"another container port", "a 3000-3002 pick v28 to80; a 127.0.0.1@3000-3002 pick to81", ""},
    {"addresses that do not meet",
     "a 127.0.0.2@3000-3002 pick v28 to80; a 127.0.0.1@3000-3002 pick to80", ""},
    {"UDP with 29, which sets no SO_REUSEADDR for it",
     "a 3000-3002/udp pick v29 to80; a 127.0.0.1@3000-3002/udp pick to80",
     "within 3000-3002/udp: a a"},
    {"a range without an address, whatever the order",
     "a 127.0.0.1@3000-3002 pick v28 to80; a 3000-3002 pick to80", "within 3000-3002: a a"},
    {"without a host port", "a 0 v28 to80; a 127.0.0.1@0 to80", "within 0: a a"},
    {"on one address, twice", "a 127.0.0.1@0 v28 to80; a 127.0.0.1@0 to80", "within 0: a a"},
    {"a wildcard of a family in every address", "a 0 v28 to80; a ::@0 to80", "within 0: a a"},
    {"IPv4 and IPv6", "a 0.0.0.0@0 v28 to80; a ::@0 to80", ""},
    {"two single addresses", "a 127.0.0.1@0 v28 to80; a 127.0.0.2@0 to80", ""},
    {"two container ports without a host port", "a 0 v28 to80; a 127.0.0.1@0 to81", ""},
    {"two services without a host port", "a 0 v28 to80; b 127.0.0.1@0 to80", ""},
    {"a host port beside none", "a 0 v28 to80; a 127.0.0.1@3000 to80", ""},
    {"each gets a port up to 27", "a 0 v27 to80; a 127.0.0.1@0 to80", ""},
    {"an unknown engine may be new", "a 0 to80; a 127.0.0.1@0 to80", "within? 0: a a"},
    {"UDP without a host port shares it with 28", "a 0/udp v28 to80; a 127.0.0.1@0/udp to80", ""},
    {"and cannot with 29", "a 0/udp v29 to80; a 127.0.0.1@0/udp to80", "within 0/udp: a a"},
    {"no replica, no port", "a 0 v28 to80 x0; a 127.0.0.1@0 to80 x0", ""},
};

static void test_certain(void **unused)
{
    (void)unused;
    scene_check(certain, KPS_COUNT(certain));
}

static void test_possible(void **unused)
{
    (void)unused;
    scene_check(possible, KPS_COUNT(possible));
}

/* A hundred ranges in one cluster. */
static void test_many_ranges(void **unused)
{
    static const struct scene_row rows[] = {
        {"room for all", "", ""},
        {"a fixed port inside", "z 20000", "pool? 20000 101"},
        {"a fixed port beside", "z 9999", ""},
        {"a range on one address", "z 127.0.0.1@10000-20000 pick v27", "pool? 10000-20000 101"},
        {"a narrow range that the others can use up", "z 15000-15099 pick",
         "pool? 15000-15099 101"},
        {"a narrow range that is wide enough", "z 15000-15100 pick", ""},
        {"a listener", "z 20000 derived possible", "pool? 20000 101"},
        {"a claim of one of them", "a7 20000", "pool? 20000 100"},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    size_t wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_buf text = KPS_BUF(arena);
        for (unsigned k = 0; k < 100; k++) {
            kps_buf_fmt(&text, "%sa%u 10000-20000 pick", k ? "; " : "", k);
        }
        kps_buf_fmt(&text, "%s%s", rows[i].claims[0] ? "; " : "", rows[i].claims);
        struct scene scene;
        scene_open(&scene, kps_buf_sv(&text).p, NULL);
        struct kps_conflicts found = kps_detect(&scene.ledger, arena);
        struct kps_buf shown = KPS_BUF(arena);
        for (size_t k = 0; k < found.n; k++) {
            kps_buf_fmt(&shown, "%spool%s %u", k ? "; " : "",
                        found.v[k].certainty == KPS_POSSIBLE ? "?" : "", found.v[k].first);
            if (found.v[k].last != found.v[k].first) {
                kps_buf_fmt(&shown, "-%u", found.v[k].last);
            }
            kps_buf_fmt(&shown, " %u", found.v[k].n_claims);
        }
        if (!kps_sv_eq(kps_buf_sv(&shown), kps_sv_of(rows[i].expected))) {
            print_error("%s\n  expected %s\n  found    %s\n", rows[i].why, rows[i].expected,
                        kps_buf_sv(&shown).p);
            wrong++;
        }
        scene_close(&scene);
    }
    kps_arena_free(arena);
    assert_int_equal(wrong, 0);
}

/* More ranges than the bound allows: the proof of a lack is still found, the rest is counted. */
static void test_too_many_ranges(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_buf text = KPS_BUF(arena);
    for (unsigned k = 0; k < 4500; k++) {
        kps_buf_fmt(&text, "a%u 10000-20000 pick; ", k);
    }
    kps_buf_fmt(&text, "b 30000-30001 pick; c 30000-30001 pick; d 30000-30001 pick; "
                       "e 40000-40001 pick; f 40000");
    struct scene scene;
    scene_open(&scene, kps_buf_sv(&text).p, NULL);
    struct kps_conflicts found = kps_detect(&scene.ledger, arena);
    assert_string_equal(scene_show(&scene, found),
                        "uncompared? 10000-20000 4500: a0; pool 30000-30001 3/2: d b c; "
                        "pool? 40000 2/2: e f");
    kps_judge(&scene.ledger, found, NULL);
    assert_true(scene.ledger.diag->incomplete);
    const struct kps_finding *first = scene.ledger.diag->findings.v[0];
    assert_int_equal(first->rule, KPS_RULE_SCAN_INCOMPLETE);
    assert_true(
        kps_sv_starts(first->message, kps_sv_of("4500 claims that take a port of a range")));
    scene_close(&scene);
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certain), cmocka_unit_test(test_possible),
        cmocka_unit_test(test_many_ranges), cmocka_unit_test(test_too_many_ranges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
