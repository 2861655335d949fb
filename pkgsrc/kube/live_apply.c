#include "kube/live_apply.h"

#include "kube/scalar.h"
#include "kube/tree.h"

static const struct kps_ynode *pod_spec_of(const struct kps_kube_workload *w)
{
    return kps_tree_get(w->extra->root, w->kind == KPS_KUBE_POD ? "spec" : "spec.template.spec");
}

static uint32_t number_at(const struct kps_kube_workload *w, const char *path, uint32_t missing)
{
    int64_t number = kps_kube_number(kps_tree_get(w->extra->root, path), INT32_MAX);
    return number < 0 ? missing : (uint32_t)number;
}

/* Return whether a finding says that the API server does not take the object. */
static bool is_refused(const struct kps_kube *kube, const struct kps_kube_workload *w)
{
    for (uint32_t i = 0; i < kube->diag->findings.n; i++) {
        const struct kps_finding *finding = kube->diag->findings.v[i];
        /* a sidecar may share a port with a main container, as far as the API server looks */
        bool refuses = (finding->rule == KPS_RULE_POD_HOST_PORT_DUPLICATE && finding->up_error.n) ||
                       finding->rule == KPS_RULE_HOST_NETWORK_PORT_MISMATCH ||
                       finding->rule == KPS_RULE_KUBERNETES_PORT_INVALID;
        if (!refuses || finding->severity != KPS_ERROR || finding->n_parties == 0 ||
            finding->parties[0].owner == 0) {
            continue;
        }
        if (kps_kube_workload_of(kube->ledger, finding->parties[0].owner) == w) {
            return true;
        }
    }
    return false;
}

/* Read the constraints that forbid a node; the others only rank nodes. */
static void read_spreads(struct kps_kube *kube, const struct kps_ynode *spec,
                         struct kps_live_seeker *s)
{
    const struct kps_ynode *list = kps_ynode_field(spec, "topologySpreadConstraints");
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    n = n < KPS_KUBE_TERMS ? n : 0;
    struct kps_live_spread *spreads = KPS_NEW_N(kube->arena, struct kps_live_spread, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        struct kps_live_spread *spread = &spreads[s->n_spreads];
        int64_t most = kps_kube_number(kps_ynode_field(entry, "maxSkew"), INT32_MAX - 1);
        struct kps_sv action = kps_tree_get_text(entry, "whenUnsatisfiable");
        if (!kps_sv_is(action, "ScheduleAnyway") && most > 0 &&
            kps_kube_read_affinity_term(kube, entry, &spread->term)) {
            int64_t domains = kps_kube_number(kps_ynode_field(entry, "minDomains"), INT32_MAX - 1);
            spread->most = (uint32_t)most;
            spread->least_domains = domains > 0 ? (uint32_t)domains : 0;
            spread->honors_taints = kps_tree_is(entry, "nodeTaintsPolicy", "Honor");
            spread->ignores_rules = kps_tree_is(entry, "nodeAffinityPolicy", "Ignore");
            s->n_spreads++;
        }
    }
    s->spreads = spreads;
}

static struct kps_live_seeker make_pattern(struct kps_kube *kube, const struct kps_kube_workload *w,
                                           struct kps_live_ports ports, bool *ret_known)
{
    const struct kps_ynode *spec = pod_spec_of(w);
    struct kps_live_seeker s = {.ports = ports,
                                .where = w->pod.where,
                                .labels = w->pod.labels,
                                .namespace = w->id.head->group.namespace,
                                .controller = kps_live_key(&w->id),
                                .fixed_node = -1,
                                .pod = -1,
                                .is_daemon = w->kind == KPS_KUBE_DAEMONSET,
                                .is_bound = w->pod.where->bound,
                                .is_on_host = w->pod.host_network};
    s.priority =
        kps_live_priority(kube->live, w->pod.where->priority, &s.never_preempts, ret_known);
    s.never_preempts = s.never_preempts || kps_tree_is(spec, "preemptionPolicy", "Never");
    s.near = kps_kube_read_pod_affinity(kube, spec);
    read_spreads(kube, spec, &s);
    return s;
}

