#ifndef KPS_HTTP_HTTP_CURL_H
#define KPS_HTTP_HTTP_CURL_H

#include "http/http_reply.h"

/*
 * The transport for servers behind TCP and TLS. In a build without libcurl (KPS_WITH_CURL=OFF:
 * static programs cannot load a library) http_no_curl.c has the same functions, which report that.
 * Inside this folder.
 */
struct kps_http_curl;

/* Load libcurl and prepare a handle for `target`. Return: NULL with *ret_failure when it is not
 * there. End it with kps_http_curl_close, which takes NULL. */
struct kps_http_curl *kps_http_curl_open(struct kps_arena *arena,
                                         const struct kps_http_target *target,
                                         struct kps_http_reply *ret_failure);
void kps_http_curl_close(struct kps_http_curl *curl);

/* GET a path until `deadline_ms` (kps_clock_ms); `timeout_ms` is named in words only. */
struct kps_http_reply kps_http_curl_get(struct kps_http_curl *curl, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes, uint64_t deadline_ms,
                                        uint32_t timeout_ms);

#endif
