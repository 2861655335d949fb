#include "http/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/retry.h"
#include "http/http_message.h"

struct curl_transport;

struct kps_http {
    struct kps_arena *arena;
    const struct kps_http_target *target;
    uint64_t deadline_ms; /* CLOCK_MONOTONIC */
    uint64_t hurry_ms;    /* a nearer deadline for requests that may be repeated later; 0 = none */
    uint32_t timeout_ms;  /* as given, for messages */
    uint32_t peer_pid; /* KPS_VIA_UNIX: the listener; 0 = not connected, or another pid namespace */
    int fd;            /* KPS_VIA_UNIX: the open connection, or -1 */
    bool has_answered; /* KPS_VIA_UNIX: bytes were received on fd */
    char *buffer;      /* KPS_VIA_UNIX: the last receive; NULL before the first connection */
    struct kps_sv unread;       /* part of the buffer that belongs to the next answer */
    const struct kps_sv *ahead; /* KPS_VIA_UNIX: paths of the pipelined requests, the next first */
    size_t n_ahead;
    struct curl_transport *curl; /* other transports: NULL before the first request */
};

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t left_ms(const struct kps_http *http)
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

static struct kps_http_reply fail_reply(struct kps_arena *arena, enum kps_http_result result,
                                        const char *fmt, ...) KPS_PRINTF(3, 4);
static struct kps_http_reply fail_reply(struct kps_arena *arena, enum kps_http_result result,
                                        const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_http_reply reply = {.result = result, .words = kps_vfmt(arena, fmt, args)};
    va_end(args);
    return reply;
}

static struct kps_http_reply time_out_reply(const struct kps_http *http, struct kps_arena *arena)
{
    return fail_reply(arena, KPS_HTTP_TIMEOUT, "no answer within %g s",
                      (double)http->timeout_ms / 1000);
}

static struct kps_http_reply refuse_headers(struct kps_arena *arena)
{
    return fail_reply(arena, KPS_HTTP_TOO_LARGE, "its headers are larger than %d KiB",
                      KPS_LIMIT_HTTP_HEAD / 1024);
}

