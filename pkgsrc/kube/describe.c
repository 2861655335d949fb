#include "kube/host_port_requests.h"

#include <string.h>

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/count.h"

/*
 * The words of what the core finds among the claims of this folder.
 * KP203: what clashes, why the workloads meet, what will be seen, who would win. KP301 and KP302:
 * what this machine holds, if it is a node.
 */

/* A finding for a group of contending requests, in order of reading. */
struct clash {
    const kps_claim_id *members;
    uint32_t n;
    struct kps_kube_port_request last;         /* of members */
    const struct kps_kube_port_request *a, *b; /* the pair that `meeting` speaks of */
    struct kps_meeting meeting;
    bool variants;  /* all members are variants of one object */
    bool too_few;   /* certain because the cluster has fewer nodes than pods */
    uint64_t pods;  /* that need a node of their own */
    uint32_t nodes; /* that take any of the pods, where they are too few */
};

static struct kps_sv label_of(struct kps_kube *kube, const struct kps_kube_port_request *want,
                              bool first)
{
    struct kps_sv title = kps_kube_title(kube, &want->c->w->id);
    struct kps_sv ip = kps_kube_host_ip(want->port);
    if (want->c->role != KPS_KUBE_INIT && ip.n == 0 && want->port->evidence == KPS_KUBE_DECLARED &&
        want->port->host_written && !first) {
        return title;
    }
    struct kps_buf *label = kps_buf_new(kube->arena);
    kps_buf_add(label, title);
    if (want->c->role == KPS_KUBE_INIT) {
        kps_buf_fmt(label, ", init container '%.*s'", SV_ARG(want->c->name));
    }
    if (ip.n) {
        kps_buf_fmt(label, ", on %.*s", SV_ARG(ip));
    }
    if (want->port->evidence != KPS_KUBE_DECLARED) {
        kps_buf_fmt(label, ", shown by %.*s", SV_ARG(want->port->name));
    } else if (!want->port->host_written) {
        kps_buf_text(label, ", because of hostNetwork");
    }
    kps_buf_text(label, first ? ", first claim" : "");
    return kps_buf_sv(label);
}

static const char waits[] = "\"didn't have free ports for the requested pod ports\"";

/* Add the note for pods that each need a node of their own. */
static void note_pod_count(struct kps_kube *kube, struct kps_finding *finding,
                           const struct clash *clash)
{
    if (clash->too_few) {
        kps_finding_note(finding, "each needs a node of its own: %llu pods, but %u %s%s: %s",
                         (unsigned long long)clash->pods, clash->nodes,
                         clash->nodes == 1 ? "node" : "nodes",
                         clash->nodes < kube->options.nodes ? " that may take them" : "", waits);
    } else {
        kps_finding_note(finding,
                         "at most one of them can be on a node, so they need %llu nodes that "
                         "fit: %s otherwise",
                         (unsigned long long)clash->pods, waits);
    }
}

/* Why the strongest pair meets. */
static void note_meeting(struct kps_kube *kube, struct kps_finding *finding,
                         const struct clash *clash)
{
    const struct kps_kube_workload *a = clash->a->c->w;
    const struct kps_kube_workload *b = clash->b->c->w;
    const char *at = kps_kube_title(kube, &a->id).p;
    const char *bt = kps_kube_title(kube, &b->id).p;
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
        kps_finding_note(finding, "both run on %.*s, so on each one pod stays Pending: %s",
                         SV_ARG(where), waits);
        break;
    case KPS_MEET_EVERY: {
        bool first = kps_kube_is_every(a);
        kps_finding_note(
            finding,
            "%s takes the port on %.*s, so %s finds no free node however many there are: %s",
            first ? at : bt, SV_ARG(where), first ? bt : at, waits);
        break;
    }
    case KPS_MEET_PINNED:
        kps_finding_note(finding, "both can only run on %.*s, so one of them stays Pending: %s",
                         SV_ARG(where), waits);
        break;
    case KPS_MEET_COUNT:
        note_pod_count(kube, finding, clash);
        break;
    case KPS_MEET_OVERLAP:
        kps_finding_note(finding, "they meet on nodes that fit both: %s on %s, %s on %s", at,
                         kps_node_words(kube->arena, a->pod.where->nodes).p, bt,
                         kps_node_words(kube->arena, b->pod.where->nodes).p);
        break;
    case KPS_MEET_TAINTS:
        kps_finding_note(finding,
                         "one of them tolerates taints that the other does not: they meet on nodes "
                         "without these");
        break;
    case KPS_MEET_ANTI:
        kps_finding_note(
            finding, "their anti-affinity may keep them apart; then a pod waits for another node");
        break;
    case KPS_MEET_UNSEEN:
        kps_finding_note(finding,
                         "the scheduler does not know of %s and may put the pods onto one node; "
                         "the second listener "
                         "fails with \"address already in use\", or one takes the other's traffic",
                         !clash->a->port->scheduled && !clash->b->port->scheduled &&
                                 clash->a != clash->b
                             ? "these ports"
                             : "one of these ports");
        break;
    case KPS_MEET_ADDRESS: {
        struct kps_sv of_a = kps_kube_host_ip(clash->a->port);
        struct kps_sv of_b = kps_kube_host_ip(clash->b->port);
        kps_finding_note(finding,
                         "the scheduler compares hostIP as text and takes '%.*s' and '%.*s' for "
                         "different addresses: "
                         "it will not notice",
                         SV_ARG(of_a), SV_ARG(of_b));
        break;
    }
    }
}

