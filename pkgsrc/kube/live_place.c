#include "kube/live_place.h"

#include <stdlib.h>
#include <string.h>

/*
 * How this works. Seekers are served in the order of the scheduler's queue: by priority, pods that
 * waited before the apply first. Each pod takes a free node; when there is none, it takes the node
 * of a pod that finds another one (an augmenting path). So no order of the scheduler places more
 * pods, as long as a node is blocked by one pod at a time. Only then a pod of lower priority is
 * evicted.
 */
enum { DEEPEST_PATH = 200 };

void kps_live_board_open(struct kps_live_board *board, struct kps_kube *kube)
{
    uint32_t n = kube->nodes.n;
    *board = (struct kps_live_board){.kube = kube};
    board->first = KPS_NEW_N(kube->arena, uint32_t, (size_t)n + 1);
    for (uint32_t i = 0; i < kube->live->pods.n; i++) {
        const struct kps_live_pod *pod = &kube->live->pods.v[i];
        if (pod->node >= 0 && !pod->is_gone) {
            *kps_vec_push(&board->occupants) =
                (struct kps_live_occupant){(int32_t)i, -1, board->first[pod->node]};
            board->first[pod->node] = board->occupants.n;
            if (pod->where->apart.n) {
                *kps_vec_push(&board->shy) = (int32_t)i;
            }
        }
    }
}

void kps_live_board_free(struct kps_live_board *board)
{
    kps_vec_free(&board->seekers);
    kps_vec_free(&board->occupants);
    kps_vec_free(&board->evictions);
    kps_vec_free(&board->shy);
}

static void add_occupant(struct kps_live_board *board, uint32_t node, int32_t pod, int32_t seeker)
{
    *kps_vec_push(&board->occupants) = (struct kps_live_occupant){pod, seeker, board->first[node]};
    board->first[node] = board->occupants.n;
}

/* Remove the first fitting occupant from a node. Return: was there one? */
static bool take_off(struct kps_live_board *board, uint32_t node, int32_t pod, int32_t seeker)
{
    uint32_t *link = &board->first[node];
    while (*link) {
        struct kps_live_occupant *o = &board->occupants.v[*link - 1];
        if (o->pod == pod && o->seeker == seeker) {
            *link = o->next;
            return true;
        }
        link = &o->next;
    }
    return false;
}

void kps_live_remove(struct kps_live_board *board, int32_t pod)
{
    struct kps_live_pod *p = &board->kube->live->pods.v[pod];
    p->is_gone = true;
    if (p->node >= 0) {
        (void)take_off(board, (uint32_t)p->node, pod, -1);
    }
}

static struct kps_live_ports ports_of(const struct kps_live_board *board,
                                      const struct kps_live_occupant *o)
{
    return o->pod >= 0 ? board->kube->live->pods.v[o->pod].ports
                       : board->seekers.v[o->seeker].ports;
}

static int32_t priority_of(const struct kps_live_board *board, const struct kps_live_occupant *o)
{
    return o->pod >= 0 ? board->kube->live->pods.v[o->pod].priority
                       : board->seekers.v[o->seeker].priority;
}

bool kps_live_tolerates(const struct kps_live_seeker *s, const struct kps_taint *taint)
{
    if (s->is_bound && !s->is_daemon && !kps_sv_is(taint->effect, "NoExecute")) {
        return true; /* the controller of a DaemonSet looks at taints, the kubelet does not */
    }
    return kps_tolerations_accept(s->where->tolerations, taint) ||
           (s->is_daemon &&
            kps_tolerations_accept(kps_tolerations_of_daemonset(s->is_on_host), taint));
}

/* Mark the nodes that are in one domain with a node. */
static void mark_domain(const struct kps_live_board *board, struct kps_sv key, uint32_t node,
                        uint8_t *marks)
{
    const struct kps_kube *kube = board->kube;
    struct kps_sv place = kps_labels_get(kube->nodes.v[node].labels, key);
    if (place.p && kps_sv_is(key, KPS_NODE_NAME_KEY)) {
        marks[node] = 1; /* a name is of one node: thousands of pods may be spread by it */
        return;
    }
    for (uint32_t i = 0; i < kube->nodes.n && place.p; i++) {
        struct kps_sv other = kps_labels_get(kube->nodes.v[i].labels, key);
        marks[i] = marks[i] || (other.p && kps_sv_eq(place, other));
    }
}

