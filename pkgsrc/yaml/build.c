#include "yaml/build.h"

#include <string.h>

#include "base/limits.h"
#include "yaml/number.h"
#include "yaml/token.h"

enum { MAX_LISTED_PROBLEMS = 100, CLIP = 60 };

struct kps_sv kps_yaml_clip(struct kps_arena *arena, struct kps_sv text)
{
    if (text.n <= CLIP) {
        return text;
    }
    size_t n = CLIP;
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80) {
        n--;
    }
    return kps_fmt(arena, "%.*s...", (int)n, text.p);
}

struct kps_finding *kps_yaml_problem(struct kps_yaml_build *build, struct kps_span span,
                                     const char *fmt, ...)
{
    build->flawed = true;
    if (build->problems++ >= MAX_LISTED_PROBLEMS) {
        return NULL;
    }
    va_list args;
    va_start(args, fmt);
    struct kps_sv message = kps_vfmt(build->diag->arena, fmt, args);
    va_end(args);
    build->last_problem = kps_diag_add(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                                       kps_diag_here(build->diag, span), "%.*s", SV_ARG(message));
    return build->last_problem;
}

void kps_yaml_sum_up_problems(struct kps_yaml_build *build)
{
    if (build->problems > MAX_LISTED_PROBLEMS) {
        kps_finding_note(build->diag, build->last_problem,
                         "%u more problems of this kind in the file are not listed",
                         build->problems - MAX_LISTED_PROBLEMS);
    }
}

void kps_yaml_build_begin(struct kps_yaml_build *build, struct kps_arena *arena, uint32_t begin)
{
    /* kubectl reads every document of a stream for itself. */
    if (build->arena != arena || build->last_key_wins) {
        build->anchors = (struct kps_map){0};
        build->targets.n = 0;
    }
    build->arena = arena;
    build->begin = begin;
    build->root = NULL;
    build->flawed = false;
    build->frames.n = 0;
    build->edges.n = 0;
    build->dollars.n = 0;
}

void kps_yaml_build_done(struct kps_yaml_build *build)
{
    kps_vec_free(&build->frames);
    kps_vec_free(&build->edges);
    kps_vec_free(&build->dollars);
    kps_vec_free(&build->merges);
    kps_vec_free(&build->targets);
}

static struct kps_span span_of(const struct kps_yaml_build *build, uint32_t start, uint32_t end)
{
    return (struct kps_span){build->input->file, start, end - start};
}

static struct kps_yaml_frame *top_frame(const struct kps_yaml_build *build)
{
    return build->frames.n ? &build->frames.v[build->frames.n - 1] : NULL;
}

/* Counts a node that is about to be made. Return: false when the file goes over a limit, which is
 * reported. */
static bool count_node(struct kps_yaml_build *build, struct kps_span span)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    build->nodes++;
    if (frame && (frame->node->flags & KPS_Y_FLOW)) {
        build->flow_steps += build->frames.n;
    }
    if (build->nodes > KPS_LIMIT_YAML_NODES) {
        (void)kps_diag_add(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                           kps_diag_here(build->diag, span), "the file has more than %d values",
                           KPS_LIMIT_YAML_NODES);
        return false;
    }
    if (build->flow_steps > KPS_LIMIT_YAML_FLOW_STEPS) {
        (void)kps_diag_add(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                           kps_diag_here(build->diag, span),
                           "too many values in too many nested brackets");
        return false;
    }
    return true;
}

/* A node of the tree; NULL when there are too many. */
static struct kps_ynode *new_node(struct kps_yaml_build *build, enum kps_ykind kind,
                                  struct kps_span span)
{
    if (!count_node(build, span)) {
        return NULL;
    }
    struct kps_ynode *node = KPS_NEW(build->arena, struct kps_ynode);
    node->kind = (uint8_t)kind;
    node->span = span;
    return node;
}

static void remember_anchor(struct kps_yaml_build *build, struct kps_sv name,
                            const struct kps_ynode *node)
{
    bool is_new = false;
    *kps_map_put(&build->anchors, build->scratch, name, 0, &is_new) = build->targets.n;
    *kps_vec_push(&build->targets) = node;
}

