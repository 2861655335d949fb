#include "diag/origin.h"

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

struct kps_sv kps_origin_what(struct kps_arena *arena, const struct kps_origin *origin)
{
    size_t at = kps_sv_rfind(origin->what, '[') + 1;
    if (origin->index == 0 || at > origin->what.n) {
        return origin->what;
    }
    return kps_fmt(arena, "%.*s%u%.*s", (int)at, origin->what.p, origin->index - 1,
                   SV_ARG(kps_sv_from(origin->what, at)));
}

void kps_origins_free(struct kps_origins *origins)
{
    kps_vec_free(&origins->list);
}

kps_origin_id kps_origins_add(struct kps_origins *origins, const struct kps_origin *origin)
{
    kps_vec_append(&origins->list, *origin);
    return origins->list.n;
}

kps_origin_id kps_origins_here(struct kps_origins *origins, struct kps_span span,
                               struct kps_sv what)
{
    return kps_origins_add(origins,
                           &(struct kps_origin){.step = KPS_STEP_HERE, .span = span, .what = what});
}

const struct kps_origin *kps_origins_get(const struct kps_origins *origins, kps_origin_id id)
{
    KPS_ASSERT(id > 0 && id <= origins->list.n);
    return &origins->list.v[id - 1];
}
