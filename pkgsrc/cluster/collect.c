#include "cluster/collect.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cluster/account.h"
#include "cluster/kubectl.h"
#include "http/http.h"

#define METADATA "name namespace uid labels ownerReferences deletionTimestamp generation"
#define CONTAINER "{name ports restartPolicy}"
/*
 * The members of pods, nodes and priority classes that placement needs: a full pod has 9 KiB, these
 * have about 1 KiB.
 */
#define PLACED                                                                                     \
    "apiVersion kind metadata{" METADATA "} "                                                      \
    "spec{nodeName hostNetwork priority priorityClassName preemptionPolicy schedulerName "         \
    "schedulingGates nodeSelector affinity tolerations topologySpreadConstraints "                 \
    "containers" CONTAINER " initContainers" CONTAINER " taints unschedulable} "                   \
    "status{phase conditions nominatedNodeName addresses allocatable} "                            \
    "value globalDefault preemptionPolicy"
/* All of a template decides if an object changes, so the spec of workloads stays whole. */
#define WORKLOAD "apiVersion kind metadata{" METADATA " annotations} spec status"

static const struct {
    const char *name, *resource, *api_version, *kind;
    bool is_namespaced;
} LISTS[] = {
    [KPS_CLUSTER_NODES] = {"nodes", "nodes", "v1", "Node", false},
    [KPS_CLUSTER_PODS] = {"pods", "pods", "v1", "Pod", true},
    [KPS_CLUSTER_SERVICES] = {"services", "services", "v1", "Service", true},
    [KPS_CLUSTER_DEPLOYMENTS] = {"deployments", "deployments", "apps/v1", "Deployment", true},
    [KPS_CLUSTER_REPLICA_SETS] = {"replica sets", "replicasets", "apps/v1", "ReplicaSet", true},
    [KPS_CLUSTER_DAEMON_SETS] = {"daemon sets", "daemonsets", "apps/v1", "DaemonSet", true},
    [KPS_CLUSTER_STATEFUL_SETS] = {"stateful sets", "statefulsets", "apps/v1", "StatefulSet", true},
    [KPS_CLUSTER_JOBS] = {"jobs", "jobs", "batch/v1", "Job", true},
    [KPS_CLUSTER_PRIORITY_CLASSES] = {"priority classes", "priorityclasses", "scheduling.k8s.io/v1",
                                      "PriorityClass", false},
    [KPS_CLUSTER_SCALERS] = {"autoscalers", "horizontalpodautoscalers", "autoscaling/v1",
                             "HorizontalPodAutoscaler", true},
};

struct kps_sv kps_cluster_list_kind(enum kps_cluster_list list)
{
    return kps_sv_of(LISTS[list].kind);
}

/* A cluster while its lists are read. */
struct reading {
    struct kps_diag *diag;
    struct kps_arena *arena;
    const struct kps_cluster_options *options;
    struct kps_http *http;
    kps_cluster_item *item;
    void *context;
    enum kps_cluster_list list;
    struct kps_cluster_result *result;
    unsigned status;                /* of the last answer; 0: none came */
    uint32_t waited_ms, timeout_ms; /* spent on Retry-After, and the most */
};

static void hand_out(void *context, struct kps_sv json)
{
    struct reading *r = context;
    r->item(r->context, r->list, json);
}

static void skip_item(void *context, struct kps_sv json)
{
    (void)context;
    (void)json;
}

static const char *find_wants(struct kps_sv kind)
{
    size_t list = 0;
    while (list < KPS_CLUSTER_LISTS && !kps_sv_is(kind, LISTS[list].kind)) {
        list++;
    }
    bool is_placed = list < KPS_CLUSTER_LISTS && !LISTS[list].is_namespaced;
    return is_placed || list == KPS_CLUSTER_PODS ? PLACED : WORKLOAD;
}

/* Escape a token for a query: all but letters, digits, '-', '_', '.' and '~'. */
static struct kps_sv escape_token(struct kps_arena *arena, struct kps_sv token)
{
    struct kps_buf *text = kps_buf_new(arena);
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (kps_is_alpha(c) || kps_is_digit(c) || (c && strchr("-_.~", c))) {
            kps_buf_char(text, c);
        } else {
            kps_buf_fmt(text, "%%%02X", (unsigned char)c);
        }
    }
    return kps_buf_sv(text);
}

/* The server's or kubectl's own words of an answer, in one line. */
static struct kps_sv error_words(struct kps_arena *arena, const struct kps_http_reply *reply)
{
    const struct kps_list_reader how = {.arena = arena, .item = skip_item};
    struct kps_list_page status;
    if (reply->result != KPS_HTTP_ANSWERED) {
        return reply->words;
    }
    if (!kps_list_page_read(&how, reply->body, &status) && status.message.n) {
        return status.message;
    }
    struct kps_sv line = kps_sv_trim(kps_sv_before(reply->body, '\n'));
    if (line.n == 0) {
        return kps_fmt(arena, "HTTP %u", reply->status);
    }
    enum { MOST_WORDS = 300 };
    struct kps_sv words = kps_sv_head(line, MOST_WORDS);
    return kps_fmt(arena, "HTTP %u: %.*s", reply->status, SV_ARG(words));
}

