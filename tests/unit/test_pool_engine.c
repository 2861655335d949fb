#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/detect.h"
#include "support/random_claims.h"
#include "support/scene.h"

/*
 * The engine (spec compose §5, IPv4): containers start one after another, in any order that the
 * ranks allow; a fixed range takes its ports, a picker any port of its range that no container
 * holds on the same address string (up to 27) or on an overlapping address (from 28 on). A
 * container that gets a port held on an overlapping address fails.
 */
struct unit {
    const struct kps_claim *claim;
    uint32_t rank;
    bool started;
    uint16_t first, last; /* the port it got */
};

struct engine {
    struct unit units[RANDOM_MOST_CLAIMS];
    uint32_t n;
    bool sees_overlap; /* version 28 or later */
    bool can_fail, can_succeed;
};

static bool holds(const struct unit *unit, uint32_t port)
{
    return unit->started && unit->first <= port && port <= unit->last;
}

static bool is_blocked(const struct engine *engine, const struct unit *unit, uint32_t port,
                       bool same_string)
{
    for (uint32_t i = 0; i < engine->n; i++) {
        const struct unit *other = &engine->units[i];
        if (holds(other, port) &&
            (same_string ? kps_addr_eq(&other->claim->addr, &unit->claim->addr)
                         : kps_addr_overlap(&other->claim->addr, &unit->claim->addr))) {
            return true;
        }
    }
    return false;
}

static bool may_start(const struct engine *engine, const struct unit *unit)
{
    for (uint32_t i = 0; i < engine->n; i++) {
        const struct unit *other = &engine->units[i];
        if (!other->started && other->rank && other->rank < unit->rank) {
            return false;
        }
    }
    return !unit->started;
}

static void start_rest(struct engine *engine);

static void take(struct engine *engine, struct unit *unit, uint32_t first, uint32_t last)
{
    for (uint32_t port = first; port <= last; port++) {
        if (is_blocked(engine, unit, port, false)) {
            engine->can_fail = true;
            return;
        }
    }
    unit->first = (uint16_t)first;
    unit->last = (uint16_t)last;
    unit->started = true;
    start_rest(engine);
    unit->started = false;
}

static void start(struct engine *engine, struct unit *unit)
{
    if (unit->claim->take == kps_claim_width(unit->claim)) {
        take(engine, unit, unit->claim->first, unit->claim->last);
        return;
    }
    bool any = false;
    for (uint32_t port = unit->claim->first; port <= unit->claim->last; port++) {
        if (!is_blocked(engine, unit, port, !engine->sees_overlap)) {
            any = true;
            take(engine, unit, port, port);
        }
    }
    engine->can_fail = engine->can_fail || !any;
}

static void start_rest(struct engine *engine)
{
    bool all = true;
    for (uint32_t i = 0; i < engine->n && !(engine->can_fail && engine->can_succeed); i++) {
        all = all && engine->units[i].started;
        if (may_start(engine, &engine->units[i])) {
            start(engine, &engine->units[i]);
        }
    }
    engine->can_succeed = engine->can_succeed || all;
}

static struct engine simulate(const struct scene *scene)
{
    struct engine engine = {.sees_overlap = scene->ledger.engine.major >= 28};
    for (uint32_t i = 0; i < scene->ledger.claims.n; i++) {
        const struct kps_claim *claim = &scene->ledger.claims.v[i];
        struct kps_sv name = kps_owner_name(kps_ledger_get_owner(&scene->ledger, claim->owner));
        unsigned long long rank = 0;
        (void)kps_sv_u64(kps_sv_from(name, kps_sv_find(name, '#') + 1), 9, &rank);
        for (uint32_t copy = 0; copy < claim->copies && engine.n < RANDOM_MOST_CLAIMS; copy++) {
            engine.units[engine.n++] = (struct unit){.claim = claim, .rank = (uint32_t)rank};
        }
    }
    start_rest(&engine);
    return engine;
}

static bool any_certain(struct kps_conflicts found)
{
    for (size_t i = 0; i < found.n; i++) {
        if (found.v[i].certainty == KPS_CERTAIN) {
            return true;
        }
    }
    return false;
}

/*
 * Something is reported if and only if some start can fail; if it is certain, every start fails;
 * and on one address the other way round, too.
 */
static void compare_with_engine(const char *const *addresses, uint32_t n_addresses, uint16_t major)
{
    size_t certain = 0;
    size_t possible = 0;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        uint64_t state = seed;
        struct random_claims claims = {.arena = kps_arena_new()};
        random_pools(&claims, &state, 4, 4, addresses, n_addresses);
        struct scene scene;
        scene_open(&scene, random_join(&claims), NULL);
        scene.ledger.engine.major = major;
        struct kps_conflicts found = kps_detect(&scene.ledger, scene.arena);
        struct engine engine = simulate(&scene);
        bool right = (found.n > 0) == engine.can_fail;
        right = right && !(any_certain(found) && engine.can_succeed);
        right = right && (n_addresses > 1 || any_certain(found) == !engine.can_succeed);
        if (!right) {
            fail_msg("engine %u, seed %lu: %s\nfound '%s', but it can%s fail and can%s succeed",
                     major, (unsigned long)seed, random_join(&claims), scene_show(&scene, found),
                     engine.can_fail ? "" : "not", engine.can_succeed ? "" : "not");
        }
        certain += any_certain(found);
        possible += found.n && !any_certain(found);
        scene_close(&scene);
        kps_arena_free(claims.arena);
    }
    assert_true(certain > 100);
    assert_true(possible > 100);
}

static void test_one_address(void **unused)
{
    (void)unused;
    compare_with_engine(random_ipv4, 1, 26);
    compare_with_engine(random_ipv4, 1, 28);
}

static void test_several_addresses(void **unused)
{
    (void)unused;
    compare_with_engine(random_ipv4, KPS_COUNT(random_ipv4), 26);
    compare_with_engine(random_ipv4, KPS_COUNT(random_ipv4), 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_address),
                                       cmocka_unit_test(test_several_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
