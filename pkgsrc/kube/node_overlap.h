#ifndef KPS_KUBE_NODE_OVERLAP_H
#define KPS_KUBE_NODE_OVERLAP_H

#include "kube/object.h"
#include "model/conflict.h"

/*
 * Decide if pods of two workloads with the same port of the node can share a node, and the
 * consequences: the decision procedure of spec kubernetes §4.4. Pure.
 */

/* Why two requests meet: the `reason` of a struct kps_meeting, for the words of a finding. */
enum kps_meet_reason {
    KPS_MEET_APART,      /* different addresses or nodes, or kept apart */
    KPS_MEET_BOTH_EVERY, /* two DaemonSets: one covers the nodes of the other */
    KPS_MEET_EVERY,      /* a DaemonSet covers the nodes that the other may run on */
    KPS_MEET_PINNED,     /* both are pinned to one node */
    KPS_MEET_COUNT,      /* there may be enough nodes or not */
    KPS_MEET_OVERLAP,    /* their nodes overlap in part */
    KPS_MEET_TAINTS,     /* only one of the two tolerates some taints */
    KPS_MEET_ANTI,       /* anti-affinity keeps them apart, at the price of a waiting pod */
    KPS_MEET_UNSEEN,     /* the scheduler does not know of a wish */
    KPS_MEET_ADDRESS,    /* the scheduler takes the addresses for different ones */
};

struct kps_meeting kps_kube_can_share_node(const struct kps_kube_port_request *a,
                                           const struct kps_kube_port_request *b);

/*
 * Return true if the scheduler never puts two pods of the workload onto one node: a declared host
 * port or required anti-affinity by hostname separates them. The pods then cannot meet on any other
 * port either.
 */
bool kps_kube_replicas_apart(const struct kps_kube_workload *w);

/* Return true when the workload has a pod on every node it may run on. */
bool kps_kube_is_every(const struct kps_kube_workload *w);

#endif
