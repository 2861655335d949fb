#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "kube/rollout.h"

#define PERCENT(value)                                                                             \
    {                                                                                              \
        (value), true                                                                              \
    }
#define COUNT(value)                                                                               \
    {                                                                                              \
        (value), false                                                                             \
    }

/* The first rows are what the control plane did (spec kubernetes §4.1, cases c02 to c08). */
static const struct row {
    const char *why;
    uint32_t replicas;
    struct kps_rollout_amount surge, unavailable;
    uint32_t nodes;
    bool stuck;
} rows[] = {
    {"c02: the default of 1 replica on 1 node", 1, PERCENT(25), PERCENT(25), 1, true},
    {"c03: a spare node", 1, PERCENT(25), PERCENT(25), 2, false},
    {"c05: no surge", 1, COUNT(0), COUNT(1), 1, false},
    {"c06: 2 on 2, floor(0.5) may be missing", 2, PERCENT(25), PERCENT(25), 2, true},
    {"c07: 4 on 2, 1 may be missing", 4, PERCENT(25), PERCENT(25), 2, true},
    {"c08: 3 on 2, 2 may be missing", 3, COUNT(1), COUNT(2), 2, false},
    {"4 on 4 with 1 missing goes on", 4, PERCENT(25), PERCENT(25), 4, false},
    {"3 on 3 with 0 missing", 3, PERCENT(25), PERCENT(25), 3, true},
    {"both 0 by rounding makes 1 missing", 1, COUNT(0), PERCENT(25), 1, false},
    {"no replicas, nothing to wait for", 0, PERCENT(25), PERCENT(25), 1, false},
    {"all may be missing", 3, COUNT(1), PERCENT(100), 3, false},
    {"more than all may be missing", 3, COUNT(1), COUNT(9), 3, false},
    {"a spare node helps large ones too", 10, PERCENT(25), COUNT(0), 11, false},
};

static void test_rows(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_rollout rollout =
            kps_rollout_resolve(rows[i].replicas, rows[i].surge, rows[i].unavailable);
        if (kps_rollout_stuck(&rollout, rows[i].nodes) != rows[i].stuck) {
            fail_msg("%s: surge %u, unavailable %u", rows[i].why, rollout.surge,
                     rollout.unavailable);
        }
    }
}

/* A step-by-step simulation of the two ReplicaSets on nodes that hold one pod each. */
static bool simulate_stuck(const struct kps_rollout *rollout, uint32_t nodes)
{
    uint32_t old_wanted = rollout->replicas;
    uint32_t new_wanted = 0;
    uint32_t old_runs = old_wanted < nodes ? old_wanted : nodes;
    uint32_t new_runs = 0;
    for (uint32_t step = 0; step < 400; step++) {
        uint32_t room = rollout->replicas + rollout->surge - old_wanted - new_wanted;
        new_wanted += room < rollout->replicas - new_wanted ? room : rollout->replicas - new_wanted;
        uint32_t least = rollout->replicas - rollout->unavailable;
        /* Pods that are not ready are deleted first and cost no availability. */
        uint32_t old_idle = old_wanted - old_runs;
        old_wanted -= old_idle;
        uint32_t spare = old_runs + new_runs > least ? old_runs + new_runs - least : 0;
        uint32_t drop = spare < old_wanted ? spare : old_wanted;
        old_wanted -= drop;
        old_runs -= drop;
        uint32_t free_nodes = nodes - old_runs - new_runs;
        uint32_t waiting = new_wanted - new_runs;
        new_runs += waiting < free_nodes ? waiting : free_nodes;
    }
    return old_runs > 0 && new_runs == 0;
}

static void test_simulation(void **unused)
{
    (void)unused;
    for (uint32_t replicas = 1; replicas <= 8; replicas++) {
        for (uint32_t surge = 0; surge <= 3; surge++) {
            for (uint32_t missing = surge ? 0 : 1; missing <= replicas; missing++) {
                for (uint32_t nodes = 1; nodes <= 10; nodes++) {
                    const struct kps_rollout rollout = {replicas, surge, missing};
                    if (kps_rollout_stuck(&rollout, nodes) != simulate_stuck(&rollout, nodes)) {
                        fail_msg("replicas %u, surge %u, unavailable %u, nodes %u", replicas, surge,
                                 missing, nodes);
                    }
                }
            }
        }
    }
}

static void test_amounts(void **unused)
{
    (void)unused;
    struct kps_rollout_amount amount = {7, false};
    assert_true(kps_rollout_amount_parse(SV("30%"), &amount));
    assert_true(amount.percent && amount.value == 30);
    assert_true(kps_rollout_amount_parse(SV("2"), &amount));
    assert_true(!amount.percent && amount.value == 2);
    assert_false(kps_rollout_amount_parse(SV("%"), &amount));
    assert_false(kps_rollout_amount_parse(SV("-1"), &amount));
    assert_false(kps_rollout_amount_parse(SV("two"), &amount));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