/* Mark the nodes that are in one domain with a pod of a seeker. */
static void mark_domains_of(const struct kps_live_board *board, struct kps_sv key, int32_t seeker,
                            uint8_t *marks)
{
    for (uint32_t i = 0; i < board->kube->nodes.n; i++) {
        for (uint32_t at = board->first[i]; at; at = board->occupants.v[at - 1].next) {
            if (board->occupants.v[at - 1].seeker == seeker && board->occupants.v[at - 1].pod < 0) {
                mark_domain(board, key, i, marks);
                break;
            }
        }
    }
}

/* Mark the nodes in the domain of a live pod that the term of affinity selects. */
static void mark_neighbours(const struct kps_live_board *board, const struct kps_live_seeker *s,
                            const struct kps_anti_term *term, uint8_t *marks)
{
    const struct kps_kube *kube = board->kube;
    struct kps_anti_affinity one = {term, 1};
    memset(marks, 0, (size_t)kube->nodes.n + 1);
    for (uint32_t i = 0; i < kube->live->pods.n; i++) {
        const struct kps_live_pod *pod = &kube->live->pods.v[i];
        if (!pod->is_gone && pod->node >= 0 && !marks[pod->node] &&
            kps_anti_affinity_apart(one, s->namespace, pod->labels, pod->namespace) !=
                KPS_APART_NO) {
            mark_domain(board, term->topology_key, (uint32_t)pod->node, marks);
        }
    }
}

/* Return whether a term of a pod in the namespace `own` selects the pods of a seeker. */
static bool selects_seeker(const struct kps_anti_term *term, struct kps_sv own,
                           const struct kps_live_seeker *s)
{
    struct kps_anti_affinity one = {term, 1};
    return kps_anti_affinity_apart(one, own, s->labels, s->namespace) != KPS_APART_NO;
}

static bool selects_itself(const struct kps_live_seeker *s, const struct kps_anti_term *term)
{
    return selects_seeker(term, s->namespace, s);
}

/* Return whether a live pod with anti-affinity keeps the pods of a seeker away. */
static bool is_shunned(const struct kps_live_board *board, const struct kps_live_seeker *s)
{
    for (uint32_t i = 0; i < board->shy.n; i++) {
        const struct kps_live_pod *pod = &board->kube->live->pods.v[board->shy.v[i]];
        for (uint32_t t = 0; t < pod->where->apart.n; t++) {
            if (selects_seeker(&pod->where->apart.v[t], pod->namespace, s)) {
                return true;
            }
        }
    }
    return false;
}

struct kps_live_seeker kps_live_seeker_of(const struct kps_kube *kube, uint32_t pod)
{
    const struct kps_live_pod *p = &kube->live->pods.v[pod];
    return (struct kps_live_seeker){.ports = p->ports,
                                    .where = p->where,
                                    .labels = p->labels,
                                    .namespace = p->namespace,
                                    .priority = p->priority,
                                    .fixed_node = -1,
                                    .n = 1,
                                    .pod = (int32_t)pod,
                                    .never_preempts = p->never_preempts};
}

uint32_t kps_live_add_seeker(struct kps_live_board *board, const struct kps_live_seeker *like)
{
    const struct kps_kube *kube = board->kube;
    struct kps_live_seeker *seeker = kps_vec_push(&board->seekers);
    *seeker = *like;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint8_t *marks = KPS_NEW_N(scratch, uint8_t, (size_t)kube->nodes.n + 1);
    uint8_t *selected = KPS_NEW_N(kube->arena, uint8_t, (size_t)kube->nodes.n + 1);
    uint8_t *admits = KPS_NEW_N(kube->arena, uint8_t, (size_t)kube->nodes.n + 1);
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        const struct kps_kube_node *node = &kube->nodes.v[i];
        bool fits = (seeker->fixed_node < 0 || (uint32_t)seeker->fixed_node == i) &&
                    (kube->live->are_nodes_presumed ||
                     kps_node_accepts(seeker->where->nodes, node->labels));
        for (uint32_t k = 0; k < node->n_taints && fits; k++) {
            fits = kps_live_tolerates(seeker, &node->taints[k]);
        }
        selected[i] = admits[i] = fits;
    }
    for (uint32_t t = 0; t < seeker->near.n && !seeker->is_bound; t++) {
        /* a pod that selects itself may be the first of its kind */
        if (!selects_itself(seeker, &seeker->near.v[t])) {
            mark_neighbours(board, seeker, &seeker->near.v[t], marks);
            for (uint32_t i = 0; i < kube->nodes.n; i++) {
                admits[i] = admits[i] && marks[i];
            }
        }
    }
    for (uint32_t t = 0; t < seeker->where->apart.n && !seeker->is_bound; t++) {
        const struct kps_anti_term *term = &seeker->where->apart.v[t];
        mark_neighbours(board, seeker, term, marks);
        for (uint32_t i = 0; i < kube->nodes.n; i++) {
            admits[i] = admits[i] && (!marks[i] || selects_itself(seeker, term));
        }
    }
    seeker->selected = selected;
    seeker->admits = admits;
    seeker->is_shunned = is_shunned(board, seeker);
    board->has_shy_seekers |= seeker->where->apart.n > 0;
    return board->seekers.n - 1;
}

