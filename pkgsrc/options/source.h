#ifndef KPS_OPTIONS_SOURCE_H
#define KPS_OPTIONS_SOURCE_H

#include "base/env.h"
#include "config/config.h"
#include "options/option.h"

/*
 * The weaker sources of options: an option without a value on the command line gets one from its
 * environment variable, then from its key of the configuration file. A refused value is a KP902
 * finding. Views live in diag->arena.
 */

/* Set the options with a variable; empty means not set. Return: false when a value was refused. */
KPS_MUST_USE bool kps_source_apply_environment(struct kps_diag *diag, struct kps_options *options,
                                               const struct kps_env *env);

/*
 * Set the options with a key, unless the command line, the environment or a variable of another
 * program (NO_COLOR) outranks the file; a value is validated all the same. Return: false when one
 * was refused.
 */
KPS_MUST_USE bool kps_source_apply_config(struct kps_diag *diag, struct kps_options *options,
                                          const struct kps_env *env,
                                          const struct kps_config *config);

#endif
