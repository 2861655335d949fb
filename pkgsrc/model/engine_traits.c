#include "model/engine_traits.h"

enum { ONE_ALLOCATOR = 28 }; /* the first version that compares addresses, and tries again */

struct kps_engine_traits kps_engine_traits_parse(struct kps_sv version)
{
    size_t dot = kps_sv_find(version, '.');
    int64_t major = dot < version.n ? kps_sv_number(kps_sv_head(version, dot), 999) : 0;
    return (struct kps_engine_traits){.major = major > 0 ? (uint16_t)major : 0};
}

bool kps_engine_traits_is_from(const struct kps_engine_traits *traits, uint16_t major)
{
    return traits->major == 0 || traits->major >= major;
}

bool kps_engine_traits_retries(const struct kps_engine_traits *traits)
{
    return kps_engine_traits_is_from(traits, ONE_ALLOCATOR);
}

bool kps_engine_traits_share_udp(const struct kps_engine_traits *traits)
{
    return traits->major == ONE_ALLOCATOR;
}
