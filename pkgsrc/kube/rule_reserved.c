#include "kube/host_port_requests.h"

#include "kube/hostip.h"
#include "kube/reserved.h"

/* KP209: host ports that the node's own components hold. KP210: container ports that an injected
 * sidecar takes. */

static bool meets_control_plane(const struct kps_kube_pod *pod)
{
    return kps_tolerations_allow(pod->where->tolerations,
                                 SV("node-role.kubernetes.io/control-plane")) ||
           kps_tolerations_allow(pod->where->tolerations, SV("node-role.kubernetes.io/master"));
}

/* Return true if a loopback listener is in the way of the address. */
static bool meets_loopback(struct kps_sv host_ip)
{
    return kps_hostip_match(host_ip, SV("127.0.0.1")) != KPS_HOSTIP_APART;
}

static const struct kps_kube_taken *taken_at(const struct kps_kube_taken *all, size_t n,
                                             uint16_t port, uint8_t protocol)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i].first <= port && port <= all[i].last && all[i].protocol == protocol) {
            return &all[i];
        }
    }
    return NULL;
}

/* A port that the options say is held on every node. */
static void check_configured(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    uint16_t port = want->port->host;
    const struct kps_kube_taken *held =
        taken_at(kube->options.reserved, kube->options.n_reserved, port, want->port->protocol);
    struct kps_sv who = held ? held->who : SV("");
    if (!held || kps_sv_eq(who, want->c->w->id.name) || kps_sv_eq(who, want->c->name)) {
        return; /* the holder itself is not in its own way */
    }
    who = who.n ? kps_fmt(kube->arena, "'%.*s'", SV_ARG(who)) : SV("something else");
    bool sure = want->port->evidence == KPS_KUBE_DECLARED;
    const char *title = kps_kube_title(kube, &want->c->w->id).p;
    struct kps_finding *finding = kps_kube_report_request(
        kube, KPS_RULE_NODE_RESERVED_PORT, sure ? KPS_ERROR : KPS_WARNING,
        sure ? KPS_LIKELY : KPS_POSSIBLE, want, kps_fmt(kube->arena, "%.*s holds it", SV_ARG(who)),
        "hostPort %u/%s of %s is held by %.*s on every node", port,
        kps_protocol_name(want->port->protocol), title, SV_ARG(who));
    kps_finding_note(finding, "so says node-reserved-ports of the configuration");
    kps_kube_help_port(kube, finding, want->c, want->port, "take another hostPort");
    want->port->contended = sure ? KPS_KUBE_CLASHES : KPS_KUBE_MAY_CLASH;
}

static void check_reserved(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    const struct kps_kube_reserved *held =
        kps_kube_reserved_at(want->port->host, want->port->protocol);
    if (want->port->evidence == KPS_KUBE_PROBE) {
        return; /* the probe may ask the component */
    }
    if (!held) {
        check_configured(kube, want);
        return;
    }
    if ((want->c->w->pod.is_part & held->part) ||
        (held->loopback && !meets_loopback(kps_kube_host_ip(want->port))) ||
        (held->control_plane && !meets_control_plane(&want->c->w->pod)) ||
        (kube->live && (held->control_plane || held->optional))) { /* no guess about real nodes */
        return;
    }
    bool sure =
        !held->control_plane && !held->optional && want->port->evidence == KPS_KUBE_DECLARED;
    const char *title = kps_kube_title(kube, &want->c->w->id).p;
    struct kps_finding *finding =
        kps_kube_report_request(kube, KPS_RULE_NODE_RESERVED_PORT, sure ? KPS_ERROR : KPS_WARNING,
                                sure ? KPS_CERTAIN : KPS_POSSIBLE, want,
                                kps_fmt(kube->arena, "%s uses it for %s", held->who, held->what),
                                "hostPort %u/%s of %s is held by the %s of %s node",
                                want->port->host, kps_protocol_name(want->port->protocol), title,
                                held->who, held->control_plane ? "a control-plane" : "every");
    kps_finding_note(finding, "neither the API server nor the scheduler knows of it: %s",
                     want->c->w->pod.host_network
                         ? "the second listener fails to bind"
                         : "the mapping takes the traffic away from the component");
    kps_kube_help_port(kube, finding, want->c, want->port, "take another hostPort");
    want->port->contended = sure ? KPS_KUBE_CLASHES : KPS_KUBE_MAY_CLASH;
}

void kps_kube_check_reserved(struct kps_kube *kube)
{
    struct kps_kube_port_requests wants = kps_kube_port_requests(kube);
    for (uint32_t i = 0; i < wants.n; i++) {
        struct kps_kube_port_request want = kps_kube_port_request_of(kube->ledger, wants.v[i]);
        check_reserved(kube, &want);
    }
}

