#include "sys/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/close.h"
#include "base/retry.h"

/*
 * How this works. A datagram is a row of messages, each a struct nlmsghdr with its length, padded
 * to 4 bytes. A socket is a message: struct inet_diag_msg, then attributes, each a struct nlattr
 * with its length. A dump ends with NLMSG_DONE, or with NLMSG_ERROR when refused. Everything is
 * copied out of the bytes, so alignment does not matter.
 */

enum {
    PORT_OP_BYTES = 2 * sizeof(struct inet_diag_bc_op),
    JUMP_OP_BYTES = sizeof(struct inet_diag_bc_op)
};

/* Where a message or attribute of `bytes` ends with its padding; never beyond what is there. */
static size_t align_length(size_t bytes, size_t available)
{
    size_t end = (bytes + 3U) & ~(size_t)3U;
    return end < available ? end : available;
}

/* The attributes of a socket. */
struct extras {
    uint64_t cgroup;
    bool has_v6only, v6only;
};

bool kps_netlink_attribute(struct kps_sv *attributes, uint16_t *ret_type, struct kps_sv *ret_value)
{
    struct nlattr head;
    if (attributes->n < sizeof(head)) {
        return false;
    }
    memcpy(&head, attributes->p, sizeof(head));
    if (head.nla_len < sizeof(head) || head.nla_len > attributes->n) {
        return false;
    }
    *ret_type = (uint16_t)(head.nla_type & (unsigned)NLA_TYPE_MASK);
    *ret_value = kps_sv_slice(*attributes, sizeof(head), head.nla_len);
    *attributes = kps_sv_from(*attributes, align_length(head.nla_len, attributes->n));
    return true;
}

static struct extras read_attributes(struct kps_sv bytes)
{
    struct extras extras = {0};
    uint16_t type = 0;
    struct kps_sv value = {0};
    while (kps_netlink_attribute(&bytes, &type, &value)) {
        switch (type) {
        case INET_DIAG_SKV6ONLY:
            extras.has_v6only = value.n >= 1;
            extras.v6only = value.n >= 1 && value.p[0] != 0;
            break;
        case INET_DIAG_CGROUP_ID:
            if (value.n >= sizeof(extras.cgroup)) {
                memcpy(&extras.cgroup, value.p, sizeof(extras.cgroup));
            }
            break;
        default:
            break;
        }
    }
    return extras;
}

static enum kps_socket_state state_of(uint8_t wire)
{
    /* A bound-only TCP socket is asked for as 13 and answered as 7, which is also what an
     * unconnected UDP socket is. */
    return wire == KPS_SOCKET_CLOSE ? KPS_SOCKET_BOUND : (enum kps_socket_state)wire;
}

static bool is_connection(enum kps_socket_state state)
{
    return state != KPS_SOCKET_LISTEN && state != KPS_SOCKET_BOUND;
}

/* Parse a socket. Return: false for other messages, and for sockets without a local port. */
static bool read_socket(struct kps_sv payload, enum kps_protocol protocol, struct kps_socket *ret)
{
    struct inet_diag_msg msg;
    if (payload.n < sizeof(msg)) {
        return false;
    }
    memcpy(&msg, payload.p, sizeof(msg));
    bool is_v6 = msg.idiag_family == AF_INET6;
    if ((!is_v6 && msg.idiag_family != AF_INET) || msg.id.idiag_sport == 0 ||
        msg.idiag_state < KPS_SOCKET_ESTABLISHED || msg.idiag_state > KPS_SOCKET_BOUND) {
        return false;
    }
    struct extras extras = read_attributes(kps_sv_from(payload, sizeof(msg)));
    uint8_t local[16];
    uint8_t peer[16];
    memcpy(local, msg.id.idiag_src, sizeof(local));
    memcpy(peer, msg.id.idiag_dst, sizeof(peer));
    struct kps_socket row = {
        .addr = kps_socket_addr(is_v6, local, !extras.v6only),
        .peer = kps_socket_addr(is_v6, peer, false),
        .cgroup = extras.cgroup,
        .inode = msg.idiag_inode,
        .uid = msg.idiag_uid,
        .left_ms = msg.idiag_inode == 0 && msg.idiag_timer == 3 ? msg.idiag_expires : 0,
        .device = msg.id.idiag_if,
        .port = ntohs(msg.id.idiag_sport),
        .peer_port = ntohs(msg.id.idiag_dport),
        .protocol = (uint8_t)protocol,
        .state = (uint8_t)state_of(msg.idiag_state),
    };
    if (row.addr.kind == KPS_ADDR_EVERY && !extras.has_v6only) {
        row.flags |= KPS_SOCKET_V6ONLY_UNKNOWN;
    }
    if (row.addr.kind == KPS_ADDR_ONE6 && is_connection((enum kps_socket_state)row.state)) {
        row.flags |= KPS_SOCKET_SHADOWS_ANY4;
    }
    *ret = row;
    return true;
}

