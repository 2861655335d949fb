#include "kube/name_pattern.h"

#include <stdint.h>

#include "base/compiler.h"

/*
 * A matcher that walks expression and name together and goes back where a repetition or an
 * alternative took the wrong road. Names are short, so the bound on steps is never met by what
 * people write; it ends what is built to explode.
 */
enum { MOST_STEPS = 200 * 1000, MOST_DEPTH = 400 };

/* The rest of the expression, behind the part at hand. */
struct rest {
    struct kps_sv pattern;
    const struct rest *next;
};

struct matcher {
    struct kps_sv name;
    unsigned steps, depth;
};

static bool match_here(struct matcher *m, struct kps_sv pattern, size_t at,
                       const struct rest *rest);

/* The length of the atom at the front: one character, an escape, a class or a group. */
static size_t atom_length(struct kps_sv pattern)
{
    if (pattern.p[0] == '\\') {
        return pattern.n > 1 ? 2 : 1;
    }
    if (pattern.p[0] == '[') {
        size_t i = pattern.n > 1 && pattern.p[1] == '^' ? 2 : 1;
        i += i < pattern.n && pattern.p[i] == ']' ? 1 : 0;
        while (i < pattern.n && pattern.p[i] != ']') {
            i += pattern.p[i] == '\\' ? 2U : 1U;
        }
        return i < pattern.n ? i + 1 : pattern.n;
    }
    if (pattern.p[0] != '(') {
        return 1;
    }
    size_t depth = 0;
    for (size_t i = 0; i < pattern.n; i++) {
        char c = pattern.p[i];
        if (c == '\\') {
            i++;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            return i + 1;
        }
    }
    return pattern.n;
}

static bool is_word(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c) || c == '_';
}

static bool matches_escape(char letter, char c)
{
    switch (letter) {
    case 'd':
        return kps_is_digit(c);
    case 'D':
        return !kps_is_digit(c);
    case 'w':
        return is_word(c);
    case 'W':
        return !is_word(c);
    case 's':
        return kps_is_blank(c);
    case 'S':
        return !kps_is_blank(c);
    default:
        return letter == c;
    }
}

static bool matches_class(struct kps_sv inner, char c)
{
    bool negated = inner.n && inner.p[0] == '^';
    bool found = false;
    for (size_t i = negated ? 1 : 0; i < inner.n; i++) {
        if (inner.p[i] == '\\' && i + 1 < inner.n) {
            found = found || matches_escape(inner.p[++i], c);
        } else if (i + 2 < inner.n && inner.p[i + 1] == '-') {
            found = found || (c >= inner.p[i] && c <= inner.p[i + 2]);
            i += 2;
        } else {
            found = found || inner.p[i] == c;
        }
    }
    return found != negated;
}

/* An atom for a single character. */
static bool matches_one(struct kps_sv atom, char c)
{
    if (atom.n == 1) {
        return atom.p[0] == '.' || atom.p[0] == c;
    }
    if (atom.p[0] == '[') {
        return matches_class(kps_sv_slice(atom, 1, atom.n - 1), c);
    }
    return matches_escape(atom.p[1], c);
}

/* How often an atom may come; the length of what says so is returned. */
static size_t read_repeat(struct kps_sv rest, size_t *least, size_t *most)
{
    unsigned long long low = 0;
    unsigned long long high = 0;
    *least = 1;
    *most = 1;
    if (rest.n == 0) {
        return 0;
    }
    if (rest.p[0] == '*' || rest.p[0] == '+' || rest.p[0] == '?') {
        *least = rest.p[0] == '+' ? 1 : 0;
        *most = rest.p[0] == '?' ? 1 : SIZE_MAX;
        return 1 + (rest.n > 1 && rest.p[1] == '?' ? 1U : 0U);
    }
    size_t end = kps_sv_find(rest, '}');
    if (rest.p[0] != '{' || end == rest.n) {
        return 0;
    }
    struct kps_sv range = kps_sv_slice(rest, 1, end);
    size_t comma = kps_sv_find(range, ',');
    if (!kps_sv_u64(kps_sv_slice(range, 0, comma), 1000, &low)) {
        return 0;
    }
    *least = (size_t)low;
    *most = comma == range.n ? (size_t)low : SIZE_MAX;
    if (comma + 1 < range.n && kps_sv_u64(kps_sv_from(range, comma + 1), 1000, &high)) {
        *most = (size_t)high;
    }
    return end + 1;
}

