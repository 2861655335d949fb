#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/retry.h"
#include "docker/http_transport.h"

enum { RECEIVE_BYTES = 64 * 1024 };

static struct kps_http_reply connect_failed(struct kps_http *http, struct kps_arena *arena,
                                            int failed)
{
    switch (failed) {
    case ENOENT:
    case ENOTDIR:
        return kps_http_failed(arena, KPS_HTTP_ABSENT, "there is no socket '%.*s'",
                               SV_ARG(http->endpoint->socket));
    case EACCES:
    case EPERM:
        return kps_http_failed(arena, KPS_HTTP_DENIED, "this user may not connect to '%.*s'",
                               SV_ARG(http->endpoint->socket));
    case ECONNREFUSED:
        return kps_http_failed(arena, KPS_HTTP_REFUSED, "nothing listens on '%.*s'",
                               SV_ARG(http->endpoint->socket));
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
        return kps_http_timed_out(http, arena);
    default:
        return kps_http_failed(arena, KPS_HTTP_REFUSED, "cannot connect to '%.*s': %s",
                               SV_ARG(http->endpoint->socket), strerror(failed));
    }
}

/* A full backlog blocks connect(2) of a local socket and poll(2) cannot tell; the send timeout is
 * what bounds it. */
static int connect_socket(struct kps_http *http, const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    uint32_t left = kps_http_left_ms(http);
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
    struct kps_sv path = http->endpoint->socket;
    if (path.n >= sizeof(address.sun_path)) {
        return ENAMETOOLONG;
    }
    memcpy(address.sun_path, path.p, path.n);
    return connect_socket(http, &address);
}

void kps_http_unix_connect(struct kps_http *http)
{
    (void)open_connection(http);
}

/* Waits until the socket can be read from or written to. Return: false when the time is over. */
static bool wait_for(const struct kps_http *http, short events)
{
    struct pollfd waiting = {.fd = http->fd, .events = events};
    for (;;) {
        uint32_t left = kps_http_left_ms(http);
        int ready = poll(&waiting, 1, left > 1000000 ? 1000000 : (int)left);
        if (ready > 0) {
            return true;
        }
        if (left == 0 || (ready < 0 && errno != EINTR)) {
            return false;
        }
    }
}

static void add_request(struct kps_buf *requests, struct kps_sv path)
{
    kps_buf_fmt(requests,
                "GET %.*s HTTP/1.1\r\nHost: docker\r\nUser-Agent: kportscan\r\n"
                "Accept: application/json\r\n\r\n",
                SV_ARG(path));
}

/* Return: 0 or an errno. */
static int send_requests(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    struct kps_buf requests = KPS_BUF(http->arena);
    for (size_t i = 0; i < n; i++) {
        add_request(&requests, paths[i]);
    }
    struct kps_sv left = kps_buf_sv(&requests);
    while (left.n) {
        ssize_t sent = send(http->fd, left.p, left.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            left = kps_sv_from(left, (size_t)sent);
        } else if (errno == EAGAIN) {
            if (!wait_for(http, POLLOUT)) {
                return ETIMEDOUT;
            }
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Reads one whole answer. Return: 0; ETIMEDOUT; ECONNRESET when the connection ended before the
 * first byte. */
static int receive(struct kps_http *http, struct kps_http_message *message)
{
    bool any = http->unread.n > 0;
    while (!kps_http_message_is_over(message)) {
        if (http->unread.n) {
            size_t used = kps_http_message_feed(message, http->unread.p, http->unread.n);
            http->unread = kps_sv_from(http->unread, used);
            continue;
        }
        if (kps_http_left_ms(http) == 0) {
            return ETIMEDOUT; /* a byte now and then is no answer either */
        }
        ssize_t got = recv(http->fd, http->buffer, RECEIVE_BYTES, MSG_DONTWAIT);
        if (got > 0) {
            any = http->has_answered = true;
            http->unread = (struct kps_sv){http->buffer, (size_t)got};
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            kps_http_message_end(message);
            return any ? 0 : ECONNRESET;
        } else if (errno == EAGAIN && !wait_for(http, POLLIN)) {
            return ETIMEDOUT;
        }
    }
    return 0;
}

/* Whether another answer may come on this connection. What nobody asked for makes it useless. */
static bool goes_on(const struct kps_http *http, const struct kps_http_message *message)
{
    return message->state == KPS_HTTP_DONE && message->keeps_open &&
           (http->n_ahead > 0 || http->unread.n == 0);
}

void kps_http_unix_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    if (http->fd < 0) {
        return;
    }
    if (send_requests(http, paths, n) != 0) {
        kps_http_unix_close(http);
        return;
    }
    http->ahead = paths;
    http->n_ahead = n;
}

/* Return: whether the path is the next one that is asked for already. One that is not ends those
 * that are. */
static bool take_ahead(struct kps_http *http, struct kps_sv path)
{
    if (http->n_ahead == 0) {
        return false;
    }
    if (!kps_sv_eq(http->ahead[0], path)) {
        kps_http_unix_close(http);
        return false;
    }
    http->ahead++;
    http->n_ahead--;
    return true;
}

struct kps_http_reply kps_http_unix_get(struct kps_http *http, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes)
{
    struct kps_http_message message;
    int failed;
    bool reused;
    do {
        bool is_asked = take_ahead(http, path);
        reused = http->fd >= 0 && http->has_answered;
        failed = http->fd >= 0 ? 0 : open_connection(http);
        if (failed) {
            return connect_failed(http, arena, failed);
        }
        kps_http_message_start(&message, arena, max_bytes);
        failed = is_asked ? 0 : send_requests(http, &path, 1);
        if (failed == 0) {
            failed = receive(http, &message);
        }
        if (failed || !goes_on(http, &message)) {
            kps_http_unix_close(http);
        }
        /* A connection that was kept open may have been closed by the other side meanwhile: once
         * more, with a new one.
         */
    } while (reused && (failed == ECONNRESET || failed == EPIPE));
    if (failed == ETIMEDOUT) {
        return kps_http_timed_out(http, arena);
    }
    if (!kps_http_message_is_over(&message)) {
        kps_http_message_end(&message);
    }
    return kps_http_reply_of(arena, &message);
}

void kps_http_unix_close(struct kps_http *http)
{
    if (http->fd >= 0) {
        (void)close(http->fd);
        http->fd = -1;
    }
    http->n_ahead = 0;
    http->unread = (struct kps_sv){"", 0};
}
