#include "report/wrap.h"

#include "base/utf8.h"

struct kps_sv kps_wrap_next(struct kps_sv *rest, size_t columns)
{
    struct kps_sv text = kps_sv_trim(*rest);
    size_t end = 0;
    size_t used = 0;
    while (end < text.n) {
        size_t word = end;
        while (word < text.n && kps_is_blank(text.p[word])) {
            word++;
        }
        size_t word_end = word + kps_sv_find(kps_sv_from(text, word), ' ');
        used += kps_utf8_columns(kps_sv_slice(text, end, word_end));
        if (end && used > columns) {
            break;
        }
        end = word_end;
    }
    *rest = kps_sv_trim(kps_sv_from(text, end));
    return kps_sv_slice(text, 0, end);
}
