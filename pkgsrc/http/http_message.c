#include "http/http_message.h"

#include <string.h>

#include "base/limits.h"

void kps_http_message_start(struct kps_http_message *message, struct kps_arena *arena,
                            size_t max_bytes)
{
    *message = (struct kps_http_message){.head = KPS_BUF(arena),
                                         .body = KPS_BUF(arena),
                                         .line = KPS_BUF(arena),
                                         .max_bytes = max_bytes};
}

bool kps_http_message_is_over(const struct kps_http_message *message)
{
    return message->state == KPS_HTTP_DONE || message->state == KPS_HTTP_BAD ||
           message->state == KPS_HTTP_OVERFLOW;
}

/* Take one line off `*rest`, without its line break. Return: false at the end. */
static bool next_line(struct kps_sv *rest, struct kps_sv *ret)
{
    bool is_line = kps_sv_next(rest, '\n', ret);
    ret->n -= kps_sv_has_tail(*ret, "\r");
    return is_line;
}

struct kps_sv kps_http_find_header(struct kps_sv headers, const char *name)
{
    struct kps_sv line = {0};
    while (next_line(&headers, &line)) {
        struct kps_sv key = kps_sv_before(line, ':');
        if (key.n < line.n && kps_sv_eq_nocase(key, kps_sv_of(name))) {
            return kps_sv_trim(kps_sv_after(line, ':'));
        }
    }
    return (struct kps_sv){"", 0};
}

/* "HTTP/1.1 200 OK" */
static bool read_status(struct kps_http_message *message, struct kps_sv line)
{
    int64_t status = kps_sv_number(kps_sv_slice(line, 9, 12), 599);
    if (!kps_sv_has_head(line, "HTTP/1.") || line.n < 12 || line.p[8] != ' ' ||
        (line.n > 12 && line.p[12] != ' ') || status < 100) {
        return false;
    }
    message->status = (unsigned)status;
    message->keeps_open = line.p[7] == '1';
    return true;
}

static bool has_word(struct kps_sv list, struct kps_sv word)
{
    struct kps_sv one;
    while (kps_sv_next(&list, ',', &one)) {
        if (kps_sv_eq_nocase(kps_sv_trim(one), word)) {
            return true;
        }
    }
    return false;
}

/* Decides by the headers how the body is framed (RFC 9112 §6.3). */
static enum kps_http_state body_state(struct kps_http_message *message)
{
    struct kps_sv length = kps_http_find_header(message->headers, "Content-Length");
    struct kps_sv coding = kps_http_find_header(message->headers, "Transfer-Encoding");
    if (has_word(kps_http_find_header(message->headers, "Connection"), SV("close"))) {
        message->keeps_open = false;
    }
    if (message->status == 204 || message->status == 304) {
        return KPS_HTTP_DONE;
    }
    if (coding.n) {
        return kps_sv_is_one_of_nocase(coding, "chunked") ? KPS_HTTP_IN_CHUNK_SIZE : KPS_HTTP_BAD;
    }
    if (!length.n) {
        message->keeps_open = false;
        return KPS_HTTP_IN_REST;
    }
    unsigned long long bytes = 0;
    if (!kps_sv_u64(length, UINT64_MAX, &bytes)) {
        return KPS_HTTP_BAD;
    }
    message->left = bytes;
    if (bytes > message->max_bytes) {
        return KPS_HTTP_OVERFLOW;
    }
    return bytes ? KPS_HTTP_IN_LENGTH : KPS_HTTP_DONE;
}

static void end_head(struct kps_http_message *message)
{
    struct kps_sv rest = kps_buf_sv(&message->head);
    struct kps_sv first = {0};
    if (!next_line(&rest, &first) || !read_status(message, first)) {
        message->state = KPS_HTTP_BAD;
        return;
    }
    if (message->status < 200) { /* "100 Continue": the real answer follows */
        message->head.n = 0;
        return;
    }
    message->headers = rest;
    message->state = body_state(message);
}

/* Feed the head, line by line, up to the empty line at its end. */
static size_t feed_head(struct kps_http_message *message, const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n);
    size_t used = line_end ? (size_t)(line_end - bytes) + 1 : n;
    if (message->head.n + used > KPS_LIMIT_HTTP_HEAD) {
        message->state = KPS_HTTP_OVERFLOW;
        return used;
    }
    /* Other protocols are refused at the first wrong byte, without waiting for a line break. */
    size_t had = message->head.n;
    kps_buf_add(&message->head, (struct kps_sv){bytes, used});
    struct kps_sv head = kps_buf_sv(&message->head);
    if (had < 5 && !kps_sv_starts(head, kps_sv_head(SV("HTTP/"), head.n))) {
        message->state = KPS_HTTP_BAD;
    } else if (line_end && kps_sv_ends_with_any(head, "\n\n \n\r\n")) {
        end_head(message);
    }
    return used;
}

