#include "base/count.h"
#include "base/map.h"
#include "base/vec.h"
#include "kube/host_port_requests.h"

/*
 * KP204, KP205 and KP215: a workload whose own pods are in each other's way on a host port. Ports
 * of other findings are left out: a cause has a single finding.
 */

/* How many nodes the workload may use. */
struct room {
    uint32_t nodes; /* at most; 0 with !is_known */
    bool is_known;
    bool is_exact; /* else nodeSelector or affinity may leave fewer than `nodes` */
    struct kps_sv pinned;
};

static struct room room_of(const struct kps_kube *kube, const struct kps_kube_workload *w)
{
    struct room room = {.pinned = kps_node_pinned(w->pod.where->nodes)};
    if (room.pinned.n) {
        room.nodes = 1;
        room.is_exact = true;
    } else if (kube->nodes.n) {
        room.nodes = kps_kube_count_live_nodes(kube, w);
        room.is_exact = true;
    } else if (kube->options.nodes) {
        room.nodes = kube->options.nodes;
        room.is_exact = kps_node_anywhere(w->pod.where->nodes);
    }
    room.is_known = room.nodes > 0;
    return room;
}

const struct kps_kube_scaler *kps_kube_scaler_of(const struct kps_kube *kube,
                                                 const struct kps_kube_workload *w)
{
    const struct kps_kube_scaler *found = NULL;
    for (uint32_t i = 0; i < kube->scalers.n; i++) {
        const struct kps_kube_scaler *scaler = &kube->scalers.v[i];
        if (kps_sv_eq(scaler->kind, w->id.head->group.kind) &&
            kps_sv_eq(scaler->name, w->id.name) &&
            kps_sv_eq(scaler->namespace, w->id.head->group.namespace) &&
            (!found || scaler->most > found->most)) {
            found = scaler;
        }
    }
    return found;
}

static uint32_t copies_of(const struct kps_kube *kube, const struct kps_kube_workload *w)
{
    const struct kps_kube_scaler *scaler = kps_kube_scaler_of(kube, w);
    return scaler && w->copies > 0 && scaler->most > w->copies ? scaler->most : w->copies;
}

static struct kps_finding *report_port(struct kps_kube *kube,
                                       const struct kps_kube_port_request *want, enum kps_rule rule,
                                       enum kps_severity severity, bool certain,
                                       struct kps_sv message)
{
    const char *title = kps_kube_title(kube, &want->c->w->id).p;
    want->port->contended = KPS_KUBE_CLASHES;
    return kps_kube_report_request(
        kube, rule, severity, certain ? KPS_CERTAIN : KPS_POSSIBLE, want,
        kps_fmt(kube->arena, "%s holds it once per node%s", title,
                want->port->host_written ? "" : ", because of hostNetwork"),
        "%.*s", SV_ARG(message));
}

/* "the cluster has 1 node that fits", "the cluster has 3 nodes" */
static struct kps_sv count_nodes(struct kps_kube *kube, const struct room *room)
{
    const char *fit = "";
    if (kube->nodes.n) {
        fit = room->nodes == 1 ? " that fits" : " that fit";
    }
    return kps_fmt(kube->arena, "the cluster has %u %s%s", room->nodes,
                   room->nodes == 1 ? "node" : "nodes", fit);
}

static void help_with_port(struct kps_finding *finding, const struct kps_kube_port_request *want,
                           const char *first)
{
    kps_finding_help(finding, "%s%s", first,
                     want->c->w->pod.host_network ? "or run fewer of them"
                                                  : "or drop hostPort and use a Service");
}

/* Return "3 pods of Deployment web need hostPort 80/tcp, one node each". */
static struct kps_sv word_need(struct kps_kube *kube, const struct kps_kube_port_request *want,
                               uint32_t copies, const char *pods)
{
    const char *title = kps_kube_title(kube, &want->c->w->id).p;
    return kps_fmt(kube->arena, "%u %s of %s need hostPort %u/%s, one node each", copies, pods,
                   title, want->port->host, kps_protocol_name(want->port->protocol));
}

