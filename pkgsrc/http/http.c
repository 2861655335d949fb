#include "http/http.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/limits.h"
#include "base/retry.h"
#include "http/http_curl.h"
#include "http/http_message.h"
#include "http/http_reply.h"

struct kps_http {
    struct kps_arena *arena;
    const struct kps_http_target *target;
    uint64_t deadline_ms; /* CLOCK_MONOTONIC */
    uint64_t hurry_ms;    /* a nearer deadline for requests that may be repeated later; 0 = none */
    uint32_t timeout_ms;  /* as given, for messages */
    uint32_t peer_pid; /* KPS_VIA_UNIX: the listener; 0 = not connected, or another pid namespace */
    /* Without libcurl: */
    int fd;                     /* the open connection, or -1 */
    bool has_answered;          /* bytes were received on fd */
    char *buffer;               /* the last receive; NULL before the first connection */
    struct kps_sv unread;       /* part of the buffer that belongs to the next answer */
    const struct kps_sv *ahead; /* paths of the pipelined requests, the next first */
    size_t n_ahead;
    struct kps_http_curl *curl; /* other transports: NULL before the first request */
};

static uint32_t left_ms(const struct kps_http *http)
{
    uint64_t now = kps_clock_ms();
    uint64_t deadline =
        http->hurry_ms && http->hurry_ms < http->deadline_ms ? http->hurry_ms : http->deadline_ms;
    return now >= deadline ? 0 : (uint32_t)(deadline - now);
}

void kps_http_hurry(struct kps_http *http, uint32_t ms)
{
    http->hurry_ms = ms ? kps_clock_ms() + ms : 0;
}

static struct kps_http_reply make_reply(struct kps_arena *arena, struct kps_http_message *message)
{
    KPS_ASSERT(kps_http_message_is_over(message));
    if (message->state == KPS_HTTP_OVERFLOW && !message->headers.p) {
        return kps_http_refuse_headers(arena);
    }
    if (message->state == KPS_HTTP_OVERFLOW) {
        return kps_http_fail(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                             message->max_bytes / (1024 * 1024));
    }
    if (message->state == KPS_HTTP_BAD) {
        if (message->status) {
            return kps_http_fail(arena, KPS_HTTP_BROKEN, "its answer broke off after %s",
                                 kps_count_of(arena, message->body.n, "byte").p);
        }
        return kps_http_fail(arena, KPS_HTTP_BROKEN, "%s",
                             message->head.n ? "the answer is not HTTP"
                                             : "it hung up without an answer");
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED,
                                   .status = message->status,
                                   .head = message->headers,
                                   .body = kps_buf_sv(&message->body)};
}

enum { RECEIVE_BYTES = 64 * 1024 };

static struct kps_http_reply connect_failed(struct kps_http *http, struct kps_arena *arena,
                                            int failed)
{
    if (http->target->child) {
        return kps_http_fail(arena, KPS_HTTP_BROKEN, "it hung up");
    }
    switch (failed) {
    case ENOENT:
    case ENOTDIR:
        return kps_http_fail(arena, KPS_HTTP_ABSENT, "there is no socket '%.*s'",
                             SV_ARG(http->target->socket));
    case EACCES:
    case EPERM:
        return kps_http_fail(arena, KPS_HTTP_DENIED, "this user may not connect to '%.*s'",
                             SV_ARG(http->target->socket));
    case ECONNREFUSED:
        return kps_http_fail(arena, KPS_HTTP_REFUSED, "nothing listens on '%.*s'",
                             SV_ARG(http->target->socket));
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
        return kps_http_time_out(arena, http->timeout_ms);
    default:
        return kps_http_fail(arena, KPS_HTTP_REFUSED, "cannot connect to '%.*s': %s",
                             SV_ARG(http->target->socket), strerror(failed));
    }
}

/*
 * A full backlog blocks connect(2) of a local socket and poll(2) does not see it; the send timeout
 * is the bound.
 */
static int connect_socket(struct kps_http *http, const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    uint32_t left = left_ms(http);
    left = left ? left : 1; /* zero would mean "for ever" */
    struct timeval timeout = {.tv_sec = left / 1000, .tv_usec = (suseconds_t)(left % 1000) * 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    int connected;
    KPS_RETRY(connected, connect(fd, (const struct sockaddr *)address, sizeof(*address)));
    if (connected != 0) {
        int failed = errno;
        (void)close(fd);
        return failed;
    }
    struct ucred peer = {0};
    socklen_t n = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.pid > 0) {
        http->peer_pid = (uint32_t)peer.pid;
    }
    http->fd = fd;
    http->has_answered = false;
    http->buffer = http->buffer ? http->buffer : kps_alloc(http->arena, RECEIVE_BYTES);
    return 0;
}

