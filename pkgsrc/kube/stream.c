#include "kube/stream.h"

#include <string.h>

#include "base/fs.h"
#include "base/json_sieve.h"
#include "base/limits.h"
#include "base/path.h"
#include "kube/collect.h"
#include "kube/placeholder.h"
#include "kube/portless.h"
#include "yaml/reader.h"

/*
 * How this works. kubectl cuts a stream into pieces by lines that begin with "---", before any YAML
 * is read. YAML cuts at the same lines, so one reader goes through all pieces that follow each
 * other; when it fails, the next piece starts afresh, so that a broken document does not hide the
 * others. A piece that begins with "{" may be several JSON objects behind each other and is read on
 * its own: to the YAML reader JSON is YAML.
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

static struct piece trim_piece(struct kps_sv bytes, struct piece piece)
{
    while (piece.from < piece.to && is_space(bytes.p[piece.from])) {
        piece.from++;
    }
    while (piece.to > piece.from && is_space(bytes.p[piece.to - 1])) {
        piece.to--;
    }
    return piece;
}

/* Return true when only comments and blank lines are in the piece; finds Helm's "# Source: …" on
 * the way. */
static bool only_comments(struct kps_kube *kube, struct piece piece)
{
    bool only = true;
    for (size_t at = piece.from; at < piece.to && only; at = line_end(kube->bytes, at)) {
        struct kps_sv line = kps_sv_slice(kube->bytes, at, line_end(kube->bytes, at));
        while (line.n && is_space(line.p[line.n - 1])) {
            line.n--;
        }
        line = kps_sv_trim(line);
        if (kps_sv_has_head(line, "# Source: ")) {
            kube->source = kps_sv_trim(kps_sv_from(line, 10));
        }
        only = line.n == 0 || line.p[0] == '#';
    }
    return only;
}

static struct kps_sv bytes_at(const struct kps_kube *kube, struct kps_span at)
{
    return kps_sv_slice(kps_files_get(&kube->diag->files, at.file)->bytes, at.off,
                        (size_t)at.off + at.len);
}

/* A verdict on one template goes for all of its chart, or of its folder. */
static struct kps_sv chart_of(struct kps_kube *kube, struct kps_sv path)
{
    static const struct kps_sv folder = SV_LIT("/templates/");
    size_t at = kps_sv_search(path, folder);
    return at < path.n ? kps_sv_head(path, at + folder.n) : kps_path_dir(kube->arena, path);
}

void kps_kube_end_templates(struct kps_kube *kube)
{
    if (kube->n_more_unrendered) {
        kps_finding_note(kube->unrendered, "%u more file%s below '%.*s' %s like it",
                         kube->n_more_unrendered, kube->n_more_unrendered == 1 ? "" : "s",
                         SV_ARG(kube->chart), kube->n_more_unrendered == 1 ? "is" : "are");
    }
    kube->unrendered = NULL;
    kube->n_more_unrendered = 0;
}

/* Templates by the first characters of their marks. */
static const struct template_kind {
    const char *head, *label, *command, *advice;
} template_kinds[] = {
    {"#@", "ytt's code", "ytt -f . | kportscan -", "judges what ytt makes of it"},
    {"{{", "a template action", "helm template . | kportscan -",
     "judges what the chart renders to"},
    {"", "a placeholder", "", "check the file with the placeholders replaced"},
};

