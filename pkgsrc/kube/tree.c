#include "kube/tree.h"

#include <string.h>

#include "kube/scalar.h"

static struct kps_ynode *new_scalar(struct kps_arena *arena, const struct kps_ynode *at,
                                    struct kps_sv text)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    node->kind = KPS_Y_SCALAR;
    node->span = at->span;
    node->text = text.n ? text.p : "";
    node->n = (uint32_t)text.n;
    return node;
}

const struct kps_ynode *kps_tree_text(struct kps_arena *arena, const struct kps_ynode *at,
                                      struct kps_sv text)
{
    struct kps_ynode *node = new_scalar(arena, at, text);
    node->tag = KPS_Y_STR;
    return node;
}

const struct kps_ynode *kps_tree_plain(struct kps_arena *arena, const struct kps_ynode *at,
                                       struct kps_sv text)
{
    return new_scalar(arena, at, text);
}

/* A collection with room for `n` edges, which are copied from `edges` as far as that is given. */
static struct kps_ynode *new_collection(struct kps_arena *arena, enum kps_ykind kind,
                                        struct kps_span span, uint32_t n)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    node->kind = (uint8_t)kind;
    node->span = span;
    node->n = n;
    node->edges = n ? KPS_NEW_N(arena, struct kps_yedge, n) : NULL;
    return node;
}

/* The edges of a node that is being made. */
static struct kps_yedge *edges_of(struct kps_ynode *node)
{
    return (struct kps_yedge *)(uintptr_t)node->edges;
}

static void copy_edges(struct kps_ynode *to, uint32_t at, const struct kps_ynode *from,
                       uint32_t first, uint32_t n)
{
    if (n) {
        memcpy(edges_of(to) + at, from->edges + first, n * sizeof(struct kps_yedge));
    }
}

const struct kps_ynode *kps_tree_empty(struct kps_arena *arena, enum kps_ykind kind,
                                       struct kps_span span)
{
    return new_collection(arena, kind, span, 0);
}

/* The index of a key in a mapping; map->n when it is not there. */
static uint32_t find_key(const struct kps_ynode *map, struct kps_sv key)
{
    uint32_t at = 0;
    while (at < map->n && !kps_sv_eq(kps_ynode_text(map->edges[at].key), key)) {
        at++;
    }
    return at;
}

/* Return the node if its kind fits, else an empty node of the kind. */
static const struct kps_ynode *as_kind(struct kps_arena *arena, const struct kps_ynode *node,
                                       enum kps_ykind kind)
{
    node = node ? kps_ynode_resolve(node) : NULL;
    if (node && node->kind == kind) {
        return node;
    }
    return kps_tree_empty(arena, kind, node ? node->span : (struct kps_span){0, 0, 0});
}

const struct kps_ynode *kps_tree_set(struct kps_arena *arena, const struct kps_ynode *map,
                                     struct kps_sv key, const struct kps_ynode *value)
{
    map = as_kind(arena, map, KPS_Y_MAP);
    uint32_t at = find_key(map, key);
    bool is_new = at == map->n;
    struct kps_span span = map->span.file ? map->span : value->span;
    struct kps_ynode *made = new_collection(arena, KPS_Y_MAP, span, map->n + (is_new ? 1 : 0));
    copy_edges(made, 0, map, 0, map->n);
    struct kps_yedge *edge = &edges_of(made)[at];
    edge->key = is_new ? kps_tree_text(arena, value, kps_sv_copy(arena, key)) : edge->key;
    edge->val = value;
    return made;
}

const struct kps_ynode *kps_tree_remove(struct kps_arena *arena, const struct kps_ynode *map,
                                        struct kps_sv key)
{
    map = as_kind(arena, map, KPS_Y_MAP);
    uint32_t at = find_key(map, key);
    if (at == map->n) {
        return map;
    }
    struct kps_ynode *made = new_collection(arena, KPS_Y_MAP, map->span, map->n - 1);
    copy_edges(made, 0, map, 0, at);
    copy_edges(made, at, map, at + 1, map->n - at - 1);
    return made;
}

