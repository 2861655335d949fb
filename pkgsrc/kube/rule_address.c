#include "base/order.h"
#include "kube/alternatives.h"
#include "kube/host_port_requests.h"

#include <stdlib.h>

#include "base/buf.h"

/*
 * KP214: an address that two Services want. KP213: LoadBalancer Services on one port, which k3s
 * turns into host ports of every node (spec kubernetes §5).
 */
enum sort { EXTERNAL, CLUSTER, BALANCER, K3S };

struct entry {
    struct kps_kube_service *s;
    const struct kps_kube_service_port *port; /* NULL: the address alone is what clashes */
    const struct kps_kube_address *address;   /* NULL for K3S */
    enum sort sort;
    uint32_t order;
};

struct entries {
    KPS_VEC(struct entry) list;
};

static struct kps_sv get_address(const struct entry *e)
{
    return e->address ? e->address->text : SV("");
}

static int by_wish(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = kps_order_compare(a->sort, b->sort);
    order = order ? order : kps_sv_cmp(get_address(a), get_address(b));
    if (order == 0 && a->port && b->port) {
        order = kps_order_compare(a->port->protocol, b->port->protocol);
        order = order ? order : kps_order_compare(a->port->port, b->port->port);
    }
    return order ? order : kps_order_compare(a->order, b->order);
}

static bool same_wish(const struct entry *a, const struct entry *b)
{
    return a->sort == b->sort && kps_sv_eq(get_address(a), get_address(b)) &&
           (!a->port || !b->port ||
            (a->port->port == b->port->port && a->port->protocol == b->port->protocol));
}

/* Add an entry for each of `n` addresses. */
static void add_entries(struct entries *out, struct kps_kube_service *s,
                        const struct kps_kube_service_port *port,
                        const struct kps_kube_address *addresses, uint32_t n, enum sort sort)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t order = out->list.n;
        *kps_vec_push(&out->list) =
            (struct entry){s, port, addresses ? &addresses[i] : NULL, sort, order};
    }
}

/* "shop/web" */
static struct kps_sv join_name(struct kps_kube *kube, struct kps_sv namespace, struct kps_sv name)
{
    struct kps_buf *text = kps_buf_new(kube->words);
    kps_buf_fmt(text, "%.*s/%.*s", SV_ARG(namespace), SV_ARG(name));
    return kps_buf_sv(text);
}

/*
 * Find the workloads of the ServiceLB of k3s: each serves the Service that its labels name, with a
 * host port for each port of it. Return: the Services' names with namespaces.
 */
static struct kps_map find_servers(struct kps_kube *kube, struct kps_arena *arena)
{
    struct kps_map servers = {0};
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        struct kps_sv name =
            kps_labels_get(w->pod.labels, SV("svccontroller.k3s.cattle.io/svcname"));
        struct kps_sv namespace =
            kps_labels_get(w->pod.labels, SV("svccontroller.k3s.cattle.io/svcnamespace"));
        if (name.p) {
            struct kps_sv key =
                join_name(kube, namespace.p ? namespace : w->id.head->group.namespace, name);
            (void)kps_map_put(&servers, arena, kps_sv_copy(arena, key), 1);
            kps_arena_reset(kube->words);
            kube->k3s = true;
        }
    }
    return servers;
}

/* Return true if a workload of k3s in the input serves the Service: its host ports are compared. */
static bool is_served(struct kps_kube *kube, const struct kps_map *servers,
                      const struct kps_kube_service *s)
{
    if (servers->n == 0) {
        return false;
    }
    bool found =
        kps_map_get(servers, join_name(kube, s->id.head->group.namespace, s->id.name), 0) != 0;
    kps_arena_reset(kube->words);
    return found;
}

