#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "compose/interpolate.h"
#include "support/published.h"

/* A shell environment, a file and what is needed to expand its bytes. */
struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_env shell;
    struct kps_vars vars;
};

enum { MOST_VARIABLES = 4 };

static void world_start(struct world *w, const char *const *environment)
{
    *w = (struct world){.arena = kps_arena_new()};
    char **list = KPS_NEW_N(w->arena, char *, MOST_VARIABLES + 1);
    for (size_t i = 0; environment && i < MOST_VARIABLES && environment[i]; i++) {
        struct kps_sv copy = kps_sv_copy(w->arena, kps_sv_of(environment[i]));
        list[i] = kps_alloc(w->arena, copy.n + 1);
        memcpy(list[i], copy.p, copy.n);
    }
    w->diag.arena = w->arena;
    w->shell = kps_env_of(w->arena, list);
    w->vars = (struct kps_vars){.diag = &w->diag, .shell = &w->shell, .expands_unused = true};
}

static void world_end(struct world *w)
{
    kps_vars_free(&w->vars);
    kps_diag_free(&w->diag);
    kps_arena_free(w->arena);
}

static struct kps_interpolated expand(struct world *w, struct kps_sv text)
{
    kps_file_id file = kps_files_add(&w->diag.files, SV("compose.yaml"), text);
    return kps_interpolate_bytes(&w->diag, text, (struct kps_span){file, 0, (uint32_t)text.n}, true,
                                 &w->vars);
}

/* The result as one text: "! …" for what Compose refuses, in its words. */
static struct kps_sv outcome(struct world *w, const struct kps_interpolated *result)
{
    switch (result->status) {
    case KPS_INTERPOLATED:
        return result->text->s;
    case KPS_INTERPOLATION_INVALID:
        return kps_fmt(w->arena, "! invalid: %.*s", SV_ARG(result->refused));
    case KPS_INTERPOLATION_REQUIRED:
        return kps_fmt(w->arena, "! required variable %.*s is missing a value%s%.*s",
                       SV_ARG(result->variable), result->message.n ? ": " : "",
                       SV_ARG(result->message));
    case KPS_INTERPOLATION_TOO_BIG:
        return SV("! too big");
    }
    return SV("?");
}

static struct kps_sv unset_names(struct world *w, const struct kps_interpolated *result)
{
    struct kps_buf out = KPS_BUF(w->arena);
    for (uint32_t i = 0; i < result->n_unset; i++) {
        kps_buf_fmt(&out, "%s%.*s", i ? " " : "", SV_ARG(result->unset[i].name));
    }
    return kps_buf_sv(&out);
}

/* The answers of Docker Compose 2.26.1 to the cases of the same names (tests/cases-compose): ports,
 * refusals, warnings. */
