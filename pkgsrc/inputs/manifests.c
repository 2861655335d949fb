#include "inputs/manifests.h"

#include <errno.h>
#include <string.h>

#include "base/close.h"
#include "base/count.h"
#include "base/limits.h"
#include "base/path.h"
#include "cluster/collect.h"
#include "diag/wait.h"
#include "yaml/reader.h"

static bool fail_unreadable(struct kps_manifests *manifests, const char *why, struct kps_input *ret)
{
    struct kps_finding *finding =
        kps_diag_add_unreadable(manifests->ledger->diag, 0, ret->path, why);
    ret->status = KPS_INPUT_FAILED;
    ret->error = finding->message;
    manifests->has_failed = true;
    return true;
}

/* Return the namespace of objects without a namespace: kubectl apply takes its context's. */
static struct kps_sv find_namespace(struct kps_manifests *manifests)
{
    const struct kps_inputs_options *options = manifests->options;
    const struct kps_cluster_options choice = kps_manifests_options_of(options, false);
    if (!manifests->has_namespace) {
        manifests->has_namespace = true;
        manifests->namespace = options->cluster.default_namespace;
        if (!manifests->namespace.n && options->asks_cluster) {
            manifests->namespace =
                kps_cluster_namespace(manifests->ledger->diag->arena, manifests->env, &choice);
        }
    }
    return manifests->namespace;
}

/* The cluster that a job's objects are in. */
static struct kps_kube *find_part(struct kps_manifests *manifests, const struct kps_job *job)
{
    struct kps_arena *arena = manifests->ledger->diag->arena;
    struct kps_sv scope = job->kustomize ? job->folder : job->cluster;
    if (job->is_test && !job->kustomize) {
        /* the steps of a test replace each other's objects */
        scope = kps_fmt(arena, "test %.*s", SV_ARG(job->shown));
    } else if (job->is_aside && !job->kustomize) {
        /* beside a kustomization each file is alone; of the rest nothing says so */
        scope = job->is_unlisted ? kps_fmt(arena, "beside %.*s", SV_ARG(job->shown)) : SV("beside");
    }
    uint32_t at = *kps_map_put(&manifests->scopes, arena, scope, manifests->parts.n);
    if (at < manifests->parts.n) {
        return manifests->parts.v[at].kube;
    }
    struct kps_kube_options options = manifests->options->cluster;
    options.scope = scope;
    options.default_namespace = find_namespace(manifests);
    options.unjudged = &manifests->unjudged;
    options.is_aside = job->is_aside;
    options.is_walked = job->walked && !job->kustomize;
    options.is_found = job->walked && !job->is_named;
    options.is_open = job->is_test;
    options.is_live = manifests->options->dumps.n > 0 || manifests->options->asks_cluster;
    struct kps_kube *kube = kps_kube_open(manifests->ledger, &options);
    *kps_vec_push(&manifests->parts) = (struct kps_manifests_part){scope, kube};
    return kube;
}

/* Read the file of a job. Return: 0 or an errno. */
static int read_file(struct kps_manifests *manifests, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_kube_result *ret)
{
    struct kps_diag *diag = manifests->ledger->diag;
    struct kps_sv file = job->request.files[0];
    bool is_stdin = kps_sv_is(file, "-");
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
        *ret = kps_kube_add_file(find_part(manifests, job),
                                 kps_files_add(&diag->files, job->shown, bytes));
    }
    return error;
}

bool kps_manifests_add(struct kps_manifests *manifests, const struct kps_job *job,
                       const struct kps_fs *fs, struct kps_input *ret)
{
    static const enum kps_input_status statuses[] = {[KPS_KUBE_OK] = KPS_INPUT_OK,
                                                     [KPS_KUBE_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_KUBE_FAILED] = KPS_INPUT_FAILED};
    struct kps_diag *diag = manifests->ledger->diag;
    struct kps_sv *files = KPS_NEW(diag->arena, struct kps_sv);
    struct kps_kube_result result = {.status = KPS_KUBE_OK};
    files[0] = job->shown;
    *ret = (struct kps_input){
        .path = job->shown, .kind = KPS_INPUT_KUBERNETES, .files = files, .n_files = 1};
    if (job->kustomize) {
        result = kps_kustomize_build(job->kustomize, find_part(manifests, job), job->folder,
                                     job->is_named ? KPS_ERROR : KPS_WARNING);
    } else {
        int error = read_file(manifests, job, fs, &result);
        if (error) {
            return fail_unreadable(manifests, strerror(error), ret);
        }
    }
    ret->status = statuses[result.status];
    ret->error = result.error;
    bool met_template = job->walked && result.unrendered;
    manifests->has_failed =
        manifests->has_failed || (result.status != KPS_KUBE_OK && !met_template);
    kps_log_verbose(manifests->ledger->diag->log,
                    "cluster: %.*s: %u documents, %u objects, %u skipped", SV_ARG(job->shown),
                    result.documents, result.objects, result.passed);
    return !job->walked || result.objects > 0 || result.status != KPS_KUBE_OK;
}

