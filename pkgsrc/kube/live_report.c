#include "kube/host_port_requests.h"
#include "kube/live_apply.h"

#include <stdlib.h>

#include "base/buf.h"

/* The words of KP401 and KP403. */

/* Return the port of a plan that is bound on most nodes. */
static struct kps_kube_port_request find_request(struct kps_live_apply *apply,
                                                 const struct kps_live_plan *plan,
                                                 const struct kps_live_seeker *s)
{
    struct kps_kube_port_request best = {NULL, NULL};
    uint32_t most = 0;
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(plan->w, at)).port) {
        struct kps_live_port one = {kps_kube_host_ip(at.port), at.port->host, at.port->protocol};
        if (!at.port->host || !at.port->scheduled) {
            continue;
        }
        uint32_t n_held = kps_live_count_held(&apply->board, s, (struct kps_live_ports){&one, 1});
        if (!best.port || n_held > most) {
            best = at;
            most = n_held;
        }
    }
    return best;
}

enum { MOST_NAMED = 6, MOST_LINES = 4 };

static const struct kps_sv OWN_PODS = SV_LIT("its own pods");

/* Nodes of the same kind, for a line. */
struct node_line {
    struct kps_sv words; /* the holder of the port, or the reason against the nodes */
    int32_t pod;         /* the live pod with the port; -1: none */
    struct kps_buf names;
    uint32_t n;
};

struct node_lines {
    struct node_line v[MOST_LINES];
    uint32_t n;
    uint32_t n_others; /* nodes of further kinds */
};

/* Add a node to the line with these words. Return: the line; NULL: there are too many lines. */
static struct node_line *add_node(struct kps_kube *kube, struct node_lines *lines,
                                  struct kps_sv words, uint32_t node)
{
    uint32_t at = 0;
    while (at < lines->n && !kps_sv_eq(lines->v[at].words, words)) {
        at++;
    }
    if (at == MOST_LINES) {
        lines->n_others++;
        return NULL;
    }
    if (at == lines->n) {
        lines->v[lines->n++] =
            (struct node_line){.words = words, .pod = -1, .names = KPS_BUF(kube->arena)};
    }
    struct node_line *line = &lines->v[at];
    if (line->n++ < MOST_NAMED) {
        struct kps_sv name = kps_kube_node_name(&kube->nodes.v[node]);
        kps_buf_fmt(&line->names, "%s%.*s", line->n > 1 ? ", " : "", SV_ARG(name));
    }
    return line;
}

/* Word the nodes of a line: "n1, n2 and 3 more". */
static struct kps_sv end_line(struct node_line *line)
{
    if (line->n > MOST_NAMED) {
        kps_buf_fmt(&line->names, " and %u more", line->n - MOST_NAMED);
    }
    return kps_buf_sv(&line->names);
}

static bool is_cordon(const struct kps_taint *taint)
{
    return kps_sv_is(taint->key, "node.kubernetes.io/unschedulable");
}

/* The filters of the scheduler, in its order; the first that fails is counted for a node. */
enum obstacle { CORDON, TAINT, AFFINITY, POD_AFFINITY, OBSTACLES };

/* Find out why a node does not admit the pods. *ret_words: the taint, or the nodes they want. */
static enum obstacle find_obstacle(struct kps_kube *kube, const struct kps_live_seeker *s,
                                   uint32_t index, struct kps_sv *ret_words)
{
    const struct kps_kube_node *node = &kube->nodes.v[index];
    const struct kps_taint *found = NULL;
    for (uint32_t i = 0; i < node->n_taints; i++) {
        const struct kps_taint *taint = &node->taints[i];
        if (!kps_live_tolerates(s, taint) && (!found || is_cordon(taint))) {
            found = taint;
        }
    }
    if (found && is_cordon(found)) {
        *ret_words = SV("cordoned");
        return CORDON;
    }
    if (found) {
        *ret_words =
            kps_fmt(kube->arena, "taint %.*s%s%.*s:%.*s", SV_ARG(found->key),
                    found->value.n ? "=" : "", SV_ARG(found->value), SV_ARG(found->effect));
        return TAINT;
    }
    if (s->fixed_node >= 0 || !kps_node_accepts(s->where->nodes, node->labels)) {
        struct kps_sv wanted =
            s->fixed_node >= 0 ? kps_fmt(kube->arena, "node '%.*s'",
                                         SV_ARG(kps_kube_node_name(&kube->nodes.v[s->fixed_node])))
                               : kps_node_words(kube->arena, s->where->nodes);
        *ret_words = kps_fmt(kube->arena, "the pods want %.*s", SV_ARG(wanted));
        return AFFINITY;
    }
    *ret_words = SV("affinity to other pods");
    return POD_AFFINITY;
}

