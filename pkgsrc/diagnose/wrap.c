#include "diagnose/wrap.h"

#include <string.h>

enum { MARGIN_BYTES = 256 /* the most that is left out of a line before its text */ };

/* Return: the bytes of the line before its text. */
static size_t find_margin(struct kps_sv before, struct kps_sv line)
{
    size_t at = 0;
    while (at < before.n && at < line.n && at < MARGIN_BYTES && before.p[at] == line.p[at]) {
        at++;
    }
    while (at > 0 && !kps_is_blank(line.p[at - 1])) {
        at--;
    }
    while (at < line.n && at < MARGIN_BYTES && (kps_is_blank(line.p[at]) || line.p[at] == '>')) {
        at++;
    }
    return at;
}

bool kps_wrap_join(struct kps_sv before, size_t start, struct kps_sv next, size_t blanks,
                   char buffer[KPS_WRAP_BYTES], struct kps_wrap *ret)
{
    size_t margin = find_margin(before, next);
    struct kps_sv head = kps_sv_slice(next, margin, margin + KPS_WRAP_HEAD);
    bool goes_on = head.n && ((head.p[0] >= 'a' && head.p[0] <= 'z') || head.p[0] == ',');
    if (!goes_on) {
        return false;
    }
    while (before.n > start && kps_is_blank(before.p[before.n - 1])) {
        before.n--;
    }
    ret->from = before.n > start + KPS_WRAP_TAIL ? before.n - KPS_WRAP_TAIL : start;
    struct kps_sv tail = kps_sv_from(before, ret->from);
    memcpy(buffer, tail.p, tail.n);
    memset(buffer + tail.n, ' ', blanks);
    memcpy(buffer + tail.n + blanks, head.p, head.n);
    ret->text = (struct kps_sv){buffer, tail.n + blanks + head.n};
    ret->seam = tail.n;
    return tail.n > 0;
}
