#include <stdlib.h>

#include "base/buf.h"
#include "kube/hostip.h"
#include "kube/live.h"
#include "kube/live_items.h"

/* The ports of a live cluster's pods and Services as claims, for questions about the cluster. */

/* The facts of these owners are facts of objects. Bound claims never clash, so the classes have
 * words and no rules. */
static void name_object(const struct kps_owner *owner, struct kps_object_facts *ret)
{
    *ret = *(const struct kps_object_facts *)owner->facts;
}

static struct kps_sv call_owner(const struct kps_owner *owner, bool is_group)
{
    const struct kps_object_facts *facts = owner->facts;
    return is_group ? facts->group->namespace : facts->name;
}

static const struct kps_owner_class pod_class = {
    .noun = "pod", .called = call_owner, .object = name_object};
static const struct kps_owner_class service_class = {
    .noun = "Service", .called = call_owner, .object = name_object};

struct kps_sv kps_live_pod_words(struct kps_arena *arena, const struct kps_live_pod *pod)
{
    return kps_fmt(arena, "Pod %.*s/%.*s", SV_ARG(pod->namespace), SV_ARG(pod->name));
}

struct kps_sv kps_live_owner_words(struct kps_arena *arena, const struct kps_live_pod *pod)
{
    return pod->owner.n ? kps_fmt(arena, "%.*s %.*s/%.*s", SV_ARG(pod->kind),
                                  SV_ARG(pod->namespace), SV_ARG(pod->owner))
                        : kps_live_pod_words(arena, pod);
}

/* Word the taints that keep plain pods off a node: "cordoned", "taint gpu=yes:NoSchedule". */
static struct kps_sv word_taints(struct kps_kube *kube, const struct kps_kube_node *node)
{
    struct kps_buf *words = kps_buf_new(kube->arena);
    for (uint32_t i = 0; i < node->n_taints; i++) {
        const struct kps_taint *taint = &node->taints[i];
        if (kps_tolerations_accept((struct kps_tolerations){NULL, 0}, taint)) {
            continue;
        }
        kps_buf_text(words, words->n ? ", " : "");
        if (kps_sv_is(taint->key, "node.kubernetes.io/unschedulable")) {
            bool is_said = kps_sv_has_any(kps_buf_sv(words), "cordoned");
            kps_buf_text(words, is_said ? "" : "cordoned");
        } else {
            kps_buf_fmt(words, "taint %.*s%s%.*s:%.*s", SV_ARG(taint->key),
                        taint->value.n ? "=" : "", SV_ARG(taint->value), SV_ARG(taint->effect));
        }
    }
    return kps_buf_sv(words);
}

static int by_name(const void *left, const void *right, void *context)
{
    const struct kps_kube_node *nodes = context;
    return kps_sv_cmp(kps_kube_node_name(&nodes[*(const uint32_t *)left]),
                      kps_kube_node_name(&nodes[*(const uint32_t *)right]));
}

/* Make a namespace for each node, in the order of names. Return: their ids, by index of nodes. */
static kps_netns_id *enter_nodes(struct kps_kube *kube)
{
    uint32_t n = kube->nodes.n;
    uint32_t *order = KPS_NEW_N(kube->index, uint32_t, (size_t)n + 1);
    kps_netns_id *ids = KPS_NEW_N(kube->index, kps_netns_id, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
    }
    if (n) {
        qsort_r(order, n, sizeof(*order), by_name, kube->nodes.v);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_kube_node *node = &kube->nodes.v[order[i]];
        struct kps_sv name = kps_kube_node_name(node);
        kps_netns_id id = kps_ledger_new_netns(kube->ledger, KPS_NETNS_NODE, name);
        kube->ledger->netns.v[id - 1].is_node = true;
        kube->ledger->netns.v[id - 1].kept_off = word_taints(kube, node);
        ids[order[i]] = id;
    }
    return ids;
}