/* Word who has a port of the pods on a node: a live workload, or new pods of the inputs. *ret_pod:
 * the live pod; -1: none. */
static struct kps_sv word_holder(const struct kps_live_apply *apply,
                                 const struct kps_live_plan *plan, const struct kps_live_seeker *s,
                                 uint32_t node, int32_t *ret_pod)
{
    const struct kps_live_board *board = &apply->board;
    struct kps_kube *kube = board->kube;
    const struct kps_live_seeker *rival = NULL;
    *ret_pod = -1;
    const struct kps_live_occupant *o = NULL;
    while ((o = kps_live_next_holder(board, s->ports, node, o)) != NULL) {
        *ret_pod = o->pod >= 0 ? o->pod : *ret_pod;
        rival = o->pod < 0 ? &board->seekers.v[o->seeker] : rival;
    }
    if (*ret_pod >= 0) {
        const struct kps_live_pod *pod = &kube->live->pods.v[*ret_pod];
        return pod->controller == plan->pattern.controller ? OWN_PODS
                                                           : kps_live_owner_words(kube->arena, pod);
    }
    if (!rival || !rival->plan) {
        return SV("pods that waited before");
    }
    const struct kps_live_plan *owner = &apply->plans.v[rival->plan - 1];
    return owner == plan
               ? SV("its new pods")
               : kps_fmt(kube->arena, "new pods of %s", kps_kube_title(kube, &owner->w->id).p);
}

static int by_text(const void *left, const void *right)
{
    return kps_sv_cmp(*(const struct kps_sv *)left, *(const struct kps_sv *)right);
}

/* The scheduler's own sentence, as version 1.36 words it: the reasons in the order of their texts.
 * Each pod of a DaemonSet wants one node, and all other nodes are ruled out together. */
static struct kps_sv word_verdict(struct kps_kube *kube, const struct kps_live_plan *plan,
                                  uint32_t held, const uint32_t *obstacles)
{
    const char *const reasons[OBSTACLES] = {
        [CORDON] = "were unschedulable",
        [TAINT] = "had untolerated taint(s)",
        [AFFINITY] = "didn't match Pod's node affinity/selector",
        [POD_AFFINITY] = plan->pattern.near.n ? "didn't match pod affinity rules"
                                              : "didn't match pod anti-affinity rules"};
    struct kps_sv parts[OBSTACLES + 1];
    bool is_daemon = plan->way == KPS_LIVE_DAEMON;
    uint32_t others = is_daemon && kube->nodes.n ? kube->nodes.n - 1 : 0;
    size_t n = 0;
    parts[n++] =
        kps_fmt(kube->arena, "%u node(s) didn't have free ports for the requested pod ports",
                is_daemon ? 1 : held);
    for (size_t i = 0; i < OBSTACLES && !is_daemon; i++) {
        if (obstacles[i]) {
            parts[n++] = kps_fmt(kube->arena, "%u node(s) %s", obstacles[i], reasons[i]);
        }
    }
    if (others) {
        parts[n++] =
            kps_fmt(kube->arena, "%u node(s) didn't satisfy plugin(s) [NodeAffinity]", others);
    }
    qsort(parts, n, sizeof(parts[0]), by_text);
    struct kps_buf *words = kps_buf_new(kube->arena);
    kps_buf_fmt(words, "0/%u nodes are available: ", kube->nodes.n);
    for (size_t i = 0; i < n; i++) {
        kps_buf_fmt(words, "%s%.*s", i ? ", " : "", SV_ARG(parts[i]));
    }
    kps_buf_char(words, '.');
    return kps_buf_sv(words);
}

