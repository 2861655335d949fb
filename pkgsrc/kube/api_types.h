#ifndef KPS_KUBE_API_TYPES_H
#define KPS_KUBE_API_TYPES_H

#include "kube/kube.h"

/*
 * The types of the API's Go structs, as far as a field bears on ports, on the place of a pod or on
 * a selector. Fields whose readers report a wrong type themselves (kps_kube_port_number,
 * kps_kube_text) are not among them.
 */

/*
 * Report the first value of `map` (a mapping; else nothing is done) whose type is another one than
 * the API's: KP217, as the API server then refuses the whole object. Null fits everywhere, and a
 * placeholder such as ${REPLICAS} is left alone. `path` is the place of `map` ("spec.template"), as
 * Go's decoder writes it, and `type` the word of its struct: "Object" (any object), "Spec" (of what
 * makes pods), "PodSpec" or "ServiceSpec"; "custom.Spec" and "custom.PodSpec" of a kind that is no
 * API's.
 */
void kps_api_check(struct kps_kube *kube, const struct kps_kube_who *who, struct kps_sv path,
                   const struct kps_ynode *map, const char *type);

#endif
