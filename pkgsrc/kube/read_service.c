#include "kube/kube.h"

#include "kube/api_types.h"
#include "kube/hostip.h"
#include "kube/scalar.h"
#include "kube/stream.h"
#include "kube/tree.h"

/* A Service while it is read. */
struct reading {
    struct kps_kube *kube;
    struct kps_kube_service *s;
    struct kps_kube_service_extra *extra;
    struct kps_kube_fields fields; /* of the spec, or of the port at hand */
};

/* targetPort: a number or a name; missing it is the port itself. */
static void read_target(const struct reading *r, struct kps_kube_service_port *port)
{
    const struct kps_ynode *node = kps_ynode_field(r->fields.map, "targetPort");
    enum kps_ytype type = kps_kube_scalar(node).type;
    struct kps_sv text = kps_ynode_text(node);
    port->target = port->port;
    port->at_target = port->at;
    if (type == KPS_T_NULL) {
        return;
    }
    port->at_target = kps_kube_place_of(node->span);
    if (type == KPS_T_STR) {
        /* without a number a port is reported, and its target is a template's like the port */
        bool is_open = port->port == 0 || kps_stream_is_placeholder(r->kube, node, true);
        const char *error = text.n && !is_open ? kps_kube_port_name_error(text) : NULL;
        port->target_name = kps_kube_keep(r->kube, text);
        port->target = text.n ? 0 : port->port;
        if (error) {
            struct kps_finding *finding = kps_kube_refuse_value(
                r->kube, &r->fields, "targetPort", node->span, text, error, "targetPort");
            kps_kube_on_port(finding, port->port, port->port ? port->protocol : 0);
        }
        if (error || is_open) {
            port->target_name = (struct kps_sv){NULL, 0};
        }
        return;
    }
    int64_t number = kps_kube_number(node, 65535);
    if (number > 0) {
        port->target = (uint16_t)number;
    } else if (number < 0) {
        struct kps_sv path = kps_kube_field_path(r->kube, &r->fields, "targetPort");
        (void)kps_kube_refuse(r->kube, &r->fields.who, node->span,
                              kps_kube_no_port(r->kube, path, text),
                              "targetPort must be a port number or a name");
    }
}

/* Report the name of a port that the API server refuses. */
static void check_name(const struct reading *r, const struct kps_kube_service_port *port,
                       struct kps_span at)
{
    const char *error = kps_kube_label_error(port->name);
    if (error) {
        struct kps_sv path = kps_kube_field_path(r->kube, &r->fields, "name");
        struct kps_finding *finding =
            kps_kube_refuse(r->kube, &r->fields.who, at,
                            kps_fmt(r->kube->arena, "%.*s: Invalid value: \"%.*s\": %s",
                                    SV_ARG(path), SV_ARG(port->name), error),
                            "port name '%.*s' is no DNS label: a-z, 0-9 and '-' inside, at most 63 "
                            "characters",
                            SV_ARG(port->name));
        kps_kube_on_port(finding, port->port, port->port ? port->protocol : 0);
    }
}

static bool read_port(const struct reading *r, struct kps_kube_service_port *port)
{
    struct kps_kube *kube = r->kube;
    const struct kps_kube_fields *in = &r->fields;
    struct kps_span at_name = {0, 0, 0};
    port->at = kps_kube_place_of(in->map->span);
    port->index = (uint8_t)(in->index > UINT8_MAX ? UINT8_MAX : in->index);
    bool good = kps_kube_protocol(kube, in, &port->protocol);
    bool number = kps_kube_port_number(kube, in, "port", &port->port, &port->at);
    if (number && port->port == 0) {
        struct kps_sv path = kps_kube_field_path(kube, in, "port");
        (void)kps_kube_refuse(kube, &in->who, kps_kube_span(&r->s->id, port->at),
                              kps_kube_no_port(kube, path, SV("0")),
                              "a Service port without a number");
    }
    if (!kps_kube_text(kube, in, "name", &port->name, &at_name)) {
        /* A name of a wrong type is reported; it is a name all the same. */
        port->name = kps_kube_keep(kube, kps_ynode_text(kps_ynode_field(in->map, "name")));
    } else if (port->name.n) {
        check_name(r, port, at_name);
    }
    port->at_node = port->at;
    bool node = kps_kube_port_number(kube, in, "nodePort", &port->node_port, &port->at_node);
    read_target(r, port);
    return good && number && node && port->port > 0;
}

