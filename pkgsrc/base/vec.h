#ifndef KPS_BASE_VEC_H
#define KPS_BASE_VEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/*
 * A growing array on the heap, for lists of unknown length. Declare with KPS_VEC(type), start
 * zeroed, push with kps_vec_push, release with kps_vec_free (or in the owner's _free). Items may
 * move on a push: keep indexes, not pointers. A failed malloc ends the program (see arena.h).
 */
#define KPS_VEC(type)                                                                              \
    union {                                                                                        \
        struct {                                                                                   \
            __typeof__(type) *v;                                                                   \
            uint32_t n, cap;                                                                       \
        };                                                                                         \
        struct kps_vec any;                                                                        \
    }

/* A list as the functions below see it, whatever its items are. */
struct kps_vec {
    void *v;
    uint32_t n, cap;
};

/* Append a zeroed item. Return: its address, valid until the next push. */
#define kps_vec_push(vec) ((__typeof__((vec)->v))kps_vec_add(&(vec)->any, sizeof(*(vec)->v)))

/* Append a value. */
#define kps_vec_append(vec, ...)                                                                   \
    ((vec)->n == (vec)->cap ? kps_vec_grow(&(vec)->any, sizeof(*(vec)->v)) : (void)0,              \
     (vec)->v[(vec)->n++] = (__VA_ARGS__))

/* Return a copy of the items in an arena; the list stays. */
#define kps_vec_copy(vec, arena)                                                                   \
    ((__typeof__((vec)->v))kps_vec_copy_items(&(vec)->any, (arena), sizeof(*(vec)->v)))

#define kps_vec_free(vec) kps_vec_release(&(vec)->any)

/* Double the room, for a writer that fills it itself: &vec.any and the size of an item. */
void kps_vec_grow(struct kps_vec *vec, size_t item_bytes);

/* Append to a list of struct kps_sv: &list.any. */
void kps_vec_add_text(struct kps_vec *vec, struct kps_sv text);

/* Workers of the macros above. */
KPS_RETURNS_NONNULL void *kps_vec_copy_items(const struct kps_vec *vec, struct kps_arena *arena,
                                             size_t item_bytes);
KPS_RETURNS_NONNULL void *kps_vec_add(struct kps_vec *vec, size_t item_bytes);
void kps_vec_release(struct kps_vec *vec);

#endif
