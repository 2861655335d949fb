#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "arguments/port_argument.h"
#include "command_line.h"
#include "help.h"
#include "inputs/jobs.h"
#include "option_table.h"
#include "options.h"

enum { MOST_WORDS = 20 };

/* Parses the words of `line` (separated by blanks); argv must be writable. */
static bool parse(struct kps_arena *arena, const char *line, struct kps_options *options,
                  struct kps_sv *error)
{
    char **argv = KPS_NEW_N(arena, char *, MOST_WORDS + 2);
    int argc = 0;
    struct kps_sv rest = kps_sv_of(line);
    argv[argc++] = memcpy(kps_alloc(arena, sizeof("kportscan")), "kportscan", sizeof("kportscan"));
    while (rest.n) {
        struct kps_sv word = kps_sv_slice(rest, 0, kps_sv_find(rest, ' '));
        rest = kps_sv_from(rest, word.n + 1);
        argv[argc] = kps_alloc(arena, word.n + 1);
        memcpy(argv[argc++], word.p, word.n);
        assert_true(argc <= MOST_WORDS);
    }
    return kps_command_line_parse(arena, argc, argv, options, error);
}

static const struct wrong {
    const char *line, *error;
} wrong[] = {
    {"--fromat json", "there is no option '--fromat'; did you mean '--format'?"},
    {"--fail-no=error", "there is no option '--fail-no'; did you mean '--fail-on'?"},
    {"--nonsense", "there is no option '--nonsense'"},
    {"compose.yaml --nonsense", "there is no option '--nonsense'"},
    {"--no", "'--no' is short for more than one option"},
    {"-x", "there is no option '-x'"},
    {"--lint -x", "there is no option '-x'"},
    {"-vx", "there is no option '-x'"},
    {"--lint=yes", "option '--lint' takes no value"},
    {"-f", "option '-f' wants FILE"},
    {"-vf", "option '-f' wants FILE"},
    {"--file", "option '--file' wants FILE"},
    {"--explain", "option '--explain' wants RULE"},
    {"-o xml", "there is no format 'xml'"},
    {"-o jsno", "there is no format 'jsno'; did you mean 'json'?"},
    {"-o sarfi", "there is no format 'sarfi'; did you mean 'sarif'?"},
    {"-o sarif 3000", "format 'sarif' is for checks; a list or question about ports has text, "
                      "short, json, table, csv, "
                      "markdown, html"},
    {"-o json=", "--format 'json=' names no file"},
    {"-o json -o text",
     "two reports go to standard output; write --format FMT=FILE for one of them"},
    {"-o json=x -o text=x", "two reports go to one file; write --format FMT=FILE for one of them"},
    {"--color sometimes", "--color 'sometimes' is none of auto, always, never"},
    {"-S high", "--severity 'high' is none of error, warning, note"},
    {"-S never", "--severity 'never' is none of error, warning, note"},
    {"--fail-on high", "--fail-on 'high' is none of error, warning, note, never"},
    {"--select KP999", "there is no rule 'KP999' (kportscan --list-rules)"},
    {"--select K", "there is no rule 'K' (kportscan --list-rules)"},
    {"--ignore KP101,compose-self-crash", "there is no rule 'compose-self-crash'; did you mean "
                                          "'compose-self-clash'? (kportscan --list-rules)"},
    {"--free 0", "--free '0' is not in 1-65535 (a file of that name is './0')"},
    {"--free 90-80", "--free port range '90-80' ends before it begins"},
    {"--free compose.yaml",
     "--free 'compose.yaml' is no port, like 3000, 3000-3010/udp or 127.0.0.1:3000"},
    {"--free 80 90", "--free looks for one port at a time; a file called '90' is './90'"},
    {"--free 80 -o github", "format 'github' is for checks; --free has text, short, json"},
    {"--free 80 -n 0", "-n '0' is not a number of ports, 1 to 65535"},
    {"-n 3 compose.yaml", "-n belongs to --free"},
    {"--no-probe 3000", "there is no option '--no-probe'"},
    {"--diagnose a.log b.log", "--diagnose reads one log, and 'b.log' is another; a message goes "
                               "in quotes: kportscan --diagnose "
                               "\"Bind for 0.0.0.0:3000 failed\""},
    {"--diagnose --host", "--diagnose reads a log: it goes with no --docker or --host"},
    {"--diagnose -f compose.yaml", "--diagnose reads a log: it goes with no --file"},
    {"--diff 8080", "--diff is about files that are checked, not about ports"},
    {"--diff --free 8080", "--diff is about files that are checked, and prints nothing else"},
    {"--diff -o json", "--diff prints the patch; write the report to a file: --format json=FILE"},
    {"--config x --no-config", "--config and --no-config exclude each other"},
    {"--config=", "--config wants a file"},
    {"--baseline=", "--baseline wants a file"},
    {"--write-baseline=", "--write-baseline wants a file"},
    {"0", "'0' is not in 1-65535 (a file of that name is './0')"},
    {"70000/udp", "'70000' is not in 1-65535 (a file of that name is './70000/udp')"},
    {"127.0.0.1:80-99999",
     "'80-99999' is not in 1-65535 (a file of that name is './127.0.0.1:80-99999')"},
    {"90-80", "port range '90-80' ends before it begins"},
    {"80 compose.yaml",
     "'80' asks about a port and 'compose.yaml' is a file to check: one at a time"},
    {"-f base.yaml 80", "'80' asks about a port and 'base.yaml' is a file to check: one at a time"},
    {"--lint 80", "--lint looks at files only; a question about ports is about this machine"},
    {"--lint --docker", "--lint looks at files only; a question about ports is about this machine"},
    {"--docker --no-docker", "--no-docker and --no-host leave nothing to ask"},
    {"--host --no-host 80", "--no-docker and --no-host leave nothing to ask"},
    {"--no-host --no-docker 80", "--no-docker and --no-host leave nothing to ask"},
    {"-H tcp://x --context y", "--docker-host and --context both say which engine: one of them"},
    {"--docker-host=", "--docker-host wants a URL, like unix:///var/run/docker.sock"},
    {"--watch",
     "--watch is for ports and lists: 'kportscan 3000 --watch', 'kportscan --docker --watch'"},
    {"--watch compose.yaml",
     "--watch is for ports and lists: 'kportscan 3000 --watch', 'kportscan --docker --watch'"},
    {"-o sarif 3000 --watch", "format 'sarif' is for checks; a list or question about ports has "
                              "text, short, json, table, csv, "
                              "markdown, html"},
    {"3000 --watch=soon", "--watch 'soon' is not a number of seconds, up to 3600"},
    {"--timeout soon", "--timeout 'soon' is not a number of seconds, up to 3600"},
    {"--timeout 0", "--timeout '0' is not a number of seconds, up to 3600"},
    {"--timeout 0.0001", "--timeout '0.0001' is not a number of seconds, up to 3600"},
    {"--timeout 3601", "--timeout '3601' is not a number of seconds, up to 3600"},
    {"docker-hook 3000", "there is no file 'docker-hook'; type: kportscan --explain docker-hook"},
    {"docker compose up",
     "leave 'docker compose' and its command out: kportscan takes the options of 'docker "
     "compose', not its commands"},
    {"-p 3000:80", "-p is the name of the project here, and '3000:80' is a port; type: "
                   "kportscan 3000:80"},
    {"--port web", "--port 'web' is no port, like 3000, 3000/udp or 127.0.0.1:3000"},
    {"--port 0", "'0' is not in 1-65535 (a file of that name is './0')"},
    {"--port 80 compose.yaml",
     "'80' asks about a port and 'compose.yaml' is a file to check: one at a time"},
    {"--json -o text",
     "two reports go to standard output; write --format FMT=FILE for one of them"},
    {"--no-color=always", "option '--no-color' takes no value"},
    {"--scale web", "--scale 'web' is not like web=3"},
    {"--scale web=-1", "--scale 'web=-1' is not like web=3"},
    {"--scale =3", "--scale '=3' is not like web=3"},
    {"http://example.com:3000/", "'http://example.com:3000/' is a place on host 'example.com', "
                                 "not this machine; type: kportscan 3000"},
    {"99999999999999999999",
     "'99999999999999999999' is not in 1-65535 (a file of that name is './99999999999999999999')"},
    {"3000,0", "'0' is not in 1-65535 (a file of that name is './0')"},
    {"docker 3000", "there is no file 'docker'; type: kportscan --docker [PORT...]"},
    {"--docker shop 3000", "'shop' is a name: ask about it without files and ports"},
    {"- -", "standard input can be read once only"},
    {"-f - -", "standard input can be read once only"},
};

