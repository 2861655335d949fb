#include "kube/delivery.h"

#include "base/path.h"
#include "kube/kustomization.h"
#include "kube/tree.h"
#include "yaml/reader.h"

/* Entries that are compared with each other: a repository has some dozens. */
enum { MOST_ENTRIES = 1000 };

bool kps_delivery_is_likely(struct kps_sv bytes)
{
    return kps_sv_has_any(bytes, "kustomize.toolkit.fluxcd.io/") ||
           (kps_sv_has_any(bytes, "argoproj.io/") && kps_sv_has_any(bytes, "destination:"));
}

static void add_entry(struct kps_delivery *d, struct kps_sv path, struct kps_sv folder,
                      struct kps_sv cluster)
{
    while (kps_sv_has_head(path, "/")) {
        path = kps_sv_from(path, 1);
    }
    struct kps_sv joined = kps_path_join(d->arena, d->root, path);
    if (d->entries.n < MOST_ENTRIES && kps_kustomization_is_below(d->root, joined)) {
        *kps_vec_push(&d->entries) = (struct kps_delivery_entry){
            joined, kps_sv_copy(d->arena, folder), kps_sv_copy(d->arena, cluster)};
    }
}

static void add_source(struct kps_delivery *d, const struct kps_ynode *source,
                       struct kps_sv cluster)
{
    struct kps_sv path = kps_tree_get_text(source, "path");
    if (path.n && cluster.n) {
        add_entry(d, path, (struct kps_sv){"", 0}, cluster);
    }
}

static void read_application(struct kps_delivery *d, const struct kps_ynode *root)
{
    struct kps_sv cluster = kps_tree_get_text(root, "spec.destination.name");
    cluster = cluster.n ? cluster : kps_tree_get_text(root, "spec.destination.server");
    const struct kps_ynode *sources = kps_tree_get(root, "spec.sources");
    const struct kps_ynode *source = NULL;
    add_source(d, kps_tree_get(root, "spec.source"), cluster);
    for (uint32_t i = 0; (source = kps_tree_item(sources, i)) != NULL; i++) {
        add_source(d, source, cluster);
    }
}

static void read_document(struct kps_delivery *d, const struct kps_ynode *root,
                          struct kps_sv folder)
{
    struct kps_sv version = kps_tree_get_text(root, "apiVersion");
    struct kps_sv kind = kps_tree_get_text(root, "kind");
    if (kps_sv_is(kind, "Kustomization") &&
        kps_sv_has_head(version, "kustomize.toolkit.fluxcd.io/")) {
        add_entry(d, kps_tree_get_text(root, "spec.path"), folder, folder);
    } else if (kps_sv_is(kind, "Application") && kps_sv_has_head(version, "argoproj.io/")) {
        read_application(d, root);
    }
}

void kps_delivery_read(struct kps_delivery *delivery, struct kps_sv path, struct kps_sv bytes)
{
    /* a private sink: mistakes are reported when the file is read as a manifest */
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = scratch};
    struct kps_yaml_reader *reader =
        kps_yaml_reader_open_part(&diag, kps_files_add(&diag.files, path, bytes),
                                  (struct kps_yaml_part){0, (uint32_t)bytes.n, KPS_YAML_KUBECTL});
    const struct kps_ynode *root = NULL;
    while (kps_yaml_reader_next(reader, scratch, &root) == KPS_YAML_DOCUMENT) {
        read_document(delivery, kps_ynode_resolve(root), kps_path_dir(scratch, path));
    }
    kps_yaml_reader_close(reader);
    kps_diag_free(&diag);
}

static void rename_cluster(struct kps_delivery *d, struct kps_sv from, struct kps_sv to)
{
    for (uint32_t i = 0; i < d->entries.n; i++) {
        if (kps_sv_eq(d->entries.v[i].cluster, from)) {
            d->entries.v[i].cluster = to;
        }
    }
}

void kps_delivery_link(struct kps_delivery *delivery)
{
    /* an object that another object delivers is of the same cluster */
    for (uint32_t i = 0; i < delivery->entries.n; i++) {
        const struct kps_delivery_entry *above = &delivery->entries.v[i];
        for (uint32_t k = 0; k < delivery->entries.n; k++) {
            const struct kps_delivery_entry *entry = &delivery->entries.v[k];
            bool is_root = kps_sv_eq(above->path, delivery->root);
            if (k != i && entry->folder.n && above->folder.n && !is_root &&
                kps_kustomization_is_below(above->path, entry->folder) &&
                !kps_sv_eq(above->cluster, entry->cluster)) {
                rename_cluster(delivery, entry->cluster, above->cluster);
            }
        }
    }
    delivery->n_clusters = 0;
    for (uint32_t i = 0; i < delivery->entries.n; i++) {
        bool is_new = true;
        for (uint32_t k = 0; k < i && is_new; k++) {
            is_new = !kps_sv_eq(delivery->entries.v[k].cluster, delivery->entries.v[i].cluster);
        }
        delivery->n_clusters += is_new ? 1 : 0;
    }
}

struct kps_sv kps_delivery_cluster(const struct kps_delivery *delivery, struct kps_sv path)
{
    const struct kps_delivery_entry *best = NULL;
    bool is_shared = false;
    for (uint32_t i = 0; i < delivery->entries.n && delivery->n_clusters > 1; i++) {
        const struct kps_delivery_entry *entry = &delivery->entries.v[i];
        if (!kps_kustomization_is_below(entry->path, path)) {
            continue;
        }
        if (!best || entry->path.n > best->path.n) {
            best = entry;
            is_shared = false;
        } else if (entry->path.n == best->path.n && !kps_sv_eq(entry->cluster, best->cluster)) {
            is_shared = true;
        }
    }
    if (is_shared) {
        return SV("several");
    }
    return best ? best->cluster : (struct kps_sv){"", 0};
}

void kps_delivery_free(struct kps_delivery *delivery)
{
    kps_vec_free(&delivery->entries);
}
