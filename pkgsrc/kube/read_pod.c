#include "kube/kube.h"

#include <string.h>

#include "kube/api_types.h"
#include "kube/hostip.h"
#include "kube/reserved.h"
#include "kube/scalar.h"
#include "kube/tree.h"

enum { EVIDENCE_ROOM = 32 };

/* Read the name of a port; report a name that the API server refuses. */
static void read_name(struct kps_kube *kube, const struct kps_kube_fields *in,
                      struct kps_kube_port *port)
{
    const struct kps_kube_container *c = in->who.c;
    struct kps_span at = {0, 0, 0};
    if (!kps_kube_text(kube, in, "name", &port->name, &at) || port->name.n == 0) {
        return;
    }
    const char *error = kps_kube_port_name_error(port->name);
    if (error) {
        struct kps_finding *finding =
            kps_kube_refuse_value(kube, in, "name", at, port->name, error, "port name");
        kps_kube_on_port(finding, port->container, port->container ? port->protocol : 0);
        return;
    }
    for (uint32_t i = 0; i < c->n_ports && i < 64; i++) {
        const struct kps_kube_port *before = &c->ports[i];
        if (!kps_sv_eq(before->name, port->name)) {
            continue;
        }
        struct kps_sv path = kps_kube_field_path(kube, in, "name");
        struct kps_finding *finding = kps_kube_refuse(
            kube, &in->who, at,
            kps_fmt(kube->arena, "%.*s: Duplicate value: \"%.*s\"", SV_ARG(path),
                    SV_ARG(port->name)),
            "container '%.*s' has two ports named '%.*s'", SV_ARG(c->name), SV_ARG(port->name));
        kps_kube_on_port(finding, port->container, port->container ? port->protocol : 0);
        kps_kube_party(kube, finding, c->owner, 0, kps_kube_span(&c->w->id, before->at),
                       (struct kps_sv){NULL, 0}, SV("the first port with this name"));
        return;
    }
}

/* Read hostIP; report a text that is no address where the node has to bind or map it. */
static void read_host_ip(struct kps_kube *kube, const struct kps_kube_fields *in,
                         struct kps_kube_port *port)
{
    struct kps_addr addr;
    struct kps_span at = {0, 0, 0};
    struct kps_sv ip = {NULL, 0};
    if (!kps_kube_text(kube, in, "hostIP", &ip, &at) || ip.n == 0) {
        return;
    }
    struct kps_kube_port_extra *extra = KPS_NEW(kube->arena, struct kps_kube_port_extra);
    extra->host_ip = ip;
    port->extra = extra;
    if (kps_hostip_parse(ip, &addr) || !port->host_written || in->who.w->pod.host_network) {
        return;
    }
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_KUBERNETES_PORT_INVALID, KPS_ERROR, KPS_CERTAIN,
                             "hostIP '%.*s' is no IP address", SV_ARG(ip));
    kps_kube_on_port(finding, port->host, port->protocol);
    kps_kube_party(kube, finding, kps_kube_own_workload(kube, in->who.w), 0, at, kube->source,
                   SV("no address"));
    kps_finding_note(finding,
                     "the API server and the scheduler accept any text here; the pod fails when "
                     "its network is set up");
}

static bool read_port(struct kps_kube *kube, const struct kps_kube_fields *in,
                      struct kps_kube_port *port)
{
    port->at = kps_kube_place_of(in->map->span);
    port->index = (uint16_t)(in->index > UINT16_MAX ? UINT16_MAX : in->index);
    bool good = kps_kube_protocol(kube, in, &port->protocol);
    bool number = kps_kube_port_number(kube, in, "containerPort", &port->container, &port->at);
    port->at_host = port->at;
    if (number && port->container == 0) {
        struct kps_sv at = kps_kube_field_path(kube, in, "containerPort");
        (void)kps_kube_refuse(kube, &in->who, kps_kube_span(&in->who.w->id, port->at),
                              kps_fmt(kube->arena, "%.*s: Required value", SV_ARG(at)),
                              "a port without containerPort");
    }
    bool host = kps_kube_port_number(kube, in, "hostPort", &port->host, &port->at_host);
    port->host_written = port->host > 0;
    if (!port->host_written) {
        port->at_host = port->at;
    }
    read_host_ip(kube, in, port);
    read_name(kube, in, port);
    return good && number && host && port->container > 0;
}