/*
 * The node as the key of a mapping; NULL when it cannot be one. An alias gives a copy of what it
 * names, so that every key is a scalar at its own place.
 */
static const struct kps_ynode *as_key(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    if (node->kind == KPS_Y_SCALAR) {
        return node;
    }
    const struct kps_ynode *target = kps_ynode_resolve(node);
    if (target->kind != KPS_Y_SCALAR) {
        struct kps_finding *finding =
            kps_yaml_problem(build, node->span, "%s cannot be the key of a mapping",
                             kps_ytype_name(kps_ynode_type(target)));
        if (finding && node->kind == KPS_Y_MAP && (node->flags & KPS_Y_FLOW)) {
            kps_finding_help(build->diag, finding, SV(""),
                             "if '{{' is a template's, render the file first");
        }
        return NULL;
    }
    struct kps_ynode *key = KPS_NEW(build->arena, struct kps_ynode);
    *key = *target;
    key->flags &= (uint8_t)~KPS_Y_VERBATIM;
    key->span = node->span;
    key->tag = kps_ynode_type(target) == KPS_T_STR ? (uint8_t)KPS_Y_STR
                                                   : key->tag; /* an aliased "<<" merges nothing */
    return key;
}

static bool is_merge_key(const struct kps_ynode *key)
{
    return key->style == KPS_Y_PLAIN && key->tag == KPS_Y_UNTAGGED && key->n == 2 &&
           memcmp(key->text, "<<", 2) == 0;
}

/* Hands a node that is complete to the collection it stands in. */
static void attach(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    struct kps_yaml_frame *frame = top_frame(build);
    if (!frame) {
        build->root = node;
        return;
    }
    frame->end = node->span.off + node->span.len;
    if (frame->node->kind == KPS_Y_SEQ) {
        *kps_vec_push(&build->edges) = (struct kps_yedge){NULL, node, 0};
    } else if (!frame->want_value) {
        frame->key = as_key(build, node);
        frame->has_merge = frame->has_merge || (frame->key && is_merge_key(frame->key));
        frame->want_value = true;
    } else {
        if (frame->key) {
            *kps_vec_push(&build->edges) = (struct kps_yedge){frame->key, node, 0};
        }
        frame->want_value = false;
    }
}

/* Whether a node that comes now is a value: a document, an item, or what stands behind a key. */
static bool wants_value(const struct kps_yaml_build *build)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    return !frame || frame->node->kind == KPS_Y_SEQ || (frame->want_value && frame->key);
}

/*
 * Where a value that nobody wrote stands. Parsers put it at the next token when nothing marks its
 * place, which may be lines away; it belongs behind the key, or to the top of the document.
 */
static uint32_t empty_place(const struct kps_yaml_build *build, uint32_t at)
{
    struct kps_sv bytes = build->input->bytes;
    const struct kps_yaml_frame *frame = top_frame(build);
    if (!frame) {
        return build->begin;
    }
    if (!frame->want_value || (at > 0 && memchr(":-?", bytes.p[at - 1], 3))) {
        return at;
    }
    return frame->end < bytes.n && bytes.p[frame->end] == ':' ? frame->end + 1 : frame->end;
}

/* The value as a view into the file when the token is the value, quotes aside; else a copy. */
static void set_text(struct kps_yaml_build *build, struct kps_ynode *node, struct kps_sv text)
{
    uint32_t quote = node->style == KPS_Y_SINGLE_QUOTED || node->style == KPS_Y_DOUBLE_QUOTED;
    const char *token = build->input->bytes.p + node->span.off + quote;
    node->n = (uint32_t)text.n;
    if (text.n && text.n + 2 * (size_t)quote == node->span.len &&
        memcmp(token, text.p, text.n) == 0) {
        node->text = token;
        node->flags |= KPS_Y_VERBATIM;
    } else {
        node->text = text.n ? kps_sv_copy(build->arena, text).p : "";
    }
    if (text.n && memchr(text.p, '$', text.n)) {
        node->flags |= KPS_Y_HAS_DOLLAR;
    }
}

