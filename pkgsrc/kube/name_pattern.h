#ifndef KPS_KUBE_NAME_PATTERN_H
#define KPS_KUBE_NAME_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * Patterns as the `target` of a kustomize patch has them: regular expressions of Go (RE2) for the
 * whole name; kustomize puts them between "^(?:" and ")$". A pattern becomes a small automaton, and
 * a match costs at most its steps times the length of the name.
 */
struct kps_name_pattern;

enum kps_name_pattern_result {
    KPS_NAME_PATTERN_OK,
    KPS_NAME_PATTERN_BROKEN,  /* Go refuses the pattern as well */
    KPS_NAME_PATTERN_UNKNOWN, /* valid for Go, and too large or too rare to be judged here */
};

/* Compile a pattern. *ret lives in the arena, and stays as it is unless the result is OK; *ret_why
 * is the reason else. *ret_work is the number of atoms that were read for it. */
enum kps_name_pattern_result kps_name_pattern_compile(struct kps_arena *arena,
                                                      struct kps_sv pattern,
                                                      const struct kps_name_pattern **ret,
                                                      const char **ret_why, uint64_t *ret_work);

/* Return what a match with the name costs at most, in copies of an edge of a tree. */
uint64_t kps_name_pattern_cost(const struct kps_name_pattern *pattern, struct kps_sv name);

/* Return true when the pattern covers the whole name. */
bool kps_name_pattern_matches(const struct kps_name_pattern *pattern, struct kps_sv name);

#endif
