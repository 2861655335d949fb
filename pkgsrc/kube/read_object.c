#include <string.h>

#include "kube/api_types.h"
#include "kube/collect.h"
#include "kube/kube.h"
#include "kube/live.h"
#include "kube/reserved.h"
#include "kube/scalar.h"
#include "kube/tree.h"

/* Facts about the kinds that start pods (spec kubernetes §1). */
struct kind_row {
    const char *kind;
    enum kps_kube_kind is;
    bool is_builtin; /* a workload that Kubernetes itself runs */
    const char *pod_path;
};

static const struct kind_row *kind_of(struct kps_sv kind)
{
    static const struct kind_row rows[] = {
        {"Pod", KPS_KUBE_POD, true, "spec"},
        {"Deployment", KPS_KUBE_DEPLOYMENT, true, "spec.template.spec"},
        {"ReplicaSet", KPS_KUBE_REPLICASET, true, "spec.template.spec"},
        {"ReplicationController", KPS_KUBE_REPLICASET, true, "spec.template.spec"},
        {"StatefulSet", KPS_KUBE_STATEFULSET, true, "spec.template.spec"},
        {"DaemonSet", KPS_KUBE_DAEMONSET, true, "spec.template.spec"},
        {"Job", KPS_KUBE_JOB, true, "spec.template.spec"},
        {"CronJob", KPS_KUBE_CRONJOB, true, "spec.jobTemplate.spec.template.spec"},
        {"PodTemplate", KPS_KUBE_PODTEMPLATE, false, "template.spec"},
        {"DeploymentConfig", KPS_KUBE_CUSTOM, false, "spec.template.spec"},
        {"Rollout", KPS_KUBE_CUSTOM, false, "spec.template.spec"},
        {"CloneSet", KPS_KUBE_CUSTOM, false, "spec.template.spec"},
        {"BroadcastJob", KPS_KUBE_DAEMONSET, false, "spec.template.spec"},
        {"Configuration", KPS_KUBE_CUSTOM, false, "spec.template.spec"},
        {"Revision", KPS_KUBE_CUSTOM, false, "spec"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        if (kps_sv_is(kind, rows[i].kind)) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *kps_kube_pod_path(struct kps_sv kind)
{
    const struct kind_row *row = kind_of(kind);
    return row && row->is_builtin ? row->pod_path : NULL;
}

/* Return true for the API groups whose Deployment, Job or Pod is the known one. */
static bool is_pod_group(struct kps_sv api_version)
{
    return kps_sv_find(api_version, '/') == api_version.n ||
           kps_sv_starts_with_any(api_version, "apps/ batch/ extensions/ apps.kruise.io/");
}

/* Return true for a pod spec: it has a list of containers, of an unknown kind with images. */
static bool is_pod_spec(const struct kps_ynode *spec, bool known_kind)
{
    const struct kps_ynode *list = kps_ynode_field(spec, "containers");
    if (kps_ynode_count(list, KPS_Y_SEQ) == 0) {
        return false;
    }
    return known_kind || kps_ynode_field(list->edges[0].val, "image") != NULL;
}

static uint32_t count_of(const struct kps_ynode *map, const char *key, uint32_t missing)
{
    int64_t number = kps_kube_number(kps_ynode_field(map, key), INT32_MAX);
    return number < 0 ? missing : (uint32_t)number;
}

kps_origin_id kps_kube_elsewhere(struct kps_kube *kube, const struct kps_kube_id *id,
                                 const struct kps_ynode *map, const char *field, kps_origin_id up)
{
    const struct kps_ynode *value = kps_ynode_field(map, field);
    if (!value || value->span.file == id->at.file) {
        return up;
    }
    return kps_origins_add(&kube->diag->origins, &(struct kps_origin){.step = KPS_STEP_HERE,
                                                                      .span = value->span,
                                                                      .what = kps_sv_of(field),
                                                                      .up = up});
}

static bool amount_of(const struct kps_ynode *map, const char *key, struct kps_rollout_amount *ret)
{
    const struct kps_ynode *node = kps_ynode_field(map, key);
    int64_t number = kps_kube_number(node, INT32_MAX);
    if (number >= 0) {
        *ret = (struct kps_rollout_amount){(uint32_t)number, false};
        return true;
    }
    return kps_kube_scalar(node).type == KPS_T_STR &&
           kps_rollout_amount_parse(kps_ynode_text(node), ret);
}

static bool is_zero(struct kps_rollout_amount amount)
{
    return amount.value == 0;
}

/* Read the update strategy of a Deployment, a custom kind like it, or a DaemonSet. */
static void read_strategy(struct kps_kube *kube, struct kps_kube_workload *w,
                          struct kps_kube_workload_extra *extra, const struct kps_ynode *spec)
{
    bool daemon = w->kind == KPS_KUBE_DAEMONSET;
    const struct kps_ynode *strategy =
        kps_ynode_get(spec, daemon ? SV("updateStrategy") : SV("strategy"));
    struct kps_sv type = kps_kube_get_text(kube, strategy, "type");
    const struct kps_ynode *rolling = kps_ynode_field(strategy, "rollingUpdate");
    rolling = rolling ? rolling : kps_ynode_field(strategy, "rollingParams");
    rolling = rolling ? rolling : kps_ynode_field(strategy, "canary");
    struct kps_kube_rollout rollout = *extra->rollout;
    bool surge = amount_of(rolling, "maxSurge", &rollout.surge);
    bool missing = amount_of(rolling, "maxUnavailable", &rollout.unavailable);
    const struct kps_ynode *shown =
        kps_ynode_get(rolling, surge ? SV("maxSurge") : SV("maxUnavailable"));
    shown = shown ? shown : strategy;
    if (shown) {
        rollout.at = shown->span;
    }
    if (kps_ynode_field(strategy, "blueGreen")) {
        rollout.surge = (struct kps_rollout_amount){100, true};
        rollout.unavailable = (struct kps_rollout_amount){0, false};
    }
    if (kps_sv_is_one_of(type, "Recreate OnDelete")) {
        w->flags |= KPS_KUBE_RECREATE;
    }
    bool updates_in_place = w->kind == KPS_KUBE_CUSTOM &&
                            !kps_sv_is_one_of(w->id.head->group.kind, "Rollout DeploymentConfig");
    if (updates_in_place) {
        w->flags |= KPS_KUBE_RECREATE;
    }
    bool both_zero =
        !daemon && surge && missing && is_zero(rollout.surge) && is_zero(rollout.unavailable);
    bool both_set = daemon && !is_zero(rollout.surge) && !is_zero(rollout.unavailable);
    if ((both_zero && w->kind == KPS_KUBE_DEPLOYMENT) || both_set) {
        w->flags |= KPS_KUBE_BAD_STRATEGY;
    }
    if (shown) {
        struct kps_kube_rollout *kept = KPS_NEW(kube->arena, struct kps_kube_rollout);
        *kept = rollout;
        extra->rollout = kept;
    }
}

static void read_counts(struct kps_kube *kube, struct kps_kube_workload *w,
                        struct kps_kube_workload_extra *extra, const struct kps_ynode *root)
{
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    w->copies = 1;
    switch ((enum kps_kube_kind)w->kind) {
    case KPS_KUBE_POD:
        if (kps_sv_is_one_of(kps_kube_get_text(kube, spec, "restartPolicy"), "Never OnFailure")) {
            w->flags |= KPS_KUBE_ENDS;
        }
        break;
    case KPS_KUBE_DAEMONSET:
        break;
    case KPS_KUBE_PODTEMPLATE:
        w->copies = 0;
        break;
    case KPS_KUBE_CRONJOB:
        if (kps_kube_get_true(spec, "suspend")) {
            w->copies = 0;
            break;
        }
        if (kps_ynode_field(spec, "concurrencyPolicy") &&
            !kps_tree_is(spec, "concurrencyPolicy", "Allow")) {
            w->flags |= KPS_KUBE_FORBID;
        }
        spec = kps_tree_get(spec, "jobTemplate.spec");
        w->copies = count_of(spec, "parallelism", 1);
        break;
    case KPS_KUBE_JOB: {
        uint32_t completions = count_of(spec, "completions", UINT32_MAX);
        w->copies = count_of(spec, "parallelism", 1);
        w->copies = w->copies < completions ? w->copies : completions;
        w->copies = kps_kube_get_true(spec, "suspend") ? 0 : w->copies;
        break;
    }
    case KPS_KUBE_DEPLOYMENT:
    case KPS_KUBE_REPLICASET:
    case KPS_KUBE_STATEFULSET:
    case KPS_KUBE_CUSTOM:
        w->copies = count_of(spec, "replicas", 1);
        if (w->kind == KPS_KUBE_DEPLOYMENT && kps_kube_get_true(spec, "paused")) {
            w->copies = 0; /* the controller makes no ReplicaSet: deployment/sync.go */
        }
        extra->via_copies = kps_kube_elsewhere(kube, &w->id, spec, "replicas", 0);
        break;
    }
    if (w->kind == KPS_KUBE_DEPLOYMENT || w->kind == KPS_KUBE_DAEMONSET ||
        w->kind == KPS_KUBE_CUSTOM) {
        read_strategy(kube, w, extra, spec);
    }
}

bool kps_kube_controller_of(struct kps_kube *kube, const struct kps_ynode *metadata,
                            struct kps_object_ref *ret)
{
    const struct kps_ynode *list = kps_ynode_field(metadata, "ownerReferences");
    const struct kps_ynode *owner = NULL;
    for (uint32_t i = 0; (owner = kps_tree_item(list, i)) != NULL; i++) {
        struct kps_sv kind = kps_kube_get_text(kube, owner, "kind");
        struct kps_sv name = kps_kube_get_text(kube, owner, "name");
        if (!kps_kube_get_true(owner, "controller") || name.n == 0 || kps_sv_is(kind, "Node")) {
            continue;
        }
        struct kps_sv hash =
            kps_kube_get_text(kube, kps_ynode_field(metadata, "labels"), "pod-template-hash");
        if (kps_sv_is(kind, "ReplicaSet") && hash.n && name.n > hash.n + 1 &&
            kps_sv_ends(name, hash) && name.p[name.n - hash.n - 1] == '-') {
            kind = SV("Deployment");
            name = kps_sv_head(name, name.n - hash.n - 1);
        }
        ret->api_version = kps_kube_get_text(kube, owner, "apiVersion");
        ret->kind = kind;
        ret->name = name;
        return true;
    }
    return false;
}

struct kps_sv kps_kube_lack_of_ports(struct kps_kube *kube, const struct kps_ynode *status)
{
    const struct kps_ynode *list = kps_ynode_field(status, "conditions");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        struct kps_sv message = kps_ynode_text(kps_ynode_field(entry, "message"));
        if (kps_sv_contains(message, SV("didn't have free ports")) &&
            kps_tree_is(entry, "type", "PodScheduled")) {
            return kps_kube_keep(kube, message);
        }
    }
    return (struct kps_sv){"", 0};
}

/* Return true if the kubelet refused the pod for its host ports (spec kubernetes §2.5). */
static bool is_refused(struct kps_kube *kube, const struct kps_ynode *status)
{
    struct kps_sv reason = kps_kube_get_text(kube, status, "reason");
    struct kps_sv message = kps_kube_get_text(kube, status, "message");
    return kps_sv_is_one_of(reason, "NodePorts PodFitsHostPorts") ||
           kps_sv_contains(message, SV("Predicate NodePorts failed"));
}

/* Read why a pod without a node, or a failed one, does not run. */
static void read_waiting(struct kps_kube *kube, const struct kps_kube_workload *w,
                         struct kps_kube_workload_extra *extra, const struct kps_ynode *root,
                         const struct kps_object_ref *controller)
{
    const struct kps_ynode *status = kps_ynode_field(root, "status");
    struct kps_sv node = kps_kube_get_text(kube, kps_ynode_field(root, "spec"), "nodeName");
    bool has_failed = (w->flags & KPS_KUBE_OVER) != 0;
    bool is_controlled = (w->flags & KPS_KUBE_CONTROLLED) != 0;
    bool is_said =
        has_failed ? is_refused(kube, status) : kps_kube_lack_of_ports(kube, status).n > 0;
    if (!is_said && (has_failed || node.n)) {
        return;
    }
    struct kps_kube_waiting *waiting = KPS_NEW(kube->arena, struct kps_kube_waiting);
    *waiting = (struct kps_kube_waiting){
        .controller_kind = is_controlled ? controller->kind : (struct kps_sv){NULL, 0},
        .controller_name = is_controlled ? controller->name : (struct kps_sv){NULL, 0},
        .node = has_failed ? node : (struct kps_sv){NULL, 0},
        .is_said = is_said,
    };
    extra->waiting = waiting;
}

/* Read the state that a live cluster gives an object besides its spec. */
static void read_live(struct kps_kube *kube, struct kps_kube_workload *w,
                      struct kps_kube_workload_extra *extra, const struct kps_object_ref *ref,
                      const struct kps_ynode *root)
{
    struct kps_object_ref owner = *ref;
    struct kps_sv phase = kps_tree_get_text(root, "status.phase");
    bool placed = kps_tree_get_text(root, "spec.nodeName").n > 0;
    if (w->kind == KPS_KUBE_POD && (kps_sv_is_one_of(phase, "Succeeded Failed"))) {
        w->flags |= KPS_KUBE_OVER;
        w->copies = 0;
    } else if (w->kind == KPS_KUBE_POD && placed && phase.n) {
        w->flags |= KPS_KUBE_HELD; /* Pending on a node: its containers are being made */
    }
    if (kps_kube_controller_of(kube, kps_ynode_field(root, "metadata"), &owner)) {
        w->flags |= KPS_KUBE_CONTROLLED;
        w->id.identity = kps_kube_key(&owner);
    }
    if (w->kind == KPS_KUBE_POD && phase.n && !(w->flags & KPS_KUBE_HELD)) {
        read_waiting(kube, w, extra, root, &owner);
    }
}

/* Report fields that have another type than the API's, but for those of the pod's spec. */
static void check_types(struct kps_kube *kube, struct kps_kube_workload *w,
                        const struct kps_ynode *root)
{
    const struct kps_kube_who who = {.w = w};
    kps_api_check(kube, &who, SV(""), root, "Object");
    if (w->kind != KPS_KUBE_POD) {
        kps_api_check(kube, &who, SV("spec"), kps_ynode_field(root, "spec"),
                      w->kind == KPS_KUBE_CUSTOM ? "custom.Spec" : "Spec");
    }
}

/* Count an object, unless another build of the same file has done so. */
static void count_unjudged(struct kps_kube *kube, struct kps_sv kind,
                           enum kps_kube_unjudged_why why, struct kps_span at)
{
    struct kps_kube_unjudged *all = kube->unjudged;
    struct kps_sv path = kps_files_get(&kube->diag->files, at.file)->path;
    struct kps_sv place = kps_fmt(kube->arena, "%u %.*s", at.off, SV_ARG(path));
    if (!kps_map_add(&all->seen, kube->arena, place, 0)) {
        return;
    }
    for (uint32_t i = 0; i < all->kinds.n; i++) {
        if (kps_sv_eq(all->kinds.v[i].kind, kind)) {
            all->kinds.v[i].n++;
            return;
        }
    }
    *kps_vec_push(&all->kinds) =
        (struct kps_kube_unjudged_kind){kps_sv_copy(kube->diag->arena, kind), why, at, 1};
}

/* Return the last minor version of Kubernetes 1 that serves the API of an object; 0: all do. */
static uint16_t find_last_served(const struct kps_object_ref *ref)
{
    static const struct {
        const char *api_version;
        uint16_t last;
    } rows[] = {{"extensions/v1beta1", 15},
                {"apps/v1beta1", 15},
                {"apps/v1beta2", 15},
                {"batch/v2alpha1", 20},
                {"batch/v1beta1", 24}};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        if (kps_sv_is(ref->api_version, rows[i].api_version)) {
            return rows[i].last;
        }
    }
    return 0;
}

/*
 * Take the pods of an object of an API that the cluster has no more, and note the object. An object
 * that a cluster printed has a uid: that cluster serves it.
 */
static void check_served(struct kps_kube *kube, struct kps_kube_workload *w,
                         const struct kps_object_ref *ref, const struct kps_ynode *root)
{
    uint16_t last = find_last_served(ref);
    if (last && kps_kube_since(kube, (uint16_t)(last + 1)) && !kps_tree_get(root, "metadata.uid")) {
        w->copies = 0;
        count_unjudged(
            kube, kps_fmt(kube->tree, "%.*s (served up to 1.%u)", SV_ARG(ref->api_version), last),
            KPS_KUBE_NOT_SERVED, w->id.at);
    }
}

/* Return the shared fields if the workload has no others, else a copy of its own. */
static const struct kps_kube_workload_extra *
keep_extra(struct kps_kube *kube, const struct kps_kube_workload_extra *extra,
           const struct kps_kube_workload_extra *shared)
{
    if (memcmp(extra, shared, sizeof(*extra)) == 0) {
        return shared;
    }
    struct kps_kube_workload_extra *kept = KPS_NEW(kube->arena, struct kps_kube_workload_extra);
    *kept = *extra;
    return kept;
}

static void read_workload(struct kps_kube *kube, const struct kps_object_ref *ref,
                          struct kps_span at, const struct kind_row *row,
                          const struct kps_ynode *root)
{
    static const struct kps_kube_rollout of_daemonset = {.unavailable = {1, false}};
    static const struct kps_kube_rollout of_deployment = {{25, true}, {25, true}, {0, 0, 0}};
    static const struct kps_kube_sidecars no_sidecars;
    static const struct kps_kube_workload_extra usual[] = {
        {.rollout = &of_deployment, .sidecars = &no_sidecars},
        {.rollout = &of_daemonset, .sidecars = &no_sidecars}};
    const struct kps_kube_workload_extra *shared = &usual[row && row->is == KPS_KUBE_DAEMONSET];
    struct kps_kube_workload_extra extra = *shared;
    static const struct kind_row custom = {"", KPS_KUBE_CUSTOM, false, "spec.template.spec"};
    row = row ? row : &custom;
    struct kps_kube_workload *w = KPS_NEW(kube->arena, struct kps_kube_workload);
    const struct kps_ynode *spec = kps_tree_get(root, row->pod_path);
    struct kps_sv parent = kps_sv_of(row->pod_path);
    size_t dot = kps_sv_rfind(parent, '.');
    const char *holder = kps_cstr(kube->tree, kps_sv_head(parent, dot < parent.n ? dot : 0));
    w->id = (struct kps_kube_id){
        .head = kps_kube_share(kube, ref, kps_sv_of(row->pod_path)),
        .name = ref->name,
        .at = at,
        .identity = kps_kube_key(ref),
    };
    w->kind = (uint8_t)row->is;
    w->extra = &extra;
    check_types(kube, w, root);
    read_counts(kube, w, &extra, root);
    check_served(kube, w, ref, root);
    read_live(kube, w, &extra, ref, root);
    kps_kube_read_pod(kube, w, &extra, kps_ynode_field(kps_tree_get(root, holder), "metadata"),
                      spec);
    extra.root = kube->live ? kps_live_keep_root(kube, root) : NULL;
    w->extra = keep_extra(kube, &extra, shared);
    kps_kube_enter_workload(kube, w);
    *kps_vec_push(&kube->workloads) = w;
}

static void read_namespace(struct kps_kube *kube, const struct kps_object_ref *ref,
                           const struct kps_ynode *metadata)
{
    struct kps_labels labels = kps_kube_read_labels(kube, kps_ynode_field(metadata, "labels"));
    struct kps_labels annotations =
        kps_kube_read_labels(kube, kps_ynode_field(metadata, "annotations"));
    uint16_t meshes = kps_kube_namespace_meshes(labels, annotations);
    struct kps_sidecar_moves moves = kps_kube_sidecar_moves(kube->arena, annotations);
    if (meshes || moves.n) {
        *kps_vec_push(&kube->namespaces) = (struct kps_kube_namespace){ref->name, meshes, moves};
    }
}

void kps_kube_read_scaler(struct kps_kube *kube, struct kps_sv namespace,
                          const struct kps_ynode *root)
{
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    const struct kps_ynode *target = kps_ynode_field(spec, "scaleTargetRef");
    *kps_vec_push(&kube->scalers) = (struct kps_kube_scaler){
        .namespace = namespace,
        .kind = kps_kube_get_text(kube, target, "kind"),
        .name = kps_kube_get_text(kube, target, "name"),
        .most = count_of(spec, "maxReplicas", 0),
    };
}

/* Read apiVersion, kind, namespace and name; an object with generateName has no name. */
static struct kps_object_ref read_ref(struct kps_kube *kube, const struct kps_ynode *root,
                                      const struct kps_object_ref *list, struct kps_span *ret_at)
{
    const struct kps_ynode *metadata = kps_ynode_field(root, "metadata");
    const struct kps_ynode *name = kps_ynode_field(metadata, "name");
    struct kps_object_ref ref = {
        .api_version = kps_kube_get_text(kube, root, "apiVersion"),
        .kind = kps_kube_get_text(kube, root, "kind"),
        .namespace = kps_kube_get_text(kube, metadata, "namespace"),
        .name = kps_kube_get_text(kube, metadata, "name"),
    };
    *ret_at = name ? name->span : root->span;
    if (list && ref.kind.n == 0) {
        ref.kind = kps_sv_head(list->kind, list->kind.n - 4);
    }
    if (list && ref.api_version.n == 0) {
        ref.api_version = list->api_version;
    }
    if (ref.namespace.n == 0) {
        ref.namespace = kube->options.default_namespace;
    }
    if (ref.name.n == 0) {
        struct kps_sv stem = kps_kube_get_text(kube, metadata, "generateName");
        ref.name = kps_fmt(kube->arena, "%.*s#%u", SV_ARG(stem), kube->result->objects);
    }
    return ref;
}

/*
 * A fragment names an object without its content: an identity in a list for deletion, a status for
 * a test to compare, a patch. No cluster can apply a fragment, so nothing is missing.
 */
static bool is_fragment(const struct kps_ynode *root, const struct kind_row *row)
{
    return !kps_ynode_field(root, "spec") && !(row && kps_tree_get(root, row->pod_path));
}

/* Return true if an Argo Application is made of a Helm chart. */
static bool has_chart(const struct kps_ynode *spec)
{
    const struct kps_ynode *list = kps_ynode_field(spec, "sources");
    bool found = kps_tree_get(spec, "source.chart") != NULL;
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        found = found || kps_ynode_field(entry, "chart");
    }
    return found;
}

