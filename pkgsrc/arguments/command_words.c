#include "arguments/command_words.h"

#include <string.h>

#include "arguments/port_argument.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/shell.h"
#include "diag/rules.h"
#include "texts/text.h"

/* Commands of docker compose: its options mean the same here, its commands do not exist. */
static const char compose_commands[] =
    "up config create start down ps run build pull stop logs restart watch "
    "exec rm kill";

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

/* Return: the ports of an argument, parted by a blank; empty for an argument with any other word.
 */
static struct kps_sv join_ports(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_buf *ports = kps_buf_new(arena);
    for (size_t at = 0; at < text.n;) {
        size_t from = at;
        while (at < text.n && !is_separator(text.p[at])) {
            at++;
        }
        struct kps_sv word = kps_sv_slice(text, from, at);
        if (word.n && kps_port_argument_form(word) == KPS_PORT_FORM_NONE) {
            return SV("");
        }
        if (word.n) {
            kps_buf_fmt(ports, "%s%s", kps_buf_sv(ports).n ? " " : "",
                        kps_shell_quote(arena, word).p);
        }
        at++;
    }
    return kps_buf_sv(ports);
}

struct kps_sv kps_command_words_hint(struct kps_arena *arena, struct kps_sv word)
{
    if (kps_sv_is_one_of(word, compose_commands)) {
        return kps_fmt(
            arena,
            "leave '%.*s' out: kportscan takes the options of 'docker compose', not its commands",
            SV_ARG(word));
    }
    struct kps_sv arguments = kps_text_row(kps_text_unpack(arena, KPS_TEXT_COMMANDS), word);
    if (arguments.n) {
        return kps_fmt(arena, "type: kportscan %.*s", SV_ARG(arguments));
    }
    struct kps_sv ports = join_ports(arena, word);
    if (ports.n) {
        return kps_fmt(arena, "type: kportscan %.*s", SV_ARG(ports));
    }
    if (kps_rule_by_name(word) != KPS_RULE_NONE) {
        return kps_fmt(arena, "type: kportscan --explain %.*s", SV_ARG(word));
    }
    if (kps_sv_find(word, ' ') < word.n) {
        return kps_fmt(arena, "type: kportscan --diagnose %s", kps_shell_quote(arena, word).p);
    }
    return SV("");
}

struct kps_sv kps_command_words_message(struct kps_arena *arena, char *const *words, size_t n)
{
    enum { LEAST_WORDS = 3 };
    struct kps_buf *message = kps_buf_new(arena);
    size_t n_words = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], "-") == 0 || kps_fs_exists(words[i])) {
            return SV("");
        }
        n_words += !kps_port_argument_is(arena, kps_sv_of(words[i]));
        kps_buf_fmt(message, "%s%s", i ? " " : "", words[i]);
    }
    if (n_words < LEAST_WORDS) {
        return SV("");
    }
    if (strcmp(words[0], "docker") == 0 && strcmp(words[1], "compose") == 0) {
        return SV("leave 'docker compose' and its command out: kportscan takes the options of "
                  "'docker compose', not its commands");
    }
    return kps_fmt(arena, "none of these words is a file; type: kportscan --diagnose %s",
                   kps_shell_quote(arena, kps_buf_sv(message)).p);
}
