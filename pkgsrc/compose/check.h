#ifndef KPS_COMPOSE_CHECK_H
#define KPS_COMPOSE_CHECK_H

#include "compose/project.h"

/*
 * Note Compose's reasons to refuse the project that do not concern ports (KP905): of the project
 * as a whole, and of each service with the result. A service is best checked right after it was
 * read: its nodes are at hand.
 */
struct kps_compose_checks;
struct kps_compose_checks *kps_compose_check_project(struct kps_project *project);
void kps_compose_check_service(struct kps_compose_checks *checks,
                               const struct kps_service *service);

#endif
