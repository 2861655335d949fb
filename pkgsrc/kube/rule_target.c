#include "base/order.h"
#include "kube/alternatives.h"
#include "kube/kube.h"

#include <stdlib.h>

/*
 * KP216 for Services: a named targetPort that a selected pod does not have, or has more than once.
 * Pods are found through an index of their labels, so that only those with one of the selector's
 * labels are looked at.
 */
enum { MOST_PARTIES = 16 };
static const uint64_t MOST_LOOKS = 4000 * 1000;

/* A label of a pod. Equal labels have equal hashes, and what only looks equal is sorted out by
 * looking at the pod. */
struct link {
    uint64_t hash;
    uint32_t workload;
    uint32_t order;
};

struct index {
    struct kps_kube *kube;
    struct link *links; /* sorted */
    uint32_t n_links;
    uint64_t looks;
};

static uint64_t hash_of(struct kps_sv namespace, const struct kps_label *label)
{
    uint64_t hash = kps_kube_hash_text(KPS_KUBE_HASH_START, namespace);
    return kps_kube_hash_text(kps_kube_hash_text(hash, label->key), label->value);
}

/* The pods that were read last come first. */
static int by_hash(const void *left, const void *right)
{
    const struct link *a = left;
    const struct link *b = right;
    int order = kps_order_compare(a->hash, b->hash);
    return order ? order : kps_order_compare(b->order, a->order);
}

/* Return true for a pod that may serve: no job, no template, no pod of a controller in the input.
 */
static bool may_serve(const struct kps_kube_workload *w)
{
    return w->kind != KPS_KUBE_JOB && w->kind != KPS_KUBE_CRONJOB &&
           w->kind != KPS_KUBE_PODTEMPLATE &&
           !(w->flags & (KPS_KUBE_OWNED | KPS_KUBE_OVER | KPS_KUBE_SUPERSEDED));
}

static void build_index(struct index *index, struct kps_arena *arena)
{
    struct kps_kube *kube = index->kube;
    uint32_t n = 0;
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        n += kube->workloads.v[i]->pod.labels.n;
    }
    index->links = KPS_NEW_N(arena, struct link, n + 1);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        for (uint32_t k = 0; may_serve(w) && k < w->pod.labels.n; k++) {
            uint64_t hash = hash_of(w->id.head->group.namespace, &w->pod.labels.v[k]);
            index->links[index->n_links] = (struct link){hash, i, index->n_links};
            index->n_links++;
        }
    }
    qsort(index->links, index->n_links, sizeof(*index->links), by_hash);
}