const struct kps_ynode *kps_tree_list(struct kps_arena *arena, const struct kps_ynode *list,
                                      const struct kps_ynode *const *values, uint32_t n)
{
    struct kps_span none = {0, 0, 0};
    struct kps_ynode *made = new_collection(arena, KPS_Y_SEQ, list ? list->span : none, n);
    for (uint32_t i = 0; i < n; i++) {
        edges_of(made)[i].val = values[i];
    }
    return made;
}

const struct kps_ynode *kps_tree_insert(struct kps_arena *arena, const struct kps_ynode *list,
                                        uint32_t at, const struct kps_ynode *value)
{
    list = as_kind(arena, list, KPS_Y_SEQ);
    at = at < list->n ? at : list->n;
    struct kps_span span = list->span.file ? list->span : value->span;
    struct kps_ynode *made = new_collection(arena, KPS_Y_SEQ, span, list->n + 1);
    copy_edges(made, 0, list, 0, at);
    edges_of(made)[at].val = value;
    copy_edges(made, at + 1, list, at, list->n - at);
    return made;
}

const struct kps_ynode *kps_tree_replace(struct kps_arena *arena, const struct kps_ynode *list,
                                         uint32_t at, const struct kps_ynode *value)
{
    list = as_kind(arena, list, KPS_Y_SEQ);
    if (at >= list->n) {
        return list;
    }
    uint32_t kept = value ? 1 : 0;
    struct kps_ynode *made = new_collection(arena, KPS_Y_SEQ, list->span, list->n - 1 + kept);
    copy_edges(made, 0, list, 0, at);
    if (value) {
        edges_of(made)[at].val = value;
    }
    copy_edges(made, at + kept, list, at + 1, list->n - at - 1);
    return made;
}

const struct kps_ynode *kps_tree_child(const struct kps_ynode *node, struct kps_sv key)
{
    node = kps_ynode_resolve(node);
    if (node->kind == KPS_Y_MAP) {
        return kps_ynode_get(node, key);
    }
    int64_t index = kps_sv_number(key, UINT32_MAX);
    bool is_there = node->kind == KPS_Y_SEQ && index >= 0 && index < node->n;
    return is_there ? kps_ynode_item(node, (uint32_t)index) : NULL;
}

const struct kps_ynode *kps_tree_item(const struct kps_ynode *list, uint32_t i)
{
    return i < kps_ynode_count(list, KPS_Y_SEQ) ? kps_ynode_item(list, i) : NULL;
}

bool kps_tree_is_null(const struct kps_ynode *node)
{
    return kps_kube_scalar(node).type == KPS_T_NULL;
}

const struct kps_ynode *kps_tree_get(const struct kps_ynode *node, const char *path)
{
    struct kps_sv rest = kps_sv_of(path);
    while (node && rest.n) {
        size_t dot = kps_sv_find(rest, '.');
        node = kps_ynode_get(node, kps_sv_head(rest, dot));
        rest = kps_sv_from(rest, dot + 1);
    }
    return node;
}

struct kps_sv kps_tree_get_text(const struct kps_ynode *node, const char *path)
{
    const struct kps_ynode *at = kps_tree_get(node, path);
    return at && !kps_tree_is_null(at) ? kps_ynode_text(at) : (struct kps_sv){"", 0};
}

bool kps_tree_is(const struct kps_ynode *node, const char *path, const char *word)
{
    return kps_sv_is(kps_tree_get_text(node, path), word);
}

bool kps_tree_is_true(const struct kps_ynode *node, const char *path)
{
    return kps_tree_is(node, path, "true");
}

bool kps_tree_pay(const struct kps_ynode *node, unsigned room, int64_t *budget)
{
    node = kps_ynode_resolve(node);
    bool is_paid = room > 0 && *budget >= 0 && --*budget >= 0;
    for (uint32_t i = 0; node->kind != KPS_Y_SCALAR && i < node->n && is_paid; i++) {
        is_paid = kps_tree_pay(node->edges[i].val, room - 1, budget);
    }
    return is_paid;
}
