#include "yaml/reader.h"

#include <yaml.h>

#include "base/limits.h"
#include "yaml/build.h"
#include "yaml/syntax.h"

/*
 * The only reader that uses libyaml's events: marks become byte offsets, strings become views, and
 * build.c does the rest. No event outlives the call that handles it.
 */

enum state { READING, ENDED, FAILED };

struct kps_yaml_reader {
    struct kps_diag *diag;
    struct kps_arena *scratch; /* holds this struct too */
    struct kps_yaml_input input;
    struct kps_yaml_marks marks;
    struct kps_yaml_build build;
    yaml_parser_t parser;
    bool has_parser;
    enum state state;
    uint32_t documents;
};

static void start_parser(struct kps_yaml_reader *reader)
{
    if (!yaml_parser_initialize(&reader->parser)) {
        kps_out_of_memory();
    }
    reader->has_parser = true;
    struct kps_sv text = kps_sv_from(reader->input.bytes, reader->input.start);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text.p, text.n);
}

KPS_COLD struct kps_yaml_reader *kps_yaml_reader_open_part(struct kps_diag *diag, kps_file_id file,
                                                           struct kps_yaml_part part)
{
    struct kps_arena *scratch = kps_arena_new();
    struct kps_yaml_reader *reader = KPS_NEW(scratch, struct kps_yaml_reader);
    struct kps_sv bytes = kps_files_get(&diag->files, file)->bytes;
    KPS_ASSERT(bytes.n < UINT32_MAX && part.off <= bytes.n && part.len <= bytes.n - part.off);
    reader->diag = diag;
    reader->scratch = scratch;
    reader->input = (struct kps_yaml_input){
        .file = file, .bytes = kps_sv_head(bytes, part.off + part.len), .start = part.off};
    reader->build = (struct kps_yaml_build){
        .diag = diag, .input = &reader->input, .scratch = scratch, .dialect = part.dialect};
    if (kps_yaml_input_check(diag, &reader->input)) {
        start_parser(reader);
    } else {
        reader->state = FAILED;
    }
    reader->marks = kps_yaml_input_marks(&reader->input);
    return reader;
}

struct kps_yaml_reader *kps_yaml_reader_open(struct kps_diag *diag, kps_file_id file)
{
    struct kps_yaml_part whole = {.len = (uint32_t)kps_files_get(&diag->files, file)->bytes.n};
    return kps_yaml_reader_open_part(diag, file, whole);
}

KPS_COLD void kps_yaml_reader_close(struct kps_yaml_reader *reader)
{
    if (!reader) {
        return;
    }
    if (reader->has_parser) {
        yaml_parser_delete(&reader->parser);
    }
    kps_yaml_build_sum_up(&reader->build);
    kps_yaml_build_done(&reader->build);
    kps_arena_free(reader->scratch);
}

void kps_yaml_reader_cleanup(struct kps_yaml_reader **reader)
{
    kps_yaml_reader_close(*reader);
}

KPS_COLD static void report_at(struct kps_yaml_reader *reader, uint32_t off, uint32_t len,
                               struct kps_sv message)
{
    struct kps_span span = {reader->input.file, off, len};
    (void)kps_diag_add_here(reader->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, "%.*s",
                            SV_ARG(message));
}

static void report_bom(struct kps_yaml_reader *reader)
{
    report_at(reader, reader->input.bom, 3,
              SV("found a byte order mark, which may stand at the front only"));
}

/*
 * Return: is there a BOM on the line of `at`? libyaml reads a BOM as a blank, and complains of the
 * indentation.
 */
static bool is_line_of_bom(struct kps_yaml_reader *reader, uint32_t at)
{
    struct kps_files *files = &reader->diag->files;
    uint32_t bom = reader->input.bom;
    return bom <= at && kps_files_pos(files, reader->input.file, bom).line ==
                            kps_files_pos(files, reader->input.file, at).line;
}

static void report_parser_error(struct kps_yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        kps_out_of_memory();
    }
    struct kps_yaml_syntax_error error = {.problem =
                                              parser->problem ? parser->problem : "unknown problem",
                                          .context = parser->context};
    error.at = kps_yaml_input_byte(&reader->marks, parser->problem_mark.index);
    if (is_line_of_bom(reader, error.at)) {
        report_bom(reader);
        return;
    }
    error.from = parser->context ? kps_yaml_input_byte(&reader->marks, parser->context_mark.index)
                                 : error.at;
    kps_yaml_syntax_report(reader->diag, &reader->input, &error);
}

/*
 * Check for a BOM in a span: libyaml skips a BOM at the start of any line like a blank. Return:
 * false when the span has one (reported).
 */
static bool check_bom(struct kps_yaml_reader *reader, uint32_t start, uint32_t end)
{
    if (reader->input.bom < start) {
        report_bom(reader);
        return false;
    }
    if (reader->input.bom < end) {
        reader->input.bom = kps_yaml_input_next_bom(&reader->input, end);
    }
    return true;
}

