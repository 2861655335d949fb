#include "kube/kustomize.h"

#include "base/count.h"
#include "base/limits.h"
#include "base/path.h"
#include "kube/kustomization.h"
#include "kube/tree.h"

bool kps_kustomize_is_name(struct kps_sv base_name)
{
    for (size_t i = 0; i < KPS_COUNT(kps_kustomization_names); i++) {
        if (kps_sv_eq(base_name, kps_kustomization_names[i])) {
            return true;
        }
    }
    return false;
}

struct kps_kustomize *kps_kustomize_open(struct kps_diag *diag, const struct kps_fs *fs,
                                         struct kps_sv cwd, struct kps_sv top,
                                         struct kps_sv top_shown)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_kustomize *k = KPS_NEW(arena, struct kps_kustomize);
    k->arena = arena;
    k->diag = diag;
    k->fs = fs;
    k->cwd = kps_sv_copy(arena, cwd);
    k->top = kps_sv_copy(arena, top);
    k->top_shown = kps_sv_copy(arena, top_shown);
    return k;
}

void kps_kustomize_close(struct kps_kustomize *kustomize)
{
    kps_vec_free(&kustomize->list);
    kps_vec_free(&kustomize->roots);
    kps_arena_free(kustomize->arena);
}

/* An object of another program that has the name of a kustomization: Flux has such a kind. Unlike a
 * kustomization with a wrong apiVersion it has a spec. */
static bool is_foreign(const struct kps_kustomization *kz)
{
    struct kps_sv version = kps_tree_get_text(kz->root, "apiVersion");
    return version.n && !kps_sv_has_head(version, "kustomize.config.k8s.io/") &&
           kps_tree_get(kz->root, "spec");
}

bool kps_kustomize_add(struct kps_kustomize *kustomize, struct kps_sv folder)
{
    struct kps_kustomization *kz = kps_kustomization_find(kustomize, folder);
    if (!kz || is_foreign(kz)) {
        return false;
    }
    kz->was_added = true;
    return true;
}

static void use_file(struct kps_kustomize *k, const struct kps_kustomization *kz,
                     const struct kps_ynode *entry)
{
    struct kps_sv text = kps_ynode_text(entry);
    if (text.n && !kps_kustomization_is_inline(text)) {
        (void)kps_map_put(&k->used, k->arena, kps_path_join(k->arena, kz->folder, text), 1);
    }
}

/* An entry that is a file or a folder with a kustomization. */
static void use_entry(struct kps_kustomize *k, struct kps_kustomization *kz,
                      const struct kps_ynode *entry)
{
    struct kps_sv text = kps_ynode_text(entry);
    struct kps_sv path = kps_path_join(k->arena, kz->folder, text);
    enum kps_fs_kind kind = k->fs->kind(k->fs, path.p);
    if (kps_kustomization_is_inline(text) ||
        (kps_kustomization_is_remote(text) && kind == KPS_FS_NONE)) {
        return;
    }
    if (kind == KPS_FS_DIR) {
        struct kps_kustomization *base = kps_kustomization_find(k, path);
        if (base && base != kz) {
            base->includer = kz;
        }
        return;
    }
    use_file(k, kz, entry);
}

/* Lists of texts, or of mappings with a `path`. */
static void use_lists(struct kps_kustomize *k, struct kps_kustomization *kz)
{
    static const char lists[] =
        "resources bases components patches patchesStrategicMerge generators "
        "crds configurations patchesJson6902 transformers validators "
        "replacements";
    struct kps_sv name;
    for (struct kps_sv rest = kps_sv_of(lists); kps_sv_next(&rest, ' ', &name);) {
        const struct kps_ynode *list = kps_ynode_get(kz->root, name);
        const struct kps_ynode *entry = NULL;
        for (uint32_t e = 0; (entry = kps_tree_item(list, e)) != NULL; e++) {
            if (entry->kind == KPS_Y_SCALAR) {
                use_entry(k, kz, entry);
            } else {
                use_file(k, kz, kps_ynode_field(entry, "path"));
            }
        }
    }
}

/* The files of one generator: "name=path" or a path. */
static void use_generator(struct kps_kustomize *k, const struct kps_kustomization *kz,
                          const struct kps_ynode *generator)
{
    static const char lists[] = "files envs additionalValuesFiles";
    struct kps_sv name;
    for (struct kps_sv rest = kps_sv_of(lists); kps_sv_next(&rest, ' ', &name);) {
        const struct kps_ynode *list = kps_ynode_get(generator, name);
        const struct kps_ynode *entry = NULL;
        for (uint32_t e = 0; (entry = kps_tree_item(list, e)) != NULL; e++) {
            struct kps_sv text = kps_ynode_text(entry);
            size_t equals = kps_sv_find(text, '=');
            text = equals < text.n ? kps_sv_from(text, equals + 1) : text;
            use_file(k, kz, kps_tree_text(k->arena, generator, text));
        }
    }
    use_file(k, kz, kps_ynode_field(generator, "env"));
    use_file(k, kz, kps_ynode_field(generator, "valuesFile"));
}

