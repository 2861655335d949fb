#ifndef KPS_BASE_BUF_H
#define KPS_BASE_BUF_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * A growing text inside an arena. Start it with the arena; when done, kps_buf_sv gives the
 * NUL-terminated result, which lives as long as the arena. Appending after that is fine; earlier
 * views may then be stale.
 */
struct kps_buf {
    struct kps_arena *arena;
    char *p;
    size_t n, cap;
};

#define KPS_BUF(in_arena) ((struct kps_buf){(in_arena), NULL, 0, 0})

/* Return: an empty text, which is in the arena too. */
KPS_RETURNS_NONNULL struct kps_buf *kps_buf_new(struct kps_arena *arena);

void kps_buf_add(struct kps_buf *buf, struct kps_sv s);
/* The same with a C string. */
void kps_buf_text(struct kps_buf *buf, const char *text);
void kps_buf_char(struct kps_buf *buf, char c);
void kps_buf_fmt(struct kps_buf *buf, const char *fmt, ...) KPS_PRINTF(2, 3);
struct kps_sv kps_buf_sv(struct kps_buf *buf);

/* Open a stream whose text is added to the buffer; all of it is there once the stream is closed. */
FILE *kps_buf_open(struct kps_buf *buf);

#endif
