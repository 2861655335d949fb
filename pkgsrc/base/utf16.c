#include "base/utf16.h"

#include <stdint.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd, MOST_UTF8_PER_UNIT = 3 };

static uint32_t unit_at(struct kps_sv text, size_t at, bool is_big)
{
    unsigned char first = (unsigned char)text.p[at];
    unsigned char second = (unsigned char)text.p[at + 1];
    return is_big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

/* Read the code point at *at and move *at behind it. */
static uint32_t next_point(struct kps_sv text, size_t *at, bool is_big)
{
    uint32_t unit = unit_at(text, *at, is_big);
    *at += 2;
    if (unit < 0xd800 || unit > 0xdfff) {
        return unit;
    }
    if (unit > 0xdbff || *at + 1 >= text.n) {
        return REPLACEMENT;
    }
    uint32_t low = unit_at(text, *at, is_big);
    if (low < 0xdc00 || low > 0xdfff) {
        return REPLACEMENT;
    }
    *at += 2;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* Write a code point as UTF-8. Return: the number of bytes. */
static size_t put_point(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : 3;
    n = point < 0x10000 ? n : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[n] | point);
    return n;
}

bool kps_utf16_decode(struct kps_arena *arena, struct kps_sv *text)
{
    bool is_little = kps_sv_has_head(*text, "\xff\xfe");
    bool is_big = kps_sv_has_head(*text, "\xfe\xff");
    bool is_wider = is_little && text->n >= 4 && memcmp(text->p + 2, "\0\0", 2) == 0;
    if ((!is_little && !is_big) || is_wider) {
        return false;
    }
    char *bytes = kps_alloc(arena, text->n / 2 * MOST_UTF8_PER_UNIT + MOST_UTF8_PER_UNIT + 1);
    size_t n = 0;
    for (size_t at = 2; at + 1 < text->n;) {
        n += put_point(bytes + n, next_point(*text, &at, is_big));
    }
    if (text->n % 2) {
        n += put_point(bytes + n, REPLACEMENT);
    }
    bytes[n] = '\0';
    *text = (struct kps_sv){bytes, n};
    return true;
}
