#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "http/http_message.h"

enum { MAX_BYTES = 64 };

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static const struct row {
    const char *why, *bytes;
    enum kps_http_state state; /* after the bytes and the end of the connection */
    unsigned status;
    const char *body;
    bool keeps_open; /* before the end of the connection */
    size_t used;     /* 0: all of the bytes */
} ROWS[] = {
    {"a length", OK "Content-Length: 3\r\n\r\nabc", KPS_HTTP_DONE, 200, "abc", true, 0},
    {"a length of none", OK "Content-Length: 0\r\n\r\n", KPS_HTTP_DONE, 200, "", true, 0},
    {"names in any case, blanks around", OK "content-LENGTH:  3 \r\n\r\nabc", KPS_HTTP_DONE, 200,
     "abc", true, 0},
    {"lines that end in LF alone", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", KPS_HTTP_DONE, 200,
     "abc", true, 0},
    {"no words behind the status", "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", KPS_HTTP_DONE, 404,
     "", true, 0},
    {"bytes behind the answer are not taken", OK "Content-Length: 1\r\n\r\nabc", KPS_HTTP_DONE, 200,
     "a", true, sizeof(OK "Content-Length: 1\r\n\r\na") - 1},
    {"the connection's end ends it", OK "\r\nabc", KPS_HTTP_DONE, 200, "abc", false, 0},
    {"the other side closes", OK "Connection: Close\r\nContent-Length: 3\r\n\r\nabc", KPS_HTTP_DONE,
     200, "abc", false, 0},
    {"among other words", OK "Connection: x, close\r\nContent-Length: 0\r\n\r\n", KPS_HTTP_DONE,
     200, "", false, 0},
    {"HTTP/1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", KPS_HTTP_DONE, 200,
     "abc", false, 0},
    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", KPS_HTTP_DONE, 204, "", true, 0},
    {"100 Continue before it", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
     KPS_HTTP_DONE, 200, "a", true, 0},
    {"chunks", CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", KPS_HTTP_DONE, 200, "abcde", true,
     0},
    {"hexadecimal sizes", CHUNKED "A\r\n0123456789\r\n0b \r\n0123456789a\r\n000\r\n\r\n",
     KPS_HTTP_DONE, 200, "01234567890123456789a", true, 0},
    {"trailers", CHUNKED "1\r\na\r\n0\r\nX: y\r\n\r\n", KPS_HTTP_DONE, 200, "a", true, 0},
    {"no chunks", CHUNKED "0\r\n\r\n", KPS_HTTP_DONE, 200, "", true, 0},

    {"nothing", "", KPS_HTTP_BAD, 0, "", false, 0},
    {"a head that breaks off", OK "Content-Le", KPS_HTTP_BAD, 0, "", false, 0},
    {"a body that breaks off", OK "Content-Length: 4\r\n\r\nabc", KPS_HTTP_BAD, 200, "abc", true,
     0},
    {"a chunk that breaks off", CHUNKED "4\r\nabc", KPS_HTTP_BAD, 200, "abc", true, 0},
    {"chunks without the last", CHUNKED "3\r\nabc\r\n", KPS_HTTP_BAD, 200, "abc", true, 0},
    {"a trailer that breaks off", CHUNKED "0\r\nX: y\r\n", KPS_HTTP_BAD, 200, "", true, 0},
    {"no size", CHUNKED "\r\nabc", KPS_HTTP_BAD, 200, "", true, sizeof(CHUNKED "\r\n") - 1},
    {"a size that is no number", CHUNKED "xyz\r\nabc", KPS_HTTP_BAD, 200, "", true,
     sizeof(CHUNKED "xyz\r\n") - 1},
    {"a negative size", CHUNKED "-1\r\nabc", KPS_HTTP_BAD, 200, "", true,
     sizeof(CHUNKED "-1\r\n") - 1},
    {"a size of nine digits", CHUNKED "100000000\r\n", KPS_HTTP_BAD, 200, "", true, 0},
    {"more than its size", CHUNKED "1\r\nab\r\n", KPS_HTTP_BAD, 200, "a", true, 0},
    {"a length that is no number", OK "Content-Length: 3x\r\n\r\nabc", KPS_HTTP_BAD, 200, "", true,
     sizeof(OK "Content-Length: 3x\r\n\r\n") - 1},
    {"a negative length", OK "Content-Length: -1\r\n\r\n", KPS_HTTP_BAD, 200, "", true, 0},
    {"a length beyond 64 bits", OK "Content-Length: 99999999999999999999\r\n\r\n", KPS_HTTP_BAD,
     200, "", true, 0},
    {"another coding", OK "Transfer-Encoding: gzip\r\n\r\n", KPS_HTTP_BAD, 200, "", true, 0},
    {"another protocol", "SSH-2.0-OpenSSH\r\n", KPS_HTTP_BAD, 0, "", false, 0},
    {"another protocol that waits in mid-line", "220 m", KPS_HTTP_BAD, 0, "", false, 0},
    {"HTTP/2", "HTTP/2 200\r\n\r\n", KPS_HTTP_BAD, 0, "", false, 0},
    {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", KPS_HTTP_BAD, 0, "", false, 0},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", KPS_HTTP_BAD, 0, "", false, 0},
    {"a status that is none", "HTTP/1.1 099 OK\r\n\r\n", KPS_HTTP_BAD, 0, "", false, 0},
    {"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", KPS_HTTP_BAD, 0, "", false, 2},

    {"a length above the limit", OK "Content-Length: 65\r\n\r\n", KPS_HTTP_OVERFLOW, 200, "", true,
     0},
};

