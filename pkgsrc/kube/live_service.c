#include "kube/live_apply.h"

/*
 * KP402. The API server handles the Services of the inputs in their order: a number that a Service
 * gives up is free for later Services, and not for earlier Services.
 */

static const struct kps_live_service *find_holder(const struct kps_live *live, uint64_t own,
                                                  uint16_t number)
{
    for (uint32_t i = 0; i < live->services.n; i++) {
        const struct kps_live_service *s = &live->services.v[i];
        for (uint32_t k = 0; k < s->n_node_ports && !s->is_gone && s->key != own; k++) {
            if (s->node_ports[k].number == number) {
                return s;
            }
        }
    }
    return NULL;
}

static const struct kps_live_service *find_address(const struct kps_live *live, uint64_t own,
                                                   struct kps_sv address)
{
    for (uint32_t i = 0; i < live->services.n && address.n; i++) {
        const struct kps_live_service *s = &live->services.v[i];
        if (!s->is_gone && s->key != own && kps_sv_eq(s->cluster_ip, address) &&
            !kps_sv_eq(address, SV("None"))) {
            return s;
        }
    }
    return NULL;
}

static uint64_t key_of(const struct kps_kube_service *s)
{
    const struct kps_object_group *group = &s->id.head->group;
    return kps_kube_key(
        &(struct kps_object_ref){group->api_version, group->kind, group->namespace, s->id.name});
}

/* Return whether a Service further down gives the number up. */
static bool is_given_up_later(const struct kps_kube *kube, uint32_t from, uint64_t holder,
                              uint16_t number)
{
    for (uint32_t i = from + 1; i < kube->services.n; i++) {
        const struct kps_kube_service *s = kube->services.v[i];
        bool keeps = s->extra->health_port == number;
        for (uint32_t k = 0; k < s->n_ports; k++) {
            keeps = keeps || s->ports[k].node_port == number;
        }
        if (key_of(s) == holder && !keeps) {
            return true;
        }
    }
    return false;
}

static void report_refused(struct kps_kube *kube, uint32_t index,
                           const struct kps_kube_service_port *port,
                           const struct kps_live_service *holder, uint16_t number)
{
    struct kps_kube_service *s = kube->services.v[index];
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_span at = port ? kps_kube_span(&s->id, port->at_node) : s->extra->at_health;
    struct kps_sv who =
        kps_fmt(kube->arena, "Service %.*s/%.*s", SV_ARG(holder->namespace), SV_ARG(holder->name));
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_ERROR, KPS_CERTAIN,
        "Service %.*s is refused: nodePort %u belongs to %.*s", SV_ARG(name), number, SV_ARG(who));
    kps_kube_on_port(finding, number, port ? port->protocol : KPS_TCP);
    kps_kube_party(kube, finding, kps_kube_own_service(kube, s),
                   kps_kube_claim_service(s, port, true), at, s->id.head->source,
                   kps_fmt(kube->arena, "Service %.*s", SV_ARG(name)));
    finding->up_error = kps_fmt(kube->arena,
                                "spec.ports[%u].nodePort: Invalid value: %u: provided port is "
                                "already allocated",
                                port ? port->index : 0, number);
    if (is_given_up_later(kube, index, holder->key, number)) {
        kps_finding_note(kube->diag, finding,
                         "%.*s gives it up further down: objects are applied one by one, in order",
                         SV_ARG(who));
        kps_finding_help(kube->diag, finding, SV(""), "put %.*s before this one", SV_ARG(who));
    } else {
        kps_finding_help(kube->diag, finding, SV(""),
                         "leave nodePort out to get a free one, or take another");
    }
}

static void report_address(struct kps_kube *kube, struct kps_kube_service *s,
                           const struct kps_live_service *holder)
{
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_ERROR, KPS_CERTAIN,
        "Service %.*s is refused: clusterIP %.*s belongs to Service %.*s/%.*s", SV_ARG(name),
        SV_ARG(s->extra->cluster_ip.text), SV_ARG(holder->namespace), SV_ARG(holder->name));
    kps_kube_party(kube, finding, kps_kube_own_service(kube, s), 0, s->extra->cluster_ip.at,
                   s->id.head->source, kps_fmt(kube->arena, "Service %.*s", SV_ARG(name)));
    kps_finding_help(kube->diag, finding, SV(""), "leave clusterIP out to get a free one");
}

/* Let a Service that the API server took have its numbers. */
static void accept_service(struct kps_kube *kube, const struct kps_kube_service *s, uint64_t key)
{
    struct kps_live *live = kube->live;
    struct kps_live_node_port *ports =
        KPS_NEW_N(kube->arena, struct kps_live_node_port, (size_t)s->n_ports + 1);
    struct kps_live_service accepted = {.key = key,
                                        .namespace = s->id.head->group.namespace,
                                        .name = s->id.name,
                                        .cluster_ip = s->extra->cluster_ip.text,
                                        .node_ports = ports,
                                        .is_of_input = true};
    for (uint32_t k = 0; k < s->n_ports; k++) {
        if (s->ports[k].node_port) {
            ports[accepted.n_node_ports++] = (struct kps_live_node_port){
                s->ports[k].node_port, s->ports[k].port, s->ports[k].protocol};
        }
    }
    if (s->extra->health_port) {
        ports[accepted.n_node_ports++] =
            (struct kps_live_node_port){s->extra->health_port, 0, KPS_TCP};
    }
    for (uint32_t i = 0; i < live->services.n; i++) {
        struct kps_live_service *old = &live->services.v[i];
        if (old->key == key) {
            accepted.cluster_ip = accepted.cluster_ip.n ? accepted.cluster_ip : old->cluster_ip;
            old->is_gone = true;
        }
    }
    *kps_vec_push(&live->services) = accepted;
}

void kps_live_check_services(struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        uint64_t key = key_of(s);
        bool is_refused = false;
        for (uint32_t k = 0; k <= s->n_ports && !s->superseded && !is_refused; k++) {
            const struct kps_kube_service_port *port = k < s->n_ports ? &s->ports[k] : NULL;
            uint16_t number = port ? port->node_port : s->extra->health_port;
            const struct kps_live_service *holder =
                number ? find_holder(kube->live, key, number) : NULL;
            if (holder) {
                is_refused = true;
                /* two Services of the inputs are KP206's */
                if (!holder->is_of_input) {
                    report_refused(kube, i, port, holder, number);
                }
            }
        }
        const struct kps_live_service *holder =
            find_address(kube->live, key, s->extra->cluster_ip.text);
        if (holder && !holder->is_of_input && !is_refused) {
            report_address(kube, s, holder);
            is_refused = true;
        }
        if (!is_refused && !s->superseded) {
            accept_service(kube, s, key);
        }
    }
}
