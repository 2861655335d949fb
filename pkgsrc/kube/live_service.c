#include "kube/host_port_requests.h"
#include "kube/hostip.h"
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
            !kps_sv_is(address, "None")) {
            return s;
        }
    }
    return NULL;
}

/* Return the port of a Service's health checks in the cluster; 0: it has none. */
static uint16_t health_port_of(const struct kps_live_service *s)
{
    for (uint32_t i = 0; s && i < s->n_node_ports; i++) {
        if (s->node_ports[i].port == 0) {
            return s->node_ports[i].number;
        }
    }
    return 0;
}

/* Return the port of health checks that a Service has after the apply: its own, else the one it
 * had, as long as it checks health; `old` may be NULL. */
static uint16_t find_health_port(const struct kps_kube_service *s,
                                 const struct kps_live_service *old)
{
    return s->extra->health_port || !s->extra->checks_health ? s->extra->health_port
                                                             : health_port_of(old);
}

/* Return whether a Service further down gives the number up. */
static bool is_given_up_later(const struct kps_kube *kube, uint32_t from,
                              const struct kps_live_service *holder, uint16_t number)
{
    for (uint32_t i = from + 1; i < kube->services.n; i++) {
        const struct kps_kube_service *s = kube->services.v[i];
        bool keeps = find_health_port(s, holder) == number;
        for (uint32_t k = 0; k < s->n_ports; k++) {
            keeps |= s->ports[k].node_port == number;
        }
        if (kps_live_key(&s->id) == holder->key && !keeps) {
            return true;
        }
    }
    return false;
}

/* Return "Service shop/web". */
static struct kps_sv word_service(struct kps_kube *kube, const struct kps_live_service *s)
{
    return kps_fmt(kube->arena, "Service %.*s/%.*s", SV_ARG(s->namespace), SV_ARG(s->name));
}

static void report_refused(struct kps_kube *kube, uint32_t index,
                           const struct kps_kube_service_port *port,
                           const struct kps_live_service *holder, uint16_t number)
{
    struct kps_kube_service *s = kube->services.v[index];
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_span at = kps_kube_span(&s->id, port ? port->at_node : s->extra->at_health);
    const char *who = word_service(kube, holder).p;
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_ERROR, KPS_CERTAIN,
        "Service %.*s is refused: nodePort %u belongs to %s", SV_ARG(name), number, who);
    kps_kube_on_port(finding, number, port ? port->protocol : KPS_TCP);
    kps_kube_party_name(kube, finding, s, kps_kube_claim_service(s, port, true), at);
    finding->up_error = kps_fmt(kube->arena,
                                "spec.ports[%u].nodePort: Invalid value: %u: provided port is "
                                "already allocated",
                                port ? port->index : 0, number);
    if (is_given_up_later(kube, index, holder, number)) {
        kps_finding_note(
            finding, "%s gives it up further down: objects are applied one by one, in order", who);
        kps_finding_help(finding, "put %s before this one", who);
    } else {
        kps_finding_help(finding, "leave nodePort out to get a free one, or take another");
    }
}

static void report_address(struct kps_kube *kube, struct kps_kube_service *s,
                           const struct kps_live_service *holder)
{
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_ERROR, KPS_CERTAIN,
                             "Service %.*s is refused: clusterIP %.*s belongs to %s", SV_ARG(name),
                             SV_ARG(s->extra->cluster_ip.text), word_service(kube, holder).p);
    kps_kube_party_name(kube, finding, s, 0, s->extra->cluster_ip.at);
    kps_finding_help(finding, "leave clusterIP out to get a free one");
}

/* Return the live Service that an input replaces; NULL: none. */
static struct kps_live_service *find_old(const struct kps_live *live, uint64_t key)
{
    for (uint32_t i = 0; i < live->services.n; i++) {
        if (live->services.v[i].key == key && !live->services.v[i].is_gone) {
            return &live->services.v[i];
        }
    }
    return NULL;
}

/* Return the number that a port without nodePort keeps: the API server gives it the number of the
 * old port of the same name, unless another port of the Service asks for the number (pkg/registry/
 * core/service/storage, patchAllocatedValues). 0: a free one. */
