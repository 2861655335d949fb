#include "kube/collect.h"

#include <stdlib.h>

#include "base/order.h"
#include "kube/alternatives.h"
#include "kube/kube.h"
#include "kube/live_apply.h"

struct kps_kube *kps_kube_open(struct kps_ledger *ledger, const struct kps_kube_options *options)
{
    struct kps_kube *kube = KPS_NEW(ledger->diag->arena, struct kps_kube);
    kube->ledger = ledger;
    kube->diag = ledger->diag;
    kube->arena = kps_arena_new_tight(); /* objects are small, and reading them takes far longer */
    kube->options = *options;
    kube->options.scope = kps_sv_copy(kube->arena, options->scope);
    kube->words = kps_arena_new();
    kube->unjudged = options->unjudged ? options->unjudged : &kube->own_unjudged;
    kube->index = kps_arena_new();
    kube->live = options->is_live ? kps_live_open(kube->arena) : NULL;
    if (kube->options.node_port_last == 0) {
        kube->options.node_port_first = KPS_KUBE_NODE_PORT_FIRST;
        kube->options.node_port_last = KPS_KUBE_NODE_PORT_LAST;
    }
    if (kube->options.version_major == 0) {
        kube->options.version_major = 1;
        kube->options.version_minor = UINT16_MAX;
    }
    if (kube->options.default_namespace.n == 0) {
        kube->options.default_namespace = SV("default");
    }
    kube->node_ns = kps_ledger_netns(ledger, KPS_NETNS_NODE, kube->options.scope);
    kube->cluster_ns = kps_ledger_netns(ledger, KPS_NETNS_CLUSTER, kube->options.scope);
    kube->pod_ns = kps_ledger_netns(ledger, KPS_NETNS_PRIVATE, SV(""));
    return kube;
}

void kps_kube_close(struct kps_kube *kube)
{
    kps_vec_free(&kube->workloads);
    kps_vec_free(&kube->services);
    kps_vec_free(&kube->namespaces);
    kps_vec_free(&kube->scalers);
    kps_vec_free(&kube->nodes);
    kps_vec_free(&kube->heads);
    kps_arena_free(kube->words);
    kps_arena_free(kube->index);
    kps_arena_adopt(kube->diag->arena, kube->arena);
    kube->arena = kube->diag->arena; /* owners may still be called */
    if (kube->live) {
        kps_live_free(kube->live);
    }
}

static uint32_t rank_of(const uint64_t *keys, uint32_t n, uint64_t key)
{
    const uint64_t *at = bsearch(&key, keys, n, sizeof(*keys), kps_order_u64);
    return at ? (uint32_t)(at - keys) + 1 : 0;
}

/* Small numbers for equal keys. */
static void number_objects(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t n = kps_kube_count_objects(kube);
    uint64_t *keys = KPS_NEW_N(scratch, uint64_t, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = kps_kube_get_object(kube, i)->identity;
    }
    qsort(keys, n, sizeof(*keys), kps_order_u64);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || keys[i] != keys[i - 1]) {
            keys[kube->n_identities++] = keys[i];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        struct kps_kube_id *id = kps_kube_get_object(kube, i);
        id->identity = rank_of(keys, kube->n_identities, id->identity);
    }
}

static void join_owner(struct kps_kube *kube, kps_owner_id *firsts, uint64_t identity,
                       kps_owner_id owner)
{
    if (owner) {
        firsts[identity] = firsts[identity] ? firsts[identity] : owner;
        kube->ledger->owners.v[owner - 1].tenant = firsts[identity];
    }
}

/* Variants of an object are a tenant, and so are a controller and its pods. */
static void join_owners(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_owner_id *firsts = KPS_NEW_N(scratch, kps_owner_id, (size_t)kube->n_identities + 1);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        join_owner(kube, firsts, w->id.identity, w->id.owner);
        for (uint32_t k = 0; k < w->pod.n_containers; k++) {
            join_owner(kube, firsts, w->id.identity, w->pod.containers[k].owner);
        }
    }
    for (uint32_t i = 0; i < kube->services.n; i++) {
        const struct kps_kube_id *id = &kube->services.v[i]->id;
        join_owner(kube, firsts, id->identity, id->owner);
    }
}

