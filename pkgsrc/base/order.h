#ifndef KPS_BASE_ORDER_H
#define KPS_BASE_ORDER_H

#include <stdint.h>

/* The order of numbers. */

/* Return: negative, 0 or positive as `a` is below, equal to or above `b`, for qsort and the like.
 */
static inline int kps_order_compare(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

#endif