static struct kps_http_reply make_reply(struct kps_arena *arena, struct kps_http_message *message)
{
    KPS_ASSERT(kps_http_message_is_over(message));
    if (message->state == KPS_HTTP_OVERFLOW && !message->headers.p) {
        return refuse_headers(arena);
    }
    if (message->state == KPS_HTTP_OVERFLOW) {
        return fail_reply(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                          message->max_bytes / (1024 * 1024));
    }
    if (message->state == KPS_HTTP_BAD) {
        if (message->status) {
            return fail_reply(arena, KPS_HTTP_BROKEN, "its answer broke off after %zu bytes",
                              message->body.n);
        }
        return fail_reply(arena, KPS_HTTP_BROKEN, "%s",
                          message->head.n ? "what answers does not speak HTTP"
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
    switch (failed) {
    case ENOENT:
    case ENOTDIR:
        return fail_reply(arena, KPS_HTTP_ABSENT, "there is no socket '%.*s'",
                          SV_ARG(http->target->socket));
    case EACCES:
    case EPERM:
        return fail_reply(arena, KPS_HTTP_DENIED, "this user may not connect to '%.*s'",
                          SV_ARG(http->target->socket));
    case ECONNREFUSED:
        return fail_reply(arena, KPS_HTTP_REFUSED, "nothing listens on '%.*s'",
                          SV_ARG(http->target->socket));
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
        return time_out_reply(http, arena);
    default:
        return fail_reply(arena, KPS_HTTP_REFUSED, "cannot connect to '%.*s': %s",
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
    if (path.n >= sizeof(address.sun_path)) {
        return ENAMETOOLONG;
    }
    memcpy(address.sun_path, path.p, path.n);
    return connect_socket(http, &address);
}

static void close_unix(struct kps_http *http)
{
    if (http->fd >= 0) {
        (void)close(http->fd);
        http->fd = -1;
    }
    http->n_ahead = 0;
    http->unread = (struct kps_sv){"", 0};
}

static void connect_unix(struct kps_http *http)
{
    (void)open_connection(http);
}

/* Waits until the socket can be read from or written to. Return: false when the time is over. */
static bool wait_socket(const struct kps_http *http, short events)
{
    struct pollfd waiting = {.fd = http->fd, .events = events};
    for (;;) {
        uint32_t left = left_ms(http);
        int ready = poll(&waiting, 1, left > 1000000 ? 1000000 : (int)left);
        if (ready > 0) {
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
    struct kps_buf requests = KPS_BUF(http->arena);
    for (size_t i = 0; i < n; i++) {
        add_request(&requests, paths[i], http->target->host);
    }
    struct kps_sv left = kps_buf_sv(&requests);
    while (left.n) {
        ssize_t sent = send(http->fd, left.p, left.n, MSG_NOSIGNAL | MSG_DONTWAIT);
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

/* Reads one whole answer. Return: 0; ETIMEDOUT; ECONNRESET when the connection ended before the
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
        if (left_ms(http) == 0) {
            return ETIMEDOUT; /* a byte now and then is no answer either */
        }
        ssize_t got = recv(http->fd, http->buffer, RECEIVE_BYTES, MSG_DONTWAIT);
        if (got > 0) {
            any = http->has_answered = true;
            http->unread = (struct kps_sv){http->buffer, (size_t)got};
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            kps_http_message_end(message);
            return any ? 0 : ECONNRESET;
        } else if (errno == EAGAIN && !wait_socket(http, POLLIN)) {
            return ETIMEDOUT;
        }
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
        close_unix(http);
        return;
    }
    http->ahead = paths;
    http->n_ahead = n;
}

/* Pop the path if it is the next pipelined request. Any other path drops the pipeline. */
static bool pop_ahead(struct kps_http *http, struct kps_sv path)
{
    if (http->n_ahead == 0) {
        return false;
    }
    if (!kps_sv_eq(http->ahead[0], path)) {
        close_unix(http);
        return false;
    }
    http->ahead++;
    http->n_ahead--;
    return true;
}

static struct kps_http_reply get_over_unix(struct kps_http *http, struct kps_arena *arena,
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
            close_unix(http);
        }
        /* The other side may have closed an idle connection: repeat on a new connection. */
    } while (reused && (failed == ECONNRESET || failed == EPIPE));
    if (failed == ETIMEDOUT) {
        return time_out_reply(http, arena);
    }
    if (!kps_http_message_is_over(&message)) {
        kps_http_message_end(&message);
    }
    return make_reply(arena, &message);
}

/*
 * How this works. libcurl is not linked: its few functions are looked up in libcurl.so.4 when the
 * first engine behind tcp:// is asked. Their types come from <curl/curl.h> by __typeof__, so the
 * compiler checks the calls as if the library were linked. The library stays loaded until the
 * program ends: it and its dependencies keep their allocations.
 */
struct curl_transport {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_strerror) *easy_strerror;
    CURL *handle;
    bool
        used; /* a request was answered: the connection may have been kept open, and closed since */
    char error[CURL_ERROR_SIZE];
};

static const struct {
    const char *name;
    size_t offset;
} wanted[] = {
    {"curl_global_init", offsetof(struct curl_transport, global_init)},
    {"curl_easy_init", offsetof(struct curl_transport, easy_init)},
    {"curl_easy_setopt", offsetof(struct curl_transport, easy_setopt)},
    {"curl_easy_perform", offsetof(struct curl_transport, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct curl_transport, easy_getinfo)},
    {"curl_easy_cleanup", offsetof(struct curl_transport, easy_cleanup)},
    {"curl_easy_strerror", offsetof(struct curl_transport, easy_strerror)},
};

/* The data of one transfer. */
struct transfer {
    struct kps_buf head, body;
    size_t max_bytes;
    bool overflow, head_overflow;
};

/* Debian has a second build of the library, and some systems have only the second. */
static void *open_library(void)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; i < KPS_COUNT(names) && !library; i++) {
        library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    }
    return library;
}

static bool load_curl(struct curl_transport *curl)
{
    void *library = open_library();
    for (size_t i = 0; library && i < KPS_COUNT(wanted); i++) {
        void *symbol = dlsym(library, wanted[i].name);
        if (!symbol) {
            return false;
        }
        /*
         * ISO C has no conversion from object to function pointers; POSIX promises equal
         * representations.
         */
        memcpy((char *)curl + wanted[i].offset, &symbol, sizeof(symbol));
    }
    if (!library || curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return false;
    }
    curl->handle = curl->easy_init();
    return curl->handle != NULL;
}

