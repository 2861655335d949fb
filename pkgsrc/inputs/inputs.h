#ifndef KPS_INPUTS_INPUTS_H
#define KPS_INPUTS_INPUTS_H

#include "inputs/jobs.h"

/*
 * Turn the command line into jobs: the layers of -f, the positional files and folders, or, with
 * neither, what is found here and in the parents. The content of a file decides between Kubernetes
 * manifest and Compose file.
 */
void kps_inputs_find(struct kps_jobs *jobs);

#endif
