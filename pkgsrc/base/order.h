#ifndef KPS_BASE_ORDER_H
#define KPS_BASE_ORDER_H

#include <stdint.h>

/* The order of numbers. */

/* Return: negative, 0 or positive as `a` is below, equal to or above `b`, for qsort and the like.
 */
static inline int kps_order_compare(uint64_t a, uint64_t b)
{
    if (a == b) {
        return 0;
    }
    return a < b ? -1 : 1;
}

/* Compare two numbers of 32 bits, or of 64 bits, for qsort. */
int kps_order_u32(const void *left, const void *right);
int kps_order_u64(const void *left, const void *right);

#endif