/* The first link behind all with a smaller hash. */
static uint32_t lower_bound(const struct index *index, uint64_t hash)
{
    uint32_t low = 0;
    uint32_t high = index->n_links;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool before = index->links[middle].hash < hash;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

/* Find the pods with a label of the selector, by the rarest of its labels. */
struct candidates {
    uint32_t from, to;
};

static struct candidates find_candidates(const struct index *index,
                                         const struct kps_kube_service *s)
{
    struct candidates best = {0, UINT32_MAX};
    for (uint32_t i = 0; i < s->selector.n; i++) {
        uint64_t hash = hash_of(s->id.head->group.namespace, &s->selector.v[i]);
        uint32_t from = lower_bound(index, hash);
        uint32_t to = hash == UINT64_MAX ? index->n_links : lower_bound(index, hash + 1);
        if (to - from < best.to - best.from) {
            best = (struct candidates){from, to};
        }
    }
    return best.to == UINT32_MAX ? (struct candidates){0, 0} : best;
}

/*
 * The ports that answer to a name: main containers first, then sidecars, as the endpoint controller
 * looks. Return: how many different numbers there are; up to `room` matches.
 */
static uint32_t find_ports(const struct kps_kube_workload *w,
                           const struct kps_kube_service_port *target,
                           struct kps_kube_port_request *out, uint32_t room)
{
    static const enum kps_kube_role passes[] = {KPS_KUBE_MAIN, KPS_KUBE_SIDECAR};
    uint32_t n = 0;
    for (size_t pass = 0; pass < KPS_COUNT(passes); pass++) {
        struct kps_kube_port_request at = {NULL, NULL};
        while ((at = kps_kube_next_port(w, at)).port) {
            bool fits = at.c->role == passes[pass] && at.port->evidence == KPS_KUBE_DECLARED &&
                        at.port->protocol == target->protocol &&
                        kps_sv_eq(at.port->name, target->target_name);
            bool again =
                n > 0 && (out[n - 1].port->container == at.port->container || out[n - 1].c == at.c);
            if (fits && !again && n < room) {
                out[n++] = at;
            }
        }
    }
    return n;
}

/* The answer of the selected pods to a name. */
struct answer {
    struct kps_kube_workload *missing[MOST_PARTIES];
    struct kps_kube_workload *doubled;
    struct kps_kube_port_request matches[MOST_PARTIES];
    uint32_t n_missing, n_matches, n_found;
    bool is_elsewhere; /* no pod lies in the Service's folder or in a sibling of the folder */
};

static bool is_selected(const struct kps_kube_workload *w, const struct kps_kube_service *s)
{
    return kps_sv_eq(w->id.head->group.namespace, s->id.head->group.namespace) &&
           kps_labels_include(w->pod.labels, s->selector);
}

/* The distance of the nearest selected pod: a Service is compared with pods of its own file, else
 * of its folder, else of other folders that are no alternative of the folder. */
static uint32_t find_distance(struct index *index, const struct kps_kube_service *s,
                              struct candidates pods)
{
    uint32_t nearest = 3;
    for (uint32_t at = pods.from; at < pods.to && index->looks < MOST_LOOKS; at++) {
        const struct kps_kube_workload *w = index->kube->workloads.v[index->links[at].workload];
        uint32_t distance = kps_alternatives_distance(&s->id, &w->id);
        index->looks++;
        if (distance < nearest && is_selected(w, s)) {
            nearest = distance;
        }
    }
    return nearest;
}

/* The folder above that of a file; the file's own folder has the name that is cut off. */
static struct kps_sv upper_folder(const struct kps_kube *kube, const struct kps_kube_id *id)
{
    struct kps_sv path = kps_files_get(&kube->diag->files, id->at.file)->path;
    for (unsigned up = 0; up < 2; up++) {
        while (path.n > 0 && path.p[path.n - 1] != '/') {
            path.n--;
        }
        path.n -= path.n > 0 ? 1U : 0U;
    }
    return path;
}

static void look_up_target(struct index *index, struct kps_kube_service *s,
                           const struct kps_kube_service_port *port, struct answer *answer)
{
    struct candidates pods = find_candidates(index, s);
    uint32_t nearest = find_distance(index, s, pods);
    struct kps_kube_workload *ending = NULL;
    answer->is_elsewhere = nearest == 2;
    for (uint32_t at = pods.from; at < pods.to && index->looks < MOST_LOOKS; at++) {
        struct kps_kube_workload *w = index->kube->workloads.v[index->links[at].workload];
        struct kps_kube_port_request matches[MOST_PARTIES];
        index->looks++;
        if (nearest == 3 || kps_alternatives_distance(&s->id, &w->id) != nearest ||
            !is_selected(w, s)) {
            continue;
        }
        if (answer->is_elsewhere) {
            answer->is_elsewhere =
                !kps_sv_eq(upper_folder(index->kube, &s->id), upper_folder(index->kube, &w->id));
        }
        uint32_t n = find_ports(w, port, matches, MOST_PARTIES);
        answer->n_found += n ? 1 : 0;
        if (n == 0 && (w->flags & KPS_KUBE_ENDS)) {
            ending = w;
        } else if (n == 0) {
            if (answer->n_missing < MOST_PARTIES) {
                answer->missing[answer->n_missing] = w;
            }
            answer->n_missing++;
        } else if (n > 1 && !answer->doubled) {
            answer->doubled = w;
            answer->n_matches = n;
            for (uint32_t i = 0; i < n; i++) {
                answer->matches[i] = matches[i];
            }
        }
    }
    /* a test or a task beside the pods that serve, with their labels, misses nothing */
    if (ending && answer->n_found + answer->n_missing == 0) {
        answer->missing[answer->n_missing++] = ending;
    }
}

/* Return true if the pod has the name under another protocol. */
static bool other_protocol(const struct kps_kube_workload *w, struct kps_sv name)
{
    struct kps_kube_port_request at = {NULL, NULL};
    do {
        at = kps_kube_next_port(w, at);
    } while (at.port &&
             !(at.port->evidence == KPS_KUBE_DECLARED && kps_sv_eq(at.port->name, name)));
    return at.port != NULL;
}

/* Return true if a container of the pod declares a port. */
static bool declares_ports(const struct kps_kube_workload *w)
{
    bool found = false;
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        const struct kps_kube_container *c = &w->pod.containers[i];
        found |= c->n_ports && c->ports[0].evidence == KPS_KUBE_DECLARED;
    }
    return found;
}

