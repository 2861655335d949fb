#include "kube/kustomize_build.h"

#include "kube/patch_json.h"
#include "kube/patch_merge.h"
#include "kube/portless.h"
#include "kube/tree.h"
#include "yaml/reader.h"

/* The patches of a kustomization: their files and their targets. */

enum { MOST_DOCUMENTS = 1024 };

/* One patch: the documents of a file or of a text inside the kustomization. */
struct patch {
    const struct kps_ynode *entry; /* where the kustomization names it */
    const struct kps_ynode *documents[MOST_DOCUMENTS];
    uint32_t n;
};

static void read_documents(struct kps_build *build, struct patch *patch, kps_file_id file,
                           uint32_t off, uint32_t len)
{
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open_part(build->k->diag, file, (struct kps_yaml_part){off, len, true});
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = KPS_YAML_END;
    while ((result = kps_yaml_reader_next(reader, build->arena, &root)) == KPS_YAML_DOCUMENT) {
        root = kps_ynode_resolve(root);
        if (root->kind != KPS_Y_SCALAR && patch->n < MOST_DOCUMENTS) {
            patch->documents[patch->n++] = root;
        }
    }
    if (result == KPS_YAML_ERROR) {
        kps_build_fail(build, patch->entry->span, "this patch cannot be read");
    }
}

/*
 * A patch inside the kustomization. A literal block is read where it stands, so that its values
 * keep their places; a text of another style is read as a file of its own.
 */
static void read_inline(struct kps_build *build, struct patch *patch, const struct kps_ynode *text)
{
    struct kps_files *files = &build->k->diag->files;
    struct kps_span span = text->span;
    struct kps_sv raw =
        kps_sv_slice(kps_files_get(files, span.file)->bytes, span.off, (size_t)span.off + span.len);
    bool has_cut = kps_sv_starts(kps_ynode_text(text), SV("---")) ||
                   kps_sv_search(kps_ynode_text(text), SV("\n---")) < kps_ynode_text(text).n;
    if (text->style == KPS_Y_LITERAL && !has_cut) {
        uint32_t head = (uint32_t)kps_sv_find(raw, '\n');
        read_documents(build, patch, span.file, span.off + head, span.len - head);
    } else if ((text->flags & KPS_Y_VERBATIM) && text->style == KPS_Y_SINGLE_QUOTED && raw.n > 2) {
        read_documents(build, patch, span.file, span.off + 1, span.len - 2);
    } else {
        struct kps_sv copy = kps_sv_copy(build->k->diag->arena, kps_ynode_text(text));
        struct kps_sv path = kps_files_get(files, span.file)->path;
        read_documents(build, patch, kps_files_add(files, path, copy), 0, (uint32_t)copy.n);
    }
}

/* A patch file is read whole whatever its kinds are. */
static void read_file(struct kps_build *build, const struct kps_kustomization *kz,
                      struct patch *patch, const struct kps_ynode *path)
{
    kps_file_id file = kps_build_load(build, kz, path);
    if (file) {
        struct kps_sv bytes = kps_files_get(&build->k->diag->files, file)->bytes;
        read_documents(build, patch, file, 0, (uint32_t)bytes.n);
    }
}

static void drop_object(struct kps_build *build, uint32_t index)
{
    for (uint32_t i = index; i + 1 < build->objects.n; i++) {
        build->objects.v[i] = build->objects.v[i + 1];
    }
    build->objects.n--;
}

/* Return true when the options of a patch allow a change. */
static bool is_allowed(const struct kps_ynode *entry, const char *option)
{
    return kps_sv_is(kps_tree_get_text(entry, option), "true");
}

/* Return `made` with the value of a field as `base` has it, or without the field. */
static const struct kps_ynode *keep_field(struct kps_build *build, const struct kps_ynode *base,
                                          const struct kps_ynode *made, struct kps_sv field)
{
    const struct kps_ynode *old = base ? kps_ynode_get(base, field) : NULL;
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
    if (!is_allowed(entry, "options.allowNameChange")) {
        metadata = keep_field(build, base, metadata, SV("name"));
    }
    merged = kps_tree_set(build->arena, merged, SV("metadata"), metadata);
    if (!is_allowed(entry, "options.allowKindChange")) {
        merged = keep_field(build, old, merged, SV("kind"));
        merged = keep_field(build, old, merged, SV("apiVersion"));
    }
    return merged;
}