/* Parse the int of NLMSG_ERROR and NLMSG_DONE: 0 or a negative errno. */
static int read_status(struct kps_sv payload)
{
    int status = 0;
    if (payload.n >= sizeof(status)) {
        memcpy(&status, payload.p, sizeof(status));
    }
    return status < 0 && status > -4096 ? -status : 0;
}

static enum kps_netlink_next read_message(struct kps_netlink_dump *dump, uint16_t type,
                                          struct kps_sv payload)
{
    struct kps_socket row;
    switch (type) {
    case NLMSG_DONE:
        dump->error = read_status(payload);
        return dump->error ? KPS_NETLINK_FAILED : KPS_NETLINK_DONE;
    case NLMSG_ERROR:
        /* Status 0 would be an acknowledgement, which a dump is not asked to give: not what was
         * asked. */
        dump->error = read_status(payload);
        dump->error = dump->error ? dump->error : EPROTO;
        return KPS_NETLINK_FAILED;
    case NLMSG_OVERRUN:
        dump->error = ENOBUFS;
        return KPS_NETLINK_FAILED;
    case SOCK_DIAG_BY_FAMILY:
    case TCPDIAG_GETSOCK:
        if (dump->message) {
            dump->message(dump->context, payload);
        } else if (read_socket(payload, dump->protocol, &row) &&
                   kps_socket_query_has(dump->query, row.port)) {
            *kps_vec_push(&dump->into->rows) = row;
        }
        return KPS_NETLINK_MORE;
    default:
        return KPS_NETLINK_MORE;
    }
}

enum kps_netlink_next kps_netlink_take(struct kps_netlink_dump *dump, struct kps_sv datagram)
{
    while (datagram.n >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr head;
        memcpy(&head, datagram.p, sizeof(head));
        if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > datagram.n) {
            dump->error = EBADMSG;
            return KPS_NETLINK_FAILED;
        }
        struct kps_sv payload = kps_sv_slice(datagram, sizeof(head), head.nlmsg_len);
        datagram = kps_sv_from(datagram, align_length(head.nlmsg_len, datagram.n));
        if (head.nlmsg_seq != dump->sequence) {
            continue;
        }
        dump->interrupted |= head.nlmsg_flags & NLM_F_DUMP_INTR;
        enum kps_netlink_next next = read_message(dump, head.nlmsg_type, payload);
        if (next != KPS_NETLINK_MORE) {
            return next;
        }
    }
    return KPS_NETLINK_MORE;
}

static size_t write_bytes(uint8_t *buf, size_t at, const void *bytes, size_t n)
{
    memcpy(buf + at, bytes, n);
    return at + n;
}

/*
 * Write a comparison of the filter. Its two jumps are distances from itself: "yes" to the next
 * command, "no" to `no`; past the very end (4 bytes more than is left) rejects the socket.
 */
static size_t write_comparison(uint8_t *buf, size_t at, uint8_t code, uint16_t port, size_t no)
{
    struct inet_diag_bc_op op[2] = {
        {.code = code, .yes = PORT_OP_BYTES, .no = (unsigned short)no},
        {.no = port},
    };
    return write_bytes(buf, at, op, sizeof(op));
}

/*
 * Write a filter for "the local port is in a range of the list": for each range `port >= first`
 * and `port <= last`, and a jump to the end, which accepts. A failed comparison jumps to the next
 * range, in the last range beyond the end.
 */
