#include "kube/alternatives.h"

#include <stdlib.h>

#include "base/order.h"
#include "base/path.h"
#include "base/vec.h"
#include "kube/host_port_requests.h"
#include "kube/kube.h"

/* Copies of one object that are paired, and pairs in all: releases of a driver in a hundred folders
 * are some thousand pairs. Beyond that, folders are compared with each other. */
enum { MOST_COPIES = 256, MOST_PAIRS = 200 * 1000 };
/* Bytes of a document before and behind the name of its object that are compared. */
enum { COMPARED_BYTES = 32 * 1024 };

struct copy {
    const struct kps_kube_id *id;
    uint64_t content; /* a hash; 0: the object is in one file only */
};

static int by_identity(const void *left, const void *right)
{
    const struct copy *a = left;
    const struct copy *b = right;
    int order = kps_order_compare(a->id->identity, b->id->identity);
    return order ? order : kps_order_compare(a->id->at.file, b->id->at.file);
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

/* Two files, or two folders, with the same objects. */
struct pair {
    struct pair_key key;
    uint32_t shared; /* objects of both */
    uint64_t last;   /* the identity that was counted last, and 1 */
    bool differs;    /* an object of both is not the same in both */
};

/* The search for alternatives. */
struct search {
    struct kps_kube *kube;
    struct kps_arena *scratch;
    KPS_VEC(struct pair) pairs;
    struct kps_map index;              /* key -> index of pairs */
    uint32_t *n_of_file, *n_of_folder; /* objects in each */
    uint64_t *last_of_folder;          /* the identity that was counted last, and 1 */
};

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
           holds_examples(kps_path_base(kps_sv_head(a, same - 1)));
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
        uint32_t next = seen.n + 1;
        struct kps_sv folder = kps_path_dir(scratch, kube->diag->files.list.v[i].path);
        kube->folders[i + 1] = *kps_map_put(&seen, scratch, folder, next);
        kube->has_examples =
            kube->has_examples || (kube->folders[i + 1] == next && is_of_examples(folder));
    }
}

/* Return a hash of the document around the name of an object, without comments and blanks. */
static uint64_t hash_document(const struct kps_kube *kube, struct kps_span at)
{
    struct kps_sv bytes = kps_files_get(&kube->diag->files, at.file)->bytes;
    size_t from = at.off;
    while (from > 0 && at.off - from < COMPARED_BYTES &&
           !kps_sv_has_head(kps_sv_from(bytes, from), "\n---")) {
        from--;
    }
    struct kps_sv rest = kps_sv_head(kps_sv_from(bytes, at.off), COMPARED_BYTES);
    size_t to = at.off + kps_sv_search(rest, SV("\n---"));
    rest = kps_sv_slice(bytes, from, to);
    uint64_t hash = 0xcbf29ce484222325ULL;
    struct kps_sv line;
    while (kps_sv_next(&rest, '\n', &line)) {
        bool is_text = !kps_sv_starts_with_any(kps_sv_trim(line), "# ---");
        for (size_t i = 0; is_text && i < line.n; i++) {
            bool is_blank = line.p[i] == ' ' || line.p[i] == '\r';
            hash = is_blank ? hash : (hash ^ (unsigned char)line.p[i]) * 0x100000001b3ULL;
        }
    }
    return hash;
}

static void pair_copies(struct search *search, const struct copy *copies, uint32_t n)
{
    n = n < MOST_COPIES ? n : MOST_COPIES;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = i + 1; k < n && search->pairs.n < MOST_PAIRS; k++) {
            const struct kps_kube_id *a = copies[i].id;
            const struct kps_kube_id *b = copies[k].id;
            struct pair_key key = key_of(search->kube, a->at.file, b->at.file);
            if (a->at.file == b->at.file) {
                continue;
            }
            struct kps_sv text = text_of(&key);
            uint32_t at = kps_map_get(&search->index, text, UINT32_MAX);
            if (at == UINT32_MAX) {
                at = *kps_map_put(&search->index, search->scratch,
                                  kps_sv_copy(search->scratch, text), search->pairs.n);
                *kps_vec_push(&search->pairs) = (struct pair){.key = key};
            }
            struct pair *pair = &search->pairs.v[at];
            pair->shared += pair->last != a->identity + 1 ? 1 : 0;
            pair->last = a->identity + 1;
            pair->differs |= copies[i].content != copies[k].content;
        }
    }
}

