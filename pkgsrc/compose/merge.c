#include "compose/merge.h"

#include "base/map.h"

/*
 * How this works. A merge walks base and override together and tracks its place in the model
 * (`enum model_place`), because the rule depends on the place: mappings merge key by key, `ports`
 * and similar lists append, `networks` and `depends_on` become mappings first, values without a
 * bearing on ports are taken from the override as written. Nodes are shared, only edges are new,
 * and an edge from the stamped side gets the step (override, extends) of that side.
 */
enum model_place {
    AT_ROOT,
    AT_RESOURCES, /* networks */
    AT_SERVICES,
    AT_SERVICE,
    AT_MAPPING, /* merge key by key, whatever the keys */
    AT_NAMES,   /* list or mapping of names, merged as a mapping */
    AT_LIST,    /* lists are appended */
    AT_OTHER,   /* the later value stands */
};

struct merge {
    struct kps_diag *diag;
    kps_origin_id base_via, over_via;
};

static enum model_place place_below(enum model_place at, struct kps_sv key)
{
    switch (at) {
    case AT_ROOT:
        if (kps_sv_is(key, "services")) {
            return AT_SERVICES;
        }
        return kps_sv_is_one_of(key, "networks volumes secrets configs") ? AT_RESOURCES : AT_OTHER;
    case AT_SERVICES:
        return AT_SERVICE;
    case AT_SERVICE:
        if (kps_sv_is_one_of(key, "ports expose profiles volumes env_file security_opt group_add "
                                  "device_cgroup_rules external_links volumes_from")) {
            return AT_LIST;
        }
        if (kps_sv_is_one_of(key, "networks depends_on")) {
            return AT_NAMES;
        }
        return kps_sv_is_one_of(key, "deploy healthcheck build") ? AT_MAPPING : AT_OTHER;
    case AT_RESOURCES:
    case AT_MAPPING:
    case AT_NAMES:
        return AT_MAPPING;
    case AT_LIST:
    case AT_OTHER:
        break;
    }
    return AT_OTHER;
}

struct kps_yedge *kps_compose_merge_add_edge(struct kps_edges *edges, const struct kps_yedge *edge)
{
    struct kps_yedge *added = kps_vec_push(&edges->list);
    *added = *edge;
    return added;
}

const struct kps_ynode *kps_compose_merge_finish(struct kps_arena *arena, struct kps_edges *edges,
                                                 const struct kps_ynode *like)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    *node = *like;
    node->n = edges->list.n;
    node->edges = kps_vec_copy(&edges->list, arena);
    kps_vec_free(&edges->list);
    return node;
}

const struct kps_ynode *kps_compose_merge_replace(struct kps_arena *arena,
                                                  const struct kps_ynode *map,
                                                  const struct kps_yedge *old,
                                                  const struct kps_ynode *val)
{
    struct kps_edges edges = {0};
    for (uint32_t i = 0; i < map->n; i++) {
        if (&map->edges[i] != old) {
            (void)kps_compose_merge_add_edge(&edges, &map->edges[i]);
        } else if (val) {
            kps_compose_merge_add_edge(&edges, old)->val = val;
        }
    }
    return kps_compose_merge_finish(arena, &edges, map);
}

kps_origin_id kps_compose_merge_chain(struct kps_diag *diag, kps_origin_id first, kps_origin_id via)
{
    if (first == 0 || via == 0 || first == via) {
        return first ? first : via;
    }
    struct kps_origin step = kps_origins_get(&diag->origins, first);
    step.up = kps_compose_merge_chain(diag, step.up, via);
    return kps_origins_add(&diag->origins, &step);
}

/* Put `via` behind the steps of an edge. */
static void stamp_edge(struct kps_diag *diag, struct kps_yedge *edge, kps_origin_id via)
{
    edge->via = kps_compose_merge_chain(diag, edge->via, via);
}

/* Add the edges of a collection, stamped. */
static void add_stamped(struct kps_diag *diag, struct kps_edges *edges,
                        const struct kps_ynode *collection, kps_origin_id via)
{
    for (uint32_t i = 0; i < collection->n; i++) {
        stamp_edge(diag, kps_compose_merge_add_edge(edges, &collection->edges[i]), via);
    }
}

const struct kps_ynode *kps_compose_merge_stamp(struct kps_diag *diag, const struct kps_ynode *map,
                                                kps_origin_id via)
{
    struct kps_edges edges = {0};
    add_stamped(diag, &edges, map, via);
    return kps_compose_merge_finish(diag->arena, &edges, map);
}

/* Return a list of names as a mapping with null values; a mapping unchanged. */
static const struct kps_ynode *names_as_mapping(struct kps_diag *diag, const struct kps_ynode *node)
{
    static const struct kps_ynode null_node = {.kind = KPS_Y_SCALAR, .text = ""};
    if (node->kind != KPS_Y_SEQ) {
        return node;
    }
    struct kps_edges edges = {0};
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_ynode *name = kps_ynode_item(node, i);
        if (name->kind == KPS_Y_SCALAR) {
            struct kps_yedge edge = {name, &null_node, node->edges[i].via};
            (void)kps_compose_merge_add_edge(&edges, &edge);
        }
    }
    struct kps_ynode like = *node;
    like.kind = KPS_Y_MAP;
    return kps_compose_merge_finish(diag->arena, &edges, &like);
}

