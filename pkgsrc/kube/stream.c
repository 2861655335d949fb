#include "kube/kube.h"

#include <string.h>

#include "base/limits.h"
#include "yaml/load.h"

/*
 * How this works. kubectl cuts a stream into documents by lines that begin with "---", before any YAML is read; so does
 * this file, which also keeps a broken document from hiding the next one. A document that begins with "{" may be
 * several JSON objects behind each other. Each piece is then read with the YAML reader, of which JSON is a part.
 */
struct piece {
    size_t from, to;
};

/* The end of the line that starts at `at`, behind its line break. */
static size_t line_end(struct kps_sv bytes, size_t at)
{
    size_t length = kps_sv_find(kps_sv_from(bytes, at), '\n');
    return at + length + (at + length < bytes.n ? 1 : 0);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct piece trimmed(struct kps_sv bytes, struct piece piece)
{
    while (piece.from < piece.to && is_space(bytes.p[piece.from])) {
        piece.from++;
    }
    while (piece.to > piece.from && is_space(bytes.p[piece.to - 1])) {
        piece.to--;
    }
    return piece;
}

/* Whether only comments and blank lines are in the piece; finds Helm's "# Source: …" on the way. */
static bool only_comments(struct kps_kube *kube, struct piece piece)
{
    bool only = true;
    for (size_t at = piece.from; at < piece.to && only; at = line_end(kube->bytes, at)) {
        struct kps_sv line = kps_sv_slice(kube->bytes, at, line_end(kube->bytes, at));
        while (line.n && is_space(line.p[line.n - 1])) {
            line.n--;
        }
        line = kps_sv_trim(line);
        if (kps_sv_starts(line, SV("# Source: "))) {
            kube->source = kps_sv_trim(kps_sv_from(line, 10));
        }
        only = line.n == 0 || line.p[0] == '#';
    }
    return only;
}

static void say_template(struct kps_kube *kube, struct piece piece)
{
    struct kps_sv rest = kps_sv_slice(kube->bytes, piece.from, piece.to);
    size_t at = piece.from + kps_sv_search(rest, SV("{{"));
    struct kps_finding *finding = kps_kube_say(kube, KPS_RULE_INPUT_UNSUPPORTED, KPS_WARNING, KPS_LIKELY,
                                               "this looks like an unrendered template, and is not judged");
    kps_kube_party(kube, finding, 0, 0, (struct kps_span){kube->file, (uint32_t)at, 2}, (struct kps_sv){NULL, 0},
                   SV("a template action"));
    kps_finding_help(kube->diag, finding, SV("helm template . | kportscan -"), "check what the chart renders to");
}

/* The first finding of a broken document in one line, for the list of inputs. */
static void note_error(struct kps_kube *kube, uint32_t before)
{
    if (kube->result->error.n == 0 && kube->diag->findings.n > before) {
        kube->result->error = kube->diag->findings.v[before]->message;
    }
    kube->result->status = KPS_KUBE_PARTIAL;
}

static void read_piece(struct kps_kube *kube, struct piece piece)
{
    struct kps_arena *tree KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct kps_yaml_part part = {(uint32_t)piece.from, (uint32_t)(piece.to - piece.from), true};
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_cleanup) = kps_yaml_open_part(kube->diag, kube->file, part);
    uint32_t before = kube->diag->findings.n;
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = KPS_YAML_END;
    kube->tree = tree;
    while ((result = kps_yaml_next(reader, tree, &root)) == KPS_YAML_DOCUMENT) {
        kube->result->documents++;
        kps_kube_read_object(kube, root);
        before = kube->diag->findings.n;
    }
    kube->tree = NULL;
    if (result != KPS_YAML_ERROR) {
        return;
    }
    kube->result->documents++;
    if (kps_sv_search(kps_sv_slice(kube->bytes, piece.from, piece.to), SV("{{")) < piece.to - piece.from) {
        kube->diag->findings.n = before;
        say_template(kube, piece);
    }
    note_error(kube, before);
}

