#ifndef KPS_PLUGIN_HOOK_SYMPTOMS_H
#define KPS_PLUGIN_HOOK_SYMPTOMS_H

#include "diagnose/symptom.h"
#include "model/ledger.h"
#include "plugin/docker_command.h"

/*
 * The symptoms of a failed docker command whose error text names no port: ports that the engine
 * did not publish. All in an arena, valid with the words of the command. Return how many.
 */

/* The ports of -p. */
uint32_t kps_hook_symptoms_of_flags(struct kps_arena *arena,
                                    const struct kps_docker_command *command,
                                    struct kps_symptom **ret);

/* The pending ports of the containers that the command names, in a linked ledger and its arena. */
uint32_t kps_hook_symptoms_of_names(const struct kps_ledger *ledger,
                                    const struct kps_docker_command *command,
                                    struct kps_symptom **ret);

#endif