static const struct observed {
    const char *name, *environment[MOST_VARIABLES], *text, *answer, *unset;
} OBSERVED[] = {
    {"i-bad-empty", {NULL}, "${}:80", "! invalid: ${}:80", ""},
    {"i-bad-space", {NULL}, "${ PORT }:80", "! invalid: ${ PORT }:80", ""},
    {"i-bad-unclosed", {NULL}, "${PORT:80", "! invalid: ${PORT:80", ""},
    {"i-block-scalar", {NULL}, "${A:-8100}:80", "8100>80/tcp", ""},
    {"i-brace-in-default", {NULL}, "${A:-{8094}}:80", "! Invalid hostPort: {8094}", ""},
    {"i-default-dash-empty", {"WEB_PORT="}, "${WEB_PORT-8081}:80", ">80/tcp", ""},
    {"i-default-dollar-escape", {NULL}, "${A:-$$x}:80", "! Invalid hostPort: $x", ""},
    {"i-default-with-colon", {NULL}, "${A:-127.0.0.1:8090}:80", "127.0.0.1|8090>80/tcp", ""},
    {"i-default-with-dash",
     {NULL},
     "${A:-3000-3002}:3000-3002",
     "3000>3000/tcp 3001>3001/tcp 3002>3002/tcp",
     ""},
    {"i-digit", {NULL}, "$1:80", "! Invalid hostPort: $1", ""},
    {"i-dollar-escape", {NULL}, "$$PORT:80", "! Invalid hostPort: $PORT", ""},
    {"i-dollar-escape-brace", {NULL}, "$${PORT}:80", "! Invalid hostPort: ${PORT}", ""},
    {"i-escape-then-var", {NULL}, "$$${A:-1}:80", "! Invalid hostPort: $1", ""},
    {"i-flow-seq", {NULL}, "${A:-8101}:80", "8101>80/tcp", ""},
    {"i-host-ip-var", {NULL}, "${IP:-127.0.0.1}:8089:80", "127.0.0.1|8089>80/tcp", ""},
    {"i-host-ip-var-empty", {NULL}, "${IP:-}:8089:80", "8089>80/tcp", ""},
    {"i-in-anchor", {NULL}, "${A:-8080}:80", "8080>80/tcp", ""},
    {"i-lowercase", {"web_port=8085", "WEB_PORT=8086"}, "${web_port}:80", "8085>80/tcp", ""},
    {"i-multi",
     {NULL},
     "${IP:-127.0.0.1}:${P:-8080}:${T:-80}/${PROTO:-tcp}",
     "127.0.0.1|8080>80/tcp",
     ""},
    {"i-name-followed", {"WEB_PORT=8080"}, "$WEB_PORTX:80", ">80/tcp", "WEB_PORTX"},
    {"i-nested", {NULL}, "${A:-${B:-8082}}:80", "8082>80/tcp", ""},
    {"i-nested-in-error",
     {NULL},
     "${A:?${B:-bee} missing}:80",
     "! required variable A is missing a value: bee missing",
     ""},
    {"i-nested-plain", {"B=8084"}, "${A:-$B}:80", "8084>80/tcp", ""},
    {"i-nested-repl", {"A=1", "B=8092"}, "${A:+${B}}:80", "8092>80/tcp", ""},
    {"i-nested-set", {"B=8083"}, "${A:-${B:-8082}}:80", "8083>80/tcp", ""},
    {"i-nested3", {NULL}, "${A:-${B:-${C:-8091}}}:80", "8091>80/tcp", ""},
    {"i-op-first-wins", {NULL}, "${A-x:-8093}:80", "! Invalid ip address: x", ""},
    {"i-proto-unset", {NULL}, "53:53/${PROTO}", "53>53/tcp", "PROTO"},
    {"i-recursive-value", {"A=${B}", "B=8087"}, "${A}:80", "! Invalid hostPort: ${B}", ""},
    {"i-repl-colon-empty", {"WEB_PORT="}, "${WEB_PORT:+9090}:80", ">80/tcp", ""},
    {"i-repl-colon-set", {"WEB_PORT=1"}, "${WEB_PORT:+9090}:80", "9090>80/tcp", ""},
    {"i-repl-plus-empty", {"WEB_PORT="}, "${WEB_PORT+9090}:80", "9090>80/tcp", ""},
    {"i-repl-unset", {NULL}, "${WEB_PORT+9090}:80", ">80/tcp", ""},
    {"i-required-empty-ok", {"WEB_PORT="}, "${WEB_PORT?need a port}:80", ">80/tcp", ""},
    {"i-required-in-other-service",
     {NULL},
     "${MISSING:?no}:80",
     "! required variable MISSING is missing a value: no",
     ""},
    {"i-required-nomsg",
     {NULL},
     "${WEB_PORT:?}:80",
     "! required variable WEB_PORT is missing a value",
     ""},
    {"i-required-unset",
     {NULL},
     "${WEB_PORT?need a port}:80",
     "! required variable WEB_PORT is missing a value: need a port",
     ""},
    {"i-single-quoted", {NULL}, "${A:-8098}:80", "8098>80/tcp", ""},
    {"i-unset", {NULL}, "${WEB_PORT}:80", ">80/tcp", "WEB_PORT"},
    {"i-unset-plain", {NULL}, "$WEB_PORT:80", ">80/tcp", "WEB_PORT"},
    {"i-whole-var", {"P=127.0.0.1:8088:80/udp"}, "${P}", "127.0.0.1|8088>80/udp", ""},
    {"i-yaml-bool-var", {NULL}, "${A:-8097}:80", "8097>80/tcp", ""},
};

