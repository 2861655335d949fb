#include "compose/dotenv.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "compose/interpolate.h"
#include "compose/merge.h"
#include "compose/versions.h"
#include "compose/wording.h"
#include "model/owner.h"

static bool is_blank(int32_t code_point)
{
    return code_point == '\t' || code_point == '\v' || code_point == '\f' || code_point == '\r' ||
           code_point == ' ' || code_point == 0x85 || code_point == 0xa0;
}

static bool is_space(int32_t code_point)
{
    return is_blank(code_point) || code_point == '\n' || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 ||
           code_point == 0x2029 || code_point == 0x202f || code_point == 0x205f ||
           code_point == 0x3000;
}

/*
 * Characters beyond ASCII that are no letter or number, by blocks. Enough for characters that get
 * into names by accident (typographic quotes and dashes, invisible characters, symbols, emoji).
 */
static const struct {
    int32_t first, last;
} NOT_IN_NAMES[] = {
    {0x80, 0xa9},       {0xab, 0xb1},        {0xb4, 0xb4},     {0xb6, 0xb8},     {0xbb, 0xbb},
    {0xbf, 0xbf},       {0xd7, 0xd7},        {0xf7, 0xf7},     {0x2c2, 0x2c5},   {0x2d2, 0x2df},
    {0x300, 0x36f},     {0x2000, 0x206f},    {0x20a0, 0x20ff}, {0x2190, 0x245f}, {0x249c, 0x24e9},
    {0x2500, 0x2775},   {0x2794, 0x2bff},    {0x3000, 0x3004}, {0x3008, 0x3020}, {0xd800, 0xf8ff},
    {0xfe00, 0xfe6f},   {0xfeff, 0xff0f},    {0xff1a, 0xff20}, {0xfff0, 0xffff}, {0x1f000, 0x1f0ff},
    {0x1f10d, 0x1faff}, {0xe0000, 0x10ffff},
};

static bool is_name_char(int32_t code_point)
{
    if (code_point < 0x80) {
        char c = (char)code_point;
        return code_point >= 0 && (kps_is_alpha(c) || kps_is_digit(c) || c == '_' || c == '.' ||
                                   c == '-' || c == '[' || c == ']');
    }
    for (size_t i = 0; i < KPS_COUNT(NOT_IN_NAMES); i++) {
        if (code_point >= NOT_IN_NAMES[i].first && code_point <= NOT_IN_NAMES[i].last) {
            return false;
        }
    }
    return true;
}

static struct kps_sv trim_end(struct kps_sv s)
{
    while (s.n) {
        size_t from = s.n - 1;
        while (from > 0 && s.n - from < 4 && ((unsigned char)s.p[from] & 0xc0) == 0x80) {
            from--;
        }
        size_t at = from;
        int32_t last = kps_utf8_next(s, &at);
        if (at != s.n || !is_space(last)) {
            return s;
        }
        s.n = from;
    }
    return s;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/*
 * Add what "\0" and its digits (`digits`, at most three) mean. Go reads them as the escape without
 * the leading 0, which needs exactly three octal digits and a value up to 255, and takes that value
 * as a code point; else the 0 is lost.
 */
static void add_octal(struct kps_buf *out, struct kps_sv digits)
{
    const char *d = digits.p;
    unsigned value = 256;
    if (digits.n == 3 && is_octal(d[0]) && is_octal(d[1]) && is_octal(d[2])) {
        value = (unsigned)(d[0] - '0') * 64 + (unsigned)(d[1] - '0') * 8 + (unsigned)(d[2] - '0');
    }
    if (value > 255) {
        kps_buf_char(out, '\\');
        kps_buf_add(out, digits);
    } else if (value < 0x80) {
        kps_buf_char(out, (char)value);
    } else {
        kps_buf_char(out, (char)(0xc0U | (value >> 6)));
        kps_buf_char(out, (char)(0x80U | (value & 0x3fU)));
    }
}

/* Add the escape at s.p[at] (a backslash). Return: the position behind the escape. */
static size_t add_escape(struct kps_buf *out, struct kps_sv s, size_t at)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */
    char c = at + 1 < s.n ? s.p[at + 1] : '\0';
    struct kps_sv known = kps_sv_of(letters);
    size_t letter = kps_sv_find(known, c);
    if (c == '$') {
        kps_buf_text(out, "$$");
    } else if (c == '\\' || c == '"') {
        kps_buf_char(out, c);
    } else if (letter < known.n) {
        kps_buf_char(out, (char)(7 + letter));
    } else if (c == '0') {
        size_t end = at + 2;
        while (end < s.n && end < at + 5 && kps_is_digit(s.p[end])) {
            end++;
        }
        add_octal(out, kps_sv_slice(s, at + 2, end));
        return end;
    } else {
        kps_buf_char(out, '\\');
        return at + 1;
    }
    return at + 2;
}

