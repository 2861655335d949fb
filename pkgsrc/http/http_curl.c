#include "http/http_curl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "http/http_reply.h"

/*
 * How this works. libcurl is not linked: its few functions are looked up in libcurl.so.4 when the
 * first engine behind tcp:// is asked. Their types come from <curl/curl.h> by __typeof__, so the
 * compiler checks the calls as if the library were linked. The library stays loaded until the
 * program ends: it and its dependencies keep their allocations.
 */
struct kps_http_curl {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_version_info) *version_info;
    CURL *handle;
    bool
        used; /* a request was answered: the connection may have been kept open, and closed since */
    bool is_old; /* an option is unknown */
    char error[CURL_ERROR_SIZE];
    const struct kps_http_target *target;
    uint64_t deadline_ms; /* of the request at hand */
    uint32_t timeout_ms;  /* as given, for messages */
};

static const struct {
    char name[19];
    uint8_t offset;
} wanted[] = {
    {"curl_global_init", offsetof(struct kps_http_curl, global_init)},
    {"curl_easy_init", offsetof(struct kps_http_curl, easy_init)},
    {"curl_easy_setopt", offsetof(struct kps_http_curl, easy_setopt)},
    {"curl_easy_perform", offsetof(struct kps_http_curl, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct kps_http_curl, easy_getinfo)},
    {"curl_easy_cleanup", offsetof(struct kps_http_curl, easy_cleanup)},
    {"curl_easy_strerror", offsetof(struct kps_http_curl, easy_strerror)},
    {"curl_version_info", offsetof(struct kps_http_curl, version_info)},
};

/* The data of one transfer. */
struct transfer {
    struct kps_buf head, body;
    size_t max_bytes;
    bool overflow, head_overflow;
};

static const char *loaded_version = "";

const char *kps_http_library(void)
{
    return loaded_version;
}

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

static bool look_up_curl(struct kps_http_curl *curl)
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
    loaded_version = curl->version_info(CURLVERSION_NOW)->version;
    return true;
}

/* Engines are asked by several threads, and older versions of the library start without a lock. */
static bool load_curl(struct kps_http_curl *curl)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&lock);
    bool is_found = look_up_curl(curl);
    (void)pthread_mutex_unlock(&lock);
    curl->handle = is_found ? curl->easy_init() : NULL;
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

/* Set an option, unless one before is unknown. */
static void set_number(struct kps_http_curl *curl, CURLoption option, long value)
{
    curl->is_old = curl->is_old || curl->easy_setopt(curl->handle, option, value) != CURLE_OK;
}

static void set_pointer(struct kps_http_curl *curl, CURLoption option, const void *value)
{
    curl->is_old = curl->is_old || curl->easy_setopt(curl->handle, option, value) != CURLE_OK;
}

static void set_text(struct kps_http_curl *curl, CURLoption option, struct kps_sv value)
{
    if (value.n) {
        set_pointer(curl, option, value.p);
    }
}

/*
 * Set the options for all requests. Return: false when libcurl does not know one: a version before
 * 7.85.
 */
