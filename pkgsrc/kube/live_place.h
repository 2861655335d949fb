#ifndef KPS_KUBE_LIVE_PLACE_H
#define KPS_KUBE_LIVE_PLACE_H

#include "kube/live.h"

/* A hard topologySpreadConstraint. */
struct kps_live_spread {
    struct kps_anti_term term; /* the counted pods, and the label that makes domains */
    uint32_t most;             /* maxSkew */
    uint32_t least_domains;    /* minDomains: with fewer of them the least count is 0 */
    bool honors_taints;        /* nodes with taints that the pods do not tolerate do not count */
    bool ignores_rules;        /* nodes that the pods do not select count as well */
};

/*
 * Pods without a node, and the nodes: a matching in which each pod gets a node whose rules the pod
 * meets and on which no other pod has its ports. Pods of an object are alike and are counted.
 */
struct kps_live_seeker {
    struct kps_live_ports ports;
    const struct kps_kube_placement *where;
    struct kps_labels labels;
    struct kps_sv namespace;
    uint64_t controller; /* kps_live_key of the object of the inputs; 0: none */
    int32_t priority;
    int32_t fixed_node; /* a DaemonSet's pod, or nodeName: the one node; -1: any */
    uint32_t n, placed; /* pods without a node, and pods placed so far */
    uint32_t plan;      /* 1 + the plan of live_apply.c that the pods belong to; 0: none */
    int32_t pod;        /* index of the live pod to move or replace; -1: none */
    bool never_preempts, is_daemon, is_bound; /* is_bound: nodeName passes the scheduler by */
    bool was_waiting;                         /* before the apply */
    bool is_victim;                           /* the replacement of an evicted pod */
    bool is_on_host;                          /* hostNetwork */
    bool is_shunned;                          /* by the anti-affinity of a live pod */
    struct kps_anti_affinity near;            /* required affinity to other pods */
    const struct kps_live_spread *spreads;
    uint32_t n_spreads;
    const uint8_t *selected; /* by node: 1 where selectors and taints admit the pods */
    const uint8_t *admits;   /* and the affinity to live pods as well */
};

/* A pod that an input's pod takes the place of. */
struct kps_live_eviction {
    int32_t pod; /* the live one */
    uint32_t by; /* seeker */
    int32_t node;
    uint32_t n_equal; /* nodes whose pods in the way rank alike: the scheduler takes any of them */
    bool is_of_one;   /* and on each of them a pod of one and the same controller goes */
};

/* A pod on a node: a live pod, or a pod of a seeker */
struct kps_live_occupant {
    int32_t pod;
    int32_t seeker;
    uint32_t next; /* 1 + index */
};

struct kps_live_board {
    struct kps_kube *kube;
    KPS_VEC(struct kps_live_seeker) seekers;
    KPS_VEC(struct kps_live_occupant) occupants;
    KPS_VEC(struct kps_live_eviction) evictions;
    KPS_VEC(int32_t) shy; /* live pods on nodes that keep other pods away (anti-affinity) */
    uint32_t *first;      /* by node: 1 + its first occupant, 0: none */
    uint8_t *seen;   /* by seeker, for one search: pods of a seeker are alike, so a single look is
                        enough */
    uint32_t n_seen; /* room of `seen` */
    bool has_shy_seekers; /* a seeker keeps other pods away */
    bool is_inexact;      /* a bound ended a search: more pods may find a node */
};

void kps_live_board_open(struct kps_live_board *board, struct kps_kube *kube);
void kps_live_board_free(struct kps_live_board *board);

/* Return the pod that waits, or that takes the place of a live pod: on any node. */
struct kps_live_seeker kps_live_seeker_of(const struct kps_kube *kube, uint32_t pod);

/* Add a copy of pods without a node, and find the nodes whose rules admit these pods: selectors,
 * taints, pods that must or must not be near. Return: the index. */
uint32_t kps_live_add_seeker(struct kps_live_board *board, const struct kps_live_seeker *like);
/* Return whether the pods tolerate the taint. */
bool kps_live_tolerates(const struct kps_live_seeker *s, const struct kps_taint *taint);
/* Return the occupant of the node behind `o` (NULL: its first) that has one of the ports; NULL: no
 * other has. */
const struct kps_live_occupant *kps_live_next_holder(const struct kps_live_board *board,
                                                     struct kps_live_ports ports, uint32_t node,
                                                     const struct kps_live_occupant *o);
/* Return: are all of the ports free on the node? If not, *ret_pod is a live pod with such a port,
 * or -1. */
bool kps_live_is_free(const struct kps_live_board *board, struct kps_live_ports ports,
                      uint32_t node, int32_t *ret_pod);

/* Return the number of nodes that the pods select and on which one of the ports is held. */
uint32_t kps_live_count_held(const struct kps_live_board *board, const struct kps_live_seeker *s,
                             struct kps_live_ports ports);

/* Place as many pods as possible, the surest way first. Return: was any pod placed? */
bool kps_live_place_all(struct kps_live_board *board);

/* Take a live pod off its node. */
void kps_live_remove(struct kps_live_board *board, int32_t pod);

#endif
