#include "report/rules.h"

#include <jansson.h>

#include "base/buf.h"
#include "report/json.h"
#include "report/style.h"

enum {
    INDENT = 2,
    CODE_INDENT = 4,
    HANGING = 2,
    SEVERITIES = 18, /* columns of the severities of a rule in a list */
};

struct writer {
    const struct kps_style *style;
    FILE *out;
    struct kps_arena *arena;
};

static struct kps_sv next_line(struct kps_sv *rest)
{
    struct kps_sv line = kps_sv_before(*rest, '\n');
    *rest = kps_sv_from(*rest, line.n + 1);
    return line;
}

static void put_line(const struct writer *w, size_t indent, struct kps_sv line)
{
    kps_style_blanks(w->out, line.n ? indent : 0);
    kps_style_put(w->out, w->style, KPS_PAINT_PLAIN, line);
    (void)fputc('\n', w->out);
}

/* Print `rest` wrapped; all lines but the first are indented by `hanging` columns. */
static void put_wrapped(const struct writer *w, size_t indent, size_t hanging, struct kps_sv rest)
{
    while (rest.n) {
        put_line(w, indent, kps_style_wrap(&rest, w->style->width - indent));
        indent += hanging;
        hanging = 0;
    }
}

/*
 * Turn `code` into 'code', the quotes of messages; text with its own quotes only loses the marks.
 */
static struct kps_sv without_marks(struct kps_arena *arena, struct kps_sv markdown)
{
    struct kps_buf *plain = kps_buf_new(arena);
    while (markdown.n) {
        size_t open = kps_sv_find(markdown, '`');
        kps_buf_add(plain, kps_sv_head(markdown, open));
        markdown = kps_sv_from(markdown, open + 1);
        size_t close = kps_sv_find(markdown, '`');
        if (close == markdown.n) {
            kps_buf_add(plain, markdown);
            break;
        }
        struct kps_sv code = kps_sv_head(markdown, close);
        kps_buf_fmt(plain, kps_sv_has_head(code, "\"") ? "%.*s" : "'%.*s'", SV_ARG(code));
        markdown = kps_sv_from(markdown, close + 1);
    }
    return kps_buf_sv(plain);
}

/* Print the block between "```yaml NAME" (the line `head`) and "```". */
static void put_block(const struct writer *w, struct kps_sv head, struct kps_sv *rest)
{
    bool is_message = kps_sv_has_tail(head, "text");
    size_t blank = kps_sv_find(head, ' ');
    if (blank < head.n) {
        kps_style_blanks(w->out, INDENT);
        kps_style_put(w->out, w->style, KPS_PAINT_OTHER, kps_sv_from(head, blank + 1));
        (void)fputs(":\n", w->out);
    }
    while (rest->n) {
        struct kps_sv line = next_line(rest);
        if (kps_sv_has_head(line, "```")) {
            return;
        }
        if (is_message) {
            put_wrapped(w, CODE_INDENT, HANGING, line);
        } else {
            put_line(w, CODE_INDENT, line);
        }
    }
}

/* Print a paragraph or the item of a list: `first` and its further lines. */
static void put_paragraph(const struct writer *w, struct kps_sv first, struct kps_sv *rest)
{
    struct kps_buf *text = kps_buf_new(w->arena);
    kps_buf_add(text, first);
    while (rest->n && rest->p[0] != '\n' && !kps_sv_has_head(*rest, "```") &&
           !kps_sv_has_head(*rest, "- ")) {
        kps_buf_char(text, ' ');
        kps_buf_add(text, kps_sv_trim(next_line(rest)));
    }
    size_t hanging = kps_sv_has_head(first, "- ") ? HANGING : 0;
    put_wrapped(w, INDENT, hanging, without_marks(w->arena, kps_buf_sv(text)));
}

static void put_markdown(const struct writer *w, struct kps_sv rest)
{
    while (rest.n) {
        struct kps_sv line = next_line(&rest);
        if (line.n == 0) {
            (void)fputc('\n', w->out);
        } else if (kps_sv_has_head(line, "```")) {
            put_block(w, line, &rest);
        } else {
            put_paragraph(w, line, &rest);
        }
    }
}

