#ifndef KPS_COMPOSE_SCHEMA_FORMATS_H
#define KPS_COMPOSE_SCHEMA_FORMATS_H

#include "compose/versions.h"

/* Return: does a text fit the format of a letter of the schema (schema.c), as Compose reads it? */
bool kps_compose_schema_formats_fit(char letter, struct kps_sv text,
                                    enum kps_compose_version version);

#endif