/* Count an object in its files and folders, and pair its copies. */
static void add_object(struct search *search, struct copy *copies, uint32_t n)
{
    const struct kps_kube *kube = search->kube;
    bool is_shared = copies[0].id->at.file != copies[n - 1].id->at.file;
    for (uint32_t i = 0; i < n; i++) {
        kps_file_id file = copies[i].id->at.file;
        uint32_t folder = kube->folders[file];
        uint64_t *last = &search->last_of_folder[folder];
        search->n_of_file[file] += i == 0 || copies[i - 1].id->at.file != file ? 1 : 0;
        search->n_of_folder[folder] += *last != copies[i].id->identity + 1 ? 1 : 0;
        *last = copies[i].id->identity + 1;
        copies[i].content = is_shared ? hash_document(kube, copies[i].id->at) : 0;
    }
    if (is_shared) {
        pair_copies(search, copies, n);
    }
}

/* Keep the pairs that are alternatives: an object differs, or most objects are in both. */
static void keep_pairs(struct search *search)
{
    struct kps_kube *kube = search->kube;
    for (uint32_t i = 0; i < search->pairs.n; i++) {
        const struct pair *pair = &search->pairs.v[i];
        const uint32_t *counts = pair->key.are_files ? search->n_of_file : search->n_of_folder;
        uint32_t low = counts[pair->key.low];
        uint32_t high = counts[pair->key.high];
        if (pair->differs || pair->shared > (low < high ? low : high) / 2) {
            (void)kps_map_put(&kube->alternatives, kube->index,
                              kps_sv_copy(kube->index, text_of(&pair->key)), 1);
        }
    }
}

void kps_alternatives_find(struct kps_kube *kube)
{
    if (!kube->options.is_walked) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct copy *all = KPS_NEW_N(scratch, struct copy, (size_t)kps_kube_count_objects(kube) + 1);
    uint32_t n = 0;
    number_folders(kube);
    struct search search = {
        .kube = kube,
        .scratch = scratch,
        .n_of_file = KPS_NEW_N(scratch, uint32_t, kube->n_folders),
        .n_of_folder = KPS_NEW_N(scratch, uint32_t, kube->n_folders),
        .last_of_folder = KPS_NEW_N(scratch, uint64_t, kube->n_folders),
    };
    for (uint32_t i = 0; i < kps_kube_count_objects(kube); i++) {
        if (i >= kube->workloads.n || !(kube->workloads.v[i]->flags & KPS_KUBE_CONTROLLED)) {
            all[n++].id = kps_kube_get_object(kube, i);
        }
    }
    qsort(all, n, sizeof(*all), by_identity);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && all[to].id->identity == all[from].id->identity;) {
            to++;
        }
        add_object(&search, all + from, to - from);
    }
    keep_pairs(&search);
    kps_vec_free(&search.pairs);
}

/* Return true for an object of a chart that names no namespace: it gets the release's. */
static bool is_of_release(const struct kps_kube_id *id, struct kps_sv path)
{
    return has_folder(path, SV("templates")) &&
           kps_sv_eq(id->head->group.namespace, id->head->kube->options.default_namespace);
}

static bool are_alternatives(const struct kps_kube_id *a, const struct kps_kube_id *b)
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

bool kps_alternatives_hold(const struct kps_kube_id *a, const struct kps_kube_id *b)
{
    if (!are_alternatives(a, b)) {
        return false;
    }
    struct kps_sv *words = &a->head->kube->diag->not_compared;
    if (words->n == 0 && !kps_kube_are_variants(a, b)) {
        *words = kps_alternatives_words(a, b);
    }
    return true;
}

struct kps_sv kps_alternatives_words(const struct kps_kube_id *a, const struct kps_kube_id *b)
{
    struct kps_diag *diag = a->head->kube->diag;
    const struct kps_kube_id *ids[] = {a, b};
    struct kps_sv paths[2];
    struct kps_sv folders[2];
    bool is_swapped = a->at.file > b->at.file;
    for (size_t i = 0; i < KPS_COUNT(paths); i++) {
        paths[i] = kps_files_get(&diag->files, ids[is_swapped ? 1 - i : i]->at.file)->path;
        folders[i] = kps_path_dir(diag->arena, paths[i]);
    }
    bool are_files = kps_sv_eq(folders[0], folders[1]);
    const struct kps_sv *names = are_files ? paths : folders;
    return kps_fmt(diag->arena, "%s%.*s and %.*s are not compared", are_files ? "" : "files of ",
                   SV_ARG(names[0]), SV_ARG(names[1]));
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
    if (are_alternatives(a, b)) {
        return 3;
    }
    return kube->folders[a->at.file] == kube->folders[b->at.file] ? 1 : 2;
}
