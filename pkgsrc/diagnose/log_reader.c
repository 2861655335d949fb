#include "diagnose/log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/retry.h"
#include "diagnose/clean.h"

enum { PIECE_BYTES = 64 * 1024 };

int kps_log_reader_open(struct kps_log_reader *log, const char *path)
{
    *log = (struct kps_log_reader){.fd = STDIN_FILENO};
    if (strcmp(path, "-") != 0) {
        log->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    }
    struct stat st;
    if (log->fd < 0 || fstat(log->fd, &st) != 0) {
        return errno;
    }
    return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

void kps_log_reader_close(struct kps_log_reader *log)
{
    if (log->fd > STDIN_FILENO) {
        (void)close(log->fd);
    }
    log->fd = -1;
    kps_vec_free(&log->bytes);
}

struct kps_sv kps_log_reader_text(const struct kps_log_reader *log)
{
    return (struct kps_sv){log->bytes.v ? log->bytes.v : "", log->bytes.n};
}

static void append_piece(struct kps_log_reader *log, char *piece, size_t n)
{
    bool is_first = log->bytes.n == 0;
    if (is_first && kps_clean_is_binary((struct kps_sv){piece, n})) {
        log->is_binary = true;
        log->at_end = true;
        return;
    }
    n = kps_clean_text(piece, n, &log->state);
    if (n > KPS_LIMIT_LOG_BYTES - (size_t)log->bytes.n) {
        n = KPS_LIMIT_LOG_BYTES - (size_t)log->bytes.n;
        log->was_cut = true;
        log->at_end = true;
    }
    while (log->bytes.cap - log->bytes.n < n) {
        kps_vec_grow(&log->bytes.any, 1);
    }
    if (n) {
        memcpy(log->bytes.v + log->bytes.n, piece, n);
        log->bytes.n += (uint32_t)n;
    }
}

void kps_log_reader_set_text(struct kps_log_reader *log, struct kps_sv text)
{
    *log = (struct kps_log_reader){.fd = -1, .at_end = true};
    while (log->bytes.cap <= text.n) {
        kps_vec_grow(&log->bytes.any, 1);
    }
    memcpy(log->bytes.v, text.p, text.n);
    log->bytes.n = (uint32_t)kps_clean_text(log->bytes.v, text.n, &log->state);
}

bool kps_log_reader_more(struct kps_log_reader *log, int patience_ms)
{
    struct pollfd wait = {.fd = log->fd, .events = POLLIN};
    int ready;
    KPS_RETRY(ready, poll(&wait, 1, patience_ms));
    if (ready == 0) {
        return false;
    }
    char piece[PIECE_BYTES];
    ssize_t n = kps_retry_read(log->fd, piece, sizeof(piece));
    if (n > 0) {
        append_piece(log, piece, (size_t)n);
    } else {
        log->error = n < 0 ? errno : 0;
        log->at_end = true;
    }
    return true;
}

struct kps_sv kps_log_reader_fault(const struct kps_log_reader *log, struct kps_arena *arena,
                                   struct kps_sv shown, int opening)
{
    int error = opening ? opening : log->error;
    if (error) {
        return kps_fmt(arena, "cannot read '%.*s': %s", SV_ARG(shown), strerror(error));
    }
    return log->is_binary ? kps_fmt(arena, "'%.*s' is binary and no log", SV_ARG(shown)) : SV("");
}
