#include "kube/host_port_requests.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/order.h"

/* Compare the port of a claim with a port. */
static int compare_port(const struct kps_ledger *ledger, kps_claim_id id, uint8_t protocol,
                        uint16_t port)
{
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
    int by = kps_order_compare(claim->protocol, protocol);
    return by ? by : kps_order_compare(claim->first, port);
}

static int compare_claims(const struct kps_ledger *ledger, kps_claim_id a, kps_claim_id b)
{
    const struct kps_claim *other = kps_ledger_get_claim(ledger, b);
    return compare_port(ledger, a, other->protocol, other->first);
}

static int by_port(const void *left, const void *right, void *ledger)
{
    kps_claim_id a = *(const kps_claim_id *)left;
    kps_claim_id b = *(const kps_claim_id *)right;
    int by = compare_claims(ledger, a, b);
    return by ? by : kps_order_compare(a, b);
}

static bool takes_part(const struct kps_kube_workload *w)
{
    return w->copies > 0 && !(w->flags & (KPS_KUBE_SUPERSEDED | KPS_KUBE_OVER | KPS_KUBE_HAS_PODS));
}

struct kps_kube_port_request kps_kube_port_request_of(const struct kps_ledger *ledger,
                                                      kps_claim_id claim)
{
    const struct kps_kube_container *of =
        kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, claim)->owner)->facts;
    /* The same container in its pod: findings mark its ports, the facts of owners are const. */
    struct kps_kube_container *c = &of->w->pod.containers[of - of->w->pod.containers];
    uint32_t low = 0; /* the claims of a container's ports rise */
    uint32_t high = c->n_ports - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        bool behind = c->ports[middle].claim > claim;
        low = behind ? low : middle;
        high = behind ? middle - 1 : high;
    }
    return (struct kps_kube_port_request){c, &c->ports[low]};
}

/*
 * List the ports of nodes that workloads request, or (`is_held`) that pods on nodes hold; `out` may
 * be NULL. Return: how many.
 */
static uint32_t list_ports(const struct kps_kube *kube, bool is_held, kps_claim_id *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        bool counts = is_held ? (w->flags & KPS_KUBE_HELD) != 0 : takes_part(w);
        struct kps_kube_port_request at = {NULL, NULL};
        while (counts && (at = kps_kube_next_port(w, at)).port) {
            if (is_held ? !at.port->scheduled : at.port->host == 0) {
                continue;
            }
            if (out) {
                out[n] = kps_kube_claim_port(at.port, true);
            }
            n++;
        }
    }
    return n;
}

static struct kps_kube_port_requests sort_ports(const struct kps_kube *kube, bool is_held)
{
    uint32_t n = list_ports(kube, is_held, NULL);
    kps_claim_id *all = KPS_NEW_N(kube->index, kps_claim_id, (size_t)n + 1);
    (void)list_ports(kube, is_held, all);
    qsort_r(all, n, sizeof(*all), by_port, kube->ledger);
    return (struct kps_kube_port_requests){kube->ledger, all, n};
}

struct kps_kube_port_requests kps_kube_port_requests(struct kps_kube *kube)
{
    if (!kube->wants) {
        struct kps_kube_port_requests requests = sort_ports(kube, false);
        kube->wants = requests.v;
        kube->n_wants = requests.n;
    }
    return (struct kps_kube_port_requests){kube->ledger, kube->wants, kube->n_wants};
}

struct kps_kube_port_requests kps_kube_port_requests_held(const struct kps_kube *kube)
{
    return sort_ports(kube, true);
}

uint32_t kps_kube_port_requests_end(struct kps_kube_port_requests wants, uint32_t from)
{
    uint32_t to = from;
    while (to < wants.n && compare_claims(wants.ledger, wants.v[to], wants.v[from]) == 0) {
        to++;
    }
    return to;
}

uint32_t kps_kube_port_requests_find(struct kps_kube_port_requests wants, uint8_t protocol,
                                     uint16_t port)
{
    uint32_t low = 0;
    uint32_t high = wants.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool before = compare_port(wants.ledger, wants.v[middle], protocol, port) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    bool found = low < wants.n && compare_port(wants.ledger, wants.v[low], protocol, port) == 0;
    return found ? low : wants.n;
}

void kps_kube_party_request(struct kps_kube *kube, struct kps_finding *finding,
                            const struct kps_kube_port_request *want, struct kps_sv label)
{
    bool init = want->c->role == KPS_KUBE_INIT;
    kps_kube_party(
        kube, finding,
        init ? kps_kube_own_container(kube, want->c) : kps_kube_own_workload(kube, want->c->w),
        kps_kube_claim_port(want->port, true), kps_kube_span(&want->c->w->id, want->port->at_host),
        want->c->w->id.head->source, label);
    kps_kube_port_path(kube, finding, want->c, want->port, true);
    kps_origin_id up =
        want->port->host_written ? want->c->w->extra->via_copies : want->c->w->extra->via_network;
    kps_origin_id at = finding->parties[finding->n_parties - 1].at;
    if (up && at) {
        kps_origins_complete(&kube->diag->origins, at, (struct kps_sv){"", 0}, up);
    }
}

void kps_kube_party_requests(struct kps_kube *kube, struct kps_finding *finding,
                             const kps_claim_id *wants, uint32_t n)
{
    uint64_t identity = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct kps_kube_port_request want = kps_kube_port_request_of(kube->ledger, wants[i]);
        if (want.c->w->id.identity != identity) {
            kps_kube_party_request(kube, finding, &want, kps_kube_title(kube, &want.c->w->id));
        }
        identity = want.c->w->id.identity;
    }
}

struct kps_finding *kps_kube_report_request(struct kps_kube *kube, enum kps_rule rule,
                                            enum kps_severity severity,
                                            enum kps_certainty certainty,
                                            const struct kps_kube_port_request *want,
                                            struct kps_sv label, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv message = kps_vfmt(kube->arena, fmt, args);
    va_end(args);
    struct kps_finding *finding =
        kps_kube_add_finding(kube, rule, severity, certainty, "%.*s", SV_ARG(message));
    kps_kube_on_port(finding, want->port->host, want->port->protocol);
    kps_kube_party_request(kube, finding, want, label);
    return finding;
}

bool kps_kube_are_variants(const struct kps_kube_id *a, const struct kps_kube_id *b)
{
    /* A DaemonSet and a Deployment of the same name are two ways to run a program. */
    bool is_same_kind = kps_sv_eq(a->head->group.kind, b->head->group.kind) ||
                        (a->head->pod_path.n && b->head->pod_path.n &&
                         kps_sv_eq(a->head->group.namespace, b->head->group.namespace));
    return a->at.file != b->at.file && is_same_kind && kps_sv_eq(a->name, b->name);
}
