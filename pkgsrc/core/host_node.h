#ifndef KPS_CORE_HOST_NODE_H
#define KPS_CORE_HOST_NODE_H

#include "base/arena.h"
#include "core/conflict.h"
#include "model/ledger.h"

/*
 * This machine as a node of a cluster: find the requests of the cluster that meet ports in use on
 * this machine. A conflict for each port in use and rule of its holders, with the requests in order
 * of port and behind them a claim of each holder. Return: conflicts of kind IN_USE, in the arena.
 * The ledger is linked.
 */
struct kps_conflicts kps_host_node_uses(const struct kps_ledger *ledger, struct kps_arena *arena);

#endif
