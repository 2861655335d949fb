#include "kube/kube.h"

#include <stdlib.h>

/*
 * KP218. Inside one file the later copy of an object replaces the earlier one on apply. In different files they are
 * alternatives, most likely (a base and its overlay, a release and its sources): said once for each pair of files, and
 * the rules treat all of them as the same thing, which never clashes with itself.
 */
struct copy {
    uint32_t identity, order;
    const struct kps_object_ref *ref;
    struct kps_span at;
    struct kps_sv source;
    kps_owner_id owner;
    uint8_t *flags;   /* of a workload, or NULL */
    bool *superseded; /* of a Service, or NULL */
};

static int by_identity(const void *left, const void *right)
{
    const struct copy *a = left;
    const struct copy *b = right;
    if (a->identity != b->identity) {
        return a->identity < b->identity ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static uint32_t collect(struct kps_kube *kube, struct copy *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        if (w->owner_key.n == 0) {
            out[n] = (struct copy){w->identity, n, &w->ref, w->at, w->source, w->owner, &w->flags, NULL};
            n++;
        }
    }
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        out[n] = (struct copy){s->identity, n, &s->ref, s->at, s->source, s->owner, NULL, &s->superseded};
        n++;
    }
    qsort(out, n, sizeof(*out), by_identity);
    return n;
}

static void say_replaced(struct kps_kube *kube, const struct copy *group, uint32_t n)
{
    const struct copy *last = &group[n - 1];
    struct kps_sv title = kps_kube_title(kube, last->ref);
    struct kps_finding *finding =
        kps_kube_say(kube, KPS_RULE_DUPLICATE_OBJECT, KPS_WARNING, KPS_CERTAIN, "%.*s is given %s", SV_ARG(title),
                     n == 2 ? "twice" : kps_cstr(kube->arena, kps_fmt(kube->arena, "%u times", n)));
    kps_kube_party(kube, finding, last->owner, 0, last->at, last->source, SV("this one is applied last and wins"));
    for (uint32_t i = 0; i + 1 < n; i++) {
        kps_kube_party(kube, finding, group[i].owner, 0, group[i].at, group[i].source, SV("overwritten"));
    }
    kps_finding_note(kube->diag, finding, "kubectl apply overwrites the earlier one; its ports are not looked at");
    kps_finding_help(kube->diag, finding, SV(""), "remove one of them, or give it another name or namespace");
}

/* Two files that hold the same objects. */
struct pair {
    kps_file_id from, to;
    struct copy first, second; /* of the first object they share */
    uint32_t objects;
};

struct pairs {
    KPS_VEC(struct pair) list;
    struct kps_map index;
};

static void add_pair(struct kps_kube *kube, struct pairs *pairs, const struct copy *a, const struct copy *b)
{
    bool is_new = false;
    struct kps_sv key = kps_fmt(kube->arena, "%u %u", a->at.file, b->at.file);
    uint32_t at = *kps_map_put(&pairs->index, kube->arena, key, pairs->list.n, &is_new);
    if (is_new) {
        *kps_vec_push(&pairs->list) = (struct pair){a->at.file, b->at.file, *a, *b, 0};
    }
    pairs->list.v[at].objects++;
}

static void say_pair(struct kps_kube *kube, const struct pair *pair)
{
    struct kps_sv title = kps_kube_title(kube, pair->second.ref);
    struct kps_sv other = kps_files_get(&kube->diag->files, pair->from)->path;
    struct kps_finding *finding = pair->objects == 1
                                      ? kps_kube_say(kube, KPS_RULE_DUPLICATE_OBJECT, KPS_NOTE, KPS_LIKELY,
                                                     "%.*s is also in %.*s", SV_ARG(title), SV_ARG(other))
                                      : kps_kube_say(kube, KPS_RULE_DUPLICATE_OBJECT, KPS_NOTE, KPS_LIKELY,
                                                     "%.*s and %u other objects are also in %.*s", SV_ARG(title),
                                                     pair->objects - 1, SV_ARG(other));
    kps_kube_party(kube, finding, pair->second.owner, 0, pair->second.at, pair->second.source, SV("one variant"));
    kps_kube_party(kube, finding, pair->first.owner, 0, pair->first.at, pair->first.source, SV("another variant"));
    kps_finding_note(kube->diag, finding,
                     "variants of one object are not compared with each other; where both are applied, the later one "
                     "wins");
}

/* Copies within one file are replaced by the last one there; between files each pair of neighbours is noted. */
static void check_group(struct kps_kube *kube, struct pairs *pairs, struct copy *group, uint32_t n)
{
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && group[to].at.file == group[from].at.file; to++) {
            if (to + 1 < n && group[to + 1].at.file == group[from].at.file) {
                if (group[to].flags) {
                    *group[to].flags |= KPS_KUBE_SUPERSEDED;
                } else {
                    *group[to].superseded = true;
                }
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

/* Claims of an overwritten object are still listed, but nobody makes them. */
static void discard(struct kps_kube *kube)
{
    struct kps_map gone = {0};
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    bool is_new = false;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        for (uint32_t k = 0; (w->flags & KPS_KUBE_SUPERSEDED) && k < w->pod.n_containers; k++) {
            struct kps_sv key = {(const char *)&w->pod.containers[k].owner, sizeof(kps_owner_id)};
            (void)kps_map_put(&gone, scratch, key, 1, &is_new);
        }
    }
    for (uint32_t i = 0; i < kube->services.n; i++) {
        if (kube->services.v[i]->superseded) {
            struct kps_sv key = {(const char *)&kube->services.v[i]->owner, sizeof(kps_owner_id)};
            (void)kps_map_put(&gone, scratch, key, 1, &is_new);
        }
    }
    for (uint32_t i = 0; gone.n && i < kube->ledger->claims.n; i++) {
        struct kps_claim *claim = &kube->ledger->claims.v[i];
        struct kps_sv key = {(const char *)&claim->owner, sizeof(claim->owner)};
        if (kps_map_get(&gone, key, 0)) {
            claim->flags |= KPS_CLAIM_DISCARDED;
        }
    }
}

void kps_kube_check_duplicates(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct copy *all = KPS_NEW_N(scratch, struct copy, kube->workloads.n + kube->services.n + 1);
    struct pairs pairs = {0};
    uint32_t n = collect(kube, all);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && all[to].identity == all[from].identity;) {
            to++;
        }
        check_group(kube, &pairs, all + from, to - from);
    }
    for (uint32_t i = 0; i < pairs.list.n; i++) {
        say_pair(kube, &pairs.list.v[i]);
    }
    kps_vec_free(&pairs.list);
    discard(kube);
}
