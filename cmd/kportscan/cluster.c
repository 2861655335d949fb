#include "cluster.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "cluster/collect.h"
#include "log.h"
#include "wait.h"
#include "yaml/reader.h"

static bool fail_unreadable(struct kps_cluster *cluster, const char *why, struct kps_input *ret)
{
    struct kps_finding *finding =
        kps_diag_add(cluster->ledger->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                     "cannot read '%.*s': %s", SV_ARG(ret->path), why);
    ret->status = KPS_INPUT_FAILED;
    ret->error = finding->message;
    cluster->has_failed = true;
    return true;
}

/* Return the namespace of objects without a namespace: kubectl apply takes its context's. */
static struct kps_sv find_namespace(struct kps_cluster *cluster)
{
    const struct kps_options *options = cluster->options;
    const struct kps_cluster_options choice = kps_cluster_options_of(options, false);
    if (!cluster->has_namespace) {
        cluster->has_namespace = true;
        cluster->namespace = options->cluster.default_namespace;
        if (!cluster->namespace.n && options->asks_cluster) {
            cluster->namespace =
                kps_cluster_namespace(cluster->ledger->diag->arena, cluster->env, &choice);
        }
    }
    return cluster->namespace;
}

/* The cluster that a job's objects are in. */
static struct kps_kube *find_part(struct kps_cluster *cluster, const struct kps_job *job)
{
    struct kps_arena *arena = cluster->ledger->diag->arena;
    struct kps_sv scope = job->kustomize ? job->folder : job->cluster;
    if (job->is_test && !job->kustomize) {
        /* the steps of a test replace each other's objects */
        scope = kps_fmt(arena, "test %.*s", SV_ARG(job->shown));
    } else if (job->is_aside && !job->kustomize) {
        /* beside a kustomization each file is alone; of the rest nothing says so */
        scope = job->is_unlisted ? kps_fmt(arena, "beside %.*s", SV_ARG(job->shown)) : SV("beside");
    }
    bool is_new = false;
    uint32_t at = *kps_map_put(&cluster->scopes, arena, scope, cluster->parts.n, &is_new);
    if (!is_new) {
        return cluster->parts.v[at].kube;
    }
    struct kps_kube_options options = cluster->options->cluster;
    options.scope = scope;
    options.default_namespace = find_namespace(cluster);
    options.unjudged = &cluster->unjudged;
    options.is_aside = job->is_aside;
    options.is_walked = job->walked && !job->kustomize;
    options.is_open = job->is_test;
    options.is_live = cluster->options->dumps.n > 0 || cluster->options->asks_cluster;
    struct kps_kube *kube = kps_kube_open(cluster->ledger, &options);
    *kps_vec_push(&cluster->parts) = (struct kps_cluster_part){scope, kube};
    return kube;
}

/* Read the file of a job. Return: 0 or an errno. */
static int read_file(struct kps_cluster *cluster, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_kube_result *ret)
{
    struct kps_diag *diag = cluster->ledger->diag;
    struct kps_sv file = job->request.files[0];
    bool is_stdin = kps_sv_eq(file, SV("-"));
    struct kps_sv path = is_stdin ? file : kps_path_join(diag->arena, job->request.cwd, file);
    struct kps_sv bytes = {"", 0};
    if (job->n_portless) {
        (void)kps_files_add(&diag->files, job->shown, bytes);
        *ret = (struct kps_kube_result){
            .objects = job->n_portless, .documents = job->n_portless, .passed = job->n_portless};
        return 0;
    }
    int error = fs->read(fs, diag->arena, kps_cstr(diag->arena, path),
                         (size_t)KPS_LIMIT_LIST_MIB << 20, &bytes);
    if (error == 0) {
        *ret = kps_kube_add_file(find_part(cluster, job),
                                 kps_files_add(&diag->files, job->shown, bytes));
    }
    return error;
}

bool kps_cluster_add(struct kps_cluster *cluster, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_input *ret)
{
    static const enum kps_input_status statuses[] = {[KPS_KUBE_OK] = KPS_INPUT_OK,
                                                     [KPS_KUBE_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_KUBE_FAILED] = KPS_INPUT_FAILED};
    struct kps_diag *diag = cluster->ledger->diag;
    struct kps_sv *files = KPS_NEW(diag->arena, struct kps_sv);
    struct kps_kube_result result = {.status = KPS_KUBE_OK};
    files[0] = job->shown;
    *ret = (struct kps_input){
        .path = job->shown, .kind = KPS_INPUT_KUBERNETES, .files = files, .n_files = 1};
    if (job->kustomize) {
        result = kps_kustomize_build(job->kustomize, find_part(cluster, job), job->folder,
                                     job->is_named ? KPS_ERROR : KPS_WARNING);
    } else {
        int error = read_file(cluster, job, fs, &result);
        if (error) {
            return fail_unreadable(cluster, strerror(error), ret);
        }
    }
    ret->status = statuses[result.status];
    ret->error = result.error;
    bool met_template = job->walked && result.unrendered;
    cluster->has_failed = cluster->has_failed || (result.status != KPS_KUBE_OK && !met_template);
    kps_log_verbose(cluster->options, "cluster: %.*s: %u documents, %u objects, %u passed over",
                    SV_ARG(job->shown), result.documents, result.objects, result.passed);
    return !job->walked || result.objects > 0 || result.status != KPS_KUBE_OK;
}

