#include "yaml/build.h"

#include <string.h>

#include "base/count.h"
#include "base/limits.h"
#include "base/utf8.h"

static enum kps_ytag tag_from_libyaml(const char *tag)
{
    static const struct {
        const char *text;
        enum kps_ytag tag;
    } known[] = {
        {"!", KPS_Y_UNTAGGED}, /* no tag to Go's yaml.v3 */
        {"!reset", KPS_Y_RESET},
        {"!override", KPS_Y_OVERRIDE},
        {"tag:yaml.org,2002:str", KPS_Y_STR},
        {"tag:yaml.org,2002:int", KPS_Y_INT},
        {"tag:yaml.org,2002:float", KPS_Y_FLOAT},
        {"tag:yaml.org,2002:bool", KPS_Y_BOOL},
        {"tag:yaml.org,2002:null", KPS_Y_NULL},
        {"tag:yaml.org,2002:seq", KPS_Y_SEQ_TAG},
        {"tag:yaml.org,2002:map", KPS_Y_MAP_TAG},
        {"tag:yaml.org,2002:merge", KPS_Y_UNTAGGED}, /* an untagged `<<` has the same meaning */
    };
    for (size_t i = 0; tag && i < KPS_COUNT(known); i++) {
        if (strcmp(tag, known[i].text) == 0) {
            return known[i].tag;
        }
    }
    return tag && tag[0] ? KPS_Y_OTHER_TAG : KPS_Y_UNTAGGED;
}

/* Bytes of the line break at an offset; NEL, LS and PS break lines too. 0: there is none. */
static uint32_t break_length(struct kps_sv bytes, uint32_t at)
{
    if (bytes.p[at] == '\n' || bytes.p[at] == '\r') {
        return 1;
    }
    struct kps_sv rest = kps_sv_slice(bytes, at, at + 3U);
    if (kps_sv_starts(rest, SV("\xc2\x85"))) {
        return 2;
    }
    return kps_sv_starts(rest, SV("\xe2\x80\xa8")) || kps_sv_starts(rest, SV("\xe2\x80\xa9")) ? 3
                                                                                              : 0;
}

static uint32_t blank_length(struct kps_sv bytes, uint32_t at)
{
    return bytes.p[at] == ' ' || bytes.p[at] == '\t' ? 1 : break_length(bytes, at);
}

static bool is_anchor_char(char c)
{
    return kps_is_digit(c) || kps_is_alpha(c) || c == '_' || c == '-';
}

static uint32_t skip_tag(struct kps_sv bytes, uint32_t at, uint32_t end)
{
    bool verbatim = at + 1 < end && bytes.p[at + 1] == '<';
    while (at < end &&
           (verbatim ? bytes.p[at] != '>' : bytes.p[at] != ',' && blank_length(bytes, at) == 0)) {
        at++;
    }
    return verbatim && at < end ? at + 1 : at;
}

KPS_COLD static uint32_t skip_properties(struct kps_sv bytes, const struct kps_yaml_event *event,
                                         uint32_t end, struct kps_sv *anchor)
{
    uint32_t at = event->start;
    bool want_anchor = event->anchored;
    bool want_tag = event->tag != NULL;
    while (at < end && (want_anchor || want_tag || blank_length(bytes, at) || bytes.p[at] == '#')) {
        uint32_t blank = blank_length(bytes, at);
        if (blank) {
            at += blank;
        } else if (bytes.p[at] == '#') {
            while (at < end && break_length(bytes, at) == 0) {
                at++;
            }
        } else if (want_anchor && bytes.p[at] == '&') {
            uint32_t from = ++at;
            while (at < end && is_anchor_char(bytes.p[at])) {
                at++;
            }
            *anchor = kps_sv_slice(bytes, from, at);
            want_anchor = false;
        } else if (want_tag && bytes.p[at] == '!') {
            at = skip_tag(bytes, at, end);
            want_tag = false;
        } else {
            break;
        }
    }
    return at < end ? at : end;
}