/* The end of the JSON object that starts at piece.from; piece.to when it does not end. */
static size_t json_end(struct kps_sv bytes, struct piece piece)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = piece.from; i < piece.to; i++) {
        char c = bytes.p[i];
        if (quoted) {
            quoted = c != '"';
            i += c == '\\' ? 1 : 0;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return piece.to;
}

/* Objects behind each other, when the piece is nothing but that; else the piece as one document. */
static void read_objects(struct kps_kube *kube, struct piece piece)
{
    struct piece rest = trimmed(kube->bytes, piece);
    while (rest.from < rest.to) {
        size_t end = json_end(kube->bytes, rest);
        struct piece next = trimmed(kube->bytes, (struct piece){end, rest.to});
        if (next.from < next.to && kube->bytes.p[next.from] != '{') {
            end = rest.to;
            next.from = next.to;
        }
        read_piece(kube, (struct piece){rest.from, end});
        rest = next;
    }
}

static void read_document(struct kps_kube *kube, struct piece piece)
{
    if (only_comments(kube, piece)) {
        return;
    }
    struct piece inner = trimmed(kube->bytes, piece);
    if (kube->bytes.p[inner.from] == '{') {
        read_objects(kube, inner);
    } else {
        read_piece(kube, piece);
    }
}

/* What stands behind "---" must be a comment. */
static void check_separator(struct kps_kube *kube, size_t at, size_t end)
{
    struct piece rest = trimmed(kube->bytes, (struct piece){at + 3, end});
    if (rest.from == rest.to || (kube->bytes.p[rest.from] == '#' && rest.from > at + 3)) {
        return;
    }
    struct kps_sv text = kps_sv_slice(kube->bytes, rest.from, rest.to);
    uint32_t before = kube->diag->findings.n;
    struct kps_finding *finding = kps_kube_say(kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN,
                                               "only a comment may follow '---' on its line");
    finding->up_error = kps_fmt(kube->arena, "invalid Yaml document separator: %.*s", SV_ARG(text));
    kps_kube_party(kube, finding, 0, 0,
                   (struct kps_span){kube->file, (uint32_t)rest.from, (uint32_t)(rest.to - rest.from)},
                   (struct kps_sv){NULL, 0}, SV("kubectl refuses this"));
    note_error(kube, before);
}

static void read_stream(struct kps_kube *kube)
{
    struct kps_sv bytes = kube->bytes;
    size_t start = 0;
    uint32_t documents = 0;
    for (size_t at = 0; at < bytes.n && documents < KPS_LIMIT_YAML_DOCUMENTS;) {
        size_t end = line_end(bytes, at);
        if (kps_sv_starts(kps_sv_from(bytes, at), SV("---"))) {
            kube->source = (struct kps_sv){NULL, 0};
            read_document(kube, (struct piece){start, at});
            check_separator(kube, at, end);
            start = end;
            documents++;
        }
        at = end;
    }
    if (documents == KPS_LIMIT_YAML_DOCUMENTS) {
        uint32_t before = kube->diag->findings.n;
        struct kps_finding *finding = kps_kube_say(kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN,
                                                   "more than %d documents in one file", KPS_LIMIT_YAML_DOCUMENTS);
        kps_kube_party(kube, finding, 0, 0, (struct kps_span){kube->file, (uint32_t)start, 0}, (struct kps_sv){NULL, 0},
                       SV("the rest is not read"));
        note_error(kube, before);
        return;
    }
    kube->source = (struct kps_sv){NULL, 0};
    read_document(kube, (struct piece){start, bytes.n});
}

struct kps_kube_result kps_kube_add_file(struct kps_kube *kube, kps_file_id file)
{
    struct kps_kube_result result = {.status = KPS_KUBE_OK};
    uint32_t before = kube->diag->findings.n;
    kube->file = file;
    kube->bytes = kps_files_get(&kube->diag->files, file)->bytes;
    kube->result = &result;
    kube->refused = false;
    read_stream(kube);
    kube->result = NULL;
    if (kube->refused && result.status == KPS_KUBE_OK) {
        result.status = KPS_KUBE_PARTIAL;
        result.error = kube->diag->findings.v[before]->message;
    }
    if (result.status == KPS_KUBE_PARTIAL && result.objects == 0) {
        result.status = KPS_KUBE_FAILED;
    }
    return result;
}
