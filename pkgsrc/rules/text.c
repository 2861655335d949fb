#include "rules/text.h"

#include <stdint.h>

enum { FIRST_PAIR = 256 };

/* A text as embed.cmake packs it: its codes are codes[from] to the first one of the next row. */
struct packed {
    uint16_t key; /* a rule or, below all rules, a page; 0 ends the list */
    uint16_t bytes;
    uint16_t from;
};

#include "rules/table.inc"

/* Return: the number `at` of a list of 12-bit numbers, two in three bytes. */
static unsigned get_code(const uint8_t *list, size_t at)
{
    const uint8_t *byte = &list[at + at / 2];
    return at % 2 ? (byte[0] & 0xfU) << 8 | byte[1] : (unsigned)byte[0] << 4 | byte[1] >> 4;
}

/* Return: the first parts of the pairs, which ascend: a bit 0 is a step to the next code. */
static const uint16_t *list_firsts(void)
{
    static uint16_t firsts[PAIRS];
    for (unsigned bit = 0, pair = 0; firsts[PAIRS - 1] == 0; bit++) {
        if (first_steps[bit / 8] << bit % 8 & 0x80) {
            firsts[pair] = (uint16_t)(bit - pair);
            pair++;
        }
    }
    return firsts;
}

/* Write what a code stands for: a byte, or two codes. Return: the place behind it. */
static char *unpack_code(char *to, const uint16_t *firsts, unsigned code)
{
    for (; code >= FIRST_PAIR; code = get_code(seconds, code - FIRST_PAIR)) {
        to = unpack_code(to, firsts, firsts[code - FIRST_PAIR]);
    }
    *to = (char)code;
    return to + 1;
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
    const struct packed *row = packed;
    while (row->key && row->key != key) {
        row++;
    }
    char *text = KPS_NEW_N(arena, char, row->bytes + 1U);
    char *to = text;
    for (size_t at = row->from; row->key && at < row[1].from; at++) {
        to = unpack_code(to, list_firsts(), get_code(codes, at));
    }
    *to = '\0';
    return (struct kps_sv){text, row->bytes};
}

bool kps_rule_text(struct kps_arena *arena, enum kps_rule rule, struct kps_rule_text *ret)
{
    const unsigned key = rule;
    struct kps_sv text = key > KPS_RULE_PAGE_PHRASES ? unpack_text(arena, key) : SV("");
    if (text.n) {
        *ret = parts_of(rule, text);
    }
    return text.n > 0;
}

struct kps_sv kps_rule_page(struct kps_arena *arena, enum kps_rule_page page)
{
    return unpack_text(arena, page);
}