void kps_stream_report_template(struct kps_kube *kube, struct kps_span at)
{
    struct kps_sv path = kps_files_get(&kube->diag->files, at.file)->path;
    struct kps_sv chart = chart_of(kube, path);
    bool is_known = kube->unrendered && kps_sv_eq(chart, kube->chart);
    if (kube->options.is_found) {
        kube->diag->has_unknown = true;
    } else {
        kube->diag->incomplete = true; /* the user named this file */
    }
    if (!is_known) {
        kps_kube_end_templates(kube);
        const struct template_kind *kind = template_kinds;
        while (!kps_sv_has_head(bytes_at(kube, at), kind->head)) {
            kind++;
        }
        struct kps_finding *finding =
            kps_kube_add_finding(kube, KPS_RULE_INPUT_UNSUPPORTED, KPS_WARNING, KPS_LIKELY,
                                 "this looks like an unrendered template, and is not judged");
        kps_kube_party(kube, finding, 0, 0, at, (struct kps_sv){NULL, 0}, kps_sv_of(kind->label));
        kps_finding_command(finding, kps_sv_of(kind->command), "%s", kind->advice);
        if (kube->options.is_found) {
            struct kps_sv folder =
                kps_sv_has_tail(chart, "/") ? kps_sv_head(chart, chart.n - 1) : chart;
            struct kps_sv name = kps_path_base(folder);
            kps_finding_help(finding, "or type --exclude '%.*s' to leave the folder out",
                             SV_ARG(name));
        }
        kube->chart = chart;
        kube->unrendered = finding;
    }
    kube->n_more_unrendered += is_known && !kube->result->unrendered;
    kube->result->unrendered = true;
    kps_kube_bad_input(kube, kube->unrendered);
}

/* Report the template that a mark at a place shows. Return: is there one? */
static bool report_mark(struct kps_kube *kube, struct kps_span at, struct kps_sv mark)
{
    const char *start = kps_files_get(&kube->diag->files, at.file)->bytes.p;
    if (mark.p) {
        kps_stream_report_template(
            kube, (struct kps_span){at.file, (uint32_t)(mark.p - start), (uint32_t)mark.n});
    }
    return mark.p != NULL;
}

bool kps_stream_is_placeholder(struct kps_kube *kube, const struct kps_ynode *value,
                               bool takes_text)
{
    struct kps_span at = value->span;
    if (at.file == 0 || kube->is_filled || !kube->result) {
        return false;
    }
    struct kps_sv text = bytes_at(kube, at);
    struct kps_sv mark = kps_placeholder_find(text);
    bool is_word =
        value->kind == KPS_Y_SCALAR && kps_placeholder_is_word(kps_ynode_text(value), takes_text);
    return report_mark(kube, at, mark.p || !is_word ? mark : text);
}

/*
 * The first key or value of a tree with an action of a template in it; NULL: there is none. An
 * alias is passed over: its target stands in the same tree.
 */
static const struct kps_ynode *find_action(const struct kps_ynode *node, unsigned depth)
{
    const struct kps_ynode *found = NULL;
    if (node->kind == KPS_Y_ALIAS) {
        return NULL;
    }
    if (node->kind == KPS_Y_SCALAR) {
        struct kps_sv text = kps_ynode_text(node);
        return kps_sv_has_any(text, "{{") ? node : NULL;
    }
    for (uint32_t i = 0; i < node->n && !found && depth < KPS_LIMIT_YAML_DEPTH; i++) {
        found = node->kind == KPS_Y_MAP ? find_action(node->edges[i].key, depth + 1) : NULL;
        found = found ? found : find_action(node->edges[i].val, depth + 1);
    }
    return found;
}

bool kps_stream_is_unfilled(struct kps_kube *kube, struct kps_span at)
{
    if (at.file == 0 || kube->is_filled || !kube->result) {
        return false;
    }
    if (report_mark(kube, at, kps_placeholder_find(bytes_at(kube, at)))) {
        return true;
    }
    if (kube->root && !kube->knows_action) {
        kube->action = find_action(kube->root, 0);
        kube->knows_action = true;
    }
    const struct kps_ynode *action = kube->root ? kube->action : NULL;
    if (!action || action->span.file == 0) {
        return false;
    }
    struct kps_sv text = bytes_at(kube, action->span);
    return report_mark(kube, action->span, kps_sv_from(text, kps_sv_search(text, SV("{{"))));
}

/* The first finding of a broken document in one line, for the list of inputs. */
static void note_error(struct kps_kube *kube, uint32_t before)
{
    if (kube->diag->findings.n > before) {
        kps_kube_bad_input(kube, kube->diag->findings.v[before]);
    }
    kube->result->status = KPS_KUBE_PARTIAL;
}

