#include "kube/kustomize_build.h"

#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "kube/kustomize.h"
#include "kube/portless.h"
#include "kube/stream.h"
#include "kube/tree.h"
#include "texts/text.h"

KPS_PRINTF(3, 0)
static void report_refusal(struct kps_build *build, const struct kps_ynode *at, const char *fmt,
                           va_list args)
{
    build->has_fail = true;
    struct kps_diag *diag = build->k->diag;
    struct kps_sv text = kps_vfmt(diag->arena, fmt, args);
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_INPUT_INVALID, build->fails,
                     at->span.file ? kps_diag_here(diag, at->span) : 0, "%.*s", SV_ARG(text));
    finding->certainty = KPS_LIKELY;
    struct kps_sv folder = kps_kustomization_shown(build->k, build->chain[0]->folder);
    kps_finding_note(finding, "kustomize refuses the build of '%.*s'; the rest is judged",
                     SV_ARG(folder));
    if (build->kube->result->error.n == 0) {
        build->kube->result->error = finding->message;
    }
    if (build->fails == KPS_ERROR) {
        build->kube->result->status = KPS_KUBE_PARTIAL;
    }
}

void kps_build_refuse(struct kps_build *build, const struct kps_ynode *at, const char *fmt, ...)
{
    if (!build->has_fail) {
        va_list args;
        va_start(args, fmt);
        report_refusal(build, at, fmt, args);
        va_end(args);
    }
}

void kps_build_fail(struct kps_build *build, const struct kps_ynode *at, const char *fmt, ...)
{
    build->is_open = true;
    if (!build->has_fail) {
        va_list args;
        va_start(args, fmt);
        report_refusal(build, at, fmt, args);
        va_end(args);
        build->k->diag->incomplete = true;
    }
}

bool kps_build_pay(struct kps_build *build, const struct kps_ynode *at, uint64_t cost)
{
    build->budget -= cost < INT32_MAX ? (int64_t)cost : INT32_MAX;
    if (build->budget < 0 && !build->is_spent) {
        build->is_spent = true;
        build->has_fail = false; /* whatever else is wrong, this is the reason why edits are left */
        kps_build_fail(build, at, "this build is too large to be judged whole");
    }
    return build->budget >= 0;
}

static struct kps_span span_of(const struct kps_kustomization *kz)
{
    return kz->root ? kz->root->span : (struct kps_span){kz->file, 0, 0};
}

/* The bytes of a file and its id; 0 for a file in which no document can hold ports. */
static int register_file(struct kps_kustomize *k, struct kps_sv path, kps_file_id *ret)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t known = kps_map_get(&k->files, path, UINT32_MAX);
    *ret = known;
    if (known != UINT32_MAX && (known || !k->reads_data)) {
        return 0;
    }
    struct kps_sv bytes = {"", 0};
    int error = k->fs->read(k->fs, scratch, path.p, KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return error;
    }
    bool is_bare = !(k->reads_data && kps_portless_is_data(bytes)) && kps_portless_count(bytes) > 0;
    struct kps_arena *kept = k->diag->arena;
    *ret = is_bare ? 0
                   : kps_files_add(&k->diag->files, kps_kustomization_shown(k, path),
                                   kps_sv_copy(kept, bytes));
    *kps_map_put(&k->files, k->arena, kps_sv_copy(k->arena, path), *ret) = *ret;
    return 0;
}

void kps_build_note_outside(struct kps_build *build, const struct kps_ynode *entry)
{
    if (build->k->n_outside++ == 0) {
        build->k->outside_at = entry->span;
    }
}

kps_file_id kps_build_load(struct kps_build *build, const struct kps_ynode *entry)
{
    struct kps_sv text = kps_ynode_text(entry);
    struct kps_sv path = kps_path_join(build->arena, build->kz->folder, text);
    kps_file_id file = 0;
    bool is_outside = !kps_kustomization_is_below(build->kz->folder, path);
    if (kps_sv_starts_with_any(text, "https:// http://")) {
        kps_build_note_remote(build, entry, text);
        return 0;
    }
    bool is_far = is_outside && !kps_kustomization_is_below(build->k->top, path);
    if (text.n == 0) {
        kps_build_fail(build, entry, "this entry names no file");
        return 0;
    }
    if (is_far && build->k->fs->kind(build->k->fs, path.p) != KPS_FS_NONE) {
        kps_build_fail(build, entry, "'%.*s' is not in the kustomization's folder or below it",
                       SV_ARG(text));
        return 0;
    }
    if (!is_outside && build->k->fs->leaves) {
        is_outside = build->k->fs->leaves(build->k->fs, build->kz->folder.p, path.p);
    }
    if (is_outside && !is_far) {
        kps_build_note_outside(build, entry);
    }
    int error = register_file(build->k, path, &file);
    if (error) {
        kps_build_fail(build, entry, "cannot read '%.*s': %s", SV_ARG(text), strerror(error));
        return 0;
    }
    build->has_skipped |= !file;
    return file;
}

