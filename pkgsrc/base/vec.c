#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void *kps_vec_grow(void *items, uint32_t n, uint32_t *cap, size_t item_bytes)
{
    if (n == *cap) {
        uint32_t wanted = *cap ? *cap : 8;
        if (*cap && __builtin_mul_overflow(*cap, 2U, &wanted)) {
            kps_out_of_memory();
        }
        size_t bytes = 0;
        if (__builtin_mul_overflow((size_t)wanted, item_bytes, &bytes)) {
            kps_out_of_memory();
        }
        void *grown = realloc(items, bytes);
        if (!grown) {
            kps_out_of_memory();
        }
        items = grown;
        *cap = wanted;
    }
    memset((char *)items + (size_t)n * item_bytes, 0, item_bytes);
    return items;
}

void kps_vec_release(void **items, uint32_t *n, uint32_t *cap)
{
    free(*items);
    *items = NULL;
    *n = 0;
    *cap = 0;
}