static void say_missing(struct kps_kube *kube, struct kps_kube_service *s,
                        const struct kps_kube_service_port *port, const struct answer *answer)
{
    bool none = answer->n_found == 0;
    bool is_sure = none && !answer->is_elsewhere;
    enum kps_certainty less = answer->is_elsewhere ? KPS_POSSIBLE : KPS_LIKELY;
    struct kps_sv name = kps_kube_name(kube, &s->id);
    const char *pods = none ? "its pods do" : "some of its pods do";
    if (answer->n_missing == 1) {
        pods = "its pod does";
    }
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_TARGET_PORT_UNRESOLVED, is_sure ? KPS_ERROR : KPS_WARNING,
        is_sure ? KPS_CERTAIN : less, "Service %.*s sends to port '%.*s', which %s not have",
        SV_ARG(name), SV_ARG(port->target_name), pods);
    kps_kube_on_port(finding, port->port, port->protocol);
    kps_kube_party_service(kube, finding, s, kps_kube_claim_service(s, port, false),
                           kps_kube_span(&s->id, port->at_target),
                           SV("no container port has this name and protocol"));
    for (uint32_t i = 0; i < answer->n_missing && i < MOST_PARTIES; i++) {
        struct kps_kube_workload *w = answer->missing[i];
        const char *title = kps_kube_title(kube, &w->id).p;
        kps_kube_party(
            kube, finding, kps_kube_own_workload(kube, w), 0, w->id.at, w->id.head->source,
            kps_fmt(kube->arena, "%s is selected%s", title,
                    other_protocol(w, port->target_name) ? ", and has the name for another protocol"
                                                         : ""));
    }
    kps_finding_note(finding,
                     "such a pod is left out of the Service's endpoints, without an error");
    if (answer->is_elsewhere) {
        kps_finding_note(finding,
                         "no pod near the Service is selected; those of another folder are its "
                         "pods only where both are applied");
    }
    kps_finding_help(finding,
                     answer->n_missing && !declares_ports(answer->missing[0])
                         ? "declare `- {name: %.*s, containerPort: N}`, or use the port's number"
                         : "name the container's port '%.*s', or use its number",
                     SV_ARG(port->target_name));
}

static void say_doubled(struct kps_kube *kube, struct kps_kube_service *s,
                        const struct kps_kube_service_port *port, const struct answer *answer)
{
    struct kps_sv name = kps_kube_name(kube, &s->id);
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_TARGET_PORT_UNRESOLVED, KPS_WARNING, KPS_POSSIBLE,
        "Service %.*s sends to port '%.*s', which %u containers of its pod have", SV_ARG(name),
        SV_ARG(port->target_name), answer->n_matches);
    kps_kube_on_port(finding, port->port, port->protocol);
    kps_kube_party_service(kube, finding, s, kps_kube_claim_service(s, port, false),
                           kps_kube_span(&s->id, port->at_target), SV("means more than one port"));
    for (uint32_t i = 0; i < answer->n_matches; i++) {
        const struct kps_kube_port_request *match = &answer->matches[i];
        kps_kube_party_port(kube, finding, match->c, match->port, false,
                            kps_fmt(kube->arena, "container '%.*s': %u%s", SV_ARG(match->c->name),
                                    match->port->container,
                                    i == 0 ? ", which gets the traffic" : ""));
    }
    kps_finding_note(finding, "the first container in the list wins");
    kps_finding_help(finding, "give the ports different names");
}

static bool any_by_name(const struct kps_kube *kube)
{
    for (uint32_t i = 0; i < kube->services.n; i++) {
        for (uint32_t k = 0; k < kube->services.v[i]->n_ports; k++) {
            if (kube->services.v[i]->ports[k].target_name.n) {
                return true;
            }
        }
    }
    return false;
}

void kps_kube_check_targets(struct kps_kube *kube)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct index index = {.kube = kube};
    if (!any_by_name(kube)) {
        return;
    }
    build_index(&index, scratch);
    for (uint32_t i = 0; i < kube->services.n; i++) {
        struct kps_kube_service *s = kube->services.v[i];
        bool looks = !s->superseded && s->selector.n > 0 && s->type != KPS_SVC_EXTERNAL_NAME;
        for (uint32_t k = 0; looks && k < s->n_ports; k++) {
            struct answer answer = {.n_missing = 0};
            if (s->ports[k].target_name.n) {
                look_up_target(&index, s, &s->ports[k], &answer);
            }
            if (answer.n_missing && !kube->options.is_open) {
                say_missing(kube, s, &s->ports[k], &answer);
            }
            if (answer.doubled) {
                say_doubled(kube, s, &s->ports[k], &answer);
            }
        }
    }
    if (index.looks >= MOST_LOOKS) {
        (void)kps_diag_add_gap(
            kube->diag, KPS_WARNING,
            "too many Services select the same pods: not all target ports were looked up");
    }
}
