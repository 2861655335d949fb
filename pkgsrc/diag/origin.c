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
    struct kps_sv rest = kps_sv_from(origin->what, at);
    return kps_fmt(arena, "%.*s%u%.*s", (int)at, origin->what.p, origin->index - 1, SV_ARG(rest));
}

void kps_origins_free(struct kps_origins *origins)
{
    kps_vec_free(&origins->list);
    kps_vec_free(&origins->shared);
}

/* Return: `shared` of an entry. The same fields are looked for among the last ones alone. */
static uint32_t share_fields(struct kps_origins *origins, struct kps_origin_shared fields)
{
    enum { LOOKS_BACK = 2 };
    uint32_t n = origins->shared.n;
    if (fields.step == KPS_STEP_HERE && fields.what.n == 0 && fields.up == 0) {
        return 0;
    }
    for (uint32_t i = n; i > 0 && i + LOOKS_BACK > n; i--) {
        const struct kps_origin_shared *known = &origins->shared.v[i - 1];
        if (known->what.p == fields.what.p && known->what.n == fields.what.n &&
            known->up == fields.up && known->step == fields.step) {
            return i;
        }
    }
    kps_vec_append(&origins->shared, fields);
    return n + 1;
}

kps_origin_id kps_origins_add(struct kps_origins *origins, const struct kps_origin *origin)
{
    uint32_t shared =
        share_fields(origins, (struct kps_origin_shared){origin->what, origin->up, origin->step});
    kps_vec_append(&origins->list, (struct kps_origin_entry){origin->span, origin->index, shared});
    return origins->list.n;
}

kps_origin_id kps_origins_here(struct kps_origins *origins, struct kps_span span,
                               struct kps_sv what)
{
    return kps_origins_add(origins,
                           &(struct kps_origin){.step = KPS_STEP_HERE, .span = span, .what = what});
}

static const struct kps_origin_entry *get_entry(const struct kps_origins *origins, kps_origin_id id)
{
    KPS_ASSERT(id > 0 && id <= origins->list.n);
    return &origins->list.v[id - 1];
}

static const struct kps_origin_shared *get_shared(const struct kps_origins *origins,
                                                  kps_origin_id id)
{
    static const struct kps_origin_shared none = {.step = KPS_STEP_HERE};
    uint32_t shared = get_entry(origins, id)->shared;
    return shared ? &origins->shared.v[shared - 1] : &none;
}

struct kps_span kps_origins_span(const struct kps_origins *origins, kps_origin_id id)
{
    return get_entry(origins, id)->span;
}

enum kps_step kps_origins_step(const struct kps_origins *origins, kps_origin_id id)
{
    return get_shared(origins, id)->step;
}

kps_origin_id kps_origins_up(const struct kps_origins *origins, kps_origin_id id)
{
    return get_shared(origins, id)->up;
}

struct kps_origin kps_origins_get(const struct kps_origins *origins, kps_origin_id id)
{
    const struct kps_origin_entry *entry = get_entry(origins, id);
    const struct kps_origin_shared *shared = get_shared(origins, id);
    return (struct kps_origin){.step = shared->step,
                               .span = entry->span,
                               .what = shared->what,
                               .up = shared->up,
                               .index = entry->index};
}

void kps_origins_complete(struct kps_origins *origins, kps_origin_id id, struct kps_sv what,
                          kps_origin_id up)
{
    struct kps_origin_shared fields = *get_shared(origins, id);
    fields.what = what.n ? what : fields.what;
    fields.up = up ? up : fields.up;
    origins->list.v[id - 1].shared = share_fields(origins, fields);
}
