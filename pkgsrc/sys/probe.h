#ifndef KPS_SYS_PROBE_H
#define KPS_SYS_PROBE_H

#include <stdint.h>

#include "base/compiler.h"
#include "model/addr.h"
#include "model/claim.h"

/*
 * Bind a port for a moment, for --free and --assign only: a question must never make the bind of
 * another program fail. A fresh socket is bound without SO_REUSEADDR and closed at once; it never
 * listens and never sends. Another program cannot bind the port for some microseconds, and for
 * most of them only a program without SO_REUSEADDR, since the fresh socket sets the flag as soon
 * as it is bound (spec sockets A2, R3a and R7).
 *
 * KPS_ADDR_EVERY means the wildcards of both families; a family that this machine does not have is
 * left out. Return: 0: the port can be bound; EADDRINUSE; EACCES: the port is privileged;
 * EADDRNOTAVAIL: not an address of this machine; another errno.
 */
KPS_MUST_USE int kps_probe_bind(enum kps_protocol protocol, const struct kps_addr *addr,
                                uint16_t port);

#endif