/* List the pods of a live object; running pods come last, as they leave last. */
static uint32_t count_old(const struct kps_live_apply *apply, const struct kps_live_plan *plan,
                          bool on_nodes)
{
    const struct kps_live *live = apply->board.kube->live;
    uint32_t n = 0;
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        n += pod->controller == plan->pattern.controller && !pod->is_gone &&
             (pod->node >= 0) == on_nodes;
    }
    return n;
}

static uint32_t count_all(const struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    return count_old(apply, plan, true) + count_old(apply, plan, false);
}

/* Return whether a pod of the plans looks for this very place: its going helps. */
static bool helps_a_seeker(const struct kps_live_board *board, const struct kps_live_pod *pod)
{
    for (uint32_t i = 0; i < board->seekers.n && pod->node >= 0; i++) {
        const struct kps_live_seeker *s = &board->seekers.v[i];
        if (s->placed < s->n && s->admits[pod->node] &&
            kps_live_ports_clash(s->ports, pod->ports)) {
            return true;
        }
    }
    return false;
}

/* Return the number at the end of a StatefulSet's pod: "db-2"; -1: none. */
static int64_t ordinal_of(const struct kps_live_pod *pod)
{
    return kps_sv_number(kps_sv_from(pod->name, kps_sv_rfind(pod->name, '-') + 1), INT32_MAX);
}

/* Remove the old pods of a StatefulSet with the highest ordinals. */
static void remove_last(struct kps_live_apply *apply, const struct kps_live_plan *plan, uint32_t n)
{
    struct kps_live *live = apply->board.kube->live;
    while (n--) {
        int32_t last = -1;
        for (uint32_t i = 0; i < live->pods.n; i++) {
            const struct kps_live_pod *pod = &live->pods.v[i];
            if (pod->controller == plan->pattern.controller && !pod->is_gone &&
                (last < 0 || ordinal_of(pod) > ordinal_of(&live->pods.v[last]))) {
                last = (int32_t)i;
            }
        }
        if (last >= 0) {
            kps_live_remove(&apply->board, last);
        }
    }
}

/* A controller that needs fewer pods ends any of its running pods: mark those that went. */
static void mark_picks(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_live *live = apply->board.kube->live;
    bool is_open = plan->way != KPS_LIVE_ROLLING && count_old(apply, plan, true) > 0;
    for (uint32_t i = 0; i < live->pods.n && is_open; i++) {
        struct kps_live_pod *pod = &live->pods.v[i];
        pod->is_pick |=
            pod->controller == plan->pattern.controller && pod->is_gone && pod->node >= 0;
    }
}

/* Remove old pods: first the waiting pods, then pods on nodes that another pod needs. A StatefulSet
 * has an order of its own. */
static void remove_old(struct kps_live_apply *apply, const struct kps_live_plan *plan, uint32_t n)
{
    struct kps_live *live = apply->board.kube->live;
    if (plan->w->kind == KPS_KUBE_STATEFULSET) {
        remove_last(apply, plan, n);
        return;
    }
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < live->pods.n && n; i++) {
            struct kps_live_pod *pod = &live->pods.v[i];
            bool is_due = (round == 0 && pod->node < 0) ||
                          (round == 1 && helps_a_seeker(&apply->board, pod)) || round == 2;
            if (pod->controller == plan->pattern.controller && !pod->is_gone && is_due) {
                kps_live_remove(&apply->board, (int32_t)i);
                n--;
            }
        }
    }
    mark_picks(apply, plan);
}

/* A removed waiting pod needs no node. */
static void drop_waiting(struct kps_live_apply *apply)
{
    for (uint32_t i = 0; i < apply->board.seekers.n; i++) {
        struct kps_live_seeker *s = &apply->board.seekers.v[i];
        if (s->was_waiting && s->pod >= 0 && apply->board.kube->live->pods.v[s->pod].is_gone &&
            s->placed == 0) {
            s->n = 0;
        }
    }
}

