#ifndef KPS_KUBE_COLLECT_H
#define KPS_KUBE_COLLECT_H

#include "base/compiler.h"
#include "kube/options.h"
#include "model/ledger.h"

/*
 * The Kubernetes adapter's one door: manifests, read as kubectl reads them, become owners and
 * claims in the ledger and findings (KP201 to KP218) in its sink. All files that are added are one
 * cluster. The core compares host ports and asks this adapter's classes which pods can share a
 * node; node ports and addresses of a cluster are judged here.
 */

/* Read "1.30", "v1.30.2" or "1.30.2+k3s1". Return: false (options untouched) for anything else. */
KPS_MUST_USE bool kps_kube_version_parse(struct kps_sv text, struct kps_kube_options *options);
/* Read "30000-32767". Return: false (options untouched) for anything else. */
KPS_MUST_USE bool kps_kube_range_parse(struct kps_sv text, struct kps_kube_options *options);

struct kps_kube;

/* `ledger` (with its diag) must outlive the result. Never NULL. */
struct kps_kube *kps_kube_open(struct kps_ledger *ledger, const struct kps_kube_options *options);
/* Owners and findings stay valid as long as the ledger. */
void kps_kube_close(struct kps_kube *kube);

/*
 * Read a file of ledger->diag->files. Findings within an object are made at once. Positions are
 * exact for every byte of the file; the trees of its documents are released before the call
 * returns.
 */
struct kps_kube_result kps_kube_add_file(struct kps_kube *kube, kps_file_id file);

/* Tell objects and their copies apart after the last file: complete the claims, and make the
 * findings inside an object. */
void kps_kube_finish(struct kps_kube *kube);

/*
 * Report ports outside of the conflicts of the core: a workload whose own pods are in each other's
 * way, and rules that compare no claims. Call this once, after kps_judge.
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
