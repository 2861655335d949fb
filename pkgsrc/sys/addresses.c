#include "sys/addresses.h"

#include <errno.h>
#include <string.h>

#include "base/vec.h"

enum {
    /* 1,000 container networks take 400 KiB; a router with a full table of routes has more, and
     * its addresses then count as unknown. */
    TRIE_BYTES = 8 * 1024 * 1024,
    INET6_BYTES = 1024 * 1024,
};

struct addr_list {
    KPS_VEC(struct kps_local_addr) v;
};

static bool has_address(const struct addr_list *list, const struct kps_local_addr *addr)
{
    for (uint32_t i = 0; i < list->v.n; i++) {
        if (list->v.v[i].bits == addr->bits && kps_addr_eq(&list->v.v[i].addr, &addr->addr)) {
            return true;
        }
    }
    return false;
}

/*
 * Parse the tree of routes:
 *
 *        |-- 127.0.0.0
 *           /8 host LOCAL
 *
 * Broadcast addresses count too: bind() takes them.
 */
static void parse_trie(struct kps_sv text, struct addr_list *list)
{
    struct kps_local_addr leaf = {.bits = 0};
    bool has_leaf = false;
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        line = kps_sv_trim(line);
        if (kps_sv_has_head(line, "|-- ")) {
            has_leaf =
                kps_addr_parse(kps_sv_from(line, 4), &leaf.addr) && leaf.addr.kind == KPS_ADDR_ONE4;
            continue;
        }
        bool is_local = kps_sv_has_tail(line, " LOCAL") || kps_sv_has_tail(line, " BROADCAST");
        int64_t bits = kps_sv_number(kps_sv_slice(line, 1, kps_sv_find(line, ' ')), 32);
        if (has_leaf && is_local && kps_sv_has_head(line, "/") && bits >= 0) {
            leaf.bits = (uint8_t)bits;
            if (!has_address(list, &leaf)) {
                *kps_vec_push(&list->v) = leaf;
            }
        }
    }
}

/* Parse "fd000000000000000000000000000002 04 40 00 82 eth0". */
static bool parse_inet6(struct kps_sv line, struct kps_local_addr *ret)
{
    struct kps_local_addr found = {.addr = {.kind = KPS_ADDR_ONE6}, .bits = 128};
    if (line.n < 32) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        unsigned high = kps_sv_digit_value(line.p[2 * i]);
        unsigned low = kps_sv_digit_value(line.p[2 * i + 1]);
        if (high >= 16 || low >= 16) {
            return false;
        }
        found.addr.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret = found;
    return true;
}

static bool is_set(const struct kps_sys *sys, const char *path)
{
    char buf[8];
    struct kps_sv text;
    return kps_os_read(sys->root_fd, path, buf, sizeof(buf), &text) == 0 && text.n &&
           text.p[0] != '0';
}

struct kps_local_addrs kps_addresses_read(const struct kps_sys *sys, struct kps_arena *arena)
{
    struct addr_list list = {0};
    struct kps_local_addrs addrs = {.n = 0};
    struct kps_sv text;
    if (kps_os_slurp(sys, arena, "proc/net/fib_trie", TRIE_BYTES, &text) == 0) {
        parse_trie(text, &list);
        addrs.knows_v4 = list.v.n > 0 && text.n < TRIE_BYTES;
    }
    int failed = kps_os_slurp(sys, arena, "proc/net/if_inet6", INET6_BYTES, &text);
    addrs.knows_v6 = failed == ENOENT || (failed == 0 && text.n < INET6_BYTES);
    struct kps_sv line;
    while (failed == 0 && kps_sv_next(&text, '\n', &line)) {
        struct kps_local_addr found;
        if (parse_inet6(line, &found)) {
            *kps_vec_push(&list.v) = found;
        }
    }
    addrs.nonlocal_v4 = is_set(sys, "proc/sys/net/ipv4/ip_nonlocal_bind");
    addrs.nonlocal_v6 = is_set(sys, "proc/sys/net/ipv6/ip_nonlocal_bind");
    addrs.v = kps_vec_copy(&list.v, arena);
    addrs.n = list.v.n;
    kps_vec_free(&list.v);
    return addrs;
}
