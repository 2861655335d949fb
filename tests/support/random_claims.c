#include "support/random_claims.h"

#include <stdbool.h>

#include "base/buf.h"

/* splitmix64 */
uint32_t random_below(uint64_t *state, uint32_t bound)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ (z >> 31)) % bound);
}

static const char *pick(uint64_t *state, const char *const *list, size_t n)
{
    return list[random_below(state, (uint32_t)n)];
}

const char *random_join(const struct random_claims *claims)
{
    struct kps_buf buf = KPS_BUF(claims->arena);
    for (uint32_t i = 0; i < claims->n; i++) {
        kps_buf_fmt(&buf, "%s%s", i ? "; " : "", claims->v[i]);
    }
    return kps_buf_sv(&buf).p;
}

void random_fixed(struct random_claims *claims, uint64_t *state)
{
    static const char *const owners[] = {"a", "b", "c", "d", "a1>a", "a2>a", "b1>b"};
    static const char *const addresses[] = {"",           "",           "0.0.0.0@", "::@",
                                            "127.0.0.1@", "127.0.0.2@", "::1@",     "::2@"};
    /* weighted by repetition: half of the claims are plain */
    static const char *const words[] = {
        "", " plan",         "",          " held",     "", " derived", "", " derived possible",
        "", " likely",       "",          " possible", "", " in:x",    "", " in:x likely",
        "", " in:x derived", " discarded"};
    claims->n = 2 + random_below(state, RANDOM_MOST_CLAIMS - 1);
    for (uint32_t i = 0; i < claims->n; i++) {
        uint32_t first = 1 + random_below(state, RANDOM_HIGHEST_PORT);
        uint32_t last = random_below(state, 2)
                            ? first
                            : first + random_below(state, RANDOM_HIGHEST_PORT + 1 - first);
        /* one by one: the order in which arguments are evaluated is the compiler's */
        const char *owner = pick(state, owners, KPS_COUNT(owners));
        const char *address = pick(state, addresses, KPS_COUNT(addresses));
        const char *protocol = random_below(state, 8) ? "" : "/udp";
        const char *word = pick(state, words, KPS_COUNT(words));
        claims->v[i] =
            kps_fmt(claims->arena, "%s %s%u-%u%s%s", owner, address, first, last, protocol, word).p;
    }
}

void random_pools(struct random_claims *claims, uint64_t *state, uint32_t most, uint32_t ports,
                  const char *const *addresses, uint32_t n_addresses)
{
    claims->n = 2 + random_below(state, most - 1);
    for (uint32_t i = 0; i < claims->n; i++) {
        uint32_t first = 1 + random_below(state, ports);
        uint32_t last = first + random_below(state, ports + 1 - first);
        uint32_t rank = random_below(state, 4);
        struct kps_sv name = kps_fmt(claims->arena, "%c", (int)('a' + i));
        if (rank) {
            name = kps_fmt(claims->arena, "%c#%u", (int)('a' + i), rank);
        }
        bool picks = first < last && random_below(state, 4);
        const char *address = addresses[random_below(state, n_addresses)];
        bool one_port = !picks && random_below(state, 3);
        bool twice = picks && random_below(state, 4) == 0;
        claims->v[i] = kps_fmt(claims->arena, "%s %s%u-%u%s%s", name.p, address, first,
                               one_port ? first : last, picks ? " pick" : "", twice ? " x2" : "")
                           .p;
    }
}

const char *const random_ipv4[4] = {"0.0.0.0@", "0.0.0.0@", "127.0.0.1@", "127.0.0.2@"};
