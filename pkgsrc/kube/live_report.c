#include "kube/host_port_requests.h"
#include "kube/live_apply.h"

#include "base/buf.h"

/* The words of KP401 and KP403. */

struct counts {
    uint32_t admitted, held, nodes; /* of nodes: rules fit; of these: a port is held; all */
    int32_t holder;                 /* a live pod with the port; -1: none */
};

static struct counts count_nodes(const struct kps_live_apply *apply,
                                 const struct kps_live_seeker *s)
{
    struct counts counts = {.nodes = apply->board.kube->nodes.n, .holder = -1};
    for (uint32_t i = 0; i < counts.nodes; i++) {
        int32_t holder = -1;
        bool is_free = kps_live_is_free(&apply->board, s, i, &holder);
        counts.admitted += s->admits[i] ? 1 : 0;
        counts.held += s->admits[i] && !is_free ? 1 : 0;
        counts.holder = counts.holder < 0 && s->admits[i] ? holder : counts.holder;
    }
    return counts;
}

static struct kps_sv node_name(const struct kps_kube *kube, uint32_t node)
{
    return kps_labels_get(kube->nodes.v[node].labels, SV(KPS_NODE_NAME_KEY));
}

/* Return the port of a plan that is bound on most nodes. */
static struct kps_kube_port_request find_request(struct kps_live_apply *apply,
                                                 const struct kps_live_plan *plan,
                                                 const struct kps_live_seeker *s)
{
    struct kps_kube_port_request best = {.w = plan->w};
    uint32_t most = 0;
    for (uint32_t i = 0; i < plan->w->pod.n_containers; i++) {
        struct kps_kube_container *c = &plan->w->pod.containers[i];
        for (uint32_t k = 0; k < c->n_ports; k++) {
            struct kps_kube_port *port = &c->ports[k];
            struct kps_live_port one = {kps_kube_host_ip(port), port->host, port->protocol};
            struct kps_live_seeker alone = *s;
            alone.ports = (struct kps_live_ports){&one, 1};
            if (!port->host || !port->scheduled) {
                continue;
            }
            struct counts counts = count_nodes(apply, &alone);
            if (!best.port || counts.held > most) {
                best.c = c;
                best.port = port;
                most = counts.held;
            }
        }
    }
    return best;
}

static struct kps_sv name_live(struct kps_kube *kube, const struct kps_live_pod *pod)
{
    return kps_fmt(kube->arena, "Pod %.*s/%.*s", SV_ARG(pod->namespace), SV_ARG(pod->name));
}

static struct kps_sv name_owner(struct kps_kube *kube, const struct kps_live_pod *pod)
{
    return pod->owner.n ? kps_fmt(kube->arena, "%.*s %.*s/%.*s", SV_ARG(pod->kind),
                                  SV_ARG(pod->namespace), SV_ARG(pod->owner))
                        : name_live(kube, pod);
}

/* Add a line for the nodes of each kind: held by whom, free, not allowed. */
static void note_nodes(struct kps_live_apply *apply, struct kps_finding *finding,
                       const struct kps_live_seeker *s)
{
    enum { MOST_NAMED = 8 };
    struct kps_kube *kube = apply->board.kube;
    struct kps_buf held = KPS_BUF(kube->arena);
    struct kps_buf refused = KPS_BUF(kube->arena);
    uint32_t n_held = 0;
    uint32_t n_refused = 0;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        int32_t holder = -1;
        struct kps_sv name = node_name(kube, i);
        if (!s->admits[i]) {
            if (n_refused++ < MOST_NAMED) {
                kps_buf_fmt(&refused, "%s%.*s", n_refused > 1 ? ", " : "", SV_ARG(name));
            }
        } else if (!kps_live_is_free(&apply->board, s, i, &holder) && n_held++ < MOST_NAMED) {
            struct kps_sv who = holder < 0 ? SV("a pod of this apply")
                                           : name_live(kube, &kube->live->pods.v[holder]);
            kps_buf_fmt(&held, "%s%.*s (%.*s)", n_held > 1 ? ", " : "", SV_ARG(name), SV_ARG(who));
        }
    }
    if (n_held) {
        kps_finding_note(kube->diag, finding, "held on %.*s%s", SV_ARG(kps_buf_sv(&held)),
                         n_held > MOST_NAMED ? " and more" : "");
    }
    if (n_refused) {
        kps_finding_note(kube->diag, finding,
                         "selectors, affinity or taints keep the pods off %.*s%s",
                         SV_ARG(kps_buf_sv(&refused)), n_refused > MOST_NAMED ? " and more" : "");
    }
}