/* Return: 0 or an errno. */
static int open_connection(struct kps_http *http)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct kps_sv path = http->target->socket;
    if (http->target->child) {
        return ENOTCONN; /* its one connection is over */
    }
    if (path.n >= sizeof(address.sun_path)) {
        return ENAMETOOLONG;
    }
    memcpy(address.sun_path, path.p, path.n);
    return connect_socket(http, &address);
}

/* The connection of a child is closed by the owner of the child. */
static void close_connection(struct kps_http *http)
{
    if (http->fd >= 0 && !http->target->child) {
        (void)close(http->fd);
    }
    http->fd = -1;
    http->n_ahead = 0;
    http->unread = (struct kps_sv){"", 0};
}

/*
 * Wait until the socket can be read from or written to, and meanwhile read what a child says.
 * Return: false when the time is over.
 */
static bool wait_socket(const struct kps_http *http, short events)
{
    struct kps_child *child = http->target->child;
    for (;;) {
        struct pollfd waiting[2] = {{.fd = http->fd, .events = events},
                                    {.fd = child ? child->err : -1, .events = POLLIN}};
        uint32_t left = left_ms(http);
        int ready = poll(waiting, 2, left > 1000000 ? 1000000 : (int)left);
        if (ready > 0 && waiting[1].revents) {
            kps_child_listen(child);
        }
        if (ready > 0 && waiting[0].revents) {
            return true;
        }
        if (left == 0 || (ready < 0 && errno != EINTR)) {
            return false;
        }
    }
}

static void add_request(struct kps_buf *requests, struct kps_sv path, struct kps_sv host)
{
    kps_buf_fmt(requests,
                "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: kportscan\r\n"
                "Accept: application/json\r\n\r\n",
                SV_ARG(path), SV_ARG(host));
}