/* Pieces for a reader; after a mistake the next piece starts again. */
struct run {
    KPS_VEC(struct piece) pieces;
    uint32_t at; /* the piece that the last document was in */
};

/* The most bytes of input for a reader. */
enum { RUN_BYTES = 256 * 1024 };

/* Move on to the piece that holds `off`. */
static void move_to(struct run *run, size_t off)
{
    while (run->at + 1 < run->pieces.n && run->pieces.v[run->at + 1].from <= off) {
        run->at++;
    }
}

static struct kps_sv find_placeholder(const struct kps_kube *kube, struct piece piece)
{
    return kps_placeholder_find(kps_sv_slice(kube->bytes, piece.from, piece.to));
}

/* Find a placeholder in the line where the YAML breaks. .p == NULL: there is none. */
static struct kps_sv find_broken(const struct kps_kube *kube, struct piece piece,
                                 struct kps_span at)
{
    size_t from = at.file ? at.off : piece.to;
    while (from > piece.from && from <= piece.to && kube->bytes.p[from - 1] != '\n') {
        from--;
    }
    struct kps_sv rest = kps_sv_slice(kube->bytes, from, piece.to);
    return kps_placeholder_find_broken(kps_sv_before(rest, '\n'));
}

/* Report the template that a mark shows instead of the findings behind `before`. Return: is there
 * one? */
static bool replace_findings(struct kps_kube *kube, uint32_t before, struct kps_sv mark)
{
    kube->diag->findings.n = mark.p ? before : kube->diag->findings.n;
    return report_mark(kube, (struct kps_span){kube->file, 0, 0}, mark);
}

/* A document cannot be read: says so, or that it is a template. */
static void fail_piece(struct kps_kube *kube, struct run *run, uint32_t before)
{
    struct kps_span at = kube->diag->findings.n > before
                             ? kps_finding_span(kube->diag, kube->diag->findings.v[before])
                             : (struct kps_span){0, 0, 0};
    if (at.file) {
        move_to(run, at.off);
    }
    struct piece piece = run->pieces.v[run->at];
    kube->result->documents++;
    struct kps_sv mark = find_placeholder(kube, piece);
    (void)replace_findings(kube, before, mark.p ? mark : find_broken(kube, piece, at));
    note_error(kube, before);
}

static void take_root(struct kps_kube *kube, const struct kps_ynode *root)
{
    kube->is_filled = false;
    if (kube->sink) {
        kube->sink->take(kube->sink, root);
    } else {
        kps_kube_read_object(kube, root, kube->list);
    }
}

static void read_root(struct kps_kube *kube, struct run *run, const struct kps_ynode *root,
                      uint32_t before)
{
    const struct kps_ynode *node = kps_ynode_resolve(root);
    if (node->kind == KPS_Y_SCALAR && node->span.len == 0) {
        return; /* nothing but comments */
    }
    move_to(run, node->span.off);
    kube->source = (struct kps_sv){NULL, 0};
    (void)only_comments(kube, run->pieces.v[run->at]);
    kube->result->documents++;
    if (kube->diag->findings.n == before) {
        take_root(kube, root);
        return;
    }
    /* YAML by accident: "{{ x }}" reads as a mapping inside a mapping. */
    bool is_template =
        replace_findings(kube, before, find_placeholder(kube, run->pieces.v[run->at]));
    note_error(kube, before);
    if (!is_template) {
        take_root(kube, root);
    }
}

/*
 * Read the pieces first..end with one reader. Return: the piece to go on with, behind the first
 * one that cannot be read. What is wrong with the text itself is found before any document is read:
 * *ret_again then says that the pieces before the culprit are still to be read.
 */
