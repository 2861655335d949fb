#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "compose/dotenv.h"
#include "compose/interpolate.h"
#include "support/published.h"

enum { MOST_VARIABLES = 4 };

struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_env shell;
    struct kps_vars vars;
};

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
    w->vars = (struct kps_vars){.diag = &w->diag, .shell = &w->shell};
}

static void world_end(struct world *w)
{
    kps_vars_free(&w->vars);
    kps_diag_free(&w->diag);
    kps_arena_free(w->arena);
}

static bool parse(struct world *w, struct kps_vars *into, struct kps_sv bytes)
{
    return kps_dotenv_parse(&w->diag, kps_files_add(&w->diag.files, SV(".env"), bytes), into);
}

static struct kps_sv value_of(const struct kps_vars *vars, const char *name)
{
    struct kps_var var;
    return kps_vars_get(vars, kps_sv_of(name), &var) ? var.value : SV("(not set)");
}

/* The port that Docker Compose 2.26.1 published for "${WEB_PORT:-1}:80" in the cases of the same
 * names (tests/cases-compose). */
static const struct observed {
    const char *name, *environment[MOST_VARIABLES], *file, *answer;
} OBSERVED[] = {
    {"e-dotenv-bad",
     {NULL},
     "WEB PORT=1\n",
     "! failed to read .env: line 1: key cannot contain a space"},
    {"e-dotenv-colon", {NULL}, "WEB_PORT: 8110\n", "8110>80/tcp"},
    {"e-dotenv-crlf", {NULL}, "A=1\r\nWEB_PORT=8113\r\n", "8113>80/tcp"},
    {"e-dotenv-dash-name", {NULL}, "web-port=1\nWEB.PORT=2\nWEB_PORT=8120\n", "8120>80/tcp"},
    {"e-dotenv-dup", {NULL}, "WEB_PORT=8115\nWEB_PORT=8116\n", "8116>80/tcp"},
    {"e-dotenv-empty", {NULL}, "WEB_PORT=\n", "1>80/tcp"},
    {"e-dotenv-expand", {NULL}, "BASE=81\nWEB_PORT=${BASE}06\n", "8106>80/tcp"},
    {"e-dotenv-expand-default", {NULL}, "WEB_PORT=${NOPE:-8107}\n", "8107>80/tcp"},
    {"e-dotenv-expand-shell", {"BASE=81"}, "WEB_PORT=${BASE}08\n", "8108>80/tcp"},
    {"e-dotenv-export", {NULL}, "export WEB_PORT=8104\n", "8104>80/tcp"},
    {"e-dotenv-inline-hash-quoted", {NULL}, "WEB_PORT=\"8140\" # c\n", "8140>80/tcp"},
    {"e-dotenv-lead-space", {NULL}, "   WEB_PORT=8112\n", "8112>80/tcp"},
    {"e-dotenv-quotes", {NULL}, "WEB_PORT=\"8102\"\n", "8102>80/tcp"},
    {"e-dotenv-required",
     {NULL},
     "WEB_PORT=${NOPE:?set it}\n",
     "! failed to read .env: required variable NOPE is missing a value: set it"},
    {"e-dotenv-shell-empty-wins", {"WEB_PORT="}, "WEB_PORT=8100\n", "1>80/tcp"},
    {"e-dotenv-shell-over-file-in-expansion",
     {"BASE=82"},
     "BASE=81\nWEB_PORT=${BASE}42\n",
     "8242>80/tcp"},
    {"e-dotenv-shell-wins", {"WEB_PORT=8101"}, "WEB_PORT=8100\n", "8101>80/tcp"},
    {"e-dotenv-squote-noexpand",
     {NULL},
     "BASE=81\nWEB_PORT='${BASE}09'\n",
     "! Invalid hostPort: ${BASE}09"},
    {"e-dotenv-squotes", {NULL}, "WEB_PORT='8103'\n", "8103>80/tcp"},
};

