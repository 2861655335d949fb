#ifndef ACCEPTED_H
#define ACCEPTED_H

#include "options.h"

/* The findings of a run, and what is needed to tell which of them people know and accept. */
struct kps_accepted {
    struct kps_ledger *ledger;
    const struct kps_options *options;
    const struct kps_env *env;
    const struct kps_input *inputs;
    size_t n_inputs;
    bool saw_machine; /* engine or sockets were asked: KP3xx could be found */
    bool failed; /* an input could not be judged; set also when a suppression is malformed, or the
                  * new baseline could not be written */
};

/*
 * Suppresses findings by what the inputs say (suppress/suppress.h), then by --baseline, and writes
 * what is left to
 * --write-baseline, whose findings are known from then on: the run that writes a baseline is judged
 * by it. Suppressions and entries of the baseline that met nothing become KP906 notes, unless it
 * cannot be told: an input failed, or
 * --service chose a part. The sink is sorted before and after. With -v says on stderr what was
 * suppressed. Return: how many of the findings that were made here nobody asked for.
 */
size_t kps_accepted_apply(struct kps_accepted *known);

#endif
