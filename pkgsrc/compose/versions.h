#ifndef KPS_COMPOSE_VERSIONS_H
#define KPS_COMPOSE_VERSIONS_H

#include "compose/interpolate.h"

/*
 * Versions of Docker Compose that read a project differently where a port depends on it (spec
 * compose; answers of 2.26.1, 2.40.3 and the loader of Compose 5 in tests/oracle). A version
 * between two of these reads as the older one. Older versions compare as less.
 */
enum kps_compose_version {
    KPS_COMPOSE_2_26 = -2,
    KPS_COMPOSE_2_40 = -1,
    KPS_COMPOSE_NEWEST = 0, /* Compose 5 */
};

/* Parse "2.26", "2.40.3", "v5.0" or "5". Return: false (nothing written) for any other text and for
 * Compose 1. */
bool kps_compose_versions_parse(struct kps_sv text, enum kps_compose_version *ret);

struct kps_project;

/*
 * Note ports whose variable another version takes from another .env file (KP908): up to 2.26
 * Compose reads the .env of the project directory alone, from 2.40 on the .env of the folder where
 * the search for the project starts as well, and first. `other` holds the variables of the .env
 * that the version at hand passes over, or ranks behind.
 */
void kps_compose_versions_note_env(struct kps_project *project, const struct kps_vars *other);

/* Note a text that Compose before 5 refuses for a reference in a branch that is not needed (KP908);
 * nothing when `result` names none. */
void kps_compose_versions_note_unused(struct kps_diag *diag, const struct kps_interpolated *result);

#endif
