#ifndef KPS_BASE_COUNT_H
#define KPS_BASE_COUNT_H

#include "base/arena.h"

/* Return "1 node", "2 nodes": a count, and its word in the singular or the plural; NUL-terminated.
 */
struct kps_sv kps_count_of(struct kps_arena *arena, size_t n, const char *word);

/* Return a number as prose has it: "no", "one" … "nine", "10". */
const char *kps_count_word(struct kps_arena *arena, size_t n);

#endif
