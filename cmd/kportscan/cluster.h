#ifndef CLUSTER_H
#define CLUSTER_H

#include "inputs.h"
#include "kube/collect.h"

/* All Kubernetes inputs of a run, which are judged as one cluster. Start it with the first two
 * members. */
struct kps_cluster {
    struct kps_ledger *ledger;
    const struct kps_options *options;
    struct kps_kube *kube; /* NULL until there is a manifest */
    bool has_failed; /* an input is unreadable or invalid; not: a template that nobody named */
};

/* Reads one input. Return: false when it is to be passed over: found below a folder, and without
 * any object. */
bool kps_cluster_add(struct kps_cluster *cluster, const struct kps_job *job,
                     const struct kps_fs *fs, struct kps_input *ret);

/* Makes the findings between objects, once all inputs are read. */
void kps_cluster_finish(struct kps_cluster *cluster);

#endif
