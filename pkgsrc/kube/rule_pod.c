#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "kube/hostip.h"

/*
 * Ports inside one pod: KP201, KP202 and KP211. The ports of all its containers are sorted by
 * number, so that a group of equal numbers is looked at once; a finding names every container of
 * the group that can be running when another one of it is.
 */
struct entry {
    struct kps_kube_container *c;
    const struct kps_kube_port *port;
    uint16_t number;
    uint8_t shown; /* of all ports of the container with this number */
    uint32_t order;
};

/* Entries of one number that are compared pair by pair; the rest of a larger group joins the first
 * of them. */
enum { PAIRS = 64 };

static int by_number(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = kps_order_compare(a->port->protocol, b->port->protocol);
    order = order ? order : kps_order_compare(a->number, b->number);
    return order ? order : kps_order_compare(a->order, b->order);
}

static uint32_t count_ports(struct kps_kube_workload *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        n += w->pod.containers[i].n_ports;
    }
    return n;
}

/* All ports by container port, or the declared host ports by host port. */
static uint32_t collect_ports(struct kps_kube_workload *w, struct entry *out, bool host)
{
    uint32_t n = 0;
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(w, at)).port) {
        const struct kps_kube_port *port = at.port;
        if (!host || (port->host && port->evidence == KPS_KUBE_DECLARED)) {
            out[n] =
                (struct entry){at.c, port, host ? port->host : port->container, port->shown, n};
            n++;
        }
    }
    qsort(out, n, sizeof(*out), by_number);
    return n;
}

static uint32_t group_end(const struct entry *all, uint32_t n, uint32_t from)
{
    uint32_t to = from + 1;
    while (to < n && all[to].number == all[from].number &&
           all[to].port->protocol == all[from].port->protocol) {
        to++;
    }
    return to;
}

static bool run_together(const struct entry *a, const struct entry *b)
{
    return kps_kube_overlap((enum kps_kube_role)a->c->role, a->c->index,
                            (enum kps_kube_role)b->c->role, b->c->index);
}

static struct kps_sv role_and_name(struct kps_kube *kube, const struct kps_kube_container *c)
{
    return kps_fmt(kube->arena, "%s '%.*s'", kps_kube_role_name((enum kps_kube_role)c->role),
                   SV_ARG(c->name));
}

static bool is_shown_by(const struct entry *e, enum kps_kube_evidence evidence)
{
    return (e->shown & (1U << evidence)) != 0;
}

/* "--port=8080" */
static struct kps_sv name_evidence(const struct kps_kube_port *port)
{
    return port->evidence == KPS_KUBE_DECLARED ? kps_kube_told(port) : port->name;
}

static struct kps_sv listener_label(struct kps_kube *kube, const struct entry *e, bool first)
{
    static const char *const shows[] = {
        [KPS_KUBE_DECLARED] = "declares it again", [KPS_KUBE_PROBE] = "is probed on it",
        [KPS_KUBE_ARGUMENT] = "is told to use it", [KPS_KUBE_ENVIRONMENT] = "is told to use it",
        [KPS_KUBE_IMAGE] = "uses it by default",
    };
    struct kps_sv who = role_and_name(kube, e->c);
    bool is_declared = e->port->evidence == KPS_KUBE_DECLARED;
    struct kps_sv told = name_evidence(e->port);
    struct kps_sv detail = SV("");
    if (is_declared && e->port->name.n) {
        detail = kps_fmt(kube->arena, " (named '%.*s')", SV_ARG(e->port->name));
    } else if (told.n) {
        detail = kps_fmt(kube->arena, " (%.*s)", SV_ARG(told));
    }
    const char *says = is_declared && first ? "has it" : shows[e->port->evidence];
    return kps_fmt(kube->arena, "%.*s %s%.*s", SV_ARG(who), says, SV_ARG(detail));
}

static bool is_told(const struct entry *e)
{
    return is_shown_by(e, KPS_KUBE_ARGUMENT) || is_shown_by(e, KPS_KUBE_ENVIRONMENT) ||
           is_shown_by(e, KPS_KUBE_IMAGE);
}

/* Return true if `b` listens on the port for `a`, of which only a declaration speaks. */
static bool is_served_by(const struct entry *a, const struct entry *b)
{
    bool listens = is_shown_by(b, KPS_KUBE_ARGUMENT) || is_shown_by(b, KPS_KUBE_IMAGE);
    if (is_told(a) || !listens) {
        return false;
    }
    return b->c->is_helper ||
           (is_shown_by(a, KPS_KUBE_PROBE) && !is_shown_by(b, KPS_KUBE_DECLARED));
}

