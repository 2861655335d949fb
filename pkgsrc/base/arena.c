#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    FIRST_CHUNK = 4 * 1024,
    LARGEST_HEAP_CHUNK = 256 * 1024,  /* larger ones are pages of the kernel */
    PAGE = 64 * 1024,                 /* the largest page of Linux that is not huge */
    HUGE_PAGE = 2 * 1024 * 1024,      /* of x86-64, and of arm64 with pages of 4 KiB */
    MOST_OF_HUGE = HUGE_PAGE / 8 * 5, /* more bytes than this get a huge page */
    HUGE_FROM = HUGE_PAGE / 4,        /* an arena of so many bytes has chunks of huge pages */
    ALIGNMENT = 8
};

#ifndef MADV_POPULATE_WRITE /* madvise(2), Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

struct chunk {
    struct chunk *older;
    size_t used, size;
    size_t stained; /* bytes of the heap, or of before a reset: cleared as they are handed out, so
                       that pages without a piece are never touched */
    /* the bytes follow */
};

struct kps_arena {
    struct chunk *newest;
    size_t total; /* bytes of the chunks for many pieces each, with their headers */
    bool is_tight;
};

_Static_assert(sizeof(struct chunk) % ALIGNMENT == 0,
               "the bytes behind a chunk header must be aligned");

void kps_assert_failed(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "kportscan: internal error: %s:%d: %s\n", file, line, cond);
    abort();
}

void kps_base_give_up(const char *reason, const char *detail)
{
    (void)fprintf(stderr, "kportscan: %s%s%s\n", reason, detail ? ": " : "", detail ? detail : "");
    _exit(2);
}

void kps_out_of_memory(void)
{
    kps_base_give_up("out of memory", NULL);
}

void *kps_heap_alloc(size_t bytes)
{
    void *block = malloc(bytes ? bytes : 1);
    if (!block) {
        kps_out_of_memory();
    }
    return block;
}

void kps_heap_free(void *block)
{
    free(block);
}

#ifndef KPS_ARENA_DEBUG
/*
 * Pages from the kernel that begin where a huge page can lie. Huge pages and pages in place save a
 * page fault for every 4 KiB, which were a quarter of the time of a large project. A kernel without
 * them ignores the advice. A rest that is shorter than a huge page has ordinary pages.
 */
static void *map_pages(size_t bytes)
{
    size_t reserved = bytes + HUGE_PAGE;
    char *room = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    size_t before = -(uintptr_t)room % HUGE_PAGE;
    if (before) {
        (void)munmap(room, before);
    }
    (void)munmap(room + before + bytes, HUGE_PAGE - before);
    (void)madvise(room + before, bytes, MADV_HUGEPAGE);
    (void)madvise(room + before, bytes, MADV_POPULATE_WRITE);
    return room + before;
}
#endif

/* A chunk of at least `bytes`, NULL without memory. A large one comes zeroed from the kernel. */
static struct chunk *alloc_chunk(size_t bytes)
{
    struct chunk *c = NULL;
    size_t stained = 0;
#ifndef KPS_ARENA_DEBUG
    if (bytes > LARGEST_HEAP_CHUNK) {
        size_t page = bytes % HUGE_PAGE > MOST_OF_HUGE ? HUGE_PAGE : PAGE;
        bytes = (bytes + page - 1) & ~(page - 1);
        c = map_pages(bytes);
    } else
#endif
    {
        c = malloc(bytes);
        stained = bytes - sizeof(*c);
    }
    if (c) {
        *c = (struct chunk){.size = bytes - sizeof(*c), .stained = stained};
    }
    return c;
}

static void free_blocks(struct chunk *c)
{
#ifndef KPS_ARENA_DEBUG
    size_t whole = c->size + sizeof(*c);
    if (whole > LARGEST_HEAP_CHUNK) {
        (void)munmap(c, whole);
        return;
    }
#endif
    free(c);
}

struct kps_arena *kps_arena_new(void)
{
    struct kps_arena *arena = calloc(1, sizeof(*arena));
    if (!arena) {
        kps_out_of_memory();
    }
    return arena;
}

struct kps_arena *kps_arena_new_tight(void)
{
    struct kps_arena *arena = kps_arena_new();
    arena->is_tight = true;
    return arena;
}

void kps_arena_free(struct kps_arena *arena)
{
    if (!arena) {
        return;
    }
    for (struct chunk *c = arena->newest; c;) {
        struct chunk *older = c->older;
        free_blocks(c);
        c = older;
    }
    free(arena);
}

void kps_arena_adopt(struct kps_arena *arena, struct kps_arena *other)
{
    struct chunk **end = &other->newest;
    while (*end) {
        end = &(*end)->older;
    }
    if (arena->newest) { /* behind the chunk that still has room */
        *end = arena->newest->older;
        arena->newest->older = other->newest;
    } else {
        arena->newest = other->newest;
    }
    free(other);
}