static void add_body(struct kps_http_message *message, const char *bytes, size_t n)
{
    if (n > message->max_bytes - message->body.n) {
        message->state = KPS_HTTP_OVERFLOW;
        return;
    }
    kps_buf_add(&message->body, (struct kps_sv){bytes, n});
}

/* Feed a part of known length; `then` is the next state. */
static size_t feed_counted(struct kps_http_message *message, const char *bytes, size_t n,
                           enum kps_http_state then)
{
    size_t used = n < message->left ? n : (size_t)message->left;
    add_body(message, bytes, used);
    message->left -= used;
    if (!message->left && message->state != KPS_HTTP_OVERFLOW) {
        message->state = then;
    }
    return used;
}

/* "1a2b;extension": at most 8 digits, which is more than any answer that is taken. */
static bool read_chunk_size(struct kps_sv line, uint64_t *ret)
{
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < line.n; digits++) {
        unsigned digit = kps_sv_digit_value(line.p[digits]);
        if (digit >= 16) {
            break;
        }
        size = size * 16 + digit;
        if (digits == 8) {
            return false;
        }
    }
    struct kps_sv rest = kps_sv_trim(kps_sv_from(line, digits));
    *ret = size;
    return digits > 0 && (!rest.n || rest.p[0] == ';');
}

static void end_line(struct kps_http_message *message, struct kps_sv line)
{
    if (message->state == KPS_HTTP_IN_CHUNK_END) {
        message->state = line.n ? KPS_HTTP_BAD : KPS_HTTP_IN_CHUNK_SIZE;
    } else if (message->state == KPS_HTTP_IN_TRAILER) {
        message->state = line.n ? KPS_HTTP_IN_TRAILER : KPS_HTTP_DONE;
    } else if (!read_chunk_size(line, &message->left)) {
        message->state = KPS_HTTP_BAD;
    } else {
        message->state = message->left ? KPS_HTTP_IN_CHUNK : KPS_HTTP_IN_TRAILER;
    }
}

/* Feed the short lines between chunks and behind the last chunk. */
static size_t feed_line(struct kps_http_message *message, const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n);
    size_t used = line_end ? (size_t)(line_end - bytes) + 1 : n;
    size_t in_trailer = message->state == KPS_HTTP_IN_TRAILER ? used : 0;
    message->trailer_bytes += in_trailer;
    if (message->trailer_bytes > KPS_LIMIT_HTTP_HEAD || message->line.n + used > 4096) {
        message->state = KPS_HTTP_BAD;
        return used;
    }
    kps_buf_add(&message->line, (struct kps_sv){bytes, used});
    if (line_end) {
        struct kps_sv rest = kps_buf_sv(&message->line);
        struct kps_sv line = {0};
        (void)next_line(&rest, &line);
        message->line.n = 0;
        end_line(message, line);
    }
    return used;
}

static size_t feed_some(struct kps_http_message *message, const char *bytes, size_t n)
{
    switch (message->state) {
    case KPS_HTTP_IN_HEAD:
        return feed_head(message, bytes, n);
    case KPS_HTTP_IN_LENGTH:
        return feed_counted(message, bytes, n, KPS_HTTP_DONE);
    case KPS_HTTP_IN_REST:
        add_body(message, bytes, n);
        return n;
    case KPS_HTTP_IN_CHUNK:
        return feed_counted(message, bytes, n, KPS_HTTP_IN_CHUNK_END);
    case KPS_HTTP_IN_CHUNK_SIZE:
    case KPS_HTTP_IN_CHUNK_END:
    case KPS_HTTP_IN_TRAILER:
        return feed_line(message, bytes, n);
    case KPS_HTTP_DONE:
    case KPS_HTTP_BAD:
    case KPS_HTTP_OVERFLOW:
        break;
    }
    return n;
}

size_t kps_http_message_feed(struct kps_http_message *message, const char *bytes, size_t n)
{
    size_t used = 0;
    while (used < n && !kps_http_message_is_over(message)) {
        used += feed_some(message, bytes + used, n - used);
    }
    return used;
}

void kps_http_message_end(struct kps_http_message *message)
{
    if (!kps_http_message_is_over(message)) {
        message->state = message->state == KPS_HTTP_IN_REST ? KPS_HTTP_DONE : KPS_HTTP_BAD;
    }
    message->keeps_open = false;
}
