#include "kube/reserved.h"

const struct kps_kube_reserved *kps_kube_reserved_at(uint16_t port, uint8_t protocol)
{
    static const struct kps_kube_reserved table[] = {
        {10250, KPS_TCP, KPS_PART_KUBELET, "kubelet", "its API", false, false, false},
        {10248, KPS_TCP, KPS_PART_KUBELET, "kubelet", "its health check", true, false, false},
        {10255, KPS_TCP, KPS_PART_KUBELET, "kubelet", "its read-only port, off by default today",
         false, false, true},
        {10256, KPS_TCP, KPS_PART_KUBE_PROXY, "kube-proxy", "its health check", false, false,
         false},
        {10249, KPS_TCP, KPS_PART_KUBE_PROXY, "kube-proxy", "its metrics", true, false, false},
        {6443, KPS_TCP, KPS_PART_APISERVER, "kube-apiserver", "the cluster's API", false, true,
         false},
        {10257, KPS_TCP, KPS_PART_CONTROLLER, "kube-controller-manager", "its HTTPS port", false,
         true, false},
        {10258, KPS_TCP, KPS_PART_CLOUD, "cloud-controller-manager", "its HTTPS port", false, true,
         true},
        {10259, KPS_TCP, KPS_PART_SCHEDULER, "kube-scheduler", "its HTTPS port", false, true,
         false},
        {2379, KPS_TCP, KPS_PART_ETCD, "etcd", "its client port", false, true, false},
        {2380, KPS_TCP, KPS_PART_ETCD, "etcd", "its peer port", false, true, false},
        {2381, KPS_TCP, KPS_PART_ETCD, "etcd", "its metrics", false, true, false},
    };
    for (size_t i = 0; i < KPS_COUNT(table); i++) {
        if (table[i].port == port && table[i].protocol == protocol) {
            return &table[i];
        }
    }
    return NULL;
}

uint16_t kps_kube_parts_of(struct kps_sv container, struct kps_sv image, struct kps_sv pod)
{
    static const struct {
        struct kps_sv word;
        uint16_t part;
    } words[] = {
        {SV_LIT("kubelet"), KPS_PART_KUBELET},
        {SV_LIT("kube-proxy"), KPS_PART_KUBE_PROXY},
        {SV_LIT("kube-apiserver"), KPS_PART_APISERVER},
        {SV_LIT("kube-controller-manager"), KPS_PART_CONTROLLER},
        {SV_LIT("kube-scheduler"), KPS_PART_SCHEDULER},
        {SV_LIT("etcd"), KPS_PART_ETCD},
        {SV_LIT("cloud-controller-manager"), KPS_PART_CLOUD},
    };
    uint16_t parts = 0;
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        struct kps_sv word = words[i].word;
        if (kps_sv_search(container, word) < container.n || kps_sv_search(image, word) < image.n ||
            kps_sv_starts(pod, word)) {
            parts |= words[i].part;
        }
    }
    return parts;
}

