#include "base/nearest.h"
#include "suppress/words.h"
#include "yaml/comments.h"

static const struct kps_sv MARK = SV_LIT("kportscan:");

/*
 * Bytes of a file to look at for the lines that its comments cover: four times the largest file. A
 * line counts as some more, so that empty ones are not free.
 */
static const uint64_t BLOCK_BYTES = 256ULL * 1024 * 1024;
enum { LINE_COST = 16 };

/* The walk over a file from comment to comment, which are in their order. */
struct walk {
    kps_file_id file;
    struct kps_sv bytes;
    uint64_t budget;      /* bytes left to look at, of BLOCK_BYTES */
    size_t from, to;      /* lines of comments that were passed; `to` is the line behind */
    struct kps_span last; /* the block that begins at `to`; .file == 0: not looked for */
};

/* Offsets of the line around `at`, without its line break. */
struct line {
    size_t from, to;
};

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static struct line line_around(struct kps_sv bytes, size_t at)
{
    struct line line = {at, at};
    while (line.from > 0 && !is_break(bytes.p[line.from - 1])) {
        line.from--;
    }
    while (line.to < bytes.n && !is_break(bytes.p[line.to])) {
        line.to++;
    }
    return line;
}

/* The line behind; .from == bytes.n at the end. */
static struct line line_behind(struct kps_sv bytes, struct line line)
{
    size_t at = line.to;
    if (at < bytes.n && bytes.p[at] == '\r') {
        at++;
    }
    if (at < bytes.n && bytes.p[at] == '\n') {
        at++;
    }
    return at < bytes.n && at > line.to ? line_around(bytes, at) : (struct line){bytes.n, bytes.n};
}

static struct kps_sv text_of(struct kps_sv bytes, struct line line)
{
    struct kps_sv text = kps_sv_slice(bytes, line.from, line.to);
    return kps_sv_has_head(text, "\xef\xbb\xbf") ? kps_sv_from(text, 3) : text;
}

static size_t measure_indentation(struct kps_sv text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] == ' ') {
        n++;
    }
    return n;
}

/*
 * Return: the line and the lines indented below; blank lines belong to their neighbours. Uses up
 * the budget: comments on many nested lines would look at the same bytes again and again.
 */
static struct kps_span block_of(struct walk *walk, struct line first)
{
    size_t column = measure_indentation(text_of(walk->bytes, first));
    size_t end = first.to;
    for (struct line line = line_behind(walk->bytes, first); line.from < walk->bytes.n;
         line = line_behind(walk->bytes, line)) {
        struct kps_sv text = text_of(walk->bytes, line);
        size_t cost = text.n + LINE_COST;
        if (cost > walk->budget) {
            walk->budget = 0;
            end = first.to;
            break;
        }
        walk->budget -= cost;
        if (kps_sv_trim(text).n == 0) {
            continue;
        }
        if (measure_indentation(text) <= column) {
            break;
        }
        end = line.to;
    }
    return (struct kps_span){walk->file, (uint32_t)first.from, (uint32_t)(end - first.from)};
}

/*
 * Return: the line covered by the comment at `at`: its own line when it has other text, else the
 * next line with other text than a comment. Comments below each other have the same.
 */
static struct kps_span covered_by(struct walk *walk, size_t at)
{
    struct line line = line_around(walk->bytes, at);
    if (walk->last.file && line.from >= walk->from && line.from <= walk->to) {
        return walk->last;
    }
    struct kps_sv text = text_of(walk->bytes, line);
    walk->from = line.from;
    while (line.from < walk->bytes.n && kps_sv_has_head(kps_sv_trim(text), "#")) {
        line = line_behind(walk->bytes, line);
        text = text_of(walk->bytes, line);
    }
    walk->to = line.from;
    walk->last = kps_sv_trim(text).n ? block_of(walk, line)
                                     : (struct kps_span){walk->file, (uint32_t)line.from, 0};
    return walk->last;
}

/* Cut the word at the front of *rest, which moves behind the word and the blanks. */
static struct kps_sv take_word(struct kps_sv *rest)
{
    size_t n = 0;
    while (n < rest->n && !kps_is_blank(rest->p[n])) {
        n++;
    }
    struct kps_sv word = kps_sv_head(*rest, n);
    *rest = kps_sv_trim(kps_sv_from(*rest, n));
    return word;
}

static void fail_verb(struct kps_suppress *suppress, struct kps_span at, struct kps_sv verb)
{
    static const struct kps_sv verbs[] = {SV_LIT("ignore"), SV_LIT("ignore-file")};
    struct kps_nearest nearest = {.word = verb};
    for (size_t i = 0; i < KPS_COUNT(verbs); i++) {
        kps_nearest_offer(&nearest, verbs[i]);
    }
    struct kps_finding *finding =
        verb.n ? kps_suppress_fail(suppress, at, "a comment cannot say '%.*s' to kportscan",
                                   SV_ARG(verb))
               : kps_suppress_fail(suppress, at, "this comment says nothing to kportscan");
    if (nearest.best.n) {
        kps_finding_help(finding, "did you mean '%.*s'?", SV_ARG(nearest.best));
    } else {
        kps_finding_help(finding,
                         "write 'ignore KP101 -- reason' for this place, 'ignore-file KP101 -- "
                         "reason' for the file");
    }
}

static void read_comment(struct kps_suppress *suppress, struct kps_span span, struct walk *walk)
{
    struct kps_sv bytes = walk->bytes;
    struct kps_sv rest = kps_sv_trim(kps_sv_slice(bytes, span.off + 1, span.off + span.len));
    if (!kps_sv_starts(rest, MARK)) {
        return; /* a remark about kportscan, not to kportscan */
    }
    rest = kps_sv_trim(kps_sv_from(rest, MARK.n));
    struct kps_sv verb = take_word(&rest);
    struct kps_suppress_entry like = {.by = KPS_SUPPRESSED_BY_COMMENT};
    if (kps_sv_is(verb, "ignore")) {
        like.covers = covered_by(walk, span.off);
    } else if (kps_sv_is(verb, "ignore-file")) {
        like.covers = (struct kps_span){span.file, 0, (uint32_t)bytes.n};
    } else {
        struct kps_span at = span;
        if (verb.n) {
            at = (struct kps_span){span.file, (uint32_t)(verb.p - bytes.p), (uint32_t)verb.n};
        }
        fail_verb(suppress, at, verb);
        return;
    }
    if (rest.n == 0) {
        rest = (struct kps_sv){verb.p + verb.n, 0};
    }
    struct kps_suppress_source source = {.file = span.file, .off = (uint32_t)(rest.p - bytes.p)};
    kps_suppress_words(suppress, &source, rest, &like);
}

void kps_suppress_read_comments(struct kps_suppress *suppress, kps_file_id file)
{
    struct kps_yaml_comments comments = {0};
    struct kps_sv bytes = kps_files_get(&suppress->diag->files, file)->bytes;
    struct walk walk = {.file = file, .bytes = bytes, .budget = BLOCK_BYTES};
    kps_yaml_comments_find(suppress->diag, file, MARK, &comments);
    for (uint32_t i = 0;
         i < comments.list.n && suppress->entries.n - suppress->n_before < KPS_SUPPRESS_MOST; i++) {
        if (walk.budget == 0) {
            (void)kps_suppress_fail(suppress, comments.list.v[i],
                                    "the suppressions above cover too much");
            break;
        }
        read_comment(suppress, comments.list.v[i], &walk);
    }
    kps_vec_free(&comments.list);
}
