#include "report/clip.h"

#include "base/buf.h"
#include "base/utf8.h"

/* Bytes of a single column at most: more are combining characters stacked without end. */
enum { BYTES_A_COLUMN = 16 };

/*
 * Return: the columns of the character at s.p[*at], with *at moved behind. Agrees with
 * kps_clip_show.
 */
static size_t next_columns(struct kps_sv s, size_t *at)
{
    bool is_command = kps_utf8_is_command(s, *at);
    int32_t c = kps_utf8_next(s, at);
    if (c == '\t') {
        return KPS_TAB_COLUMNS;
    }
    if (c == '\n') {
        return sizeof("\\n") - 1;
    }
    if (!kps_utf8_is_unsafe(c) && !is_command) {
        return (size_t)kps_utf8_width(c);
    }
    if (c <= 0xff) {
        return sizeof("\\xHH") - 1;
    }
    return sizeof("\\u{HHHH}") - 1; /* every unsafe character above U+00FF has four digits */
}

/* Where the character in front of `at` (> 0) begins. */
static size_t find_previous(struct kps_sv s, size_t at)
{
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        size_t end = at - back;
        if (kps_utf8_next(s, &end) >= 0 && end == at) {
            return at - back;
        }
    }
    return at - 1;
}

size_t kps_clip_columns(struct kps_sv piece, size_t most)
{
    size_t columns = 0;
    for (size_t at = 0; at < piece.n && columns < most && at < most * BYTES_A_COLUMN;) {
        columns += next_columns(piece, &at);
    }
    return columns < most ? columns : most;
}

/* Move *to towards the end of the line while there is room. Return: the remaining columns. */
static size_t grow_right(struct kps_sv line, size_t *to, size_t left)
{
    for (size_t bytes = left * BYTES_A_COLUMN; *to < line.n && bytes;) {
        size_t next = *to;
        size_t columns = next_columns(line, &next);
        if (columns > left || next - *to > bytes) {
            break;
        }
        bytes -= next - *to;
        left -= columns;
        *to = next;
    }
    return left;
}

static size_t grow_left(struct kps_sv line, size_t *from, size_t left)
{
    for (size_t bytes = left * BYTES_A_COLUMN; *from && bytes;) {
        size_t start = find_previous(line, *from);
        size_t at = start;
        size_t columns = next_columns(line, &at);
        if (columns > left || *from - start > bytes) {
            break;
        }
        bytes -= *from - start;
        left -= columns;
        *from = start;
    }
    return left;
}

struct kps_clip kps_clip_line(struct kps_sv line, size_t from, size_t to, size_t columns)
{
    struct kps_clip clip = {0};
    (void)grow_right(line, &clip.to, columns);
    if (clip.to == line.n) {
        return clip;
    }
    size_t inner = columns > 2 ? columns - 2 : 1; /* both "…" */
    clip.from = clip.to = from;
    size_t left = grow_right(kps_sv_head(line, to), &clip.to, inner);
    size_t half = left / 2;
    left = left - half + grow_left(line, &clip.from, half);
    left = grow_right(line, &clip.to, left);
    (void)grow_left(line, &clip.from, left);
    clip.cut_before = clip.from > 0;
    clip.cut_after = clip.to < line.n;
    return clip;
}

struct kps_sv kps_clip_show(struct kps_arena *arena, struct kps_sv piece)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t at = 0; at < piece.n;) {
        struct kps_sv rest = kps_sv_from(piece, at);
        struct kps_sv text = kps_sv_before(rest, '\t');
        kps_buf_add(out, kps_utf8_escape(arena, text));
        if (text.n < rest.n) {
            kps_buf_fmt(out, "%*s", KPS_TAB_COLUMNS, "");
        }
        at += text.n + 1;
    }
    return kps_buf_sv(out);
}
