#ifndef KPS_CORE_MATCHING_H
#define KPS_CORE_MATCHING_H

#include <stdint.h>

#include "base/arena.h"

/*
 * Give ports to claims with a need in a range each, no port twice. From the lowest port up, each
 * port goes to the begun range with the first end (earliest deadline first). This serves as many
 * claims as possible. A range with an unmet need at its end proves a lack: between the last port
 * that was idle or went to a later deadline, and the end of this range, the ranges inside need more
 * ports than exist. Ports are given in stretches, so the width of a range costs nothing: O(n log n)
 * for n jobs and blocks.
 */
struct kps_matching_job {
    uint32_t first, last; /* ports, 1..65535 */
    uint32_t need;        /* the rest afterwards is the lack */
    uint32_t member;      /* for the caller */
};

struct kps_matching_range {
    uint32_t first, last;
};

struct kps_matching {
    /*
     * For the caller to fill: jobs sorted by `first`, and blocks of ports not to give
     * (kps_matching_block).
     */
    struct kps_matching_job *jobs;
    struct kps_matching_range *blocks;
    uint32_t n_jobs, n_blocks;
    /* The result. A lack holds all its lacking jobs; lacks are sorted and apart. */
    struct kps_matching_range *lacks;
    uint32_t n_lacks;
    uint32_t n_given; /* ports */
    /* Inside. */
    uint32_t *heap; /* jobs that wait, the earliest deadline on top */
    struct kps_matching_stretch *stretches;
    uint32_t n_heap, n_stretches, n_admitted;
    uint32_t port; /* the next to give out */
};

/* Room for so many jobs and blocks; both lists start empty. */
struct kps_matching kps_matching_new(struct kps_arena *arena, uint32_t most_jobs,
                                     uint32_t most_blocks);
/* Add a block; blocks come in the order of `first` and may overlap. */
void kps_matching_block(struct kps_matching *a, uint32_t first, uint32_t last);
void kps_matching_run(struct kps_matching *a);

#endif
