#ifndef KPS_SYS_PROBE_H
#define KPS_SYS_PROBE_H

#include <stdint.h>

#include "model/addr.h"
#include "model/claim.h"
#include "sys/sockets.h"

/*
 * Whether the kernel would let a program of this user bind a port now: the one answer that no list
 * of sockets can give for sure. A fresh socket is bound without SO_REUSEADDR and closed at once; it
 * never listens and never sends. For some microseconds nobody else can bind the port; for most of
 * them only who does not set SO_REUSEADDR, which the fresh socket gets as soon as it is bound (spec
 * sockets A2, R3a and R7). With 20,000 binds a second beside it, 1 trial in 20 made one of them
 * fail, 1 in 50 to 150 where the other sets SO_REUSEADDR.
 *
 * KPS_ADDR_EVERY asks for the wildcards of both families; a family that this machine does not have
 * is left out. Return: 0: it would; EADDRINUSE; EACCES: the port is privileged; EADDRNOTAVAIL: not
 * an address of this machine; another errno.
 */
int kps_probe_bind(enum kps_protocol protocol, const struct kps_addr *addr, uint16_t port);

/*
 * Whether no socket of our network namespace has any of these ports, at any address and in any
 * state: one that does not set SO_REUSEADDR collides with all of them, listeners, connections and
 * TIME_WAIT alike (spec sockets A1, A4). Costs about 20 microseconds a port, where a list of all
 * that has the port is a walk over the connections of the machine. Return: 0: none has; EADDRINUSE:
 * a socket has *ret_port, and what comes after it was not tried; another errno: that is not known
 * (EACCES: privileged; E2BIG: no ports, or more than a few; EOPNOTSUPP: there may be sockets in a
 * VRF, which has ports of its own).
 */
int kps_probe_ports(const struct kps_sys *sys, enum kps_protocol protocol,
                    const struct kps_port_range *ports, size_t n_ports, uint16_t *ret_port);

#endif
