#ifndef KPS_COMPOSE_WORDING_H
#define KPS_COMPOSE_WORDING_H

#include "base/arena.h"
#include "base/sv.h"
#include "model/claim.h"

/*
 * Texts of the user inside our messages and inside Compose's own error texts.
 */

/* `s` as a C string, or its first 80 bytes or so and "…": a message must stay readable when a file
 * holds megabytes in one line. */
const char *kps_compose_wording_clip(struct kps_arena *arena, struct kps_sv s);

/* Quote as Go's %q does: "\"a\\n\"", bytes outside UTF-8 as \xHH; clipped. */
struct kps_sv kps_compose_wording_go_quote(struct kps_arena *arena, struct kps_sv s);

#endif
