#ifndef DIFF_H
#define DIFF_H

#include "session.h"

/*
 * --diff: print a patch that gives each clashing party of the session's findings a free port, made
 * to be applied in the working directory (core/repair.h has the rules). Findings that no number
 * removes are named on stderr. Only regular files below the working directory, reached without
 * symbolic links, are changed.
 */
void kps_diff(const struct kps_session *session);

#endif
