#ifndef KPS_SYS_PROBE_H
#define KPS_SYS_PROBE_H

#include <stdint.h>

#include "model/addr.h"
#include "model/claim.h"

/*
 * Whether the kernel would let a program of this user bind a port now: the one answer that no list of sockets can give
 * for sure. A fresh socket is bound without SO_REUSEADDR and closed at once; it never listens and never sends, and for
 * some microseconds nobody else could bind the port.
 *
 * KPS_ADDR_EVERY asks for the wildcards of both families; a family that this machine does not have is left out. Return:
 * 0: it would; EADDRINUSE; EACCES: the port is privileged; EADDRNOTAVAIL: not an address of this machine; another
 * errno.
 */
int kps_probe_bind(enum kps_protocol protocol, const struct kps_addr *addr, uint16_t port);

#endif