static void read_ports(struct reading *r, const struct kps_ynode *spec)
{
    struct kps_kube_service *s = r->s;
    struct kps_kube_fields *in = &r->fields;
    const struct kps_ynode *list = kps_ynode_field(spec, "ports");
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    s->ports = n ? KPS_NEW_N(r->kube->arena, struct kps_kube_service_port, n) : NULL;
    in->go_struct = "ServicePort";
    in->below = ".ports";
    for (; in->index < n; in->index++) {
        struct kps_kube_service_port port = {0};
        in->map = kps_ynode_item(list, in->index);
        if (in->map->kind == KPS_Y_MAP && !kps_kube_is_open(in->map) && read_port(r, &port)) {
            s->ports[s->n_ports++] = port;
        }
    }
}

static const char *const type_names[] = {[KPS_SVC_CLUSTER_IP] = "ClusterIP",
                                         [KPS_SVC_NODE_PORT] = "NodePort",
                                         [KPS_SVC_LOAD_BALANCER] = "LoadBalancer",
                                         [KPS_SVC_EXTERNAL_NAME] = "ExternalName"};

static enum kps_kube_service_type read_type(const struct reading *r, const struct kps_ynode *spec)
{
    const struct kps_ynode *node = kps_ynode_field(spec, "type");
    struct kps_sv text = kps_ynode_text(node);
    for (size_t type = 0; type < KPS_COUNT(type_names); type++) {
        if (kps_sv_is(text, type_names[type])) {
            return (enum kps_kube_service_type)type;
        }
    }
    if (text.n) {
        (void)kps_kube_refuse(
            r->kube, &r->fields.who, node->span,
            kps_fmt(r->kube->arena,
                    "spec.type: Unsupported value: \"%.*s\": supported values: \"ClusterIP\", "
                    "\"ExternalName\", \"LoadBalancer\", \"NodePort\"",
                    SV_ARG(text)),
            "'%.*s' is no type of Service", SV_ARG(text));
    }
    return KPS_SVC_CLUSTER_IP;
}

static struct kps_kube_address read_address(struct kps_kube *kube, const struct kps_ynode *map,
                                            const char *key)
{
    const struct kps_ynode *node = kps_ynode_field(map, key);
    struct kps_kube_address address = {kps_kube_get_text(kube, map, key), {0, 0, 0}};
    if (node && address.text.n) {
        address.at = node->span;
    }
    return address;
}

/* Annotations of a cloud's or another load balancer: k3s is not what serves the Service. */
static bool is_foreign(const struct kps_ynode *annotations)
{
    static const char signs[] =
        "aws-load-balancer azure- cloud.google.com/ networking.gke.io/ metallb "
        "oci-load-balancer do-loadbalancer linode-loadbalancer kube-vip.io/ "
        "lbipam.cilium.io/ io.cilium/lb-ipam purelb.io/";
    for (uint32_t i = 0; annotations && annotations->kind == KPS_Y_MAP && i < annotations->n; i++) {
        if (kps_sv_has_any(kps_ynode_text(annotations->edges[i].key), signs)) {
            return true;
        }
    }
    return false;
}

/* Annotations that ask MetalLB, kube-vip, Cilium and PureLB for addresses: a list with commas. */
static bool asks_for_addresses(struct kps_sv key)
{
    static const char keys[] = "metallb.io/loadBalancerIPs metallb.universe.tf/loadBalancerIPs "
                               "kube-vip.io/loadbalancerIPs lbipam.cilium.io/ips "
                               "io.cilium/lb-ipam-ips purelb.io/addresses";
    return kps_sv_is_one_of(key, keys);
}

enum { MOST_BALANCER_IPS = 16 };

