#ifndef WATCH_H
#define WATCH_H

#include "options.h"

/*
 * Watch ports (`kportscan PORT --watch`, watch_port.h) or a list of ports (`--docker --watch`,
 * watch_list.h): ask again and again, or wait for the engine's events where one engine alone has
 * the answer, and report each change. On a terminal the answer is drawn in place with the last
 * changes below (screen.h); elsewhere each change is a line, with --format a whole report. Ends by
 * SIGINT, SIGTERM, SIGHUP or the key q, and by SIGPIPE as soon as the reader of its output is gone.
 *
 * Return: 0; KPS_EXIT_INPUT when standard output or a report cannot be written any more.
 */
int kps_watch(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
