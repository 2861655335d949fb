#ifndef KPS_HTTP_HTTP_PARTS_H
#define KPS_HTTP_HTTP_PARTS_H

#include "http/http.h"

/* The clock and the replies of failures that both transports share. Inside this folder. */

/* Return the time of CLOCK_MONOTONIC in milliseconds. */
uint64_t kps_http_now_ms(void);

/* Make a reply that is no answer, with its words. */
struct kps_http_reply kps_http_fail(struct kps_arena *arena, enum kps_http_result result,
                                    const char *fmt, ...) KPS_PRINTF(3, 4);
/* Make the reply for an answer that did not come in time. */
struct kps_http_reply kps_http_time_out(struct kps_arena *arena, uint32_t timeout_ms);
/* Make the reply for a head above KPS_LIMIT_HTTP_HEAD. */
struct kps_http_reply kps_http_refuse_headers(struct kps_arena *arena);

#endif
