#include "kube/patch_merge.h"

#include "kube/scalar.h"
#include "kube/tree.h"

enum { MOST_KEYS = 2 };

/* The keys by which items of a list are told apart; none: the list is replaced. */
struct list_keys {
    const char *lists; /* their names */
    enum kps_patch_schema schema;
    const char *keys[MOST_KEYS];
};

static const struct list_keys keyed_lists[] = {
    {"containers initContainers ephemeralContainers env volumes imagePullSecrets",
     KPS_PATCH_WORKLOAD,
     {"name"}},
    {"ports", KPS_PATCH_WORKLOAD, {"containerPort", "protocol"}},
    {"ports", KPS_PATCH_SERVICE, {"port", "protocol"}},
    {"volumeMounts", KPS_PATCH_WORKLOAD, {"mountPath"}},
    {"volumeDevices", KPS_PATCH_WORKLOAD, {"devicePath"}},
    {"hostAliases", KPS_PATCH_WORKLOAD, {"ip"}},
    {"topologySpreadConstraints", KPS_PATCH_WORKLOAD, {"topologyKey", "whenUnsatisfiable"}},
};

struct merging {
    struct kps_arena *arena;
    enum kps_patch_schema schema;
    int64_t *budget;
    const char **why; /* NULL in it: no mistake yet */
};

/* Take the cost of a meeting of two collections from the budget. */
static bool pay_for(const struct merging *m, const struct kps_ynode *base,
                    const struct kps_ynode *patch)
{
    int64_t cost = 1; /* of a text, whose length is no number of edges */
    bool has_edges = base->kind != KPS_Y_SCALAR && patch->kind != KPS_Y_SCALAR;
    if (has_edges && __builtin_mul_overflow((int64_t)base->n + 1, (int64_t)patch->n + 1, &cost)) {
        cost = INT64_MAX / 2;
    }
    *m->budget -= *m->budget < 0 ? 0 : cost;
    return *m->budget >= 0;
}

/* The same for one copy of a collection. */
static bool pay_edges(const struct merging *m, const struct kps_ynode *node)
{
    *m->budget -= *m->budget < 0 ? 0 : (int64_t)node->n;
    return *m->budget >= 0;
}

static const struct kps_ynode *merge_any(const struct merging *m, struct kps_sv field,
                                         const struct kps_ynode *base,
                                         const struct kps_ynode *patch);

static const struct kps_ynode *merge_with_nothing(const struct merging *m, struct kps_sv field,
                                                  const struct kps_ynode *base);

enum kps_patch_schema kps_patch_schema_of(struct kps_sv api_version, struct kps_sv kind)
{
    static const struct {
        const char *version, *kinds;
    } workloads[] = {
        {"v1", "Pod PodTemplate ReplicationController"},
        {"apps/v1", "Deployment ReplicaSet StatefulSet DaemonSet"},
        {"batch/v1", "Job CronJob"},
        {"batch/v1beta1", "CronJob"},
    };
    for (size_t i = 0; i < KPS_COUNT(workloads); i++) {
        if (kps_sv_is(api_version, workloads[i].version) &&
            kps_sv_is_one_of(kind, workloads[i].kinds)) {
            return KPS_PATCH_WORKLOAD;
        }
    }
    bool is_service = kps_sv_is(api_version, "v1") && kps_sv_is(kind, "Service");
    return is_service ? KPS_PATCH_SERVICE : KPS_PATCH_NO_SCHEMA;
}

static const struct list_keys *find_keys(const struct merging *m, struct kps_sv field)
{
    for (size_t i = 0; i < KPS_COUNT(keyed_lists); i++) {
        if (keyed_lists[i].schema == m->schema && kps_sv_is_one_of(field, keyed_lists[i].lists)) {
            return &keyed_lists[i];
        }
    }
    return NULL;
}

static struct kps_sv get_directive(const struct kps_ynode *node)
{
    return kps_tree_get_text(node, "$patch");
}

static bool is_replacing(const struct kps_ynode *node)
{
    return kps_sv_is(get_directive(node), "replace");
}

/* An item that is nothing but "$patch: replace" or "$patch: delete" speaks of all of its list. */
static bool is_directive(const struct kps_ynode *item)
{
    item = kps_ynode_resolve(item);
    return item->kind == KPS_Y_MAP && item->n == 1 && get_directive(item).n;
}