/* "held on n1, n3 by StatefulSet web/queue; on n2 by its new pods"; a pod alone has its name. */
static void note_held(struct kps_kube *kube, struct kps_finding *finding, struct node_lines *held)
{
    struct kps_buf *words = kps_buf_new(kube->arena);
    for (uint32_t i = 0; i < held->n; i++) {
        struct node_line *line = &held->v[i];
        const struct kps_live_pod *pod = line->pod >= 0 ? &kube->live->pods.v[line->pod] : NULL;
        struct kps_sv names = end_line(line);
        struct kps_sv title = line->words;
        if (line->n == 1 && pod && pod->owner.n) {
            bool is_own = kps_sv_eq(title, OWN_PODS);
            title = kps_live_pod_words(kube->arena, pod);
            title = is_own ? kps_fmt(kube->arena, "its own %.*s", SV_ARG(title))
                           : kps_fmt(kube->arena, "%.*s of %.*s %.*s", SV_ARG(title),
                                     SV_ARG(pod->kind), SV_ARG(pod->owner));
        }
        kps_buf_fmt(words, "%s %.*s by %.*s", i ? "; on" : "held on", SV_ARG(names), SV_ARG(title));
    }
    if (held->n_others) {
        kps_buf_fmt(words, "; on %u more by others", held->n_others);
    }
    if (words->n) {
        kps_finding_note(finding, "%s", kps_buf_sv(words).p);
    }
}

/* "not allowed: g1, g2 (taint gpu=yes:NoSchedule), w3 (cordoned)" */
static void note_closed(struct kps_kube *kube, struct kps_finding *finding,
                        struct node_lines *closed)
{
    struct kps_buf *words = kps_buf_new(kube->arena);
    for (uint32_t i = 0; i < closed->n; i++) {
        struct kps_sv names = end_line(&closed->v[i]);
        kps_buf_fmt(words, "%s%.*s (%.*s)", i ? ", " : "", SV_ARG(names),
                    SV_ARG(closed->v[i].words));
    }
    if (closed->n_others) {
        kps_buf_fmt(words, " and %u more", closed->n_others);
    }
    if (words->n) {
        kps_finding_note(finding, "not allowed: %s", kps_buf_sv(words).p);
    }
}

/* Add a line for the nodes of each kind: free, held by whom, not allowed and why. */
static void note_nodes(struct kps_live_apply *apply, struct kps_finding *finding,
                       const struct kps_live_plan *plan, const struct kps_live_seeker *s)
{
    struct kps_kube *kube = apply->board.kube;
    struct node_lines free_nodes = {.n = 0};
    struct node_lines held = {.n = 0};
    struct node_lines closed = {.n = 0};
    uint32_t obstacles[OBSTACLES] = {0};
    uint32_t n_held = 0;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        int32_t holder = -1;
        struct kps_sv words = {"", 0};
        bool is_free = kps_live_is_free(&apply->board, s->ports, i, &holder);
        if (!s->selected[i] || (is_free && !s->admits[i])) {
            obstacles[find_obstacle(kube, s, i, &words)]++;
            (void)add_node(kube, &closed, words, i);
        } else if (is_free) {
            (void)add_node(kube, &free_nodes, words, i);
        } else {
            n_held++;
            words = word_holder(apply, plan, s, i, &holder);
            struct node_line *line = add_node(kube, &held, words, i);
            if (line) {
                line->pod = holder;
            }
        }
    }
    note_held(kube, finding, &held);
    if (free_nodes.n) {
        struct kps_sv names = end_line(&free_nodes.v[0]);
        kps_finding_note(finding, "free on %.*s", SV_ARG(names));
    }
    note_closed(kube, finding, &closed);
    if (!s->is_bound) {
        finding->up_error = word_verdict(kube, plan, n_held, obstacles);
    }
}

/* Return a port near the requested port that is free on all nodes for the pods. */
static uint16_t find_free_port(struct kps_live_apply *apply, const struct kps_live_seeker *s,
                               const struct kps_kube_port *port)
{
    enum { MOST_TRIED = 200 };
    for (uint32_t tried = 1; tried <= MOST_TRIED && port->host + tried <= UINT16_MAX; tried++) {
        struct kps_live_port one = {kps_kube_host_ip(port), (uint16_t)(port->host + tried),
                                    port->protocol};
        if (kps_live_count_held(&apply->board, s, (struct kps_live_ports){&one, 1}) == 0) {
            return one.port;
        }
    }
    return 0;
}

/* Return the first pods of a plan without a node of which the scheduler says that a port is held:
 * its test of ports comes before that of the affinity to other pods. NULL: none. */
