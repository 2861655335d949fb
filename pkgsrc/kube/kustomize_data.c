#include "kube/kustomize_build.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"
#include "kube/api_version.h"
#include "kube/tree.h"

/*
 * configMapGenerator, secretGenerator and vars. A ConfigMap holds no ports, but `vars` and
 * `replacements` copy values from ConfigMaps into ports.
 */

/*
 * Find a file of a generator. Return the absolute path; empty for a file over HTTP and for a
 * missing file (reported).
 */
static struct kps_sv find_file(struct kps_build *build, const struct kps_ynode *entry,
                               struct kps_sv text)
{
    struct kps_sv path = kps_path_join(build->arena, build->kz->folder, text);
    enum kps_fs_kind kind = build->k->fs->kind(build->k->fs, path.p);
    int error = kind == KPS_FS_NONE ? errno : 0;
    if (kind == KPS_FS_FILE || kind == KPS_FS_OTHER) {
        if (!kps_kustomization_is_below(build->kz->folder, path)) {
            kps_build_note_outside(build, entry);
        }
        return path;
    }
    if (kps_kustomization_is_remote(text)) {
        kps_build_note_remote(build, entry, text);
    } else {
        kps_build_refuse(build, entry, "cannot read '%.*s': %s", SV_ARG(text),
                         error ? strerror(error) : "it is a folder");
    }
    return (struct kps_sv){"", 0};
}

/* Read a file of a generator, which costs some memory each time. Return the error, or 0. */
static int read_bytes(struct kps_build *build, const struct kps_ynode *entry, struct kps_sv path,
                      struct kps_sv *ret)
{
    enum { BYTES_AN_EDGE = 16 };
    const struct kps_fs *fs = build->k->fs;
    if (!kps_build_pay(build, entry, 1)) {
        return EFBIG; /* an earlier file took the rest of the budget */
    }
    int error = fs->read(fs, build->arena, path.p, KPS_LIMIT_KUSTOMIZATION_BYTES, ret);
    return error || kps_build_pay(build, entry, ret->n / BYTES_AN_EDGE) ? error : EFBIG;
}

/* Add a value to the data of a generated object. A key may come once. */
static const struct kps_ynode *put_value(struct kps_build *build, const struct kps_ynode *data,
                                         const struct kps_ynode *at, struct kps_sv key,
                                         struct kps_sv value)
{
    if (!kps_build_pay(build, at, data->n)) {
        return data;
    }
    if (kps_ynode_edge(data, key)) {
        kps_build_refuse(build, at, "the key '%.*s' comes twice", SV_ARG(key));
    }
    return kps_tree_set(build->arena, data, key, kps_tree_text(build->arena, at, value));
}

/* Add "key=value" to the data of a generated object. */
static const struct kps_ynode *add_pair(struct kps_build *build, const struct kps_ynode *data,
                                        const struct kps_ynode *at, struct kps_sv pair)
{
    size_t equals = kps_sv_find(pair, '=');
    struct kps_sv value = kps_sv_from(pair, equals + 1);
    bool is_quoted = value.n > 1 && (value.p[0] == '"' || value.p[0] == '\'') &&
                     value.p[value.n - 1] == value.p[0];
    value = is_quoted ? kps_sv_slice(value, 1, value.n - 1) : value;
    return put_value(build, data, at, kps_sv_head(pair, equals), value);
}

/* The lines of an env file: NAME=value, comments and blank lines. */
static const struct kps_ynode *add_lines(struct kps_build *build, const struct kps_ynode *data,
                                         const struct kps_ynode *entry, struct kps_sv path)
{
    struct kps_sv bytes = {"", 0};
    struct kps_sv line;
    int error = path.n ? read_bytes(build, entry, path, &bytes) : 0;
    if (error) {
        struct kps_sv text = kps_ynode_text(entry);
        kps_build_refuse(build, entry, "cannot read '%.*s': %s", SV_ARG(text), strerror(error));
    }
    while (kps_sv_next(&bytes, '\n', &line)) {
        line = line.n && line.p[line.n - 1] == '\r' ? kps_sv_head(line, line.n - 1) : line;
        while (line.n && kps_is_blank(line.p[0])) {
            line = kps_sv_from(line, 1);
        }
        if (line.n && line.p[0] != '#') {
            /* without '=' the value comes from the environment of whoever runs kustomize */
            data = add_pair(build, data, entry, line);
        }
    }
    return data;
}