/* `s` with "\" before `quote` taken off; every other pair of a backslash and a character stays. */
static struct kps_sv without_escaped_quotes(struct kps_arena *arena, struct kps_sv s, char quote)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n) {
            if (s.p[i + 1] != quote) {
                kps_buf_char(out, '\\');
            }
            i++;
        }
        kps_buf_char(out, s.p[i]);
    }
    return kps_buf_sv(out);
}

static struct kps_sv unescape_value(struct kps_arena *arena, struct kps_sv s, char quote)
{
    if (kps_sv_find(s, '\\') == s.n) {
        return s;
    }
    s = without_escaped_quotes(arena, s, quote);
    if (quote != '"') {
        return s;
    }
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '\\') {
            at = add_escape(out, s, at);
        } else {
            kps_buf_char(out, s.p[at++]);
        }
    }
    return kps_buf_sv(out);
}

/*
 * How this works. Compose's reader is no line reader: it looks for the next statement, reads a name
 * up to `=`, `:` or the end of the line, then a value. What stands behind a closing quote is the
 * next statement, and a name without `=` is taken over from the environment. This file goes the
 * same way, so that it accepts and refuses the same files.
 *
 * The file fills a layer of its own below `into`: for its ${…} everything in `into` is stronger
 * than the lines above.
 */
struct dotenv {
    struct kps_diag *diag;
    kps_file_id file;
    struct kps_sv path, src;
    size_t at;
    uint32_t line; /* as Compose counts */
    bool unfit;    /* Compose's environment refuses a variable; Compose notices only after the whole
                      file */
    bool is_environment; /* of the layer: see kps_vars */
    struct kps_vars mine;
};

static const char ALLOWED_LINE[] = "write NAME=VALUE, with letters, digits and _ in the name";

static struct kps_span span_of(const struct dotenv *d, size_t from, size_t to)
{
    return (struct kps_span){d->file, (uint32_t)from, (uint32_t)(to - from)};
}

static const char *clip_text(const struct dotenv *d, struct kps_sv s)
{
    return kps_compose_wording_clip(d->diag->arena, s);
}

/* The rest of the line at `from`, without its LF. */
static struct kps_sv line_at(const struct dotenv *d, size_t from)
{
    struct kps_sv rest = kps_sv_from(d->src, from);
    return kps_sv_before(rest, '\n');
}

static struct kps_finding *add_error(struct dotenv *d, enum kps_rule rule, struct kps_span span,
                                     struct kps_sv message, struct kps_sv up_error)
{
    struct kps_finding *finding =
        kps_diag_add_here(d->diag, rule, KPS_ERROR, span, "%.*s", SV_ARG(message));
    finding->up_error = up_error;
    return finding;
}

/* Add the error that the file is refused for its bytes from `from` to `to`. */
static struct kps_finding *refuse_bytes(struct dotenv *d, size_t from, size_t to,
                                        struct kps_sv message, struct kps_sv up_error)
{
    return add_error(d, KPS_RULE_INPUT_INVALID, span_of(d, from, to), message, up_error);
}

/* Return Compose's message when its reader ends with `reason`. */
static struct kps_sv words_of_failure(const struct dotenv *d, struct kps_sv reason)
{
    return kps_fmt(d->diag->arena, "failed to read %.*s: %.*s", SV_ARG(d->path), SV_ARG(reason));
}

static struct kps_sv words_of_failure_at_line(const struct dotenv *d, struct kps_sv reason)
{
    return words_of_failure(d, kps_fmt(d->diag->arena, "line %u: %.*s", d->line, SV_ARG(reason)));
}

/* Move to the next statement. Return: false at the end of the file. */
static bool find_statement(struct dotenv *d)
{
    while (d->at < d->src.n) {
        size_t at = d->at;
        int32_t c = kps_utf8_next(d->src, &at);
        if (c == '#') {
            d->at += line_at(d, d->at).n;
        } else if (is_space(c)) {
            d->line += c == '\n';
            d->at = at;
        } else {
            return true;
        }
    }
    return false;
}

