#ifndef KPS_KUBE_LIVE_APPLY_H
#define KPS_KUBE_LIVE_APPLY_H

#include "kube/live_place.h"

/*
 * A workload of the inputs, and the next steps of its controller after the apply: the pods to
 * start, and the old pods that leave first (spec cluster §5 point 4).
 */
enum kps_live_way {
    KPS_LIVE_NONE,    /* starts no pod with a host port */
    KPS_LIVE_AT_ONCE, /* all new pods beside the old ones */
    KPS_LIVE_ROLLING, /* a Deployment: surge and unavailable */
    KPS_LIVE_ORDERED, /* a StatefulSet: one after the other */
    KPS_LIVE_DAEMON,  /* one on each node */
};

struct kps_live_plan {
    struct kps_kube_workload *w;
    enum kps_live_way way;
    struct kps_live_ports ports;
    struct kps_live_seeker pattern; /* of its pods */
    uint32_t wanted;                /* pods that the object asks for */
    uint32_t surge, unavailable;
    uint32_t to_start;     /* new pods in the end */
    uint32_t seeker;       /* of its pods, unless DAEMON */
    uint32_t first_daemon; /* its seekers are [first_daemon, end_daemon) */
    uint32_t end_daemon;
    uint32_t n_pending;   /* new pods without a node */
    bool is_update;       /* the template changes: the old pods leave */
    bool is_rank_unknown; /* priority class missing in the lists: may evict */
    bool is_presumed;     /* see kps_live_object */
    uint32_t rival;       /* of plans that look for the same ports of nodes: the first */
    bool evicts_own;      /* its new pods have a higher priority than the old ones */
    bool is_held_back;    /* a waiting pod blocks the creation of others */
    bool is_scheduled;    /* by the scheduler of Kubernetes, without gates, on nodes there are */
    bool is_foreign;      /* its controller is not one of Kubernetes itself */
    bool is_unchanged;    /* the cluster has the object as it is, with as many pods */
};

struct kps_live_apply {
    struct kps_live_board board;
    KPS_VEC(struct kps_live_plan) plans;
};

/* Why pods find a node in the best case only. */
struct kps_live_luck {
    uint32_t seeker;                   /* the pods */
    bool is_crowded;                   /* the order of the scheduler decides who gets which node */
    const struct kps_live_pod *leaver; /* else: one of a controller that may end others than those
                                          in the way */
};

/* Return whether all pods of a plan find nodes, but only in the best case (live_luck.c). */
bool kps_live_needs_luck(const struct kps_live_apply *apply, const struct kps_live_plan *plan,
                         struct kps_live_luck *ret);

/* Play the apply through. End it with kps_live_apply_free. */
void kps_live_apply_run(struct kps_live_apply *apply, struct kps_kube *kube);
void kps_live_apply_free(struct kps_live_apply *apply);

/* Report the pods that find no node (live_report.c). */
void kps_live_report(struct kps_live_apply *apply);
/* Report the Services that the API server refuses (live_service.c). */
void kps_live_check_services(struct kps_kube *kube);

#endif