bool kps_build_has_all(const struct kps_build *build, struct kps_sv api_version, struct kps_sv kind)
{
    bool is_data = kps_sv_is(kind, "ConfigMap") && build->k->reads_data;
    bool may_skip = kind.n == 0 || (kps_portless_kind(api_version, kind) && !is_data);
    return !build->is_open && !(build->has_skipped && may_skip);
}

struct kps_sv kps_build_namespace(struct kps_sv namespace)
{
    return namespace.n ? namespace : SV("default");
}

bool kps_build_is_named(const struct kps_build_object *object, struct kps_sv name,
                        struct kps_sv namespace, bool any_time)
{
    for (const struct kps_build_name *at = &object->now; at; at = any_time ? at->before : NULL) {
        if (kps_sv_eq(at->name, name) &&
            (namespace.n == 0 || kps_sv_eq(kps_build_namespace(at->namespace), namespace))) {
            return true;
        }
    }
    return false;
}

void kps_build_refresh(struct kps_build *build, struct kps_build_object *object,
                       const struct kps_ynode *at)
{
    struct kps_build_name was = object->now;
    object->api_version = kps_tree_get_text(object->root, "apiVersion");
    object->kind = kps_tree_get_text(object->root, "kind");
    object->now.name = kps_tree_get_text(object->root, "metadata.name");
    object->now.namespace = kps_tree_get_text(object->root, "metadata.namespace");
    if (was.name.n && !(kps_sv_eq(was.name, object->now.name) &&
                        kps_sv_eq(was.namespace, object->now.namespace))) {
        struct kps_build_name *before = KPS_NEW(build->arena, struct kps_build_name);
        *before = was;
        object->now.before = before;
        build->n_names++;
    }
    if (object->kind.n == 0 || object->now.name.n == 0) {
        kps_build_fail(build, at, "a resource needs a %s", object->kind.n ? "name" : "kind");
    }
}

void kps_build_add(struct kps_build *build, const struct kps_ynode *root)
{
    struct kps_build_object *object = KPS_NEW(build->arena, struct kps_build_object);
    object->root = root;
    object->file = root->span.file;
    kps_build_refresh(build, object, root);
    *kps_vec_push(&build->objects) = object;
    build->n_names++;
}

/* Edges of the copies that each object of a build is worth, as every step looks at it. */
enum { OBJECT_COST = 64 };

/* Documents of a resource file on their way into the build. */
struct resource_sink {
    struct kps_stream_sink sink;
    struct kps_build *build;
    struct kps_build_documents *objects;
};

static void add_object(struct resource_sink *sink, const struct kps_ynode *root, unsigned depth)
{
    root = kps_ynode_resolve(root);
    const struct kps_ynode *items = kps_ynode_field(root, "items");
    bool is_list = kps_sv_has_tail(kps_tree_get_text(root, "kind"), "List");
    if (is_list) {
        bool has_items = items && items->kind == KPS_Y_SEQ;
        if (items && !has_items && !kps_tree_is_null(items)) {
            kps_build_fail(sink->build, items, "the 'items' of a list are no list");
        }
        for (uint32_t i = 0; has_items && i < items->n && depth < KPS_KUBE_LIST_DEPTH; i++) {
            add_object(sink, items->edges[i].val, depth + 1);
        }
    } else if (root->kind == KPS_Y_MAP) {
        kps_build_documents_add(sink->build, sink->objects, root);
    } else if (!kps_tree_is_null(root)) {
        kps_build_fail(sink->build, root, "a resource is a mapping");
    }
}

static void take_document(struct kps_stream_sink *sink, const struct kps_ynode *root)
{
    add_object((struct resource_sink *)sink, root, 0);
}

/* Return true when no build has a note of this place yet. */
static bool is_first_note(struct kps_kustomize *k, struct kps_span at)
{
    return kps_map_add(&k->noted, k->arena, kps_fmt(k->arena, "%u:%u", at.file, at.off), 1);
}

void kps_build_note_remote(struct kps_build *build, const struct kps_ynode *entry,
                           struct kps_sv name)
{
    struct kps_kustomize *k = build->k;
    build->is_open = true;
    if (is_first_note(k, entry->span) && k->n_remote++ == 0) {
        k->remote_at = entry->span;
        k->remote_name = kps_sv_copy(k->diag->arena, name);
    }
}