/*
 * Go's yaml.v3 ends an unquoted text inside brackets at a '?' and then misses a comma; libyaml
 * reads on, as YAML 1.2 has it. What Go refuses, Compose and kubectl refuse.
 */
static void check_question_mark(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    if (!frame || !(frame->node->flags & KPS_Y_FLOW) || node->style != KPS_Y_PLAIN ||
        node->n == 0 || !memchr(node->text, '?', node->n)) {
        return;
    }
    bool in_list = frame->node->kind == KPS_Y_SEQ;
    struct kps_finding *finding =
        kps_yaml_problem(build, node->span, "a text inside brackets holds a '?' and has no quotes");
    if (finding) {
        finding->up_error = in_list ? SV("did not find expected ',' or ']'")
                                    : SV("did not find expected ',' or '}'");
        kps_finding_help(build->diag, finding, SV(""), "put the text in quotes");
    }
}

/* A tag that the text does not keep: Go's yaml.v3 refuses the file. */
static void check_tag(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    static const struct {
        enum kps_ytag tag;
        enum kps_ytype type;
        const char *name;
    } known[] = {
        {KPS_Y_INT, KPS_T_INT, "!!int"},
        {KPS_Y_FLOAT, KPS_T_FLOAT, "!!float"},
        {KPS_Y_BOOL, KPS_T_BOOL, "!!bool"},
        {KPS_Y_NULL, KPS_T_NULL, "!!null"},
    };
    for (size_t i = 0; i < KPS_COUNT(known); i++) {
        int64_t number = 0;
        bool fits = false;
        struct kps_sv text = {node->text, node->n};
        if (node->tag != known[i].tag) {
            continue;
        }
        enum kps_ytype type = kps_yaml_resolve_plain(text, &number, &fits);
        if (type != known[i].type && !(type == KPS_T_INT && node->tag == KPS_Y_FLOAT)) {
            (void)kps_yaml_problem(build, node->span,
                                   "'%.*s' is %s, and its tag '%s' says otherwise",
                                   SV_ARG(kps_yaml_clip(build->diag->arena, text)),
                                   kps_ytype_name(type), known[i].name);
        }
    }
}

bool kps_yaml_build_scalar(struct kps_yaml_build *build, const struct kps_yaml_event *event)
{
    struct kps_sv bytes = build->input->bytes;
    struct kps_sv anchor = {NULL, 0};
    uint32_t start = event->start;
    uint32_t end = event->end;
    if (event->anchored || event->tag) {
        start = kps_yaml_skip_properties(bytes, event, end, &anchor);
    } else if (start == end) {
        start = end = empty_place(build, start);
    }
    if (event->style == KPS_Y_LITERAL || event->style == KPS_Y_FOLDED) {
        while (end > start && kps_yaml_blank_length(bytes, end - 1)) {
            end--;
        }
    }
    struct kps_ynode *node = new_node(build, KPS_Y_SCALAR, span_of(build, start, end));
    if (!node) {
        return false;
    }
    node->style = event->style;
    node->tag = (uint8_t)kps_yaml_tag(event->tag);
    set_text(build, node, event->text);
    check_question_mark(build, node);
    if (event->tag) {
        check_tag(build, node);
    }
    if (event->anchored) {
        remember_anchor(build, anchor, node);
    }
    if ((node->flags & KPS_Y_HAS_DOLLAR) && wants_value(build)) {
        *kps_vec_push(&build->dollars) = node;
    }
    attach(build, node);
    return true;
}