/* Return a value of the patch without a base: without nulls and directives. */
static const struct kps_ynode *clean_patch(const struct merging *m, const struct kps_ynode *patch)
{
    patch = kps_ynode_resolve(patch);
    if (patch->kind == KPS_Y_SCALAR) {
        return kps_tree_is_null(patch) ? NULL : patch;
    }
    bool is_map = patch->kind == KPS_Y_MAP;
    if (is_map && kps_sv_is(get_directive(patch), "delete")) {
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
        if (value && is_map && !kps_sv_has_head(key, "$")) {
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
        if (kps_sv_has_head(key, "$")) {
            continue;
        }
        const struct kps_ynode *value =
            merge_any(m, key, kps_ynode_get(base, key), patch->edges[i].val);
        made =
            value ? kps_tree_set(m->arena, made, key, value) : kps_tree_remove(m->arena, made, key);
    }
    for (uint32_t i = 0; i < base->n && pay_edges(m, patch); i++) {
        struct kps_sv key = kps_ynode_text(base->edges[i].key);
        const struct kps_ynode *value = base->edges[i].val;
        const struct kps_ynode *merged =
            kps_ynode_get(patch, key) ? value : merge_with_nothing(m, key, value);
        made = merged == value ? made : kps_tree_set(m->arena, made, key, merged);
    }
    return made;
}

/* The values by which an item is told apart, in the order of the keys; empty: the item has none. */
struct identity {
    struct kps_sv values[MOST_KEYS];
};

/* Keys that tell items apart and the values asked for; `n_values` is at most `n_keys`. */
struct key_values {
    struct kps_sv keys[MOST_KEYS], values[MOST_KEYS];
    uint32_t n_keys, n_values;
};

/* Items of a list while it is made; the caller sees to the room. */
struct item_list {
    const struct kps_ynode **v;
    uint32_t n;
};

static struct kps_sv get_value(const struct kps_ynode *item, struct kps_sv key)
{
    const struct kps_ynode *value = kps_ynode_get(item, key);
    return value && !kps_tree_is_null(value) ? kps_ynode_text(value) : (struct kps_sv){"", 0};
}

/* Return true when the item has each value; an empty value stands for any value of its key. */
static bool has_values(const struct kps_ynode *item, const struct key_values *asked)
{
    for (uint32_t k = 0; k < asked->n_values; k++) {
        if (!kps_ynode_get(item, asked->keys[k]) ||
            (asked->values[k].n && !kps_sv_eq(get_value(item, asked->keys[k]), asked->values[k]))) {
            return false;
        }
    }
    return asked->n_values > 0;
}

/* Put `element` in the place of each item that has the values, else at the end; a NULL element
 * removes the items. */
static void set_items(struct item_list *list, const struct kps_ynode *element,
                      const struct key_values *asked)
{
    bool found = false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        bool is_meant = has_values(list->v[i], asked);
        found |= is_meant;
        if (!is_meant || element) {
            list->v[n++] = is_meant ? element : list->v[i];
        }
    }
    list->n = n;
    if (element && !found) {
        list->v[list->n++] = element;
    }
}

static bool is_same_identity(const struct identity *a, const struct identity *b)
{
    bool is_same = true;
    for (uint32_t k = 0; k < MOST_KEYS; k++) {
        is_same = is_same && kps_sv_eq(a->values[k], b->values[k]);
    }
    return is_same;
}

/* Add the identities of the items that `ret` does not have yet. */
static uint32_t add_identities(const struct list_keys *list, const struct kps_ynode *items,
                               struct identity *ret, uint32_t n)
{
    for (uint32_t i = 0; i < items->n; i++) {
        struct identity id = {{{"", 0}, {"", 0}}};
        for (uint32_t k = 0; k < MOST_KEYS && list->keys[k]; k++) {
            id.values[k] = get_value(items->edges[i].val, kps_sv_of(list->keys[k]));
        }
        bool is_known = is_directive(items->edges[i].val);
        for (uint32_t e = 0; e < n && !is_known; e++) {
            is_known = is_same_identity(&ret[e], &id);
        }
        if (!is_known) {
            ret[n++] = id;
        }
    }
    return n;
}

/* Return true when two identities share a value and differ only where one has none; `ret` has the
 * values of both then. */
static bool join_identities(const struct identity *a, const struct identity *b,
                            struct identity *ret)
{
    bool has_common = false;
    for (uint32_t k = 0; k < MOST_KEYS; k++) {
        bool is_equal = kps_sv_eq(a->values[k], b->values[k]);
        if (!is_equal && a->values[k].n && b->values[k].n) {
            return false;
        }
        has_common |= is_equal;
        ret->values[k] = a->values[k].n ? a->values[k] : b->values[k];
    }
    return has_common;
}

