#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "diagnose/clean.h"
#include "diagnose/scan.h"

static struct kps_arena *arena;

static void put_addresses(struct kps_buf *out, const struct kps_symptom *symptom)
{
    for (uint32_t i = 0; i < symptom->n_addrs; i++) {
        struct kps_sv text = kps_addr_format(arena, &symptom->addrs[i]);
        kps_buf_fmt(out, "%s%.*s", i ? "," : "", SV_ARG(text.n ? text : SV("*")));
    }
    kps_buf_add(out, symptom->n_addrs ? SV("|") : SV("?|"));
}

/* "in-use 127.0.0.1|3000/tcp nginx <web-1>": what a symptom is in one line. */
static void put_symptom(struct kps_buf *out, const struct kps_symptom *symptom)
{
    kps_buf_fmt(out, "%s%s ", symptom->is_guess ? "no reason, " : "",
                kps_symptom_kind_name(symptom->kind));
    if (symptom->path.n) {
        kps_buf_add(out, symptom->path);
    } else {
        put_addresses(out, symptom);
        kps_buf_fmt(out, "%u", symptom->first);
        if (symptom->last != symptom->first) {
            kps_buf_fmt(out, "-%u", symptom->last);
        }
        kps_buf_fmt(out, "/%s", symptom->protocol ? kps_protocol_name(symptom->protocol) : "?");
    }
    if (symptom->moved_to) {
        kps_buf_fmt(out, " -> %u", symptom->moved_to);
    }
    kps_buf_fmt(out, "%s%s", symptom->speaker ? " " : "", symptom->speaker ? symptom->speaker : "");
    if (symptom->name.n) {
        kps_buf_fmt(out, " <%.*s>", SV_ARG(symptom->name));
    }
    if (symptom->holder.n) {
        kps_buf_fmt(out, " held by %.*s", SV_ARG(symptom->holder));
    }
}

static struct kps_sv read_all(struct kps_sv text)
{
    struct kps_scan scan;
    struct kps_buf out = KPS_BUF(arena);
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, text, true);
    for (uint32_t i = 0; i < scan.found.all.n; i++) {
        kps_buf_add(&out, i ? SV("; ") : SV(""));
        put_symptom(&out, &scan.found.all.v[i]);
        assert_true(scan.found.all.v[i].off + scan.found.all.v[i].len <= text.n);
    }
    kps_scan_free(&scan);
    return kps_buf_sv(&out);
}

struct message {
    const char *source, *text, *meaning;
};

#include "messages_by_shape.h"
#include "messages_in_lines.h"
#include "messages_in_other_words.h"
#include "messages_near_misses.h"
#include "messages_of_engines.h"
#include "messages_of_programs.h"
#include "messages_with_places.h"

static void check(const struct message *messages, size_t n)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct kps_sv found = read_all(kps_sv_of(messages[i].text));
        if (!kps_sv_eq(found, kps_sv_of(messages[i].meaning))) {
            print_message("%s\n  %s\n  read as:   %.*s\n  should be: %s\n", messages[i].source,
                          messages[i].text, SV_ARG(found), messages[i].meaning);
            n_wrong++;
        }
    }
    assert_int_equal(n_wrong, 0);
}

static void test_programs(void **state)
{
    (void)state;
    check(PROGRAMS, KPS_COUNT(PROGRAMS));
}

static void test_engines(void **state)
{
    (void)state;
    check(ENGINES, KPS_COUNT(ENGINES));
}

static void test_shapes(void **state)
{
    (void)state;
    check(SHAPES, KPS_COUNT(SHAPES));
}

static void test_lines(void **state)
{
    (void)state;
    check(IN_LINES, KPS_COUNT(IN_LINES));
}

/* Wordings of programs in the field, and of other languages. */
static void test_other_words(void **state)
{
    (void)state;
    check(OTHER_WORDS, KPS_COUNT(OTHER_WORDS));
}

static void test_places(void **state)
{
    (void)state;
    check(PLACES, KPS_COUNT(PLACES));
}

static void test_near_misses(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(NEAR_MISSES); i++) {
        struct kps_sv found = read_all(kps_sv_of(NEAR_MISSES[i]));
        if (found.n) {
            print_message("'%s' was read as '%.*s'\n", NEAR_MISSES[i], SV_ARG(found));
        }
        assert_int_equal(found.n, 0);
    }
}

