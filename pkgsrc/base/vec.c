#include "base/vec.h"

#include <stdlib.h>

#include "base/arena.h"

void *kps_vec_grow(void *items, uint32_t *cap, size_t item_bytes)
{
    uint32_t wanted = *cap ? *cap : 4;
    size_t bytes = 0;
    if (__builtin_mul_overflow(wanted, 2U, &wanted) ||
        __builtin_mul_overflow((size_t)wanted, item_bytes, &bytes)) {
        kps_out_of_memory();
    }
    void *grown = realloc(items, bytes);
    if (!grown) {
        kps_out_of_memory();
    }
    *cap = wanted;
    return grown;
}

void kps_vec_release(void **items, uint32_t *n, uint32_t *cap)
{
    free(*items);
    *items = NULL;
    *n = 0;
    *cap = 0;
}
