#include "kube/hostip.h"
#include "kube/kube.h"

/*
 * Claims of pods and Services. Nobody but the rules of this folder judges them, and a cluster's
 * dump makes tens of thousands, so they are entered in the ledger when they are to be listed
 * (options.enters_claims), or one by one when a finding names them; what is not entered is counted.
 */

/* Addresses tell claims apart in `entered`: of a port as it is for its pod or Service, one byte on
 * for the node. */
static struct kps_sv key_of(struct kps_kube *kube, const void *what, bool node)
{
    const char **key = KPS_NEW(kube->arena, const char *);
    *key = (const char *)what + (node ? 1 : 0);
    return (struct kps_sv){(const char *)key, sizeof(*key)};
}

static void remember(struct kps_kube *kube, const void *what, bool node, kps_claim_id id)
{
    bool is_new = false;
    (void)kps_map_put(&kube->entered, kube->arena, key_of(kube, what, node), id, &is_new);
}

static kps_claim_id recall(const struct kps_kube *kube, const void *what, bool node)
{
    const char *at = (const char *)what + (node ? 1 : 0);
    return kps_map_get(&kube->entered, (struct kps_sv){(const char *)&at, sizeof(at)}, 0);
}

static kps_netns_id own_netns(struct kps_kube *kube, struct kps_sv name)
{
    return kps_ledger_new_netns(kube->ledger, KPS_NETNS_PRIVATE, name);
}

/* A claim that is entered for one finding is not listed and needs no place: the finding's party has
 * it. */
static kps_origin_id origin_of(struct kps_kube *kube, const struct kps_kube_id *id,
                               struct kps_span at)
{
    return kube->options.enters_claims ? kps_kube_origin(kube, at, id->head->source) : 0;
}

static uint8_t flags_of(const struct kps_kube *kube, bool derived, bool tied)
{
    return (uint8_t)((kube->options.enters_claims ? 0U : KPS_CLAIM_COUNTED) |
                     (derived ? KPS_CLAIM_DERIVED : 0U) | (tied ? KPS_CLAIM_TIED : 0U));
}

