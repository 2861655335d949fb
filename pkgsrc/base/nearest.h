#ifndef KPS_BASE_NEAREST_H
#define KPS_BASE_NEAREST_H

#include <stdint.h>

#include "base/sv.h"

/*
 * For "did you mean": the best candidate so far. Start with the word of the user, offer the
 * existing words, look at `best`: empty when none is near enough to be a slip of the finger.
 */
struct kps_nearest {
    struct kps_sv word;
    struct kps_sv best;
    unsigned distance;
};

void kps_nearest_offer(struct kps_nearest *nearest, struct kps_sv candidate);

#endif
