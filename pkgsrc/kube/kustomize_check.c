#include "kube/kustomize_build.h"

#include "base/path.h"
#include "kube/scalar.h"
#include "kube/tree.h"
#include "texts/text.h"

static enum kps_ytype find_type(struct kps_sv type)
{
    if (kps_sv_has_tail(type, "[]")) {
        return KPS_T_SEQ;
    }
    if (kps_sv_is(type, "text")) {
        return KPS_T_STR;
    }
    if (kps_sv_is(type, "flag")) {
        return KPS_T_BOOL;
    }
    return kps_sv_is(type, "number") ? KPS_T_INT : KPS_T_MAP;
}

static void check_struct(struct kps_build *build, const struct kps_ynode *map, struct kps_sv what,
                         struct kps_sv fields);

/* Check the value of the field `name`; null fits everywhere. */
static void check_value(struct kps_build *build, const struct kps_ynode *value, struct kps_sv name,
                        struct kps_sv type)
{
    enum kps_ytype wanted = find_type(type);
    enum kps_ytype found = kps_kube_scalar(value).type;
    bool has_items = kps_sv_ends_with_any(type, "[] {}");
    if (found != wanted) {
        if (found != KPS_T_NULL) {
            kps_build_fail(build, value, "'%.*s' wants %s here, not %s", SV_ARG(name),
                           kps_ynode_type_name(wanted), kps_ynode_type_name(found));
        }
        return;
    }
    for (uint32_t i = 0; has_items && i < value->n; i++) {
        check_value(build, kps_ynode_item(value, i), name, kps_sv_head(type, type.n - 2));
    }
    struct kps_sv fields = has_items ? SV("") : kps_text_row(build->structs, type);
    if (fields.n) {
        check_struct(build, value, name, fields);
    }
}

static void check_struct(struct kps_build *build, const struct kps_ynode *map, struct kps_sv what,
                         struct kps_sv fields)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_ynode *key = map->edges[i].key;
        struct kps_sv field = {"", 0};
        bool found = false;
        for (struct kps_sv rest = fields; !found && kps_sv_next(&rest, ' ', &field);) {
            found = kps_sv_eq_nocase(kps_ynode_text(key), kps_sv_before(field, '='));
        }
        if (found) {
            check_value(build, kps_ynode_item(map, i), kps_sv_before(field, '='),
                        kps_sv_after(field, '='));
        } else {
            struct kps_sv name = kps_ynode_text(key);
            kps_build_fail(build, key, "%.*s has no field '%.*s'", SV_ARG(what), SV_ARG(name));
        }
    }
}

/* Check a mapping that is a struct of its own. */
static void check_root(struct kps_build *build, const struct kps_ynode *root, struct kps_sv what,
                       struct kps_sv name)
{
    if (kps_ynode_count(root, KPS_Y_MAP)) {
        check_struct(build, root, what, kps_text_row(build->structs, name));
    }
}

void kps_build_check_configuration(struct kps_build *build, const struct kps_ynode *root)
{
    check_root(build, root, SV("a file of 'configurations'"), SV("configuration"));
}

void kps_build_check_replacement(struct kps_build *build, const struct kps_ynode *root)
{
    /* without a source, others are refused where they apply */
    check_root(build, root, SV("a replacement"), SV("replacement"));
}

void kps_build_check_field_specs(struct kps_build *build, const struct kps_ynode *specs)
{
    check_value(build, specs, SV("fieldSpecs"), SV("object[]"));
}

/* Report a file of `crds` that is no OpenAPI definition: a mapping of mappings. */
static void check_definitions(struct kps_build *build, const struct kps_ynode *entry)
{
    const struct kps_build_documents *documents = kps_build_read_file(build, entry);
    const struct kps_ynode *root = documents->n ? documents->v[0] : NULL;
    bool is_good = root && root->kind == KPS_Y_MAP;
    for (uint32_t i = 0; is_good && i < root->n; i++) {
        const struct kps_ynode *value = kps_ynode_item(root, i);
        is_good = value->kind == KPS_Y_MAP || kps_tree_is_null(value);
    }
    if (!is_good && !kps_kustomization_is_remote(kps_ynode_text(entry))) {
        kps_build_refuse(build, entry, "'crds' wants files of OpenAPI definitions, not of objects");
    }
}

