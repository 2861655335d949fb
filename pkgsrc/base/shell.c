#include "base/shell.h"

#include <unistd.h>

#include "base/buf.h"

static bool is_in(char c, struct kps_sv set)
{
    return kps_sv_find(set, c) < set.n;
}

static bool is_plain(struct kps_sv word)
{
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        if (!kps_is_alpha(c) && !kps_is_digit(c) && !is_in(c, SV("@%_+=:,./-"))) {
            return false;
        }
    }
    return word.n && !is_in(word.p[0], SV("-="));
}

struct kps_sv kps_shell_quote(struct kps_arena *arena, struct kps_sv word)
{
    if (is_plain(word)) {
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
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        bool is_first = kps_is_alpha(c) || kps_is_digit(c);
        if (!is_first && (i == 0 || !is_in(c, SV("._-")))) {
            return false;
        }
    }
    return word.n > 0;
}