static void test_wrong_command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(wrong); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_options options;
        struct kps_sv error = {"", 0};
        bool parsed = parse(arena, wrong[i].line, &options, &error);
        if (parsed || !kps_sv_eq(error, kps_sv_of(wrong[i].error))) {
            fail_msg("%s: %.*s", wrong[i].line, SV_ARG(error));
        }
    }
}

static struct kps_options expect(struct kps_arena *arena, const char *line)
{
    struct kps_options options;
    struct kps_sv error = {"", 0};
    if (!parse(arena, line, &options, &error)) {
        fail_msg("%s: %.*s", line, SV_ARG(error));
    }
    return options;
}

static void expect_list(const struct kps_list *list, const char *a, const char *b)
{
    assert_int_equal(list->n, b ? 2 : a ? 1 : 0);
    assert_true(!a || kps_sv_eq(list->v[0], kps_sv_of(a)));
    assert_true(!b || kps_sv_eq(list->v[1], kps_sv_of(b)));
}

static void test_nothing_given(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "");
    assert_int_equal(options.mode, KPS_MODE_CHECK);
    assert_int_equal(options.verdict.fail_on, KPS_ERROR);
    assert_int_equal(options.verdict.least_severity, KPS_NOTE);
    assert_int_equal(options.output.colour, KPS_COLOUR_AUTO);
    assert_int_equal(options.output.n, 0);
    assert_false(options.verdict.never_fails || options.verdict.selects || options.lists_claims ||
                 options.log.verbose);
}

