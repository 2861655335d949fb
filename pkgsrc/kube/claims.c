#include "kube/host_port_requests.h"
#include "kube/hostip.h"
#include "kube/kube.h"

/*
 * Claims of pods and Services, entered as the object is read. They have no origin: there are tens
 * of thousands, and few are in a report.
 */

static uint8_t flags_of(const struct kps_kube *kube, bool derived, bool tied)
{
    return (uint8_t)((derived ? KPS_CLAIM_DERIVED : 0U) | (tied ? KPS_CLAIM_TIED : 0U) |
                     (kube->options.is_aside ? KPS_CLAIM_ASIDE : 0U));
}

static kps_claim_id enter_port(struct kps_kube *kube, struct kps_kube_container *c,
                               const struct kps_kube_port *port, bool on_node)
{
    const struct kps_kube_workload *w = c->w;
    bool sure = port->evidence == KPS_KUBE_DECLARED;
    struct kps_addr addr = {.kind = KPS_ADDR_EVERY};
    if (on_node) {
        (void)kps_hostip_parse(kps_kube_host_ip(port), &addr);
    }
    uint16_t number = on_node ? port->host : port->container;
    return kps_ledger_claim(kube->ledger,
                            &(struct kps_claim){
                                .netns = on_node ? kube->node_ns : kube->pod_ns,
                                .owner = kps_kube_own_container(kube, c),
                                .addr = addr,
                                .first = number,
                                .last = number,
                                .take = 1,
                                .target_first = on_node ? port->container : 0,
                                .target_last = on_node ? port->container : 0,
                                .protocol = port->protocol,
                                .basis = (w->flags & KPS_KUBE_HELD) ? KPS_BOUND : KPS_REQUESTED,
                                .certainty = sure ? KPS_LIKELY : KPS_POSSIBLE,
                                .flags = flags_of(kube, !sure, !on_node || w->pod.host_network),
                                .copies = (w->flags & KPS_KUBE_OVER) ? 0 : w->copies,
                            });
}

static kps_claim_id enter_number(struct kps_kube *kube, struct kps_kube_service *s,
                                 kps_netns_id netns, uint16_t number,
                                 const struct kps_kube_service_port *port)
{
    return kps_ledger_claim(kube->ledger,
                            &(struct kps_claim){
                                .netns = netns,
                                .owner = kps_kube_own_service(kube, s),
                                .addr = {.kind = KPS_ADDR_EVERY},
                                .first = number,
                                .last = number,
                                .take = 1,
                                .target_first = port ? port->target : 0,
                                .target_last = port ? port->target : 0,
                                .protocol = port ? port->protocol : KPS_TCP,
                                .basis = KPS_REQUESTED,
                                .certainty = KPS_CERTAIN,
                                .flags = flags_of(kube, false, netns != kube->cluster_ns),
                                .copies = 1,
                            });
}

void kps_kube_enter_workload(struct kps_kube *kube, struct kps_kube_workload *w)
{
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(w, at)).port) {
        at.port->claim = enter_port(kube, at.c, at.port, false);
        if (at.port->host) {
            (void)enter_port(kube, at.c, at.port, true);
        }
    }
}

void kps_kube_enter_service(struct kps_kube *kube, struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports; i++) {
        struct kps_kube_service_port *port = &s->ports[i];
        port->claim = enter_number(kube, s, kube->pod_ns, port->port, port);
        if (port->node_port) {
            (void)enter_number(kube, s, kube->cluster_ns, port->node_port, port);
        }
    }
    if (s->extra->health_port) {
        s->health_claim = enter_number(kube, s, kube->cluster_ns, s->extra->health_port, NULL);
    }
}

kps_claim_id kps_kube_claim_port(const struct kps_kube_port *port, bool host)
{
    if (port->claim == 0 || (host && port->host == 0)) {
        return 0;
    }
    return port->claim + (host ? 1 : 0);
}

kps_claim_id kps_kube_claim_service(const struct kps_kube_service *s,
                                    const struct kps_kube_service_port *port, bool node)
{
    if (!port) {
        return s->health_claim;
    }
    if (port->claim == 0 || (node && port->node_port == 0)) {
        return 0;
    }
    return port->claim + (node ? 1 : 0);
}

kps_origin_id kps_kube_locate_pod(const struct kps_ledger *ledger, kps_claim_id claim)
{
    struct kps_kube_port_request request = kps_kube_port_request_of(ledger, claim);
    const struct kps_kube_id *id = &request.c->w->id;
    bool on_node = claim != request.port->claim;
    struct kps_span at = kps_kube_span(id, on_node ? request.port->at_host : request.port->at);
    return kps_kube_origin(id->head->kube, at, id->head->source);
}

kps_origin_id kps_kube_locate_service(const struct kps_ledger *ledger, kps_claim_id claim)
{
    const struct kps_kube_service *s =
        kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, claim)->owner)->facts;
    struct kps_span at = kps_kube_span(&s->id, s->extra->at_health);
    for (uint32_t i = 0; i < s->n_ports && claim != s->health_claim; i++) {
        const struct kps_kube_service_port *port = &s->ports[i];
        if (claim == port->claim) {
            at = kps_kube_span(&s->id, port->at);
        } else if (claim == kps_kube_claim_service(s, port, true)) {
            at = kps_kube_span(&s->id, port->at_node);
        }
    }
    return kps_kube_origin(s->id.head->kube, at, s->id.head->source);
}

static void add_flag(struct kps_kube *kube, kps_claim_id id, unsigned flag)
{
    if (id) {
        struct kps_claim *claim = &kube->ledger->claims.v[id - 1];
        claim->flags = (uint8_t)(claim->flags | flag);
    }
}

static void flag_workload(struct kps_kube *kube, const struct kps_kube_workload *w, unsigned flag)
{
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(w, at)).port) {
        add_flag(kube, kps_kube_claim_port(at.port, false), flag);
        add_flag(kube, kps_kube_claim_port(at.port, true), flag);
    }
}

void kps_kube_discard_workload(struct kps_kube *kube, const struct kps_kube_workload *w)
{
    flag_workload(kube, w, KPS_CLAIM_DISCARDED);
}

void kps_kube_represent_workload(struct kps_kube *kube, const struct kps_kube_workload *w)
{
    flag_workload(kube, w, KPS_CLAIM_REPRESENTED);
}

void kps_kube_discard_service(struct kps_kube *kube, const struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports; i++) {
        add_flag(kube, kps_kube_claim_service(s, &s->ports[i], false), KPS_CLAIM_DISCARDED);
        add_flag(kube, kps_kube_claim_service(s, &s->ports[i], true), KPS_CLAIM_DISCARDED);
    }
    add_flag(kube, s->health_claim, KPS_CLAIM_DISCARDED);
}
