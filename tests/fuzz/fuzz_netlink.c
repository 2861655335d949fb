#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "sys/netlink.h"

/*
 * The input is a datagram of a sock_diag dump, as the kernel would send it; bit 0 of its last byte
 * says whether ports are filtered, bit 1 whether it answers for UDP. It is taken as the answer to
 * whatever request its first message is of.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct kps_socket *row, const struct kps_socket_query *query)
{
    KPS_ASSERT(row->port != 0 && kps_socket_query_has(query, row->port));
    KPS_ASSERT(row->state >= KPS_SOCKET_ESTABLISHED && row->state <= KPS_SOCKET_BOUND);
    KPS_ASSERT(row->state != KPS_SOCKET_CLOSE &&
               kps_socket_state_name((enum kps_socket_state)row->state));
    KPS_ASSERT(row->addr.kind <= KPS_ADDR_ONE6 && row->peer.kind <= KPS_ADDR_ONE6);
    KPS_ASSERT(!(row->flags & KPS_SOCKET_V6ONLY_UNKNOWN) || row->addr.kind == KPS_ADDR_EVERY);
    KPS_ASSERT(row->left_ms == 0 || row->inode == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kps_port_range ranges[] = {{80, 80}, {1024, 9000}};
    uint8_t last = size ? data[size - 1] : 0;
    struct kps_socket_query query = {.ports = ranges, .n_ports = last & 1 ? KPS_COUNT(ranges) : 0};
    struct kps_sockets sockets = {0};
    struct kps_netlink_dump dump = {
        .protocol = last & 2 ? KPS_UDP : KPS_TCP, .query = &query, .into = &sockets};
    if (size >= 12) {
        memcpy(&dump.sequence, data + 8, sizeof(dump.sequence));
    }
    enum kps_netlink_next next = kps_netlink_take(&dump, (struct kps_sv){(const char *)data, size});
    KPS_ASSERT((next == KPS_NETLINK_FAILED) == (dump.error != 0));
    KPS_ASSERT(sockets.rows.n <= size / 64); /* no socket comes from less than a message */
    for (uint32_t i = 0; i < sockets.rows.n; i++) {
        check_row(&sockets.rows.v[i], &query);
    }
    kps_sockets_free(&sockets);
    return 0;
}