/* Return true when a list of containers with images stands somewhere in the object. */
static bool has_containers(const struct kps_ynode *node, unsigned depth)
{
    enum { MOST_DEPTH = 16 };
    node = kps_ynode_resolve(node);
    bool found = node->kind == KPS_Y_MAP && is_pod_spec(node, false);
    for (uint32_t i = 0; !found && node->kind != KPS_Y_SCALAR && i < node->n; i++) {
        found = depth < MOST_DEPTH && has_containers(node->edges[i].val, depth + 1);
    }
    return found;
}

/* Return true for rules about objects: a pattern in them is no pod. */
static bool is_policy(struct kps_sv group)
{
    return kps_sv_has_any(group, "kyverno") || kps_sv_has_tail(group, "gatekeeper.sh");
}

/* Count an object whose controller makes pods and Services outside of the input. */
static void note_unjudged(struct kps_kube *kube, const struct kps_ynode *root,
                          const struct kps_object_ref *ref, struct kps_span at)
{
    static const struct {
        const char *kind, *group;
        enum kps_kube_unjudged_why why;
    } kinds[] = {{"HelmRelease", "helm.toolkit.fluxcd.io", KPS_KUBE_OF_CHART},
                 {"HelmRelease", "helm.fluxcd.io", KPS_KUBE_OF_CHART},
                 {"HelmChart", "helm.cattle.io", KPS_KUBE_OF_CHART},
                 {"Application", "argoproj.io", KPS_KUBE_OF_CHART},
                 {"ApplicationSet", "argoproj.io", KPS_KUBE_OF_CHART},
                 {"EnvoyProxy", "gateway.envoyproxy.io", KPS_KUBE_OF_GATEWAY}};
    struct kps_sv group = kps_sv_before(ref->api_version, '/');
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    for (size_t i = 0; i < KPS_COUNT(kinds); i++) {
        bool is_argo = kps_sv_is(group, "argoproj.io");
        bool is_set = kps_sv_is(ref->kind, "ApplicationSet");
        const struct kps_ynode *source = is_set ? kps_tree_get(spec, "template.spec") : spec;
        if (!kps_sv_is(ref->kind, kinds[i].kind) || !kps_sv_is(group, kinds[i].group) ||
            (is_argo && !has_chart(source))) {
            continue;
        }
        count_unjudged(kube, kps_sv_of(kinds[i].kind), kinds[i].why, at);
        return;
    }
    if (group.n < ref->api_version.n && spec && !is_policy(group) && has_containers(spec, 0)) {
        struct kps_sv kind = kps_fmt(kube->tree, "%.*s (%.*s)", SV_ARG(ref->kind), SV_ARG(group));
        count_unjudged(kube, kind, KPS_KUBE_OF_OWN_FORM, at);
    }
}