static void test_observed(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(OBSERVED); i++) {
        const struct observed *row = &OBSERVED[i];
        struct world w;
        world_start(&w, row->environment);
        struct kps_interpolated result = expand(&w, kps_sv_of(row->text));
        struct kps_sv got = outcome(&w, &result);
        if (result.status == KPS_INTERPOLATED) {
            got = published_by(w.arena, got);
        }
        if (!kps_sv_eq(got, kps_sv_of(row->answer))) {
            fail_msg("%s: '%s' gave '%.*s'", row->name, row->text, SV_ARG(got));
        }
        if (!kps_sv_eq(unset_names(&w, &result), kps_sv_of(row->unset))) {
            fail_msg("%s: unset are '%.*s'", row->name, SV_ARG(unset_names(&w, &result)));
        }
        world_end(&w);
    }
}

/* The odd corners of Compose's grammar. In the environment: A=1, E= (empty), LONG=abc; U and the
 * others are not set. */
static const struct corner {
    const char *why, *text, *answer, *unset;
} CORNERS[] = {
    {"text without a dollar", "8080:80", "8080:80", ""},
    {"nothing at all", "", "", ""},
    {"an empty value", "[$E]", "[]", ""},
    {"an operator makes no warning", "${U-}${U:-}${U+x}${U:+x}", "", ""},
    {"without operator each one warns", "$U ${U} $V", "  ", "U U V"},
    {"a name ends where it must", "$A-$A.$A$A", "1-1.11", ""},
    {"a dollar at the end", "80$", "80$", ""},
    {"a dollar before a stop", "$.$-$ $", "$.$-$ $", ""},
    {"three dollars and a name", "$$$A", "$1", ""},
    {"the default of an empty variable", "${E-x}|${E:-x}", "|x", ""},
    {"replacements", "${E+x}|${E:+x}|${A+x}|${A:+x}|${U+x}|${U:+x}", "x||x|x||", ""},
    {"required and there", "${A?no}${A:?no}${E?no}", "11", ""},
    {"required and empty", "${E:?no $A}", "! required variable E is missing a value: no 1", ""},
    {"an unused default is expanded all the same", "${A:-$U}", "1", "U"},
    {"an unused default with a mistake", "${A:-${}}", "! invalid: ${}", ""},
    {"an unused default that requires", "${A:-${U:?why}}",
     "! required variable U is missing a value: why", ""},
    {"an unused replacement that requires", "${U:+${V:?why}}",
     "! required variable V is missing a value: why", ""},
    {"the inner requirement comes first", "${U:?${V:?inner}}",
     "! required variable V is missing a value: inner", ""},
    {"the first mistake counts", "${U:?one}${}", "! required variable U is missing a value: one",
     ""},
    {"operators inside a default are text", "${U:-a?b:+c-d}", "a?b:+c-d", ""},
    {"a default of two references", "${U:-$A.${LONG}}", "1.abc", ""},
    {"a colon alone is no operator", "${A:}", "! invalid: ${A:}", ""},
    {"an unknown operator", "${A!x}", "! invalid: ${A!x}", ""},
    {"a name that starts with a digit", "${1A}", "! invalid: ${1A}", ""},
    {"a stop in the name", "${WEB.PORT}", "! invalid: ${WEB.PORT}", ""},
    {"no closing brace", "x${A", "! invalid: x${A", ""},
    {"no closing brace, with a default", "x${A:-1", "! invalid: x${A:-1", ""},
    {"a default must end on its line", "${U:-a\nb}", "! invalid: ${U:-a\nb}", ""},
    {"lines are looked at one by one", "${U:-a}\n${U:-b}}", "a\nb}", ""},
    {"braces in a default pair up", "${U:-{8094}}|${U:-x}", "{8094}|x", ""},
    {"a brace behind a brace is overlooked", "${U:-{}}", "{}", ""},
    {"so the count runs to the last brace of the line", "${U:-{}}:${A:-2}", "! invalid: {}}:${A:-2",
     ""},
    {"a lone opening brace takes the last closing one", "${U:-{x}", "{x", ""},
    {"text behind a reference is a text of its own", "${A:-1}:${}", "! invalid: :${}", ""},
    {"but only up to the last brace", "${A:-1}:${", "! invalid: ${A:-1}:${", ""},
    {"no closing brace behind a plain one", "${A}:${", "! invalid: ${A}:${", ""},
    {"an escaped reference in a default", "${U:-$${A}}", "${A}", ""},
    {"an escape right before a reference's end", "${U:-$$}", "$", ""},
    {"names are ASCII", "$\xc3\xa4", "$\xc3\xa4", ""},
    {"case matters", "$a$LONG$long", "abc", "a long"},
};