/*
 * Add a file of a generator, as "key=path" or under its own name. The text is read where something
 * copies values, and kept when it is UTF-8, as kustomize keeps it.
 */
static const struct kps_ynode *add_file(struct kps_build *build, const struct kps_ynode *data,
                                        const struct kps_ynode *entry)
{
    struct kps_sv text = kps_ynode_text(entry);
    size_t equals = kps_sv_find(text, '=');
    bool has_key = equals < text.n;
    struct kps_sv path = find_file(build, entry, has_key ? kps_sv_from(text, equals + 1) : text);
    struct kps_sv key = has_key ? kps_sv_head(text, equals) : kps_path_base(path);
    struct kps_sv bytes = {"", 0};
    if (has_key && (key.n == 0 || equals + 1 == text.n || kps_sv_rfind(text, '=') != equals)) {
        kps_build_refuse(build, entry, "a file is 'path' or 'key=path'");
    }
    if (path.n == 0 || !build->k->reads_data || read_bytes(build, entry, path, &bytes) ||
        kps_utf8_check(bytes) < bytes.n) {
        bytes = (struct kps_sv){"", 0};
    }
    return put_value(build, data, entry, key, bytes);
}

/* The values of a generator's entry. */
static const struct kps_ynode *make_data(struct kps_build *build, const struct kps_ynode *generator,
                                         const struct kps_ynode *data)
{
    const struct kps_ynode *files = kps_ynode_field(generator, "files");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(files, i)) != NULL; i++) {
        data = add_file(build, data, entry);
    }
    const struct kps_ynode *envs = kps_ynode_field(generator, "envs");
    for (uint32_t i = 0; (entry = kps_tree_item(envs, i)) != NULL; i++) {
        data = add_lines(build, data, entry, find_file(build, entry, kps_ynode_text(entry)));
    }
    const struct kps_ynode *env = kps_ynode_field(generator, "env");
    if (kps_ynode_text(env).n) {
        data = add_lines(build, data, env, find_file(build, env, kps_ynode_text(env)));
    }
    const struct kps_ynode *literals = kps_ynode_field(generator, "literals");
    for (uint32_t i = 0; (entry = kps_tree_item(literals, i)) != NULL; i++) {
        struct kps_sv text = kps_ynode_text(entry);
        size_t equals = kps_sv_find(text, '=');
        if (equals == 0 || equals == text.n) {
            kps_build_refuse(build, entry, "a literal is 'key=value'");
        } else {
            data = add_pair(build, data, entry, text);
        }
    }
    return data;
}

/* The object of this kind that has, or had, this name in the namespace (empty: in any); NULL: there
 * is none. */
static struct kps_build_object *find_object(const struct kps_build *build, struct kps_sv kind,
                                            struct kps_sv name, struct kps_sv namespace)
{
    for (uint32_t i = build->first; i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        if (kps_sv_eq(object->kind, kind) && kps_build_is_named(object, name, namespace, true)) {
            return object;
        }
    }
    return NULL;
}

/* Put the values of a generator over those that are there. */
static const struct kps_ynode *merge_data(struct kps_build *build, const struct kps_ynode *old,
                                          const struct kps_ynode *data)
{
    for (uint32_t i = 0; i < data->n && kps_build_pay(build, data, old->n); i++) {
        old =
            kps_tree_set(build->arena, old, kps_ynode_text(data->edges[i].key), data->edges[i].val);
    }
    return old;
}

