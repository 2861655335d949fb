#include "sys/netlink_io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/retry.h"
#include "sys/netlink.h"

enum {
    /* The kernel fills datagrams up to what the reader's buffer holds, and never above 32 KiB. */
    DATAGRAM_BYTES = 32 * 1024,
    /* The kernel answers a dump at once; this ends a wait for something that is no kernel. */
    ANSWER_SECONDS = 5,
    DUMP_TRIES = 4,
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
    int netns_fd KPS_CLEANUP(kps_fd_cleanup) = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
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

static int send_request(int fd, const struct kps_netlink_ask *ask)
{
    uint8_t request[KPS_NETLINK_REQUEST_BYTES];
    size_t n = kps_netlink_request(ask, request);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    KPS_RETRY(sent, sendto(fd, request, n, 0, (const struct sockaddr *)&kernel, sizeof(kernel)));
    return sent < 0 ? errno : (size_t)sent == n ? 0 : EIO;
}

/* One datagram, only from the kernel. Return: 0 or an errno. */
static int receive(int fd, char *buf, struct kps_sv *ret)
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

static int dump_once(int fd, const struct kps_netlink_ask *ask, struct kps_netlink_dump *dump)
{
    char buf[DATAGRAM_BYTES];
    int failed = send_request(fd, ask);
    enum kps_netlink_next next = KPS_NETLINK_MORE;
    while (!failed && next == KPS_NETLINK_MORE) {
        struct kps_sv datagram = {0};
        failed = receive(fd, buf, &datagram);
        next = failed ? KPS_NETLINK_FAILED : kps_netlink_take(dump, datagram);
    }
    return failed ? failed : next == KPS_NETLINK_FAILED ? dump->error : 0;
}

/* What one dump gives, repeated while the kernel says that it is inconsistent. */
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
        int failed = dump_once(fd, &ask, &dump);
        if (failed) {
            ret->rows.n = kept;
            return failed;
        }
        if (!dump.interrupted) {
            return 0;
        }
        if (tries == DUMP_TRIES) {
            ret->incomplete = true;
            ret->error = EINTR;
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