static uint8_t style_of(const yaml_event_t *event)
{
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        return event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? KPS_Y_FLOW : 0;
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        return event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? KPS_Y_FLOW : 0;
    }
    switch (event->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return KPS_Y_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return KPS_Y_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
        return KPS_Y_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return KPS_Y_FOLDED;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
        break;
    }
    return KPS_Y_PLAIN;
}

/* Hands a node event to the builder. Return: false when reading must end. */
static bool build_node(struct kps_yaml_reader *reader, const yaml_event_t *event, uint32_t start,
                       uint32_t end)
{
    struct kps_yaml_build *build = &reader->build;
    struct kps_yaml_event node = {.start = start, .end = end};
    if (event->type == YAML_SCALAR_EVENT) {
        node.tag = (const char *)event->data.scalar.tag;
        node.anchored = event->data.scalar.anchor != NULL;
        node.style = style_of(event);
        node.text =
            (struct kps_sv){(const char *)event->data.scalar.value, event->data.scalar.length};
        return kps_yaml_build_scalar(build, &node);
    }
    if (event->type == YAML_ALIAS_EVENT) {
        return kps_yaml_build_alias(build, &node);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        node.tag = (const char *)event->data.sequence_start.tag;
        node.anchored = event->data.sequence_start.anchor != NULL;
        node.style = style_of(event);
        return kps_yaml_build_open(build, &node, KPS_Y_SEQ);
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        node.tag = (const char *)event->data.mapping_start.tag;
        node.anchored = event->data.mapping_start.anchor != NULL;
        node.style = style_of(event);
        return kps_yaml_build_open(build, &node, KPS_Y_MAP);
    }
    return kps_yaml_build_close(build, &node);
}

/* Go's yaml.v3, and so Compose and kubectl, refuse every version but 1.1. */
KPS_COLD static void check_version(struct kps_yaml_reader *reader,
                                   const yaml_version_directive_t *version, uint32_t start)
{
    if (!version || version->minor == 1) {
        return;
    }
    struct kps_finding *finding = kps_yaml_build_problem(
        &reader->build, (struct kps_span){reader->input.file, start, 5},
        "the file declares YAML %d.%d, only 1.1 is read", version->major, version->minor);
    if (finding) {
        finding->up_error = SV("found incompatible YAML document");
        kps_finding_help(finding, "remove the %%YAML line");
    }
}

static bool begin_document(struct kps_yaml_reader *reader, struct kps_arena *arena, uint32_t start,
                           uint32_t end)
{
    if (++reader->documents > KPS_LIMIT_YAML_DOCUMENTS) {
        report_at(reader, start, end - start,
                  kps_fmt(reader->diag->arena, "the file has more than %d documents",
                          KPS_LIMIT_YAML_DOCUMENTS));
        return false;
    }
    kps_yaml_build_begin(&reader->build, arena, end);
    return true;
}

/*
 * Handle an event. Return: READING until a document is complete (*ret_done), the stream ends or
 * reading fails.
 */
static enum state handle_event(struct kps_yaml_reader *reader, struct kps_arena *arena,
                               const yaml_event_t *event, bool *ret_done)
{
    uint32_t start = kps_yaml_input_byte(&reader->marks, event->start_mark.index);
    uint32_t end = kps_yaml_input_byte(&reader->marks, event->end_mark.index);
    bool good = check_bom(reader, start, end);
    switch (event->type) {
    case YAML_STREAM_START_EVENT:
        break;
    case YAML_DOCUMENT_START_EVENT:
        good = good && begin_document(reader, arena, start, end);
        check_version(reader, event->data.document_start.version_directive, start);
        break;
    case YAML_DOCUMENT_END_EVENT:
        *ret_done = good;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_END_EVENT:
        return good ? ENDED : FAILED;
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_MAPPING_END_EVENT:
        good = good && build_node(reader, event, start, end);
        break;
    }
    return good ? READING : FAILED;
}

enum kps_yaml_result kps_yaml_reader_next(struct kps_yaml_reader *reader, struct kps_arena *arena,
                                          const struct kps_ynode **ret)
{
    bool done = false;
    yaml_event_t event; /* out of the loop: compilers that clear variables clear it once */
    while (reader->state == READING && !done) {
        if (!yaml_parser_parse(&reader->parser, &event)) {
            report_parser_error(reader);
            reader->state = FAILED;
            break;
        }
        reader->state = handle_event(reader, arena, &event, &done);
        yaml_event_delete(&event);
    }
    if (done) {
        *ret = reader->build.root;
        return KPS_YAML_DOCUMENT;
    }
    return reader->state == ENDED ? KPS_YAML_END : KPS_YAML_ERROR;
}

struct kps_ynode *const *kps_yaml_reader_dollars(const struct kps_yaml_reader *reader,
                                                 size_t *ret_n)
{
    *ret_n = reader->build.dollars.n;
    return reader->build.dollars.v;
}

bool kps_yaml_reader_had_faults(const struct kps_yaml_reader *reader)
{
    return reader->build.flawed;
}

const char *kps_yaml_version(void)
{
    return yaml_get_version_string();
}