static void test_corners(void **unused)
{
    static const char *const environment[] = {"A=1", "E=", "LONG=abc", NULL};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(CORNERS); i++) {
        const struct corner *row = &CORNERS[i];
        struct world w;
        world_start(&w, environment);
        struct kps_interpolated result = expand(&w, kps_sv_of(row->text));
        struct kps_sv got = outcome(&w, &result);
        if (!kps_sv_eq(got, kps_sv_of(row->answer))) {
            fail_msg("%s: '%s' gave '%.*s'", row->why, row->text, SV_ARG(got));
        }
        if (!kps_sv_eq(unset_names(&w, &result), kps_sv_of(row->unset))) {
            fail_msg("%s: unset are '%.*s'", row->why, SV_ARG(unset_names(&w, &result)));
        }
        world_end(&w);
    }
}

/* Segments as text: "=5+4" is verbatim from offset 5, "A@0+7" the variable A for those bytes,
 * "~0+2" others. */
static struct kps_sv shown_segments(struct world *w, const struct kps_text *text)
{
    struct kps_buf out = KPS_BUF(w->arena);
    for (uint32_t i = 0; i < text->n; i++) {
        const struct kps_seg *seg = &text->seg[i];
        struct kps_sv name = SV("~");
        if (seg->via) {
            name = kps_fmt(w->arena, "%.*s@",
                           SV_ARG(kps_origins_get(&w->diag.origins, seg->via).what));
        }
        kps_buf_fmt(&out, "%s%.*s%u+%u", i ? " " : "", SV_ARG(seg->verbatim ? SV("=") : name),
                    seg->span.off, seg->span.len);
    }
    return kps_buf_sv(&out);
}

static const struct place {
    const char *why, *text, *answer, *segments;
} PLACES[] = {
    {"as it stands", "8080:80", "8080:80", "=0+7"},
    {"a value stands for its reference", "${A}:80", "1:80", "A@0+4 =4+3"},
    {"so does a short one", "x$A:80", "x1:80", "=0+1 A@1+2 =3+3"},
    {"a default that was used is exact", "${U:-8080}:80", "8080:80", "=5+4 =10+3"},
    {"an inner default too", "${U:-${V:-8082}}:80", "8082:80", "=10+4 =16+3"},
    {"a variable in a default is its own reference", "${U:-$A}", "1", "A@5+2"},
    {"a replacement is exact", "${A:+9090}", "9090", "=5+4"},
    {"a default that was not used leaves nothing", "x${A:-8080}y", "x1y", "=0+1 A@1+10 =11+1"},
    {"nor does a message", "x${A:?8080}y", "x1y", "=0+1 A@1+10 =11+1"},
    {"an escape is both dollars", "a$$b", "a$b", "=0+1 ~1+2 =3+1"},
    {"a dollar that is text is exact", "a$1b", "a$1b", "=0+4"},
    {"nothing comes of an unset variable", "x$U:80", "x:80", "=0+1 =3+3"},
    {"two values stay two", "$A$A", "11", "A@0+2 A@2+2"},
};

