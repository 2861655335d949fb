#ifndef KPS_KUBE_LABELS_H
#define KPS_KUBE_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "kube/nodes.h"

/* Labels of pods and namespaces, selectors over them, and required pod anti-affinity (spec
 * kubernetes §4.4 step 4). */
/* The value of a label; .p == NULL when it is not there. */
struct kps_sv kps_labels_get(struct kps_labels labels, struct kps_sv key);

/* Return true if all of `wanted` are among `labels` (a Service's selector). True for an empty list.
 */
bool kps_labels_include(struct kps_labels labels, struct kps_labels wanted);

/* One term of requiredDuringSchedulingIgnoredDuringExecution under podAntiAffinity. */
struct kps_anti_term {
    const struct kps_node_req *reqs; /* matchLabels and matchExpressions of the labelSelector */
    uint32_t n_reqs;
    bool selects;              /* false: no labelSelector, which matches no pod */
    bool every_namespace;      /* namespaceSelector: {} */
    bool namespaces_by_labels; /* a namespaceSelector that says more: its namespaces are not known
                                  from files */
    const struct kps_sv *namespaces;
    uint32_t n_namespaces; /* 0: the pod's own */
    bool own_revision;     /* matchLabelKeys: pods of the same roll-out alone */
    struct kps_sv topology_key;
};

struct kps_anti_affinity {
    const struct kps_anti_term *v;
    uint32_t n;
};

enum kps_apart {
    KPS_APART_NO,
    KPS_APART_PERHAPS, /* by a topology that a node may lack, or unknown namespaces */
    KPS_APART_YES,     /* never on one node */
};

/* Return true if the terms of a pod in `own_namespace` keep a pod with these labels in
 * `other_namespace` off its node. */
enum kps_apart kps_anti_affinity_apart(struct kps_anti_affinity terms, struct kps_sv own_namespace,
                                       struct kps_labels other, struct kps_sv other_namespace);

#endif
