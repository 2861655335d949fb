#include "rules/text.h"

#include "texts/text.h"

/* Cut the text before `mark` from *rest, which moves behind the mark. */
static struct kps_sv cut_section(struct kps_sv *rest, const char *mark)
{
    struct kps_sv found = kps_sv_of(mark);
    struct kps_sv before = kps_sv_head(*rest, kps_sv_search(*rest, found));
    *rest = kps_sv_from(*rest, before.n + found.n);
    return before;
}

/* Split a text as pack.cmake packs it, the title before the file. */
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

bool kps_rule_text(struct kps_arena *arena, enum kps_rule rule, struct kps_rule_text *ret)
{
    const unsigned key = rule;
    struct kps_sv text = key >= KPS_TEXT_PAGES ? kps_text_unpack(arena, key) : SV("");
    if (text.n) {
        *ret = parts_of(rule, text);
    }
    return text.n > 0;
}
