#ifndef KPS_KUBE_RESERVED_H
#define KPS_KUBE_RESERVED_H

#include "kube/object.h"

/* Ports of programs beside the manifests: the components of a node, and sidecars injected into
 * pods. */

/* Components of a node; a pod that is one of them itself does not meet itself. */
enum {
    KPS_PART_KUBELET = 1U << 0,
    KPS_PART_KUBE_PROXY = 1U << 1,
    KPS_PART_APISERVER = 1U << 2,
    KPS_PART_CONTROLLER = 1U << 3,
    KPS_PART_SCHEDULER = 1U << 4,
    KPS_PART_ETCD = 1U << 5,
    KPS_PART_CLOUD = 1U << 6,
};

struct kps_kube_reserved {
    uint16_t port;
    uint16_t part; /* KPS_PART_* */
    uint8_t protocol;
    bool loopback;      /* on 127.0.0.1 only */
    bool control_plane; /* on control-plane nodes only */
    bool optional;      /* off in most clusters today */
    const char *who;    /* "kubelet" */
    const char *what;   /* "its API" */
};

/* The components that listen on the port of every node (spec kubernetes §6); NULL when none does.
 */
const struct kps_kube_reserved *kps_kube_reserved_at(uint16_t port, uint8_t protocol);

/* Which components a container is, by its name, image and the pod's name (static pods:
 * "kube-apiserver-node1"). */
uint16_t kps_kube_parts_of(struct kps_sv container, struct kps_sv image, struct kps_sv pod);

struct kps_kube_sidecar_port {
    uint16_t mesh; /* KPS_MESH_* */
    uint16_t port; /* unless moved by an annotation */
    uint8_t protocol;
    bool documented;      /* else known by experience only: a warning */
    bool is_opt_in;       /* closed without `toggle` */
    const char *what;     /* "outbound capture" */
    const char *moved_by; /* the annotation that sets the port; NULL: none */
    const char *toggle;   /* the annotation that opens or closes the port; NULL: always open */
};

/* Return the name of the injected container: "istio-proxy". */
const char *kps_kube_sidecar_name(const struct kps_kube_sidecar_port *port);

/*
 * Return the port of an injected sidecar; NULL if none of `meshes` takes the port. `own` holds the
 * settings of the pod's annotations, `around` the settings of its namespace.
 */
const struct kps_kube_sidecar_port *kps_kube_sidecar_at(uint16_t meshes,
                                                        struct kps_sidecar_moves own,
                                                        struct kps_sidecar_moves around,
                                                        uint16_t port, uint8_t protocol);

/* Read the annotations that set ports of sidecars; the list is in the arena. */
struct kps_sidecar_moves kps_kube_sidecar_moves(struct kps_arena *arena,
                                                struct kps_labels annotations);

/* Return the meshes that labels and annotations of a pod template ask for. */
uint16_t kps_kube_meshes(struct kps_labels labels, struct kps_labels annotations);
/* The same for a Namespace. */
uint16_t kps_kube_namespace_meshes(struct kps_labels labels, struct kps_labels annotations);

#endif