/* Return true if only a variable speaks of the port which rather names the neighbour `b`: both have
 * the same one, or the container declares other ports of its own. */
static bool is_client_of(const struct entry *a, const struct entry *b)
{
    bool is_variable = a->port->evidence == KPS_KUBE_ENVIRONMENT &&
                       !is_shown_by(a, KPS_KUBE_IMAGE) && !(a->shown & KPS_KUBE_SHOWN_OWN);
    bool has_others = a->c->n_ports && a->c->ports[0].evidence == KPS_KUBE_DECLARED;
    return is_variable && ((has_others && is_shown_by(b, KPS_KUBE_DECLARED)) ||
                           kps_sv_eq(name_evidence(a->port), name_evidence(b->port)));
}

/* Return true if the container listens on one address, and no neighbour is known to listen on every
 * one: a declaration may be for another address of the pod. */
static bool is_on_own_address(const struct entry *group, uint32_t n, uint32_t i)
{
    bool is_apart =
        kps_kube_host_ip(group[i].port).n && group[i].port->evidence != KPS_KUBE_DECLARED;
    for (uint32_t k = 0; k < n && k < PAIRS && is_apart; k++) {
        is_apart = group[k].c == group[i].c || !is_told(&group[k]);
    }
    return is_apart;
}

/*
 * Return true if the container itself listens on the port, as far as the manifest shows. A probe
 * shows that some container of the pod does; a declaration may be made for the sake of a probe by
 * name.
 */
static bool is_listener(const struct entry *group, uint32_t n, uint32_t i)
{
    bool is_no_sign = group[i].shown == 1U << KPS_KUBE_PROBE || is_on_own_address(group, n, i);
    for (uint32_t k = 0; k < n && k < PAIRS && !is_no_sign; k++) {
        if (group[k].c != group[i].c &&
            (is_served_by(&group[i], &group[k]) || is_client_of(&group[i], &group[k]))) {
            return false;
        }
    }
    return !is_no_sign;
}

/* Keep one entry a container, and of these the listeners. Return: how many. */
static uint32_t keep_listeners(struct entry *group, uint32_t n, struct entry *out)
{
    uint32_t used = 0;
    uint32_t merged = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool is_again = merged && group[merged - 1].c == group[i].c;
        if (is_again) {
            group[merged - 1].shown |= group[i].shown;
        } else {
            group[merged++] = group[i];
        }
    }
    for (uint32_t i = 0; i < merged; i++) {
        if (is_listener(group, merged, i)) {
            out[used++] = group[i];
        }
    }
    return used;
}

/* Keep the entries of a group that meet another container of the group, an entry for each
 * container. Return: how many are left. */
static uint32_t pick_meeting(const struct entry *group, uint32_t n, bool declared_only,
                             const struct entry **out)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool counts = !declared_only || group[i].port->evidence == KPS_KUBE_DECLARED;
        bool meets = false;
        for (uint32_t k = 0; counts && k < n && k < PAIRS && !meets; k++) {
            bool other = group[k].c != group[i].c &&
                         (!declared_only || group[k].port->evidence == KPS_KUBE_DECLARED);
            meets = other && run_together(&group[i], &group[k]);
        }
        if (meets && (used == 0 || out[used - 1]->c != group[i].c)) {
            out[used++] = &group[i];
        }
    }
    return used;
}

/* Note the containers of a finding by their paths. */
static void note_paths(struct kps_kube *kube, struct kps_finding *finding,
                       struct kps_kube_workload *w, const struct entry *const *list, uint32_t n)
{
    const char *title = kps_kube_title(kube, &w->id).p;
    struct kps_sv first = kps_kube_container_path(kube, list[0]->c);
    struct kps_sv last = kps_kube_container_path(kube, list[n - 1]->c);
    if (list[0]->c == list[n - 1]->c) {
        kps_finding_note(finding, "in %s, %.*s", title, SV_ARG(first));
    } else {
        kps_finding_note(finding, "in %s, %.*s %s %.*s", title, SV_ARG(first), n > 2 ? "to" : "and",
                         SV_ARG(last));
    }
}