static void check(const struct row *row, size_t step)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_http_message message;
    kps_http_message_start(&message, arena, MAX_BYTES);
    size_t n = strlen(row->bytes), used = 0;
    for (size_t at = 0; at < n && !kps_http_message_is_over(&message); at += step) {
        size_t some = step < n - at ? step : n - at;
        used += kps_http_message_feed(&message, row->bytes + at, some);
    }
    bool kept = message.keeps_open;
    kps_http_message_end(&message);
    struct kps_sv body = kps_buf_sv(&message.body);
    if (message.state != row->state || message.status != row->status ||
        !kps_sv_eq(body, kps_sv_of(row->body)) || (row->status && kept != row->keeps_open)) {
        print_error("%s, in pieces of %zu: state %d, status %u, body '%.*s', open %d\n", row->why,
                    step, message.state, message.status, SV_ARG(body), kept);
        fail();
    }
    if (row->state == KPS_HTTP_DONE || row->status) {
        assert_int_equal(used, row->used ? row->used : n);
    }
    kps_arena_free(arena);
}

/* The same whatever pieces the bytes come in. */
static void test_rows(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 1000};
    for (size_t i = 0; i < KPS_COUNT(ROWS); i++) {
        for (size_t k = 0; k < KPS_COUNT(steps); k++) {
            check(&ROWS[i], steps[k]);
        }
    }
}

/* Feeds `first` and then `more` until the message is over. Return: how many bytes that took. */
static size_t feed_for_ever(struct kps_http_message *message, struct kps_arena *arena,
                            const char *first, const char *more)
{
    kps_http_message_start(message, arena, 1000);
    size_t n = kps_http_message_feed(message, first, strlen(first));
    while (!kps_http_message_is_over(message) && n < 100 * KPS_LIMIT_HTTP_HEAD) {
        n += kps_http_message_feed(message, more, strlen(more));
    }
    return n;
}

/* An endless answer is cut at a bound. */
static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *why, *first, *more;
        enum kps_http_state state;
        size_t most;
    } rows[] = {
        {"headers", OK, "X: 0123456789\r\n", KPS_HTTP_OVERFLOW, KPS_LIMIT_HTTP_HEAD + 100},
        {"one header", OK "X: ", "0123456789", KPS_HTTP_OVERFLOW, KPS_LIMIT_HTTP_HEAD + 100},
        {"a body up to the end", OK "\r\n", "0123456789", KPS_HTTP_OVERFLOW, 1100},
        {"chunks", CHUNKED, "a\r\n0123456789\r\n", KPS_HTTP_OVERFLOW, 1700},
        {"the size of a chunk", CHUNKED, "0", KPS_HTTP_BAD, 5000},
        {"trailers", CHUNKED "0\r\n", "X: 0123456789\r\n", KPS_HTTP_BAD, KPS_LIMIT_HTTP_HEAD + 100},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_http_message message;
        size_t n = feed_for_ever(&message, arena, rows[i].first, rows[i].more);
        if (message.state != rows[i].state || n > rows[i].most) {
            fail_msg("%s: state %d after %zu bytes", rows[i].why, message.state, n);
        }
        kps_arena_free(arena);
    }
}

static void test_headers(void **state)
{
    (void)state;
    struct kps_sv headers = SV("Api-Version: 1.41\r\nServer:Docker/20.10.24 "
                               "(linux)\r\nEmpty:\r\nno colon\r\nserver: 2\r\n");
    assert_true(kps_sv_eq(kps_http_find_header(headers, "api-version"), SV("1.41")));
    assert_true(kps_sv_eq(kps_http_find_header(headers, "Server"), SV("Docker/20.10.24 (linux)")));
    assert_int_equal(kps_http_find_header(headers, "Empty").n, 0);
    assert_int_equal(kps_http_find_header(headers, "no colon").n, 0);
    assert_int_equal(kps_http_find_header(headers, "Swarm").n, 0);
    assert_int_equal(kps_http_find_header(SV(""), "Swarm").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