static const struct kps_live_seeker *find_unplaced(const struct kps_live_apply *apply,
                                                   uint32_t plan)
{
    for (uint32_t i = 0; i < apply->board.seekers.n; i++) {
        const struct kps_live_seeker *s = &apply->board.seekers.v[i];
        if (s->plan == plan + 1 && s->placed < s->n &&
            kps_live_count_held(&apply->board, s, s->ports)) {
            return s;
        }
    }
    return NULL;
}

/* Return the seeker of a plan with the nodes of all its pods: those of a DaemonSet look for one
 * node each. */
static struct kps_live_seeker widen_seeker(struct kps_live_apply *apply,
                                           const struct kps_live_plan *plan,
                                           const struct kps_live_seeker *s)
{
    struct kps_live_seeker wide = *s;
    if (plan->way == KPS_LIVE_DAEMON) {
        wide = plan->pattern;
        wide.n = 0;
        uint32_t at = kps_live_add_seeker(&apply->board, &wide);
        wide = apply->board.seekers.v[at];
    }
    return wide;
}

static const char *name_fate(bool is_bound, bool is_sure, uint32_t n)
{
    if (!is_sure) {
        return is_bound ? "may be refused by the kubelet" : "may stay Pending";
    }
    if (is_bound) {
        return n == 1 ? "is refused by the kubelet" : "are refused by the kubelet";
    }
    return n == 1 ? "stays Pending" : "stay Pending";
}

/* Pods of a plan, or of rival plans. */
struct pending {
    uint32_t n, wanted;
    uint32_t n_rivals;
    bool is_presumed;                     /* one of the objects is in no list */
    const struct kps_live_plan *foreign;  /* a plan with a controller beyond Kubernetes */
    const struct kps_live_plan *unranked; /* a plan whose priority class is missing in the lists */
    struct kps_sv names;                  /* "Deployment a and DaemonSet b" */
};

static struct pending sum_up_rivals(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    struct pending pending = {.names = kps_kube_title(kube, &plan->w->id)};
    for (uint32_t i = 0; i < apply->plans.n; i++) {
        const struct kps_live_plan *other = &apply->plans.v[i];
        if (other->rival != plan->rival) {
            continue;
        }
        pending.n += other->n_pending;
        pending.is_presumed |= other->is_presumed && other->n_pending;
        pending.foreign = other->is_foreign && other->n_pending ? other : pending.foreign;
        pending.unranked = other->is_rank_unknown && other->n_pending ? other : pending.unranked;
        pending.wanted += other->wanted;
        pending.n_rivals += other == plan ? 0 : 1;
        if (other != plan && pending.n_rivals < 4) {
            pending.names = kps_fmt(kube->arena, "%.*s and %s", SV_ARG(pending.names),
                                    kps_kube_title(kube, &other->w->id).p);
        }
    }
    return pending;
}

/* Say what is not known of the pods, and so makes their fate uncertain. */
static void note_doubts(struct kps_kube *kube, struct kps_finding *finding,
                        const struct pending *pending)
{
    if (pending->unranked) {
        kps_finding_note(finding,
                         "no list has the priority class '%.*s': with a value above the holders' "
                         "the pods have holders evicted instead",
                         SV_ARG(pending->unranked->w->pod.where->priority));
    }
    if (kube->live->are_nodes_presumed) {
        kps_finding_note(finding,
                         "no list has the nodes: their number is that of --nodes, and labels and "
                         "taints are not known");
    }
    if (pending->foreign) {
        kps_finding_note(finding,
                         "a controller beyond Kubernetes itself makes the pods of a %.*s: how it "
                         "starts and replaces them is not known",
                         SV_ARG(pending->foreign->w->id.head->group.kind));
    }
    if (pending->is_presumed) {
        kps_finding_note(finding,
                         "the cluster has its pods already, but no list has the object: what the "
                         "apply changes is not known");
    }
}

