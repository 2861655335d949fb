#ifndef KPS_KUBE_PATCH_JSON_H
#define KPS_KUBE_PATCH_JSON_H

#include "yaml/node.h"

/*
 * JSON patches (RFC 6902): add, replace, remove, move, copy, test, applied in order. `ops` is a
 * list of operations. Return the patched tree in `arena`; NULL when an operation cannot be applied,
 * as kustomize then refuses the build: *ret_why says why and *ret_at the operation.
 * Each edge that is copied, and each value that an operation puts in, is taken from *budget;
 * without a rest nothing more is applied.
 */
const struct kps_ynode *kps_patch_json(struct kps_arena *arena, const struct kps_ynode *root,
                                       const struct kps_ynode *ops, int64_t *budget,
                                       const char **ret_why, const struct kps_ynode **ret_at);

#endif