static void say_listeners(struct kps_kube *kube, struct kps_kube_workload *w,
                          const struct entry **list, uint32_t n, bool declared)
{
    const struct kps_kube_port *port = list[0]->port;
    const char *protocol = kps_protocol_name(port->protocol);
    const char *verb = declared ? "declare" : "seem to use";
    struct kps_sv count = n == 2 ? SV("two") : kps_fmt(kube->arena, "%u", n);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_POD_CONTAINER_PORT_CLASH, declared ? KPS_ERROR : KPS_WARNING,
        declared ? KPS_LIKELY : KPS_POSSIBLE, "%.*s containers of one pod %s %u/%s", SV_ARG(count),
        verb, port->container, protocol);
    kps_kube_on_port(finding, port->container, port->protocol);
    for (uint32_t i = 0; i < n; i++) { /* the last one first */
        const struct entry *e = list[i ? i - 1 : n - 1];
        kps_kube_party_port(kube, finding, e->c, e->port, false, listener_label(kube, e, i == 1));
    }
    note_paths(kube, finding, w, list, n);
    kps_finding_note(finding,
                     "containers of a pod share one network: if both really listen, the second "
                     "bind fails and the pod "
                     "crash-loops; the API server only warns");
    struct kps_sv told = name_evidence(list[n - 1]->port);
    struct kps_sv where = told.n && list[n - 1]->port->evidence != KPS_KUBE_IMAGE
                              ? kps_fmt(kube->arena, " in '%.*s'", SV_ARG(told))
                              : SV("");
    kps_finding_help(finding,
                     "give '%.*s' another port%.*s and change its Service and probes to match",
                     SV_ARG(list[n - 1]->c->name), SV_ARG(where));
}

static void check_listeners(struct kps_kube *kube, struct kps_kube_workload *w, struct entry *all,
                            struct entry *room, const struct entry **out)
{
    uint32_t n = collect_ports(w, all, false);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        to = group_end(all, n, from);
        uint32_t listeners = keep_listeners(all + from, to - from, room);
        uint32_t declared = pick_meeting(room, listeners, true, out);
        /* Under hostNetwork the same declaration is a host port twice, which is said as KP202. */
        if (declared >= 2) {
            if (!w->pod.host_network) {
                say_listeners(kube, w, out, declared, true);
            }
            continue;
        }
        uint32_t shown = pick_meeting(room, listeners, false, out);
        if (shown >= 2) {
            say_listeners(kube, w, out, shown, false);
        }
    }
}

enum level { NONE, MAYBE, SURE };

/* How two host ports of one pod with the same number stand to each other. */
static enum level pair_level(const struct entry *a, const struct entry *b)
{
    if (a->c != b->c && !run_together(a, b)) {
        return NONE;
    }
    struct kps_sv left = kps_kube_host_ip(a->port);
    struct kps_sv right = kps_kube_host_ip(b->port);
    if (kps_sv_eq(left, right) || (kps_hostip_is_wildcard(left) && kps_hostip_is_wildcard(right))) {
        return SURE;
    }
    return kps_hostip_match(left, right) == KPS_HOSTIP_APART ? NONE : MAYBE;
}

static enum level group_level(const struct entry *group, uint32_t n, const struct entry **out,
                              uint32_t *ret_n)
{
    enum level most = NONE;
    *ret_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        enum level own = NONE;
        for (uint32_t k = 0; k < n && k < PAIRS; k++) {
            enum level level = k == i ? NONE : pair_level(&group[i], &group[k]);
            own = level > own ? level : own;
        }
        if (own > NONE) {
            out[(*ret_n)++] = &group[i];
        }
        most = own > most ? own : most;
    }
    return most;
}

static struct kps_sv host_label(struct kps_kube *kube, const struct entry *e)
{
    struct kps_sv who = role_and_name(kube, e->c);
    struct kps_sv ip = kps_kube_host_ip(e->port);
    return kps_fmt(kube->arena, "%.*s wants it on %.*s%s", SV_ARG(who),
                   SV_ARG(ip.n ? ip : SV("every address")),
                   e->port->host_written ? "" : ", because of hostNetwork");
}