static size_t append_body(char *bytes, size_t one, size_t n, void *context)
{
    struct transfer *transfer = context;
    (void)one; /* always 1 */
    if (n > transfer->max_bytes - transfer->body.n) {
        transfer->overflow = true;
        return 0;
    }
    kps_buf_add(&transfer->body, (struct kps_sv){bytes, n});
    return n;
}

static size_t append_header(char *bytes, size_t one, size_t n, void *context)
{
    struct transfer *transfer = context;
    (void)one;
    if (transfer->head.n + n > KPS_LIMIT_HTTP_HEAD) {
        transfer->head_overflow = true;
        return 0;
    }
    if (kps_sv_starts((struct kps_sv){bytes, n}, SV("HTTP/"))) {
        transfer->head.n = 0; /* the head before was "100 Continue" */
        return n;
    }
    kps_buf_add(&transfer->head, (struct kps_sv){bytes, n});
    return n;
}

/*
 * Set the options for all requests. Return: false when libcurl does not know one: a version before
 * 7.85.
 */
static bool set_options(struct curl_transport *curl, const struct kps_http_target *target)
{
    bool https = target->transport == KPS_VIA_HTTPS;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_HTTPGET, 1},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_SSL_VERIFYPEER, target->verify},
        {CURLOPT_NETRC, 0},
        {CURLOPT_SSL_VERIFYHOST, target->verify ? 2 : 0},
        {CURLOPT_HTTPAUTH, target->bearer.n ? (long)CURLAUTH_BEARER : (long)CURLAUTH_BASIC},
    };
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_PROTOCOLS_STR, https ? "https" : "http"},
        {CURLOPT_PROXY, ""}, /* an engine is never behind the proxy of http_proxy */
        {CURLOPT_USERAGENT, "kportscan"},
        {CURLOPT_CAINFO, target->ca.n ? target->ca.p : NULL},
        {CURLOPT_SSLCERT, target->cert.n ? target->cert.p : NULL},
        {CURLOPT_SSLKEY, target->key.n ? target->key.p : NULL},
        {CURLOPT_XOAUTH2_BEARER, target->bearer.n ? target->bearer.p : NULL},
    };
    bool good = true;
    for (size_t i = 0; i < KPS_COUNT(numbers); i++) {
        good = good &&
               curl->easy_setopt(curl->handle, numbers[i].option, numbers[i].value) == CURLE_OK;
    }
    for (size_t i = 0; i < KPS_COUNT(texts); i++) {
        good = good && (!texts[i].value || curl->easy_setopt(curl->handle, texts[i].option,
                                                             texts[i].value) == CURLE_OK);
    }
    return good && curl->easy_setopt(curl->handle, CURLOPT_ERRORBUFFER, curl->error) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_WRITEFUNCTION, append_body) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_HEADERFUNCTION, append_header) == CURLE_OK;
}

static bool set_request(struct curl_transport *curl, const struct kps_http *http, const char *url,
                        struct transfer *transfer)
{
    transfer->head.n = transfer->body.n = 0;
    curl->error[0] = '\0';
    return curl->easy_setopt(curl->handle, CURLOPT_URL, url) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_TIMEOUT_MS, (long)left_ms(http)) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_HEADERDATA, transfer) == CURLE_OK;
}

static struct kps_http_reply failed_transfer(struct kps_http *http, struct kps_arena *arena,
                                             CURLcode code, const struct transfer *transfer)
{
    const struct curl_transport *curl = http->curl;
    const char *why = curl->error[0] ? curl->error : curl->easy_strerror(code);
    if (transfer->head_overflow) {
        return refuse_headers(arena);
    }
    if (transfer->overflow) {
        return fail_reply(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                          transfer->max_bytes / (1024 * 1024));
    }
    enum kps_http_result result = KPS_HTTP_BROKEN;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return time_out_reply(http, arena);
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
        result = KPS_HTTP_REFUSED;
    } else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
               code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE) {
        result = KPS_HTTP_UNTRUSTED;
    } else if (http->target->transport == KPS_VIA_HTTPS && !http->target->cert.n &&
               !transfer->head.n) {
        /* TLS 1.3 tells a client that its certificate is missing only after the handshake. */
        return fail_reply(
            arena, KPS_HTTP_UNTRUSTED,
            "it hung up without an answer, as engines do that want a client's certificate (%s)",
            why);
    }
    return fail_reply(arena, result, "%s", why);
}

