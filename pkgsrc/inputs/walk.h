#ifndef KPS_INPUTS_WALK_H
#define KPS_INPUTS_WALK_H

#include "inputs/jobs.h"

/*
 * Below a folder: the Compose project in it, every other Compose file, each a project of its own
 * world, and every Kubernetes manifest. Return: how many were found, counting those that were jobs
 * already and those that failed.
 */
size_t kps_inputs_walk(struct kps_jobs *jobs, struct kps_sv folder);

#endif
