#include "http/http_reply.h"

#include "base/limits.h"

struct kps_http_reply kps_http_fail(struct kps_arena *arena, enum kps_http_result result,
                                    const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_http_reply reply = {.result = result, .words = kps_vfmt(arena, fmt, args)};
    va_end(args);
    return reply;
}

struct kps_http_reply kps_http_time_out(struct kps_arena *arena, uint32_t timeout_ms)
{
    return kps_http_fail(arena, KPS_HTTP_TIMEOUT, "no answer within %g s",
                         (double)timeout_ms / 1000);
}

struct kps_http_reply kps_http_refuse_headers(struct kps_arena *arena)
{
    return kps_http_fail(arena, KPS_HTTP_TOO_LARGE, "its headers are larger than %d KiB",
                         KPS_LIMIT_HTTP_HEAD / 1024);
}