const struct kps_live_occupant *kps_live_next_holder(const struct kps_live_board *board,
                                                     struct kps_live_ports ports, uint32_t node,
                                                     const struct kps_live_occupant *o)
{
    uint32_t at = o ? o->next : board->first[node];
    for (; at; at = o->next) {
        o = &board->occupants.v[at - 1];
        if (kps_live_ports_clash(ports, ports_of(board, o))) {
            return o;
        }
    }
    return NULL;
}

bool kps_live_is_free(const struct kps_live_board *board, struct kps_live_ports ports,
                      uint32_t node, int32_t *ret_pod)
{
    *ret_pod = -1;
    bool is_free = true;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, ports, node, o)) != NULL) {
        *ret_pod = o->pod >= 0 ? o->pod : *ret_pod;
        is_free = false;
    }
    return is_free;
}

uint32_t kps_live_count_held(const struct kps_live_board *board, const struct kps_live_seeker *s,
                             struct kps_live_ports ports)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < board->kube->nodes.n; i++) {
        int32_t holder = -1;
        n += s->selected[i] && !kps_live_is_free(board, ports, i, &holder) ? 1 : 0;
    }
    return n;
}

/* Return the only seeker with a pod in the way on a node; -1: none, or a pod that stays. */
static int32_t find_movable(const struct kps_live_board *board, const struct kps_live_seeker *s,
                            uint32_t node)
{
    int32_t found = -1;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, s->ports, node, o)) != NULL) {
        if (o->pod >= 0 || found >= 0) {
            return -1;
        }
        found = o->seeker;
    }
    return found;
}

/* Return whether a term of a seeker counts an occupant of a node. */
static bool counts_occupant(const struct kps_live_board *board, const struct kps_live_seeker *s,
                            const struct kps_anti_term *term, const struct kps_live_occupant *o)
{
    struct kps_anti_affinity one = {term, 1};
    const struct kps_live_pod *pod = o->pod >= 0 ? &board->kube->live->pods.v[o->pod] : NULL;
    const struct kps_live_seeker *t = pod ? NULL : &board->seekers.v[o->seeker];
    if (term->own_revision && pod && (pod->controller != s->controller || pod->is_replaced)) {
        return false;
    }
    if (term->own_revision && t && t->controller != s->controller) {
        return false;
    }
    struct kps_labels labels = pod ? pod->labels : t->labels;
    struct kps_sv namespace = pod ? pod->namespace : t->namespace;
    return kps_anti_affinity_apart(one, s->namespace, labels, namespace) != KPS_APART_NO;
}

/*
 * Count the live pods and the pods of the apply that a term selects in the domain of each node;
 * UINT32_MAX: the node is in none. Nodes that are not `included` (NULL: all are) make no domain.
 * Return: the number of domains.
 */
static uint32_t count_domains(const struct kps_live_board *board, const struct kps_live_seeker *s,
                              const struct kps_anti_term *term, const uint8_t *included,
                              uint32_t *counts)
{
    const struct kps_kube *kube = board->kube;
    struct kps_map domains = {0};
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        struct kps_sv domain = kps_labels_get(kube->nodes.v[i].labels, term->topology_key);
        bool is_counted = domain.p && (!included || included[i]);
        uint32_t *n = is_counted ? kps_map_put(&domains, scratch, domain, 0) : NULL;
        for (uint32_t at = board->first[i]; n && at; at = board->occupants.v[at - 1].next) {
            *n += counts_occupant(board, s, term, &board->occupants.v[at - 1]);
        }
    }
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        struct kps_sv domain = kps_labels_get(kube->nodes.v[i].labels, term->topology_key);
        counts[i] = domain.p ? kps_map_get(&domains, domain, 0) : UINT32_MAX;
    }
    return domains.n;
}

