#ifndef KPS_COMPOSE_PORTS_H
#define KPS_COMPOSE_PORTS_H

#include "compose/project.h"

/*
 * Read `ports` of a service: parse, report (KP109, KP904), remove the duplicates Compose removes
 * (spec compose §1.4). `services_via`: the step of `services` in the entries' origins; 0: none.
 * Compose refuses the project for a fault in any service, so the ports of a service that is not
 * selected are read for such faults alone, and dropped.
 */
void kps_compose_ports_read(struct kps_project *project, struct kps_service *service,
                            kps_origin_id services_via);

#endif