/* Why an alias leads nowhere, told once; the node then counts as null. */
static void report_bad_alias(struct kps_yaml_build *build, struct kps_span span, struct kps_sv name,
                             const struct kps_ynode *target)
{
    struct kps_sv shown = kps_yaml_clip(build->diag->arena, name);
    if (!target) {
        struct kps_finding *finding = kps_yaml_problem(
            build, span, "'*%.*s' names an anchor that is not defined before it", SV_ARG(shown));
        if (finding) {
            finding->up_error =
                kps_fmt(build->diag->arena, "unknown anchor '%.*s' referenced", SV_ARG(shown));
            kps_finding_help(build->diag, finding, SV(""),
                             "put a text that begins with '*' in quotes");
        }
        return;
    }
    struct kps_finding *finding = kps_yaml_problem(
        build, span, "'*%.*s' stands inside the value that it names", SV_ARG(shown));
    if (finding) {
        finding->up_error =
            kps_fmt(build->diag->arena, "anchor '%.*s' value contains itself", SV_ARG(shown));
        struct kps_party party = {
            .role = KPS_ROLE_OTHER,
            .at = kps_diag_here(build->diag, target->span),
            .label = kps_fmt(build->diag->arena, "the value named '&%.*s'", SV_ARG(shown))};
        (void)kps_finding_party(build->diag, finding, party);
    }
}

bool kps_yaml_build_alias(struct kps_yaml_build *build, const struct kps_yaml_event *event)
{
    struct kps_sv name = kps_sv_slice(build->input->bytes, event->start + 1U, event->end);
    struct kps_ynode *node = new_node(build, KPS_Y_ALIAS, span_of(build, event->start, event->end));
    if (!node) {
        return false;
    }
    uint32_t at = kps_map_get(&build->anchors, name, UINT32_MAX);
    node->target = at == UINT32_MAX ? NULL : build->targets.v[at];
    if (!node->target || (node->target->flags & KPS_Y_UNFINISHED)) {
        report_bad_alias(build, node->span, name, node->target);
        node->kind = KPS_Y_SCALAR;
        node->tag = KPS_Y_NULL;
        node->flags = KPS_Y_BROKEN;
        node->text = "";
    }
    attach(build, node);
    return true;
}

bool kps_yaml_build_open(struct kps_yaml_build *build, const struct kps_yaml_event *event,
                         enum kps_ykind kind)
{
    struct kps_sv bytes = build->input->bytes;
    struct kps_sv anchor = {NULL, 0};
    uint32_t start = event->start;
    if (event->anchored || event->tag) {
        start = kps_yaml_skip_properties(bytes, event, (uint32_t)bytes.n, &anchor);
    }
    struct kps_span span = span_of(build, start, start < bytes.n ? start + 1 : start);
    if (build->frames.n >= KPS_LIMIT_YAML_DEPTH) {
        (void)kps_diag_add(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                           kps_diag_here(build->diag, span), "nesting is deeper than %d levels",
                           KPS_LIMIT_YAML_DEPTH);
        return false;
    }
    struct kps_ynode *node = new_node(build, kind, span);
    if (!node) {
        return false;
    }
    node->tag = (uint8_t)kps_yaml_tag(event->tag);
    node->flags = (uint8_t)(event->style | KPS_Y_UNFINISHED);
    if (event->anchored) {
        remember_anchor(build, anchor, node);
    }
    *kps_vec_push(&build->frames) =
        (struct kps_yaml_frame){.node = node, .first = build->edges.n, .end = span.off + span.len};
    return true;
}

bool kps_yaml_build_close(struct kps_yaml_build *build, const struct kps_yaml_event *event)
{
    struct kps_yaml_frame *frame = top_frame(build);
    KPS_ASSERT(frame);
    struct kps_ynode *node = frame->node;
    /* only a bracket has a place of its own: block collections and the pair in [a: b] end with
     * their last child */
    node->span.len =
        ((node->flags & KPS_Y_FLOW) && event->end > event->start ? event->end : frame->end) -
        node->span.off;
    if (node->kind == KPS_Y_MAP && !kps_yaml_finish_mapping(build, frame)) {
        return false;
    }
    node->n = build->edges.n - frame->first;
    if (node->n) {
        struct kps_yedge *edges = KPS_NEW_N(build->arena, struct kps_yedge, node->n);
        memcpy(edges, build->edges.v + frame->first, node->n * sizeof(*edges));
        node->edges = edges;
    }
    node->flags &= (uint8_t)~KPS_Y_UNFINISHED;
    build->edges.n = frame->first;
    build->frames.n--;
    attach(build, node);
    return true;
}
