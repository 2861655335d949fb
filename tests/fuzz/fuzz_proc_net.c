#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "sys/proc_net.h"

/*
 * The first byte says which of the files the rest is (bit 0 IPv6, bit 1 UDP, bit 2 with
 * connections). It is read at once and in two pieces: both must give the same.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct kps_socket *row)
{
    KPS_ASSERT(row->port != 0 && row->state >= KPS_SOCKET_ESTABLISHED &&
               row->state <= KPS_SOCKET_BOUND);
    KPS_ASSERT(row->state != KPS_SOCKET_CLOSE && row->addr.kind <= KPS_ADDR_ONE6 &&
               row->peer.kind <= KPS_ADDR_ONE6);
    KPS_ASSERT(!(row->flags & KPS_SOCKET_V6ONLY_UNKNOWN) == (row->addr.kind != KPS_ADDR_EVERY));
    KPS_ASSERT(row->left_ms == 0 || row->inode == 0);
}

static void check_same(const struct kps_sockets *a, const struct kps_sockets *b)
{
    KPS_ASSERT(a->rows.n == b->rows.n);
    for (uint32_t i = 0; i < a->rows.n; i++) {
        const struct kps_socket *x = &a->rows.v[i];
        const struct kps_socket *y = &b->rows.v[i];
        KPS_ASSERT(x->port == y->port && x->inode == y->inode && x->uid == y->uid &&
                   x->state == y->state);
        KPS_ASSERT(kps_addr_eq(&x->addr, &y->addr) && kps_addr_eq(&x->peer, &y->peer));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first = size ? data[0] : 0;
    struct kps_sv text = kps_sv_from((struct kps_sv){(const char *)data, size}, 1);
    struct kps_socket_query query = {.connections = first & 4};
    struct kps_sockets at_once = {0};
    struct kps_sockets in_two = {0};
    struct kps_proc_net parse = {.protocol = first & 2 ? KPS_UDP : KPS_TCP,
                                 .is_v6 = first & 1,
                                 .query = &query,
                                 .ticks_per_second = 100};
    struct kps_proc_net again = parse;
    parse.into = &at_once;
    again.into = &in_two;
    size_t used = kps_proc_net_take(&parse, text);
    size_t before = kps_proc_net_take(&again, kps_sv_slice(text, 0, text.n / 2));
    KPS_ASSERT(before <= text.n / 2 &&
               before + kps_proc_net_take(&again, kps_sv_from(text, before)) == used);
    KPS_ASSERT(used <= text.n && (used == 0 || text.p[used - 1] == '\n'));
    KPS_ASSERT(parse.lines == again.lines && parse.bad_lines == again.bad_lines);
    KPS_ASSERT(at_once.rows.n + parse.bad_lines <= parse.lines);
    for (uint32_t i = 0; i < at_once.rows.n; i++) {
        check_row(&at_once.rows.v[i]);
    }
    check_same(&at_once, &in_two);
    kps_sockets_free(&at_once);
    kps_sockets_free(&in_two);
    return 0;
}
