#include "kube/kustomize_build.h"

#include "base/path.h"
#include "kube/tree.h"

/*
 * `generators` and `transformers`: files that configure a plugin. A plugin that is part of
 * kustomize does the work of a field of a kustomization, and is applied as that field; other
 * plugins are programs, and are not run.
 */

#define AFFIXES "PrefixTransformer SuffixTransformer PrefixSuffixTransformer"

/* Built-in plugins: which of their fields is which field of a kustomization. */
struct plugin_field {
    const char *kinds, *from, *to;
    bool in_list; /* the field of the kustomization is a list of such values */
};

static const struct plugin_field plugin_fields[] = {
    {"NamespaceTransformer", "metadata.namespace", "namespace", false},
    {"PrefixTransformer PrefixSuffixTransformer", "prefix", "namePrefix", false},
    {"SuffixTransformer PrefixSuffixTransformer", "suffix", "nameSuffix", false},
    {AFFIXES, "fieldSpecs", "fieldSpecs", false}, /* see set_affixes */
    {"ReplicaCountTransformer", "replica", "replicas", true},
    {"ImageTagTransformer", "imageTag", "images", true},
    {"PatchStrategicMergeTransformer", "paths", "patchesStrategicMerge", false},
    {"ReplacementTransformer", "replacements", "replacements", false},
};

/* Built-in plugins without a word about ports, and those whose work is not done here. */
static const char harmless[] =
    "AnnotationsTransformer ConfigMapGenerator SecretGenerator HashTransformer";
static const char others[] = "HelmChartInflationGenerator IAMPolicyGenerator ValueAddTransformer "
                             "PatchTransformer PatchJson6902Transformer LabelTransformer";

/* Report a built-in plugin that kustomize refuses in this field. */
static void check_builtin(struct kps_build *build, const struct kps_ynode *config,
                          const char *field)
{
    struct kps_sv kind = kps_tree_get_text(config, "kind");
    bool is_known = kps_sv_is_one_of(kind, harmless) || kps_sv_is_one_of(kind, others);
    for (size_t i = 0; i < KPS_COUNT(plugin_fields); i++) {
        is_known = is_known || kps_sv_is_one_of(kind, plugin_fields[i].kinds);
    }
    bool is_generator = kps_sv_has_tail(kind, "Generator");
    const struct kps_ynode *specs = kps_ynode_field(config, "fieldSpecs");
    bool has_specs = specs && !kps_tree_is_null(specs);
    if (!is_known) {
        kps_build_fail(build, config, "there is no built-in plugin '%.*s'", SV_ARG(kind));
    } else if (is_generator != kps_sv_is(kps_sv_of(field), "generators")) {
        kps_build_fail(build, config, "'%.*s' does not belong under '%s'", SV_ARG(kind), field);
    } else if (kps_sv_is_one_of(kind, AFFIXES) && !has_specs) {
        kps_build_fail(build, config, "'%.*s' needs 'fieldSpecs'", SV_ARG(kind));
    } else if (has_specs) {
        kps_build_check_field_specs(build, specs);
    }
}

/* The entry of `patches` or `labels` that a plugin's own file amounts to. */
static const struct kps_ynode *make_entry(struct kps_build *build, const struct kps_ynode *config,
                                          struct kps_sv kind, struct kps_sv *ret_field)
{
    struct kps_arena *arena = build->arena;
    if (kps_sv_is_one_of(kind, "PatchTransformer PatchJson6902Transformer")) {
        const struct kps_ynode *text = kps_ynode_field(config, "jsonOp");
        *ret_field = kps_sv_is(kind, "PatchTransformer") ? SV("patches") : SV("patchesJson6902");
        return text ? kps_tree_set(arena, config, SV("patch"), text) : config;
    }
    const struct kps_ynode *labels = kps_ynode_field(config, "labels");
    if (!kps_sv_is(kind, "LabelTransformer") || !labels) {
        return NULL;
    }
    const struct kps_ynode *specs = kps_ynode_field(config, "fieldSpecs");
    bool in_selectors = false;
    bool in_templates = false;
    const struct kps_ynode *spec = NULL;
    for (uint32_t i = 0; (spec = kps_tree_item(specs, i)) != NULL; i++) {
        struct kps_sv path = kps_tree_get_text(spec, "path");
        in_selectors = in_selectors || kps_sv_has_any(path, "selector");
        in_templates = in_templates || kps_sv_has_any(path, "template");
    }
    const struct kps_ynode *yes = kps_tree_plain(arena, config, SV("true"));
    const struct kps_ynode *entry = kps_tree_set(arena, NULL, SV("pairs"), labels);
    entry = in_selectors ? kps_tree_set(arena, entry, SV("includeSelectors"), yes) : entry;
    entry = in_templates ? kps_tree_set(arena, entry, SV("includeTemplates"), yes) : entry;
    *ret_field = SV("labels");
    return entry;
}

