#include "base/close.h"

#include <unistd.h>

void kps_close_fd(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

void kps_close_dir(DIR **dir)
{
    if (*dir) {
        (void)closedir(*dir);
    }
}