static uint16_t find_kept(const struct kps_kube_service *s, const struct kps_live_service *old,
                          const struct kps_kube_service_port *port)
{
    bool has_numbers = s->type == KPS_SVC_NODE_PORT || s->type == KPS_SVC_LOAD_BALANCER;
    for (uint32_t i = 0; old && has_numbers && i < old->n_spots; i++) {
        const struct kps_live_spot *spot = &old->spots[i];
        bool is_kept = spot->address.n == 0 && kps_sv_eq(spot->name, port->name);
        for (uint32_t k = 0; k < s->n_ports && is_kept; k++) {
            is_kept = s->ports[k].node_port != spot->port;
        }
        if (is_kept) {
            return spot->port;
        }
    }
    return 0;
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
    const struct kps_live_service *before = find_old(live, key);
    for (uint32_t k = 0; k < s->n_ports; k++) {
        uint16_t number = s->ports[k].node_port;
        if (number == 0) {
            number = find_kept(s, before, &s->ports[k]);
            accepted.keeps_old |= number;
        }
        if (number) {
            ports[accepted.n_node_ports++] =
                (struct kps_live_node_port){number, s->ports[k].port, s->ports[k].protocol};
        }
    }
    uint16_t health = find_health_port(s, before);
    if (health) {
        ports[accepted.n_node_ports++] = (struct kps_live_node_port){health, 0, KPS_TCP};
        accepted.keeps_old |= !s->extra->health_port;
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

/* Report another port of health checks: the API server refuses the change (pkg/registry/core/
 * service/storage). Return: whether there is one. */
static bool check_health_port(struct kps_kube *kube, struct kps_kube_service *s, uint64_t key)
{
    uint16_t before = health_port_of(find_old(kube->live, key));
    uint16_t now = s->extra->health_port;
    if (!before || !now || before == now) {
        return false;
    }
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_ERROR, KPS_CERTAIN,
        "Service %.*s is refused: its healthCheckNodePort cannot change from %u to %u",
        SV_ARG(name), before, now);
    kps_kube_on_port(finding, now, KPS_TCP);
    kps_kube_party_name(kube, finding, s, s->health_claim,
                        kps_kube_span(&s->id, s->extra->at_health));
    finding->up_error =
        kps_fmt(kube->arena,
                "spec.healthCheckNodePort: Invalid value: %u: cannot change healthCheckNodePort on "
                "loadBalancer service with externalTraffic=Local during update",
                now);
    kps_finding_help(finding, "leave healthCheckNodePort out: it is kept");
    return true;
}

static bool is_same_address(struct kps_sv a, struct kps_sv b)
{
    struct kps_addr left;
    struct kps_addr right;
    if (kps_hostip_parse(a, &left) && kps_hostip_parse(b, &right)) {
        return kps_addr_eq(&left, &right);
    }
    return kps_sv_eq(a, b);
}

static bool has_spot(const struct kps_live_service *s, const struct kps_live_spot *wanted)
{
    for (uint32_t k = 0; k < s->n_spots; k++) {
        const struct kps_live_spot *spot = &s->spots[k];
        if (spot->port == wanted->port && spot->protocol == wanted->protocol &&
            !spot->address.n == !wanted->address.n &&
            (!spot->address.n || is_same_address(spot->address, wanted->address))) {
            return true;
        }
    }
    return false;
}

/* Return the live Service with a port at an address, or with a node port (address empty); NULL:
 * none, or the Service with the key `own` has the spot before the apply. */
static const struct kps_live_service *find_spot(const struct kps_live *live, uint64_t own,
                                                const struct kps_live_spot *wanted)
{
    const struct kps_live_service *found = NULL;
    for (uint32_t i = 0; i < live->services.n; i++) {
        const struct kps_live_service *s = &live->services.v[i];
        if (!s->is_gone && has_spot(s, wanted)) {
            if (s->key == own) {
                return NULL;
            }
            found = s;
        }
    }
    return found;
}

/* Report an outside address and port of a Service that a live Service has: the API server accepts
 * both. Return: whether there is a report. */
static bool check_address(struct kps_kube *kube, struct kps_kube_service *s,
                          const struct kps_kube_service_port *port,
                          const struct kps_kube_address *address, bool is_balancer)
{
    const struct kps_live_spot wanted = {
        .address = address->text, .port = port->port, .protocol = port->protocol};
    const struct kps_live_service *holder = find_spot(kube->live, kps_live_key(&s->id), &wanted);
    if (!holder) {
        return false;
    }
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_CLUSTER_NODE_PORT_TAKEN, KPS_WARNING, KPS_POSSIBLE,
                             "port %u/%s of the address %.*s of Service %.*s belongs to %s",
                             port->port, kps_protocol_name(port->protocol), SV_ARG(address->text),
                             SV_ARG(name), word_service(kube, holder).p);
    kps_kube_on_port(finding, port->port, port->protocol);
    kps_kube_party_name(kube, finding, s, kps_kube_claim_service(s, port, false), address->at);
    kps_finding_note(finding, is_balancer
                                  ? "the API server accepts this; the load balancer may leave the "
                                    "Service without an address"
                                  : "the API server accepts this without a warning; one of the "
                                    "Services gets all the traffic");
    kps_finding_help(finding, "take another port or address");
    return true;
}

static void check_addresses(struct kps_kube *kube, struct kps_kube_service *s)
{
    bool is_balanced = s->type == KPS_SVC_LOAD_BALANCER;
    bool is_reported = false;
    for (uint32_t k = 0; k < s->n_ports && !s->superseded; k++) {
        for (uint32_t i = 0; i < s->extra->n_external_ips && !is_reported; i++) {
            is_reported = check_address(kube, s, &s->ports[k], &s->extra->external_ips[i], false);
        }
        for (uint32_t i = 0; i < s->extra->n_balancer_ips && is_balanced && !is_reported; i++) {
            is_reported = check_address(kube, s, &s->ports[k], &s->extra->balancer_ips[i], true);
        }
    }
}

