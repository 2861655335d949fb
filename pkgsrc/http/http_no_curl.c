#include "http/http_curl.h"
#include "http/http_reply.h"

/* http_curl.h for programs that are built without libcurl. */

struct kps_http_curl *kps_http_curl_open(struct kps_arena *arena,
                                         const struct kps_http_target *target,
                                         struct kps_http_reply *ret_failure)
{
    (void)target;
    *ret_failure =
        kps_http_fail(arena, KPS_HTTP_UNAVAILABLE,
                      "this kportscan was built without libcurl, which TCP and TLS need");
    return NULL;
}

const char *kps_http_library(void)
{
    return NULL;
}

void kps_http_curl_close(struct kps_http_curl *curl)
{
    (void)curl;
}

struct kps_http_reply kps_http_curl_get(struct kps_http_curl *curl, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes, uint64_t deadline_ms,
                                        uint32_t timeout_ms)
{
    (void)curl;
    (void)path;
    (void)max_bytes;
    (void)deadline_ms;
    return kps_http_time_out(arena, timeout_ms); /* never called: nothing can be opened */
}