/* KP204: more pods than nodes. Without a number of nodes nothing is known to be too many. */
static bool check_replicas(struct kps_kube *kube, const struct kps_kube_port_request *want,
                           uint32_t copies, const struct room *room)
{
    if (!room->is_known || copies <= room->nodes) {
        return false;
    }
    bool is_certain = want->c->w->copies > room->nodes; /* without what an autoscaler may add */
    struct kps_finding *finding =
        report_port(kube, want, KPS_RULE_HOST_PORT_REPLICAS, is_certain ? KPS_ERROR : KPS_WARNING,
                    is_certain, word_need(kube, want, copies, "pods"));
    if (want->c->w->pod.where->bound) {
        kps_finding_note(finding,
                         "nodeName puts all of them onto '%.*s', past the scheduler: the kubelet "
                         "refuses %u, and the controller makes new ones again and again",
                         SV_ARG(room->pinned), copies - 1);
    } else if (room->pinned.n) {
        kps_finding_note(finding, "they can only run on node '%.*s': %u of them %s Pending",
                         SV_ARG(room->pinned), copies - 1, copies == 2 ? "stays" : "stay");
    } else {
        uint32_t waiting = copies - room->nodes;
        kps_finding_note(finding, "%s: %s%u %s Pending", count_nodes(kube, room).p,
                         room->is_exact ? "" : "at least ", waiting,
                         waiting == 1 ? "pod stays" : "pods stay");
    }
    if (copies > want->c->w->copies) {
        kps_finding_note(finding, "%u is the maximum of its HorizontalPodAutoscaler", copies);
    }
    help_with_port(finding, want, "use a DaemonSet, ");
    return true;
}

static void note_deadlock(struct kps_kube *kube, struct kps_finding *finding, uint32_t copies,
                          const struct kps_rollout *rollout, const struct room *room)
{
    struct kps_sv have = SV("");
    if (room->pinned.n) {
        have = SV(", but there is one");
    } else if (room->is_known && room->nodes <= copies) {
        have = kps_fmt(kube->arena, ", but %s", count_nodes(kube, room).p);
    }
    kps_finding_note(finding,
                     "the strategy starts %s before an old one may end (maxSurge %u, "
                     "maxUnavailable %u), and the old ones hold the port: it needs %u nodes that "
                     "fit%.*s",
                     kps_count_of(kube->arena, rollout->surge, "new pod").p, rollout->surge,
                     rollout->unavailable, copies + 1, SV_ARG(have));
}

/* KP205: the new pods of a roll-out wait for the port of the old ones. */
static struct kps_finding *report_blocked(struct kps_kube *kube,
                                          const struct kps_kube_port_request *want, bool is_certain)
{
    const char *title = kps_kube_title(kube, &want->c->w->id).p;
    return report_port(kube, want, KPS_RULE_HOST_PORT_ROLLOUT_DEADLOCK,
                       is_certain ? KPS_ERROR : KPS_WARNING, is_certain,
                       kps_fmt(kube->arena,
                               "the next roll-out of %s %s blocked by its own hostPort %u/%s",
                               title, is_certain ? "is" : "may be", want->port->host,
                               kps_protocol_name(want->port->protocol)));
}

static void say_deadlock(struct kps_kube *kube, const struct kps_kube_port_request *want,
                         uint32_t copies, const struct kps_rollout *rollout,
                         const struct room *room, bool is_certain)
{
    struct kps_finding *finding = report_blocked(kube, want, is_certain);
    note_deadlock(kube, finding, copies, rollout, room);
    kps_finding_note(finding, "%sthe first apply works; %s", is_certain ? "" : "with fewer ",
                     want->c->w->pod.where->bound
                         ? "at the next change of the template the kubelet refuses the new pod, "
                           "and the controller makes it again and again"
                         : "the next change of the template hangs, and progressDeadlineSeconds "
                           "only marks it failed");
    kps_finding_help(finding, "set maxSurge 0 and maxUnavailable 1, or the strategy Recreate%s",
                     copies == 1 ? "; with one replica no pod runs for a while" : "");
}

/*
 * KP205 of a Deployment. A roll-out that is stuck on `nodes` nodes is stuck on fewer, so an upper
 * bound is enough to be certain.
 */
static void check_deployment(struct kps_kube *kube, const struct kps_kube_port_request *want,
                             uint32_t copies, const struct room *room)
{
    const struct kps_kube_workload *w = want->c->w;
    struct kps_rollout rollout =
        kps_rollout_resolve(w->copies, w->extra->rollout->surge, w->extra->rollout->unavailable);
    struct kps_rollout most =
        kps_rollout_resolve(copies, w->extra->rollout->surge, w->extra->rollout->unavailable);
    bool is_certain = room->is_known && kps_rollout_stuck(&rollout, room->nodes);
    bool is_open = !room->is_known || !room->is_exact;
    bool is_usual = is_certain || (is_open && kps_rollout_stuck(&rollout, w->copies));
    bool is_possible = is_usual || (room->is_known && kps_rollout_stuck(&most, room->nodes)) ||
                       (is_open && kps_rollout_stuck(&most, copies));
    if (!(w->flags & KPS_KUBE_RECREATE) && is_possible) {
        say_deadlock(kube, want, is_usual ? w->copies : copies, is_usual ? &rollout : &most, room,
                     is_certain);
    }
}