/* `docker compose` with its words replaced. */
static void test_the_options_of_docker_compose(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options =
        expect(arena, "-f a.yaml --file=b.yaml -p shop --project-directory dir");
    expect_list(&options.inputs.files, "a.yaml", "b.yaml");
    assert_true(kps_sv_eq(options.inputs.project_name, SV("shop")));
    assert_true(kps_sv_eq(options.inputs.project_directory, SV("dir")));
    options = expect(
        arena, "--profile a --profile * --env-file x --env-file y --service web --service db");
    expect_list(&options.inputs.profiles, "a", "*");
    expect_list(&options.inputs.env_files, "x", "y");
    expect_list(&options.inputs.services, "web", "db");
    options = expect(arena, "-fa.yaml -p=shop");
    expect_list(&options.inputs.files, "a.yaml", NULL);
}

static void test_inputs_and_options_in_any_order(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "a.yaml -o json - --lint");
    expect_list(&options.inputs.named, "a.yaml", "-");
    assert_true(options.only_files);
    options = expect(arena, "-- --lint ./3000");
    expect_list(&options.inputs.named, "--lint", "./3000");
    assert_false(options.only_files);
    options = expect(arena, "--static --no-docker --no-host --no-config");
    assert_true(options.only_files);
}

static void test_reports(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options =
        expect(arena, "-o text -o json=a=b.json --claims --color=never -qq -v");
    assert_int_equal(options.output.n, 2);
    assert_string_equal(options.output.v[0].format->name, "text");
    assert_int_equal(options.output.v[0].file.n, 0);
    assert_string_equal(options.output.v[1].format->name, "json");
    assert_true(kps_sv_eq(options.output.v[1].file, SV("a=b.json")));
    assert_true(options.lists_claims && options.log.verbose);
    assert_int_equal(options.log.quiet, 2);
    assert_int_equal(options.output.colour, KPS_COLOUR_NEVER);
}