void kps_kube_report_unjudged(struct kps_kube *kube, struct kps_kube_unjudged *unjudged)
{
    static const struct {
        const char *what, *why;
    } words[] = {
        [KPS_KUBE_OF_CHART] = {"rendered", "the ports of the chart are not known here"},
        [KPS_KUBE_OF_GATEWAY] = {"rendered", "the gateway's pods and Services are not known here"},
        [KPS_KUBE_OF_OWN_FORM] = {"judged", "a controller makes the pods in its own way"},
        [KPS_KUBE_NAMELESS] = {"judged", "without metadata.name it is a patch, or it is refused"},
        [KPS_KUBE_NOT_SERVED] = {"judged", "a newer cluster has no such API and refuses it"}};
    for (uint32_t i = 0; i < unjudged->kinds.n; i++) {
        const struct kps_kube_unjudged_kind *some = &unjudged->kinds.v[i];
        const char *what = words[some->why].what;
        struct kps_finding *finding = kps_kube_add_finding(
            kube, KPS_RULE_INPUT_UNSUPPORTED, KPS_NOTE, KPS_CERTAIN,
            some->n == 1 ? "%u %.*s object is not %s: %s" : "%u %.*s objects are not %s: %s",
            some->n, SV_ARG(some->kind), what, words[some->why].why);
        kps_kube_party(kube, finding, 0, 0, some->first, (struct kps_sv){NULL, 0},
                       some->n > 1 ? SV("the first of them")
                                   : kps_fmt(kube->diag->arena, "not %s", what));
        if (some->why == KPS_KUBE_OF_CHART) {
            kps_finding_command(finding, SV("helm template . | kportscan -"),
                                "judges what the chart renders to");
        } else if (some->why == KPS_KUBE_NOT_SERVED) {
            kps_finding_help(finding, "write the apiVersion of today; --kubernetes-version judges "
                                      "for an old cluster");
        }
    }
    kps_vec_free(&unjudged->kinds);
}

