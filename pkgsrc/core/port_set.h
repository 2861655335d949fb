#ifndef KPS_CORE_PORT_SET_H
#define KPS_CORE_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of ports, a bit each: those that are not free for a search. Starts with zeros. */
enum { KPS_PORT_SET_PORTS = 65536, KPS_PORT_SET_BITS = 64 };

struct kps_port_set {
    uint64_t words[KPS_PORT_SET_PORTS / KPS_PORT_SET_BITS];
};

/* Ports are 0..65535, and first <= last: the caller's duty. */
void kps_port_set_add(struct kps_port_set *set, uint32_t first, uint32_t last);
bool kps_port_set_has(const struct kps_port_set *set, uint32_t port);

/*
 * Return: the first of `width` (at least 1) ports in a row within first..last that are in none of
 * the sets; 0 when there are none. Looks at each port once.
 */
uint32_t kps_port_set_find(const struct kps_port_set *const *sets, size_t n_sets, uint32_t first,
                           uint32_t last, uint32_t width);

#endif