static void note_pending(struct kps_kube *kube, struct kps_finding *finding,
                         const struct kps_live_plan *plan, const struct pending *pending,
                         uint32_t total)
{
    uint32_t fit = pending->wanted > pending->n ? pending->wanted - pending->n : 0;
    if (pending->n_rivals) {
        kps_finding_note(
            finding, "which of them wait depends on the order in which the scheduler sees them");
    }
    note_doubts(kube, finding, pending);
    if (plan->is_update && plan->is_held_back) {
        kps_finding_note(
            finding, "the roll-out stops there: the old pods stay until the new ones are ready");
    } else if (plan->is_held_back) {
        kps_finding_note(finding, "the pods behind it are not made before it is ready");
    } else if (fit && !plan->is_update) {
        kps_finding_note(finding, "%u of the %u pods fit%s", fit, pending->wanted,
                         fit == 1 ? "s" : "");
    }
    if (total > pending->n) {
        kps_finding_note(finding, "%u pods stay Pending in all, those of other objects included",
                         total);
    }
}

/* Return whether a pod in the way leaves before the seeker comes: a pod of an earlier run of the
 * same CronJob, or a pod of lower priority. */
static bool gives_way(const struct kps_kube_workload *w, const struct kps_live_seeker *s,
                      const struct kps_live_pod *pod)
{
    bool is_own = w->kind == KPS_KUBE_CRONJOB && kps_sv_is(pod->kind, "Job") &&
                  kps_sv_eq(pod->namespace, s->namespace) && kps_sv_starts(pod->owner, w->id.name);
    return is_own || (pod->priority < s->priority && !s->never_preempts);
}

/* Return whether pods of lower priority are all that keeps the pods off a node, as holders of a
 * port or as neighbours. */
static bool outranks_neighbours(const struct kps_live_apply *apply,
                                const struct kps_live_plan *plan, const struct kps_live_seeker *s)
{
    const struct kps_kube *kube = apply->board.kube;
    bool found = false;
    for (uint32_t i = 0; i < kube->nodes.n && !found; i++) {
        int32_t holder = -1;
        found = s->selected[i] && !s->admits[i] &&
                !kps_live_is_free(&apply->board, s->ports, i, &holder) && holder >= 0 &&
                gives_way(plan->w, s, &kube->live->pods.v[holder]);
    }
    return found;
}

/* Return whether a plan's own old pods, or pods that waited before, hold a port: if these pods give
 * way, nobody loses a place. */
static bool is_held_by_own(const struct kps_live_apply *apply, const struct kps_live_plan *plan,
                           const struct kps_live_seeker *s)
{
    const struct kps_live_board *board = &apply->board;
    bool found = false;
    for (uint32_t i = 0; i < board->kube->live->pods.n && !found; i++) {
        const struct kps_live_pod *pod = &board->kube->live->pods.v[i];
        found = pod->controller == plan->pattern.controller && !pod->is_gone && pod->node >= 0 &&
                s->selected[pod->node] && kps_live_ports_clash(s->ports, pod->ports);
    }
    for (uint32_t i = 0; i < board->seekers.n && !found; i++) {
        const struct kps_live_seeker *other = &board->seekers.v[i];
        found = other->was_waiting && other->placed && kps_live_ports_clash(s->ports, other->ports);
    }
    return found;
}

/* Return whether the apply takes pods away that alone kept a seeker off a node: it may find the
 * node before new pods like these come. */
static bool have_neighbours_left(struct kps_live_board *board, const struct kps_live_seeker *s)
{
    struct kps_live_seeker later = *s;
    later.n = 0;
    uint32_t at = kps_live_add_seeker(board, &later);
    bool found = false;
    for (uint32_t i = 0; i < board->kube->nodes.n && !found; i++) {
        int32_t holder = -1;
        found = board->seekers.v[at].admits[i] && !s->admits[i] &&
                kps_live_is_free(board, s->ports, i, &holder);
    }
    return found;
}

/* Advise on the pods that find no node: `all` has the nodes of all of them, `s` those of one. */
static void advise_pending(struct kps_live_apply *apply, struct kps_finding *finding,
                           const struct kps_live_seeker *s, const struct kps_live_seeker *all,
                           const struct kps_kube_port *wanted)
{
    bool is_open = false;
    for (uint32_t i = 0; i < apply->board.kube->nodes.n && !is_open; i++) {
        is_open = s->admits[i];
    }
    uint16_t port = is_open ? find_free_port(apply, all, wanted) : 0;
    if (port) {
        kps_finding_help(
            finding,
            "take hostPort %u, free on every node that fits, or a Service, which needs none", port);
    } else {
        kps_finding_help(finding,
                         is_open ? "use a Service in place of the hostPort"
                                 : "change the affinity to other pods as well: it leaves no node, "
                                   "whatever the hostPort");
    }
}

