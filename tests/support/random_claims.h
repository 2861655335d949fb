#ifndef SUPPORT_RANDOM_CLAIMS_H
#define SUPPORT_RANDOM_CLAIMS_H

#include <stdint.h>

#include "base/arena.h"

/*
 * Small ledgers at random, the same for the same seed on every machine, as texts for scene_open.
 * One text a claim, so that a test can shuffle them.
 */
enum { RANDOM_MOST_CLAIMS = 12, RANDOM_HIGHEST_PORT = 14 };

struct random_claims {
    struct kps_arena *arena;
    const char *v[RANDOM_MOST_CLAIMS];
    uint32_t n;
};

/* A number from 0 up to, but without, `bound`. Start *state with a seed. */
uint32_t random_below(uint64_t *state, uint32_t bound);

/* All claims in one text. */
const char *random_join(const struct random_claims *claims);

/* Fixed ports and ranges of all sorts of owners, addresses, namespaces and flags. */
void random_fixed(struct random_claims *claims, uint64_t *state);

/*
 * Up to `most` claims, each of an owner of its own with or without a rank in the order of starts,
 * on ports 1..ports of the host; fixed, or to pick from a range. `addresses` are written as before
 * a port ("0.0.0.0@").
 */
void random_pools(struct random_claims *claims, uint64_t *state, uint32_t most, uint32_t ports,
                  const char *const *addresses, uint32_t n_addresses);

/* IPv4: a wildcard and two single addresses; the first alone, or all of them. */
extern const char *const random_ipv4[4];

#endif
