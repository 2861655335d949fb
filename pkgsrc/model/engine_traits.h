#ifndef KPS_MODEL_ENGINE_TRAITS_H
#define KPS_MODEL_ENGINE_TRAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

/*
 * The steps of publishing a port that differ by version of the Docker Engine. Seen with 20.10.24,
 * 26.1.5, 28.5.2 and moby's main branch of August 2026 (29), each with and without docker-proxy; 27
 * by its source.
 *
 * Up to 27 the allocator compares addresses as texts, and the kernel refuses an overlapping address
 * of another container. From 28 on the allocator compares addresses and names the address of the
 * holder. A port of a range that the kernel refuses is tried once up to 27, and followed by up to
 * nine other ports of the range from 28 on.
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

/*
 * Return: is the allocator that of 28? It sees overlapping addresses, and not only equal ones, and
 * goes on to another port of a range when the kernel refuses a port.
 */
bool kps_engine_traits_retries(const struct kps_engine_traits *traits);

/*
 * Return: are UDP ports bound with SO_REUSEADDR? Beside a process whose socket has the option
 * too, the start then succeeds. Seen with 28.5.2; 29 sets the option for TCP alone.
 */
bool kps_engine_traits_share_udp(const struct kps_engine_traits *traits);

/* Return: is the version `major`, newer, or unknown? */
bool kps_engine_traits_is_from(const struct kps_engine_traits *traits, uint16_t major);

#endif
