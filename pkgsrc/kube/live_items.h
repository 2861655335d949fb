#ifndef KPS_KUBE_LIVE_ITEMS_H
#define KPS_KUBE_LIVE_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

/* The second door of this adapter: the items of a live cluster (live.c). */

struct kps_kube;

/*
 * With options.is_live: read the items of a live cluster, one JSON object with apiVersion and kind
 * at a time, in any order, from any source. Call kps_kube_begin_live behind the last file,
 * then kps_kube_add_live for each item, then kps_kube_finish: only the files are judged, by what
 * applying them now would do (KP401 to KP403). Return: false when the item is no JSON object.
 */
void kps_kube_begin_live(struct kps_kube *kube);
bool kps_kube_add_live(struct kps_kube *kube, struct kps_sv json);

/* The same for the root of a YAML document: a List of items, or one. Return: how many items. The
 * tree may go afterwards. */
struct kps_ynode;
uint32_t kps_kube_add_live_document(struct kps_kube *kube, const struct kps_ynode *root);

/*
 * For a question about the live cluster itself, without files, instead of kps_kube_finish: enter
 * the host ports of its pods (BOUND on the namespace of their node, PENDING on some node for pods
 * that wait) and the node ports of its Services as claims. Each node has a namespace, in the order
 * of names; where no list has nodes, those that pods name. Pods that wait for a port are KP404.
 */
void kps_kube_enter_live(struct kps_kube *kube);

/* Return true when the files have an object of a kind of workload. */
bool kps_kube_has_kind(const struct kps_kube *kube, struct kps_sv kind);

/* The number of objects of each kind; 0 of a kind: the list is missing. */
struct kps_kube_live_counts {
    uint32_t nodes, pods, services;
};
struct kps_kube_live_counts kps_kube_count_live(const struct kps_kube *kube);

#endif