static void list_entries(struct kps_kube *kube, const struct kps_map *servers, struct entries *out)
{
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        const struct kps_kube_service_extra *extra = s->extra;
        bool balancer = s->type == KPS_SVC_LOAD_BALANCER;
        if (s->superseded || s->type == KPS_SVC_EXTERNAL_NAME) {
            continue;
        }
        if (extra->cluster_ip.text.n && !kps_sv_is(extra->cluster_ip.text, "None")) {
            add_entries(out, s, NULL, &extra->cluster_ip, 1, CLUSTER);
        }
        for (uint32_t k = 0; k < s->n_ports; k++) {
            const struct kps_kube_service_port *port = &s->ports[k];
            add_entries(out, s, port, extra->external_ips, extra->n_external_ips, EXTERNAL);
            if (balancer) {
                add_entries(out, s, port, extra->balancer_ips, extra->n_balancer_ips, BALANCER);
            }
            if (balancer && !s->has_class && extra->n_balancer_ips == 0 &&
                !is_served(kube, servers, s)) {
                add_entries(out, s, port, NULL, 1, K3S);
            }
        }
    }
}

/* The last entry of each identity. */
static uint32_t pick_last_of_each(const struct entry *group, uint32_t n, const struct entry **out)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool again = used > 0 && out[used - 1]->s->id.identity == group[i].s->id.identity;
        out[again ? used - 1 : used] = &group[i];
        used += again ? 0 : 1;
    }
    return used;
}

/* Keep the entries that meet another entry; alternatives never meet. Return: how many. */
static uint32_t drop_alternatives(const struct entry **list, uint32_t n)
{
    enum { PAIRS = 64 };
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool meets = n == 1 || i >= PAIRS;
        for (uint32_t k = 0; k < n && k < PAIRS && !meets; k++) {
            meets = k != i && !kps_alternatives_hold(&list[k]->s->id, &list[i]->s->id);
        }
        if (meets && used < i) {
            const struct entry *moved = list[used];
            list[used] = list[i];
            list[i] = moved;
        }
        used += meets ? 1 : 0;
    }
    return used;
}

static bool all_variants(const struct entry *const *list, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        if (!kps_kube_are_variants(&list[i - 1]->s->id, &list[i]->s->id)) {
            return false;
        }
    }
    return true;
}

/* Add the Services, the last one first. */
static void add_parties(struct kps_kube *kube, struct kps_finding *finding,
                        const struct entry **list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct entry *e = list[i ? i - 1 : n - 1];
        bool by_port = e->sort == K3S || !e->address->at.file;
        kps_kube_party_name(kube, finding, e->s,
                            e->port ? kps_kube_claim_service(e->s, e->port, false) : 0,
                            by_port ? kps_kube_span(&e->s->id, e->port->at) : e->address->at);
    }
}

static const struct kps_kube_service_port *port_of(const struct entry *e)
{
    if (e->port) {
        return e->port;
    }
    return e->s->n_ports ? &e->s->ports[0] : NULL;
}

static void say_address(struct kps_kube *kube, const struct entry **list, uint32_t n)
{
    static const char *const what[] = {[EXTERNAL] = "external address",
                                       [CLUSTER] = "clusterIP",
                                       [BALANCER] = "loadBalancerIP",
                                       [K3S] = ""};
    const struct entry *last = list[n - 1];
    const struct kps_kube_service_port *port = port_of(last);
    bool variants = all_variants(list, n);
    bool sure = last->sort != BALANCER && !variants;
    const char *protocol = port ? kps_protocol_name(port->protocol) : "";
    struct kps_sv address = get_address(last);
    struct kps_sv wish = kps_fmt(kube->arena, "%s %.*s", what[last->sort], SV_ARG(address));
    if (last->sort != CLUSTER) {
        wish = kps_fmt(kube->arena, "port %u/%s of the %.*s", port->port, protocol, SV_ARG(wish));
    } else {
        wish = kps_fmt(kube->arena, "the %.*s", SV_ARG(wish));
    }
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_SERVICE_ADDRESS_CLASH, sure ? KPS_ERROR : KPS_WARNING,
        sure ? KPS_CERTAIN : KPS_POSSIBLE, "%u Services want %.*s", n, SV_ARG(wish));
    if (port) {
        kps_kube_on_port(finding, port->port, port->protocol);
    }
    add_parties(kube, finding, list, n);
    if (last->sort == CLUSTER) {
        finding->up_error = kps_fmt(
            kube->arena,
            "spec.clusterIPs: Invalid value: [\"%.*s\"]: failed to allocate IP %.*s: provided IP "
            "is already allocated",
            SV_ARG(address), SV_ARG(address));
        kps_finding_help(finding, "leave clusterIP out to get a free one");
        return;
    }
    if (last->sort == EXTERNAL) {
        kps_finding_note(
            finding, "the API server accepts this without a warning; one of the Services gets all "
                     "the traffic");
    } else {
        kps_finding_note(
            finding,
            "the API server accepts this; whether one address can serve both is up to the load "
            "balancer "
            "(MetalLB: never on one port), and the second Service may stay without an address");
    }
    kps_finding_help(finding, "give one of them another port or address");
}

