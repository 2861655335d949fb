#ifndef KPS_KUBE_COLLECT_H
#define KPS_KUBE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/ledger.h"

/*
 * The Kubernetes adapter's one door: manifests, read as kubectl reads them, become owners and
 * claims in the ledger and findings (KP201 to KP218) in its sink. All files that are added are one
 * cluster. The core compares host ports and asks this adapter's classes which pods can share a
 * node; node ports and addresses of a cluster are judged here.
 */

/* Ports that somebody holds beside those that are known of themselves. */
struct kps_kube_taken {
    uint16_t first, last; /* inclusive */
    uint8_t protocol;     /* enum kps_protocol */
    struct kps_sv who;    /* "node-exporter"; empty: not told */
};

/* A container that is put into every pod, or into those with the label or annotation `key`. */
struct kps_kube_injected {
    struct kps_sv name;
    struct kps_sv key, value; /* key empty: every pod; value empty: whatever it is */
    const struct kps_kube_taken *ports;
    size_t n_ports;
};

enum { KPS_KUBE_MOST_INJECTED = 64 };

/* Objects of one kind that a controller makes pods and Services of, out of parts elsewhere. */
struct kps_kube_unjudged_kind {
    struct kps_sv kind;
    struct kps_span first;
    uint32_t n;
};

/* All such objects of several clusters, each place counted once. Zeroed it is empty. */
struct kps_kube_unjudged {
    KPS_VEC(struct kps_kube_unjudged_kind) kinds;
    struct kps_map seen; /* path and offset */
};

struct kps_kube_options {
    uint16_t node_port_first, node_port_last; /* both 0: 30000 to 32767 */
    uint32_t nodes;                           /* how many nodes the cluster has; 0 = unknown */
    uint16_t version_major, version_minor;    /* 0.0: the newest known */
    struct kps_sv default_namespace;          /* of objects without one; empty = "default" */
    const struct kps_kube_taken *reserved;    /* host ports that are held on every node (KP209) */
    const struct kps_kube_injected *injected; /* KP210; at most KPS_KUBE_MOST_INJECTED */
    size_t n_reserved, n_injected;
    /* The cluster's name among several of one run (the folder of a kustomization): port spaces of
     * different names are apart. Empty: the one of all files that no kustomization builds. */
    struct kps_sv scope;
    /* The files were found below a folder: those that share an object are alternatives. */
    bool is_walked;
    struct kps_kube_unjudged *unjudged; /* NULL: kps_kube_finish reports those of this cluster */
    bool is_open;    /* something that could add ports was not read: nothing is called missing */
    bool parses_all; /* no document is skipped by its head: for a test that compares both */
    bool is_live;    /* the inputs are applied to a live cluster, see kps_kube_begin_live */
    bool is_aside;   /* judged beside what the user named: its claims are KPS_CLAIM_ASIDE */
};

/* Reads "1.30", "v1.30.2" or "1.30.2+k3s1". Return: false (options untouched) for anything else. */
KPS_MUST_USE bool kps_kube_version_parse(struct kps_sv text, struct kps_kube_options *options);
/* Reads "30000-32767". Return: false (options untouched) for anything else. */
KPS_MUST_USE bool kps_kube_range_parse(struct kps_sv text, struct kps_kube_options *options);

enum kps_kube_status {
    KPS_KUBE_OK,
    KPS_KUBE_PARTIAL, /* a document could not be read or holds what kubectl refuses; the rest was
                         judged */
    KPS_KUBE_FAILED,  /* no object could be read; errors are in the sink */
};

struct kps_kube_result {
    enum kps_kube_status status;
    uint32_t objects;   /* with apiVersion and kind, items of lists counted one by one */
    uint32_t documents; /* that were not empty */
    uint32_t passed; /* documents that are no Kubernetes object, and kinds without pods or ports */
    bool unrendered; /* it looks like a template that must be rendered first (KP903) */
    struct kps_sv error; /* PARTIAL, FAILED: the first error in one line */
};

struct kps_kube;

/* `ledger` (with its diag) must outlive the result. Never NULL. */
struct kps_kube *kps_kube_open(struct kps_ledger *ledger, const struct kps_kube_options *options);
void kps_kube_close(struct kps_kube *kube);

/*
 * Reads one file of ledger->diag->files. Findings within one object are made at once. Positions are
 * exact for every byte of the file; the trees of its documents are released before the call
 * returns.
 */
struct kps_kube_result kps_kube_add_file(struct kps_kube *kube, kps_file_id file);

/*
 * With options.is_live: take the items of a live cluster, one JSON object with apiVersion and kind
 * at a time, in any order, from whatever source. Call kps_kube_begin_live behind the last file,
 * then kps_kube_add_live for each item, then kps_kube_finish: only the files are judged, by what
 * applying them now would do (KP401 to KP403). Return: false when the item is no JSON object.
 */
void kps_kube_begin_live(struct kps_kube *kube);
bool kps_kube_add_live(struct kps_kube *kube, struct kps_sv json);

/* How many objects of each kind were handed in: 0 of one means that the list is missing. */
struct kps_kube_live_counts {
    uint32_t nodes, pods, services;
};
struct kps_kube_live_counts kps_kube_count_live(const struct kps_kube *kube);

/* Tell objects and their copies apart, once the last file is read: completes the claims, and makes
 * the findings inside one object. */
void kps_kube_finish(struct kps_kube *kube);

/*
 * Make the findings about ports that the core did not find contended: a workload whose own pods are
 * in each other's way, and those that compare no claims. Call it once, after kps_judge.
 */
void kps_kube_judge(struct kps_kube *kube);

/* Note, once for each kind, which objects were read and not rendered (KP903); empties the list. */
void kps_kube_report_unjudged(struct kps_kube *kube, struct kps_kube_unjudged *unjudged);

/*
 * Return true when the bytes look like Kubernetes manifests: some document or JSON object has
 * `apiVersion` and `kind` at its top level, and no `services`. Cheap: looks at line starts only (in
 * JSON at keys). An unrendered Helm template of a manifest counts too.
 */
bool kps_kube_looks_like(struct kps_sv bytes);

#endif