static void add_seeker(struct kps_live_apply *apply, struct kps_live_plan *plan, uint32_t n)
{
    struct kps_live_seeker s = plan->pattern;
    s.n = n;
    s.plan = apply->plans.n;
    plan->seeker = kps_live_add_seeker(&apply->board, &s);
}

/* Add a pod for each node that the pods select. The controller looks at no affinity to other pods:
 * a pod without such neighbours waits (pkg/controller/daemon, NodeShouldRunDaemonPod). */
static void start_daemons(struct kps_live_apply *apply, struct kps_live_plan *plan, bool is_new)
{
    struct kps_live_board *board = &apply->board;
    struct kps_live *live = board->kube->live;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    int32_t *old = KPS_NEW_N(scratch, int32_t, (size_t)board->kube->nodes.n + 1);
    struct kps_live_seeker any = plan->pattern;
    any.n = 0;
    uint32_t probe = kps_live_add_seeker(board, &any);
    const uint8_t *selected = board->seekers.v[probe].selected;
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        if (pod->controller == plan->pattern.controller && !pod->is_gone && pod->node >= 0) {
            old[pod->node] = (int32_t)i + 1;
        }
    }
    plan->first_daemon = board->seekers.n;
    for (uint32_t i = 0; i < board->kube->nodes.n; i++) {
        if (old[i] && !selected[i]) {
            kps_live_remove(board, old[i] - 1);
        }
        if (selected[i] && (is_new || !old[i])) {
            struct kps_live_seeker s = plan->pattern;
            s.fixed_node = (int32_t)i;
            s.n = 1;
            s.plan = apply->plans.n;
            (void)kps_live_add_seeker(board, &s);
        }
        plan->wanted += selected[i] ? 1 : 0;
    }
    plan->end_daemon = board->seekers.n;
}

/* The roll-out of a DaemonSet, node by node, until too many of its pods are missing. */
static void roll_daemons(struct kps_live_apply *apply, struct kps_live_plan *plan)
{
    struct kps_live_board *board = &apply->board;
    struct kps_live *live = board->kube->live;
    uint32_t budget = plan->surge ? plan->surge : plan->unavailable;
    uint32_t end = live->pods.n;
    for (uint32_t i = 0; i < end && budget; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        if (pod->controller != plan->pattern.controller || pod->is_gone || pod->node < 0) {
            continue;
        }
        struct kps_live_seeker s = plan->pattern;
        s.fixed_node = pod->node;
        s.n = 1;
        s.plan = (uint32_t)(plan - apply->plans.v) + 1;
        if (!plan->surge) {
            kps_live_remove(board, (int32_t)i);
        }
        uint32_t seeker = kps_live_add_seeker(board, &s);
        (void)kps_live_place_all(board);
        if (board->seekers.v[seeker].placed == 0) {
            budget--;
            plan->is_held_back = true;
        } else if (plan->surge) {
            kps_live_remove(board, (int32_t)i);
        }
    }
    plan->end_daemon = board->seekers.n;
}

static uint32_t amount_of(struct kps_rollout_amount amount, uint32_t of)
{
    return amount.percent ? (uint32_t)(((uint64_t)amount.value * of + 99) / 100) : amount.value;
}

static void plan_daemonset(struct kps_live_apply *apply, struct kps_live_plan *plan,
                           const struct kps_live_object *object)
{
    plan->way = KPS_LIVE_DAEMON;
    start_daemons(apply, plan, !object);
    plan->is_update = object && !object->is_same;
    if (plan->is_update &&
        kps_tree_is(plan->w->extra->root, "spec.updateStrategy.type", "OnDelete")) {
        plan->is_update = false;
    }
    plan->surge = amount_of(plan->w->extra->rollout->surge, plan->wanted);
    plan->unavailable = amount_of(plan->w->extra->rollout->unavailable, plan->wanted);
}

/* Return whether the old pods of a plan have a host port that the file asks for. */
static bool keeps_ports(const struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    const struct kps_live *live = apply->board.kube->live;
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        if (pod->controller == plan->pattern.controller && !pod->is_gone) {
            return kps_live_ports_clash(pod->ports, plan->ports);
        }
    }
    return false;
}