const struct kps_kube_sidecar_port *kps_kube_sidecar_at(uint16_t meshes, uint16_t port,
                                                        uint8_t protocol)
{
    static const struct kps_kube_sidecar_port table[] = {
        {KPS_MESH_ISTIO, 15000, KPS_TCP, "istio-proxy", "Envoy's administration", true},
        {KPS_MESH_ISTIO, 15001, KPS_TCP, "istio-proxy", "outbound capture", true},
        {KPS_MESH_ISTIO, 15004, KPS_TCP, "istio-proxy", "debugging", true},
        {KPS_MESH_ISTIO, 15006, KPS_TCP, "istio-proxy", "inbound capture", true},
        {KPS_MESH_ISTIO, 15008, KPS_TCP, "istio-proxy", "the HBONE tunnel", true},
        {KPS_MESH_ISTIO, 15009, KPS_TCP, "istio-proxy", "secure networks", true},
        {KPS_MESH_ISTIO, 15020, KPS_TCP, "istio-proxy", "merged metrics", true},
        {KPS_MESH_ISTIO, 15021, KPS_TCP, "istio-proxy", "health checks", true},
        {KPS_MESH_ISTIO, 15053, KPS_TCP, "istio-proxy", "DNS capture", true},
        {KPS_MESH_ISTIO, 15053, KPS_UDP, "istio-proxy", "DNS capture", true},
        {KPS_MESH_ISTIO, 15090, KPS_TCP, "istio-proxy", "Envoy's metrics", true},
        {KPS_MESH_LINKERD, 4140, KPS_TCP, "linkerd-proxy", "outbound traffic", true},
        {KPS_MESH_LINKERD, 4143, KPS_TCP, "linkerd-proxy", "inbound traffic", true},
        {KPS_MESH_LINKERD, 4190, KPS_TCP, "linkerd-proxy", "control", true},
        {KPS_MESH_LINKERD, 4191, KPS_TCP, "linkerd-proxy", "administration", true},
        {KPS_MESH_DAPR, 3500, KPS_TCP, "daprd", "its HTTP API", true},
        {KPS_MESH_DAPR, 50001, KPS_TCP, "daprd", "its gRPC API", true},
        {KPS_MESH_DAPR, 9090, KPS_TCP, "daprd", "metrics", true},
        {KPS_MESH_DAPR, 50002, KPS_TCP, "daprd", "internal gRPC", false},
        {KPS_MESH_DAPR, 3501, KPS_TCP, "daprd", "its public port", false},
        {KPS_MESH_CONSUL, 20000, KPS_TCP, "consul-dataplane", "inbound traffic", false},
        {KPS_MESH_CONSUL, 19000, KPS_TCP, "consul-dataplane", "Envoy's administration", true},
        {KPS_MESH_CONSUL, 15001, KPS_TCP, "consul-dataplane", "outbound traffic", false},
        {KPS_MESH_KUMA, 15001, KPS_TCP, "kuma-sidecar", "outbound traffic", false},
        {KPS_MESH_KUMA, 15006, KPS_TCP, "kuma-sidecar", "inbound traffic", false},
        {KPS_MESH_KUMA, 15010, KPS_TCP, "kuma-sidecar", "inbound traffic over IPv6", false},
        {KPS_MESH_KUMA, 9901, KPS_TCP, "kuma-sidecar", "Envoy's administration", false},
        {KPS_MESH_KNATIVE, 8012, KPS_TCP, "queue-proxy", "requests", false},
        {KPS_MESH_KNATIVE, 8013, KPS_TCP, "queue-proxy", "HTTP/2 requests", false},
        {KPS_MESH_KNATIVE, 8022, KPS_TCP, "queue-proxy", "administration", false},
        {KPS_MESH_KNATIVE, 8112, KPS_TCP, "queue-proxy", "HTTPS requests", false},
        {KPS_MESH_KNATIVE, 9090, KPS_TCP, "queue-proxy", "autoscaler metrics", false},
        {KPS_MESH_KNATIVE, 9091, KPS_TCP, "queue-proxy", "user metrics", false},
        {KPS_MESH_OTEL, 4317, KPS_TCP, "otc-container", "OTLP over gRPC", false},
        {KPS_MESH_OTEL, 4318, KPS_TCP, "otc-container", "OTLP over HTTP", false},
        {KPS_MESH_OTEL, 8888, KPS_TCP, "otc-container", "its own metrics", false},
        {KPS_MESH_OTEL, 13133, KPS_TCP, "otc-container", "health checks", false},
        {KPS_MESH_JAEGER, 5775, KPS_UDP, "jaeger-agent", "Zipkin Thrift", false},
        {KPS_MESH_JAEGER, 6831, KPS_UDP, "jaeger-agent", "compact Thrift", false},
        {KPS_MESH_JAEGER, 6832, KPS_UDP, "jaeger-agent", "binary Thrift", false},
        {KPS_MESH_JAEGER, 5778, KPS_TCP, "jaeger-agent", "sampling", false},
        {KPS_MESH_JAEGER, 14271, KPS_TCP, "jaeger-agent", "administration", false},
    };
    for (size_t i = 0; i < KPS_COUNT(table); i++) {
        if ((table[i].mesh & meshes) && table[i].port == port && table[i].protocol == protocol) {
            return &table[i];
        }
    }
    return NULL;
}