static void report_pending(struct kps_live_apply *apply, const struct kps_live_plan *plan,
                           const struct kps_live_seeker *first, uint32_t total)
{
    struct pending pending = sum_up_rivals(apply, plan);
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_seeker unplaced = *first; /* a new seeker moves the others */
    struct kps_live_seeker s = widen_seeker(apply, plan, &unplaced);
    struct kps_kube_port_request want = find_request(apply, plan, &s);
    bool may_evict =
        !s.is_bound && (pending.unranked || outranks_neighbours(apply, plan, &unplaced));
    bool is_sure = !apply->board.is_inexact && kube->live->n_pods > 0 && !pending.is_presumed &&
                   !pending.foreign && !kube->live->are_nodes_presumed &&
                   !(pending.unranked && is_held_by_own(apply, plan, &unplaced)) &&
                   !have_neighbours_left(&apply->board, &unplaced);
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_sv fate = kps_fmt(kube->arena, "%s%s", name_fate(s.is_bound, is_sure, pending.n),
                                 may_evict ? " or others are evicted" : "");
    if (plan->w->kind == KPS_KUBE_POD && pending.n_rivals == 0) {
        fate = kps_fmt(kube->arena, "1 pod %.*s, %.*s", SV_ARG(fate), SV_ARG(title));
    } else {
        fate = kps_fmt(kube->arena, "%u of %u pods of %.*s %.*s", pending.n, pending.wanted,
                       SV_ARG(pending.names), SV_ARG(fate));
    }
    struct kps_finding *finding = kps_kube_report_request(
        kube, KPS_RULE_CLUSTER_HOST_PORT_PENDING, is_sure ? KPS_ERROR : KPS_WARNING,
        is_sure && !may_evict ? KPS_CERTAIN : KPS_POSSIBLE, &want, title,
        "%.*s: hostPort %u/%s is held", SV_ARG(fate), want.port->host,
        kps_protocol_name(want.port->protocol));
    note_nodes(apply, finding, plan, &s);
    for (uint32_t i = 0; pending.n_rivals && i < apply->plans.n; i++) {
        const struct kps_live_plan *other = &apply->plans.v[i];
        struct kps_live_seeker rival = other->pattern;
        rival.selected = s.selected;
        rival.admits = s.admits;
        if (other->rival == plan->rival && other != plan) {
            struct kps_kube_port_request theirs = find_request(apply, other, &rival);
            kps_kube_party_request(kube, finding, &theirs, kps_kube_title(kube, &other->w->id));
        }
    }
    note_pending(kube, finding, plan, &pending, total);
    advise_pending(apply, finding, &unplaced, &s, want.port);
    want.port->contended = KPS_KUBE_CLASHES;
}

/* Return how many replacements of the pods that a plan evicts find no node. */
static uint32_t count_losers(const struct kps_live_apply *apply, const struct kps_live_pod *victim)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < apply->board.seekers.n; i++) {
        const struct kps_live_seeker *s = &apply->board.seekers.v[i];
        if (s->is_victim && s->placed < s->n) {
            const struct kps_live_pod *pod = &apply->board.kube->live->pods.v[s->pod];
            n += !victim || pod->controller == victim->controller ? 1 : 0;
        }
    }
    return n;
}

/* Return whether the scheduler has no other choice: the equal nodes lose their pods as well. */
static bool is_eviction_sure(const struct kps_live_board *board, uint32_t index)
{
    const struct kps_live_eviction *e = &board->evictions.v[index];
    uint32_t n = 1;
    int32_t last = e->node;
    for (uint32_t i = index + 1; i < board->evictions.n; i++) {
        const struct kps_live_eviction *later = &board->evictions.v[i];
        if (later->by == e->by && later->node != last) {
            last = later->node;
            n++;
        }
    }
    return n >= e->n_equal;
}

