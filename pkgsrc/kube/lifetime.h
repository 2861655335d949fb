#ifndef KPS_KUBE_LIFETIME_H
#define KPS_KUBE_LIFETIME_H

#include <stdbool.h>
#include <stdint.h>

/* When a container of a pod runs (spec kubernetes §2.2). */
enum kps_kube_role {
    KPS_KUBE_MAIN,    /* containers[]: all run together */
    KPS_KUBE_INIT,    /* a plain init container: ends before the next one and before every main
                         container */
    KPS_KUBE_SIDECAR, /* an init container with restartPolicy Always: runs from its place in the
                         list to the end */
};

/*
 * Return true if two different containers of one pod ever run at the same time. The index is the
 * place in the list they are written in (initContainers or containers).
 */
bool kps_kube_overlap(enum kps_kube_role a, uint32_t a_index, enum kps_kube_role b,
                      uint32_t b_index);

/* "container", "init container", "sidecar" */
const char *kps_kube_role_name(enum kps_kube_role role);

#endif