/* Add an address in its one spelling; 0.0.0.0 means "any" (kube-vip: by DHCP). */
static void add_balancer_ip(const struct reading *r, struct kps_sv text, struct kps_span at)
{
    struct kps_addr addr;
    if (r->extra->n_balancer_ips == MOST_BALANCER_IPS || text.n == 0 ||
        kps_hostip_is_wildcard(text)) {
        return;
    }
    bool good = kps_hostip_parse(text, &addr);
    if (!r->extra->balancer_ips) {
        r->extra->balancer_ips =
            KPS_NEW_N(r->kube->arena, struct kps_kube_address, MOST_BALANCER_IPS);
    }
    r->extra->balancer_ips[r->extra->n_balancer_ips++] = (struct kps_kube_address){
        good ? kps_addr_format(r->kube->arena, &addr) : kps_kube_keep(r->kube, text), at};
}

/* Read loadBalancerIP and the addresses of annotations. */
static void read_balancer_ips(const struct reading *r, const struct kps_ynode *spec,
                              const struct kps_ynode *annotations)
{
    struct kps_kube_address field = read_address(r->kube, spec, "loadBalancerIP");
    add_balancer_ip(r, field.text, field.at);
    for (uint32_t i = 0; annotations && annotations->kind == KPS_Y_MAP && i < annotations->n; i++) {
        const struct kps_ynode *value = kps_ynode_item(annotations, i);
        struct kps_sv rest = kps_ynode_text(value);
        while (asks_for_addresses(kps_ynode_text(annotations->edges[i].key)) && rest.n) {
            size_t comma = kps_sv_find(rest, ',');
            add_balancer_ip(r, kps_sv_trim(kps_sv_head(rest, comma)), value->span);
            rest = comma < rest.n ? kps_sv_from(rest, comma + 1) : SV("");
        }
    }
}

static void read_external(const struct reading *r, const struct kps_ynode *list)
{
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    r->extra->external_ips = n ? KPS_NEW_N(r->kube->arena, struct kps_kube_address, n) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *node = kps_ynode_item(list, i);
        if (kps_kube_scalar(node).type == KPS_T_STR) {
            r->extra->external_ips[r->extra->n_external_ips++] =
                (struct kps_kube_address){kps_kube_keep(r->kube, kps_ynode_text(node)), node->span};
        }
    }
}

/* Check the ports that a type of Service forbids or requires. */
static void check_type(const struct reading *r, const struct kps_ynode *spec)
{
    struct kps_kube_service *s = r->s;
    bool local = kps_tree_is(spec, "externalTrafficPolicy", "Local");
    for (uint32_t i = 0; i < s->n_ports; i++) {
        struct kps_kube_service_port *port = &s->ports[i];
        if (port->node_port && s->type == KPS_SVC_EXTERNAL_NAME) {
            port->node_port = 0; /* accepted, and nothing is reserved */
        } else if (port->node_port && s->type == KPS_SVC_CLUSTER_IP) {
            struct kps_finding *finding = kps_kube_refuse(
                r->kube, &r->fields.who, kps_kube_span(&s->id, port->at_node),
                kps_fmt(r->kube->arena,
                        "spec.ports[%u].nodePort: Forbidden: may not be used when `type` is "
                        "'ClusterIP'",
                        port->index),
                "a Service of type ClusterIP cannot have the nodePort %u", port->node_port);
            kps_kube_on_port(finding, port->node_port, port->protocol);
            port->node_port = 0;
        }
    }
    r->extra->checks_health = s->type == KPS_SVC_LOAD_BALANCER && local;
    if (r->extra->health_port && !r->extra->checks_health) {
        struct kps_finding *finding = kps_kube_refuse(
            r->kube, &r->fields.who, kps_kube_span(&s->id, r->extra->at_health),
            kps_fmt(r->kube->arena,
                    "spec.healthCheckNodePort: Invalid value: %u: may only be set when `type` is "
                    "'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
                    r->extra->health_port),
            "healthCheckNodePort %u needs a LoadBalancer with externalTrafficPolicy Local",
            r->extra->health_port);
        kps_kube_on_port(finding, r->extra->health_port, KPS_TCP);
        r->extra->health_port = 0;
    }
    bool headless = kps_sv_is(r->extra->cluster_ip.text, "None");
    if (headless && (s->type == KPS_SVC_NODE_PORT || s->type == KPS_SVC_LOAD_BALANCER)) {
        const char *type = type_names[s->type];
        (void)kps_kube_refuse(r->kube, &r->fields.who, r->extra->cluster_ip.at,
                              kps_fmt(r->kube->arena,
                                      "spec.clusterIPs[0]: Invalid value: \"None\": may not be set "
                                      "to 'None' for %s services",
                                      type),
                              "a Service of type %s cannot have clusterIP None", type);
    }
    const struct kps_ynode *ports = kps_ynode_field(spec, "ports");
    bool none = (ports && ports->kind == KPS_Y_SEQ && ports->n == 0) ||
                kps_kube_scalar(ports).type == KPS_T_NULL;
    if (none && s->type != KPS_SVC_EXTERNAL_NAME && !headless && !r->kube->options.is_open) {
        (void)kps_kube_refuse(r->kube, &r->fields.who, s->id.at, SV("spec.ports: Required value"),
                              "Service '%.*s' has no ports", SV_ARG(s->id.name));
    }
}