static enum kps_paint paint_of(struct kps_sv severity)
{
    if (kps_sv_has_head(severity, "error")) {
        return KPS_PAINT_ERROR;
    }
    return kps_sv_has_head(severity, "warning") ? KPS_PAINT_WARNING : KPS_PAINT_NOTE;
}

void kps_report_rule(enum kps_rule rule, const struct kps_style *style, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct writer w = {style, out, arena};
    const struct kps_rule_info *info = kps_rule_info(rule);
    struct kps_rule_text text = {0};
    (void)kps_rule_text(arena, rule, &text);
    const struct {
        const char *title;
        struct kps_sv markdown;
    } sections[] = {
        {"What it is", text.what},   {"Why it matters", text.why},
        {"Example", text.example},   {"What the error says", text.error},
        {"How to fix it", text.fix}, {"When to ignore it", text.ignore},
    };
    kps_style_put(out, style, paint_of(text.severity),
                  kps_fmt(arena, "%.*s[%s]", SV_ARG(text.severity), info->id));
    kps_style_put(out, style, KPS_PAINT_TITLE, kps_fmt(arena, ": %s", info->name));
    (void)fputs("\n\n", out);
    put_markdown(&w, text.summary);
    for (size_t i = 0; i < KPS_COUNT(sections); i++) {
        (void)fputc('\n', out);
        kps_style_put(out, style, KPS_PAINT_TITLE, kps_sv_of(sections[i].title));
        (void)fputc('\n', out);
        put_markdown(&w, sections[i].markdown);
    }
}

void kps_report_rule_list(const enum kps_rule *rules, size_t n, const struct kps_style *style,
                          FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t i = 0; i < n; i++) {
        const struct kps_rule_info *info = kps_rule_info(rules[i]);
        struct kps_rule_text text = {0};
        (void)kps_rule_text(arena, rules[i], &text);
        kps_style_put(out, style, KPS_PAINT_TITLE, kps_sv_of(info->id));
        kps_style_blanks(out, 2);
        kps_style_put(out, style, paint_of(text.severity), text.severity);
        kps_style_blanks(out, text.severity.n < SEVERITIES ? SEVERITIES - text.severity.n : 0);
        (void)fprintf(out, "  %-30s  %.*s\n", info->name, SV_ARG(text.title));
    }
}

static void set_text(json_t *object, const char *key, struct kps_sv text)
{
    kps_json_set(object, key, json_stringn(text.p, text.n));
}

static json_t *rule_of(struct kps_arena *arena, enum kps_rule rule)
{
    const struct kps_rule_info *info = kps_rule_info(rule);
    struct kps_rule_text text = {0};
    (void)kps_rule_text(arena, rule, &text);
    json_t *object = json_object();
    set_text(object, "id", kps_sv_of(info->id));
    set_text(object, "name", kps_sv_of(info->name));
    set_text(object, "severity", text.severity);
    set_text(object, "title", text.title);
    set_text(object, "summary", text.summary);
    set_text(object, "what", text.what);
    set_text(object, "why", text.why);
    set_text(object, "example", text.example);
    set_text(object, "error", text.error);
    set_text(object, "fix", text.fix);
    set_text(object, "ignore", text.ignore);
    return object;
}

void kps_report_rules_json(const enum kps_rule *rules, size_t n, const char *version, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        kps_json_push(list, rule_of(arena, rules[i]));
    }
    json_t *tool = json_object();
    set_text(tool, "name", SV("kportscan"));
    set_text(tool, "version", kps_sv_of(version));
    json_t *root = json_object();
    set_text(root, "format", SV("kportscan-rules"));
    kps_json_set_number(root, "format_version", 1);
    kps_json_set(root, "tool", tool);
    kps_json_set(root, "rules", list);
    (void)json_dumpf(root, out, JSON_INDENT(2)); /* the stream's error flag tells */
    (void)fputc('\n', out);
    json_decref(root);
}
