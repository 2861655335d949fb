#ifndef KPS_COMPOSE_RESET_H
#define KPS_COMPOSE_RESET_H

#include "compose/loader.h"

/*
 * !reset and !override (spec compose §3.2; compose-go loader/reset.go). A document is taken apart
 * once: `root` is it without the values under !reset, and each path names what the layers below
 * must forget.
 */
struct kps_reset_path {
    const struct kps_sv *keys;
    uint32_t n;
};

struct kps_resets {
    const struct kps_ynode *root;
    KPS_VEC(struct kps_reset_path) paths; /* free with kps_vec_free */
};

struct kps_resets kps_compose_reset_find(struct kps_loader *loader,
                                         const struct kps_ynode *document);

/*
 * `tree` without everything at the paths, which are taken below `prefix` (NULL: the root): for a
 * service being extended the tree is the base and the prefix {"services", its name}.
 */
const struct kps_ynode *kps_compose_reset_apply(struct kps_loader *loader,
                                                const struct kps_resets *resets,
                                                const struct kps_ynode *tree,
                                                const struct kps_sv *prefix, uint32_t n_prefix);

#endif