static void test_places(void **unused)
{
    static const char *const environment[] = {"A=1", NULL};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(PLACES); i++) {
        const struct place *row = &PLACES[i];
        struct world w;
        world_start(&w, environment);
        struct kps_interpolated result = expand(&w, kps_sv_of(row->text));
        assert_int_equal(result.status, KPS_INTERPOLATED);
        assert_true(kps_sv_eq(result.text->s, kps_sv_of(row->answer)));
        struct kps_sv got = shown_segments(&w, result.text);
        if (!kps_sv_eq(got, kps_sv_of(row->segments))) {
            fail_msg("%s: '%s' has segments '%.*s'", row->why, row->text, SV_ARG(got));
        }
        world_end(&w);
    }
}

static const struct problem {
    const char *text, *problem;
} PROBLEMS[] = {
    {"a: ${ PORT }:80", "${ PORT }"}, {"a: ${}:80", "${}"},
    {"a: ${PORT:80\nb", "${PORT:80"}, {"${A:-x}${1X:-${B}}y", "${1X:-${B}}"},
    {"${A:-${ }}", "${ }"},           {"x${U:?no}y", "${U:?no}"},
    {"x${A:-${U:?no}}y", "${U:?no}"}, {"${U:-1}\n${U:?no}", "${U:?no}"},
};

static void test_problems(void **unused)
{
    static const char *const environment[] = {"A=1", NULL};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(PROBLEMS); i++) {
        struct world w;
        world_start(&w, environment);
        struct kps_sv text = kps_sv_of(PROBLEMS[i].text);
        struct kps_interpolated result = expand(&w, text);
        assert_int_not_equal(result.status, KPS_INTERPOLATED);
        struct kps_sv at =
            kps_sv_slice(text, result.problem.off, result.problem.off + result.problem.len);
        if (!kps_sv_eq(at, kps_sv_of(PROBLEMS[i].problem))) {
            fail_msg("'%s': the problem is '%.*s'", PROBLEMS[i].text, SV_ARG(at));
        }
        world_end(&w);
    }
}

/* A scalar node with quotes around it stands one byte further right; one with escapes is known only
 * as a whole. */
static void test_scalars(void **unused)
{
    static const char *const environment[] = {"A=1", NULL};
    (void)unused;
    struct world w;
    world_start(&w, environment);
    struct kps_sv bytes = SV("p: \"${U:-8080}:80\"\nq: \"\\t${A}:${U:-80}\"\n");
    kps_file_id file = kps_files_add(&w.diag.files, SV("compose.yaml"), bytes);
    struct kps_ynode quoted = {
        .kind = KPS_Y_SCALAR, .style = KPS_Y_DOUBLE_QUOTED, .flags = KPS_Y_HAS_DOLLAR};
    struct kps_ynode escaped = quoted;
    quoted.flags |= KPS_Y_VERBATIM;
    quoted.span = (struct kps_span){file, 3, 15};
    quoted.text = bytes.p + 4;
    quoted.n = 13;
    escaped.span = (struct kps_span){file, 22, 18};
    escaped.text = "\t${A}:${U:-80}";
    escaped.n = 14;
    struct kps_interpolated result = kps_interpolate(&w.diag, &quoted, &w.vars);
    assert_int_equal(result.status, KPS_INTERPOLATED);
    assert_string_equal(shown_segments(&w, result.text).p, "=9+4 =14+3");
    result = kps_interpolate(&w.diag, &escaped, &w.vars);
    assert_int_equal(result.status, KPS_INTERPOLATED);
    assert_string_equal(result.text->s.p, "\t1:80");
    assert_string_equal(shown_segments(&w, result.text).p, "~22+18 A@22+18 ~22+18");
    const struct kps_ynode alias = {.kind = KPS_Y_ALIAS, .span = {file, 0, 1}, .target = &quoted};
    result = kps_interpolate(&w.diag, &alias, &w.vars);
    assert_string_equal(shown_segments(&w, result.text).p, "=9+4 =14+3");
    world_end(&w);
}

