#include "sys/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/close.h"
#include "base/order.h"
#include "sys/netlink.h"
#include "sys/proc_net.h"

static int compare_rows(const void *left, const void *right)
{
    const struct kps_socket *a = left;
    const struct kps_socket *b = right;
    /* Most pairs differ in the first two. */
    int by = kps_order_compare((uint32_t)a->protocol << 16 | a->port,
                               (uint32_t)b->protocol << 16 | b->port);
    by = by ? by : kps_addr_compare(&a->addr, &b->addr);
    by = by ? by : kps_order_compare(a->state, b->state);
    by = by ? by : kps_order_compare(a->inode, b->inode);
    by = by ? by : kps_order_compare(a->peer_port, b->peer_port);
    return by ? by : kps_addr_compare(&a->peer, &b->peer);
}

/* A bound socket has a file, unless the socket is just being closed. */
static bool is_closing(const struct kps_socket *row)
{
    return row->state == KPS_SOCKET_BOUND && row->inode == 0;
}

/* Sort, and drop rows that a changing table gave twice or is about to lose. */
static void sort_rows(struct kps_sockets *sockets)
{
    struct kps_socket *rows = sockets->rows.v;
    uint32_t kept = 0;
    if (sockets->rows.n > 1) {
        qsort(rows, sockets->rows.n, sizeof(rows[0]), compare_rows);
    }
    for (uint32_t i = 0; i < sockets->rows.n; i++) {
        bool is_new = kept == 0 || compare_rows(&rows[kept - 1], &rows[i]) != 0;
        if (is_new && !is_closing(&rows[i])) {
            rows[kept++] = rows[i];
        }
    }
    sockets->rows.n = kept;
}

static bool is_v4(const struct kps_addr *addr)
{
    return addr->kind == KPS_ADDR_ANY4 || addr->kind == KPS_ADDR_ONE4;
}

/*
 * Conclude the v6only flag of a socket on [::] where the source leaves it open: a listener on an
 * IPv4 address of the same port shows that the kernel let both bind, so the socket does not take
 * IPv4 (bind rule R2; only if both set SO_REUSEPORT it might). Shared UDP ports are common, so the
 * flag stays open for UDP. Rows are sorted.
 */
static void conclude_v6only(struct kps_sockets *sockets)
{
    struct kps_socket *rows = sockets->rows.v;
    for (uint32_t start = 0, end = 0; start < sockets->rows.n; start = end) {
        bool has_v4 = false;
        for (end = start; end < sockets->rows.n && rows[end].protocol == rows[start].protocol &&
                          rows[end].port == rows[start].port;
             end++) {
            has_v4 = has_v4 || (rows[end].state == KPS_SOCKET_LISTEN && is_v4(&rows[end].addr));
        }
        for (uint32_t i = start; i < end && has_v4 && rows[start].protocol == KPS_TCP; i++) {
            if (rows[i].flags & KPS_SOCKET_V6ONLY_UNKNOWN && rows[i].state == KPS_SOCKET_LISTEN) {
                rows[i].addr.kind = KPS_ADDR_ANY6;
            }
        }
    }
}

static unsigned ticks_per_second(void)
{
    long ticks = sysconf(_SC_CLK_TCK);
    return ticks > 0 ? (unsigned)ticks : 100;
}

/* Both families of one protocol. IPv6 may be absent from the machine. Return: 0 or an errno. */
static int read_files(const struct kps_sys *sys, enum kps_protocol protocol,
                      const struct kps_socket_query *query, struct kps_sockets *ret)
{
    static const char *const paths[][2] = {{"/proc/net/tcp", "/proc/net/tcp6"},
                                           {"/proc/net/udp", "/proc/net/udp6"}};
    static const size_t folder = sizeof("/proc/net/") - 1;
    char dir[32] = "proc/net";
    if (query->netns_pid) {
        (void)snprintf(dir, sizeof(dir), "proc/%u/net", query->netns_pid);
    }
    uint32_t kept = ret->rows.n;
    for (int v6 = 0; v6 < 2; v6++) {
        struct kps_proc_net parse = {
            .protocol = protocol, .is_v6 = v6 == 1, .query = query, .into = ret};
        parse.ticks_per_second = ticks_per_second();
        const char *path = paths[protocol == KPS_UDP][v6];
        int failed = kps_proc_net_read(sys, dir, path + folder, &parse);
        bool is_unread = failed && !(v6 == 1 && failed == ENOENT);
        if (is_unread || parse.bad_lines > 0) {
            ret->incomplete = true;
            ret->error = failed ? failed : EBADMSG;
            ret->source = path;
        }
        if (is_unread) {
            ret->rows.n = kept;
            return failed;
        }
    }
    ret->used_proc = true;
    return 0;
}

