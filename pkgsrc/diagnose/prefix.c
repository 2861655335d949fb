#include "diagnose/prefix.h"

static bool is_name_char(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c) || c == '-' || c == '_' || c == '.';
}

static size_t name_length(struct kps_sv s)
{
    size_t n = 0;
    while (n < s.n && is_name_char(s.p[n])) {
        n++;
    }
    return n;
}

static size_t count_blanks(struct kps_sv s)
{
    size_t n = 0;
    while (n < s.n && kps_is_blank(s.p[n])) {
        n++;
    }
    return n;
}

/* "shop-web-1  | message" */
static bool read_compose(struct kps_sv line, struct kps_prefix *ret)
{
    size_t before = count_blanks(line);
    size_t name = name_length(kps_sv_from(line, before));
    size_t after = count_blanks(kps_sv_from(line, before + name));
    size_t bar = before + name + after;
    if (name == 0 || after == 0 || bar >= line.n || line.p[bar] != '|') {
        return false;
    }
    struct kps_sv word = kps_sv_slice(line, before, before + name);
    if (kps_sv_number(word, UINT32_MAX) >= 0) {
        return false; /* the line numbers of a code frame */
    }
    *ret = (struct kps_prefix){.named = KPS_SYMPTOM_CONTAINER, .name = word, .n = bar + 1};
    ret->n += count_blanks(kps_sv_from(line, ret->n));
    return true;
}

/* "NAMESPACE  LAST SEEN  TYPE  REASON  pod/NAME  MESSAGE", the first column only with -A. */
static bool read_event(struct kps_sv line, struct kps_prefix *ret)
{
    static const struct kps_sv marks[] = {SV_LIT(" pod/"), SV_LIT(" Pod/"), SV_LIT("\tpod/")};
    for (size_t i = 0; i < KPS_COUNT(marks); i++) {
        size_t at = kps_sv_search(line, marks[i]);
        size_t name = name_length(kps_sv_from(line, at + marks[i].n));
        if (at >= line.n || name == 0) {
            continue;
        }
        size_t from = at + marks[i].n;
        *ret = (struct kps_prefix){.named = KPS_SYMPTOM_POD,
                                   .name = kps_sv_slice(line, from, from + name)};
        size_t first = name_length(line);
        bool has_namespace =
            first > 0 && kps_is_alpha(line.p[0]) && first < at && kps_is_blank(line.p[first]);
        bool is_type = kps_sv_is_one_of(kps_sv_head(line, first), "Warning Normal");
        if (has_namespace && !is_type) {
            ret->namespace = kps_sv_head(line, first);
        }
        return true;
    }
    return false;
}

struct kps_prefix kps_prefix_of(struct kps_sv line)
{
    struct kps_prefix prefix = {.named = KPS_SYMPTOM_NAMELESS};
    if (!read_compose(line, &prefix)) {
        (void)read_event(line, &prefix);
    }
    return prefix;
}

struct kps_sv kps_prefix_name_behind(struct kps_sv text, size_t at)
{
    while (at < text.n && (kps_is_blank(text.p[at]) || text.p[at] == '\'' || text.p[at] == '"')) {
        at++;
    }
    size_t from = at;
    while (at < text.n && (is_name_char(text.p[at]) || text.p[at] == '@')) {
        at++;
    }
    return kps_sv_slice(text, from, at);
}

struct kps_sv kps_prefix_unit_before(struct kps_sv text, size_t end)
{
    while (end > 0 && (kps_is_blank(text.p[end - 1]) || text.p[end - 1] == ':')) {
        end--;
    }
    size_t from = end;
    while (from > 0 && !kps_is_blank(text.p[from - 1]) && text.p[from - 1] != ':') {
        from--;
    }
    struct kps_sv unit = kps_sv_slice(text, from, end);
    return kps_sv_ends_with_any(unit, ".socket .service") ? unit : SV("");
}