static void add_item(void *context, struct kps_sv json)
{
    struct kps_cluster *cluster = context;
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        (void)kps_kube_add_live(cluster->parts.v[i].kube, json);
    }
}

static void fail_dump(struct kps_cluster *cluster, struct kps_sv path, const char *why)
{
    (void)kps_diag_add(cluster->ledger->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                       "cannot read '%.*s': %s", SV_ARG(path), why);
    cluster->has_failed = true;
}

/* Report the live cluster, and the parts outside of the verdict. */
static void log_counts(const struct kps_cluster *cluster, struct kps_kube_live_counts counts)
{
    kps_log_notice(cluster->options,
                   "applied to %u nodes, %u pods and %u Services; CPU, memory, volumes not judged",
                   counts.nodes, counts.pods, counts.services);
}

/* Report the lists that no dump has: every cluster has nodes, pods and Services. */
static void check_lists(struct kps_cluster *cluster)
{
    struct kps_kube_live_counts counts = kps_kube_count_live(cluster->parts.v[0].kube);
    const struct {
        const char *name, *unknown;
        uint32_t n;
    } lists[] = {{"nodes", "where pods find a place", counts.nodes},
                 {"pods", "who holds a host port", counts.pods},
                 {"services", "who has a nodePort", counts.services}};
    for (size_t i = 0; i < KPS_COUNT(lists); i++) {
        if (lists[i].n == 0) {
            (void)kps_diag_add(cluster->ledger->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_WARNING, 0,
                               "the dump has no %s: %s is not known", lists[i].name,
                               lists[i].unknown);
            cluster->ledger->diag->incomplete = true;
        }
    }
    if (!cluster->is_question) {
        log_counts(cluster, counts);
    }
}

/* Return whether a dump is YAML by its name. */
static bool is_yaml_name(struct kps_sv path)
{
    return kps_sv_ends(path, SV(".yaml")) || kps_sv_ends(path, SV(".yml"));
}

/* Read a dump that kubectl wrote as YAML, document by document. The trees need much more memory
 * than items of JSON, hence the limit of one file. Return: how many items. */
static uint32_t read_yaml_dump(struct kps_cluster *cluster, struct kps_sv path)
{
    struct kps_diag *diag = cluster->ledger->diag;
    struct kps_sv bytes = {"", 0};
    uint32_t n = 0;
    int error =
        kps_fs_read_named(diag->arena, kps_cstr(diag->arena, path), KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        const char *too_large =
            "as YAML it has more than 64 MiB: write it with kubectl's '-o json'";
        fail_dump(cluster, path, error == EFBIG ? too_large : strerror(error));
        return 0;
    }
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(diag, kps_files_add(&diag->files, path, bytes));
    enum kps_yaml_result result = KPS_YAML_DOCUMENT;
    while (result == KPS_YAML_DOCUMENT) {
        struct kps_arena *trees KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        const struct kps_ynode *root = NULL;
        result = kps_yaml_reader_next(reader, trees, &root);
        uint32_t n_items = 0;
        for (uint32_t i = 0; i < cluster->parts.n && result == KPS_YAML_DOCUMENT; i++) {
            n_items = kps_kube_add_live_document(cluster->parts.v[i].kube, root);
        }
        n += n_items;
    }
    cluster->has_failed = cluster->has_failed || result == KPS_YAML_ERROR;
    return n;
}

/* Read one dump. Return: how many items. */
static uint32_t read_dump(struct kps_cluster *cluster, struct kps_sv path)
{
    struct kps_diag *diag = cluster->ledger->diag;
    uint32_t n = 0;
    int fd KPS_CLEANUP(kps_fs_close) = -1;
    if (is_yaml_name(path)) {
        return read_yaml_dump(cluster, path);
    }
    int error = kps_fs_open_named(kps_cstr(diag->arena, path), &fd);
    if (error) {
        fail_dump(cluster, path, strerror(error));
    } else if (!kps_cluster_read_dump(diag, path, fd, add_item, cluster, &n)) {
        cluster->has_failed = true;
    }
    return n;
}

/* Read the lists of a live cluster that --against names; each file may hold some of them. */
static void read_dumps(struct kps_cluster *cluster)
{
    const struct kps_list *dumps = &cluster->options->dumps;
    uint32_t n_items = 0;
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_begin_live(cluster->parts.v[i].kube);
    }
    for (size_t i = 0; i < dumps->n; i++) {
        n_items += read_dump(cluster, dumps->v[i]);
    }
    if (n_items == 0 && dumps->n && !cluster->has_failed) {
        fail_dump(cluster, dumps->v[0], "there is no object in it");
    } else if (cluster->parts.n && n_items) {
        check_lists(cluster);
    }
}