static kps_owner_id own_object(struct kps_kube *kube, const struct kps_object_ref *ref,
                               const struct kps_live_pod *pod)
{
    struct kps_object_facts *facts = KPS_NEW(kube->arena, struct kps_object_facts);
    const struct kps_kube_head *head = kps_kube_share(kube, ref, SV(""));
    *facts = (struct kps_object_facts){.group = &head->group, .name = ref->name};
    if (pod && pod->owner.n) {
        struct kps_object_controller *controller =
            KPS_NEW(kube->arena, struct kps_object_controller);
        *controller = (struct kps_object_controller){pod->kind, pod->owner};
        facts->controller = controller;
    }
    return kps_ledger_owner(kube->ledger,
                            &(struct kps_new_owner){
                                .cls = pod ? &pod_class : &service_class,
                                .kind = pod ? KPS_OWNER_K8S_WORKLOAD : KPS_OWNER_K8S_SERVICE,
                                .facts = facts,
                            });
}

static void enter_port(struct kps_kube *kube, kps_netns_id netns, kps_owner_id owner,
                       struct kps_live_port port, uint16_t target)
{
    struct kps_claim claim = {.netns = netns,
                              .owner = owner,
                              .addr = {.kind = KPS_ADDR_EVERY},
                              .first = port.port,
                              .last = port.port,
                              .take = 1,
                              .target_first = target,
                              .target_last = target,
                              .protocol = port.protocol,
                              .basis = netns == kube->node_ns ? KPS_PENDING : KPS_BOUND,
                              .certainty = KPS_CERTAIN,
                              .copies = 1};
    if (!kps_hostip_is_wildcard(port.ip)) {
        (void)kps_hostip_parse(port.ip, &claim.addr);
    }
    (void)kps_ledger_claim(kube->ledger, &claim);
}

static kps_owner_id enter_pod(struct kps_kube *kube, const struct kps_live_pod *pod,
                              const kps_netns_id *nodes)
{
    const struct kps_object_ref ref = {SV("v1"), SV("Pod"), pod->namespace, pod->name};
    kps_owner_id owner = own_object(kube, &ref, pod);
    for (uint32_t i = 0; i < pod->ports.n; i++) {
        enter_port(kube, pod->node < 0 ? kube->node_ns : nodes[pod->node], owner, pod->ports.v[i],
                   0);
    }
    return owner;
}

static void enter_service(struct kps_kube *kube, const struct kps_live_service *service)
{
    const struct kps_object_ref ref = {SV("v1"), SV("Service"), service->namespace, service->name};
    kps_owner_id owner = service->n_node_ports ? own_object(kube, &ref, NULL) : 0;
    for (uint32_t i = 0; i < service->n_node_ports; i++) {
        const struct kps_live_node_port *port = &service->node_ports[i];
        enter_port(kube, kube->cluster_ns, owner,
                   (struct kps_live_port){{"", 0}, port->number, port->protocol}, port->port);
    }
}

void kps_kube_enter_live(struct kps_kube *kube)
{
    const struct kps_live *live = kube->live;
    if (kube->nodes.n == 0) {
        kps_live_presume_nodes(kube, 0);
    }
    kps_live_join_nodes(kube);
    kube->tree = kube->index; /* no document is read: for the texts of heads */
    const kps_netns_id *nodes = enter_nodes(kube);
    kps_owner_id *owners = KPS_NEW_N(kube->index, kps_owner_id, (size_t)live->pods.n + 1);
    for (uint32_t i = 0; i < live->pods.n; i++) {
        if (!live->pods.v[i].is_gone) {
            owners[i] = enter_pod(kube, &live->pods.v[i], nodes);
        }
    }
    for (uint32_t i = 0; i < live->services.n; i++) {
        enter_service(kube, &live->services.v[i]);
    }
    kube->tree = NULL;
    kps_live_report_waiting(kube, owners);
}