/*
 * With live objects the input has both a controller and its pods, under the same identity: the pods
 * show their nodes, the controller shows their content.
 */
static void link_live(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_kube_workload **controllers =
        KPS_NEW_N(scratch, struct kps_kube_workload *, (size_t)kube->n_identities + 1);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        if (!(w->flags & KPS_KUBE_CONTROLLED)) {
            controllers[w->id.identity] = w;
        }
    }
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        struct kps_kube_workload *controller =
            (w->flags & KPS_KUBE_CONTROLLED) ? controllers[w->id.identity] : NULL;
        if (!controller) {
            continue;
        }
        w->flags |= KPS_KUBE_OWNED;
        if (w->kind == KPS_KUBE_POD && !(w->flags & KPS_KUBE_OVER)) {
            controller->flags |= KPS_KUBE_HAS_PODS;
        } else if (w->kind != KPS_KUBE_POD) {
            w->copies = 0; /* a ReplicaSet or Job with its controller in the input */
        }
    }
}

/* Pods of a controller are alike: look into a single pod, or into the controller if present. */
static void check_pods(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_arena *of_pod KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    bool *seen = KPS_NEW_N(scratch, bool, (size_t)kube->n_identities + 1);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        bool again = (w->flags & KPS_KUBE_CONTROLLED) && seen[w->id.identity];
        bool quiet = again || (w->flags & (KPS_KUBE_OWNED | KPS_KUBE_OVER));
        seen[w->id.identity] = true;
        if (!quiet) {
            kps_kube_check_pod(kube, w, of_pod);
        }
    }
}

/* Controllers leave the node to their pods or to the controller above, pods that wait to the
 * finding about them. */
static void represent_pods(struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        if ((w->flags & KPS_KUBE_HAS_PODS) || w->copies == 0) {
            kps_kube_represent_workload(kube, w);
        }
    }
}

void kps_kube_finish(struct kps_kube *kube)
{
    kps_kube_keep_live_nodes(kube);
    if (kube->live && kube->nodes.n == 0 && kube->options.nodes) {
        kps_live_presume_nodes(kube, kube->options.nodes);
    }
    if (kube->options.nodes == 0 || kube->live) {
        kube->options.nodes = kube->nodes.n;
    } else {
        kube->nodes.n = 0; /* the option has the last word */
    }
    kps_kube_end_templates(kube);
    kps_kube_report_unjudged(kube, &kube->own_unjudged);
    number_objects(kube);
    kps_alternatives_find(kube);
    join_owners(kube);
    link_live(kube);
    kps_kube_check_duplicates(kube);
    check_pods(kube);
    if (!kube->live) { /* else exported objects say what is wrong already, not by the apply */
        kps_kube_check_pending(kube);
    }
    represent_pods(kube);
    kps_kube_check_reserved(kube);
    kube->ledger->netns.v[kube->node_ns - 1].places = kube->options.nodes;
}

/* The effect of the apply now; a later roll-out is not judged. */
static void judge_live(struct kps_kube *kube)
{
    struct kps_live_apply apply;
    kps_live_apply_run(&apply, kube);
    kps_live_report(&apply);
    kps_live_apply_free(&apply);
    kps_live_check_services(kube);
}

void kps_kube_judge(struct kps_kube *kube)
{
    kps_kube_check_node_ports(kube);
    if (kube->live) {
        judge_live(kube);
    } else {
        kps_kube_check_rollouts(kube);
    }
    kps_kube_check_sidecars(kube);
    kps_kube_check_addresses(kube);
    kps_kube_check_targets(kube);
}
