#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "core/conflict.h"
#include "model/ledger.h"

/*
 * usage: bench_detect CLAIMS
 * Times the detection alone: a ledger of CLAIMS claims, one owner each, on ports and addresses that are all different
 * but for one pair in a hundred. Prints microseconds and the number of conflicts.
 */

static const struct kps_owner_class CLASS = {.noun = "service", .between_owners = KPS_RULE_COMPOSE_HOST_PORT_CLASH};

static void add_claim(struct kps_ledger *ledger, kps_netns_id host, uint32_t i)
{
    const uint32_t ports = 60000;
    uint32_t place = i % 100 == 1 ? i - 1 : i;
    struct kps_owner owner = {.cls = &CLASS, .kind = KPS_OWNER_COMPOSE_SERVICE, .name = SV("service")};
    struct kps_claim claim = {
        .netns = host,
        .owner = kps_ledger_owner(ledger, owner),
        .addr = {.kind = KPS_ADDR_ONE4, .bytes = {127, (uint8_t)(place / ports), 0, 1}},
        .first = (uint16_t)(1024 + place % ports),
        .last = (uint16_t)(1024 + place % ports),
        .take = 1,
        .protocol = KPS_TCP,
        .basis = KPS_WISH,
        .certainty = KPS_CERTAIN,
        .copies = 1,
    };
    kps_ledger_claim(ledger, claim);
}

static double micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    long n = argc == 2 ? atol(argv[1]) : 0;
    if (n < 1 || n > 10L * 1000 * 1000) {
        return 2;
    }
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    kps_netns_id host = kps_ledger_netns(&ledger, KPS_NETNS_HOST, SV(""));
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        add_claim(&ledger, host, i);
    }
    kps_ledger_link(&ledger);
    double start = micros();
    struct kps_conflicts conflicts = kps_detect(&ledger, arena);
    printf("%.0f %zu\n", micros() - start, conflicts.n);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
    return 0;
}
