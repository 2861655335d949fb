#ifndef KPS_KUBE_API_VERSION_H
#define KPS_KUBE_API_VERSION_H

#include "base/sv.h"

/* The two parts of an apiVersion: "apps/v1" is v1 of the group apps, "v1" is v1 of the core group,
 * whose name is empty. */

struct kps_sv kps_api_version_group(struct kps_sv api_version);
struct kps_sv kps_api_version_version(struct kps_sv api_version);

#endif
