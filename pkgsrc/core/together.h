#ifndef KPS_CORE_TOGETHER_H
#define KPS_CORE_TOGETHER_H

#include "model/ledger.h"

/*
 * Projects below a folder are judged apart, each on a machine of its own. This module looks for two
 * of them whose ports would meet on one machine (--together).
 */
struct kps_together {
    struct kps_sv project, other; /* the paths of two such projects */
    struct kps_sv ports;          /* that both publish, in words */
    size_t n_more;                /* further ports that would meet */
};

/* Find the first two projects of a linked ledger, in the arena. Return: false for none. */
bool kps_together_find(const struct kps_ledger *ledger, struct kps_arena *arena,
                       struct kps_together *ret);

#endif