/* Return whether a constraint of a seeker counts the pods of a node: nodeAffinityPolicy and
 * nodeTaintsPolicy; a node lacks no label of the constraints. */
static bool includes_node(const struct kps_live_seeker *s, const struct kps_live_spread *spread,
                          const struct kps_kube_node *node)
{
    bool is_included = spread->ignores_rules || kps_node_accepts(s->where->nodes, node->labels);
    for (uint32_t i = 0; i < s->n_spreads && is_included; i++) {
        is_included = kps_labels_get(node->labels, s->spreads[i].term.topology_key).p != NULL;
    }
    for (uint32_t i = 0; spread->honors_taints && i < node->n_taints && is_included; i++) {
        is_included = kps_live_tolerates(s, &node->taints[i]);
    }
    return is_included;
}

/* Room for one look at all nodes. */
struct look {
    uint32_t *counts;
    uint8_t *included, *closed;
};

/* Close the domains that another pod would make too full for a spread constraint. */
static void close_by_spread(const struct kps_live_board *board, const struct kps_live_seeker *s,
                            const struct kps_live_spread *spread, const struct look *look)
{
    uint32_t n = board->kube->nodes.n;
    uint32_t least = UINT32_MAX;
    uint32_t itself = selects_itself(s, &spread->term) ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        look->included[i] = includes_node(s, spread, &board->kube->nodes.v[i]);
    }
    uint32_t n_domains = count_domains(board, s, &spread->term, look->included, look->counts);
    for (uint32_t i = 0; i < n; i++) {
        bool is_lower = look->included[i] && look->counts[i] < least;
        least = is_lower ? look->counts[i] : least;
    }
    least = n_domains < spread->least_domains ? 0 : least;
    for (uint32_t i = 0; i < n; i++) {
        bool is_open = look->counts[i] != UINT32_MAX &&
                       (uint64_t)look->counts[i] + itself <= (uint64_t)least + spread->most;
        look->closed[i] |= !is_open;
    }
}

/* Close the domains of pods of the apply that keep the pods of a seeker away. */
static void close_by_seekers(const struct kps_live_board *board, const struct kps_live_seeker *s,
                             const struct look *look)
{
    for (uint32_t k = 0; k < board->seekers.n; k++) {
        const struct kps_live_seeker *t = &board->seekers.v[k];
        for (uint32_t a = 0; t->placed && a < t->where->apart.n; a++) {
            const struct kps_anti_term *term = &t->where->apart.v[a];
            bool is_of_kind = !term->own_revision || t->controller == s->controller;
            if (is_of_kind && selects_seeker(term, t->namespace, s)) {
                mark_domains_of(board, term->topology_key, (int32_t)k, look->closed);
            }
        }
    }
}

/* Close the domains of live pods that keep the pods of a seeker away. */
static void close_by_live_pods(const struct kps_live_board *board, const struct kps_live_seeker *s,
                               const struct look *look)
{
    for (uint32_t i = 0; i < board->shy.n && s->is_shunned; i++) {
        const struct kps_live_pod *pod = &board->kube->live->pods.v[board->shy.v[i]];
        for (uint32_t a = 0; !pod->is_gone && a < pod->where->apart.n; a++) {
            const struct kps_anti_term *term = &pod->where->apart.v[a];
            bool is_of_kind =
                !term->own_revision || (pod->controller == s->controller && !pod->is_replaced);
            if (is_of_kind && selects_seeker(term, pod->namespace, s)) {
                mark_domain(board, term->topology_key, (uint32_t)pod->node, look->closed);
            }
        }
    }
}

/* Mark the nodes that the pods so far close to one more of a seeker: by spread constraints, by
 * anti-affinity to its own kind, and by the anti-affinity of other pods. Affinity to its own kind
 * closes the other domains as soon as there is such a pod. */