/*
 * Read the Deployments of a ClusterServiceVersion, which OLM makes. A bundle goes into the
 * namespace of its Subscription; its files call that namespace "placeholder".
 */
static void read_operator(struct kps_kube *kube, const struct kps_object_ref *ref,
                          const struct kps_ynode *root)
{
    const struct kps_ynode *list = kps_tree_get(root, "spec.install.spec.deployments");
    bool is_bundle = kps_sv_is(ref->namespace, "placeholder");
    struct kps_sv namespace = is_bundle ? kube->options.default_namespace : ref->namespace;
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_ynode *name = kps_ynode_field(entry, "name");
        struct kps_object_ref deployment = {SV("apps/v1"), SV("Deployment"), namespace,
                                            kps_kube_get_text(kube, entry, "name")};
        if (name && deployment.name.n) {
            read_workload(kube, &deployment, name->span, kind_of(deployment.kind), entry);
        }
    }
}

/* Return true for an object with a name, or with a prefix of the name that it gets; metadata of
 * another type is reported elsewhere. */
static bool is_named(const struct kps_ynode *root)
{
    const struct kps_ynode *metadata = kps_ynode_field(root, "metadata");
    const struct kps_ynode *name = kps_ynode_field(metadata, "name");
    name = name && !kps_tree_is_null(name) ? name : kps_ynode_field(metadata, "generateName");
    bool is_wrong = metadata && metadata->kind != KPS_Y_MAP && !kps_tree_is_null(metadata);
    return is_wrong || (name && kps_ynode_text(name).n > 0);
}

