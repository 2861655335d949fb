#include "yaml/input.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

/*
 * libyaml clears its buffer for blanks at every blank of a scalar, and the buffer has the size of
 * the longest run so far: the product of both is the number of bytes cleared. This many take about
 * a second.
 */
static const uint64_t max_cleared = 16ULL * 1024 * 1024 * 1024;

/* Shorter runs are harmless in a file within the size limit. */
enum { LONG_RUN = 1024, SAMPLE_STEP = LONG_RUN / 2 };

KPS_COLD static struct kps_finding *report_input(struct kps_diag *diag,
                                                 const struct kps_yaml_input *input, size_t off,
                                                 uint32_t len, struct kps_sv message)
{
    struct kps_span span = {input->file, (uint32_t)off, len};
    return kps_diag_add_here(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, "%.*s",
                             SV_ARG(message));
}

/*
 * Return "UTF-16" or "UTF-32", by a BOM or by the places of the first NUL bytes; NULL for other
 * text.
 */
static const char *wide_encoding(struct kps_sv s)
{
    static const char le[] = "\xff\xfe\0\0";
    static const char be[] = "\0\0\xfe\xff";
    if (s.n >= 4 &&
        (memcmp(s.p, le, 4) == 0 || memcmp(s.p, be, 4) == 0 || memcmp(s.p + 1, "\0\0\0", 3) == 0 ||
         (memcmp(s.p, "\0\0\0", 3) == 0 && s.p[3] != 0))) {
        return "UTF-32";
    }
    if (s.n >= 2 && (memcmp(s.p, le, 2) == 0 || memcmp(s.p, be + 2, 2) == 0)) {
        return "UTF-16";
    }
    size_t pairs = (s.n < 64 ? s.n : 64) / 2;
    size_t nul[2] = {0, 0};
    for (size_t i = 0; i < pairs * 2; i++) {
        nul[i & 1] += s.p[i] == 0;
    }
    bool one_sided = (nul[0] == 0) != (nul[1] == 0);
    return pairs >= 2 && one_sided && (nul[0] + nul[1]) * 2 > pairs ? "UTF-16" : NULL;
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool at_line_start(const struct kps_yaml_input *input, size_t at)
{
    return at == input->start || is_break(input->bytes.p[at - 1]);
}

/*
 * Bytes for a closer look: control characters, DEL, bytes above ASCII, and '%', which starts
 * directives.
 */
static bool is_odd(unsigned char c)
{
    static const uint64_t odd[4] = {0x00000020ffffd9ffULL, 0x8000000000000000ULL, UINT64_MAX,
                                    UINT64_MAX};
    return (odd[c >> 6] >> (c & 63)) & 1;
}

enum { BLOCK = 64 };

/*
 * Return: are all of the next BLOCK bytes plain? Written without branches, so that compilers use
 * vectors.
 */
static bool is_plain_block(const char *p)
{
    unsigned char odd = 0;
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)p[i];
        odd |= (c < 0x20) & (c != '\n') & (c != '\r') & (c != '\t');
        odd |= (c >= 0x7f) | (c == '%');
    }
    return odd == 0;
}

