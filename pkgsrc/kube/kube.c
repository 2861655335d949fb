#include "kube/kube.h"

#include "base/buf.h"

struct kps_sv kps_kube_keep(struct kps_kube *kube, struct kps_sv text)
{
    uintptr_t from = (uintptr_t)kube->bytes.p; /* NULL while the items of a cluster are read */
    uintptr_t at = (uintptr_t)text.p;
    bool in_file = at >= from && at + text.n <= from + kube->bytes.n;
    return in_file || text.n == 0 ? text : kps_sv_copy(kube->arena, text);
}

struct kps_kube_port_request kps_kube_next_port(const struct kps_kube_workload *w,
                                                struct kps_kube_port_request at)
{
    uint32_t i = at.c ? (uint32_t)(at.c - w->pod.containers) : 0;
    uint32_t k = at.c ? (uint32_t)(at.port - at.c->ports) + 1 : 0;
    for (; i < w->pod.n_containers; i++, k = 0) {
        struct kps_kube_container *c = &w->pod.containers[i];
        if (k < c->n_ports) {
            return (struct kps_kube_port_request){c, &c->ports[k]};
        }
    }
    return (struct kps_kube_port_request){NULL, NULL};
}

struct kps_kube_place kps_kube_place_of(struct kps_span span)
{
    uint32_t len = span.len < KPS_KUBE_PLACE_LEN ? span.len : KPS_KUBE_PLACE_LEN;
    uint32_t file = span.file <= KPS_KUBE_PLACE_FILES ? span.file : 0;
    return (struct kps_kube_place){
        .off = span.off, .len = len & KPS_KUBE_PLACE_LEN, .file = file & KPS_KUBE_PLACE_FILES};
}

struct kps_span kps_kube_span(const struct kps_kube_id *id, struct kps_kube_place place)
{
    return (struct kps_span){place.file ? place.file : id->at.file, place.off, place.len};
}

struct kps_sv kps_kube_host_ip(const struct kps_kube_port *port)
{
    return port->extra ? port->extra->host_ip : (struct kps_sv){NULL, 0};
}

struct kps_sv kps_kube_told(const struct kps_kube_port *port)
{
    return port->extra ? port->extra->told : (struct kps_sv){NULL, 0};
}

kps_origin_id kps_kube_origin(struct kps_kube *kube, struct kps_span at, struct kps_sv source)
{
    kps_origin_id up = 0;
    if (source.n) {
        if (kube->source_origin == 0 || !kps_sv_eq(source, kube->last_source)) {
            kube->last_source = source;
            kube->source_origin =
                kps_origins_add(&kube->diag->origins,
                                &(struct kps_origin){.step = KPS_STEP_TEMPLATE, .what = source});
        }
        up = kube->source_origin;
    }
    return kps_origins_add(&kube->diag->origins,
                           &(struct kps_origin){.step = KPS_STEP_HERE, .span = at, .up = up});
}

const struct kps_kube_head *kps_kube_share(struct kps_kube *kube, const struct kps_object_ref *ref,
                                           struct kps_sv pod_path)
{
    struct kps_buf *texts = kps_buf_new(kube->tree);
    const struct kps_sv parts[] = {ref->api_version, ref->kind, ref->namespace, kube->source};
    for (size_t i = 0; i < KPS_COUNT(parts); i++) {
        kps_buf_add(texts, SV_BYTES(parts[i].n));
        kps_buf_add(texts, parts[i]);
    }
    uint32_t known = kps_map_get(&kube->head_ids, kps_buf_sv(texts), UINT32_MAX);
    if (known != UINT32_MAX) {
        return kube->heads.v[known];
    }
    struct kps_kube_head *head = KPS_NEW(kube->arena, struct kps_kube_head);
    *head = (struct kps_kube_head){
        .group = {ref->api_version, ref->kind, ref->namespace, kube->options.scope},
        .kube = kube,
        .source = kube->source,
        .pod_path = pod_path};
    (void)kps_map_put(&kube->head_ids, kube->arena, kps_sv_copy(kube->arena, kps_buf_sv(texts)),
                      kube->heads.n);
    *kps_vec_push(&kube->heads) = head;
    return head;
}

uint32_t kps_kube_count_objects(const struct kps_kube *kube)
{
    return kube->workloads.n + kube->services.n;
}

struct kps_kube_id *kps_kube_get_object(const struct kps_kube *kube, uint32_t index)
{
    return index < kube->workloads.n ? &kube->workloads.v[index]->id
                                     : &kube->services.v[index - kube->workloads.n]->id;
}

static bool is_usual(const struct kps_kube *kube, struct kps_sv namespace)
{
    return namespace.n == 0 || kps_sv_eq(namespace, kube->options.default_namespace);
}

struct kps_sv kps_kube_name(struct kps_kube *kube, const struct kps_kube_id *id)
{
    if (is_usual(kube, id->head->group.namespace)) {
        return id->name;
    }
    return kps_fmt(kube->arena, "%.*s/%.*s", SV_ARG(id->head->group.namespace), SV_ARG(id->name));
}

struct kps_sv kps_kube_title(struct kps_kube *kube, const struct kps_kube_id *id)
{
    bool usual = is_usual(kube, id->head->group.namespace);
    return kps_fmt(kube->arena, "%.*s %.*s%s%.*s", SV_ARG(id->head->group.kind),
                   SV_ARG(usual ? SV("") : id->head->group.namespace), usual ? "" : "/",
                   SV_ARG(id->name));
}

struct kps_sv kps_kube_container_path(struct kps_kube *kube, const struct kps_kube_container *c)
{
    const char *list = c->role == KPS_KUBE_MAIN ? "containers" : "initContainers";
    return kps_fmt(kube->arena, "%.*s.%s[%u]", SV_ARG(c->w->id.head->pod_path), list, c->index);
}

/* The group of a custom kind ("serving.knative.dev"), so that its Service is not taken for the
 * core's. */
static struct kps_sv custom_group(struct kps_sv api_version)
{
    struct kps_sv group = kps_sv_before(api_version, '/');
    return kps_sv_find(group, '.') < group.n ? group : (struct kps_sv){NULL, 0};
}

uint64_t kps_kube_hash_text(uint64_t hash, struct kps_sv text)
{
    for (size_t i = 0; i < text.n; i++) {
        hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3ULL;
    }
    return (hash ^ 0xff) * 0x100000001b3ULL;
}

uint64_t kps_kube_key(const struct kps_object_ref *ref)
{
    uint64_t hash = kps_kube_hash_text(KPS_KUBE_HASH_START, custom_group(ref->api_version));
    hash = kps_kube_hash_text(hash, ref->kind);
    return kps_kube_hash_text(kps_kube_hash_text(hash, ref->namespace), ref->name);
}

bool kps_kube_since(const struct kps_kube *kube, uint16_t minor)
{
    return kube->options.version_major != 1 || kube->options.version_minor >= minor;
}