static bool is_critical(struct kps_sv priority)
{
    return kps_sv_is_one_of(priority, "system-node-critical system-cluster-critical");
}

/* A pod of higher priority takes the port by having the other one killed. */
static void note_preemption(struct kps_kube *kube, struct kps_finding *finding,
                            const struct clash *clash)
{
    struct kps_sv a = clash->a->c->w->pod.where->priority;
    struct kps_sv b = clash->b->c->w->pod.where->priority;
    if (kps_sv_eq(a, b) || clash->meeting.reason == KPS_MEET_UNSEEN ||
        clash->meeting.reason == KPS_MEET_ADDRESS) {
        return;
    }
    struct kps_sv at = kps_kube_title(kube, &clash->a->c->w->id);
    struct kps_sv bt = kps_kube_title(kube, &clash->b->c->w->id);
    bool is_first = is_critical(a);
    if (is_first != is_critical(b)) {
        kps_finding_note(
            finding,
            "%.*s has the higher priority: instead of waiting, it has the pod of %.*s killed",
            SV_ARG(is_first ? at : bt), SV_ARG(is_first ? bt : at));
        return;
    }
    kps_finding_note(finding,
                     "their priority classes differ ('%.*s' and '%.*s'): the pod of the lower one "
                     "is killed for the "
                     "other",
                     SV_ARG(a), SV_ARG(b));
}

/* Pods bound by nodeName never pass the scheduler. */
static void note_bypass(struct kps_finding *finding, const struct clash *clash)
{
    const struct kps_kube_workload *a = clash->a->c->w;
    const struct kps_kube_workload *b = clash->b->c->w;
    bool is_bound = a->pod.where->bound || b->pod.where->bound;
    bool is_controlled = (a->pod.where->bound && a->kind != KPS_KUBE_POD) ||
                         (b->pod.where->bound && b->kind != KPS_KUBE_POD);
    if (clash->meeting.reason != KPS_MEET_PINNED || (!is_bound && a->kind != KPS_KUBE_POD)) {
        return;
    }
    kps_finding_note(finding,
                     "with nodeName or as a static pod, the kubelet refuses the second one: "
                     "\"Predicate NodePorts failed\"%s",
                     is_controlled ? "; its controller then makes failed pods again and again"
                                   : "");
}

static enum kps_severity severity_of(const struct clash *clash)
{
    enum kps_severity severity = clash->meeting.meet == KPS_MEET_CERTAIN ? KPS_ERROR : KPS_WARNING;
    return clash->variants && clash->n > 1 ? KPS_NOTE : severity;
}

static struct kps_finding *word_clash(struct kps_kube *kube, struct kps_finding *finding,
                                      const struct clash *clash)
{
    const struct kps_kube_port *port = clash->last.port;
    const char *protocol = kps_protocol_name(port->protocol);
    bool certain = clash->meeting.meet == KPS_MEET_CERTAIN;
    const char *title = kps_kube_title(kube, &clash->a->c->w->id).p;
    finding->severity = severity_of(clash);
    if (clash->n == 1) {
        finding->message = kps_fmt(
            kube->arena, "replicas of %s may meet on a node, where only one can listen on %u/%s",
            title, port->host, protocol);
    } else {
        finding->message = kps_fmt(kube->arena, "%s workloads need hostPort %u/%s %s",
                                   kps_count_word(kube->arena, clash->n), port->host, protocol,
                                   certain ? "on the same nodes" : "and may meet on a node");
    }
    finding->n_parties = 0; /* the workloads are meant, not each container of theirs */
    for (uint32_t i = 0; i < clash->n; i++) { /* the last one first */
        struct kps_kube_port_request want =
            kps_kube_port_request_of(kube->ledger, clash->members[i ? i - 1 : clash->n - 1]);
        kps_kube_party_request(kube, finding, &want, label_of(kube, &want, i == 1));
    }
    return finding;
}