/* Lines with ports that are no port errors. */
static void test_no_errors(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Server listening on port 3000",
        "listening on http://0.0.0.0:3000",
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "  errno: -111,\n  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  address: '127.0.0.1',\n "
        " port: 5432\n}",
        "dial tcp 127.0.0.1:5432: connect: connection refused",
        "dial tcp 10.0.0.1:80: connect: cannot assign requested address",
        "2026/11/23 09:38:48 [error] 7#7: *1 connect() failed (111: Connection refused) while "
        "connecting to upstream",
        "PermissionError: [Errno 13] Permission denied: '/var/log/app.log'",
        "  File \"app.py\", line 3, in f\n    open(path)\nPermissionError: [Errno 13] Permission "
        "denied: 'x'",
        "open /run/secrets/token: permission denied",
        "Error: EACCES: permission denied, open '/app/dist/index.js'",
        "Error: EACCES: permission denied /app/dist",
        "Error: listen EACCES: permission denied /run/app.sock",
        "no space left on device; 8080 blocks in use",
        "import 3000 is in use by the loader",
        "port: 3000\naddress: 0.0.0.0",
        "{\"level\":\"info\",\"code\":\"200\",\"port\":3000}",
        "memory already allocated: 4096",
        "ssh: connect to host example port 22: Connection refused",
        "user 'web' already exists",
        "the name \"/web\" is already in use by container \"3f2a\"",
        "volume is in use - [3f2a]",
        "Killed",
        "",
    };
    for (size_t i = 0; i < KPS_COUNT(lines); i++) {
        struct kps_sv found = read_all(kps_sv_of(lines[i]));
        if (found.n) {
            print_message("'%s' was read as '%.*s'\n", lines[i], SV_ARG(found));
        }
        assert_int_equal(found.n, 0);
    }
}

/* Places in the program's own files are no endpoints. */
static void test_places_in_sources(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"msg\":\"EADDRINUSE\",\"stack\":\"at Server.listen (node:net:1908:16)\"}",
        "main.go:15: address already in use",
        "12:30:01 server.c:42: bind: Address already in use",
    };
    for (size_t i = 0; i < KPS_COUNT(lines); i++) {
        assert_string_equal(read_all(kps_sv_of(lines[i])).p, "in-use ?|0/?");
    }
}

/* In pieces of any size, cut anywhere, a text says the same. */
static void test_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(PROGRAMS); i++) {
        struct kps_sv text = kps_sv_of(PROGRAMS[i].text);
        for (size_t piece = 1; piece < 50; piece += 7) {
            struct kps_scan scan;
            struct kps_buf out = KPS_BUF(arena);
            kps_scan_begin(&scan, arena);
            for (size_t n = piece; n < text.n; n += piece) {
                kps_scan_text(&scan, kps_sv_slice(text, 0, n), false);
            }
            kps_scan_text(&scan, text, true);
            for (uint32_t k = 0; k < scan.found.all.n; k++) {
                kps_buf_add(&out, k ? SV("; ") : SV(""));
                put_symptom(&out, &scan.found.all.v[k]);
            }
            kps_scan_free(&scan);
            struct kps_sv found = kps_buf_sv(&out);
            assert_string_equal(found.p ? found.p : "", PROGRAMS[i].meaning);
        }
    }
}

static struct kps_sv clean(const char *text, size_t piece)
{
    struct kps_sv all = kps_sv_copy(arena, kps_sv_of(text));
    char *bytes = kps_alloc(arena, all.n + 1);
    size_t n = 0;
    unsigned state = 0;
    for (size_t at = 0; at < all.n; at += piece) {
        struct kps_sv part = kps_sv_slice(all, at, at + piece);
        memcpy(bytes + n, part.p, part.n);
        n += kps_clean_text(bytes + n, part.n, &state);
    }
    return (struct kps_sv){bytes, n};
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"\x1b[31mError:\x1b[0m listen EADDRINUSE", "Error: listen EADDRINUSE"},
        {"\x1b]8;;http://x\x07link\x1b]8;;\x1b\\ end", "link end"},
        {"\x1b[?25hdone\x1b(B!", "done!"},
        {"\x1b[31 cut off\nnext line", "ut off\nnext line"},
        {"\x1b]0;a title without end\nnext line", "\nnext line"},
        {"plain", "plain"},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        for (size_t piece = 1; piece < 12; piece++) {
            struct kps_sv found = clean(cases[i].text, piece);
            assert_int_equal(found.n, strlen(cases[i].clean));
            assert_memory_equal(found.p, cases[i].clean, found.n);
        }
    }
}

/* Colours whose escape byte was lost on the way, or is written out. */
static void test_clean_colours(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"[31mError[0m", "Error"},
        {"[1;38;5;196mport [1m8080[22m", "port 8080"},
        {"\\u001b[31mport\\u001B[0m", "port"},
        {"\\x1b[1m8080\\033[0m \\e[0m", "8080 "},
        {"a\\u001c[1mb", "a\\u001cb"},
        {"[m x [;n]", "[m x [;n]"},
        {"[12 m [12n [a1m", "[12 m [12n [a1m"},
        {"m 5m ;5m", "m 5m ;5m"},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        struct kps_sv found = clean(cases[i].text, strlen(cases[i].text));
        assert_int_equal(found.n, strlen(cases[i].clean));
        assert_memory_equal(found.p, cases[i].clean, found.n);
    }
}

