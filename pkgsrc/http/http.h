#ifndef KPS_HTTP_HTTP_H
#define KPS_HTTP_HTTP_H

#include "http/http_reply.h"

/*
 * A client for one server that only asks: GET is the only verb there is. No proxy, no redirect, no
 * name or password.
 *
 * A socket of this machine, and a child such as ssh, is spoken to directly: loading libcurl and the
 * thirty libraries behind it takes about 5 ms, more than all the rest of a query. A server behind
 * TCP is asked through libcurl, which is loaded at the first such request and never linked.
 */

/* A connection to one server; kept open between requests. */
struct kps_http;

/*
 * Nothing is connected before the first call below. `timeout_ms` is for all requests together, from
 * now on. `target` and `arena` must outlive it. End it with kps_http_close
 * (KPS_CLEANUP(kps_http_cleanup)).
 */
struct kps_http *kps_http_open(struct kps_arena *arena, const struct kps_http_target *target,
                               uint32_t timeout_ms);
void kps_http_close(struct kps_http *http);
void kps_http_cleanup(struct kps_http **http);

/* GETs `path` ("/_ping"; NUL-terminated). A body above `max_bytes` is TOO_LARGE. Texts of the reply
 * are in `arena`. */
struct kps_http_reply kps_http_get(struct kps_http *http, struct kps_arena *arena,
                                   struct kps_sv path, size_t max_bytes);

enum {
    KPS_HTTP_MOST_AHEAD = 32
}; /* requests that a socket's buffer holds many times over: sending them never waits */

/*
 * Sends the requests for what kps_http_get will be called for next, in this order, in one go (RFC
 * 9112 §9.3.2): 40 containers are looked at in a quarter of the time (engine 20.10), which goes
 * into waking the engine up. Only for an engine that is known to take requests like that; nothing
 * happens before a connection, or through libcurl. `paths` must stay until they were got. At most
 * KPS_HTTP_MOST_AHEAD, and none while earlier ones are left.
 */
void kps_http_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n);

/* Until told otherwise (0), a request takes no longer than this: one that may be asked again later.
 */
void kps_http_hurry(struct kps_http *http, uint32_t ms);

/*
 * Read bytes ahead of the first answer, for text that a child puts there; *ret is good until the
 * next read. Return: 0, ETIMEDOUT, or ECONNRESET at the end. Only with KPS_VIA_CHILD.
 */
int kps_http_read(struct kps_http *http, struct kps_sv *ret);

/* Give back bytes that belong to the first answer; they must stay until the answer was got. */
void kps_http_unread(struct kps_http *http, struct kps_sv bytes);

/*
 * Return the process that listens on the engine's socket, as the kernel reports (SO_PEERCRED): an
 * engine, the init system that starts an engine, or a tunnel. Connects if not connected yet. 0: no
 * answer, a process of another pid namespace, or no socket of this machine.
 */
uint32_t kps_http_peer(struct kps_http *http);

/*
 * GET a path whose answer has no end. Return: the descriptor that is readable when more of the
 * answer has come, until kps_http_close; -1: another status than 200, a whole answer, or not over a
 * socket of this machine. `http` then serves nothing else.
 */
int kps_http_stream(struct kps_http *http, struct kps_arena *arena, struct kps_sv path);

/* The value of a header, by its name in any case; empty when it is not there. */
struct kps_sv kps_http_header(const struct kps_http_reply *reply, const char *name);

#endif