static const struct kps_ynode *merge_values(struct merge *merge, const struct kps_ynode *base,
                                            const struct kps_ynode *over, enum model_place at);

static const struct kps_ynode *append_lists(struct merge *merge, const struct kps_ynode *base,
                                            const struct kps_ynode *over)
{
    struct kps_edges edges = {0};
    add_stamped(merge->diag, &edges, base, merge->base_via);
    add_stamped(merge->diag, &edges, over, merge->over_via);
    merge->diag->merged_pairs += edges.list.n;
    return kps_compose_merge_finish(merge->diag->arena, &edges, over);
}

enum { LINEAR_LOOKUP = 12 };

static const struct kps_ynode *merge_mappings(struct merge *merge, const struct kps_ynode *base,
                                              const struct kps_ynode *over, enum model_place at)
{
    struct kps_arena *arena = merge->diag->arena;
    struct kps_edges edges = {0};
    struct kps_map positions = {0};
    bool use_map = base->n > LINEAR_LOOKUP;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = use_map ? kps_arena_new() : NULL;
    add_stamped(merge->diag, &edges, base, merge->base_via);
    for (uint32_t i = 0; i < base->n && use_map; i++) {
        (void)kps_map_put(&positions, scratch, kps_ynode_text(base->edges[i].key), i);
    }
    for (uint32_t i = 0; i < over->n; i++) {
        const struct kps_yedge *edge = &over->edges[i];
        struct kps_sv key = kps_ynode_text(edge->key);
        uint32_t found = UINT32_MAX;
        if (use_map) {
            found = kps_map_get(&positions, key, UINT32_MAX);
        } else {
            for (uint32_t k = 0; k < base->n && found == UINT32_MAX; k++) {
                found = kps_sv_eq(kps_ynode_text(base->edges[k].key), key) ? k : UINT32_MAX;
            }
        }
        if (found == UINT32_MAX) {
            stamp_edge(merge->diag, kps_compose_merge_add_edge(&edges, edge), merge->over_via);
            continue;
        }
        const struct kps_ynode *old = base->edges[found].val;
        const struct kps_ynode *merged = merge_values(merge, old, edge->val, place_below(at, key));
        struct kps_yedge *slot = &edges.list.v[found];
        if (merged == edge->val) {
            *slot = *edge;
            stamp_edge(merge->diag, slot, merge->over_via);
        } else if (merged != old) {
            /* A value of both sides: its own edges carry the steps. */
            slot->key = base->edges[found].key;
            slot->val = merged;
            slot->via = 0;
        }
    }
    merge->diag->merged_pairs += edges.list.n;
    return kps_compose_merge_finish(arena, &edges, base);
}

/*
 * Merge two values. Return: `base` or `over` itself when only one side counts, so that the caller
 * can stamp the edge.
 */
static const struct kps_ynode *merge_values(struct merge *merge, const struct kps_ynode *base,
                                            const struct kps_ynode *over, enum model_place at)
{
    const struct kps_ynode *b = kps_ynode_resolve(base);
    const struct kps_ynode *o = kps_ynode_resolve(over);
    if (kps_ynode_type(o) == KPS_T_NULL) {
        return base;
    }
    if (at == AT_OTHER || kps_ynode_type(b) == KPS_T_NULL) {
        return over;
    }
    if (at == AT_NAMES) {
        b = names_as_mapping(merge->diag, b);
        o = names_as_mapping(merge->diag, o);
        at = AT_MAPPING;
    }
    if (b->kind == KPS_Y_MAP && o->kind == KPS_Y_MAP) {
        return merge_mappings(merge, b, o, at);
    }
    if (b->kind == KPS_Y_SEQ && o->kind == KPS_Y_SEQ && (at == AT_LIST)) {
        return append_lists(merge, b, o);
    }
    if (b->kind != o->kind && at != AT_MAPPING && at != AT_LIST) {
        struct kps_finding *finding = kps_diag_add_here(
            merge->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, o->span,
            "this cannot override %s by %s", kps_ynode_type_name(kps_ynode_type(b)),
            kps_ynode_type_name(kps_ynode_type(o)));
        finding->up_error = SV("cannot override");
    }
    return over;
}

const struct kps_ynode *kps_compose_merge_roots(struct kps_diag *diag, const struct kps_ynode *base,
                                                const struct kps_ynode *over,
                                                kps_origin_id over_via)
{
    struct merge merge = {.diag = diag, .over_via = over_via};
    return merge_mappings(&merge, base, over, AT_ROOT);
}

const struct kps_ynode *kps_compose_merge_services(struct kps_diag *diag,
                                                   const struct kps_ynode *base,
                                                   const struct kps_ynode *over,
                                                   kps_origin_id base_via)
{
    struct merge merge = {.diag = diag, .base_via = base_via};
    return merge_mappings(&merge, base, over, AT_SERVICE);
}

const struct kps_ynode *kps_compose_merge_definitions(struct kps_diag *diag, struct kps_sv resource,
                                                      const struct kps_ynode *base,
                                                      const struct kps_ynode *over,
                                                      kps_origin_id base_via)
{
    struct merge merge = {.diag = diag, .base_via = base_via};
    bool is_service = kps_sv_is(resource, "services");
    return merge_values(&merge, base, over, is_service ? AT_SERVICE : AT_MAPPING);
}