static bool all_variants(const struct kps_ledger *ledger, const struct clash *clash)
{
    for (uint32_t i = 1; i < clash->n; i++) {
        struct kps_kube_port_request a = kps_kube_port_request_of(ledger, clash->members[i - 1]);
        struct kps_kube_port_request b = kps_kube_port_request_of(ledger, clash->members[i]);
        if (!kps_kube_are_variants(&a.c->w->id, &b.c->w->id)) {
            return false;
        }
    }
    return true;
}

/* Fill `out` with the last request of each object, in order. Return: how many. */
static uint32_t pick_members(struct kps_kube *kube, const struct kps_conflict *conflict,
                             kps_claim_id *out)
{
    if (!kube->described_in) {
        kube->described_in = KPS_NEW_N(kube->index, uint32_t, (size_t)kube->n_identities + 1);
    }
    uint32_t number = ++kube->n_described;
    uint32_t n = 0;
    /* claims[0] is the last one. */
    for (uint32_t i = conflict->n_claims; i-- > 0;) {
        kps_claim_id id = conflict->claims[i + 1 == conflict->n_claims ? 0 : i + 1];
        uint64_t identity = kps_kube_port_request_of(kube->ledger, id).c->w->id.identity;
        if (kube->described_in[identity] != number) {
            kube->described_in[identity] = number;
            out[n++] = id;
        }
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        kps_claim_id other = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = other;
    }
    return n;
}

/* Other rules leave the ports of the conflict to this finding. */
static void mark_contended(const struct kps_ledger *ledger, const struct kps_conflict *conflict,
                           enum kps_kube_contended how)
{
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        struct kps_kube_port *port = kps_kube_port_request_of(ledger, conflict->claims[i]).port;
        port->contended = port->contended < how ? (uint8_t)how : port->contended;
    }
}

static void help_clash(struct kps_kube *kube, struct kps_finding *finding,
                       const struct clash *clash)
{
    const struct kps_kube_port_request *last = &clash->last;
    if (clash->n == 1) {
        kps_finding_help(finding,
                         "declare the port, so that the scheduler keeps the replicas apart");
        return;
    }
    kps_kube_help_port(kube, finding, last->c, last->port,
                       "drop hostPort and use a Service, or keep them apart with nodeSelector or "
                       "podAntiAffinity");
    if (last->c->w->pod.host_network) {
        kps_finding_help(finding, "or keep them apart with nodeSelector or podAntiAffinity");
    }
}

/*
 * Compare the pods of a clash with the nodes of the live list that take any of them: taints, a
 * cordon and labels leave fewer than the cluster has.
 */
static void count_room(const struct kps_kube *kube, struct clash *clash)
{
    clash->nodes = kube->options.nodes;
    if (clash->too_few || kube->nodes.n == 0 || clash->meeting.reason != KPS_MEET_COUNT) {
        return;
    }
    clash->nodes = kps_kube_count_nodes_of_any(kube, clash->members, clash->n);
    if (clash->nodes && clash->pods > clash->nodes) {
        clash->too_few = true;
        clash->meeting.meet = KPS_MEET_CERTAIN;
    }
}

static void describe_clash(struct kps_kube *kube, const struct kps_conflict *conflict,
                           struct kps_finding *finding)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_claim_id *members = KPS_NEW_N(scratch, kps_claim_id, conflict->n_claims);
    struct kps_kube_port_request a = kps_kube_port_request_of(kube->ledger, conflict->pair[0]);
    struct kps_kube_port_request b = kps_kube_port_request_of(kube->ledger, conflict->pair[1]);
    struct clash clash = {.members = members,
                          .n = pick_members(kube, conflict, members),
                          .a = &a,
                          .b = conflict->pair[0] == conflict->pair[1] ? &a : &b,
                          .meeting = conflict->meeting,
                          .too_few = conflict->is_crowded,
                          .pods = conflict->copies};
    clash.last = kps_kube_port_request_of(kube->ledger, members[clash.n - 1]);
    clash.variants = all_variants(kube->ledger, &clash);
    count_room(kube, &clash);
    finding->certainty = clash.too_few ? KPS_CERTAIN : finding->certainty;
    /* A note about variants, which are hardly applied together, hides no other finding. */
    if (clash.n == 1 || !clash.variants) {
        mark_contended(kube->ledger, conflict,
                       finding->certainty == KPS_CERTAIN ? KPS_KUBE_CLASHES : KPS_KUBE_MAY_CLASH);
    }
    (void)word_clash(kube, finding, &clash);
    note_meeting(kube, finding, &clash);
    note_bypass(finding, &clash);
    note_preemption(kube, finding, &clash);
    if (clash.variants && clash.n > 1) {
        kps_finding_note(finding,
                         "they are variants of one object in different files: a conflict only "
                         "where both are applied "
                         "to one cluster");
    }
    help_clash(kube, finding, &clash);
}