static bool set_options(struct kps_http_curl *curl, const struct kps_http_target *target)
{
    bool https = target->transport == KPS_VIA_HTTPS;
    set_number(curl, CURLOPT_HTTPGET, 1);
    set_number(curl, CURLOPT_NOSIGNAL, 1);
    set_number(curl, CURLOPT_FOLLOWLOCATION, 0);
    set_number(curl, CURLOPT_SSL_VERIFYPEER, target->verify);
    set_number(curl, CURLOPT_NETRC, 0);
    set_number(curl, CURLOPT_SSL_VERIFYHOST, target->verify ? 2 : 0);
    set_number(curl, CURLOPT_HTTPAUTH,
               target->bearer.n ? (long)CURLAUTH_BEARER : (long)CURLAUTH_BASIC);
    set_pointer(curl, CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
    set_pointer(curl, CURLOPT_PROXY, ""); /* an engine is never behind the proxy of http_proxy */
    set_pointer(curl, CURLOPT_USERAGENT, "kportscan");
    set_text(curl, CURLOPT_CAINFO, target->ca);
    set_text(curl, CURLOPT_SSLCERT, target->cert);
    set_text(curl, CURLOPT_SSLKEY, target->key);
    set_text(curl, CURLOPT_XOAUTH2_BEARER, target->bearer);
    set_pointer(curl, CURLOPT_ERRORBUFFER, curl->error);
    return !curl->is_old &&
           curl->easy_setopt(curl->handle, CURLOPT_WRITEFUNCTION, append_body) == CURLE_OK &&
           curl->easy_setopt(curl->handle, CURLOPT_HEADERFUNCTION, append_header) == CURLE_OK;
}

static bool set_request(struct kps_http_curl *curl, const char *url, struct transfer *transfer)
{
    uint64_t now = kps_clock_ms();
    transfer->head.n = transfer->body.n = 0;
    curl->error[0] = '\0';
    set_pointer(curl, CURLOPT_URL, url);
    set_number(curl, CURLOPT_TIMEOUT_MS,
               curl->deadline_ms > now ? (long)(curl->deadline_ms - now) : 1);
    set_pointer(curl, CURLOPT_WRITEDATA, transfer);
    set_pointer(curl, CURLOPT_HEADERDATA, transfer);
    return !curl->is_old;
}

static struct kps_http_reply failed_transfer(const struct kps_http_curl *curl,
                                             struct kps_arena *arena, CURLcode code,
                                             const struct transfer *transfer)
{
    const char *why = curl->error[0] ? curl->error : curl->easy_strerror(code);
    if (transfer->head_overflow) {
        return kps_http_refuse_headers(arena);
    }
    if (transfer->overflow) {
        return kps_http_fail(arena, KPS_HTTP_TOO_LARGE, "its answer is larger than %zu MiB",
                             transfer->max_bytes / (1024 * 1024));
    }
    enum kps_http_result result = KPS_HTTP_BROKEN;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return kps_http_time_out(arena, curl->timeout_ms);
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
        result = KPS_HTTP_REFUSED;
    } else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
               code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE) {
        result = KPS_HTTP_UNTRUSTED;
    } else if (curl->target->transport == KPS_VIA_HTTPS && !curl->target->cert.n &&
               !transfer->head.n) {
        /* TLS 1.3 tells a client that its certificate is missing only after the handshake. */
        return kps_http_fail(
            arena, KPS_HTTP_UNTRUSTED,
            "it hung up without an answer, as engines do that want a client's certificate (%s)",
            why);
    }
    return kps_http_fail(arena, result, "%s", why);
}

void kps_http_curl_close(struct kps_http_curl *curl)
{
    if (curl) {
        curl->easy_cleanup(curl->handle);
    }
}

struct kps_http_curl *kps_http_curl_open(struct kps_arena *arena,
                                         const struct kps_http_target *target,
                                         struct kps_http_reply *ret_failure)
{
    struct kps_http_curl *curl = KPS_NEW(arena, struct kps_http_curl);
    if (!load_curl(curl)) {
        *ret_failure =
            kps_http_fail(arena, KPS_HTTP_UNAVAILABLE,
                          "libcurl (libcurl.so.4), which TCP and TLS need, is not installed");
        return NULL;
    }
    curl->target = target;
    if (!set_options(curl, target)) {
        kps_http_curl_close(curl);
        *ret_failure =
            kps_http_fail(arena, KPS_HTTP_UNAVAILABLE, "the installed libcurl is older than 7.85");
        return NULL;
    }
    return curl;
}

struct kps_http_reply kps_http_curl_get(struct kps_http_curl *curl, struct kps_arena *arena,
                                        struct kps_sv path, size_t max_bytes, uint64_t deadline_ms,
                                        uint32_t timeout_ms)
{
    curl->deadline_ms = deadline_ms;
    curl->timeout_ms = timeout_ms;
    struct transfer transfer = {
        .head = KPS_BUF(arena), .body = KPS_BUF(arena), .max_bytes = max_bytes};
    struct kps_sv url = kps_fmt(arena, "%.*s%.*s", SV_ARG(curl->target->base), SV_ARG(path));
    CURLcode code = CURLE_OUT_OF_MEMORY;
    bool again = false;
    do {
        code = set_request(curl, url.p, &transfer) ? curl->easy_perform(curl->handle)
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
        return failed_transfer(curl, arena, code, &transfer);
    }
    return (struct kps_http_reply){.result = KPS_HTTP_ANSWERED,
                                   .status = (unsigned)status,
                                   .head = kps_buf_sv(&transfer.head),
                                   .body = kps_buf_sv(&transfer.body)};
}
