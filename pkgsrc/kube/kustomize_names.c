#include "kube/kustomize_build.h"

#include "kube/api_version.h"
#include "kube/tree.h"

/* namespace, namePrefix, nameSuffix, labels, replicas and images of a kustomization. */

const struct kps_ynode *kps_build_set(struct kps_build *build, const struct kps_ynode *root,
                                      const char *path, const struct kps_ynode *value, bool makes)
{
    struct kps_sv rest = kps_sv_of(path);
    size_t dot = kps_sv_find(rest, '.');
    struct kps_sv key = kps_sv_head(rest, dot);
    if (!kps_build_pay(build, value, 1 + kps_ynode_count(root, KPS_Y_MAP))) {
        return root;
    }
    if (dot == rest.n) {
        return kps_tree_set(build->arena, root, key, value);
    }
    const struct kps_ynode *child = kps_ynode_get(root, key);
    if ((!child || child->kind != KPS_Y_MAP) && !makes) {
        return root;
    }
    const struct kps_ynode *made = kps_build_set(build, child, path + dot + 1, value, makes);
    return made == child ? root : kps_tree_set(build->arena, root, key, made);
}

const struct kps_ynode *kps_build_set_text(struct kps_build *build, const struct kps_ynode *root,
                                           const char *path, const struct kps_ynode *at,
                                           struct kps_sv text)
{
    return kps_build_set(build, root, path, kps_tree_text(build->arena, at, text), true);
}

static void rename_object(struct kps_build *build, struct kps_build_object *object,
                          struct kps_sv name, struct kps_sv namespace, const struct kps_ynode *at)
{
    const struct kps_ynode *old = kps_tree_get(object->root, "metadata.name");
    bool is_new = !kps_sv_eq(name, object->now.name);
    bool is_moved = !kps_sv_eq(namespace, object->now.namespace);
    if (!kps_build_pay(build, at, 1 + name.n / 16)) {
        return;
    }
    if (is_new) {
        object->root =
            kps_build_set_text(build, object->root, "metadata.name", old ? old : at, name);
    }
    if (is_moved) {
        object->root = kps_build_set_text(build, object->root, "metadata.namespace", at, namespace);
    }
    object->has_annotations = true;
    kps_build_refresh(build, object, at);
}

static bool is_namespace(const struct kps_build_object *object)
{
    return kps_sv_is(object->kind, "Namespace") && kps_sv_is(object->api_version, "v1");
}

static void set_namespace(struct kps_build *build)
{
    const struct kps_ynode *node = kps_ynode_field(build->kz->root, "namespace");
    struct kps_sv namespace = kps_ynode_text(node);
    for (uint32_t i = build->first; namespace.n && i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        bool is_name = is_namespace(object);
        rename_object(build, object, is_name ? namespace : object->now.name,
                      is_name ? object->now.namespace : namespace, node);
    }
}

/* Return true when the plugin that a kustomization was made of changes the object's name; the
 * fields of a true kustomization change every name. */
static bool has_affixes(struct kps_build *build, const struct kps_build_object *object)
{
    const struct kps_ynode *specs = kps_ynode_field(build->kz->root, "fieldSpecs");
    uint32_t n = kps_ynode_count(specs, KPS_Y_SEQ);
    bool found = !specs;
    for (uint32_t i = 0; i < n && !found && kps_build_pay(build, specs, 1); i++) {
        const struct kps_ynode *spec = kps_ynode_item(specs, i);
        struct kps_sv kind = kps_tree_get_text(spec, "kind");
        found = kps_tree_is(spec, "path", "metadata/name") &&
                (kind.n == 0 || kps_sv_eq(kind, object->kind));
    }
    return found;
}

static void set_affixes(struct kps_build *build)
{
    struct kps_sv prefix = kps_tree_get_text(build->kz->root, "namePrefix");
    struct kps_sv suffix = kps_tree_get_text(build->kz->root, "nameSuffix");
    for (uint32_t i = build->first; prefix.n + suffix.n && i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        const struct kps_ynode *at = object->root;
        uint64_t cost = (prefix.n + suffix.n + object->now.name.n) / 16;
        if (!is_namespace(object) && object->now.name.n && has_affixes(build, object) &&
            kps_build_pay(build, at, cost)) {
            struct kps_sv name = kps_fmt(build->arena, "%.*s%.*s%.*s", SV_ARG(prefix),
                                         SV_ARG(object->now.name), SV_ARG(suffix));
            rename_object(build, object, name, object->now.namespace, at);
        }
    }
}

