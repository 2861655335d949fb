#include "diagnose/phrase.h"

#include <string.h>

#include "texts/text.h"

#define ANYBODY NULL
#define DOCKER "the Docker Engine"
#define DESKTOP "Docker Desktop"
#define API_SERVER "the API server"
#define PYTHON "a Python program"
#define RUST "a Rust program"

#define IS(in_meaning, in_flags, in_speaker)                                                       \
    {.meaning = KPS_PHRASE_##in_meaning, .flags = (in_flags), .speaker = (in_speaker)},
#define SAYS(in_meaning, in_kind, in_flags, in_speaker)                                            \
    {.meaning = KPS_PHRASE_##in_meaning,                                                           \
     .kind = KPS_SYMPTOM_##in_kind,                                                                \
     .flags = (in_flags),                                                                          \
     .speaker = (in_speaker)},
#define REFUSES(in_rule, in_flags, in_speaker)                                                     \
    {.meaning = KPS_PHRASE_MESSAGE,                                                                \
     .kind = KPS_SYMPTOM_REFUSED,                                                                  \
     .rule = KPS_RULE_##in_rule,                                                                   \
     .flags = (in_flags),                                                                          \
     .speaker = (in_speaker)},

static const struct kps_phrase PHRASES[] = {
#include "diagnose/phrase_rows.inc"
};

enum { PAIRS = 1024, MOST_DIGITS = 10, MOST_WORD = 16, MOST_CUT = 64 };

/* A phrase in the list of those with the same first two bytes. */
struct phrase_entry {
    struct kps_sv words;
    const struct kps_phrase *phrase;
    const struct phrase_entry *next;
    uint8_t word;   /* bytes before the first blank; 0: the first word has digits, or is alone */
    uint8_t second; /* with `word`: the first byte of the second word, folded */
};

/* The same of a text: most phrases of a list are ruled out by it ("port …"). */
struct beginning {
    bool is_known;
    size_t word;
    unsigned second;
};

/* Most phrases for a reason begin with the same byte ("address …"): hence two. */
struct kps_phrase_index {
    const struct phrase_entry *first[PAIRS];
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

/*
 * Return: the list for a text or a phrase; a single byte has the same list as byte and blank, and a
 * number has one list, however many digits it has.
 */
static size_t find_list(struct kps_sv s)
{
    unsigned first = fold_byte(s.p[0]);
    unsigned second = s.n > 1 && first != '#' ? fold_byte(s.p[1]) : ' ';
    return (first * 31U + second) % PAIRS;
}

static void add_entry(struct kps_phrase_index *index, struct kps_arena *arena, struct kps_sv words,
                      const struct kps_phrase *phrase)
{
    const struct phrase_entry **first = &index->first[find_list(words)];
    struct phrase_entry *entry = KPS_NEW(arena, struct phrase_entry);
    size_t blank = kps_sv_find(words, ' ');
    bool has_second = blank + 1 < words.n && kps_sv_find(words, '#') > blank &&
                      words.p[blank + 1] != '"'; /* which may be escaped */
    *entry = (struct phrase_entry){.words = words, .phrase = phrase, .next = *first};
    if (has_second && blank <= MOST_WORD) {
        entry->word = (uint8_t)blank;
        entry->second = (uint8_t)fold_byte(words.p[blank + 1]);
    }
    *first = entry;
}

const struct kps_phrase_index *kps_phrase_index_new(struct kps_arena *arena)
{
    struct kps_phrase_index *index = KPS_NEW(arena, struct kps_phrase_index);
    struct kps_sv rest = kps_text_unpack(arena, KPS_TEXT_PHRASES);
    for (size_t i = 0; i < KPS_COUNT(PHRASES); i++) {
        struct kps_sv words;
        while (kps_sv_next(&rest, '\n', &words) && words.n) {
            add_entry(index, arena, words, &PHRASES[i]);
        }
    }
    KPS_ASSERT(rest.n == 0);
    return index;
}

/*
 * Match a phrase at the beginning of `s`. Return: its bytes; 0: no match, and *ret_is_cut when `s`
 * ends within the phrase.
 */
static size_t match_words(struct kps_sv s, struct kps_sv words, bool *ret_is_cut)
{
    size_t at = 0;
    for (size_t i = 0; i < words.n; i++) {
        char c = words.p[i];
        if (at < s.n && s.p[at] == c && c != '#' && c != ' ') { /* most often */
            at++;
            continue;
        }
        while (c == '"' && at < s.n && s.p[at] == '\\') { /* in a text of JSON */
            at++;
        }
        if (at == s.n) {
            *ret_is_cut = true;
            return 0;
        }
        size_t from = at;
        if (c == '#') {
            while (at < s.n && at < from + MOST_DIGITS && kps_is_digit(s.p[at])) {
                at++;
            }
        } else if (c == ' ') {
            while (at < s.n && kps_is_blank(s.p[at])) {
                at++;
            }
        } else {
            at += s.p[at] == c;
        }
        if (at == from) {
            return 0;
        }
    }
    bool is_within = at < s.n && is_alnum(s.p[at]) && is_alnum(words.p[words.n - 1]);
    return is_within ? 0 : at;
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

/* Return: may the phrase of the entry stand at the start of `s`? Most cannot, and are not compared.
 */
static bool may_match(const struct phrase_entry *entry, struct kps_sv s, struct beginning *text)
{
    if (entry->word == 0) {
        return true;
    }
    if (!text->is_known) {
        size_t at = 0;
        while (at < s.n && at <= MOST_WORD && !kps_is_blank(s.p[at])) {
            at++;
        }
        *text = (struct beginning){.is_known = true, .word = at};
        while (at > 0 && at < s.n && kps_is_blank(s.p[at])) {
            at++;
        }
        text->second = at < s.n ? fold_byte(s.p[at]) : ' ';
    }
    return entry->word == text->word && entry->second == text->second;
}

/* Return: does the place lie within a word, or within a number such as "3.456"? */
static bool is_within(struct kps_sv small, size_t at)
{
    if (at == 0) {
        return false;
    }
    bool is_fraction = at > 1 && small.p[at - 1] == '.' && kps_is_digit(small.p[at - 2]) &&
                       kps_is_digit(small.p[at]);
    return is_fraction || (is_alnum(small.p[at - 1]) && is_alnum(small.p[at]));
}

/* Find the longest phrase at a place. Return: false when there is none. */
static bool find_at(const struct kps_phrase_index *index, struct kps_sv small, size_t at,
                    struct kps_phrase_hit *ret)
{
    size_t longest = 0;
    const struct phrase_entry *entry =
        is_within(small, at) ? NULL : index->first[find_list(kps_sv_from(small, at))];
    struct kps_sv rest = kps_sv_from(small, at);
    struct beginning text = {.is_known = false};
    bool is_cut = false;
    for (; entry; entry = entry->next) {
        size_t n = may_match(entry, rest, &text) ? match_words(rest, entry->words, &is_cut) : 0;
        if (n > longest && (!(entry->phrase->flags & KPS_PHRASE_AT_START) || is_start(small, at))) {
            longest = n;
            *ret = (struct kps_phrase_hit){entry->phrase, at, at + n};
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

bool kps_phrase_can_wrap(enum kps_phrase_meaning meaning)
{
    return meaning == KPS_PHRASE_IN_USE || meaning == KPS_PHRASE_DENIED ||
           meaning == KPS_PHRASE_NO_ADDRESS || meaning == KPS_PHRASE_FORBIDDEN ||
           meaning == KPS_PHRASE_PORT || meaning == KPS_PHRASE_BEHIND ||
           meaning == KPS_PHRASE_MESSAGE;
}

bool kps_phrase_is_cut(const struct kps_phrase_index *index, struct kps_sv small)
{
    while (small.n && kps_is_blank(small.p[small.n - 1])) {
        small.n--;
    }
    size_t from = small.n > MOST_CUT ? small.n - MOST_CUT : 0;
    for (size_t at = from; at + 1 < small.n; at++) {
        struct kps_sv rest = kps_sv_from(small, at);
        const struct phrase_entry *entry =
            is_within(small, at) ? NULL : index->first[find_list(rest)];
        bool is_cut = false;
        for (; entry && !is_cut; entry = entry->next) {
            if (kps_phrase_can_wrap(entry->phrase->meaning)) {
                (void)match_words(rest, entry->words, &is_cut);
            }
        }
        if (is_cut) {
            return true;
        }
    }
    return kps_sv_ends_with_any(small, "is already");
}
