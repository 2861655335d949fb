#include "docker/http.h"

#include <time.h>

#include "base/limits.h"
#include "docker/http_transport.h"

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t kps_http_left_ms(const struct kps_http *http)
{
    uint64_t now = now_ms();
    uint64_t deadline =
        http->hurry_ms && http->hurry_ms < http->deadline_ms ? http->hurry_ms : http->deadline_ms;
    return now >= deadline ? 0 : (uint32_t)(deadline - now);
}

void kps_http_hurry(struct kps_http *http, uint32_t ms)
{
    http->hurry_ms = ms ? now_ms() + ms : 0;
}

struct kps_http_reply kps_http_failed(struct kps_arena *arena, enum kps_http_result result,
                                      const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_http_reply reply = {.result = result, .words = kps_vfmt(arena, fmt, args)};
    va_end(args);
    return reply;
}

struct kps_http_reply kps_http_timed_out(const struct kps_http *http, struct kps_arena *arena)
{
    return kps_http_failed(arena, KPS_HTTP_TIMEOUT, "no answer within %g s",
                           (double)http->timeout_ms / 1000);
}

struct kps_http_reply kps_http_headers_too_large(struct kps_arena *arena)
{
    return kps_http_failed(arena, KPS_HTTP_TOO_LARGE, "its headers are larger than %d KiB",
                           KPS_LIMIT_HTTP_HEAD / 1024);
}

struct kps_http_reply kps_http_reply_of(struct kps_arena *arena, struct kps_http_message *message)
{
    KPS_ASSERT(kps_http_message_is_over(message));
    if (message->state == KPS_HTTP_OVERFLOW && !message->headers.p) {
        return kps_http_headers_too_large(arena);
    }
    if (message->state == KPS_HTTP_OVERFLOW) {
        return kps_http_failed(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                               message->max_bytes / (1024 * 1024));
    }
    if (message->state == KPS_HTTP_BAD) {
        return message->status
                   ? kps_http_failed(arena, KPS_HTTP_BROKEN, "its answer broke off after %zu bytes",
                                     message->body.n)
                   : kps_http_failed(arena, KPS_HTTP_BROKEN, "%s",
                                     message->head.n ? "what answers does not speak HTTP"
                                                     : "it hung up without an answer");
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED,
                                   .status = message->status,
                                   .head = message->headers,
                                   .body = kps_buf_sv(&message->body)};
}

struct kps_http *kps_http_open(struct kps_arena *arena, const struct kps_endpoint *endpoint,
                               uint32_t timeout_ms)
{
    struct kps_http *http = KPS_NEW(arena, struct kps_http);
    *http = (struct kps_http){.arena = arena,
                              .endpoint = endpoint,
                              .deadline_ms = now_ms() + timeout_ms,
                              .timeout_ms = timeout_ms,
                              .fd = -1};
    return http;
}

void kps_http_close(struct kps_http *http)
{
    if (http) {
        kps_http_unix_close(http);
        kps_http_curl_close(http);
    }
}

void kps_http_cleanup(struct kps_http **http)
{
    kps_http_close(*http);
}

struct kps_http_reply kps_http_get(struct kps_http *http, struct kps_arena *arena,
                                   struct kps_sv path, size_t max_bytes)
{
    if (kps_http_left_ms(http) == 0) {
        return kps_http_timed_out(http, arena);
    }
    return http->endpoint->transport == KPS_VIA_UNIX
               ? kps_http_unix_get(http, arena, path, max_bytes)
               : kps_http_curl_get(http, arena, path, max_bytes);
}

void kps_http_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    KPS_ASSERT(n <= KPS_HTTP_MOST_AHEAD && http->n_ahead == 0);
    if (http->endpoint->transport == KPS_VIA_UNIX) {
        kps_http_unix_ahead(http, paths, n);
    }
}

uint32_t kps_http_peer(struct kps_http *http)
{
    if (http->endpoint->transport == KPS_VIA_UNIX && http->fd < 0 && !http->peer_pid) {
        kps_http_unix_connect(http);
    }
    return http->peer_pid;
}

struct kps_sv kps_http_header(const struct kps_http_reply *reply, struct kps_sv name)
{
    return kps_http_find_header(reply->head, name);
}