/* Return: does YAML forbid the character, although it is UTF-8? */
static bool is_forbidden(int32_t code)
{
    return (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
           (code >= 0x7f && code <= 0x9f && code != 0x85) || code == 0xfffe || code == 0xffff;
}

/* Check the odd character at *at and move behind it. Return: false when it was reported. */
static bool check_character(struct kps_diag *diag, struct kps_yaml_input *input, size_t *at,
                            uint32_t *tags)
{
    size_t start = *at;
    int32_t code = kps_utf8_next(input->bytes, at);
    if (code < 0) {
        struct kps_finding *finding =
            report_input(diag, input, start, 1,
                         kps_fmt(diag->arena, "byte 0x%02x is not UTF-8 text",
                                 (unsigned char)input->bytes.p[start]));
        kps_finding_help(finding, "save the file as UTF-8");
        return false;
    }
    if (is_forbidden(code)) {
        (void)report_input(diag, input, start, (uint32_t)(*at - start),
                           code ? kps_fmt(diag->arena,
                                          "control character U+%04X is not allowed in YAML",
                                          (unsigned)code)
                                : SV("found a NUL byte, which no text has"));
        return false;
    }
    input->ascii &= code < 0x80;
    if (code == 0xfeff && input->bom == UINT32_MAX && at_line_start(input, start)) {
        input->bom = (uint32_t)start;
    }
    if (code == '%' && at_line_start(input, start) &&
        kps_sv_starts(kps_sv_from(input->bytes, start), SV("%TAG")) &&
        ++*tags > KPS_LIMIT_YAML_TAG_DIRECTIVES) {
        (void)report_input(
            diag, input, start, 4,
            kps_fmt(diag->arena, "more than %d %%TAG directives", KPS_LIMIT_YAML_TAG_DIRECTIVES));
        return false;
    }
    return true;
}

/*
 * Return: is the byte a blank or line break to libyaml? Any byte of NEL, LS and PS counts, so none
 * is missed.
 */
static bool is_blank_byte(char c)
{
    return c == ' ' || c == '\t' || is_break(c) || memchr("\xc2\x85\xe2\x80\xa8\xa9", c, 6);
}

KPS_COLD static uint64_t count_blank_runs(struct kps_sv bytes, size_t from)
{
    uint64_t runs = 0;
    for (size_t i = from; i < bytes.n; i++) {
        runs += is_blank_byte(bytes.p[i]) && (i == from || !is_blank_byte(bytes.p[i - 1]));
    }
    return runs;
}

/* Find the long runs of blanks by samples; a run at the end of the file is free. */
static bool check_blanks(struct kps_diag *diag, const struct kps_yaml_input *input)
{
    struct kps_sv bytes = input->bytes;
    uint64_t runs = 0;
    for (size_t i = input->start; i < bytes.n; i += SAMPLE_STEP) {
        size_t from = i;
        while (i < bytes.n && is_blank_byte(bytes.p[i])) {
            i++;
        }
        while (from < i && from > input->start && is_blank_byte(bytes.p[from - 1])) {
            from--;
        }
        if (i - from < LONG_RUN || i == bytes.n) {
            continue;
        }
        runs = runs ? runs : count_blank_runs(bytes, input->start);
        if (runs * (i - from) > max_cleared) {
            (void)report_input(diag, input, from, 1,
                               kps_fmt(diag->arena,
                                       "%zu blanks in a row are too many for a file of this size",
                                       i - from));
            return false;
        }
    }
    return true;
}

uint32_t kps_yaml_input_next_bom(const struct kps_yaml_input *input, uint32_t from)
{
    for (size_t at = from; at < input->bytes.n; at++) {
        at += kps_sv_search(kps_sv_from(input->bytes, at), SV("\xef\xbb\xbf"));
        if (at < input->bytes.n && at_line_start(input, at)) {
            return (uint32_t)at;
        }
    }
    return UINT32_MAX;
}

bool kps_yaml_input_check(struct kps_diag *diag, struct kps_yaml_input *input)
{
    struct kps_sv whole = kps_sv_from(input->bytes, input->start);
    const char *encoding = wide_encoding(whole);
    if (encoding) {
        struct kps_finding *finding =
            report_input(diag, input, input->start, 1,
                         kps_fmt(diag->arena, "found %s text where UTF-8 is expected", encoding));
        kps_finding_help(finding, "save the file as UTF-8");
        return false;
    }
    if (kps_sv_starts(whole, SV("\xef\xbb\xbf"))) {
        input->start += 3;
    }
    input->ascii = true;
    input->bom = UINT32_MAX;
    uint32_t tags = 0;
    for (size_t at = input->start; at < input->bytes.n;) {
        if (input->bytes.n - at >= BLOCK && is_plain_block(input->bytes.p + at)) {
            at += BLOCK;
        } else if (!is_odd((unsigned char)input->bytes.p[at])) {
            at++;
        } else if (!check_character(diag, input, &at, &tags)) {
            return false;
        }
    }
    return check_blanks(diag, input);
}

struct kps_yaml_marks kps_yaml_input_marks(const struct kps_yaml_input *input)
{
    return (struct kps_yaml_marks){.input = input, .byte = input->start};
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

uint32_t kps_yaml_input_walk(struct kps_yaml_marks *map, size_t index)
{
    const struct kps_yaml_input *input = map->input;
    while (map->index < index && map->byte < input->bytes.n) {
        do {
            map->byte++;
        } while (map->byte < input->bytes.n && is_continuation(input->bytes.p[map->byte]));
        map->index++;
    }
    while (map->index > index) {
        do {
            map->byte--;
        } while (is_continuation(input->bytes.p[map->byte]));
        map->index--;
    }
    return (uint32_t)map->byte;
}
