#include "yaml/syntax.h"

#include <string.h>

#include "base/utf8.h"

/* The place of the finding: the problem, or the beginning of its construct. */
enum error_place { AT_PROBLEM, AT_CONTEXT };

struct wording {
    const char *problem; /* libyaml's */
    const char *message; /* ours; with `found` set the message continues with ", found '…'" */
    const char *help;
    bool found;
    enum error_place place;
};

static const char quote_help[] = "put the text in quotes";
static const char indent_help[] = "check the indentation of this line and of the one above";
static const char tab_help[] = "replace the tab by spaces: YAML indents with them";
static const char escape_help[] =
    "write '\\\\' for a backslash, or use single quotes, which know no escapes";

static const struct wording wordings[] = {
    {"did not find expected key", "expected a key of the mapping", indent_help, true, AT_PROBLEM},
    {"did not find expected '-' indicator", "expected '-' or the end of the list", indent_help,
     true, AT_PROBLEM},
    {"did not find expected ',' or ']'", "expected ',' or ']'", NULL, true, AT_PROBLEM},
    {"did not find expected ',' or '}'", "expected ',' or '}'", NULL, true, AT_PROBLEM},
    {"did not find expected node content", "expected a value", NULL, true, AT_PROBLEM},
    {"did not find expected <document start>", "expected the end of the document or '---'",
     indent_help, true, AT_PROBLEM},
    {"could not find expected ':'", "expected 'key: value', found no ':' behind this key",
     indent_help, false, AT_CONTEXT},
    {"mapping values are not allowed in this context", "found ':' where no key can end",
     "check the indentation, or put a text that holds ': ' in quotes", false, AT_PROBLEM},
    {"mapping keys are not allowed in this context", "found '?' where no key can begin", quote_help,
     false, AT_PROBLEM},
    {"block sequence entries are not allowed in this context", "found '-' where no list can begin",
     "begin the list on a line of its own, or put the text in quotes", false, AT_PROBLEM},
    {"found unexpected end of stream", "this quote is never closed", NULL, false, AT_CONTEXT},
    {"found unexpected document indicator", "this quote is not closed before the document ends",
     NULL, false, AT_CONTEXT},
    {"found unknown escape character", "this is no escape of a double-quoted string", escape_help,
     false, AT_PROBLEM},
    {"did not find expected hexdecimal number",
     "expected hexadecimal digits behind '\\x', '\\u' or '\\U'", escape_help, false, AT_PROBLEM},
    {"found invalid Unicode character escape code", "this escape stands for no Unicode character",
     escape_help, false, AT_PROBLEM},
    {"found a tab character where an indentation space is expected",
     "found a tab where indentation is expected", tab_help, false, AT_PROBLEM},
    {"found a tab character that violates indentation", "found a tab where indentation is expected",
     tab_help, false, AT_PROBLEM},
    {"found an indentation indicator equal to 0",
     "the indentation behind '|' or '>' must be 1 to 9", NULL, false, AT_PROBLEM},
    {"did not find expected comment or line break", "expected a comment or the end of the line",
     NULL, true, AT_PROBLEM},
    {"did not find expected alphabetic or numeric character", "expected a name behind '&' or '*'",
     "put a text that begins with '&' or '*' in quotes", true, AT_PROBLEM},
    {"did not find expected whitespace or line break", "expected a blank behind the tag",
     "put a text that begins with '!' in quotes", true, AT_PROBLEM},
    {"found undefined tag handle", "the tag's handle is not defined by %TAG",
     "put a text that begins with '!' in quotes", false, AT_PROBLEM},
    {"found unexpected ':'", "found ':' where none can stand",
     "put the text in quotes, or a blank behind the ':'", false, AT_PROBLEM},
    {"found unknown directive name", "expected %YAML or %TAG behind '%'", quote_help, false,
     AT_CONTEXT},
    {"found incompatible YAML document", "only YAML 1.1 is read", NULL, false, AT_PROBLEM},
    {"found duplicate %YAML directive", "%YAML is given twice", NULL, false, AT_PROBLEM},
    {"found duplicate %TAG directive", "%TAG defines a handle twice", NULL, false, AT_PROBLEM},
};

