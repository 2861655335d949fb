#include "yaml/comments.h"

#include <yaml.h>

#include "base/limits.h"
#include "yaml/input.h"

struct scan {
    struct kps_yaml_input input;
    struct kps_sv word;
    struct kps_yaml_comments *found;
    uint32_t behind; /* of the tokens so far */
    uint32_t depth;  /* of brackets */
    uint32_t steps;  /* as KPS_LIMIT_YAML_FLOW_STEPS counts them */
};

/* Up to the line break, of which YAML has two more than people: NEL, and LS or PS. */
static size_t line_length(struct kps_sv text)
{
    static const struct kps_sv wide[] = {SV_LIT("\xc2\x85"), SV_LIT("\xe2\x80\xa8"),
                                         SV_LIT("\xe2\x80\xa9")};
    size_t n = 0;
    while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r') {
        n++;
    }
    for (size_t i = 0; i < KPS_COUNT(wide); i++) {
        n = kps_sv_search(kps_sv_head(text, n), wide[i]);
    }
    return n;
}

/* Where only blanks and comments are. */
static void scan_gap(struct scan *scan, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        at += kps_sv_find(kps_sv_slice(scan->input.bytes, at, to), '#');
        if (at >= to) {
            return;
        }
        struct kps_sv rest = kps_sv_from(scan->input.bytes, at);
        struct kps_sv comment = kps_sv_head(rest, line_length(rest));
        if (kps_sv_contains(comment, scan->word)) {
            *kps_vec_push(&scan->found->list) =
                (struct kps_span){scan->input.file, (uint32_t)at, (uint32_t)comment.n};
        }
        at += comment.n;
    }
}

/* The first line of a block scalar: "|2- # why". */
static void scan_header(struct scan *scan, size_t from, size_t to)
{
    struct kps_sv token = kps_sv_slice(scan->input.bytes, from, to);
    struct kps_sv line = kps_sv_head(token, line_length(token));
    size_t hash = kps_sv_find(line, '#');
    if (hash > 0 && hash < line.n && kps_is_blank(line.p[hash - 1])) {
        scan_gap(scan, from + hash, from + line.n);
    }
}

static bool is_block(const yaml_token_t *token)
{
    return token->type == YAML_SCALAR_TOKEN &&
           (token->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
            token->data.scalar.style == YAML_FOLDED_SCALAR_STYLE);
}

/* Return: false when a limit was passed, which the reader of the file has told already. */
static bool scan_token(struct scan *scan, const yaml_token_t *token, uint32_t start, uint32_t end)
{
    if (start > scan->behind) {
        scan_gap(scan, scan->behind, start);
    }
    if (is_block(token)) {
        scan_header(scan, start, end);
    }
    scan->behind = end > scan->behind ? end : scan->behind;
    if (token->type == YAML_FLOW_SEQUENCE_START_TOKEN ||
        token->type == YAML_FLOW_MAPPING_START_TOKEN) {
        scan->depth++;
    } else if (token->type == YAML_FLOW_SEQUENCE_END_TOKEN ||
               token->type == YAML_FLOW_MAPPING_END_TOKEN) {
        scan->depth -= scan->depth > 0;
    }
    scan->steps += scan->depth;
    return scan->depth <= KPS_LIMIT_YAML_DEPTH && scan->steps <= KPS_LIMIT_YAML_FLOW_STEPS;
}

static void scan_tokens(struct scan *scan, yaml_parser_t *parser)
{
    struct kps_yaml_marks marks = kps_yaml_input_marks(&scan->input);
    for (bool goes_on = true; goes_on;) {
        yaml_token_t token;
        if (!yaml_parser_scan(parser, &token)) {
            if (parser->error == YAML_MEMORY_ERROR) {
                kps_out_of_memory();
            }
            return;
        }
        uint32_t start = kps_yaml_input_byte(&marks, token.start_mark.index);
        uint32_t end = kps_yaml_input_byte(&marks, token.end_mark.index);
        goes_on = token.type != YAML_NO_TOKEN && token.type != YAML_STREAM_END_TOKEN &&
                  scan_token(scan, &token, start, end);
        if (token.type == YAML_STREAM_END_TOKEN) {
            scan_gap(scan, scan->behind, scan->input.bytes.n);
        }
        yaml_token_delete(&token);
    }
}

static void scan_part(struct scan *scan)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag unheard = {.arena = scratch};
    if (kps_yaml_input_check(&unheard, &scan->input)) {
        yaml_parser_t parser;
        if (!yaml_parser_initialize(&parser)) {
            kps_out_of_memory();
        }
        struct kps_sv text = kps_sv_from(scan->input.bytes, scan->input.start);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
        scan->behind = scan->input.start;
        scan->depth = 0;
        scan_tokens(scan, &parser);
        yaml_parser_delete(&parser);
    }
    kps_diag_free(&unheard);
}

bool kps_yaml_comments_next_part(struct kps_sv bytes, struct kps_sv word,
                                 struct kps_yaml_extent *part)
{
    if (bytes.n > KPS_LIMIT_FILE_BYTES) {
        return false; /* a long list of a cluster in JSON: it has no comments */
    }
    size_t hit = part->to + kps_sv_search(kps_sv_from(bytes, part->to), word);
    while (hit < bytes.n && part->to <= hit) {
        part->from = part->to;
        part->to += kps_sv_search(kps_sv_from(bytes, part->to), SV("\n---"));
        part->to += part->to < bytes.n;
    }
    return hit < bytes.n;
}

void kps_yaml_comments_find(const struct kps_diag *diag, kps_file_id file, struct kps_sv word,
                            struct kps_yaml_comments *ret)
{
    struct kps_sv bytes = kps_files_get(&diag->files, file)->bytes;
    struct scan scan = {.word = word, .found = ret};
    struct kps_yaml_extent part = {0, 0};
    for (uint32_t n = 0;
         n < KPS_LIMIT_YAML_DOCUMENTS && kps_yaml_comments_next_part(bytes, word, &part); n++) {
        scan.input = (struct kps_yaml_input){
            .file = file, .bytes = kps_sv_head(bytes, part.to), .start = (uint32_t)part.from};
        scan_part(&scan);
    }
}
