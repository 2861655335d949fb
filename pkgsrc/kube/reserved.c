#include "kube/reserved.h"

#include <string.h>

#include "base/arena.h"

static const struct kps_kube_reserved reserved_ports[] = {
    {10250, KPS_PART_KUBELET, KPS_TCP, false, false, false, "kubelet", "its API"},
    {10248, KPS_PART_KUBELET, KPS_TCP, true, false, false, "kubelet", "its health check"},
    {10255, KPS_PART_KUBELET, KPS_TCP, false, false, true, "kubelet",
     "its read-only port, off by default today"},
    {10256, KPS_PART_KUBE_PROXY, KPS_TCP, false, false, false, "kube-proxy", "its health check"},
    {10249, KPS_PART_KUBE_PROXY, KPS_TCP, true, false, false, "kube-proxy", "its metrics"},
    {6443, KPS_PART_APISERVER, KPS_TCP, false, true, false, "kube-apiserver", "the cluster's API"},
    {10257, KPS_PART_CONTROLLER, KPS_TCP, false, true, false, "kube-controller-manager",
     "its HTTPS port"},
    {10258, KPS_PART_CLOUD, KPS_TCP, false, true, true, "cloud-controller-manager",
     "its HTTPS port"},
    {10259, KPS_PART_SCHEDULER, KPS_TCP, false, true, false, "kube-scheduler", "its HTTPS port"},
    {2379, KPS_PART_ETCD, KPS_TCP, false, true, false, "etcd", "its client port"},
    {2380, KPS_PART_ETCD, KPS_TCP, false, true, false, "etcd", "its peer port"},
    {2381, KPS_PART_ETCD, KPS_TCP, false, true, false, "etcd", "its metrics"},
};

const struct kps_kube_reserved *kps_kube_reserved_at(uint16_t port, uint8_t protocol)
{
    for (size_t i = 0; i < KPS_COUNT(reserved_ports); i++) {
        if (reserved_ports[i].port == port && reserved_ports[i].protocol == protocol) {
            return &reserved_ports[i];
        }
    }
    return NULL;
}

uint16_t kps_kube_parts_of(struct kps_sv container, struct kps_sv image, struct kps_sv pod)
{
    uint16_t looked_for = 0;
    uint16_t parts = 0;
    for (size_t i = 0; i < KPS_COUNT(reserved_ports); i++) {
        struct kps_sv word = kps_sv_of(reserved_ports[i].who);
        uint16_t part = reserved_ports[i].part;
        if (!(looked_for & part) && (kps_sv_contains(container, word) ||
                                     kps_sv_contains(image, word) || kps_sv_starts(pod, word))) {
            parts |= part;
        }
        looked_for |= part;
    }
    return parts;
}

/*
 * Ports of injected sidecars (spec kubernetes §3, and the annotations as the meshes document them).
 * "@name" is a field of Istio's annotation proxy.istio.io/config.
 */