/* maxSurge of a DaemonSet puts the new pod beside the old one: on the very node where it holds the
 * port. */
static void check_daemonset(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    const struct kps_kube_workload *w = want->c->w;
    if (w->extra->rollout->surge.value == 0 ||
        (w->flags & (KPS_KUBE_RECREATE | KPS_KUBE_BAD_STRATEGY))) {
        return;
    }
    struct kps_finding *finding = report_blocked(kube, want, true);
    kps_kube_party(kube, finding, kps_kube_own_workload(kube, want->c->w), 0, w->extra->rollout->at,
                   (struct kps_sv){NULL, 0}, SV("starts the new pod while the old one still runs"));
    kps_finding_note(finding,
                     "the new pod must run on the same node as the old one, which holds the port "
                     "until the new one is "
                     "ready; the API server accepts this");
    kps_finding_help(finding, "leave maxSurge out: maxUnavailable 1 is the default");
}

static void check_runs(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    const struct kps_kube_workload *w = want->c->w;
    bool cron = w->kind == KPS_KUBE_CRONJOB && !(w->flags & KPS_KUBE_FORBID);
    if (!cron && w->copies < 2) {
        return;
    }
    const char *title = kps_kube_title(kube, &w->id).p;
    struct kps_sv message =
        w->copies < 2 ? kps_fmt(kube->arena, "runs of %s may overlap on hostPort %u/%s", title,
                                want->port->host, kps_protocol_name(want->port->protocol))
                      : word_need(kube, want, w->copies, "parallel pods");
    struct kps_finding *finding =
        report_port(kube, want, KPS_RULE_HOST_PORT_OVERLAPPING_RUNS, KPS_WARNING, false, message);
    if (cron) {
        kps_finding_note(finding,
                         "concurrencyPolicy Allow, the default, starts the next run while the last "
                         "one still holds the "
                         "port");
        kps_finding_help(finding, "set concurrencyPolicy: Forbid");
    } else {
        kps_finding_note(finding, "pods beyond the number of nodes wait for the others to end, and "
                                  "activeDeadlineSeconds may "
                                  "kill them first");
        help_with_port(finding, want, "set parallelism: 1, ");
    }
}

/* Report maxSurge and maxUnavailable values that the API server refuses, where a port depends on
 * them. */
static void check_strategy(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    struct kps_kube_workload *w = want->c->w;
    if ((w->flags & (KPS_KUBE_BAD_STRATEGY | KPS_KUBE_STRATEGY_SAID)) != KPS_KUBE_BAD_STRATEGY ||
        w->extra->rollout->at.file == 0) {
        return;
    }
    bool daemon = kps_kube_is_every(w);
    kube->source = w->id.head->source;
    (void)kps_kube_refuse(
        kube, &(struct kps_kube_who){.w = w}, w->extra->rollout->at,
        daemon
            ? SV("spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set "
                 "when maxUnavailable is non-zero")
            : SV("spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
                 "`maxSurge` is 0"),
        daemon ? "maxSurge needs maxUnavailable: 0, which is 1 when it is left out"
               : "maxSurge and maxUnavailable cannot both be 0");
    w->flags |= KPS_KUBE_STRATEGY_SAID;
}

static void check_request(struct kps_kube *kube, const struct kps_kube_port_request *want)
{
    const struct kps_kube_workload *w = want->c->w;
    uint32_t copies = copies_of(kube, w);
    struct room room = room_of(kube, w);
    switch ((enum kps_kube_kind)w->kind) {
    case KPS_KUBE_POD:
    case KPS_KUBE_PODTEMPLATE:
        break;
    case KPS_KUBE_DAEMONSET:
        check_daemonset(kube, want);
        break;
    case KPS_KUBE_JOB:
    case KPS_KUBE_CRONJOB:
        check_runs(kube, want);
        break;
    case KPS_KUBE_DEPLOYMENT:
    case KPS_KUBE_CUSTOM:
        if (!check_replicas(kube, want, copies, &room)) {
            check_deployment(kube, want, copies, &room);
        }
        break;
    case KPS_KUBE_REPLICASET:
    case KPS_KUBE_STATEFULSET:
        (void)check_replicas(kube, want, copies, &room);
        break;
    }
}