/* Where a label goes besides metadata.labels; `makes` the mapping where it is missing. */
struct label_path {
    const char *kinds, *path;
    bool makes, is_selector;
};

static const struct label_path label_paths[] = {
    {"Service ReplicationController", "spec.selector", true, true},
    {"Deployment ReplicaSet DaemonSet StatefulSet", "spec.selector.matchLabels", true, true},
    {"Job", "spec.selector.matchLabels", false, true},
    {"ReplicationController Deployment ReplicaSet DaemonSet StatefulSet Job",
     "spec.template.metadata.labels", true, false},
    {"CronJob", "spec.jobTemplate.spec.selector.matchLabels", false, true},
    {"CronJob", "spec.jobTemplate.spec.template.metadata.labels", true, false},
};

/* Return the labels with the pairs put in; NULL: there are none, or the budget is used up. */
static const struct kps_ynode *add_pairs(struct kps_build *build, const struct kps_ynode *labels,
                                         const struct kps_ynode *pairs)
{
    uint64_t cost = 1 + (uint64_t)pairs->n * (pairs->n + kps_ynode_count(labels, KPS_Y_MAP));
    if (!kps_build_pay(build, pairs, cost)) {
        return NULL;
    }
    for (uint32_t i = 0; i < pairs->n; i++) {
        labels = kps_tree_set(build->arena, labels, kps_ynode_text(pairs->edges[i].key),
                              kps_ynode_item(pairs, i));
    }
    return labels;
}

static void label_at(struct kps_build *build, struct kps_build_object *object, const char *path,
                     bool makes, const struct kps_ynode *pairs)
{
    const struct kps_ynode *labels = kps_tree_get(object->root, path);
    bool is_map = labels && labels->kind == KPS_Y_MAP;
    labels = is_map || makes ? add_pairs(build, labels, pairs) : NULL;
    if (labels) {
        object->root = kps_build_set(build, object->root, path, labels, true);
    }
}

/* Return true when a fieldspec means the kind of an object; a part that is left out is any. */
static bool is_spec_of(const struct kps_ynode *spec, const struct kps_build_object *object)
{
    struct kps_sv is[] = {object->kind, kps_api_version_group(object->api_version),
                          kps_api_version_version(object->api_version)};
    static const char *const fields[] = {"kind", "group", "version"};
    bool fits = true;
    for (size_t i = 0; i < KPS_COUNT(fields); i++) {
        struct kps_sv wanted = kps_tree_get_text(spec, fields[i]);
        fits = fits && (wanted.n == 0 || kps_sv_eq(wanted, is[i]));
    }
    return fits;
}

/*
 * Return the path of the fieldspec number *at of `field` in the files of `configurations`, dots
 * between its keys, if it means the object; *ret_makes says that missing mappings are made. NULL:
 * it means another kind, or, with *at at UINT32_MAX, there is none left.
 */
static const char *next_field(struct kps_build *build, const struct kps_build_object *object,
                              const char *field, uint32_t *at, bool *ret_makes)
{
    uint32_t n = *at;
    for (uint32_t c = 0; c < build->configurations.n; c++) {
        const struct kps_ynode *list = kps_ynode_field(build->configurations.v[c], field);
        uint32_t here = kps_ynode_count(list, KPS_Y_SEQ);
        if (n < here) {
            const struct kps_ynode *spec = kps_ynode_item(list, n);
            struct kps_sv path = kps_tree_get_text(spec, "path");
            if (!kps_build_pay(build, spec, 1 + c + path.n / 16)) {
                break;
            }
            ++*at;
            *ret_makes = kps_tree_is_true(spec, "create");
            bool is_plain = path.n && kps_sv_find(path, '[') == path.n;
            if (!is_plain || !is_spec_of(spec, object)) {
                return NULL;
            }
            char *dotted = KPS_NEW_N(build->arena, char, path.n + 1);
            for (size_t i = 0; i < path.n; i++) {
                dotted[i] = path.p[i];
                if (path.p[i] == '/') {
                    dotted[i] = '.';
                }
            }
            return dotted;
        }
        n -= here;
    }
    *at = UINT32_MAX;
    return NULL;
}

