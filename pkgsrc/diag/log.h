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

/* Print an error, whatever the options say. */
void kps_log_error(const struct kps_log *log, const char *fmt, ...) KPS_PRINTF(2, 3);

/* Print a notice, unless -qq. */
void kps_log_notice(const struct kps_log *log, const char *fmt, ...) KPS_PRINTF(2, 3);

/* Print what -v shows. */
void kps_log_verbose(const struct kps_log *log, const char *fmt, ...) KPS_PRINTF(2, 3);

#endif
