#include "kube/kustomize_build.h"

#include <string.h>

#include "base/late_jansson.h"
#include "kube/patch_json.h"
#include "kube/patch_merge.h"
#include "kube/tree.h"

/* The patches of a kustomization, and the objects that each of them meets. */

static void drop_object(struct kps_build *build, uint32_t index)
{
    struct kps_build_object **gone = &build->objects.v[index];
    memmove(gone, gone + 1, (--build->objects.n - index) * sizeof(*gone));
}

/* Return `made` with the value of a field as `base` has it, or without the field. */
static const struct kps_ynode *keep_field(struct kps_build *build, const struct kps_ynode *base,
                                          const struct kps_ynode *made, struct kps_sv field)
{
    const struct kps_ynode *old = kps_ynode_get(base, field);
    return old ? kps_tree_set(build->arena, made, field, old)
               : kps_tree_remove(build->arena, made, field);
}

/* Keep what a patch does not change in its target: the namespace, and unless its options allow
 * so the name and the kind. */
static const struct kps_ynode *keep_identity(struct kps_build *build, const struct kps_ynode *old,
                                             const struct kps_ynode *merged,
                                             const struct kps_ynode *entry)
{
    const struct kps_ynode *base = kps_ynode_field(old, "metadata");
    const struct kps_ynode *metadata =
        keep_field(build, base, kps_ynode_field(merged, "metadata"), SV("namespace"));
    if (!kps_tree_is_true(entry, "options.allowNameChange")) {
        metadata = keep_field(build, base, metadata, SV("name"));
    }
    merged = kps_tree_set(build->arena, merged, SV("metadata"), metadata);
    if (!kps_tree_is_true(entry, "options.allowKindChange")) {
        merged = keep_field(build, old, merged, SV("kind"));
        merged = keep_field(build, old, merged, SV("apiVersion"));
    }
    return merged;
}

/* Merge a patch into one object. Return false when the object is gone. */
static bool merge_into(struct kps_build *build, uint32_t index, const struct kps_ynode *entry,
                       const struct kps_ynode *patch)
{
    struct kps_build_object *object = build->objects.v[index];
    uint64_t cost = (uint64_t)patch->span.len + object->root->span.len;
    if (!kps_build_pay(build, patch, cost)) {
        return true;
    }
    object->has_annotations = object->has_annotations ||
                              kps_tree_is_true(entry, "options.allowNameChange") ||
                              kps_tree_is_true(entry, "options.allowKindChange");
    enum kps_patch_schema schema = kps_patch_schema_of(object->api_version, object->kind);
    const char *why = NULL;
    const struct kps_ynode *merged =
        kps_patch_merge(build->arena, schema, object->root, patch, &build->budget, &why);
    if (why) {
        kps_build_fail(build, patch, "this patch does not fit %.*s '%.*s': %s",
                       SV_ARG(object->kind), SV_ARG(object->now.name), why);
    }
    if (!merged && kps_build_pay(build, patch, build->objects.n)) {
        drop_object(build, index);
        return false;
    }
    if (!merged) {
        return true; /* too much is deleted for the budget, which was reported */
    }
    object->root = keep_identity(build, object->root, merged, entry);
    kps_build_refresh(build, object, patch);
    return true;
}

/*
 * Give the object an annotation of kustomize's, which keeps earlier names there during a build, so
 * that operations find a mapping. `patches` adds it before each list of operations;
 * `patchesJson6902` has that of the steps before.
 */
static const struct kps_ynode *add_annotation(struct kps_build *build, const struct kps_ynode *root)
{
    const struct kps_ynode *list = kps_tree_get(root, "metadata.annotations");
    list = kps_tree_set(build->arena, list && list->kind == KPS_Y_MAP ? list : NULL,
                        SV("internal.config.kubernetes.io/previousNames"),
                        kps_tree_text(build->arena, root, SV("")));
    return kps_build_set(build, root, "metadata.annotations", list, true);
}

