#ifndef KPS_SYS_NETLINK_H
#define KPS_SYS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sys/sockets.h"

/*
 * sock_diag as bytes: writes the request, reads the answer. No system call is made here, so that
 * recorded and made-up buffers can be replayed. The answer is the kernel's, but its bytes are read
 * as if they were not: lengths are checked against what is there, everything unknown is stepped
 * over.
 */

enum kps_netlink_next {
    KPS_NETLINK_MORE,   /* go on receiving */
    KPS_NETLINK_DONE,   /* the dump is complete, unless dump->interrupted */
    KPS_NETLINK_FAILED, /* dump->error says why */
};

/* One dump, from request to NLMSG_DONE. */
struct kps_netlink_dump {
    uint32_t sequence; /* of the request; answers to others are stepped over */
    enum kps_protocol protocol;
    const struct kps_socket_query *query; /* rows of other ports are left out */
    struct kps_sockets *into;
    bool interrupted; /* the kernel says that the table changed under the dump: ask again */
    int error;        /* errno */
};

/* Takes the messages of one datagram. */
enum kps_netlink_next kps_netlink_take(struct kps_netlink_dump *dump, struct kps_sv datagram);

enum {
    /* Ranges that are put into one kernel filter; the kernel's check of a filter is quadratic. More
     * than that: the filter spans them all and the rest is left out here. */
    KPS_NETLINK_RANGES = 32,
    KPS_NETLINK_REQUEST_BYTES = 128 + KPS_NETLINK_RANGES * 20,
};

/* What to ask in one dump. */
struct kps_netlink_ask {
    uint32_t sequence;
    enum kps_protocol protocol;
    uint8_t family; /* AF_INET or AF_INET6; 0: both in one pass, which only TCP has */
    const struct kps_socket_query *query;
};

/* Writes the request, at most KPS_NETLINK_REQUEST_BYTES. Return: its length. */
size_t kps_netlink_request(const struct kps_netlink_ask *ask, uint8_t *buf);

/*
 * Opens a sock_diag socket in the namespace of a process (0: ours). The calling thread stays where
 * it is: the namespace is entered by a thread that ends when the socket is open, which then belongs
 * to that namespace for good. Return: 0 or an errno (EPERM: not allowed to enter).
 */
KPS_MUST_USE int kps_netlink_open(const struct kps_sys *sys, uint32_t netns_pid, int *ret_fd);

/*
 * Appends what the kernel tells of one protocol to ret->rows. A dump that changed underway is
 * repeated a few times, then taken as it is with ret->incomplete. Return: 0 or an errno, with
 * nothing appended.
 */
KPS_MUST_USE int kps_netlink_dump(int fd, enum kps_protocol protocol,
                                  const struct kps_socket_query *query, struct kps_sockets *ret);

#endif
