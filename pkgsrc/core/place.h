#ifndef KPS_CORE_PLACE_H
#define KPS_CORE_PLACE_H

#include "core/conflict.h"
#include "core/interval.h"

/*
 * Inside the detection: claims in namespaces of kind NODE. The place of each claim is chosen later,
 * so two claims on a port clash only where the class of the owners allows both at one place (struct
 * kps_place_rules). Claims of equal likeness are compared once; the cost is bounded, and beyond the
 * bound the result has a conflict of kind UNCOMPARED.
 */
void kps_place_detect(struct kps_detection *detection);

#endif
