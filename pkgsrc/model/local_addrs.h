#ifndef KPS_MODEL_LOCAL_ADDRS_H
#define KPS_MODEL_LOCAL_ADDRS_H

#include <stddef.h>

#include "model/addr.h"

/*
 * The addresses of a machine that a socket can be bound to. The kernel refuses every other address
 * with EADDRNOTAVAIL, unless net.ipv4.ip_nonlocal_bind (or that of IPv6) is set.
 */
struct kps_local_addr {
    struct kps_addr addr; /* KPS_ADDR_ONE4 or KPS_ADDR_ONE6; the first address of the prefix */
    uint8_t bits;         /* length of the prefix: 8 for 127.0.0.0/8, 32 or 128 for one address */
};

struct kps_local_addrs {
    const struct kps_local_addr *v;
    size_t n;
    bool knows_v4, knows_v6;       /* all addresses of the family are listed */
    bool nonlocal_v4, nonlocal_v6; /* the kernel binds any address of the family */
};

enum kps_locality {
    KPS_LOCALITY_UNKNOWN,  /* the addresses of the family could not be read */
    KPS_LOCALITY_HERE,     /* a wildcard, or an address of the machine */
    KPS_LOCALITY_NONLOCAL, /* not an address of the machine, and bound all the same */
    KPS_LOCALITY_ABSENT,   /* not an address of the machine */
};

/* Multicast addresses count as HERE: the kernel binds them. */
enum kps_locality kps_local_addrs_find(const struct kps_local_addrs *addrs,
                                       const struct kps_addr *addr);

#endif
