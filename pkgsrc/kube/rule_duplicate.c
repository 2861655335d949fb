#include "base/order.h"
#include "kube/alternatives.h"
#include "kube/kube.h"

#include <stdlib.h>

/*
 * KP218. Inside one file the later copy of an object replaces the earlier one on apply. In
 * different files they are alternatives, most likely (a base and its overlay, a release and its
 * sources): said once for files that share objects, and the rules treat all of them as the same
 * thing, which never clashes with itself.
 */
struct copy {
    uint32_t identity;
    uint32_t order; /* its number among all workloads, or behind them among all Services */
};

static int by_identity(const void *left, const void *right)
{
    const struct copy *a = left;
    const struct copy *b = right;
    int order = kps_order_compare(a->identity, b->identity);
    return order ? order : kps_order_compare(a->order, b->order);
}

static uint32_t collect_copies(struct kps_kube *kube, struct copy *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < kps_kube_count_objects(kube); i++) {
        if (i >= kube->workloads.n || !(kube->workloads.v[i]->flags & KPS_KUBE_CONTROLLED)) {
            out[n++] = (struct copy){(uint32_t)kps_kube_get_object(kube, i)->identity, i};
        }
    }
    qsort(out, n, sizeof(*out), by_identity);
    return n;
}

static struct kps_kube_workload *workload_of(const struct kps_kube *kube, const struct copy *copy)
{
    return copy->order < kube->workloads.n ? kube->workloads.v[copy->order] : NULL;
}

static struct kps_kube_service *service_of(const struct kps_kube *kube, const struct copy *copy)
{
    return kube->services.v[copy->order - kube->workloads.n];
}

static const struct kps_kube_id *id_of(const struct kps_kube *kube, const struct copy *copy)
{
    return kps_kube_get_object(kube, copy->order);
}

static void add_party(struct kps_kube *kube, struct kps_finding *finding, const struct copy *copy,
                      struct kps_sv label)
{
    struct kps_kube_workload *w = workload_of(kube, copy);
    const struct kps_kube_id *id = id_of(kube, copy);
    kps_owner_id owner =
        w ? kps_kube_own_workload(kube, w) : kps_kube_own_service(kube, service_of(kube, copy));
    kps_kube_party(kube, finding, owner, 0, id->at, id->head->source, label);
}

static void say_replaced(struct kps_kube *kube, const struct copy *group, uint32_t n)
{
    const struct copy *last = &group[n - 1];
    const char *title = kps_kube_title(kube, id_of(kube, last)).p;
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_DUPLICATE_OBJECT, KPS_WARNING, KPS_CERTAIN, "%s is given %s", title,
        n == 2 ? "twice" : kps_cstr(kube->arena, kps_fmt(kube->arena, "%u times", n)));
    add_party(kube, finding, last, SV("this one is applied last and wins"));
    for (uint32_t i = 0; i + 1 < n; i++) {
        add_party(kube, finding, &group[i], SV("overwritten"));
    }
    kps_finding_note(finding,
                     "kubectl apply overwrites the earlier one; its ports are not looked at");
    kps_finding_help(finding, "remove one of them, or give it another name or namespace");
}

/* Two files that hold the same objects. */
struct pair {
    kps_file_id from, to;
    struct copy first, second; /* of the first object they share */
    uint32_t objects;
    uint32_t root;       /* see find_root */
    uint32_t next, last; /* of a chain: 1 + index of the next pair; of its root: the last pair */
    uint32_t files;      /* of its root: files in the chain */
};

struct pairs {
    KPS_VEC(struct pair) list;
    struct kps_map index;
};

static void add_pair(struct kps_kube *kube, struct pairs *pairs, const struct copy *a,
                     const struct copy *b)
{
    kps_file_id from = id_of(kube, a)->at.file;
    kps_file_id to = id_of(kube, b)->at.file;
    struct kps_sv key = kps_fmt(kube->arena, "%u %u", from, to);
    uint32_t at = *kps_map_put(&pairs->index, kube->arena, key, pairs->list.n);
    if (at == pairs->list.n) {
        *kps_vec_push(&pairs->list) =
            (struct pair){.from = from, .to = to, .first = *a, .second = *b};
    }
    pairs->list.v[at].objects++;
}

/* Return the pair for all pairs that share files with this pair. */
static uint32_t find_root(const struct pairs *pairs, uint32_t at)
{
    while (pairs->list.v[at].root != at) {
        pairs->list.v[at].root = pairs->list.v[pairs->list.v[at].root].root;
        at = pairs->list.v[at].root;
    }
    return at;
}

/* Join pairs that share a file: a release in forty folders is a single chain of files. */
static void join_pairs(struct kps_kube *kube, struct pairs *pairs)
{
    struct kps_map by_file = {0};
    for (uint32_t i = 0; i < pairs->list.n; i++) {
        const kps_file_id ends[] = {pairs->list.v[i].from, pairs->list.v[i].to};
        pairs->list.v[i].root = i;
        for (size_t k = 0; k < KPS_COUNT(ends); k++) {
            struct kps_sv key = kps_fmt(kube->arena, "%u", ends[k]);
            uint32_t known = *kps_map_put(&by_file, kube->arena, key, i);
            uint32_t root = find_root(pairs, known);
            uint32_t own = find_root(pairs, i);
            pairs->list.v[own > root ? own : root].root = own > root ? root : own;
        }
    }
}

