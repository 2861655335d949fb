#ifndef CLUSTER_H
#define CLUSTER_H

#include "inputs.h"
#include "kube/collect.h"

/* One cluster of the run: objects of two are not held against each other. */
struct kps_cluster_part {
    struct kps_sv scope; /* empty: of the files that no kustomization builds */
    struct kps_kube *kube;
};

/*
 * All Kubernetes inputs of a run: files outside of kustomizations are judged as one cluster, and
 * each kustomization as a cluster of its own. Start with the first three members set.
 */
struct kps_cluster {
    struct kps_ledger *ledger;
    const struct kps_options *options;
    const struct kps_env *env;
    KPS_VEC(struct kps_cluster_part) parts;
    struct kps_map scopes; /* scope -> index of parts */
    bool has_unseen;       /* a list of the live cluster is missing */
    struct kps_kube_unjudged unjudged;
    bool has_failed; /* an input is unreadable or invalid; not: a template that nobody named */
};

/* Read an input. Return: false when the input is skipped: found below a folder, and without any
 * object. */
bool kps_cluster_add(struct kps_cluster *cluster, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_input *ret);

/* Read the live cluster of --cluster or --against, and complete the claims, once all inputs are
 * read. */
void kps_cluster_finish(struct kps_cluster *cluster);

/* Make the findings behind the core's, after kps_judge. */
void kps_cluster_judge(struct kps_cluster *cluster);

void kps_cluster_free(struct kps_cluster *cluster);

#endif