/* The value under `key` among the labels, else among the annotations. */
static struct kps_sv either(struct kps_labels labels, struct kps_labels annotations,
                            struct kps_sv key)
{
    struct kps_sv value = kps_labels_get(labels, key);
    return value.p ? value : kps_labels_get(annotations, key);
}

static bool says(struct kps_labels labels, struct kps_labels annotations, struct kps_sv key,
                 struct kps_sv value)
{
    return kps_sv_eq(kps_labels_get(labels, key), value) ||
           kps_sv_eq(kps_labels_get(annotations, key), value);
}

static uint16_t linkerd_of(struct kps_labels labels, struct kps_labels annotations)
{
    struct kps_sv inject = either(labels, annotations, SV("linkerd.io/inject"));
    if (kps_sv_eq(inject, SV("enabled")) || kps_sv_eq(inject, SV("ingress"))) {
        return KPS_MESH_LINKERD;
    }
    return inject.p ? KPS_MESH_LINKERD_OFF : 0;
}

uint16_t kps_kube_meshes(struct kps_labels labels, struct kps_labels annotations)
{
    static const struct {
        struct kps_sv key;
        uint16_t mesh;
        const char *value; /* NULL: anything but "false" and "disabled" */
    } signs[] = {
        {SV_LIT("dapr.io/enabled"), KPS_MESH_DAPR, "true"},
        {SV_LIT("consul.hashicorp.com/connect-inject"), KPS_MESH_CONSUL, "true"},
        {SV_LIT("kuma.io/sidecar-injection"), KPS_MESH_KUMA, "enabled"},
        {SV_LIT("sidecar.opentelemetry.io/inject"), KPS_MESH_OTEL, NULL},
        {SV_LIT("sidecar.jaegertracing.io/inject"), KPS_MESH_JAEGER, NULL},
    };
    uint16_t meshes = linkerd_of(labels, annotations);
    if (says(labels, annotations, SV("sidecar.istio.io/inject"), SV("false"))) {
        meshes |= KPS_MESH_ISTIO_OFF;
    } else if (says(labels, annotations, SV("sidecar.istio.io/inject"), SV("true")) ||
               kps_labels_get(labels, SV("istio.io/rev")).p) {
        meshes |= KPS_MESH_ISTIO;
    }
    for (size_t i = 0; i < KPS_COUNT(signs); i++) {
        struct kps_sv value = either(labels, annotations, signs[i].key);
        bool wanted = signs[i].value ? kps_sv_eq(value, kps_sv_of(signs[i].value))
                                     : value.n > 0 && !kps_sv_eq(value, SV("false"));
        meshes |= wanted ? signs[i].mesh : 0;
    }
    return meshes;
}

uint16_t kps_kube_namespace_meshes(struct kps_labels labels, struct kps_labels annotations)
{
    uint16_t meshes = linkerd_of(labels, annotations) & KPS_MESH_LINKERD;
    if (kps_sv_eq(kps_labels_get(labels, SV("istio-injection")), SV("enabled")) ||
        (kps_labels_get(labels, SV("istio.io/rev")).p &&
         !kps_sv_eq(kps_labels_get(labels, SV("istio-injection")), SV("disabled")))) {
        meshes |= KPS_MESH_ISTIO;
    }
    if (says(labels, annotations, SV("kuma.io/sidecar-injection"), SV("enabled"))) {
        meshes |= KPS_MESH_KUMA;
    }
    return meshes;
}