static kps_claim_id enter_port(struct kps_kube *kube, struct kps_kube_workload *w,
                               struct kps_kube_container *c, const struct kps_kube_port *port,
                               kps_netns_id netns, bool on_node)
{
    bool sure = port->evidence == KPS_KUBE_DECLARED;
    struct kps_addr addr = {.kind = KPS_ADDR_EVERY};
    if (on_node) {
        (void)kps_hostip_parse(kps_kube_host_ip(port), &addr);
    }
    uint16_t number = on_node ? port->host : port->container;
    struct kps_span at = kps_kube_span(&w->id, on_node ? port->at_host : port->at);
    return kps_ledger_claim(kube->ledger,
                            (struct kps_claim){
                                .netns = on_node ? kube->node_ns : netns,
                                .owner = kps_kube_own_container(kube, w, c),
                                .origin = origin_of(kube, &w->id, at),
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
                                 const struct kps_kube_service_port *port, struct kps_span at)
{
    return kps_ledger_claim(kube->ledger,
                            (struct kps_claim){
                                .netns = netns,
                                .owner = kps_kube_own_service(kube, s),
                                .origin = origin_of(kube, &s->id, at),
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

static kps_claim_id enter_service_port(struct kps_kube *kube, struct kps_kube_service *s,
                                       const struct kps_kube_service_port *port, kps_netns_id netns,
                                       bool node)
{
    if (!port) {
        return enter_number(kube, s, kube->cluster_ns, s->extra->health_port, NULL,
                            s->extra->at_health);
    }
    struct kps_span at = kps_kube_span(&s->id, node ? port->at_node : port->at);
    return enter_number(kube, s, node ? kube->cluster_ns : netns,
                        node ? port->node_port : port->port, port, at);
}

void kps_kube_enter_workload(struct kps_kube *kube, struct kps_kube_workload *w)
{
    kps_netns_id netns = 0;
    for (uint32_t i = 0; kube->options.enters_claims && i < w->pod.n_containers; i++) {
        struct kps_kube_container *c = &w->pod.containers[i];
        for (uint32_t k = 0; k < c->n_ports; k++) {
            const struct kps_kube_port *port = &c->ports[k];
            netns = netns ? netns : own_netns(kube, kps_kube_name(kube, &w->id));
            remember(kube, port, false, enter_port(kube, w, c, port, netns, false));
            if (port->host) {
                remember(kube, port, true, enter_port(kube, w, c, port, netns, true));
            }
        }
    }
}

void kps_kube_enter_service(struct kps_kube *kube, struct kps_kube_service *s)
{
    kps_netns_id netns = 0;
    for (uint32_t i = 0; kube->options.enters_claims && i < s->n_ports; i++) {
        const struct kps_kube_service_port *port = &s->ports[i];
        netns = netns ? netns : own_netns(kube, kps_kube_title(kube, &s->id));
        remember(kube, port, false, enter_service_port(kube, s, port, netns, false));
        if (port->node_port) {
            remember(kube, port, true, enter_service_port(kube, s, port, netns, true));
        }
    }
    if (kube->options.enters_claims && s->extra->health_port) {
        remember(kube, s, false, enter_service_port(kube, s, NULL, 0, true));
    }
}

kps_claim_id kps_kube_claim_port(struct kps_kube *kube, struct kps_kube_workload *w,
                                 struct kps_kube_container *c, const struct kps_kube_port *port,
                                 bool host)
{
    if (kube->options.enters_claims || (host && port->host == 0)) {
        return recall(kube, port, host);
    }
    return enter_port(kube, w, c, port, host ? 0 : own_netns(kube, kps_kube_name(kube, &w->id)),
                      host);
}

kps_claim_id kps_kube_claim_service(struct kps_kube *kube, struct kps_kube_service *s,
                                    const struct kps_kube_service_port *port, bool node)
{
    if (kube->options.enters_claims) {
        return recall(kube, port ? (const void *)port : (const void *)s, port && node);
    }
    bool own = port && !node;
    return enter_service_port(kube, s, port,
                              own ? own_netns(kube, kps_kube_title(kube, &s->id)) : 0, node);
}

static void discard(struct kps_kube *kube, const void *what, bool node)
{
    kps_claim_id id = recall(kube, what, node);
    if (id) {
        kube->ledger->claims.v[id - 1].flags |= KPS_CLAIM_DISCARDED;
    }
}

void kps_kube_discard_workload(struct kps_kube *kube, const struct kps_kube_workload *w)
{
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        for (uint32_t k = 0; k < w->pod.containers[i].n_ports; k++) {
            discard(kube, &w->pod.containers[i].ports[k], false);
            discard(kube, &w->pod.containers[i].ports[k], true);
        }
    }
}

void kps_kube_discard_service(struct kps_kube *kube, const struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports; i++) {
        discard(kube, &s->ports[i], false);
        discard(kube, &s->ports[i], true);
    }
    discard(kube, s, false);
}

static uint32_t count_of(const struct kps_kube_workload *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        for (uint32_t k = 0; k < w->pod.containers[i].n_ports; k++) {
            const struct kps_kube_port *port = &w->pod.containers[i].ports[k];
            bool declared = port->evidence == KPS_KUBE_DECLARED;
            n += declared ? 1U + (port->host != 0) : 0;
        }
    }
    return n;
}

void kps_kube_count_claims(struct kps_kube *kube)
{
    struct kps_ledger *ledger = kube->ledger;
    uint32_t all = 0;
    uint32_t discarded = 0;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        uint32_t n = count_of(w);
        all += n;
        discarded += (w->flags & KPS_KUBE_SUPERSEDED) ? n : 0;
    }
    for (uint32_t i = 0; i < kube->services.n; i++) {
        const struct kps_kube_service *s = kube->services.v[i];
        uint32_t n = s->extra->health_port != 0;
        for (uint32_t k = 0; k < s->n_ports; k++) {
            n += 1U + (s->ports[k].node_port != 0);
        }
        all += n;
        discarded += s->superseded ? n : 0;
    }
    ledger->counted += all;
    ledger->counted_discarded += discarded;
}