static size_t write_filter(uint8_t *buf, size_t at, const struct kps_port_range *ranges, size_t n)
{
    const size_t block = 2 * PORT_OP_BYTES + JUMP_OP_BYTES;
    for (size_t i = 0; i < n; i++) {
        bool is_last = i + 1 == n;
        size_t to_next = is_last ? 2 * PORT_OP_BYTES + 4 : block;
        at = write_comparison(buf, at, INET_DIAG_BC_S_GE, ranges[i].first, to_next);
        at = write_comparison(buf, at, INET_DIAG_BC_S_LE, ranges[i].last, to_next - PORT_OP_BYTES);
        if (!is_last) {
            size_t to_end = JUMP_OP_BYTES + (n - i - 1) * block - JUMP_OP_BYTES;
            struct inet_diag_bc_op jump = {
                .code = INET_DIAG_BC_JMP, .yes = JUMP_OP_BYTES, .no = (unsigned short)to_end};
            at = write_bytes(buf, at, &jump, sizeof(jump));
        }
    }
    return at;
}

static struct kps_port_range span_of(const struct kps_port_range *ranges, size_t n)
{
    struct kps_port_range span = ranges[0];
    for (size_t i = 1; i < n; i++) {
        span.first = ranges[i].first < span.first ? ranges[i].first : span.first;
        span.last = ranges[i].last > span.last ? ranges[i].last : span.last;
    }
    return span;
}

static uint32_t states_of(const struct kps_netlink_ask *ask)
{
    if (ask->protocol == KPS_UDP) {
        return UINT32_MAX;
    }
    uint32_t states = 1U << KPS_SOCKET_LISTEN | 1U << KPS_SOCKET_BOUND;
    if (ask->query->connections) {
        for (uint32_t state = KPS_SOCKET_ESTABLISHED; state <= KPS_SOCKET_NEW_SYN_RECV; state++) {
            states |= 1U << state;
        }
    }
    return states;
}

/*
 * Write the request's body: the old form, without a family, dumps both; its answers have the same
 * form.
 */
static size_t write_body(uint8_t *buf, size_t at, const struct kps_netlink_ask *ask,
                         const struct inet_diag_sockid *id)
{
    if (ask->family == 0) {
        struct inet_diag_req request = {.id = *id, .idiag_states = states_of(ask)};
        return write_bytes(buf, at, &request, sizeof(request));
    }
    struct inet_diag_req_v2 request = {
        .sdiag_family = ask->family,
        .sdiag_protocol = ask->protocol == KPS_UDP ? IPPROTO_UDP : IPPROTO_TCP,
        .idiag_states = states_of(ask),
        .id = *id,
    };
    return write_bytes(buf, at, &request, sizeof(request));
}

size_t kps_netlink_request(const struct kps_netlink_ask *ask, uint8_t *buf)
{
    const struct kps_socket_query *query = ask->query;
    struct inet_diag_sockid id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}};
    bool is_one = query->n_ports == 1 && query->ports[0].first == query->ports[0].last;
    if (is_one) {
        /* The cheapest filter of all: compared before anything else is done for a socket. */
        id.idiag_sport = htons(query->ports[0].first);
    }
    size_t n = write_body(buf, sizeof(struct nlmsghdr), ask, &id);
    if (query->n_ports > 0 && !is_one) {
        struct kps_port_range span = span_of(query->ports, query->n_ports);
        bool fits = query->n_ports <= KPS_NETLINK_RANGES;
        size_t start = n;
        n = write_filter(buf, n + sizeof(struct nlattr), fits ? query->ports : &span,
                         fits ? query->n_ports : 1);
        struct nlattr attribute = {.nla_len = (unsigned short)(n - start),
                                   .nla_type = INET_DIAG_REQ_BYTECODE};
        (void)write_bytes(buf, start, &attribute, sizeof(attribute));
    }
    struct nlmsghdr head = {
        .nlmsg_len = (uint32_t)n,
        .nlmsg_type = ask->family == 0 ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY,
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        .nlmsg_seq = ask->sequence,
    };
    (void)write_bytes(buf, 0, &head, sizeof(head));
    return n;
}

enum {
    /* The kernel fills datagrams up to what the reader's buffer holds, and never above 32 KiB. */
    DATAGRAM_BYTES = 32 * 1024,
    /* The kernel answers a dump at once; this ends a wait for something that is no kernel. */
    ANSWER_SECONDS = 5,
};

static int open_here(int *ret_fd)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) {
        return errno;
    }
    struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    *ret_fd = fd;
    return 0;
}

struct visit {
    int netns_fd, fd, error;
};

static void *open_there(void *data)
{
    struct visit *visit = data;
    visit->error = setns(visit->netns_fd, CLONE_NEWNET) == 0 ? open_here(&visit->fd) : errno;
    return NULL;
}