enum { MAX_LISTED_PROBLEMS = 100, CLIP = 60 };

KPS_COLD struct kps_finding *kps_yaml_build_problem(struct kps_yaml_build *build,
                                                    struct kps_span span, const char *fmt, ...)
{
    build->flawed = true;
    if (build->problems++ >= MAX_LISTED_PROBLEMS) {
        return NULL;
    }
    va_list args;
    va_start(args, fmt);
    build->last_problem =
        kps_diag_vadd_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, fmt, args);
    va_end(args);
    return build->last_problem;
}

void kps_yaml_build_sum_up(struct kps_yaml_build *build)
{
    if (build->problems > MAX_LISTED_PROBLEMS) {
        kps_finding_note(
            build->last_problem, "not listed: %s of this kind in the file",
            kps_count_of(build->diag->arena, build->problems - MAX_LISTED_PROBLEMS, "more problem")
                .p);
    }
}

void kps_yaml_build_begin(struct kps_yaml_build *build, struct kps_arena *arena, uint32_t begin)
{
    /* kubectl and kustomize read every document of a stream for itself. */
    if (build->arena != arena || build->dialect != KPS_YAML_V3) {
        build->anchors = (struct kps_map){0};
        build->targets.n = 0;
        build->n_values = 1; /* the document itself */
        build->n_aliased = 0;
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

/* Count a new node. Return: false when the file goes over a limit, which is reported. */
static bool count_node(struct kps_yaml_build *build, struct kps_span span)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    build->nodes++;
    build->n_values++;
    if (frame && (frame->node->flags & KPS_Y_FLOW)) {
        build->flow_steps += build->frames.n;
    }
    if (build->nodes > KPS_LIMIT_YAML_NODES) {
        (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                                "the file has more than %d values", KPS_LIMIT_YAML_NODES);
        return false;
    }
    if (build->flow_steps > KPS_LIMIT_YAML_FLOW_STEPS) {
        (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
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

KPS_COLD static void remember_anchor(struct kps_yaml_build *build, struct kps_sv name,
                                     const struct kps_ynode *node)
{
    *kps_map_put(&build->anchors, build->scratch, name, 0) = build->targets.n;
    *kps_vec_push(&build->targets) = (struct kps_yaml_target){node, 1};
}

/*
 * Return the node as the key of a mapping; NULL when a key cannot be of its kind. An alias gives a
 * copy of its target, so every key is a scalar at its own place.
 */
static const struct kps_ynode *as_key(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    if (node->kind == KPS_Y_SCALAR) {
        return node;
    }
    const struct kps_ynode *target = kps_ynode_resolve(node);
    if (target->kind != KPS_Y_SCALAR) {
        struct kps_finding *finding =
            kps_yaml_build_problem(build, node->span, "%s cannot be the key of a mapping",
                                   kps_ynode_type_name(kps_ynode_type(target)));
        if (finding && node->kind == KPS_Y_MAP && (node->flags & KPS_Y_FLOW)) {
            kps_finding_help(finding, "render the file first, if '{{' is a template's");
        }
        return NULL;
    }
    struct kps_ynode *key = KPS_NEW(build->arena, struct kps_ynode);
    *key = *target;
    key->flags &= (uint8_t)~KPS_Y_VERBATIM;
    key->span = node->span;
    key->tag = kps_ynode_type(target) == KPS_T_STR
                   ? (uint8_t)KPS_Y_STR
                   : key->tag; /* a "<<" through an alias merges no mapping */
    return key;
}

static bool is_merge_key(const struct kps_ynode *key)
{
    return key->style == KPS_Y_PLAIN && key->tag == KPS_Y_UNTAGGED && key->n == 2 &&
           memcmp(key->text, "<<", 2) == 0;
}

/* Hand a complete node to its collection. */
static void attach_node(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    struct kps_yaml_frame *frame = top_frame(build);
    if (!frame) {
        build->root = node;
        return;
    }
    frame->end = node->span.off + node->span.len;
    if (frame->node->kind == KPS_Y_SEQ) {
        kps_vec_append(&build->edges, (struct kps_yedge){NULL, node, 0});
    } else if (!frame->want_value) {
        frame->key = as_key(build, node);
        frame->has_merge = frame->has_merge || (frame->key && is_merge_key(frame->key));
        frame->want_value = true;
    } else {
        if (frame->key) {
            kps_vec_append(&build->edges, (struct kps_yedge){frame->key, node, 0});
        }
        frame->want_value = false;
    }
}

/* Return: is the next node a value (a document, an item, the value of a key)? */
static bool wants_value(const struct kps_yaml_build *build)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    return !frame || frame->node->kind == KPS_Y_SEQ || (frame->want_value && frame->key);
}

/*
 * Return the place of a value without text. Parsers put such a value at the next token when no
 * character marks its place, maybe lines away; its place is behind the key, or at the top of the
 * document.
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
 * reads on, as YAML 1.2 does. A file that Go refuses is refused by Compose and kubectl.
 */
static void check_question_mark(struct kps_yaml_build *build, const struct kps_ynode *node)
{
    const struct kps_yaml_frame *frame = top_frame(build);
    if (!frame || !(frame->node->flags & KPS_Y_FLOW) || node->style != KPS_Y_PLAIN ||
        node->n == 0 || !memchr(node->text, '?', node->n)) {
        return;
    }
    bool in_list = frame->node->kind == KPS_Y_SEQ;
    struct kps_finding *finding = kps_yaml_build_problem(
        build, node->span, "a text inside brackets holds a '?' and has no quotes");
    if (finding) {
        finding->up_error = in_list ? SV("did not find expected ',' or ']'")
                                    : SV("did not find expected ',' or '}'");
        kps_finding_help(finding, "put the text in quotes");
    }
}

/* Check a tag against its text: Go's yaml.v3 refuses the file when they disagree. */
KPS_COLD static void check_tag(struct kps_yaml_build *build, const struct kps_ynode *node)
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
        enum kps_ytype type = kps_ynode_resolve_plain(text, &number, &fits);
        if (type != known[i].type && !(type == KPS_T_INT && node->tag == KPS_Y_FLOAT)) {
            struct kps_sv shown = kps_utf8_clip(build->diag->arena, text, CLIP);
            (void)kps_yaml_build_problem(build, node->span,
                                         "'%.*s' is %s, and its tag '%s' says otherwise",
                                         SV_ARG(shown), kps_ynode_type_name(type), known[i].name);
        }
    }
}

/* Return whether the program of the dialect takes words like "yes" for texts. */
static bool keeps_words(const struct kps_yaml_build *build)
{
    bool is_in_map = build->frames.n && build->frames.v[0].node->kind == KPS_Y_MAP;
    return build->dialect == KPS_YAML_KUSTOMIZE || (build->dialect == KPS_YAML_PATCH && is_in_map);
}

/* Return whether a plain scalar is a boolean of YAML 1.1 alone. */
static bool is_old_boolean(const struct kps_ynode *node)
{
    static const char words[] = "y Y yes Yes YES n N no No NO on On ON off Off OFF";
    return node->style == KPS_Y_PLAIN && node->tag == KPS_Y_UNTAGGED && node->n && node->n <= 3 &&
           memchr("yYnNoO", node->text[0], 6) && kps_sv_is_one_of(kps_ynode_text(node), words);
}

bool kps_yaml_build_scalar(struct kps_yaml_build *build, const struct kps_yaml_event *event)
{
    struct kps_sv bytes = build->input->bytes;
    struct kps_sv anchor = {NULL, 0};
    uint32_t start = event->start;
    uint32_t end = event->end;
    if (event->anchored || event->tag) {
        start = skip_properties(bytes, event, end, &anchor);
    } else if (start == end) {
        start = end = empty_place(build, start);
    }
    if (event->style == KPS_Y_LITERAL || event->style == KPS_Y_FOLDED) {
        while (end > start && blank_length(bytes, end - 1)) {
            end--;
        }
    }
    struct kps_ynode *node = new_node(build, KPS_Y_SCALAR, span_of(build, start, end));
    if (!node) {
        return false;
    }
    node->style = event->style;
    node->tag = (uint8_t)tag_from_libyaml(event->tag);
    set_text(build, node, event->text);
    check_question_mark(build, node);
    if (keeps_words(build) && is_old_boolean(node)) {
        node->tag = KPS_Y_STR;
    }
    if (event->tag) {
        check_tag(build, node);
    }
    if (event->anchored) {
        remember_anchor(build, anchor, node);
    }
    if ((node->flags & KPS_Y_HAS_DOLLAR) && wants_value(build)) {
        *kps_vec_push(&build->dollars) = node;
    }
    attach_node(build, node);
    return true;
}

/* Why an alias leads nowhere, told once; the node then counts as null. */
KPS_COLD static void report_bad_alias(struct kps_yaml_build *build, struct kps_span span,
                                      struct kps_sv name, const struct kps_ynode *target)
{
    struct kps_sv shown = kps_utf8_clip(build->diag->arena, name, CLIP);
    if (!target) {
        struct kps_finding *finding = kps_yaml_build_problem(
            build, span, "'*%.*s' names an anchor that is not defined before it", SV_ARG(shown));
        if (finding) {
            finding->up_error =
                kps_fmt(build->diag->arena, "unknown anchor '%.*s' referenced", SV_ARG(shown));
            kps_finding_help(finding, "put a text that begins with '*' in quotes");
        }
        return;
    }
    struct kps_finding *finding = kps_yaml_build_problem(
        build, span, "'*%.*s' stands inside the value that it names", SV_ARG(shown));
    if (finding) {
        finding->up_error =
            kps_fmt(build->diag->arena, "anchor '%.*s' value contains itself", SV_ARG(shown));
        struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, 0);
        party->at = kps_diag_here(build->diag, target->span);
        party->label = kps_fmt(build->diag->arena, "the value named '&%.*s'", SV_ARG(shown));
    }
}

