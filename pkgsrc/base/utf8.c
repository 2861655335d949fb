#include "base/utf8.h"

#include "base/buf.h"

struct kps_utf8_char kps_utf8_decode(struct kps_sv s, size_t at)
{
    static const struct kps_utf8_char invalid = {-1, 1};
    const unsigned char *p = (const unsigned char *)s.p + at;
    uint32_t length = 0;
    int32_t code = 0;
    int32_t least = 0;
    if (p[0] < 0x80) {
        return (struct kps_utf8_char){p[0], 1};
    }
    if ((p[0] & 0xe0) == 0xc0) {
        length = 2, code = p[0] & 0x1f, least = 0x80;
    } else if ((p[0] & 0xf0) == 0xe0) {
        length = 3, code = p[0] & 0x0f, least = 0x800;
    } else if ((p[0] & 0xf8) == 0xf0) {
        length = 4, code = p[0] & 0x07, least = 0x10000;
    }
    if (length == 0 || length > s.n - at) {
        return invalid;
    }
    for (uint32_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return invalid;
        }
        code = (code << 6) | (p[i] & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return invalid;
    }
    return (struct kps_utf8_char){code, length};
}

size_t kps_utf8_check(struct kps_sv s)
{
    size_t at = 0;
    while (at < s.n) {
        size_t start = at;
        if ((unsigned char)s.p[at] < 0x80) {
            at++;
        } else if (kps_utf8_next(s, &at) < 0) {
            return start;
        }
    }
    return s.n;
}

struct kps_sv kps_utf8_clip(struct kps_arena *arena, struct kps_sv s, size_t most)
{
    if (s.n <= most) {
        return s;
    }
    size_t end = 0;
    for (size_t at = 0; at <= most; (void)kps_utf8_next(s, &at)) {
        end = at;
    }
    return kps_fmt(arena, "%.*s…", (int)end, s.p);
}

size_t kps_utf8_count(struct kps_sv s)
{
    size_t count = 0;
    for (size_t at = 0; at < s.n; count++) {
        (void)kps_utf8_next(s, &at);
    }
    return count;
}

/*
 * Code points above ASCII that are controls, invisible or change the direction of a text. By the
 * Unicode Character Database: the categories Cc, Zl and Zp, the properties Bidi_Control and
 * Default_Ignorable_Code_Point, the interlinear annotations (U+FFF9-FFFB), the tags (U+E0000-E007F)
 * and Noncharacter_Code_Point; tests/unit/unicode.pl compares this table with Unicode's own.
 */
static const struct {
    int32_t first, last;
} unsafe_ranges[] = {
    {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool kps_utf8_is_unsafe(int32_t c)
{
    if (c >= 0x20 && c < 0x7f) {
        return false;
    }
    if (c < 0x20 || (c & 0xfffe) == 0xfffe) { /* the last two of each plane are noncharacters */
        return true;
    }
    for (size_t i = 0; i < KPS_COUNT(unsafe_ranges) && unsafe_ranges[i].first <= c; i++) {
        if (c <= unsafe_ranges[i].last) {
            return true;
        }
    }
    return false;
}

bool kps_utf8_is_command(struct kps_sv s, size_t at)
{
    return s.p[at] == '[' && at >= 2 && s.p[at - 1] == '#' && s.p[at - 2] == '#';
}

struct kps_sv kps_utf8_escape(struct kps_arena *arena, struct kps_sv s)
{
    struct kps_buf out = KPS_BUF(arena);
    size_t copied = 0;
    for (size_t at = 0; at < s.n;) {
        size_t start = at;
        int32_t c = kps_utf8_next(s, &at);
        if (!kps_utf8_is_unsafe(c) && !kps_utf8_is_command(s, start)) {
            continue;
        }
        kps_buf_add(&out, kps_sv_slice(s, copied, start));
        copied = at;
        if (c == '\n') {
            kps_buf_text(&out, "\\n");
        } else if (c == '\t') {
            kps_buf_text(&out, "\\t");
        } else if (c > 0xff) {
            kps_buf_fmt(&out, "\\u{%x}", (unsigned)c);
        } else {
            kps_buf_fmt(&out, "\\x%02x", c < 0 ? (unsigned char)s.p[start] : (unsigned)c);
        }
    }
    if (copied == 0) {
        return s;
    }
    kps_buf_add(&out, kps_sv_from(s, copied));
    return kps_buf_sv(&out);
}

struct kps_sv kps_utf8_head(struct kps_sv s, size_t columns)
{
    size_t used = 0;
    for (size_t at = 0; at < s.n;) {
        size_t before = at;
        used += (size_t)kps_utf8_width(kps_utf8_next(s, &at));
        if (used > columns) {
            return kps_sv_head(s, before);
        }
    }
    return s;
}
