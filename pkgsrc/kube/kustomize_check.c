#include "kube/kustomize_build.h"

#include "base/path.h"
#include "kube/scalar.h"
#include "kube/tree.h"

/*
 * The structs that kustomize 5.5 decodes strictly: api/types (Kustomization and its parts) and
 * api/internal/plugins/builtinconfig (a file of `configurations`).
 */

enum shape { ANY, TEXT, FLAG, NUMBER, TEXTS, TEXT_MAP, FLAG_MAP, OBJECT, OBJECTS };

/* A field; `parts` are the fields of an OBJECT, or of each of OBJECTS. An empty name ends a list.
 */
struct field {
    char name[28];
    uint8_t shape;
    const struct field *parts; /* NULL: the content is not looked at */
};

static const struct field fieldspec[] = {{"group", TEXT, NULL},  {"version", TEXT, NULL},
                                         {"kind", TEXT, NULL},   {"path", TEXT, NULL},
                                         {"create", FLAG, NULL}, {"", ANY, NULL}};
static const struct field name_reference[] = {{"group", TEXT, NULL},
                                              {"version", TEXT, NULL},
                                              {"kind", TEXT, NULL},
                                              {"fieldSpecs", OBJECTS, fieldspec},
                                              {"", ANY, NULL}};
static const struct field configuration[] = {{"namePrefix", OBJECTS, fieldspec},
                                             {"nameSuffix", OBJECTS, fieldspec},
                                             {"namespace", OBJECTS, fieldspec},
                                             {"commonLabels", OBJECTS, fieldspec},
                                             {"labels", OBJECTS, fieldspec},
                                             {"templateLabels", OBJECTS, fieldspec},
                                             {"commonAnnotations", OBJECTS, fieldspec},
                                             {"nameReference", OBJECTS, name_reference},
                                             {"varReference", OBJECTS, fieldspec},
                                             {"images", OBJECTS, fieldspec},
                                             {"replicas", OBJECTS, fieldspec},
                                             {"", ANY, NULL}};
static const struct field selector[] = {{"group", TEXT, NULL},
                                        {"version", TEXT, NULL},
                                        {"kind", TEXT, NULL},
                                        {"name", TEXT, NULL},
                                        {"namespace", TEXT, NULL},
                                        {"labelSelector", TEXT, NULL},
                                        {"annotationSelector", TEXT, NULL},
                                        {"", ANY, NULL}};
static const struct field patch[] = {{"path", TEXT, NULL},
                                     {"patch", TEXT, NULL},
                                     {"target", OBJECT, selector},
                                     {"options", FLAG_MAP, NULL},
                                     {"", ANY, NULL}};
static const struct field image[] = {{"name", TEXT, NULL},   {"newName", TEXT, NULL},
                                     {"newTag", TEXT, NULL}, {"tagSuffix", TEXT, NULL},
                                     {"digest", TEXT, NULL}, {"", ANY, NULL}};
static const struct field replica[] = {
    {"name", TEXT, NULL}, {"count", NUMBER, NULL}, {"", ANY, NULL}};
static const struct field label[] = {{"pairs", TEXT_MAP, NULL},
                                     {"includeSelectors", FLAG, NULL},
                                     {"includeTemplates", FLAG, NULL},
                                     {"fields", OBJECTS, fieldspec},
                                     {"", ANY, NULL}};
static const struct field generator_options[] = {{"labels", TEXT_MAP, NULL},
                                                 {"annotations", TEXT_MAP, NULL},
                                                 {"disableNameSuffixHash", FLAG, NULL},
                                                 {"immutable", FLAG, NULL},
                                                 {"", ANY, NULL}};
static const struct field generator[] = {
    {"name", TEXT, NULL},  {"namespace", TEXT, NULL}, {"behavior", TEXT, NULL},
    {"type", TEXT, NULL},  {"literals", TEXTS, NULL}, {"files", TEXTS, NULL},
    {"envs", TEXTS, NULL}, {"env", TEXT, NULL},       {"options", OBJECT, generator_options},
    {"", ANY, NULL}};
