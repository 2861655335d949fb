#ifndef WATCH_H
#define WATCH_H

#include "options.h"

/*
 * Watch ports (`kportscan PORT --watch`): ask again and again, and report each change of the
 * holder: the end of a holder, the next holder, the time between and its starter. On a terminal the
 * answer stays on the screen with the last changes below; elsewhere each change is a line, with
 * --format a whole report. Ends by SIGINT or SIGTERM.
 *
 * Return: 0; KPS_EXIT_INPUT when standard output or a report cannot be written any more.
 */
int kps_watch(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
