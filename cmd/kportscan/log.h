#ifndef LOG_H
#define LOG_H

#include "options.h"

/*
 * Lines about the run, on stderr: "kportscan: TEXT". The text is escaped as a whole, so arguments
 * may be raw bytes of files and engines. Results never go this way.
 */

/* Print an error, whatever the options say. */
void kps_log_error(const char *fmt, ...) KPS_PRINTF(1, 2);

/* Print a notice, unless -qq. */
void kps_log_notice(const struct kps_options *options, const char *fmt, ...) KPS_PRINTF(2, 3);

/* Print what -v shows. */
void kps_log_verbose(const struct kps_options *options, const char *fmt, ...) KPS_PRINTF(2, 3);

#endif