static const struct field var_object[] = {{"apiVersion", TEXT, NULL},
                                          {"group", TEXT, NULL},
                                          {"version", TEXT, NULL},
                                          {"kind", TEXT, NULL},
                                          {"name", TEXT, NULL},
                                          {"namespace", TEXT, NULL},
                                          {"", ANY, NULL}};
static const struct field var_field[] = {{"fieldPath", TEXT, NULL}, {"", ANY, NULL}};
static const struct field var[] = {{"name", TEXT, NULL},
                                   {"objref", OBJECT, var_object},
                                   {"fieldref", OBJECT, var_field},
                                   {"", ANY, NULL}};
static const struct field field_options[] = {{"delimiter", TEXT, NULL},
                                             {"index", NUMBER, NULL},
                                             {"encoding", TEXT, NULL},
                                             {"create", FLAG, NULL},
                                             {"", ANY, NULL}};
static const struct field source[] = {{"group", TEXT, NULL},
                                      {"version", TEXT, NULL},
                                      {"kind", TEXT, NULL},
                                      {"name", TEXT, NULL},
                                      {"namespace", TEXT, NULL},
                                      {"fieldPath", TEXT, NULL},
                                      {"options", OBJECT, field_options},
                                      {"", ANY, NULL}};
static const struct field target[] = {{"select", OBJECT, selector},
                                      {"reject", OBJECTS, selector},
                                      {"fieldPaths", TEXTS, NULL},
                                      {"options", OBJECT, field_options},
                                      {"", ANY, NULL}};
static const struct field replacement[] = {{"path", TEXT, NULL},
                                           {"source", OBJECT, source},
                                           {"sourceValue", TEXT, NULL}, /* kustomize 5.7 */
                                           {"targets", OBJECTS, target},
                                           {"", ANY, NULL}};
static const struct field metadata[] = {{"name", TEXT, NULL},
                                        {"namespace", TEXT, NULL},
                                        {"labels", TEXT_MAP, NULL},
                                        {"annotations", TEXT_MAP, NULL},
                                        {"", ANY, NULL}};
static const struct field kustomization[] = {{"apiVersion", TEXT, NULL},
                                             {"kind", TEXT, NULL},
                                             {"metadata", OBJECT, metadata},
                                             {"openapi", TEXT_MAP, NULL},
                                             {"namePrefix", TEXT, NULL},
                                             {"nameSuffix", TEXT, NULL},
                                             {"namespace", TEXT, NULL},
                                             {"commonLabels", TEXT_MAP, NULL},
                                             {"labels", OBJECTS, label},
                                             {"commonAnnotations", TEXT_MAP, NULL},
                                             {"patches", OBJECTS, patch},
                                             {"patchesStrategicMerge", TEXTS, NULL},
                                             {"patchesJson6902", OBJECTS, patch},
                                             {"images", OBJECTS, image},
                                             {"imageTags", OBJECTS, image},
                                             {"replacements", OBJECTS, replacement},
                                             {"replicas", OBJECTS, replica},
                                             {"vars", OBJECTS, var},
                                             {"sortOptions", OBJECT, NULL},
                                             {"resources", TEXTS, NULL},
                                             {"components", TEXTS, NULL},
                                             {"crds", TEXTS, NULL},
                                             {"bases", TEXTS, NULL},
                                             {"configMapGenerator", OBJECTS, generator},
                                             {"secretGenerator", OBJECTS, generator},
                                             {"helmGlobals", OBJECT, NULL},
                                             {"helmCharts", OBJECTS, NULL},
                                             {"generatorOptions", OBJECT, generator_options},
                                             {"generators", TEXTS, NULL},
                                             {"helmChartInflationGenerator", OBJECTS, NULL},
                                             {"configurations", TEXTS, NULL},
                                             {"transformers", TEXTS, NULL},
                                             {"validators", TEXTS, NULL},
                                             {"buildMetadata", TEXTS, NULL},
                                             {"", ANY, NULL}};

