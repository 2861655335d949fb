#ifndef KPS_KUBE_OBJECT_H
#define KPS_KUBE_OBJECT_H

#include "kube/labels.h"
#include "kube/lifetime.h"
#include "kube/nodes.h"
#include "kube/rollout.h"
#include "kube/tolerations.h"
#include "model/ledger.h"

/*
 * The facts that are kept of an object once its document's tree is gone: only what the rules need.
 * All texts are views into the file or copies in the sink's arena. A cluster's dump has tens of
 * thousands of objects, so what many of them share and what few of them have (`extra`, `sidecars`,
 * `where`, `rollout`) is a pointer.
 */

/*
 * A place in a file, as small as a pair of offsets: see kps_kube_span. A file whose id does not fit
 * is taken for the object's own, which is wrong only for patches of a kustomization among a quarter
 * of a million files; a longer text is cut.
 */
enum { KPS_KUBE_PLACE_LEN = 0x3fff, KPS_KUBE_PLACE_FILES = 0x3ffff };
struct kps_kube_place {
    uint32_t off;
    uint32_t len : 14;
    uint32_t file : 18; /* 0: the object's own */
};

/* Facts shared by all objects of a kind, namespace and template; kept once. */
struct kps_kube_head {
    struct kps_object_group group;
    struct kps_kube *kube;
    struct kps_sv source;   /* Helm's "# Source:" of the document */
    struct kps_sv pod_path; /* "spec.template.spec"; empty for Services */
};

/* The identity of a workload or a Service. */
struct kps_kube_id {
    const struct kps_kube_head *head;
    struct kps_sv name;
    struct kps_span at; /* the value of metadata.name */
    kps_owner_id owner; /* 0 until a claim or a finding names it */
    uint64_t identity;  /* equal for variants of one object: kps_kube_key's until kps_kube_finish
                           makes small numbers */
};

/* Why a port is believed to be listened on (spec kubernetes §3). */
enum kps_kube_evidence {
    KPS_KUBE_DECLARED,
    KPS_KUBE_ARGUMENT,
    KPS_KUBE_ENVIRONMENT,
    KPS_KUBE_PROBE, /* a probe or lifecycle hook: some container of the pod serves it */
    KPS_KUBE_IMAGE,
};

/* Bits of kps_kube_port.shown besides 1 << enum kps_kube_evidence. */
enum {
    KPS_KUBE_SHOWN_SURE = 1U << 7, /* the image's default, which only a known option moves */
    KPS_KUBE_SHOWN_OWN = 1U << 6,  /* a variable that speaks of its container: PORT, LISTEN, BIND */
};

/* The rare texts of ports. */
struct kps_kube_port_extra {
    struct kps_sv host_ip; /* hostIP as written; empty: none */
    struct kps_sv told;    /* declared: the argument or variable that sets the port as well */
};

/* The findings about a host port so far: the rules that follow leave the port to them. */
enum kps_kube_contended {
    KPS_KUBE_UNCONTENDED,
    KPS_KUBE_MAY_CLASH, /* a warning says so: an error of another rule is said as well */
    KPS_KUBE_CLASHES,
};

struct kps_kube_port {
    struct kps_sv name; /* declared: the port's name; else the evidence in words ("--port=8080") */
    const struct kps_kube_port_extra
        *extra;               /* NULL: none, see kps_kube_host_ip and kps_kube_told */
    struct kps_kube_place at; /* the value of containerPort, or the evidence */
    struct kps_kube_place
        at_host; /* the value of hostPort, or of containerPort under hostNetwork */
    uint16_t container;
    uint16_t host;  /* 0: none. Under hostNetwork the containerPort where no hostPort is written */
    uint16_t index; /* its place in `ports`; evidence: 0 */
    uint8_t protocol;  /* enum kps_protocol */
    uint8_t evidence;  /* enum kps_kube_evidence: the strongest */
    uint8_t shown;     /* 1 << evidence: everything that shows the port */
    bool host_written; /* `host` is written, not concluded */
    bool scheduled;    /* the scheduler counts `host`: it is declared, not by a plain init container
                          and not by a sidecar before 1.33 */
    uint8_t contended; /* enum kps_kube_contended */
    kps_claim_id claim; /* of the port in the pod; the next claim is of the port on the node, if
                           `host` is set */
};

