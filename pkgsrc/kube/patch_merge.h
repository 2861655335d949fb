#ifndef KPS_KUBE_PATCH_MERGE_H
#define KPS_KUBE_PATCH_MERGE_H

#include "yaml/node.h"

/*
 * Strategic merge patches as kustomize applies them (kyaml's merge2): mappings are merged key by
 * key, null takes a key away, lists are merged by the keys of their items where the API has such
 * keys (containers by name, ports by containerPort and protocol, a Service's by port and protocol)
 * and replaced elsewhere; "$patch: delete" and "$patch: replace" do what they say. Items of the
 * patch come first in a merged list.
 */
enum kps_patch_schema {
    KPS_PATCH_NO_SCHEMA, /* a kind of its own: every list is replaced */
    KPS_PATCH_WORKLOAD,
    KPS_PATCH_SERVICE,
};

/*
 * Return the merged tree in `arena`, whose values keep the places of base and patch; NULL when the
 * patch deletes all of it. *ret_why says why kustomize refuses the patch (the tree then has what
 * could be merged), or is NULL. Both trees may be nested KPS_LIMIT_YAML_DEPTH deep at most. Each
 * edge that is copied and each pair that is compared is taken from *budget; below 0 the rest of the
 * patch is left out.
 */
const struct kps_ynode *kps_patch_merge(struct kps_arena *arena, enum kps_patch_schema schema,
                                        const struct kps_ynode *base, const struct kps_ynode *patch,
                                        int64_t *budget, const char **ret_why);

/* Return which lists of a kind have keys: known kinds only. */
enum kps_patch_schema kps_patch_schema_of(struct kps_sv api_version, struct kps_sv kind);

#endif
