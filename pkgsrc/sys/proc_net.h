#ifndef KPS_SYS_PROC_NET_H
#define KPS_SYS_PROC_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/socket_row.h"

/*
 * The texts of /proc/net/{tcp,tcp6,udp,udp6}: a heading, then one socket a line,
 *
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 * … 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 …
 *
 * with addresses as 32-bit words in hex, each in the byte order of the machine, and ports in hex.
 * Lines that are not like this are counted and left out.
 */
struct kps_proc_net {
    enum kps_protocol protocol;
    bool is_v6;
    const struct kps_socket_query *query;
    struct kps_sockets *into;
    unsigned ticks_per_second; /* of the timer column (sysconf(_SC_CLK_TCK)) */
    size_t lines, bad_lines;   /* seen so far, the heading not counted as bad */
};

/*
 * Read a piece of the text, from the start of a line. Return: the number of bytes used, all
 * complete lines; hand in the rest again with the next piece.
 */
size_t kps_proc_net_take(struct kps_proc_net *parse, struct kps_sv piece);

/*
 * Read a file ("tcp", "udp6", …) in the folder `dir` ("proc/net", "proc/123/net") below the root.
 * Return: 0 or an errno; EBADMSG when no line could be read.
 */
KPS_MUST_USE int kps_proc_net_read(const struct kps_sys *sys, const char *dir, const char *name,
                                   struct kps_proc_net *parse);

#endif
