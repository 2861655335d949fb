#ifndef CHECK_H
#define CHECK_H

#include "options.h"

/*
 * Check the inputs and write the report. Lines about the run go to stderr. Return: the exit code
 * (session.h).
 */
int kps_check(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