static void describe_uncompared(struct kps_kube *kube, const struct kps_conflict *conflict,
                                struct kps_finding *finding)
{
    struct kps_kube_port_request want = kps_kube_port_request_of(kube->ledger, conflict->claims[0]);
    finding->certainty = KPS_CERTAIN;
    finding->first = 0;
    finding->last = 0;
    finding->protocol = KPS_PROTO_NONE;
    finding->message = kps_fmt(
        kube->arena, "only some of the %u kinds of workloads that want hostPort %u were compared",
        conflict->wanted, want.port->host);
    finding->n_parties = 0;
    kps_kube_party_request(kube, finding, &want, SV("one of them"));
}

/* Name a holder: by its tenant, with the advice to free the port. */
static void describe_holder(struct kps_ledger *ledger, struct kps_finding *finding,
                            struct kps_party *holder)
{
    kps_owner_id tenant = kps_ledger_get_owner(ledger, holder->owner)->tenant;
    const struct kps_process_facts *process =
        kps_process_facts_of(kps_ledger_get_owner(ledger, tenant));
    holder->owner = tenant;
    holder->at = 0;
    holder->label = kps_owner_words(ledger->diag->arena, ledger, tenant);
    if (process && process->container.n) {
        struct kps_sv id = kps_sv_head(process->container, 12);
        kps_finding_note(finding, "it runs in container %.*s, which may be this very workload",
                         SV_ARG(id));
    }
    kps_owner_advise(ledger, finding, tenant, finding->first);
}

/* Describe a port that this machine has as a node: claims of the cluster, and behind them those of
 * the holders, which the finding names second. */
static void describe_use(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                         struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_party *parties = finding->parties;
    uint32_t n = conflict->n_claims;
    uint32_t n_requests = 1;
    bool is_node_port = kps_ledger_get_netns(ledger, conflict->netns)->kind == KPS_NETNS_CLUSTER;
    finding->message = kps_fmt(arena, "%s %u/%s is taken if this machine is a node",
                               is_node_port ? "nodePort" : "hostPort", conflict->first,
                               kps_protocol_name(conflict->protocol));
    while (parties[n_requests].role != KPS_ROLE_HOLDER) {
        parties[n_requests].label = SV("wanted here too");
        n_requests++;
    }
    for (uint32_t i = 0; i < n_requests; i++) {
        parties[i].at = kps_ledger_origin(ledger, parties[i].claim);
    }
    parties[0].label = SV("wanted on the node that the pod gets");
    kps_finding_note(finding,
                     is_node_port
                         ? "a nodePort takes the packets on every node before a local socket sees "
                           "them: what listens there is cut off"
                         : "with hostNetwork the pod's bind fails there; else the pod starts, and "
                           "its port mapping takes the packets away from what listens");
    struct kps_party *others = KPS_NEW_N(arena, struct kps_party, n);
    memcpy(others, parties + 1, (n_requests - 1) * sizeof(others[0]));
    memmove(parties + 1, parties + n_requests, (n - n_requests) * sizeof(parties[0]));
    memcpy(parties + 1 + n - n_requests, others, (n_requests - 1) * sizeof(others[0]));
    for (uint32_t i = 1; i <= n - n_requests; i++) {
        describe_holder(ledger, finding, &parties[i]);
    }
}

void kps_kube_describe(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                       struct kps_finding *finding)
{
    const struct kps_kube_workload *w =
        kps_kube_workload_of(ledger, kps_ledger_get_claim(ledger, conflict->claims[0])->owner);
    if (conflict->kind == KPS_CONFLICT_IN_USE) {
        describe_use(ledger, conflict, finding);
    } else if (conflict->kind == KPS_CONFLICT_UNCOMPARED) {
        describe_uncompared(w->id.head->kube, conflict, finding);
    } else {
        describe_clash(w->id.head->kube, conflict, finding);
    }
}
