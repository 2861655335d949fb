#include "standard_output.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024 };

void kps_standard_output_buffer(void)
{
    static char buffer[BUFFER_BYTES];
    (void)setvbuf(stdout, buffer, _IOFBF, BUFFER_BYTES);
}

void kps_standard_output_end_by_pipe(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)raise(SIGPIPE);
    _exit(128 + SIGPIPE); /* where the signal is blocked */
}

int kps_standard_output_flush(void)
{
    bool had_failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) == 0 && !had_failed) {
        return 0;
    }
    return errno ? errno : EIO;
}
