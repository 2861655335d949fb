#include "diagnose/phrase.h"

#include <string.h>

#define ANYBODY NULL
#define DOCKER "the Docker Engine"
#define DESKTOP "Docker Desktop"
#define API_SERVER "the API server"
#define PYTHON "a Python program"
#define RUST "a Rust program"

#define IS(in_meaning, in_flags, in_speaker, in_words)                                             \
    {.words = (in_words),                                                                          \
     .meaning = KPS_PHRASE_##in_meaning,                                                           \
     .flags = (in_flags),                                                                          \
     .speaker = (in_speaker)},
#define SAYS(in_meaning, in_kind, in_flags, in_speaker, in_words)                                  \
    {.words = (in_words),                                                                          \
     .meaning = KPS_PHRASE_##in_meaning,                                                           \
     .kind = KPS_SYMPTOM_##in_kind,                                                                \
     .flags = (in_flags),                                                                          \
     .speaker = (in_speaker)},
#define REFUSES(in_rule, in_flags, in_speaker, in_words)                                           \
    {.words = (in_words),                                                                          \
     .meaning = KPS_PHRASE_MESSAGE,                                                                \
     .kind = KPS_SYMPTOM_REFUSED,                                                                  \
     .rule = KPS_RULE_##in_rule,                                                                   \
     .flags = (in_flags),                                                                          \
     .speaker = (in_speaker)},

static const struct kps_phrase PHRASES[] = {
#include "diagnose/phrase.def"
};

enum { PAIRS = 1024, MOST_DIGITS = 10 };

/*
 * The phrases by their first two bytes, as lists through `next`; 0 ends a list, entries are
 * number + 1. Most phrases for a reason begin with the same byte ("address …").
 */
struct kps_phrase_index {
    uint16_t first[PAIRS];
    uint16_t next[KPS_COUNT(PHRASES) + 1];
};

static bool is_alnum(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c);
}

/* Return: a byte of a text or a phrase as match_words compares it. */
static unsigned fold_byte(char c)
{
    if (kps_is_digit(c)) {
        return '#';
    }
    return kps_is_blank(c) ? ' ' : (unsigned char)c;
}

/* Return: the list for a text or a phrase; a single byte has the same list as byte and blank. */
static size_t find_list(struct kps_sv s)
{
    return (fold_byte(s.p[0]) * 31U + (s.n > 1 ? fold_byte(s.p[1]) : ' ')) % PAIRS;
}

const struct kps_phrase_index *kps_phrase_index_new(struct kps_arena *arena)
{
    struct kps_phrase_index *index = KPS_NEW(arena, struct kps_phrase_index);
    for (size_t i = 0; i < KPS_COUNT(PHRASES); i++) {
        size_t list = find_list(kps_sv_of(PHRASES[i].words));
        index->next[i + 1] = index->first[list];
        index->first[list] = (uint16_t)(i + 1);
    }
    return index;
}

/* Match a phrase at the beginning of `s`. Return: its bytes; 0: no match. */
static size_t match_words(struct kps_sv s, const char *words)
{
    size_t at = 0;
    for (; *words; words++) {
        if (*words == '#') {
            size_t from = at;
            while (at < s.n && at < from + MOST_DIGITS && kps_is_digit(s.p[at])) {
                at++;
            }
            if (at == from) {
                return 0;
            }
        } else if (*words == ' ') {
            size_t from = at;
            while (at < s.n && kps_is_blank(s.p[at])) {
                at++;
            }
            if (at == from) {
                return 0;
            }
        } else {
            if (at >= s.n || s.p[at] != *words) {
                return 0;
            }
            at++;
        }
    }
    bool is_cut = at < s.n && is_alnum(s.p[at]) && is_alnum(words[-1]);
    return is_cut ? 0 : at;
}

/*
 * Return: does the message begin at `at`: at the start of the line, or behind ": ", "] " and the
 * like?
 */
static bool is_start(struct kps_sv small, size_t at)
{
    while (at > 0 && (kps_is_blank(small.p[at - 1]) || small.p[at - 1] == '"')) {
        at--;
    }
    return at == 0 || small.p[at - 1] == ':' || small.p[at - 1] == ']' || small.p[at - 1] == '=';
}

/* Find the longest phrase at a place. Return: false when there is none. */
static bool find_at(const struct kps_phrase_index *index, struct kps_sv small, size_t at,
                    struct kps_phrase_hit *ret)
{
    size_t longest = 0;
    bool is_inside = at > 0 && is_alnum(small.p[at - 1]) && is_alnum(small.p[at]);
    uint16_t entry = is_inside ? 0 : index->first[find_list(kps_sv_from(small, at))];
    for (; entry; entry = index->next[entry]) {
        const struct kps_phrase *phrase = &PHRASES[entry - 1];
        size_t n = match_words(kps_sv_from(small, at), phrase->words);
        bool fits = !(phrase->flags & KPS_PHRASE_AT_START) || is_start(small, at);
        if (n > longest && fits) {
            longest = n;
            *ret = (struct kps_phrase_hit){phrase, at, at + n};
        }
    }
    return longest > 0;
}

size_t kps_phrase_find_all(const struct kps_phrase_index *index, struct kps_sv small,
                           struct kps_phrase_hit ret[KPS_PHRASES_A_LINE])
{
    size_t n = 0;
    for (size_t at = 0; at < small.n && n < KPS_PHRASES_A_LINE;) {
        if (find_at(index, small, at, &ret[n])) {
            at = ret[n].to;
            n++;
        } else {
            at++;
        }
    }
    return n;
}