/* Return libyaml's context in words, for "this is read as part of … that begins at line N". */
static const char *words_of_context(const char *context)
{
    static const struct {
        const char *context, *words;
    } known[] = {
        {"while parsing a block mapping", "the mapping"},
        {"while parsing a block collection", "the list"},
        {"while parsing a flow sequence", "the list"},
        {"while parsing a flow mapping", "the mapping"},
        {"while scanning a quoted scalar", "the quoted text"},
        {"while parsing a quoted scalar", "the quoted text"},
        {"while scanning a block scalar", "the block of text"},
        {"while scanning a plain scalar", "the text"},
        {"while scanning a simple key", "the key"},
        {"while scanning an anchor", "the anchor"},
        {"while scanning an alias", "the alias"},
        {"while scanning a tag", "the tag"},
        {"while scanning a directive", "the directive"},
    };
    for (size_t i = 0; context && i < KPS_COUNT(known); i++) {
        if (strcmp(context, known[i].context) == 0) {
            return known[i].words;
        }
    }
    return NULL;
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static uint32_t word_length(const struct kps_yaml_input *input, uint32_t at)
{
    struct kps_sv rest = kps_sv_slice(input->bytes, at, at + 64U);
    size_t n = 0;
    while (n < rest.n && n < 24 && !ends_word(rest.p[n])) {
        (void)kps_utf8_next(rest, &n);
    }
    return (uint32_t)n;
}

/* "the end of the file", "a tab", "'ports:'" */
static struct kps_sv what_stands_at(struct kps_diag *diag, const struct kps_yaml_input *input,
                                    uint32_t at)
{
    if (at >= input->bytes.n) {
        bool is_part = input->bytes.n < kps_files_get(&diag->files, input->file)->bytes.n;
        return is_part ? SV("the end of the document") : SV("the end of the file");
    }
    char c = input->bytes.p[at];
    if (c == '\n' || c == '\r') {
        return SV("the end of the line");
    }
    if (c == '\t') {
        return SV("a tab");
    }
    uint32_t n = word_length(input, at);
    return n ? kps_fmt(diag->arena, "'%.*s'", (int)n, input->bytes.p + at) : SV("a blank");
}

/*
 * Report "found character that cannot start any token": a tab, '@', '`', '%', a closing bracket …
 */
static void report_stray(struct kps_diag *diag, const struct kps_yaml_input *input, uint32_t at)
{
    struct kps_span span = {input->file, at, at < input->bytes.n};
    kps_origin_id here = kps_diag_here(diag, span);
    bool is_tab = at < input->bytes.n && input->bytes.p[at] == '\t';
    struct kps_finding *finding = NULL;
    if (is_tab) {
        finding = kps_diag_add(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, here,
                               "found a tab where indentation is expected");
    } else {
        struct kps_sv rest = kps_sv_from(input->bytes, at);
        size_t n = 0;
        (void)(rest.n && kps_utf8_next(rest, &n));
        finding = kps_diag_add(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, here,
                               "no value can begin with '%.*s'", (int)n, rest.p);
    }
    kps_finding_help(finding, "%s", is_tab ? tab_help : quote_help);
}

static const struct wording *find_wording(const char *problem)
{
    for (size_t i = 0; i < KPS_COUNT(wordings); i++) {
        if (strcmp(problem, wordings[i].problem) == 0) {
            return &wordings[i];
        }
    }
    return NULL;
}

static bool line_has_template(struct kps_diag *diag, const struct kps_yaml_input *input,
                              uint32_t at)
{
    struct kps_sv line = kps_files_line(&diag->files, input->file,
                                        kps_files_pos(&diag->files, input->file, at).line);
    return kps_sv_has_any(line, "{{ {%");
}

static struct kps_finding *report_worded(struct kps_diag *diag, const struct kps_yaml_input *input,
                                         const struct kps_yaml_syntax_error *error,
                                         const struct wording *wording)
{
    uint32_t at = wording->place == AT_CONTEXT ? error->from : error->at;
    uint32_t n = word_length(input, at);
    kps_origin_id here =
        kps_diag_here(diag, (struct kps_span){input->file, at, n ? n : at < input->bytes.n});
    struct kps_sv found =
        wording->found ? what_stands_at(diag, input, at) : (struct kps_sv){NULL, 0};
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, here, "%s%s%.*s", wording->message,
                     found.n ? ", found " : "", SV_ARG(found));
    if (wording->help) {
        kps_finding_help(finding, "%s", wording->help);
    }
    return finding;
}

void kps_yaml_syntax_report(struct kps_diag *diag, const struct kps_yaml_input *input,
                            const struct kps_yaml_syntax_error *error)
{
    if (strcmp(error->problem, "found character that cannot start any token") == 0) {
        report_stray(diag, input, error->at);
        return;
    }
    const struct wording *wording = find_wording(error->problem);
    struct kps_finding *finding = NULL;
    if (wording) {
        finding = report_worded(diag, input, error, wording);
    } else {
        struct kps_span span = {input->file, error->at, error->at < input->bytes.n};
        finding = kps_diag_add_here(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, "not YAML: %s",
                                    error->problem);
    }
    const char *words = words_of_context(error->context);
    if (words && error->from < error->at && !(wording && wording->place == AT_CONTEXT)) {
        struct kps_pos pos = kps_files_pos(&diag->files, input->file, error->from);
        kps_finding_note(finding, "this is read as part of %s that begins at line %u, column %u",
                         words, pos.line, pos.col);
    }
    if (line_has_template(diag, input, error->at) || line_has_template(diag, input, error->from)) {
        kps_finding_help(finding, "check what it renders to, if this file is a template");
    }
}