/* Return: 0 or an errno. */
static int send_requests(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    struct kps_buf *requests = kps_buf_new(http->arena);
    for (size_t i = 0; i < n; i++) {
        add_request(requests, paths[i], http->target->host);
    }
    struct kps_sv left = kps_buf_sv(requests);
    while (left.n) {
        ssize_t sent = sendto(http->fd, left.p, left.n, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
        if (sent > 0) {
            left = kps_sv_from(left, (size_t)sent);
        } else if (errno == EAGAIN) {
            if (!wait_socket(http, POLLOUT)) {
                return ETIMEDOUT;
            }
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Receive bytes into `unread`. Return: 0, ETIMEDOUT, or ECONNRESET at the connection's end. */
static int receive_bytes(struct kps_http *http)
{
    for (;;) {
        if (left_ms(http) == 0) {
            return ETIMEDOUT; /* a byte now and then is no answer either */
        }
        ssize_t got = recv(http->fd, http->buffer, RECEIVE_BYTES, MSG_DONTWAIT);
        if (got > 0) {
            http->has_answered = true;
            http->unread = (struct kps_sv){http->buffer, (size_t)got};
            return 0;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return ECONNRESET;
        }
        if (errno == EAGAIN && !wait_socket(http, POLLIN)) {
            return ETIMEDOUT;
        }
    }
}

/* Read one whole answer. Return: 0; ETIMEDOUT; ECONNRESET when the connection ended before the
 * first byte. */
static int receive_answer(struct kps_http *http, struct kps_http_message *message)
{
    bool any = http->unread.n > 0;
    while (!kps_http_message_is_over(message)) {
        if (http->unread.n) {
            size_t used = kps_http_message_feed(message, http->unread.p, http->unread.n);
            http->unread = kps_sv_from(http->unread, used);
            continue;
        }
        int failed = receive_bytes(http);
        if (failed == ECONNRESET) {
            kps_http_message_end(message);
            return any ? 0 : ECONNRESET;
        }
        if (failed) {
            return failed;
        }
        any = true;
    }
    return 0;
}

/*
 * Report if another answer may come on this connection. Unexpected bytes make the connection
 * useless.
 */
static bool may_reuse(const struct kps_http *http, const struct kps_http_message *message)
{
    return message->state == KPS_HTTP_DONE && message->keeps_open &&
           (http->n_ahead > 0 || http->unread.n == 0);
}

static void send_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    if (http->fd < 0) {
        return;
    }
    if (send_requests(http, paths, n) != 0) {
        close_connection(http);
        return;
    }
    http->ahead = paths;
    http->n_ahead = n;
}

/* Drop the pipeline: with the connection, or by reading its answers where there is no other. */
static void drop_ahead(struct kps_http *http)
{
    bool is_whole = http->target->child != NULL;
    while (is_whole && http->n_ahead) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_http_message message;
        kps_http_message_start(&message, scratch, KPS_LIMIT_ENGINE_ANSWER);
        http->n_ahead--;
        is_whole = receive_answer(http, &message) == 0 && may_reuse(http, &message);
    }
    if (!is_whole) {
        close_connection(http);
    }
}

/* Pop the path if it is the next pipelined request. Any other path drops the pipeline. */
static bool pop_ahead(struct kps_http *http, struct kps_sv path)
{
    if (http->n_ahead == 0) {
        return false;
    }
    if (!kps_sv_eq(http->ahead[0], path)) {
        drop_ahead(http);
        return false;
    }
    http->ahead++;
    http->n_ahead--;
    return true;
}

static struct kps_http_reply get_over_socket(struct kps_http *http, struct kps_arena *arena,
                                             struct kps_sv path, size_t max_bytes)
{
    struct kps_http_message message;
    int failed;
    bool reused;
    do {
        bool is_asked = pop_ahead(http, path);
        reused = http->fd >= 0 && http->has_answered;
        failed = http->fd >= 0 ? 0 : open_connection(http);
        if (failed) {
            return connect_failed(http, arena, failed);
        }
        kps_http_message_start(&message, arena, max_bytes);
        failed = is_asked ? 0 : send_requests(http, &path, 1);
        if (failed == 0) {
            failed = receive_answer(http, &message);
        }
        if (failed || !may_reuse(http, &message)) {
            close_connection(http);
        }
        /* The other side may have closed an idle connection: repeat on a new connection. */
    } while (reused && (failed == ECONNRESET || failed == EPIPE));
    if (failed == ETIMEDOUT) {
        return kps_http_time_out(arena, http->timeout_ms);
    }
    if (!kps_http_message_is_over(&message)) {
        kps_http_message_end(&message);
    }
    return make_reply(arena, &message);
}

struct kps_http *kps_http_open(struct kps_arena *arena, const struct kps_http_target *target,
                               uint32_t timeout_ms)
{
    struct kps_http *http = KPS_NEW(arena, struct kps_http);
    *http = (struct kps_http){.arena = arena,
                              .target = target,
                              .deadline_ms = kps_clock_ms() + timeout_ms,
                              .timeout_ms = timeout_ms,
                              .fd = target->child ? target->child->out : -1};
    if (target->child) {
        http->buffer = kps_alloc(arena, RECEIVE_BYTES);
    }
    return http;
}

/* Report if the server is spoken to without libcurl. */
static bool has_socket(const struct kps_http *http)
{
    return http->target->transport == KPS_VIA_UNIX || http->target->transport == KPS_VIA_CHILD;
}

void kps_http_close(struct kps_http *http)
{
    if (http) {
        close_connection(http);
        kps_http_curl_close(http->curl);
        http->curl = NULL;
    }
}

void kps_http_cleanup(struct kps_http **http)
{
    kps_http_close(*http);
}

struct kps_http_reply kps_http_get(struct kps_http *http, struct kps_arena *arena,
                                   struct kps_sv path, size_t max_bytes)
{
    if (left_ms(http) == 0) {
        return kps_http_time_out(arena, http->timeout_ms);
    }
    if (has_socket(http)) {
        return get_over_socket(http, arena, path, max_bytes);
    }
    if (!http->curl) {
        struct kps_http_reply failure;
        http->curl = kps_http_curl_open(http->arena, http->target, &failure);
        if (!http->curl) {
            return failure;
        }
    }
    return kps_http_curl_get(http->curl, arena, path, max_bytes, kps_clock_ms() + left_ms(http),
                             http->timeout_ms);
}

void kps_http_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    KPS_ASSERT(n <= KPS_HTTP_MOST_AHEAD && http->n_ahead == 0);
    if (has_socket(http)) {
        send_ahead(http, paths, n);
    }
}

int kps_http_stream(struct kps_http *http, struct kps_arena *arena, struct kps_sv path)
{
    struct kps_http_message message;
    kps_http_message_start(&message, arena, KPS_LIMIT_ENGINE_ANSWER);
    int failed = ENOTSUP;
    if (http->target->transport == KPS_VIA_UNIX) {
        close_connection(http); /* of an earlier use */
        failed = open_connection(http);
    }
    failed = failed ? failed : send_requests(http, &path, 1);
    while (!failed && message.state == KPS_HTTP_IN_HEAD) {
        failed = receive_bytes(http);
        if (!failed) {
            (void)kps_http_message_feed(&message, http->unread.p, http->unread.n);
        }
    }
    if (failed || message.status != 200 || kps_http_message_is_over(&message)) {
        close_connection(http);
        return -1;
    }
    return http->fd;
}

int kps_http_read(struct kps_http *http, struct kps_sv *ret)
{
    int failed = http->fd >= 0 ? receive_bytes(http) : ECONNRESET;
    *ret = http->unread;
    http->unread = (struct kps_sv){"", 0};
    http->has_answered = false;
    return failed;
}

void kps_http_unread(struct kps_http *http, struct kps_sv bytes)
{
    http->unread = bytes;
}

uint32_t kps_http_peer(struct kps_http *http)
{
    if (http->target->transport == KPS_VIA_UNIX && http->fd < 0 && !http->peer_pid) {
        (void)open_connection(http);
    }
    return http->peer_pid;
}

struct kps_sv kps_http_header(const struct kps_http_reply *reply, const char *name)
{
    return kps_http_find_header(reply->head, name);
}