static void close_domains(const struct kps_live_board *board, const struct kps_live_seeker *s,
                          const struct look *look)
{
    uint32_t n = board->kube->nodes.n;
    for (uint32_t k = 0; k < s->n_spreads; k++) {
        close_by_spread(board, s, &s->spreads[k], look);
    }
    for (uint32_t k = 0; k < s->where->apart.n; k++) {
        if (selects_itself(s, &s->where->apart.v[k])) {
            (void)count_domains(board, s, &s->where->apart.v[k], NULL, look->counts);
            for (uint32_t i = 0; i < n; i++) {
                look->closed[i] =
                    look->closed[i] || (look->counts[i] != UINT32_MAX && look->counts[i] > 0);
            }
        }
    }
    for (uint32_t k = 0; k < s->near.n; k++) {
        bool has_any = false;
        if (selects_itself(s, &s->near.v[k])) {
            (void)count_domains(board, s, &s->near.v[k], NULL, look->counts);
            for (uint32_t i = 0; i < n; i++) {
                has_any |= look->counts[i] != UINT32_MAX && look->counts[i] > 0;
            }
        }
        for (uint32_t i = 0; i < n && has_any; i++) {
            bool is_near = look->counts[i] != UINT32_MAX && look->counts[i] > 0;
            look->closed[i] |= !is_near;
        }
    }
    close_by_live_pods(board, s, look);
    close_by_seekers(board, s, look);
}

/* Return the nodes without room for another pod of a seeker; NULL: no such node. */
static const uint8_t *list_closed(const struct kps_live_board *board, uint32_t seeker,
                                  struct kps_arena *scratch)
{
    const struct kps_live_seeker *s = &board->seekers.v[seeker];
    size_t n = (size_t)board->kube->nodes.n + 1;
    bool is_free = s->n_spreads == 0 && s->where->apart.n == 0 && s->near.n == 0 &&
                   !s->is_shunned && !board->has_shy_seekers;
    if (is_free || s->is_bound) {
        return NULL;
    }
    const struct look look = {KPS_NEW_N(scratch, uint32_t, n), KPS_NEW_N(scratch, uint8_t, n),
                              KPS_NEW_N(scratch, uint8_t, n)};
    close_domains(board, s, &look);
    return look.closed;
}

static bool find_node(struct kps_live_board *board, uint32_t seeker, uint32_t depth)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t n = board->kube->nodes.n;
    int32_t holder = -1;
    const struct kps_live_seeker *s = &board->seekers.v[seeker];
    board->seen[seeker] = 1;
    const uint8_t *closed = list_closed(board, seeker, scratch);
    for (uint32_t i = 0; i < n; i++) {
        if (s->admits[i] && !(closed && closed[i]) &&
            kps_live_is_free(board, s->ports, i, &holder)) {
            add_occupant(board, i, -1, (int32_t)seeker);
            return true;
        }
    }
    if (depth == DEEPEST_PATH) {
        board->is_inexact = true;
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool is_open = s->admits[i] && !(closed && closed[i]);
        int32_t other = is_open ? find_movable(board, s, i) : -1;
        if (other >= 0 && !board->seen[other] && find_node(board, (uint32_t)other, depth + 1)) {
            (void)take_off(board, i, -1, other);
            add_occupant(board, i, -1, (int32_t)seeker);
            return true;
        }
    }
    return false;
}

/* Return the highest priority of the pods in the way on a node; *ret_own: a pod that came with the
 * apply is among them. */
static int64_t rank_victims(const struct kps_live_board *board, const struct kps_live_seeker *s,
                            uint32_t node)
{
    int64_t highest = INT64_MIN;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, s->ports, node, o)) != NULL) {
        int32_t priority = priority_of(board, o);
        highest = priority > highest ? priority : highest;
    }
    return highest;
}

/* Let the controller of an evicted pod make another one. */
static void replace_victim(struct kps_live_board *board, int32_t pod)
{
    const struct kps_live_pod *p = &board->kube->live->pods.v[pod];
    bool is_daemon = kps_sv_is(p->kind, "DaemonSet");
    if (p->owner.n == 0 || p->is_replaced) {
        return;
    }
    struct kps_live_seeker s = kps_live_seeker_of(board->kube, (uint32_t)pod);
    s.fixed_node = is_daemon ? p->node : -1;
    s.is_daemon = is_daemon;
    s.is_victim = true;
    (void)kps_live_add_seeker(board, &s);
}

