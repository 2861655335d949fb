#ifndef KPS_BASE_RETRY_H
#define KPS_BASE_RETRY_H

#include <errno.h>
#include <sys/types.h>

/*
 * Interruptions in a row that a call survives: a file system with endless EINTR must not keep the
 * program.
 */
enum { KPS_RETRY_MOST = 10 * 1000 };

/*
 * KPS_RETRY(result, call): repeat a system call while a signal interrupts it (EINTR), at most
 * KPS_RETRY_MOST times; its answer in `result`.
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
        int kps_tries = 0;                                                                         \
        do {                                                                                       \
            (result) = (call);                                                                     \
        } while ((result) == -1 && errno == EINTR && ++kps_tries < KPS_RETRY_MOST);                \
    } while (0)

/* read(2), repeated so. */
ssize_t kps_retry_read(int fd, void *bytes, size_t n);

#endif