static void skip_blanks(struct dotenv *d)
{
    for (size_t at = d->at; at < d->src.n && is_blank(kps_utf8_next(d->src, &at));) {
        d->at = at;
    }
}

/* Skip "export" and the white space behind the word. */
static void skip_export(struct dotenv *d)
{
    static const struct kps_sv word = SV_LIT("export");
    struct kps_sv rest = kps_sv_from(d->src, d->at);
    char next = rest.n > word.n ? rest.p[word.n] : '\0';
    if (kps_sv_starts(rest, word) &&
        (next == ' ' || (next >= '\t' && next <= '\r' && next != '\v'))) {
        d->at += word.n;
        skip_blanks(d);
    }
}

/* How a name ended. */
enum name_end { NAME_REFUSED, NAME_HAS_VALUE, NAME_INHERITED, NAME_AT_END_OF_FILE };

static enum name_end refuse_char(struct dotenv *d, size_t start, size_t from, size_t to)
{
    struct kps_arena *arena = d->diag->arena;
    struct kps_sv bad = kps_sv_slice(d->src, from, to);
    struct kps_sv says = kps_fmt(arena, "unexpected character %s in variable name %s",
                                 kps_compose_wording_go_quote(arena, bad).p,
                                 kps_compose_wording_go_quote(arena, line_at(d, start)).p);
    struct kps_finding *finding = refuse_bytes(
        d, from, to, kps_fmt(arena, "'%.*s' cannot be part of a variable's name", SV_ARG(bad)),
        words_of_failure_at_line(d, says));
    kps_finding_help(finding, "%s", ALLOWED_LINE);
    return NAME_REFUSED;
}

/* Read a name and its end; d->at is then at the value. */
static enum name_end read_name(struct dotenv *d, struct kps_sv *ret_name)
{
    skip_export(d);
    size_t start = d->at;
    if (start == d->src.n) {
        (void)refuse_bytes(d, start, start, SV("'export' names no variable"),
                           words_of_failure(d, SV("zero length string")));
        return NAME_REFUSED;
    }
    while (d->at < d->src.n) {
        size_t from = d->at;
        int32_t c = kps_utf8_next(d->src, &d->at);
        if (c == '=' || c == ':' || c == '\n') {
            struct kps_sv name = kps_sv_slice(d->src, start, from);
            d->line += c == '\n' && kps_sv_find(name, ' ') == name.n;
            *ret_name = trim_end(name);
            skip_blanks(d);
            return c == '\n' ? NAME_INHERITED : NAME_HAS_VALUE;
        }
        if (!is_blank(c) && !is_name_char(c)) {
            return refuse_char(d, start, from, d->at);
        }
    }
    *ret_name = trim_end(kps_sv_from(d->src, start));
    return NAME_AT_END_OF_FILE;
}

static bool refuse_invalid(struct dotenv *d, struct kps_sv name,
                           const struct kps_interpolated *result)
{
    struct kps_arena *arena = d->diag->arena;
    struct kps_sv quoted = kps_compose_wording_go_quote(arena, result->refused);
    struct kps_span at = result->problem;
    struct kps_sv written =
        kps_sv_slice(kps_files_get(&d->diag->files, at.file)->bytes, at.off, at.off + at.len);
    struct kps_finding *finding =
        add_error(d, KPS_RULE_INPUT_INVALID, result->problem,
                  kps_fmt(arena, "the value of '%s' holds '%s', which is no variable reference",
                          clip_text(d, name), clip_text(d, written)),
                  words_of_failure(d, kps_fmt(arena, "Invalid template: %s", quoted.p)));
    kps_finding_help(
        finding,
        "write ${NAME} or ${NAME:-default}; a plain dollar sign is $$, or stands in single quotes");
    return false;
}

static bool refuse_required(struct dotenv *d, const struct kps_interpolated *result)
{
    struct kps_arena *arena = d->diag->arena;
    const char *variable = clip_text(d, result->variable);
    const char *reason = clip_text(d, result->message);
    const char *colon = *reason ? ": " : "";
    struct kps_sv says =
        kps_fmt(arena, "required variable %s is missing a value%s%s", variable, colon, reason);
    (void)add_error(d, KPS_RULE_VARIABLE_UNRESOLVED, result->problem,
                    kps_fmt(arena, "variable '%s' is required here and has no value%s%s", variable,
                            colon, reason),
                    words_of_failure(d, says));
    return false;
}

