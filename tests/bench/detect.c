#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "core/detect.h"
#include "model/ledger.h"

/*
 * usage: bench_detect CLAIMS [SHAPE]
 * Times the detection alone on a ledger of CLAIMS claims, one owner each. Prints microseconds of
 * processor time (a machine may be shared) and the number of conflicts; with SHAPE "all" a line for
 * each shape. Without one, ports and addresses are all different but for one pair in a hundred. The
 * others are what a detection could stumble over.
 */

static const struct kps_owner_class CLASS = {.noun = "service",
                                             .between_owners = KPS_RULE_COMPOSE_HOST_PORT_CLASH};

enum { PORTS = 60000, LOWEST = 1024 };

static struct kps_claim claim_at(uint32_t port, uint32_t width, uint32_t take)
{
    return (struct kps_claim){.first = (uint16_t)(LOWEST + port),
                              .last = (uint16_t)(LOWEST + port + width - 1),
                              .take = take ? take : width,
                              .protocol = KPS_TCP,
                              .basis = KPS_REQUESTED,
                              .certainty = KPS_CERTAIN,
                              .copies = 1};
}

static struct kps_addr address(uint32_t number)
{
    return (struct kps_addr){
        KPS_ADDR_ONE4,
        {127, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)(number | 1)}};
}

/* Numbers without order, the same in each run. */
static uint32_t scatter(uint32_t i, uint32_t below)
{
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)((x >> 32) % below);
}

static struct kps_claim pairs(uint32_t i, uint32_t n)
{
    (void)n;
    uint32_t place = i % 100 == 1 ? i - 1 : i;
    struct kps_claim claim = claim_at(place % PORTS, 1, 1);
    claim.addr = address(place / PORTS << 8);
    return claim;
}

static struct kps_claim one_port(uint32_t i, uint32_t n)
{
    (void)i;
    (void)n;
    return claim_at(8080 - LOWEST, 1, 1);
}

static struct kps_claim scattered(uint32_t i, uint32_t n)
{
    (void)n;
    return claim_at(scatter(i, PORTS), 1, 1);
}

static struct kps_claim narrow(uint32_t i, uint32_t n)
{
    (void)n;
    return claim_at(scatter(i, PORTS), 16, 0);
}

static struct kps_claim wide(uint32_t i, uint32_t n)
{
    (void)n;
    return claim_at(scatter(i, PORTS / 2), scatter(i * 7, PORTS / 2) + 1, 0);
}

/* Each range overlaps the next twenty: as many sets of claims as there are ports, all of them below
 * a crowd. */
static struct kps_claim staircase(uint32_t i, uint32_t n)
{
    uint32_t width = (uint32_t)(20ULL * PORTS / n) + 1;
    return claim_at((uint32_t)((uint64_t)i * (PORTS - width) / n), width, 0);
}

static struct kps_claim nested(uint32_t i, uint32_t n)
{
    (void)n;
    return claim_at(i % (PORTS / 2), PORTS - 2 * (i % (PORTS / 2)), 0);
}

/* Wide ranges on many addresses, and wildcards that come and go between them. */
static struct kps_claim addresses(uint32_t i, uint32_t n)
{
    struct kps_claim claim = i % 4 == 0 ? claim_at(scatter(i, PORTS), 1, 1) : wide(i, n);
    if (i % 4) {
        claim.addr = address(scatter(i, 1000) << 8);
    }
    return claim;
}

static struct kps_claim pick_apart(uint32_t i, uint32_t n)
{
    (void)n;
    struct kps_claim claim = claim_at(i % (PORTS / 16) * 16, 16, 1);
    claim.addr = address(i / (PORTS / 16) << 8);
    return claim;
}

static struct kps_claim pick_heap(uint32_t i, uint32_t n)
{
    (void)n;
    struct kps_claim claim = claim_at(scatter(i, PORTS / 2), scatter(i * 7, PORTS / 2) + 2, 1);
    if (i % 2) {
        claim.addr = address(scatter(i, 5000) << 8);
    }
    return claim;
}

static struct kps_claim pick_mixed(uint32_t i, uint32_t n)
{
    (void)n;
    return i % 2 ? claim_at(scatter(i, PORTS), 16, 1) : claim_at(scatter(i, PORTS), 1, 1);
}

static const struct shape {
    const char *name;
    struct kps_claim (*claim)(uint32_t i, uint32_t n);
} shapes[] = {{"pairs", pairs},
              {"one-port", one_port},
              {"scattered", scattered},
              {"narrow", narrow},
              {"wide", wide},
              {"staircase", staircase},
              {"nested", nested},
              {"addresses", addresses},
              {"pick-apart", pick_apart},
              {"pick-heap", pick_heap},
              {"pick-mixed", pick_mixed}};

static double micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void run(const struct shape *shape, uint32_t n, const char *indent)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    kps_netns_id host = kps_ledger_netns(&ledger, KPS_NETNS_HOST, SV(""));
    for (uint32_t i = 0; i < n; i++) {
        struct kps_new_owner owner = {
            .cls = &CLASS, .kind = KPS_OWNER_COMPOSE_SERVICE, .name = SV("service")};
        struct kps_claim claim = shape->claim(i, n);
        claim.netns = host;
        claim.owner = kps_ledger_owner(&ledger, &owner);
        kps_ledger_claim(&ledger, &claim);
    }
    kps_ledger_link(&ledger);
    double start = micros();
    struct kps_conflicts conflicts = kps_detect(&ledger, arena);
    printf("%s%.0f %zu\n", indent, micros() - start, conflicts.n);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

int main(int argc, char **argv)
{
    long n = argc >= 2 ? atol(argv[1]) : 0;
    const char *wanted = argc == 3 ? argv[2] : shapes[0].name;
    if (n < 1 || n > 10L * 1000 * 1000 || argc > 3) {
        return 2;
    }
    bool all = strcmp(wanted, "all") == 0;
    for (size_t i = 0; i < KPS_COUNT(shapes); i++) {
        if (all) {
            printf("%-12s", shapes[i].name);
        }
        if (all || strcmp(wanted, shapes[i].name) == 0) {
            run(&shapes[i], (uint32_t)n, all ? " " : "");
        }
    }
    return 0;
}
