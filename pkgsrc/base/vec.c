#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void kps_vec_grow(struct kps_vec *vec, size_t item_bytes)
{
    uint32_t wanted = vec->cap ? vec->cap : 4;
    size_t bytes = 0;
    if (__builtin_mul_overflow(wanted, 2U, &wanted) ||
        __builtin_mul_overflow((size_t)wanted, item_bytes, &bytes)) {
        kps_out_of_memory();
    }
    void *grown = realloc(vec->v, bytes);
    if (!grown) {
        kps_out_of_memory();
    }
    vec->v = grown;
    vec->cap = wanted;
}

void *kps_vec_add(struct kps_vec *vec, size_t item_bytes)
{
    if (vec->n == vec->cap) {
        kps_vec_grow(vec, item_bytes);
    }
    return memset((char *)vec->v + vec->n++ * item_bytes, 0, item_bytes);
}

void kps_vec_add_text(struct kps_vec *vec, struct kps_sv text)
{
    struct kps_sv *added = kps_vec_add(vec, sizeof(*added));
    *added = text;
}

void *kps_vec_copy_items(const struct kps_vec *vec, struct kps_arena *arena, size_t item_bytes)
{
    void *copy = kps_alloc_n(arena, vec->n, item_bytes);
    if (vec->n) {
        memcpy(copy, vec->v, vec->n * item_bytes);
    }
    return copy;
}

void kps_vec_release(struct kps_vec *vec)
{
    free(vec->v);
    *vec = (struct kps_vec){0};
}