/* Layers: what is stronger, then the shell, then the layer itself; the origin of each travels into
 * `via`. */
static void test_layers(void **unused)
{
    static const char *const environment[] = {"A=shell", "B=shell", NULL};
    (void)unused;
    struct world w;
    world_start(&w, environment);
    struct kps_span at = {1, 4, 4};
    kps_origin_id origin = kps_origins_add(
        &w.diag.origins,
        &(struct kps_origin){.step = KPS_STEP_VARIABLE, .span = at, .what = SV("C")});
    kps_vars_set(&w.vars, &(struct kps_var){.name = SV("B"), .value = SV("own"), .origin = origin});
    kps_vars_set(&w.vars, &(struct kps_var){.name = SV("C"), .value = SV("old"), .origin = origin});
    kps_vars_set(&w.vars, &(struct kps_var){.name = SV("C"), .value = SV("own"), .origin = origin});
    struct kps_vars lower = {.diag = &w.diag, .stronger = &w.vars};
    kps_vars_set(&lower, &(struct kps_var){.name = SV("C"), .value = SV("lower")});
    kps_vars_set(&lower, &(struct kps_var){.name = SV("D"), .value = SV("lower")});
    struct kps_sv text = SV("$A $B $C $D");
    struct kps_span source = {1, 0, (uint32_t)text.n};
    struct kps_interpolated result = kps_interpolate_bytes(&w.diag, text, source, true, &lower);
    assert_string_equal(result.text->s.p, "shell shell own lower");
    assert_int_equal(kps_text_variable(result.text, 12, 3), origin);
    kps_origin_id shell = kps_text_variable(result.text, 0, 5);
    assert_int_not_equal(shell, 0);
    assert_int_equal(kps_origins_step(&w.diag.origins, shell), KPS_STEP_VARIABLE);
    assert_int_equal(kps_origins_span(&w.diag.origins, shell).file, 0);
    struct kps_var none;
    assert_false(kps_vars_get(&lower, SV("E"), &none));
    kps_vars_free(&lower);
    world_end(&w);
}

/* `times` copies of `unit` between `before` and `after`. */
static struct kps_sv repeated(struct world *w, const char *unit, uint32_t times, const char *middle,
                              const char *after)
{
    struct kps_buf out = KPS_BUF(w->arena);
    for (uint32_t i = 0; i < times; i++) {
        kps_buf_add(&out, kps_sv_of(unit));
    }
    kps_buf_add(&out, kps_sv_of(middle));
    for (uint32_t i = 0; i < times; i++) {
        kps_buf_add(&out, kps_sv_of(after));
    }
    return kps_buf_sv(&out);
}

/* A branch that is not needed: Compose before 5 expands it all the same. */
static void test_unused_branches(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *old, *now; /* "-": refused */
        bool differs;
    } rows[] = {
        {"${A:-${B:?why}}", "-", "8", true},       {"${A:-${}}", "-", "8", true},
        {"${A:?${B:?why}}", "-", "8", true},       {"x${B:+${C:?why}}", "-", "x", true},
        {"${A:-${B:-9}}", "8", "8", false},        {"${B:-${C:?why}}", "-", "-", false},
        {"${B:-${A:-${C:?why}}}", "-", "8", true}, {"${A:+${B:?why}}", "-", "-", false},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct world w;
        world_start(&w, (const char *const[]){"A=8", NULL});
        struct kps_interpolated result = expand(&w, kps_sv_of(rows[i].text));
        struct kps_sv old = result.status ? SV("-") : result.text->s;
        assert_true(kps_sv_eq(old, kps_sv_of(rows[i].old)));
        assert_int_equal(result.unused_problem.len, 0);
        w.vars.expands_unused = false;
        result = expand(&w, kps_sv_of(rows[i].text));
        struct kps_sv now = result.status ? SV("-") : result.text->s;
        assert_true(kps_sv_eq(now, kps_sv_of(rows[i].now)));
        if (!result.status) {
            assert_int_equal(result.unused_problem.len > 0, rows[i].differs);
            assert_int_equal(result.n_unset, 0);
        }
        world_end(&w);
    }
}