static void read_one(struct kps_kube *kube, const struct kps_ynode *root,
                     const struct kps_object_ref *ref, struct kps_span at, bool in_list)
{
    bool core = kps_sv_is(ref->api_version, "v1");
    const struct kind_row *row = kind_of(ref->kind);
    row = row && row->is != KPS_KUBE_CUSTOM && !is_pod_group(ref->api_version) ? NULL : row;
    kube->result->objects++;
    kube->k3s =
        kube->k3s || kps_sv_starts_with_any(ref->api_version, "helm.cattle.io/ k3s.cattle.io/");
    bool is_service = kps_sv_is(ref->kind, "Service") && core;
    bool has_template = is_pod_spec(kps_tree_get(root, "spec.template.spec"), false);
    if ((is_service || row) && is_fragment(root, row)) {
        kube->result->passed++;
    } else if ((is_service || row || has_template) && !is_named(root)) {
        count_unjudged(kube, ref->kind, KPS_KUBE_NAMELESS, at);
        kube->result->passed++;
    } else if (is_service) {
        kps_kube_read_service(kube, ref, at, root);
    } else if (kps_sv_is(ref->kind, "Namespace") && core) {
        read_namespace(kube, ref, kps_ynode_field(root, "metadata"));
    } else if (kps_sv_is(ref->kind, "Node") && core) {
        kps_kube_read_node(kube, ref->name, root, in_list);
    } else if (kube->live && kps_sv_is(ref->kind, "PriorityClass")) {
        kps_live_read_priority(kube, ref->name, root);
    } else if (kps_sv_is(ref->kind, "ClusterServiceVersion")) {
        read_operator(kube, ref, root);
    } else if (kps_sv_is(ref->kind, "HorizontalPodAutoscaler")) {
        kps_kube_read_scaler(kube, ref->namespace, root);
    } else if ((row && (row->is != KPS_KUBE_CUSTOM ||
                        is_pod_spec(kps_tree_get(root, row->pod_path), true))) ||
               has_template) {
        read_workload(kube, ref, at, row, root);
    } else {
        note_unjudged(kube, root, ref, at);
        kube->result->passed++;
    }
}