/* Return the controller of the only pod in the way on a node; 0: there are more, or it has none. */
static uint64_t find_loser(const struct kps_live_board *board, const struct kps_live_seeker *s,
                           uint32_t node)
{
    uint64_t found = 0;
    uint32_t n = 0;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, s->ports, node, o)) != NULL) {
        found = o->pod >= 0 ? board->kube->live->pods.v[o->pod].controller : 0;
        n++;
    }
    return n == 1 ? found : 0;
}

static void evict_pods(struct kps_live_board *board, uint32_t seeker, uint32_t node,
                       uint32_t n_equal, bool is_of_one)
{
    struct kps_live_ports ports = board->seekers.v[seeker].ports;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, ports, node, o)) != NULL) {
        (void)take_off(board, node, o->pod, o->seeker);
        if (o->pod >= 0) {
            board->kube->live->pods.v[o->pod].is_gone = true;
            *kps_vec_push(&board->evictions) =
                (struct kps_live_eviction){o->pod, seeker, (int32_t)node, n_equal, is_of_one};
            replace_victim(board, o->pod);
        } else {
            board->seekers.v[o->seeker].placed--;
        }
    }
    add_occupant(board, node, -1, (int32_t)seeker);
}

/* Place one pod in the stead of pods of lower priority. */
static bool preempt_pods(struct kps_live_board *board, uint32_t seeker)
{
    const struct kps_live_seeker *s = &board->seekers.v[seeker];
    int64_t lowest = s->priority;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const uint8_t *closed = list_closed(board, seeker, scratch);
    uint32_t best = UINT32_MAX;
    uint32_t n_equal = 0;
    uint64_t loser = 0;
    for (uint32_t i = 0; i < board->kube->nodes.n && !s->never_preempts && !s->is_bound; i++) {
        if (s->admits[i] && !(closed && closed[i])) {
            int64_t highest = rank_victims(board, s, i);
            if (highest < lowest && highest != INT64_MIN) {
                lowest = highest;
                best = i;
                n_equal = 1;
                loser = find_loser(board, s, i);
            } else if (highest == lowest && best != UINT32_MAX) {
                n_equal++;
                loser = loser == find_loser(board, s, i) ? loser : 0;
            }
        }
    }
    if (best != UINT32_MAX) {
        evict_pods(board, seeker, best, n_equal, loser != 0);
    }
    return best != UINT32_MAX;
}

/* Begin a search: no seeker was looked at. */
static void forget_search(struct kps_live_board *board)
{
    if (board->seekers.n > board->n_seen) {
        board->n_seen = board->seekers.n * 2 + 64;
        board->seen = KPS_NEW_N(board->kube->arena, uint8_t, board->n_seen);
    }
    memset(board->seen, 0, board->n_seen);
}

static bool place_seeker(struct kps_live_board *board, uint32_t seeker)
{
    bool any = false;
    while (board->seekers.v[seeker].placed < board->seekers.v[seeker].n) {
        forget_search(board);
        if (!find_node(board, seeker, 0) && !preempt_pods(board, seeker)) {
            break;
        }
        board->seekers.v[seeker].placed++;
        any = true;
    }
    return any;
}

/* The order of the scheduler's queue. */
static bool comes_before(const struct kps_live_seeker *a, const struct kps_live_seeker *b)
{
    if (a->is_bound != b->is_bound) {
        return a->is_bound; /* the kubelet asks no scheduler */
    }
    if (a->priority != b->priority) {
        return a->priority > b->priority;
    }
    return a->was_waiting && !b->was_waiting;
}

bool kps_live_place_all(struct kps_live_board *board)
{
    bool any = false;
    uint32_t done = 0;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint8_t *served = KPS_NEW_N(scratch, uint8_t, (size_t)board->seekers.n * 2 + 64);
    uint32_t room = board->seekers.n * 2 + 64;
    for (; done < board->seekers.n && board->seekers.n < room; done++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < board->seekers.n; i++) {
            if (!served[i] && (next == UINT32_MAX ||
                               comes_before(&board->seekers.v[i], &board->seekers.v[next]))) {
                next = i;
            }
        }
        served[next] = 1;
        any = place_seeker(board, next) || any;
    }
    return any;
}
