#include "kube/lifetime.h"

bool kps_kube_overlap(enum kps_kube_role a, uint32_t a_index, enum kps_kube_role b,
                      uint32_t b_index)
{
    if (a == KPS_KUBE_INIT && b == KPS_KUBE_INIT) {
        return false;
    }
    if (a == KPS_KUBE_INIT) {
        return b == KPS_KUBE_SIDECAR && a_index > b_index;
    }
    if (b == KPS_KUBE_INIT) {
        return a == KPS_KUBE_SIDECAR && b_index > a_index;
    }
    return true;
}

const char *kps_kube_role_name(enum kps_kube_role role)
{
    static const char *const names[] = {[KPS_KUBE_MAIN] = "container",
                                        [KPS_KUBE_INIT] = "init container",
                                        [KPS_KUBE_SIDECAR] = "sidecar"};
    return names[role];
}
