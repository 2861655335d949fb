#ifndef KPS_MODEL_ADDR_H
#define KPS_MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * The address of a claim, as far as binding a port is concerned. The kernel's rules (measured bind
 * table) come down to this: a socket covers a part of each family, nothing, one address, or every
 * address; two claims meet when in one family both cover something and the two are equal or one is
 * "every". IPv4-mapped IPv6 addresses are IPv4.
 */
enum kps_addr_kind {
    KPS_ADDR_EVERY, /* both families: a published port without host IP; a dual-stack socket on [::]
                     */
    KPS_ADDR_ANY4,  /* 0.0.0.0 */
    KPS_ADDR_ANY6,  /* [::] with IPV6_V6ONLY, which is how the Docker Engine publishes on "::" */
    KPS_ADDR_ONE4,  /* one IPv4 address */
    KPS_ADDR_ONE6,  /* one IPv6 address */
};

struct kps_addr {
    enum kps_addr_kind kind;
    uint8_t bytes[16]; /* network order; ONE4 uses the first 4; zero for the wildcards */
};

/*
 * Reads an IP literal (no brackets, no zone): "0.0.0.0" is ANY4, "::" is ANY6, "::ffff:127.0.0.1"
 * is ONE4 127.0.0.1. Return: false (*ret untouched) when it is none.
 */
bool kps_addr_parse(struct kps_sv literal, struct kps_addr *ret);

/* The literal of an address ("127.0.0.1", "::1", "0.0.0.0"); empty for KPS_ADDR_EVERY. In the
 * arena. */
struct kps_sv kps_addr_format(struct kps_arena *arena, const struct kps_addr *addr);

bool kps_addr_eq(const struct kps_addr *a, const struct kps_addr *b);

/* Whether two sockets on these addresses (same port and protocol, no sharing flags) would collide.
 * Symmetric. */
bool kps_addr_overlap(const struct kps_addr *a, const struct kps_addr *b);

/* Whether every address that `inner` covers is covered by `outer`. */
bool kps_addr_contains(const struct kps_addr *outer, const struct kps_addr *inner);

#endif
