#include "base/buf.h"
#include "kube/alternatives.h"
#include "kube/host_port_requests.h"

/*
 * The answers to the core about claims on nodes (struct kps_place_rules): the decision procedure is
 * kps_kube_can_share_node.
 */

enum {
    DETAIL_LABELS = 1U << 0, /* which anti-affinity selects */
    DETAIL_PORTS = 1U << 1,  /* which keep pods with an undeclared port apart */
};

static struct kps_meeting meet_on_node(const struct kps_ledger *ledger, kps_claim_id left,
                                       kps_claim_id right)
{
    struct kps_kube_port_request a = kps_kube_port_request_of(ledger, left);
    struct kps_kube_port_request b = kps_kube_port_request_of(ledger, right);
    bool is_kept_apart = a.port->scheduled || a.port->contended || a.c->role == KPS_KUBE_INIT ||
                         kps_kube_is_every(a.c->w) || kps_kube_replicas_apart(a.c->w);
    if (left != right) {
        struct kps_meeting meeting = kps_kube_can_share_node(&a, &b);
        /* of a live cluster the nodes are known: the apply is played through instead */
        bool is_scheduled = meeting.reason != KPS_MEET_UNSEEN && meeting.reason != KPS_MEET_ADDRESS;
        bool is_void =
            (a.c->w->id.head->kube->live && is_scheduled) ||
            (meeting.meet != KPS_MEET_NEVER && kps_alternatives_hold(&a.c->w->id, &b.c->w->id));
        return is_void ? (struct kps_meeting){.meet = KPS_MEET_NEVER} : meeting;
    }
    /* Copies with a port unknown to the scheduler can land on a node together. */
    return is_kept_apart
               ? (struct kps_meeting){.meet = KPS_MEET_NEVER}
               : (struct kps_meeting){.meet = KPS_MEET_POSSIBLE, .reason = KPS_MEET_UNSEEN};
}

static void add_sv(struct kps_buf *buf, struct kps_sv text)
{
    kps_buf_add(buf, text);
    kps_buf_char(buf, '\x01');
}

static void add_reqs(struct kps_buf *buf, const struct kps_node_req *reqs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add_sv(buf, reqs[i].key);
        kps_buf_char(buf, (char)('a' + (int)reqs[i].op));
        for (uint32_t k = 0; k < reqs[i].n_values; k++) {
            add_sv(buf, reqs[i].values[k]);
        }
        kps_buf_char(buf, '\x02');
    }
    kps_buf_char(buf, '\x03');
}

/* Add the host ports that keep pods of the workload off a node. */
static void add_scheduled(struct kps_buf *buf, const struct kps_kube_workload *w)
{
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(w, at)).port) {
        if (at.port->scheduled) {
            kps_buf_fmt(buf, "%u/%u", at.port->host, at.port->protocol);
            add_sv(buf, kps_kube_host_ip(at.port));
        }
    }
}

/* Return everything that kps_kube_can_share_node looks at, as text. */
static struct kps_sv make_likeness(const struct kps_ledger *ledger, kps_claim_id claim,
                                   uint32_t details, struct kps_arena *arena)
{
    struct kps_kube_port_request want = kps_kube_port_request_of(ledger, claim);
    const struct kps_kube_workload *w = want.c->w;
    const struct kps_node_constraint *nodes = w->pod.where->nodes;
    struct kps_buf *buf = kps_buf_new(arena);
    kps_buf_char(buf, kps_kube_is_every(w) ? 'e' : 'c');
    kps_buf_char(buf, !want.port->scheduled ? 'u' : 's');
    kps_buf_char(buf, (w->flags & KPS_KUBE_HELD) ? 'h' : 'w');
    kps_buf_char(buf, w->pod.host_network ? 'n' : 'p');
    add_sv(buf, kps_kube_host_ip(want.port));
    add_sv(buf, kps_alternatives_key(&w->id, arena));
    add_reqs(buf, nodes->always.reqs, nodes->always.n);
    for (uint32_t i = 0; nodes->has_terms && i < nodes->n_terms; i++) {
        add_reqs(buf, nodes->terms[i].reqs, nodes->terms[i].n);
    }
    kps_buf_char(buf, nodes->has_terms ? 't' : '-');
    if (details & DETAIL_PORTS) {
        add_scheduled(buf, w);
    }
    for (uint32_t i = 0; i < w->pod.where->tolerations.n; i++) {
        const struct kps_toleration *t = &w->pod.where->tolerations.v[i];
        add_sv(buf, t->key);
        add_sv(buf, t->value);
        add_sv(buf, t->effect);
        kps_buf_char(buf, t->exists ? 'x' : '=');
    }
    if (details & DETAIL_LABELS) {
        add_sv(buf, w->id.head->group.namespace);
        for (uint32_t i = 0; i < w->pod.labels.n; i++) {
            add_sv(buf, w->pod.labels.v[i].key);
            add_sv(buf, w->pod.labels.v[i].value);
        }
        if (w->pod.where->apart.n) {
            kps_buf_fmt(buf, "%u", claim);
        }
    }
    return kps_buf_sv(buf);
}

static const struct kps_kube_pod *pod_of(const struct kps_ledger *ledger, kps_claim_id claim)
{
    kps_owner_id owner = kps_ledger_get_claim(ledger, claim)->owner;
    return &kps_kube_workload_of(ledger, owner)->pod;
}

static uint32_t get_details(const struct kps_ledger *ledger, kps_claim_id claim)
{
    uint32_t details = pod_of(ledger, claim)->where->apart.n > 0 ? DETAIL_LABELS : 0;
    return details | (kps_kube_port_request_of(ledger, claim).port->scheduled ? 0 : DETAIL_PORTS);
}

static struct kps_sv get_node_label(const struct kps_ledger *ledger, kps_claim_id claim, uint32_t i)
{
    const struct kps_node_term *always = &pod_of(ledger, claim)->where->nodes->always;
    return i < always->n ? always->reqs[i].key : (struct kps_sv){NULL, 0};
}

static struct kps_sv get_fixed_value(const struct kps_ledger *ledger, kps_claim_id claim,
                                     struct kps_sv property)
{
    return kps_node_fixed(pod_of(ledger, claim)->where->nodes, property);
}

static bool needs_own_node(const struct kps_ledger *ledger, kps_claim_id claim)
{
    struct kps_kube_port_request want = kps_kube_port_request_of(ledger, claim);
    return want.port->scheduled && !kps_kube_is_every(want.c->w);
}

const struct kps_place_rules kps_kube_place_rules = {
    .meet = meet_on_node,
    .likeness = make_likeness,
    .details = get_details,
    .property = get_node_label,
    .demand = get_fixed_value,
    .usual_property = SV_LIT(KPS_NODE_NAME_KEY),
    .needs_place = needs_own_node,
};