void kps_arena_reset(struct kps_arena *arena)
{
    struct chunk *kept = arena->newest;
    if (!kept) {
        return;
    }
#ifdef KPS_ARENA_DEBUG
    bool keeps = false; /* so that AddressSanitizer sees a use after the reset */
#else
    bool keeps = kept->size < HUGE_PAGE;
#endif
    for (struct chunk *c = keeps ? kept->older : kept; c;) {
        struct chunk *older = c->older;
        free_blocks(c);
        c = older;
    }
    arena->newest = keeps ? kept : NULL;
    if (!keeps) {
        arena->total = 0;
        return;
    }
    kept->older = NULL;
    kept->stained = kept->used > kept->stained ? kept->used : kept->stained;
    kept->used = 0;
}

#ifndef KPS_ARENA_DEBUG
/* Return: bytes of the next chunk for many pieces, with its header. Half of the last one is empty
 * on average, so a small arena has small ones. */
static size_t choose_size(const struct kps_arena *arena)
{
    if (arena->total >= HUGE_FROM && !arena->is_tight) {
        return HUGE_PAGE;
    }
    size_t size = arena->total < LARGEST_HEAP_CHUNK ? arena->total : LARGEST_HEAP_CHUNK;
    return size < FIRST_CHUNK ? FIRST_CHUNK : size;
}
#endif

/*
 * Add a chunk with room for `bytes`. Pieces to come are cut from the chunk that has most room left:
 * after a large piece it may be the one before.
 */
KPS_COLD static struct chunk *add_chunk(struct kps_arena *arena, size_t bytes)
{
    size_t size = bytes;
#ifndef KPS_ARENA_DEBUG
    size_t next = choose_size(arena);
    size_t room = next - sizeof(struct chunk);
    if (size <= room) {
        size = room;
        arena->total += next;
    }
#endif
    size_t whole = 0;
    if (__builtin_add_overflow(size, sizeof(struct chunk), &whole)) {
        kps_out_of_memory();
    }
    struct chunk *c = whole > SIZE_MAX / 2 ? NULL : alloc_chunk(whole);
    if (!c) {
        kps_out_of_memory();
    }
    struct chunk *newest = arena->newest;
    if (newest && newest->size - newest->used > c->size - bytes) {
        c->older = newest->older;
        newest->older = c;
    } else {
        c->older = newest;
        arena->newest = c;
    }
    return c;
}

void *kps_alloc(struct kps_arena *arena, size_t bytes)
{
    size_t rounded = 0;
    if (__builtin_add_overflow(bytes ? bytes : 1, (size_t)ALIGNMENT - 1, &rounded)) {
        kps_out_of_memory();
    }
#ifdef KPS_ARENA_DEBUG
    rounded = bytes;
#else
    rounded &= ~(size_t)(ALIGNMENT - 1);
#endif
    struct chunk *c = arena->newest;
    if (!c || c->size - c->used < rounded) {
        c = add_chunk(arena, rounded);
    }
    void *at = (char *)(c + 1) + c->used;
    if (c->used < c->stained) {
        size_t stained = c->stained - c->used;
        memset(at, 0, stained < rounded ? stained : rounded);
    }
    c->used += rounded;
#ifdef KPS_ARENA_DEBUG
    c->used = c->size;
#endif
    return at;
}

void *kps_alloc_n(struct kps_arena *arena, size_t n, size_t item_bytes)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, item_bytes, &bytes)) {
        kps_out_of_memory();
    }
    return kps_alloc(arena, bytes);
}

struct kps_sv kps_sv_copy(struct kps_arena *arena, struct kps_sv s)
{
    char *copy = kps_alloc(arena, s.n + 1);
    if (s.n) {
        memcpy(copy, s.p, s.n);
    }
    return (struct kps_sv){copy, s.n};
}

struct kps_sv kps_arena_concat(struct kps_arena *arena, const struct kps_sv *texts, size_t n)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        length += texts[i].n;
    }
    char *whole = kps_alloc(arena, length + 1);
    char *at = whole;
    for (size_t i = 0; i < n; i++) {
        if (texts[i].n) {
            memcpy(at, texts[i].p, texts[i].n);
            at += texts[i].n;
        }
    }
    return (struct kps_sv){whole, length};
}

const char *kps_cstr(struct kps_arena *arena, struct kps_sv s)
{
    return kps_sv_copy(arena, s).p;
}

struct kps_sv kps_vfmt(struct kps_arena *arena, const char *fmt, va_list args)
{
    /* Nearly every text fits here, and is then formatted once. */
    char brief[256];
    va_list again;
    va_copy(again, args);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the caller has started them */
    int n = vsnprintf(brief, sizeof(brief), fmt, args);
    if (n < 0) {
        va_end(again);
        return (struct kps_sv){"", 0};
    }
    char *text = kps_alloc(arena, (size_t)n + 1);
    if ((size_t)n < sizeof(brief)) {
        memcpy(text, brief, (size_t)n + 1);
    } else {
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return (struct kps_sv){text, (size_t)n};
}

struct kps_sv kps_fmt(struct kps_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv s = kps_vfmt(arena, fmt, args);
    va_end(args);
    return s;
}
