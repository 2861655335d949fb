#include "kube/alternatives.h"

#include <stdlib.h>

#include "base/path.h"
#include "kube/host_port_requests.h"
#include "kube/kube.h"

/* Copies of one object that are paired, and pairs in all: releases of a driver in a hundred folders
 * are some thousand pairs. Beyond that, folders are compared with each other. */
enum { MOST_COPIES = 256, MOST_PAIRS = 200 * 1000 };

struct copy {
    uint64_t identity;
    kps_file_id file;
};

static int by_identity(const void *left, const void *right)
{
    const struct copy *a = left;
    const struct copy *b = right;
    if (a->identity != b->identity) {
        return a->identity < b->identity ? -1 : 1;
    }
    return a->file < b->file ? -1 : a->file > b->file;
}

/* The key of two files (of one folder) or of two folders, whatever their order. */
struct pair_key {
    uint32_t low, high, are_files;
};

static struct pair_key key_of(const struct kps_kube *kube, kps_file_id a, kps_file_id b)
{
    uint32_t left = kube->folders[a];
    uint32_t right = kube->folders[b];
    bool are_files = left == right;
    left = are_files ? a : left;
    right = are_files ? b : right;
    return (struct pair_key){left < right ? left : right, left < right ? right : left, are_files};
}

static struct kps_sv text_of(const struct pair_key *key)
{
    return (struct kps_sv){(const char *)key, sizeof(*key)};
}

/* Return true for the name of a folder whose folders are examples, each applied alone. */
static bool holds_examples(struct kps_sv name)
{
    static const char names[] = "examples example samples sample demos demo tutorials quickstarts";
    return kps_sv_is_one_of(name, names);
}

/* Return true for a file below a folder of that name. */
static bool has_folder(struct kps_sv path, struct kps_sv folder)
{
    struct kps_sv name;
    while (kps_sv_next(&path, '/', &name) && path.n) {
        if (kps_sv_eq(name, folder)) {
            return true;
        }
    }
    return false;
}

/*
 * Return true when two files lie in different folders of a folder of examples, or both below
 * fixtures, which are inputs of tests that a test loads one by one.
 */
static bool are_examples(struct kps_sv a, struct kps_sv b)
{
    if (has_folder(a, SV("fixtures")) && has_folder(b, SV("fixtures"))) {
        return true;
    }
    size_t same = 0;
    for (size_t i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++) {
        same = a.p[i] == '/' ? i + 1 : same;
    }
    struct kps_sv rest_a = kps_sv_from(a, same);
    struct kps_sv rest_b = kps_sv_from(b, same);
    return same && kps_sv_find(rest_a, '/') < rest_a.n && kps_sv_find(rest_b, '/') < rest_b.n &&
           holds_examples(kps_path_base(kps_sv_slice(a, 0, same - 1)));
}

/* Return true for a folder whose files may be alternatives by the names of the folders above. */
static bool is_of_examples(struct kps_sv folder)
{
    struct kps_sv name;
    while (kps_sv_next(&folder, '/', &name)) {
        if ((folder.n && holds_examples(name)) || kps_sv_is_one_of(name, "fixtures templates")) {
            return true;
        }
    }
    return false;
}

/* A number for the folder of each file. */
static void number_folders(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_map seen = {0};
    uint32_t n = kube->diag->files.list.n;
    kube->folders = KPS_NEW_N(kube->index, uint32_t, (size_t)n + 1);
    kube->n_folders = n + 1;
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = false;
        struct kps_sv folder = kps_path_dir(scratch, kube->diag->files.list.v[i].path);
        kube->folders[i + 1] = *kps_map_put(&seen, scratch, folder, seen.n + 1, &is_new);
        kube->has_examples = kube->has_examples || (is_new && is_of_examples(folder));
    }
}

static void pair_copies(struct kps_kube *kube, const struct copy *copies, uint32_t n)
{
    n = n < MOST_COPIES ? n : MOST_COPIES;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = i + 1; k < n && kube->alternatives.n < MOST_PAIRS; k++) {
            struct pair_key key = key_of(kube, copies[i].file, copies[k].file);
            if (copies[i].file != copies[k].file) {
                (void)kps_map_put(&kube->alternatives, kube->index,
                                  kps_sv_copy(kube->index, text_of(&key)), 1, NULL);
            }
        }
    }
}

void kps_alternatives_find(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct copy *all =
        KPS_NEW_N(scratch, struct copy, (size_t)kube->workloads.n + kube->services.n + 1);
    uint32_t n = 0;
    if (!kube->options.is_walked) {
        return;
    }
    number_folders(kube);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        if (!(w->flags & KPS_KUBE_CONTROLLED)) {
            all[n++] = (struct copy){w->id.identity, w->id.at.file};
        }
    }
    for (uint32_t i = 0; i < kube->services.n; i++) {
        all[n++] = (struct copy){kube->services.v[i]->id.identity, kube->services.v[i]->id.at.file};
    }
    qsort(all, n, sizeof(*all), by_identity);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && all[to].identity == all[from].identity;) {
            to++;
        }
        pair_copies(kube, all + from, to - from);
    }
}

/* Return true for an object of a chart that names no namespace: it gets the release's. */
static bool is_of_release(const struct kps_kube_id *id, struct kps_sv path)
{
    return has_folder(path, SV("templates")) &&
           kps_sv_eq(id->head->group.namespace, id->head->kube->options.default_namespace);
}

bool kps_alternatives_hold(const struct kps_kube_id *a, const struct kps_kube_id *b)
{
    const struct kps_kube *kube = a->head->kube;
    if (a->at.file == b->at.file || a->at.file >= kube->n_folders ||
        b->at.file >= kube->n_folders) {
        return false;
    }
    if (kube->has_examples) {
        struct kps_sv path_a = kps_files_get(&kube->diag->files, a->at.file)->path;
        struct kps_sv path_b = kps_files_get(&kube->diag->files, b->at.file)->path;
        if (are_examples(path_a, path_b) ||
            (kps_kube_are_variants(a, b) &&
             (is_of_release(a, path_a) || is_of_release(b, path_b)))) {
            return true;
        }
    }
    if (kube->alternatives.n == 0) {
        return false;
    }
    struct pair_key key = key_of(kube, a->at.file, b->at.file);
    return kps_map_get(&kube->alternatives, text_of(&key), 0) != 0;
}

struct kps_sv kps_alternatives_key(const struct kps_kube_id *id, struct kps_arena *arena)
{
    const struct kps_kube *kube = id->head->kube;
    bool has_some = kube->alternatives.n > 0 || kube->has_examples;
    return has_some ? kps_fmt(arena, "%u", id->at.file) : (struct kps_sv){"", 0};
}

uint32_t kps_alternatives_distance(const struct kps_kube_id *a, const struct kps_kube_id *b)
{
    const struct kps_kube *kube = a->head->kube;
    if (a->at.file == b->at.file || !kube->options.is_walked) {
        return 0;
    }
    if (kps_alternatives_hold(a, b)) {
        return 3;
    }
    return kube->folders[a->at.file] == kube->folders[b->at.file] ? 1 : 2;
}
