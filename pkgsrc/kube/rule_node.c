#include "kube/host_port_requests.h"

#include <string.h>

#include "base/buf.h"

/*
 * KP203: workloads that want one port of the same node.
 *
 * How this works. Wishes are grouped by protocol and port. Inside a group, wishes that say the same
 * about nodes, tolerations, address and so on form one class: 20,000 Deployments of one chart are
 * one class, compared once. Classes are compared pair by pair, except that classes which fix one
 * label (usually the node's name) to different values are never compared with each other. Classes
 * that can meet are joined; each joined set is one finding.
 */
struct class
{
    const struct kps_kube_port_request *one; /* stands for all its members */
    const struct kps_kube_port_request *two; /* a member of another identity, or NULL */
    struct kps_sv fixed;                     /* its value of the label that the group is split by */
    uint32_t parent;                         /* of the joined set */
    uint32_t edges;                          /* to classes of its set, itself included */
    bool linked;
};

struct group {
    struct kps_kube *kube;
    struct kps_arena *arena;
    struct kps_kube_port_request *wants;
    uint32_t n;
    uint32_t *class_of; /* by want */
    struct class *classes;
    uint32_t n_classes;
    uint64_t compared;
};

/* Pairs of classes that are compared in one group; a hostile file could ask for far more. */
static const uint64_t MOST_PAIRS = 3000 * 1000;

static void add_sv(struct kps_buf *buf, struct kps_sv text)
{
    kps_buf_add(buf, text);
    kps_buf_char(buf, '\x01');
}

static void add_reqs(struct kps_buf *buf, const struct kps_node_req *reqs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add_sv(buf, reqs[i].key);
        kps_buf_char(buf, (char)('a' + (int)reqs[i].op));
        for (uint32_t k = 0; k < reqs[i].n_values; k++) {
            add_sv(buf, reqs[i].values[k]);
        }
        kps_buf_char(buf, '\x02');
    }
    kps_buf_char(buf, '\x03');
}

/* Add the host ports that keep pods of the workload off a node. */
static void add_scheduled(struct kps_buf *buf, const struct kps_kube_workload *w)
{
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        for (uint32_t k = 0; k < w->pod.containers[i].n_ports; k++) {
            const struct kps_kube_port *port = &w->pod.containers[i].ports[k];
            if (port->scheduled) {
                kps_buf_fmt(buf, "%u/%u", port->host, port->protocol);
                add_sv(buf, kps_kube_host_ip(port));
            }
        }
    }
}

/* Everything that kps_kube_can_share_node looks at, as text. */
static struct kps_sv signature(struct kps_arena *arena, const struct kps_kube_port_request *want,
                               bool with_labels, bool with_ports)
{
    const struct kps_kube_workload *w = want->w;
    const struct kps_node_constraint *nodes = w->pod.where->nodes;
    struct kps_buf buf = KPS_BUF(arena);
    kps_buf_char(&buf, kps_kube_is_every(w) ? 'e' : 'c');
    kps_buf_char(&buf, want->unseen ? 'u' : 's');
    kps_buf_char(&buf, (w->flags & KPS_KUBE_HELD) ? 'h' : 'w');
    kps_buf_char(&buf, w->pod.host_network ? 'n' : 'p');
    add_sv(&buf, kps_kube_host_ip(want->port));
    add_reqs(&buf, nodes->always.reqs, nodes->always.n);
    for (uint32_t i = 0; nodes->has_terms && i < nodes->n_terms; i++) {
        add_reqs(&buf, nodes->terms[i].reqs, nodes->terms[i].n);
    }
    kps_buf_char(&buf, nodes->has_terms ? 't' : '-');
    if (with_ports) {
        add_scheduled(&buf, w);
    }
    for (uint32_t i = 0; i < w->pod.where->tolerations.n; i++) {
        const struct kps_toleration *t = &w->pod.where->tolerations.v[i];
        add_sv(&buf, t->key);
        add_sv(&buf, t->value);
        add_sv(&buf, t->effect);
        kps_buf_char(&buf, t->exists ? 'x' : '=');
    }
    if (with_labels) {
        add_sv(&buf, w->id.head->namespace);
        for (uint32_t i = 0; i < w->pod.labels.n; i++) {
            add_sv(&buf, w->pod.labels.v[i].key);
            add_sv(&buf, w->pod.labels.v[i].value);
        }
        if (w->pod.where->apart.n) {
            kps_buf_fmt(&buf, "%u", want->order);
        }
    }
    return kps_buf_sv(&buf);
}