struct kps_kube_container {
    struct kps_sv name;
    struct kps_kube_port *ports; /* declared ones first, in order */
    uint32_t n_ports;
    kps_owner_id owner;          /* 0 until a claim or a finding names it */
    uint16_t index;              /* its place in containers or initContainers */
    uint8_t role;                /* enum kps_kube_role */
    bool is_helper;              /* it answers the probes of its neighbours (CSI's livenessprobe) */
    struct kps_kube_workload *w; /* whose pod it is of */
};

/* The sidecars that a file has injected into pods. */
enum {
    KPS_MESH_ISTIO = 1U << 0,
    KPS_MESH_ISTIO_OFF = 1U << 1, /* the pod refuses what its namespace asks for */
    KPS_MESH_LINKERD = 1U << 2,
    KPS_MESH_LINKERD_OFF = 1U << 3,
    KPS_MESH_DAPR = 1U << 4,
    KPS_MESH_CONSUL = 1U << 5,
    KPS_MESH_KUMA = 1U << 6,
    KPS_MESH_KNATIVE = 1U << 7,
    KPS_MESH_OTEL = 1U << 8,
    KPS_MESH_JAEGER = 1U << 9,
    KPS_MESH_APP_MESH = 1U << 10,
    KPS_MESH_VAULT = 1U << 11,
    KPS_MESH_TELEPRESENCE = 1U << 12,
};

/* A port of an injected sidecar that an annotation sets. */
struct kps_sidecar_move {
    uint16_t row;  /* of the table of sidecar ports (reserved.c) */
    uint16_t port; /* 0: the sidecar does not open it */
};

struct kps_sidecar_moves {
    const struct kps_sidecar_move *v;
    uint32_t n;
};

/* The containers that are put into a pod. */
struct kps_kube_sidecars {
    struct kps_sidecar_moves moves;
    uint64_t injected; /* bit i: options.injected[i] is put into it */
    uint16_t meshes;   /* KPS_MESH_* */
};

/* The nodes of a pod, and its priority. */
struct kps_kube_placement {
    const struct kps_node_constraint *nodes; /* never NULL */
    struct kps_tolerations tolerations;
    struct kps_anti_affinity apart;
    struct kps_sv priority; /* priorityClassName */
    bool bound;             /* nodeName: the scheduler, and with it anti-affinity, is not asked */
};

struct kps_kube_pod {
    struct kps_kube_container *containers; /* init containers first, as they start */
    struct kps_labels labels;
    const struct kps_kube_placement *where; /* never NULL */
    uint32_t n_containers;
    uint16_t is_part; /* KPS_PART_* of reserved.h: the pod is such a component itself */
    bool host_network;
};

enum kps_kube_kind {
    KPS_KUBE_POD,
    KPS_KUBE_DEPLOYMENT,
    KPS_KUBE_REPLICASET, /* and ReplicationController */
    KPS_KUBE_STATEFULSET,
    KPS_KUBE_DAEMONSET,
    KPS_KUBE_JOB,
    KPS_KUBE_CRONJOB,
    KPS_KUBE_PODTEMPLATE, /* starts nothing */
    KPS_KUBE_CUSTOM,      /* known only by its shape */
};

enum {
    KPS_KUBE_RECREATE = 1U << 0,      /* the update strategy never runs two revisions at once */
    KPS_KUBE_FORBID = 1U << 1,        /* CronJob: concurrencyPolicy other than Allow */
    KPS_KUBE_HELD = 1U << 2,          /* a pod that runs now (status from a live cluster) */
    KPS_KUBE_OVER = 1U << 3,          /* a pod that has ended */
    KPS_KUBE_SUPERSEDED = 1U << 4,    /* the same object comes again later in its file */
    KPS_KUBE_HAS_PODS = 1U << 5,      /* its live pods are in the input and speak for it */
    KPS_KUBE_OWNED = 1U << 6,         /* its controller is in the input */
    KPS_KUBE_BAD_STRATEGY = 1U << 7,  /* the API server refuses maxSurge with maxUnavailable */
    KPS_KUBE_CONTROLLED = 1U << 8,    /* it names a controller (ownerReferences) */
    KPS_KUBE_STRATEGY_SAID = 1U << 9, /* a finding says so of KPS_KUBE_BAD_STRATEGY */
    KPS_KUBE_ENDS = 1U << 10,         /* a Pod that is not started again once it has ended */
};

