#include "kube/tolerations.h"

#include "base/compiler.h"

#define AUTOMATIC(taint, when)                                                                     \
    {                                                                                              \
        SV_LIT("node.kubernetes.io/" taint), {NULL, 0}, SV_LIT(when), true                         \
    }

struct kps_tolerations kps_tolerations_of_daemonset(bool host_network)
{
    static const struct kps_toleration automatic[] = {
        AUTOMATIC("not-ready", "NoExecute"),
        AUTOMATIC("unreachable", "NoExecute"),
        AUTOMATIC("disk-pressure", "NoSchedule"),
        AUTOMATIC("memory-pressure", "NoSchedule"),
        AUTOMATIC("pid-pressure", "NoSchedule"),
        AUTOMATIC("unschedulable", "NoSchedule"),
        AUTOMATIC("network-unavailable", "NoSchedule"),
    };
    return (struct kps_tolerations){automatic,
                                    (uint32_t)KPS_COUNT(automatic) - (host_network ? 0 : 1)};
}

/* Return true when every taint that `b` tolerates is tolerated by `a`. */
static bool covers_toleration(const struct kps_toleration *a, const struct kps_toleration *b)
{
    if (a->effect.n && !kps_sv_eq(a->effect, b->effect)) {
        return false;
    }
    if (a->exists && a->key.n == 0) {
        return true;
    }
    if (!kps_sv_eq(a->key, b->key)) {
        return false;
    }
    return a->exists || (!b->exists && kps_sv_eq(a->value, b->value));
}

static bool any_covers(struct kps_tolerations list, const struct kps_toleration *b)
{
    for (uint32_t i = 0; i < list.n; i++) {
        if (covers_toleration(&list.v[i], b)) {
            return true;
        }
    }
    return false;
}

bool kps_tolerations_cover(struct kps_tolerations wide, struct kps_tolerations wide_too,
                           struct kps_tolerations narrow)
{
    for (uint32_t i = 0; i < narrow.n; i++) {
        const struct kps_toleration *one = &narrow.v[i];
        if (!kps_sv_is(one->effect, "PreferNoSchedule") && !any_covers(wide, one) &&
            !any_covers(wide_too, one)) {
            return false;
        }
    }
    return true;
}

bool kps_tolerations_accept(struct kps_tolerations tolerations, const struct kps_taint *taint)
{
    const struct kps_toleration as_one = {taint->key, taint->value, taint->effect, false};
    return kps_sv_is(taint->effect, "PreferNoSchedule") || any_covers(tolerations, &as_one);
}

bool kps_tolerations_allow(struct kps_tolerations tolerations, struct kps_sv key)
{
    for (uint32_t i = 0; i < tolerations.n; i++) {
        const struct kps_toleration *one = &tolerations.v[i];
        bool effect = one->effect.n == 0 || kps_sv_is(one->effect, "NoSchedule");
        if (effect && ((one->exists && one->key.n == 0) ||
                       (kps_sv_eq(one->key, key) && (one->exists || one->value.n == 0)))) {
            return true;
        }
    }
    return false;
}
