#include "model/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/order.h"

static const uint8_t MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct kps_addr of_v4(const uint8_t bytes[4])
{
    static const uint8_t any[4];
    struct kps_addr addr = {.kind = memcmp(bytes, any, 4) == 0 ? KPS_ADDR_ANY4 : KPS_ADDR_ONE4};
    memcpy(addr.bytes, bytes, 4);
    return addr;
}

/* Read four numbers up to 255, without leading zeros, as inet_pton(3) does. */
static bool parse_v4(struct kps_sv literal, uint8_t ret[4])
{
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && (at == literal.n || literal.p[at++] != '.')) {
            return false;
        }
        size_t start = at;
        unsigned number = 0;
        while (at < literal.n && kps_is_digit(literal.p[at]) && number <= UINT8_MAX) {
            number = number * 10 + (unsigned)(literal.p[at++] - '0');
        }
        if (at == start || number > UINT8_MAX || (literal.p[start] == '0' && at > start + 1)) {
            return false;
        }
        ret[i] = (uint8_t)number;
    }
    return at == literal.n;
}

bool kps_addr_parse(struct kps_sv literal, struct kps_addr *ret)
{
    static const uint8_t any[16];
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (parse_v4(literal, bytes)) {
        *ret = of_v4(bytes);
        return true;
    }
    if (literal.n == 0 || literal.n >= sizeof(text) || memchr(literal.p, '\0', literal.n)) {
        return false;
    }
    memcpy(text, literal.p, literal.n);
    text[literal.n] = '\0';
    if (inet_pton(AF_INET6, text, bytes) != 1) {
        return false;
    }
    if (memcmp(bytes, MAPPED_PREFIX, sizeof(MAPPED_PREFIX)) == 0) {
        *ret = of_v4(bytes + 12);
        return true;
    }
    struct kps_addr addr = {.kind = memcmp(bytes, any, 16) == 0 ? KPS_ADDR_ANY6 : KPS_ADDR_ONE6};
    memcpy(addr.bytes, bytes, 16);
    *ret = addr;
    return true;
}

struct kps_sv kps_addr_format(struct kps_arena *arena, const struct kps_addr *addr)
{
    char text[INET6_ADDRSTRLEN] = "";
    switch (addr->kind) {
    case KPS_ADDR_EVERY:
        return (struct kps_sv){"", 0};
    case KPS_ADDR_ANY4:
    case KPS_ADDR_ONE4:
        (void)inet_ntop(AF_INET, addr->bytes, text, sizeof(text));
        break;
    case KPS_ADDR_ANY6:
    case KPS_ADDR_ONE6:
        (void)inet_ntop(AF_INET6, addr->bytes, text, sizeof(text));
        break;
    }
    return kps_sv_copy(arena, kps_sv_of(text));
}

bool kps_addr_eq(const struct kps_addr *a, const struct kps_addr *b)
{
    return a->kind == b->kind && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int kps_addr_compare(const struct kps_addr *a, const struct kps_addr *b)
{
    int order = kps_order_compare(a->kind, b->kind);
    return order ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool covers_v4(const struct kps_addr *a)
{
    return a->kind == KPS_ADDR_EVERY || a->kind == KPS_ADDR_ANY4 || a->kind == KPS_ADDR_ONE4;
}

static bool covers_v6(const struct kps_addr *a)
{
    return a->kind == KPS_ADDR_EVERY || a->kind == KPS_ADDR_ANY6 || a->kind == KPS_ADDR_ONE6;
}

bool kps_addr_overlap(const struct kps_addr *a, const struct kps_addr *b)
{
    bool a_is_one = a->kind == KPS_ADDR_ONE4 || a->kind == KPS_ADDR_ONE6;
    bool b_is_one = b->kind == KPS_ADDR_ONE4 || b->kind == KPS_ADDR_ONE6;
    if (a_is_one && b_is_one) {
        return kps_addr_eq(a, b);
    }
    return (covers_v4(a) && covers_v4(b)) || (covers_v6(a) && covers_v6(b));
}

bool kps_addr_contains(const struct kps_addr *outer, const struct kps_addr *inner)
{
    switch (outer->kind) {
    case KPS_ADDR_EVERY:
        return true;
    case KPS_ADDR_ANY4:
        return covers_v4(inner) && inner->kind != KPS_ADDR_EVERY;
    case KPS_ADDR_ANY6:
        return covers_v6(inner) && inner->kind != KPS_ADDR_EVERY;
    case KPS_ADDR_ONE4:
    case KPS_ADDR_ONE6:
        return kps_addr_eq(outer, inner);
    }
    return false;
}

struct kps_sv kps_addr_words(struct kps_arena *arena, const struct kps_addr *addr)
{
    switch (addr->kind) {
    case KPS_ADDR_EVERY:
        return SV("every address");
    case KPS_ADDR_ANY4:
        return SV("every IPv4 address");
    case KPS_ADDR_ANY6:
        return SV("every IPv6 address");
    case KPS_ADDR_ONE4:
    case KPS_ADDR_ONE6:
        break;
    }
    static const struct kps_addr zero = {.kind = KPS_ADDR_ONE4};
    return kps_addr_eq(addr, &zero) ? SV("0.0.0.0 (by an IPv6 connection)")
                                    : kps_addr_format(arena, addr);
}