static void plan_deployment(struct kps_live_apply *apply, struct kps_live_plan *plan,
                            const struct kps_live_object *object)
{
    const struct kps_kube_workload *w = plan->w;
    uint32_t old = count_all(apply, plan);
    plan->wanted = number_at(w, "spec.replicas", object ? object->replicas : 1);
    plan->way = KPS_LIVE_AT_ONCE;
    /* a paused Deployment is scaled with its old template, and a new one makes no pod
     * (pkg/controller/deployment/sync.go) */
    bool is_paused = w->kind == KPS_KUBE_DEPLOYMENT &&
                     kps_kube_get_true(kps_tree_get(w->extra->root, "spec"), "paused");
    plan->is_update = object && !object->is_same && !is_paused;
    if (plan->is_update && kps_tree_is(w->extra->root, "spec.strategy.type", "Recreate")) {
        remove_old(apply, plan, old);
        old = 0;
    } else if (plan->is_update) {
        struct kps_rollout rollout = kps_rollout_resolve(plan->wanted, w->extra->rollout->surge,
                                                         w->extra->rollout->unavailable);
        plan->way = KPS_LIVE_ROLLING;
        plan->surge = rollout.surge;
        plan->unavailable = rollout.unavailable;
        plan->to_start = plan->wanted;
        return;
    }
    if (old > plan->wanted) {
        remove_old(apply, plan, old - plan->wanted);
    }
    plan->to_start = old < plan->wanted ? plan->wanted - old : 0;
    if (is_paused && (!object || (!object->is_same && !keeps_ports(apply, plan)))) {
        plan->way = KPS_LIVE_NONE;
        plan->to_start = 0;
    }
}

static void plan_statefulset(struct kps_live_apply *apply, struct kps_live_plan *plan,
                             const struct kps_live_object *object)
{
    const struct kps_kube_workload *w = plan->w;
    uint32_t waiting = count_old(apply, plan, false);
    uint32_t old = count_old(apply, plan, true) + waiting;
    plan->wanted = number_at(w, "spec.replicas", object ? object->replicas : 1);
    bool is_parallel = kps_tree_is(w->extra->root, "spec.podManagementPolicy", "Parallel");
    plan->way = is_parallel ? KPS_LIVE_AT_ONCE : KPS_LIVE_ORDERED;
    if (old > plan->wanted) {
        remove_old(apply, plan, old - plan->wanted);
        old = plan->wanted;
        waiting = count_old(apply, plan, false);
    }
    plan->to_start = plan->wanted - old;
    if (waiting && !is_parallel) {
        plan->to_start = 0; /* the waiting pod has to be ready first, for an update too */
        return;
    }
    if (object && !object->is_same &&
        !kps_tree_is(w->extra->root, "spec.updateStrategy.type", "OnDelete")) {
        uint32_t partition = number_at(w, "spec.updateStrategy.rollingUpdate.partition", 0);
        plan->way = KPS_LIVE_ROLLING;
        plan->is_update = true;
        plan->unavailable = 1;
        uint32_t kept = partition < old ? partition : old; /* new ordinals below it start as well */
        plan->to_start = plan->wanted > kept ? plan->wanted - kept : 0;
    }
}

static void plan_job(struct kps_live_apply *apply, struct kps_live_plan *plan,
                     const struct kps_live_object *object)
{
    uint32_t old = count_all(apply, plan);
    uint32_t completions = number_at(plan->w, "spec.completions", UINT32_MAX);
    plan->way = KPS_LIVE_AT_ONCE;
    plan->wanted = plan->w->copies;
    if (object) {
        uint32_t left = completions > object->succeeded ? completions - object->succeeded : 0;
        plan->wanted = plan->wanted < left ? plan->wanted : left;
        plan->wanted = object->is_same && (object->succeeded == 0 || completions != UINT32_MAX)
                           ? plan->wanted
                           : old; /* the template of a Job cannot change */
    }
    plan->to_start = plan->wanted > old ? plan->wanted - old : 0;
}

