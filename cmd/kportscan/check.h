#ifndef CHECK_H
#define CHECK_H

#include "options.h"

/* Exit codes (contract/cli). */
enum { KPS_EXIT_CLEAN, KPS_EXIT_FINDINGS, KPS_EXIT_INPUT, KPS_EXIT_NOT_ASKED };

/*
 * Checks the inputs and writes the report. What concerns the run and not the findings goes to
 * stderr. Return: the exit code.
 */
int kps_check(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