static bool match_rest(struct matcher *m, size_t at, const struct rest *rest)
{
    if (!rest) {
        return at == m->name.n;
    }
    return match_here(m, rest->pattern, at, rest->next);
}

/* The place of the '|' that parts the expression at its top level; pattern.n: there is none. */
static size_t find_bar(struct kps_sv pattern)
{
    size_t i = 0;
    while (i < pattern.n && pattern.p[i] != '|') {
        i += atom_length(kps_sv_from(pattern, i));
    }
    return i < pattern.n ? i : pattern.n;
}

/* One turn of a group, then `left` more of the same, then what follows. */
static bool match_group(struct matcher *m, struct kps_sv atom, struct kps_sv after, size_t at,
                        const struct rest *rest)
{
    struct kps_sv inner = kps_sv_slice(atom, 1, atom.n - 1);
    inner = kps_sv_starts(inner, SV("?:")) ? kps_sv_from(inner, 2) : inner;
    struct rest behind = {after, rest};
    return match_here(m, inner, at, &behind);
}

static bool match_repeated(struct matcher *m, struct kps_sv atom, struct kps_sv after, size_t at,
                           const struct rest *rest, size_t least, size_t most)
{
    size_t n = 0;
    while (n < most && at + n < m->name.n && matches_one(atom, m->name.p[at + n])) {
        n++;
    }
    for (size_t left = n + 1; left > least; left--) {
        if (match_here(m, after, at + left - 1, rest)) {
            return true;
        }
    }
    return false;
}

static bool match_sequence(struct matcher *m, struct kps_sv pattern, size_t at,
                           const struct rest *rest)
{
    if (pattern.n == 0) {
        return match_rest(m, at, rest);
    }
    if (pattern.p[0] == '^' || pattern.p[0] == '$') {
        bool holds = pattern.p[0] == '^' ? at == 0 : at == m->name.n;
        return holds && match_here(m, kps_sv_from(pattern, 1), at, rest);
    }
    size_t least = 1;
    size_t most = 1;
    struct kps_sv atom = kps_sv_slice(pattern, 0, atom_length(pattern));
    struct kps_sv tail = kps_sv_from(pattern, atom.n);
    size_t repeat = read_repeat(tail, &least, &most);
    struct kps_sv after = kps_sv_from(tail, repeat);
    if (atom.p[0] != '(' || atom.n < 2) {
        return match_repeated(m, atom, after, at, rest, least, most);
    }
    if (most == 1 && match_group(m, atom, after, at, rest)) {
        return true;
    }
    if (most > 1 && at < m->name.n) {
        /* the group, then the group again: as often as it is allowed to be left out */
        struct rest again = {after, rest};
        struct rest same = {pattern, rest};
        const struct rest *next = most == SIZE_MAX ? &same : &again;
        if (match_group(m, atom, (struct kps_sv){"", 0}, at, next) ||
            match_group(m, atom, after, at, rest)) {
            return true;
        }
    }
    return least == 0 && match_here(m, after, at, rest);
}

static bool match_here(struct matcher *m, struct kps_sv pattern, size_t at, const struct rest *rest)
{
    if (m->steps == 0 || m->depth >= MOST_DEPTH) {
        m->steps = 0;
        return false;
    }
    m->steps--;
    m->depth++;
    size_t bar = find_bar(pattern);
    bool found = match_sequence(m, kps_sv_slice(pattern, 0, bar), at, rest) ||
                 (bar < pattern.n && match_here(m, kps_sv_from(pattern, bar + 1), at, rest));
    m->depth--;
    return found;
}

bool kps_name_pattern_matches(struct kps_sv pattern, struct kps_sv name)
{
    struct matcher m = {.name = name, .steps = MOST_STEPS};
    return match_here(&m, pattern, 0, NULL);
}