/* Return how many live pods have the labels of a workload's template. */
static uint32_t count_alike(const struct kps_live_apply *apply, const struct kps_kube_workload *w)
{
    const struct kps_live *live = apply->board.kube->live;
    uint32_t n = 0;
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        bool is_alike = w->pod.labels.n && !pod->is_gone &&
                        kps_sv_eq(pod->namespace, w->id.head->group.namespace);
        for (uint32_t k = 0; k < w->pod.labels.n && is_alike; k++) {
            struct kps_sv value = kps_labels_get(pod->labels, w->pod.labels.v[k].key);
            is_alike = value.p && kps_sv_eq(value, w->pod.labels.v[k].value);
        }
        n += is_alike;
    }
    return n;
}

/* A Rollout, CloneSet or DeploymentConfig: its pods come as those of a Deployment do while it is
 * new. How its controller replaces them is not known, so pods that are there stay. */
static void plan_foreign(struct kps_live_apply *apply, struct kps_live_plan *plan,
                         const struct kps_live_object *object)
{
    uint32_t old = count_alike(apply, plan->w);
    plan->is_foreign = true;
    plan->way = KPS_LIVE_AT_ONCE;
    plan->wanted = number_at(plan->w, "spec.replicas", object ? object->replicas : 1);
    plan->to_start = plan->wanted > old ? plan->wanted - old : 0;
}

/* Fix pods with a nodeName to their node. Return: false when the cluster has no such node. */
static bool bind_pattern(const struct kps_kube *kube, struct kps_live_seeker *pattern)
{
    if (pattern->is_bound) {
        struct kps_sv name = kps_node_pinned(pattern->where->nodes);
        pattern->fixed_node = (int32_t)kps_map_get(&kube->live->node_ids, name, UINT32_MAX);
        return pattern->fixed_node >= 0;
    }
    return true;
}

static void add_plan(struct kps_live_apply *apply, struct kps_kube *kube,
                     struct kps_kube_workload *w)
{
    const struct kps_live_object known = kps_live_find_object(kube->live, kps_live_key(&w->id));
    const struct kps_live_object *object = known.key ? &known : NULL;
    struct kps_live_plan *plan = kps_vec_push(&apply->plans);
    *plan = (struct kps_live_plan){.w = w, .ports = kps_live_ports_of(kube, w)};
    bool is_rank_known = false;
    plan->pattern = make_pattern(kube, w, plan->ports, &is_rank_known);
    plan->is_rank_unknown = !is_rank_known && !plan->pattern.never_preempts;
    plan->is_presumed = object && object->is_presumed;
    plan->rival = apply->plans.n - 1;
    const struct kps_ynode *spec = pod_spec_of(w);
    struct kps_sv scheduler = spec ? kps_tree_get_text(spec, "schedulerName") : SV("");
    const struct kps_ynode *gates = kps_ynode_field(spec, "schedulingGates");
    bool is_scheduled = (scheduler.n == 0 || kps_sv_is(scheduler, "default-scheduler")) &&
                        (!gates || gates->n == 0);
    bool is_known = bind_pattern(kube, &plan->pattern);
    switch ((enum kps_kube_kind)w->kind) {
    case KPS_KUBE_DEPLOYMENT:
        plan_deployment(apply, plan, object);
        break;
    case KPS_KUBE_STATEFULSET:
        plan_statefulset(apply, plan, object);
        break;
    case KPS_KUBE_REPLICASET:
        plan_deployment(apply, plan, object);
        if (plan->is_update) { /* a ReplicaSet leaves its pods as they are */
            uint32_t old = count_all(apply, plan);
            plan->way = KPS_LIVE_AT_ONCE;
            plan->is_update = false;
            plan->to_start = plan->wanted > old ? plan->wanted - old : 0;
        }
        break;
    case KPS_KUBE_DAEMONSET:
        if (is_scheduled && plan->ports.n) {
            plan_daemonset(apply, plan, object);
        } else {
            add_seeker(apply, plan, 0);
        }
        return;
    case KPS_KUBE_JOB:
        plan_job(apply, plan, object);
        break;
    case KPS_KUBE_POD:
        plan->way = KPS_LIVE_AT_ONCE;
        plan->wanted = 1;
        plan->to_start = object ? 0 : 1;
        break;
    case KPS_KUBE_CUSTOM:
        plan_foreign(apply, plan, object);
        break;
    case KPS_KUBE_CRONJOB: /* starts nothing now */
        plan->wanted = w->copies;
        break;
    case KPS_KUBE_PODTEMPLATE:
        break;
    }
    plan->is_scheduled = plan->ports.n && is_scheduled && is_known;
    plan->is_unchanged = object && object->is_same && object->replicas == plan->wanted;
    if (!plan->is_scheduled) {
        plan->to_start = 0;
    }
    uint32_t first = plan->way == KPS_LIVE_AT_ONCE ? plan->to_start : 0;
    add_seeker(apply, plan, first);
    for (uint32_t i = 0; plan->is_update && i < kube->live->pods.n; i++) {
        struct kps_live_pod *pod = &kube->live->pods.v[i];
        bool is_own = pod->controller == plan->pattern.controller;
        pod->is_replaced |= is_own;
        plan->evicts_own =
            plan->evicts_own ||
            (is_own && w->kind == KPS_KUBE_DEPLOYMENT && plan->way == KPS_LIVE_ROLLING &&
             !plan->pattern.never_preempts && plan->pattern.priority > pod->priority);
    }
}

