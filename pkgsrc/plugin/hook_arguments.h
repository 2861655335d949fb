#ifndef KPS_PLUGIN_HOOK_ARGUMENTS_H
#define KPS_PLUGIN_HOOK_ARGUMENTS_H

#include "plugin/docker_command.h"

/*
 * Make the command line of kportscan that checks what a docker command started: the same engine,
 * files, profiles, services. Return: argc, with argv in *ret, in the arena.
 */
int kps_hook_arguments_make(struct kps_arena *arena, const struct kps_docker_command *command,
                            char ***ret);

#endif
