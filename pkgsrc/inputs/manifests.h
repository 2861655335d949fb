#ifndef KPS_INPUTS_MANIFESTS_H
#define KPS_INPUTS_MANIFESTS_H

#include "cluster/collect.h"
#include "inputs/jobs.h"
#include "kube/collect.h"
#include "kube/live_items.h"

/* One cluster of the run: objects of two are not held against each other. */
struct kps_manifests_part {
    struct kps_sv scope; /* empty: of the files that no kustomization builds */
    struct kps_kube *kube;
};

/*
 * All Kubernetes inputs of a run: files outside of kustomizations are judged as one cluster, and
 * each kustomization as a cluster of its own. Start with the first three members set.
 */
struct kps_manifests {
    struct kps_ledger *ledger;
    const struct kps_inputs_options *options;
    const struct kps_env *env;
    KPS_VEC(struct kps_manifests_part) parts;
    struct kps_map scopes;                           /* scope -> index of parts */
    bool is_question;                                /* about the cluster itself, without inputs */
    bool is_lost;                                    /* no list of the live cluster could be read */
    const struct kps_cluster_connection *connection; /* NULL: one is made and ended */
    bool has_namespace;                              /* the next member is known */
    struct kps_sv namespace; /* of objects without a namespace; empty: the usual */
    struct kps_kube_unjudged unjudged;
    bool has_failed; /* an input is unreadable or invalid; not: a template that nobody named */
};

/* Read an input. Return: false when the input is skipped: found below a folder, and without any
 * object. */
bool kps_manifests_add(struct kps_manifests *manifests, const struct kps_job *job,
                       const struct kps_fs *fs, struct kps_input *ret);

/* Read the live cluster of --cluster or --against, and complete the claims, once all inputs are
 * read. */
void kps_manifests_finish(struct kps_manifests *manifests);

/* Read the cluster without inputs, for a question: its ports become claims, see
 * kps_kube_enter_live. Return: how many objects there were. */
struct kps_kube_live_counts kps_manifests_ask(struct kps_manifests *manifests);

/* Return: how to reach the cluster of the options. For a question fewer lists are read. */
struct kps_cluster_options kps_manifests_options_of(const struct kps_inputs_options *options,
                                                    bool is_question);

/* Make the findings behind the core's, after kps_judge. */
void kps_manifests_judge(struct kps_manifests *manifests);

void kps_manifests_free(struct kps_manifests *manifests);

#endif
