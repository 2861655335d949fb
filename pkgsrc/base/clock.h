#ifndef KPS_BASE_CLOCK_H
#define KPS_BASE_CLOCK_H

#include <stdint.h>

/* Return the time of CLOCK_MONOTONIC in milliseconds. */
uint64_t kps_clock_ms(void);
/* Return the time in seconds since 1970. */
int64_t kps_clock_now(void);

#endif
