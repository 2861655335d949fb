#include "kube/api_version.h"

struct kps_sv kps_api_version_group(struct kps_sv api_version)
{
    size_t slash = kps_sv_find(api_version, '/');
    return kps_sv_head(api_version, slash < api_version.n ? slash : 0);
}

struct kps_sv kps_api_version_version(struct kps_sv api_version)
{
    size_t slash = kps_sv_find(api_version, '/');
    return slash < api_version.n ? kps_sv_from(api_version, slash + 1) : api_version;
}
