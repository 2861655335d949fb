#ifndef KPS_COMPOSE_VERSIONS_H
#define KPS_COMPOSE_VERSIONS_H

#include "compose/project.h"

/*
 * Notes ports whose variable newer Compose would take from the .env of the working directory
 * (KP908). For projects that use the default .env and lie elsewhere.
 */
void kps_compose_versions_note_env(struct kps_project *project);

#endif