/* Return a port near the requested port that is free on all nodes for the pods. */
static uint16_t find_free_port(struct kps_live_apply *apply, const struct kps_live_seeker *s,
                               const struct kps_kube_port *port)
{
    enum { MOST_TRIED = 200 };
    for (uint32_t tried = 1; tried <= MOST_TRIED && port->host + tried <= UINT16_MAX; tried++) {
        struct kps_live_port one = {kps_kube_host_ip(port), (uint16_t)(port->host + tried),
                                    port->protocol};
        struct kps_live_seeker alone = *s;
        alone.ports = (struct kps_live_ports){&one, 1};
        if (count_nodes(apply, &alone).held == 0) {
            return one.port;
        }
    }
    return 0;
}

static const struct kps_live_seeker *find_unplaced(const struct kps_live_apply *apply,
                                                   uint32_t plan)
{
    const struct kps_live_seeker *found = NULL;
    for (uint32_t i = 0; i < apply->board.seekers.n; i++) {
        const struct kps_live_seeker *s = &apply->board.seekers.v[i];
        if (s->plan == plan + 1 && s->placed < s->n) {
            found = found ? found : s;
        }
    }
    return found;
}

/* Return the seeker of a plan with the nodes of all its pods: those of a DaemonSet look for one
 * node each. */
static struct kps_live_seeker widen_seeker(struct kps_live_apply *apply,
                                           const struct kps_live_plan *plan,
                                           const struct kps_live_seeker *s)
{
    struct kps_live_seeker wide = *s;
    if (plan->way == KPS_LIVE_DAEMON) {
        wide = plan->pattern;
        wide.n = 0;
        uint32_t at = kps_live_add_seeker(&apply->board, wide);
        wide = apply->board.seekers.v[at];
    }
    return wide;
}

static const char *name_fate(bool is_bound, bool is_sure, uint32_t n)
{
    if (!is_sure) {
        return is_bound ? "may be refused by the kubelet" : "may stay Pending";
    }
    if (is_bound) {
        return n == 1 ? "is refused by the kubelet" : "are refused by the kubelet";
    }
    return n == 1 ? "stays Pending" : "stay Pending";
}

/* Pods of a plan, or of rival plans. */
struct pending {
    uint32_t n, wanted;
    uint32_t n_rivals;
    bool is_presumed;                     /* one of the objects is in no list */
    const struct kps_live_plan *unranked; /* a plan whose priority class is missing in the lists */
    struct kps_sv names;                  /* "Deployment a and DaemonSet b" */
};

static struct pending sum_up_rivals(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    struct pending pending = {.names = kps_kube_title(kube, &plan->w->id)};
    for (uint32_t i = 0; i < apply->plans.n; i++) {
        const struct kps_live_plan *other = &apply->plans.v[i];
        if (other->rival != plan->rival) {
            continue;
        }
        pending.n += other->n_pending;
        pending.is_presumed = pending.is_presumed || (other->is_presumed && other->n_pending);
        pending.unranked = other->is_rank_unknown && other->n_pending ? other : pending.unranked;
        pending.wanted += other->wanted;
        pending.n_rivals += other == plan ? 0 : 1;
        if (other != plan && pending.n_rivals < 4) {
            pending.names = kps_fmt(kube->arena, "%.*s and %.*s", SV_ARG(pending.names),
                                    SV_ARG(kps_kube_title(kube, &other->w->id)));
        }
    }
    return pending;
}

/* Say what is not known of the pods, and so makes their fate uncertain. */
static void note_doubts(struct kps_kube *kube, struct kps_finding *finding,
                        const struct pending *pending)
{
    if (pending->unranked) {
        kps_finding_note(kube->diag, finding,
                         "no list has the priority class '%.*s': with a value above the holders' "
                         "the pods have holders evicted instead",
                         SV_ARG(pending->unranked->w->pod.where->priority));
    }
    if (pending->is_presumed) {
        kps_finding_note(kube->diag, finding,
                         "the cluster has its pods already, but no list has the object: what the "
                         "apply changes is not known");
    }
}

