#ifndef ASSIGN_H
#define ASSIGN_H

#include "options.h"

/*
 * --assign: give a Compose project host ports without another holder or request on this machine,
 * the same ports in later runs. --assign --check: report the project's ports that clash now.
 * Return: the exit code: 0 assigned, or no clash; 1 the range has no port left, or a clash; 2 there
 * is no project or no port, an input or an output file is at fault; 3 an engine could not be
 * asked.
 */
int kps_assign_ports(struct kps_arena *arena, const struct kps_options *options,
                     const struct kps_env *env);

#endif