static void say_host_ports(struct kps_kube *kube, struct kps_kube_workload *w,
                           const struct entry **list, uint32_t n, enum level level)
{
    const struct entry *last = list[n - 1];
    const char *protocol = kps_protocol_name(last->port->protocol);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_POD_HOST_PORT_DUPLICATE, level == SURE ? KPS_ERROR : KPS_WARNING,
        level == SURE ? KPS_CERTAIN : KPS_POSSIBLE, "one pod asks for hostPort %u/%s twice",
        last->number, protocol);
    kps_kube_on_port(finding, last->number, last->port->protocol);
    for (uint32_t i = 0; i < n; i++) { /* the last one first */
        const struct entry *e = list[i ? i - 1 : n - 1];
        kps_kube_party_port(kube, finding, e->c, e->port, true, host_label(kube, e));
        e->c->ports[e->port - e->c->ports].contended =
            level == SURE ? KPS_KUBE_CLASHES : KPS_KUBE_MAY_CLASH;
    }
    note_paths(kube, finding, w, list, n);
    struct kps_sv ip = kps_kube_host_ip(list[0]->port);
    bool is_compared = last->c == list[0]->c ||
                       (last->c->role == KPS_KUBE_MAIN && list[0]->c->role == KPS_KUBE_MAIN);
    bool same = kps_sv_eq(ip, kps_kube_host_ip(last->port)) && is_compared;
    if (same && level == SURE) {
        struct kps_sv path = kps_kube_container_path(kube, last->c);
        finding->up_error =
            kps_fmt(kube->arena, "%.*s.ports[%u].hostPort: Duplicate value: \"%s/%.*s/%u\"",
                    SV_ARG(path), last->port->index, kps_kube_protocol_name(last->port->protocol),
                    SV_ARG(ip), last->number);
        kps_finding_note(
            finding, w->pod.host_network && w->kind != KPS_KUBE_POD
                         ? "the API server accepts the template and then refuses every pod of it"
                         : "the API server refuses the pod");
    } else {
        kps_finding_note(finding,
                         "the API server compares hostIP as text and the scheduler never compares "
                         "a pod with itself, "
                         "so nobody refuses this; which of the two gets the traffic depends on the "
                         "order of rules");
    }
    kps_kube_help_port(kube, finding, last->c, last->port,
                       "give one of them another hostPort, or drop it and use a Service");
}

static void check_host_ports(struct kps_kube *kube, struct kps_kube_workload *w, struct entry *all,
                             const struct entry **out)
{
    uint32_t n = collect_ports(w, all, true);
    for (uint32_t from = 0, to = 0; from < n; from = to) {
        to = group_end(all, n, from);
        uint32_t used = 0;
        enum level level = group_level(all + from, to - from, out, &used);
        if (level != NONE && used >= 2) {
            say_host_ports(kube, w, out, used, level);
        }
    }
}

static void check_mismatch(struct kps_kube *kube, struct kps_kube_container *c,
                           const struct kps_kube_port *port)
{
    bool refused = c->role == KPS_KUBE_MAIN;
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_HOST_NETWORK_PORT_MISMATCH, refused ? KPS_ERROR : KPS_WARNING,
        refused ? KPS_CERTAIN : KPS_LIKELY,
        "hostPort %u differs from containerPort %u under hostNetwork", port->host, port->container);
    struct kps_sv who = role_and_name(kube, c);
    kps_kube_on_port(finding, port->host, port->protocol);
    kps_kube_party_port(kube, finding, c, port, true,
                        kps_fmt(kube->arena, "%.*s listens on %u", SV_ARG(who), port->container));
    if (refused) {
        struct kps_sv path = kps_kube_container_path(kube, c);
        finding->up_error =
            kps_fmt(kube->arena,
                    "%.*s.ports[%u].hostPort: Invalid value: %u: must match `containerPort` when "
                    "`hostNetwork` is true",
                    SV_ARG(path), port->index, port->host);
        kps_finding_note(finding,
                         "the API server refuses the pod: without a network of its own there is "
                         "nothing to map");
    } else {
        kps_finding_note(finding,
                         "the API server checks main containers only: the scheduler reserves %u "
                         "while the process "
                         "listens on %u",
                         port->host, port->container);
    }
    kps_finding_help(finding, "leave hostPort out, or write %u", port->container);
}

void kps_kube_check_pod(struct kps_kube *kube, struct kps_kube_workload *w,
                        struct kps_arena *scratch)
{
    uint32_t n = count_ports(w);
    struct kps_kube_port_request at = {NULL, NULL};
    while (w->pod.host_network && (at = kps_kube_next_port(w, at)).port) {
        if (at.port->host_written && at.port->host != at.port->container) {
            at.port->contended = KPS_KUBE_CLASHES;
            check_mismatch(kube, at.c, at.port);
        }
    }
    if (n < 2) {
        return;
    }
    kps_arena_reset(scratch);
    struct entry *all = KPS_NEW_N(scratch, struct entry, n);
    const struct entry **out = KPS_NEW_N(scratch, const struct entry *, n);
    check_listeners(kube, w, all, KPS_NEW_N(scratch, struct entry, n), out);
    check_host_ports(kube, w, all, out);
}