/* GET a path; a server that is busy (429, 504) is asked again when it says. */
static struct kps_http_reply get_patiently(struct reading *r, struct kps_arena *arena,
                                           struct kps_sv path)
{
    for (;;) {
        r->result->n_gets++;
        struct kps_http_reply reply = kps_http_get(r->http, arena, path, KPS_CLUSTER_PAGE_BYTES);
        struct kps_sv wait = kps_http_header(&reply, "Retry-After");
        int64_t seconds = wait.n ? kps_sv_number(wait, 3600) : 1;
        bool is_busy = reply.result == KPS_HTTP_ANSWERED &&
                       (reply.status == 429 || reply.status == 504) && seconds >= 0;
        int64_t ms = seconds ? seconds * 1000 : 100;
        if (!is_busy || r->waited_ms + ms > r->timeout_ms) {
            return reply;
        }
        r->waited_ms += (uint32_t)ms;
        (void)poll(NULL, 0, (int)ms);
    }
}

static struct kps_sv path_of(struct reading *r, struct kps_arena *arena, struct kps_sv namespace,
                             struct kps_sv token)
{
    struct kps_sv in = namespace.n
                           ? kps_fmt(arena, "/namespaces/%s", escape_token(arena, namespace).p)
                           : (struct kps_sv){"", 0};
    struct kps_sv from = token.n ? kps_fmt(arena, "&continue=%s", escape_token(arena, token).p)
                                 : (struct kps_sv){"", 0};
    int limit = r->list == KPS_CLUSTER_NODES ? KPS_CLUSTER_PAGE_NODES : KPS_CLUSTER_PAGE_ITEMS;
    const char *version = LISTS[r->list].api_version;
    /* the scheduler counts exactly these pods */
    const char *query = r->list == KPS_CLUSTER_PODS
                            ? "&fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed"
                            : "";
    return kps_fmt(arena, "/%s/%s%.*s/%s?limit=%d%s%.*s", strchr(version, '/') ? "apis" : "api",
                   version, SV_ARG(in), LISTS[r->list].resource, limit, query, SV_ARG(from));
}

/* Read a list from its first page to its last. Return the fault; empty: there is none. */
static struct kps_sv read_pages(struct reading *r, struct kps_sv namespace, uint32_t *ret_items)
{
    struct kps_sv token = {"", 0};
    uint32_t n_empty = 0;
    *ret_items = 0;
    for (;;) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        const struct kps_list_reader how = {.arena = scratch,
                                            .wants = find_wants,
                                            .kind = kps_sv_of(LISTS[r->list].kind),
                                            .api_version = kps_sv_of(LISTS[r->list].api_version),
                                            .item = hand_out,
                                            .context = r};
        struct kps_list_page page;
        struct kps_http_reply reply =
            get_patiently(r, scratch, path_of(r, scratch, namespace, token));
        r->status = reply.status;
        if (reply.result != KPS_HTTP_ANSWERED || reply.status != 200) {
            return kps_sv_copy(r->arena, error_words(scratch, &reply));
        }
        if (!kps_list_page_read(&how, reply.body, &page)) {
            return kps_fmt(r->arena, "the answer %.*s", SV_ARG(page.error));
        }
        *ret_items += page.n_items;
        n_empty = page.n_items ? 0 : n_empty + 1;
        if (page.next.n == 0) {
            return (struct kps_sv){"", 0};
        }
        if (kps_sv_eq(page.next, token) || n_empty > 3) {
            return SV("the pages of the list do not end");
        }
        if (*ret_items > KPS_CLUSTER_MOST_ITEMS) {
            return SV("the list has more than a million items");
        }
        token = kps_sv_copy(r->arena, page.next);
    }
}

static void report_list(struct reading *r, struct kps_sv words)
{
    struct kps_cluster_list_result *list = &r->result->lists[r->list];
    const char *name = LISTS[r->list].name;
    if (list->state == KPS_CLUSTER_LIST_NAMESPACE) {
        (void)kps_diag_add_gap(r->diag, KPS_WARNING,
                               "only the %s of namespace '%.*s' could be read: %.*s", name,
                               SV_ARG(r->options->namespace), SV_ARG(words));
    } else {
        (void)kps_diag_add_gap(r->diag, KPS_WARNING, "the cluster's %s could not be read: %.*s",
                               name, SV_ARG(words));
    }
}