/* Return the kustomization equal to the plugin; NULL: no built-in plugin. */
static const struct kps_ynode *make_root(struct kps_build *build, const struct kps_ynode *config)
{
    struct kps_arena *arena = build->arena;
    struct kps_sv kind = kps_tree_get_text(config, "kind");
    struct kps_sv field = {"", 0};
    const struct kps_ynode *entry = make_entry(build, config, kind, &field);
    const struct kps_ynode *root = NULL;
    if (entry) {
        const struct kps_ynode *list = kps_tree_insert(arena, NULL, 0, entry);
        return kps_tree_set(arena, NULL, field, list);
    }
    for (size_t i = 0; i < KPS_COUNT(plugin_fields); i++) {
        const struct plugin_field *row = &plugin_fields[i];
        const struct kps_ynode *value =
            kps_sv_is_one_of(kind, row->kinds) ? kps_tree_get(config, row->from) : NULL;
        if (value) {
            value = row->in_list ? kps_tree_insert(arena, NULL, 0, value) : value;
            root = kps_tree_set(arena, root, kps_sv_of(row->to), value);
        }
    }
    bool is_empty = !root && kps_sv_is_one_of(kind, harmless);
    return is_empty ? kps_tree_empty(arena, KPS_Y_MAP, config->span) : root;
}

static void apply_config(struct kps_build *build, const struct kps_ynode *entry,
                         const struct kps_ynode *config, const char *field)
{
    bool is_builtin = kps_tree_is(config, "apiVersion", "builtin");
    const struct kps_kustomization *kz = build->kz;
    struct kps_kustomization made = *kz;
    made.root = is_builtin ? make_root(build, config) : NULL;
    if (kps_tree_get_text(config, "kind").n == 0 ||
        kps_tree_get_text(config, "metadata.name").n == 0) {
        kps_build_fail(build, config, "the configuration of a plugin needs a kind and a name");
    } else if (is_builtin) {
        check_builtin(build, config, field);
    }
    if (!made.root) {
        kps_build_note_remote(build, entry, kps_tree_get_text(config, "kind"));
        return;
    }
    build->kz = &made;
    kps_build_transform(build);
    build->kz = kz;
}

/* Folders of plugins inside each other. */
enum { MOST_FOLDERS = 8 };

static void apply_entry(struct kps_build *build, const struct kps_ynode *entry, const char *field,
                        unsigned depth);

/* Apply the plugins that a kustomization has as its resources. */
static bool apply_folder(struct kps_build *build, struct kps_sv path, const char *field,
                         unsigned depth)
{
    const struct kps_kustomization *kz = kps_kustomization_find(build->k, path);
    const struct kps_kustomization *outer = build->kz;
    const struct kps_ynode *list = kz ? kps_ynode_field(kz->root, "resources") : NULL;
    if (!list || list->kind != KPS_Y_SEQ || depth > MOST_FOLDERS) {
        return false;
    }
    build->kz = kz;
    for (uint32_t i = 0; i < list->n && kps_build_pay(build, list, list->n); i++) {
        apply_entry(build, kps_ynode_item(list, i), field, depth + 1);
    }
    build->kz = outer;
    return true;
}

static void apply_entry(struct kps_build *build, const struct kps_ynode *entry, const char *field,
                        unsigned depth)
{
    struct kps_sv text = kps_ynode_text(entry);
    struct kps_sv path = kps_path_join(build->arena, build->kz->folder, text);
    bool is_path = entry->kind == KPS_Y_SCALAR && !kps_kustomization_is_inline(text);
    enum kps_fs_kind kind = is_path ? build->k->fs->kind(build->k->fs, path.p) : KPS_FS_NONE;
    if (kind == KPS_FS_DIR && apply_folder(build, path, field, depth)) {
        return;
    }
    if (kps_kustomization_is_remote(text) && kind == KPS_FS_NONE) {
        kps_build_note_remote(build, entry, text);
        return;
    }
    const struct kps_build_documents *documents = kps_build_read_entry(build, entry);
    if (!documents->is_read) {
        /* a ConfigMap may configure a function, which is a program */
        kps_build_note_remote(build, entry, SV("a plugin"));
        return;
    }
    for (uint32_t i = 0; i < documents->n; i++) {
        if (documents->v[i]->kind == KPS_Y_MAP) {
            apply_config(build, entry, documents->v[i], field);
        }
    }
}

void kps_build_plugins(struct kps_build *build, const char *field)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, field);
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        apply_entry(build, entry, field, 0);
    }
}
