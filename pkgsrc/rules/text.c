#include "rules/text.h"

#include <stdint.h>

#include "base/buf.h"

enum { CODE_BITS = 11, WORD_BITS = 32, FIRST_PAIR = 128 };

/* A text as embed.cmake packs it: its codes are codes[from] to the first one of the next row. */
struct packed {
    uint16_t key; /* a rule or, below all rules, a page; 0 ends the list */
    uint16_t from;
};

#include "rules/table.inc"

/* Return: the number `at` of a list of 11-bit numbers. */
static unsigned get_code(const uint32_t *words, size_t at)
{
    size_t bit = at * CODE_BITS;
    const uint32_t *word = &words[bit / WORD_BITS];
    uint64_t both = word[0] | (uint64_t)word[1] << WORD_BITS;
    return (unsigned)(both >> bit % WORD_BITS) & ((1U << CODE_BITS) - 1);
}

/* Append what a code stands for: an ASCII character, or two codes. */
static void unpack_code(struct kps_buf *text, unsigned code)
{
    if (code < FIRST_PAIR) {
        kps_buf_char(text, (char)code);
        return;
    }
    size_t pair = 2 * ((size_t)code - FIRST_PAIR);
    unpack_code(text, get_code(pairs, pair));
    unpack_code(text, get_code(pairs, pair + 1));
}

/* Cut the text before `mark` from *rest, which moves behind the mark. */
static struct kps_sv cut_section(struct kps_sv *rest, const char *mark)
{
    struct kps_sv found = kps_sv_of(mark);
    struct kps_sv before = kps_sv_slice(*rest, 0, kps_sv_search(*rest, found));
    *rest = kps_sv_from(*rest, before.n + found.n);
    return before;
}

/* Split a text as embed.cmake packs it, the title before the file. */
static struct kps_rule_text parts_of(enum kps_rule rule, struct kps_sv rest)
{
    struct kps_rule_text text = {.rule = rule};
    text.title = cut_section(&rest, "\n");
    text.markdown = rest;
    rest.n--; /* the last line break */
    (void)cut_section(&rest, "\n\nSeverity: ");
    text.severity = cut_section(&rest, "\n\n");
    text.summary = cut_section(&rest, "\n\n## What\n\n");
    text.what = cut_section(&rest, "\n\n## Why\n\n");
    text.why = cut_section(&rest, "\n\n## Example\n\n");
    text.example = cut_section(&rest, "\n\n## Error\n\n");
    text.error = cut_section(&rest, "\n\n## Fix\n\n");
    text.fix = cut_section(&rest, "\n\n## Ignore\n\n");
    text.ignore = rest;
    return text;
}

/* Return: the text of a rule or a page, with a NUL behind; empty: there is none. */
static struct kps_sv unpack_text(struct kps_arena *arena, unsigned key)
{
    struct kps_buf *text = kps_buf_new(arena);
    for (const struct packed *row = packed; row->key; row++) {
        for (size_t at = row->from; row->key == key && at < row[1].from; at++) {
            unpack_code(text, get_code(codes, at));
        }
    }
    return kps_buf_sv(text);
}

bool kps_rule_text(struct kps_arena *arena, enum kps_rule rule, struct kps_rule_text *ret)
{
    const unsigned key = rule;
    struct kps_sv text = key > KPS_RULE_PAGE_HTML ? unpack_text(arena, key) : SV("");
    if (text.n) {
        *ret = parts_of(rule, text);
    }
    return text.n > 0;
}

struct kps_sv kps_rule_page(struct kps_arena *arena, enum kps_rule_page page)
{
    return unpack_text(arena, page);
}
