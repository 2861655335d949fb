#ifndef KPS_CORE_DOUBLE_ENTRIES_H
#define KPS_CORE_DOUBLE_ENTRIES_H

#include "core/interval.h"

/*
 * Find entries of a Compose service that leave the choice of a port to the engine, with a range or
 * without a host port, and differ in their address alone ("80" and "127.0.0.1::80"). Engines from
 * 28 on choose one port for both (moby needSamePort), and where the addresses overlap the second
 * TCP socket cannot listen. UDP sockets share the port with Engine 28 alone (28.5.2). Older engines
 * choose a port for each entry. An unknown engine counts as the newest for a range, which may fail
 * with older engines, too; without a host port the conflict is POSSIBLE. A conflict without a host
 * port has first and last 0. Linear; of container ports the first 65,536 are compared.
 */
void kps_double_entries_detect(struct kps_detection *detection);

/* Return: does the version of the engine decide on entries of this site, as far as is known? */
bool kps_double_entries_need_engine(const struct kps_ledger *ledger, uint32_t site);

#endif