void kps_build_check_files(struct kps_build *build)
{
    const struct kps_ynode *version = kps_tree_get(build->kz->root, "openapi.version");
    const struct kps_ynode *schema = kps_tree_get(build->kz->root, "openapi.path");
    if (version && schema) {
        kps_build_refuse(build, version, "'openapi' has either a 'path' or a 'version'");
    } else if (version && !kps_sv_is(kps_ynode_text(version), "v1.21.2")) {
        kps_build_refuse(build, version, "kustomize has no OpenAPI of this version");
    } else if (schema && !kps_kustomization_is_remote(kps_ynode_text(schema))) {
        (void)kps_build_load(build, schema);
    }
    const struct kps_ynode *crds = kps_ynode_field(build->kz->root, "crds");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(crds, i)) != NULL; i++) {
        check_definitions(build, entry);
    }
    const struct kps_ynode *validators = kps_ynode_field(build->kz->root, "validators");
    for (uint32_t i = 0; (entry = kps_tree_item(validators, i)) != NULL; i++) {
        struct kps_sv text = kps_ynode_text(entry);
        struct kps_sv path = kps_path_join(build->arena, build->kz->folder, text);
        if (!kps_kustomization_is_inline(text) && !kps_kustomization_is_remote(text) &&
            build->k->fs->kind(build->k->fs, path.p) == KPS_FS_NONE) {
            (void)kps_build_load(build, entry);
        }
    }
}

/* Return true for a field that asks for something: neither apiVersion nor kind, and not null. */
static bool has_content(const struct kps_ynode *root)
{
    for (uint32_t i = 0; i < root->n; i++) {
        struct kps_sv key = kps_ynode_text(root->edges[i].key);
        if (!kps_sv_eq_nocase(key, SV("apiVersion")) && !kps_sv_eq_nocase(key, SV("kind")) &&
            !kps_tree_is_null(kps_ynode_item(root, i))) {
            return true;
        }
    }
    return false;
}

void kps_build_check(struct kps_build *build)
{
    struct kps_sv kind = kps_tree_get_text(build->kz->root, "kind");
    struct kps_sv version = kps_tree_get_text(build->kz->root, "apiVersion");
    struct kps_sv wanted = build->kz->is_component ? SV("kustomize.config.k8s.io/v1alpha1")
                                                   : SV("kustomize.config.k8s.io/v1beta1");
    check_root(build, build->kz->root, SV("a kustomization"), SV("kustomization"));
    if (build->kz->has_two_files) {
        kps_build_fail(build, build->kz->root, "the folder has more than one kustomization file");
    }
    if (kind.n && !build->kz->is_component && !kps_sv_is(kind, "Kustomization")) {
        kps_build_refuse(build, kps_ynode_field(build->kz->root, "kind"),
                         "the kind of this file is to be Kustomization or Component");
    } else if (version.n && !kps_sv_eq(version, wanted)) {
        kps_build_refuse(build, kps_ynode_field(build->kz->root, "apiVersion"),
                         "the apiVersion of a %s is %.*s",
                         build->kz->is_component ? "Component" : "Kustomization", SV_ARG(wanted));
    }
    struct kps_sv order = kps_tree_get_text(build->kz->root, "sortOptions.order");
    if (order.n &&
        (!kps_sv_is_one_of(order, "fifo legacy") ||
         (order.p[0] == 'f' && kps_tree_get(build->kz->root, "sortOptions.legacySortOptions")))) {
        kps_build_refuse(build, kps_ynode_field(build->kz->root, "sortOptions"),
                         "the order is fifo, or legacy with its options");
    }
    if (!has_content(build->kz->root)) {
        kps_build_refuse(build, build->kz->root, "this kustomization is empty");
    }
}
