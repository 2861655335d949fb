#ifndef KPS_UNITS_REQUEST_H
#define KPS_UNITS_REQUEST_H

#include "base/sv.h"

struct kps_unit_path;

/* The kinds of files that this adapter reads, and the request to read one. */

enum kps_units_kind {
    KPS_UNITS_NONE,
    KPS_UNITS_QUADLET,   /* *.container, *.pod, *.kube */
    KPS_UNITS_SOCKET,    /* *.socket */
    KPS_UNITS_KIND,      /* kind: Cluster, apiVersion: kind.x-k8s.io/… */
    KPS_UNITS_K3D,       /* kind: Simple, apiVersion: k3d.io/… */
    KPS_UNITS_KUBE_PLAY, /* manifests for `podman kube play` */
};

struct kps_units_request {
    enum kps_units_kind kind;
    struct kps_sv absolute; /* the file to read; "-" is standard input */
    struct kps_sv shown;    /* how locations name the file */
    struct kps_sv world;    /* see struct kps_compose_request */
    bool is_found;          /* below a folder, and not named by the user */
    /* Of --systemd, else zero: */
    const struct kps_unit_path *path; /* the folders of drop-ins */
    struct kps_sv name;               /* of an instance, see struct kps_unit_source */
    bool is_off;                      /* nothing starts the unit at boot */
};

#endif