static const struct kps_kube_sidecar_port sidecar_ports[] = {
    {KPS_MESH_ISTIO, 15000, KPS_TCP, true, false, "Envoy's administration", "@proxyAdminPort",
     NULL},
    {KPS_MESH_ISTIO, 15001, KPS_TCP, true, false, "outbound capture", "@proxyListenPort", NULL},
    {KPS_MESH_ISTIO, 15004, KPS_TCP, true, false, "debugging", NULL, NULL},
    {KPS_MESH_ISTIO, 15006, KPS_TCP, true, false, "inbound capture", "@proxyInboundListenPort",
     NULL},
    {KPS_MESH_ISTIO, 15008, KPS_TCP, true, false, "the HBONE tunnel", NULL, NULL},
    {KPS_MESH_ISTIO, 15009, KPS_TCP, true, false, "secure networks", NULL, NULL},
    {KPS_MESH_ISTIO, 15020, KPS_TCP, true, false, "merged metrics", "status.sidecar.istio.io/port",
     NULL},
    {KPS_MESH_ISTIO, 15021, KPS_TCP, true, false, "health checks", NULL, NULL},
    {KPS_MESH_ISTIO, 15053, KPS_TCP, true, false, "DNS capture", NULL, NULL},
    {KPS_MESH_ISTIO, 15053, KPS_UDP, true, false, "DNS capture", NULL, NULL},
    {KPS_MESH_ISTIO, 15090, KPS_TCP, true, false, "Envoy's metrics", NULL, NULL},
    {KPS_MESH_LINKERD, 4140, KPS_TCP, true, false, "outbound traffic",
     "config.linkerd.io/outbound-port", NULL},
    {KPS_MESH_LINKERD, 4143, KPS_TCP, true, false, "inbound traffic",
     "config.linkerd.io/inbound-port", NULL},
    {KPS_MESH_LINKERD, 4190, KPS_TCP, true, false, "control", "config.linkerd.io/control-port",
     NULL},
    {KPS_MESH_LINKERD, 4191, KPS_TCP, true, false, "administration", "config.linkerd.io/admin-port",
     NULL},
    {KPS_MESH_DAPR, 3500, KPS_TCP, true, false, "its HTTP API", NULL, NULL},
    {KPS_MESH_DAPR, 50001, KPS_TCP, true, false, "its gRPC API", "dapr.io/grpc-port", NULL},
    {KPS_MESH_DAPR, 9090, KPS_TCP, true, false, "metrics", "dapr.io/metrics-port",
     "dapr.io/enable-metrics"},
    {KPS_MESH_DAPR, 50002, KPS_TCP, false, false, "internal gRPC", "dapr.io/internal-grpc-port",
     NULL},
    {KPS_MESH_DAPR, 3501, KPS_TCP, false, false, "its public port", NULL, NULL},
    {KPS_MESH_DAPR, 40000, KPS_TCP, false, true, "debugging", "dapr.io/debug-port",
     "dapr.io/enable-debug"},
    {KPS_MESH_DAPR, 7777, KPS_TCP, false, true, "profiling", NULL, "dapr.io/enable-profiling"},
    {KPS_MESH_CONSUL, 20000, KPS_TCP, false, false, "inbound traffic", NULL, NULL},
    {KPS_MESH_CONSUL, 19000, KPS_TCP, true, false, "Envoy's administration", NULL, NULL},
    {KPS_MESH_CONSUL, 15001, KPS_TCP, false, false, "outbound traffic", NULL,
     "consul.hashicorp.com/transparent-proxy"},
    {KPS_MESH_KUMA, 15001, KPS_TCP, false, false, "outbound traffic",
     "kuma.io/transparent-proxying-outbound-port", "kuma.io/transparent-proxying"},
    {KPS_MESH_KUMA, 15006, KPS_TCP, false, false, "inbound traffic",
     "kuma.io/transparent-proxying-inbound-port", "kuma.io/transparent-proxying"},
    {KPS_MESH_KUMA, 15010, KPS_TCP, false, false, "inbound traffic over IPv6",
     "kuma.io/transparent-proxying-inbound-v6-port", "kuma.io/transparent-proxying"},
    {KPS_MESH_KUMA, 9901, KPS_TCP, false, false, "Envoy's administration",
     "kuma.io/envoy-admin-port", NULL},
    {KPS_MESH_KNATIVE, 8012, KPS_TCP, false, false, "requests", NULL, NULL},
    {KPS_MESH_KNATIVE, 8013, KPS_TCP, false, false, "HTTP/2 requests", NULL, NULL},
    {KPS_MESH_KNATIVE, 8022, KPS_TCP, false, false, "administration", NULL, NULL},
    {KPS_MESH_KNATIVE, 8112, KPS_TCP, false, false, "HTTPS requests", NULL, NULL},
    {KPS_MESH_KNATIVE, 9090, KPS_TCP, false, false, "autoscaler metrics", NULL, NULL},
    {KPS_MESH_KNATIVE, 9091, KPS_TCP, false, false, "user metrics", NULL, NULL},
    {KPS_MESH_OTEL, 4317, KPS_TCP, false, false, "OTLP over gRPC", NULL, NULL},
    {KPS_MESH_OTEL, 4318, KPS_TCP, false, false, "OTLP over HTTP", NULL, NULL},
    {KPS_MESH_OTEL, 8888, KPS_TCP, false, false, "its own metrics", NULL, NULL},
    {KPS_MESH_OTEL, 13133, KPS_TCP, false, false, "health checks", NULL, NULL},
    {KPS_MESH_JAEGER, 5775, KPS_UDP, false, false, "Zipkin Thrift", NULL, NULL},
    {KPS_MESH_JAEGER, 6831, KPS_UDP, false, false, "compact Thrift", NULL, NULL},
    {KPS_MESH_JAEGER, 6832, KPS_UDP, false, false, "binary Thrift", NULL, NULL},
    {KPS_MESH_JAEGER, 5778, KPS_TCP, false, false, "sampling", NULL, NULL},
    {KPS_MESH_JAEGER, 14271, KPS_TCP, false, false, "administration", NULL, NULL},
    {KPS_MESH_APP_MESH, 15000, KPS_TCP, false, false, "outbound traffic", NULL, NULL},
    {KPS_MESH_APP_MESH, 15001, KPS_TCP, false, false, "inbound traffic", NULL, NULL},
    {KPS_MESH_APP_MESH, 9901, KPS_TCP, false, false, "its administration", NULL, NULL},
    {KPS_MESH_VAULT, 8200, KPS_TCP, false, true, "its cache",
     "vault.hashicorp.com/agent-cache-listener-port", "vault.hashicorp.com/agent-cache-enable"},
    {KPS_MESH_TELEPRESENCE, 9900, KPS_TCP, false, false, "intercepted traffic", NULL, NULL},
};