/* Read the identity of an edited object again; the name of before stays one that finds it. */
static void keep_before(struct kps_build *build, struct kps_build_object *object,
                        struct kps_build_name before)
{
    kps_build_refresh(object);
    if (!kps_sv_eq(before.name, object->now.name) ||
        !kps_sv_eq(before.namespace, object->now.namespace)) {
        struct kps_build_name *kept = KPS_NEW(build->arena, struct kps_build_name);
        *kept = before;
        object->now.before = kept;
    }
}

/* Merge a patch into one object. Return false when the object is gone. */
static bool merge_into(struct kps_build *build, uint32_t index, const struct kps_ynode *entry,
                       const struct kps_ynode *patch)
{
    struct kps_build_object *object = build->objects.v[index];
    uint64_t cost = (uint64_t)patch->span.len + object->root->span.len;
    if (!kps_build_pay(build, patch->span, cost)) {
        return true;
    }
    enum kps_patch_schema schema = kps_patch_schema_of(object->api_version, object->kind);
    struct kps_build_name name = object->now;
    const char *why = NULL;
    const struct kps_ynode *merged =
        kps_patch_merge(build->arena, schema, object->root, patch, &build->budget, &why);
    if (why) {
        kps_build_fail(build, patch->span, "this patch does not fit %.*s '%.*s': %s",
                       SV_ARG(object->kind), SV_ARG(object->now.name), why);
    }
    if (!merged && kps_build_pay(build, patch->span, build->objects.n)) {
        drop_object(build, index);
        return false;
    }
    if (!merged) {
        return true; /* too much is deleted for the budget, which was reported */
    }
    object->root = keep_identity(build, object->root, merged, entry);
    keep_before(build, object, name);
    return true;
}

static void patch_json(struct kps_build *build, struct kps_build_object *object,
                       const struct kps_ynode *ops)
{
    const char *why = NULL;
    struct kps_span at = ops->span;
    if (!kps_build_pay(build, ops->span, (uint64_t)ops->span.len + object->root->span.len)) {
        return;
    }
    const struct kps_ynode *made =
        kps_patch_json(build->arena, object->root, ops, &build->budget, &why, &at);
    if (!made) {
        kps_build_fail(build, at, "this operation does not fit %.*s '%.*s': %s",
                       SV_ARG(object->kind), SV_ARG(object->now.name), why ? why : "");
        return;
    }
    const struct kps_build_name before = object->now;
    object->root = made;
    keep_before(build, object, before);
}

static bool has_name(const struct kps_build_object *object, struct kps_build_name wanted,
                     bool any_time)
{
    struct kps_sv there = wanted.namespace.n ? wanted.namespace : SV("default");
    for (const struct kps_build_name *at = &object->now; at; at = any_time ? at->before : NULL) {
        struct kps_sv here = at->namespace.n ? at->namespace : SV("default");
        if (kps_sv_eq(at->name, wanted.name) && kps_sv_eq(here, there)) {
            return true;
        }
    }
    return false;
}

/*
 * The object that a patch without a target names itself: the only one of the name, else the only
 * one that ever had the name. *ret_n is the number of those.
 */
static uint32_t find_named(const struct kps_build *build, uint32_t first, struct kps_sv api_version,
                           struct kps_sv kind, struct kps_build_name wanted, uint32_t *ret_n)
{
    uint32_t found = UINT32_MAX;
    *ret_n = 0;
    for (int any_time = 0; any_time < 2 && *ret_n != 1; any_time++) {
        *ret_n = 0;
        for (uint32_t i = first; i < build->objects.n; i++) {
            const struct kps_build_object *object = build->objects.v[i];
            if (kps_sv_eq(object->kind, kind) && kps_sv_eq(object->api_version, api_version) &&
                has_name(object, wanted, any_time)) {
                found = (*ret_n)++ ? found : i;
            }
        }
    }
    return found;
}

/* Apply a strategic merge patch to the object that the patch names. */
static void patch_named(struct kps_build *build, const struct kps_ynode *entry, uint32_t first,
                        const struct kps_ynode *patch)
{
    struct kps_sv version = kps_tree_get_text(patch, "apiVersion");
    struct kps_sv kind = kps_tree_get_text(patch, "kind");
    struct kps_build_name wanted = {kps_tree_get_text(patch, "metadata.name"),
                                    kps_tree_get_text(patch, "metadata.namespace"), NULL};
    if (!kps_build_pay(build, entry->span, build->objects.n)) {
        return;
    }
    uint32_t n = 0;
    uint32_t index = find_named(build, first, version, kind, wanted, &n);
    if (n > 1) {
        kps_build_fail(build, entry->span, "%u resources here are %.*s '%.*s', which is patched", n,
                       SV_ARG(kind), SV_ARG(wanted.name));
    } else if (n) {
        (void)merge_into(build, index, entry, patch);
    } else if (!build->is_open && !kps_portless_kind(version, kind)) {
        kps_build_fail(build, entry->span, "no resource here is %.*s '%.*s', which is patched",
                       SV_ARG(kind), SV_ARG(wanted.name));
    }
}

