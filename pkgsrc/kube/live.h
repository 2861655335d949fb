#ifndef KPS_KUBE_LIVE_H
#define KPS_KUBE_LIVE_H

#include "kube/kube.h"

/*
 * Inside this folder: the state of a live cluster, as far as ports and placement need it, and the
 * verdict of an apply against it (spec cluster §5). Items of the cluster come one by one, from a
 * dump or from the API server, and are reduced at once (live.c). The apply is played through
 * (live_apply.c): which pods each object of the inputs starts, which old ones leave first, and
 * which of the new ones find a node (live_place.c). What does not is a finding (live_report.c).
 * Without inputs the state itself is the answer: its ports become claims (live_claims.c), and its
 * pods that wait for a port are findings (live_waiting.c).
 */

/* A host port that the scheduler counts. */
struct kps_live_port {
    struct kps_sv ip; /* as written; empty: every address */
    uint16_t port;
    uint8_t protocol; /* enum kps_protocol */
};

struct kps_live_ports {
    const struct kps_live_port *v;
    uint32_t n;
};

/* A running or waiting pod with a host port. */
struct kps_live_pod {
    struct kps_sv namespace, name;
    struct kps_sv kind, owner; /* its controller's; empty: none */
    uint64_t controller;       /* kps_kube_key of the controller, 0: none */
    const struct kps_kube_placement *where;
    struct kps_labels labels;
    struct kps_live_ports ports;
    int32_t node; /* index of kube->nodes; -1: waiting */
    int32_t priority;
    bool never_preempts;
    bool is_unscheduled; /* of another scheduler, or gated */
    bool is_gone;        /* by the apply */
    bool is_pick;        /* gone, where its controller may as well end another pod of its own */
    bool is_replaced;    /* its controller gets another template: no like of it is made again */
    bool is_as_wanted;   /* equal to the template of its controller in the inputs */
    bool is_nominated;   /* the scheduler evicts others for it on some node */
    struct kps_sv wait;  /* the scheduler's words about a lack of free ports; empty: none */
};

/* A port of a Service on every node. */
struct kps_live_node_port {
    uint16_t number;
    uint16_t port;    /* of the Service; 0: the port of health checks */
    uint8_t protocol; /* enum kps_protocol */
};

/* A place where a port of a Service is reached: a node port, or a port of an outside address. */
struct kps_live_spot {
    struct kps_sv name;    /* of the port */
    struct kps_sv address; /* empty: every node */
    uint16_t port;         /* the node port, or the Service's own at an address */
    uint8_t protocol;
    bool is_balancer; /* an address of a load balancer */
};

/* A Service of the cluster. */
struct kps_live_service {
    uint64_t key;
    struct kps_sv namespace, name;
    struct kps_sv cluster_ip;
    const struct kps_live_node_port *node_ports; /* the port of health checks is the last */
    uint32_t n_node_ports;
    const struct kps_live_spot *spots;
    uint32_t n_spots;
    bool is_gone;     /* replaced by an input */
    bool is_of_input; /* taken from an input */
    bool keeps_old;   /* an input without some of the numbers, which the API server leaves */
};

struct kps_live_priority {
    struct kps_sv name;
    int32_t value;
    bool never_preempts;
    bool is_default; /* of pods that name no class */
};

/* A workload of the inputs that exists in the cluster. */
struct kps_live_object {
    uint64_t key;
    uint32_t replicas;  /* .spec.replicas, or parallelism */
    uint32_t succeeded; /* a Job's pods that are done */
    bool is_same;       /* the apply leaves the template as it is */
    bool is_presumed;   /* missing in the lists; its live pods show the object */
};

struct kps_live {
    KPS_VEC(struct kps_live_pod) pods;
    KPS_VEC(struct kps_live_service) services;
    KPS_VEC(struct kps_live_priority) priorities;
    KPS_VEC(struct kps_live_object) objects;
    struct kps_map node_ids;     /* name -> index of kube->nodes */
    struct kps_map inputs;       /* kps_kube_key of a workload of the inputs -> index + 1 */
    struct kps_map seen;         /* kps_kube_key of each item: a dump may be given twice */
    struct kps_arena *item;      /* of the item at hand */
    uint32_t n_pods, n_services; /* of all items, kept or not */
    bool are_nodes_presumed;     /* see kps_live_presume_nodes */
    bool keeps_all;              /* pods without ports matter too: affinity looks at their labels */
    KPS_VEC(struct kps_sv) node_names; /* of each pod, until kps_live_join_nodes */
};

struct kps_live *kps_live_open(struct kps_arena *arena);
void kps_live_free(struct kps_live *live);

/* Keep the facts of a workload's document that the rules of files do not need; NULL: too large. */
const struct kps_ynode *kps_live_keep_root(struct kps_kube *kube, const struct kps_ynode *root);
/* Read a PriorityClass of the inputs. */
void kps_live_read_priority(struct kps_kube *kube, struct kps_sv name,
                            const struct kps_ynode *root);

/* Return: does applying `wanted` to `live` change nothing? `applied` is the object of the last
 * apply, or NULL. */
bool kps_live_is_same(const struct kps_ynode *wanted, const struct kps_ynode *live,
                      const struct kps_ynode *applied);

/* The host ports of a workload that the scheduler counts. */
struct kps_live_ports kps_live_ports_of(struct kps_kube *kube, const struct kps_kube_workload *w);

/* Return whether pods with these ports cannot be on one node, in the scheduler's eyes. */
bool kps_live_ports_clash(struct kps_live_ports a, struct kps_live_ports b);

/* Return the key of an object of the inputs, as kps_kube_key makes it. */
uint64_t kps_live_key(const struct kps_kube_id *id);

/* Return the object of the cluster that an input replaces; `key` is the input's. Where no list has
 * the object, its live pods show that it is there (spec cluster §5, lists that are missing).
 * .key == 0: the object is new. */
struct kps_live_object kps_live_find_object(const struct kps_live *live, uint64_t key);

/* Report the pods that wait for a port (KP404); `owners`: of the live pods, by index. */
void kps_live_report_waiting(struct kps_kube *kube, const kps_owner_id *owners);
/* "Pod shop/web-1" */
struct kps_sv kps_live_pod_words(struct kps_arena *arena, const struct kps_live_pod *pod);
/* "Deployment shop/web", or the pod where it has no controller. */
struct kps_sv kps_live_owner_words(struct kps_arena *arena, const struct kps_live_pod *pod);

/* Where no list has nodes: make nodes of the names in pods, and of no name up to `n` nodes. Their
 * labels and taints are unknown. */
void kps_live_presume_nodes(struct kps_kube *kube, uint32_t n);

/* Give each pod its node, once all items are read. */
void kps_live_join_nodes(struct kps_kube *kube);

/* Return the priority of pods of a class, or of the default class when `name` is empty; 0 when no
 * list has the class. *ret_never: its pods evict nobody. *ret_known: false when no list has it. */
int32_t kps_live_priority(const struct kps_live *live, struct kps_sv name, bool *ret_never,
                          bool *ret_known);

#endif