/* Return the meshes of a pod: by its own labels, else by its namespace's. */
static uint16_t meshes_of(const struct kps_kube_workload *w,
                          const struct kps_kube_namespace *around)
{
    uint16_t own = w->extra->sidecars->meshes;
    uint16_t meshes = own | around->meshes;
    if ((own & KPS_MESH_ISTIO_OFF) || w->pod.host_network) {
        meshes &= (uint16_t)~KPS_MESH_ISTIO;
    }
    if ((own & KPS_MESH_LINKERD_OFF) || w->pod.host_network) {
        meshes &= (uint16_t)~KPS_MESH_LINKERD;
    }
    return meshes;
}

/* A port that an injected container takes. */
struct taken {
    struct kps_sv who; /* the container; .p == NULL: the port is free */
    const char *what;  /* the purpose of the port; NULL: unknown */
    bool documented;
};

static struct taken sidecar_at(const struct kps_kube *kube, const struct kps_kube_workload *w,
                               const struct kps_kube_namespace *around,
                               const struct kps_kube_port *port)
{
    const struct kps_kube_sidecar_port *known =
        kps_kube_sidecar_at(meshes_of(w, around), w->extra->sidecars->moves, around->moves,
                            port->container, port->protocol);
    if (known) {
        return (struct taken){kps_sv_of(kps_kube_sidecar_name(known)), known->what,
                              known->documented};
    }
    for (size_t i = 0; i < kube->options.n_injected && w->extra->sidecars->injected; i++) {
        const struct kps_kube_injected *sidecar = &kube->options.injected[i];
        if ((w->extra->sidecars->injected >> i & 1) &&
            taken_at(sidecar->ports, sidecar->n_ports, port->container, port->protocol)) {
            return (struct taken){sidecar->name, NULL, true};
        }
    }
    return (struct taken){{NULL, 0}, NULL, false};
}

static void say_sidecar(struct kps_kube *kube, struct kps_kube_workload *w,
                        struct kps_kube_container *c, const struct kps_kube_port *port,
                        const struct taken *taken)
{
    bool declared = port->evidence == KPS_KUBE_DECLARED;
    bool sure = declared && taken->documented;
    const char *protocol = kps_protocol_name(port->protocol);
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_INJECTED_SIDECAR_PORT, sure ? KPS_ERROR : KPS_WARNING,
                             sure ? KPS_LIKELY : KPS_POSSIBLE,
                             "container port %u/%s of '%.*s' is taken by the injected %.*s",
                             port->container, protocol, SV_ARG(c->name), SV_ARG(taken->who));
    kps_kube_on_port(finding, port->container, port->protocol);
    kps_kube_party_port(kube, finding, c, port, false,
                        kps_fmt(kube->arena, "'%.*s' wants it", SV_ARG(c->name)));
    kps_owner_id sidecar = kps_kube_own_injected(kube, w, taken->who);
    kps_kube_party(kube, finding, sidecar, 0, (struct kps_span){0, 0, 0}, w->id.head->source,
                   SV(""));
    kps_finding_note(finding, "%.*s is put into the pod when it is created and uses the port%s%s",
                     SV_ARG(taken->who), taken->what ? " for " : ", as the configuration says",
                     taken->what ? taken->what : "");
    kps_finding_help(finding, "give '%.*s' another port, or switch the injection off for this pod",
                     SV_ARG(c->name));
}

void kps_kube_check_sidecars(struct kps_kube *kube)
{
    static const struct kps_kube_namespace nothing;
    struct kps_map by_name = {0};
    for (uint32_t i = 0; i < kube->namespaces.n; i++) {
        *kps_map_put(&by_name, kube->arena, kube->namespaces.v[i].name, 0) = i + 1;
    }
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        uint32_t at = kps_map_get(&by_name, w->id.head->group.namespace, 0);
        const struct kps_kube_namespace *around = at ? &kube->namespaces.v[at - 1] : &nothing;
        bool quiet = (meshes_of(w, around) == 0 && w->extra->sidecars->injected == 0) ||
                     (w->flags & (KPS_KUBE_OVER | KPS_KUBE_OWNED | KPS_KUBE_SUPERSEDED));
        struct kps_kube_port_request own = {NULL, NULL};
        while (!quiet && (own = kps_kube_next_port(w, own)).port) {
            struct taken taken = sidecar_at(kube, w, around, own.port);
            /* A live pod has the sidecar itself in its list; a probe may ask the sidecar. */
            if (taken.who.p && !kps_sv_eq(own.c->name, taken.who) &&
                own.port->evidence != KPS_KUBE_PROBE && own.c->role != KPS_KUBE_INIT) {
                say_sidecar(kube, w, own.c, own.port, &taken);
            }
        }
    }
}
