#ifndef KPS_COMPOSE_RESET_H
#define KPS_COMPOSE_RESET_H

#include "compose/versions.h"
#include "yaml/node.h"

/*
 * Compose's tags !reset and !override (spec compose §3.2; compose-go loader/reset.go). A document
 * is read once for its tags: `root` is the document without the values under !reset, and each path
 * names a value that the layers below lose.
 *
 * An alias and a merge key bring the tags of their target along. Up to Compose 2.40 a !reset counts
 * only at its own place, or where an alias names it directly; such a difference is noted (KP908).
 * Beside `key: !reset …` a merge key still brings its own value of the key.
 */
struct kps_reset_path {
    const struct kps_sv *keys;
    uint32_t n;
};

/* Lives in the arena of the findings. */
struct kps_resets {
    const struct kps_ynode *root;
    const struct kps_reset_path *paths;
    uint32_t n_paths;
    bool is_incomplete; /* too many aliases (reported): tags behind them are left alone */
};

struct kps_resets kps_compose_reset_find(struct kps_diag *diag, enum kps_compose_version version,
                                         const struct kps_ynode *document);

/*
 * Return `tree` without the values at the paths, which are taken below `prefix` (NULL: the root).
 * For a service that is extended the tree is its base and the prefix {"services", its name}.
 */
const struct kps_ynode *kps_compose_reset_apply(struct kps_arena *arena,
                                                const struct kps_resets *resets,
                                                const struct kps_ynode *tree,
                                                const struct kps_sv *prefix, uint32_t n_prefix);

#endif
