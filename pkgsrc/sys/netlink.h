#ifndef KPS_SYS_NETLINK_H
#define KPS_SYS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "sys/socket_row.h"

/*
 * sock_diag as bytes: write the request, read the answer. These functions make no system call, so
 * recorded and made-up buffers can be replayed. The kernel's answer is read as if from a stranger:
 * lengths are checked, everything unknown is skipped.
 */

#define KPS_NETLINK_NAME "netlink (sock_diag)"

enum kps_netlink_next {
    KPS_NETLINK_MORE,   /* go on receiving */
    KPS_NETLINK_DONE,   /* the dump is complete, unless dump->interrupted */
    KPS_NETLINK_FAILED, /* dump->error says why */
};

/* Take a message of SOCK_DIAG_BY_FAMILY, without its head. */
typedef void kps_netlink_message(void *context, struct kps_sv payload);

/* A dump, from request to NLMSG_DONE. */
struct kps_netlink_dump {
    uint32_t sequence;            /* of the request; answers to other requests are skipped */
    kps_netlink_message *message; /* NULL: sockets of IP, with the next three members */
    void *context;
    enum kps_protocol protocol;
    const struct kps_socket_query *query; /* rows of other ports are left out */
    struct kps_sockets *into;
    bool interrupted; /* the kernel reports that the table changed during the dump: ask again */
    int error;        /* errno */
};

/* Read the messages of a datagram. */
enum kps_netlink_next kps_netlink_take(struct kps_netlink_dump *dump, struct kps_sv datagram);

/*
 * Split an attribute (struct nlattr) off the front of `attributes`. Return: false when there is no
 * whole one.
 */
KPS_MUST_USE bool kps_netlink_attribute(struct kps_sv *attributes, uint16_t *ret_type,
                                        struct kps_sv *ret_value);

enum {
    /*
     * Ranges in a kernel filter; the kernel's check of a filter is quadratic. For more ranges the
     * filter spans them all, and other rows are dropped here.
     */
    KPS_NETLINK_RANGES = 32,
    KPS_NETLINK_REQUEST_BYTES = 128 + KPS_NETLINK_RANGES * 20,
};

/* The question of a dump. */
struct kps_netlink_ask {
    uint32_t sequence;
    enum kps_protocol protocol;
    uint8_t family; /* AF_INET or AF_INET6; 0: both in one pass, for TCP only */
    const struct kps_socket_query *query;
};

/* Write the request, at most KPS_NETLINK_REQUEST_BYTES. Return: its length. */
size_t kps_netlink_request(const struct kps_netlink_ask *ask, uint8_t *buf);

/*
 * Open a sock_diag socket in the namespace of a process (0: ours). The calling thread stays: a
 * thread of its own enters the namespace and ends when the socket is open, which belongs to that
 * namespace for good. Return: 0 or an errno (EPERM: not allowed to enter).
 */
KPS_MUST_USE int kps_netlink_open(const struct kps_sys *sys, uint32_t netns_pid, int *ret_fd);

enum { KPS_NETLINK_TRIES = 4 }; /* of a dump that is interrupted again and again */

/* Send a request of `n` bytes and read its dump. Return: 0 or an errno; see dump->interrupted. */
KPS_MUST_USE int kps_netlink_run(int fd, const void *request, size_t n,
                                 struct kps_netlink_dump *dump);

/*
 * Append the sockets of a protocol to ret->rows. A dump that changed underway is repeated a few
 * times, then kept with ret->incomplete. Return: 0 or an errno, with nothing appended.
 */
KPS_MUST_USE int kps_netlink_dump(int fd, enum kps_protocol protocol,
                                  const struct kps_socket_query *query, struct kps_sockets *ret);

#endif
