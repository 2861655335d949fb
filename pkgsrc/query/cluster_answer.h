#ifndef KPS_QUERY_CLUSTER_ANSWER_H
#define KPS_QUERY_CLUSTER_ANSWER_H

#include "query/inquiry.h"

/*
 * Answer from the linked ledger of a cluster: which host ports its pods have on which node, which
 * node ports its Services have, and what no list of a cluster shows. Findings about waiting pods
 * (KP404) stay where they are about a port of the question.
 */
void kps_cluster_answer_find(struct kps_inquiry *inquiry);

/*
 * Return: a user of the port that is in no list of a cluster (a component of the nodes, the
 * settings); empty: none.
 */
struct kps_sv kps_cluster_answer_component(const struct kps_kube_options *cluster, uint16_t port,
                                           enum kps_protocol protocol);

/* Return: whether the port is among the cluster's node ports. */
bool kps_cluster_answer_is_node_port(const struct kps_kube_options *cluster, uint16_t port);

#endif
