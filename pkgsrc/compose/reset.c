#include "compose/reset.h"

#include <string.h>

#include "compose/merge.h"

struct walk {
    struct kps_loader *loader;
    struct kps_resets *resets;
    KPS_VEC(struct kps_sv) keys; /* the path to where the walk is */
};

static void remember_path(struct walk *walk)
{
    struct kps_sv *keys =
        KPS_NEW_N(walk->loader->arena, struct kps_sv, walk->keys.n ? walk->keys.n : 1);
    if (walk->keys.n) {
        memcpy(keys, walk->keys.v, walk->keys.n * sizeof(*keys));
    }
    *kps_vec_push(&walk->resets->paths) = (struct kps_reset_path){keys, walk->keys.n};
}

/* The node without what is under !reset; NULL when it is itself. Aliases are left alone: their
 * target was walked. */
static const struct kps_ynode *without_resets(struct walk *walk, const struct kps_ynode *node)
{
    if (node->tag == KPS_Y_RESET) {
        remember_path(walk);
        return NULL;
    }
    if (node->tag == KPS_Y_OVERRIDE) {
        remember_path(walk);
        return node;
    }
    if (node->kind != KPS_Y_MAP && node->kind != KPS_Y_SEQ) {
        return node;
    }
    struct kps_edges edges = {0};
    bool changed = false;
    for (uint32_t i = 0; i < node->n; i++) {
        struct kps_yedge edge = node->edges[i];
        *kps_vec_push(&walk->keys) = edge.key ? kps_ynode_text(edge.key) : SV("[]");
        const struct kps_ynode *kept = without_resets(walk, edge.val);
        walk->keys.n--;
        changed = changed || kept != edge.val;
        if (kept) {
            edge.val = kept;
            kps_compose_merge_add_edge(&edges, edge);
        }
    }
    if (!changed) {
        kps_vec_free(&edges.list);
        return node;
    }
    return kps_compose_merge_finish(walk->loader->arena, &edges, node);
}

struct kps_resets kps_compose_reset_find(struct kps_loader *loader,
                                         const struct kps_ynode *document)
{
    struct kps_resets resets = {0};
    struct walk walk = {.loader = loader, .resets = &resets};
    resets.root = without_resets(&walk, document);
    kps_vec_free(&walk.keys);
    return resets;
}

static const struct kps_ynode *without_path(struct kps_loader *loader, const struct kps_ynode *tree,
                                            const struct kps_sv *keys, uint32_t n)
{
    const struct kps_ynode *map = kps_ynode_resolve(tree);
    const struct kps_yedge *hit = map->kind == KPS_Y_MAP ? kps_ymap_edge(map, keys[0]) : NULL;
    if (!hit) {
        return tree;
    }
    const struct kps_ynode *below = n > 1 ? without_path(loader, hit->val, keys + 1, n - 1) : NULL;
    if (below == hit->val) {
        return tree;
    }
    struct kps_edges edges = {0};
    for (uint32_t i = 0; i < map->n; i++) {
        struct kps_yedge edge = map->edges[i];
        if (&map->edges[i] == hit) {
            if (!below) {
                continue;
            }
            edge.val = below;
        }
        kps_compose_merge_add_edge(&edges, edge);
    }
    return kps_compose_merge_finish(loader->arena, &edges, map);
}

const struct kps_ynode *kps_compose_reset_apply(struct kps_loader *loader,
                                                const struct kps_resets *resets,
                                                const struct kps_ynode *tree,
                                                const struct kps_sv *prefix, uint32_t n_prefix)
{
    for (uint32_t i = 0; i < resets->paths.n; i++) {
        const struct kps_reset_path *path = &resets->paths.v[i];
        bool below_prefix = path->n > n_prefix;
        for (uint32_t k = 0; k < n_prefix && below_prefix; k++) {
            below_prefix = kps_sv_eq(path->keys[k], prefix[k]);
        }
        if (below_prefix) {
            tree = without_path(loader, tree, path->keys + n_prefix, path->n - n_prefix);
        }
    }
    return tree;
}
