#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "options/completions.h"
#include "options/parser.h"
#include "options/source.h"

/* A program of its own with a small table: the library knows no other member than the first. */
struct kps_options {
    struct kps_option_state state;
    unsigned mode, level, count;
    bool is_quick;
    struct kps_sv name;
    struct kps_list files;
};

static bool set_level(struct kps_option_setting *s, struct kps_sv text)
{
    int at = kps_option_word(s, text);
    s->options->level = at > 0 ? (unsigned)at : 0;
    return at >= 0;
}

#define AT(member) .target = offsetof(struct kps_options, member)

static const struct kps_option_info table[] = {
    {"quick", NULL, .kind = KPS_OPTION_SWITCH, AT(is_quick), .letter = 'q'},
    {"loud", NULL, .kind = KPS_OPTION_COUNT, AT(count)},
    {"list", NULL, .kind = KPS_OPTION_CONSTANT, AT(mode), .constant = 7},
    {"name", "NAME", .kind = KPS_OPTION_TEXT, AT(name), .wants = "a name", .has_variable = true,
     .setting = KPS_CONFIG_BASELINE, .letter = 'n'},
    {"file", "FILE", .kind = KPS_OPTION_LIST, AT(files), .setting = KPS_CONFIG_EXCLUDE,
     .letter = 'f'},
    {"level", "WORD", .kind = KPS_OPTION_HANDLED, .set = set_level, .has_variable = true,
     .setting = KPS_CONFIG_COLOR, .outranked_by = "NO_COLOR", .offer = KPS_OFFER_WORDS,
     .wants = "low middle high"},
    {"highest", NULL, .kind = KPS_OPTION_ALIAS, .alias = "level=high"},
    {.name = NULL},
};

struct run {
    struct kps_arena *arena;
    struct kps_options options;
    struct kps_sv error;
    int first;
};

/* Parse words separated by blanks. */
static bool parse_line(struct run *run, const char *line)
{
    char **argv = KPS_NEW_N(run->arena, char *, 20);
    int argc = 0;
    struct kps_sv rest = kps_fmt(run->arena, "prog %s", line);
    while (rest.n) {
        struct kps_sv word = kps_sv_slice(rest, 0, kps_sv_find(rest, ' '));
        rest = kps_sv_from(rest, word.n + 1);
        argv[argc] = kps_alloc(run->arena, word.n + 1);
        memcpy(argv[argc++], word.p, word.n);
    }
    run->options = (struct kps_options){
        .state = {.table = table, .size = sizeof(run->options), .most_values = 20}};
    return kps_parser_run(run->arena, &run->options, argc, argv, &run->first, &run->error);
}

static void test_kinds(void **state)
{
    struct run run = {.arena = kps_arena_new()};
    (void)state;
    assert_true(
        parse_line(&run, "-q --loud --loud --list --name=n a -f x --file y --level middle b"));
    assert_true(run.options.is_quick);
    assert_int_equal(run.options.count, 2);
    assert_int_equal(run.options.mode, 7);
    assert_true(kps_sv_eq(run.options.name, SV("n")));
    assert_int_equal(run.options.files.n, 2);
    assert_true(kps_sv_eq(run.options.files.v[1], SV("y")));
    assert_int_equal(run.options.level, 1);
    assert_true(kps_option_is_given(&run.options, "level"));
    assert_true(parse_line(&run, "--highest"));
    assert_int_equal(run.options.level, 2);
    assert_true(kps_option_is_given(&run.options, "level"));
    assert_false(kps_option_is_given(&run.options, "name"));
    kps_arena_free(run.arena);
}

static void test_faults(void **state)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"--nmae x", "there is no option '--nmae'; did you mean '--name'?"},
        {"--l", "'--l' is short for more than one option"},
        {"-x", "there is no option '-x'"},
        {"--quick=1", "option '--quick' takes no value"},
        {"-n", "option '-n' wants NAME"},
        {"--name=", "--name wants a name"},
        {"--level loud", "--level 'loud' is none of low, middle, high"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct run run = {.arena = kps_arena_new()};
        if (parse_line(&run, rows[i].line) || !kps_sv_eq(run.error, kps_sv_of(rows[i].error))) {
            fail_msg("%s: '%.*s'", rows[i].line, SV_ARG(run.error));
        }
        kps_arena_free(run.arena);
    }
}