/* Read the declared ports; refused ports are reported and left out. */
static void read_ports(struct kps_kube *kube, struct kps_kube_container *c,
                       const struct kps_ynode *container)
{
    const struct kps_ynode *list = kps_ynode_field(container, "ports");
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    struct kps_kube_fields in = {
        .who = {c->w, c, NULL},
        .go_struct = "ContainerPort",
        .path = c->w->id.head->pod_path,
        .below = c->role == KPS_KUBE_MAIN ? ".containers.ports" : ".initContainers.ports",
    };
    c->ports = n ? KPS_NEW_N(kube->arena, struct kps_kube_port, n) : NULL;
    for (; in.index < n; in.index++) {
        struct kps_kube_port port = {.evidence = KPS_KUBE_DECLARED,
                                     .shown = 1U << KPS_KUBE_DECLARED};
        in.map = kps_ynode_item(list, in.index);
        if (in.map->kind == KPS_Y_MAP && !kps_kube_is_open(in.map) && read_port(kube, &in, &port)) {
            c->ports[c->n_ports++] = port;
        }
    }
}

/* Note further evidence on a known port. */
static void merge_evidence(struct kps_kube *kube, struct kps_kube_port *known,
                           const struct kps_kube_port *more)
{
    known->shown |= more->shown;
    if (!more->extra && known->evidence != KPS_KUBE_DECLARED) {
        known->extra = NULL;
    }
    if (known->evidence == KPS_KUBE_DECLARED && kps_kube_told(known).n == 0 &&
        (more->evidence == KPS_KUBE_ARGUMENT || more->evidence == KPS_KUBE_ENVIRONMENT)) {
        struct kps_kube_port_extra *extra = KPS_NEW(kube->arena, struct kps_kube_port_extra);
        extra->host_ip = kps_kube_host_ip(known);
        extra->told = more->name;
        known->extra = extra;
    }
}

/* Return the port with this number among `n` ports, or NULL. */
static struct kps_kube_port *find_port(struct kps_kube_port *ports, uint32_t n,
                                       const struct kps_kube_port *like)
{
    for (uint32_t i = 0; i < n; i++) {
        if (ports[i].container == like->container && ports[i].protocol == like->protocol) {
            return &ports[i];
        }
    }
    return NULL;
}

/* Add undeclared evidence. The default port of an image counts only without other evidence, unless
 * no argument moves the port (kps_kube_read_evidence). */
static void add_evidence(struct kps_kube *kube, struct kps_kube_container *c,
                         const struct kps_ynode *node)
{
    struct kps_kube_port shown[EVIDENCE_ROOM];
    uint32_t n =
        kps_kube_read_evidence(kube, c, node, c->w->pod.host_network, shown, EVIDENCE_ROOM);
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct kps_kube_port *known = find_port(c->ports, c->n_ports, &shown[i]);
        known = known ? known : find_port(shown, fresh, &shown[i]);
        bool has_other = (c->n_ports || fresh) && shown[i].evidence == KPS_KUBE_IMAGE &&
                         !(shown[i].shown & KPS_KUBE_SHOWN_SURE);
        if (known) {
            merge_evidence(kube, known, &shown[i]);
        } else if (!has_other) {
            shown[fresh++] = shown[i];
        }
    }
    c->is_helper = kps_kube_is_probe_helper(node);
    if (fresh == 0) {
        return;
    }
    struct kps_kube_port *all = KPS_NEW_N(kube->arena, struct kps_kube_port, c->n_ports + fresh);
    if (c->n_ports) {
        memcpy(all, c->ports, c->n_ports * sizeof(*all));
    }
    memcpy(all + c->n_ports, shown, fresh * sizeof(*all));
    c->ports = all;
    c->n_ports += fresh;
}

/* hostNetwork makes every port one of the node (spec §2.4). */
static void apply_host_network(struct kps_kube_container *c)
{
    for (uint32_t i = 0; i < c->n_ports; i++) {
        if (c->ports[i].host == 0) {
            c->ports[i].host = c->ports[i].container;
        }
    }
}

/* Mark the host ports that the scheduler compares between pods (spec §2.2). */
static void mark_scheduled(const struct kps_kube *kube, struct kps_kube_container *c)
{
    bool counts =
        c->role == KPS_KUBE_MAIN || (c->role == KPS_KUBE_SIDECAR && kps_kube_since(kube, 33));
    for (uint32_t i = 0; counts && i < c->n_ports; i++) {
        c->ports[i].scheduled = c->ports[i].host && c->ports[i].evidence == KPS_KUBE_DECLARED;
    }
}

static void read_container(struct kps_kube *kube, struct kps_kube_workload *w,
                           const struct kps_ynode *node, const char *list, uint32_t index)
{
    struct kps_kube_container *c = &w->pod.containers[w->pod.n_containers++];
    c->w = w;
    c->name = kps_kube_get_text(kube, node, "name");
    if (c->name.n == 0) {
        c->name = kps_fmt(kube->arena, "%s[%u]", list, index);
    }
    c->index = (uint16_t)(index > UINT16_MAX ? UINT16_MAX : index);
    c->role = KPS_KUBE_MAIN;
    if (list[0] == 'i') {
        bool always = kps_tree_is(node, "restartPolicy", "Always");
        c->role = always && kps_kube_since(kube, 28) ? KPS_KUBE_SIDECAR : KPS_KUBE_INIT;
    }
    read_ports(kube, c, node);
    kps_kube_check_probes(kube, c, node);
    add_evidence(kube, c, node);
    if (w->pod.host_network) {
        apply_host_network(c);
    }
    mark_scheduled(kube, c);
    w->pod.is_part |=
        kps_kube_parts_of(c->name, kps_kube_get_text(kube, node, "image"), w->id.name);
}

