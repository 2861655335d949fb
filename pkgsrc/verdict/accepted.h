#ifndef KPS_VERDICT_ACCEPTED_H
#define KPS_VERDICT_ACCEPTED_H

#include "model/input.h"
#include "report/output.h"
#include "verdict/filter.h"

/* The findings of a run, and the inputs of the search for accepted findings. */
struct kps_accepted {
    struct kps_ledger *ledger;
    const struct kps_verdict_options *options;
    const struct kps_output_options *output; /* which the new baseline must not replace */
    const struct kps_env *env;
    const char *version; /* of this program */
    const struct kps_input *inputs;
    size_t n_inputs;
    bool saw_machine; /* engine or sockets were asked: KP3xx could be found */
    bool is_partial;  /* --service chose a part: what is unused here may be used elsewhere */
    bool failed; /* an input could not be judged; set also when a suppression is malformed, or the
                  * new baseline could not be written */
};

/*
 * Suppress findings by the words of the inputs (suppress/suppress.h), then by --baseline, and write
 * the rest to --write-baseline. The new baseline already counts in this run. Suppressions and
 * baseline entries without a finding become KP906 notes, unless an input failed or only a part
 * was read. The sink is sorted before and after. With -v report suppressions on stderr. Return: how
 * many of the new notes the options filter out.
 */
size_t kps_accepted_apply(struct kps_accepted *known);

#endif
