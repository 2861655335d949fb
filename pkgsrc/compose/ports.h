#ifndef KPS_COMPOSE_PORTS_H
#define KPS_COMPOSE_PORTS_H

#include "compose/project.h"

/*
 * Read `ports` of a service: parse, report (KP109, KP904), remove the duplicates Compose removes
 * (§1.4).
 */
void kps_compose_ports_read(struct kps_project *project, struct kps_service *service,
                            kps_origin_id services_via);

#endif
