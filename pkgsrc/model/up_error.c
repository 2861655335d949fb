#include "model/up_error.h"

enum {
    VERSION_FOR_HOST_PORT = 28,  /* "failed to bind host port for …", one allocator */
    VERSION_WITHOUT_TARGET = 29, /* "failed to bind host port …" */
};

/* List the addresses that the Engine binds for a claim, one for each family. Return: how many. */
static uint32_t split_families(const struct kps_addr *addr, struct kps_addr ret[2])
{
    if (addr->kind == KPS_ADDR_EVERY) {
        ret[0] = (struct kps_addr){.kind = KPS_ADDR_ANY4};
        ret[1] = (struct kps_addr){.kind = KPS_ADDR_ANY6};
        return 2;
    }
    ret[0] = *addr;
    return 1;
}

static bool is_v6(const struct kps_addr *addr)
{
    return addr->kind == KPS_ADDR_ANY6 || addr->kind == KPS_ADDR_ONE6;
}

/* "0.0.0.0:80", "[::]:80" */
static struct kps_sv format_endpoint(struct kps_arena *arena, const struct kps_addr *addr,
                                     uint16_t port)
{
    return kps_fmt(arena, is_v6(addr) ? "[%s]:%u" : "%s:%u", kps_addr_format(arena, addr).p, port);
}

/* Write the words for a refused bind; `claim` gives protocol and range. */
static struct kps_sv describe_bind(struct kps_arena *arena, const struct kps_engine_traits *traits,
                                   const struct kps_addr *addr, const struct kps_claim *claim,
                                   uint16_t port, const char *reason)
{
    const char *protocol = kps_protocol_name(claim->protocol);
    struct kps_sv at = format_endpoint(arena, addr, port);
    bool picks = claim->take < kps_claim_width(claim);
    if (kps_engine_traits_is_from(traits, VERSION_WITHOUT_TARGET)) {
        return kps_fmt(arena, "failed to bind host port %.*s/%s: %s", SV_ARG(at), protocol, reason);
    }
    if (kps_engine_traits_is_from(traits, VERSION_FOR_HOST_PORT) && picks) {
        uint32_t width = kps_claim_width(claim);
        uint32_t last_try = claim->first + (KPS_ENGINE_ATTEMPTS - 1U) % width;
        return kps_fmt(arena, "failed to bind host port %u for %s-%u", last_try,
                       format_endpoint(arena, addr, claim->first).p, claim->last);
    }
    if (kps_engine_traits_is_from(traits, VERSION_FOR_HOST_PORT)) {
        /* the container's own address follows, which is chosen at the start */
        return kps_fmt(arena, "failed to bind host port for %.*s", SV_ARG(at));
    }
    return kps_fmt(arena, "listen %s%c %.*s: bind: %s", protocol, is_v6(addr) ? '6' : '4',
                   SV_ARG(at), reason);
}

struct kps_sv kps_up_error_allocated(struct kps_arena *arena,
                                     const struct kps_engine_traits *traits,
                                     const struct kps_claim *earlier, const struct kps_claim *later,
                                     uint16_t port)
{
    struct kps_addr held[2];
    struct kps_addr wanted[2];
    uint32_t n_held = split_families(&earlier->addr, held);
    uint32_t n_wanted = split_families(&later->addr, wanted);
    for (uint32_t w = 0; w < n_wanted; w++) {
        for (uint32_t h = 0; h < n_held; h++) {
            bool is_equal = kps_addr_eq(&held[h], &wanted[w]);
            if (!kps_addr_overlap(&held[h], &wanted[w])) {
                continue;
            }
            if (is_equal || kps_engine_traits_retries(traits)) {
                return kps_fmt(arena, "Bind for %s:%u failed: port is already allocated",
                               kps_addr_format(arena, &held[h]).p, port);
            }
            return describe_bind(arena, traits, &wanted[w], later, port, "address already in use");
        }
    }
    return (struct kps_sv){"", 0};
}

struct kps_sv kps_up_error_bind(struct kps_arena *arena, const struct kps_engine_traits *traits,
                                const struct kps_claim *earlier, const struct kps_claim *later,
                                uint16_t port)
{
    struct kps_addr wanted[2];
    uint32_t n = split_families(&later->addr, wanted);
    for (uint32_t i = 0; i < n; i++) {
        if (kps_addr_overlap(&earlier->addr, &wanted[i])) {
            return describe_bind(arena, traits, &wanted[i], later, port, "address already in use");
        }
    }
    return (struct kps_sv){"", 0};
}

struct kps_sv kps_up_error_address(struct kps_arena *arena, const struct kps_engine_traits *traits,
                                   const struct kps_claim *claim, const char *reason)
{
    struct kps_addr wanted[2];
    (void)split_families(&claim->addr, wanted);
    if (claim->first == 0) { /* the engine chooses the port */
        return kps_sv_of(reason);
    }
    return describe_bind(arena, traits, &wanted[0], claim, claim->first, reason);
}
