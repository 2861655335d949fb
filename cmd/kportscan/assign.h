#ifndef ASSIGN_H
#define ASSIGN_H

#include "options.h"

/*
 * --assign: host ports for one Compose project that nothing else on this machine has or will
 * request, and that stay the same in later runs. --assign --check: report the ports of the project
 * that clash now. Return: the exit code: 0 assigned, or no clash; 1 the range has no port left, or
 * a clash; 2 there is no project or no port, an input or an output file is at fault; 3 an engine
 * that was named could not be asked.
 */
int kps_assign_ports(struct kps_arena *arena, const struct kps_options *options,
                     const struct kps_env *env);

#endif
