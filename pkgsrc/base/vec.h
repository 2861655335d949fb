#ifndef KPS_BASE_VEC_H
#define KPS_BASE_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A growing array on the heap, for lists of unknown length. Declare with KPS_VEC(type), start
 * zeroed, push with kps_vec_push, release with kps_vec_free (or in the owner's _free). Items may
 * move on a push: keep indexes, not pointers. A failed malloc ends the program (see arena.h).
 */
#define KPS_VEC(type)                                                                              \
    struct {                                                                                       \
        type *v;                                                                                   \
        uint32_t n, cap;                                                                           \
    }

/* Append a zeroed item. Return: its address, valid until the next push. */
#define kps_vec_push(vec)                                                                          \
    ((vec)->n == (vec)->cap                                                                        \
         ? (void)((vec)->v = kps_vec_grow((vec)->v, &(vec)->cap, sizeof(*(vec)->v)))               \
         : (void)0,                                                                                \
     memset(&(vec)->v[(vec)->n], 0, sizeof(*(vec)->v)), &(vec)->v[(vec)->n++])

#define kps_vec_free(vec) kps_vec_release((void **)&(vec)->v, &(vec)->n, &(vec)->cap)

/* Workers of the macros above. */
void *kps_vec_grow(void *items, uint32_t *cap, size_t item_bytes);
void kps_vec_release(void **items, uint32_t *n, uint32_t *cap);

#endif
