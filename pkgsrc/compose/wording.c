#include "compose/wording.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { MOST_BYTES = 80 };

const char *kps_compose_wording_clip(struct kps_arena *arena, struct kps_sv s)
{
    return kps_cstr(arena, kps_utf8_clip(arena, s, MOST_BYTES));
}

static void add_quoted(struct kps_buf *out, int32_t code_point, struct kps_sv bytes)
{
    static const char named[] = "abtnvfr"; /* 7 to 13 */
    if (code_point == '"' || code_point == '\\') {
        kps_buf_char(out, '\\');
        kps_buf_add(out, bytes);
    } else if (code_point >= 7 && code_point <= 13) {
        kps_buf_fmt(out, "\\%c", named[code_point - 7]);
    } else if (code_point < 0x20 || code_point == 0x7f) {
        kps_buf_fmt(out, "\\x%02x", (unsigned char)bytes.p[0]);
    } else if (kps_utf8_is_unsafe(code_point) || code_point == 0xa0) {
        kps_buf_fmt(out, "\\u%04x", (unsigned)code_point);
    } else {
        kps_buf_add(out, bytes);
    }
}

struct kps_sv kps_compose_wording_go_quote(struct kps_arena *arena, struct kps_sv s)
{
    struct kps_sv shown = kps_utf8_clip(arena, s, MOST_BYTES);
    struct kps_buf *out = kps_buf_new(arena);
    kps_buf_char(out, '"');
    for (size_t at = 0; at < shown.n;) {
        size_t from = at;
        int32_t code_point = kps_utf8_next(shown, &at);
        add_quoted(out, code_point, kps_sv_slice(shown, from, at));
    }
    kps_buf_char(out, '"');
    return kps_buf_sv(out);
}