/*
 * Return: are the values that aliases bring in a share of the document that Go's yaml.v2 refuses,
 * through which kubectl and the API server read (its decode.go)? Up to 400,000 values the share is
 * 99 of 100; from there it falls to 10 of 100 at 4,000,000.
 */
KPS_COLD static bool is_aliased_too_much(const struct kps_yaml_build *build)
{
    double n_values = (double)build->n_values;
    double share = 0.99;
    if (n_values > 400e3) {
        share -= 0.89 * (n_values - 400e3) / (4000e3 - 400e3);
    }
    share = share < 0.1 ? 0.1 : share;
    return build->n_aliased > 100 && build->n_values > 1000 &&
           (double)build->n_aliased > share * n_values;
}

static bool reads_as_kubectl(const struct kps_yaml_build *build)
{
    return build->dialect == KPS_YAML_KUBECTL || build->dialect == KPS_YAML_PATCH;
}

/*
 * Count the values and the text that an alias brings in. Return: false for so many values that
 * the program of the dialect refuses them, or that this one cannot walk them, or the text is too
 * long to be read once for each alias (reported).
 */
static bool count_aliased(struct kps_yaml_build *build, struct kps_span span,
                          const struct kps_yaml_target *target)
{
    build->n_values += target->n_values;
    build->n_aliased += target->n_values;
    build->repeated += target->node->span.len;
    if (build->repeated > KPS_LIMIT_ALIAS_BYTES) {
        (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                                "the aliases of the file repeat more than %d MiB",
                                KPS_LIMIT_ALIAS_BYTES / (1024 * 1024));
        return false;
    }
    if (build->dialect == KPS_YAML_KUSTOMIZE && build->n_aliased > KPS_LIMIT_ALIAS_NODES) {
        (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                                "aliases bring in more than %d values", KPS_LIMIT_ALIAS_NODES);
        return false;
    }
    if (!reads_as_kubectl(build) || !is_aliased_too_much(build)) {
        return true;
    }
    struct kps_finding *finding = kps_diag_add_here(
        build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
        "aliases bring in %llu of the document's first %llu values",
        (unsigned long long)build->n_aliased, (unsigned long long)build->n_values);
    finding->up_error = SV("yaml: document contains excessive aliasing");
    return false;
}