/* The update strategy of a Deployment, a DaemonSet, and what does the same. */
struct kps_kube_rollout {
    struct kps_rollout_amount surge, unavailable;
    struct kps_span at; /* of its written part; .file == 0: none is written */
};

/* A live pod without a node, or a pod that the kubelet of its node refused. */
struct kps_kube_waiting {
    struct kps_sv controller_kind, controller_name; /* empty: none */
    struct kps_sv node; /* the node of the kubelet that refused the pod; empty: none */
    bool is_said;       /* the cluster says that a host port is the reason */
};

/* The rare fields of workloads. */
struct kps_kube_workload_extra {
    const struct kps_kube_rollout *rollout;   /* never NULL */
    const struct kps_kube_sidecars *sidecars; /* never NULL */
    const struct kps_ynode *root;             /* its document, for a live cluster; else NULL */
    const struct kps_kube_waiting *waiting;   /* NULL: not known to wait */
    /* Where another file than the object's sets replicas, or hostNetwork and then replicas. */
    kps_origin_id via_copies, via_network;
};

struct kps_kube_workload {
    struct kps_kube_id id; /* the identity is the controller's when the pod names a controller */
    struct kps_kube_pod pod;
    const struct kps_kube_workload_extra *extra; /* never NULL; most workloads share one */
    uint32_t copies;                             /* pods at once; DaemonSets 1 per node */
    uint16_t flags;                              /* KPS_KUBE_* */
    uint8_t kind;                                /* enum kps_kube_kind */
};

struct kps_kube_service_port {
    struct kps_sv name, target_name; /* target_name: a named targetPort */
    struct kps_kube_place at, at_node, at_target;
    kps_claim_id claim;               /* of `port`; the next claim is of `node_port`, if set */
    uint16_t port, target, node_port; /* 0 = none */
    uint8_t protocol;
    uint8_t index;
};

enum kps_kube_service_type {
    KPS_SVC_CLUSTER_IP,
    KPS_SVC_NODE_PORT,
    KPS_SVC_LOAD_BALANCER,
    KPS_SVC_EXTERNAL_NAME
};

struct kps_kube_address {
    struct kps_sv text;
    struct kps_span at;
};

/* The rare fields of Services. */
struct kps_kube_service_extra {
    struct kps_kube_address *external_ips;
    uint32_t n_external_ips;
    struct kps_kube_address cluster_ip;
    struct kps_kube_address *balancer_ips; /* loadBalancerIP, and addresses of annotations */
    uint32_t n_balancer_ips;
    struct kps_kube_place at_health;
    uint16_t health_port; /* healthCheckNodePort, 0 = none */
    bool checks_health;   /* a load balancer that asks each node: it has such a port */
};

struct kps_kube_service {
    struct kps_kube_id id;
    struct kps_labels selector;
    struct kps_kube_service_port *ports;
    const struct kps_kube_service_extra *extra; /* never NULL */
    uint32_t n_ports;
    kps_claim_id health_claim; /* of healthCheckNodePort, 0 = none */
    uint8_t type;              /* enum kps_kube_service_type */
    bool has_class;            /* loadBalancerClass or a cloud's annotations: not for k3s */
    bool superseded;
};

/*
 * A port of a container, as a request for a port of some node. Without port->scheduled the
 * scheduler does not know of the request: an undeclared listener, a plain init container.
 */
struct kps_kube_port_request {
    struct kps_kube_container *c;
    struct kps_kube_port *port;
};

/* Return the port of a pod behind another one, in the order of its containers. A zeroed `at` asks
 * for the first; .port == NULL: there is none left. */
struct kps_kube_port_request kps_kube_next_port(const struct kps_kube_workload *w,
                                                struct kps_kube_port_request at);

/* The place of a span. */
struct kps_kube_place kps_kube_place_of(struct kps_span span);
/* The span of a place of an object. */
struct kps_span kps_kube_span(const struct kps_kube_id *id, struct kps_kube_place place);
/* hostIP as written; empty without one. */
struct kps_sv kps_kube_host_ip(const struct kps_kube_port *port);
/* The argument or variable that sets a declared port as well; empty without one. */
struct kps_sv kps_kube_told(const struct kps_kube_port *port);

#endif