static void note_pending(struct kps_kube *kube, struct kps_finding *finding,
                         const struct kps_live_plan *plan, const struct pending *pending,
                         uint32_t total)
{
    uint32_t fit = pending->wanted > pending->n ? pending->wanted - pending->n : 0;
    if (pending->n_rivals) {
        kps_finding_note(
            kube->diag, finding,
            "which of them wait depends on the order in which the scheduler sees them");
    }
    note_doubts(kube, finding, pending);
    if (plan->is_update && plan->is_held_back) {
        kps_finding_note(
            kube->diag, finding,
            "the roll-out stops there: the old pods stay until the new ones are ready");
    } else if (plan->is_held_back) {
        kps_finding_note(kube->diag, finding, "the pods behind it are not made before it is ready");
    } else if (fit && !plan->is_update) {
        kps_finding_note(kube->diag, finding, "%u of them %s a node", fit,
                         fit == 1 ? "has" : "have");
    }
    if (total > pending->n) {
        kps_finding_note(kube->diag, finding, "%u pods stay Pending in all", total);
    }
}

static void report_pending(struct kps_live_apply *apply, const struct kps_live_plan *plan,
                           const struct kps_live_seeker *unplaced, uint32_t total)
{
    struct pending pending = sum_up_rivals(apply, plan);
    struct kps_kube *kube = apply->board.kube;
    struct kps_live_seeker s = widen_seeker(apply, plan, unplaced);
    struct kps_kube_port_request want = find_request(apply, plan, &s);
    struct counts counts = count_nodes(apply, &s);
    bool may_evict = pending.unranked && !s.is_bound;
    bool is_sure = !apply->board.is_inexact && kube->live->n_pods > 0 && !pending.is_presumed &&
                   !(may_evict && plan->is_update); /* of its own old pods that is no loss */
    const char *protocol = kps_protocol_name((enum kps_protocol)want.port->protocol);
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_HOST_PORT_PENDING, is_sure ? KPS_ERROR : KPS_WARNING,
        is_sure && !may_evict ? KPS_CERTAIN : KPS_POSSIBLE,
        "%u of %u pods of %.*s %s%s: hostPort %u/%s is held", pending.n, pending.wanted,
        SV_ARG(pending.names), name_fate(s.is_bound, is_sure, pending.n),
        may_evict ? " or others are evicted" : "", want.port->host, protocol);
    kps_kube_on_port(finding, want.port->host, want.port->protocol);
    kps_kube_party_request(kube, finding, &want, title);
    note_nodes(apply, finding, &s);
    if (!s.is_bound) {
        finding->up_error =
            kps_fmt(kube->arena,
                    "0/%u nodes are available: %u node(s) didn't have free ports for the "
                    "requested pod ports.",
                    counts.nodes, counts.held);
    }
    for (uint32_t i = 0; pending.n_rivals && i < apply->plans.n; i++) {
        const struct kps_live_plan *other = &apply->plans.v[i];
        struct kps_live_seeker rival = other->pattern;
        rival.admits = s.admits;
        if (other->rival == plan->rival && other != plan) {
            struct kps_kube_port_request theirs = find_request(apply, other, &rival);
            kps_kube_party_request(kube, finding, &theirs, kps_kube_title(kube, &other->w->id));
        }
    }
    note_pending(kube, finding, plan, &pending, total);
    uint16_t port = find_free_port(apply, &s, want.port);
    if (port) {
        kps_finding_help(kube->diag, finding, SV(""),
                         "take hostPort %u, which is free on every node that fits, or a Service",
                         port);
    } else {
        kps_finding_help(kube->diag, finding, SV(""), "drop hostPort and use a Service");
    }
    want.port->contended = true;
}

/* Return how many replacements of the pods that a plan evicts find no node. */
static uint32_t count_losers(const struct kps_live_apply *apply, const struct kps_live_pod *victim)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < apply->board.seekers.n; i++) {
        const struct kps_live_seeker *s = &apply->board.seekers.v[i];
        if (s->is_victim && s->placed < s->n) {
            const struct kps_live_pod *pod = &apply->board.kube->live->pods.v[s->pod];
            n += !victim || pod->controller == victim->controller ? 1 : 0;
        }
    }
    return n;
}

