#ifndef KPS_MODEL_ADDR_H
#define KPS_MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * The address of a claim, as far as binding a port is concerned. The kernel's rules (measured bind
 * table) come down to this: in each family a socket covers no address, a single address, or every
 * address; two claims meet when in a family both cover an address and the two are equal or either
 * is "every". IPv4-mapped IPv6 addresses are IPv4.
 */
enum kps_addr_kind {
    KPS_ADDR_EVERY, /* both families: a published port without host IP; a dual-stack socket on [::]
                     */
    KPS_ADDR_ANY4,  /* 0.0.0.0 */
    KPS_ADDR_ANY6,  /* [::] with IPV6_V6ONLY, which is how the Docker Engine publishes on "::" */
    KPS_ADDR_ONE4,  /* one IPv4 address; zeros: 0.0.0.0 as an IPv6 connection takes it, which meets
                       wildcards alone (sys/collect.h) */
    KPS_ADDR_ONE6,  /* one IPv6 address */
};

struct kps_addr {
    uint8_t kind;      /* enum kps_addr_kind */
    uint8_t bytes[16]; /* network order; ONE4 uses the first 4; zero for the wildcards */
};

/*
 * Read an IP literal (no brackets, no zone): "0.0.0.0" is ANY4, "::" is ANY6, "::ffff:127.0.0.1" is
 * ONE4 127.0.0.1. Return: false (*ret untouched) for any other text.
 */
bool kps_addr_parse(struct kps_sv literal, struct kps_addr *ret);

/* The literal of an address ("127.0.0.1", "::1", "0.0.0.0"); empty for KPS_ADDR_EVERY. In the
 * arena. */
struct kps_sv kps_addr_format(struct kps_arena *arena, const struct kps_addr *addr);

/* Return the address in words: "every address", "every IPv4 address", "127.0.0.1". In the arena. */
struct kps_sv kps_addr_words(struct kps_arena *arena, const struct kps_addr *addr);

bool kps_addr_eq(const struct kps_addr *a, const struct kps_addr *b);
/* Compare by kind, then by bytes, for sorting: <0, 0, >0. */
int kps_addr_compare(const struct kps_addr *a, const struct kps_addr *b);

/*
 * Return: would two sockets on these addresses (same port and protocol, no sharing flags) collide?
 * Symmetric.
 */
bool kps_addr_overlap(const struct kps_addr *a, const struct kps_addr *b);

/* Return: does `outer` cover every address of `inner`? */
bool kps_addr_contains(const struct kps_addr *outer, const struct kps_addr *inner);

#endif
