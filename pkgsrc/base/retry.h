#ifndef KPS_BASE_RETRY_H
#define KPS_BASE_RETRY_H

#include <errno.h>

/*
 * KPS_RETRY(result, call): a system call again as long as a signal interrupts it (EINTR), its
 * answer in `result`.
 *
 *     ssize_t got;
 *     KPS_RETRY(got, read(fd, buf, sizeof(buf)));
 *
 * A statement, because glibc's TEMP_FAILURE_RETRY is an expression of the GNU kind and musl has
 * none at all. `call` is evaluated again on each round; `result` must be signed, -1 is what the
 * kernel's wrappers answer on a failure.
 */
#define KPS_RETRY(result, call)                                                                    \
    do {                                                                                           \
        (result) = (call);                                                                         \
    } while ((result) == -1 && errno == EINTR)

#endif