static void generate_object(struct kps_build *build, const struct kps_ynode *generator,
                            struct kps_sv kind)
{
    struct kps_arena *arena = build->arena;
    struct kps_sv name = kps_tree_get_text(generator, "name");
    struct kps_sv namespace = kps_tree_get_text(generator, "namespace");
    struct kps_sv behavior = kps_tree_get_text(generator, "behavior");
    struct kps_build_object *object =
        find_object(build, kind, name, kps_build_namespace(namespace));
    bool is_merged = kps_sv_is(behavior, "merge");
    bool is_new = !is_merged && !kps_sv_is(behavior, "replace");
    const struct kps_ynode *old =
        object && is_merged ? kps_ynode_field(object->root, "data") : NULL;
    const struct kps_ynode *data =
        make_data(build, generator, kps_tree_empty(arena, KPS_Y_MAP, generator->span));
    data = old && old->kind == KPS_Y_MAP ? merge_data(build, old, data) : data;
    if (name.n == 0) {
        kps_build_refuse(build, generator, "a generator needs a name");
    } else if (object && is_new) {
        kps_build_refuse(build, generator,
                         "%.*s '%.*s' is here already: 'behavior' must be merge or replace",
                         SV_ARG(kind), SV_ARG(name));
    } else if (object) {
        object->root = kps_tree_set(arena, object->root, SV("data"), data);
    } else if (!is_new && kps_build_has_all(build, SV("v1"), kind)) {
        kps_build_refuse(build, generator, "no %.*s '%.*s' is here that 'behavior' could change",
                         SV_ARG(kind), SV_ARG(name));
    } else if (is_new) {
        const struct kps_ynode *root = kps_tree_empty(arena, KPS_Y_MAP, generator->span);
        root = kps_build_set_text(build, root, "apiVersion", generator, SV("v1"));
        root = kps_build_set_text(build, root, "kind", generator, kind);
        root = kps_build_set_text(build, root, "metadata.name", generator, name);
        if (namespace.n) {
            root = kps_build_set_text(build, root, "metadata.namespace", generator, namespace);
        }
        kps_build_add(build, kps_tree_set(arena, root, SV("data"), data));
    }
}

void kps_build_generate(struct kps_build *build)
{
    static const struct {
        struct kps_sv field, kind;
    } generators[] = {{SV_LIT("configMapGenerator"), SV_LIT("ConfigMap")},
                      {SV_LIT("secretGenerator"), SV_LIT("Secret")}};
    for (size_t g = 0; g < KPS_COUNT(generators); g++) {
        const struct kps_ynode *list = kps_ynode_get(build->kz->root, generators[g].field);
        for (uint32_t i = 0;
             i < kps_ynode_count(list, KPS_Y_SEQ) && kps_build_pay(build, list, build->n_names);
             i++) {
            generate_object(build, kps_ynode_item(list, i), generators[g].kind);
        }
    }
}

/* The files of `configurations`: they say where more kinds have labels, copies and variables. */
void kps_build_configure(struct kps_build *build)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "configurations");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_build_documents *documents = kps_build_read_file(build, entry);
        if (documents->n) {
            kps_build_check_configuration(build, documents->v[0]);
            *kps_vec_push(&build->configurations) = documents->v[0];
        }
    }
}

/* Return true when the object has the apiVersion that the reference of a variable names as a whole,
 * or as a group and a version. */
static bool has_version(const struct kps_build_object *object, const struct kps_ynode *reference)
{
    struct kps_sv whole = kps_tree_get_text(reference, "apiVersion");
    struct kps_sv group = kps_tree_get_text(reference, "group");
    struct kps_sv version = kps_tree_get_text(reference, "version");
    struct kps_sv have = object->api_version;
    if (kps_sv_find(whole, '/') < whole.n) {
        return kps_sv_eq(whole, have);
    }
    version = whole.n ? whole : version; /* an apiVersion beside a group is a version */
    return kps_sv_eq(group, kps_api_version_group(have)) &&
           kps_sv_eq(version, kps_api_version_version(have));
}

