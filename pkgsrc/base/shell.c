#include "base/shell.h"

#include <unistd.h>

#include "base/buf.h"

static bool needs_no_quotes(struct kps_sv word)
{
    return word.n && kps_sv_is_plain(word, "@%_+=:,./-") && word.p[0] != '-' && word.p[0] != '=';
}

struct kps_sv kps_shell_quote(struct kps_arena *arena, struct kps_sv word)
{
    if (needs_no_quotes(word)) {
        return kps_sv_copy(arena, word);
    }
    struct kps_buf out = KPS_BUF(arena);
    kps_buf_char(&out, '\'');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '\'') {
            kps_buf_text(&out, "'\\''");
        } else {
            kps_buf_char(&out, word.p[i]);
        }
    }
    kps_buf_char(&out, '\'');
    return kps_buf_sv(&out);
}

const char *kps_shell_sudo(void)
{
    return geteuid() == 0 ? "" : "sudo ";
}

bool kps_shell_is_name(struct kps_sv word)
{
    return word.n && kps_sv_is_plain(kps_sv_head(word, 1), "") && kps_sv_is_plain(word, "._-");
}