static void read_list(struct reading *r)
{
    struct kps_cluster_list_result *list = &r->result->lists[r->list];
    struct kps_sv words = read_pages(r, (struct kps_sv){"", 0}, &list->n_items);
    if (r->status == 410) { /* once: the state moved on */
        words = read_pages(r, (struct kps_sv){"", 0}, &list->n_items);
    }
    if (r->status == 403 && LISTS[r->list].is_namespaced && r->options->namespace.n) {
        list->state = KPS_CLUSTER_LIST_NAMESPACE;
        if (read_pages(r, r->options->namespace, &list->n_items).n == 0) {
            report_list(r, words);
            return;
        }
    }
    if (words.n == 0) {
        list->state = KPS_CLUSTER_LIST_READ;
        return;
    }
    list->state = KPS_CLUSTER_LIST_FAILED;
    if (r->status == 403 || r->status == 401) {
        list->state = KPS_CLUSTER_LIST_FORBIDDEN;
    } else if (r->status == 404) {
        list->state = KPS_CLUSTER_LIST_MISSING;
    }
    if (r->list == KPS_CLUSTER_SCALERS && list->state != KPS_CLUSTER_LIST_FAILED) {
        return;
    }
    report_list(r, words);
}

/* Read /version: it needs no right, so that its answer says whether the cluster can be reached. */
static bool read_version(struct reading *r)
{
    struct kps_http_reply reply = get_patiently(r, r->arena, SV("/version"));
    if (reply.result != KPS_HTTP_ANSWERED || reply.status != 200) {
        r->result->words = error_words(r->arena, &reply);
        return reply.result == KPS_HTTP_ANSWERED && reply.status == 403;
    }
    struct kps_buf *text = kps_buf_new(r->arena);
    size_t at = 0;
    if (kps_json_sieve(reply.body, &at, "gitVersion", text)) {
        /* {"gitVersion":"v1.36.2"} */
        struct kps_sv sieved = kps_buf_sv(text);
        size_t colon = kps_sv_find(sieved, ':');
        struct kps_sv value = kps_sv_from(sieved, colon + 2);
        r->result->version = kps_sv_before(value, '"');
    }
    return true;
}

static void read_all(struct reading *r)
{
    bool has_any = false;
    if (!read_version(r)) {
        r->result->status = KPS_CLUSTER_UNREACHABLE;
        return;
    }
    unsigned wanted = r->options->lists ? r->options->lists : ~0U;
    for (r->list = KPS_CLUSTER_NODES; r->list < KPS_CLUSTER_LISTS; r->list++) {
        if (!(wanted & (1U << r->list))) {
            continue;
        }
        read_list(r);
        has_any |= r->result->lists[r->list].state == KPS_CLUSTER_LIST_READ ||
                   r->result->lists[r->list].state == KPS_CLUSTER_LIST_NAMESPACE;
    }
    if (!has_any) {
        r->result->status = KPS_CLUSTER_UNREACHABLE;
        r->result->words = SV("none of its lists could be read");
    }
}

static struct kps_sv account_of(const struct kps_cluster_options *options)
{
    return options->account.n ? options->account : SV(KPS_CLUSTER_ACCOUNT);
}

/* Return: did the user name a cluster? Else that of the pod comes first. */
static bool is_chosen(const struct kps_env *env, const struct kps_cluster_options *options)
{
    return options->context.n || options->kubeconfig.n || kps_env_or_empty(env, "KUBECONFIG").n;
}

struct kps_sv kps_cluster_namespace(struct kps_arena *arena, const struct kps_env *env,
                                    const struct kps_cluster_options *options)
{
    struct kps_http_target target;
    if (!is_chosen(env, options) &&
        kps_cluster_account_find(arena, env, account_of(options), &target)) {
        return kps_cluster_account_namespace(arena, account_of(options));
    }
    const struct kps_kubectl_options choice = {.context = options->context,
                                               .kubeconfig = options->kubeconfig};
    return kps_kubectl_namespace(arena, &choice);
}

static void report_unusable(struct reading *r, enum kps_kubectl_status status)
{
    struct kps_cluster_result *result = r->result;
    struct kps_finding *finding =
        kps_diag_add(r->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                     "the cluster cannot be asked: %.*s", SV_ARG(result->words));
    if (status == KPS_KUBECTL_ABSENT) {
        kps_finding_help(finding, "install kubectl, or judge against a dump: --against DUMP");
        return;
    }
    const struct kps_kubectl_options choice = {.kubeconfig = r->options->kubeconfig};
    struct kps_sv names = kps_kubectl_contexts(r->arena, &choice);
    if (names.n) {
        kps_finding_help(finding, "kubectl knows these contexts: %.*s", SV_ARG(names));
    }
}

