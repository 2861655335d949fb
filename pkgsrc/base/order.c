#include "base/order.h"

int kps_order_u32(const void *left, const void *right)
{
    return kps_order_compare(*(const uint32_t *)left, *(const uint32_t *)right);
}

int kps_order_u64(const void *left, const void *right)
{
    return kps_order_compare(*(const uint64_t *)left, *(const uint64_t *)right);
}
