#ifndef KPS_HTTP_HTTP_MESSAGE_H
#define KPS_HTTP_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Parse one HTTP/1.x answer from bytes as they arrive (RFC 9112): status line, headers, and a body
 * that ends by Content-Length, by chunks, or with the connection. Pure; without sockets.
 */
enum kps_http_state {
    KPS_HTTP_IN_HEAD,
    KPS_HTTP_IN_LENGTH,     /* body of `left` more bytes */
    KPS_HTTP_IN_REST,       /* body up to the end of the connection */
    KPS_HTTP_IN_CHUNK_SIZE, /* the line before a chunk */
    KPS_HTTP_IN_CHUNK,      /* `left` more bytes of the chunk */
    KPS_HTTP_IN_CHUNK_END,  /* the line break behind the chunk */
    KPS_HTTP_IN_TRAILER,    /* headers behind the last chunk */
    KPS_HTTP_DONE,
    KPS_HTTP_BAD,
    KPS_HTTP_OVERFLOW, /* a body above max_bytes, or a head above KPS_LIMIT_HTTP_HEAD */
};

struct kps_http_message {
    enum kps_http_state state;
    struct kps_buf head, body;
    struct kps_sv headers; /* of the head, without its first line; set when the head is complete */
    struct kps_buf line;   /* the current line, of chunk sizes and trailers */
    size_t max_bytes;
    size_t trailer_bytes;
    uint64_t left;
    unsigned status;
    bool keeps_open; /* the connection may be used again once DONE */
};

void kps_http_message_start(struct kps_http_message *message, struct kps_arena *arena,
                            size_t max_bytes);
/* Take bytes in. Return: how many were used; fewer than `n` only when the state is an end (DONE,
 * BAD, OVERFLOW). */
size_t kps_http_message_feed(struct kps_http_message *message, const char *bytes, size_t n);
/* The connection has ended: DONE where the body goes up to there, BAD where something is missing.
 */
void kps_http_message_end(struct kps_http_message *message);
bool kps_http_message_is_over(const struct kps_http_message *message);

/*
 * Return the value of a header line in `headers`, without blanks around; empty when there is no
 * such header.
 */
struct kps_sv kps_http_find_header(struct kps_sv headers, const char *name);

#endif
