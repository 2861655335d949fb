#include "suppress/words.h"

static bool is_separator(char c)
{
    return c == ',' || kps_is_blank(c);
}

static struct kps_span make_span(const struct kps_suppress_source *source, size_t off, size_t len)
{
    if (source->text) {
        return kps_text_span(source->text, source->whole, source->off + (uint32_t)off,
                             (uint32_t)len);
    }
    return (struct kps_span){source->file, source->off + (uint32_t)off, (uint32_t)len};
}

struct kps_finding *kps_suppress_fail(struct kps_suppress *suppress, struct kps_span at,
                                      const char *fmt, ...)
{
    struct kps_diag *diag = suppress->diag;
    va_list args;
    va_start(args, fmt);
    suppress->failed = true;
    struct kps_finding *finding =
        kps_diag_vadd_here(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at, fmt, args);
    va_end(args);
    return finding;
}

static void fail_rule(struct kps_suppress *suppress, struct kps_span at, struct kps_sv word,
                      bool is_first)
{
    struct kps_sv nearest = kps_rule_nearest(word);
    struct kps_finding *finding =
        kps_suppress_fail(suppress, at, "there is no rule '%.*s' to ignore", SV_ARG(word));
    if (nearest.n) {
        kps_finding_help(finding, "did you mean '%.*s'?", SV_ARG(nearest));
    } else if (!is_first) {
        kps_finding_help(finding, "write a reason behind ' -- '");
    }
    kps_finding_command(finding, SV("kportscan --list-rules"), "lists the rules");
}

/* Where the list of rules ends: at "--" or at a ':', or with the text. */
static size_t end_of_rules(struct kps_sv text)
{
    size_t dashes = kps_sv_search(text, SV("--"));
    size_t colon = kps_sv_find(text, ':');
    return dashes < colon ? dashes : colon;
}

/* Without blanks, line breaks too. */
static struct kps_sv trim_text(struct kps_sv s)
{
    while (s.n && (kps_is_blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r')) {
        s.n--;
    }
    return kps_sv_trim(s);
}

void kps_suppress_words(struct kps_suppress *suppress, const struct kps_suppress_source *source,
                        struct kps_sv text, const struct kps_suppress_entry *like)
{
    size_t end = end_of_rules(text);
    struct kps_suppress_entry entry = *like;
    struct kps_sv rest = kps_sv_from(text, end);
    rest = kps_sv_from(rest, kps_sv_has_head(rest, "--") ? 2 : 1);
    rest = trim_text(rest);
    entry.reason = rest.n ? rest : like->reason;
    uint32_t before = suppress->entries.n;
    uint32_t words = 0;
    for (size_t at = 0; at < end;) {
        size_t from = at;
        while (at < end && !is_separator(text.p[at])) {
            at++;
        }
        struct kps_sv word = trim_text(kps_sv_slice(text, from, at));
        at += at == from;
        if (word.n == 0) {
            continue;
        }
        words++;
        entry.rule = word;
        entry.at = make_span(source, from, word.n);
        if (!kps_rule_exists(word)) {
            fail_rule(suppress, entry.at, word, words == 1);
            suppress->entries.n = before; /* half a suppression is none */
            return;
        }
        if (suppress->entries.n - suppress->n_before >= KPS_SUPPRESS_MOST) {
            return; /* kps_suppress_read tells */
        }
        *kps_vec_push(&suppress->entries) = entry;
    }
    if (words == 0) {
        struct kps_finding *finding = kps_suppress_fail(suppress, make_span(source, 0, text.n),
                                                        "this suppression names no rule");
        kps_finding_help(finding, "name what is accepted, as in 'KP101 -- reason'");
    }
}