/* A port without a protocol goes by the identity of the same port with one, in either list, and so
 * kustomize finds its item in neither. */
static void unify_identities(struct identity *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct identity first = ids[i];
        struct identity both;
        for (uint32_t k = 0; k < n; k++) {
            if (join_identities(&first, &ids[k], &both)) {
                ids[i] = both;
                ids[k] = both;
            }
        }
    }
}

/* The keys of the list that some identity has a value for, with the values of one; the identity's
 * own keys only when `n_ids` is 1. */
static struct key_values pick_keys(const struct list_keys *list, const struct identity *ids,
                                   uint32_t n_ids, const struct identity *id)
{
    struct key_values ret = {.n_keys = 0};
    for (uint32_t k = 0; k < MOST_KEYS; k++) {
        bool has = false;
        for (uint32_t i = 0; i < n_ids && !has; i++) {
            has = ids[i].values[k].n > 0;
        }
        if (has) {
            ret.keys[ret.n_keys] = kps_sv_of(list->keys[k]);
            ret.values[ret.n_keys++] = id->values[k];
        }
    }
    ret.n_values = ret.n_keys;
    return ret;
}

/* The first item that has the values, or the number of items. */
static uint32_t find_item(const struct item_list *list, const struct key_values *asked)
{
    uint32_t i = 0;
    while (i < list->n && !has_values(list->v[i], asked)) {
        i++;
    }
    return i;
}

/* Take an item of the base into the new list: an item with the same values leaves, and one that
 * lacks a value (of the protocol) drives out each item with the others. */
static void append_item(struct item_list *made, const struct kps_ynode *item,
                        const struct key_values *keys)
{
    struct key_values own = {.n_keys = keys->n_keys};
    for (uint32_t k = 0; k < keys->n_keys; k++) {
        own.keys[k] = keys->keys[k];
        const struct kps_ynode *value = kps_ynode_get(item, keys->keys[k]);
        if (value) {
            own.values[own.n_values++] = kps_ynode_text(value);
        }
    }
    if (own.n_keys > 1) {
        set_items(made, NULL, &own);
    }
    set_items(made, item, &own);
}

static struct item_list copy_items(const struct merging *m, const struct kps_ynode *list)
{
    struct item_list ret = {KPS_NEW_N(m->arena, const struct kps_ynode *, (size_t)list->n + 1), 0};
    for (uint32_t i = 0; i < list->n; i++) {
        ret.v[ret.n++] = kps_ynode_item(list, i);
    }
    return ret;
}

/* The directive of a list; empty: there is none. */
static struct kps_sv list_directive(const struct kps_ynode *patch)
{
    for (uint32_t i = 0; i < patch->n; i++) {
        if (is_directive(patch->edges[i].val)) {
            return get_directive(kps_ynode_item(patch, i));
        }
    }
    return (struct kps_sv){"", 0};
}

/* Merge two lists as kustomize 5.5 does (kyaml, walk/associative_sequence.go): item by item of the
 * patch and then of the base, and at last each item of the base replaces what has its values. */
static const struct kps_ynode *merge_lists(const struct merging *m, const struct list_keys *list,
                                           const struct kps_ynode *base,
                                           const struct kps_ynode *patch)
{
    size_t room = (size_t)base->n + patch->n + 1;
    struct item_list left = copy_items(m, base);
    struct item_list right = copy_items(m, patch);
    struct item_list made = {KPS_NEW_N(m->arena, const struct kps_ynode *, room + base->n), 0};
    struct identity *ids = KPS_NEW_N(m->arena, struct identity, room);
    uint32_t n = add_identities(list, patch, ids, 0);
    n = add_identities(list, base, ids, n);
    if (list->keys[1]) {
        unify_identities(ids, n);
    }
    struct key_values keys = {.n_keys = 0};
    for (uint32_t i = 0; i < n; i++) {
        struct key_values own = pick_keys(list, &ids[i], 1, &ids[i]);
        keys = pick_keys(list, ids, n, &ids[i]);
        uint32_t at = find_item(&left, &own);
        uint32_t with = find_item(&right, &own);
        const struct kps_ynode *value = at < left.n ? left.v[at] : NULL;
        if (value && with < right.n) {
            value = merge_any(m, (struct kps_sv){"", 0}, value, right.v[with]);
        } else if (with < right.n) {
            value = clean_patch(m, right.v[with]);
        } else if (value) {
            value = merge_with_nothing(m, (struct kps_sv){"", 0}, value);
        }
        /* an item that the patch replaces is another node, which the base's own overrules below */
        bool is_replaced = with < right.n && is_replacing(right.v[with]);
        if (value && at < left.n && !is_replaced) {
            left.v[at] = value;
        }
        set_items(value ? &made : &left, value, &keys);
    }
    for (uint32_t i = 0; i < left.n; i++) {
        append_item(&made, left.v[i], &keys);
    }
    return kps_tree_list(m->arena, base, made.v, made.n);
}

