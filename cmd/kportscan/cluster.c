#include "cluster.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/utf8.h"

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

static void chat(struct kps_arena *arena, struct kps_sv path, const struct kps_kube_result *result)
{
    struct kps_sv shown = kps_utf8_escape(arena, path);
    (void)fprintf(stderr, "kportscan: cluster: %.*s: %u documents, %u objects, %u passed over\n",
                  SV_ARG(shown), result->documents, result->objects, result->passed);
}

bool kps_cluster_add(struct kps_cluster *cluster, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_input *ret)
{
    static const enum kps_input_status statuses[] = {[KPS_KUBE_OK] = KPS_INPUT_OK,
                                                     [KPS_KUBE_PARTIAL] = KPS_INPUT_PARTIAL,
                                                     [KPS_KUBE_FAILED] = KPS_INPUT_FAILED};
    struct kps_diag *diag = cluster->ledger->diag;
    struct kps_sv file = job->request.files[0];
    bool is_stdin = kps_sv_eq(file, SV("-"));
    struct kps_sv path = is_stdin ? file : kps_path_join(diag->arena, job->request.cwd, file);
    struct kps_sv *files = KPS_NEW(diag->arena, struct kps_sv);
    struct kps_sv bytes = {"", 0};
    files[0] = job->shown;
    *ret = (struct kps_input){
        .path = job->shown, .kind = KPS_INPUT_KUBERNETES, .files = files, .n_files = 1};
    int error =
        fs->read(fs, diag->arena, kps_cstr(diag->arena, path), KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return fail_unreadable(cluster, strerror(error), ret);
    }
    if (!cluster->kube) {
        struct kps_kube_options options = cluster->options->cluster;
        /* to be listed, or avoided by --diff, or to be met by what this machine holds (node.c) */
        options.enters_claims = cluster->options->lists_claims || cluster->options->makes_diff ||
                                cluster->options->asks_docker || cluster->options->asks_host;
        cluster->kube = kps_kube_open(cluster->ledger, &options);
    }
    struct kps_kube_result result =
        kps_kube_add_file(cluster->kube, kps_files_add(&diag->files, job->shown, bytes));
    ret->status = statuses[result.status];
    ret->error = result.error;
    bool met_template = job->walked && result.unrendered;
    cluster->has_failed = cluster->has_failed || (result.status != KPS_KUBE_OK && !met_template);
    if (cluster->options->verbose) {
        chat(diag->arena, job->shown, &result);
    }
    return !job->walked || result.objects > 0 || result.status != KPS_KUBE_OK;
}

void kps_cluster_finish(struct kps_cluster *cluster)
{
    if (cluster->kube) {
        kps_kube_finish(cluster->kube);
        kps_kube_close(cluster->kube);
    }
}