static void read_list(struct kps_kube *kube, struct kps_kube_workload *w,
                      const struct kps_ynode *list, const char *name)
{
    const struct kps_ynode *node = NULL;
    for (uint32_t i = 0; (node = kps_tree_item(list, i)) != NULL; i++) {
        if (node->kind == KPS_Y_MAP) {
            read_container(kube, w, node, name, i);
        }
    }
}

/* Ports on ephemeral containers are refused whole. */
static void refuse_ephemeral(struct kps_kube *kube, struct kps_kube_workload *w,
                             const struct kps_ynode *list)
{
    const struct kps_ynode *container = NULL;
    for (uint32_t i = 0; (container = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_ynode *ports = kps_ynode_field(container, "ports");
        if (kps_ynode_count(ports, KPS_Y_SEQ) > 0) {
            (void)kps_kube_refuse(
                kube, &(struct kps_kube_who){.w = w}, ports->span,
                kps_fmt(kube->arena,
                        "%.*s.ephemeralContainers[%u].ports: Forbidden: cannot be set for an "
                        "Ephemeral Container",
                        SV_ARG(w->id.head->pod_path), i),
                "an ephemeral container cannot have ports");
        }
    }
}

/* Which of the sidecars that the options name are put into the pod. */
static uint64_t injected_into(const struct kps_kube *kube, struct kps_labels labels,
                              struct kps_labels annotations)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < kube->options.n_injected; i++) {
        const struct kps_kube_injected *sidecar = &kube->options.injected[i];
        struct kps_sv label = kps_labels_get(labels, sidecar->key);
        struct kps_sv value = label.p ? label : kps_labels_get(annotations, sidecar->key);
        bool is_asked = sidecar->key.n == 0 ||
                        (value.p && (sidecar->value.n == 0 || kps_sv_eq(value, sidecar->value)));
        bits |= is_asked ? UINT64_C(1) << i : 0;
    }
    return bits;
}

static void read_sidecars(struct kps_kube *kube, const struct kps_kube_workload *w,
                          struct kps_kube_workload_extra *extra, struct kps_labels annotations)
{
    struct kps_labels labels = w->pod.labels;
    struct kps_kube_sidecars sidecars = {.moves = kps_kube_sidecar_moves(kube->arena, annotations),
                                         .injected = injected_into(kube, labels, annotations),
                                         .meshes = kps_kube_meshes(labels, annotations)};
    if (kps_sv_has_head(w->id.head->group.api_version, "serving.knative.dev/")) {
        sidecars.meshes |= KPS_MESH_KNATIVE;
    }
    if (sidecars.moves.n || sidecars.injected || sidecars.meshes) {
        struct kps_kube_sidecars *kept = KPS_NEW(kube->arena, struct kps_kube_sidecars);
        *kept = sidecars;
        extra->sidecars = kept;
    }
}

void kps_kube_read_pod(struct kps_kube *kube, struct kps_kube_workload *w,
                       struct kps_kube_workload_extra *extra, const struct kps_ynode *template_meta,
                       const struct kps_ynode *spec)
{
    struct kps_kube_pod *pod = &w->pod;
    kps_api_check(kube, &(struct kps_kube_who){.w = w}, w->id.head->pod_path, spec,
                  w->kind == KPS_KUBE_CUSTOM ? "custom.PodSpec" : "PodSpec");
    const struct kps_ynode *init = kps_ynode_field(spec, "initContainers");
    const struct kps_ynode *main = kps_ynode_field(spec, "containers");
    const struct kps_ynode *labels = kps_ynode_field(template_meta, "labels");
    const struct kps_ynode *annotations = kps_ynode_field(template_meta, "annotations");
    pod->host_network = kps_kube_get_true(spec, "hostNetwork");
    extra->via_network = kps_kube_elsewhere(kube, &w->id, spec, "hostNetwork", extra->via_copies);
    pod->labels = kps_kube_read_labels(kube, labels);
    read_sidecars(kube, w, extra, kps_kube_read_labels(kube, annotations));
    kps_kube_read_placement(kube, pod, spec);
    uint32_t n = kps_ynode_count(init, KPS_Y_SEQ) + kps_ynode_count(main, KPS_Y_SEQ);
    pod->containers = KPS_NEW_N(kube->arena, struct kps_kube_container, n ? n : 1);
    read_list(kube, w, init, "initContainers");
    read_list(kube, w, main, "containers");
    refuse_ephemeral(kube, w, kps_ynode_field(spec, "ephemeralContainers"));
}
