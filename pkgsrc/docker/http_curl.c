#include <curl/curl.h>
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "docker/http_transport.h"

/*
 * How this works. libcurl is not linked: the few functions that are used are looked up in
 * libcurl.so.4 when the first engine behind tcp:// is asked. Their types come from <curl/curl.h> by
 * __typeof__, so the compiler checks the calls as if it were linked. The library stays loaded until
 * the program ends: it and those behind it keep what they allocated.
 */
struct kps_curl {
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
    {"curl_global_init", offsetof(struct kps_curl, global_init)},
    {"curl_easy_init", offsetof(struct kps_curl, easy_init)},
    {"curl_easy_setopt", offsetof(struct kps_curl, easy_setopt)},
    {"curl_easy_perform", offsetof(struct kps_curl, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct kps_curl, easy_getinfo)},
    {"curl_easy_cleanup", offsetof(struct kps_curl, easy_cleanup)},
    {"curl_easy_strerror", offsetof(struct kps_curl, easy_strerror)},
};

/* What one transfer brings in. */
struct taking {
    struct kps_buf head, body;
    size_t max_bytes;
    bool overflow, head_overflow;
};

/* Debian has a second build of the library, and some systems only that one. */
static void *open_library(void)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; i < KPS_COUNT(names) && !library; i++) {
        library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    }
    return library;
}

static bool load(struct kps_curl *curl)
{
    void *library = open_library();
    for (size_t i = 0; library && i < KPS_COUNT(wanted); i++) {
        void *symbol = dlsym(library, wanted[i].name);
        if (!symbol) {
            return false;
        }
        /* ISO C has no conversion from object to function pointers; POSIX promises that they look
         * alike. */
        memcpy((char *)curl + wanted[i].offset, &symbol, sizeof(symbol));
    }
    if (!library || curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return false;
    }
    curl->handle = curl->easy_init();
    return curl->handle != NULL;
}

static size_t take_body(char *bytes, size_t one, size_t n, void *context)
{
    struct taking *taking = context;
    (void)one; /* always 1 */
    if (n > taking->max_bytes - taking->body.n) {
        taking->overflow = true;
        return 0;
    }
    kps_buf_add(&taking->body, (struct kps_sv){bytes, n});
    return n;
}

static size_t take_header(char *bytes, size_t one, size_t n, void *context)
{
    struct taking *taking = context;
    (void)one;
    if (taking->head.n + n > KPS_LIMIT_HTTP_HEAD) {
        taking->head_overflow = true;
        return 0;
    }
    if (kps_sv_starts((struct kps_sv){bytes, n}, SV("HTTP/"))) {
        taking->head.n = 0; /* what came before was "100 Continue" */
        return n;
    }
    kps_buf_add(&taking->head, (struct kps_sv){bytes, n});
    return n;
}

/* The options that never change. Return: false when one of them is unknown: a libcurl before 7.85.
 */
static bool set_fixed(struct kps_curl *curl, const struct kps_endpoint *endpoint)
{
    bool https = endpoint->transport == KPS_VIA_HTTPS;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_HTTPGET, 1},        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0}, {CURLOPT_SSL_VERIFYPEER, endpoint->verify},
        {CURLOPT_NETRC, 0},          {CURLOPT_SSL_VERIFYHOST, endpoint->verify ? 2 : 0},
    };
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_PROTOCOLS_STR, https ? "https" : "http"},
        {CURLOPT_PROXY, ""}, /* an engine is never behind the proxy of http_proxy */
        {CURLOPT_USERAGENT, "kportscan"},
        {CURLOPT_CAINFO, endpoint->ca.n ? endpoint->ca.p : NULL},
        {CURLOPT_SSLCERT, endpoint->cert.n ? endpoint->cert.p : NULL},
        {CURLOPT_SSLKEY, endpoint->key.n ? endpoint->key.p : NULL},
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
           curl->easy_setopt(curl->handle, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
}