static bool refuse_too_big(struct dotenv *d, struct kps_sv name,
                           const struct kps_interpolated *result)
{
    struct kps_finding *finding = add_error(
        d, KPS_RULE_INPUT_INVALID, result->problem,
        kps_fmt(d->diag->arena, "the value of '%s' grows too large", clip_text(d, name)), SV(""));
    kps_interpolate_note_bounds(finding);
    return false;
}

/*
 * Set a variable, and count its place. `var->origin` has the variables of its value, or is 0.
 * Return: false beyond the bound of the project (reported).
 */
static bool set_variable(struct dotenv *d, struct kps_var *var, struct kps_span span)
{
    d->diag->expanded_bytes += KPS_LIMIT_EXPANSION_VARIABLE;
    if (d->diag->expanded_bytes > KPS_LIMIT_EXPANSION_TOTAL) {
        struct kps_finding *finding =
            add_error(d, KPS_RULE_INPUT_INVALID, span,
                      SV("the variables of the project take too much memory"), SV(""));
        kps_interpolate_note_bounds(finding);
        return false;
    }
    struct kps_origin origin = {
        .step = KPS_STEP_VARIABLE, .span = span, .what = var->name, .up = var->origin};
    var->origin = kps_origins_add(&d->diag->origins, &origin);
    kps_vars_set(&d->mine, var);
    return true;
}

static uint32_t count_steps(const struct kps_diag *diag, kps_origin_id at)
{
    uint32_t n = 0;
    for (; at; at = kps_origins_up(&diag->origins, at)) {
        n++;
    }
    return n;
}

/* Set a variable to `raw` with its ${…} expanded. */
static bool set_expanded(struct dotenv *d, struct kps_sv name, struct kps_sv raw,
                         struct kps_span span)
{
    struct kps_var var = {.name = name, .value = raw};
    if (kps_sv_find(raw, '$') < raw.n) {
        struct kps_interpolated result =
            kps_interpolate_bytes(d->diag, raw, span, raw.p == d->src.p + span.off, &d->mine);
        switch (result.status) {
        case KPS_INTERPOLATED:
            break;
        case KPS_INTERPOLATION_INVALID:
            return refuse_invalid(d, name, &result);
        case KPS_INTERPOLATION_REQUIRED:
            return refuse_required(d, &result);
        case KPS_INTERPOLATION_TOO_BIG:
            return refuse_too_big(d, name, &result);
        }
        kps_compose_versions_note_unused(d->diag, &result);
        var.value = result.text->s;
        var.unset = result.n_unset ? result.unset[0] : var.unset;
        for (uint32_t i = 0; i < result.text->n; i++) {
            kps_origin_id via = result.text->seg[i].via;
            if (count_steps(d->diag, var.origin) + count_steps(d->diag, via) < KPS_WRITTEN_MOST) {
                var.origin = kps_compose_merge_chain(d->diag, var.origin, via);
            }
        }
    }
    return set_variable(d, &var, span);
}

/* To the end of the line, cut at " #". */
static bool read_unquoted(struct dotenv *d, struct kps_sv name)
{
    struct kps_sv line = line_at(d, d->at);
    struct kps_sv value = trim_end(kps_sv_head(line, kps_sv_search(line, SV(" #"))));
    struct kps_span span = span_of(d, d->at, d->at + value.n);
    d->at += line.n < d->src.n - d->at ? line.n + 1 : line.n;
    d->line++;
    return set_expanded(d, name, value, span);
}

static bool read_quoted(struct dotenv *d, struct kps_sv name)
{
    size_t open = d->at;
    char quote = d->src.p[open];
    size_t at = open + 1;
    while (at < d->src.n && d->src.p[at] != quote) {
        bool is_escape = d->src.p[at] == '\\' && at + 1 < d->src.n;
        d->line += d->src.p[at + is_escape] == '\n';
        at += is_escape ? 2 : 1;
    }
    if (at >= d->src.n) {
        struct kps_sv says =
            kps_fmt(d->diag->arena, "unterminated quoted value %s", clip_text(d, line_at(d, open)));
        struct kps_finding *finding = refuse_bytes(
            d, open, open + 1,
            kps_fmt(d->diag->arena, "the quote that opens the value of '%s' is never closed",
                    clip_text(d, name)),
            words_of_failure_at_line(d, says));
        kps_finding_note(
            finding, "a quoted value may go over several lines, so everything up to the end of the "
                     "file belongs to it");
        return false;
    }
    d->at = at + 1;
    struct kps_span inside = span_of(d, open + 1, at);
    struct kps_sv raw = unescape_value(d->diag->arena, kps_sv_slice(d->src, open + 1, at), quote);
    if (quote == '"') {
        return set_expanded(d, name, raw, inside);
    }
    return set_variable(d, &(struct kps_var){.name = name, .value = raw}, inside);
}

