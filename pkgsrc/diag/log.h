#ifndef KPS_DIAG_LOG_H
#define KPS_DIAG_LOG_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/sv.h"

/*
 * Lines about the run, which a library passes to the program: struct kps_diag has the log of a run.
 * Results and findings never go this way. Arguments may be raw bytes of files and engines: `print`
 * escapes. A log that is NULL takes no line.
 */
struct kps_log {
    unsigned quiet; /* 2: no notices */
    bool verbose;
    void (*print)(struct kps_sv text);
    /* Show a line that stands until the next call, whose empty text erases it (wait.h); NULL: no
     * such lines. May run in another thread. */
    void (*show)(struct kps_sv text);
};

enum kps_log_level {
    KPS_LOG_ERROR,   /* printed whatever the options say */
    KPS_LOG_NOTICE,  /* … unless -qq */
    KPS_LOG_VERBOSE, /* … with -v */
};

/* Print a line of the log where the options ask for its level; `log` may be NULL. */
void kps_log_print(const struct kps_log *log, enum kps_log_level level, const char *fmt, ...)
    KPS_PRINTF(3, 4);

#define kps_log_error(log, ...) kps_log_print((log), KPS_LOG_ERROR, __VA_ARGS__)
#define kps_log_notice(log, ...) kps_log_print((log), KPS_LOG_NOTICE, __VA_ARGS__)
#define kps_log_verbose(log, ...) kps_log_print((log), KPS_LOG_VERBOSE, __VA_ARGS__)

#endif