static void add_item(void *context, struct kps_sv json)
{
    struct kps_manifests *manifests = context;
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        (void)kps_kube_add_live(manifests->parts.v[i].kube, json);
    }
}

static void fail_dump(struct kps_manifests *manifests, struct kps_sv path, const char *why)
{
    (void)kps_diag_add_unreadable(manifests->ledger->diag, 0, path, why);
    manifests->has_failed = true;
}

/* Report the live cluster, and the parts outside of the verdict. */
static void log_counts(const struct kps_manifests *manifests, struct kps_kube_live_counts counts)
{
    struct kps_arena *arena = manifests->ledger->diag->arena;
    kps_log_notice(
        manifests->ledger->diag->log, "applied to %s, %s and %s; CPU, memory, volumes not judged",
        kps_count_of(arena, counts.nodes, "node").p, kps_count_of(arena, counts.pods, "pod").p,
        kps_count_of(arena, counts.services, "Service").p);
}

/* Report a list that no dump has. */
static void check_list(struct kps_manifests *manifests, uint32_t n, const char *name,
                       const char *unknown)
{
    if (n == 0) {
        (void)kps_diag_add_gap(manifests->ledger->diag, KPS_WARNING,
                               "the dump has no %s: %s is not known", name, unknown);
    }
}

/* Check the lists that every cluster has. */
static void check_lists(struct kps_manifests *manifests)
{
    struct kps_kube_live_counts counts = kps_kube_count_live(manifests->parts.v[0].kube);
    check_list(manifests, counts.nodes, "nodes", "where pods find a place");
    check_list(manifests, counts.pods, "pods", "who holds a host port");
    check_list(manifests, counts.services, "services", "who has a nodePort");
    if (!manifests->is_question) {
        log_counts(manifests, counts);
    }
}

/* Return whether a dump is YAML by its name. */
static bool is_yaml_name(struct kps_sv path)
{
    return kps_sv_ends_with_any(path, ".yaml .yml");
}

/* Read a dump that kubectl wrote as YAML, document by document. The trees need much more memory
 * than items of JSON, hence the limit of one file. Return: how many items. */
static uint32_t read_yaml_dump(struct kps_manifests *manifests, struct kps_sv path)
{
    struct kps_diag *diag = manifests->ledger->diag;
    struct kps_sv bytes = {"", 0};
    uint32_t n = 0;
    int error =
        kps_fs_read_named(diag->arena, kps_cstr(diag->arena, path), KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        const char *too_large =
            "as YAML it has more than 64 MiB: write it with kubectl's '-o json'";
        fail_dump(manifests, path, error == EFBIG ? too_large : strerror(error));
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
        for (uint32_t i = 0; i < manifests->parts.n && result == KPS_YAML_DOCUMENT; i++) {
            n_items = kps_kube_add_live_document(manifests->parts.v[i].kube, root);
        }
        n += n_items;
    }
    manifests->has_failed |= result == KPS_YAML_ERROR;
    return n;
}

/* Read one dump. Return: how many items. */
static uint32_t read_dump(struct kps_manifests *manifests, struct kps_sv path)
{
    struct kps_diag *diag = manifests->ledger->diag;
    uint32_t n = 0;
    int fd KPS_CLEANUP(kps_close_fd) = -1;
    if (is_yaml_name(path)) {
        return read_yaml_dump(manifests, path);
    }
    int error = kps_fs_open_named(kps_cstr(diag->arena, path), &fd);
    if (error) {
        fail_dump(manifests, path, strerror(error));
    } else if (!kps_cluster_read_dump(diag, path, fd, add_item, manifests, &n)) {
        manifests->has_failed = true;
    }
    return n;
}

/* Read the lists of a live cluster that --against names; each file may hold some of them. */
static void read_dumps(struct kps_manifests *manifests)
{
    const struct kps_list *dumps = &manifests->options->dumps;
    uint32_t n_items = 0;
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        kps_kube_begin_live(manifests->parts.v[i].kube);
    }
    for (size_t i = 0; i < dumps->n; i++) {
        n_items += read_dump(manifests, dumps->v[i]);
    }
    if (n_items == 0 && dumps->n && !manifests->has_failed) {
        fail_dump(manifests, dumps->v[0], "there is no object in it");
    } else if (manifests->parts.n && n_items) {
        check_lists(manifests);
    }
}