static void classify(struct group *g)
{
    struct kps_map by_signature = {0};
    bool with_labels = false;
    bool with_ports = false;
    for (uint32_t i = 0; i < g->n; i++) {
        with_labels = with_labels || g->wants[i].w->pod.where->apart.n > 0;
        with_ports = with_ports || g->wants[i].unseen;
    }
    g->classes = KPS_NEW_N(g->arena, struct class, g->n);
    g->class_of = KPS_NEW_N(g->arena, uint32_t, g->n);
    struct kps_arena *words KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (uint32_t i = 0; i < g->n; i++) {
        struct kps_sv key = signature(words, &g->wants[i], with_labels, with_ports);
        uint32_t at = kps_map_get(&by_signature, key, g->n_classes);
        struct class *class = &g->classes[at];
        if (at == g->n_classes) {
            bool is_new = false;
            (void)kps_map_put(&by_signature, g->arena, kps_sv_copy(g->arena, key), at, &is_new);
            *class = (struct class){.one = &g->wants[i], .parent = at};
            g->n_classes++;
        } else if (!class->two && class->one->w->id.identity != g->wants[i].w->id.identity) {
            class->two = &g->wants[i];
        }
        g->class_of[i] = at;
        kps_arena_reset(words);
    }
}

static uint32_t root_of(struct group *g, uint32_t at)
{
    while (g->classes[at].parent != at) {
        g->classes[at].parent = g->classes[g->classes[at].parent].parent;
        at = g->classes[at].parent;
    }
    return at;
}

/* The strongest meeting of each joined set, kept at its root. */
struct best {
    const struct kps_kube_port_request *a, *b;
    struct kps_meeting meeting;
};

/* Two members of different identity, one of each class; false when there are none. */
static bool pick_pair(const struct class *x, const struct class *y,
                      const struct kps_kube_port_request **a,
                      const struct kps_kube_port_request **b)
{
    *a = x->one;
    *b = x == y ? x->two : y->one;
    if (x != y && (*a)->w->id.identity == (*b)->w->id.identity) {
        *a = x->two ? x->two : x->one;
        *b = x->two ? y->one : y->two;
    }
    return *b != NULL;
}

static void join(struct group *g, struct best *best, uint32_t x, uint32_t y)
{
    const struct kps_kube_port_request *a = NULL;
    const struct kps_kube_port_request *b = NULL;
    if (!pick_pair(&g->classes[x], &g->classes[y], &a, &b)) {
        return;
    }
    g->compared++;
    struct kps_meeting meeting = kps_kube_can_share_node(a, b);
    if (meeting.meet == KPS_MEET_NEVER) {
        return;
    }
    uint32_t rx = root_of(g, x);
    uint32_t ry = root_of(g, y);
    g->classes[x].linked = true;
    g->classes[y].linked = true;
    g->classes[x].edges++;
    g->classes[y].edges += x == y ? 0 : 1;
    struct best winner = best[rx].meeting.meet >= best[ry].meeting.meet ? best[rx] : best[ry];
    if (meeting.meet > winner.meeting.meet) {
        winner = (struct best){a, b, meeting};
    }
    g->classes[ry].parent = rx;
    best[rx] = winner;
}

