#ifndef KPS_YAML_PLAIN_H
#define KPS_YAML_PLAIN_H

#include "yaml/node.h"

/*
 * What a plain scalar without a tag means to Go's yaml.v3 (its resolve()): null, a boolean, an
 * integer, a number or a string. An integer that fits is left in *ret; *ret_fits says whether it
 * did (Go also has those up to 2^64 - 1).
 */
enum kps_ytype kps_yaml_plain_resolve(struct kps_sv text, int64_t *ret, bool *ret_fits);

#endif
