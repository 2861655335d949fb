#ifndef KPS_KUBE_API_TYPES_H
#define KPS_KUBE_API_TYPES_H

#include "kube/kube.h"

/*
 * The types of the API's Go structs, as far as a field bears on ports, on the place of a pod or on
 * a selector. Fields whose readers report a wrong type themselves (kps_kube_int, kps_kube_text)
 * are not among them.
 */
struct kps_api_struct;

extern const struct kps_api_struct kps_api_object;     /* metadata and spec of any object */
extern const struct kps_api_struct kps_api_controller; /* spec of what makes pods */
extern const struct kps_api_struct kps_api_custom;     /* the same of a kind that is no API's */
extern const struct kps_api_struct kps_api_pod;        /* spec of a pod, with its containers */
extern const struct kps_api_struct kps_api_custom_pod; /* the same of such a kind */
extern const struct kps_api_struct kps_api_service;    /* spec of a Service */

/*
 * Report the first value of `map` (a mapping; else nothing is done) whose type is another one than
 * the API's: KP217, as the API server then refuses the whole object. Null fits everywhere, and a
 * placeholder such as ${REPLICAS} is left alone. `path` is the place of `map` ("spec.template"), as
 * Go's decoder writes it.
 */
void kps_api_check(struct kps_kube *kube, struct kps_kube_who who, struct kps_sv path,
                   const struct kps_ynode *map, const struct kps_api_struct *type);

#endif