static void add_listed(void *context, enum kps_cluster_list list, struct kps_sv json)
{
    (void)list; /* each item names its kind */
    add_item(context, json);
}

struct kps_cluster_options kps_cluster_options_of(const struct kps_options *options,
                                                  bool is_question)
{
    unsigned lists = 1U << KPS_CLUSTER_NODES | 1U << KPS_CLUSTER_PODS | 1U << KPS_CLUSTER_SERVICES;
    return (struct kps_cluster_options){.context = options->kube_context,
                                        .kubeconfig = options->kubeconfig,
                                        .namespace = options->cluster.default_namespace,
                                        .timeout_ms = options->timeout_ms,
                                        .lists = is_question ? lists : 0};
}

/* Return the lists for the kinds of the inputs. */
static unsigned choose_lists(const struct kps_cluster *cluster)
{
    unsigned lists = 1U << KPS_CLUSTER_NODES | 1U << KPS_CLUSTER_PODS | 1U << KPS_CLUSTER_SERVICES |
                     1U << KPS_CLUSTER_PRIORITY_CLASSES;
    for (enum kps_cluster_list i = KPS_CLUSTER_DEPLOYMENTS; i <= KPS_CLUSTER_JOBS; i++) {
        for (uint32_t k = 0; k < cluster->parts.n; k++) {
            if (kps_kube_has_kind(cluster->parts.v[k].kube, kps_cluster_list_kind(i))) {
                lists |= 1U << i;
            }
        }
    }
    bool is_scaled = lists & (1U << KPS_CLUSTER_DEPLOYMENTS | 1U << KPS_CLUSTER_REPLICA_SETS |
                              1U << KPS_CLUSTER_STATEFUL_SETS);
    return is_scaled ? lists | 1U << KPS_CLUSTER_SCALERS : lists;
}

/* The words of struct kps_wait. */
static struct kps_sv word_awaited(struct kps_arena *arena, const void *context)
{
    (void)arena;
    (void)context;
    return SV("the cluster");
}

/* Read the live cluster itself. */
static void read_live(struct kps_cluster *cluster)
{
    const struct kps_options *options = cluster->options;
    struct kps_cluster_options asked = kps_cluster_options_of(options, cluster->is_question);
    struct kps_diag *diag = cluster->ledger->diag;
    asked.namespace = find_namespace(cluster).n ? cluster->namespace : SV("default");
    asked.lists = cluster->is_question ? asked.lists : choose_lists(cluster);
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_begin_live(cluster->parts.v[i].kube);
    }
    struct kps_wait wait = {.words = word_awaited};
    kps_wait_begin(&wait, options, cluster->env);
    struct kps_cluster_result result =
        cluster->connection ? kps_cluster_look(cluster->connection, diag, add_listed, cluster)
                            : kps_cluster_collect(diag, cluster->env, &asked, add_listed, cluster);
    kps_wait_end(&wait);
    cluster->is_lost = result.status != KPS_CLUSTER_OK;
    cluster->has_failed = cluster->has_failed || result.status == KPS_CLUSTER_UNUSABLE;
    if (result.status == KPS_CLUSTER_OK) {
        kps_log_verbose(options, "cluster: Kubernetes %.*s, %u requests", SV_ARG(result.version),
                        result.n_gets);
        if (!cluster->is_question) {
            log_counts(cluster, kps_kube_count_live(cluster->parts.v[0].kube));
        }
    }
}

struct kps_kube_live_counts kps_cluster_ask(struct kps_cluster *cluster)
{
    struct kps_kube_options options = cluster->options->cluster;
    options.is_live = true;
    struct kps_kube *kube = kps_kube_open(cluster->ledger, &options);
    *kps_vec_push(&cluster->parts) = (struct kps_cluster_part){SV(""), kube};
    cluster->is_question = true;
    if (cluster->options->dumps.n) {
        read_dumps(cluster);
    } else {
        read_live(cluster);
    }
    struct kps_kube_live_counts counts = kps_kube_count_live(kube);
    kps_kube_enter_live(kube);
    return counts;
}

void kps_cluster_finish(struct kps_cluster *cluster)
{
    if (cluster->options->dumps.n) {
        read_dumps(cluster);
    } else if (cluster->options->asks_cluster && cluster->parts.n) {
        read_live(cluster);
    }
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_finish(cluster->parts.v[i].kube);
    }
    if (cluster->parts.n) {
        kps_kube_report_unjudged(cluster->parts.v[0].kube, &cluster->unjudged);
    }
}

void kps_cluster_judge(struct kps_cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_judge(cluster->parts.v[i].kube);
    }
}

void kps_cluster_free(struct kps_cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_close(cluster->parts.v[i].kube);
    }
    kps_vec_free(&cluster->parts);
}