/* The label whose fixed value splits the classes best: the one that most of them fix. */
static struct kps_sv splitting_key(struct group *g)
{
    struct kps_map seen = {0};
    struct kps_sv most = {NULL, 0};
    uint32_t most_n = 0;
    for (uint32_t i = 0; i < g->n_classes; i++) {
        const struct kps_node_term *always = &g->classes[i].one->w->pod.where->nodes->always;
        for (uint32_t k = 0; k < always->n; k++) {
            bool is_new = false;
            uint32_t *count = kps_map_put(&seen, g->arena, always->reqs[k].key, 0, &is_new);
            if (++*count > most_n) {
                most_n = *count;
                most = always->reqs[k].key;
            }
        }
    }
    return most.n ? most : SV(KPS_NODE_NAME_KEY);
}

/* Compares the classes that can meet at all; false when there are too many pairs. */
static bool compare(struct group *g, struct best *best)
{
    struct kps_sv key = splitting_key(g);
    struct kps_map heads = {0}; /* fixed value -> 1 + the class that had it last */
    uint32_t *before = KPS_NEW_N(g->arena, uint32_t, g->n_classes + 1);
    uint32_t last_open = 0; /* 1 + the class without a fixed value that came last */
    for (uint32_t i = 0; i < g->n_classes && g->compared < MOST_PAIRS; i++) {
        struct class *class = &g->classes[i];
        class->fixed = kps_node_fixed(class->one->w->pod.where->nodes, key);
        join(g, best, i, i);
        for (uint32_t k = last_open; k; k = before[k - 1]) {
            join(g, best, k - 1, i);
        }
        if (class->fixed.n) {
            bool is_new = false;
            uint32_t *head = kps_map_put(&heads, g->arena, class->fixed, 0, &is_new);
            for (uint32_t k = *head; k; k = before[k - 1]) {
                join(g, best, k - 1, i);
            }
            before[i] = *head;
            *head = i + 1;
            continue;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (g->classes[k].fixed.n) {
                join(g, best, k, i);
            }
        }
        before[i] = last_open;
        last_open = i + 1;
    }
    return g->compared < MOST_PAIRS;
}

/* The members of a set, the last of each identity, in order. */
static uint32_t members_of(struct group *g, uint32_t root, const struct kps_kube_port_request **out)
{
    struct kps_map seen = {0};
    uint32_t n = 0;
    for (uint32_t i = g->n; i-- > 0;) {
        struct kps_kube_port_request *want = &g->wants[i];
        if (!g->classes[g->class_of[i]].linked || root_of(g, g->class_of[i]) != root) {
            continue;
        }
        bool is_new = false;
        struct kps_sv key = {(const char *)&want->w->id.identity, sizeof(want->w->id.identity)};
        (void)kps_map_put(&seen, g->arena, key, 0, &is_new);
        if (is_new) {
            out[n++] = want;
        }
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        const struct kps_kube_port_request *other = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = other;
    }
    return n;
}

/* Other rules leave the ports of the set to this finding. */
static void mark_contended(struct group *g, uint32_t root)
{
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->classes[g->class_of[i]].linked && root_of(g, g->class_of[i]) == root) {
            g->wants[i].port->contended = true;
        }
    }
}

static bool all_variants(const struct kps_kube_clash *clash)
{
    for (uint32_t i = 1; i < clash->n; i++) {
        const struct kps_kube_workload *a = clash->members[i - 1]->w;
        const struct kps_kube_workload *b = clash->members[i]->w;
        if (!kps_kube_are_variants(&a->id, &b->id)) {
            return false;
        }
    }
    return true;
}

/* Whether every class of the set meets every other, so that each pod needs a node of its own. */
static bool is_clique(struct group *g, uint32_t root)
{
    uint32_t classes = 0;
    for (uint32_t i = 0; i < g->n_classes; i++) {
        classes += g->classes[i].linked && root_of(g, i) == root ? 1 : 0;
    }
    for (uint32_t i = 0; i < g->n_classes; i++) {
        bool inside = g->classes[i].linked && root_of(g, i) == root;
        uint32_t own = g->classes[i].two ? 1 : 0;
        if (inside && g->classes[i].edges < classes - 1 + own) {
            return false;
        }
    }
    return true;
}