/* Return the list of objects inside the object; NULL: a single object. */
static const struct kps_ynode *list_of(struct kps_kube *kube, const struct kps_ynode *root,
                                       const struct kps_object_ref *ref)
{
    bool is_template = kps_sv_is(ref->kind, "Template") &&
                       (kps_sv_is_one_of(ref->api_version, "v1 template.openshift.io/v1"));
    const struct kps_ynode *list = NULL;
    if (is_template) {
        list = kps_ynode_field(root, "objects");
    } else if (kps_sv_has_tail(ref->kind, "List")) {
        list = kps_ynode_field(root, "items");
    }
    if (!list || list->kind != KPS_Y_SEQ) {
        return NULL;
    }
    if (is_template) {
        kps_kube_fill_template(kube, root, ref->name);
    }
    return list;
}

/* Report a text that kubectl cannot decode into an object; the finding has no owner. */
static void refuse_document(struct kps_kube *kube, struct kps_span at, enum kps_severity severity,
                            struct kps_sv api, const char *message)
{
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_INPUT_INVALID, severity, KPS_CERTAIN, "%s", message);
    finding->up_error = api;
    kps_kube_party(kube, finding, 0, 0, at, kube->source, SV("kubectl refuses this"));
    if (severity == KPS_ERROR) {
        kps_kube_bad_input(kube, finding);
    }
}

