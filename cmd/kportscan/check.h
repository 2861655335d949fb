#ifndef CHECK_H
#define CHECK_H

#include "session.h"

/*
 * Check the inputs and write the report. Lines about the run go to stderr. Return: the exit code
 * (session.h).
 */
int kps_check(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

/*
 * Collect the inputs and the machine into an open session, and judge them: the findings are in its
 * sink, sorted and filtered by rule. Return: how many others there were.
 */
size_t kps_check_collect(struct kps_session *session);

#endif
