#include "kube/placeholder.h"

#include "base/compiler.h"

/* Characters before and behind the name. */
struct mark {
    struct kps_sv open, close;
    bool only_capitals; /* small letters are something else: "{name: x}" is YAML */
};

static const struct mark marks[] = {
    {SV_LIT("${"), SV_LIT("}"), false}, {SV_LIT("<<"), SV_LIT(">>"), false},
    {SV_LIT("{"), SV_LIT("}"), true},   {SV_LIT("@"), SV_LIT("@"), true},
    {SV_LIT("__"), SV_LIT("__"), true},
};

/* Longer names, and longer defaults, are no placeholder: "%i%i%i…" is read from each mark. */
enum { LONGEST_MARK = 64, LONGEST_DEFAULT = 4096 };

static bool is_name_char(char c, bool only_capitals)
{
    bool is_small = c >= 'a' && c <= 'z';
    return kps_is_alpha(c)
               ? !(is_small && only_capitals)
               : kps_is_digit(c) || c == '_' || (!only_capitals && (c == '.' || c == '-'));
}

/* The length of a mark with a name at the front; 0: there is none. */
static size_t match_mark(struct kps_sv text, const struct mark *mark)
{
    if (!kps_sv_starts(text, mark->open)) {
        return 0;
    }
    size_t n = mark->open.n;
    while (n < text.n && n < LONGEST_MARK && is_name_char(text.p[n], mark->only_capitals) &&
           !(mark->open.p[0] == '_' && kps_sv_starts(kps_sv_from(text, n), mark->close))) {
        n++;
    }
    bool has_name = n > mark->open.n;
    /* "${PORT:-80}" has a default, which the program puts in */
    if (has_name && mark->open.p[0] == '$' && n < text.n && text.p[n] == ':') {
        n += kps_sv_find(kps_sv_slice(text, n, n + LONGEST_DEFAULT), '}');
    }
    return has_name && kps_sv_starts(kps_sv_from(text, n), mark->close) ? n + mark->close.n : 0;
}

/* "%s", "%d", "%v", "%q", "%[1]s". */
static size_t match_format(struct kps_sv text)
{
    bool is_one = text.n > 1 && text.p[0] == '%' &&
                  (text.p[1] == 's' || text.p[1] == 'd' || text.p[1] == 'v' || text.p[1] == 'q' ||
                   text.p[1] == '[');
    bool ends = text.n == 2 || (text.n > 2 && !kps_is_alpha(text.p[2]));
    return is_one && (ends || text.p[1] == '[') ? 2 : 0;
}

/* Return the end of the name that begins at `from`. */
static size_t skip_name(struct kps_sv text, size_t from, bool only_capitals)
{
    while (from < text.n && is_name_char(text.p[from], only_capitals)) {
        from++;
    }
    return from;
}

bool kps_placeholder_is_word(struct kps_sv text, bool takes_text)
{
    enum { LEAST = 3 };
    if (text.n < LEAST || kps_is_digit(text.p[0])) {
        return false;
    }
    bool is_snake = !takes_text && kps_sv_find(text, '_') < text.n;
    return (text.p[0] == '<' && kps_sv_ends(text, SV(">"))) ||
           skip_name(text, 0, !is_snake) == text.n;
}

/* The length of "$NAME" in capitals at the front of a text. */
static size_t match_variable(struct kps_sv text)
{
    size_t n = text.n && text.p[0] == '$' ? skip_name(text, 1, true) : 0;
    return n > 1 ? n : 0;
}

/*
 * The length of "%%%" or "%name%" at an offset. `end` keeps the end of the last run of such
 * characters, which all marks inside it share.
 */
static size_t match_percents(struct kps_sv line, size_t at, size_t *end)
{
    if (line.p[at] != '%') {
        return 0;
    }
    if (*end <= at) {
        *end = at + 1;
        while (*end < line.n && (line.p[*end] == '%' || is_name_char(line.p[*end], false))) {
            (*end)++;
        }
    }
    size_t n = *end - at;
    return n > 1 && n <= LONGEST_MARK && line.p[*end - 1] == '%' ? n : 0;
}

struct kps_sv kps_placeholder_find_broken(struct kps_sv line)
{
    static const struct mark braces = {SV_LIT("{"), SV_LIT("}"), false};
    line = kps_sv_trim(line);
    size_t variable = match_variable(line);
    if (variable) {
        return kps_sv_head(line, variable);
    }
    size_t end = 0;
    for (size_t at = 0; at < line.n; at++) {
        struct kps_sv rest = kps_sv_from(line, at);
        size_t n = match_percents(line, at, &end);
        if (n) {
            return kps_sv_head(rest, n);
        }
        n = match_mark(rest, &braces);
        char next = n && n < rest.n ? rest.p[n] : ' ';
        if (kps_is_alpha(next) || kps_is_digit(next) || next == '/' || next == ':' || next == '-' ||
            next == '.' || next == '_') {
            return kps_sv_head(rest, n);
        }
    }
    return (struct kps_sv){NULL, 0};
}

struct kps_sv kps_placeholder_find(struct kps_sv text)
{
    for (size_t at = 0; at < text.n; at++) {
        struct kps_sv rest = kps_sv_from(text, at);
        size_t n = kps_sv_has_head(rest, "{{") ? 2 : match_format(rest);
        for (size_t i = 0; i < KPS_COUNT(marks) && n == 0; i++) {
            n = match_mark(rest, &marks[i]);
        }
        if (n) {
            return kps_sv_head(rest, n);
        }
    }
    return (struct kps_sv){NULL, 0};
}

struct kps_sv kps_placeholder_find_code(struct kps_sv text)
{
    static const struct kps_sv mark = SV_LIT("#@ ");
    static const struct kps_sv words[] = {SV_LIT("load("), SV_LIT("def "), SV_LIT("if "),
                                          SV_LIT("for ")};
    for (size_t at = kps_sv_search(text, mark); at < text.n;
         at += 1 + kps_sv_search(kps_sv_from(text, at + 1), mark)) {
        struct kps_sv line = kps_sv_before(kps_sv_from(text, at), '\n');
        bool is_edge = at == 0 || text.p[at - 1] == '\n';
        for (size_t i = 0; i < KPS_COUNT(words) && is_edge; i++) {
            if (kps_sv_starts(kps_sv_from(line, mark.n), words[i])) {
                return line;
            }
        }
    }
    return (struct kps_sv){NULL, 0};
}
