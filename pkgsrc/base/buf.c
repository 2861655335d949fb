#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* Room for `more` bytes and a NUL. */
static void reserve_room(struct kps_buf *buf, size_t more)
{
    size_t wanted = 0;
    if (__builtin_add_overflow(buf->n, more, &wanted) ||
        __builtin_add_overflow(wanted, (size_t)1, &wanted)) {
        kps_out_of_memory();
    }
    if (wanted <= buf->cap) {
        return;
    }
    size_t cap = buf->cap ? buf->cap * 2 : 64;
    if (cap < wanted) {
        cap = wanted;
    }
    char *grown = kps_alloc(buf->arena, cap);
    if (buf->n) {
        memcpy(grown, buf->p, buf->n);
    }
    buf->p = grown;
    buf->cap = cap;
}

struct kps_buf *kps_buf_new(struct kps_arena *arena)
{
    struct kps_buf *buf = KPS_NEW(arena, struct kps_buf);
    buf->arena = arena;
    return buf;
}

void kps_buf_add(struct kps_buf *buf, struct kps_sv s)
{
    if (s.n == 0) {
        return;
    }
    reserve_room(buf, s.n);
    memcpy(buf->p + buf->n, s.p, s.n);
    buf->n += s.n;
    buf->p[buf->n] = '\0';
}

void kps_buf_text(struct kps_buf *buf, const char *text)
{
    kps_buf_add(buf, kps_sv_of(text));
}

void kps_buf_char(struct kps_buf *buf, char c)
{
    kps_buf_add(buf, (struct kps_sv){&c, 1});
}

void kps_buf_fmt(struct kps_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n <= 0) {
        return;
    }
    reserve_room(buf, (size_t)n);
    va_start(args, fmt);
    (void)vsnprintf(buf->p + buf->n, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->n += (size_t)n;
}

struct kps_sv kps_buf_sv(struct kps_buf *buf)
{
    reserve_room(buf, 0);
    buf->p[buf->n] = '\0';
    return (struct kps_sv){buf->p, buf->n};
}

static ssize_t add_written(void *cookie, const char *bytes, size_t n)
{
    kps_buf_add(cookie, (struct kps_sv){bytes, n});
    return (ssize_t)n;
}

FILE *kps_buf_open(struct kps_buf *buf)
{
    FILE *file = fopencookie(buf, "w", (cookie_io_functions_t){.write = add_written});
    if (!file) {
        kps_out_of_memory();
    }
    return file;
}