static uint32_t read_some(struct kps_kube *kube, struct run *run, uint32_t first, uint32_t end,
                          bool *ret_again)
{
    struct piece all = {run->pieces.v[first].from, run->pieces.v[end - 1].to};
    const struct kps_yaml_part part = {(uint32_t)all.from, (uint32_t)(all.to - all.from),
                                       kube->sink ? KPS_YAML_KUSTOMIZE : KPS_YAML_KUBECTL};
    uint32_t before = kube->diag->findings.n;
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open_part(kube->diag, kube->file, part);
    struct kps_arena *own KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_arena *tree = kube->sink ? kube->sink->arena : own;
    enum kps_yaml_result result = KPS_YAML_END;
    bool any = false;
    const struct kps_ynode *root = NULL;
    run->at = first;
    kube->tree = tree;
    while ((result = kps_yaml_reader_next(reader, tree, &root)) == KPS_YAML_DOCUMENT) {
        any = true;
        kube->dollars = kps_yaml_reader_dollars(reader, &kube->n_dollars);
        read_root(kube, run, root, before);
        before = kube->diag->findings.n;
        if (!kube->sink) {
            kps_arena_reset(tree);
        }
    }
    kube->tree = NULL;
    if (result == KPS_YAML_END) {
        return end;
    }
    fail_piece(kube, run, before);
    *ret_again = !any && run->at > first;
    return run->at + 1;
}

/* Read all pieces; after a mistake the rest is looked through again, which is why a run is kept
 * short. */
static void read_run(struct kps_kube *kube, struct run *run)
{
    for (uint32_t at = 0; at < run->pieces.n;) {
        bool again = false;
        uint32_t next = read_some(kube, run, at, run->pieces.n, &again);
        if (again) {
            (void)read_some(kube, run, at, next - 1, &again);
        }
        at = next;
    }
    run->pieces.n = 0;
}

static void read_alone(struct kps_kube *kube, struct piece piece)
{
    struct run run = {.at = 0};
    *kps_vec_push(&run.pieces) = piece;
    read_run(kube, &run);
    kps_vec_free(&run.pieces);
}

/* Return the end of the JSON object that starts at piece.from; piece.to without an end. */
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

/*
 * Long lists in JSON are read item by item, so that a dump of a cluster needs memory for the tree
 * of one item, and has no more values than its largest item. `kubectl -o json` prints the kind
 * behind the items: a first pass finds it.
 */
enum { LONG_LIST_BYTES = 1024 * 1024, DROPPED_BYTES = 8 * 1024 * 1024 };

struct long_list {
    struct kps_object_ref ref;
    size_t items; /* behind the bracket; 0: there is no such member */
    size_t end;   /* behind the list, or the end of the piece when it breaks off */
};

/* Give back the memory of a mapped file up to `at`: the file has the bytes still. */
static void drop_pages(struct kps_kube *kube, size_t *from, size_t at)
{
    if (kps_files_is_mapped(kps_files_get(&kube->diag->files, kube->file)) &&
        at - *from > DROPPED_BYTES) {
        kps_fs_drop(kps_sv_slice(kube->bytes, *from, at));
        *from = at;
    }
}

/* Move to the next item of a list. Return: false behind the last one, and at a fault. */
static bool next_item(struct kps_sv bytes, size_t *at, struct piece *ret)
{
    kps_json_sieve_space(bytes, at);
    if (*at < bytes.n && bytes.p[*at] == ',') {
        (*at)++;
        kps_json_sieve_space(bytes, at);
    }
    ret->from = *at;
    if (*at >= bytes.n || bytes.p[*at] == ']' || !kps_json_sieve_skip(bytes, at)) {
        *at = ret->from;
        return false;
    }
    ret->to = *at;
    return true;
}

/* Move behind the items of a list. Return: false when they break off. */
static bool skip_items(struct kps_kube *kube, struct kps_sv bytes, size_t *at)
{
    size_t dropped = *at;
    struct piece item;
    while (next_item(bytes, at, &item)) {
        drop_pages(kube, &dropped, *at);
    }
    bool is_whole = *at < bytes.n && bytes.p[*at] == ']';
    *at += is_whole;
    return is_whole;
}

/* Move behind the value of a member, and keep it when it tells of the list. Return: false when the
 * value breaks off. */
