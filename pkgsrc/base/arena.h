#ifndef KPS_BASE_ARENA_H
#define KPS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/sv.h"

/*
 * A bump allocator. Everything a run reads and derives lives in a single arena and is released with
 * the arena, never alone. Handles (fd, parser, FILE *) do not belong here: they use KPS_CLEANUP.
 *
 * Memory comes zeroed and aligned for any plain type. No function returns NULL: when malloc fails
 * the program prints a line and exits with 2. Input is bounded earlier (base/limits.h), so this is
 * no input error.
 *
 * Built with KPS_ARENA_DEBUG every piece is a malloc of its own, so that AddressSanitizer sees
 * overruns inside it.
 */
struct kps_arena;

KPS_RETURNS_NONNULL struct kps_arena *kps_arena_new(void);
/*
 * An arena that takes hardly more memory than its pieces: it has no huge pages. Each new 4 KiB
 * costs a page fault, about a microsecond.
 */
KPS_RETURNS_NONNULL struct kps_arena *kps_arena_new_tight(void);
void kps_arena_free(struct kps_arena *arena);
/* Move all bytes of `other`, which another thread may have filled, into `arena`, and end `other`.
 */
void kps_arena_adopt(struct kps_arena *arena, struct kps_arena *other);
/*
 * End the life of all allocations and keep a chunk for the next ones: for a loop whose turns each
 * need a little. Memory still comes zeroed.
 */
void kps_arena_reset(struct kps_arena *arena);
/* For KPS_CLEANUP(kps_arena_cleanup) on a `struct kps_arena *` variable. */
KPS_INLINE void kps_arena_cleanup(struct kps_arena **arena)
{
    kps_arena_free(*arena);
}

KPS_RETURNS_NONNULL void *kps_alloc(struct kps_arena *arena, size_t bytes);
/* `n` items of `item_bytes`; an overflowing product ends the program like a failed malloc. */
KPS_RETURNS_NONNULL void *kps_alloc_n(struct kps_arena *arena, size_t n, size_t item_bytes);

#define KPS_NEW(arena, type) ((type *)kps_alloc((arena), sizeof(type)))
#define KPS_NEW_N(arena, type, n) ((type *)kps_alloc_n((arena), (n), sizeof(type)))

/* A copy of `s` in the arena, followed by a NUL outside the view (so `.p` is a C string). */
struct kps_sv kps_sv_copy(struct kps_arena *arena, struct kps_sv s);
/* The same as a C string. */
KPS_RETURNS_NONNULL const char *kps_cstr(struct kps_arena *arena, struct kps_sv s);

/* The texts one behind the other, as kps_sv_copy copies: KPS_CONCAT(arena, dir, SV("/"), name). */
struct kps_sv kps_arena_concat(struct kps_arena *arena, const struct kps_sv *texts, size_t n);
#define KPS_CONCAT(arena, ...)                                                                     \
    kps_arena_concat((arena), (const struct kps_sv[]){__VA_ARGS__},                                \
                     sizeof((const struct kps_sv[]){__VA_ARGS__}) / sizeof(struct kps_sv))

/* printf into the arena; the result is NUL-terminated (see kps_sv_copy). */
struct kps_sv kps_fmt(struct kps_arena *arena, const char *fmt, ...) KPS_PRINTF(2, 3);
struct kps_sv kps_vfmt(struct kps_arena *arena, const char *fmt, va_list args) KPS_PRINTF(2, 0);

/* malloc and free for libraries that take their own pair; kps_heap_alloc never returns NULL. */
KPS_RETURNS_NONNULL void *kps_heap_alloc(size_t bytes);
void kps_heap_free(void *block);

/*
 * End the program with exit code 2, for a reason that no caller can go on with: a line on stderr,
 * with `detail` (or NULL) behind a colon.
 */
KPS_NORETURN void kps_base_give_up(const char *reason, const char *detail);

/* End the program because memory is exhausted. */
KPS_NORETURN void kps_out_of_memory(void);

#endif