static void check_struct(struct kps_build *build, const struct kps_ynode *map, const char *what,
                         const struct field *fields);

/* Report a value whose type is not `wanted`; null fits everywhere. */
static bool has_type(struct kps_build *build, const struct kps_ynode *value, enum kps_ytype wanted,
                     const struct field *field)
{
    enum kps_ytype type = kps_kube_scalar(value).type;
    if (type == wanted || type == KPS_T_NULL) {
        return type == wanted;
    }
    kps_build_fail(build, value->span, "'%s' wants %s here, not %s", field->name,
                   kps_ynode_type_name(wanted), kps_ynode_type_name(type));
    return false;
}

static void check_value(struct kps_build *build, const struct kps_ynode *value,
                        const struct field *field)
{
    static const uint8_t types[] = {
        [TEXT] = KPS_T_STR,     [FLAG] = KPS_T_BOOL,  [NUMBER] = KPS_T_INT,
        [TEXTS] = KPS_T_SEQ,    [OBJECT] = KPS_T_MAP, [TEXT_MAP] = KPS_T_MAP,
        [FLAG_MAP] = KPS_T_MAP, [OBJECTS] = KPS_T_SEQ};
    static const uint8_t items[] = {[TEXTS] = KPS_T_STR,
                                    [TEXT_MAP] = KPS_T_STR,
                                    [FLAG_MAP] = KPS_T_BOOL,
                                    [OBJECTS] = KPS_T_MAP};
    if (field->shape == ANY || !has_type(build, value, types[field->shape], field)) {
        return;
    }
    if (field->shape == OBJECT && field->parts) {
        check_struct(build, value, field->name, field->parts);
    }
    bool has_items = field->shape >= TEXTS && field->shape != OBJECT;
    for (uint32_t i = 0; has_items && i < value->n; i++) {
        const struct kps_ynode *item = kps_ynode_item(value, i);
        if (has_type(build, item, items[field->shape], field) && field->parts) {
            check_struct(build, item, field->name, field->parts);
        }
    }
}

static void check_struct(struct kps_build *build, const struct kps_ynode *map, const char *what,
                         const struct field *fields)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_ynode *key = map->edges[i].key;
        const struct field *field = fields;
        while (field->name[0] && !kps_sv_eq_nocase(kps_ynode_text(key), kps_sv_of(field->name))) {
            field++;
        }
        if (field->name[0]) {
            check_value(build, kps_ynode_item(map, i), field);
        } else {
            kps_build_fail(build, key->span, "%s has no field '%.*s'", what,
                           SV_ARG(kps_ynode_text(key)));
        }
    }
}

void kps_build_check_configuration(struct kps_build *build, const struct kps_ynode *root)
{
    if (root && root->kind == KPS_Y_MAP) {
        check_struct(build, root, "a file of 'configurations'", configuration);
    }
}

void kps_build_check_replacement(struct kps_build *build, const struct kps_ynode *root)
{
    if (root->kind == KPS_Y_MAP) { /* without a source, others are refused where they apply */
        check_struct(build, root, "a replacement", replacement);
    }
}

void kps_build_check_field_specs(struct kps_build *build, const struct kps_ynode *specs)
{
    static const struct field list = {"fieldSpecs", OBJECTS, NULL};
    check_value(build, specs, &list);
}

