#include "base/map.h"
#include "kube/host_port_requests.h"
#include "kube/hostip.h"

/*
 * Live pods that found no free host port (KP203, KP204, KP205). The scheduler says so in the pod's
 * condition PodScheduled, the kubelet in the status of a pod that it refused: facts, for which the
 * holder is looked up among the pods that run. Pods of one controller have one cause and are one
 * finding.
 */

enum { MOST_HOLDERS = 16 };
/* Pairs of pods that are compared; a hostile list could ask for far more. */
static const uint32_t MOST_LOOKS = 4000 * 1000;

/* The waiting pods of a controller, or a single pod without a controller. */
struct group {
    struct kps_kube_workload *w; /* the first of them */
    struct kps_kube_container *c;
    struct kps_kube_port *port; /* the first port that is held; else the first of the pod */
    kps_claim_id holders[MOST_HOLDERS];
    uint32_t n_pods, n_holders;
};

struct search {
    struct kps_kube *kube;
    struct kps_kube_port_requests all; /* of the pods on nodes */
    uint32_t looks;
    KPS_VEC(struct group) groups;
    struct kps_map by_identity; /* -> index of groups */
};

static bool is_same_port(const struct kps_kube_port *a, const struct kps_kube_port *b)
{
    return a->host == b->host && a->protocol == b->protocol;
}

/* Return true if the running pod is in the way of the waiting pod. */
static bool is_in_the_way(const struct kps_kube_port_request *held,
                          const struct kps_kube_workload *waiting, const struct kps_kube_port *port)
{
    struct kps_sv node = kps_node_pinned(held->c->w->pod.where->nodes);
    bool is_there =
        waiting->extra->waiting->node.n
            ? kps_sv_eq(waiting->extra->waiting->node, node)
            : kps_node_can_meet(waiting->pod.where->nodes, held->c->w->pod.where->nodes);
    return is_there && held->c->w != waiting &&
           kps_hostip_match(kps_kube_host_ip(held->port), kps_kube_host_ip(port)) ==
               KPS_HOSTIP_CLASH;
}

static void add_holders(struct search *search, struct group *group,
                        const struct kps_kube_workload *w, const struct kps_kube_port *port)
{
    for (uint32_t at = kps_kube_port_requests_find(search->all, port->protocol, port->host);
         at < search->all.n && group->n_holders < MOST_HOLDERS && search->looks < MOST_LOOKS;
         at++) {
        struct kps_kube_port_request held =
            kps_kube_port_request_of(search->all.ledger, search->all.v[at]);
        if (!is_same_port(held.port, port)) {
            return;
        }
        search->looks++;
        if (is_in_the_way(&held, w, port)) {
            group->holders[group->n_holders++] = search->all.v[at];
        }
    }
}

/* Return the group of the pod's controller. */
static struct group *group_of(struct search *search, struct kps_kube_workload *w)
{
    struct kps_sv key = kps_sv_copy(search->kube->index, SV_BYTES(w->id.identity));
    uint32_t at = *kps_map_put(&search->by_identity, search->kube->index, key, search->groups.n);
    if (at == search->groups.n) {
        *kps_vec_push(&search->groups) = (struct group){.w = w};
    }
    return &search->groups.v[at];
}

/* Add the waiting pod to its group, with the holders of the first port of the pod that is held. */
static void add_pod(struct search *search, struct kps_kube_workload *w)
{
    struct group found = {.w = w};
    struct kps_kube_port_request at = {NULL, NULL};
    while (found.n_holders == 0 && (at = kps_kube_next_port(w, at)).port) {
        if (!at.port->scheduled) {
            continue;
        }
        add_holders(search, &found, w, at.port);
        bool is_better = !found.port || found.n_holders;
        found.c = is_better ? at.c : found.c;
        found.port = is_better ? at.port : found.port;
    }
    /* Without a word of the scheduler only a pod for one node is known to wait for its port; what
     * the kubelet refused may be long ago. */
    bool is_certain = w->extra->waiting->is_said && w->extra->waiting->node.n == 0;
    bool is_bound = w->extra->waiting->is_said || kps_node_pinned(w->pod.where->nodes).n > 0;
    if (!found.port || (!is_certain && (found.n_holders == 0 || !is_bound))) {
        return;
    }
    struct group *group = group_of(search, w);
    bool is_better = !group->port || (group->n_holders == 0 && found.n_holders);
    group->c = is_better ? found.c : group->c;
    group->port = is_better ? found.port : group->port;
    group->w = is_better ? w : group->w;
    group->n_pods++;
    for (uint32_t i = 0; i < found.n_holders && group->n_holders < MOST_HOLDERS; i++) {
        group->holders[group->n_holders++] = found.holders[i];
    }
    w->copies = 0; /* the requests of the pod are settled */
}

