#include "kube/patch_merge.h"

#include "kube/scalar.h"
#include "kube/tree.h"

enum { MOST_KEYS = 2 };

/* The keys by which items of a list are told apart; none: the list is replaced. */
struct list_keys {
    struct kps_sv list;
    enum kps_patch_schema schema;
    struct kps_sv keys[MOST_KEYS];
};

static const struct list_keys keyed_lists[] = {
    {SV_LIT("containers"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("initContainers"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("ephemeralContainers"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("ports"), KPS_PATCH_WORKLOAD, {SV_LIT("containerPort"), SV_LIT("protocol")}},
    {SV_LIT("ports"), KPS_PATCH_SERVICE, {SV_LIT("port"), SV_LIT("protocol")}},
    {SV_LIT("env"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("volumes"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("volumeMounts"), KPS_PATCH_WORKLOAD, {SV_LIT("mountPath")}},
    {SV_LIT("volumeDevices"), KPS_PATCH_WORKLOAD, {SV_LIT("devicePath")}},
    {SV_LIT("imagePullSecrets"), KPS_PATCH_WORKLOAD, {SV_LIT("name")}},
    {SV_LIT("hostAliases"), KPS_PATCH_WORKLOAD, {SV_LIT("ip")}},
    {SV_LIT("topologySpreadConstraints"),
     KPS_PATCH_WORKLOAD,
     {SV_LIT("topologyKey"), SV_LIT("whenUnsatisfiable")}},
};

struct merging {
    struct kps_arena *arena;
    enum kps_patch_schema schema;
    int64_t *budget;
};

/* Take the cost of a meeting of two collections from the budget. */
static bool pay_for(const struct merging *m, const struct kps_ynode *base,
                    const struct kps_ynode *patch)
{
    int64_t cost = 0;
    if (__builtin_mul_overflow((int64_t)base->n + 1, (int64_t)patch->n + 1, &cost)) {
        cost = INT64_MAX / 2;
    }
    *m->budget = *m->budget > 0 ? *m->budget - cost : *m->budget;
    return *m->budget >= 0;
}

/* The same for one copy of a collection. */
static bool pay_edges(const struct merging *m, const struct kps_ynode *node)
{
    *m->budget = *m->budget > 0 ? *m->budget - (int64_t)node->n : *m->budget;
    return *m->budget >= 0;
}

static const struct kps_ynode *merge_any(const struct merging *m, struct kps_sv field,
                                         const struct kps_ynode *base,
                                         const struct kps_ynode *patch);

enum kps_patch_schema kps_patch_schema_of(struct kps_sv api_version, struct kps_sv kind)
{
    static const struct {
        struct kps_sv version, kind;
    } workloads[] = {
        {SV_LIT("v1"), SV_LIT("Pod")},
        {SV_LIT("v1"), SV_LIT("PodTemplate")},
        {SV_LIT("v1"), SV_LIT("ReplicationController")},
        {SV_LIT("apps/v1"), SV_LIT("Deployment")},
        {SV_LIT("apps/v1"), SV_LIT("ReplicaSet")},
        {SV_LIT("apps/v1"), SV_LIT("StatefulSet")},
        {SV_LIT("apps/v1"), SV_LIT("DaemonSet")},
        {SV_LIT("batch/v1"), SV_LIT("Job")},
        {SV_LIT("batch/v1"), SV_LIT("CronJob")},
        {SV_LIT("batch/v1beta1"), SV_LIT("CronJob")},
    };
    for (size_t i = 0; i < KPS_COUNT(workloads); i++) {
        if (kps_sv_eq(workloads[i].version, api_version) && kps_sv_eq(workloads[i].kind, kind)) {
            return KPS_PATCH_WORKLOAD;
        }
    }
    bool is_service = kps_sv_eq(api_version, SV("v1")) && kps_sv_eq(kind, SV("Service"));
    return is_service ? KPS_PATCH_SERVICE : KPS_PATCH_NO_SCHEMA;
}

static const struct list_keys *find_keys(const struct merging *m, struct kps_sv field)
{
    for (size_t i = 0; i < KPS_COUNT(keyed_lists); i++) {
        if (keyed_lists[i].schema == m->schema && kps_sv_eq(keyed_lists[i].list, field)) {
            return &keyed_lists[i];
        }
    }
    return NULL;
}

static struct kps_sv get_directive(const struct kps_ynode *node)
{
    return kps_tree_get_text(node, "$patch");
}

/* An item that is nothing but "$patch: replace" or "$patch: delete" speaks of all of its list. */
static bool is_directive(const struct kps_ynode *item)
{
    item = kps_ynode_resolve(item);
    return item->kind == KPS_Y_MAP && item->n == 1 && get_directive(item).n;
}

/* A value of the patch that meets nothing in the base: without nulls and directives. */
static const struct kps_ynode *clean_patch(const struct merging *m, const struct kps_ynode *patch)
{
    patch = kps_ynode_resolve(patch);
    if (patch->kind == KPS_Y_SCALAR) {
        return kps_tree_is_null(patch) ? NULL : patch;
    }
    bool is_map = patch->kind == KPS_Y_MAP;
    if (is_map && kps_sv_eq(get_directive(patch), SV("delete"))) {
        return NULL;
    }
    if (!pay_for(m, patch, patch)) {
        return patch;
    }
    const struct kps_ynode *made = kps_tree_empty(m->arena, patch->kind, patch->span);
    const struct kps_ynode **values = KPS_NEW_N(m->arena, const struct kps_ynode *, patch->n + 1U);
    uint32_t n = 0;
    for (uint32_t i = 0; i < patch->n; i++) {
        const struct kps_ynode *value = clean_patch(m, patch->edges[i].val);
        struct kps_sv key = is_map ? kps_ynode_text(patch->edges[i].key) : (struct kps_sv){"", 0};
        if (value && is_map && !kps_sv_starts(key, SV("$"))) {
            made = kps_tree_set(m->arena, made, key, value);
        } else if (value && !is_map && !is_directive(patch->edges[i].val)) {
            values[n++] = value;
        }
    }
    return is_map ? made : kps_tree_list(m->arena, patch, values, n);
}

static const struct kps_ynode *merge_maps(const struct merging *m, const struct kps_ynode *base,
                                          const struct kps_ynode *patch)
{
    const struct kps_ynode *made = base;
    for (uint32_t i = 0; i < patch->n && pay_edges(m, base); i++) {
        struct kps_sv key = kps_ynode_text(patch->edges[i].key);
        if (kps_sv_starts(key, SV("$"))) {
            continue;
        }
        const struct kps_ynode *value =
            merge_any(m, key, kps_ynode_get(base, key), patch->edges[i].val);
        made =
            value ? kps_tree_set(m->arena, made, key, value) : kps_tree_remove(m->arena, made, key);
    }
    return made;
}

/* The keys of this list that some item of either side has; a list whose items lack the second key
 * is told apart by the first one. */
static uint32_t usable_keys(const struct list_keys *keys, const struct kps_ynode *base,
                            const struct kps_ynode *patch, struct kps_sv *ret)
{
    const struct kps_ynode *sides[] = {base, patch};
    uint32_t n = 0;
    for (uint32_t k = 0; k < MOST_KEYS && keys->keys[k].n; k++) {
        bool has = false;
        for (size_t side = 0; side < KPS_COUNT(sides); side++) {
            for (uint32_t i = 0; i < sides[side]->n && !has; i++) {
                has = kps_ynode_get(sides[side]->edges[i].val, keys->keys[k]) != NULL;
            }
        }
        if (has) {
            ret[n++] = keys->keys[k];
        }
    }
    return n;
}

static bool is_same_item(const struct kps_ynode *a, const struct kps_ynode *b,
                         const struct kps_sv *keys, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        const struct kps_ynode *left = kps_ynode_get(a, keys[k]);
        const struct kps_ynode *right = kps_ynode_get(b, keys[k]);
        struct kps_sv left_text = left ? kps_ynode_text(left) : (struct kps_sv){"", 0};
        struct kps_sv right_text = right ? kps_ynode_text(right) : (struct kps_sv){"", 0};
        if (!kps_sv_eq(left_text, right_text)) {
            return false;
        }
    }
    return true;
}

/* The directive of a list; empty: there is none. */
static struct kps_sv list_directive(const struct kps_ynode *patch)
{
    for (uint32_t i = 0; i < patch->n; i++) {
        if (is_directive(patch->edges[i].val)) {
            return get_directive(kps_ynode_resolve(patch->edges[i].val));
        }
    }
    return (struct kps_sv){"", 0};
}

static const struct kps_ynode *merge_lists(const struct merging *m, const struct list_keys *list,
                                           const struct kps_ynode *base,
                                           const struct kps_ynode *patch)
{
    struct kps_sv keys[MOST_KEYS];
    uint32_t n_keys = usable_keys(list, base, patch, keys);
    const struct kps_ynode **values =
        KPS_NEW_N(m->arena, const struct kps_ynode *, (size_t)base->n + patch->n + 1);
    bool *used = KPS_NEW_N(m->arena, bool, (size_t)base->n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < patch->n; i++) {
        const struct kps_ynode *item = kps_ynode_resolve(patch->edges[i].val);
        const struct kps_ynode *met = NULL;
        for (uint32_t k = 0; k < base->n; k++) {
            const struct kps_ynode *other = kps_ynode_resolve(base->edges[k].val);
            if (n_keys && !used[k] && is_same_item(item, other, keys, n_keys)) {
                used[k] = true;
                met = other;
                break;
            }
        }
        const struct kps_ynode *value =
            met ? merge_any(m, (struct kps_sv){"", 0}, met, item) : clean_patch(m, item);
        if (value) {
            values[n++] = value;
        }
    }
    for (uint32_t k = 0; k < base->n; k++) {
        if (!used[k]) {
            values[n++] = kps_ynode_resolve(base->edges[k].val);
        }
    }
    return kps_tree_list(m->arena, base, values, n);
}

/* The merged value; NULL: it is gone. `field` is the key that leads to both. */
static const struct kps_ynode *merge_any(const struct merging *m, struct kps_sv field,
                                         const struct kps_ynode *base,
                                         const struct kps_ynode *patch)
{
    patch = kps_ynode_resolve(patch);
    base = base ? kps_ynode_resolve(base) : NULL;
    bool is_list = patch->kind == KPS_Y_SEQ;
    struct kps_sv directive =
        is_list ? list_directive(patch) : get_directive(patch->kind == KPS_Y_MAP ? patch : NULL);
    if (kps_sv_eq(directive, SV("delete"))) {
        return NULL;
    }
    if (!base || base->kind != patch->kind || kps_sv_eq(directive, SV("replace"))) {
        return clean_patch(m, patch);
    }
    if (!pay_for(m, base, patch)) {
        return base;
    }
    if (patch->kind == KPS_Y_MAP) {
        return merge_maps(m, base, patch);
    }
    const struct list_keys *keys = is_list ? find_keys(m, field) : NULL;
    return keys ? merge_lists(m, keys, base, patch) : clean_patch(m, patch);
}

const struct kps_ynode *kps_patch_merge(struct kps_arena *arena, enum kps_patch_schema schema,
                                        const struct kps_ynode *base, const struct kps_ynode *patch,
                                        int64_t *budget)
{
    const struct merging m = {arena, schema, budget};
    return merge_any(&m, (struct kps_sv){"", 0}, base, patch);
}