/* Return whether the scheduler has no other choice: the equal nodes lose their pods as well. */
static bool is_eviction_sure(const struct kps_live_board *board, uint32_t index)
{
    const struct kps_live_eviction *e = &board->evictions.v[index];
    uint32_t n = 1;
    int32_t last = e->node;
    for (uint32_t i = index + 1; i < board->evictions.n; i++) {
        const struct kps_live_eviction *later = &board->evictions.v[i];
        if (later->by == e->by && later->node != last) {
            last = later->node;
            n++;
        }
    }
    return n >= e->n_equal;
}

/* Report each pair of a plan and a workload that loses pods to the plan. */
static void report_evictions(struct kps_live_apply *apply, uint32_t index, uint32_t total)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_plan *plan = &apply->plans.v[index];
    uint64_t reported = UINT64_MAX;
    for (uint32_t i = 0; i < apply->board.evictions.n; i++) {
        const struct kps_live_eviction *e = &apply->board.evictions.v[i];
        const struct kps_live_seeker by = apply->board.seekers.v[e->by];
        const struct kps_live_pod *victim = &kube->live->pods.v[e->pod];
        if (by.plan != index + 1 || victim->controller == reported) {
            continue;
        }
        reported = victim->controller ? victim->controller : UINT64_MAX;
        struct kps_kube_port_request want = find_request(apply, plan, &by);
        struct kps_sv title = kps_kube_title(kube, &plan->w->id);
        uint32_t losers = victim->controller ? count_losers(apply, victim) : 0;
        bool is_sure = is_eviction_sure(&apply->board, i);
        struct kps_sv name = name_live(kube, victim);
        struct kps_sv loss =
            is_sure ? kps_fmt(kube->arena, "has %.*s on node %.*s", SV_ARG(name),
                              SV_ARG(node_name(kube, (uint32_t)e->node)))
                    : kps_fmt(kube->arena, "may have %.*s, or the like of it on one of %u nodes,",
                              SV_ARG(name), e->n_equal);
        struct kps_finding *finding = kps_kube_add_finding(
            kube, KPS_RULE_CLUSTER_EVICTION, is_sure ? KPS_ERROR : KPS_WARNING,
            is_sure ? KPS_LIKELY : KPS_POSSIBLE, "%.*s %.*s evicted for hostPort %u/%s",
            SV_ARG(title), SV_ARG(loss), want.port->host,
            kps_protocol_name((enum kps_protocol)want.port->protocol));
        kps_kube_on_port(finding, want.port->host, want.port->protocol);
        kps_kube_party_request(kube, finding, &want, title);
        kps_finding_note(kube->diag, finding, "its priority is %d, that of the evicted pod %d",
                         by.priority, victim->priority);
        if (losers) {
            kps_finding_note(kube->diag, finding, "%u pod%s of %.*s stay%s Pending afterwards",
                             losers, losers == 1 ? "" : "s", SV_ARG(name_owner(kube, victim)),
                             losers == 1 ? "s" : "");
            kps_finding_note(kube->diag, finding, "%u pod%s stay%s Pending in all", total,
                             total == 1 ? "" : "s", total == 1 ? "s" : "");
        }
        kps_finding_help(kube->diag, finding, SV(""),
                         "take another hostPort, or a priority class that does not preempt");
    }
}

/* A roll-out in place with a priority class that no list has: it may outrank the old pods. */
static void report_unknown_rank(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_seeker s = apply->board.seekers.v[plan->seeker];
    if (!plan->is_rank_unknown || !plan->is_update || plan->way != KPS_LIVE_ROLLING ||
        plan->surge || plan->n_pending || !plan->ports.n || plan->w->kind != KPS_KUBE_DEPLOYMENT) {
        return;
    }
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_kube_port_request want = find_request(apply, plan, &s);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_EVICTION, KPS_WARNING, KPS_POSSIBLE,
        "the new pods of %.*s may have old ones evicted for hostPort %u/%s", SV_ARG(title),
        want.port->host, kps_protocol_name((enum kps_protocol)want.port->protocol));
    kps_kube_on_port(finding, want.port->host, want.port->protocol);
    kps_kube_party_request(kube, finding, &want, title);
    kps_finding_note(
        kube->diag, finding,
        "no list has the priority class '%.*s': one above the old pods' lets a new pod "
        "take the place of an old one",
        SV_ARG(plan->w->pod.where->priority));
    kps_finding_help(kube->diag, finding, SV(""),
                     "add priorityclasses to the dump, so that the class is known");
}

