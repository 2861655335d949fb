#ifndef KPS_CLUSTER_COLLECT_H
#define KPS_CLUSTER_COLLECT_H

#include "base/compiler.h"
#include "base/env.h"
#include "cluster/list_page.h"
#include "diag/finding.h"

/*
 * The reader of a live cluster: the lists that ports and placement need, page by page, by GET
 * alone. kubectl does the login (kubectl.h); inside a pod the service account is used instead. What
 * the objects mean is the reader's business that gets the items (spec cluster §3).
 */
enum kps_cluster_list {
    KPS_CLUSTER_NODES,
    KPS_CLUSTER_PODS,
    KPS_CLUSTER_SERVICES,
    KPS_CLUSTER_DEPLOYMENTS,
    KPS_CLUSTER_REPLICA_SETS,
    KPS_CLUSTER_DAEMON_SETS,
    KPS_CLUSTER_STATEFUL_SETS,
    KPS_CLUSTER_JOBS,
    KPS_CLUSTER_PRIORITY_CLASSES,
    KPS_CLUSTER_SCALERS, /* of pods; a cluster or a role without them is no fault */
    KPS_CLUSTER_LISTS,
};

struct kps_cluster_options {
    struct kps_sv context, kubeconfig; /* see struct kps_kubectl_options */
    struct kps_sv namespace;           /* read instead of all where the whole list is forbidden */
    uint32_t timeout_ms;               /* for everything behind the login; 0: 30 s */
    unsigned lists;                    /* bits 1 << enum kps_cluster_list; 0: all */
    struct kps_sv account;             /* folder of the pod's account; empty: KPS_CLUSTER_ACCOUNT */
};

/* The bounds of one list (spec cluster, Pages). */
enum {
    KPS_CLUSTER_PAGE_ITEMS = 500,
    KPS_CLUSTER_PAGE_NODES = 1000, /* the same for nodes, of which even large clusters have few */
    KPS_CLUSTER_PAGE_BYTES = 64 * 1024 * 1024,
    KPS_CLUSTER_MOST_ITEMS = 1000 * 1000,
    KPS_CLUSTER_LOGIN_MS = 30 * 1000, /* the first answer may wait for a browser's login */
};

enum kps_cluster_list_state {
    KPS_CLUSTER_LIST_READ,      /* of all namespaces */
    KPS_CLUSTER_LIST_NAMESPACE, /* of one namespace: the others are forbidden */
    KPS_CLUSTER_LIST_FORBIDDEN,
    KPS_CLUSTER_LIST_MISSING, /* the API server does not have it */
    KPS_CLUSTER_LIST_FAILED,
};

struct kps_cluster_list_result {
    enum kps_cluster_list_state state;
    uint32_t n_items;
};

enum kps_cluster_status {
    KPS_CLUSTER_OK,          /* at least one list was read */
    KPS_CLUSTER_UNUSABLE,    /* no kubectl, or its configuration is wrong: exit 2 */
    KPS_CLUSTER_UNREACHABLE, /* no list could be read: exit 3 */
};

struct kps_cluster_result {
    enum kps_cluster_status status;
    struct kps_sv version; /* "v1.36.2"; empty: unknown */
    struct kps_sv words;   /* unless OK: one line, raw */
    struct kps_cluster_list_result lists[KPS_CLUSTER_LISTS];
    uint32_t n_gets;
};

/* Return the namespace of objects without a namespace: of kubectl's context, or of the program's
 * own pod; empty: none is set. */
struct kps_sv kps_cluster_namespace(struct kps_arena *arena, const struct kps_env *env,
                                    const struct kps_cluster_options *options);

/* "Pod", "ReplicaSet" … */
struct kps_sv kps_cluster_list_kind(enum kps_cluster_list list);

/*
 * Read all lists. Each item is one JSON object with apiVersion and kind, without the members that
 * neither ports nor placement need. What cannot be read is one finding KP907 a list and makes the
 * report incomplete; an unusable kubectl is KP901.
 */
typedef void kps_cluster_item(void *context, enum kps_cluster_list list, struct kps_sv json);
struct kps_cluster_result kps_cluster_collect(struct kps_diag *diag, const struct kps_env *env,
                                              const struct kps_cluster_options *options,
                                              kps_cluster_item *item, void *context);

/*
 * The same for several looks at one cluster, which share one kubectl proxy. `arena`, `env` and
 * `options` outlive the connection; a failure to connect is reported by each look.
 */
struct kps_cluster_connection;
struct kps_cluster_connection *kps_cluster_connect(struct kps_arena *arena,
                                                   const struct kps_env *env,
                                                   const struct kps_cluster_options *options);
struct kps_cluster_result kps_cluster_look(const struct kps_cluster_connection *connection,
                                           struct kps_diag *diag, kps_cluster_item *item,
                                           void *context);
void kps_cluster_disconnect(struct kps_cluster_connection *connection);

/*
 * Read a list that lies in a file (`--against`), or comes through a pipe, item by item: a kubectl
 * List of mixed kinds, or raw answers of the API server, several behind each other. `fd` stays
 * open. Return: false with a finding KP902, or KP901 when the file cannot be read.
 */
KPS_MUST_USE bool kps_cluster_read_dump(struct kps_diag *diag, struct kps_sv path, int fd,
                                        kps_list_item *item, void *context, uint32_t *ret_items);

#endif