/* Return a live pod with a host port; NULL: none that stays. */
static const struct kps_live_pod *find_pod(const struct kps_live *live, uint16_t number,
                                           uint8_t protocol)
{
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        for (uint32_t k = 0; k < pod->ports.n && !pod->is_gone; k++) {
            if (pod->ports.v[k].port == number && pod->ports.v[k].protocol == protocol) {
                return pod;
            }
        }
    }
    return NULL;
}

static struct kps_finding *add_meeting(struct kps_kube *kube, uint16_t number, uint8_t protocol,
                                       struct kps_sv service, struct kps_sv pod)
{
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_HOST_PORT_MEETS_NODE_PORT, KPS_ERROR, KPS_CERTAIN,
                             "nodePort %u/%s of Service %.*s is also a hostPort of %.*s", number,
                             kps_protocol_name(protocol), SV_ARG(service), SV_ARG(pod));
    kps_kube_on_port(finding, number, protocol);
    kps_kube_note_node_port(kube, finding, false);
    return finding;
}

/* KP208 of a new node port and a live pod. */
static void check_node_port(struct kps_kube *kube, struct kps_kube_service *s,
                            const struct kps_kube_service_port *port)
{
    const struct kps_live_service *old = find_old(kube->live, kps_live_key(&s->id));
    const struct kps_live_spot wanted = {.port = port->node_port, .protocol = port->protocol};
    bool is_new = port->node_port && !(old && has_spot(old, &wanted));
    const struct kps_live_pod *pod =
        is_new ? find_pod(kube->live, port->node_port, port->protocol) : NULL;
    if (pod) {
        struct kps_sv name = kps_kube_name(kube, &s->id);
        struct kps_finding *finding = add_meeting(
            kube, port->node_port, port->protocol, name,
            kps_fmt(kube->arena, "Pod %.*s/%.*s", SV_ARG(pod->namespace), SV_ARG(pod->name)));
        kps_kube_party_name(kube, finding, s, kps_kube_claim_service(s, port, true),
                            kps_kube_span(&s->id, port->at_node));
    }
}

/* KP208 of the host ports of the inputs and live Services; those of old pods were there before. */
static void check_host_ports(struct kps_kube *kube)
{
    struct kps_kube_port_requests wants = kps_kube_port_requests(kube);
    const struct kps_kube_workload *last = NULL; /* of the request before, and its port */
    uint16_t last_port = 0;
    for (uint32_t i = 0; i < wants.n; i++) {
        struct kps_kube_port_request want = kps_kube_port_request_of(kube->ledger, wants.v[i]);
        const struct kps_live_spot wanted = {.port = want.port->host,
                                             .protocol = want.port->protocol};
        const struct kps_live_service *holder = find_spot(kube->live, 0, &wanted);
        uint64_t key = kps_live_key(&want.c->w->id);
        bool is_old = !want.port->scheduled || (last == want.c->w && last_port == want.port->host);
        last = want.c->w;
        last_port = want.port->host;
        for (uint32_t k = 0; holder && k < kube->live->pods.n && !is_old; k++) {
            const struct kps_live_pod *pod = &kube->live->pods.v[k];
            for (uint32_t p = 0; pod->controller == key && p < pod->ports.n; p++) {
                is_old |= pod->ports.v[p].port == want.port->host;
            }
        }
        if (holder && !is_old) {
            struct kps_sv title = kps_kube_title(kube, &want.c->w->id);
            struct kps_finding *finding = add_meeting(
                kube, want.port->host, want.port->protocol,
                kps_fmt(kube->arena, "%.*s/%.*s", SV_ARG(holder->namespace), SV_ARG(holder->name)),
                title);
            kps_kube_party_request(kube, finding, &want, title);
        }
    }
}

/* Report what the API server takes and the nodes do not serve. */
static void check_accepted(struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        check_addresses(kube, s);
        for (uint32_t k = 0; k < s->n_ports && !s->superseded; k++) {
            check_node_port(kube, s, &s->ports[k]);
        }
    }
    check_host_ports(kube);
}

void kps_live_check_services(struct kps_kube *kube)
{
    check_accepted(kube); /* while the Services of the cluster are as they were */
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        uint64_t key = kps_live_key(&s->id);
        bool is_refused = !s->superseded && check_health_port(kube, s, key);
        for (uint32_t k = 0; k <= s->n_ports && !s->superseded && !is_refused; k++) {
            const struct kps_kube_service_port *port = k < s->n_ports ? &s->ports[k] : NULL;
            uint16_t number = port ? port->node_port : s->extra->health_port;
            const struct kps_live_service *holder =
                number ? find_holder(kube->live, key, number) : NULL;
            if (holder) {
                is_refused = true;
                /* two Services of the inputs with the number are KP206's */
                if (!holder->is_of_input || holder->keeps_old) {
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
