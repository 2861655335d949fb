#include "model/local_addrs.h"

#include <string.h>

/* Report if the first `bits` bits of both are equal. */
static bool has_prefix(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    if (memcmp(bytes, prefix, bits / 8) != 0) {
        return false;
    }
    uint8_t mask = (uint8_t)(0xff00U >> bits % 8);
    return bits % 8 == 0 || (bytes[bits / 8] & mask) == (prefix[bits / 8] & mask);
}

static bool is_multicast(const struct kps_addr *addr)
{
    return addr->kind == KPS_ADDR_ONE4 ? (addr->bytes[0] & 0xf0) == 0xe0 : addr->bytes[0] == 0xff;
}

enum kps_locality kps_local_addrs_find(const struct kps_local_addrs *addrs,
                                       const struct kps_addr *addr)
{
    if (addr->kind != KPS_ADDR_ONE4 && addr->kind != KPS_ADDR_ONE6) {
        return KPS_LOCALITY_HERE;
    }
    bool is_v4 = addr->kind == KPS_ADDR_ONE4;
    if (!(is_v4 ? addrs->knows_v4 : addrs->knows_v6)) {
        return KPS_LOCALITY_UNKNOWN;
    }
    for (size_t i = 0; i < addrs->n; i++) {
        const struct kps_local_addr *local = &addrs->v[i];
        if (local->addr.kind == addr->kind &&
            has_prefix(addr->bytes, local->addr.bytes, local->bits)) {
            return KPS_LOCALITY_HERE;
        }
    }
    if (is_multicast(addr)) {
        return KPS_LOCALITY_HERE;
    }
    return (is_v4 ? addrs->nonlocal_v4 : addrs->nonlocal_v6) ? KPS_LOCALITY_NONLOCAL
                                                             : KPS_LOCALITY_ABSENT;
}