KPS_COLD bool kps_yaml_build_alias(struct kps_yaml_build *build, const struct kps_yaml_event *event)
{
    struct kps_sv name = kps_sv_slice(build->input->bytes, event->start + 1U, event->end);
    struct kps_ynode *node = new_node(build, KPS_Y_ALIAS, span_of(build, event->start, event->end));
    if (!node) {
        return false;
    }
    uint32_t at = kps_map_get(&build->anchors, name, UINT32_MAX);
    node->target = at == UINT32_MAX ? NULL : build->targets.v[at].node;
    if (!node->target || (node->target->flags & KPS_Y_UNFINISHED)) {
        report_bad_alias(build, node->span, name, node->target);
        node->kind = KPS_Y_SCALAR;
        node->tag = KPS_Y_NULL;
        node->flags = KPS_Y_BROKEN;
        node->text = "";
    } else if (!count_aliased(build, node->span, &build->targets.v[at])) {
        return false;
    }
    attach_node(build, node);
    return true;
}

bool kps_yaml_build_open(struct kps_yaml_build *build, const struct kps_yaml_event *event,
                         enum kps_ykind kind)
{
    struct kps_sv bytes = build->input->bytes;
    struct kps_sv anchor = {NULL, 0};
    uint32_t start = event->start;
    if (event->anchored || event->tag) {
        start = skip_properties(bytes, event, (uint32_t)bytes.n, &anchor);
    }
    struct kps_span span = span_of(build, start, start < bytes.n ? start + 1 : start);
    if (build->frames.n >= KPS_LIMIT_YAML_DEPTH) {
        (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                                "nesting is deeper than %d levels", KPS_LIMIT_YAML_DEPTH);
        return false;
    }
    struct kps_ynode *node = new_node(build, kind, span);
    if (!node) {
        return false;
    }
    node->tag = (uint8_t)tag_from_libyaml(event->tag);
    node->flags = (uint8_t)(event->style | KPS_Y_UNFINISHED);
    if (event->anchored) {
        remember_anchor(build, anchor, node);
    }
    kps_vec_append(&build->frames,
                   (struct kps_yaml_frame){.node = node,
                                           .first = build->edges.n,
                                           .end = span.off + span.len,
                                           .anchor = event->anchored ? build->targets.n : 0,
                                           .before = build->n_values - 1});
    return true;
}