static bool note_member(struct kps_kube *kube, struct kps_sv bytes, struct kps_sv name, size_t *at,
                        struct long_list *ret)
{
    size_t from = *at;
    if (kps_sv_is(name, "items") && from < bytes.n && bytes.p[from] == '[') {
        ret->items = ++*at;
        return skip_items(kube, bytes, at);
    }
    if (!kps_json_sieve_skip(bytes, at)) {
        return false;
    }
    struct kps_sv text = kps_sv_slice(bytes, from, *at);
    bool is_text = text.n >= 2 && text.p[0] == '"';
    text = is_text ? kps_sv_slice(text, 1, text.n - 1) : SV("");
    if (kps_sv_is(name, "kind")) {
        ret->ref.kind = text;
    } else if (kps_sv_is(name, "apiVersion")) {
        ret->ref.api_version = text;
    }
    return true;
}

/* Find the parts of the list at a piece's front. Return: whether a list is there. */
static bool find_list(struct kps_kube *kube, struct piece piece, struct long_list *ret)
{
    struct kps_sv bytes = kps_sv_head(kube->bytes, piece.to);
    size_t at = piece.from + 1;
    struct kps_sv name;
    bool is_whole = false;
    *ret = (struct long_list){.end = piece.to};
    for (bool more = true; more; at++) {
        kps_json_sieve_space(bytes, &at);
        if (!kps_json_sieve_name(bytes, &at, &name) || !note_member(kube, bytes, name, &at, ret)) {
            break;
        }
        kps_json_sieve_space(bytes, &at);
        more = at < bytes.n && bytes.p[at] == ',';
        is_whole = at < bytes.n && bytes.p[at] == '}';
    }
    if (is_whole) {
        ret->end = at;
    }
    /* of a list that breaks off the kind may be missing */
    return ret->items && (kps_sv_has_tail(ret->ref.kind, "List") || !is_whole);
}

/* Read a long list at the front of a piece. Return: where it ends; piece.from: it is none. */
static size_t read_list(struct kps_kube *kube, struct piece piece)
{
    struct long_list list;
    struct piece item;
    if (kube->sink || piece.to - piece.from < LONG_LIST_BYTES || !find_list(kube, piece, &list)) {
        return piece.from;
    }
    struct kps_sv bytes = kps_sv_head(kube->bytes, list.end);
    size_t at = list.items;
    size_t dropped = at;
    uint32_t documents = kube->result->documents;
    kube->list = &list.ref;
    while (next_item(bytes, &at, &item)) {
        read_alone(kube, item);
        drop_pages(kube, &dropped, at);
    }
    kube->list = NULL;
    if (at >= bytes.n || bytes.p[at] != ']') {
        read_alone(kube, (struct piece){at, list.end}); /* the fault, at its place */
    }
    kube->result->documents = documents + 1;
    return list.end;
}

/* Read a piece of JSON objects, one behind the other; read any other piece as a document. */
static void read_objects(struct kps_kube *kube, struct piece piece)
{
    struct piece rest = trim_piece(kube->bytes, piece);
    while (rest.from < rest.to) {
        size_t behind = read_list(kube, rest);
        if (behind > rest.from) {
            rest = trim_piece(kube->bytes, (struct piece){behind, rest.to});
            continue;
        }
        size_t end = json_end(kube->bytes, rest);
        struct piece next = trim_piece(kube->bytes, (struct piece){end, rest.to});
        if (next.from < next.to && kube->bytes.p[next.from] != '{') {
            end = rest.to;
            next.from = next.to;
        }
        read_alone(kube, (struct piece){rest.from, end});
        rest = next;
    }
}

/* Return true for a piece of JSON; pieces of YAML in a row are read by a single reader. */
static bool is_json(struct kps_kube *kube, struct piece piece)
{
    struct piece inner = trim_piece(kube->bytes, piece);
    return inner.from < inner.to && kube->bytes.p[inner.from] == '{';
}