/* Return true if the value is text or missing; report any other value. */
static bool check_head(struct kps_kube *kube, const struct kps_ynode *root, const char *key)
{
    const struct kps_ynode *node = kps_ynode_field(root, key);
    enum kps_ytype type = kps_kube_scalar(node).type;
    if (!node || type == KPS_T_STR || type == KPS_T_NULL) {
        return true;
    }
    refuse_document(kube, kps_ynode_resolve(node)->span, KPS_ERROR,
                    kps_fmt(kube->arena,
                            "couldn't get version/kind; json parse error: json: cannot unmarshal "
                            "%s into Go struct field .%s of type string",
                            kps_kube_json_word(type), key),
                    kps_cstr(kube->arena, kps_fmt(kube->arena, "%s must be text, not %s", key,
                                                  kps_ynode_type_name(type))));
    return false;
}

/* Report a List of kubectl whose items are no list. Return: false then. */
static bool check_items(struct kps_kube *kube, const struct kps_ynode *root,
                        const struct kps_object_ref *ref)
{
    const struct kps_ynode *items = kps_ynode_field(root, "items");
    enum kps_ytype type = kps_kube_scalar(items).type;
    if (!items || type == KPS_T_NULL || type == KPS_T_SEQ || !kps_sv_has_tail(ref->kind, "List") ||
        kps_sv_find(ref->api_version, '.') < ref->api_version.n) {
        return true;
    }
    refuse_document(kube, items->span, KPS_ERROR,
                    kps_fmt(kube->arena,
                            "json: cannot unmarshal %s into Go struct field List.items of type "
                            "[]runtime.RawExtension",
                            kps_kube_json_word(type)),
                    "items must be a list");
    return false;
}

