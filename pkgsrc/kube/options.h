#ifndef KPS_KUBE_OPTIONS_H
#define KPS_KUBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "diag/origin.h"

/* The settings of one cluster, and the result of reading one file: the structs that the door of
 * this adapter (collect.h) and the files behind the door share. */

/* Ports that a program holds on every node, beside the ports of Kubernetes itself. */
struct kps_kube_taken {
    uint16_t first, last; /* inclusive */
    uint8_t protocol;     /* enum kps_protocol */
    struct kps_sv who;    /* "node-exporter"; empty: not told */
};

/* A container that is injected into every pod, or into pods with the label or annotation `key`. */
struct kps_kube_injected {
    struct kps_sv name;
    struct kps_sv key, value; /* key empty: every pod; value empty: any value */
    const struct kps_kube_taken *ports;
    size_t n_ports;
};

enum { KPS_KUBE_MOST_INJECTED = 64 };

/* Why an object is not judged: the place of the pods that a controller makes of it, or what keeps
 * it out of a cluster. */
enum kps_kube_unjudged_why {
    KPS_KUBE_OF_CHART,    /* a chart elsewhere */
    KPS_KUBE_OF_GATEWAY,  /* the gateway's own defaults */
    KPS_KUBE_OF_OWN_FORM, /* templates in the object, in a form of its controller */
    KPS_KUBE_NAMELESS,    /* a patch, or refused */
    KPS_KUBE_NOT_SERVED   /* of an API that the cluster has no more */
};

/* Objects of one kind that are not judged. */
struct kps_kube_unjudged_kind {
    struct kps_sv kind; /* with its group where the kind alone may mislead */
    enum kps_kube_unjudged_why why;
    struct kps_span first;
    uint32_t n;
};

/* All such objects of several clusters, each place counted once. Zeroed it is empty. */
struct kps_kube_unjudged {
    KPS_VEC(struct kps_kube_unjudged_kind) kinds;
    struct kps_map seen; /* path and offset */
};

/* The node ports of a cluster that sets no other range (--service-node-port-range). */
enum { KPS_KUBE_NODE_PORT_FIRST = 30000, KPS_KUBE_NODE_PORT_LAST = 32767 };

struct kps_kube_options {
    uint16_t node_port_first, node_port_last; /* both 0: the default */
    uint32_t nodes;                           /* how many nodes the cluster has; 0 = unknown */
    uint16_t version_major, version_minor;    /* 0.0: the newest known */
    struct kps_sv default_namespace;          /* of objects without one; empty = "default" */
    const struct kps_kube_taken *reserved;    /* host ports that are held on every node (KP209) */
    const struct kps_kube_injected *injected; /* KP210; at most KPS_KUBE_MOST_INJECTED */
    size_t n_reserved, n_injected;
    /* The name of the cluster among several of a run (the folder of a kustomization): port spaces
     * of different names are apart. Empty: the cluster of all files outside of kustomizations. */
    struct kps_sv scope;
    /* The files were found below a folder: files that share an object are alternatives. */
    bool is_walked;
    bool is_found;                      /* the user named neither the files nor the kustomization */
    struct kps_kube_unjudged *unjudged; /* NULL: kps_kube_finish reports those of this cluster */
    bool is_open;    /* a part that could add ports was not read: nothing is called missing */
    bool parses_all; /* no document is skipped by its head: for a test that compares both */
    bool is_live;    /* the inputs are applied to a live cluster, see kps_kube_begin_live */
    bool is_aside;   /* judged beside the inputs of the user: its claims are KPS_CLAIM_ASIDE */
};

enum kps_kube_status {
    KPS_KUBE_OK,
    KPS_KUBE_PARTIAL, /* a document could not be read or holds what kubectl refuses; the rest was
                         judged */
    KPS_KUBE_FAILED,  /* no object could be read; errors are in the sink */
};

struct kps_kube_result {
    enum kps_kube_status status;
    uint32_t objects;   /* with apiVersion and kind; items of lists are counted alone */
    uint32_t documents; /* that were not empty */
    uint32_t passed; /* documents that are no Kubernetes object, and kinds without pods or ports */
    bool unrendered; /* a template that must be rendered first (KP903) */
    struct kps_sv error; /* PARTIAL, FAILED: the first error in one line */
};

#endif
