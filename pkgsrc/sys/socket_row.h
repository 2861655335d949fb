#ifndef KPS_SYS_SOCKET_ROW_H
#define KPS_SYS_SOCKET_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/addr.h"
#include "model/ports.h"
#include "sys/os.h"

/*
 * The sockets of a network namespace that hold a local port, as neutral rows, from two sources,
 * tried in this order. Both give the same rows, except for:
 *
 * sock_diag netlink: complete. Bound-only TCP sockets since Linux 6.8; the cgroup since 5.8.
 * /proc/net/{tcp,tcp6,udp,udp6}: no bound-only sockets, no cgroup, no bound device, no IPV6_V6ONLY
 * of a socket on [::] (see KPS_SOCKET_V6ONLY_UNKNOWN).
 *
 * Netlink is spoken by our own code and not by libmnl: libmnl's part here (walking messages and
 * attributes, checking sequence and errors) is about 60 lines of netlink.c, and the parser must
 * take bytes anyway to be fuzzed and replayed. Debian's libmnl-dev has no static archive, and its
 * LGPL would be the only copyleft in a static binary. The kernel's own headers
 * (linux/inet_diag.h) suffice.
 *
 * Neither source reports SO_REUSEADDR or SO_REUSEPORT of another process's socket (spec sockets
 * A6). An MPTCP socket appears once, as its listening TCP socket.
 */

/* The kernel's numbers (include/net/tcp_states.h), so that both sources map without a table. */
enum kps_socket_state {
    KPS_SOCKET_ESTABLISHED = 1, /* also a connected UDP socket */
    KPS_SOCKET_SYN_SENT = 2,
    KPS_SOCKET_SYN_RECV = 3,
    KPS_SOCKET_FIN_WAIT1 = 4,
    KPS_SOCKET_FIN_WAIT2 = 5,
    KPS_SOCKET_TIME_WAIT = 6,
    KPS_SOCKET_CLOSE = 7, /* on the wire only: rows say KPS_SOCKET_BOUND */
    KPS_SOCKET_CLOSE_WAIT = 8,
    KPS_SOCKET_LAST_ACK = 9,
    KPS_SOCKET_LISTEN = 10,
    KPS_SOCKET_CLOSING = 11,
    KPS_SOCKET_NEW_SYN_RECV = 12,
    KPS_SOCKET_BOUND = 13, /* TCP: bound and not listening; UDP: bound and not connected, which is
                              all a server does */
};

/* "LISTEN", "TIME_WAIT", "BOUND" … */
const char *kps_socket_state_name(enum kps_socket_state state);

enum {
    /*
     * On [::], and the source leaves open if the socket takes IPv4 as well. `addr` is then
     * KPS_ADDR_EVERY, or KPS_ADDR_ANY6 where another listener on an IPv4 address of the same port
     * rules IPv4 out (unless both set SO_REUSEPORT).
     */
    KPS_SOCKET_V6ONLY_UNKNOWN = 1U << 0,
    /* A connection with an IPv6 address that its socket may not have got by bind(): such a socket
     * also occupies 0.0.0.0 (and no single IPv4 address; spec sockets A2, R2b). */
    KPS_SOCKET_SHADOWS_ANY4 = 1U << 1,
};

struct kps_socket {
    struct kps_addr addr; /* local; a dual-stack socket on [::] is KPS_ADDR_EVERY, an IPv4-mapped
                             address is IPv4 */
    struct kps_addr peer; /* of a connection; else a wildcard */
    uint64_t
        cgroup; /* inode number of the creator's cgroup v2 directory; 0: not told. 1 is the root */
    uint32_t netns;   /* inode number of its network namespace; 0: not known */
    uint32_t inode;   /* 0: without a file (TIME_WAIT, a connection not accepted yet) */
    uint32_t uid;     /* fsuid of the creator; 0 without a file */
    uint32_t left_ms; /* TIME_WAIT and an orphan FIN_WAIT2: time until their end; else 0 */
    uint32_t device;  /* interface index of SO_BINDTODEVICE; 0: none or not told */
    uint16_t port, peer_port;
    uint8_t protocol; /* enum kps_protocol: KPS_TCP or KPS_UDP */
    uint8_t state;    /* enum kps_socket_state */
    uint8_t flags;    /* KPS_SOCKET_* */
};

enum kps_socket_source {
    KPS_SOURCE_ANY, /* netlink, and /proc/net where netlink refuses */
    KPS_SOURCE_NETLINK,
    KPS_SOURCE_PROC, /* as if there were no netlink */
};

/* The question. Zeroed: all listening and bound sockets, both protocols, our own namespace. */
struct kps_socket_query {
    const struct kps_port_range
        *ports; /* local ports; none: all. A port is filtered in the kernel, ranges too */
    size_t n_ports;
    bool no_tcp, no_udp;
    bool connections; /* also TCP sockets that neither listen nor are merely bound: a walk over all
                         connections */
    enum kps_socket_source source;
    uint32_t netns_pid; /* the namespace this process lives in; 0: ours. Without the right to enter
                           it: /proc/PID/net */
};

/* Start it zeroed, end it with kps_sockets_free. */
struct kps_sockets {
    KPS_VEC(struct kps_socket)
    rows; /* by protocol, port, address, state, inode; no two are the same */
    bool used_netlink,
        used_proc;   /* which sources the rows are from; neither: no port needed to be looked up */
    bool incomplete; /* some rows may be missing: a source failed midway or never came to rest */
    int error;       /* errno of the last failure that made the list incomplete, or led to
                        /proc/net; 0: none */
    const char *source; /* of the error: "netlink (sock_diag)", "/proc/net/udp" */
};

void kps_sockets_free(struct kps_sockets *sockets);

/* Report if the query is about this port. */
bool kps_socket_query_has(const struct kps_socket_query *query, uint16_t port);

/* The address of 4 or 16 bytes in network order; `dual`: [::] of a socket that takes IPv4 too. */
struct kps_addr kps_socket_addr(bool is_v6, const uint8_t *bytes, bool dual);

/* The inode number in the text of /proc/PID/ns/net, "net:[4026531840]", or in "socket:[123]"; 0: it
 * has none. */
uint32_t kps_socket_link_inode(struct kps_sv link, struct kps_sv kind);

#endif
