#ifndef NODE_H
#define NODE_H

#include "model/ledger.h"

/*
 * This machine as a node of the cluster that manifests are for (--host and --docker beside them):
 * what it holds meets the host ports and node ports of a linked ledger. One finding for each port
 * and holder, KP301 or KP302. It is a warning and POSSIBLE, for nobody knows which node a pod gets,
 * and whether this machine is one.
 */
void kps_node_judge(struct kps_ledger *ledger);

#endif
