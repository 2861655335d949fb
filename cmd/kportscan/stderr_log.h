#ifndef STDERR_LOG_H
#define STDERR_LOG_H

#include "base/env.h"
#include "diag/log.h"

/*
 * The log of the command: each line goes to stderr as "kportscan: TEXT", escaped as a whole. The
 * options keep a copy with the flags of -q and -v; errors before there are options use this one.
 */
extern const struct kps_log kps_stderr_log;

/* Let the log show for whom the program waits, where stderr is a terminal that can erase a line
 * (TERM is not "dumb"), and not with -q. */
void kps_stderr_log_show_waits(struct kps_log *log, const struct kps_env *env);

#endif