static void say_k3s(struct kps_kube *kube, const struct entry **list, uint32_t n,
                    const kps_claim_id *wants, uint32_t n_wants)
{
    const struct entry *last = list[n - 1];
    const char *protocol = kps_protocol_name(last->port->protocol);
    /* Only k3s makes a host port of it, and most clusters are none. */
    enum kps_severity severity = kube->k3s ? KPS_WARNING : KPS_NOTE;
    struct kps_finding *finding;
    if (n_wants) {
        finding =
            kps_kube_add_finding(kube, KPS_RULE_LOAD_BALANCER_HOST_PORT, severity, KPS_POSSIBLE,
                                 "on k3s, port %u/%s of a LoadBalancer Service meets a hostPort",
                                 last->port->port, protocol);
    } else {
        finding = kps_kube_add_finding(
            kube, KPS_RULE_LOAD_BALANCER_HOST_PORT, severity, kube->k3s ? KPS_LIKELY : KPS_POSSIBLE,
            "on k3s, %u LoadBalancer Services would need hostPort %u/%s on every node", n,
            last->port->port, protocol);
    }
    kps_kube_on_port(finding, last->port->port, last->port->protocol);
    add_parties(kube, finding, list, n);
    kps_kube_party_requests(kube, finding, wants, n_wants);
    kps_finding_note(
        finding,
        "the ServiceLB of k3s serves a LoadBalancer Service with a DaemonSet whose hostPort is the "
        "Service's port: the second one stays Pending; other clusters give each Service an "
        "address");
    kps_finding_help(finding, "on k3s, use other ports or an Ingress; elsewhere ignore KP213");
}

void kps_kube_check_addresses(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_kube_port_requests wants = kps_kube_port_requests(kube);
    struct kps_map servers = find_servers(kube, scratch);
    struct entries listed = {.list = {.n = 0}};
    list_entries(kube, &servers, &listed);
    uint32_t n = listed.list.n;
    const struct entry *all = listed.list.v;
    const struct entry **room = KPS_NEW_N(scratch, const struct entry *, n + 1);
    if (n) {
        qsort(listed.list.v, n, sizeof(*all), by_wish);
    }
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && same_wish(&all[to], &all[from]);) {
            to++;
        }
        uint32_t used = drop_alternatives(room, pick_last_of_each(all + from, to - from, room));
        if (all[from].sort == K3S && kube->live && !kube->k3s) {
            continue; /* the nodes say that the cluster is another */
        }
        if (all[from].sort != K3S) {
            if (used > 1) {
                say_address(kube, room, used);
            }
            continue;
        }
        uint32_t at =
            kps_kube_port_requests_find(wants, all[from].port->protocol, all[from].port->port);
        uint32_t meeting = used && at < wants.n ? kps_kube_port_requests_end(wants, at) - at : 0;
        if ((used > 1 && !all_variants(room, used)) || meeting) {
            say_k3s(kube, room, used, wants.v + (meeting ? at : 0), meeting);
        }
    }
    kps_vec_free(&listed.list);
}
