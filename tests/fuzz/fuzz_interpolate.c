#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "compose/interpolate.h"

/*
 * The whole input is one scalar. A is "1", E is empty, R is "${A}", BIG has 2 KiB of the 8 KiB that
 * values may bring, every other name has no value. Whatever comes out must say where each of its
 * bytes was written.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const struct kps_diag *diag, struct kps_span span)
{
    size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
    KPS_ASSERT(span.off <= n && span.len <= n - span.off);
}

static struct kps_sv bytes_at(const struct kps_diag *diag, struct kps_span span)
{
    check_inside(diag, span);
    return kps_sv_slice(kps_files_get(&diag->files, span.file)->bytes, span.off,
                        span.off + span.len);
}

/* Segments cover the text without gaps, in order, and say the truth; `is_exact`: the scalar is the
 * file, byte for byte.
 */
static void check_text(const struct kps_diag *diag, const struct kps_text *text, bool is_exact)
{
    uint32_t at = 0;
    uint32_t behind = 0;
    KPS_ASSERT(text->s.p[text->s.n] == '\0');
    for (uint32_t i = 0; i < text->n; i++) {
        const struct kps_seg *seg = &text->seg[i];
        struct kps_sv source = bytes_at(diag, seg->span);
        KPS_ASSERT(seg->out == at && seg->len > 0);
        at += seg->len;
        KPS_ASSERT(at <= text->s.n);
        if (seg->verbatim) {
            KPS_ASSERT(!seg->via && kps_sv_eq(source, kps_sv_slice(text->s, seg->out, at)));
        } else if (seg->via) {
            KPS_ASSERT(kps_origins_step(&diag->origins, seg->via) == KPS_STEP_VARIABLE);
            KPS_ASSERT(!is_exact || source.p[0] == '$');
        } else {
            KPS_ASSERT(!is_exact || kps_sv_eq(source, SV("$$")));
        }
        if (is_exact) {
            KPS_ASSERT(seg->span.off >= behind);
            behind = seg->span.off + seg->span.len;
        }
    }
    KPS_ASSERT(at == text->s.n);
}

static void check_unset(const struct kps_diag *diag, const struct kps_interpolated *result)
{
    for (uint32_t i = 0; i < result->n_unset; i++) {
        struct kps_sv source = bytes_at(diag, result->unset[i].span);
        struct kps_sv name = result->unset[i].name;
        size_t skip = kps_sv_starts(source, SV("${")) ? 2 : 1;
        KPS_ASSERT(name.n && kps_sv_starts(kps_sv_from(source, skip), name));
    }
}

static void check(struct kps_diag *diag, const struct kps_interpolated *result, struct kps_sv input,
                  bool is_exact)
{
    if (is_exact) {
        check_unset(diag, result);
    }
    if (result->status == KPS_INTERPOLATED) {
        check_text(diag, result->text, is_exact);
        KPS_ASSERT(kps_sv_find(input, '$') < input.n || kps_sv_eq(result->text->s, input));
        return;
    }
    struct kps_sv problem = bytes_at(diag, result->problem);
    KPS_ASSERT(!is_exact || kps_sv_starts(problem, SV("$")));
    KPS_ASSERT(result->status != KPS_INTERPOLATION_INVALID ||
               kps_sv_search(result->refused, SV("${")) < result->refused.n);
    KPS_ASSERT(result->status != KPS_INTERPOLATION_REQUIRED || result->variable.n);
}

static void set(struct kps_vars *vars, kps_file_id file, struct kps_sv name, struct kps_sv value)
{
    struct kps_origin origin = {.step = KPS_STEP_VARIABLE, .span = {file, 0, 0}, .what = name};
    kps_origin_id id = kps_origins_add(&vars->diag->origins, &origin);
    kps_vars_set(vars, &(struct kps_var){.name = name, .value = value, .origin = id});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { BIG = 2 * 1024, BUDGET = 8 * 1024 };
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_vars vars = {.diag = &diag};
    struct kps_sv input = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    kps_file_id file = kps_files_add(&diag.files, SV("compose.yaml"), input);
    char *big = kps_alloc(arena, BIG);
    memset(big, 'b', BIG);
    set(&vars, file, SV("A"), SV("1"));
    set(&vars, file, SV("E"), SV(""));
    set(&vars, file, SV("R"), SV("${A}"));
    set(&vars, file, SV("BIG"), (struct kps_sv){big, BIG});

    struct kps_span whole = {file, 0, (uint32_t)input.n};
    diag.expanded_bytes = KPS_LIMIT_EXPANSION_TOTAL - BUDGET;
    struct kps_interpolated exact = kps_interpolate_bytes(&diag, input, whole, true, &vars);
    check(&diag, &exact, input, true);
    diag.expanded_bytes = KPS_LIMIT_EXPANSION_TOTAL - BUDGET;
    struct kps_interpolated escaped = kps_interpolate_bytes(&diag, input, whole, false, &vars);
    check(&diag, &escaped, input, false);
    KPS_ASSERT(exact.status == escaped.status && exact.n_unset == escaped.n_unset);
    KPS_ASSERT(exact.status != KPS_INTERPOLATED || kps_sv_eq(exact.text->s, escaped.text->s));
    kps_vars_free(&vars);
    kps_diag_free(&diag);
    return 0;
}
