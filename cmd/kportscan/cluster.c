#include "cluster.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "log.h"

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

/* The cluster that a job's objects are in. */
static struct kps_kube *find_part(struct kps_cluster *cluster, const struct kps_job *job)
{
    struct kps_arena *arena = cluster->ledger->diag->arena;
    struct kps_sv scope = job->kustomize ? job->folder : (struct kps_sv){"", 0};
    if (job->is_test && !job->kustomize) {
        scope = kps_fmt(arena, "test %.*s", SV_ARG(kps_path_dir(arena, job->shown)));
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
    options.is_aside = job->is_aside;
    options.is_walked = job->walked && !job->kustomize;
    options.is_open = job->is_test;
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
    int error =
        fs->read(fs, diag->arena, kps_cstr(diag->arena, path), KPS_LIMIT_FILE_BYTES, &bytes);
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

void kps_cluster_finish(struct kps_cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->parts.n; i++) {
        kps_kube_finish(cluster->parts.v[i].kube);
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
