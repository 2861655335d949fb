#include "rules/text.h"

#include "base/buf.h"
#include "base/compiler.h"

/* A text as embed.cmake packs it: a byte from 128 on stands for the two of pairs[byte - 128]. */
struct packed {
    unsigned short rule, n;
    const char *p;
};

#include "rules/table.inc"

static void unpack_pairs(struct kps_buf *text, unsigned char byte)
{
    if (byte < 128) {
        kps_buf_char(text, (char)byte);
        return;
    }
    unpack_pairs(text, pairs[byte - 128][0]);
    unpack_pairs(text, pairs[byte - 128][1]);
}

/* Cut the text before `mark` from *rest, which moves behind the mark. */
static struct kps_sv cut_section(struct kps_sv *rest, const char *mark)
{
    struct kps_sv found = kps_sv_of(mark);
    struct kps_sv before = kps_sv_slice(*rest, 0, kps_sv_search(*rest, found));
    *rest = kps_sv_from(*rest, before.n + found.n);
    return before;
}

static struct kps_rule_text parts_of(enum kps_rule rule, struct kps_sv markdown)
{
    struct kps_rule_text text = {.rule = rule, .markdown = markdown};
    struct kps_sv rest = kps_sv_slice(markdown, 0, markdown.n - 1); /* the last line break */
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

bool kps_rule_text(struct kps_arena *arena, enum kps_rule rule, struct kps_rule_text *ret)
{
    for (size_t i = 0; i < KPS_COUNT(packed); i++) {
        if (packed[i].rule == rule) {
            struct kps_buf text = KPS_BUF(arena);
            for (size_t at = 0; at < packed[i].n; at++) {
                unpack_pairs(&text, (unsigned char)packed[i].p[at]);
            }
            *ret = parts_of(rule, kps_buf_sv(&text));
            return true;
        }
    }
    return false;
}
