#ifndef DIFF_H
#define DIFF_H

#include "core/suggest.h"
#include "options.h"

/*
 * --diff: a patch that gives each clashing party of the ledger's findings a free port, on standard
 * output, made to be applied in the working directory (core/repair.h has the rules). What no number
 * removes is said on standard error. Only regular files below the working directory, reached
 * without symbolic links, are in it.
 */
void kps_diff(const struct kps_ledger *ledger, const struct kps_options *options, struct kps_sv cwd,
              const struct kps_bound_ports *busy);

#endif