static void read_target(struct reading *r, const struct kps_http_target *target)
{
    struct kps_http *http KPS_CLEANUP(kps_http_cleanup) =
        kps_http_open(r->arena, target, KPS_CLUSTER_LOGIN_MS + r->timeout_ms);
    r->http = http;
    read_all(r);
    if (r->result->status == KPS_CLUSTER_UNREACHABLE) {
        (void)kps_diag_add_gap(r->diag, KPS_WARNING, "the cluster cannot be read: %.*s",
                               SV_ARG(r->result->words));
    }
}

struct kps_cluster_connection {
    const struct kps_env *env;
    const struct kps_cluster_options *options;
    struct kps_http_target target;
    struct kps_kubectl kubectl;
    enum kps_kubectl_status status;
    struct kps_sv words; /* unless READY */
};

static uint32_t timeout_of(const struct kps_cluster_options *options)
{
    return options->timeout_ms ? options->timeout_ms : 30 * 1000;
}

struct kps_cluster_connection *kps_cluster_connect(struct kps_arena *arena,
                                                   const struct kps_env *env,
                                                   const struct kps_cluster_options *options)
{
    struct kps_cluster_connection *connection = KPS_NEW(arena, struct kps_cluster_connection);
    *connection = (struct kps_cluster_connection){
        .env = env,
        .options = options,
        .target = {.transport = KPS_VIA_UNIX, .host = SV("localhost")},
        .kubectl = {.child = {.in = -1, .out = -1, .err = -1}}};
    if (!is_chosen(env, options) &&
        kps_cluster_account_find(arena, env, account_of(options), &connection->target)) {
        return connection;
    }
    const struct kps_kubectl_options choice = {.context = options->context,
                                               .kubeconfig = options->kubeconfig,
                                               .timeout_ms = timeout_of(options)};
    connection->status =
        kps_kubectl_start(arena, env, &choice, &connection->kubectl, &connection->words);
    connection->target.socket = connection->kubectl.socket;
    return connection;
}

struct kps_cluster_result kps_cluster_look(const struct kps_cluster_connection *connection,
                                           struct kps_diag *diag, kps_cluster_item *item,
                                           void *context)
{
    struct kps_cluster_result result = {.status = KPS_CLUSTER_OK, .words = connection->words};
    struct reading r = {.diag = diag,
                        .arena = diag->arena,
                        .options = connection->options,
                        .item = item,
                        .context = context,
                        .result = &result,
                        .timeout_ms = timeout_of(connection->options)};
    struct kps_http_target target = connection->target;
    if (target.transport != KPS_VIA_UNIX) { /* the token of a pod is replaced now and then */
        (void)kps_cluster_account_find(diag->arena, connection->env,
                                       account_of(connection->options), &target);
    }
    switch (connection->status) {
    case KPS_KUBECTL_READY:
        read_target(&r, &target);
        break;
    case KPS_KUBECTL_ABSENT:
    case KPS_KUBECTL_REFUSED:
        result.status = KPS_CLUSTER_UNUSABLE;
        report_unusable(&r, connection->status);
        break;
    case KPS_KUBECTL_FAILED:
        result.status = KPS_CLUSTER_UNREACHABLE;
        (void)kps_diag_add_gap(diag, KPS_WARNING, "the cluster cannot be read: %.*s",
                               SV_ARG(result.words));
        break;
    }
    return result;
}

void kps_cluster_disconnect(struct kps_cluster_connection *connection)
{
    kps_kubectl_stop(&connection->kubectl);
}

struct kps_cluster_result kps_cluster_collect(struct kps_diag *diag, const struct kps_env *env,
                                              const struct kps_cluster_options *options,
                                              kps_cluster_item *item, void *context)
{
    struct kps_cluster_connection *connection = kps_cluster_connect(diag->arena, env, options);
    struct kps_cluster_result result = kps_cluster_look(connection, diag, item, context);
    kps_cluster_disconnect(connection);
    return result;
}

bool kps_cluster_read_dump(struct kps_diag *diag, struct kps_sv path, int fd, kps_list_item *item,
                           void *context, uint32_t *ret_items)
{
    const struct kps_list_reader how = {
        .arena = diag->arena, .wants = find_wants, .item = item, .context = context};
    struct kps_list_page page;
    int error = 0;
    bool is_list = kps_list_page_stream(&how, fd, &page, &error);
    *ret_items = page.n_items;
    if (!is_list) {
        struct kps_finding *finding =
            kps_diag_add(diag, error ? KPS_RULE_INPUT_UNREADABLE : KPS_RULE_INPUT_INVALID,
                         KPS_ERROR, 0, "'%.*s' %.*s", SV_ARG(path), SV_ARG(page.error));
        if (page.kind.n == 0 && !error) {
            kps_finding_help(finding,
                             "write a dump as JSON: kubectl get nodes,pods,services,… -A -o json");
        }
    }
    return is_list;
}
