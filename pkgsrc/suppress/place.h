#ifndef KPS_SUPPRESS_PLACE_H
#define KPS_SUPPRESS_PLACE_H

#include "base/map.h"
#include "suppress/suppress.h"

/*
 * The entries of a run by their places, so that a finding does not look at all entries. `order` are
 * the entries for a part of a file, by file and beginning; reach[i] is the furthest end of the
 * entries of the same file up to i. Entries for a whole file, a project, or a service in any file
 * of its project are chains: a head is 1 + the index of the last entry, 0 ends a chain.
 */
struct kps_suppress_places {
    const struct kps_suppress *suppress;
    uint32_t *order;
    uint32_t *reach;
    uint32_t n;
    uint32_t *of_file, *of_project; /* heads, by file id and by number of the project */
    struct kps_map of_service;      /* heads, by the name of the service, of all projects */
    uint32_t *before;               /* by entry: the rest of its chain */
};

/* `projects` as in struct kps_suppress_run. */
struct kps_suppress_places kps_suppress_index(struct kps_arena *arena,
                                              const struct kps_suppress *suppress,
                                              const uint32_t *projects);

/* A walk over the entries of `order` that cover a byte. Start with kps_suppress_at. */
struct kps_suppress_hits {
    uint32_t next; /* order[next - 1] is looked at next; 0: the end */
    struct kps_span at;
};

struct kps_suppress_hits kps_suppress_at(const struct kps_suppress_places *places,
                                         struct kps_span at);
/* Return: the index of the next entry, or UINT32_MAX when there is none. */
uint32_t kps_suppress_next(const struct kps_suppress_places *places,
                           struct kps_suppress_hits *hits);

/* Return: does `covers` hold the first byte of `at`? */
bool kps_suppress_covers(struct kps_span covers, struct kps_span at);

#endif
