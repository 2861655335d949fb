#include "compose/interpolate.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

/*
 * How this works. Compose finds its references with a regular expression whose `.*` is greedy and
 * stops at a line break, and only then counts braces inside the match. This file keeps the
 * consequences: a ${NAME:-…} must close on the line of its start; the closing brace is found by
 * counting, up to the last brace of the line; when the count does not come out (a lone '{' in a
 * default), the last brace of the line closes.
 *
 * Everything is expanded into the same buffer, with the segments beside it. An unused default is
 * expanded and taken back.
 */
struct expansion {
    struct kps_diag *diag;
    const struct kps_vars *vars;
    const struct kps_text *in;
    struct kps_span whole;
    struct kps_buf out;
    KPS_VEC(struct kps_seg) segs;
    KPS_VEC(struct kps_unset) unset;
    uint32_t from_values; /* bytes from variables, also in defaults taken back */
    struct kps_interpolated result;
};

/* Where the output stood, to go back there. */
struct output_mark {
    size_t out;
    uint32_t segs, last_len;
};

/* A ${…}, as offsets of the input. `name` ends at the operator or the brace. */
struct reference {
    uint32_t dollar, name, name_end, end;
    uint32_t content, content_end;
    char op; /* '-', '+', '?'; 0: none */
    bool with_colon;
};

/* The current line: a long line is searched once. */
struct line {
    uint32_t end, last_brace; /* last_brace == UINT32_MAX: none */
    uint32_t rest; /* behind the last operator's brace: up to last_brace Compose reads the rest as a
                      separate text */
};

static bool can_start_name(char c)
{
    return kps_is_alpha(c) || c == '_';
}

static uint32_t skip_name(const struct expansion *e, uint32_t at, uint32_t to)
{
    while (at < to && (can_start_name(e->in->s.p[at]) || kps_is_digit(e->in->s.p[at]))) {
        at++;
    }
    return at;
}

static struct kps_span span_of(const struct expansion *e, uint32_t from, uint32_t to)
{
    return kps_text_span(e->in, e->whole, from, to - from);
}

static struct kps_sv name_of(const struct expansion *e, const struct reference *ref)
{
    return kps_sv_slice(e->in->s, ref->name, ref->name_end);
}

static bool set_failure(struct expansion *e, enum kps_interpolation status, uint32_t from,
                        uint32_t to)
{
    e->result.status = status;
    e->result.problem = span_of(e, from, to);
    return false;
}

static struct output_mark mark_output(const struct expansion *e)
{
    return (struct output_mark){e->out.n, e->segs.n, e->segs.n ? e->segs.v[e->segs.n - 1].len : 0};
}

static void take_back(struct expansion *e, struct output_mark to)
{
    e->out.n = to.out;
    e->segs.n = to.segs;
    if (to.segs) {
        e->segs.v[to.segs - 1].len = to.last_len;
    }
}

static bool continues_segment(const struct kps_seg *last, const struct kps_seg *seg)
{
    if (last->verbatim != seg->verbatim || last->via != seg->via ||
        last->span.file != seg->span.file) {
        return false;
    }
    return seg->verbatim ? last->span.off + last->span.len == seg->span.off
                         : last->span.off == seg->span.off && last->span.len == seg->span.len;
}

static void add_bytes(struct expansion *e, struct kps_sv bytes, struct kps_seg seg)
{
    seg.out = (uint32_t)e->out.n;
    seg.len = (uint32_t)bytes.n;
    struct kps_seg *last = e->segs.n ? &e->segs.v[e->segs.n - 1] : NULL;
    kps_buf_add(&e->out, bytes);
    if (last && continues_segment(last, &seg)) {
        last->len += seg.len;
        last->span.len += seg.verbatim ? seg.len : 0;
    } else {
        *kps_vec_push(&e->segs) = seg;
    }
}

