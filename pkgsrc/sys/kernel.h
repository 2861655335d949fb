#ifndef KPS_SYS_KERNEL_H
#define KPS_SYS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "sys/sockets.h"

/*
 * The kernel's settings for ports, of our own network namespace (spec sockets A8): another
 * namespace has to be entered to read them. Unreadable settings have the kernel's default, and
 * `known` is false.
 */
struct kps_kernel {
    struct kps_port_range
        ephemeral; /* net.ipv4.ip_local_port_range, for connections without a port of their own */
    const struct kps_port_range
        *reserved; /* net.ipv4.ip_local_reserved_ports: excluded from the range */
    size_t n_reserved;
    uint16_t unprivileged_start; /* net.ipv4.ip_unprivileged_port_start: lower ports need
                                    CAP_NET_BIND_SERVICE */
    bool bindv6only; /* net.ipv6.bindv6only: [::] without IPv4 unless a program says otherwise */
    bool has_ipv6;   /* there is an IPv6 in this kernel; it may be disabled on every interface */
    bool known;      /* the port range was read */
};

/* Read the settings; ranges live in the arena. */
struct kps_kernel kps_kernel_read(const struct kps_sys *sys, struct kps_arena *arena);

/* Report if the kernel may give this port to an outgoing connection. */
bool kps_kernel_is_ephemeral(const struct kps_kernel *kernel, uint16_t port);

/* Read "8080,9000-9010\n", the form of ip_local_reserved_ports. What is no port range is left out.
 * Return: how many.
 */
size_t kps_kernel_read_ports(struct kps_arena *arena, struct kps_sv text,
                             const struct kps_port_range **ret);

#endif
