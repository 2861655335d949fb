#include "kube/host_port_requests.h"

#include "base/buf.h"

/* The words of KP203: what clashes, why the workloads meet, what will be seen, who would win. */

static const char *count_word(struct kps_kube *kube, uint32_t n)
{
    static const char *const words[] = {"no",   "one", "two",   "three", "four",
                                        "five", "six", "seven", "eight", "nine"};
    return n < KPS_COUNT(words) ? words[n] : kps_cstr(kube->arena, kps_fmt(kube->arena, "%u", n));
}

static struct kps_sv label_of(struct kps_kube *kube, const struct kps_kube_port_request *want,
                              bool first)
{
    struct kps_sv title = kps_kube_title(kube, &want->w->id);
    if (want->c->role != KPS_KUBE_INIT && !want->port->host_ip &&
        want->port->evidence == KPS_KUBE_DECLARED && want->port->host_written && !first) {
        return title;
    }
    struct kps_buf label = KPS_BUF(kube->arena);
    kps_buf_add(&label, title);
    if (want->c->role == KPS_KUBE_INIT) {
        kps_buf_fmt(&label, ", init container '%.*s'", SV_ARG(want->c->name));
    }
    if (kps_kube_host_ip(want->port).n) {
        kps_buf_fmt(&label, ", on %.*s", SV_ARG(kps_kube_host_ip(want->port)));
    }
    if (want->port->evidence != KPS_KUBE_DECLARED) {
        kps_buf_fmt(&label, ", shown by %.*s", SV_ARG(want->port->name));
    } else if (!want->port->host_written) {
        kps_buf_add(&label, SV(", because of hostNetwork"));
    }
    kps_buf_add(&label, first ? SV(", first claim") : SV(""));
    return kps_buf_sv(&label);
}

static const char waits[] = "\"didn't have free ports for the requested pod ports\"";

/* Add the note for pods that each need a node of their own. */
static void note_pod_count(struct kps_kube *kube, struct kps_finding *finding,
                           const struct kps_kube_clash *clash)
{
    if (clash->too_few) {
        kps_finding_note(kube->diag, finding,
                         "each needs a node of its own: %llu pods, but %u %s: %s",
                         (unsigned long long)clash->pods, kube->options.nodes,
                         kube->options.nodes == 1 ? "node" : "nodes", waits);
    } else {
        kps_finding_note(kube->diag, finding,
                         "at most one of them can be on a node, so they need %llu nodes that "
                         "fit: %s otherwise",
                         (unsigned long long)clash->pods, waits);
    }
}

/* Why the strongest pair meets. */
static void note_meeting(struct kps_kube *kube, struct kps_finding *finding,
                         const struct kps_kube_clash *clash)
{
    const struct kps_kube_workload *a = clash->a->w;
    const struct kps_kube_workload *b = clash->b->w;
    struct kps_sv at = kps_kube_title(kube, &a->id);
    struct kps_sv bt = kps_kube_title(kube, &b->id);
    struct kps_sv where = kps_node_words(kube->arena, kps_kube_is_every(b) ? b->pod.where->nodes
                                                                           : a->pod.where->nodes);
    switch (clash->meeting.reason) {
    case KPS_MEET_APART:
        break;
    case KPS_MEET_BOTH_EVERY:
        where =
            kps_node_words(kube->arena, kps_node_implies(a->pod.where->nodes, b->pod.where->nodes)
                                            ? a->pod.where->nodes
                                            : b->pod.where->nodes);
        kps_finding_note(kube->diag, finding,
                         "both run on %.*s, so on each one pod stays Pending: %s", SV_ARG(where),
                         waits);
        break;
    case KPS_MEET_EVERY: {
        bool first = kps_kube_is_every(a);
        kps_finding_note(
            kube->diag, finding,
            "%.*s takes the port on %.*s, so %.*s finds no free node however many there are: %s",
            SV_ARG(first ? at : bt), SV_ARG(where), SV_ARG(first ? bt : at), waits);
        break;
    }
    case KPS_MEET_PINNED:
        kps_finding_note(kube->diag, finding,
                         "both can only run on %.*s, so one of them stays Pending: %s",
                         SV_ARG(where), waits);
        break;
    case KPS_MEET_COUNT:
        note_pod_count(kube, finding, clash);
        break;
    case KPS_MEET_OVERLAP:
        kps_finding_note(kube->diag, finding,
                         "they meet on nodes that fit both: %.*s on %.*s, %.*s on %.*s", SV_ARG(at),
                         SV_ARG(kps_node_words(kube->arena, a->pod.where->nodes)), SV_ARG(bt),
                         SV_ARG(kps_node_words(kube->arena, b->pod.where->nodes)));
        break;
    case KPS_MEET_TAINTS:
        kps_finding_note(kube->diag, finding,
                         "one of them tolerates taints that the other does not: they meet on nodes "
                         "without these");
        break;
    case KPS_MEET_ANTI:
        kps_finding_note(
            kube->diag, finding,
            "their anti-affinity may keep them apart; then a pod waits for another node");
        break;
    case KPS_MEET_UNSEEN:
        kps_finding_note(kube->diag, finding,
                         "the scheduler does not know of %s and may put the pods onto one node; "
                         "the second listener "
                         "fails with \"address already in use\", or one takes the other's traffic",
                         clash->a->unseen && clash->b->unseen && clash->a != clash->b
                             ? "these ports"
                             : "one of these ports");
        break;
    case KPS_MEET_ADDRESS:
        kps_finding_note(kube->diag, finding,
                         "the scheduler compares hostIP as text and takes '%.*s' and '%.*s' for "
                         "different addresses: "
                         "it will not notice",
                         SV_ARG(kps_kube_host_ip(clash->a->port)),
                         SV_ARG(kps_kube_host_ip(clash->b->port)));
        break;
    }
}

