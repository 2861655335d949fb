#ifndef KPS_KUBE_ALTERNATIVES_H
#define KPS_KUBE_ALTERNATIVES_H

#include "kube/object.h"

/*
 * Files below a folder with the same object (kind, namespace, name) are alternatives: either
 * `base/secure` or `base/insecure` is applied. Objects of two folders that share an object do not
 * meet, nor do objects of two such files of a folder. The folders of a folder of examples
 * (`examples/a`, `examples/b`; also samples, demos, tutorials) are alternatives by their names, as
 * the files below `fixtures` are, which tests load one by one. A chart beside the manifests that it
 * renders to is an alternative too: an object of `templates` without a namespace is the one of that
 * kind and name in any. Files that the user names, and builds of a kustomization, are applied
 * together.
 */

/* Find the alternatives, once identities are small numbers. */
void kps_alternatives_find(struct kps_kube *kube);

/* Return true when the two objects stand in alternatives of each other. */
bool kps_alternatives_hold(const struct kps_kube_id *a, const struct kps_kube_id *b);

/* Return a text that is equal for objects with the same alternatives; empty: there are none. */
struct kps_sv kps_alternatives_key(const struct kps_kube_id *id, struct kps_arena *arena);

/* How near an object stands to another: 0 in its file, 1 in its folder, 2 elsewhere, 3 in an
 * alternative. All are 0 where everything is applied together. */
uint32_t kps_alternatives_distance(const struct kps_kube_id *a, const struct kps_kube_id *b);

#endif
