#include "kube/node_overlap.h"

#include "kube/hostip.h"

bool kps_kube_is_every(const struct kps_kube_workload *w)
{
    return w->kind == KPS_KUBE_DAEMONSET;
}

static struct kps_tolerations get_automatic_tolerations(const struct kps_kube_workload *w)
{
    return kps_kube_is_every(w) ? kps_tolerations_of_daemonset(w->pod.host_network)
                                : (struct kps_tolerations){NULL, 0};
}

/* Return true when `wide` has a pod on every node that `narrow` may run on; `wide` is a DaemonSet.
 */
static bool covers_nodes(const struct kps_kube_workload *wide,
                         const struct kps_kube_workload *narrow, bool *ret_taints)
{
    bool nodes = kps_node_implies(narrow->pod.where->nodes, wide->pod.where->nodes);
    /* The automatic tolerations of a DaemonSet are covered by those of the other one. */
    bool taints =
        kps_tolerations_cover(wide->pod.where->tolerations, get_automatic_tolerations(wide),
                              narrow->pod.where->tolerations);
    *ret_taints = *ret_taints || (nodes && !taints);
    return nodes && taints;
}

static struct kps_meeting by_nodes(const struct kps_kube_workload *a,
                                   const struct kps_kube_workload *b)
{
    bool taints = false;
    if (kps_kube_is_every(a) && kps_kube_is_every(b)) {
        if (covers_nodes(a, b, &taints) || covers_nodes(b, a, &taints)) {
            return (struct kps_meeting){KPS_MEET_CERTAIN, false, KPS_MEET_BOTH_EVERY};
        }
        return (struct kps_meeting){KPS_MEET_POSSIBLE, false,
                                    taints ? KPS_MEET_TAINTS : KPS_MEET_OVERLAP};
    }
    if (kps_kube_is_every(a) || kps_kube_is_every(b)) {
        const struct kps_kube_workload *every = kps_kube_is_every(a) ? a : b;
        if (covers_nodes(every, every == a ? b : a, &taints)) {
            return (struct kps_meeting){KPS_MEET_CERTAIN, false, KPS_MEET_EVERY};
        }
        return (struct kps_meeting){KPS_MEET_POSSIBLE, false,
                                    taints ? KPS_MEET_TAINTS : KPS_MEET_OVERLAP};
    }
    struct kps_sv pinned = kps_node_pinned(a->pod.where->nodes);
    if (pinned.n && kps_sv_eq(pinned, kps_node_pinned(b->pod.where->nodes))) {
        return (struct kps_meeting){KPS_MEET_CERTAIN, false, KPS_MEET_PINNED};
    }
    return (struct kps_meeting){KPS_MEET_POSSIBLE, true, KPS_MEET_COUNT};
}

static enum kps_apart kept_apart(const struct kps_kube_workload *a,
                                 const struct kps_kube_workload *b)
{
    if (a->pod.where->bound && b->pod.where->bound) {
        return KPS_APART_NO;
    }
    enum kps_apart one = kps_anti_affinity_apart(a->pod.where->apart, a->id.head->group.namespace,
                                                 b->pod.labels, b->id.head->group.namespace);
    enum kps_apart other = kps_anti_affinity_apart(b->pod.where->apart, b->id.head->group.namespace,
                                                   a->pod.labels, a->id.head->group.namespace);
    return one > other ? one : other;
}

/* Ports of a pod that are compared with the ports of another pod; more is hostile input. */
enum { MOST_SEPARATING_PORTS = 16 };

/* Copy the host ports that the scheduler counts to `out`. Return: how many. */
static uint32_t list_scheduled(const struct kps_kube_workload *w, const struct kps_kube_port **out)
{
    uint32_t n = 0;
    struct kps_kube_port_request at = {NULL, NULL};
    while (n < MOST_SEPARATING_PORTS && (at = kps_kube_next_port(w, at)).port) {
        out[n] = at.port;
        n += at.port->scheduled ? 1 : 0;
    }
    return n;
}

/* Return true if both pods declare a host port that the scheduler or the kubelet's admission gives
 * to one pod of a node only. */
static bool share_declared_port(const struct kps_kube_workload *a,
                                const struct kps_kube_workload *b)
{
    const struct kps_kube_port *left[MOST_SEPARATING_PORTS];
    const struct kps_kube_port *right[MOST_SEPARATING_PORTS];
    uint32_t n_left = list_scheduled(a, left);
    uint32_t n_right = list_scheduled(b, right);
    for (uint32_t i = 0; i < n_left; i++) {
        for (uint32_t k = 0; k < n_right; k++) {
            if (left[i]->host == right[k]->host && left[i]->protocol == right[k]->protocol &&
                kps_hostip_match(kps_kube_host_ip(left[i]), kps_kube_host_ip(right[k])) ==
                    KPS_HOSTIP_CLASH) {
                return true;
            }
        }
    }
    return false;
}

bool kps_kube_replicas_apart(const struct kps_kube_workload *w)
{
    return share_declared_port(w, w) || kept_apart(w, w) == KPS_APART_YES;
}

struct kps_meeting kps_kube_can_share_node(const struct kps_kube_port_request *a,
                                           const struct kps_kube_port_request *b)
{
    static const struct kps_meeting never = {KPS_MEET_NEVER, false, KPS_MEET_APART};
    enum kps_hostip_match match =
        kps_hostip_match(kps_kube_host_ip(a->port), kps_kube_host_ip(b->port));
    bool is_unseen = !a->port->scheduled || !b->port->scheduled;
    bool both_run = (a->c->w->flags & KPS_KUBE_HELD) && (b->c->w->flags & KPS_KUBE_HELD);
    if (both_run || match == KPS_HOSTIP_APART ||
        !kps_node_can_meet(a->c->w->pod.where->nodes, b->c->w->pod.where->nodes)) {
        return never;
    }
    /* The declared port is the conflict; no node is left for an undeclared port to meet. */
    if (is_unseen && share_declared_port(a->c->w, b->c->w)) {
        return never;
    }
    struct kps_meeting meeting = by_nodes(a->c->w, b->c->w);
    enum kps_apart apart = kept_apart(a->c->w, b->c->w);
    if (apart == KPS_APART_YES && !(kps_kube_is_every(a->c->w) && kps_kube_is_every(b->c->w))) {
        return never;
    }
    if (apart != KPS_APART_NO) {
        meeting = (struct kps_meeting){KPS_MEET_POSSIBLE, false, KPS_MEET_ANTI};
    }
    if (match == KPS_HOSTIP_UNNOTICED) {
        meeting = (struct kps_meeting){KPS_MEET_POSSIBLE, false, KPS_MEET_ADDRESS};
    } else if (is_unseen) {
        meeting = (struct kps_meeting){KPS_MEET_POSSIBLE, false, KPS_MEET_UNSEEN};
    }
    return meeting;
}
