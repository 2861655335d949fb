#ifndef KPS_KUBE_API_VERSION_H
#define KPS_KUBE_API_VERSION_H

#include "base/sv.h"

/* The two parts of an apiVersion: "apps/v1" is v1 of the group apps, "v1" is v1 of the core group,
 * whose name is empty. */

static inline struct kps_sv kps_api_version_group(struct kps_sv api_version)
{
    size_t slash = kps_sv_find(api_version, '/');
    return kps_sv_slice(api_version, 0, slash < api_version.n ? slash : 0);
}

static inline struct kps_sv kps_api_version_version(struct kps_sv api_version)
{
    size_t slash = kps_sv_find(api_version, '/');
    return slash < api_version.n ? kps_sv_from(api_version, slash + 1) : api_version;
}

#endif
