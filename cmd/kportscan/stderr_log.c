#include "stderr_log.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "report/style.h"
#include "report/words.h"

enum { LINE_COLUMNS = 79 };

static void print_line(struct kps_sv text)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    text = kps_secret_mask(scratch, text); /* such as the password of a URL that was pasted */
    (void)fprintf(stderr, "kportscan: %s\n", kps_words_shown(scratch, text));
}

const struct kps_log kps_stderr_log = {.print = print_line};

static size_t columns_of_terminal(void)
{
    struct winsize size = {0};
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return is_known ? size.ws_col - 1U : LINE_COLUMNS;
}

/* Write a line that stands, cut to a single row: a second one would not be erased. */
static void show_line(struct kps_sv text)
{
    if (text.n == 0) {
        (void)fputs("\r\x1b[K", stderr);
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv line = kps_fmt(scratch, "kportscan: %s", kps_words_shown(scratch, text));
    line = kps_utf8_head(line, columns_of_terminal());
    (void)fprintf(stderr, "%.*s", SV_ARG(line));
}

void kps_stderr_log_show_waits(struct kps_log *log, const struct kps_env *env)
{
    bool can_erase = isatty(STDERR_FILENO) && !kps_sv_is(kps_env_or_empty(env, "TERM"), "dumb");
    log->show = log->quiet == 0 && can_erase ? show_line : NULL;
}