static void add_listed(void *context, enum kps_cluster_list list, struct kps_sv json)
{
    (void)list; /* each item names its kind */
    add_item(context, json);
}

struct kps_cluster_options kps_manifests_options_of(const struct kps_inputs_options *options,
                                                    bool is_question)
{
    unsigned lists = 1U << KPS_CLUSTER_NODES | 1U << KPS_CLUSTER_PODS | 1U << KPS_CLUSTER_SERVICES;
    struct kps_cluster_options choice = options->live;
    choice.namespace = options->cluster.default_namespace;
    choice.lists = is_question ? lists : 0;
    return choice;
}

/* Return the lists for the kinds of the inputs. */
static unsigned choose_lists(const struct kps_manifests *manifests)
{
    unsigned lists = 1U << KPS_CLUSTER_NODES | 1U << KPS_CLUSTER_PODS | 1U << KPS_CLUSTER_SERVICES |
                     1U << KPS_CLUSTER_PRIORITY_CLASSES;
    for (enum kps_cluster_list i = KPS_CLUSTER_DEPLOYMENTS; i <= KPS_CLUSTER_JOBS; i++) {
        for (uint32_t k = 0; k < manifests->parts.n; k++) {
            if (kps_kube_has_kind(manifests->parts.v[k].kube, kps_cluster_list_kind(i))) {
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
static void read_live(struct kps_manifests *manifests)
{
    const struct kps_inputs_options *options = manifests->options;
    struct kps_cluster_options asked = kps_manifests_options_of(options, manifests->is_question);
    struct kps_diag *diag = manifests->ledger->diag;
    asked.namespace = find_namespace(manifests).n ? manifests->namespace : SV("default");
    asked.lists = manifests->is_question ? asked.lists : choose_lists(manifests);
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        kps_kube_begin_live(manifests->parts.v[i].kube);
    }
    struct kps_wait wait = {.words = word_awaited};
    kps_wait_begin(&wait, diag->log);
    struct kps_cluster_result result =
        manifests->connection
            ? kps_cluster_look(manifests->connection, diag, add_listed, manifests)
            : kps_cluster_collect(diag, manifests->env, &asked, add_listed, manifests);
    kps_wait_end(&wait);
    manifests->is_lost = result.status != KPS_CLUSTER_OK;
    manifests->has_failed |= result.status == KPS_CLUSTER_UNUSABLE;
    if (result.status == KPS_CLUSTER_OK) {
        kps_log_verbose(manifests->ledger->diag->log, "cluster: Kubernetes %.*s, %u requests",
                        SV_ARG(result.version), result.n_gets);
        if (!manifests->is_question) {
            log_counts(manifests, kps_kube_count_live(manifests->parts.v[0].kube));
        }
    }
}

struct kps_kube_live_counts kps_manifests_ask(struct kps_manifests *manifests)
{
    struct kps_kube_options options = manifests->options->cluster;
    options.is_live = true;
    struct kps_kube *kube = kps_kube_open(manifests->ledger, &options);
    *kps_vec_push(&manifests->parts) = (struct kps_manifests_part){SV(""), kube};
    manifests->is_question = true;
    if (manifests->options->dumps.n) {
        read_dumps(manifests);
    } else {
        read_live(manifests);
    }
    struct kps_kube_live_counts counts = kps_kube_count_live(kube);
    kps_kube_enter_live(kube);
    return counts;
}

void kps_manifests_finish(struct kps_manifests *manifests)
{
    if (manifests->options->dumps.n) {
        read_dumps(manifests);
    } else if (manifests->options->asks_cluster && manifests->parts.n) {
        read_live(manifests);
    }
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        kps_kube_finish(manifests->parts.v[i].kube);
    }
    if (manifests->parts.n) {
        kps_kube_report_unjudged(manifests->parts.v[0].kube, &manifests->unjudged);
    }
}

void kps_manifests_judge(struct kps_manifests *manifests)
{
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        kps_kube_judge(manifests->parts.v[i].kube);
    }
}

void kps_manifests_free(struct kps_manifests *manifests)
{
    for (uint32_t i = 0; i < manifests->parts.n; i++) {
        kps_kube_close(manifests->parts.v[i].kube);
    }
    kps_vec_free(&manifests->parts);
}
