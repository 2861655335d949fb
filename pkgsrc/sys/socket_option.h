#ifndef KPS_SYS_SOCKET_OPTION_H
#define KPS_SYS_SOCKET_OPTION_H

#include <stdint.h>

#include "sys/os.h"

/*
 * An option of another process's socket, which neither netlink nor /proc shows: a copy of the
 * descriptor (pidfd_getfd(2), Linux 5.6) is asked and closed at once. Nothing is written, and the
 * process does not notice. The kernel allows the copy where it allows a debugger: to root, and
 * mostly to nobody else.
 */
enum kps_socket_option {
    KPS_SOCKET_OPTION_UNKNOWN, /* not allowed, an old kernel, or the socket is closed */
    KPS_SOCKET_OPTION_OFF,
    KPS_SOCKET_OPTION_ON,
};

/* Return an option of a socket, which lies by its inode among the descriptors of a process. */
enum kps_socket_option kps_socket_option_read(const struct kps_sys *sys, uint32_t pid,
                                              uint32_t inode, int level, int name);

#endif
