#include "yaml/syntax.h"

#include <string.h>

#include "base/utf8.h"
#include "texts/text.h"

/* A line of errors.txt. */
struct wording {
    struct kps_sv message, help;
    bool is_at_begin; /* the place of the finding is the beginning of the construct */
    bool has_found;   /* the message goes on with what stands there */
};

static const char quote_help[] = "put the text in quotes";
static const char tab_help[] = "replace the tab by spaces: YAML indents with them";

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

/* Return the wording of libyaml's problem; without a message when there is none. */
static struct wording find_wording(struct kps_sv page, const char *problem)
{
    struct kps_sv row = kps_text_row(page, kps_sv_of(problem));
    struct kps_sv message = kps_sv_slice(row, 0, kps_sv_search(row, SV(" | ")));
    struct wording wording = {.help = kps_sv_from(row, message.n + 3)};
    wording.is_at_begin = kps_sv_has_head(message, "^ ");
    wording.has_found = kps_sv_has_tail(message, " …");
    size_t end = message.n - (wording.has_found ? strlen(" …") : 0);
    wording.message = kps_sv_slice(message, wording.is_at_begin ? 2 : 0, end);
    return wording;
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
    uint32_t at = wording->is_at_begin ? error->from : error->at;
    uint32_t n = word_length(input, at);
    kps_origin_id here =
        kps_diag_here(diag, (struct kps_span){input->file, at, n ? n : at < input->bytes.n});
    struct kps_sv found = wording->has_found ? what_stands_at(diag, input, at) : SV("");
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, here, "%.*s%s%.*s",
                     SV_ARG(wording->message), found.n ? " " : "", SV_ARG(found));
    if (wording->help.n) {
        kps_finding_help(finding, "%.*s", SV_ARG(wording->help));
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
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv page = kps_text_unpack(scratch, KPS_TEXT_YAML_ERRORS);
    struct wording wording = find_wording(page, error->problem);
    struct kps_finding *finding = NULL;
    if (wording.message.n) {
        finding = report_worded(diag, input, error, &wording);
    } else {
        struct kps_span span = {input->file, error->at, error->at < input->bytes.n};
        finding = kps_diag_add_here(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, "not YAML: %s",
                                    error->problem);
    }
    struct kps_sv context = kps_text_row(page, kps_sv_of(error->context ? error->context : ""));
    if (context.n && error->from < error->at && !wording.is_at_begin) {
        struct kps_pos pos = kps_files_pos(&diag->files, input->file, error->from);
        kps_finding_note(finding, "this is read as part of %.*s that begins at line %u, column %u",
                         SV_ARG(context), pos.line, pos.col);
    }
    if (line_has_template(diag, input, error->at) || line_has_template(diag, input, error->from)) {
        kps_finding_help(finding, "check what it renders to, if this file is a template");
    }
}