/* Report each pair of a plan and a workload that loses pods to the plan. */
static void report_evictions(struct kps_live_apply *apply, uint32_t index, uint32_t total)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_plan *plan = &apply->plans.v[index];
    uint64_t reported = UINT64_MAX;
    for (uint32_t i = 0; i < apply->board.evictions.n; i++) {
        const struct kps_live_eviction *e = &apply->board.evictions.v[i];
        const struct kps_live_seeker *by = &apply->board.seekers.v[e->by];
        const struct kps_live_pod *victim = &kube->live->pods.v[e->pod];
        if (by->plan != index + 1 || victim->controller == reported) {
            continue;
        }
        reported = victim->controller ? victim->controller : UINT64_MAX;
        struct kps_kube_port_request want = find_request(apply, plan, by);
        struct kps_sv title = kps_kube_title(kube, &plan->w->id);
        uint32_t losers = victim->controller ? count_losers(apply, victim) : 0;
        bool is_node_sure = is_eviction_sure(&apply->board, i);
        /* a pod is evicted in each case; only the one that loses may be open */
        bool is_sure = !kube->live->are_nodes_presumed;
        const char *name = kps_live_pod_words(kube->arena, victim).p;
        struct kps_sv loss = kps_fmt(kube->arena, "%s %s, or its like on one of %u nodes,",
                                     is_sure ? "has" : "may have", name, e->n_equal);
        if (is_node_sure && is_sure) {
            struct kps_sv node = kps_kube_node_name(&kube->nodes.v[e->node]);
            loss = kps_fmt(kube->arena, "has %s on node %.*s", name, SV_ARG(node));
        } else if (e->is_of_one && is_sure) {
            loss = kps_fmt(kube->arena, "has a pod of %s on one of %u nodes",
                           kps_live_owner_words(kube->arena, victim).p, e->n_equal);
        }
        struct kps_finding *finding = kps_kube_report_request(
            kube, KPS_RULE_CLUSTER_EVICTION, is_sure ? KPS_ERROR : KPS_WARNING,
            is_node_sure || e->is_of_one ? KPS_LIKELY : KPS_POSSIBLE, &want, title,
            "%.*s %.*s evicted for hostPort %u/%s", SV_ARG(title), SV_ARG(loss), want.port->host,
            kps_protocol_name(want.port->protocol));
        kps_finding_note(finding, "its priority is %d, that of the evicted pod %d", by->priority,
                         victim->priority);
        if (losers) {
            kps_finding_note(finding, "%u pod%s of %s stay%s Pending afterwards", losers,
                             losers == 1 ? "" : "s", kps_live_owner_words(kube->arena, victim).p,
                             losers == 1 ? "s" : "");
            kps_finding_note(finding, "%u pod%s stay%s Pending in all", total,
                             total == 1 ? "" : "s", total == 1 ? "s" : "");
        }
        kps_finding_help(finding,
                         "take another hostPort, or a priority class that does not preempt");
    }
}

/* A roll-out in place with a priority class that no list has: it may outrank the old pods. */
static void report_unknown_rank(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_live_seeker *s = &apply->board.seekers.v[plan->seeker];
    if (!plan->is_rank_unknown || !plan->is_update || plan->way != KPS_LIVE_ROLLING ||
        plan->surge || plan->n_pending || !plan->ports.n || plan->w->kind != KPS_KUBE_DEPLOYMENT) {
        return;
    }
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_kube_port_request want = find_request(apply, plan, s);
    struct kps_finding *finding = kps_kube_report_request(
        kube, KPS_RULE_CLUSTER_EVICTION, KPS_WARNING, KPS_POSSIBLE, &want, title,
        "the new pods of %.*s may have old ones evicted for hostPort %u/%s", SV_ARG(title),
        want.port->host, kps_protocol_name(want.port->protocol));
    kps_finding_note(
        finding,
        "no list has the priority class '%.*s': one above the old pods' lets a new pod "
        "take the place of an old one",
        SV_ARG(plan->w->pod.where->priority));
    kps_finding_help(finding, "add priorityclasses to the dump, so that the class is known");
}

static void report_luck(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    struct kps_live_luck luck;
    if (!kps_live_needs_luck(apply, plan, &luck)) {
        return;
    }
    const struct kps_live_seeker *s = &apply->board.seekers.v[luck.seeker];
    struct kps_kube_port_request want = find_request(apply, plan, s);
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_finding *finding = kps_kube_report_request(
        kube, KPS_RULE_CLUSTER_HOST_PORT_PENDING, KPS_WARNING, KPS_POSSIBLE, &want, title,
        luck.is_crowded
            ? "pods of %.*s may stay Pending: others want hostPort %u/%s of their nodes too"
            : "pods of %.*s may stay Pending: hostPort %u/%s is free where the right old pods end",
        SV_ARG(title), want.port->host, kps_protocol_name(want.port->protocol));
    if (luck.is_crowded) {
        kps_finding_note(finding,
                         "there is a node for each, but the order of the scheduler decides who "
                         "gets which");
    } else {
        kps_finding_note(finding, "%s gets fewer pods, and which of them end is not certain",
                         kps_live_owner_words(kube->arena, luck.leaver).p);
    }
    kps_finding_help(finding, "take different ports, or keep the pods on nodes of their own");
}