static void test_binary(void **state)
{
    (void)state;
    assert_false(kps_clean_is_binary(SV("")));
    assert_false(kps_clean_is_binary(SV("\x1b[31mred\x1b[0m\tand\r\n")));
    assert_false(kps_clean_is_binary(SV("caf\xe9 in Latin-1, \xc3\xa9 in UTF-8\n")));
    assert_true(kps_clean_is_binary(SV("\x7f"
                                       "ELF\x02\x01\x01\0\0\0")));
    assert_true(kps_clean_is_binary(SV("\x01\x02\x03\x04 abcd")));
}

/* The dearest input: lines that begin like messages, long lines, very many lines. */
static void test_bounds(void **state)
{
    (void)state;
    static const char *const nasty[] = {
        "driver failed programming external connectivity on endpoint a (b): ",
        "bind() to 0.0.0.0:80 failed (bind(5, {AF=port ",
        "EADDRINUSE ",
        "::::::::::",
        "0.0.0.0:",
        "port 1 in use ",
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a in use ",
        "0:0:0:0:0:0 bind port port port '-t '-u ",
        "\r",
    };
    for (size_t i = 0; i < KPS_COUNT(nasty); i++) {
        struct kps_buf out = KPS_BUF(arena);
        while (out.n < 200 * 1000) {
            kps_buf_add(&out, kps_sv_of(nasty[i]));
            if (out.n % 3 == 0) {
                kps_buf_char(&out, '\n');
            }
        }
        (void)read_all(kps_buf_sv(&out));
    }
    struct kps_buf out = KPS_BUF(arena);
    for (unsigned port = 1; port <= 1000; port++) {
        kps_buf_fmt(&out, "Error: Port %u is already in use\n", port);
    }
    struct kps_scan scan;
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, kps_buf_sv(&out), true);
    assert_int_equal(scan.found.all.n, KPS_SYMPTOM_LIST_MAX);
    assert_true(scan.found.overflowed);
    assert_int_equal(scan.lines, 1000);
    kps_scan_free(&scan);
}

/* A line of blanks with one message that begins at `before`. */
static struct kps_sv fill_line(const char *message, size_t before, size_t behind)
{
    size_t n = strlen(message);
    char *text = kps_alloc(arena, before + n + behind);
    memset(text, 'x', before + n + behind);
    memcpy(text + before, message, n);
    return (struct kps_sv){text, before + n + behind};
}

/* A message counts once at each place of a long line, with its whole meaning. */
static void test_long_lines(void **state)
{
    (void)state;
    static const char *const messages[] = {
        " listen EADDRINUSE: address already in use 127.0.0.1:3000 ",
        " [emerg] bind() to 127.0.0.1:3000 failed (98: Address already in use) ",
    };
    for (size_t i = 0; i < KPS_COUNT(messages); i++) {
        for (size_t before = 2400; before < 4 * KPS_SCAN_LINE_BYTES; before += 7) {
            struct kps_scan scan;
            kps_scan_begin(&scan, arena);
            kps_scan_text(&scan, fill_line(messages[i], before, 6000), true);
            assert_int_equal(scan.found.all.n, 1);
            assert_int_equal(scan.found.all.v[0].first, 3000);
            assert_int_equal(scan.found.all.v[0].n_addrs, 1);
            assert_int_equal(scan.found.all.v[0].repeats, 0);
            assert_true(scan.found.all.v[0].off >= before);
            assert_true(scan.found.all.v[0].off < before + strlen(messages[i]));
            kps_scan_free(&scan);
        }
    }
}

/* A log in one line: each of its messages has a port of its own. */
static void test_many_in_one_line(void **state)
{
    (void)state;
    struct kps_buf text = KPS_BUF(arena);
    for (unsigned port = 4000; port < 4000 + KPS_SYMPTOM_LIST_MAX; port++) {
        kps_buf_fmt(&text,
                    "{\"level\":\"error\",\"time\":17643%u,\"msg\":\"listen tcp "
                    "127.0.0.1:%u: bind: address already in use\"},",
                    port, port);
    }
    struct kps_scan scan;
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, kps_buf_sv(&text), true);
    assert_int_equal(scan.found.all.n, KPS_SYMPTOM_LIST_MAX);
    assert_false(scan.found.overflowed);
    for (uint32_t i = 0; i < scan.found.all.n; i++) {
        assert_int_equal(scan.found.all.v[i].first, 4000 + i);
        assert_int_equal(scan.found.all.v[i].repeats, 0);
    }
    kps_scan_free(&scan);
}

static int set_up(void **state)
{
    (void)state;
    arena = kps_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kps_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_programs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_near_misses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_places_in_sources, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clean_colours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_binary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_in_one_line, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
