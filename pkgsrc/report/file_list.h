#ifndef KPS_REPORT_FILE_LIST_H
#define KPS_REPORT_FILE_LIST_H

#include <stdio.h>

#include "diag/finding.h"
#include "model/input.h"

/* Print the files that a run read (--files), a path a line, escaped; behind a tab its kind, where
 * the file is neither of a Compose project nor a manifest. */
void kps_file_list_print(const struct kps_diag *diag, const struct kps_input *inputs, size_t n,
                         FILE *out);

#endif
