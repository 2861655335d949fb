#ifndef KPS_KUBE_NODES_H
#define KPS_KUBE_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/*
 * On which nodes a pod may run, as far as its own words decide it, and whether two pods can meet on
 * one (spec kubernetes §4.4, steps 2 and 3). Nothing is known of real nodes: two constraints can
 * meet when SOME set of node labels satisfies both.
 *
 * A node's name (nodeName, matchFields metadata.name) and its label kubernetes.io/hostname are
 * taken as one and the same thing, which is what every installer sets up.
 */
enum kps_node_op {
    KPS_NODE_IN,
    KPS_NODE_NOT_IN, /* also matches a node without the label */
    KPS_NODE_EXISTS,
    KPS_NODE_DOES_NOT_EXIST,
    KPS_NODE_GT, /* the label is an integer above values[0] */
    KPS_NODE_LT,
};

/* Labels of a node, a pod or a namespace. */
struct kps_label {
    struct kps_sv key, value;
};

struct kps_labels {
    const struct kps_label *v;
    uint32_t n;
};

/* One requirement on a label. The key of a node's name is KPS_NODE_NAME_KEY. */
struct kps_node_req {
    struct kps_sv key;
    const struct kps_sv *values;
    uint32_t n_values;
    enum kps_node_op op;
};

#define KPS_NODE_NAME_KEY "kubernetes.io/hostname"

/* A conjunction of requirements. */
struct kps_node_term {
    const struct kps_node_req *reqs;
    uint32_t n;
};

/*
 * `always` (nodeSelector, nodeName) AND, when has_terms, at least one of `terms` (required node
 * affinity; no terms at all match no node). Zeroed it is "every node".
 */
struct kps_node_constraint {
    struct kps_node_term always;
    const struct kps_node_term *terms;
    uint32_t n_terms;
    bool has_terms;
};

/* Read an operator's name ("In", "NotIn", …). Return: false for any other text. */
KPS_MUST_USE bool kps_node_op_parse(struct kps_sv name, enum kps_node_op *ret);

/* Return true if the constraint accepts every node. */
bool kps_node_anywhere(const struct kps_node_constraint *c);

/* Return true if one node can satisfy both. Exact for the operators above, except that it does not
 * know which labels real nodes carry. */
bool kps_node_can_meet(const struct kps_node_constraint *a, const struct kps_node_constraint *b);

/*
 * Return true if every node that satisfies `inner` satisfies `outer`. Sound, not complete: false
 * may mean "not shown", for terms that are only covered by several terms together.
 */
bool kps_node_implies(const struct kps_node_constraint *inner,
                      const struct kps_node_constraint *outer);

/* Return true if labels have one, or lack one, as the requirement says. */
bool kps_node_req_accepts(const struct kps_node_req *req, struct kps_labels labels);

/* Return true if a node with these labels satisfies `c`; its name is the label KPS_NODE_NAME_KEY.
 */
bool kps_node_accepts(const struct kps_node_constraint *c, struct kps_labels labels);

/* Return the only node name in every way to satisfy `c`; empty: no such name. */
struct kps_sv kps_node_pinned(const struct kps_node_constraint *c);

/*
 * Return the only value under `key` in every way to satisfy `c`; empty: none. Two constraints with
 * different fixed values of a key never meet.
 */
struct kps_sv kps_node_fixed(const struct kps_node_constraint *c, struct kps_sv key);

/* "every node", "every Linux node", "node 'node-1'", "nodes with 'disk=ssd'": for messages. In the
 * arena. */
struct kps_sv kps_node_words(struct kps_arena *arena, const struct kps_node_constraint *c);

#endif
