#ifndef KPS_SYS_SOCKETS_H
#define KPS_SYS_SOCKETS_H

#include "sys/socket_row.h"

/*
 * Asks for sockets. Return: 0, also when ret->incomplete; an errno when no source could tell
 * anything (*ret has no rows then).
 */
KPS_MUST_USE int kps_sys_sockets(const struct kps_sys *sys, const struct kps_socket_query *query,
                                 struct kps_sockets *ret);

#endif
