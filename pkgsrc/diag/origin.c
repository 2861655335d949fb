#include "diag/origin.h"

#include "base/arena.h"

const char *kps_step_name(enum kps_step step)
{
    static const char *const names[] = {
        [KPS_STEP_HERE] = "here",           [KPS_STEP_ALIAS] = "alias",
        [KPS_STEP_MERGE_KEY] = "merge-key", [KPS_STEP_OVERRIDE] = "override",
        [KPS_STEP_EXTENDS] = "extends",     [KPS_STEP_INCLUDE] = "include",
        [KPS_STEP_TEMPLATE] = "template",   [KPS_STEP_VARIABLE] = "variable",
        [KPS_STEP_ENGINE] = "engine",       [KPS_STEP_KERNEL] = "kernel",
    };
    return names[step];
}

void kps_origins_free(struct kps_origins *origins)
{
    kps_vec_free(&origins->list);
}

kps_origin_id kps_origins_add(struct kps_origins *origins, struct kps_origin origin)
{
    *kps_vec_push(&origins->list) = origin;
    return origins->list.n;
}

const struct kps_origin *kps_origins_get(const struct kps_origins *origins, kps_origin_id id)
{
    KPS_ASSERT(id > 0 && id <= origins->list.n);
    return &origins->list.v[id - 1];
}
