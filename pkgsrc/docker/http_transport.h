#ifndef KPS_DOCKER_HTTP_TRANSPORT_H
#define KPS_DOCKER_HTTP_TRANSPORT_H

#include "docker/http.h"
#include "docker/http_message.h"

/* Between http.c and its two transports. */

struct kps_curl;

struct kps_http {
    struct kps_arena *arena;
    const struct kps_endpoint *endpoint;
    uint64_t deadline_ms; /* CLOCK_MONOTONIC */
    uint64_t hurry_ms;    /* a nearer deadline, of requests that are not waited for; 0 = none */
    uint32_t timeout_ms;  /* as asked for, to be named */
    uint32_t peer_pid; /* KPS_VIA_UNIX: who listens there; 0 = not connected yet, or in another pid
                          namespace */
    int fd;            /* KPS_VIA_UNIX: the open connection, or -1 */
    bool has_answered; /* KPS_VIA_UNIX: something came on it */
    char *buffer;      /* KPS_VIA_UNIX: what was received last; NULL before the first connection */
    struct kps_sv unread; /* of the buffer: belongs to the next answer */
    const struct kps_sv
        *ahead; /* KPS_VIA_UNIX: the paths that are asked for already, the next one first */
    size_t n_ahead;
    struct kps_curl
        *curl; /* the others: the library and its handle, NULL before the first request */
};

/* One request, for the whole of which `timeout` is left. Texts of the reply are in `arena`. */
struct kps_http_reply kps_http_unix_get(struct kps_http *http, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes);
struct kps_http_reply kps_http_curl_get(struct kps_http *http, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes);
/* Connects; what goes wrong is told by the next request, which tries again. */
void kps_http_unix_connect(struct kps_http *http);
/* Sends the requests for these paths on the open connection; nothing happens where there is none.
 */
void kps_http_unix_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n);
void kps_http_unix_close(struct kps_http *http);
void kps_http_curl_close(struct kps_http *http);

/* Milliseconds until the deadline; 0 when it is over. */
uint32_t kps_http_left_ms(const struct kps_http *http);

/* A reply of a failed request; the words are those after "cannot ask the engine: ". */
struct kps_http_reply kps_http_failed(struct kps_arena *arena, enum kps_http_result result,
                                      const char *fmt, ...) KPS_PRINTF(3, 4);
struct kps_http_reply kps_http_timed_out(const struct kps_http *http, struct kps_arena *arena);

struct kps_http_reply kps_http_headers_too_large(struct kps_arena *arena);

/* The reply for a message that is over. */
struct kps_http_reply kps_http_reply_of(struct kps_arena *arena, struct kps_http_message *message);

#endif
