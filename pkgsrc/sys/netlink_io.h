#ifndef KPS_SYS_NETLINK_IO_H
#define KPS_SYS_NETLINK_IO_H

#include "sys/sockets.h"

/*
 * Opens a sock_diag socket in the namespace of a process (0: ours). The calling thread stays where
 * it is: the namespace is entered by a thread that ends when the socket is open, which then belongs
 * to that namespace for good. Return: 0 or an errno (EPERM: not allowed to enter).
 */
int kps_netlink_open(const struct kps_sys *sys, uint32_t netns_pid, int *ret_fd);

/*
 * Appends what the kernel tells of one protocol to ret->rows. A dump that changed underway is
 * repeated a few times, then taken as it is with ret->incomplete. Return: 0 or an errno, with
 * nothing appended.
 */
int kps_netlink_dump(int fd, enum kps_protocol protocol, const struct kps_socket_query *query,
                     struct kps_sockets *ret);

#endif