static int read_protocol(const struct kps_sys *sys, int netlink_fd, enum kps_protocol protocol,
                         const struct kps_socket_query *query, struct kps_sockets *ret)
{
    int failed = ENOSYS;
    if (netlink_fd >= 0) {
        failed = kps_netlink_dump(netlink_fd, protocol, query, ret);
        ret->used_netlink |= !failed;
        ret->error = failed ? failed : ret->error;
        ret->source = failed ? KPS_NETLINK_NAME : ret->source;
    }
    if (failed && query->source != KPS_SOURCE_NETLINK) {
        failed = read_files(sys, protocol, query, ret);
    }
    return failed;
}

/* Sort rows of /proc/net, and conclude what the text leaves open. */
static void finish_proc_rows(struct kps_sockets *ret)
{
    sort_rows(ret);
    conclude_v6only(ret);
    sort_rows(ret);
}

/* Return: where the next heading of a table starts, or text.n. */
static size_t find_heading(struct kps_sv text)
{
    size_t word = kps_sv_search(text, SV(" local_address "));
    size_t line = kps_sv_rfind(kps_sv_head(text, word), '\n');
    if (word == text.n) {
        return word;
    }
    return line < word ? line + 1 : 0;
}

int kps_sys_sockets_parse(struct kps_sv tables, const struct kps_socket_query *query,
                          struct kps_sockets *ret)
{
    bool has_table[2] = {false, false};
    while (tables.n) {
        struct kps_sv heading = kps_sv_head(tables, kps_sv_find(tables, '\n') + 1);
        size_t n = heading.n + find_heading(kps_sv_from(tables, heading.n));
        bool is_udp = kps_sv_contains(heading, SV(" drops"));
        struct kps_proc_net parse = {.protocol = is_udp ? KPS_UDP : KPS_TCP,
                                     .is_v6 = kps_sv_has_any(heading, "remote_a"),
                                     .query = query,
                                     .into = ret,
                                     .ticks_per_second = ticks_per_second()};
        bool is_wanted = is_udp ? !query->no_udp : !query->no_tcp;
        if (is_wanted &&
            (kps_proc_net_take(&parse, kps_sv_head(tables, n)) < n || parse.bad_lines > 0)) {
            ret->incomplete = true;
        }
        has_table[is_udp] |= !parse.is_v6;
        tables = kps_sv_from(tables, n);
    }
    ret->used_proc = true;
    ret->incomplete =
        ret->incomplete || (!query->no_tcp && !has_table[0]) || (!query->no_udp && !has_table[1]);
    ret->error = ret->incomplete ? EBADMSG : 0;
    ret->source = "/proc/net";
    finish_proc_rows(ret);
    return has_table[0] || has_table[1] ? 0 : EBADMSG;
}

static uint32_t netns_inode(const struct kps_sys *sys, uint32_t pid)
{
    char path[32] = "proc/self/ns/net";
    char target[64];
    struct kps_sv link;
    if (pid) {
        (void)snprintf(path, sizeof(path), "proc/%u/ns/net", pid);
    }
    return kps_os_link(sys->root_fd, path, target, sizeof(target), &link) == 0
               ? kps_socket_link_inode(link, SV("net"))
               : 0;
}

int kps_sys_sockets(const struct kps_sys *sys, const struct kps_socket_query *query,
                    struct kps_sockets *ret)
{
    int netlink_fd = -1;
    int failed = 0;
    int answers = 0;
    if (query->source != KPS_SOURCE_PROC && !sys->is_fake) {
        failed = kps_netlink_open(sys, query->netns_pid, &netlink_fd);
        ret->error = failed;
        ret->source = KPS_NETLINK_NAME;
    }
    for (enum kps_protocol protocol = KPS_TCP; protocol <= KPS_UDP; protocol++) {
        if (protocol == KPS_TCP ? query->no_tcp : query->no_udp) {
            continue;
        }
        int this_failed = read_protocol(sys, netlink_fd, protocol, query, ret);
        answers += this_failed == 0;
        failed = this_failed ? this_failed : failed;
        ret->incomplete |= this_failed;
    }
    kps_close_fd(&netlink_fd);
    if (answers == 0) {
        ret->rows.n = 0;
        return failed ? failed : EINVAL;
    }
    if (ret->used_proc) {
        finish_proc_rows(ret);
    } else {
        sort_rows(ret);
    }
    uint32_t netns = netns_inode(sys, query->netns_pid);
    for (uint32_t i = 0; i < ret->rows.n; i++) {
        ret->rows.v[i].netns = netns;
    }
    return 0;
}