static const struct kps_sidecar_move *find_move(struct kps_sidecar_moves moves, size_t row)
{
    for (uint32_t i = 0; i < moves.n; i++) {
        if (moves.v[i].row == row) {
            return &moves.v[i];
        }
    }
    return NULL;
}

const char *kps_kube_sidecar_name(const struct kps_kube_sidecar_port *port)
{
    static const struct {
        uint16_t mesh;
        char name[18];
    } containers[] = {
        {KPS_MESH_ISTIO, "istio-proxy"},
        {KPS_MESH_LINKERD, "linkerd-proxy"},
        {KPS_MESH_DAPR, "daprd"},
        {KPS_MESH_CONSUL, "consul-dataplane"},
        {KPS_MESH_KUMA, "kuma-sidecar"},
        {KPS_MESH_KNATIVE, "queue-proxy"},
        {KPS_MESH_OTEL, "otc-container"},
        {KPS_MESH_JAEGER, "jaeger-agent"},
        {KPS_MESH_APP_MESH, "envoy"},
        {KPS_MESH_VAULT, "vault-agent"},
        {KPS_MESH_TELEPRESENCE, "traffic-agent"},
    };
    size_t i = 0;
    while (containers[i].mesh != port->mesh) {
        i++;
    }
    return containers[i].name;
}

const struct kps_kube_sidecar_port *kps_kube_sidecar_at(uint16_t meshes,
                                                        struct kps_sidecar_moves own,
                                                        struct kps_sidecar_moves around,
                                                        uint16_t port, uint8_t protocol)
{
    for (size_t i = 0; i < KPS_COUNT(sidecar_ports); i++) {
        const struct kps_kube_sidecar_port *row = &sidecar_ports[i];
        if (!(row->mesh & meshes) || row->protocol != protocol) {
            continue;
        }
        const struct kps_sidecar_move *move = find_move(own, i);
        move = move ? move : find_move(around, i);
        uint16_t usual = row->is_opt_in ? 0 : row->port;
        if ((move ? move->port : usual) == port) {
            return row;
        }
    }
    return NULL;
}

/* Read "name: 15002" out of the YAML of proxy.istio.io/config. .p == NULL: it is not there. */
static struct kps_sv find_field(struct kps_sv config, struct kps_sv name)
{
    while (config.n) {
        size_t end = kps_sv_find(config, '\n');
        struct kps_sv line = kps_sv_trim(kps_sv_head(config, end));
        struct kps_sv rest = kps_sv_from(line, name.n);
        if (kps_sv_starts(line, name) && rest.n && rest.p[0] == ':') {
            return kps_sv_trim(kps_sv_from(rest, 1));
        }
        config = end < config.n ? kps_sv_from(config, end + 1) : SV("");
    }
    return (struct kps_sv){NULL, 0};
}

static struct kps_sv get_label(struct kps_labels labels, const char *key)
{
    return kps_labels_get(labels, kps_sv_of(key));
}

static struct kps_sv find_annotation(struct kps_labels annotations, const char *key)
{
    if (key[0] == '@') {
        return find_field(get_label(annotations, "proxy.istio.io/config"), kps_sv_of(key + 1));
    }
    struct kps_sv value = get_label(annotations, key);
    bool is_status = kps_sv_is(kps_sv_of(key), "status.sidecar.istio.io/port");
    return value.p || !is_status ? value : find_annotation(annotations, "@statusPort");
}

static bool is_off(struct kps_sv value)
{
    return kps_sv_is_one_of(value, "false disabled");
}

/* Return true if an annotation speaks of the port; *ret is where it is then, 0: nowhere. */
static bool read_move(struct kps_labels annotations, const struct kps_kube_sidecar_port *row,
                      uint16_t *ret)
{
    struct kps_sv toggle = (struct kps_sv){NULL, 0};
    struct kps_sv moved = (struct kps_sv){NULL, 0};
    if (row->toggle) {
        toggle = find_annotation(annotations, row->toggle);
    }
    if (row->moved_by) {
        moved = find_annotation(annotations, row->moved_by);
    }
    bool is_open = toggle.p ? !is_off(toggle) : !row->is_opt_in;
    int64_t port = kps_sv_number(moved, 65535);
    *ret = port >= 0 ? (uint16_t)port : row->port;
    *ret = is_open ? *ret : 0;
    return toggle.p || port >= 0;
}