static bool is_critical(struct kps_sv priority)
{
    return kps_sv_eq(priority, SV("system-node-critical")) ||
           kps_sv_eq(priority, SV("system-cluster-critical"));
}

/* A pod of higher priority takes the port by having the other one killed. */
static void note_preemption(struct kps_kube *kube, struct kps_finding *finding,
                            const struct kps_kube_clash *clash)
{
    struct kps_sv a = clash->a->w->pod.where->priority;
    struct kps_sv b = clash->b->w->pod.where->priority;
    if (kps_sv_eq(a, b) || clash->meeting.reason == KPS_MEET_UNSEEN ||
        clash->meeting.reason == KPS_MEET_ADDRESS) {
        return;
    }
    struct kps_sv at = kps_kube_title(kube, &clash->a->w->id);
    struct kps_sv bt = kps_kube_title(kube, &clash->b->w->id);
    if (is_critical(a) != is_critical(b)) {
        kps_finding_note(
            kube->diag, finding,
            "%.*s has the higher priority: instead of waiting, it has the pod of %.*s killed",
            SV_ARG(is_critical(a) ? at : bt), SV_ARG(is_critical(a) ? bt : at));
        return;
    }
    kps_finding_note(kube->diag, finding,
                     "their priority classes differ ('%.*s' and '%.*s'): the pod of the lower one "
                     "is killed for the "
                     "other",
                     SV_ARG(a), SV_ARG(b));
}

/* Pods bound by nodeName never pass the scheduler. */
static void note_bypass(struct kps_kube *kube, struct kps_finding *finding,
                        const struct kps_kube_clash *clash)
{
    if (clash->meeting.reason == KPS_MEET_PINNED && clash->a->w->kind == KPS_KUBE_POD) {
        kps_finding_note(kube->diag, finding,
                         "with nodeName or as a static pod, the kubelet refuses the second one: "
                         "\"Predicate NodePorts "
                         "failed\"");
    }
}

static enum kps_severity severity_of(const struct kps_kube_clash *clash)
{
    enum kps_severity severity = clash->meeting.meet == KPS_MEET_CERTAIN ? KPS_ERROR : KPS_WARNING;
    return clash->variants && clash->n > 1 ? (enum kps_severity)(severity - 1) : severity;
}

void kps_kube_say_clash(struct kps_kube *kube, const struct kps_kube_clash *clash)
{
    const struct kps_kube_port *port = clash->members[clash->n - 1]->port;
    const char *protocol = kps_protocol_name((enum kps_protocol)port->protocol);
    bool certain = clash->meeting.meet == KPS_MEET_CERTAIN;
    enum kps_certainty certainty = certain ? KPS_CERTAIN : KPS_POSSIBLE;
    enum kps_severity severity = severity_of(clash);
    struct kps_finding *finding = NULL;
    if (clash->n == 1) {
        struct kps_sv title = kps_kube_title(kube, &clash->a->w->id);
        finding = kps_kube_add_finding(
            kube, KPS_RULE_HOST_PORT_CLASH, severity, certainty,
            "replicas of %.*s may meet on a node, where only one can listen on %u/%s",
            SV_ARG(title), port->host, protocol);
    } else {
        finding = kps_kube_add_finding(kube, KPS_RULE_HOST_PORT_CLASH, severity, certainty,
                                       "%s workloads need hostPort %u/%s %s",
                                       count_word(kube, clash->n), port->host, protocol,
                                       certain ? "on the same nodes" : "and may meet on a node");
    }
    kps_kube_on_port(finding, port->host, port->protocol);
    const struct kps_kube_port_request *last = clash->members[clash->n - 1];
    kps_kube_party_request(kube, finding, last, label_of(kube, last, false));
    for (uint32_t i = 0; i + 1 < clash->n; i++) {
        kps_kube_party_request(kube, finding, clash->members[i],
                               label_of(kube, clash->members[i], i == 0));
    }
    note_meeting(kube, finding, clash);
    note_bypass(kube, finding, clash);
    note_preemption(kube, finding, clash);
    if (clash->variants && clash->n > 1) {
        kps_finding_note(kube->diag, finding,
                         "they are variants of one object in different files: a conflict only "
                         "where both are applied "
                         "to one cluster");
    }
    kps_finding_help(
        kube->diag, finding, SV(""),
        clash->n == 1 ? "declare the port, so that the scheduler keeps the replicas apart"
                      : "drop hostPort and use a Service, or keep them apart with nodeSelector or "
                        "podAntiAffinity");
}