/* Return whether two items have the same value of the list's first key. */
static bool has_twins(const struct list_keys *list, const struct kps_ynode *items)
{
    struct kps_sv key = kps_sv_of(list->keys[0]);
    bool found = false;
    for (uint32_t i = 0; i < items->n; i++) {
        for (uint32_t k = 0; k < i && !found; k++) {
            found = kps_sv_eq(get_value(kps_ynode_item(items, i), key),
                              get_value(kps_ynode_item(items, k), key));
        }
    }
    return found;
}

/*
 * Return a value that the patch does not name. kustomize goes through it all the same, and its
 * lists lose items there: of "containerPort: 53, protocol: UDP" and "containerPort: 53" the first.
 */
static const struct kps_ynode *merge_with_nothing(const struct merging *m, struct kps_sv field,
                                                  const struct kps_ynode *base)
{
    static const struct kps_ynode no_map = {.kind = KPS_Y_MAP};
    static const struct kps_ynode no_list = {.kind = KPS_Y_SEQ};
    const struct kps_ynode *node = kps_ynode_resolve(base);
    if (m->schema == KPS_PATCH_NO_SCHEMA) {
        return base; /* no list of the object has keys */
    }
    if (node->kind == KPS_Y_MAP && pay_edges(m, node)) {
        const struct kps_ynode *made = merge_maps(m, node, &no_map);
        return made == node ? base : made;
    }
    const struct list_keys *list = node->kind == KPS_Y_SEQ ? find_keys(m, field) : NULL;
    if (!list || !(list->keys[1] ? pay_for(m, node, node) : pay_edges(m, node))) {
        return base;
    }
    bool is_changed = list->keys[1] && has_twins(list, node);
    for (uint32_t i = 0; i < node->n && !is_changed && !list->keys[1]; i++) {
        const struct kps_ynode *item = node->edges[i].val;
        is_changed = merge_with_nothing(m, (struct kps_sv){"", 0}, item) != item;
    }
    return is_changed ? merge_lists(m, list, node, &no_list) : base;
}

/* Return the merged value; NULL: deleted. `field` is the key of both values. */
static const struct kps_ynode *merge_any(const struct merging *m, struct kps_sv field,
                                         const struct kps_ynode *base,
                                         const struct kps_ynode *patch)
{
    patch = kps_ynode_resolve(patch);
    base = base ? kps_ynode_resolve(base) : NULL;
    bool is_list = patch->kind == KPS_Y_SEQ;
    const struct kps_ynode *map = patch->kind == KPS_Y_MAP ? patch : NULL;
    struct kps_sv directive = is_list ? list_directive(patch) : get_directive(map);
    if (kps_sv_is(directive, "delete")) {
        return NULL;
    }
    bool is_known = directive.n == 0 || kps_sv_is_one_of(directive, "replace merge");
    bool is_misfit =
        base && base->kind != patch->kind && !kps_tree_is_null(base) && !kps_tree_is_null(patch);
    if (!is_known || is_misfit) {
        *m->why = is_known ? "a list, a mapping and a single value do not merge"
                           : "no patch strategy has this name";
        return base;
    }
    if (!base || base->kind != patch->kind || kps_sv_is(directive, "replace")) {
        return clean_patch(m, patch);
    }
    const struct list_keys *keys = is_list ? find_keys(m, field) : NULL;
    if (!pay_for(m, base, patch) ||
        (keys && (!pay_for(m, base, base) || !pay_for(m, patch, patch)))) {
        return base;
    }
    if (patch->kind == KPS_Y_MAP) {
        return merge_maps(m, base, patch);
    }
    return keys ? merge_lists(m, keys, base, patch) : clean_patch(m, patch);
}

const struct kps_ynode *kps_patch_merge(struct kps_arena *arena, enum kps_patch_schema schema,
                                        const struct kps_ynode *base, const struct kps_ynode *patch,
                                        int64_t *budget, const char **ret_why)
{
    const struct merging m = {arena, schema, budget, ret_why};
    *ret_why = NULL;
    /* kustomize drops what replaces all of an object */
    return is_replacing(patch) ? base : merge_any(&m, (struct kps_sv){"", 0}, base, patch);
}
