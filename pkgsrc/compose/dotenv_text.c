#include "compose/dotenv_text.h"

#include "base/buf.h"
#include "base/utf8.h"

bool kps_dotenv_is_blank(int32_t code_point)
{
    return code_point == '\t' || code_point == '\v' || code_point == '\f' || code_point == '\r' ||
           code_point == ' ' || code_point == 0x85 || code_point == 0xa0;
}

bool kps_dotenv_is_space(int32_t code_point)
{
    return kps_dotenv_is_blank(code_point) || code_point == '\n' || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 ||
           code_point == 0x2029 || code_point == 0x202f || code_point == 0x205f ||
           code_point == 0x3000;
}

/*
 * Beyond ASCII: what is no letter or number, by blocks. Enough for what gets into names by accident
 * (typographic quotes and dashes, invisible characters, symbols, emoji).
 */
static const struct {
    int32_t first, last;
} NOT_IN_NAMES[] = {
    {0x80, 0xa9},       {0xab, 0xb1},        {0xb4, 0xb4},     {0xb6, 0xb8},     {0xbb, 0xbb},
    {0xbf, 0xbf},       {0xd7, 0xd7},        {0xf7, 0xf7},     {0x2c2, 0x2c5},   {0x2d2, 0x2df},
    {0x300, 0x36f},     {0x2000, 0x206f},    {0x20a0, 0x20ff}, {0x2190, 0x245f}, {0x249c, 0x24e9},
    {0x2500, 0x2775},   {0x2794, 0x2bff},    {0x3000, 0x3004}, {0x3008, 0x3020}, {0xd800, 0xf8ff},
    {0xfe00, 0xfe6f},   {0xfeff, 0xff0f},    {0xff1a, 0xff20}, {0xfff0, 0xffff}, {0x1f000, 0x1f0ff},
    {0x1f10d, 0x1faff}, {0xe0000, 0x10ffff},
};

bool kps_dotenv_is_name_char(int32_t code_point)
{
    if (code_point < 0x80) {
        char c = (char)code_point;
        return code_point >= 0 && (kps_is_alpha(c) || kps_is_digit(c) || c == '_' || c == '.' ||
                                   c == '-' || c == '[' || c == ']');
    }
    for (size_t i = 0; i < KPS_COUNT(NOT_IN_NAMES); i++) {
        if (code_point >= NOT_IN_NAMES[i].first && code_point <= NOT_IN_NAMES[i].last) {
            return false;
        }
    }
    return true;
}

struct kps_sv kps_dotenv_trim_end(struct kps_sv s)
{
    while (s.n) {
        size_t from = s.n - 1;
        while (from > 0 && s.n - from < 4 && ((unsigned char)s.p[from] & 0xc0) == 0x80) {
            from--;
        }
        size_t at = from;
        int32_t last = kps_utf8_next(s, &at);
        if (at != s.n || !kps_dotenv_is_space(last)) {
            return s;
        }
        s.n = from;
    }
    return s;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/*
 * Adds what "\0" and its digits (`digits`, at most three) mean. Go reads them as the escape without
 * the leading 0, which needs exactly three octal digits and a value up to 255, and takes that value
 * as a code point; else the 0 is lost.
 */
static void add_octal(struct kps_buf *out, struct kps_sv digits)
{
    const char *d = digits.p;
    unsigned value = 256;
    if (digits.n == 3 && is_octal(d[0]) && is_octal(d[1]) && is_octal(d[2])) {
        value = (unsigned)(d[0] - '0') * 64 + (unsigned)(d[1] - '0') * 8 + (unsigned)(d[2] - '0');
    }
    if (value > 255) {
        kps_buf_char(out, '\\');
        kps_buf_add(out, digits);
    } else if (value < 0x80) {
        kps_buf_char(out, (char)value);
    } else {
        kps_buf_char(out, (char)(0xc0U | (value >> 6)));
        kps_buf_char(out, (char)(0x80U | (value & 0x3fU)));
    }
}

/* Adds the escape at s.p[at] (a backslash). Return: the position behind it. */
static size_t add_escape(struct kps_buf *out, struct kps_sv s, size_t at)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */
    char c = at + 1 < s.n ? s.p[at + 1] : '\0';
    struct kps_sv known = kps_sv_of(letters);
    size_t letter = kps_sv_find(known, c);
    if (c == '$') {
        kps_buf_add(out, SV("$$"));
    } else if (c == '\\' || c == '"') {
        kps_buf_char(out, c);
    } else if (letter < known.n) {
        kps_buf_char(out, (char)(7 + letter));
    } else if (c == '0') {
        size_t end = at + 2;
        while (end < s.n && end < at + 5 && kps_is_digit(s.p[end])) {
            end++;
        }
        add_octal(out, kps_sv_slice(s, at + 2, end));
        return end;
    } else {
        kps_buf_char(out, '\\');
        return at + 1;
    }
    return at + 2;
}

/* `s` with "\" before `quote` taken off; every other pair of a backslash and a character stays. */
static struct kps_sv without_escaped_quotes(struct kps_arena *arena, struct kps_sv s, char quote)
{
    struct kps_buf out = KPS_BUF(arena);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n) {
            if (s.p[i + 1] != quote) {
                kps_buf_char(&out, '\\');
            }
            i++;
        }
        kps_buf_char(&out, s.p[i]);
    }
    return kps_buf_sv(&out);
}

struct kps_sv kps_dotenv_unescape(struct kps_arena *arena, struct kps_sv s, char quote)
{
    if (kps_sv_find(s, '\\') == s.n) {
        return s;
    }
    s = without_escaped_quotes(arena, s, quote);
    if (quote != '"') {
        return s;
    }
    struct kps_buf out = KPS_BUF(arena);
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '\\') {
            at = add_escape(&out, s, at);
        } else {
            kps_buf_char(&out, s.p[at++]);
        }
    }
    return kps_buf_sv(&out);
}
