#ifndef KPS_REPORT_DIFF_H
#define KPS_REPORT_DIFF_H

#include <stdio.h>

#include "core/repair.h"
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

/*
 * Fill in, for each file of the ledger, why the file cannot be changed, and its name in a diff for
 * the working directory `cwd`: only regular files below it, reached without symbolic links, are
 * changed. `files` and `paths` have an element for each file, by id - 1.
 */
void kps_report_diff_files(const struct kps_ledger *ledger, struct kps_sv cwd,
                           struct kps_repair_file *files, struct kps_sv *paths);

#endif