/* Put labels where the files of `configurations` want `commonLabels`. */
static void label_configured(struct kps_build *build, struct kps_build_object *object,
                             const struct kps_ynode *pairs)
{
    for (uint32_t at = 0; at != UINT32_MAX;) {
        bool makes = false;
        const char *path = next_field(build, object, "commonLabels", &at, &makes);
        if (path) {
            label_at(build, object, path, makes, pairs);
        }
    }
}

/* The terms of podAntiAffinity that select by labels select the pod's new ones too. */
static void label_terms(struct kps_build *build, struct kps_build_object *object,
                        const struct kps_ynode *pairs)
{
    static const char path[] = "spec.template.spec.affinity.podAntiAffinity."
                               "requiredDuringSchedulingIgnoredDuringExecution";
    bool is_meant = kps_sv_is_one_of(object->kind, "Deployment StatefulSet");
    const struct kps_ynode *terms = is_meant ? kps_tree_get(object->root, path) : NULL;
    const struct kps_ynode *term = NULL;
    for (uint32_t i = 0; (term = kps_tree_item(terms, i)) != NULL; i++) {
        const struct kps_ynode *labels = kps_tree_get(term, "labelSelector.matchLabels");
        labels = labels ? add_pairs(build, labels, pairs) : NULL;
        if (labels && kps_build_pay(build, pairs, terms->n)) {
            term = kps_build_set(build, term, "labelSelector.matchLabels", labels, false);
            terms = kps_tree_replace(build->arena, terms, i, term);
        }
    }
    if (terms) {
        object->root = kps_build_set(build, object->root, path, terms, false);
    }
}

static void set_labels(struct kps_build *build, const struct kps_ynode *pairs, bool in_selectors,
                       bool in_templates)
{
    bool is_good = pairs && pairs->kind == KPS_Y_MAP;
    for (uint32_t i = build->first; is_good && i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        label_at(build, object, "metadata.labels", true, pairs);
        for (size_t p = 0; p < KPS_COUNT(label_paths); p++) {
            const struct label_path *at = &label_paths[p];
            bool is_meant = at->is_selector ? in_selectors : in_selectors || in_templates;
            if (is_meant && kps_sv_is_one_of(object->kind, at->kinds)) {
                label_at(build, object, at->path, at->makes, pairs);
            }
        }
        if (in_selectors) {
            label_terms(build, object, pairs);
            label_configured(build, object, pairs);
        }
    }
}

static void set_all_labels(struct kps_build *build)
{
    set_labels(build, kps_ynode_field(build->kz->root, "commonLabels"), true, true);
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "labels");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        set_labels(build, kps_ynode_field(entry, "pairs"),
                   kps_tree_is_true(entry, "includeSelectors"),
                   kps_tree_is_true(entry, "includeTemplates"));
    }
}

void kps_build_names(struct kps_build *build)
{
    set_namespace(build);
    set_affixes(build);
    set_all_labels(build);
    bool annotates =
        kps_ynode_count(kps_ynode_field(build->kz->root, "commonAnnotations"), KPS_Y_MAP) > 0;
    for (uint32_t i = build->first; annotates && i < build->objects.n; i++) {
        build->objects.v[i]->has_annotations = true;
    }
}

static bool had_name(const struct kps_build_object *object, struct kps_sv name)
{
    return kps_build_is_named(object, name, (struct kps_sv){"", 0}, true);
}

static void set_replicas(struct kps_build *build, const struct kps_ynode *entry)
{
    static const char kinds[] = "Deployment ReplicationController ReplicaSet StatefulSet";
    struct kps_sv name = kps_tree_get_text(entry, "name");
    const struct kps_ynode *count = kps_ynode_field(entry, "count");
    bool found = false;
    for (uint32_t i = build->first; count && i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        if (kps_sv_is_one_of(object->kind, kinds) && had_name(object, name)) {
            found = true;
            object->root = kps_build_set(build, object->root, "spec.replicas", count, true);
        }
        bool makes = false;
        for (uint32_t at = had_name(object, name) ? 0 : UINT32_MAX; at != UINT32_MAX;) {
            const char *path = next_field(build, object, "replicas", &at, &makes);
            found = found || path;
            object->root =
                path ? kps_build_set(build, object->root, path, count, makes) : object->root;
        }
    }
    if (count && !found && !build->is_open) {
        kps_build_fail(build, entry, "'replicas' names '%.*s', which no workload is called",
                       SV_ARG(name));
    }
}