/* Report a variable that Compose's own environment refuses; see kps_dotenv_parse. Reported once. */
static void refuse_for_environment(struct dotenv *d, struct kps_span span, struct kps_sv message)
{
    d->unfit = true;
    if (!d->is_environment) {
        (void)kps_diag_add_here(d->diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, span,
                                "Compose before 2.40 refuses this file: %.*s", SV_ARG(message));
        return;
    }
    struct kps_finding *finding =
        add_error(d, KPS_RULE_INPUT_INVALID, span, message, SV("setenv: invalid argument"));
    kps_finding_help(finding, "%s", ALLOWED_LINE);
}

static void check_for_environment(struct dotenv *d, enum name_end end, size_t start,
                                  struct kps_sv name)
{
    struct kps_span at = span_of(d, start, start + (name.n ? name.n : 1));
    const char *shown = clip_text(d, name);
    struct kps_var var = {0};
    if (end == NAME_AT_END_OF_FILE) {
        refuse_for_environment(
            d, at,
            kps_fmt(d->diag->arena, "'%s' has neither '=' nor a line break behind it", shown));
    } else if (name.n == 0) {
        refuse_for_environment(d, at, SV("this value has no name"));
    } else if (kps_vars_get(&d->mine, name, &var) && kps_sv_find(var.value, '\0') < var.value.n) {
        refuse_for_environment(
            d, at, kps_fmt(d->diag->arena, "the value of '%s' holds a NUL byte", shown));
    }
}

/* Read a statement. Return: false when the file is refused here. */
static bool read_statement(struct dotenv *d, bool is_first_layer)
{
    size_t start = d->at;
    struct kps_sv name = {"", 0};
    struct kps_var known;
    enum name_end end = read_name(d, &name);
    if (end == NAME_REFUSED) {
        return false;
    }
    if (end != NAME_AT_END_OF_FILE && kps_sv_find(name, ' ') < name.n) {
        size_t from = (size_t)(name.p - d->src.p);
        struct kps_finding *finding = refuse_bytes(
            d, from, from + name.n,
            kps_fmt(d->diag->arena, "variable name '%s' holds a space", clip_text(d, name)),
            words_of_failure_at_line(d, SV("key cannot contain a space")));
        kps_finding_help(finding, "%s", ALLOWED_LINE);
        return false;
    }
    if (end == NAME_INHERITED) {
        if (kps_vars_get(d->mine.stronger, name, &known)) {
            known.name = name;
            kps_vars_set(&d->mine, &known);
        }
        return true;
    }
    if (end == NAME_HAS_VALUE) {
        char first = d->at < d->src.n ? d->src.p[d->at] : '\0';
        if (!(first == '"' || first == '\'' ? read_quoted(d, name) : read_unquoted(d, name))) {
            return false;
        }
    }
    if (is_first_layer && !d->unfit) {
        check_for_environment(d, end, start, name);
    }
    return true;
}

bool kps_dotenv_parse(struct kps_diag *diag, kps_file_id file, struct kps_vars *into)
{
    static const struct kps_sv BOM = SV_LIT("\xef\xbb\xbf");
    struct dotenv d = {
        .diag = diag,
        .file = file,
        .line = 1,
        .is_environment = into->is_environment,
        .mine = {.diag = diag, .stronger = into, .expands_unused = into->expands_unused}};
    d.path = kps_files_get(&diag->files, file)->path;
    d.src = kps_files_get(&diag->files, file)->bytes;
    d.at = kps_sv_starts(d.src, BOM) ? BOM.n : 0;
    bool accepted = true;
    while (accepted && find_statement(&d)) {
        accepted = read_statement(&d, into->stronger == NULL);
    }
    for (uint32_t i = 0; i < d.mine.own.n; i++) {
        kps_vars_set(into, &d.mine.own.v[i]);
    }
    kps_vars_free(&d.mine);
    return accepted && !(d.unfit && d.is_environment);
}