/* Take the next step of a controller. Return: was there a step? */
static bool step_plan(struct kps_live_apply *apply, struct kps_live_plan *plan)
{
    struct kps_live_seeker *s = &apply->board.seekers.v[plan->seeker];
    uint32_t n = s->n;
    bool is_ordered = plan->w->kind == KPS_KUBE_STATEFULSET;
    if (is_ordered && s->placed < n) {
        return false; /* a pod that is not ready stops scaling and roll-out alike */
    }
    if (plan->way == KPS_LIVE_ORDERED && s->placed == n && n < plan->to_start) {
        s->n = n + 1;
        return true;
    }
    if (plan->way != KPS_LIVE_ROLLING) {
        return false;
    }
    if (plan->evicts_own) {
        /* the old pods that leave still end while the first new ones look for a node */
        uint32_t first = plan->surge ? plan->surge : plan->unavailable;
        s->n = first < plan->to_start ? first : plan->to_start;
        plan->evicts_own = false;
        return true;
    }
    uint32_t waits = count_old(apply, plan, false);
    uint32_t runs = count_old(apply, plan, true);
    uint32_t most = plan->wanted + plan->surge;
    uint32_t more = n + waits + runs < most ? most - n - waits - runs : 0;
    if (is_ordered && more &&
        !kps_tree_is(plan->w->extra->root, "spec.podManagementPolicy", "Parallel")) {
        more = 1;
    }
    n = n + more < plan->to_start ? n + more : plan->to_start;
    bool is_changed = n != s->n;
    s->n = n;
    uint32_t least = plan->wanted > plan->unavailable ? plan->wanted - plan->unavailable : 0;
    uint32_t available = runs + s->placed;
    uint32_t kept = plan->wanted - plan->to_start; /* behind the partition */
    uint32_t old = waits + runs;
    uint32_t gone = waits;
    if (available > least) {
        gone += available - least;
    }
    gone = gone < old ? gone : old;
    if (old - gone < kept) {
        gone = old > kept ? old - kept : 0;
    }
    if (gone) {
        remove_old(apply, plan, gone);
        drop_waiting(apply);
    }
    return is_changed || gone;
}

static void add_waiting(struct kps_live_apply *apply, struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->live->pods.n; i++) {
        const struct kps_live_pod *pod = &kube->live->pods.v[i];
        if (pod->node < 0 && !pod->is_gone && !pod->is_unscheduled && pod->ports.n) {
            struct kps_live_seeker s = kps_live_seeker_of(kube, i);
            s.was_waiting = true;
            (void)kps_live_add_seeker(&apply->board, &s);
        }
    }
}