/* The image with another name and the same tag, as `images` says; the same node when it is not
 * meant. */
static const struct kps_ynode *rename_image(struct kps_build *build, const struct kps_ynode *image,
                                            const struct kps_ynode *list)
{
    struct kps_sv text = kps_ynode_text(image);
    for (uint32_t i = 0; i < list->n; i++) {
        struct kps_sv name = kps_tree_get_text(list->edges[i].val, "name");
        struct kps_sv other = kps_tree_get_text(list->edges[i].val, "newName");
        struct kps_sv tail = kps_sv_from(text, name.n);
        bool is_meant = name.n && other.n && kps_sv_starts(text, name) &&
                        (tail.n == 0 || tail.p[0] == ':' || tail.p[0] == '@');
        if (is_meant) {
            return kps_tree_text(build->arena, image,
                                 kps_fmt(build->arena, "%.*s%.*s", SV_ARG(other), SV_ARG(tail)));
        }
    }
    return image;
}

static void set_images(struct kps_build *build, struct kps_build_object *object,
                       const struct kps_ynode *list)
{
    static const char *const fields[] = {"containers", "initContainers"};
    const char *pod = kps_kube_pod_path(object->kind);
    for (size_t f = 0; pod && f < KPS_COUNT(fields); f++) {
        const char *path = kps_cstr(build->arena, kps_fmt(build->arena, "%s.%s", pod, fields[f]));
        const struct kps_ynode *containers = kps_tree_get(object->root, path);
        bool changed = false;
        const struct kps_ynode *container = NULL;
        for (uint32_t i = 0; (container = kps_tree_item(containers, i)) != NULL; i++) {
            const struct kps_ynode *image = kps_ynode_field(container, "image");
            const struct kps_ynode *made = image ? rename_image(build, image, list) : NULL;
            if (made != image && kps_build_pay(build, list, containers->n)) {
                container = kps_tree_set(build->arena, container, SV("image"), made);
                containers = kps_tree_replace(build->arena, containers, i, container);
                changed = true;
            }
        }
        if (changed) {
            object->root = kps_build_set(build, object->root, path, containers, false);
        }
    }
}

void kps_build_counts(struct kps_build *build)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "replicas");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        if (!kps_build_pay(build, list, build->n_names)) {
            return;
        }
        set_replicas(build, entry);
    }
    const struct kps_ynode *images = kps_ynode_field(build->kz->root, "images");
    for (uint32_t i = build->first; kps_ynode_count(images, KPS_Y_SEQ) > 0 && i < build->objects.n;
         i++) {
        const struct kps_build_object *object = build->objects.v[i];
        uint64_t most = 1 + object->root->span.len / sizeof("image: x");
        if (!kps_build_pay(build, images, images->n * most / 64 + images->n)) {
            return;
        }
        set_images(build, build->objects.v[i], images);
    }
}

void kps_build_follow_names(struct kps_build *build)
{
    for (uint32_t i = 0; i < build->objects.n; i++) {
        struct kps_build_object *scaler = build->objects.v[i];
        if (!kps_sv_is(scaler->kind, "HorizontalPodAutoscaler") ||
            !kps_build_pay(build, scaler->root, build->n_names)) {
            continue;
        }
        const struct kps_ynode *name = kps_tree_get(scaler->root, "spec.scaleTargetRef.name");
        struct kps_sv kind = kps_tree_get_text(scaler->root, "spec.scaleTargetRef.kind");
        for (uint32_t k = 0; name && k < build->objects.n; k++) {
            const struct kps_build_object *target = build->objects.v[k];
            if (kps_sv_eq(target->kind, kind) && had_name(target, kps_ynode_text(name)) &&
                kps_sv_eq(kps_build_namespace(target->now.namespace),
                          kps_build_namespace(scaler->now.namespace))) {
                scaler->root = kps_build_set_text(build, scaler->root, "spec.scaleTargetRef.name",
                                                  name, target->now.name);
                break;
            }
        }
    }
}
