#ifndef KPS_COMPOSE_SCHEMA_H
#define KPS_COMPOSE_SCHEMA_H

#include "compose/loader.h"

/*
 * The schema of Compose and the formats of its values: keys, types, casts, sizes, durations, and
 * lists without duplicates. Compose 2.26 and 2.40 check every service and resource against it,
 * enabled or not; each fault is a KP905 note. Where the two differ, the milder rule counts, unless
 * the version at hand is known to refuse.
 */
struct kps_compose_schema {
    struct kps_diag *diag;
    enum kps_compose_version version;
    bool is_replaced; /* a layer below the last: values that Compose reads last are let pass */
    /* Set by the first check of a service. */
    struct kps_sv line;
    uint16_t starts[26];
};

/* Check the keys and values of a merged service. */
void kps_compose_schema_check_service(struct kps_compose_schema *schema, struct kps_sv name,
                                      const struct kps_ynode *service);

/* Check the keys of a merged project and its resources, without the services. */
void kps_compose_schema_check_root(struct kps_compose_schema *schema, const struct kps_ynode *root);

/* Return: does Compose know the key of a service (or leave it alone: x-…)? */
bool kps_compose_schema_is_service_key(struct kps_sv name);
/* The same for a key of the file. */
bool kps_compose_schema_is_root_key(struct kps_sv name);

#endif