/* KP203 for the port of another workload; of the own controller, KP205 between two revisions, else
 * KP204. */
static enum kps_rule choose_rule(const struct kps_kube *kube, const struct group *group)
{
    struct kps_sv own = kps_labels_get(group->w->pod.labels, SV("pod-template-hash"));
    bool is_own = group->n_holders > 0;
    bool is_update = false;
    for (uint32_t i = 0; i < group->n_holders; i++) {
        const struct kps_kube_workload *holder =
            kps_kube_port_request_of(kube->ledger, group->holders[i]).c->w;
        struct kps_sv revision = kps_labels_get(holder->pod.labels, SV("pod-template-hash"));
        is_own &= holder->id.identity == group->w->id.identity;
        is_update = is_update || !kps_sv_eq(own, revision);
    }
    if (!is_own) {
        return KPS_RULE_HOST_PORT_CLASH;
    }
    return is_update ? KPS_RULE_HOST_PORT_ROLLOUT_DEADLOCK : KPS_RULE_HOST_PORT_REPLICAS;
}

static struct kps_sv name_controller(struct kps_kube *kube, const struct kps_kube_workload *w)
{
    struct kps_kube_id id = w->id;
    struct kps_kube_head head = *w->id.head;
    head.group.kind = w->extra->waiting->controller_kind;
    id.head = &head;
    id.name = w->extra->waiting->controller_name;
    return kps_kube_title(kube, &id);
}

static struct kps_sv name_pods(struct kps_kube *kube, const struct group *group)
{
    struct kps_sv title = kps_kube_title(kube, &group->w->id);
    if (group->n_pods == 1) {
        return title;
    }
    if (group->w->extra->waiting->controller_name.n == 0) {
        return kps_fmt(kube->arena, "%u pods such as %.*s", group->n_pods, SV_ARG(title));
    }
    return kps_fmt(kube->arena, "%u pods of %s", group->n_pods, name_controller(kube, group->w).p);
}

static struct kps_sv name_place(struct kps_kube *kube, const struct group *group)
{
    if (group->n_holders == 0) {
        return SV("is free on no node that fits");
    }
    const struct kps_kube_workload *first =
        kps_kube_port_request_of(kube->ledger, group->holders[0]).c->w;
    if (group->n_holders == 1) {
        struct kps_sv node = kps_node_pinned(first->pod.where->nodes);
        return kps_fmt(kube->arena, "is held on node '%.*s' by %s", SV_ARG(node),
                       kps_kube_title(kube, &first->id).p);
    }
    return kps_fmt(kube->arena, "is held on %s%u nodes",
                   group->n_holders == MOST_HOLDERS ? "at least " : "", group->n_holders);
}

static void help_group(struct kps_finding *finding, const struct group *group)
{
    if (group->n_holders == 0) {
        kps_finding_command(finding, SV("kubectl get pods -A -o yaml | kportscan -"),
                            "judges the pods of all namespaces");
    } else if (finding->rule == KPS_RULE_HOST_PORT_ROLLOUT_DEADLOCK) {
        kps_finding_help(finding, "set maxSurge 0 and maxUnavailable 1, or the strategy Recreate");
    } else if (finding->rule == KPS_RULE_HOST_PORT_REPLICAS) {
        kps_finding_help(finding, "run no more replicas than there are nodes that fit");
    } else {
        kps_finding_help(finding,
                         "give one of them another %s, or keep them apart with nodeSelector",
                         group->w->pod.host_network ? "port" : "hostPort");
    }
}

