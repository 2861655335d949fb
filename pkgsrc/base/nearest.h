#ifndef KPS_BASE_NEAREST_H
#define KPS_BASE_NEAREST_H

#include <stdint.h>

#include "base/arena.h"
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

/* Return: "; did you mean '--file'?" with `prefix` "--", in the arena; empty without a best one. */
struct kps_sv kps_nearest_words(struct kps_arena *arena, struct kps_sv best, const char *prefix);

#endif
