#ifndef KPS_MODEL_UP_ERROR_H
#define KPS_MODEL_UP_ERROR_H

#include "base/arena.h"
#include "model/claim.h"

/*
 * The Docker Engine's answer when it refuses to publish a port, and the steps of publishing that
 * differ by version. Seen with 20.10.24, 26.1.5, 28.5.2 and moby's main branch of August 2026 (29),
 * each with and without docker-proxy; 27 by its source.
 *
 *              by the kernel (a process holds the port)                     by a container
 * up to 27     listen tcp4 A:P: bind: address already in use                Bind for A:P failed:
 *                                                                           port is already
 * allocated 28           failed to bind host port for A:P:CIP:CP/tcp: address …       the same 29
 * failed to bind host port A:P/tcp: address already in use     the same
 *
 * Up to 27 the allocator compares addresses as texts, and an overlapping address of another
 * container is refused by the kernel. From 28 on the allocator compares them as addresses and names
 * the holder's. A port of a range that the kernel refuses is tried once up to 27, and followed by
 * up to nine other ports of the range from 28 on.
 */
struct kps_engine_traits {
    uint16_t major; /* 0: unknown, counts as the newest */
};

enum {
    /* Ports of a range that engines from 28 on try (moby: maxAllocatePortAttempts). */
    KPS_ENGINE_ATTEMPTS = 10,
};

/* Parse the version of a Docker Engine ("28.5.2+dfsg4"); any other text is unknown. */
struct kps_engine_traits kps_engine_traits_parse(struct kps_sv version);

/* Report if another port of a range follows when the kernel refuses one. */
bool kps_engine_traits_retries(const struct kps_engine_traits *traits);

/* Report if the allocator sees that addresses overlap, and not only that they are equal. */
bool kps_engine_traits_see_overlap(const struct kps_engine_traits *traits);

/*
 * Report if UDP ports are bound with SO_REUSEADDR: beside a process whose socket has the option
 * too, the start succeeds. Seen with 28.5.2; 29 sets the option for TCP alone.
 */
bool kps_engine_traits_share_udp(const struct kps_engine_traits *traits);

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