/* A patch for all objects that its target selects. */
static void patch_selected(struct kps_build *build, const struct kps_ynode *entry, uint32_t first,
                           const struct kps_ynode *patch)
{
    struct kps_build_selector target;
    bool is_json = patch->kind == KPS_Y_SEQ;
    if (!kps_build_pay(build, patch->span, build->objects.n)) {
        return;
    }
    kps_build_selector_open(build, kps_ynode_field(entry, "target"), true, &target);
    for (uint32_t i = first; i < build->objects.n;) {
        bool stays = true;
        bool is_meant = kps_build_selects(build, &target, build->objects.v[i]);
        if (is_meant && is_json) {
            patch_json(build, build->objects.v[i], patch);
        } else if (is_meant) {
            stays = merge_into(build, i, entry, patch);
        }
        i += stays ? 1 : 0;
    }
}

/* Report a document of a patch that kustomize refuses beside a target. */
static void check_document(struct kps_build *build, const struct patch *patch,
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
        kps_build_refuse(build, document->span, "%s", why);
    }
}

static void apply_patch(struct kps_build *build, const struct patch *patch,
                        const struct kps_ynode *target, bool is_json6902, uint32_t first)
{
    for (uint32_t i = 0; i < patch->n; i++) {
        const struct kps_ynode *document = patch->documents[i];
        if (target) {
            check_document(build, patch, document, is_json6902);
            patch_selected(build, patch->entry, first, document);
        } else if (document->kind == KPS_Y_MAP) {
            patch_named(build, patch->entry, first, document);
        } else {
            kps_build_fail(build, patch->entry->span,
                           "a list of operations needs a target to be applied to");
        }
    }
}

static struct patch *start_patch(struct kps_build *build, const struct kps_ynode *entry)
{
    struct patch *patch = KPS_NEW(build->arena, struct patch);
    patch->entry = entry;
    return patch;
}

/* `patches` and `patchesJson6902`: a path or a text, with a target. */
static void apply_list(struct kps_build *build, const struct kps_kustomization *kz,
                       const char *field, uint32_t first)
{
    bool is_json6902 = kps_sv_is(kps_sv_of(field), "patchesJson6902");
    const struct kps_ynode *list = kps_ynode_field(kz->root, field);
    for (uint32_t i = 0; list && list->kind == KPS_Y_SEQ && i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_resolve(list->edges[i].val);
        const struct kps_ynode *path = kps_ynode_field(entry, "path");
        const struct kps_ynode *text = kps_ynode_field(entry, "patch");
        const struct kps_ynode *target = kps_ynode_field(entry, "target");
        struct patch *patch = start_patch(build, entry);
        bool has_path = path && kps_ynode_text(path).n;
        if (has_path == (text && kps_ynode_text(text).n)) {
            kps_build_refuse(build, entry->span, "a patch has either a 'path' or a 'patch'");
        } else if (is_json6902 && kps_tree_get_text(target, "name").n == 0) {
            kps_build_refuse(build, entry->span, "'patchesJson6902' wants the name of its target");
        }
        if (has_path) {
            read_file(build, kz, patch, path);
        } else if (text && text->kind == KPS_Y_SCALAR) {
            read_inline(build, patch, text);
        }
        apply_patch(build, patch, target, is_json6902, first);
    }
}

/* `patchesStrategicMerge`: a path, or the patch itself as a text. */
static void apply_strategic(struct kps_build *build, const struct kps_kustomization *kz,
                            uint32_t first)
{
    const struct kps_ynode *list = kps_ynode_field(kz->root, "patchesStrategicMerge");
    for (uint32_t i = 0; list && list->kind == KPS_Y_SEQ && i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_resolve(list->edges[i].val);
        struct patch *patch = start_patch(build, entry);
        if (kps_sv_find(kps_ynode_text(entry), '\n') < kps_ynode_text(entry).n) {
            read_inline(build, patch, entry);
        } else {
            read_file(build, kz, patch, entry);
        }
        apply_patch(build, patch, NULL, false, first);
    }
}

void kps_build_patch(struct kps_build *build, const struct kps_kustomization *kz, uint32_t first)
{
    apply_strategic(build, kz, first);
    apply_list(build, kz, "patches", first);
}

void kps_build_patch_json6902(struct kps_build *build, const struct kps_kustomization *kz,
                              uint32_t first)
{
    apply_list(build, kz, "patchesJson6902", first);
}
