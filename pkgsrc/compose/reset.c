#include "compose/reset.h"

#include "base/limits.h"
#include "compose/merge.h"

/* The way of the walk to a node, other than down its own document: an alias, a merge key. */
enum detour { NO_DETOUR, BY_ALIAS, INSIDE_ALIAS };

enum { MOST_TAG_DEPTH = 1024 };

struct walk {
    struct kps_diag *diag;
    enum kps_compose_version version;
    KPS_VEC(struct kps_reset_path) paths;
    KPS_VEC(struct kps_sv) keys; /* the path to the present node */
    struct kps_map tagged;       /* address of a collection -> 1: tags below; 2: none */
    uint32_t tag_depth;          /* of has_tag */
    uint32_t n_aliases;          /* aliases on the way to the present node */
    uint32_t visits;             /* nodes walked through aliases */
    bool is_reported;
};

static void remember_path(struct walk *walk)
{
    *kps_vec_push(&walk->paths) =
        (struct kps_reset_path){kps_vec_copy(&walk->keys, walk->diag->arena), walk->keys.n};
}

/* Return: does a node, or a value below, carry a tag? Each collection is searched once. */
static bool has_tag(struct walk *walk, const struct kps_ynode *node)
{
    node = kps_ynode_resolve(node);
    if (node->tag == KPS_Y_RESET || node->tag == KPS_Y_OVERRIDE) {
        return true;
    }
    if (node->kind != KPS_Y_MAP && node->kind != KPS_Y_SEQ) {
        return false;
    }
    const struct kps_ynode **key = KPS_NEW(walk->diag->arena, const struct kps_ynode *);
    *key = node;
    struct kps_sv address = {(const char *)key, sizeof(*key)};
    uint32_t known = kps_map_get(&walk->tagged, address, 0);
    if (known) {
        return known == 1;
    }
    bool found = walk->tag_depth == MOST_TAG_DEPTH; /* unknown: the walk has its own limits */
    walk->tag_depth++;
    for (uint32_t i = 0; i < node->n && !found; i++) {
        found = has_tag(walk, node->edges[i].val);
    }
    walk->tag_depth--;
    (void)kps_map_put(&walk->tagged, walk->diag->arena, address, found ? 1 : 2);
    return found;
}

/* Handle a !reset inside the target of an alias or a merge key. Return: is the !reset in effect? */
static bool is_reset_inside_alias(struct walk *walk, const struct kps_ynode *node)
{
    struct kps_diag *diag = walk->diag;
    bool is_newest = walk->version == KPS_COMPOSE_NEWEST;
    bool is_in_service = walk->keys.n > 2 && kps_sv_is(walk->keys.v[0], "services");
    if (is_in_service) {
        struct kps_finding *finding = kps_diag_add_here(
            diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, node->span,
            is_newest ? "Compose before 5 does not apply this !reset to service '%.*s'"
                      : "Compose from 5 on applies this !reset to service '%.*s'",
            SV_ARG(walk->keys.v[1]));
        kps_finding_note(finding, "the service gets it by an alias or a merge key");
    }
    return is_newest;
}

static const struct kps_ynode *without_resets(struct walk *walk, const struct kps_ynode *node,
                                              enum detour detour);

/* Return: is there an edge with this key? `index` holds the keys of long lists. */
static bool has_kept_key(const struct kps_edges *edges, const struct kps_map *index,
                         struct kps_sv key)
{
    if (index->n) {
        return kps_map_get(index, key, UINT32_MAX) != UINT32_MAX;
    }
    for (uint32_t i = 0; i < edges->list.n; i++) {
        if (kps_sv_eq(kps_ynode_text(edges->list.v[i].key), key)) {
            return true;
        }
    }
    return false;
}

/*
 * Return the collection without its values under !reset; `node` itself when there are none. Where a
 * merge key brings a key that the mapping has already, the value is here for its tag alone.
 */
static const struct kps_ynode *
collection_without_resets(struct walk *walk, const struct kps_ynode *node, enum detour detour)
{
    enum { LINEAR_UP_TO = 32 };
    struct kps_edges edges = {0};
    struct kps_map index = {0};
    bool changed = false;
    bool use_index = node->kind == KPS_Y_MAP && node->n > LINEAR_UP_TO;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_yedge *edge = &node->edges[i];
        bool is_merged = edge->key && edge->via != 0;
        struct kps_sv key = edge->key ? kps_ynode_text(edge->key) : SV("[]");
        kps_vec_add_text(&walk->keys.any, key);
        const struct kps_ynode *kept =
            without_resets(walk, edge->val, is_merged ? INSIDE_ALIAS : detour);
        walk->keys.n--;
        if (is_merged && kept && has_kept_key(&edges, &index, key)) {
            kept = NULL;
        }
        changed |= kept != edge->val;
        if (!kept) {
            continue;
        }
        kps_compose_merge_add_edge(&edges, edge)->val = kept;
        if (use_index) {
            (void)kps_map_put(&index, walk->diag->arena, key, i);
        }
    }
    if (!changed) {
        kps_vec_free(&edges.list);
        return node;
    }
    return kps_compose_merge_finish(walk->diag->arena, &edges, node);
}

