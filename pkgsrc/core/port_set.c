#include "core/port_set.h"

void kps_port_set_add(struct kps_port_set *set, uint32_t first, uint32_t last)
{
    for (uint32_t port = first; port <= last;) {
        uint32_t bit = port % KPS_PORT_SET_BITS;
        uint32_t n = KPS_PORT_SET_BITS - bit;
        n = last - port + 1 < n ? last - port + 1 : n;
        set->words[port / KPS_PORT_SET_BITS] |= (UINT64_MAX >> (KPS_PORT_SET_BITS - n)) << bit;
        port += n;
    }
}

bool kps_port_set_has(const struct kps_port_set *set, uint32_t port)
{
    return set->words[port / KPS_PORT_SET_BITS] >> (port % KPS_PORT_SET_BITS) & 1;
}

uint32_t kps_port_set_find(const struct kps_port_set *const *sets, size_t n_sets, uint32_t first,
                           uint32_t last, uint32_t width)
{
    uint32_t start = first;
    for (uint32_t port = first; port <= last;) {
        uint64_t taken = 0;
        for (size_t i = 0; i < n_sets; i++) {
            taken |= sets[i]->words[port / KPS_PORT_SET_BITS];
        }
        uint32_t end = port - port % KPS_PORT_SET_BITS + KPS_PORT_SET_BITS;
        if (taken == UINT64_MAX) {
            start = end;
        }
        for (; port < end && port <= last && start < end; port++) {
            if (taken >> (port % KPS_PORT_SET_BITS) & 1) {
                start = port + 1;
            } else if (port - start + 1 == width) {
                return start;
            }
        }
        port = end;
    }
    return 0;
}