static void close_curl(struct kps_http *http)
{
    if (http->curl) {
        http->curl->easy_cleanup(http->curl->handle);
        http->curl = NULL;
    }
}

static struct kps_http_reply open_curl(struct kps_http *http, struct kps_arena *arena)
{
    struct curl_transport *curl = KPS_NEW(http->arena, struct curl_transport);
    if (!load_curl(curl)) {
        return fail_reply(arena, KPS_HTTP_UNAVAILABLE,
                          "libcurl (libcurl.so.4), which TCP and TLS need, is not installed");
    }
    http->curl = curl;
    if (!set_options(curl, http->target)) {
        close_curl(http);
        return fail_reply(arena, KPS_HTTP_UNAVAILABLE, "the installed libcurl is older than 7.85");
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED};
}

static struct kps_http_reply get_over_curl(struct kps_http *http, struct kps_arena *arena,
                                           struct kps_sv path, size_t max_bytes)
{
    if (!http->curl) {
        struct kps_http_reply prepared = open_curl(http, arena);
        if (prepared.result != KPS_HTTP_ANSWERED) {
            return prepared;
        }
    }
    struct curl_transport *curl = http->curl;
    struct transfer transfer = {
        .head = KPS_BUF(arena), .body = KPS_BUF(arena), .max_bytes = max_bytes};
    struct kps_sv url = kps_fmt(arena, "%.*s%.*s", SV_ARG(http->target->base), SV_ARG(path));
    CURLcode code = CURLE_OUT_OF_MEMORY;
    bool again = false;
    do {
        code = set_request(curl, http, url.p, &transfer) ? curl->easy_perform(curl->handle)
                                                         : CURLE_OUT_OF_MEMORY;
        bool lost =
            code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
        again = curl->used && lost && !transfer.head.n;
        curl->used = code == CURLE_OK;
    } while (again);
    long status = 0;
    if (code == CURLE_OK) {
        code = curl->easy_getinfo(curl->handle, CURLINFO_RESPONSE_CODE, &status);
    }
    if (code != CURLE_OK) {
        return failed_transfer(http, arena, code, &transfer);
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED,
                                   .status = (unsigned)status,
                                   .head = kps_buf_sv(&transfer.head),
                                   .body = kps_buf_sv(&transfer.body)};
}

struct kps_http *kps_http_open(struct kps_arena *arena, const struct kps_http_target *target,
                               uint32_t timeout_ms)
{
    struct kps_http *http = KPS_NEW(arena, struct kps_http);
    *http = (struct kps_http){.arena = arena,
                              .target = target,
                              .deadline_ms = now_ms() + timeout_ms,
                              .timeout_ms = timeout_ms,
                              .fd = -1};
    return http;
}

void kps_http_close(struct kps_http *http)
{
    if (http) {
        close_unix(http);
        close_curl(http);
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
        return time_out_reply(http, arena);
    }
    return http->target->transport == KPS_VIA_UNIX ? get_over_unix(http, arena, path, max_bytes)
                                                   : get_over_curl(http, arena, path, max_bytes);
}

void kps_http_ahead(struct kps_http *http, const struct kps_sv *paths, size_t n)
{
    KPS_ASSERT(n <= KPS_HTTP_MOST_AHEAD && http->n_ahead == 0);
    if (http->target->transport == KPS_VIA_UNIX) {
        send_ahead(http, paths, n);
    }
}

uint32_t kps_http_peer(struct kps_http *http)
{
    if (http->target->transport == KPS_VIA_UNIX && http->fd < 0 && !http->peer_pid) {
        connect_unix(http);
    }
    return http->peer_pid;
}

struct kps_sv kps_http_header(const struct kps_http_reply *reply, struct kps_sv name)
{
    return kps_http_find_header(reply->head, name);
}
