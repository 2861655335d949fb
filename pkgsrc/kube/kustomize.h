#ifndef KPS_KUBE_KUSTOMIZE_H
#define KPS_KUBE_KUSTOMIZE_H

#include "base/compiler.h"
#include "base/fs.h"
#include "kube/collect.h"

/*
 * The kustomizations below a folder: their includers, the files that are their parts, and the ports
 * of each build. A file under `patches` or read by a generator is a fragment and no object; a
 * kustomization without an includer is applied to a cluster. The rules are the rules of `kubectl
 * kustomize` (kustomize 5): a base may lie anywhere, other files only in or below the folder of the
 * kustomization.
 *
 * Built are resources, bases, components, generators, patches, patchesStrategicMerge,
 * patchesJson6902, namespace, namePrefix, nameSuffix, labels, commonLabels, replicas, images,
 * replacements and vars with the varReference of configurations.
 * Nothing is fetched and no program runs: with a remote base, a chart or a plugin the rest is
 * judged, and nothing is called missing.
 */
struct kps_kustomize;

/* Return true for the names that kustomize looks for: kustomization.yaml, kustomization.yml,
 * Kustomization. */
bool kps_kustomize_is_name(struct kps_sv base_name);

/*
 * `diag` and `fs` must outlive the result. `cwd` and `top` are absolute and clean: paths below
 * `top` are shown as below `top_shown`, all others relative to `cwd`. Never NULL.
 */
struct kps_kustomize *kps_kustomize_open(struct kps_diag *diag, const struct kps_fs *fs,
                                         struct kps_sv cwd, struct kps_sv top,
                                         struct kps_sv top_shown);
void kps_kustomize_close(struct kps_kustomize *kustomize);

/* Add the kustomization of a folder (absolute, clean). Return false when the folder has none. */
KPS_MUST_USE bool kps_kustomize_add(struct kps_kustomize *kustomize, struct kps_sv folder);
/* Link the kustomizations to their includers; call this once, after the last kps_kustomize_add. */
void kps_kustomize_link(struct kps_kustomize *kustomize);

/* Note that a file (absolute, clean) holds no ports: no build reads the file. */
void kps_kustomize_note_portless(struct kps_kustomize *kustomize, struct kps_sv path);

/* Return true when some kustomization names this file (absolute, clean). */
bool kps_kustomize_uses(const struct kps_kustomize *kustomize, struct kps_sv path);
/* Return true when the folder has a kustomization that was added. */
bool kps_kustomize_has(const struct kps_kustomize *kustomize, struct kps_sv folder);

/* Return the added folders without an includer, in order. */
size_t kps_kustomize_n_roots(const struct kps_kustomize *kustomize);
struct kps_sv kps_kustomize_root(const struct kps_kustomize *kustomize, size_t index);
/* Return the path of such a folder as the user would write it. */
struct kps_sv kps_kustomize_shown_root(const struct kps_kustomize *kustomize, size_t index);

/*
 * Build a folder's kustomization and read its objects into `kube`, which is a cluster of its own.
 * A refusal of kustomize is a finding, and the rest is read. `fails` is the severity of such a
 * finding. Return the same as kps_kube_add_file.
 */
struct kps_kube_result kps_kustomize_build(struct kps_kustomize *kustomize, struct kps_kube *kube,
                                           struct kps_sv folder, enum kps_severity fails);

/* Report the builds without a remote base or a chart, once for all. Call this last. */
void kps_kustomize_report(struct kps_kustomize *kustomize);

#endif