static void count_pending(struct kps_live_apply *apply)
{
    for (uint32_t i = 0; i < apply->plans.n; i++) {
        struct kps_live_plan *plan = &apply->plans.v[i];
        for (uint32_t k = 0; k < apply->board.seekers.n; k++) {
            const struct kps_live_seeker *s = &apply->board.seekers.v[k];
            plan->n_pending += s->plan == i + 1 ? s->n - s->placed : 0;
        }
        const struct kps_live_seeker *s = &apply->board.seekers.v[plan->seeker];
        plan->is_held_back =
            plan->is_held_back ||
            (plan->way != KPS_LIVE_DAEMON && plan->way != KPS_LIVE_NONE && s->n < plan->to_start);
    }
}

/* Return whether some pods of two plans could take each other's place. */
static bool are_rivals(const struct kps_live_apply *apply, uint32_t x, uint32_t y)
{
    const struct kps_live_board *board = &apply->board;
    const struct kps_live_plan *a = &apply->plans.v[x];
    const struct kps_live_plan *b = &apply->plans.v[y];
    if (!kps_live_ports_clash(a->ports, b->ports) || a->pattern.priority != b->pattern.priority) {
        return false;
    }
    for (uint32_t i = 0; i < board->seekers.n; i++) {
        const struct kps_live_seeker *s = &board->seekers.v[i];
        for (uint32_t k = 0; s->plan == x + 1 && s->n && k < board->seekers.n; k++) {
            const struct kps_live_seeker *t = &board->seekers.v[k];
            for (uint32_t n = 0; t->plan == y + 1 && t->n && n < board->kube->nodes.n; n++) {
                int32_t holder = -1;
                bool is_shared = s->admits[n] && t->admits[n];
                if (is_shared && !kps_live_is_free(board, s->ports, n, &holder) && holder < 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Of rivals only the number of pods in all is certain that find no node. */
static void join_rivals(struct kps_live_apply *apply)
{
    enum { MOST_RIVALS = 200 };
    for (uint32_t i = 0; i < apply->plans.n && apply->plans.n <= MOST_RIVALS; i++) {
        for (uint32_t k = 0; k < i; k++) {
            uint32_t from = apply->plans.v[i].rival;
            uint32_t to = apply->plans.v[k].rival;
            if (from == to || !are_rivals(apply, i, k)) {
                continue;
            }
            for (uint32_t p = 0; p < apply->plans.n; p++) {
                uint32_t *rival = &apply->plans.v[p].rival;
                *rival = *rival == from ? to : *rival;
            }
        }
    }
}

void kps_live_apply_run(struct kps_live_apply *apply, struct kps_kube *kube)
{
    enum { MOST_STEPS = 20000 };
    *apply = (struct kps_live_apply){0};
    kps_live_join_nodes(kube);
    kps_live_board_open(&apply->board, kube);
    add_waiting(apply, kube);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        if (!(w->flags & (KPS_KUBE_SUPERSEDED | KPS_KUBE_OVER | KPS_KUBE_CONTROLLED)) &&
            !is_refused(kube, w)) {
            add_plan(apply, kube, w);
        }
    }
    drop_waiting(apply);
    (void)kps_live_place_all(&apply->board);
    bool goes_on = true;
    for (uint32_t step = 0; step < MOST_STEPS && goes_on; step++) {
        goes_on = false;
        for (uint32_t i = 0; i < apply->plans.n; i++) {
            bool is_daemon = apply->plans.v[i].way == KPS_LIVE_DAEMON;
            goes_on = (!is_daemon && step_plan(apply, &apply->plans.v[i])) || goes_on;
        }
        goes_on = kps_live_place_all(&apply->board) || goes_on;
    }
    for (uint32_t i = 0; i < apply->plans.n; i++) {
        struct kps_live_plan *plan = &apply->plans.v[i];
        if (plan->way == KPS_LIVE_DAEMON && plan->is_update) {
            roll_daemons(apply, plan);
        }
    }
    count_pending(apply);
    join_rivals(apply);
}

void kps_live_apply_free(struct kps_live_apply *apply)
{
    kps_live_board_free(&apply->board);
    kps_vec_free(&apply->plans);
}
