#include "base/count.h"
#include "kube/live_place.h"

/*
 * KP404: Pending pods of a live cluster for which the scheduler found no node with free ports. Pods
 * of the same controller are alike and make a single finding.
 */
enum { MOST_LOOKED_AT = 16, MOST_HOLDERS = 8 };

struct wait_group {
    uint32_t first;  /* index of the first pod */
    uint32_t n_pods; /* all that wait */
    uint32_t n_looked_at;
    bool is_nominated;
    struct kps_live_port port;     /* held on the most nodes */
    uint32_t n_fit, n_held;        /* nodes whose rules admit a pod; of these: a port is held */
    uint32_t free_node;            /* 1 + an admitted node without a held port; 0: none */
    int32_t holders[MOST_HOLDERS]; /* pods that hold the port */
    uint32_t n_holders;
};

static struct wait_group *find_group(struct kps_kube *kube, struct kps_map *map,
                                     struct wait_group *groups, uint32_t *n, uint32_t pod)
{
    const struct kps_live_pod *p = &kube->live->pods.v[pod];
    uint64_t key = p->controller ? p->controller : pod; /* a hash of 64 bits is no small number */
    uint32_t at = *kps_map_put(map, kube->index, kps_sv_copy(kube->index, SV_BYTES(key)), *n);
    if (at == *n) {
        groups[(*n)++] = (struct wait_group){.first = pod};
    }
    return &groups[at];
}

/* Look at the nodes of one waiting pod. */
static void look_at_pod(struct kps_live_board *board, struct wait_group *group, uint32_t index)
{
    const struct kps_live_pod *pod = &board->kube->live->pods.v[index];
    struct kps_live_seeker like = kps_live_seeker_of(board->kube, index);
    uint32_t at = kps_live_add_seeker(board, &like);
    const struct kps_live_seeker *s = &board->seekers.v[at];
    uint32_t most = 0;
    for (uint32_t i = 0; i < pod->ports.n; i++) {
        uint32_t n = kps_live_count_held(board, s, (struct kps_live_ports){&pod->ports.v[i], 1});
        if (n > most || !group->port.port) {
            group->port = pod->ports.v[i];
            most = n;
        }
    }
    for (uint32_t i = 0; i < board->kube->nodes.n; i++) {
        int32_t holder = -1;
        if (!s->admits[i]) {
            continue;
        }
        group->n_fit++;
        if (kps_live_is_free(board, pod->ports, i, &holder)) {
            group->free_node = i + 1;
            continue;
        }
        group->n_held++;
        if (holder >= 0 && group->n_holders < MOST_HOLDERS) {
            group->holders[group->n_holders++] = holder;
        }
    }
}

static struct kps_sv word_place(const struct kps_kube *kube, const struct wait_group *group)
{
    if (group->n_held == 0) {
        return group->free_node ? SV("was held; nobody seems to have it now")
                                : SV("is free on no node that fits");
    }
    if (group->n_held == 1 && group->n_holders && !group->free_node) {
        const struct kps_live_pod *holder = &kube->live->pods.v[group->holders[0]];
        struct kps_sv node = kps_kube_node_name(&kube->nodes.v[holder->node]);
        return kps_fmt(kube->arena, "is held on node %.*s by %s", SV_ARG(node),
                       kps_live_pod_words(kube->arena, holder).p);
    }
    if (group->free_node) {
        return kps_fmt(kube->arena, "is held on %u of the %u nodes that fit", group->n_held,
                       group->n_fit);
    }
    return group->n_held == 1
               ? SV("is held on the only node that fits")
               : kps_fmt(kube->arena, "is held on all %u nodes that fit", group->n_held);
}

static void add_details(struct kps_kube *kube, struct kps_finding *finding,
                        const struct wait_group *group, const kps_owner_id *owners)
{
    const struct kps_live_pod *pods = kube->live->pods.v;
    for (uint32_t i = 0; i < group->n_holders; i++) {
        const struct kps_live_pod *holder = &pods[group->holders[i]];
        struct kps_sv node = kps_kube_node_name(&kube->nodes.v[holder->node]);
        struct kps_sv words = kps_fmt(kube->arena, "%s, on node %.*s",
                                      kps_live_pod_words(kube->arena, holder).p, SV_ARG(node));
        kps_finding_party(finding, KPS_ROLE_HOLDER, owners[group->holders[i]])->label = words;
    }
    if (group->n_held > group->n_holders) {
        kps_finding_note(
            finding, "other holders have it on %s",
            kps_count_of(kube->arena, group->n_held - group->n_holders, "more node").p);
    }
    if (group->is_nominated) {
        kps_finding_note(finding, "the scheduler has a pod of lower priority evicted for it");
    } else if (group->free_node) {
        struct kps_sv node = kps_kube_node_name(&kube->nodes.v[group->free_node - 1]);
        kps_finding_note(finding,
                         "the port is free on %.*s: something else keeps the pod off that node",
                         SV_ARG(node));
    }
    finding->up_error = pods[group->first].wait;
    kps_finding_help(finding,
                     "give one of them another hostPort, or let the pod run on other nodes");
}

static void report_group(struct kps_kube *kube, const struct wait_group *group,
                         const kps_owner_id *owners)
{
    const struct kps_live_pod *pod = &kube->live->pods.v[group->first];
    bool is_sure = !group->free_node && !group->is_nominated;
    struct kps_sv title = group->n_pods == 1 ? kps_live_pod_words(kube->arena, pod)
                                             : kps_fmt(kube->arena, "%u pods of %s", group->n_pods,
                                                       kps_live_owner_words(kube->arena, pod).p);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_PENDING_NOW, is_sure ? KPS_ERROR : KPS_WARNING,
        is_sure ? KPS_CERTAIN : KPS_POSSIBLE, "%.*s %s Pending: hostPort %u/%s %s", SV_ARG(title),
        group->n_pods == 1 ? "is" : "are", group->port.port,
        kps_protocol_name(group->port.protocol), word_place(kube, group).p);
    kps_kube_on_port(finding, group->port.port, group->port.protocol);
    (void)kps_finding_party(finding, KPS_ROLE_PRIMARY, owners[group->first]);
    add_details(kube, finding, group, owners);
}

void kps_live_report_waiting(struct kps_kube *kube, const kps_owner_id *owners)
{
    const struct kps_live *live = kube->live;
    struct wait_group *groups = KPS_NEW_N(kube->index, struct wait_group, (size_t)live->pods.n + 1);
    struct kps_map map = {0};
    struct kps_live_board board;
    uint32_t n = 0;
    kps_live_board_open(&board, kube);
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        if (pod->wait.n == 0 || pod->node >= 0 || pod->is_gone || pod->ports.n == 0) {
            continue;
        }
        struct wait_group *group = find_group(kube, &map, groups, &n, i);
        group->n_pods++;
        group->is_nominated |= pod->is_nominated;
        /* alike, but for the pods of a DaemonSet, which have a node each */
        if (group->n_looked_at == 0 ||
            (group->n_looked_at < MOST_LOOKED_AT && kps_node_pinned(pod->where->nodes).n)) {
            group->n_looked_at++;
            look_at_pod(&board, group, i);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        report_group(kube, &groups[i], owners);
    }
    kps_live_board_free(&board);
}
