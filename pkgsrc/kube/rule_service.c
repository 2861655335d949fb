#include "kube/kube.h"

/* KP207 and KP212: contradictions inside a Service (spec kubernetes §5). */

static void add_party(struct kps_kube *kube, struct kps_finding *finding,
                      struct kps_kube_service *s, const struct kps_kube_service_port *port,
                      struct kps_sv label)
{
    kps_kube_party_service(kube, finding, s, kps_kube_claim_service(s, port, false),
                           kps_kube_span(&s->id, port->at), label);
}

/* `from` NULL: the healthCheckNodePort. */
static void check_range(struct kps_kube *kube, struct kps_kube_service *s,
                        const struct kps_kube_service_port *from)
{
    const char *field = from ? "nodePort" : "healthCheckNodePort";
    uint16_t port = from ? from->node_port : s->extra->health_port;
    uint8_t protocol = from ? from->protocol : KPS_TCP;
    struct kps_span at = kps_kube_span(&s->id, from ? from->at_node : s->extra->at_health);
    uint16_t first = kube->options.node_port_first;
    uint16_t last = kube->options.node_port_last;
    if (port == 0 || (port >= first && port <= last)) {
        return;
    }
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_NODE_PORT_RANGE, KPS_ERROR, KPS_CERTAIN,
        "%s %u is outside the cluster's range %u-%u", field, port, first, last);
    kps_kube_on_port(finding, port, protocol);
    finding->up_error = kps_fmt(
        kube->arena,
        "%s: Invalid value: %u: provided port is not in the valid range. The range of valid "
        "ports is %u-%u",
        field, port, first, last);
    kps_kube_party_service(kube, finding, s, kps_kube_claim_service(s, from, true), at,
                           SV("the API server refuses this"));
    kps_finding_help(finding,
                     "take a port of the range, leave it out to get a free one, or say what the "
                     "cluster's range is "
                     "with --node-port-range");
}

static void say_duplicate(struct kps_kube *kube, struct kps_kube_service *s,
                          const struct kps_kube_service_port *port,
                          const struct kps_kube_service_port *before, bool by_name)
{
    struct kps_finding *finding =
        by_name
            ? kps_kube_add_finding(kube, KPS_RULE_SERVICE_PORT_DUPLICATE, KPS_ERROR, KPS_CERTAIN,
                                   "Service '%.*s' has two ports named '%.*s'", SV_ARG(s->id.name),
                                   SV_ARG(port->name))
            : kps_kube_add_finding(kube, KPS_RULE_SERVICE_PORT_DUPLICATE, KPS_ERROR, KPS_CERTAIN,
                                   "Service '%.*s' lists port %u/%s twice", SV_ARG(s->id.name),
                                   port->port, kps_protocol_name(port->protocol));
    kps_kube_on_port(finding, port->port, port->protocol);
    finding->up_error =
        by_name ? kps_fmt(kube->arena, "spec.ports[%u].name: Duplicate value: \"%.*s\"",
                          port->index, SV_ARG(port->name))
                : kps_fmt(kube->arena, "spec.ports[%u]: Duplicate value: %u/%s", port->index,
                          port->port, kps_kube_protocol_name(port->protocol));
    add_party(kube, finding, s, port, SV("listed again"));
    add_party(kube, finding, s, before, SV("first listed here"));
    kps_finding_help(finding, "remove one of the two, or change its %s", by_name ? "name" : "port");
}

static void check_duplicates(struct kps_kube *kube, struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports; i++) {
        bool said = false;
        for (uint32_t k = 0; k < i && k < 64 && !said; k++) {
            const struct kps_kube_service_port *a = &s->ports[k];
            const struct kps_kube_service_port *b = &s->ports[i];
            bool same = a->port == b->port && a->protocol == b->protocol;
            bool name = b->name.n && kps_sv_eq(a->name, b->name);
            said = same || name;
            if (said) {
                say_duplicate(kube, s, b, a, !same);
            }
        }
    }
}

static void check_names(struct kps_kube *kube, struct kps_kube_service *s)
{
    const struct kps_kube_service_port *first = NULL;
    uint32_t unnamed = 0;
    for (uint32_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].name.n == 0) {
            first = first ? first : &s->ports[i];
            unnamed++;
        }
    }
    if (s->n_ports < 2 || !first) {
        return;
    }
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_SERVICE_PORT_DUPLICATE, KPS_ERROR, KPS_CERTAIN,
                             "Service '%.*s' has %u ports and leaves %u of them without a name",
                             SV_ARG(s->id.name), s->n_ports, unnamed);
    kps_kube_on_port(finding, first->port, first->protocol);
    finding->up_error = kps_fmt(kube->arena, "spec.ports[%u].name: Required value", first->index);
    add_party(kube, finding, s, first, SV("needs a name"));
    kps_finding_help(finding, "name every port: a Service with several ports must");
}

void kps_kube_check_service(struct kps_kube *kube, struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports; i++) {
        const struct kps_kube_service_port *port = &s->ports[i];
        if (port->at_node.off !=
            port->at.off) { /* else it came from the same port's other protocol */
            check_range(kube, s, port);
        }
    }
    check_range(kube, s, NULL);
    check_duplicates(kube, s);
    check_names(kube, s);
}