/* Link the joined pairs behind their roots, and count their files. */
static void link_chains(struct kps_kube *kube, struct pairs *pairs)
{
    struct kps_map counted = {0};
    for (uint32_t i = 0; i < pairs->list.n; i++) {
        struct pair *root = &pairs->list.v[find_root(pairs, i)];
        const kps_file_id ends[] = {pairs->list.v[i].from, pairs->list.v[i].to};
        for (size_t k = 0; k < KPS_COUNT(ends); k++) {
            struct kps_sv key = kps_fmt(kube->arena, "%u", ends[k]);
            root->files += kps_map_add(&counted, kube->arena, key, 0) ? 1 : 0;
        }
        if (root != &pairs->list.v[i]) {
            pairs->list.v[root->last].next = i + 1;
        }
        root->last = i;
        root->objects =
            root->objects > pairs->list.v[i].objects ? root->objects : pairs->list.v[i].objects;
    }
}

enum { MOST_PARTIES = 16 };

/* Report a chain of files: the pair, and the pairs joined to the pair. */
static void say_chain(struct kps_kube *kube, const struct pairs *pairs, const struct pair *pair)
{
    const char *title = kps_kube_title(kube, id_of(kube, &pair->second)).p;
    struct kps_sv others = {"", 0};
    if (pair->objects > 1) {
        others = kps_fmt(kube->arena, " and %u other object%s", pair->objects - 1,
                         pair->objects == 2 ? "" : "s");
    }
    struct kps_sv where =
        pair->files == 2
            ? kps_files_get(&kube->diag->files, pair->from)->path
            : kps_fmt(kube->arena, "others of %u files that share objects", pair->files);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_DUPLICATE_OBJECT, KPS_NOTE, KPS_LIKELY, "%s%.*s %s also in %.*s", title,
        SV_ARG(others), pair->objects == 1 ? "is" : "are", SV_ARG(where));
    add_party(kube, finding, &pair->second, SV("one variant"));
    add_party(kube, finding, &pair->first, SV("another variant"));
    for (uint32_t i = pair->next; i && finding->n_parties < MOST_PARTIES;
         i = pairs->list.v[i - 1].next) {
        add_party(kube, finding, &pairs->list.v[i - 1].second, SV("another variant"));
    }
    kps_finding_note(finding,
                     "variants of one object are not compared with each other; where both are "
                     "applied, the later one wins");
    const struct kps_kube_id *one = id_of(kube, &pair->first);
    const struct kps_kube_id *two = id_of(kube, &pair->second);
    if (kps_alternatives_distance(one, two) == 3) {
        struct kps_sv words = kps_alternatives_words(one, two);
        kps_finding_note(finding, "%.*s: they are taken for alternatives", SV_ARG(words));
    }
}

static void supersede_copy(struct kps_kube *kube, const struct copy *copy)
{
    struct kps_kube_workload *w = workload_of(kube, copy);
    if (w) {
        w->flags |= KPS_KUBE_SUPERSEDED;
        kps_kube_discard_workload(kube, w);
    } else {
        service_of(kube, copy)->superseded = true;
        kps_kube_discard_service(kube, service_of(kube, copy));
    }
}

static kps_file_id file_of(const struct kps_kube *kube, const struct copy *copy)
{
    return id_of(kube, copy)->at.file;
}

/* Copies within one file are replaced by the last one there; between files each pair of neighbours
 * is noted. */
static void check_group(struct kps_kube *kube, struct pairs *pairs, struct copy *group, uint32_t n)
{
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && file_of(kube, &group[to]) == file_of(kube, &group[from]); to++) {
            if (to + 1 < n && file_of(kube, &group[to + 1]) == file_of(kube, &group[from])) {
                supersede_copy(kube, &group[to]);
            }
        }
        if (to - from > 1) {
            say_replaced(kube, group + from, to - from);
        }
        if (to < n) {
            add_pair(kube, pairs, &group[from], &group[to]);
        }
    }
}

void kps_kube_check_duplicates(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct copy *all = KPS_NEW_N(scratch, struct copy, kps_kube_count_objects(kube) + 1);
    struct pairs pairs = {0};
    uint32_t n = collect_copies(kube, all);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && all[to].identity == all[from].identity;) {
            to++;
        }
        check_group(kube, &pairs, all + from, to - from);
    }
    join_pairs(kube, &pairs);
    link_chains(kube, &pairs);
    for (uint32_t i = 0; i < pairs.list.n; i++) {
        if (pairs.list.v[i].files) {
            say_chain(kube, &pairs, &pairs.list.v[i]);
        }
    }
    kps_vec_free(&pairs.list);
}