void kps_build_note_unjudged(struct kps_build *build, const struct kps_ynode *at, const char *why)
{
    build->is_open = true;
    if (is_first_note(build->k, at->span)) {
        struct kps_finding *finding =
            kps_diag_add_here(build->k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, at->span,
                              "this expression is not understood: %s", why);
        kps_finding_note(finding, "the patch is applied to no object");
    }
}

static void build_objects(struct kps_build *build, const struct kps_kustomization *kz,
                          uint32_t first);

/* A folder among resources or components. */
static void add_folder(struct kps_build *build, const struct kps_ynode *entry, struct kps_sv path,
                       bool as_component)
{
    const struct kps_kustomization *base = kps_kustomization_find(build->k, path);
    struct kps_sv text = kps_ynode_text(entry);
    if (!base) {
        kps_build_fail(build, entry, "there is no kustomization.yaml in '%.*s'", SV_ARG(text));
        return;
    }
    for (unsigned i = 0; i < build->depth; i++) {
        if (build->chain[i] == base) {
            kps_build_fail(build, entry, "'%.*s' includes itself", SV_ARG(text));
            return;
        }
    }
    if (base->root && base->is_component != as_component) {
        kps_build_fail(build, entry, "'%.*s' is %s, which belongs under '%s'", SV_ARG(text),
                       as_component ? "no Component" : "a Component",
                       as_component ? "resources" : "components");
    }
    if (build->depth == KPS_LIMIT_BUILD_DEPTH || build->loads == KPS_LIMIT_BUILD_LOADS) {
        kps_build_fail(build, entry, "bases are nested too deep, or there are too many");
        return;
    }
    build_objects(build, base, as_component ? build->first : build->objects.n);
}

/* Add the objects of a resource file; 0: it holds none. */
static void add_objects(struct kps_build *build, kps_file_id file)
{
    if (!file) {
        return;
    }
    bool is_new = false;
    struct resource_sink sink = {{build->arena, take_document, build->k->reads_data},
                                 build,
                                 kps_build_documents_at(build, 'r', file, 0, &is_new)};
    if (is_new) {
        uint32_t passed = build->kube->result->passed;
        kps_stream_read(build->kube, file, &sink.sink);
        build->has_skipped |= build->kube->result->passed > passed;
    }
    for (uint32_t i = 0; i < sink.objects->n; i++) {
        const struct kps_ynode *root = sink.objects->v[i];
        if (is_new || kps_build_pay(build, root, OBJECT_COST)) {
            kps_build_add(build, root);
        }
    }
}

static void add_resource(struct kps_build *build, const struct kps_ynode *entry, bool as_component)
{
    struct kps_sv text = kps_ynode_text(entry);
    struct kps_sv path = kps_path_join(build->arena, build->kz->folder, text);
    bool is_path = text.n && text.p[0] != '/' && !kps_kustomization_is_inline(text);
    enum kps_fs_kind kind = is_path ? build->k->fs->kind(build->k->fs, path.p) : KPS_FS_NONE;
    if (kind == KPS_FS_NONE && kps_kustomization_is_remote(text)) {
        kps_build_note_remote(build, entry, text);
    } else if (kind == KPS_FS_DIR) {
        add_folder(build, entry, path, as_component);
    } else if (kind != KPS_FS_NONE && as_component) {
        kps_build_fail(build, entry, "a component is a folder");
    } else {
        add_objects(build, kps_build_load(build, entry));
    }
}

static void add_resources(struct kps_build *build, const char *field, bool as_component)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, field);
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        add_resource(build, entry, as_component);
    }
}

/* Charts, which kubectl does not render either without a switch, and a schema of merge keys that
 * would have to be fetched. */
static void note_charts(struct kps_build *build)
{
    const struct kps_ynode *schema = kps_tree_get(build->kz->root, "openapi.path");
    if (schema && kps_kustomization_is_remote(kps_ynode_text(schema))) {
        kps_build_note_remote(build, schema, kps_ynode_text(schema));
    }
    static const char *const fields[] = {"helmCharts", "helmChartInflationGenerator"};
    for (size_t i = 0; i < KPS_COUNT(fields); i++) {
        const struct kps_ynode *list = kps_ynode_field(build->kz->root, fields[i]);
        const struct kps_ynode *entry = NULL;
        for (uint32_t e = 0; (entry = kps_tree_item(list, e)) != NULL; e++) {
            struct kps_sv name = kps_tree_get_text(entry, "name");
            kps_build_note_remote(build, entry, name.n ? name : kps_sv_of(fields[i]));
        }
    }
}

