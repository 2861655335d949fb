#include "log.h"

#include <stdio.h>

#include "base/utf8.h"

static void print_line(const char *fmt, va_list args) KPS_PRINTF(1, 0);

static void print_line(const char *fmt, va_list args)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv text = kps_utf8_escape(scratch, kps_vfmt(scratch, fmt, args));
    (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(text));
}

void kps_log_error(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_line(fmt, args);
    va_end(args);
}

void kps_log_notice(const struct kps_options *options, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (options->quiet < 2) {
        print_line(fmt, args);
    }
    va_end(args);
}

void kps_log_verbose(const struct kps_options *options, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (options->verbose) {
        print_line(fmt, args);
    }
    va_end(args);
}
