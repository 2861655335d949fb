#ifndef KPS_CORE_POOL_H
#define KPS_CORE_POOL_H

#include "core/interval.h"

/*
 * Find the conflicts of pickers (claims that take a port of a range) with each other and with fixed
 * claims; both lists are sorted by `first`. The rules stand in core/detect.h. The comparisons of
 * one detection are bounded: ranges beyond the bound become detection->uncompared.
 */
void kps_pool_detect(struct kps_detection *detection, const struct kps_interval *pickers,
                     uint32_t n_pickers, const struct kps_interval *fixed, uint32_t n_fixed,
                     struct kps_conflict scope);

#endif
