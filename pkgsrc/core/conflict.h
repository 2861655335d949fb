#ifndef KPS_CORE_CONFLICT_H
#define KPS_CORE_CONFLICT_H

#include "base/arena.h"
#include "model/conflict.h"
#include "model/ledger.h"

struct kps_conflicts {
    const struct kps_conflict *v;
    size_t n;
};

#endif
