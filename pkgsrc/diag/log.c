#include "diag/log.h"

#include <stdarg.h>

#include "base/arena.h"

void kps_log_print(const struct kps_log *log, enum kps_log_level level, const char *fmt, ...)
{
    if (!log || (level == KPS_LOG_NOTICE && log->quiet > 1) ||
        (level == KPS_LOG_VERBOSE && !log->verbose)) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    va_list args;
    va_start(args, fmt);
    log->print(kps_vfmt(scratch, fmt, args));
    va_end(args);
}