static void patch_json(struct kps_build *build, struct kps_build_object *object,
                       const struct kps_ynode *ops)
{
    const char *why = NULL;
    const struct kps_ynode *at = ops;
    if (!kps_build_pay(build, ops, (uint64_t)ops->span.len + object->root->span.len)) {
        return;
    }
    const struct kps_ynode *made =
        object->has_annotations ? add_annotation(build, object->root) : object->root;
    made = kps_patch_json(build->arena, made, ops, &build->budget, &why, &at);
    if (!made) {
        kps_build_fail(build, at, "this operation does not fit %.*s '%.*s': %s",
                       SV_ARG(object->kind), SV_ARG(object->now.name), why ? why : "");
        return;
    }
    object->root = made;
    kps_build_refresh(build, object, at);
}

/*
 * The object that a patch without a target names itself: the only one of the name, else the only
 * one that ever had the name. *ret_n is the number of those.
 */
static uint32_t find_named(const struct kps_build *build, struct kps_sv api_version,
                           struct kps_sv kind, struct kps_sv name, struct kps_sv namespace,
                           uint32_t *ret_n)
{
    uint32_t found = UINT32_MAX;
    *ret_n = 0;
    for (int any_time = 0; any_time < 2 && *ret_n != 1; any_time++) {
        *ret_n = 0;
        for (uint32_t i = build->first; i < build->objects.n; i++) {
            const struct kps_build_object *object = build->objects.v[i];
            if (kps_sv_eq(object->kind, kind) && kps_sv_eq(object->api_version, api_version) &&
                kps_build_is_named(object, name, namespace, any_time)) {
                found = (*ret_n)++ ? found : i;
            }
        }
    }
    return found;
}

/* Apply a strategic merge patch to the object that the patch names. */
static void patch_named(struct kps_build *build, const struct kps_ynode *entry,
                        const struct kps_ynode *patch)
{
    struct kps_sv version = kps_tree_get_text(patch, "apiVersion");
    struct kps_sv kind = kps_tree_get_text(patch, "kind");
    struct kps_sv name = kps_tree_get_text(patch, "metadata.name");
    struct kps_sv namespace = kps_build_namespace(kps_tree_get_text(patch, "metadata.namespace"));
    if (!kps_build_pay(build, entry, build->n_names)) {
        return;
    }
    uint32_t n = 0;
    uint32_t index = find_named(build, version, kind, name, namespace, &n);
    if (n > 1) {
        kps_build_fail(build, entry, "%u resources here are %.*s '%.*s', which is patched", n,
                       SV_ARG(kind), SV_ARG(name));
    } else if (n) {
        (void)merge_into(build, index, entry, patch);
    } else if (kps_build_has_all(build, version, kind)) {
        kps_build_fail(build, entry, "no resource here is %.*s '%.*s', which is patched",
                       SV_ARG(kind), SV_ARG(name));
    }
}

/* A patch for all objects that its target selects. */
static void patch_selected(struct kps_build *build, const struct kps_ynode *entry,
                           const struct kps_ynode *patch, bool is_json6902)
{
    struct kps_build_selector target;
    bool is_json = patch->kind == KPS_Y_SEQ;
    if (!kps_build_pay(build, patch, build->n_names)) {
        return;
    }
    kps_build_selector_open(build, kps_ynode_field(entry, "target"), true, &target);
    for (uint32_t i = build->first; i < build->objects.n;) {
        bool stays = true;
        bool is_meant = kps_build_selects(build, &target, build->objects.v[i]);
        if (is_meant && is_json) {
            build->objects.v[i]->has_annotations |= !is_json6902;
            patch_json(build, build->objects.v[i], patch);
        } else if (is_meant) {
            stays = merge_into(build, i, entry, patch);
        }
        i += stays ? 1 : 0;
    }
}

/* Return true for a text in brackets that is no JSON, as kustomize wants it of operations. A text
 * above the size of real ones is not looked at. */
static bool is_broken_json(struct kps_build *build, const struct kps_ynode *at, struct kps_sv text)
{
    if (!kps_sv_has_head(text, "[") || text.n > KPS_LIMIT_KUSTOMIZATION_BYTES ||
        !kps_build_pay(build, at, text.n / 16)) {
        return false;
    }
    json_t *json = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    bool is_broken = json == NULL;
    json_decref(json);
    return is_broken;
}

