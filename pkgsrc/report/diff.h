#ifndef KPS_REPORT_DIFF_H
#define KPS_REPORT_DIFF_H

#include <stdio.h>

#include "diag/finding.h"

/*
 * Edits as a unified diff for `patch -p1` and `git apply`: three lines of context, lines unchanged
 * (CR LF stays, a last line without an end is marked), names quoted as git does. `edits` are sorted
 * by file and offset and do not overlap; paths[file - 1] is the file's name in the diff, relative
 * to the folder of `patch`.
 */
void kps_report_diff(struct kps_arena *arena, const struct kps_files *files,
                     const struct kps_sv *paths, const struct kps_edit *edits, size_t n_edits,
                     FILE *out);

#endif
