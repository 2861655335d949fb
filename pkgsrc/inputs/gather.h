#ifndef KPS_INPUTS_GATHER_H
#define KPS_INPUTS_GATHER_H

#include "base/vec.h"
#include "inputs/manifests.h"

/*
 * All inputs of a run, read into a ledger. Start with options, env and ledger, which belong to the
 * caller, and zeros.
 */
struct kps_gathering {
    const struct kps_inputs_options *options;
    const struct kps_env *env;
    struct kps_ledger *ledger;
    KPS_VEC(struct kps_input) inputs;
    struct kps_manifests manifests;
    uint32_t n_inactive; /* services that no enabled profile has */
    uint32_t n_left_out; /* files and folders that walks did not read */
    bool has_failed;     /* something is unreadable or invalid */
};

/* Find and read the inputs of the options, or the project here. Problems are findings in the sink.
 */
void kps_gather(struct kps_gathering *gathering);

void kps_gather_free(struct kps_gathering *gathering);

#endif
