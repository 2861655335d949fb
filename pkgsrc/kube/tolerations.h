#ifndef KPS_KUBE_TOLERATIONS_H
#define KPS_KUBE_TOLERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

/* Tolerations: which tainted nodes a pod may run on besides the others (spec kubernetes §4.2, §4.4
 * step 7). */
struct kps_toleration {
    struct kps_sv key;    /* empty with `exists`: every taint */
    struct kps_sv value;  /* compared unless `exists` */
    struct kps_sv effect; /* empty: every effect */
    bool exists;
};

struct kps_tolerations {
    const struct kps_toleration *v;
    uint32_t n;
};

/* The tolerations that the DaemonSet controller adds to every pod. `host_network`: also
 * network-unavailable. */
struct kps_tolerations kps_tolerations_of_daemonset(bool host_network);

/*
 * Return true when every taint that `narrow` tolerates is tolerated by `wide` or by `wide_too` (the
 * automatic ones), looking at one toleration at a time. PreferNoSchedule keeps nobody away and is
 * not looked at.
 */
bool kps_tolerations_cover(struct kps_tolerations wide, struct kps_tolerations wide_too,
                           struct kps_tolerations narrow);

/* A taint of a real node. */
struct kps_taint {
    struct kps_sv key, value, effect;
};

/* Return true if a pod may be put onto a node with the taint; PreferNoSchedule keeps nobody away.
 */
bool kps_tolerations_accept(struct kps_tolerations tolerations, const struct kps_taint *taint);

/* Return true when a node with the taint `key` and effect NoSchedule is open to the pod. */
bool kps_tolerations_allow(struct kps_tolerations tolerations, struct kps_sv key);

#endif
