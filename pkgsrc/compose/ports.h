#ifndef KPS_COMPOSE_PORTS_H
#define KPS_COMPOSE_PORTS_H

#include "compose/project.h"

/* Reads `ports` of one service: parses, reports (KP109, KP904), removes what Compose removes as
 * duplicates (§1.4). */
void kps_compose_ports_read(struct kps_project *project, struct kps_service *service,
                            kps_origin_id services_via);

#endif
