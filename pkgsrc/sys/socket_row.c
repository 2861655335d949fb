#include "sys/socket_row.h"

#include <string.h>

const char *kps_socket_state_name(enum kps_socket_state state)
{
    static const char names[][13] = {
        [KPS_SOCKET_ESTABLISHED] = "ESTABLISHED",
        [KPS_SOCKET_SYN_SENT] = "SYN_SENT",
        [KPS_SOCKET_SYN_RECV] = "SYN_RECV",
        [KPS_SOCKET_FIN_WAIT1] = "FIN_WAIT1",
        [KPS_SOCKET_FIN_WAIT2] = "FIN_WAIT2",
        [KPS_SOCKET_TIME_WAIT] = "TIME_WAIT",
        [KPS_SOCKET_CLOSE] = "CLOSE",
        [KPS_SOCKET_CLOSE_WAIT] = "CLOSE_WAIT",
        [KPS_SOCKET_LAST_ACK] = "LAST_ACK",
        [KPS_SOCKET_LISTEN] = "LISTEN",
        [KPS_SOCKET_CLOSING] = "CLOSING",
        [KPS_SOCKET_NEW_SYN_RECV] = "NEW_SYN_RECV",
        [KPS_SOCKET_BOUND] = "BOUND",
    };
    return names[state];
}

void kps_sockets_free(struct kps_sockets *sockets)
{
    kps_vec_free(&sockets->rows);
}

bool kps_socket_query_has(const struct kps_socket_query *query, uint16_t port)
{
    return query->n_ports == 0 || kps_port_range_holds(query->ports, query->n_ports, port);
}

struct kps_addr kps_socket_addr(bool is_v6, const uint8_t *bytes, bool dual)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t any[16];
    struct kps_addr addr = {.kind = KPS_ADDR_ONE6};
    if (!is_v6 || memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        memcpy(addr.bytes, is_v6 ? bytes + sizeof(mapped) : bytes, 4);
        addr.kind = memcmp(addr.bytes, any, 4) == 0 ? KPS_ADDR_ANY4 : KPS_ADDR_ONE4;
        return addr;
    }
    memcpy(addr.bytes, bytes, 16);
    if (memcmp(bytes, any, 16) == 0) {
        addr.kind = dual ? KPS_ADDR_EVERY : KPS_ADDR_ANY6;
    }
    return addr;
}

uint32_t kps_socket_link_inode(struct kps_sv link, struct kps_sv kind)
{
    if (link.n < kind.n + 3 || !kps_sv_starts(link, kind) || link.p[kind.n] != ':' ||
        link.p[kind.n + 1] != '[' || link.p[link.n - 1] != ']') {
        return 0;
    }
    int64_t inode = kps_sv_number(kps_sv_slice(link, kind.n + 2, link.n - 1), UINT32_MAX);
    return inode > 0 ? (uint32_t)inode : 0;
}