/*
 * `vars` (deprecated, and in use): $(NAME) stands for a field of an object. All kustomizations of
 * a build share them; the values are put in at the very end, where varReference says so (kustomize
 * 5.5: api/internal/accumulator, builtinpluginconsts/varreference.go).
 */
void kps_build_note_vars(struct kps_build *build)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "vars");
    for (uint32_t i = 0;
         i < kps_ynode_count(list, KPS_Y_SEQ) && kps_build_pay(build, list, build->n_names); i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        struct kps_sv name = kps_tree_get_text(entry, "name");
        const struct kps_build_object *object = find_object(
            build, kps_tree_get_text(entry, "objref.kind"), kps_tree_get_text(entry, "objref.name"),
            kps_tree_get_text(entry, "objref.namespace"));
        object = object && has_version(object, kps_ynode_field(entry, "objref")) ? object : NULL;
        if (!kps_map_add(&build->var_names, build->arena, name, build->vars.n)) {
            kps_build_refuse(build, entry, "variable '%.*s' comes twice", SV_ARG(name));
        }
        *kps_vec_push(&build->vars) = (struct kps_build_var){entry, object, NULL};
    }
}

/* The value at a path such as spec.ports[0].port; NULL: there is none. */
static const struct kps_ynode *find_field(struct kps_build *build, const struct kps_ynode *node,
                                          struct kps_sv path)
{
    while (node && path.n && kps_build_pay(build, node, 1 + node->n / 16)) {
        size_t end = 0;
        while (end < path.n && path.p[end] != '.' && path.p[end] != '[' && path.p[end] != ']') {
            end++;
        }
        if (end) {
            node = kps_tree_child(kps_ynode_resolve(node), kps_sv_head(path, end));
        }
        path = kps_sv_from(path, end + 1);
    }
    return node && path.n == 0 ? kps_ynode_resolve(node) : NULL;
}

/* The value of a variable as the objects have it before any is put in; NULL: there is none. */
static const struct kps_ynode *find_value(struct kps_build *build, const struct kps_build_var *var)
{
    struct kps_sv path = kps_tree_get_text(var->entry, "fieldref.fieldpath");
    if (path.n == 0) {
        path = kps_tree_get_text(var->entry, "fieldref.fieldPath");
    }
    path = path.n ? path : SV("metadata.name");
    return var->object ? find_field(build, var->object->root, path) : NULL;
}

/* A text with its variables replaced; a variable alone keeps its type. */
static const struct kps_ynode *fill_text(struct kps_build *build, const struct kps_ynode *node)
{
    struct kps_sv text = kps_ynode_text(node);
    for (size_t at = kps_sv_find(text, '$'); at + 3 < text.n;
         at += kps_sv_find(kps_sv_from(text, at), '$')) {
        struct kps_sv rest = kps_sv_from(text, at);
        size_t end = kps_sv_has_head(rest, "$(") ? kps_sv_find(rest, ')') : 0;
        uint32_t var = kps_map_get(&build->var_names, kps_sv_slice(rest, 2, end), UINT32_MAX);
        const struct kps_ynode *value =
            end < rest.n && var != UINT32_MAX ? build->vars.v[var].value : NULL;
        struct kps_sv put = kps_ynode_text(value);
        uint64_t cost = 1 + (end + (value ? text.n + put.n : 0)) / 16;
        if (!kps_build_pay(build, node, cost)) {
            return node;
        }
        if (!value || value->kind != KPS_Y_SCALAR) {
            at += kps_sv_has_head(rest, "$$") ? 2U : 1U;
            continue;
        }
        if (at == 0 && end + 1 == text.n) {
            return kps_ynode_type(value) == KPS_T_STR ? kps_tree_text(build->arena, node, put)
                                                      : kps_tree_plain(build->arena, node, put);
        }
        text = KPS_CONCAT(build->arena, kps_sv_head(text, at), put, kps_sv_from(rest, end + 1));
        node = kps_tree_text(build->arena, node, text);
        at += put.n;
    }
    return node;
}

