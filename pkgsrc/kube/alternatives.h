#ifndef KPS_KUBE_ALTERNATIVES_H
#define KPS_KUBE_ALTERNATIVES_H

#include "kube/object.h"

/*
 * Files below a folder with the same objects (kind, namespace, name) are alternatives: either
 * `base/secure` or `base/insecure` is applied. Objects of two folders that share an object do not
 * meet, nor do objects of two such files of a folder, if the object differs or if more than half of
 * the objects of one are in the other: equal copies of a few objects are no sign. The folders of a
 * folder of examples
 * (`examples/a`, `examples/b`; also samples, demos, tutorials) are alternatives by their names, as
 * the files below `fixtures` are, which tests load one by one. A chart beside the manifests that it
 * renders to is an alternative too: an object of `templates` without a namespace is the one of that
 * kind and name in any. Files that the user names, and builds of a kustomization, are applied
 * together.
 */

/* Find the alternatives, once identities are small numbers. */
void kps_alternatives_find(struct kps_kube *kube);

/* Return true when the two objects, which would meet, stand in alternatives of each other. The
 * report then names the first two such files or folders (kps_diag.not_compared). */
bool kps_alternatives_hold(const struct kps_kube_id *a, const struct kps_kube_id *b);

/* Return "files of x and y are not compared", about the folders or files of two objects. */
struct kps_sv kps_alternatives_words(const struct kps_kube_id *a, const struct kps_kube_id *b);

/* Return a text that is equal for objects with the same alternatives; empty: there are none. */
struct kps_sv kps_alternatives_key(const struct kps_kube_id *id, struct kps_arena *arena);

/* How near an object stands to another: 0 in its file, 1 in its folder, 2 elsewhere, 3 in an
 * alternative. All are 0 where everything is applied together. */
uint32_t kps_alternatives_distance(const struct kps_kube_id *a, const struct kps_kube_id *b);

#endif
