#ifndef KPS_REPORT_WRAP_H
#define KPS_REPORT_WRAP_H

#include "base/sv.h"

/*
 * Cuts the next line off `*rest`: as many whole words as fit into `columns`, at least one (a path
 * or a command is never broken). The blanks around the cut belong to neither part. `rest` holds no
 * control characters.
 */
struct kps_sv kps_wrap_next(struct kps_sv *rest, size_t columns);

#endif