/* The tree with variables replaced at a path of keys that slashes separate, in all items of lists
 * and, at its end, in all values of a mapping. */
static const struct kps_ynode *fill_at(struct kps_build *build, const struct kps_ynode *node,
                                       struct kps_sv path)
{
    node = node ? kps_ynode_resolve(node) : NULL;
    if (!node || (node->kind == KPS_Y_SCALAR && path.n)) {
        return node;
    }
    if (node->kind == KPS_Y_SCALAR) {
        return kps_ynode_type(node) == KPS_T_STR ? fill_text(build, node) : node;
    }
    size_t slash = kps_sv_find(path, '/');
    bool is_map = node->kind == KPS_Y_MAP;
    for (uint32_t i = 0; i < node->n; i++) {
        struct kps_sv key = is_map ? kps_ynode_text(node->edges[i].key) : (struct kps_sv){"", 0};
        bool is_meant = !is_map || path.n == 0 || kps_sv_eq(key, kps_sv_head(path, slash));
        const struct kps_ynode *child = kps_ynode_item(node, i);
        if (!is_meant || (path.n == 0 && child->kind != KPS_Y_SCALAR)) {
            continue;
        }
        const struct kps_ynode *made =
            fill_at(build, child, is_map ? kps_sv_from(path, slash + 1) : path);
        if (made != child && kps_build_pay(build, node, node->n)) {
            node = is_map ? kps_tree_set(build->arena, node, key, made)
                          : kps_tree_replace(build->arena, node, i, made);
        }
    }
    return node;
}

static void fill_object(struct kps_build *build, struct kps_build_object *object)
{
    static const char *const paths[] = {"containers/args",        "containers/command",
                                        "containers/env/value",   "initContainers/args",
                                        "initContainers/command", "initContainers/env/value"};
    const char *pod = kps_kube_pod_path(object->kind);
    const struct kps_ynode *spec = pod ? kps_tree_get(object->root, pod) : NULL;
    const struct kps_ynode *made = spec;
    for (size_t i = 0; spec && i < KPS_COUNT(paths); i++) {
        made = fill_at(build, made, kps_sv_of(paths[i]));
    }
    if (made != spec) {
        object->root = kps_build_set(build, object->root, pod, made, false);
    }
    if (kps_sv_is(object->kind, "Service")) {
        object->root = fill_at(build, object->root, SV("spec/ports/port"));
        object->root = fill_at(build, object->root, SV("spec/ports/targetPort"));
    } else if (kps_sv_is(object->kind, "Deployment")) {
        object->root = fill_at(build, object->root, SV("spec/template/metadata/annotations"));
    }
    for (uint32_t c = 0; c < build->configurations.n; c++) {
        const struct kps_ynode *list = kps_ynode_field(build->configurations.v[c], "varReference");
        const struct kps_ynode *row = NULL;
        for (uint32_t i = 0; (row = kps_tree_item(list, i)) != NULL; i++) {
            struct kps_sv kind = kps_tree_get_text(row, "kind");
            if (kind.n == 0 || kps_sv_eq(kind, object->kind)) {
                object->root = fill_at(build, object->root, kps_tree_get_text(row, "path"));
            }
        }
    }
}

void kps_build_fill_vars(struct kps_build *build)
{
    for (uint32_t i = 0; i < build->vars.n; i++) {
        struct kps_build_var *var = &build->vars.v[i];
        var->value = find_value(build, var);
        if (!var->value && kps_build_has_all(build, (struct kps_sv){"", 0},
                                             kps_tree_get_text(var->entry, "objref.kind"))) {
            struct kps_sv name = kps_tree_get_text(var->entry, "name");
            kps_build_fail(build, var->entry, "no resource here has the value of variable '%.*s'",
                           SV_ARG(name));
        }
    }
    for (uint32_t i = 0; build->vars.n && i < build->objects.n; i++) {
        fill_object(build, build->objects.v[i]);
    }
    kps_vec_free(&build->vars);
    kps_vec_free(&build->configurations);
}