/* Count the nodes with room for another pod of a plan. */
static uint32_t count_room(const struct kps_live_apply *apply, const struct kps_live_plan *plan,
                           uint32_t *ret_admitted)
{
    const struct kps_kube *kube = apply->board.kube;
    const struct kps_live_seeker *s = &apply->board.seekers.v[plan->seeker];
    uint32_t n = 0;
    *ret_admitted = 0;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        int32_t holder = -1;
        bool is_free = kps_live_is_free(&apply->board, s->ports, i, &holder) ||
                       (holder >= 0 && gives_way(plan->w, s, &kube->live->pods.v[holder]));
        *ret_admitted += s->admits[i];
        n += s->admits[i] && is_free;
    }
    return n;
}

/* Report pods that come later: at the next run of a CronJob, or when an autoscaler asks for its
 * maximum. The apply itself does not start them, so nothing is certain. */
static void report_later(struct kps_live_apply *apply, const struct kps_live_plan *plan)
{
    struct kps_kube *kube = apply->board.kube;
    const struct kps_kube_scaler *scaler = kps_kube_scaler_of(kube, plan->w);
    bool is_cron = plan->w->kind == KPS_KUBE_CRONJOB;
    uint32_t admitted = 0;
    if (!plan->is_scheduled || plan->n_pending || plan->way == KPS_LIVE_DAEMON ||
        plan->is_unchanged ||
        (!is_cron && (!scaler || !plan->wanted || scaler->most <= plan->wanted))) {
        return;
    }
    uint32_t all = is_cron ? plan->wanted : scaler->most;
    uint32_t more = is_cron ? all : all - plan->wanted;
    uint32_t room = count_room(apply, plan, &admitted);
    if (more <= room || admitted == 0) {
        return;
    }
    const struct kps_live_seeker *s = &apply->board.seekers.v[plan->seeker];
    struct kps_kube_port_request want = find_request(apply, plan, s);
    struct kps_sv title = kps_kube_title(kube, &plan->w->id);
    struct kps_finding *finding = kps_kube_report_request(
        kube, KPS_RULE_CLUSTER_HOST_PORT_PENDING, KPS_WARNING, KPS_POSSIBLE, &want, title,
        "%u of %u pods of %.*s may stay Pending at %s: hostPort %u/%s is held", more - room, all,
        SV_ARG(title), is_cron ? "its next run" : "the maximum of its autoscaler", want.port->host,
        kps_protocol_name(want.port->protocol));
    note_nodes(apply, finding, plan, s);
    kps_finding_help(finding, "%s, or drop hostPort and use a Service",
                     is_cron ? "take another hostPort" : "lower maxReplicas");
}

void kps_live_report(struct kps_live_apply *apply)
{
    uint32_t total = count_losers(apply, NULL);
    uint32_t n = apply->plans.n;
    bool *reported = KPS_NEW_N(apply->board.kube->arena, bool, (size_t)n + 1);
    bool *has_pending = KPS_NEW_N(apply->board.kube->arena, bool, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_live_seeker *s = find_unplaced(apply, i);
        if (!s) {
            apply->plans.v[i].n_pending = 0; /* no node fits: not for its ports */
        }
        total += apply->plans.v[i].n_pending;
        has_pending[apply->plans.v[i].rival] |= apply->plans.v[i].n_pending > 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_live_seeker *s = find_unplaced(apply, i);
        if (apply->plans.v[i].n_pending && s && !reported[apply->plans.v[i].rival]) {
            reported[apply->plans.v[i].rival] = true;
            report_pending(apply, &apply->plans.v[i], s, total);
        }
        report_unknown_rank(apply, &apply->plans.v[i]);
        if (!has_pending[apply->plans.v[i].rival]) {
            report_luck(apply, &apply->plans.v[i]);
        }
        report_evictions(apply, i, total);
        report_later(apply, &apply->plans.v[i]);
    }
}
