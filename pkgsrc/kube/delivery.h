#ifndef KPS_KUBE_DELIVERY_H
#define KPS_KUBE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

/*
 * Which folders of a repository go to which cluster, as far as objects of deployment tools in it
 * say so: `spec.path` of Flux's Kustomization, `spec.source.path` and `spec.destination` of Argo
 * CD's Application. Flux objects of one folder are of one cluster, and so is what lies below their
 * path. Start it zeroed with an arena and the repository's root (absolute, clean).
 */
struct kps_delivery_entry {
    struct kps_sv path;    /* absolute: the delivered folder */
    struct kps_sv folder;  /* absolute: where the object is written; empty for Argo CD */
    struct kps_sv cluster; /* its name: a folder, or a destination */
};

struct kps_delivery {
    struct kps_arena *arena;
    struct kps_sv root;
    KPS_VEC(struct kps_delivery_entry) entries;
    uint32_t n_clusters; /* set by kps_delivery_link */
};

/* Return true when the bytes may hold such an object: kps_delivery_read is worth its cost. */
bool kps_delivery_is_likely(struct kps_sv bytes);
/* Read the objects of a file (absolute, clean). What cannot be read is left to kps_kube_add_file.
 */
void kps_delivery_read(struct kps_delivery *delivery, struct kps_sv path, struct kps_sv bytes);
/* Join the entries of one cluster, once all files are read. */
void kps_delivery_link(struct kps_delivery *delivery);

/*
 * Return the cluster of the file (absolute, clean): its name; "several" for a file of more than one
 * cluster; empty without a delivery, or where the repository has a single cluster.
 */
struct kps_sv kps_delivery_cluster(const struct kps_delivery *delivery, struct kps_sv path);

void kps_delivery_free(struct kps_delivery *delivery);

#endif