/* A second protocol on the same port takes the nodePort of the first one (spec §5). */
static void inherit_node_ports(struct kps_kube_service *s)
{
    for (uint32_t i = 0; i < s->n_ports && i < 64; i++) {
        for (uint32_t k = 0; k < i && s->ports[i].node_port == 0; k++) {
            if (s->ports[k].port == s->ports[i].port &&
                s->ports[k].protocol != s->ports[i].protocol) {
                s->ports[i].node_port = s->ports[k].node_port;
            }
        }
    }
}

/* Most Services have no extra facts, and share this struct. */
static const struct kps_kube_service_extra *keep_extra(struct kps_kube *kube,
                                                       const struct kps_kube_service_extra *extra)
{
    static const struct kps_kube_service_extra nothing;
    if (extra->n_external_ips == 0 && extra->cluster_ip.text.n == 0 && extra->n_balancer_ips == 0 &&
        extra->health_port == 0 && !extra->checks_health) {
        return &nothing;
    }
    struct kps_kube_service_extra *kept = KPS_NEW(kube->arena, struct kps_kube_service_extra);
    *kept = *extra;
    return kept;
}

void kps_kube_read_service(struct kps_kube *kube, const struct kps_object_ref *ref,
                           struct kps_span at, const struct kps_ynode *root)
{
    struct kps_kube_service *s = KPS_NEW(kube->arena, struct kps_kube_service);
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    const struct kps_ynode *annotations = kps_tree_get(root, "metadata.annotations");
    struct kps_kube_service_extra extra = {.at_health = kps_kube_place_of(at)};
    struct reading r = {kube, s, &extra, {spec, {.s = s}, "ServiceSpec", SV("spec"), "", 0}};
    s->id = (struct kps_kube_id){.head = kps_kube_share(kube, ref, (struct kps_sv){NULL, 0}),
                                 .name = ref->name,
                                 .at = at,
                                 .identity = kps_kube_key(ref)};
    kps_api_check(kube, &r.fields.who, SV(""), root, "Object");
    kps_api_check(kube, &r.fields.who, SV("spec"), spec, "ServiceSpec");
    s->type = (uint8_t)read_type(&r, spec);
    s->selector = kps_kube_read_labels(kube, kps_ynode_field(spec, "selector"));
    extra.cluster_ip = read_address(kube, spec, "clusterIP");
    read_balancer_ips(&r, spec, annotations);
    s->has_class =
        kps_kube_get_text(kube, spec, "loadBalancerClass").n > 0 || is_foreign(annotations);
    (void)kps_kube_port_number(kube, &r.fields, "healthCheckNodePort", &extra.health_port,
                               &extra.at_health);
    read_external(&r, kps_ynode_field(spec, "externalIPs"));
    read_ports(&r, spec);
    check_type(&r, spec);
    inherit_node_ports(s);
    s->extra = keep_extra(kube, &extra);
    kps_kube_enter_service(kube, s);
    kps_kube_check_service(kube, s);
    *kps_vec_push(&kube->services) = s;
}