static void add_notes(struct kps_kube *kube, struct kps_finding *finding, const struct group *group)
{
    const struct kps_kube_waiting *waiting = group->w->extra->waiting;
    if (waiting->node.n) {
        kps_finding_note(finding,
                         "nodeName passes the scheduler by, so the kubelet of '%.*s' refuses the "
                         "pod (\"Predicate NodePorts failed\")%s",
                         SV_ARG(waiting->node),
                         waiting->controller_name.n
                             ? ", and its controller makes a new one again and again"
                             : "");
    } else if (waiting->is_said) {
        kps_finding_note(finding,
                         "the scheduler says so: \"didn't have free ports for the requested pod "
                         "ports\"");
    }
    if (finding->rule == KPS_RULE_HOST_PORT_ROLLOUT_DEADLOCK) {
        kps_finding_note(finding,
                         "holder and waiting pod are two revisions of %s: the old one ends only "
                         "when the new one is ready",
                         name_controller(kube, group->w).p);
    }
    if (group->n_holders == 0) {
        kps_finding_note(finding,
                         "no pod of the input holds it: the holder may be in a namespace that is "
                         "not listed, or have ended");
    }
}

static void say_group(struct kps_kube *kube, const struct group *group)
{
    const struct kps_kube_port *port = group->port;
    struct kps_sv pods = name_pods(kube, group);
    struct kps_sv place = name_place(kube, group);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, choose_rule(kube, group), KPS_ERROR, KPS_CERTAIN, "%.*s %s: hostPort %u/%s %.*s",
        SV_ARG(pods), group->w->extra->waiting->node.n ? "cannot start" : "cannot be scheduled",
        port->host, kps_protocol_name(port->protocol), SV_ARG(place));
    kps_kube_on_port(finding, port->host, port->protocol);
    kps_kube_party_port(
        kube, finding, group->c, port, true,
        kps_fmt(kube->arena, "%s waits for it", kps_kube_title(kube, &group->w->id).p));
    for (uint32_t i = 0; i < group->n_holders; i++) {
        struct kps_kube_port_request held =
            kps_kube_port_request_of(kube->ledger, group->holders[i]);
        struct kps_sv node = kps_node_pinned(held.c->w->pod.where->nodes);
        kps_kube_party_port(kube, finding, held.c, held.port, true,
                            kps_fmt(kube->arena, "%s holds it on node '%.*s'",
                                    kps_kube_title(kube, &held.c->w->id).p, SV_ARG(node)));
    }
    add_notes(kube, finding, group);
    help_group(finding, group);
}

/* The templates of controllers ask for the ports as well: the findings speak of them, too. */
static void mark_controllers(struct search *search)
{
    struct kps_kube *kube = search->kube;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        struct kps_sv key = SV_BYTES(w->id.identity);
        uint32_t at = (w->flags & KPS_KUBE_CONTROLLED)
                          ? UINT32_MAX
                          : kps_map_get(&search->by_identity, key, UINT32_MAX);
        struct kps_kube_port_request own = {NULL, NULL};
        while (at != UINT32_MAX && (own = kps_kube_next_port(w, own)).port) {
            if (is_same_port(own.port, search->groups.v[at].port)) {
                own.port->contended = KPS_KUBE_CLASHES;
            }
        }
    }
}

static bool any_waits(const struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        if (kube->workloads.v[i]->extra->waiting) {
            return true;
        }
    }
    return false;
}

void kps_kube_check_pending(struct kps_kube *kube)
{
    struct search search = {.kube = kube};
    if (!any_waits(kube)) {
        return;
    }
    search.all = kps_kube_port_requests_held(kube);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        if (kube->workloads.v[i]->extra->waiting) {
            add_pod(&search, kube->workloads.v[i]);
        }
    }
    for (uint32_t i = 0; i < search.groups.n; i++) {
        say_group(kube, &search.groups.v[i]);
    }
    mark_controllers(&search);
    kps_vec_free(&search.groups);
}