static bool set_request(struct kps_curl *curl, const struct kps_http *http, const char *url,
                        struct taking *taking)
{
    taking->head.n = taking->body.n = 0;
    curl->error[0] = '\0';
    return curl->easy_setopt(curl->handle, CURLOPT_URL, url) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_TIMEOUT_MS, (long)kps_http_left_ms(http)) ==
               CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_WRITEDATA, taking) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_HEADERDATA, taking) == CURLE_OK;
}

static struct kps_http_reply failed_transfer(struct kps_http *http, struct kps_arena *arena,
                                             CURLcode code, const struct taking *taking)
{
    const struct kps_curl *curl = http->curl;
    const char *why = curl->error[0] ? curl->error : curl->easy_strerror(code);
    if (taking->head_overflow) {
        return kps_http_headers_too_large(arena);
    }
    if (taking->overflow) {
        return kps_http_failed(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                               taking->max_bytes / (1024 * 1024));
    }
    enum kps_http_result result = KPS_HTTP_BROKEN;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return kps_http_timed_out(http, arena);
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
        result = KPS_HTTP_REFUSED;
    } else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
               code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE) {
        result = KPS_HTTP_UNTRUSTED;
    } else if (http->endpoint->transport == KPS_VIA_HTTPS && !http->endpoint->cert.n &&
               !taking->head.n) {
        /* TLS 1.3 tells a client that its certificate is missing only after the handshake. */
        return kps_http_failed(
            arena, KPS_HTTP_UNTRUSTED,
            "it hung up without an answer, as engines do that want a client's certificate (%s)",
            why);
    }
    return kps_http_failed(arena, result, "%s", why);
}

static struct kps_http_reply prepare(struct kps_http *http, struct kps_arena *arena)
{
    struct kps_curl *curl = KPS_NEW(http->arena, struct kps_curl);
    if (!load(curl)) {
        return kps_http_failed(arena, KPS_HTTP_UNAVAILABLE,
                               "an engine behind tcp:// is asked through libcurl (libcurl.so.4), "
                               "which is not installed");
    }
    http->curl = curl;
    if (!set_fixed(curl, http->endpoint)) {
        kps_http_curl_close(http);
        return kps_http_failed(arena, KPS_HTTP_UNAVAILABLE,
                               "the installed libcurl is older than 7.85");
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED};
}

struct kps_http_reply kps_http_curl_get(struct kps_http *http, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes)
{
    if (!http->curl) {
        struct kps_http_reply prepared = prepare(http, arena);
        if (prepared.result != KPS_HTTP_ANSWERED) {
            return prepared;
        }
    }
    struct kps_curl *curl = http->curl;
    struct taking taking = {.head = KPS_BUF(arena), .body = KPS_BUF(arena), .max_bytes = max_bytes};
    struct kps_sv url = kps_fmt(arena, "%.*s%.*s", SV_ARG(http->endpoint->base), SV_ARG(path));
    CURLcode code = CURLE_OUT_OF_MEMORY;
    bool again = false;
    do {
        code = set_request(curl, http, url.p, &taking) ? curl->easy_perform(curl->handle)
                                                       : CURLE_OUT_OF_MEMORY;
        bool lost =
            code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
        again = curl->used && lost && !taking.head.n;
        curl->used = code == CURLE_OK;
    } while (again);
    long status = 0;
    if (code == CURLE_OK) {
        code = curl->easy_getinfo(curl->handle, CURLINFO_RESPONSE_CODE, &status);
    }
    if (code != CURLE_OK) {
        return failed_transfer(http, arena, code, &taking);
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED,
                                   .status = (unsigned)status,
                                   .head = kps_buf_sv(&taking.head),
                                   .body = kps_buf_sv(&taking.body)};
}

void kps_http_curl_close(struct kps_http *http)
{
    if (http->curl) {
        http->curl->easy_cleanup(http->curl->handle);
        http->curl = NULL;
    }
}
