#ifndef KPS_COMPOSE_VERSIONS_H
#define KPS_COMPOSE_VERSIONS_H

#include "base/compiler.h"
#include "compose/interpolate.h"

/*
 * Versions of Docker Compose with different readings of a project where a port depends on the
 * reading (spec compose; answers of 2.26.1, 2.40.3 and the loader of Compose 5 in tests/cases-
 * compose). A version between two of these reads as the older version. Older versions compare as
 * less.
 */
enum kps_compose_version {
    KPS_COMPOSE_2_26 = -2,
    KPS_COMPOSE_2_40 = -1,
    KPS_COMPOSE_NEWEST = 0, /* Compose 5 */
};

/*
 * Parse "2.26", "2.40.3", "v5.0" or "5". Return: false (nothing written) for any other text and
 * for Compose 1.
 */
KPS_MUST_USE bool kps_compose_versions_parse(struct kps_sv text, enum kps_compose_version *ret);

/*
 * Note a text refused by Compose before 5 for a reference in an unneeded branch (KP908); no note
 * when `result` has no such reference.
 */
void kps_compose_versions_note_unused(struct kps_diag *diag, const struct kps_interpolated *result);

#endif