/* Report what is in the place of an object and is none. */
static void refuse_item(struct kps_kube *kube, const struct kps_ynode *root, unsigned depth)
{
    enum kps_ytype type = kps_kube_scalar(root).type;
    if (type == KPS_T_NULL || (depth == 0 && type != KPS_T_SEQ)) {
        return;
    }
    refuse_document(kube, root->span, KPS_ERROR,
                    kps_fmt(kube->arena, "json: cannot unmarshal %s into Go value of type map",
                            kps_kube_json_word(type)),
                    depth ? "an item of a List must be an object"
                          : "a list of objects must be the items of a List");
}

/* Report a List in a List, which kubectl refuses and which is read here up to some depth. */
static bool check_depth(struct kps_kube *kube, const struct kps_ynode *root, unsigned depth)
{
    static const char api[] = "is not a list: no Items field";
    if (depth > KPS_KUBE_LIST_DEPTH) {
        refuse_document(kube, root->span, KPS_ERROR, SV(api),
                        "a List lies too deep in other Lists, and is not read");
    } else if (depth == 1) {
        refuse_document(kube, root->span, KPS_WARNING, SV(api),
                        "a List in a List is refused by kubectl; it is judged all the same");
    }
    return depth <= KPS_KUBE_LIST_DEPTH;
}

/*
 * Return true for another program's document in a folder: its version is no text, as with
 * "apiVersion: 1" of Grafana or Inspektor Gadget, and its kind has no ports in Kubernetes.
 */
static bool is_foreign(const struct kps_kube *kube, const struct kps_ynode *root,
                       const struct kps_object_ref *ref)
{
    const struct kps_ynode *version = kps_ynode_field(root, "apiVersion");
    return kube->options.is_found && version && kps_kube_scalar(version).type == KPS_T_INT &&
           ref->kind.n && !kps_sv_is_one_of(ref->kind, "Service List") && !kind_of(ref->kind);
}

/* Read an object, or the items of a List. `list`: the List of an item. */
static void read_any(struct kps_kube *kube, const struct kps_ynode *root,
                     const struct kps_object_ref *list, unsigned depth)
{
    root = kps_ynode_resolve(root);
    struct kps_span at = {0, 0, 0};
    if (root->kind != KPS_Y_MAP) {
        refuse_item(kube, root, depth);
        kube->result->passed++;
        return;
    }
    struct kps_object_ref ref = read_ref(kube, root, list, &at);
    bool has_head = kps_ynode_field(root, "apiVersion") && kps_ynode_field(root, "kind") &&
                    !is_foreign(kube, root, &ref);
    if (has_head && (!check_head(kube, root, "kind") || !check_head(kube, root, "apiVersion"))) {
        kube->result->objects++;
        return;
    }
    if (ref.kind.n == 0 || ref.api_version.n == 0) {
        kube->result->passed++;
        return;
    }
    if (!check_items(kube, root, &ref)) {
        kube->result->objects++;
        return;
    }
    const struct kps_ynode *items = list_of(kube, root, &ref);
    if (!items) {
        kube->root = root;
        kube->knows_action = false;
        read_one(kube, root, &ref, at, depth > 0);
        kube->root = NULL;
        return;
    }
    /* an item without a kind is what the name of the list says; a Template's objects say it
     * themselves */
    bool is_typed = kps_sv_has_tail(ref.kind, "List");
    if (depth > 0 && is_typed && !check_depth(kube, root, depth)) {
        return;
    }
    for (uint32_t i = 0; i < items->n; i++) {
        read_any(kube, items->edges[i].val, is_typed ? &ref : NULL, depth + 1);
    }
}

void kps_kube_read_object(struct kps_kube *kube, const struct kps_ynode *root,
                          const struct kps_object_ref *list)
{
    read_any(kube, root, list, list ? 1 : 0);
}
