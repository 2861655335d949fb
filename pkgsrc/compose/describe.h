#ifndef KPS_COMPOSE_DESCRIBE_H
#define KPS_COMPOSE_DESCRIBE_H

#include "model/owner.h"

/*
 * The owner class of Compose services: their rules, and the words of the findings about them.
 * advice.h adds the Engine's error text and the edits.
 */
extern const struct kps_owner_class kps_compose_service_class;

#endif
