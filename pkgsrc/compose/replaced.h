#ifndef KPS_COMPOSE_REPLACED_H
#define KPS_COMPOSE_REPLACED_H

#include "compose/project.h"

/*
 * Report the faults of values that a later file or document replaces: Compose checks the project
 * after each document, and so refuses it although the merged project is good. The Engine never
 * sees such a value, and Compose reads some formats (sizes, durations) at the end alone: these are
 * let pass. Call after the checks of the merged project, whose findings are not repeated.
 */
void kps_compose_replaced_check(struct kps_project *project);

#endif
