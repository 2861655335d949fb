#ifndef KPS_KUBE_SCALAR_H
#define KPS_KUBE_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "yaml/node.h"

/*
 * The meaning of a scalar to kubectl, which turns YAML 1.1 into JSON first (spec kubernetes §0.10):
 * unquoted y, n, yes, no, on and off are booleans, 010 is 8, 0x50 is 80, 8_080 is 8080, 8e3 is
 * 8000, 8080.0 is 8080. Quoted is text.
 */
struct kps_kube_scalar {
    enum kps_ytype type; /* FLOAT: a number that is not whole or fits no int64_t */
    int64_t integer;     /* of type INT */
};

/* Of any node (NULL reads as null); SEQ and MAP only have a type. */
struct kps_kube_scalar kps_kube_scalar(const struct kps_ynode *node);

/* Return a whole number from 0 to `max`; -1: another value. */
int64_t kps_kube_number(const struct kps_ynode *node, int64_t max);

/* Return the name that Go's JSON decoder gives an unexpected type: "string", "bool", "number",
 * "array", "object". */
const char *kps_kube_json_word(enum kps_ytype type);

#endif