/* The other host ports of a workload have the same cause: they join its finding. */
static void join_port(struct kps_kube *kube, struct kps_finding *finding,
                      const struct kps_kube_port_request *want)
{
    want->port->contended = KPS_KUBE_CLASHES;
    kps_kube_party_request(kube, finding, want,
                           kps_fmt(kube->arena, "hostPort %u/%s as well", want->port->host,
                                   kps_protocol_name(want->port->protocol)));
}

/* Findings about workloads, for variants of one object in other files to join. */
struct said {
    uint64_t identity;
    struct kps_finding *finding;
    uint32_t n_more;
};

struct sayings {
    KPS_VEC(struct said) list;
    struct kps_map index; /* identity, rule and severity -> index of list */
};

/* Most variants of an object in a finding. */
enum { MOST_VARIANTS = 64 };

/*
 * Join the finding to the finding about another variant of the object: a release in forty folders
 * has a single cause.
 */
static void merge_variant(struct kps_kube *kube, struct sayings *sayings,
                          struct kps_kube_workload *w, struct kps_finding *finding)
{
    const uint64_t parts[] = {w->id.identity, finding->rule, finding->severity};
    struct kps_sv key = kps_sv_copy(kube->index, SV_BYTES(parts));
    uint32_t at = *kps_map_put(&sayings->index, kube->index, key, sayings->list.n);
    if (at == sayings->list.n) {
        *kps_vec_push(&sayings->list) = (struct said){w->id.identity, finding, 0};
        return;
    }
    struct said *said = &sayings->list.v[at];
    kube->diag->findings.n--;
    said->n_more++;
    if (said->n_more < MOST_VARIANTS) {
        kps_kube_party(kube, said->finding, kps_kube_own_workload(kube, w), 0,
                       kps_finding_span(kube->diag, finding), w->id.head->source,
                       SV("the same in another file"));
    }
}

/* Return whether an error about a workload is possible: the number of its nodes is known, or each
 * node has a pod of it. */
static bool may_be_stuck(const struct kps_kube *kube, const struct kps_kube_workload *w)
{
    return kps_kube_is_every(w) || room_of(kube, w).is_known;
}

static void check_workload(struct kps_kube *kube, struct kps_kube_workload *w,
                           struct sayings *sayings)
{
    struct kps_finding *finding = NULL;
    struct kps_kube_port_request want = {NULL, NULL};
    while ((want = kps_kube_next_port(w, want)).port) {
        if (want.port->host == 0 || want.port->evidence != KPS_KUBE_DECLARED ||
            want.c->role == KPS_KUBE_INIT) {
            continue;
        }
        check_strategy(kube, &want);
        uint8_t said = want.port->contended;
        if (said == KPS_KUBE_UNCONTENDED && finding) {
            join_port(kube, finding, &want);
        }
        if (said == KPS_KUBE_CLASHES || finding ||
            (said == KPS_KUBE_MAY_CLASH && !may_be_stuck(kube, w))) {
            continue;
        }
        uint32_t before = kube->diag->findings.n;
        check_request(kube, &want);
        finding = kube->diag->findings.n > before ? kube->diag->findings.v[before] : NULL;
        if (finding && said == KPS_KUBE_MAY_CLASH && finding->severity != KPS_ERROR) {
            kube->diag->findings.n = before; /* one warning about a port is enough */
            want.port->contended = said;
            finding = NULL;
        }
    }
    if (finding && kube->diag->findings.v[kube->diag->findings.n - 1] == finding) {
        merge_variant(kube, sayings, w, finding);
    }
}

static void note_variants(struct sayings *sayings)
{
    for (uint32_t i = 0; i < sayings->list.n; i++) {
        const struct said *said = &sayings->list.v[i];
        if (said->n_more) {
            kps_finding_note(said->finding, "the object stands in %s, where the same holds",
                             kps_count_of(said->finding->diag->arena, said->n_more, "more file").p);
        }
    }
}

void kps_kube_check_rollouts(struct kps_kube *kube)
{
    struct sayings sayings = {.index = {0}};
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        struct kps_kube_workload *w = kube->workloads.v[i];
        if (w->copies > 0 && !(w->flags & (KPS_KUBE_SUPERSEDED | KPS_KUBE_OVER | KPS_KUBE_OWNED))) {
            check_workload(kube, w, &sayings);
        }
    }
    note_variants(&sayings);
    kps_vec_free(&sayings.list);
}