/* Return how many pods of others want the places of a plan's pods, and *ret_nodes: how many places
 * there are. */
static uint32_t count_competitors(const struct kps_live_apply *apply,
                                  const struct kps_live_seeker *s, uint32_t *ret_nodes)
{
    const struct kps_live_board *board = &apply->board;
    uint32_t pods = 0;
    *ret_nodes = 0;
    for (uint32_t k = 0; k < board->seekers.n; k++) {
        const struct kps_live_seeker *t = &board->seekers.v[k];
        uint32_t shared = 0;
        for (uint32_t i = 0; i < board->kube->nodes.n && t->n; i++) {
            int32_t holder = -1;
            bool is_open = s->admits[i] && (kps_live_is_free(board, s, i, &holder) || holder < 0);
            *ret_nodes += k == 0 && is_open ? 1 : 0;
            shared += is_open && t->admits[i] ? 1 : 0;
        }
        if (kps_live_ports_clash(s->ports, t->ports) && t->priority >= s->priority) {
            pods += t->n < shared ? t->n : shared;
        }
    }
    return pods;
}

/* A matching exists, but the scheduler does not search for matchings: pods with a choice can take
 * the only nodes of others. */
static void report_luck(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_seeker s = apply->board.seekers.v[plan->seeker];
    uint32_t places = 0;
    if (plan->way == KPS_LIVE_DAEMON || s.n == 0 || s.placed < s.n || s.is_bound ||
        count_competitors(apply, &s, &places) <= places) {
        return;
    }
    struct kps_kube_port_request want = find_request(apply, plan, &s);
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_HOST_PORT_PENDING, KPS_WARNING, KPS_POSSIBLE,
        "pods of %.*s may stay Pending: others want hostPort %u/%s of their nodes too",
        SV_ARG(title), want.port->host, kps_protocol_name((enum kps_protocol)want.port->protocol));
    kps_kube_on_port(finding, want.port->host, want.port->protocol);
    kps_kube_party_request(kube, finding, &want, title);
    kps_finding_note(kube->diag, finding,
                     "there is a node for each, but the order of the scheduler decides who gets "
                     "which");
    kps_finding_help(kube->diag, finding, SV(""),
                     "take different ports, or keep the pods on nodes of their own");
}

void kps_live_report(struct kps_live_apply *apply)
{
    uint32_t total = count_losers(apply, NULL);
    uint32_t n = apply->plans.n;
    bool *reported = KPS_NEW_N(apply->board.kube->arena, bool, (size_t)n + 1);
    bool *has_pending = KPS_NEW_N(apply->board.kube->arena, bool, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_live_seeker *s = find_unplaced(apply, i);
        bool is_of_ports = false;
        for (uint32_t k = 0; s && k < apply->board.kube->nodes.n; k++) {
            is_of_ports = is_of_ports || s->admits[k];
        }
        if (!is_of_ports) {
            apply->plans.v[i].n_pending = 0; /* no node fits: not for its ports */
        }
        total += apply->plans.v[i].n_pending;
        has_pending[apply->plans.v[i].rival] |= apply->plans.v[i].n_pending > 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_live_seeker *s = find_unplaced(apply, i);
        if (apply->plans.v[i].n_pending && s && !reported[apply->plans.v[i].rival]) {
            reported[apply->plans.v[i].rival] = true;
            report_pending(apply, &apply->plans.v[i], s, total);
        }
        report_unknown_rank(apply, &apply->plans.v[i]);
        if (!has_pending[apply->plans.v[i].rival]) {
            report_luck(apply, &apply->plans.v[i]);
        }
        report_evictions(apply, i, total);
    }
}
