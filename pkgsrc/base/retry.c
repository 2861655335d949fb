#include "base/retry.h"

#include <unistd.h>

ssize_t kps_retry_read(int fd, void *bytes, size_t n)
{
    ssize_t got;
    KPS_RETRY(got, read(fd, bytes, n));
    return got;
}
