#include "options/option_help.h"

#include "base/buf.h"

enum { NAME_COLUMN = 6, HELP_COLUMN = 31 }; /* "  -f, --file FILE              Compose file; …" */

bool kps_option_help_next(struct kps_arena *arena, struct kps_sv *rest, struct kps_option_help *ret)
{
    struct kps_buf *words = kps_buf_new(arena);
    struct kps_sv line;
    ret->name = SV("");
    while (kps_sv_next(rest, '\n', &line)) {
        struct kps_sv name = kps_sv_from(line, NAME_COLUMN);
        if (kps_sv_has_head(name, "--")) {
            ret->name = kps_sv_before(kps_sv_before(kps_sv_from(name, 2), ' '), '[');
        }
        if (ret->name.n == 0) {
            continue;
        }
        kps_buf_add(words, kps_sv_from(line, HELP_COLUMN));
        if (!kps_sv_has_head(*rest, "          ")) { /* no further line of the option */
            ret->words = kps_buf_sv(words);
            return true;
        }
        kps_buf_char(words, ' ');
    }
    return false;
}
