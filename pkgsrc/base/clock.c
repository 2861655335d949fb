#include "base/clock.h"

#include <time.h>

static struct timespec read_clock(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return now;
}

int64_t kps_clock_now(void)
{
    return read_clock(CLOCK_REALTIME).tv_sec;
}

uint64_t kps_clock_ms(void)
{
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