/* Report a file of `crds` that is no OpenAPI definition: a mapping of mappings. */
static void check_definitions(struct kps_build *build, const struct kps_kustomization *kz,
                              const struct kps_ynode *entry)
{
    const struct kps_build_documents *documents = kps_build_read_file(build, kz, entry);
    const struct kps_ynode *root = documents->n ? documents->v[0] : NULL;
    bool is_good = root && root->kind == KPS_Y_MAP;
    for (uint32_t i = 0; is_good && i < root->n; i++) {
        const struct kps_ynode *value = kps_ynode_item(root, i);
        is_good = value->kind == KPS_Y_MAP || kps_tree_is_null(value);
    }
    if (!is_good && !kps_kustomization_is_remote(kps_ynode_text(entry))) {
        kps_build_refuse(build, entry->span,
                         "'crds' wants files of OpenAPI definitions, not of objects");
    }
}

void kps_build_check_files(struct kps_build *build, const struct kps_kustomization *kz)
{
    const struct kps_ynode *version = kps_tree_get(kz->root, "openapi.version");
    const struct kps_ynode *schema = kps_tree_get(kz->root, "openapi.path");
    if (version && schema) {
        kps_build_refuse(build, version->span, "'openapi' has either a 'path' or a 'version'");
    } else if (version && !kps_sv_is(kps_ynode_text(version), "v1.21.2")) {
        kps_build_refuse(build, version->span, "kustomize has no OpenAPI of this version");
    } else if (schema && !kps_kustomization_is_remote(kps_ynode_text(schema))) {
        (void)kps_build_load(build, kz, schema);
    }
    const struct kps_ynode *crds = kps_ynode_field(kz->root, "crds");
    for (uint32_t i = 0; i < kps_ynode_count(crds, KPS_Y_SEQ); i++) {
        check_definitions(build, kz, kps_ynode_item(crds, i));
    }
    const struct kps_ynode *validators = kps_ynode_field(kz->root, "validators");
    for (uint32_t i = 0; i < kps_ynode_count(validators, KPS_Y_SEQ); i++) {
        const struct kps_ynode *entry = kps_ynode_item(validators, i);
        struct kps_sv text = kps_ynode_text(entry);
        enum kps_fs_kind kind = KPS_FS_OTHER;
        struct kps_sv path = kps_path_join(build->arena, kz->folder, text);
        if (kps_sv_find(text, '\n') == text.n && !kps_kustomization_is_remote(text) &&
            build->k->fs->stat(build->k->fs, path.p, &kind) != 0) {
            (void)kps_build_load(build, kz, entry);
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

void kps_build_check(struct kps_build *build, const struct kps_kustomization *kz)
{
    struct kps_sv kind = kps_tree_get_text(kz->root, "kind");
    struct kps_sv version = kps_tree_get_text(kz->root, "apiVersion");
    struct kps_sv wanted = kz->is_component ? SV("kustomize.config.k8s.io/v1alpha1")
                                            : SV("kustomize.config.k8s.io/v1beta1");
    check_struct(build, kz->root, "a kustomization", kustomization);
    if (kz->has_two_files) {
        kps_build_fail(build, kz->root->span, "the folder has more than one kustomization file");
    }
    if (kind.n && !kz->is_component && !kps_sv_is(kind, "Kustomization")) {
        kps_build_refuse(build, kps_ynode_field(kz->root, "kind")->span,
                         "the kind of this file is to be Kustomization or Component");
    } else if (version.n && !kps_sv_eq(version, wanted)) {
        kps_build_refuse(build, kps_ynode_field(kz->root, "apiVersion")->span,
                         "the apiVersion of a %s is %.*s",
                         kz->is_component ? "Component" : "Kustomization", SV_ARG(wanted));
    }
    struct kps_sv order = kps_tree_get_text(kz->root, "sortOptions.order");
    if (order.n &&
        (!kps_sv_is_one_of(order, "fifo legacy") ||
         (order.p[0] == 'f' && kps_tree_get(kz->root, "sortOptions.legacySortOptions")))) {
        kps_build_refuse(build, kps_ynode_field(kz->root, "sortOptions")->span,
                         "the order is fifo, or legacy with its options");
    }
    if (!has_content(kz->root)) {
        kps_build_refuse(build, kz->root->span, "this kustomization is empty");
    }
}
