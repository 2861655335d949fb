#ifndef WATCH_H
#define WATCH_H

#include "options.h"

/*
 * `kportscan PORT --watch`: asks again and again, and tells when who holds the ports changes: who
 * let go, who came back after how long, and who started it. On a terminal the answer is drawn anew
 * above the last changes; elsewhere each change is a line. With outputs (--format) the first answer
 * and each that differs is a whole report instead, in JSON one line, also about all ports (`--host
 * -o json --watch`). Ends with SIGINT or SIGTERM.
 *
 * Return: 0; KPS_EXIT_INPUT when standard output or a report cannot be written any more.
 */
int kps_watch(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
