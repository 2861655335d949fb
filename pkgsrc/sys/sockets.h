#ifndef KPS_SYS_SOCKETS_H
#define KPS_SYS_SOCKETS_H

#include "sys/socket_row.h"

/*
 * Ask for sockets. Return: 0, also when ret->incomplete; an errno when no source could tell
 * anything (*ret has no rows then).
 */
KPS_MUST_USE int kps_sys_sockets(const struct kps_sys *sys, const struct kps_socket_query *query,
                                 struct kps_sockets *ret);

/*
 * Read the sockets of another machine from the texts of its /proc/net/{tcp,tcp6,udp,udp6}, one
 * after another, each known by its heading; tables and lines that are missing or are no such text
 * make ret->incomplete (tables of IPv6 may be missing). Addresses are read in the byte order of
 * this machine. Return: 0, or EBADMSG without any table.
 */
KPS_MUST_USE int kps_sys_sockets_parse(struct kps_sv tables, const struct kps_socket_query *query,
                                       struct kps_sockets *ret);

/* The sockets of another machine. */
struct kps_sys_remote {
    struct kps_sv tables;
    struct kps_sv host;  /* its name, for words */
    struct kps_sv login; /* as arguments of ssh: "-p 2222 me@nas" */
    kps_netns_id netns;  /* of the claims */
    uint32_t site;       /* of the owners */
};

#endif
