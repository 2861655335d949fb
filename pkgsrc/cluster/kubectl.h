#ifndef KPS_CLUSTER_KUBECTL_H
#define KPS_CLUSTER_KUBECTL_H

#include "base/arena.h"
#include "base/child.h"
#include "base/env.h"

/*
 * `kubectl proxy` on a unix socket of its own: kubectl knows every way to log in to a cluster, and
 * lets only GET requests of the lists in docs/cluster.md through (spec cluster §1). The socket lies
 * in a fresh folder of mode 0700 below XDG_RUNTIME_DIR, TMPDIR or /tmp.
 */
struct kps_kubectl {
    struct kps_child child;
    struct kps_sv folder, socket; /* NUL-terminated */
};

struct kps_kubectl_options {
    struct kps_sv context;    /* --kube-context; empty: kubectl's current one */
    struct kps_sv kubeconfig; /* --kubeconfig; empty: KUBECONFIG, ~/.kube/config */
    uint32_t timeout_ms;      /* for the proxy to accept connections */
};

enum kps_kubectl_status {
    KPS_KUBECTL_READY,
    KPS_KUBECTL_ABSENT,  /* there is no kubectl in PATH */
    KPS_KUBECTL_REFUSED, /* kubectl ended at once: its configuration is wrong; *ret_words says how
                          */
    KPS_KUBECTL_FAILED,  /* no folder, no process, or no socket in time */
};

/*
 * Start the proxy and wait until its socket takes connections. *ret_words: one line for the user
 * unless READY, raw. End it with kps_kubectl_stop in every case.
 */
enum kps_kubectl_status kps_kubectl_start(struct kps_arena *arena, const struct kps_env *env,
                                          const struct kps_kubectl_options *options,
                                          struct kps_kubectl *ret, struct kps_sv *ret_words);

/* End the proxy with all that it started; remove the socket and its folder. */
void kps_kubectl_stop(struct kps_kubectl *kubectl);

/* Return the names of kubectl's contexts, for a message, joined by ", "; empty when unknown. */
struct kps_sv kps_kubectl_contexts(struct kps_arena *arena,
                                   const struct kps_kubectl_options *options);

/* Return the namespace of the chosen context; empty: none is set, or kubectl cannot say. */
struct kps_sv kps_kubectl_namespace(struct kps_arena *arena,
                                    const struct kps_kubectl_options *options);

#endif