static void finish_set(struct group *g, uint32_t root, const struct best *best,
                       const struct kps_kube_port_request **room)
{
    struct kps_kube_clash clash = {
        .members = room, .a = best->a, .b = best->b, .meeting = best->meeting};
    clash.n = members_of(g, root, room);
    clash.variants = all_variants(&clash);
    bool seen = best->meeting.reason == KPS_MEET_COUNT;
    for (uint32_t i = 0; i < clash.n; i++) {
        clash.pods += clash.members[i]->w->copies;
        seen = seen && !clash.members[i]->unseen && !kps_kube_is_every(clash.members[i]->w);
    }
    if (g->kube->options.nodes && clash.pods > g->kube->options.nodes && seen &&
        is_clique(g, root)) {
        clash.too_few = true;
        clash.meeting.meet = KPS_MEET_CERTAIN;
    }
    /* A note about variants, which are hardly applied together, hides no other finding. */
    if (!clash.variants || clash.meeting.meet == KPS_MEET_CERTAIN) {
        mark_contended(g, root);
    }
    kps_kube_say_clash(g->kube, &clash);
}

static void say_incomplete(struct group *g)
{
    struct kps_finding *finding = kps_kube_add_finding(
        g->kube, KPS_RULE_SCAN_INCOMPLETE, KPS_WARNING, KPS_CERTAIN,
        "only some of the %u kinds of workloads that want hostPort %u were compared", g->n_classes,
        g->wants[0].port->host);
    kps_kube_party_request(g->kube, finding, &g->wants[0], SV("one of them"));
    g->kube->diag->incomplete = true;
}

/* Copies of one workload that listen without the scheduler's knowledge can land on one node. */
static void check_copies(struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        const struct kps_kube_port_request *want = &g->wants[i];
        if (!want->unseen || want->port->contended || want->c->role == KPS_KUBE_INIT ||
            want->w->copies < 2 || kps_kube_is_every(want->w) || kps_kube_replicas_apart(want->w)) {
            continue;
        }
        want->port->contended = true;
        const struct kps_kube_port_request *self[] = {want};
        const struct kps_kube_clash clash = {.members = self,
                                             .n = 1,
                                             .a = want,
                                             .b = want,
                                             .meeting = {KPS_MEET_POSSIBLE, KPS_MEET_UNSEEN},
                                             .pods = want->w->copies};
        kps_kube_say_clash(g->kube, &clash);
    }
}

static void check_group(struct kps_kube *kube, struct kps_kube_port_request *wants, uint32_t n,
                        struct kps_arena *scratch)
{
    struct group g = {.kube = kube, .arena = scratch, .wants = wants, .n = n};
    if (n > 1) {
        classify(&g);
        struct best *best = KPS_NEW_N(scratch, struct best, g.n_classes);
        const struct kps_kube_port_request **room =
            KPS_NEW_N(scratch, const struct kps_kube_port_request *, n);
        if (!compare(&g, best)) {
            say_incomplete(&g);
        }
        for (uint32_t i = 0; i < g.n_classes; i++) {
            if (g.classes[i].linked && root_of(&g, i) == i) {
                finish_set(&g, i, &best[i], room);
            }
        }
    }
    check_copies(&g);
}

void kps_kube_check_nodes(struct kps_kube *kube)
{
    struct kps_arena *of_group KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_kube_port_requests wants = kps_kube_port_requests(kube);
    for (uint32_t from = 0, to = 0; from < wants.n; from = to) {
        to = kps_kube_port_requests_end(wants, from);
        check_group(kube, wants.v + from, to - from, of_group);
        kps_arena_reset(of_group);
    }
}
