#ifndef KPS_COMPOSE_SCHEMA_H
#define KPS_COMPOSE_SCHEMA_H

#include <stdbool.h>

#include "base/sv.h"
#include "yaml/node.h"

/* What Compose 2.26's schema says of a key (compose-go v2.0.2, schema/compose-spec.json). */
enum kps_key_verdict {
    KPS_KEY_FINE,
    KPS_KEY_UNKNOWN,    /* no Compose knows it */
    KPS_KEY_NEWER,      /* 2.26 refuses it, newer Compose knows it */
    KPS_KEY_WRONG_TYPE, /* known, but not with a value of this type */
};

/* A key of a service and the type of its value. Keys starting with "x-" are always fine. */
enum kps_key_verdict kps_compose_service_key(struct kps_sv name, enum kps_ytype type);

/* A key at the top of the file. */
enum kps_key_verdict kps_compose_root_key(struct kps_sv name);

/* Whether Compose takes this as a service name: letters, digits, '.', '_', '-'. */
bool kps_compose_is_service_name(struct kps_sv name);

#endif
