#include "diag/log.h"

#include <stdarg.h>

#include "base/arena.h"

static void print_line(const struct kps_log *log, const char *fmt, va_list args) KPS_PRINTF(2, 0);

static void print_line(const struct kps_log *log, const char *fmt, va_list args)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    log->print(kps_vfmt(scratch, fmt, args));
}

void kps_log_error(const struct kps_log *log, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (log) {
        print_line(log, fmt, args);
    }
    va_end(args);
}

void kps_log_notice(const struct kps_log *log, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (log && log->quiet < 2) {
        print_line(log, fmt, args);
    }
    va_end(args);
}

void kps_log_verbose(const struct kps_log *log, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (log && log->verbose) {
        print_line(log, fmt, args);
    }
    va_end(args);
}