static void test_observed(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(OBSERVED); i++) {
        const struct observed *row = &OBSERVED[i];
        struct world w;
        world_start(&w, row->environment);
        struct kps_sv got;
        if (parse(&w, &w.vars, kps_sv_of(row->file))) {
            struct kps_interpolated port = kps_interpolate_bytes(
                &w.diag, SV("${WEB_PORT:-1}:80"), (struct kps_span){1, 0, 1}, false, &w.vars);
            got = published_by(w.arena, port.text->s);
        } else {
            got = kps_fmt(w.arena, "! %.*s", SV_ARG(w.diag.findings.v[0]->up_error));
        }
        if (!kps_sv_eq(got, kps_sv_of(row->answer))) {
            fail_msg("%s gave '%.*s'", row->name, SV_ARG(got));
        }
        world_end(&w);
    }
}

/* The value of A, with S=shell in the environment and B=b above. */
static const struct value_row {
    const char *why, *file, *value;
} VALUES[] = {
    {"plain", "A=1\n", "1"},
    {"no line break at the end", "A=1", "1"},
    {"blanks around", "  A \t= \t1 \t\n", "1"},
    {"no-break spaces around",
     "A\xc2\xa0=\xc2\xa0"
     "5\xc2\xa0\n",
     "5"},
    {"a BOM",
     "\xef\xbb\xbf"
     "A=1\n",
     "1"},
    {"empty", "A=\n", ""},
    {"empty at the end of the file", "A=", ""},
    {"YAML style", "A: x: y\n", "x: y"},
    {"equal signs in the value", "A=b=c=\n", "b=c="},
    {"a comment", "A=1 # c\n", "1"},
    {"a comment without text", "A=1 #", "1"},
    {"a hash that is none", "A=1#c\n", "1#c"},
    {"a tab does not start a comment", "A=1\t#c\n", "1\t#c"},
    {"a value that is a hash", "A=# c\n", "# c"},
    {"comment lines between", "# A=0\n\n  # x\nA=1\n#A=2", "1"},
    {"export", "export \t A=1\n", "1"},
    {"export on a line of its own", "export\nA=1\n", "1"},
    {"a name that begins like export", "exportA=2\nA=1\n", "1"},
    {"export as a name", "export=2\nA=$export\n", "2"},
    {"double quotes", "A=\"1 # x\"\n", "1 # x"},
    {"double quotes over lines", "A=\"x\ny\"\n", "x\ny"},
    {"single quotes over lines", "A='x\n y'\n", "x\n y"},
    {"escapes in double quotes", "A=\"\\a\\b\\t\\n\\v\\f\\r\\\\\\\"\"\n", "\a\b\t\n\v\f\r\\\""},
    {"octal escapes", "A=\"\\0101\\0377\"\n", "A\xc3\xbf"},
    {"octal escapes that are none", "A=\"\\0|\\012|\\0777|\\0189\"\n", "\\|\\12|\\777|\\189"},
    {"other escapes stay", "A=\"\\c\\x41\\u00e9\\ \\'\"\n", "\\c\\x41\\u00e9\\ \\'"},
    {"no escapes without quotes", "A=a\\tb\n", "a\\tb"},
    {"no escapes in single quotes but the quote's", "A='it\\'s\\n\\\"'\n", "it's\\n\\\""},
    {"a backslash before the closing quote's backslash", "A=\"x\\\\\"\nC=1\n", "x\\"},
    {"an escaped dollar", "A=\"\\$S \\${S}\"\n", "$S ${S}"},
    {"expanded without quotes", "A=$S-${B}\n", "shell-b"},
    {"expanded in double quotes", "A=\"$S \\n${B}\"\n", "shell \nb"},
    {"literal in single quotes", "A='$S'\n", "$S"},
    {"a dollar from an escape is expanded", "A=\"\\0044S\"\n", "shell"},
    {"a later line is not seen", "A=$C\nC=1\n", ""},
    {"the shell is seen before the lines above", "S=file\nA=$S\n", "shell"},
    {"the line above wins over its own old value", "A=1\nA=${A}2\n", "12"},
    {"what follows a quote is the next statement", "C=\"x\" A=1\n", "1"},
    {"without a blank too", "A=\"80\"80\n", "80"},
    {"taken over from the shell", "S\nA=$S\n", "shell"},
    {"taken over from nowhere", "A\n", "(not set)"},
    {"letters beyond ASCII in a name", "\xc3\x9c=1\nA=1\n", "1"},
    {"CR LF everywhere", "# c\r\n\r\nB=x\r\nA=\"1\"\r\n", "1"},
};