static void add_piece(struct kps_kube *kube, struct run *run, struct piece piece)
{
    struct kps_sv document = kps_sv_slice(kube->bytes, piece.from, piece.to);
    bool is_data = kube->sink && kube->sink->wants_data && kps_portless_is_data(document);
    if (!kube->options.parses_all && !is_data && kps_portless_document(document)) {
        read_run(kube, run);
        kube->result->documents++;
        kube->result->objects++;
        kube->result->passed++;
    } else if (is_json(kube, piece)) {
        read_run(kube, run);
        read_objects(kube, piece);
    } else {
        if (run->pieces.n && piece.to - run->pieces.v[0].from > RUN_BYTES) {
            read_run(kube, run);
        }
        *kps_vec_push(&run->pieces) = piece;
    }
}

/* Return true when only a comment stands behind "---"; report anything else. */
static bool check_separator(struct kps_kube *kube, size_t at, size_t end)
{
    struct piece rest = trim_piece(kube->bytes, (struct piece){at + 3, end});
    if (rest.from == rest.to || (kube->bytes.p[rest.from] == '#' && rest.from > at + 3)) {
        return true;
    }
    struct kps_sv text = kps_sv_slice(kube->bytes, rest.from, rest.to);
    if (report_mark(kube, (struct kps_span){kube->file, 0, 0}, find_placeholder(kube, rest))) {
        return false;
    }
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN,
                             "only a comment may follow '---' on its line");
    finding->up_error = kps_fmt(kube->arena, "invalid Yaml document separator: %.*s", SV_ARG(text));
    kps_kube_party(
        kube, finding, 0, 0,
        (struct kps_span){kube->file, (uint32_t)rest.from, (uint32_t)(rest.to - rest.from)},
        (struct kps_sv){NULL, 0}, SV("kubectl refuses this"));
    kps_kube_bad_input(kube, finding);
    return false;
}

static void say_too_many(struct kps_kube *kube, size_t at)
{
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN,
                             "more than %d documents in one file", KPS_LIMIT_YAML_DOCUMENTS);
    kps_kube_party(kube, finding, 0, 0, (struct kps_span){kube->file, (uint32_t)at, 0},
                   (struct kps_sv){NULL, 0}, SV("the rest is not read"));
    kps_kube_bad_input(kube, finding);
}

static void read_stream(struct kps_kube *kube)
{
    struct kps_sv bytes = kube->bytes;
    struct run run = {.at = 0};
    size_t start = 0;
    uint32_t documents = 0;
    for (size_t at = 0; at < bytes.n && documents < KPS_LIMIT_YAML_DOCUMENTS;) {
        size_t end = line_end(bytes, at);
        if (bytes.p[at] == '-' && kps_sv_has_head(kps_sv_from(bytes, at), "---")) {
            add_piece(kube, &run, (struct piece){start, at});
            if (!check_separator(kube, at, end)) {
                read_run(kube, &run); /* the reader must not see this line */
            }
            start = end;
            documents++;
        }
        at = end;
    }
    if (documents < KPS_LIMIT_YAML_DOCUMENTS) {
        add_piece(kube, &run, (struct piece){start, bytes.n});
    }
    read_run(kube, &run);
    kps_vec_free(&run.pieces);
    if (documents == KPS_LIMIT_YAML_DOCUMENTS) {
        say_too_many(kube, start);
    }
}

void kps_stream_read(struct kps_kube *kube, kps_file_id file, struct kps_stream_sink *sink)
{
    kube->file = file;
    kube->bytes = kps_files_get(&kube->diag->files, file)->bytes;
    kube->sink = sink;
    if (kps_files_is_mapped(kps_files_get(&kube->diag->files, file))) {
        read_objects(kube, (struct piece){0, kube->bytes.n});
    } else if (sink || !report_mark(kube, (struct kps_span){file, 0, 0},
                                    kps_placeholder_find_code(kube->bytes))) {
        read_stream(kube); /* a kustomization reads ytt's code as comments */
    }
    kube->sink = NULL;
}

struct kps_kube_result kps_kube_add_file(struct kps_kube *kube, kps_file_id file)
{
    struct kps_kube_result result = {.status = KPS_KUBE_OK};
    kube->result = &result;
    kps_stream_read(kube, file, NULL);
    kube->result = NULL;
    if (result.status == KPS_KUBE_PARTIAL && result.objects == 0) {
        result.status = KPS_KUBE_FAILED;
    }
    return result;
}
