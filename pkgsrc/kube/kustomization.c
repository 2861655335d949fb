#include "kube/kustomization.h"

#include "base/limits.h"
#include "base/path.h"
#include "kube/tree.h"
#include "yaml/reader.h"

const struct kps_sv kps_kustomization_names[KPS_KUSTOMIZATION_NAMES] = {
    SV_LIT("kustomization.yaml"), SV_LIT("kustomization.yml"), SV_LIT("Kustomization")};

bool kps_kustomization_is_below(struct kps_sv folder, struct kps_sv path)
{
    return kps_sv_starts(path, folder) &&
           (path.n == folder.n || path.p[folder.n] == '/' || kps_sv_is(folder, "/"));
}

struct kps_sv kps_kustomization_shown(const struct kps_kustomize *kustomize, struct kps_sv path)
{
    struct kps_arena *arena = kustomize->diag->arena;
    if (kps_kustomization_is_below(kustomize->top, path) && path.n > kustomize->top.n) {
        size_t skipped = kustomize->top.n + (kps_sv_is(kustomize->top, "/") ? 0U : 1U);
        return kps_path_join(arena, kustomize->top_shown, kps_sv_from(path, skipped));
    }
    /* a path that stays as it is belongs to the build, which ends before the report */
    return kps_sv_copy(arena, kps_path_climb(arena, kustomize->cwd, path));
}

bool kps_kustomization_is_remote(struct kps_sv entry)
{
    static const char starts[] = "github.com/ gh: git@ git:: gitlab.com/ bitbucket.org/";
    return kps_sv_starts_with_any(entry, starts) || kps_sv_has_any(entry, ":// ?ref= .git/") ||
           kps_sv_has_tail(entry, ".git");
}

bool kps_kustomization_is_inline(struct kps_sv entry)
{
    return kps_sv_find(entry, '\n') < entry.n;
}

/* Read the document of a kustomization file; NULL: no document, or an unreadable one. */
static const struct kps_ynode *parse_file(struct kps_kustomize *k, kps_file_id file, size_t n)
{
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) = kps_yaml_reader_open_part(
        k->diag, file, (struct kps_yaml_part){0, (uint32_t)n, KPS_YAML_KUBECTL});
    const struct kps_ynode *root = NULL;
    while (kps_yaml_reader_next(reader, k->arena, &root) == KPS_YAML_DOCUMENT) {
        root = kps_ynode_resolve(root);
        if (root->kind != KPS_Y_SCALAR) {
            return root;
        }
    }
    return NULL;
}

/* The kustomization file of a folder; empty: there is none. */
static struct kps_sv find_file(const struct kps_kustomize *k, struct kps_sv folder, bool *ret_two)
{
    struct kps_sv found = {"", 0};
    for (size_t i = 0; i < KPS_COUNT(kps_kustomization_names); i++) {
        struct kps_sv path = kps_path_join(k->arena, folder, kps_kustomization_names[i]);
        if (k->fs->kind(k->fs, path.p) == KPS_FS_FILE) {
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
        return known == KPS_NO_KUSTOMIZATION ? NULL : k->list.v[known];
    }
    struct kps_sv key = kps_sv_copy(k->arena, folder);
    uint32_t *at = kps_map_put(&k->folders, k->arena, key, KPS_NO_KUSTOMIZATION);
    bool has_two = false;
    struct kps_sv path = find_file(k, folder, &has_two);
    struct kps_sv bytes = {"", 0};
    if (path.n == 0 ||
        k->fs->read(k->fs, k->diag->arena, path.p, KPS_LIMIT_KUSTOMIZATION_BYTES, &bytes) != 0) {
        return NULL;
    }
    struct kps_kustomization *kz = KPS_NEW(k->arena, struct kps_kustomization);
    *at = k->list.n;
    *kps_vec_push(&k->list) = kz;
    kz->folder = key;
    kz->has_two_files = has_two;
    kz->file = kps_files_add(&k->diag->files, kps_kustomization_shown(k, path), bytes);
    uint32_t before = k->diag->findings.n;
    const struct kps_ynode *root = parse_file(k, kz->file, bytes.n);
    size_t action = kps_sv_search(bytes, SV("{{"));
    if (k->diag->findings.n > before && action < bytes.n) {
        k->diag->findings.n = before; /* the build reports the template */
        kz->template_at = (struct kps_span){kz->file, (uint32_t)action, 2};
        root = NULL;
    }
    kz->root = root && root->kind == KPS_Y_MAP ? root : NULL;
    kz->is_component = kps_tree_is(root, "kind", "Component");
    return kz;
}