struct kps_sidecar_moves kps_kube_sidecar_moves(struct kps_arena *arena,
                                                struct kps_labels annotations)
{
    struct kps_sidecar_move found[KPS_COUNT(sidecar_ports)];
    uint32_t n = 0;
    for (size_t i = 0; annotations.n && i < KPS_COUNT(sidecar_ports); i++) {
        uint16_t port = 0;
        if ((sidecar_ports[i].moved_by || sidecar_ports[i].toggle) &&
            read_move(annotations, &sidecar_ports[i], &port)) {
            found[n++] = (struct kps_sidecar_move){(uint16_t)i, port};
        }
    }
    if (n == 0) {
        return (struct kps_sidecar_moves){NULL, 0};
    }
    struct kps_sidecar_move *kept = KPS_NEW_N(arena, struct kps_sidecar_move, n);
    memcpy(kept, found, n * sizeof(*kept));
    return (struct kps_sidecar_moves){kept, n};
}

/* The value under `key` among the labels, else among the annotations. */
static struct kps_sv get_either(struct kps_labels labels, struct kps_labels annotations,
                                const char *key)
{
    struct kps_sv value = get_label(labels, key);
    return value.p ? value : get_label(annotations, key);
}

static bool says_value(struct kps_labels labels, struct kps_labels annotations, const char *key,
                       const char *value)
{
    return kps_sv_is(get_label(labels, key), value) ||
           kps_sv_is(get_label(annotations, key), value);
}

static uint16_t linkerd_of(struct kps_labels labels, struct kps_labels annotations)
{
    struct kps_sv inject = get_either(labels, annotations, "linkerd.io/inject");
    if (kps_sv_is_one_of(inject, "enabled ingress")) {
        return KPS_MESH_LINKERD;
    }
    return inject.p ? KPS_MESH_LINKERD_OFF : 0;
}

uint16_t kps_kube_meshes(struct kps_labels labels, struct kps_labels annotations)
{
    static const struct {
        const char *key;
        uint16_t mesh;
        const char *value; /* NULL: anything but "false" and "disabled" */
    } signs[] = {
        {"dapr.io/enabled", KPS_MESH_DAPR, "true"},
        {"consul.hashicorp.com/connect-inject", KPS_MESH_CONSUL, "true"},
        {"kuma.io/sidecar-injection", KPS_MESH_KUMA, "enabled"},
        {"sidecar.opentelemetry.io/inject", KPS_MESH_OTEL, NULL},
        {"sidecar.jaegertracing.io/inject", KPS_MESH_JAEGER, NULL},
        {"appmesh.k8s.aws/sidecarInjectorWebhook", KPS_MESH_APP_MESH, "enabled"},
        {"vault.hashicorp.com/agent-inject", KPS_MESH_VAULT, "true"},
        {"telepresence.getambassador.io/inject-traffic-agent", KPS_MESH_TELEPRESENCE, "enabled"},
    };
    uint16_t meshes = linkerd_of(labels, annotations);
    if (says_value(labels, annotations, "sidecar.istio.io/inject", "false")) {
        meshes |= KPS_MESH_ISTIO_OFF;
    } else if (says_value(labels, annotations, "sidecar.istio.io/inject", "true") ||
               get_label(labels, "istio.io/rev").p) {
        meshes |= KPS_MESH_ISTIO;
    }
    for (size_t i = 0; i < KPS_COUNT(signs); i++) {
        struct kps_sv value = get_either(labels, annotations, signs[i].key);
        bool wanted = signs[i].value ? kps_sv_is(value, signs[i].value)
                                     : value.n > 0 && !kps_sv_is(value, "false");
        meshes |= wanted ? signs[i].mesh : 0;
    }
    return meshes;
}

uint16_t kps_kube_namespace_meshes(struct kps_labels labels, struct kps_labels annotations)
{
    uint16_t meshes = linkerd_of(labels, annotations) & KPS_MESH_LINKERD;
    if (kps_sv_is(get_label(labels, "istio-injection"), "enabled") ||
        (get_label(labels, "istio.io/rev").p &&
         !kps_sv_is(get_label(labels, "istio-injection"), "disabled"))) {
        meshes |= KPS_MESH_ISTIO;
    }
    if (says_value(labels, annotations, "kuma.io/sidecar-injection", "enabled")) {
        meshes |= KPS_MESH_KUMA;
    }
    return meshes;
}
