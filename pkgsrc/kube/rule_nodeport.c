#include "base/order.h"
#include "kube/alternatives.h"
#include "kube/host_port_requests.h"
#include "kube/live.h"

#include <stdlib.h>

/* KP206: a number of the node-port pool wanted twice. KP208: a node port that a pod's host port
 * meets. */

/* A number that a Service takes from the pool (spec kubernetes §5: numbers, for all protocols). */
struct taken {
    struct kps_kube_service *s;
    const struct kps_kube_service_port *port; /* NULL: the healthCheckNodePort */
    uint16_t number;
    bool is_update; /* the cluster has the Service */
    uint32_t order;
};

static int by_number(const void *left, const void *right)
{
    const struct taken *a = left;
    const struct taken *b = right;
    int order = kps_order_compare(a->number, b->number);
    return order ? order : kps_order_compare(a->order, b->order);
}

static bool has_service(const struct kps_live *live, uint64_t key)
{
    for (uint32_t i = 0; live && i < live->services.n; i++) {
        if (live->services.v[i].key == key && !live->services.v[i].is_of_input) {
            return true;
        }
    }
    return false;
}

struct taken_list {
    KPS_VEC(struct taken) list;
};

static void add_number(struct taken_list *out, struct kps_kube_service *s,
                       const struct kps_kube_service_port *port, uint16_t number, bool is_update)
{
    uint32_t order = out->list.n;
    *kps_vec_push(&out->list) = (struct taken){s, port, number, is_update, order};
}

static void list_node_ports(const struct kps_kube *kube, struct taken_list *out)
{
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        bool is_update = has_service(kube->live, kps_live_key(&s->id));
        for (uint32_t k = 0; !s->superseded && k < s->n_ports; k++) {
            if (s->ports[k].node_port) {
                add_number(out, s, &s->ports[k], s->ports[k].node_port, is_update);
            }
        }
        if (!s->superseded && s->extra->health_port) {
            add_number(out, s, NULL, s->extra->health_port, is_update);
        }
    }
}

/* A Service may give the same number to the protocols of a port; where the cluster has the Service,
 * to those of different ports as well (pkg/registry/core/service/storage, updateNodePorts). */
static bool allowed_together(const struct taken *a, const struct taken *b)
{
    if (a->s->id.identity != b->s->id.identity) {
        return kps_alternatives_hold(&a->s->id, &b->s->id);
    }
    if (a->s != b->s) {
        return true; /* variants of one object */
    }
    return a->port && b->port && (a->port->port == b->port->port || a->is_update) &&
           a->port->protocol != b->port->protocol;
}

static bool has_clash(const struct taken *group, uint32_t n, uint32_t i)
{
    enum { PAIRS = 64 };
    for (uint32_t k = 0; k < n && k < PAIRS; k++) {
        if (k != i && !allowed_together(&group[k], &group[i])) {
            return true;
        }
    }
    return false;
}

static struct kps_span get_place(const struct taken *t)
{
    return kps_kube_span(&t->s->id, t->port ? t->port->at_node : t->s->extra->at_health);
}

static void add_party(struct kps_kube *kube, struct kps_finding *finding, const struct taken *t,
                      bool first)
{
    struct kps_sv name = kps_kube_name(kube, &t->s->id);
    struct kps_sv label =
        kps_fmt(kube->arena, "Service %.*s%s%s", SV_ARG(name),
                t->port ? "" : ", for its health check", first ? ", first claim" : "");
    kps_owner_id owner = kps_kube_own_service(kube, t->s);
    if (!t->port) {
        owner = kps_kube_own_port(kube, owner, SV("healthCheckNodePort"));
    }
    kps_kube_party(kube, finding, owner, kps_kube_claim_service(t->s, t->port, true), get_place(t),
                   t->s->id.head->source, label);
    if (t->port) {
        kps_kube_service_path(kube, finding, t->port, "nodePort");
    }
}

static bool all_variants(const struct taken *const *list, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        if (!kps_kube_are_variants(&list[i - 1]->s->id, &list[i]->s->id)) {
            return false;
        }
    }
    return true;
}

/* The last entry of each Service, and of its health check; in order. Return: how many. */
static uint32_t pick_last_of_each(const struct taken *group, uint32_t n, const struct taken **out)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!has_clash(group, n, i)) {
            continue;
        }
        /* A variant of a Service that is in already takes its place. */
        bool replaces = used > 0 && out[used - 1]->s->id.identity == group[i].s->id.identity &&
                        out[used - 1]->s != group[i].s;
        out[replaces ? used - 1 : used] = &group[i];
        used += replaces ? 0 : 1;
    }
    return used;
}