static void test_values(void **unused)
{
    static const char *const environment[] = {"S=shell", NULL};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(VALUES); i++) {
        const struct value_row *row = &VALUES[i];
        struct world w;
        world_start(&w, environment);
        struct kps_sv above =
            kps_sv_starts(kps_sv_of(row->file), SV("\xef\xbb\xbf")) ? SV("") : SV("B=b\n");
        struct kps_sv bytes = kps_fmt(w.arena, "%.*s%s", SV_ARG(above), row->file);
        if (!parse(&w, &w.vars, bytes)) {
            fail_msg("%s: %.*s", row->why, SV_ARG(w.diag.findings.v[0]->message));
        }
        struct kps_sv got = value_of(&w.vars, "A");
        if (!kps_sv_eq(got, kps_sv_of(row->value))) {
            fail_msg("%s: A is '%.*s'", row->why, SV_ARG(got));
        }
        assert_int_equal(w.diag.findings.n, 0);
        world_end(&w);
    }
}

static const struct refused_row {
    const char *file;
    uint32_t line, col;
    const char *at, *message, *up_error;
} REFUSED[] = {
    {"A=1\nWEB PORT=1\n", 2, 1, "WEB PORT", "variable name 'WEB PORT' holds a space",
     "failed to read .env: line 2: key cannot contain a space"},
    {"\xef\xbb\xbfsome words\n", 1, 1, "some words", "variable name 'some words' holds a space",
     "failed to read .env: line 1: key cannot contain a space"},
    {"A=1\r\n\r\n# c\r\nS\r\nB C=2\r\n", 5, 1, "B C", "variable name 'B C' holds a space",
     "failed to read .env: line 5: key cannot contain a space"},
    {"export A$B=1\n", 1, 9, "$", "'$' cannot be part of a variable's name",
     "failed to read .env: line 1: unexpected character \"$\" in variable name \"A$B=1\""},
    {"\xe2\x80\x9c"
     "A=1\n",
     1, 1, "\xe2\x80\x9c", "'\xe2\x80\x9c' cannot be part of a variable's name",
     "failed to read .env: line 1: unexpected character \"\xe2\x80\x9c\" in variable name "
     "\"\xe2\x80\x9c"
     "A=1\""},
    {"A=1\n\xff\xfe=1\n", 2, 1, "\xff", "'\xff' cannot be part of a variable's name",
     "failed to read .env: line 2: unexpected character \"\\xff\" in variable name "
     "\"\\xff\\xfe=1\""},
    {"A=1\nC=\"x\ny\n", 2, 3, "\"", "the quote that opens the value of 'C' is never closed",
     "failed to read .env: line 4: unterminated quoted value \"x"},
    {"A='x\\'\n", 1, 3, "'", "the quote that opens the value of 'A' is never closed",
     "failed to read .env: line 2: unterminated quoted value 'x\\'"},
    {"A=1\nB=x${}y\n", 2, 4, "${}", "the value of 'B' holds '${}', which is no variable reference",
     "failed to read .env: Invalid template: \"x${}y\""},
    {"A=\"\n${NOPE:?set it}\"\n", 2, 1, "${NOPE:?set it}",
     "variable 'NOPE' is required here and has no value: set it",
     "failed to read .env: required variable NOPE is missing a value: set it"},
    {"A=${NOPE?}\n", 1, 3, "${NOPE?}", "variable 'NOPE' is required here and has no value",
     "failed to read .env: required variable NOPE is missing a value"},
    {"export ", 1, 8, "", "'export' names no variable", "failed to read .env: zero length string"},
    {"A=1\nB", 2, 1, "B", "'B' has neither '=' nor a line break behind it",
     "setenv: invalid argument"},
    {"A=1\n=2\nC=3\n", 2, 1, "=", "this value has no name", "setenv: invalid argument"},
};