/* Report the text of a patch that is neither one object nor a list of operations. */
static void check_text(struct kps_build *build, const struct kps_build_documents *patch)
{
    const char *why = NULL;
    if (!patch->is_read) {
        return; /* reported, or without ports */
    }
    if (patch->text.n && patch->starts_empty) {
        why = "this patch is empty";
    } else if (patch->has_scalar) {
        why = "a patch is an object or a list of operations";
    } else if (is_broken_json(build, patch->entry, patch->text)) {
        why = "operations in brackets are JSON: all keys and texts in double quotes";
    }
    if (why) {
        kps_build_refuse(build, patch->entry, "%s", why);
    }
}

/* Report a document of a patch that kustomize refuses beside a target. */
static void check_document(struct kps_build *build, const struct kps_build_documents *patch,
                           const struct kps_ynode *document, bool is_json6902)
{
    bool is_named = kps_tree_get_text(document, "kind").n > 0 &&
                    kps_tree_get_text(document, "metadata.name").n > 0;
    const char *why = NULL;
    if (document->n == 0) {
        why = "this patch is empty";
    } else if (document->kind == KPS_Y_MAP && is_json6902) {
        why = "'patchesJson6902' wants a list of operations";
    } else if (document->kind == KPS_Y_MAP && patch->n > 1) {
        why = "a patch with a target is one document";
    } else if (document->kind == KPS_Y_MAP && !is_named) {
        why = "a patch needs a kind and a name, also beside a target";
    }
    if (why) {
        kps_build_refuse(build, document, "%s", why);
    }
}

/* Apply a patch; `entry` has its target and its options. */
static void apply_patch(struct kps_build *build, const struct kps_build_documents *patch,
                        const struct kps_ynode *entry, bool is_json6902)
{
    bool has_target = kps_ynode_field(entry, "target") != NULL;
    check_text(build, patch);
    if (patch->is_read && patch->text.n == 0 && !has_target) {
        kps_build_refuse(build, patch->entry, "this patch is empty");
    }
    for (uint32_t i = 0; i < patch->n; i++) {
        const struct kps_ynode *document = patch->v[i];
        if (has_target) {
            check_document(build, patch, document, is_json6902);
            patch_selected(build, entry, document, is_json6902);
        } else if (document->kind == KPS_Y_MAP) {
            patch_named(build, entry, document);
        } else {
            kps_build_fail(build, entry, "a list of operations needs a target to be applied to");
        }
    }
}

/* `patches` and `patchesJson6902`: a path or a text, with a target. */
static void apply_list(struct kps_build *build, const char *field)
{
    bool is_json6902 = kps_sv_is(kps_sv_of(field), "patchesJson6902");
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, field);
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_ynode *path = kps_ynode_field(entry, "path");
        const struct kps_ynode *text = kps_ynode_field(entry, "patch");
        bool has_path = kps_ynode_text(path).n > 0;
        if (has_path == (kps_ynode_text(text).n > 0)) {
            kps_build_refuse(build, entry, "a patch has either a 'path' or a 'patch'");
        } else if (is_json6902 && kps_tree_get_text(entry, "target.name").n == 0) {
            kps_build_refuse(build, entry, "'patchesJson6902' wants the name of its target");
        }
        if (has_path) {
            apply_patch(build, kps_build_read_file(build, path), entry, is_json6902);
        } else if (text && text->kind == KPS_Y_SCALAR) {
            apply_patch(build, kps_build_read_text(build, text), entry, is_json6902);
        }
    }
}

/* `patchesStrategicMerge`: a path, or the patch itself as a text. */
static void apply_strategic(struct kps_build *build)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "patchesStrategicMerge");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        apply_patch(build, kps_build_read_entry(build, entry), entry, false);
    }
}

void kps_build_patch(struct kps_build *build)
{
    apply_strategic(build);
    apply_list(build, "patches");
}

void kps_build_patch_json6902(struct kps_build *build)
{
    apply_list(build, "patchesJson6902");
}