/* Return the input's segment with the byte `at`. */
static uint32_t segment_at(const struct kps_text *text, uint32_t at)
{
    uint32_t low = 0;
    uint32_t high = text->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (text->seg[middle].out <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Add text of the input without a change. */
static void add_written(struct expansion *e, uint32_t from, uint32_t to)
{
    for (uint32_t i = segment_at(e->in, from); from < to; i++) {
        const struct kps_seg *seg = &e->in->seg[i];
        uint32_t end = seg->out + seg->len < to ? seg->out + seg->len : to;
        struct kps_seg part = *seg;
        if (seg->verbatim) {
            part.span.off += from - seg->out;
            part.span.len = end - from;
        }
        add_bytes(e, kps_sv_slice(e->in->s, from, end), part);
        from = end;
    }
}

static bool add_value(struct expansion *e, const struct reference *ref, const struct kps_var *var)
{
    if (var->unset.name.n) {
        *kps_vec_push(&e->unset) = var->unset;
    }
    if (var->value.n == 0) {
        return true;
    }
    uint64_t total = e->diag->expanded_bytes + var->value.n;
    if (var->value.n > KPS_LIMIT_EXPANSION_BYTES - e->from_values ||
        total > KPS_LIMIT_EXPANSION_TOTAL) {
        return set_failure(e, KPS_INTERPOLATION_TOO_BIG, ref->dollar, ref->end);
    }
    e->diag->expanded_bytes = total;
    e->from_values += (uint32_t)var->value.n;
    struct kps_seg seg = {.span = span_of(e, ref->dollar, ref->end), .via = var->origin};
    if (!seg.via) {
        seg.via = kps_origins_add(&e->diag->origins, &(struct kps_origin){.step = KPS_STEP_VARIABLE,
                                                                          .what = name_of(e, ref)});
    }
    add_bytes(e, var->value, seg);
    return true;
}

static bool substitute_value(struct expansion *e, const struct reference *ref)
{
    struct kps_var var;
    if (kps_vars_get(e->vars, name_of(e, ref), &var)) {
        return add_value(e, ref, &var);
    }
    *kps_vec_push(&e->unset) =
        (struct kps_unset){name_of(e, ref), span_of(e, ref->dollar, ref->end)};
    return true;
}

static void find_line(const struct expansion *e, uint32_t from, uint32_t to, struct line *ret)
{
    const char *p = e->in->s.p;
    const char *line_break = memchr(p + from, '\n', to - from);
    ret->end = line_break ? (uint32_t)(line_break - p) : to;
    size_t brace = kps_sv_rfind(kps_sv_slice(e->in->s, from, ret->end), '}');
    ret->last_brace = brace < ret->end - from ? from + (uint32_t)brace : UINT32_MAX;
    ret->rest = UINT32_MAX;
}

/*
 * Return the brace that closes the brace behind `dollar`; `last` when the count does not come out
 * (see above).
 */
static uint32_t closing_brace(const struct expansion *e, uint32_t dollar, uint32_t last)
{
    uint32_t open = 0;
    for (uint32_t i = dollar; i <= last; i++) {
        char c = e->in->s.p[i];
        if (c == '}' && --open == 0) {
            return i;
        }
        if (c == '{') {
            open++;
            i++; /* Compose never looks at the character behind an opening brace */
        }
    }
    return last;
}

/* Fail at an invalid reference: its span ends at its brace, else at the end of the line. */
static bool fail_invalid(struct expansion *e, uint32_t dollar, const struct line *line,
                         uint32_t from, uint32_t to)
{
    uint32_t end = line->end;
    uint32_t open = 0;
    for (uint32_t i = dollar; i < line->end; i++) {
        open += e->in->s.p[i] == '{';
        if (e->in->s.p[i] == '}' && --open == 0) {
            end = i + 1;
            break;
        }
    }
    bool in_rest = dollar >= line->rest && dollar < line->last_brace;
    e->result.refused = in_rest ? kps_sv_slice(e->in->s, line->rest, line->last_brace + 1)
                                : kps_sv_slice(e->in->s, from, to);
    return set_failure(e, KPS_INTERPOLATION_INVALID, dollar, end);
}

/* Read the ${…} at `ref->dollar`. Return: false when Compose does not know its form. */
static bool read_reference(const struct expansion *e, const struct line *line,
                           struct reference *ref)
{
    const char *p = e->in->s.p;
    ref->name = ref->dollar + 2;
    ref->name_end = skip_name(e, ref->name, line->end);
    uint32_t at = ref->name_end;
    if (at == ref->name || !can_start_name(p[ref->name]) || at == line->end) {
        return false;
    }
    if (p[at] == '}') {
        ref->end = at + 1;
        return true;
    }
    ref->with_colon = p[at] == ':';
    at += ref->with_colon;
    if (at == line->end || (p[at] != '-' && p[at] != '+' && p[at] != '?')) {
        return false;
    }
    ref->op = p[at];
    ref->content = at + 1;
    if (line->last_brace == UINT32_MAX || line->last_brace < ref->content) {
        return false;
    }
    ref->content_end = closing_brace(e, ref->dollar, line->last_brace);
    ref->end = ref->content_end + 1;
    return true;
}

static bool expand_range(struct expansion *e, uint32_t from, uint32_t to, uint32_t depth);

/*
 * Expand the branch of a reference whose value makes the branch superfluous, and drop the outcome.
 * Compose from 5 on does not look at the branch; older Compose refuses the text for a mistake
 * there.
 */
static void try_unused_branch(struct expansion *e, const struct reference *ref, uint32_t depth)
{
    struct output_mark before = mark_output(e);
    uint32_t n_unset = e->unset.n;
    if (!expand_range(e, ref->content, ref->content_end, depth + 1)) {
        bool is_first = e->result.unused_problem.len == 0;
        if (is_first && e->result.status != KPS_INTERPOLATION_TOO_BIG) {
            e->result.unused_problem = e->result.problem;
        }
        e->result.status = KPS_INTERPOLATED;
    }
    e->unset.n = n_unset;
    take_back(e, before);
}

/* A reference with an operator. */
static bool apply_reference(struct expansion *e, const struct reference *ref, uint32_t depth)
{
    if (depth >= KPS_LIMIT_EXPANSION_DEPTH) {
        return set_failure(e, KPS_INTERPOLATION_TOO_BIG, ref->dollar, ref->end);
    }
    struct output_mark before = mark_output(e);
    struct kps_var var = {0};
    bool is_set = kps_vars_get(e->vars, name_of(e, ref), &var);
    bool counts = is_set && (var.value.n || !ref->with_colon);
    bool is_used = ref->op == '+' ? counts : !counts;
    if (!is_used && !e->vars->expands_unused) {
        try_unused_branch(e, ref, depth);
    } else if (!expand_range(e, ref->content, ref->content_end, depth + 1)) {
        return false;
    }
    if (is_used && ref->op != '?') {
        return true;
    }
    if (ref->op == '?' && !counts) {
        e->result.message =
            kps_sv_copy(e->diag->arena, kps_sv_from(kps_buf_sv(&e->out), before.out));
        e->result.variable = name_of(e, ref);
        return set_failure(e, KPS_INTERPOLATION_REQUIRED, ref->dollar, ref->end);
    }
    take_back(e, before);
    return ref->op == '+' || add_value(e, ref, &var);
}

/* Expands in[from..to) to the end of the output. Return: false when e->result says why not. */
static bool expand_range(struct expansion *e, uint32_t from, uint32_t to, uint32_t depth)
{
    const char *p = e->in->s.p;
    struct line line = {0, UINT32_MAX, UINT32_MAX};
    uint32_t at = from;
    while (at < to) {
        const char *dollar = memchr(p + at, '$', to - at);
        struct reference ref = {.dollar = dollar ? (uint32_t)(dollar - p) : to};
        add_written(e, at, ref.dollar);
        char next = ref.dollar + 1 < to ? p[ref.dollar + 1] : '\0';
        if (ref.dollar == to) {
            return true;
        }
        ref.end = ref.dollar + 1;
        if (e->diag->expanded_bytes > KPS_LIMIT_EXPANSION_TOTAL) {
            return set_failure(e, KPS_INTERPOLATION_TOO_BIG, ref.dollar, ref.end);
        }
        e->diag->expanded_bytes += KPS_LIMIT_EXPANSION_STEP;
        if (next == '$') {
            ref.end++;
            add_bytes(e, SV("$"), (struct kps_seg){.span = span_of(e, ref.dollar, ref.end)});
        } else if (can_start_name(next)) {
            ref.name = ref.dollar + 1;
            ref.name_end = ref.end = skip_name(e, ref.name, to);
            if (!substitute_value(e, &ref)) {
                return false;
            }
        } else if (next == '{') {
            if (ref.dollar >= line.end) {
                find_line(e, ref.dollar, to, &line);
            }
            if (!read_reference(e, &line, &ref)) {
                return fail_invalid(e, ref.dollar, &line, from, to);
            }
            if (!(ref.op ? apply_reference(e, &ref, depth) : substitute_value(e, &ref))) {
                return false;
            }
            line.rest = ref.op ? ref.end : line.rest;
        } else {
            add_written(e, ref.dollar, ref.end);
        }
        at = ref.end;
    }
    return true;
}

static struct kps_interpolated interpolate_text(struct kps_diag *diag, const struct kps_text *in,
                                                struct kps_span whole, const struct kps_vars *vars)
{
    struct expansion e = {
        .diag = diag, .vars = vars, .in = in, .whole = whole, .out = KPS_BUF(diag->arena)};
    if (expand_range(&e, 0, (uint32_t)in->s.n, 0)) {
        struct kps_text *text = KPS_NEW(diag->arena, struct kps_text);
        text->s = kps_buf_sv(&e.out);
        text->seg = kps_vec_copy(&e.segs, diag->arena);
        text->n = e.segs.n;
        e.result.text = text;
    }
    e.result.unset = kps_vec_copy(&e.unset, diag->arena);
    e.result.n_unset = e.unset.n;
    kps_vec_free(&e.segs);
    kps_vec_free(&e.unset);
    return e.result;
}

struct kps_interpolated kps_interpolate(struct kps_diag *diag, const struct kps_ynode *scalar,
                                        const struct kps_vars *vars)
{
    return interpolate_text(diag, kps_text_of(diag->arena, scalar), kps_ynode_resolve(scalar)->span,
                            vars);
}

struct kps_interpolated kps_interpolate_bytes(struct kps_diag *diag, struct kps_sv bytes,
                                              struct kps_span source, bool verbatim,
                                              const struct kps_vars *vars)
{
    KPS_ASSERT(!verbatim || source.len == bytes.n);
    struct kps_seg seg = {.len = (uint32_t)bytes.n, .span = source, .verbatim = verbatim};
    struct kps_text in = {.s = bytes, .seg = &seg, .n = bytes.n ? 1 : 0};
    return interpolate_text(diag, &in, source, vars);
}

void kps_interpolate_note_bounds(struct kps_finding *finding)
{
    kps_finding_note(
        finding,
        "references may nest %d deep and bring in %d bytes, and all variables %d MiB; this is a "
        "limit of kportscan",
        KPS_LIMIT_EXPANSION_DEPTH, KPS_LIMIT_EXPANSION_BYTES,
        KPS_LIMIT_EXPANSION_TOTAL / (1024 * 1024));
}