static void report_too_many(struct walk *walk, const struct kps_ynode *alias)
{
    if (!walk->is_reported) {
        walk->is_reported = true;
        (void)kps_diag_add_here(walk->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, alias->span,
                                "!reset and !override stand behind too many aliases");
    }
}

/*
 * Return the alias with its target without values under !reset; NULL when the target itself
 * carries !reset.
 */
static const struct kps_ynode *alias_without_resets(struct walk *walk,
                                                    const struct kps_ynode *alias)
{
    const struct kps_ynode *target = kps_ynode_resolve(alias);
    if (!has_tag(walk, target)) {
        return alias;
    }
    if (walk->n_aliases == KPS_LIMIT_CHAIN || walk->visits > KPS_LIMIT_ALIAS_NODES) {
        report_too_many(walk, alias);
        return alias;
    }
    walk->n_aliases++;
    const struct kps_ynode *kept = without_resets(walk, target, BY_ALIAS);
    walk->n_aliases--;
    if (kept == target || !kept) {
        return kept ? alias : NULL;
    }
    struct kps_ynode *copy = KPS_NEW(walk->diag->arena, struct kps_ynode);
    *copy = *alias;
    copy->target = kept;
    return copy;
}

/* Return the node without its values under !reset; NULL when the node itself carries the tag. */
static const struct kps_ynode *without_resets(struct walk *walk, const struct kps_ynode *node,
                                              enum detour detour)
{
    walk->visits += walk->n_aliases > 0;
    if (node->kind == KPS_Y_ALIAS) {
        return alias_without_resets(walk, node);
    }
    if (node->tag == KPS_Y_RESET) {
        if (detour != INSIDE_ALIAS || is_reset_inside_alias(walk, node)) {
            remember_path(walk);
        }
        return NULL;
    }
    if (node->tag == KPS_Y_OVERRIDE) {
        remember_path(walk);
        return node;
    }
    if (node->kind != KPS_Y_MAP && node->kind != KPS_Y_SEQ) {
        return node;
    }
    return collection_without_resets(walk, node, detour == BY_ALIAS ? INSIDE_ALIAS : detour);
}

struct kps_resets kps_compose_reset_find(struct kps_diag *diag, enum kps_compose_version version,
                                         const struct kps_ynode *document)
{
    struct walk walk = {.diag = diag, .version = version};
    struct kps_resets resets = {.root = without_resets(&walk, document, NO_DETOUR)};
    resets.is_incomplete = walk.is_reported;
    resets.paths = kps_vec_copy(&walk.paths, diag->arena);
    resets.n_paths = walk.paths.n;
    kps_vec_free(&walk.paths);
    kps_vec_free(&walk.keys);
    return resets;
}

static const struct kps_ynode *without_path(struct kps_arena *arena, const struct kps_ynode *tree,
                                            const struct kps_sv *keys, uint32_t n)
{
    const struct kps_ynode *map = kps_ynode_resolve(tree);
    const struct kps_yedge *hit = kps_ynode_edge(map, keys[0]);
    if (!hit) {
        return tree;
    }
    const struct kps_ynode *below = n > 1 ? without_path(arena, hit->val, keys + 1, n - 1) : NULL;
    if (below == hit->val) {
        return tree;
    }
    return kps_compose_merge_replace(arena, map, hit, below);
}

const struct kps_ynode *kps_compose_reset_apply(struct kps_arena *arena,
                                                const struct kps_resets *resets,
                                                const struct kps_ynode *tree,
                                                const struct kps_sv *prefix, uint32_t n_prefix)
{
    for (uint32_t i = 0; i < resets->n_paths; i++) {
        const struct kps_reset_path *path = &resets->paths[i];
        bool below_prefix = path->n > n_prefix;
        for (uint32_t k = 0; k < n_prefix && below_prefix; k++) {
            below_prefix = kps_sv_eq(path->keys[k], prefix[k]);
        }
        if (below_prefix) {
            tree = without_path(arena, tree, path->keys + n_prefix, path->n - n_prefix);
        }
    }
    return tree;
}