static void say_duplicate(struct kps_kube *kube, const struct taken **list, uint32_t n)
{
    const struct taken *last = list[n - 1];
    bool variants = all_variants(list, n);
    uint8_t protocol = last->port ? last->port->protocol : KPS_TCP;
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_NODE_PORT_DUPLICATE, variants ? KPS_WARNING : KPS_ERROR,
        variants ? KPS_POSSIBLE : KPS_CERTAIN, "nodePort %u is wanted %s", last->number,
        n == 2 ? "twice" : kps_cstr(kube->arena, kps_fmt(kube->arena, "%u times", n)));
    kps_kube_on_port(finding, last->number, protocol);
    finding->up_error =
        last->port
            ? kps_fmt(
                  kube->arena,
                  "spec.ports[%u].nodePort: Invalid value: %u: provided port is already allocated",
                  last->port->index, last->number)
            : kps_fmt(kube->arena,
                      "Internal error occurred: failed to allocate requested HealthCheck NodePort "
                      "%u: provided "
                      "port is already allocated",
                      last->number);
    for (uint32_t i = 0; i < n; i++) { /* the last one first */
        add_party(kube, finding, list[i ? i - 1 : n - 1], i == 1);
    }
    kps_finding_note(finding,
                     "node ports are one pool of numbers for the whole cluster, whatever the "
                     "namespace and protocol; a "
                     "server-side dry run of new Services does not notice");
    if (variants) {
        kps_finding_note(finding,
                         "they are variants of one object in different files: a conflict only "
                         "where both are applied "
                         "to one cluster");
    } else if (kps_alternatives_distance(&list[0]->s->id, &last->s->id) > 1) {
        kps_finding_note(finding, "they are in different folders: a conflict if both are applied "
                                  "to one cluster");
    }
    kps_finding_help(finding, "leave nodePort out to get a free one, or take another");
}

void kps_kube_note_node_port(const struct kps_kube *kube, struct kps_finding *finding,
                             bool is_health)
{
    kps_finding_note(finding, "%s",
                     is_health ? "kube-proxy listens on a healthCheckNodePort on every node"
                               : "a nodePort acts on every node and rewrites packets before any "
                                 "socket sees them: on the pod's node one of the two gets all the "
                                 "traffic, and nobody reports it");
    kps_finding_help(finding, "take a hostPort outside %u-%u", kube->options.node_port_first,
                     kube->options.node_port_last);
}

static void say_host_port(struct kps_kube *kube, const struct taken *t, const kps_claim_id *wants,
                          uint32_t n)
{
    bool sure = false;
    for (uint32_t i = 0; i < n; i++) {
        struct kps_kube_port_request want = kps_kube_port_request_of(kube->ledger, wants[i]);
        sure |= want.port->scheduled;
        want.port->contended = KPS_KUBE_CLASHES;
    }
    uint8_t protocol = t->port ? t->port->protocol : KPS_TCP;
    struct kps_sv name = kps_kube_name(kube, &t->s->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_HOST_PORT_MEETS_NODE_PORT, sure ? KPS_ERROR : KPS_WARNING,
        sure ? KPS_CERTAIN : KPS_POSSIBLE, "nodePort %u/%s of Service %.*s is also a hostPort",
        t->number, kps_protocol_name(protocol), SV_ARG(name));
    kps_kube_on_port(finding, t->number, protocol);
    add_party(kube, finding, t, false);
    kps_kube_party_requests(kube, finding, wants, n);
    kps_kube_note_node_port(kube, finding, !t->port);
}

/* The requests that are no alternatives of the Service. */
static struct kps_kube_port_requests
pick_requests(const struct taken *t, struct kps_kube_port_requests wants, struct kps_arena *arena)
{
    kps_claim_id *kept = KPS_NEW_N(arena, kps_claim_id, wants.n);
    uint32_t used = 0;
    for (uint32_t i = 0; i < wants.n; i++) {
        struct kps_kube_port_request want = kps_kube_port_request_of(wants.ledger, wants.v[i]);
        if (!kps_alternatives_hold(&t->s->id, &want.c->w->id)) {
            kept[used++] = wants.v[i];
        }
    }
    return (struct kps_kube_port_requests){wants.ledger, kept, used};
}

static void check_host_ports(struct kps_kube *kube, const struct taken *group, uint32_t n,
                             struct kps_kube_port_requests wants, struct kps_arena *scratch)
{
    uint8_t seen = 0; /* one finding per protocol */
    for (uint32_t i = 0; i < n; i++) {
        uint8_t protocol = group[i].port ? group[i].port->protocol : KPS_TCP;
        uint32_t from = kps_kube_port_requests_find(wants, protocol, group[i].number);
        if (from == wants.n || (seen & (1U << protocol))) {
            continue;
        }
        const struct kps_kube_port_requests same = {wants.ledger, wants.v + from,
                                                    kps_kube_port_requests_end(wants, from) - from};
        struct kps_kube_port_requests met = pick_requests(&group[i], same, scratch);
        if (met.n) {
            seen = (uint8_t)(seen | (1U << protocol));
            say_host_port(kube, &group[i], met.v, met.n);
        }
    }
}

void kps_kube_check_node_ports(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_kube_port_requests wants = kps_kube_port_requests(kube);
    struct taken_list listed = {.list = {.n = 0}};
    list_node_ports(kube, &listed);
    uint32_t n = listed.list.n;
    const struct taken *all = listed.list.v;
    const struct taken **room = KPS_NEW_N(scratch, const struct taken *, n + 1);
    if (n) {
        qsort(listed.list.v, n, sizeof(*all), by_number);
    }
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        for (to = from; to < n && all[to].number == all[from].number;) {
            to++;
        }
        uint32_t used = pick_last_of_each(all + from, to - from, room);
        if (used > 1) {
            say_duplicate(kube, room, used);
        }
        check_host_ports(kube, all + from, to - from, wants, scratch);
    }
    kps_vec_free(&listed.list);
}
