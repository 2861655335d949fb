#include "texts/text.h"

#include <stdint.h>

enum { FIRST_PAIR = 256 };

/* A text as pack.cmake packs it: its codes are codes[from] to the first one of the next row. */
struct packed {
    uint16_t key; /* a rule or, below all rules, a page; 0 ends the list */
    uint16_t bytes;
    uint16_t from;
};

#include "texts/table.inc"

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

struct kps_sv kps_text_unpack(struct kps_arena *arena, unsigned page_or_rule)
{
    const struct packed *row = packed;
    while (row->key && row->key != page_or_rule) {
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

struct kps_sv kps_text_row(struct kps_sv page, struct kps_sv key)
{
    struct kps_sv line;
    while (kps_sv_next(&page, '\n', &line)) {
        if (kps_sv_starts(line, key) && kps_sv_has_head(kps_sv_from(line, key.n), ": ")) {
            return kps_sv_from(line, key.n + 2);
        }
    }
    return (struct kps_sv){"", 0};
}
