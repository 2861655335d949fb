#ifndef KPS_HTTP_HTTP_REPLY_H
#define KPS_HTTP_HTTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/child.h"
#include "base/sv.h"

/* The server to ask, the reply that comes back, and the replies of failures. */

enum kps_transport { KPS_VIA_UNIX, KPS_VIA_HTTP, KPS_VIA_HTTPS, KPS_VIA_CHILD };

/* A server, and how it is spoken to. Texts are NUL-terminated; empty: none. */
struct kps_http_target {
    enum kps_transport transport;
    struct kps_sv socket; /* KPS_VIA_UNIX: its path */
    /* KPS_VIA_CHILD: a running child with KPS_CHILD_SOCKET, the only connection there is: answers
     * are read to their end even when nobody wants them. Its standard error is read on the way. */
    struct kps_child *child;
    struct kps_sv host; /* without libcurl: the Host header; kubectl proxy wants "localhost" */
    struct kps_sv base; /* the others: "https://10.0.0.5:2376", without a slash at the end */
    struct kps_sv ca, cert, key; /* KPS_VIA_HTTPS: PEM files */
    struct kps_sv bearer;        /* KPS_VIA_HTTPS: a token for the Authorization header */
    bool verify;                 /* KPS_VIA_HTTPS: the server's certificate must be good */
};

enum kps_http_result {
    KPS_HTTP_ANSWERED,    /* whatever the status */
    KPS_HTTP_ABSENT,      /* there is no such socket */
    KPS_HTTP_DENIED,      /* the socket is there, and not for this user */
    KPS_HTTP_REFUSED,     /* nobody listens, or the way there is closed */
    KPS_HTTP_TIMEOUT,     /* no whole answer in time */
    KPS_HTTP_BROKEN,      /* hung up in mid-answer, or no HTTP */
    KPS_HTTP_TOO_LARGE,   /* more than was asked for */
    KPS_HTTP_UNTRUSTED,   /* TLS failed: no or bad certificates */
    KPS_HTTP_UNAVAILABLE, /* libcurl is not installed, or too old */
};

struct kps_http_reply {
    enum kps_http_result result;
    unsigned status;    /* 200 …; 0 unless ANSWERED */
    struct kps_sv head; /* the header lines as they came, without the first */
    struct kps_sv body;
    struct kps_sv
        words; /* the fault, for the words behind "cannot ask the engine: "; empty when ANSWERED */
};

/* Return the version of libcurl ("7.88.1"); empty: not loaded; NULL: the program is built without
 * it. */
const char *kps_http_library(void);

/* The rest is for the transports of this folder. */

/* Make a reply that is no answer, with its words. */
struct kps_http_reply kps_http_fail(struct kps_arena *arena, enum kps_http_result result,
                                    const char *fmt, ...) KPS_PRINTF(3, 4);
/* Make the reply for an answer that did not come in time. */
struct kps_http_reply kps_http_time_out(struct kps_arena *arena, uint32_t timeout_ms);
/* Make the reply for a head above KPS_LIMIT_HTTP_HEAD. */
struct kps_http_reply kps_http_refuse_headers(struct kps_arena *arena);

#endif
