#include "sys/proc_text.h"

/* The `index`th word (from 0) of a text with single blanks or tabs between. */
static struct kps_sv word_at(struct kps_sv text, unsigned index)
{
    for (;;) {
        size_t end = 0;
        while (end < text.n && !kps_is_blank(text.p[end]) && text.p[end] != '\n') {
            end++;
        }
        if (index-- == 0) {
            return kps_sv_head(text, end);
        }
        text = kps_sv_from(text, end + 1);
        if (text.n == 0) {
            return text;
        }
    }
}

bool kps_proc_stat_read(struct kps_sv text, struct kps_proc_stat *ret)
{
    /* "12 (a) (b) S 1 12 12 34816 …": the name ends at the last parenthesis, the words count from
     * behind it. */
    enum { PARENT = 1, GROUP, SESSION, TERMINAL, FOREGROUND, START = 19 };
    size_t open = kps_sv_find(text, '(');
    size_t close = kps_sv_rfind(text, ')');
    if (open == text.n || close == text.n || close < open || close + 2 > text.n) {
        return false;
    }
    struct kps_sv rest = kps_sv_from(text, close + 2);
    int64_t parent = kps_sv_number(word_at(rest, PARENT), UINT32_MAX);
    int64_t session = kps_sv_number(word_at(rest, SESSION), UINT32_MAX);
    int64_t start = kps_sv_number(word_at(rest, START), INT64_MAX);
    if (parent < 0 || session < 0 || start < 0) {
        return false;
    }
    /* The terminal is a signed number in there; none is 0, and negative ones do not occur before
     * 2^31 devices. */
    int64_t terminal = kps_sv_number(word_at(rest, TERMINAL), UINT32_MAX);
    *ret = (struct kps_proc_stat){
        .comm = kps_sv_slice(text, open + 1, close),
        .parent = (uint32_t)parent,
        .session = (uint32_t)session,
        .terminal = terminal < 0 ? 0 : (uint32_t)terminal,
        .is_job = terminal > 0 && !kps_sv_eq(word_at(rest, GROUP), word_at(rest, SESSION)),
        .is_stopped = kps_sv_is(word_at(rest, 0), "T"),
        .is_foreground = kps_sv_eq(word_at(rest, GROUP), word_at(rest, FOREGROUND)),
        .start_ticks = (uint64_t)start,
    };
    return true;
}

struct kps_sv kps_proc_text_terminal(struct kps_arena *arena, uint32_t device)
{
    /* Numbers of Documentation/admin-guide/devices.txt. */
    enum { TTY = 4, FIRST_PTS = 136, LAST_PTS = 143, FIRST_SERIAL = 64 };
    uint32_t major = (device >> 8) & 0xfff;
    uint32_t minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    if (major >= FIRST_PTS && major <= LAST_PTS) {
        return kps_fmt(arena, "pts/%u", minor + (major - FIRST_PTS) * 256);
    }
    if (major == TTY) {
        return minor < FIRST_SERIAL ? kps_fmt(arena, "tty%u", minor)
                                    : kps_fmt(arena, "ttyS%u", minor - FIRST_SERIAL);
    }
    return (struct kps_sv){0};
}

/* The rest of the first line that starts with `word`; .p == NULL: there is none. */
static struct kps_sv line_after(struct kps_sv text, struct kps_sv word)
{
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        if (kps_sv_starts(line, word)) {
            return kps_sv_from(line, word.n);
        }
    }
    return (struct kps_sv){0};
}

bool kps_proc_status_uid(struct kps_sv text, uint32_t *ret)
{
    /* real, effective, saved, of files */
    int64_t uid = kps_sv_number(word_at(line_after(text, SV("Uid:\t")), 1), UINT32_MAX);
    if (uid >= 0) {
        *ret = (uint32_t)uid;
    }
    return uid >= 0;
}

/* Report if a line such as "SigIgn:\t0000000000004000" has the signal; the lowest bit is number 1.
 */
static bool has_signal(struct kps_sv text, struct kps_sv word, unsigned signal)
{
    static const struct kps_sv digits = SV_LIT("0123456789abcdef");
    struct kps_sv mask = line_after(text, word);
    size_t back = (signal - 1) / 4 + 1;
    size_t value = mask.n < back ? 0 : kps_sv_find(digits, mask.p[mask.n - back]);
    return value < digits.n && (value >> (signal - 1) % 4 & 1) != 0;
}

bool kps_proc_status_ignores(struct kps_sv text, unsigned signal)
{
    bool is_init = kps_sv_has_tail(line_after(text, SV("NSpid:")), "\t1") &&
                   !kps_sv_is(line_after(text, SV("Pid:\t")), "1");
    return has_signal(text, SV("SigIgn:\t"), signal) ||
           (is_init && !has_signal(text, SV("SigCgt:\t"), signal));
}

struct kps_sv kps_proc_text_user(struct kps_sv text, uint32_t uid)
{
    /* name:password:uid:gid:… */
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        struct kps_sv name = kps_sv_before(line, ':');
        struct kps_sv rest = kps_sv_after(kps_sv_after(line, ':'), ':');
        if (name.n && kps_sv_number(kps_sv_before(rest, ':'), UINT32_MAX) == (int64_t)uid) {
            return name;
        }
    }
    return (struct kps_sv){0};
}

int64_t kps_proc_number(struct kps_sv text, struct kps_sv word)
{
    return kps_sv_number(kps_sv_trim(line_after(text, word)), INT64_MAX);
}