/*
 * How this works. The pairs of an ending mapping lie on the builder's stack. Pairs that go away (a
 * key given again, `<<`) are overwritten by the pairs behind them; then the pairs of the merge
 * keys are pushed on top, unless their key is present. So "own keys win" and "the first merge
 * wins" are the same rule: a present key stays.
 */

enum { LINEAR_UP_TO = 24 };

/* The keys of the mapping so far. Most answers are no, and 64 bits give most of these. */
struct key_set {
    struct kps_yaml_build *build;
    uint32_t first; /* the kept pairs are edges.v[first .. first + n) */
    uint32_t n;
    uint64_t filter;
    struct kps_map map; /* only when there are many */
    struct kps_arena *arena;
};

static uint64_t filter_bit(struct kps_sv key)
{
    unsigned mixed = (unsigned)key.n;
    if (key.n) {
        mixed += (unsigned char)key.p[0] * 5U + (unsigned char)key.p[key.n / 2] * 3U +
                 (unsigned char)key.p[key.n - 1] * 7U;
    }
    return 1ULL << (mixed & 63);
}

static struct kps_sv key_text(const struct kps_yedge *edge)
{
    return (struct kps_sv){edge->key->text, edge->key->n};
}

/* Position on the stack of the pair with this key; UINT32_MAX: none. */
static uint32_t find_key(const struct key_set *set, struct kps_sv key)
{
    if ((set->filter & filter_bit(key)) == 0) {
        return UINT32_MAX;
    }
    if (set->arena) {
        return kps_map_get(&set->map, key, UINT32_MAX);
    }
    for (uint32_t i = set->first; i < set->first + set->n; i++) {
        if (kps_sv_eq(key_text(&set->build->edges.v[i]), key)) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The pair at the end of the kept ones is new. */
static void add_key(struct key_set *set)
{
    const struct kps_yedge *edges = set->build->edges.v;
    set->n++;
    set->filter |= filter_bit(key_text(&edges[set->first + set->n - 1]));
    if (set->n <= LINEAR_UP_TO) {
        return;
    }
    uint32_t from = set->arena ? set->n - 1 : 0;
    set->arena = set->arena ? set->arena : kps_arena_new();
    for (uint32_t i = set->first + from; i < set->first + set->n; i++) {
        (void)kps_map_put(&set->map, set->arena, key_text(&edges[i]), i);
    }
}

KPS_COLD static void report_duplicate(struct kps_yaml_build *build, const struct kps_ynode *earlier,
                                      const struct kps_ynode *later)
{
    struct kps_arena *arena = build->diag->arena;
    struct kps_sv shown = kps_utf8_clip(arena, (struct kps_sv){later->text, later->n}, CLIP);
    struct kps_finding *finding = kps_yaml_build_problem(
        build, later->span, "the key '%.*s' is given twice in one mapping", SV_ARG(shown));
    if (!finding) {
        return;
    }
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, 0);
    party->at = kps_diag_here(build->diag, earlier->span);
    party->label = SV("the first one is here");
    finding->up_error = kps_fmt(
        arena, "line %u: mapping key \"%.*s\" already defined at line %u",
        kps_files_pos(&build->diag->files, later->span.file, later->span.off).line, SV_ARG(shown),
        kps_files_pos(&build->diag->files, earlier->span.file, earlier->span.off).line);
}

/* Move the mapping's own pairs together, each key once. Values of `<<` go to build->merges. */
static void keep_own_pairs(struct key_set *set, const struct kps_yaml_frame *frame)
{
    struct kps_yaml_build *build = set->build;
    const struct kps_ynode *merge = NULL;
    for (uint32_t i = frame->first; i < build->edges.n; i++) {
        struct kps_yedge edge = build->edges.v[i];
        if (frame->has_merge && is_merge_key(edge.key)) {
            if (merge && !reads_as_kubectl(build)) {
                report_duplicate(build, merge, edge.key);
                build->merges.n = 0;
            }
            merge = edge.key;
            *kps_vec_push(&build->merges) = edge.val;
            continue;
        }
        uint32_t at = find_key(set, key_text(&edge));
        if (at == UINT32_MAX) {
            build->edges.v[set->first + set->n] = edge;
            add_key(set);
            continue;
        }
        if (!reads_as_kubectl(build)) {
            report_duplicate(build, build->edges.v[at].key, edge.key);
        }
        build->edges.v[at] = edge;
    }
    build->edges.n = set->first + set->n;
}

/*
 * Append the merge step to the steps that brought the edge to its mapping. Every copied step
 * counts as walked, so a chain of N cost N * N / 2 to build and stays short.
 */
static kps_origin_id append_step(struct kps_yaml_build *build, kps_origin_id via,
                                 kps_origin_id merge)
{
    if (via == 0) {
        return merge;
    }
    struct kps_origin step = kps_origins_get(&build->diag->origins, via);
    build->walked++;
    step.up = append_step(build, step.up, merge);
    return kps_origins_add(&build->diag->origins, &step);
}

static bool is_over_budget(const struct kps_yaml_build *build, struct kps_span span)
{
    if (build->walked <= KPS_LIMIT_ALIAS_NODES) {
        return false;
    }
    (void)kps_diag_add_here(build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                            "the merge keys of the file bring in more than %d values",
                            KPS_LIMIT_ALIAS_NODES);
    return true;
}

/*
 * Return: does a merged value stay beside an own value of its key? Compose's tags need both: an own
 * !reset goes away and leaves the merged value, and a merged tag counts for the key although its
 * value does not. A lookup finds the own value.
 */
static bool keeps_merged(const struct kps_yaml_build *build, uint32_t own,
                         const struct kps_ynode *merged)
{
    uint8_t own_tag = kps_ynode_resolve(build->edges.v[own].val)->tag;
    uint8_t tag = kps_ynode_resolve(merged)->tag;
    return build->dialect == KPS_YAML_V3 &&
           (own_tag == KPS_Y_RESET || tag == KPS_Y_RESET || tag == KPS_Y_OVERRIDE);
}

/* Bring in the keys of a mapping. Return: false over the budget. */
KPS_COLD static bool merge_mapping(struct key_set *set, const struct kps_ynode *value)
{
    struct kps_yaml_build *build = set->build;
    const struct kps_ynode *from = kps_ynode_resolve(value);
    if (from->kind != KPS_Y_MAP) {
        if (!(from->flags & KPS_Y_BROKEN)) {
            (void)kps_yaml_build_problem(build, value->span,
                                         "'<<' needs a mapping or a list of mappings, this is %s",
                                         kps_ynode_type_name(kps_ynode_type(from)));
        }
        return true;
    }
    kps_origin_id merge = 0;
    kps_origin_id seen = 0;
    kps_origin_id chained = 0;
    build->walked += 1;
    for (uint32_t i = 0; i < from->n; i++) {
        struct kps_yedge edge = from->edges[i];
        build->walked++;
        if (is_over_budget(build, value->span)) {
            return false;
        }
        uint32_t own = find_key(set, key_text(&edge));
        if (own != UINT32_MAX && !keeps_merged(build, own, edge.val)) {
            continue;
        }
        if (!merge) {
            struct kps_origin step = {.step = KPS_STEP_MERGE_KEY, .span = value->span};
            merge = kps_origins_add(&build->diag->origins, &step);
        }
        if (!chained || edge.via != seen) {
            seen = edge.via;
            chained = append_step(build, seen, merge);
        }
        edge.via = chained;
        *kps_vec_push(&build->edges) = edge;
        add_key(set);
    }
    return !is_over_budget(build, value->span);
}

static bool merge_all(struct key_set *set)
{
    struct kps_yaml_build *build = set->build;
    for (uint32_t i = 0; i < build->merges.n; i++) {
        const struct kps_ynode *value = build->merges.v[i];
        if (value->kind != KPS_Y_SEQ) {
            if (!merge_mapping(set, value)) {
                return false;
            }
            continue;
        }
        for (uint32_t k = 0; k < value->n; k++) {
            if (!merge_mapping(set, value->edges[k].val)) {
                return false;
            }
        }
    }
    return true;
}

static bool finish_mapping(struct kps_yaml_build *build, struct kps_yaml_frame *frame)
{
    struct key_set set = {.build = build, .first = frame->first};
    build->merges.n = 0;
    keep_own_pairs(&set, frame);
    bool good = merge_all(&set);
    kps_arena_free(set.arena);
    return good;
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
    if (node->kind == KPS_Y_MAP && !finish_mapping(build, frame)) {
        return false;
    }
    node->n = build->edges.n - frame->first;
    if (node->n) {
        struct kps_yedge *edges = KPS_NEW_N(build->arena, struct kps_yedge, node->n);
        memcpy(edges, build->edges.v + frame->first, node->n * sizeof(*edges));
        node->edges = edges;
    }
    node->flags &= (uint8_t)~KPS_Y_UNFINISHED;
    if (frame->anchor) {
        build->targets.v[frame->anchor - 1].n_values = build->n_values - frame->before;
    }
    build->edges.n = frame->first;
    build->frames.n--;
    attach_node(build, node);
    return true;
}
