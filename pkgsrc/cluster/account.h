#ifndef KPS_CLUSTER_ACCOUNT_H
#define KPS_CLUSTER_ACCOUNT_H

#include "base/env.h"
#include "http/http.h"

/*
 * The service account of the pod that kportscan runs in: the API server's address stands in the
 * environment, the token, the server's CA and the pod's namespace in a folder that the kubelet
 * mounts and keeps up to date (spec cluster §2).
 */

/* The folder of every pod. */
#define KPS_CLUSTER_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/*
 * Fill a target from the environment and `folder`; texts are in `arena`. The token is read at each
 * call, since it is replaced about once an hour. Return: false outside of a pod.
 */
bool kps_cluster_account_find(struct kps_arena *arena, const struct kps_env *env,
                              struct kps_sv folder, struct kps_http_target *ret);

/* Return the pod's namespace; empty when the folder does not say. */
struct kps_sv kps_cluster_account_namespace(struct kps_arena *arena, struct kps_sv folder);

#endif