static void use_generators(struct kps_kustomize *k, const struct kps_kustomization *kz)
{
    static const char lists[] = "configMapGenerator secretGenerator helmCharts";
    struct kps_sv name;
    for (struct kps_sv rest = kps_sv_of(lists); kps_sv_next(&rest, ' ', &name);) {
        const struct kps_ynode *list = kps_ynode_get(kz->root, name);
        const struct kps_ynode *generator = NULL;
        for (uint32_t e = 0; (generator = kps_tree_item(list, e)) != NULL; e++) {
            use_generator(k, kz, generator);
        }
    }
}

/* Return true when a list of the kustomization copies values of ConfigMaps, or may: its rows are in
 * a file. */
static bool copies_data(const struct kps_kustomization *kz, const char *field, const char *path)
{
    const struct kps_ynode *list = kps_ynode_field(kz->root, field);
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        struct kps_sv kind = kps_tree_get_text(entry, path);
        if (kind.n == 0 || kps_sv_is(kind, "ConfigMap")) {
            return true;
        }
    }
    return false;
}

/* Return true when the includers of a kustomization lead back to itself. */
static bool is_in_circle(const struct kps_kustomization *kz)
{
    const struct kps_kustomization *at = kz->includer;
    for (unsigned i = 0; at && at != kz && i < KPS_LIMIT_CHAIN; i++) {
        at = at->includer;
    }
    return at == kz;
}

void kps_kustomize_link(struct kps_kustomize *kustomize)
{
    /* the list grows while bases outside of the folder are found */
    for (uint32_t i = 0; i < kustomize->list.n; i++) {
        struct kps_kustomization *kz = kustomize->list.v[i];
        if (kz->root && !is_foreign(kz)) {
            use_lists(kustomize, kz);
            use_generators(kustomize, kz);
            kustomize->reads_data = kustomize->reads_data ||
                                    copies_data(kz, "vars", "objref.kind") ||
                                    copies_data(kz, "replacements", "source.kind");
        }
    }
    for (uint32_t i = 0; i < kustomize->list.n; i++) {
        const struct kps_kustomization *kz = kustomize->list.v[i];
        if (kz->was_added && (!kz->includer || is_in_circle(kz))) {
            *kps_vec_push(&kustomize->roots) = kz->folder;
        }
    }
}

void kps_kustomize_note_portless(struct kps_kustomize *kustomize, struct kps_sv path)
{
    (void)kps_map_put(&kustomize->files, kustomize->arena, kps_sv_copy(kustomize->arena, path), 0);
}

bool kps_kustomize_uses(const struct kps_kustomize *kustomize, struct kps_sv path)
{
    return kps_map_get(&kustomize->used, path, 0) != 0;
}

bool kps_kustomize_has(const struct kps_kustomize *kustomize, struct kps_sv folder)
{
    uint32_t at = kps_map_get(&kustomize->folders, folder, KPS_NO_KUSTOMIZATION);
    return at < kustomize->list.n && kustomize->list.v[at]->was_added;
}

size_t kps_kustomize_n_roots(const struct kps_kustomize *kustomize)
{
    return kustomize->roots.n;
}

struct kps_sv kps_kustomize_root(const struct kps_kustomize *kustomize, size_t index)
{
    return kustomize->roots.v[index];
}

struct kps_sv kps_kustomize_shown_root(const struct kps_kustomize *kustomize, size_t index)
{
    return kps_kustomization_shown(kustomize, kustomize->roots.v[index]);
}

static void report_remote(struct kps_kustomize *k)
{
    struct kps_finding *finding = kps_diag_add_here(
        k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, k->remote_at,
        "'%.*s' is not fetched or run, and its objects are not judged", SV_ARG(k->remote_name));
    if (k->n_remote > 1) {
        kps_finding_note(finding, "kustomizations name %s of this kind",
                         kps_count_of(k->diag->arena, k->n_remote - 1, "more part").p);
    }
    kps_finding_command(finding, SV("kubectl kustomize . | kportscan -"),
                        "judges what is built with it");
}

static void report_outside(struct kps_kustomize *k)
{
    struct kps_finding *finding =
        kps_diag_add_here(k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, k->outside_at,
                          "this file is not in the kustomization's folder or below it");
    kps_finding_note(finding, "kubectl refuses such a file; 'kustomize build --load-restrictor "
                              "LoadRestrictionsNone' and Flux read it, and so it is judged");
    if (k->n_outside > 1) {
        kps_finding_note(finding, "the same goes for %s",
                         kps_count_of(k->diag->arena, k->n_outside - 1, "more place").p);
    }
}

void kps_kustomize_report(struct kps_kustomize *kustomize)
{
    if (kustomize->n_remote) {
        report_remote(kustomize);
    }
    if (kustomize->n_outside) {
        report_outside(kustomize);
    }
    kustomize->n_remote = 0;
    kustomize->n_outside = 0;
}
