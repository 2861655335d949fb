#ifndef KPS_MODEL_UP_ERROR_H
#define KPS_MODEL_UP_ERROR_H

#include "base/arena.h"
#include "model/claim.h"
#include "model/engine_traits.h"

/*
 * The Docker Engine's message when the engine refuses to publish a port, by version
 * (model/engine_traits.h):
 * - a container has the port: "Bind for A:P failed: port is already allocated";
 * - a process has the port, up to 27: "listen tcp4 A:P: bind: address already in use";
 * - from 28 on: "failed to bind host port for A:P:CIP:CP/tcp: address already in use";
 * - from 29 on: "failed to bind host port A:P/tcp: address already in use".
 */

/*
 * The words for starting `later` while a container holds `earlier`, both published by the engine.
 * Empty when they do not meet. Of two wildcards in either family an engine from 28 on names one by
 * chance: the text has 0.0.0.0.
 */
struct kps_sv kps_up_error_allocated(struct kps_arena *arena,
                                     const struct kps_engine_traits *traits,
                                     const struct kps_claim *earlier, const struct kps_claim *later,
                                     uint16_t port);

/* The words for starting `later` while a socket on `earlier` holds the port. */
struct kps_sv kps_up_error_bind(struct kps_arena *arena, const struct kps_engine_traits *traits,
                                const struct kps_claim *earlier, const struct kps_claim *later,
                                uint16_t port);

/*
 * The words for a bind of `claim` on one address that fails for another reason: `reason` is
 * "cannot assign requested address" or "permission denied".
 */
struct kps_sv kps_up_error_address(struct kps_arena *arena, const struct kps_engine_traits *traits,
                                   const struct kps_claim *claim, const char *reason);

#endif
