#ifndef KPS_KUBE_NAME_PATTERN_H
#define KPS_KUBE_NAME_PATTERN_H

#include <stdbool.h>

#include "base/sv.h"

/*
 * Compare a name with a regular expression as the `target` of a kustomize patch has it: the
 * expression covers the whole name (kustomize puts it between "^(?:" and ")$"). Understood are
 * literals, '.', classes, \d \w \s, groups, '|', '*', '+', '?', {m,n}. The work is bounded: an
 * expression that needs more steps matches nothing. Return: whether the name matches.
 */
bool kps_name_pattern_matches(struct kps_sv pattern, struct kps_sv name);

#endif