static void test_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(REFUSED); i++) {
        const struct refused_row *row = &REFUSED[i];
        struct world w;
        world_start(&w, NULL);
        w.vars.is_environment = true;
        struct kps_sv bytes = kps_sv_of(row->file);
        assert_false(parse(&w, &w.vars, bytes));
        assert_int_equal(w.diag.findings.n, 1);
        const struct kps_finding *finding = w.diag.findings.v[0];
        if (strcmp(finding->message.p, row->message) != 0 ||
            strcmp(finding->up_error.p, row->up_error) != 0) {
            fail_msg("'%s': %s (%s)", row->file, finding->message.p, finding->up_error.p);
        }
        assert_int_equal(finding->severity, KPS_ERROR);
        struct kps_span span = kps_finding_span(&w.diag, finding);
        struct kps_pos pos = kps_files_pos(&w.diag.files, span.file, span.off);
        assert_int_equal(pos.line, row->line);
        assert_int_equal(pos.col, row->col);
        assert_true(
            kps_sv_eq(kps_sv_slice(bytes, span.off, span.off + span.len), kps_sv_of(row->at)));
        world_end(&w);
    }
}

/* The lines above the bad line are kept, the lines below are not. */
static void test_kept_lines(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    assert_false(parse(&w, &w.vars, SV("A=1\nB C=2\nD=3\n")));
    assert_true(kps_sv_eq(value_of(&w.vars, "A"), SV("1")));
    assert_true(kps_sv_eq(value_of(&w.vars, "D"), SV("(not set)")));
    world_end(&w);
}

/* A NUL byte is a character of a value, which no environment can hold. */
static void test_nul(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    w.vars.is_environment = true;
    static const char bytes[] = "A=1\0"
                                "2\nB=\"\n";
    assert_false(parse(&w, &w.vars, (struct kps_sv){bytes, 6}));
    assert_string_equal(w.diag.findings.v[0]->message.p, "the value of 'A' holds a NUL byte");
    /* the next mistake is told too: Compose reads on before it fills its environment */
    assert_false(parse(&w, &w.vars, (struct kps_sv){bytes, sizeof(bytes) - 1}));
    assert_int_equal(w.diag.findings.n, 3);
    world_end(&w);
}

/* Compose from 2.40 on takes what an environment refuses, and reads on. */
static void test_later_versions(void **unused)
{
    (void)unused;
    static const struct kps_sv files[] = {SV_LIT("=2\nA=1\n"), SV_LIT("A=1\n =\n"),
                                          SV_LIT("N=a\0b\nA=1\n"), SV_LIT("A=1\nLAST")};
    for (size_t i = 0; i < KPS_COUNT(files); i++) {
        struct world w;
        world_start(&w, NULL);
        assert_true(parse(&w, &w.vars, files[i]));
        assert_true(kps_sv_eq(value_of(&w.vars, "A"), SV("1")));
        assert_int_equal(w.diag.findings.n, 1);
        assert_int_equal(w.diag.findings.v[0]->rule, KPS_RULE_COMPOSE_VERSION_DIFFERS);
        assert_int_equal(w.diag.findings.v[0]->severity, KPS_NOTE);
        world_end(&w);
    }
}

/* An included project's file goes into no environment; its parent's variables are stronger. */
static void test_layers(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    assert_true(parse(&w, &w.vars, SV("A=parent\n")));
    struct kps_vars included = {.diag = &w.diag, .stronger = &w.vars};
    assert_true(parse(&w, &included, SV("A=own\nB=${A}\n=x\nC")));
    assert_true(kps_sv_eq(value_of(&included, "A"), SV("parent")));
    assert_true(kps_sv_eq(value_of(&included, "B"), SV("parent")));
    kps_vars_free(&included);
    world_end(&w);
}

/* Several files: the later one wins, but inside it the earlier file is stronger than the lines
 * above. */
static void test_files(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    assert_true(parse(&w, &w.vars, SV("BASE=1\nA=first\n")));
    assert_true(parse(&w, &w.vars, SV("BASE=2\nPORT=${BASE}0\nA=second\n")));
    assert_true(kps_sv_eq(value_of(&w.vars, "BASE"), SV("2")));
    assert_true(kps_sv_eq(value_of(&w.vars, "PORT"), SV("10")));
    assert_true(kps_sv_eq(value_of(&w.vars, "A"), SV("second")));
    /* a bare name takes the earlier file's value, over a line above it */
    assert_true(parse(&w, &w.vars, SV("A=third\nA\n")));
    assert_true(kps_sv_eq(value_of(&w.vars, "A"), SV("second")));
    world_end(&w);
}