static void test_other_names_of_options(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "--json --no-color --port 80/udp 81 --port=82");
    assert_int_equal(options.output.n, 1);
    assert_string_equal(options.output.v[0].format->name, "json");
    assert_int_equal(options.output.colour, KPS_COLOUR_NEVER);
    assert_int_equal(options.mode, KPS_MODE_QUERY);
    assert_int_equal(options.n_questions, 3);
    assert_int_equal(options.questions[0].ports.first, 80);
    assert_int_equal(options.questions[0].ports.protocol, KPS_UDP);
    assert_int_equal(options.questions[1].ports.first, 82);
    assert_int_equal(options.questions[2].ports.first, 81);
    assert_true(kps_option_is_given(&options, "format") && kps_option_is_given(&options, "color"));
    assert_false(kps_option_is_given(&options, "fail-on"));
    assert_int_equal(expect(arena, "--color always --no-color").output.colour, KPS_COLOUR_NEVER);
}

static void test_what_counts(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options =
        expect(arena, "--fail-on warning -S error --select KP10,kp901 --ignore compose-self-clash");
    assert_int_equal(options.verdict.fail_on, KPS_WARNING);
    assert_int_equal(options.verdict.least_severity, KPS_ERROR);
    assert_true(options.verdict.selects && options.verdict.selected.has[101] &&
                options.verdict.selected.has[109] && options.verdict.selected.has[901]);
    assert_false(options.verdict.selected.has[201] || options.verdict.selected.has[902]);
    assert_true(options.verdict.ignored.has[103]);
    assert_false(options.verdict.ignored.has[101]);
    assert_true(expect(arena, "--fail-on never").verdict.never_fails);
    assert_true(expect(arena, "--exit-zero").verdict.never_fails);
    assert_false(expect(arena, "--exit-zero --fail-on note").verdict.never_fails);
}

static void test_modes(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    assert_int_equal(expect(arena, "--help").mode, KPS_MODE_HELP);
    assert_int_equal(expect(arena, "-h 3000").mode, KPS_MODE_HELP);
    assert_int_equal(expect(arena, "--version").mode, KPS_MODE_VERSION);
    assert_int_equal(expect(arena, "--list-rules").mode, KPS_MODE_LIST_RULES);
    struct kps_options options = expect(arena, "--explain KP101");
    assert_int_equal(options.mode, KPS_MODE_EXPLAIN);
    assert_true(kps_sv_eq(options.explained, SV("KP101")));
}