int kps_netlink_open(const struct kps_sys *sys, uint32_t netns_pid, int *ret_fd)
{
    if (netns_pid == 0) {
        return open_here(ret_fd);
    }
    char path[32];
    (void)snprintf(path, sizeof(path), "proc/%u/ns/net", netns_pid);
    int netns_fd KPS_CLEANUP(kps_close_fd) = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
    if (netns_fd < 0) {
        return errno;
    }
    struct visit visit = {.netns_fd = netns_fd, .fd = -1};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, open_there, &visit);
    if (failed) {
        return failed;
    }
    (void)pthread_join(thread, NULL);
    if (visit.error == 0) {
        *ret_fd = visit.fd;
    }
    return visit.error;
}

static int send_request(int fd, const void *request, size_t n)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    KPS_RETRY(sent, sendto(fd, request, n, 0, (const struct sockaddr *)&kernel, sizeof(kernel)));
    if (sent < 0) {
        return errno;
    }
    return (size_t)sent == n ? 0 : EIO;
}

/* Receive a datagram from the kernel. Return: 0 or an errno. */
static int receive_datagram(int fd, char *buf, struct kps_sv *ret)
{
    for (;;) {
        struct sockaddr_nl from = {0};
        struct iovec piece = {.iov_base = buf, .iov_len = DATAGRAM_BYTES};
        struct msghdr msg = {
            .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &piece, .msg_iovlen = 1};
        ssize_t n;
        KPS_RETRY(n, recvmsg(fd, &msg, 0));
        if (n <= 0) {
            return n < 0 ? errno : EIO;
        }
        if ((unsigned)msg.msg_flags & MSG_TRUNC) {
            return EMSGSIZE;
        }
        if (from.nl_pid == 0) {
            *ret = (struct kps_sv){buf, (size_t)n};
            return 0;
        }
    }
}

int kps_netlink_run(int fd, const void *request, size_t n, struct kps_netlink_dump *dump)
{
    char buf[DATAGRAM_BYTES];
    int failed = send_request(fd, request, n);
    enum kps_netlink_next next = KPS_NETLINK_MORE;
    while (!failed && next == KPS_NETLINK_MORE) {
        struct kps_sv datagram = {0};
        failed = receive_datagram(fd, buf, &datagram);
        next = failed ? KPS_NETLINK_FAILED : kps_netlink_take(dump, datagram);
    }
    if (failed) {
        return failed;
    }
    return next == KPS_NETLINK_FAILED ? dump->error : 0;
}

/* Run a dump, repeated while the kernel reports an inconsistent table. */
static int dump_family(int fd, struct kps_netlink_ask ask, struct kps_sockets *ret)
{
    uint32_t kept = ret->rows.n;
    for (int tries = 1;; tries++) {
        /* No two requests on this socket have the same number: late answers to an earlier one are
         * not taken. */
        ask.sequence++;
        ret->rows.n = kept;
        struct kps_netlink_dump dump = {
            .sequence = ask.sequence, .protocol = ask.protocol, .query = ask.query, .into = ret};
        uint8_t request[KPS_NETLINK_REQUEST_BYTES];
        int failed = kps_netlink_run(fd, request, kps_netlink_request(&ask, request), &dump);
        if (failed) {
            ret->rows.n = kept;
            return failed;
        }
        if (!dump.interrupted) {
            return 0;
        }
        if (tries == KPS_NETLINK_TRIES) {
            ret->incomplete = true;
            ret->error = EINTR;
            ret->source = KPS_NETLINK_NAME;
            return 0;
        }
    }
}

int kps_netlink_dump(int fd, enum kps_protocol protocol, const struct kps_socket_query *query,
                     struct kps_sockets *ret)
{
    uint32_t sequence = protocol == KPS_UDP ? 0x200 : 0x100;
    struct kps_netlink_ask ask = {.sequence = sequence, .protocol = protocol, .query = query};
    /* The pass over both families costs the kernel half: its tables are walked once. Kernels
     * without it say so. */
    if (protocol == KPS_TCP && dump_family(fd, ask, ret) == 0) {
        return 0;
    }
    uint32_t kept = ret->rows.n;
    ask.family = AF_INET;
    ask.sequence = sequence + 0x10;
    int failed = dump_family(fd, ask, ret);
    if (failed == 0) {
        ask.family = AF_INET6;
        ask.sequence = sequence + 0x20;
        failed = dump_family(fd, ask, ret);
    }
    if (failed) {
        ret->rows.n = kept;
    }
    return failed;
}