/* Two objects of one kind, namespace and name: kustomize refuses the second. */
static void check_names(struct kps_build *build)
{
    if (!kps_build_pay(build, build->kz->root, build->objects.n - build->first)) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_map seen = {0};
    for (uint32_t i = build->first; i < build->objects.n; i++) {
        const struct kps_build_object *object = build->objects.v[i];
        struct kps_sv key =
            kps_fmt(scratch, "%.*s\n%.*s\n%.*s\n%.*s", SV_ARG(object->api_version),
                    SV_ARG(object->kind), SV_ARG(object->now.namespace), SV_ARG(object->now.name));
        if (!kps_map_add(&seen, scratch, key, i) && object->now.name.n) {
            const struct kps_ynode *name = kps_tree_get(object->root, "metadata.name");
            kps_build_fail(build, name ? name : object->root,
                           "%.*s '%.*s' is a resource of this kustomization twice",
                           SV_ARG(object->kind), SV_ARG(object->now.name));
            return;
        }
    }
}

void kps_build_transform(struct kps_build *build)
{
    kps_build_patch(build);
    kps_build_names(build);
    kps_build_patch_json6902(build);
    kps_build_counts(build);
    kps_build_replace(build);
}

/* The objects of a kustomization, from `first` on in build->objects, as it builds them. */
static void build_objects(struct kps_build *build, const struct kps_kustomization *kz,
                          uint32_t first)
{
    const struct kps_kustomization *includer = build->kz;
    uint32_t includers_first = build->first;
    if (build->is_spent) {
        return; /* reported: the rest is left out */
    }
    build->kz = kz;
    build->first = first;
    build->chain[build->depth++] = kz;
    build->loads++;
    if (kz->template_at.file) {
        kps_stream_report_template(build->kube, kz->template_at);
    } else if (!kz->root) {
        kps_build_fail(build, kps_tree_empty(build->arena, KPS_Y_MAP, span_of(kz)),
                       "this kustomization cannot be read");
    } else {
        kps_build_check(build);
        kps_build_check_files(build);
        add_resources(build, "resources", false);
        add_resources(build, "bases", false);
        check_names(build);
        note_charts(build);
        kps_build_configure(build);
        kps_build_generate(build);
        kps_build_plugins(build, "generators");
        add_resources(build, "components", true);
        kps_build_transform(build);
        kps_build_plugins(build, "transformers");
        check_names(build);
        kps_build_note_vars(build);
    }
    build->depth--;
    build->kz = includer;
    build->first = includers_first;
}

static bool is_local(const struct kps_build_object *object)
{
    const struct kps_ynode *annotations = kps_tree_get(object->root, "metadata.annotations");
    const struct kps_ynode *mark =
        kps_ynode_field(annotations, "config.kubernetes.io/local-config");
    return mark && !kps_sv_is(kps_ynode_text(mark), "false");
}

/* Read the built objects into the cluster. */
static void read_objects(struct kps_build *build)
{
    struct kps_kube *kube = build->kube;
    kube->tree = build->arena;
    kube->dollars = NULL;
    kube->n_dollars = 0;
    kube->source = (struct kps_sv){NULL, 0};
    kube->options.is_open |= build->is_open;
    for (uint32_t i = 0; i < build->objects.n; i++) {
        const struct kps_build_object *object = build->objects.v[i];
        if (!is_local(object) && object->now.name.n) { /* else reported */
            kube->file = object->file;
            kube->bytes = kps_files_get(&kube->diag->files, object->file)->bytes;
            kps_kube_read_object(kube, object->root, NULL);
        }
    }
    kube->tree = NULL;
}

struct kps_kube_result kps_kustomize_build(struct kps_kustomize *kustomize, struct kps_kube *kube,
                                           struct kps_sv folder, enum kps_severity fails)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_kube_result result = {.status = KPS_KUBE_OK};
    const struct kps_kustomization *kz = kps_kustomization_find(kustomize, folder);
    struct kps_build build = {.k = kustomize,
                              .kube = kube,
                              .arena = arena,
                              .structs = kps_text_unpack(arena, KPS_TEXT_KUSTOMIZE),
                              .budget = KPS_LIMIT_BUILD_EDGES,
                              .fails = fails};
    kube->result = &result;
    if (kz) {
        /* a component without an includer is built as far as possible */
        build.is_open = kz->is_component;
        build.has_fail = kz->is_component && fails != KPS_ERROR;
        if (kz->is_component && fails == KPS_ERROR) {
            kps_diag_add_here(build.k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, span_of(kz),
                              "a Component is a part of kustomizations: what it patches there is "
                              "not judged here");
        }
        build_objects(&build, kz, 0);
        kps_build_follow_names(&build);
        kps_build_fill_vars(&build);
        result.objects = 0;
        read_objects(&build);
    }
    kps_vec_free(&build.objects);
    kps_vec_free(&build.documents);
    kube->result = NULL;
    return result;
}
