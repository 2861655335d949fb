#ifndef KPS_SYS_ADDRESSES_H
#define KPS_SYS_ADDRESSES_H

#include "base/arena.h"
#include "model/local_addrs.h"
#include "sys/os.h"

/*
 * Read the addresses that sockets in our own network namespace can be bound to. IPv4 comes from the
 * local routes in /proc/net/fib_trie, which the kernel's bind() asks too: an address that only a
 * local route covers (ip route add local 10.0.0.0/8 dev lo) counts as one of the machine. IPv6
 * comes from /proc/net/if_inet6. A kernel without IPv6 has no if_inet6: then no IPv6 address is
 * local. Nothing is bound. The list lives in the arena.
 */
struct kps_local_addrs kps_addresses_read(const struct kps_sys *sys, struct kps_arena *arena);

#endif
