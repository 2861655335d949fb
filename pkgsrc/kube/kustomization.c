#include "kube/kustomization.h"

#include "base/limits.h"
#include "base/path.h"
#include "kube/tree.h"
#include "yaml/reader.h"

/*
 * Reading kustomization.yaml files: which files and folders each names. Building is kustomize.c's.
 */

static const uint32_t NO_KUSTOMIZATION = UINT32_MAX - 1;

static const struct kps_sv names[] = {SV_LIT("kustomization.yaml"), SV_LIT("kustomization.yml"),
                                      SV_LIT("Kustomization")};

bool kps_kustomize_is_name(struct kps_sv base_name)
{
    for (size_t i = 0; i < KPS_COUNT(names); i++) {
        if (kps_sv_eq(base_name, names[i])) {
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

bool kps_kustomization_is_below(struct kps_sv folder, struct kps_sv path)
{
    return kps_sv_starts(path, folder) &&
           (path.n == folder.n || path.p[folder.n] == '/' || kps_sv_eq(folder, SV("/")));
}

struct kps_sv kps_kustomize_shown(const struct kps_kustomize *kustomize, struct kps_sv path)
{
    struct kps_arena *arena = kustomize->diag->arena;
    if (kps_kustomization_is_below(kustomize->top, path) && path.n > kustomize->top.n) {
        size_t skipped = kustomize->top.n + (kps_sv_eq(kustomize->top, SV("/")) ? 0U : 1U);
        return kps_path_join(arena, kustomize->top_shown, kps_sv_from(path, skipped));
    }
    /* a path that stays as it is belongs to the build, which ends before the report */
    return kps_sv_copy(arena, kps_path_climb(arena, kustomize->cwd, path));
}

bool kps_kustomization_is_remote(struct kps_sv entry)
{
    static const struct kps_sv starts[] = {SV_LIT("github.com/"), SV_LIT("gh:"),
                                           SV_LIT("git@"),        SV_LIT("git::"),
                                           SV_LIT("gitlab.com/"), SV_LIT("bitbucket.org/")};
    for (size_t i = 0; i < KPS_COUNT(starts); i++) {
        if (kps_sv_starts(entry, starts[i])) {
            return true;
        }
    }
    return kps_sv_search(entry, SV("://")) < entry.n ||
           kps_sv_search(entry, SV("?ref=")) < entry.n ||
           kps_sv_search(entry, SV(".git/")) < entry.n || kps_sv_ends(entry, SV(".git"));
}

const struct kps_ynode *kps_kustomization_parse(struct kps_kustomize *k, struct kps_arena *arena,
                                                kps_file_id file, uint32_t off, uint32_t len)
{
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open_part(k->diag, file, (struct kps_yaml_part){off, len, true});
    const struct kps_ynode *root = NULL;
    while (kps_yaml_reader_next(reader, arena, &root) == KPS_YAML_DOCUMENT) {
        if (kps_ynode_resolve(root)->kind != KPS_Y_SCALAR) {
            return kps_ynode_resolve(root);
        }
    }
    return NULL;
}

/* The kustomization file of a folder; empty: there is none. */
static struct kps_sv find_file(const struct kps_kustomize *k, struct kps_sv folder, bool *ret_two)
{
    struct kps_sv found = {"", 0};
    for (size_t i = 0; i < KPS_COUNT(names); i++) {
        enum kps_fs_kind kind = KPS_FS_OTHER;
        struct kps_sv path = kps_path_join(k->arena, folder, names[i]);
        if (k->fs->stat(k->fs, path.p, &kind) == 0 && kind == KPS_FS_FILE) {
            *ret_two = found.n > 0;
            found = found.n ? found : path;
        }
    }
    return found;
}

struct kps_kustomization *kps_kustomization_find(struct kps_kustomize *k, struct kps_sv folder)
{
    uint32_t known = kps_map_get(&k->folders, folder, UINT32_MAX);
    if (known != UINT32_MAX) {
        return known == NO_KUSTOMIZATION ? NULL : k->list.v[known];
    }
    bool is_new = false;
    struct kps_sv key = kps_sv_copy(k->arena, folder);
    uint32_t *at = kps_map_put(&k->folders, k->arena, key, NO_KUSTOMIZATION, &is_new);
    bool has_two = false;
    struct kps_sv path = find_file(k, folder, &has_two);
    struct kps_sv bytes = {"", 0};
    if (path.n == 0 ||
        k->fs->read(k->fs, k->diag->arena, path.p, KPS_KUSTOMIZE_FILE_BYTES, &bytes) != 0) {
        return NULL;
    }
    struct kps_kustomization *kz = KPS_NEW(k->arena, struct kps_kustomization);
    *at = k->list.n;
    *kps_vec_push(&k->list) = kz;
    kz->folder = key;
    kz->has_two_files = has_two;
    kz->file = kps_files_add(&k->diag->files, kps_kustomize_shown(k, path), bytes);
    const struct kps_ynode *root =
        kps_kustomization_parse(k, k->arena, kz->file, 0, (uint32_t)bytes.n);
    kz->root = root && root->kind == KPS_Y_MAP ? root : NULL;
    kz->is_component = kps_sv_eq(kps_tree_get_text(root, "kind"), SV("Component"));
    return kz;
}

/* An object of another program that has the name of a kustomization: Flux has such a kind. */
static bool is_foreign(const struct kps_kustomization *kz)
{
    struct kps_sv version = kps_tree_get_text(kz->root, "apiVersion");
    return version.n && !kps_sv_starts(version, SV("kustomize.config.k8s.io/"));
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
    struct kps_sv text = entry ? kps_ynode_text(entry) : (struct kps_sv){"", 0};
    bool is_inline = kps_sv_find(text, '\n') < text.n;
    if (text.n && !is_inline) {
        bool is_new = false;
        (void)kps_map_put(&k->used, k->arena, kps_path_join(k->arena, kz->folder, text), 1,
                          &is_new);
    }
}

/* An entry that is a file or a folder with a kustomization. */
static void use_entry(struct kps_kustomize *k, struct kps_kustomization *kz,
                      const struct kps_ynode *entry)
{
    struct kps_sv text = kps_ynode_text(entry);
    enum kps_fs_kind kind = KPS_FS_FILE;
    struct kps_sv path = kps_path_join(k->arena, kz->folder, text);
    if (kps_sv_find(text, '\n') < text.n ||
        (kps_kustomization_is_remote(text) && k->fs->stat(k->fs, path.p, &kind) != 0)) {
        return;
    }
    if (k->fs->stat(k->fs, path.p, &kind) == 0 && kind == KPS_FS_DIR) {
        struct kps_kustomization *base = kps_kustomization_find(k, path);
        if (base && base != kz) {
            base->includer = kz;
        }
        return;
    }
    use_file(k, kz, entry);
}

/* Lists of entries that are text, or mappings whose `path` is. */
static void use_lists(struct kps_kustomize *k, struct kps_kustomization *kz)
{
    static const char *const lists[] = {
        "resources",  "bases",       "components",     "patches",         "patchesStrategicMerge",
        "generators", "crds",        "configurations", "patchesJson6902", "transformers",
        "validators", "replacements"};
    for (size_t i = 0; i < KPS_COUNT(lists); i++) {
        const struct kps_ynode *list = kps_ynode_get(kz->root, kps_sv_of(lists[i]));
        for (uint32_t e = 0; list && list->kind == KPS_Y_SEQ && e < list->n; e++) {
            const struct kps_ynode *entry = kps_ynode_resolve(list->edges[e].val);
            if (entry->kind == KPS_Y_SCALAR) {
                use_entry(k, kz, entry);
            } else {
                use_file(k, kz, kps_ynode_get(entry, SV("path")));
            }
        }
    }
}

/* The files of one generator: "name=path" or a path. */
static void use_generator(struct kps_kustomize *k, const struct kps_kustomization *kz,
                          const struct kps_ynode *generator)
{
    static const char *const lists[] = {"files", "envs", "additionalValuesFiles"};
    for (size_t i = 0; i < KPS_COUNT(lists); i++) {
        const struct kps_ynode *list = kps_ynode_get(generator, kps_sv_of(lists[i]));
        for (uint32_t e = 0; list && list->kind == KPS_Y_SEQ && e < list->n; e++) {
            struct kps_sv text = kps_ynode_text(list->edges[e].val);
            size_t equals = kps_sv_find(text, '=');
            text = equals < text.n ? kps_sv_from(text, equals + 1) : text;
            use_file(k, kz, kps_tree_text(k->arena, generator->span, text));
        }
    }
    use_file(k, kz, kps_ynode_get(generator, SV("env")));
    use_file(k, kz, kps_ynode_get(generator, SV("valuesFile")));
}

static void use_generators(struct kps_kustomize *k, const struct kps_kustomization *kz)
{
    static const char *const lists[] = {"configMapGenerator", "secretGenerator", "helmCharts"};
    for (size_t i = 0; i < KPS_COUNT(lists); i++) {
        const struct kps_ynode *list = kps_ynode_get(kz->root, kps_sv_of(lists[i]));
        for (uint32_t e = 0; list && list->kind == KPS_Y_SEQ && e < list->n; e++) {
            use_generator(k, kz, kps_ynode_resolve(list->edges[e].val));
        }
    }
}

/* Return true when the kustomizations that include this one, followed up, lead back to it. */
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
    bool is_new = false;
    (void)kps_map_put(&kustomize->files, kustomize->arena, kps_sv_copy(kustomize->arena, path), 0,
                      &is_new);
}

bool kps_kustomize_uses(const struct kps_kustomize *kustomize, struct kps_sv path)
{
    return kps_map_get(&kustomize->used, path, 0) != 0;
}

bool kps_kustomize_has(const struct kps_kustomize *kustomize, struct kps_sv folder)
{
    uint32_t at = kps_map_get(&kustomize->folders, folder, NO_KUSTOMIZATION);
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

static void report_remote(struct kps_kustomize *k)
{
    struct kps_finding *finding = kps_diag_add(
        k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, kps_diag_here(k->diag, k->remote_at),
        "'%.*s' is not fetched or run, and its objects are not judged", SV_ARG(k->remote_name));
    if (k->n_remote > 1) {
        kps_finding_note(k->diag, finding,
                         "kustomizations name %u more remote bases, charts or plugins",
                         k->n_remote - 1);
    }
    kps_finding_help(k->diag, finding, SV("kubectl kustomize . | kportscan -"),
                     "check what is built with it");
}

static void report_outside(struct kps_kustomize *k)
{
    struct kps_finding *finding = kps_diag_add(
        k->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, kps_diag_here(k->diag, k->outside_at),
        "this file is not in the kustomization's folder or below it");
    kps_finding_note(k->diag, finding,
                     "kubectl refuses such a file; 'kustomize build --load-restrictor "
                     "LoadRestrictionsNone' and Flux read it, and so it is judged");
    if (k->n_outside > 1) {
        kps_finding_note(k->diag, finding, "the same goes for %u more places", k->n_outside - 1);
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