static void test_limits(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    char *big = kps_alloc(w.arena, KPS_LIMIT_EXPANSION_BYTES);
    memset(big, 'b', KPS_LIMIT_EXPANSION_BYTES);
    kps_vars_set(&w.vars,
                 &(struct kps_var){.name = SV("BIG"), .value = {big, KPS_LIMIT_EXPANSION_BYTES}});
    kps_vars_set(&w.vars, &(struct kps_var){.name = SV("X"), .value = SV("x")});

    struct kps_sv deep = repeated(&w, "${U:-", KPS_LIMIT_EXPANSION_DEPTH, "8080", "}");
    struct kps_interpolated result = expand(&w, deep);
    assert_int_equal(result.status, KPS_INTERPOLATED);
    assert_string_equal(result.text->s.p, "8080");
    result = expand(&w, repeated(&w, "${U:-", KPS_LIMIT_EXPANSION_DEPTH + 1, "8080", "}"));
    assert_int_equal(result.status, KPS_INTERPOLATION_TOO_BIG);
    assert_int_equal(result.problem.off, 5 * KPS_LIMIT_EXPANSION_DEPTH);
    assert_int_equal(expand(&w, repeated(&w, "${U:-", 200 * 1000, "8080", "}")).status,
                     KPS_INTERPOLATION_TOO_BIG);

    assert_int_equal(expand(&w, SV("$BIG:80")).status, KPS_INTERPOLATED);
    result = expand(&w, SV("$BIG$X:80"));
    assert_int_equal(result.status, KPS_INTERPOLATION_TOO_BIG);
    assert_int_equal(result.problem.off, 4);
    /* the bytes of a default count although the default is taken back */
    assert_int_equal(expand(&w, SV("${X:-$BIG}$X")).status, KPS_INTERPOLATION_TOO_BIG);

    /* the scalar's own bytes do not count, and a long line is no burden */
    result = expand(&w, repeated(&w, "${X:-8080}", 300 * 1000, "", ""));
    assert_int_equal(result.status, KPS_INTERPOLATED);
    assert_int_equal(result.text->s.n, 300 * 1000);
    world_end(&w);
}

static void test_total(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    kps_vars_set(&w.vars, &(struct kps_var){.name = SV("X"), .value = SV("8080")});
    w.diag.expanded_bytes = KPS_LIMIT_EXPANSION_TOTAL - KPS_LIMIT_EXPANSION_STEP - 5;
    assert_int_equal(expand(&w, SV("$X:80")).status, KPS_INTERPOLATED);
    assert_int_equal(expand(&w, SV("$X:80")).status, KPS_INTERPOLATION_TOO_BIG);
    /* each reference counts, also one without a value, and a text without one does not */
    assert_int_equal(expand(&w, SV("${U:-8080}:80")).status, KPS_INTERPOLATION_TOO_BIG);
    assert_int_equal(expand(&w, SV("8080:80")).status, KPS_INTERPOLATED);
    uint32_t most = KPS_LIMIT_EXPANSION_TOTAL / KPS_LIMIT_EXPANSION_STEP;
    w.diag.expanded_bytes = 0;
    assert_int_equal(expand(&w, repeated(&w, "$$", most, "", "")).status, KPS_INTERPOLATED);
    w.diag.expanded_bytes = 0;
    struct kps_interpolated result = expand(&w, repeated(&w, "$$", most + 2, "", ""));
    assert_int_equal(result.status, KPS_INTERPOLATION_TOO_BIG);
    assert_int_equal(result.problem.off, 2 * (most + 1));
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_observed),        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_places),          cmocka_unit_test(test_problems),
        cmocka_unit_test(test_scalars),         cmocka_unit_test(test_layers),
        cmocka_unit_test(test_unused_branches), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_total),
    };
    return cmocka_run_group_tests_name("interpolate", tests, NULL, NULL);
}