static const struct port_row {
    const char *word;
    enum kps_port_form form;
    const char *address; /* "*": every */
    uint16_t first, last;
    enum kps_protocol protocol;
} ports[] = {
    {"3000", KPS_PORT_FORM_PLAIN, "*", 3000, 3000, KPS_PROTO_NONE},
    {"3000/udp", KPS_PORT_FORM_PLAIN, "*", 3000, 3000, KPS_UDP},
    {"3000-3010", KPS_PORT_FORM_PLAIN, "*", 3000, 3010, KPS_PROTO_NONE},
    {"127.0.0.1:3000", KPS_PORT_FORM_PLAIN, "127.0.0.1", 3000, 3000, KPS_PROTO_NONE},
    {"[::1]:3000/tcp", KPS_PORT_FORM_PLAIN, "::1", 3000, 3000, KPS_TCP},
    {"0.0.0.0:53/UDP", KPS_PORT_FORM_PLAIN, "0.0.0.0", 53, 53, KPS_UDP},
    /* pasted texts */
    {":3000", KPS_PORT_FORM_PASTED, "*", 3000, 3000, KPS_PROTO_NONE},
    {"*:3000", KPS_PORT_FORM_PASTED, "*", 3000, 3000, KPS_PROTO_NONE},
    {"localhost:3000", KPS_PORT_FORM_PASTED, "127.0.0.1", 3000, 3000, KPS_PROTO_NONE},
    {"http://localhost:3000/x?a=b:c", KPS_PORT_FORM_PASTED, "127.0.0.1", 3000, 3000, KPS_TCP},
    {"HTTP://LocalHost:3000", KPS_PORT_FORM_PASTED, "127.0.0.1", 3000, 3000, KPS_TCP},
    {"http://127.0.0.1", KPS_PORT_FORM_PASTED, "127.0.0.1", 80, 80, KPS_TCP},
    {"https://[::1]/", KPS_PORT_FORM_PASTED, "::1", 443, 443, KPS_TCP},
    {"http://[::1]:8080/", KPS_PORT_FORM_PASTED, "::1", 8080, 8080, KPS_TCP},
    {"tcp://127.0.0.1:3000", KPS_PORT_FORM_PASTED, "127.0.0.1", 3000, 3000, KPS_TCP},
    {"udp://0.0.0.0:53", KPS_PORT_FORM_PASTED, "0.0.0.0", 53, 53, KPS_UDP},
    {"postgres://me:secret@localhost/shop", KPS_PORT_FORM_PASTED, "127.0.0.1", 5432, 5432, KPS_TCP},
    {"redis://localhost:6380", KPS_PORT_FORM_PASTED, "127.0.0.1", 6380, 6380, KPS_TCP},
    {"3000:80", KPS_PORT_FORM_PASTED, "*", 3000, 3000, KPS_PROTO_NONE},
    {"3000-3005:80-85/udp", KPS_PORT_FORM_PASTED, "*", 3000, 3005, KPS_UDP},
    {"127.0.0.1:3000:80", KPS_PORT_FORM_PASTED, "127.0.0.1", 3000, 3000, KPS_PROTO_NONE},
    {"[::1]:3000:80", KPS_PORT_FORM_PASTED, "::1", 3000, 3000, KPS_PROTO_NONE},
    {"127.0.0.53%lo:53", KPS_PORT_FORM_PASTED, "127.0.0.53", 53, 53, KPS_PROTO_NONE},
    {"[fe80::1]%eth0:546/udp", KPS_PORT_FORM_PASTED, "fe80::1", 546, 546, KPS_UDP},
    {"[fe80::1%eth0]:546", KPS_PORT_FORM_PASTED, "fe80::1", 546, 546, KPS_PROTO_NONE},
    {"0.0.0.0:3000->80/tcp", KPS_PORT_FORM_PASTED, "0.0.0.0", 3000, 3000, KPS_TCP},
    {"[::]:3000-3001->80-81/udp", KPS_PORT_FORM_PASTED, "::", 3000, 3001, KPS_UDP},
    {"3000->80", KPS_PORT_FORM_PASTED, "*", 3000, 3000, KPS_PROTO_NONE},
    {"tcp/3000", KPS_PORT_FORM_PASTED, "*", 3000, 3000, KPS_TCP},
    /* no ports */
    {"3000->", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"3000->web/tcp", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"->80/tcp", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"3000/icmp", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"3000-", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"::1", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"[::1]", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"localhost", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"localhost:", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {":", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"nginx:80:web", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"web:3000:80", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"file:///compose.yaml", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"tcp://localhost", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"://", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"./3000", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"3000.yaml", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"compose.yaml", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"-", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"a/3000", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
    {"", KPS_PORT_FORM_NONE, NULL, 0, 0, KPS_PROTO_NONE},
};

static void test_ports_and_files(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(ports); i++) {
        struct kps_question got = {.words = SV("")};
        struct kps_addr addr = {.kind = KPS_ADDR_EVERY};
        struct kps_sv error = SV("");
        if (kps_port_argument_form(kps_sv_of(ports[i].word)) != ports[i].form) {
            fail_msg("%s", ports[i].word);
        }
        if (ports[i].form == KPS_PORT_FORM_NONE) {
            continue;
        }
        (void)kps_addr_parse(kps_sv_of(ports[i].address), &addr);
        if (!kps_port_argument_parse(arena, kps_sv_of(ports[i].word), &got, &error) ||
            !kps_addr_eq(&got.ports.addr, &addr) || got.ports.first != ports[i].first ||
            got.ports.last != ports[i].last || got.ports.protocol != ports[i].protocol) {
            fail_msg("%s: %.*s", ports[i].word, SV_ARG(error));
        }
    }
}

/* localhost is 127.0.0.1 and ::1, and nothing else. */
static void test_localhost(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    static const struct {
        const char *address;
        bool expected;
    } rows[] = {{"127.0.0.1", true}, {"::1", true},        {"0.0.0.0", true},
                {"::", true},        {"192.0.2.1", false}, {"fe80::1", false}};
    struct kps_options options = expect(arena, "localhost:3000");
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_addr addr = {.kind = KPS_ADDR_EVERY};
        (void)kps_addr_parse(kps_sv_of(rows[i].address), &addr);
        struct kps_port_use use = {
            .protocol = KPS_TCP, .first = 3000, .last = 3000, .addrs = &addr, .n_addrs = 1};
        assert_int_equal(kps_question_meets(&options.questions[0], &use), rows[i].expected);
    }
}

