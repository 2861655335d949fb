#include "watch/changes.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"

void kps_changes_add(struct kps_changes *changes, struct kps_sv line)
{
    size_t end = line.n < KPS_CHANGES_LINE_BYTES ? line.n : KPS_CHANGES_LINE_BYTES - 1;
    while (end < line.n && end > 0 && ((unsigned char)line.p[end] & 0xc0U) == 0x80U) {
        end--; /* at the end of a character */
    }
    (void)snprintf(changes->lines[changes->n++ % KPS_CHANGES_SHOWN], KPS_CHANGES_LINE_BYTES, "%.*s",
                   (int)end, line.p);
}

void kps_changes_show(const struct kps_changes *changes, struct kps_buf *out, size_t columns)
{
    size_t from = changes->n > KPS_CHANGES_SHOWN ? changes->n - KPS_CHANGES_SHOWN : 0;
    for (size_t i = from; i < changes->n; i++) {
        struct kps_sv line = kps_sv_of(changes->lines[i % KPS_CHANGES_SHOWN]);
        kps_buf_add(out, columns ? kps_utf8_head(line, columns) : line);
        kps_buf_char(out, '\n');
    }
}

struct kps_sv kps_changes_clock(struct kps_arena *arena)
{
    time_t now = kps_clock_now();
    struct tm at;
    char text[sizeof("00:00:00")];
    if (!localtime_r(&now, &at) || strftime(text, sizeof(text), "%H:%M:%S", &at) == 0) {
        return (struct kps_sv){"", 0};
    }
    return kps_fmt(arena, "%s", text);
}