/* The values of the environment and of a file, after a command line. */
static bool apply_sources(struct run *run, struct kps_diag *diag, const char *line,
                          char *const *environment, const char *level, const char *name)
{
    assert_true(parse_line(run, line));
    struct kps_env env = kps_env_of(run->arena, environment);
    struct kps_config_value values[] = {{.text = kps_sv_of(level)}, {.text = kps_sv_of(name)}};
    struct kps_config *config = KPS_NEW(run->arena, struct kps_config);
    *config = (struct kps_config){.file = 0};
    config->values[KPS_CONFIG_COLOR] = (struct kps_config_values){&values[0], level ? 1 : 0};
    config->values[KPS_CONFIG_BASELINE] = (struct kps_config_values){&values[1], name ? 1 : 0};
    bool is_good = kps_source_apply_environment(diag, &run->options, &env);
    return kps_source_apply_config(diag, &run->options, &env, config) && is_good;
}

static void test_sources(void **state)
{
    struct run run = {.arena = kps_arena_new()};
    struct kps_diag diag = {.arena = run.arena};
    char name[] = "KPORTSCAN_NAME=env";
    char high[] = "KPORTSCAN_LEVEL=high";
    char odd[] = "KPORTSCAN_LEVEL=odd";
    char plain[] = "NO_COLOR=1";
    char *named[] = {name, NULL};
    char *wrong[] = {odd, NULL};
    char *outranks[] = {plain, NULL};
    char *both[] = {name, high, NULL};
    char *none[] = {NULL};
    (void)state;
    assert_true(apply_sources(&run, &diag, "--name line", named, "middle", "file"));
    assert_true(kps_sv_eq(run.options.name, SV("line")));
    assert_int_equal(run.options.level, 1);
    assert_true(apply_sources(&run, &diag, "", both, "low", "file"));
    assert_true(kps_sv_eq(run.options.name, SV("env")));
    assert_int_equal(run.options.level, 2);
    assert_true(apply_sources(&run, &diag, "", none, NULL, "file"));
    assert_true(kps_sv_eq(run.options.name, SV("file")));
    assert_true(apply_sources(&run, &diag, "", outranks, "high", NULL));
    assert_int_equal(run.options.level, 0);
    assert_int_equal(diag.findings.n, 0);
    assert_false(apply_sources(&run, &diag, "", wrong, NULL, NULL));
    assert_true(kps_sv_eq(diag.findings.v[0]->message,
                          SV("KPORTSCAN_LEVEL 'odd' is none of low, middle, high")));
    /* a value is validated also where a stronger source overrides it */
    assert_false(apply_sources(&run, &diag, "--level low", none, "odd", NULL));
    assert_int_equal(run.options.level, 0);
    kps_diag_free(&diag);
    kps_arena_free(run.arena);
}

static void test_seconds(void **state)
{
    uint32_t ms = 0;
    (void)state;
    assert_true(kps_option_seconds(SV("2"), &ms) && ms == 2000);
    assert_true(kps_option_seconds(SV("0.25"), &ms) && ms == 250);
    assert_false(kps_option_seconds(SV("0"), &ms));
    assert_false(kps_option_seconds(SV("3601"), &ms));
    assert_false(kps_option_seconds(SV("1.2345"), &ms));
    assert_false(kps_option_seconds(SV("soon"), &ms));
}

static void test_texts(void **state)
{
    char *bytes = NULL;
    size_t n = 0;
    (void)state;
    FILE *out = open_memstream(&bytes, &n);
    assert_non_null(out);
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_completions from = {.arena = arena,
                                   .table = table,
                                   .help = SV("  -n, --name NAME              a name\n"
                                              "      --level WORD             how, with\n"
                                              "                               more words\n"
                                              "\n"
                                              "More:\n"
                                              "      --list[=X]               list\n")};
    assert_true(kps_completions_print(&from, SV("fish"), out));
    assert_false(kps_completions_print(&from, SV("csh"), out));
    (void)fclose(out);
    assert_null(strstr(bytes, "highest"));
    assert_non_null(strstr(bytes, "-l name -s n -x -d 'a name'\n"));
    assert_non_null(strstr(bytes, "-l level -x -a ' low middle high' -d 'how, with more words'\n"));
    assert_non_null(strstr(bytes, "-l list -d 'list'\n"));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_faults),
        cmocka_unit_test(test_sources), cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