static void test_lists_of_ports(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "3000,5432/udp :80");
    assert_int_equal(options.n_questions, 3);
    assert_int_equal(options.questions[1].ports.first, 5432);
    assert_true(kps_sv_eq(options.questions[1].words, SV("5432/udp")));
    assert_int_equal(options.questions[2].ports.first, 80);
    assert_int_equal(expect(arena, "3000,a").n_questions, 0);
}

static void test_names_beside_docker(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "--docker shop-web-1 shop");
    assert_int_equal(options.mode, KPS_MODE_QUERY);
    expect_list(&options.names, "shop-web-1", "shop");
    options = expect(arena, "--host nginx post*");
    assert_int_equal(options.mode, KPS_MODE_QUERY);
    options = expect(arena, "--cluster web db cache queue");
    assert_int_equal(options.names.n, 4);
    options = expect(arena, "--map --name web --name d?");
    expect_list(&options.names, "web", "d?");
    assert_int_equal(options.mode, KPS_MODE_CHECK);
    assert_true(options.makes_map && options.only_files);
    options =
        expect(arena, "--docker deploy.yaml"); /* a manifest for this machine, missing or not */
    assert_int_equal(options.mode, KPS_MODE_CHECK);
    assert_int_equal(options.names.n, 0);
}

static void test_scale(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options = expect(arena, "--scale web=3 --scale=db=0");
    assert_int_equal(options.inputs.n_scales, 2);
    assert_true(kps_sv_eq(options.inputs.scales[0].service, SV("web")));
    assert_int_equal(options.inputs.scales[0].replicas, 3);
    assert_int_equal(options.inputs.scales[1].replicas, 0);
}

/* Every option that is not hidden is in --help once, and no line of it is wider than a terminal. */
static void test_help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    kps_help_print(out);
    assert_int_equal(fclose(out), 0);
    struct kps_sv help = {text, n};
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof(wanted), " --%s%s", info->name,
                       info->argument && info->argument[0] == '[' ? "[" : " ");
        bool found = kps_sv_search(help, kps_sv_of(wanted)) < help.n;
        if (found != (strcmp(info->name, "static") != 0)) { /* the old name of --lint */
            fail_msg("--%s", info->name);
        }
    }
    while (help.n) {
        size_t end = kps_sv_find(help, '\n');
        assert_true(end <= 80);
        help = kps_sv_from(help, end + 1);
    }
    free(text);
}

static void test_kinds_of_files(void **state)
{
    (void)state;
    assert_true(kps_inputs_is_kubernetes(SV("apiVersion: v1\nkind: Pod\n")));
    assert_false(kps_inputs_is_kubernetes(SV("services: {}\napiVersion: v1\nkind: Pod\n")));
    assert_false(kps_inputs_is_kubernetes(SV("name: a\nservices:\n  apiVersion: 1\n  kind: x\n")));
    assert_true(kps_inputs_is_compose_name(SV("compose.yaml")));
    assert_true(kps_inputs_is_compose_name(SV("docker-compose.prod.yml")));
    assert_true(kps_inputs_is_compose_name(SV("compose-dev.yaml")));
    assert_false(kps_inputs_is_compose_name(SV("my-compose.yaml")));
    assert_false(kps_inputs_is_compose_name(SV("compose.yaml.bak")));
    assert_false(kps_inputs_is_compose_name(SV("compose.json")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_command_lines),
        cmocka_unit_test(test_nothing_given),
        cmocka_unit_test(test_the_options_of_docker_compose),
        cmocka_unit_test(test_inputs_and_options_in_any_order),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_other_names_of_options),
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_ports_and_files),
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_lists_of_ports),
        cmocka_unit_test(test_names_beside_docker),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_kinds_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