static const struct origin_row {
    const char *file, *value_at;
    uint32_t line, col;
} ORIGINS[] = {
    {"B=1\nA=8080 # c\n", "8080", 2, 3},
    {"A = \"8080\"\n", "8080", 1, 6},
    {"A='80\\'80'\n", "80\\'80", 1, 4},
    {"\xef\xbb\xbf"
     "A: 8080\r\n",
     "8080", 1, 4},
    {"A=1\nA=${B:-8080}\n", "${B:-8080}", 2, 3},
    {"A=\n", "", 1, 3},
};

static void test_origins(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(ORIGINS); i++) {
        const struct origin_row *row = &ORIGINS[i];
        struct world w;
        world_start(&w, NULL);
        struct kps_sv bytes = kps_sv_of(row->file);
        struct kps_var var;
        assert_true(parse(&w, &w.vars, bytes));
        assert_true(kps_vars_get(&w.vars, SV("A"), &var));
        const struct kps_origin origin = kps_origins_get(&w.diag.origins, var.origin);
        assert_int_equal(origin.step, KPS_STEP_VARIABLE);
        assert_true(kps_sv_eq(origin.what, SV("A")));
        struct kps_span span = origin.span;
        assert_true(kps_sv_eq(kps_sv_slice(bytes, span.off, span.off + span.len),
                              kps_sv_of(row->value_at)));
        struct kps_pos pos = kps_files_pos(&w.diag.files, span.file, span.off);
        assert_int_equal(pos.line, row->line);
        assert_int_equal(pos.col, row->col);
        world_end(&w);
    }
}

/* A name without a value is no finding in .env; it shows up where a port uses what it was part of.
 */
static void test_unset(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    assert_true(
        parse(&w, &w.vars, SV("WORD=pa$word\nPORT=80${NOPE}\nSAME=$PORT\nSAFE=${NOPE:-1}\n")));
    assert_int_equal(w.diag.findings.n, 0);
    struct kps_span nowhere = {0, 0, 0};
    struct kps_interpolated port =
        kps_interpolate_bytes(&w.diag, SV("$SAME:80"), nowhere, false, &w.vars);
    assert_int_equal(port.n_unset, 1);
    assert_true(kps_sv_eq(port.unset[0].name, SV("NOPE")));
    assert_int_equal(port.unset[0].span.file, 1);
    assert_int_equal(port.unset[0].span.off, 20);
    assert_int_equal(port.unset[0].span.len, 7);
    assert_int_equal(
        kps_interpolate_bytes(&w.diag, SV("$SAFE:80"), nowhere, false, &w.vars).n_unset, 0);
    assert_int_equal(
        kps_interpolate_bytes(&w.diag, SV("${SAME:+x}"), nowhere, false, &w.vars).n_unset, 0);
    world_end(&w);
}

/* Lines that double: the value grows until the limit says so, in little time. */
static void test_growth(void **unused)
{
    (void)unused;
    struct world w;
    world_start(&w, NULL);
    struct kps_buf file = KPS_BUF(w.arena);
    kps_buf_add(&file, SV("V0=xxxxxxxx\n"));
    for (unsigned i = 1; i < 40; i++) {
        kps_buf_fmt(&file, "V%u=$V%u$V%u\n", i, i - 1, i - 1);
    }
    assert_false(parse(&w, &w.vars, kps_buf_sv(&file)));
    assert_int_equal(w.diag.findings.n, 1);
    assert_string_equal(w.diag.findings.v[0]->message.p, "the value of 'V18' grows too large");
    assert_int_equal(value_of(&w.vars, "V17").n, KPS_LIMIT_EXPANSION_BYTES);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_observed),       cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_later_versions), cmocka_unit_test(test_kept_lines),
        cmocka_unit_test(test_layers),         cmocka_unit_test(test_files),
        cmocka_unit_test(test_origins),        cmocka_unit_test(test_unset),
        cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests_name("dotenv", tests, NULL, NULL);
}
